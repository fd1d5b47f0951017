//! Opens a compartment for a test, if and only if it is certain to hold nothing.
//!
//! What is not known counts as full: a store that took another one's place, or that never heard of
//! the office, knows too little. Intent and outcome are on record, and the office is told.

use hal::locker::once::{self, DoorState, LockerError, OpenReport};
use hal::locker::{Door, LockerSettings};
use hal::port::PortUrl;
use jiff::Timestamp;
use kiosk_core::store::Record;
use rand::Rng;
use serde_json::{Value, json};
use wire::{EventBody, EventId, KioskEvent, KioskId};

use crate::store::{Database, StoreError, StoreFiles};

/// Why a compartment is not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error("the store says that compartment {0} holds something or is in doubt")]
    Taken(u16),
    #[error("the store took another one's place or never read the office's feed to its end")]
    StoreKnowsTooLittle,
    #[error("the door of compartment {0} stands open or is not seen")]
    DoorNotShut(u16),
    #[error("the board says that something lies in compartment {0}")]
    Occupied(u16),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Locker(#[from] LockerError),
}

/// Opens compartment `way`, whose door stands as `seen`. The caller holds the folder's lock.
pub(super) async fn open_for_test(
    files: &StoreFiles,
    kiosk: &KioskId,
    seen: DoorState,
    port: PortUrl,
    settings: LockerSettings,
) -> Result<OpenReport, NotOpened> {
    let way = seen.way;
    if seen.door != Door::Closed {
        return Err(NotOpened::DoorNotShut(way));
    }
    if seen.occupied == Some(true) {
        return Err(NotOpened::Occupied(way));
    }
    let mut store = Database::open(&files.main)?;
    store.verify()?;
    if !store.knows_what_lies_where()? {
        return Err(NotOpened::StoreKnowsTooLittle);
    }
    if !store.compartment_is_free(way)? {
        return Err(NotOpened::Taken(way));
    }
    journal(&mut store, "test_open_intent", json!({ "compartment": way, "user": user() }))?;
    let opened = once::open(port, settings, None, way).await;
    let outcome = match &opened {
        Ok(report) if report.opened => "open",
        Ok(_) => "jammed",
        Err(LockerError::Uncertain(_)) => "unknown",
        Err(_) => "not_sent",
    };
    journal(&mut store, "test_open_ended", json!({ "compartment": way, "outcome": outcome }))?;
    if outcome == "open" {
        tell_office(&mut store, kiosk, way)?;
    }
    Ok(opened?)
}

fn journal(store: &mut Database, kind: &str, detail: Value) -> Result<(), StoreError> {
    let at = Timestamp::now();
    store.write(&[Record::Journal { at, kind: kind.to_owned(), detail }], at)
}

fn tell_office(store: &mut Database, kiosk: &KioskId, compartment: u16) -> Result<(), StoreError> {
    let at = Timestamp::now();
    let mut chance = [0; 16];
    rand::rng().fill_bytes(&mut chance);
    let id = EventId(format!("diag-{}", hal::hex::encode(&chance)));
    let why = "test".to_owned();
    let body = EventBody::Opened { compartment, delivery: None, why, staff: None };
    store.write(&[Record::Outbox(KioskEvent { id, kiosk: kiosk.clone(), at, body })], at)
}

/// Who is logged in, as far as the system says.
fn user() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|it| std::env::var(it).ok());
    name.unwrap_or_else(|| "unknown".to_owned())
}
