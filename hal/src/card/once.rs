//! One thing at a time, for the command line.

use std::{ffi::CString, time::Duration};

use pcsc::{Context, Protocols, Scope, ShareMode};
use tokio::{sync::mpsc, time::timeout};

use super::{CardEvent, CardProblem, Challenges, StaffCardProof, slot, spawn};
use crate::{
    fault::Link,
    port::{PortUrl, Tap},
};

/// Why a card was not read.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    #[error("no card reader answers at {0}; check that it is plugged in and that pcscd runs")]
    NoReader(PortUrl),
    #[error("no card was inserted in time; insert one and try again")]
    NoCard,
    #[error("the card cannot be used: {}", describe(*.0))]
    Card(CardProblem),
    #[error("the smart-card service does not run; start pcscd")]
    NoService,
    #[error("the card reader fails: {0}; check that it is plugged in and that pcscd runs")]
    Pcsc(#[from] pcsc::Error),
    #[error("{0} is not a card reader; expected pcsc:NAME")]
    Unsuitable(PortUrl),
}

fn describe(problem: CardProblem) -> &'static str {
    match problem {
        CardProblem::Mute => "it does not answer; insert it the right way round",
        CardProblem::NotStaff => "it is not a staff card",
        CardProblem::Refused => "its staff application does not answer as it should; replace it",
    }
}

/// Waits up to `wait` for a staff card and lets it sign a challenge.
pub async fn staff(
    url: PortUrl,
    tap: Option<Tap>,
    challenges: Challenges,
    wait: Duration,
) -> Result<StaffCardProof, CardError> {
    let (sender, mut events) = mpsc::channel(8);
    let _running = spawn(url.clone(), tap, challenges, sender);
    let mut link = Link::Starting;
    let waiting = async {
        while let Some(event) = events.recv().await {
            match event {
                CardEvent::Staff(proof) => return Some(Ok(proof)),
                CardEvent::Unusable(problem) => return Some(Err(CardError::Card(problem))),
                CardEvent::Link(now) => link = now,
                CardEvent::Removed => {}
            }
        }
        None
    };
    match timeout(wait, waiting).await {
        Ok(Some(result)) => result,
        Ok(None) | Err(_) if link != Link::Up => Err(CardError::NoReader(url)),
        Ok(None) | Err(_) => Err(CardError::NoCard),
    }
}

/// The answer to reset of the card that is inserted.
pub async fn answer_to_reset(url: PortUrl) -> Result<Vec<u8>, CardError> {
    match &url {
        PortUrl::Pcsc { reader } => {
            let reader = reader.clone();
            let asking = tokio::task::spawn_blocking(move || ask_pcsc(url, reader));
            asking.await.expect("asking PC/SC does not panic")
        }
        PortUrl::Sim { name } => {
            let slot = slot::find(name).ok_or_else(|| CardError::NoReader(url.clone()))?;
            let card = slot.borrow().card.clone();
            card.map(|(_, it)| it.answer_to_reset()).ok_or(CardError::NoCard)
        }
        _ => Err(CardError::Unsuitable(url)),
    }
}

fn ask_pcsc(url: PortUrl, wanted: Option<String>) -> Result<Vec<u8>, CardError> {
    let context = Context::establish(Scope::System).map_err(|error| match error {
        pcsc::Error::NoService | pcsc::Error::ServiceStopped => CardError::NoService,
        other => other.into(),
    })?;
    let readers = context.list_readers_owned()?;
    let fits =
        |it: &CString| wanted.as_ref().is_none_or(|wanted| it.to_bytes() == wanted.as_bytes());
    let Some(reader) = readers.into_iter().find(fits) else {
        return Err(CardError::NoReader(url));
    };
    match context.connect(&reader, ShareMode::Shared, Protocols::ANY) {
        Ok(card) => Ok(card.status2_owned()?.atr().to_vec()),
        Err(pcsc::Error::NoSmartcard | pcsc::Error::RemovedCard) => Err(CardError::NoCard),
        Err(pcsc::Error::UnresponsiveCard | pcsc::Error::UnpoweredCard) => {
            Err(CardError::Card(CardProblem::Mute))
        }
        Err(error) => Err(error.into()),
    }
}
