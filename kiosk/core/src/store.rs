//! What is kept on disk, as values. The app turns records into rows and rows into a [`Snapshot`].

use std::collections::BTreeSet;

use hal::panel::Input;
use hal::printer::{Document, PrintJobId};
use jiff::Timestamp;
use wire::{Catalogue, Delivery, DeliveryId, EventId, KioskEvent, StaffId, StaffMember};

use crate::custody::{Compartment, CompartmentState};
use crate::meters::Meters;

/// Something to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// What lies in a compartment and what is being done with it; replaces the former record.
    Compartment(Compartment),
    /// The compartment has nothing to do with any delivery any more.
    EmptyCompartment(u16),
    /// One line of the event log, which only grows and is chained by hash.
    Journal {
        at: Timestamp,
        kind: String,
        detail: serde_json::Value,
    },
    /// A fact for the office.
    Outbox(KioskEvent),
    /// A document, so that a failed print loses nothing. Kept until it is printed, a day at most.
    Document {
        job: PrintJobId,
        number: String,
        document: Document,
    },
    Print {
        job: PrintJobId,
        state: PrintState,
    },
    /// A delivery the office told of that is not in a compartment of this kiosk.
    Expected(Delivery),
    ForgetExpected(DeliveryId),
    /// A delivery that left this kiosk and whose end the office has not confirmed yet.
    Finished(DeliveryId),
    ForgetFinished(DeliveryId),
    Catalogue(Box<Catalogue>),
    Staff(Vec<StaffMember>),
    FeedCursor(u64),
    /// What the office knows is known again: the recovery of the store is over.
    RecoveryOver,
    /// Wrong tries on a code or PIN.
    Lock(Lock),
    ForgetLock(String),
    Meters(Meters),
    Alarm(StoredAlarm),
    /// The office's feed was read to its end: what the office knows of this kiosk is known here.
    FeedRead,
    /// The compartment whose lock is being tried; none: none is.
    TestOpening(Option<u16>),
    /// Compartments whose locks jammed when they were tried.
    Jammed(BTreeSet<u16>),
    /// Receipts numbered so far on a day of the hall.
    ReceiptCounter {
        day: jiff::civil::Date,
        count: u32,
    },
}

/// How the cabinet's alarm stands, as far as the next run has to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredAlarm {
    #[default]
    Armed,
    /// Somebody may have been in the cabinet, and nobody of the staff has come since.
    BrokenInto {
        causes: BTreeSet<Input>,
    },
    Off {
        staff: StaffId,
    },
}

/// Where a document is on its way to paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintState {
    Stored,
    Sent,
    Printed,
    Failed,
    /// The power or the line failed in the middle.
    Unknown,
}

/// Wrong tries counted against one code locator or staff card.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lock {
    /// `code:0307` or `pin:<card number>`.
    pub subject: String,
    pub wrong: u32,
    /// How often it was locked since the last right try; each time lasts twice as long.
    pub times_locked: u32,
    pub until: Option<Timestamp>,
}

/// What the store held when it was opened.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Random, made with the store; part of every id made here.
    pub store_id: String,
    /// Counts openings of this store, this one included.
    pub boot: u64,
    pub compartments: Vec<Compartment>,
    pub expected: Vec<Delivery>,
    pub finished: Vec<DeliveryId>,
    pub catalogue: Option<Catalogue>,
    pub staff: Vec<StaffMember>,
    pub feed_cursor: u64,
    pub locks: Vec<Lock>,
    pub receipt_counter: Option<(jiff::civil::Date, u32)>,
    pub meters: Meters,
    pub alarm: StoredAlarm,
    pub feed_read: bool,
    /// A lock that was being tried when the last run ended.
    pub test_opening: Option<u16>,
    pub jammed: BTreeSet<u16>,
    /// Documents that were stored or sent and whose end was not seen.
    pub prints_in_flight: Vec<PrintJobId>,
    pub outbox_length: usize,
    /// Set when this store was put in place of another, at every start until
    /// [`Record::RecoveryOver`] is written.
    pub recovered: Option<Recovery>,
}

/// What happened to a store that was damaged, lost or replaced by a backup.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recovery {
    /// Name of the file that was set aside; empty when there was none.
    pub set_aside: String,
    /// Whether the last good copy could be restored.
    pub from_copy: bool,
}

impl Snapshot {
    /// Whether a compartment was in the middle of something when the last run ended.
    pub fn interrupted(&self) -> impl Iterator<Item = &Compartment> {
        self.compartments.iter().filter(|it| {
            matches!(
                it.state,
                CompartmentState::Opening { .. } | CompartmentState::Inspecting { .. }
            )
        })
    }
}

/// Makes ids that are unique over restarts, kiosks and lost stores, and the same in every replay.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    prefix: String,
    boot: u64,
    next: u64,
}

impl Ids {
    pub(crate) fn new(kiosk: &str, store_id: &str, boot: u64) -> Self {
        Self { prefix: format!("{kiosk}-{store_id}-{boot}"), boot, next: 1 }
    }

    /// A number unique over the runs of this store.
    pub(crate) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        assert!(number < 1 << 32, "a run makes fewer than 2^32 ids");
        (self.boot << 32) | number
    }

    /// A text unique everywhere.
    pub(crate) fn text(&mut self) -> String {
        let number = self.next;
        self.next += 1;
        format!("{}-{number}", self.prefix)
    }

    pub(crate) fn event(&mut self) -> EventId {
        EventId(self.text())
    }
}
