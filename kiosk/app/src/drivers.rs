//! Starts the drivers of the configured devices and turns what they report into events.

use hal::card::CardEvent;
use hal::id_reader::ReaderEvent;
use hal::locker::{LockerCommand, LockerEvent, LockerHandle, OpenOutcome};
use hal::port::Tap;
use hal::printer::{PrintOutcome, PrintProblem, PrinterCommand, PrinterEvent, PrinterHandle};
use hal::scanner::ScannerEvent;
use hal::ups::{UpsEvent, UpsHandle, UpsOrders};
use kiosk_core::Event;
use tokio::sync::mpsc;

use crate::config::DeviceConfig;

/// Events that a driver may have waiting before it has to pause.
const WAITING: usize = 64;

/// The drivers that take commands. Dropping this stops them.
pub struct Drivers {
    locker: Option<LockerHandle>,
    printer: Option<PrinterHandle>,
    ups: Option<UpsHandle>,
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
    pub fn start(config: &DeviceConfig, tap: Option<&Tap>, events: &mpsc::Sender<Event>) -> Self {
        let reader = config.id_reader.clone().map(|(url, settings)| {
            let sender = forward(events, |it: ReaderEvent| Event::Reader(it));
            let tap = tap.map(|it| it.port("id_reader", hal::id_reader::sdt::describe));
            hal::id_reader::spawn(url, settings, tap, sender)
        });
        let locker = config.locker.clone().map(|(url, settings)| {
            let sender = forward(events, |it: LockerEvent| Event::Locker(it));
            let tap = tap.map(|it| it.port("locker", hal::locker::describe));
            hal::locker::spawn(url, settings, tap, sender)
        });
        let printer = config.printer.clone().map(|(url, settings)| {
            let sender = forward(events, |it: PrinterEvent| Event::Printer(it));
            let tap = tap.map(|it| it.port("printer", hal::printer::describe));
            hal::printer::spawn(url, settings, tap, sender)
        });
        let card = config.card.clone().map(|url| {
            let sender = forward(events, |it: CardEvent| Event::Card(it));
            let tap = tap.map(|it| it.port("card", hal::card::staff::describe));
            hal::card::spawn(url, tap, hal::card::system_challenges(), sender)
        });
        if let Some(url) = config.scanner.clone() {
            let sender = forward(events, |it: ScannerEvent| Event::Scanner(it));
            let tap = tap.map(|it| it.port("scanner", hal::scanner::driver::describe));
            hal::scanner::driver::spawn(url, tap, sender);
        }
        let ups = config.ups.clone().map(|(url, settings)| {
            let sender = forward(events, |it: UpsEvent| Event::Ups(it));
            let tap = tap.map(|it| it.port("ups", hal::ups::describe));
            hal::ups::spawn(url, settings, tap, sender)
        });
        Self { locker, printer, _reader: reader, _card: card, ups }
    }

    /// Gives the locker a command. Without a driver nothing is sent; the event says that.
    pub fn locker(&self, command: LockerCommand) -> Option<Event> {
        let sent = self.locker.as_ref().is_some_and(|it| it.send(command.clone()).is_ok());
        match command {
            LockerCommand::Open { job, way } if !sent => {
                let outcome = OpenOutcome::NotSent;
                Some(Event::Locker(LockerEvent::Opened { job, way, outcome }))
            }
            _ => None,
        }
    }

    /// The way to give the UPS its last order.
    pub fn ups_orders(&self) -> Option<UpsOrders> {
        self.ups.as_ref().map(UpsHandle::orders)
    }

    /// Gives the printer a document. Without a driver it is refused; the event says that.
    pub fn printer(&self, command: PrinterCommand) -> Option<Event> {
        if self.printer.as_ref().is_some_and(|it| it.send(command.clone()).is_ok()) {
            return None;
        }
        let PrinterCommand::Print { job, .. } = command;
        let outcome = PrintOutcome::Refused(PrintProblem::Offline);
        Some(Event::Printer(PrinterEvent::Printed { job, outcome }))
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
}
