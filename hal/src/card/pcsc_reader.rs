//! A reader behind PC/SC, on a thread of its own because PC/SC blocks.
//!
//! The thread waits for changes of its reader and, through the notification reader of PC/SC, for
//! readers that come and go. When pcscd is away or dies it tries again with growing pauses.

use std::{
    ffi::{CStr, CString},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use pcsc::{
    Card, Context, Disposition, Error, MAX_BUFFER_SIZE, PNP_NOTIFICATION, Protocols, ReaderState,
    Scope, ShareMode, State,
};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::{
    CardEvent, CardProblem,
    apdu::{Transmit, TransmitError},
    driver::Prover,
};
use crate::{fault::Link, port::Backoff};

/// How long one wait for changes lasts, should a request to stop slip in just before it.
const WAIT: Duration = Duration::from_secs(1);

/// The thread; it ends when this is dropped.
pub(super) struct PcscThread {
    context: Arc<Mutex<Option<Context>>>,
    /// Its end is the request to stop.
    _stop: Sender<()>,
}

impl PcscThread {
    pub(super) fn start(
        reader: Option<String>,
        prover: Prover,
        events: mpsc::Sender<CardEvent>,
    ) -> Self {
        let (stop, stopped) = channel();
        let context = Arc::new(Mutex::new(None));
        let watcher = Watcher {
            wanted: reader,
            prover,
            events,
            context: Arc::clone(&context),
            stopped,
            link: Link::Starting,
            inserted: None,
        };
        let thread = thread::Builder::new().name("card-reader".into());
        if let Err(error) = thread.spawn(move || watcher.run()) {
            error!(%error, "the card reader's thread cannot start; restart the program");
        }
        Self { context, _stop: stop }
    }
}

impl Drop for PcscThread {
    fn drop(&mut self) {
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(context) = context {
            // A wait that cannot be cancelled ends by itself.
            let _ = context.cancel();
        }
    }
}

/// Why a watch ended.
enum Stop {
    Ended,
    Lost(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Lost(error)
    }
}

struct Watcher {
    /// `None`: the first reader.
    wanted: Option<String>,
    prover: Prover,
    events: mpsc::Sender<CardEvent>,
    context: Arc<Mutex<Option<Context>>>,
    stopped: Receiver<()>,
    link: Link,
    /// A card was reported and not yet its removal: the reader's count of events when it came.
    inserted: Option<u32>,
}

impl Watcher {
    fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let stop = match self.watch(&mut backoff) {
                Ok(()) => return,
                Err(stop) => stop,
            };
            let Stop::Lost(error) = stop else { return };
            if self.lose(error).is_err() {
                return;
            }
            match self.stopped.recv_timeout(backoff.pause()) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Watches until it is told to stop (`Ok`) or PC/SC is lost.
    fn watch(&mut self, backoff: &mut Backoff) -> Result<(), Stop> {
        let context = Context::establish(Scope::System)?;
        *self.context.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.clone());
        let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        let mut readers = context.list_readers_owned()?;
        states[0].sync_current_state();
        loop {
            self.follow(&mut states, &readers)?;
            if self.is_stopped() {
                return Ok(());
            }
            match context.get_status_change(WAIT, &mut states) {
                Ok(()) => {}
                Err(Error::Timeout | Error::Cancelled) => continue,
                Err(error) => return Err(error.into()),
            }
            backoff.reset();
            for state in &mut states {
                let (now, count) = (state.event_state(), state.event_count());
                let changed = now.contains(State::CHANGED);
                let name = state.name().to_owned();
                state.sync_current_state();
                if changed && name.as_c_str() != PNP_NOTIFICATION() {
                    self.changed(&context, &name, now, count)?;
                }
            }
            readers = context.list_readers_owned()?;
        }
    }

    /// Keeps the wanted reader among those that are waited for, and the link with it.
    fn follow(&mut self, states: &mut Vec<ReaderState>, readers: &[CString]) -> Result<(), Stop> {
        let gone = State::UNKNOWN | State::IGNORE | State::UNAVAILABLE;
        let is_gone = |it: &ReaderState| {
            it.event_state().intersects(gone)
                || !readers.iter().any(|name| name.as_c_str() == it.name())
        };
        states.retain(|it| it.name() == PNP_NOTIFICATION() || !is_gone(it));
        if states.len() > 1 {
            return Ok(());
        }
        let fits = |it: &&CString| match &self.wanted {
            None => true,
            Some(wanted) => it.to_bytes() == wanted.as_bytes(),
        };
        match readers.iter().find(fits) {
            Some(name) => {
                states.push(ReaderState::new(name.clone(), State::UNAWARE));
                self.set_link(Link::Up, || format!("{}", name.to_string_lossy()))
            }
            None => {
                self.removed()?;
                self.set_link(Link::Down, || "no such card reader is plugged in".into())
            }
        }
    }

    /// The reader has something new to tell.
    fn changed(
        &mut self,
        context: &Context,
        name: &CStr,
        now: State,
        count: u32,
    ) -> Result<(), Stop> {
        if !now.contains(State::PRESENT) {
            return self.removed();
        }
        // The count goes up with each insertion and removal: a card that was pulled and put back
        // between two looks is another card.
        if self.inserted == Some(count) {
            return Ok(());
        }
        self.removed()?;
        self.inserted = Some(count);
        let event = self.ask(context, name);
        self.report(event)
    }

    fn ask(&mut self, context: &Context, name: &CStr) -> CardEvent {
        let mut card = match context.connect(name, ShareMode::Shared, Protocols::ANY) {
            Ok(card) => card,
            Err(error) => {
                info!(%error, "a card cannot be powered up");
                return CardEvent::Unusable(CardProblem::Mute);
            }
        };
        // Without a transaction another program could speak to the card in between.
        let event = match card.transaction() {
            Ok(transaction) => self.prover.prove(&mut OverPcsc(&transaction)),
            Err(_) => CardEvent::Unusable(CardProblem::Mute),
        };
        // A card that was pulled meanwhile cannot be left in any state.
        let _ = card.disconnect(Disposition::LeaveCard);
        event
    }

    fn removed(&mut self) -> Result<(), Stop> {
        if self.inserted.take().is_some() {
            self.report(CardEvent::Removed)?;
        }
        Ok(())
    }

    fn lose(&mut self, error: Error) -> Result<(), Stop> {
        *self.context.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.removed()?;
        self.set_link(Link::Down, || error.to_string())
    }

    fn set_link(&mut self, link: Link, about: impl Fn() -> String) -> Result<(), Stop> {
        if self.link == link {
            return Ok(());
        }
        self.link = link;
        match link {
            Link::Up => info!(reader = about(), "card reader is up"),
            _ => warn!(because = about(), "card reader is down"),
        }
        self.report(CardEvent::Link(link))
    }

    fn report(&mut self, event: CardEvent) -> Result<(), Stop> {
        self.events.blocking_send(event).map_err(|_| Stop::Ended)
    }

    fn is_stopped(&self) -> bool {
        use std::sync::mpsc::TryRecvError;

        self.events.is_closed()
            || matches!(self.stopped.try_recv(), Err(TryRecvError::Disconnected))
    }
}

/// A card that is connected through PC/SC.
pub(super) struct OverPcsc<'a>(pub(super) &'a Card);

impl Transmit for OverPcsc<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        let mut buffer = [0; MAX_BUFFER_SIZE];
        match self.0.transmit(command, &mut buffer) {
            // A card that is pulled in the middle shows as an empty answer with some readers.
            Ok([]) | Err(_) => Err(TransmitError),
            Ok(answer) => Ok(answer.to_vec()),
        }
    }
}
