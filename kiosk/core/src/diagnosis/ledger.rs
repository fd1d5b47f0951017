//! What the devices did since the start of the program.

use std::collections::BTreeMap;
use std::time::Duration;

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
    /// How long it was there, in seconds.
    #[serde(default)]
    pub up_s: u64,
    pub since: Timestamp,
}

impl Statistics {
    pub fn none(since: Timestamp) -> Self {
        Self { commands: 0, errors: 0, recoveries: 0, up_s: 0, since }
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
    state: Presence,
}

/// Being gone counts only for a device that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    NeverSeen,
    /// As uptime.
    Up {
        since: Duration,
    },
    Gone,
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

    /// What a device did until now.
    pub fn of(&self, kind: DeviceKind, uptime: Duration) -> Statistics {
        let Some(entry) = self.entries.get(&kind) else { return Statistics::none(self.since) };
        let now = match entry.state {
            Presence::Up { since } => uptime.saturating_sub(since).as_secs(),
            Presence::NeverSeen | Presence::Gone => 0,
        };
        Statistics { up_s: entry.statistics.up_s + now, ..entry.statistics }
    }

    /// Counts what an event tells.
    pub fn note(&mut self, uptime: Duration, event: &Event) {
        let Some((kind, mark)) = mark(event) else { return };
        let new = Entry { statistics: Statistics::none(self.since), state: Presence::NeverSeen };
        let entry = self.entries.entry(kind).or_insert(new);
        match mark {
            Mark::Link(Link::Down) => {
                if let Presence::Up { since } = entry.state {
                    entry.statistics.up_s += uptime.saturating_sub(since).as_secs();
                    entry.statistics.errors += 1;
                    entry.state = Presence::Gone;
                }
            }
            Mark::Link(Link::Up) => {
                entry.statistics.recoveries += u64::from(entry.state == Presence::Gone);
                if !matches!(entry.state, Presence::Up { .. }) {
                    entry.state = Presence::Up { since: uptime };
                }
            }
            Mark::Link(Link::Starting) => {}
            Mark::Done(well) => {
                entry.statistics.commands += 1;
                entry.statistics.errors += u64::from(!well);
            }
        }
    }
}

/// Whether an event says that a device is there or gone.
pub(crate) fn link_of(event: &Event) -> Option<(DeviceKind, Link)> {
    match mark(event)? {
        (kind, Mark::Link(link)) => Some((kind, link)),
        _ => None,
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
        let at = Duration::from_secs;
        let down_before = [(1, Link::Starting), (2, Link::Down), (10, Link::Up)];
        let and_back = [(40, Link::Down), (41, Link::Down), (50, Link::Up), (51, Link::Up)];
        for (second, link) in down_before.into_iter().chain(and_back) {
            ledger.note(at(second), &Event::Scanner(ScannerEvent::Link(link)));
        }
        ledger.note(at(52), &Event::Scanner(ScannerEvent::Scanned("1".into())));
        ledger.note(at(53), &Event::Tick);
        let found = ledger.of(DeviceKind::Scanner, at(60));
        assert_eq!((found.commands, found.errors, found.recoveries), (1, 1, 1));
        assert_eq!(found.up_s, 30 + 10, "only while it was there");
        assert_eq!(ledger.of(DeviceKind::Printer, at(60)).commands, 0);
    }
}
