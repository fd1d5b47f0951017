//! Starts the drivers of the configured devices and turns what they report into events.

use std::sync::Arc;

use hal::card::{CardEvent, CardHandle};
use hal::evaluator::{EvaluatorCommand, EvaluatorEvent, EvaluatorHandle, EvaluatorSettings};
use hal::fault::Link;
use hal::id_reader::sdt::Status;
use hal::id_reader::{ReaderEvent, ReaderHandle, ReaderSettings};
use hal::locker::{
    Door, JobId, LockerCommand, LockerEvent, LockerHandle, LockerSettings, OpenOutcome,
};
use hal::panel::{PanelCommand, PanelEvent, PanelHandle, PanelSettings};
use hal::port::{PortUrl, Tap};
use hal::printer::{
    FontSettings, PrintJobId, PrintOutcome, PrintProblem, PrinterCommand, PrinterEvent,
    PrinterHandle, PrinterSettings,
};
use hal::scanner::{ScannerCommand, ScannerEvent, ScannerHandle, ScannerSettings};
use hal::speaker::{SpeakerCommand, SpeakerEvent, SpeakerHandle, SpeakerSettings};
use hal::status_display::{
    DisplayCommand, DisplayEvent, StatusDisplayHandle, StatusDisplaySettings,
};
use hal::ups::{UpsEvent, UpsHandle, UpsOrders, UpsSettings};
use kiosk_core::Event;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::config::DeviceConfig;
use crate::supervisor::{Device, Seat, supervise};

/// The drivers of a kiosk. Dropping this stops them.
pub struct Drivers {
    reader: Option<Seat<Reader>>,
    locker: Option<Seat<Locker>>,
    printer: Option<Seat<Printer>>,
    scanner: Option<Seat<Scanner>>,
    ups: Option<Seat<Ups>>,
    panel: Option<Seat<Cabinet>>,
    status_display: Option<Seat<StatusDisplay>>,
    evaluator: Option<Seat<Evaluator>>,
    speaker: Option<Seat<Speaker>>,
    /// Each keeps one driver running.
    supervisors: JoinSet<()>,
}

impl std::fmt::Debug for Drivers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drivers").finish_non_exhaustive()
    }
}

impl Drivers {
    /// Starts what is configured on the current tokio runtime.
    pub fn start(config: &DeviceConfig, tap: Option<&Tap>, events: &mpsc::Sender<Event>) -> Self {
        let mut drivers = Self {
            reader: None,
            locker: None,
            printer: None,
            scanner: None,
            ups: None,
            panel: None,
            status_display: None,
            evaluator: None,
            speaker: None,
            supervisors: JoinSet::new(),
        };
        drivers.reader = config.id_reader.clone().map(|(url, settings)| {
            let tap = tap.map(|it| it.port("id_reader", hal::id_reader::sdt::describe));
            drivers.supervise(Reader { url, settings, tap }, events)
        });
        drivers.locker = config.locker.clone().map(|(url, settings)| {
            let tap = tap.map(|it| it.port("locker", hal::locker::describe));
            drivers.supervise(Locker { url, settings, tap }, events)
        });
        drivers.printer = config.printer.clone().map(|(url, settings)| {
            let tap = tap.map(|it| it.port("printer", hal::printer::describe));
            drivers.supervise(Printer { url, settings, tap }, events)
        });
        if let Some(url) = config.card.clone() {
            let tap = tap.map(|it| it.port("card", hal::card::staff::describe));
            drivers.supervise(Card { url, tap }, events);
        }
        drivers.scanner = config.scanner.clone().map(|(url, settings)| {
            let tap = tap.map(|it| it.port("scanner", hal::scanner::driver::describe));
            drivers.supervise(Scanner { url, settings, tap }, events)
        });
        drivers.ups = config.ups.clone().map(|(url, settings)| {
            let tap = tap.map(|it| it.port("ups", hal::ups::describe));
            drivers.supervise(Ups { url, settings, tap }, events)
        });
        drivers.panel = config
            .panel
            .clone()
            .map(|(url, settings)| drivers.supervise(Cabinet { url, settings }, events));
        drivers.status_display = config.status_display.clone().map(|(url, settings)| {
            // Its few Han characters are drawn with the printer's fonts.
            let fonts = config.printer.clone().map(|it| it.1.fonts).unwrap_or_default();
            drivers.supervise(StatusDisplay { url, settings, fonts }, events)
        });
        drivers.evaluator = config.evaluator.clone().map(|(url, settings)| {
            let tap = tap.map(|it| it.port("evaluator", hal::evaluator::describe));
            drivers.supervise(Evaluator { url, settings, tap }, events)
        });
        drivers.speaker = config
            .speaker
            .clone()
            .map(|(url, settings)| drivers.supervise(Speaker { url, settings }, events));
        drivers
    }

