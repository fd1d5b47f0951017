//! Rows of a new hall. Used once, in one transaction, before the office opens.

use jiff::{Timestamp, civil::Date};
use office_rules::calendar::Hours;
use sqlx::{Row as _, Sqlite, Transaction};
use wire::{
    CaseState, CompartmentSize, DeliveryState, DeliveryWay, IdHash, Item, LocalText, Slot,
    StaffMember, Supplement, Voucher,
};

use super::{Database, DatabaseError, millis, moment, word_of};

type Tx = Transaction<'static, Sqlite>;

fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("wire types are plain data")
}

/// A hall with its opening hours.
pub(crate) struct HallRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: LocalText,
    pub(crate) time_zone: &'a str,
    pub(crate) day_change_hour: u8,
    pub(crate) holding_days: u16,
    pub(crate) help_phone: &'a str,
    pub(crate) hours: Hours,
    pub(crate) id_hash_key: &'a [u8; 32],
}

/// A kind of window with its capacity.
pub(crate) struct WindowTypeRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: LocalText,
    pub(crate) place: LocalText,
    pub(crate) windows: u16,
    pub(crate) extended: u16,
}

/// A case with what has happened so far.
pub(crate) struct CaseRow {
    pub(crate) id: String,
    pub(crate) item: String,
    pub(crate) id_hash: IdHash,
    pub(crate) state: CaseState,
    pub(crate) promised_by: Date,
    pub(crate) way: DeliveryWay,
    pub(crate) supplement: Option<Supplement>,
    pub(crate) voucher: Voucher,
    pub(crate) steps: Vec<(wire::CaseStepKind, Timestamp, LocalText)>,
}

/// A delivery where it is.
pub(crate) struct DeliveryRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) case: &'a str,
    pub(crate) document: LocalText,
    pub(crate) size: CompartmentSize,
    pub(crate) id_hash: &'a IdHash,
    pub(crate) kiosk: Option<&'a str>,
    pub(crate) state: DeliveryState,
    pub(crate) compartment: Option<u16>,
    /// Locator and slow hash.
    pub(crate) code: Option<(&'a str, &'a str)>,
    pub(crate) hold_until: Option<Date>,
    pub(crate) look_because: Option<&'a str>,
    pub(crate) updated_at: Timestamp,
}

/// A line of the custody record.
pub(crate) struct CustodyRow<'a> {
    pub(crate) kiosk: &'a str,
    pub(crate) event: String,
    pub(crate) delivery: &'a str,
    pub(crate) compartment: u16,
    pub(crate) kind: &'a str,
    pub(crate) by_whom: &'a str,
    pub(crate) staff: Option<&'a str>,
    pub(crate) receipt: Option<String>,
    pub(crate) note: &'a str,
    pub(crate) at: Timestamp,
}

/// An appointment with its place.
pub(crate) struct AppointmentRow<'a> {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) slot: &'a Slot,
    pub(crate) item: &'a str,
    pub(crate) id_hash: &'a IdHash,
    pub(crate) name_masked: String,
    pub(crate) state: &'a str,
    pub(crate) at: Timestamp,
}

/// The seed, the number of cases and the time that the demo hall in this database was made from.
pub(crate) async fn demo(
    database: &Database,
) -> Result<Option<(u64, usize, Timestamp)>, DatabaseError> {
    let row = sqlx::query("SELECT seed, cases, seeded_at FROM demo_halls LIMIT 1")
        .fetch_optional(database.reader())
        .await?;
    row.map(|it| {
        let seed = it.get::<&str, _>("seed").parse().map_err(|it: std::num::ParseIntError| {
            DatabaseError::Stored { what: "seed", because: it.to_string() }
        })?;
        let cases = usize::try_from(it.get::<i64, _>("cases")).unwrap_or_default();
        Ok((seed, cases, moment(it.get("seeded_at"))))
    })
    .transpose()
}

