//! Taking facts from kiosks: each once, in order, whole or not at all.
//!
//! A fact that contradicts what the office knows is kept with the reason and never acted upon; a
//! person looks at it. What is known already is taken as done.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan as _};
use office_rules::{
    case::{after_custody, state_text},
    code::NewCode,
    custody::{self, Change, Contradiction, Custody, Place},
    message::{self, Waiting},
};
use serde::Deserialize as _;
use sqlx::{Row as _, Sqlite, Transaction, sqlite::SqliteRow};
use wire::{
    CaseState, CaseStepKind, EventBody, EventId, IdentifiedBy, IntakeResult, KioskEvent, KioskId,
    LocalText, Rejection,
};

use super::{
    DatabaseError, Office, delivery, feed,
    feed::{Subject, touch},
    json, millis,
    report::{code_locked, device_changed, help_called, rated},
    upkeep::{alarm_switched, alarmed, inspected},
    word_of,
};
use crate::secret;

type Tx = Transaction<'static, Sqlite>;

/// Why an event is rejected that names another kiosk than its sender.
pub(crate) const OTHER_CERTIFICATE: &str = "the event names another kiosk than the certificate";
/// How the reason begins where an event is not understood.
pub(crate) const NOT_UNDERSTOOD: &str = "the event is not understood";

/// A fact as it came: one that this version does not understand is kept like a contradiction.
#[derive(Debug)]
pub(crate) enum Received {
    Event(Box<KioskEvent>),
    Odd { id: EventId, text: String, because: String },
}

impl Received {
    /// Reads one event of a batch; `None` when it does not even say which event it is.
    pub(crate) fn of(value: &serde_json::Value) -> Option<Self> {
        match KioskEvent::deserialize(value) {
            Ok(event) => Some(Self::Event(Box::new(event))),
            Err(error) => Some(Self::Odd {
                id: value.get("id")?.as_str()?.into(),
                text: value.to_string(),
                because: format!("{NOT_UNDERSTOOD}: {error}"),
            }),
        }
    }

    fn id(&self) -> &EventId {
        match self {
            Self::Event(event) => &event.id,
            Self::Odd { id, .. } => id,
        }
    }

    /// The text that is kept, and compared when the id comes again.
    fn text(&self) -> String {
        match self {
            Self::Event(event) => {
                serde_json::to_string(&event.body).expect("events are plain data")
            }
            Self::Odd { text, .. } => text.clone(),
        }
    }
}

/// Takes a batch in order. Each event is a transaction of its own: one that fails for want of a
/// working database stops the batch, and the kiosk sends the rest again.
pub(crate) async fn take(
    office: &Office,
    kiosk: &KioskId,
    events: &[Received],
) -> Result<IntakeResult, DatabaseError> {
    let mut result = IntakeResult::default();
    for event in events {
        let id = event.id().clone();
        match take_one(office, kiosk, event).await? {
            None => result.accepted.push(id),
            Some(because) => result.rejected.push(Rejection { id, because }),
        }
    }
    Ok(result)
}

