//! What the devices did since the start of the program.

use std::collections::BTreeMap;

use hal::card::CardEvent;
use hal::evaluator::EvaluatorEvent;
use hal::fault::Link;
use hal::id_reader::ReaderEvent;
use hal::locker::{LockerEvent, OpenOutcome};
use hal::panel::PanelEvent;
use hal::printer::{PrintOutcome, PrinterEvent};
use hal::scanner::ScannerEvent;
use hal::speaker::{NotSaid, SpeakerEvent};
use hal::status_display::DisplayEvent;
use hal::ups::UpsEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DeviceKind;
use crate::event::{Event, OfficeEvent, OfficeProblem};

/// What a device was asked and how it went, since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Things that it was told to do or that came from it.
    pub commands: u64,
    pub errors: u64,
    /// Times that it came back after it was gone.
    pub recoveries: u64,
    pub since: Timestamp,
}

impl Statistics {
    pub fn none(since: Timestamp) -> Self {
        Self { commands: 0, errors: 0, recoveries: 0, since }
    }
}

/// The statistics of every device of a running kiosk.
#[derive(Clone, Debug)]
pub struct Ledger {
    since: Timestamp,
    entries: BTreeMap<DeviceKind, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    statistics: Statistics,
    gone: bool,
}

/// What an event means for a device's statistics.
enum Mark {
    Link(Link),
    /// A command's outcome, or something that came from the device; whether it went well.
    Done(bool),
}

impl Ledger {
    pub fn new(since: Timestamp) -> Self {
        Self { since, entries: BTreeMap::new() }
    }

    /// When counting began.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    pub fn of(&self, kind: DeviceKind) -> Statistics {
        self.entries.get(&kind).map_or(Statistics::none(self.since), |it| it.statistics)
    }

    /// Counts what an event tells.
    pub fn note(&mut self, event: &Event) {
        let Some((kind, mark)) = mark(event) else { return };
        let new = Entry { statistics: Statistics::none(self.since), gone: false };
        let entry = self.entries.entry(kind).or_insert(new);
        match mark {
            Mark::Link(Link::Down) if !entry.gone => {
                entry.gone = true;
                entry.statistics.errors += 1;
            }
            Mark::Link(Link::Up) if entry.gone => {
                entry.gone = false;
                entry.statistics.recoveries += 1;
            }
            Mark::Link(_) => {}
            Mark::Done(well) => {
                entry.statistics.commands += 1;
                entry.statistics.errors += u64::from(!well);
            }
        }
    }
}

fn mark(event: &Event) -> Option<(DeviceKind, Mark)> {
    let link = |kind, link| Some((kind, Mark::Link(link)));
    let done = |kind, well| Some((kind, Mark::Done(well)));
    match event {
        Event::Reader(ReaderEvent::Link(it)) => link(DeviceKind::IdReader, *it),
        Event::Reader(ReaderEvent::Card(_)) => done(DeviceKind::IdReader, true),
        Event::Reader(ReaderEvent::Unreadable(_)) => done(DeviceKind::IdReader, false),
        Event::Locker(LockerEvent::Link(it)) => link(DeviceKind::Locker, *it),
        Event::Locker(LockerEvent::Opened { outcome, .. }) => {
            done(DeviceKind::Locker, *outcome == OpenOutcome::Open)
        }
        Event::Printer(PrinterEvent::Link(it)) => link(DeviceKind::Printer, *it),
        Event::Printer(PrinterEvent::Printed { outcome, .. }) => {
            done(DeviceKind::Printer, *outcome == PrintOutcome::Printed)
        }
        Event::Card(CardEvent::Link(it)) => link(DeviceKind::Card, *it),
        Event::Card(CardEvent::Staff(_)) => done(DeviceKind::Card, true),
        Event::Card(CardEvent::Unusable(_)) => done(DeviceKind::Card, false),
        Event::Scanner(ScannerEvent::Link(it)) => link(DeviceKind::Scanner, *it),
        Event::Scanner(ScannerEvent::Scanned(_)) => done(DeviceKind::Scanner, true),
        Event::Ups(UpsEvent::Link(it)) => link(DeviceKind::Ups, *it),
        Event::StatusDisplay(DisplayEvent::Link(it)) => link(DeviceKind::StatusDisplay, *it),
        Event::Speaker(SpeakerEvent::Link(it)) => link(DeviceKind::Speaker, *it),
        Event::Speaker(SpeakerEvent::Said(_)) => done(DeviceKind::Speaker, true),
        Event::Speaker(SpeakerEvent::NotSaid(NotSaid::Failed | NotSaid::NoClip)) => {
            done(DeviceKind::Speaker, false)
        }
        Event::Evaluator(EvaluatorEvent::Link(it)) => link(DeviceKind::Evaluator, *it),
        Event::Evaluator(EvaluatorEvent::Graded(_)) => done(DeviceKind::Evaluator, true),
        Event::Panel(PanelEvent::Link(it)) => link(DeviceKind::Panel, *it),
        Event::Panel(PanelEvent::Input { active: true, .. }) => done(DeviceKind::Panel, true),
        Event::Office(OfficeEvent::Link { up }) => {
            link(DeviceKind::Office, if *up { Link::Up } else { Link::Down })
        }
        Event::Office(OfficeEvent::Answer { result, .. }) => done(
            DeviceKind::Office,
            !matches!(result, Err(OfficeProblem::Unreachable | OfficeProblem::Failed)),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_went_and_came_back_is_counted_once() {
        let mut ledger = Ledger::new(Timestamp::UNIX_EPOCH);
        for link in [Link::Starting, Link::Up, Link::Down, Link::Down, Link::Up, Link::Up] {
            ledger.note(&Event::Scanner(ScannerEvent::Link(link)));
        }
        ledger.note(&Event::Scanner(ScannerEvent::Scanned("1".into())));
        ledger.note(&Event::Tick);
        let found = ledger.of(DeviceKind::Scanner);
        assert_eq!((found.commands, found.errors, found.recoveries), (1, 1, 1));
        assert_eq!(ledger.of(DeviceKind::Printer).commands, 0);
    }
}
