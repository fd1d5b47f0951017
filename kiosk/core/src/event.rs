//! What happens to the kiosk: everything that [`crate::Kiosk::step`] can be told.

use std::time::Duration;

use hal::card::CardEvent;
use hal::evaluator::EvaluatorEvent;
use hal::id_reader::ReaderEvent;
use hal::locker::LockerEvent;
use hal::panel::PanelEvent;
use hal::printer::PrinterEvent;
use hal::speaker::SpeakerEvent;
use hal::status_display::DisplayEvent;
use hal::ups::UpsEvent;
use jiff::Timestamp;
use wire::{Appointment, CaseView, ErrorBody, FeedEntry, Hold, SlotDays};

use crate::action::Action;
use crate::store::Snapshot;

/// The moment of an event. Deadlines use `uptime`, which never jumps; people are told `wall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since the process started.
    pub uptime: Duration,
    pub wall: Timestamp,
}

/// One thing that happened.
#[derive(Debug)]
pub enum Event {
    /// The store was opened; the first event of every run.
    Restored(Box<Snapshot>),
    /// Time went by; sent when [`crate::Kiosk::next_wakeup`] is due.
    Tick,
    /// A person touched something that could be touched.
    User(Action),
    Reader(ReaderEvent),
    Locker(LockerEvent),
    Printer(PrinterEvent),
    Card(CardEvent),
    Scanner(ScannerEvent),
    Ups(UpsEvent),
    Panel(PanelEvent),
    StatusDisplay(DisplayEvent),
    Evaluator(EvaluatorEvent),
    Speaker(SpeakerEvent),
    Office(OfficeEvent),
    /// The records of a [`crate::effect::Effect::Store`] are on disk.
    Stored(WriteId),
    /// They are not, and will not be.
    StoreFailed(WriteId),
    /// Answer to [`crate::effect::Effect::ReadEvents`], the latest first; none when the log cannot be
    /// read.
    EventsRead {
        request: RequestId,
        lines: Option<Vec<EventLine>>,
    },
    /// Answer to [`crate::effect::Effect::CheckSecret`].
    SecretChecked {
        check: CheckId,
        right: bool,
    },
    /// Answer to [`crate::effect::Effect::CheckStaffCard`].
    StaffCardChecked {
        check: CheckId,
        genuine: bool,
    },
}

/// One line of the event log, as maintenance shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLine {
    pub at: Timestamp,
    pub kind: String,
    pub detail: serde_json::Value,
}

/// Names one write to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteId(pub u64);

/// Names one slow check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub u64);

/// Names one request to the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

pub use hal::scanner::ScannerEvent;

/// What comes from the office.
#[derive(Debug)]
pub enum OfficeEvent {
    /// Whether requests reach it now.
    Link { up: bool },
    /// A piece of the change feed; `cursor` is where to go on. Without entries it is the end.
    Feed { entries: Vec<FeedEntry>, cursor: u64 },
    /// The answer to a [`crate::effect::Effect::Office`].
    Answer { request: RequestId, result: Result<OfficeAnswer, OfficeProblem> },
    /// How many facts still wait in the outbox.
    OutboxLength(usize),
}

/// A good answer.
#[derive(Debug)]
pub enum OfficeAnswer {
    Cases(Vec<CaseView>),
    Appointments(Vec<Appointment>),
    Slots(SlotDays),
    Held(Box<Hold>),
    Booked(Box<Appointment>),
    Moved(Box<Appointment>),
    Cancelled(Box<Appointment>),
    /// To [`crate::effect::OfficeCall::Reach`].
    Reached,
}

/// Why there is no good answer.
#[derive(Clone, Debug)]
pub enum OfficeProblem {
    /// Not reached in time. Whether a change was made is unknown; the same key may be sent again.
    Unreachable,
    /// It was reached and gave no answer that can be used. Whether a change was made is unknown here,
    /// too.
    Failed,
    Refused(Box<ErrorBody>),
}

macro_rules! from_reports {
    ($($report:ident => $event:ident,)*) => {
        $(impl From<$report> for Event {
            fn from(report: $report) -> Self {
                Self::$event(report)
            }
        })*
    };
}

from_reports! {
    ReaderEvent => Reader,
    LockerEvent => Locker,
    PrinterEvent => Printer,
    CardEvent => Card,
    ScannerEvent => Scanner,
    UpsEvent => Ups,
    PanelEvent => Panel,
    DisplayEvent => StatusDisplay,
    EvaluatorEvent => Evaluator,
    SpeakerEvent => Speaker,
}