/// Takes one event; the reason when it is rejected.
async fn take_one(
    office: &Office,
    kiosk: &KioskId,
    received: &Received,
) -> Result<Option<String>, DatabaseError> {
    let mut tx = office.database.write().await?;
    let known = sqlx::query(
        "SELECT body, because FROM events WHERE hall_id = ? AND kiosk_id = ? AND event_id = ?",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(received.id().as_str())
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = known {
        if row.get::<&str, _>("body") == received.text() {
            return Ok(row.get("because"));
        }
        tracing::warn!(%kiosk, "an event came with the id of another one");
        return Ok(Some("this id was used for another event".to_owned()));
    }
    let because = match received {
        Received::Odd { because, .. } => Some(because.clone()),
        Received::Event(event) if event.kiosk != *kiosk => Some(OTHER_CERTIFICATE.to_owned()),
        Received::Event(event) => {
            apply(office, &mut tx, kiosk, event).await?.err().map(|it| it.to_string())
        }
    };
    record(office, &mut tx, kiosk, received, because.as_deref()).await?;
    let seq: i64 = sqlx::query_scalar("SELECT feed_seq FROM halls WHERE hall_id = ?")
        .bind(office.hall.as_str())
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    office.database.announce(seq.unsigned_abs());
    if let Some(because) = &because {
        tracing::warn!(%kiosk, because, "an event was rejected and kept");
    }
    Ok(because)
}

async fn record(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    received: &Received,
    because: Option<&str>,
) -> Result<(), DatabaseError> {
    let now = office.clock.now();
    let at = match received {
        Received::Event(event) => event.at,
        Received::Odd { .. } => now,
    };
    sqlx::query(
        "INSERT INTO events (hall_id, kiosk_id, event_id, at, received_at, body, accepted, \
         because) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(received.id().as_str())
    .bind(millis(at))
    .bind(millis(now))
    .bind(received.text())
    .bind(because.is_none())
    .bind(because)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn apply(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
) -> Result<Result<(), Contradiction>, DatabaseError> {
    match &event.body {
        EventBody::Rated { journey, grade, reasons } => {
            rated(office, tx, kiosk, event, (journey, *grade, reasons)).await?;
        }
        EventBody::HelpCalled { screen } => help_called(office, tx, kiosk, event, screen).await?,
        EventBody::DeviceChanged { device, state } => {
            device_changed(office, tx, kiosk, event, device, state).await?;
        }
        EventBody::CodeLocked { locator, until } => {
            code_locked(office, tx, kiosk, locator, *until).await?;
        }
        EventBody::Alarm { input } => alarmed(office, tx, kiosk, event, input).await?,
        EventBody::AlarmSwitched { armed, staff } => {
            alarm_switched(office, tx, kiosk, event, (*armed, staff.as_ref())).await?;
        }
        EventBody::Inspected { number, staff, conclusion, findings } => {
            let inspection = (number.as_str(), staff, conclusion.as_str(), findings.as_slice());
            inspected(office, tx, kiosk, event, inspection).await?;
        }
        EventBody::Printed { .. } => {}
        EventBody::Opened { .. } | EventBody::OpenFailed { .. } => {
            custody_record(office, tx, kiosk, event).await?;
        }
        _ => return custody_event(office, tx, kiosk, event).await,
    }
    Ok(Ok(()))
}

/// An event that moves a delivery from one custody state to another.
async fn custody_event(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
) -> Result<Result<(), Contradiction>, DatabaseError> {
    let (id, compartment) = custody::subject(&event.body).expect("only custody events come here");
    let row = sqlx::query(
        "SELECT delivery_id, case_id, id_hash, kiosk_id, state, compartment, was_deposited, \
         document_name, locator FROM deliveries WHERE hall_id = ? AND delivery_id = ?",
    )
    .bind(office.hall.as_str())
    .bind(id.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(Err(Contradiction::NoSuchDelivery)) };
    let last = last_place(office, tx, id.as_str()).await?;
    let before = delivery::custody_of(&row, last)?;
    let change = match custody::judge(&before, kiosk, &event.body) {
        Ok(change) => change,
        Err(contradiction) => return Ok(Err(contradiction)),
    };
    let after = custody::after(&before, &change);
    if change != Change::None && taken_by_another(office, tx, id.as_str(), &after).await? {
        return Ok(Err(Contradiction::CompartmentTaken));
    }
    custody_record(office, tx, kiosk, event).await?;
    if change != Change::None {
        change_delivery(office, tx, &row, &after, &change, event).await?;
        change_case(office, tx, &row, &change, event.at, compartment).await?;
        tell_kiosks(office, tx, id.as_str(), &after).await?;
    }
    Ok(Ok(()))
}

/// Where a delivery lay before it left.
async fn last_place(
    office: &Office,
    tx: &mut Tx,
    delivery: &str,
) -> Result<Option<Place>, DatabaseError> {
    let row = sqlx::query(
        "SELECT kiosk_id, compartment FROM custody_records WHERE hall_id = ? AND delivery_id = ? \
         ORDER BY at DESC, rowid DESC LIMIT 1",
    )
    .bind(office.hall.as_str())
    .bind(delivery)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|it| Place {
        kiosk: it.get::<String, _>("kiosk_id").into(),
        compartment: it.get("compartment"),
    }))
}

async fn taken_by_another(
    office: &Office,
    tx: &mut Tx,
    delivery: &str,
    after: &Custody,
) -> Result<bool, DatabaseError> {
    let lies =
        matches!(after.state, wire::DeliveryState::InCompartment | wire::DeliveryState::Uncertain);
    let Some(place) = after.place.as_ref().filter(|_| lies) else { return Ok(false) };
    let other: Option<String> = sqlx::query_scalar(
        "SELECT delivery_id FROM deliveries WHERE hall_id = ? AND kiosk_id = ? \
         AND compartment = ? AND delivery_id <> ?",
    )
    .bind(office.hall.as_str())
    .bind(place.kiosk.as_str())
    .bind(place.compartment)
    .bind(delivery)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(other.is_some())
}

async fn change_delivery(
    office: &Office,
    tx: &mut Tx,
    row: &SqliteRow,
    after: &Custody,
    change: &Change,
    event: &KioskEvent,
) -> Result<(), DatabaseError> {
    let id: &str = row.get("delivery_id");
    let lies =
        matches!(after.state, wire::DeliveryState::InCompartment | wire::DeliveryState::Uncertain);
    let because = match &event.body {
        EventBody::Uncertain { because, .. } => Some(because.as_str()),
        _ => None,
    };
    let has_code = row.get::<Option<&str>, _>("locator").is_some();
    let code = match (change, &after.place) {
        (Change::Deposited(place), _) => Some(make_code(office, tx, row, place).await?),
        // It had been thought to have left, and its code went with it.
        (Change::FoundAgain, Some(place)) if !has_code => {
            Some(make_code(office, tx, row, place).await?)
        }
        _ => None,
    };
    // Nobody needs a code for what left; what is doubted keeps its code for when it is found.
    let keep_code = lies || code.is_some();
    sqlx::query(
        "UPDATE deliveries SET state = ?3, kiosk_id = ?4, compartment = ?5, was_deposited = ?6, \
         locator = CASE WHEN ?7 IS NOT NULL THEN ?7 WHEN ?8 THEN locator END, \
         code_hash = CASE WHEN ?9 IS NOT NULL THEN ?9 WHEN ?8 THEN code_hash END, \
         hold_until = COALESCE(?10, hold_until), look_because = ?11, updated_at = ?12 \
         WHERE hall_id = ?1 AND delivery_id = ?2",
    )
    .bind(office.hall.as_str())
    .bind(id)
    .bind(word_of(&after.state))
    .bind(after.kiosk.as_ref().map(KioskId::as_str))
    .bind(after.place.as_ref().filter(|_| lies).map(|it| it.compartment))
    .bind(after.was_deposited)
    .bind(code.as_ref().map(|it| it.locator.as_str()))
    .bind(keep_code)
    .bind(code.as_ref().map(|it| it.hash.as_str()))
    .bind(code.as_ref().map(|it| it.hold_until.as_str()))
    .bind(because)
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct MadeCode {
    locator: String,
    hash: String,
    hold_until: String,
}

/// Makes the pickup code and puts the notification that carries it into the outbox, in the same
/// transaction as the deposit itself.
async fn make_code(
    office: &Office,
    tx: &mut Tx,
    delivery: &SqliteRow,
    place: &Place,
) -> Result<MadeCode, DatabaseError> {
    // From now on, whatever the kiosk's clock says: now is when the person is told.
    let at = office.clock.now();
    let hall = office.hall.as_str();
    let kiosk = sqlx::query(
        "SELECT k.number, k.place, h.name, h.holding_days FROM kiosks k \
         JOIN halls h ON h.hall_id = k.hall_id WHERE k.hall_id = ? AND k.kiosk_id = ?",
    )
    .bind(hall)
    .bind(place.kiosk.as_str())
    .fetch_one(&mut **tx)
    .await?;
    let in_use: Vec<String> = sqlx::query_scalar(
        "SELECT locator FROM deliveries WHERE hall_id = ? AND kiosk_id = ? AND locator IS NOT NULL",
    )
    .bind(hall)
    .bind(place.kiosk.as_str())
    .fetch_all(&mut **tx)
    .await?;
    let in_use: BTreeSet<String> = in_use.into_iter().collect();
    let number: u8 = kiosk.get("number");
    let code = NewCode::make(number, &in_use, office.random.number())
        .map_err(|it| DatabaseError::Stored { what: "locator", because: it.to_string() })?;
    let (digits, random) = (code.digits(), office.random.clone());
    let hash = tokio::task::spawn_blocking(move || secret::hash(&digits, &random))
        .await
        .map_err(|it| DatabaseError::Stored { what: "code", because: it.to_string() })?;
    let days = i64::from(kiosk.get::<u16, _>("holding_days"));
    let today = office.day_at(at);
    let hold_until = today.checked_add(days.days()).unwrap_or(today);
    notify(office, tx, delivery, &kiosk, &code, hold_until, at).await?;
    let locator = code.locator().to_owned();
    Ok(MadeCode { locator, hash, hold_until: hold_until.to_string() })
}

async fn notify(
    office: &Office,
    tx: &mut Tx,
    delivery: &SqliteRow,
    kiosk: &SqliteRow,
    code: &NewCode,
    hold_until: jiff::civil::Date,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let hall = office.hall.as_str();
    let person = sqlx::query("SELECT name, phone FROM persons WHERE hall_id = ? AND id_hash = ?")
        .bind(hall)
        .bind(delivery.get::<&str, _>("id_hash"))
        .fetch_optional(&mut **tx)
        .await?;
    // Somebody without a telephone number collects by card.
    let Some(person) = person else { return Ok(()) };
    let text = |column: &'static str, row: &SqliteRow| {
        json::<LocalText>("text", row.get(column)).map(|it| it.in_language("zh-CN").to_owned())
    };
    let (hall_name, document) = (text("name", kiosk)?, text("document_name", delivery)?);
    let waiting = Waiting {
        hall: &hall_name,
        document: &document,
        place: &text("place", kiosk)?,
        kiosk_number: kiosk.get("number"),
        until: hold_until,
    };
    let body = message::pickup(&waiting, code);
    sqlx::query(
        "INSERT INTO notifications (hall_id, notification_id, delivery_id, channel, recipient, \
         name_masked, body, created_at) VALUES (?, ?, ?, 'sms', ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(office.random.identifier())
    .bind(delivery.get::<&str, _>("delivery_id"))
    .bind(person.get::<&str, _>("phone"))
    .bind(hal::mask::name(person.get("name")))
    .bind(body)
    .bind(millis(at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn change_case(
    office: &Office,
    tx: &mut Tx,
    delivery: &SqliteRow,
    change: &Change,
    at: Timestamp,
    compartment: u16,
) -> Result<(), DatabaseError> {
    if *change == Change::NotPlaced {
        return take_back_ready(office, tx, delivery, at).await;
    }
    let Some((state, step)) = after_custody(change) else { return Ok(()) };
    let (hall, case) = (office.hall.as_str(), delivery.get::<&str, _>("case_id"));
    sqlx::query("UPDATE cases SET state = ?, updated_at = ? WHERE hall_id = ? AND case_id = ?")
        .bind(state_text(state))
        .bind(millis(at))
        .bind(hall)
        .bind(case)
        .execute(&mut **tx)
        .await?;
    let note = match change {
        Change::Deposited(_) => LocalText::zh_en(
            format!("已放入 {compartment} 号柜"),
            format!("in locker {compartment}"),
        ),
        Change::Recalled => LocalText::zh_en("可到窗口领取", "collect it at a window"),
        _ => LocalText::zh_en(
            format!("自 {compartment} 号柜领取"),
            format!("taken from locker {compartment}"),
        ),
    };
    sqlx::query(
        "INSERT INTO case_steps (hall_id, case_id, step, kind, at, note) \
         SELECT ?1, ?2, COALESCE(MAX(step), 0) + 1, ?3, ?4, ?5 FROM case_steps \
         WHERE hall_id = ?1 AND case_id = ?2",
    )
    .bind(hall)
    .bind(case)
    .bind(word_of(&step))
    .bind(millis(at))
    .bind(serde_json::to_string(&note).expect("a text is plain data"))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// It was never ready: the step that said so goes, and so does a message that was not sent yet.
async fn take_back_ready(
    office: &Office,
    tx: &mut Tx,
    delivery: &SqliteRow,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let (hall, case) = (office.hall.as_str(), delivery.get::<&str, _>("case_id"));
    sqlx::query("UPDATE cases SET state = ?, updated_at = ? WHERE hall_id = ? AND case_id = ?")
        .bind(state_text(CaseState::Producing))
        .bind(millis(at))
        .bind(hall)
        .bind(case)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "DELETE FROM case_steps WHERE hall_id = ?1 AND case_id = ?2 AND kind = ?3 AND step = \
         (SELECT MAX(step) FROM case_steps WHERE hall_id = ?1 AND case_id = ?2)",
    )
    .bind(hall)
    .bind(case)
    .bind(word_of(&CaseStepKind::ReadyForPickup))
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "DELETE FROM notifications WHERE hall_id = ? AND delivery_id = ? AND sent_at IS NULL",
    )
    .bind(hall)
    .bind(delivery.get::<&str, _>("delivery_id"))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The kiosk that has it learns how it is; to the others it is of no more concern.
async fn tell_kiosks(
    office: &Office,
    tx: &mut Tx,
    delivery: &str,
    after: &Custody,
) -> Result<(), DatabaseError> {
    let left =
        matches!(after.state, wire::DeliveryState::HandedOver | wire::DeliveryState::Recalled);
    for kiosk in feed::kiosks(office, tx).await? {
        let concerned = !left && after.kiosk.as_ref().is_none_or(|it| it.as_str() == kiosk);
        touch(office, tx, &kiosk, Subject::Delivery(delivery), !concerned).await?;
    }
    Ok(())
}

/// Every opening of a compartment and what it did, for as long as the law says.
async fn custody_record(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
) -> Result<(), DatabaseError> {
    let entry = Entry::of(&event.body);
    sqlx::query(
        "INSERT INTO custody_records (hall_id, kiosk_id, event_id, delivery_id, compartment, kind, \
         by_whom, staff_id, receipt_number, note, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(event.id.as_str())
    .bind(entry.delivery)
    .bind(entry.compartment)
    .bind(entry.kind)
    .bind(entry.by_whom)
    .bind(entry.staff)
    .bind(entry.receipt)
    .bind(entry.note)
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A line of the custody record.
#[derive(Default)]
struct Entry<'a> {
    delivery: Option<&'a str>,
    compartment: u16,
    kind: &'static str,
    by_whom: &'static str,
    staff: Option<&'a str>,
    receipt: Option<&'a str>,
    note: &'a str,
}

impl<'a> Entry<'a> {
    fn of(body: &'a EventBody) -> Self {
        let (delivery, compartment) = match body {
            EventBody::Opened { compartment, delivery, .. }
            | EventBody::OpenFailed { compartment, delivery } => {
                (delivery.as_ref().map(|it| it.as_str()), *compartment)
            }
            other => custody::subject(other).map_or((None, 0), |(delivery, compartment)| {
                (Some(delivery.as_str()), compartment)
            }),
        };
        let staff_or =
            |staff: Option<&'a str>, other| if staff.is_some() { "staff" } else { other };
        let base = Self { delivery, compartment, ..Self::default() };
        match body {
            EventBody::Opened { why, staff, .. } => {
                let staff = staff.as_ref().map(|it| it.as_str());
                Self {
                    kind: "opened",
                    by_whom: staff_or(staff, "citizen"),
                    staff,
                    note: why,
                    ..base
                }
            }
            EventBody::OpenFailed { .. } => Self { kind: "open_failed", by_whom: "kiosk", ..base },
            EventBody::Deposited { staff, .. } => {
                Self { kind: "deposited", by_whom: "staff", staff: Some(staff.as_str()), ..base }
            }
            EventBody::HandedOver { identified_by, receipt_number, .. } => Self {
                kind: "handed_over",
                by_whom: match identified_by {
                    IdentifiedBy::IdCard => "citizen by card",
                    IdentifiedBy::Code => "citizen by code",
                },
                receipt: Some(receipt_number),
                ..base
            },
            EventBody::NotPlaced { staff, .. } => {
                Self { kind: "not_placed", by_whom: "staff", staff: Some(staff.as_str()), ..base }
            }
            EventBody::Recalled { staff, .. } => {
                Self { kind: "recalled", by_whom: "staff", staff: Some(staff.as_str()), ..base }
            }
            EventBody::Uncertain { because, .. } => {
                Self { kind: "uncertain", by_whom: "kiosk", note: because, ..base }
            }
            EventBody::Resolved { found, staff, .. } => Self {
                kind: "resolved",
                by_whom: "staff",
                staff: Some(staff.as_str()),
                note: if *found { "found" } else { "missing" },
                ..base
            },
            _ => base,
        }
    }
}