    fn supervise<D: Device>(&mut self, device: D, events: &mpsc::Sender<Event>) -> Seat<D> {
        let seat = Seat::empty();
        self.supervisors.spawn(supervise(device, seat.clone(), events.clone()));
        seat
    }

    /// What the reader's module says is wrong with itself, now and later.
    pub(crate) fn reader_fault(&self) -> ReaderFault {
        ReaderFault(self.reader.clone())
    }

    /// Gives the locker a command. Without a driver nothing is sent; the event says that.
    pub fn locker(&self, command: LockerCommand) -> Option<Event> {
        let job = match command {
            LockerCommand::Open { job, way } => Some((job, way)),
            LockerCommand::Refresh => None,
        };
        let send = |driver: &LockerHandle| driver.send(command).is_ok();
        let sent = self.locker.as_ref().is_some_and(|it| it.send(job, send));
        let (job, way) = job.filter(|_| !sent)?;
        Some(Event::Locker(LockerEvent::Opened { job, way, outcome: OpenOutcome::NotSent }))
    }

    /// Tells the panel what to show. One that is away is told all of it when it comes back.
    pub fn panel(&self, command: PanelCommand) {
        if let Some(panel) = &self.panel {
            panel.send(None, |driver: &PanelHandle| driver.send(command).is_ok());
        }
    }

    /// Tells a scanner that reads on command whether a code is looked for.
    pub fn scanner(&self, command: ScannerCommand) {
        if let Some(scanner) = &self.scanner {
            scanner.send(None, |driver: &ScannerHandle| driver.send(command).is_ok());
        }
    }

    /// Tells the display at the lockers what to show.
    pub fn status_display(&self, command: &DisplayCommand) {
        if let Some(display) = &self.status_display {
            let send = |driver: &StatusDisplayHandle| driver.send(command.clone()).is_ok();
            display.send(None, send);
        }
    }

    /// Tells the evaluator whether a grade is wanted.
    pub fn evaluator(&self, command: EvaluatorCommand) {
        if let Some(evaluator) = &self.evaluator {
            evaluator.send(None, |driver: &EvaluatorHandle| driver.send(command).is_ok());
        }
    }

    /// What is to be said, or silence.
    pub fn speaker(&self, command: &SpeakerCommand) {
        if let Some(speaker) = &self.speaker {
            speaker.send(None, |driver: &SpeakerHandle| driver.send(command.clone()).is_ok());
        }
    }

    /// The way to give the UPS its last order.
    pub fn ups_orders(&self) -> Option<UpsOrders> {
        let mut orders = None;
        self.ups.as_ref()?.send(None, |driver: &UpsHandle| {
            orders = Some(driver.orders());
            true
        });
        orders
    }

    /// Gives the printer a document. Without a driver it is refused; the event says that.
    pub fn printer(&self, command: PrinterCommand) -> Option<Event> {
        let PrinterCommand::Print { job, .. } = command;
        let send = |driver: &PrinterHandle| driver.send(command).is_ok();
        if self.printer.as_ref().is_some_and(|it| it.send(Some(job), send)) {
            return None;
        }
        let outcome = PrintOutcome::Refused(PrintProblem::Offline);
        Some(Event::Printer(PrinterEvent::Printed { job, outcome }))
    }
}

/// Asks the reader's driver.
#[derive(Clone)]
pub(crate) struct ReaderFault(Option<Seat<Reader>>);

impl std::fmt::Debug for ReaderFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ReaderFault").field(&self.now()).finish()
    }
}

impl ReaderFault {
    /// What the module says is wrong with itself, where it is that what keeps it from working.
    pub(crate) fn now(&self) -> Option<Status> {
        let mut fault = None;
        self.0.as_ref()?.send(None, |driver: &ReaderHandle| {
            fault = driver.health().module_fault;
            true
        });
        fault
    }
}

struct Reader {
    url: PortUrl,
    settings: ReaderSettings,
    tap: Option<Tap>,
}

impl Device for Reader {
    const NAME: &'static str = "id_reader";
    type Report = ReaderEvent;
    type Driver = ReaderHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<ReaderEvent>) -> ReaderHandle {
        hal::id_reader::spawn(self.url.clone(), self.settings, self.tap.clone(), reports)
    }

    fn down() -> ReaderEvent {
        ReaderEvent::Link(Link::Down)
    }
}

