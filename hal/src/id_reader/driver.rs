//! The one task that owns a card reader.
//!
//! It searches at most every 300 ms, selects and reads what it finds, and then watches whether the
//! card still lies there. Searching cannot tell that: a card that was read is not found again until
//! it was lifted. So the driver asks the card for something that needs no new search
//! ([`PresenceProbe`]); two failures in a row mean that it is gone. After a failed reading the card
//! has to be lifted, too: then two searches in a row without a card mean that it was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tracing::{info, warn};

use super::{
    PresenceProbe, ReadFailure, ReaderEvent, ReaderSettings,
    module::{Module, ReaderError, Reading},
    sdt::{Request, Status},
};
use crate::{
    fault::Link,
    port::{PortUrl, Tap},
};

/// Failed looks in a row after which a card counts as lifted.
const ABSENCES_MAX: u8 = 2;

/// A running driver; it ends when this is dropped.
#[derive(Debug)]
pub struct ReaderHandle {
    task: JoinHandle<()>,
    health: Arc<Mutex<ReaderHealth>>,
}

/// How the reader has been doing since the driver started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderHealth {
    pub link: Link,
    /// What the module said last is wrong with itself, where it is that what keeps it from working.
    pub module_fault: Option<Status>,
    pub commands: u64,
    pub errors: u64,
    /// How often it came back after it was lost.
    pub recoveries: u64,
}

impl ReaderHandle {
    /// How the reader is doing.
    pub fn health(&self) -> ReaderHealth {
        *lock(&self.health)
    }
}

impl Drop for ReaderHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the driver of one reader on the current tokio runtime.
pub fn spawn(
    url: PortUrl,
    settings: ReaderSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<ReaderEvent>,
) -> ReaderHandle {
    let health = Arc::new(Mutex::new(ReaderHealth {
        link: Link::Starting,
        module_fault: None,
        commands: 0,
        errors: 0,
        recoveries: 0,
    }));
    let driver = Driver {
        url: url.clone(),
        module: Module::new(url, settings, tap),
        settings,
        probe: settings.presence,
        pad: Pad::Empty,
        events,
        health: Arc::clone(&health),
    };
    ReaderHandle { task: tokio::spawn(driver.run()), health }
}

/// What lies on the reader, as far as the driver knows.
enum Pad {
    Empty,
    /// A card that was read. `proved`: it answered the probe at least once.
    Read {
        absences: u8,
        proved: bool,
    },
    Failed {
        reason: ReadFailure,
        absences: u8,
    },
}

enum Stop {
    /// Nobody listens any more.
    Ended,
    Lost(ReaderError),
}

impl From<ReaderError> for Stop {
    fn from(error: ReaderError) -> Self {
        Self::Lost(error)
    }
}

struct Driver {
    url: PortUrl,
    module: Module,
    settings: ReaderSettings,
    probe: PresenceProbe,
    pad: Pad,
    events: mpsc::Sender<ReaderEvent>,
    health: Arc<Mutex<ReaderHealth>>,
}

impl Driver {
    async fn run(mut self) {
        loop {
            match self.serve().await {
                Stop::Ended => return,
                Stop::Lost(error) => {
                    if matches!(self.lose(&error).await, Err(Stop::Ended)) {
                        return;
                    }
                }
            }
        }
    }

    /// Works until the reader is lost or nobody listens.
    async fn serve(&mut self) -> Stop {
        if let Err(stop) = self.start().await {
            return stop;
        }
        loop {
            let stepped = self.step().await;
            self.count();
            if let Err(stop) = stepped {
                return stop;
            }
            tokio::select! {
                () = sleep(self.settings.poll_interval()) => {}
                () = self.events.closed() => return Stop::Ended,
            }
        }
    }

    /// Opens the port and proves that the reader does its work before it is called up. A card that
    /// was read is not disturbed by a search.
    async fn start(&mut self) -> Result<(), Stop> {
        self.module.start().await?;
        if !matches!(self.pad, Pad::Read { .. }) {
            self.module.find().await?;
        }
        self.module.line().well();
        let before = {
            let mut health = lock(&self.health);
            let before = health.link;
            health.recoveries += u64::from(before == Link::Down);
            health.link = Link::Up;
            health.module_fault = None;
            before
        };
        if before == Link::Up {
            return Ok(());
        }
        info!(port = %self.url, "id reader is up");
        self.report(ReaderEvent::Link(Link::Up)).await
    }

