//! The loop that drives the core: one event in, its effects carried out one after the other, the
//! screen drawn when it changed.

use std::collections::VecDeque;

use hal::watchdog::Beat;
use kiosk_core::store::Snapshot;
use kiosk_core::{Effect, Event, Kiosk, Now, Screen};
use tokio::sync::mpsc;
use tokio::sync::watch::{Receiver, Sender};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep_until;

use crate::brightness::BrightnessFile;
use crate::clock::Clock;
use crate::crash::CrashPoints;
use crate::diag::Health;
use crate::drivers::Drivers;
use crate::office_client::OfficeClient;
use crate::power_off::PowerOff;
use crate::quiet::QuietSign;
use crate::secrets;
use crate::sign::Sign;
use crate::store::{StoreError, StoreHandle};
use crate::upkeep::Upkeep;
use crate::watch;

/// Takes each new screen.
pub type Show = Box<dyn FnMut(Screen) + Send>;

/// A running kiosk without its window.
pub struct Runtime {
    kiosk: Kiosk,
    clock: Clock,
    store: StoreHandle,
    drivers: Drivers,
    office: OfficeClient,
    events: mpsc::Receiver<Event>,
    sender: mpsc::Sender<Event>,
    show: Show,
    shown: Option<Screen>,
    crash: CrashPoints,
    power_off: PowerOff,
    upkeep: Upkeep,
    quiet: QuietSign,
    brightness: BrightnessFile,
    maintenance: Sign,
    health: Sender<Health>,
    /// Shows that this loop turns.
    beat: Beat,
    restart: bool,
}

/// Why a kiosk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was told to stop.
    Stopped,
    /// A technician wants it to start anew.
    Restart,
}

/// What a runtime is put together from.
pub struct Parts {
    pub kiosk: Kiosk,
    pub clock: Clock,
    pub store: StoreHandle,
    pub drivers: Drivers,
    pub office: OfficeClient,
    pub events: mpsc::Receiver<Event>,
    pub sender: mpsc::Sender<Event>,
    pub show: Show,
    pub crash: CrashPoints,
    pub power_off: PowerOff,
    pub quiet: QuietSign,
    pub(crate) brightness: BrightnessFile,
    /// There while somebody of the staff maintains the kiosk.
    pub maintenance: Sign,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

impl Runtime {
    pub fn new(parts: Parts) -> Self {
        let (uptime, reader_fault) = (parts.clock.now().uptime, parts.drivers.reader_fault());
        let health = Sender::new(Health::of(&parts.kiosk, uptime, reader_fault));
        Self {
            kiosk: parts.kiosk,
            clock: parts.clock,
            store: parts.store,
            drivers: parts.drivers,
            office: parts.office,
            events: parts.events,
            sender: parts.sender,
            show: parts.show,
            shown: None,
            crash: parts.crash,
            power_off: parts.power_off,
            upkeep: Upkeep::default(),
            quiet: parts.quiet,
            brightness: parts.brightness,
            maintenance: parts.maintenance,
            health,
            beat: Beat::default(),
            restart: false,
        }
    }

    /// The sign of life of this loop.
    pub(crate) fn beat(&self) -> &Beat {
        &self.beat
    }

    /// How the devices are, from now on.
    pub(crate) fn health(&self) -> Receiver<Health> {
        self.health.subscribe()
    }

    /// Runs until `stop` becomes true or a technician wants a new start. Stops between events, never
    /// inside one.
    pub async fn run(mut self, snapshot: Snapshot, stop: Receiver<bool>) -> End {
        let office = self.office.start(snapshot.feed_cursor, self.store.clone());
        // What was just opened and found well is the last good copy from now on.
        self.store.look_after(self.clock.now().wall);
        self.take(Event::Restored(Box::new(snapshot))).await;
        self.serve(stop, office).await
    }

