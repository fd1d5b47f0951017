//! Watches one card reader and lets each card that is inserted prove itself.
//!
//! PC/SC blocks, so that reader has a thread of its own ([`super::pcsc_reader`]); a reader of this
//! process has a task.

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::sleep,
};
use tracing::{error, info, warn};

use super::{
    CardEvent, CardProblem,
    apdu::{Transmit, TransmitError},
    pcsc_reader::PcscThread,
    slot::{self, Slot},
    staff,
};
use crate::{
    fault::Link,
    port::{Backoff, Direction, PortUrl, Tap},
};

/// Draws the challenge for one insertion.
pub type Challenges = Box<dyn FnMut() -> [u8; 32] + Send>;

/// Challenges from the system's random source.
pub fn system_challenges() -> Challenges {
    use ring::rand::{SecureRandom, SystemRandom};

    let random = SystemRandom::new();
    Box::new(move || {
        let mut challenge = [0; 32];
        random.fill(&mut challenge).expect("without randomness nobody can be authenticated");
        challenge
    })
}

/// A running driver; it ends when this is dropped.
pub struct CardHandle {
    _task: Option<AbortOnDrop>,
    _thread: Option<PcscThread>,
}

impl CardHandle {
    fn task(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { _task: Some(AbortOnDrop(tokio::spawn(task))), _thread: None }
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts the driver of one reader: `pcsc:NAME`, `pcsc:` for the first one, or `sim:NAME`.
///
/// Any other port is reported as a link that is down.
pub fn spawn(
    url: PortUrl,
    tap: Option<Tap>,
    challenges: Challenges,
    events: mpsc::Sender<CardEvent>,
) -> CardHandle {
    let prover = Prover { tap, challenges };
    match url {
        PortUrl::Pcsc { reader } => {
            let thread = PcscThread::start(reader, prover, events);
            CardHandle { _task: None, _thread: Some(thread) }
        }
        PortUrl::Sim { name } => CardHandle::task(run_slot(name, prover, events)),
        other => {
            error!(port = %other, "a card reader needs pcsc:NAME or sim:NAME");
            CardHandle::task(async move {
                // Nobody left to tell is no error.
                let _ = events.send(CardEvent::Link(Link::Down)).await;
                events.closed().await;
            })
        }
    }
}

/// Lets a card prove itself, and records what passes.
pub(super) struct Prover {
    tap: Option<Tap>,
    challenges: Challenges,
}

impl Prover {
    pub(super) fn prove(&mut self, card: &mut dyn Transmit) -> CardEvent {
        let challenge = (self.challenges)();
        let proof = match &self.tap {
            Some(tap) => staff::prove(&mut Tapped { card, tap }, challenge),
            None => staff::prove(card, challenge),
        };
        match proof {
            Ok(proof) => CardEvent::Staff(proof),
            Err(problem) => CardEvent::Unusable(problem),
        }
    }
}

pub(super) struct Tapped<'a> {
    pub(super) card: &'a mut dyn Transmit,
    pub(super) tap: &'a Tap,
}

impl Transmit for Tapped<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        self.tap.record(Direction::Out, command);
        let answer = self.card.transmit(command)?;
        self.tap.record(Direction::In, &answer);
        Ok(answer)
    }
}

/// Nobody listens any more.
struct Ended;

async fn run_slot(name: String, mut prover: Prover, events: mpsc::Sender<CardEvent>) {
    let mut backoff = Backoff::default();
    let mut link = Link::Starting;
    loop {
        if let Some(slot) = slot::find(&name) {
            backoff.reset();
            if watch_slot(&name, slot, &mut link, &mut prover, &events).await.is_err() {
                return;
            }
        }
        if set_link(&name, &mut link, Link::Down, &events).await.is_err() {
            return;
        }
        tokio::select! {
            () = sleep(backoff.pause()) => {}
            () = events.closed() => return,
        }
    }
}

/// Follows a slot until it is gone.
async fn watch_slot(
    name: &str,
    mut slot: watch::Receiver<Slot>,
    link: &mut Link,
    prover: &mut Prover,
    events: &mpsc::Sender<CardEvent>,
) -> Result<(), Ended> {
    let mut inserted = None;
    loop {
        let Slot { plugged, card } = slot.borrow_and_update().clone();
        let card = card.filter(|_| plugged);
        let number = card.as_ref().map(|it| it.0);
        if inserted.is_some() && number != inserted {
            report(events, CardEvent::Removed).await?;
        }
        set_link(name, link, if plugged { Link::Up } else { Link::Down }, events).await?;
        if let Some((_, card)) = card
            && number != inserted
        {
            let event = match card.power_up() {
                Some(mut powered) => prover.prove(&mut *powered),
                None => CardEvent::Unusable(CardProblem::Mute),
            };
            report(events, event).await?;
        }
        inserted = number;
        tokio::select! {
            changed = slot.changed() => if changed.is_err() {
                if inserted.is_some() {
                    report(events, CardEvent::Removed).await?;
                }
                return Ok(());
            },
            () = events.closed() => return Err(Ended),
        }
    }
}

async fn set_link(
    name: &str,
    link: &mut Link,
    now: Link,
    events: &mpsc::Sender<CardEvent>,
) -> Result<(), Ended> {
    if *link == now {
        return Ok(());
    }
    *link = now;
    match now {
        Link::Up => info!(port = %format_args!("sim:{name}"), "card reader is up"),
        _ => warn!(port = %format_args!("sim:{name}"), "card reader is down"),
    }
    report(events, CardEvent::Link(now)).await
}

async fn report(events: &mpsc::Sender<CardEvent>, event: CardEvent) -> Result<(), Ended> {
    events.send(event).await.map_err(|_| Ended)
}
