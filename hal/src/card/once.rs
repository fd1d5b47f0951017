//! One thing at a time, for the command line.

use std::{
    ffi::CString,
    time::{Duration, Instant},
};

use pcsc::{Card, Context, Disposition, Protocols, ReaderState, Scope, ShareMode, State};
use tokio::{sync::mpsc, time::timeout};

use super::{
    CardEvent, CardProblem, Challenges, StaffCardProof,
    apdu::Transmit,
    driver::Tapped,
    pcsc_reader::OverPcsc,
    slot, spawn,
    ssc::{self, SocialSecurityCard, SscError, SscSettingError, SscSettings},
};
use crate::{
    fault::Link,
    port::{PortUrl, Tap},
};

/// How long one wait for changes lasts, should a change slip in just before it.
const LOOK: Duration = Duration::from_millis(500);

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

/// Why a social security card was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Settings(#[from] SscSettingError),
    #[error(transparent)]
    Card(#[from] CardError),
    #[error(transparent)]
    Ssc(#[from] SscError),
}

/// Waits up to `wait` for a social security card and reads what it tells without keys.
pub async fn read(
    url: PortUrl,
    settings: SscSettings,
    tap: Option<Tap>,
    wait: Duration,
) -> Result<SocialSecurityCard, ReadError> {
    settings.check()?;
    let mut read = move |card: &mut dyn Transmit| match &tap {
        Some(tap) => ssc::read(&mut Tapped { card, tap }, settings),
        None => ssc::read(card, settings),
    };
    match &url {
        PortUrl::Pcsc { reader } => {
            let reader = reader.clone();
            let reading =
                tokio::task::spawn_blocking(move || read_pcsc(url, reader, wait, &mut read));
            reading.await.expect("reading over PC/SC does not panic")
        }
        PortUrl::Sim { name } => {
            let found = slot::find(name).ok_or_else(|| CardError::NoReader(url.clone()))?;
            let mut found = found;
            let inserted = timeout(wait, found.wait_for(|it| it.plugged && it.card.is_some()));
            let slot = match inserted.await {
                Ok(Ok(slot)) => slot.clone(),
                Ok(Err(_)) => return Err(CardError::NoReader(url).into()),
                Err(_) => return Err(CardError::NoCard.into()),
            };
            let powered = slot.card.and_then(|(_, it)| it.power_up());
            let mut card = powered.ok_or(CardError::Card(CardProblem::Mute))?;
            Ok(read(&mut *card)?)
        }
        _ => Err(CardError::Unsuitable(url).into()),
    }
}

type ReadCard<'a> = &'a mut dyn FnMut(&mut dyn Transmit) -> Result<SocialSecurityCard, SscError>;

fn read_pcsc(
    url: PortUrl,
    wanted: Option<String>,
    wait: Duration,
    read: ReadCard<'_>,
) -> Result<SocialSecurityCard, ReadError> {
    let context = context()?;
    let reader = reader(&context, url, wanted)?;
    let mut states = [ReaderState::new(reader.clone(), State::UNAWARE)];
    let until = Instant::now() + wait;
    while !states[0].event_state().contains(State::PRESENT) {
        states[0].sync_current_state();
        let left = until.saturating_duration_since(Instant::now());
        match context.get_status_change(left.min(LOOK), &mut states) {
            Ok(()) => {}
            Err(pcsc::Error::Timeout) if left <= LOOK => return Err(CardError::NoCard.into()),
            Err(pcsc::Error::Timeout) => {}
            Err(error) => return Err(CardError::Pcsc(error).into()),
        }
    }
    let mut card = connect(&context, &reader)?;
    // Without a transaction another program could speak to the card in between.
    let result = match card.transaction() {
        Ok(transaction) => read(&mut OverPcsc(&transaction)).map_err(ReadError::from),
        Err(_) => Err(CardError::Card(CardProblem::Mute).into()),
    };
    // A card that was pulled meanwhile cannot be left in any state.
    let _ = card.disconnect(Disposition::LeaveCard);
    result
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
    let context = context()?;
    let reader = reader(&context, url, wanted)?;
    Ok(connect(&context, &reader)?.status2_owned()?.atr().to_vec())
}

fn context() -> Result<Context, CardError> {
    Context::establish(Scope::System).map_err(|error| match error {
        pcsc::Error::NoService | pcsc::Error::ServiceStopped => CardError::NoService,
        other => other.into(),
    })
}

fn reader(context: &Context, url: PortUrl, wanted: Option<String>) -> Result<CString, CardError> {
    let readers = context.list_readers_owned()?;
    let fits =
        |it: &CString| wanted.as_ref().is_none_or(|wanted| it.to_bytes() == wanted.as_bytes());
    readers.into_iter().find(fits).ok_or(CardError::NoReader(url))
}

fn connect(context: &Context, reader: &CString) -> Result<Card, CardError> {
    context.connect(reader, ShareMode::Shared, Protocols::ANY).map_err(|error| match error {
        pcsc::Error::NoSmartcard | pcsc::Error::RemovedCard => CardError::NoCard,
        pcsc::Error::UnresponsiveCard | pcsc::Error::UnpoweredCard => {
            CardError::Card(CardProblem::Mute)
        }
        other => other.into(),
    })
}