    async fn lose(&mut self, error: &ReaderError) -> Result<(), Stop> {
        // A port that could not be opened has already been counted by the line.
        if self.module.line().is_open() {
            self.module.line().fail();
        }
        self.count();
        let before = {
            let mut health = lock(&self.health);
            health.module_fault = match error {
                ReaderError::Module(status) => Some(*status),
                _ => None,
            };
            std::mem::replace(&mut health.link, Link::Down)
        };
        if before == Link::Down {
            return if self.events.is_closed() { Err(Stop::Ended) } else { Ok(()) };
        }
        warn!(port = %self.url, %error, "id reader is down");
        self.report(ReaderEvent::Link(Link::Down)).await
    }

    async fn step(&mut self) -> Result<(), Stop> {
        match self.pad {
            Pad::Empty => {
                if self.module.find().await? {
                    self.take(None).await?;
                }
                Ok(())
            }
            Pad::Failed { reason, absences } => self.watch_failed(reason, absences).await,
            Pad::Read { absences, proved } => match self.probe {
                PresenceProbe::NextCard => self.watch_next().await,
                PresenceProbe::NewAddress => {
                    self.watch_read(Request::ReadNewAddress, absences, proved).await
                }
                PresenceProbe::Read => self.watch_read(Request::Read, absences, proved).await,
            },
        }
    }

    /// A card was found: select it, read it, say so. `known` is the failure that was reported of
    /// it.
    async fn take(&mut self, known: Option<ReadFailure>) -> Result<(), Stop> {
        match self.module.select_and_read().await? {
            Reading::Card(card) => {
                self.pad = Pad::Read { absences: 0, proved: false };
                self.report(ReaderEvent::Card(card)).await
            }
            Reading::Failed(reason) => {
                self.pad = Pad::Failed { reason, absences: 0 };
                if known == Some(reason) {
                    return Ok(());
                }
                self.report(ReaderEvent::Unreadable(reason)).await
            }
        }
    }

    async fn watch_failed(&mut self, reason: ReadFailure, absences: u8) -> Result<(), Stop> {
        if self.module.find().await? {
            // Found again after it was gone, it was laid again, and a second failure is news.
            return self.take(Some(reason).filter(|_| absences == 0)).await;
        }
        if absences + 1 < ABSENCES_MAX {
            self.pad = Pad::Failed { reason, absences: absences + 1 };
            return Ok(());
        }
        self.lifted().await
    }

    async fn watch_read(
        &mut self,
        request: Request,
        absences: u8,
        proved: bool,
    ) -> Result<(), Stop> {
        let status = self.module.command(request).await?.status;
        match status {
            Status::Ok | Status::NothingStored => {
                self.pad = Pad::Read { absences: 0, proved: true };
                Ok(())
            }
            Status::SelfTestFailed => Err(ReaderError::Module(status).into()),
            Status::BadCommand | Status::NotPermitted if !proved => {
                self.probe = match self.probe {
                    PresenceProbe::NewAddress => PresenceProbe::Read,
                    PresenceProbe::Read | PresenceProbe::NextCard => PresenceProbe::NextCard,
                };
                info!(port = %self.url, probe = ?self.probe, "id reader needs another probe");
                Ok(())
            }
            _ if absences + 1 < ABSENCES_MAX => {
                self.pad = Pad::Read { absences: absences + 1, proved };
                Ok(())
            }
            _ => self.lifted().await,
        }
    }

    async fn watch_next(&mut self) -> Result<(), Stop> {
        if !self.module.find().await? {
            return Ok(());
        }
        self.lifted().await?;
        self.take(None).await
    }

    async fn lifted(&mut self) -> Result<(), Stop> {
        self.pad = Pad::Empty;
        self.report(ReaderEvent::Lifted).await
    }

    async fn report(&mut self, event: ReaderEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Ended)
    }

    fn count(&mut self) {
        let (commands, errors) = self.module.counts();
        let mut health = lock(&self.health);
        health.commands = commands;
        health.errors = errors;
    }
}

fn lock(health: &Mutex<ReaderHealth>) -> MutexGuard<'_, ReaderHealth> {
    health.lock().unwrap_or_else(PoisonError::into_inner)
}
