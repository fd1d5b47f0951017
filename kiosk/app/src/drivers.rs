//! Starts the drivers of the configured devices and turns what they report into events.

use hal::card::CardEvent;
use hal::id_reader::ReaderEvent;
use hal::locker::{LockerCommand, LockerEvent, LockerHandle, OpenOutcome};
use hal::port::Tap;
use hal::printer::{PrintOutcome, PrintProblem, PrinterCommand, PrinterEvent, PrinterHandle};
use hal::scanner::ScannerEvent;
use kiosk_core::Event;
use tokio::sync::mpsc;

use crate::config::DeviceConfig;

/// Events that a driver may have waiting before it has to pause.
const WAITING: usize = 64;

/// The drivers that take commands. Dropping this stops them.
pub struct Drivers {
    events: mpsc::Sender<Event>,
    locker: Option<LockerHandle>,
    printer: Option<PrinterHandle>,
    /// Keeps drivers alive that take no commands.
    _reader: Option<hal::id_reader::ReaderHandle>,
    _card: Option<hal::card::CardHandle>,
}

impl std::fmt::Debug for Drivers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drivers").finish_non_exhaustive()
    }
}

impl Drivers {
    /// Starts what is configured on the current tokio runtime.
    pub fn start(config: &DeviceConfig, tap: Option<&Tap>, events: mpsc::Sender<Event>) -> Self {
        let reader = config.id_reader.clone().map(|(url, settings)| {
            let sender = forward(&events, |it: ReaderEvent| Event::Reader(it));
            hal::id_reader::spawn(url, settings, tap.cloned(), sender)
        });
        let locker = config.locker.clone().map(|(url, settings)| {
            let sender = forward(&events, |it: LockerEvent| Event::Locker(it));
            hal::locker::spawn(url, settings, tap.cloned(), sender)
        });
        let printer = config.printer.clone().map(|(url, settings)| {
            let sender = forward(&events, |it: PrinterEvent| Event::Printer(it));
            hal::printer::spawn(url, settings, tap.cloned(), sender)
        });
        let card = config.card.clone().map(|url| {
            let sender = forward(&events, |it: CardEvent| Event::Card(it));
            hal::card::spawn(url, tap.cloned(), hal::card::system_challenges(), sender)
        });
        if let Some(url) = config.scanner.clone() {
            let sender = forward(&events, |it: ScannerEvent| Event::Scanner(it));
            hal::scanner::driver::spawn(url, tap.cloned(), sender);
        }
        Self { events, locker, printer, _reader: reader, _card: card }
    }

    /// Gives the locker a command. Without a driver nothing is sent, and that is said.
    pub async fn locker(&self, command: LockerCommand) {
        let refused = match &self.locker {
            Some(locker) => locker.send(command.clone()).is_err(),
            None => true,
        };
        if let (true, LockerCommand::Open { job, way }) = (refused, command) {
            let outcome = OpenOutcome::NotSent;
            self.tell(Event::Locker(LockerEvent::Opened { job, way, outcome })).await;
        }
    }

    /// Gives the printer a document. Without a driver it is refused, and that is said.
    pub async fn printer(&self, command: PrinterCommand) {
        let refused = match &self.printer {
            Some(printer) => printer.send(command.clone()).is_err(),
            None => true,
        };
        if refused {
            let PrinterCommand::Print { job, .. } = command;
            let outcome = PrintOutcome::Refused(PrintProblem::Offline);
            self.tell(Event::Printer(PrinterEvent::Printed { job, outcome })).await;
        }
    }

    async fn tell(&self, event: Event) {
        // The core is gone only when the program ends.
        let _ = self.events.send(event).await;
    }
}

/// A channel whose messages arrive as events.
fn forward<T: Send + 'static>(
    events: &mpsc::Sender<Event>,
    wrap: impl Fn(T) -> Event + Send + 'static,
) -> mpsc::Sender<T> {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let events = events.clone();
    tokio::spawn(async move {
        while let Some(message) = receiver.recv().await {
            if events.send(wrap(message)).await.is_err() {
                return;
            }
        }
    });
    sender
}
