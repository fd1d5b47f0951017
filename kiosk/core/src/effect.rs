//! What the kiosk wants done. Effects are carried out one after the other, in the order given; what
//! became of one comes back as an [`crate::event::Event`].

use hal::card::StaffCardProof;
use hal::evaluator::EvaluatorCommand;
use hal::locker::LockerCommand;
use hal::panel::PanelCommand;
use hal::printer::PrinterCommand;
use hal::scanner::ScannerCommand;
use hal::speaker::SpeakerCommand;
use hal::status_display::DisplayCommand;
use wire::{BookRequest, CancelRequest, HoldRequest, IdHash, ItemId, MoveRequest};
use zeroize::Zeroizing;

use crate::event::{CheckId, RequestId, WriteId};
use crate::store::Record;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write all records in one transaction, flushed to disk.
    Store {
        write: WriteId,
        records: Vec<Record>,
    },
    Locker(LockerCommand),
    Printer(PrinterCommand),
    Panel(PanelCommand),
    /// For scanners that read on command.
    Scanner(ScannerCommand),
    StatusDisplay(DisplayCommand),
    Evaluator(EvaluatorCommand),
    Speaker(SpeakerCommand),
    Office {
        request: RequestId,
        call: OfficeCall,
    },
    /// Compare a code or PIN with a slow hash, off this thread.
    CheckSecret {
        check: CheckId,
        secret: Secret,
        hash: String,
    },
    /// Check a staff card's signature with the public key the office gave for it.
    CheckStaffCard {
        check: CheckId,
        proof: StaffCardProof,
        public_key: String,
    },
    /// Read the latest lines of the event log, so many.
    ReadEvents {
        request: RequestId,
        count: usize,
    },
    /// End in order and start anew.
    Restart,
    /// The battery is nearly empty and nobody is here: bring everything to rest on disk and switch the
    /// machine off.
    ShutDown,
    /// A session ended: drop whatever may still hold something of it.
    SessionEnded,
}

/// Digits that a person typed; wiped when dropped, never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A request to the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfficeCall {
    Cases(IdHash),
    Appointments(IdHash),
    Slots {
        item: ItemId,
        from: jiff::civil::Date,
        days: u16,
    },
    Hold(HoldRequest),
    Book(BookRequest),
    Move {
        appointment: wire::AppointmentId,
        request: MoveRequest,
    },
    Cancel {
        appointment: wire::AppointmentId,
        request: CancelRequest,
    },
    /// Nothing but whether it answers.
    Reach,
}