    async fn serve(&mut self, mut stop: Receiver<bool>, mut office: JoinSet<()>) -> End {
        while !self.restart {
            self.beat.check_in();
            let now = self.clock.now();
            let wakeup = self.kiosk.next_wakeup(now).min(now.uptime + watch::LOOK);
            let wakeup = self.clock.instant(wakeup);
            let event = tokio::select! {
                biased;
                _ = stop.wait_for(|it| *it) => return End::Stopped,
                event = self.events.recv() => match event {
                    Some(event) => event,
                    None => return End::Stopped,
                },
                () = sleep_until(wakeup) => Event::Tick,
                // Hand-overs that are never told, or a feed that is never read: a new start mends it.
                Some(_) = office.join_next() => panic!("a task of the office client has ended"),
            };
            self.take(event).await;
            let (at_rest, uptime) = (self.kiosk.at_rest(), self.clock.now().uptime);
            self.quiet.note(at_rest, uptime);
            self.brightness.note(self.kiosk.is_dark(self.clock.now()));
            self.maintenance.note(self.kiosk.is_maintained());
            if self.upkeep.due(at_rest, uptime) {
                self.store.look_after(self.clock.now().wall);
            }
        }
        End::Restart
    }

    /// One event and everything that follows from it at once.
    async fn take(&mut self, event: Event) {
        let mut waiting = VecDeque::from([event]);
        while let Some(event) = waiting.pop_front() {
            let now = self.clock.now();
            let effects = self.kiosk.step(now, event);
            // Time alone changes how devices stand, too: an alarm ends, a grace is over.
            let reader_fault = self.drivers.reader_fault();
            self.health.send_replace(Health::of(&self.kiosk, now.uptime, reader_fault));
            self.draw(now);
            for effect in effects {
                self.crash.before(&effect);
                let outcome = self.carry_out(effect).await;
                self.crash.after();
                waiting.extend(outcome);
            }
        }
        self.draw(self.clock.now());
    }

    fn draw(&mut self, now: Now) {
        let screen = self.kiosk.screen(now);
        if self.shown.as_ref() != Some(&screen) {
            (self.show)(screen.clone());
            self.shown = Some(screen);
        }
    }

    /// Does what the core wants; what became of it at once is returned, the rest comes as events.
    async fn carry_out(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Store { write, records } => {
                return Some(match self.store.write(records, self.clock.now().wall).await {
                    Ok(()) => Event::Stored(write),
                    // Without a store nothing can be kept: a new start makes a new thread for it.
                    Err(StoreError::Gone) => panic!("the store's thread has ended"),
                    Err(error) => {
                        tracing::error!(%error, "failed to write to the store");
                        Event::StoreFailed(write)
                    }
                });
            }
            Effect::Locker(command) => return self.drivers.locker(command),
            Effect::Printer(command) => return self.drivers.printer(command),
            Effect::Panel(command) => self.drivers.panel(command),
            Effect::Scanner(command) => self.drivers.scanner(command),
            Effect::StatusDisplay(command) => self.drivers.status_display(&command),
            Effect::Speaker(command) => self.drivers.speaker(&command),
            Effect::Evaluator(command) => self.drivers.evaluator(command),
            Effect::Office { request, call } => self.office.ask(request, call),
            Effect::CheckSecret { check, secret, hash } => {
                let sender = self.sender.clone();
                tokio::spawn(async move {
                    let right = spawn_blocking(move || secrets::secret_fits(&secret, &hash));
                    let right = right.await.unwrap_or(false);
                    let _ = sender.send(Event::SecretChecked { check, right }).await;
                });
            }
            Effect::CheckStaffCard { check, proof, public_key } => {
                let genuine = secrets::card_is_genuine(&proof, &public_key);
                return Some(Event::StaffCardChecked { check, genuine });
            }
            Effect::ReadEvents { request, count } => {
                let (store, sender) = (self.store.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let read = store.latest_events(count).await;
                    let read = read.inspect_err(|error| {
                        tracing::error!(%error, "failed to read the event log");
                    });
                    let _ = sender.send(Event::EventsRead { request, lines: read.ok() }).await;
                });
            }
            Effect::Restart => self.restart = true,
            Effect::ShutDown => {
                let ups = self.drivers.ups_orders();
                drop(self.power_off.begin(self.store.clone(), ups));
            }
            // The screen that was shown last goes with the session.
            Effect::SessionEnded => self.shown = None,
        }
        None
    }
}