struct Locker {
    url: PortUrl,
    settings: LockerSettings,
    tap: Option<Tap>,
}

impl Device for Locker {
    const NAME: &'static str = "locker";
    type Report = LockerEvent;
    type Driver = LockerHandle;
    type Job = (JobId, u16);

    fn start(&self, reports: mpsc::Sender<LockerEvent>) -> LockerHandle {
        hal::locker::spawn(self.url.clone(), self.settings.clone(), self.tap.clone(), reports)
    }

    fn down() -> LockerEvent {
        LockerEvent::Link(Link::Down)
    }

    fn finished(report: &LockerEvent) -> Option<(JobId, u16)> {
        match *report {
            LockerEvent::Opened { job, way, .. } => Some((job, way)),
            _ => None,
        }
    }

    /// As after a line that failed: a lock may have been pulsed, and no door is seen.
    fn lost(&self, jobs: Vec<(JobId, u16)>) -> Vec<LockerEvent> {
        let unknown = |(job, way)| {
            let outcome = OpenOutcome::Unknown;
            LockerEvent::Opened { job, way, outcome }
        };
        let unseen = |way| LockerEvent::Door { way, door: Door::Unknown, occupied: None };
        let doors = (1..=self.settings.ways()).map(unseen);
        jobs.into_iter().map(unknown).chain(doors).collect()
    }
}

struct Printer {
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
}

impl Device for Printer {
    const NAME: &'static str = "printer";
    type Report = PrinterEvent;
    type Driver = PrinterHandle;
    type Job = PrintJobId;

    fn start(&self, reports: mpsc::Sender<PrinterEvent>) -> PrinterHandle {
        hal::printer::spawn(self.url.clone(), self.settings.clone(), self.tap.clone(), reports)
    }

    fn down() -> PrinterEvent {
        PrinterEvent::Link(Link::Down)
    }

    fn finished(report: &PrinterEvent) -> Option<PrintJobId> {
        match report {
            PrinterEvent::Printed { job, .. } => Some(*job),
            _ => None,
        }
    }

    fn lost(&self, jobs: Vec<PrintJobId>) -> Vec<PrinterEvent> {
        let unknown = |job| PrinterEvent::Printed { job, outcome: PrintOutcome::Unknown };
        jobs.into_iter().map(unknown).collect()
    }
}

struct Card {
    url: PortUrl,
    tap: Option<Tap>,
}

impl Device for Card {
    const NAME: &'static str = "card";
    type Report = CardEvent;
    type Driver = CardHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<CardEvent>) -> CardHandle {
        let challenges = hal::card::system_challenges();
        hal::card::spawn(self.url.clone(), self.tap.clone(), challenges, reports)
    }

    fn down() -> CardEvent {
        CardEvent::Link(Link::Down)
    }

    /// A staff card that nobody watches counts as taken away.
    fn lost(&self, _jobs: Vec<()>) -> Vec<CardEvent> {
        vec![CardEvent::Removed]
    }
}

struct Scanner {
    url: PortUrl,
    settings: ScannerSettings,
    tap: Option<Tap>,
}

impl Device for Scanner {
    const NAME: &'static str = "scanner";
    type Report = ScannerEvent;
    type Driver = ScannerHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<ScannerEvent>) -> ScannerHandle {
        hal::scanner::spawn_with(self.url.clone(), self.settings, self.tap.clone(), reports)
    }

    fn down() -> ScannerEvent {
        ScannerEvent::Link(Link::Down)
    }
}

struct Ups {
    url: PortUrl,
    settings: UpsSettings,
    tap: Option<Tap>,
}

impl Device for Ups {
    const NAME: &'static str = "ups";
    type Report = UpsEvent;
    type Driver = UpsHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<UpsEvent>) -> UpsHandle {
        hal::ups::spawn(self.url.clone(), self.settings.clone(), self.tap.clone(), reports)
    }

    fn down() -> UpsEvent {
        UpsEvent::Link(Link::Down)
    }
}

struct Cabinet {
    url: PortUrl,
    settings: PanelSettings,
}

impl Device for Cabinet {
    const NAME: &'static str = "panel";
    type Report = PanelEvent;
    type Driver = PanelHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<PanelEvent>) -> PanelHandle {
        hal::panel::spawn(self.url.clone(), self.settings.clone(), reports)
    }

    fn down() -> PanelEvent {
        PanelEvent::Link(Link::Down)
    }
}