/// The deliveries that lie in compartments.
pub(crate) async fn in_compartments(database: &Database) -> Result<Vec<String>, DatabaseError> {
    let query = "SELECT delivery_id FROM deliveries WHERE state = 'in_compartment'";
    Ok(sqlx::query_scalar(query).fetch_all(database.reader()).await?)
}

/// Whether the database holds any hall.
pub(crate) async fn is_empty(database: &Database) -> Result<bool, DatabaseError> {
    let halls: i64 =
        sqlx::query_scalar("SELECT count(*) FROM halls").fetch_one(database.reader()).await?;
    Ok(halls == 0)
}

pub(crate) async fn demo_hall(
    tx: &mut Tx,
    hall: &str,
    (seed, cases, now): (u64, usize, Timestamp),
) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO demo_halls (hall_id, seed, cases, seeded_at) VALUES (?, ?, ?, ?)")
        .bind(hall)
        .bind(seed.to_string())
        .bind(i64::try_from(cases).unwrap_or(i64::MAX))
        .bind(millis(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn hall(tx: &mut Tx, row: &HallRow<'_>) -> Result<(), DatabaseError> {
    // The catalogue belongs to no day yet: housekeeping makes its days and slots.
    sqlx::query(
        "INSERT INTO halls (hall_id, name, time_zone, day_change_hour, holding_days, help_phone, \
         hours, catalogue_version, catalogue_day, id_hash_key) \
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', ?)",
    )
    .bind(row.id)
    .bind(text(&row.name))
    .bind(row.time_zone)
    .bind(row.day_change_hour)
    .bind(row.holding_days)
    .bind(row.help_phone)
    .bind(text(&row.hours))
    .bind(row.id_hash_key.as_slice())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn kiosk(
    tx: &mut Tx,
    hall: &str,
    (id, number, place): (&str, u8, &LocalText),
    enrolled_at: Option<Timestamp>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO kiosks (hall_id, kiosk_id, number, place, enrolled_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(id)
    .bind(number)
    .bind(text(place))
    .bind(enrolled_at.map(millis))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn window_type(
    tx: &mut Tx,
    hall: &str,
    row: &WindowTypeRow<'_>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO window_types (hall_id, window_type_id, name, place, windows, extended) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(row.id)
    .bind(text(&row.name))
    .bind(text(&row.place))
    .bind(row.windows)
    .bind(row.extended)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn item(
    tx: &mut Tx,
    hall: &str,
    position: u32,
    window_type: &str,
    item: &Item,
) -> Result<(), DatabaseError> {
    let names = item.name.0.values().chain(&item.keywords).map(String::as_str);
    sqlx::query(
        "INSERT INTO items (hall_id, item_id, position, window_type_id, body, search) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(item.id.as_str())
    .bind(position)
    .bind(window_type)
    .bind(text(item))
    .bind(office_rules::search::search_keys(names))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn staff(
    tx: &mut Tx,
    hall: &str,
    member: &StaffMember,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO staff (hall_id, staff_id, name, card_number, card_public_key, pin_hash, \
         roles) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(member.id.as_str())
    .bind(&member.name)
    .bind(&member.card_number)
    .bind(&member.card_public_key)
    .bind(&member.pin_hash)
    .bind(text(&member.roles))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn person(
    tx: &mut Tx,
    hall: &str,
    id_hash: &IdHash,
    name: &str,
    phone: &str,
) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO persons (hall_id, id_hash, name, phone) VALUES (?, ?, ?, ?)")
        .bind(hall)
        .bind(id_hash.as_str())
        .bind(name)
        .bind(phone)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn case(tx: &mut Tx, hall: &str, row: &CaseRow) -> Result<(), DatabaseError> {
    let first = row.steps.first().map_or(Timestamp::UNIX_EPOCH, |it| it.1);
    let last = row.steps.last().map_or(first, |it| it.1);
    sqlx::query(
        "INSERT INTO cases (hall_id, case_id, item_id, id_hash, state, promised_by, delivery_way, \
         supplement, voucher, submitted_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(&row.id)
    .bind(&row.item)
    .bind(row.id_hash.as_str())
    .bind(office_rules::case::state_text(row.state))
    .bind(row.promised_by.to_string())
    .bind(word_of(&row.way))
    .bind(row.supplement.as_ref().map(text))
    .bind(text(&row.voucher))
    .bind(millis(first))
    .bind(millis(last))
    .execute(&mut **tx)
    .await?;
    for (step, (kind, at, note)) in (1i64..).zip(&row.steps) {
        sqlx::query(
            "INSERT INTO case_steps (hall_id, case_id, step, kind, at, note) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(hall)
        .bind(&row.id)
        .bind(step)
        .bind(word_of(kind))
        .bind(millis(*at))
        .bind(text(note))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub(crate) async fn delivery(
    tx: &mut Tx,
    hall: &str,
    row: &DeliveryRow<'_>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO deliveries (hall_id, delivery_id, case_id, document_name, copies, size, \
         id_hash, kiosk_id, state, compartment, was_deposited, locator, code_hash, hold_until, \
         look_because, updated_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(row.id)
    .bind(row.case)
    .bind(text(&row.document))
    .bind(word_of(&row.size))
    .bind(row.id_hash.as_str())
    .bind(row.kiosk)
    .bind(word_of(&row.state))
    .bind(row.compartment)
    .bind(row.state != DeliveryState::Expected)
    .bind(row.code.map(|it| it.0))
    .bind(row.code.map(|it| it.1))
    .bind(row.hold_until.map(|it| it.to_string()))
    .bind(row.look_because)
    .bind(millis(row.updated_at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn custody(
    tx: &mut Tx,
    hall: &str,
    row: &CustodyRow<'_>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO custody_records (hall_id, kiosk_id, event_id, delivery_id, compartment, kind, \
         by_whom, staff_id, receipt_number, note, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(row.kiosk)
    .bind(&row.event)
    .bind(row.delivery)
    .bind(row.compartment)
    .bind(row.kind)
    .bind(row.by_whom)
    .bind(row.staff)
    .bind(&row.receipt)
    .bind(row.note)
    .bind(millis(row.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A message that was sent when it was made.
pub(crate) async fn notification(
    tx: &mut Tx,
    hall: &str,
    (id, delivery): (&str, &str),
    (phone, name): (&str, &str),
    body: &str,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO notifications (hall_id, notification_id, delivery_id, channel, recipient, \
         name_masked, body, created_at, sent_at) VALUES (?, ?, ?, 'sms', ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(id)
    .bind(delivery)
    .bind(phone)
    .bind(hal::mask::name(name))
    .bind(body)
    .bind(millis(at))
    .bind(millis(at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn appointment(
    tx: &mut Tx,
    hall: &str,
    row: &AppointmentRow<'_>,
) -> Result<(), DatabaseError> {
    let place = format!("place-{}", row.id);
    sqlx::query(
        "INSERT INTO places (hall_id, place_id, slot_id, item_id, id_hash) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(&place)
    .bind(row.slot.id.as_str())
    .bind(row.item)
    .bind(row.id_hash.as_str())
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO appointments (hall_id, appointment_id, number, date, starts, slot_id, \
         place_id, item_id, id_hash, name_masked, state, channel, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'online', ?12, ?12)",
    )
    .bind(hall)
    .bind(&row.id)
    .bind(&row.number)
    .bind(row.slot.date.to_string())
    .bind(row.slot.starts.strftime("%H:%M").to_string())
    .bind(row.slot.id.as_str())
    .bind(&place)
    .bind(row.item)
    .bind(row.id_hash.as_str())
    .bind(&row.name_masked)
    .bind(row.state)
    .bind(millis(row.at))
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO counters (hall_id, name, value) VALUES (?, ?, 1) \
         ON CONFLICT DO UPDATE SET value = value + 1",
    )
    .bind(hall)
    .bind(format!("appointment:{}", row.slot.date))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