struct StatusDisplay {
    url: PortUrl,
    settings: StatusDisplaySettings,
    fonts: FontSettings,
}

impl Device for StatusDisplay {
    const NAME: &'static str = "status_display";
    type Report = DisplayEvent;
    type Driver = StatusDisplayHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<DisplayEvent>) -> StatusDisplayHandle {
        let (url, fonts) = (self.url.clone(), self.fonts.clone());
        hal::status_display::spawn(url, self.settings, fonts, reports)
    }

    fn down() -> DisplayEvent {
        DisplayEvent::Link(Link::Down)
    }
}

struct Evaluator {
    url: PortUrl,
    settings: EvaluatorSettings,
    tap: Option<Tap>,
}

impl Device for Evaluator {
    const NAME: &'static str = "evaluator";
    type Report = EvaluatorEvent;
    type Driver = EvaluatorHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<EvaluatorEvent>) -> EvaluatorHandle {
        let (url, settings) = (self.url.clone(), self.settings.clone());
        hal::evaluator::spawn(url, settings, self.tap.clone(), reports)
    }

    fn down() -> EvaluatorEvent {
        EvaluatorEvent::Link(Link::Down)
    }
}

struct Speaker {
    url: PortUrl,
    settings: SpeakerSettings,
}

impl Device for Speaker {
    const NAME: &'static str = "speaker";
    type Report = SpeakerEvent;
    type Driver = SpeakerHandle;
    type Job = ();

    fn start(&self, reports: mpsc::Sender<SpeakerEvent>) -> SpeakerHandle {
        let (url, settings) = (self.url.clone(), self.settings.clone());
        hal::speaker::spawn(url, settings, hour_of_the_hall(), reports)
    }

    fn down() -> SpeakerEvent {
        SpeakerEvent::Link(Link::Down)
    }
}

/// The hour that people see on the panel: nights are quieter.
pub(crate) fn hour_of_the_hall() -> hal::speaker::Hour {
    Arc::new(|| {
        let hour = kiosk_core::time::in_hall(jiff::Timestamp::now()).hour();
        u8::try_from(hour).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal::locker::JobId;
    use hal::printer::{Document, PrintJobId};

    /// The core itself gives these commands: a word to it through its own channel, when that is
    /// full, would wait for ever.
    #[tokio::test]
    async fn what_no_driver_takes_is_answered_at_once_though_events_wait() {
        let (events, _waiting) = mpsc::channel(1);
        events.try_send(Event::Tick).expect("there is room for one");
        let drivers = Drivers::start(&DeviceConfig::default(), None, &events);
        let open = LockerCommand::Open { job: JobId(1), way: 7 };
        let not_sent = LockerEvent::Opened { job: JobId(1), way: 7, outcome: OpenOutcome::NotSent };
        assert!(matches!(drivers.locker(open), Some(Event::Locker(it)) if it == not_sent));
        assert!(drivers.locker(LockerCommand::Refresh).is_none());
        let print = PrinterCommand::Print { job: PrintJobId(2), document: Document::default() };
        assert!(matches!(
            drivers.printer(print),
            Some(Event::Printer(PrinterEvent::Printed { job: PrintJobId(2), .. }))
        ));
    }

    /// Nothing answers at these ports: every driver says so.
    #[tokio::test(start_paused = true)]
    async fn every_device_that_is_configured_has_a_driver() {
        let port = |name: &str| format!("sim:nobody-{name}").parse().expect("a port");
        let config = DeviceConfig {
            id_reader: Some((port("reader"), Default::default())),
            locker: Some((port("locker"), Default::default())),
            printer: Some((port("printer"), Default::default())),
            card: Some(port("card")),
            scanner: Some((port("scanner"), Default::default())),
            ups: Some((port("ups"), Default::default())),
            panel: Some((port("panel"), PanelSettings::complete())),
            status_display: Some((port("display"), Default::default())),
            evaluator: Some((port("evaluator"), Default::default())),
            // Nothing is heard of a speaker before something is said.
            speaker: None,
            document_printer: None,
            camera: None,
            signature: None,
        };
        let (sender, mut events) = mpsc::channel(256);
        let _drivers = Drivers::start(&config, None, &sender);
        let mut down = std::collections::BTreeSet::new();
        while down.len() < 9 {
            let name = match events.recv().await.expect("drivers are supervised") {
                Event::Reader(ReaderEvent::Link(Link::Down)) => "id_reader",
                Event::Locker(LockerEvent::Link(Link::Down)) => "locker",
                Event::Printer(PrinterEvent::Link(Link::Down)) => "printer",
                Event::Card(CardEvent::Link(Link::Down)) => "card",
                Event::Scanner(ScannerEvent::Link(Link::Down)) => "scanner",
                Event::Ups(UpsEvent::Link(Link::Down)) => "ups",
                Event::Panel(PanelEvent::Link(Link::Down)) => "panel",
                Event::StatusDisplay(DisplayEvent::Link(Link::Down)) => "status_display",
                Event::Evaluator(EvaluatorEvent::Link(Link::Down)) => "evaluator",
                _ => continue,
            };
            down.insert(name);
        }
    }

    #[cfg(feature = "bench")]
    mod mistakes {
        use super::*;
        use hal::locker::sim::LockerSim;
        use hal::sim::{SimHandle, SimOptions};
        use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

        /// A locker whose driver can be made to panic when the next byte passes.
        struct Rig {
            drivers: Drivers,
            events: mpsc::Receiver<Event>,
            mistake: Arc<AtomicBool>,
            _wall: SimHandle,
        }

        impl Rig {
            async fn start(name: &str) -> Self {
                let settings = LockerSettings::default();
                let url: PortUrl = format!("sim:{name}").parse().expect("a port");
                let device = Box::new(LockerSim::new(&settings));
                let wall = hal::sim::serve(device, &url, SimOptions::default()).await;
                let mistake = Arc::new(AtomicBool::new(false));
                let armed = Arc::clone(&mistake);
                let tap = Tap::new(move || {
                    assert!(!armed.swap(false, SeqCst), "a mistake in the driver");
                    jiff::Timestamp::UNIX_EPOCH
                });
                let (sender, events) = mpsc::channel(256);
                let locker = Some((url, settings));
                let config = DeviceConfig { locker, ..DeviceConfig::default() };
                let drivers = Drivers::start(&config, Some(&tap), &sender);
                Self { drivers, events, mistake, _wall: wall.expect("it is served") }
            }

            async fn until(&mut self, fits: impl Fn(&LockerEvent) -> bool) {
                loop {
                    let event = self.events.recv().await.expect("drivers are supervised");
                    if matches!(event, Event::Locker(it) if fits(&it)) {
                        return;
                    }
                }
            }

            async fn opens(&mut self, job: u64, expected: OpenOutcome) {
                let open = LockerCommand::Open { job: JobId(job), way: 7 };
                assert!(self.drivers.locker(open).is_none(), "the driver takes it");
                let told = |it: &LockerEvent| {
                    let LockerEvent::Opened { job: it, outcome, .. } = it else { return false };
                    assert_eq!((*it, *outcome), (JobId(job), expected));
                    true
                };
                self.until(told).await;
            }
        }

        #[tokio::test(start_paused = true)]
        async fn a_driver_that_panics_is_down_and_started_again() {
            let mut rig = Rig::start("drivers-panic").await;
            for job in [1, 3, 5] {
                rig.until(|it| *it == LockerEvent::Link(Link::Up)).await;
                rig.opens(job, OpenOutcome::Open).await;
                rig.mistake.store(true, SeqCst);
                rig.until(|it| matches!(it, LockerEvent::Door { door: Door::Unknown, .. })).await;
                rig.until(|it| *it == LockerEvent::Link(Link::Down)).await;
                let open = LockerCommand::Open { job: JobId(job + 1), way: 8 };
                let refused = rig.drivers.locker(open);
                let not_sent = LockerEvent::Opened {
                    job: JobId(job + 1),
                    way: 8,
                    outcome: OpenOutcome::NotSent,
                };
                assert!(matches!(refused, Some(Event::Locker(it)) if it == not_sent));
            }
        }

        /// The pulse may have left before the mistake: the compartment is in doubt.
        #[tokio::test(start_paused = true)]
        async fn what_a_driver_was_doing_when_it_panicked_is_not_known() {
            let mut rig = Rig::start("drivers-panic-busy").await;
            rig.until(|it| *it == LockerEvent::Link(Link::Up)).await;
            rig.mistake.store(true, SeqCst);
            rig.opens(1, OpenOutcome::Unknown).await;
            rig.until(|it| *it == LockerEvent::Link(Link::Down)).await;
            rig.until(|it| *it == LockerEvent::Link(Link::Up)).await;
            rig.opens(2, OpenOutcome::Open).await;
        }
    }
}
