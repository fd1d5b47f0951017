//! Slots, holds and appointments. A place is a row; triggers count the rows of a slot and a CHECK
//! bounds the count, so that no slot is ever overbooked, whatever the program does (I4).

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Time},
};
use office_rules::{
    booking::{
        HOLD, HOLDS_PER_PERSON, MISSED_AFTER, appointment_number, hold_stands, may_change, may_hold,
    },
    slot::{BOOKABLE_DAYS, begins_at},
};
use sqlx::{Row as _, Sqlite, Transaction, sqlite::SqliteRow};
use wire::{
    Appointment, AppointmentId, AppointmentState, BookRequest, CancelRequest, ErrorBody, ErrorKind,
    Hold, HoldRequest, IdHash, Item, ItemId, MoveRequest, Slot, SlotDay, SlotDays,
};

use super::{DatabaseError, Office, json, millis, word};

type Tx = Transaction<'static, Sqlite>;

/// Answers are kept this long for a request that comes again.
const ANSWERS_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

pub(super) const COLUMNS: &str = "SELECT a.appointment_id, a.number, a.state, a.name_masked, \
     a.id_hash, a.item_id, a.place_id, s.slot_id, s.date, s.starts, s.minutes, s.capacity, s.taken, \
     s.extended, i.body AS item \
     FROM appointments a \
     JOIN slots s ON s.hall_id = a.hall_id AND s.slot_id = a.slot_id \
     JOIN items i ON i.hall_id = a.hall_id AND i.item_id = a.item_id";

const SLOT_COLUMNS: &str =
    "SELECT slot_id, date, starts, minutes, capacity, taken, extended, window_type_id FROM slots";

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Boxed: it holds a whole slot.
    #[error("refused: {}", .0.message)]
    Refused(Box<ErrorBody>),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

fn refused(kind: ErrorKind, message: &str, action: &str) -> Refusal {
    Refusal::Refused(Box::new(ErrorBody {
        kind,
        message: message.to_owned(),
        action: action.to_owned(),
        next_slot: None,
    }))
}

fn slot_of(row: &SqliteRow) -> Result<Slot, DatabaseError> {
    let wrong = |because: String| DatabaseError::Stored { what: "slot", because };
    let date: Date =
        row.get::<&str, _>("date").parse().map_err(|it: jiff::Error| wrong(it.to_string()))?;
    let starts: Time =
        row.get::<&str, _>("starts").parse().map_err(|it: jiff::Error| wrong(it.to_string()))?;
    let (capacity, taken): (u16, u16) = (row.get("capacity"), row.get("taken"));
    Ok(Slot {
        id: row.get::<String, _>("slot_id").into(),
        date,
        starts,
        minutes: row.get("minutes"),
        capacity,
        left: capacity.saturating_sub(taken),
        extended: row.get("extended"),
    })
}

pub(super) fn of_row(row: &SqliteRow) -> Result<Appointment, DatabaseError> {
    let item: Item = json("item", row.get("item"))?;
    Ok(Appointment {
        id: row.get::<String, _>("appointment_id").into(),
        number: row.get("number"),
        item: item.id,
        item_name: item.name,
        window_type: item.window_type,
        place: item.place,
        slot: slot_of(row)?,
        state: word("state of an appointment", row.get("state"))?,
        name_masked: row.get("name_masked"),
    })
}

/// The days from `from` on with the slots of the item's window type; those that began are left out.
pub(crate) async fn days(
    office: &Office,
    item: &ItemId,
    from: Date,
    count: u16,
) -> Result<SlotDays, Refusal> {
    let (hall, reader) = (office.hall.as_str(), office.database.reader());
    let window_type: Option<String> = sqlx::query_scalar(
        "SELECT window_type_id FROM items WHERE hall_id = ? AND item_id = ? AND in_force",
    )
    .bind(hall)
    .bind(item.as_str())
    .fetch_optional(reader)
    .await?;
    let no_item = || refused(ErrorKind::NotFound, "there is no such item", "choose another item");
    let window_type = window_type.ok_or_else(no_item)?;
    let now = office.clock.now();
    let first = from.max(office.day_at(now));
    let count = usize::from(count).min(BOOKABLE_DAYS);
    let last = first.checked_add((count as i64).days()).unwrap_or(first);
    let query = format!(
        "{SLOT_COLUMNS} WHERE hall_id = ? AND window_type_id = ? AND date >= ? AND date < ? \
         ORDER BY date, starts"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(hall)
        .bind(&window_type)
        .bind(first.to_string())
        .bind(last.to_string())
        .fetch_all(reader)
        .await?;
    let slots: Vec<Slot> = rows.iter().map(slot_of).collect::<Result<_, _>>()?;
    let open = |slot: &&Slot| may_hold(begins_at(slot.date, slot.starts, &office.zone), now);
    let days = office.calendar.days(first, count).into_iter().map(|day| SlotDay {
        date: day.date,
        kind: day.kind,
        provisional: day.provisional,
        holiday: day.holiday,
        slots: slots.iter().filter(|it| it.date == day.date).filter(open).cloned().collect(),
    });
    Ok(SlotDays { item: item.clone(), days: days.collect() })
}

/// All slots of a window type on a day.
pub(crate) async fn slots_on(
    office: &Office,
    window_type: &str,
    date: Date,
) -> Result<Vec<Slot>, DatabaseError> {
    let query = format!(
        "{SLOT_COLUMNS} WHERE hall_id = ? AND window_type_id = ? AND date = ? ORDER BY starts"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(office.hall.as_str())
        .bind(window_type)
        .bind(date.to_string())
        .fetch_all(office.database.reader())
        .await?;
    rows.iter().map(slot_of).collect()
}

/// Keeps a place for a person for some minutes.
pub(crate) async fn hold(
    office: &Office,
    asker: &str,
    request: &HoldRequest,
) -> Result<Hold, Refusal> {
    let now = office.clock.now();
    let mut tx = office.database.write().await?;
    if let Some(answer) = earlier(office, &mut tx, asker, request.key.as_str(), request).await? {
        return Ok(answer);
    }
    drop_expired(office, &mut tx, now).await?;
    let (slot, window_type) = slot(office, &mut tx, request.slot.as_str()).await?;
    bookable(office, &mut tx, &request.item, &window_type).await?;
    if !may_hold(begins_at(slot.date, slot.starts, &office.zone), now) {
        return Err(refused(ErrorKind::TooLate, "the slot has begun", "choose a later slot"));
    }
    make_room_for_hold(office, &mut tx, &request.id_hash).await?;
    let id = office.random.identifier();
    let expires_at = now.checked_add(HOLD).unwrap_or(Timestamp::MAX);
    let taken = sqlx::query(
        "INSERT INTO places (hall_id, place_id, slot_id, item_id, id_hash, expires_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(&id)
    .bind(slot.id.as_str())
    .bind(request.item.as_str())
    .bind(request.id_hash.as_str())
    .bind(millis(expires_at))
    .execute(&mut *tx)
    .await;
    match taken {
        Ok(_) => {}
        Err(sqlx::Error::Database(error)) if error.is_check_violation() => {
            return Err(full(office, &mut tx, &slot, &window_type, now).await?);
        }
        Err(error) => return Err(error.into()),
    }
    let (slot, _) = self::slot(office, &mut tx, request.slot.as_str()).await?;
    let hold = Hold { id: id.into(), slot, expires_at };
    remember(office, &mut tx, asker, request.key.as_str(), request, &hold).await?;
    tx.commit().await?;
    Ok(hold)
}

/// Somebody else took the last place: the next one that is free is named.
async fn full(
    office: &Office,
    tx: &mut Tx,
    slot: &Slot,
    window_type: &str,
    now: Timestamp,
) -> Result<Refusal, Refusal> {
    let query = format!(
        "{SLOT_COLUMNS} WHERE hall_id = ? AND window_type_id = ? AND taken < capacity \
         AND (date > ?3 OR (date = ?3 AND starts > ?4)) ORDER BY date, starts LIMIT 20"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(office.hall.as_str())
        .bind(window_type)
        .bind(slot.date.to_string())
        .bind(slot.starts.strftime("%H:%M").to_string())
        .fetch_all(&mut **tx)
        .await?;
    let slots: Vec<Slot> = rows.iter().map(slot_of).collect::<Result<_, _>>()?;
    let open = |it: &Slot| may_hold(begins_at(it.date, it.starts, &office.zone), now);
    Ok(Refusal::Refused(Box::new(ErrorBody {
        kind: ErrorKind::SlotFull,
        message: "the last place of this slot was just taken".to_owned(),
        action: "choose another slot".to_owned(),
        next_slot: slots.into_iter().find(open),
    })))
}

async fn slot(office: &Office, tx: &mut Tx, id: &str) -> Result<(Slot, String), Refusal> {
    let query = format!("{SLOT_COLUMNS} WHERE hall_id = ? AND slot_id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(office.hall.as_str())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    let none = || refused(ErrorKind::NotFound, "there is no such slot", "ask for the slots again");
    let row = row.ok_or_else(none)?;
    Ok((slot_of(&row)?, row.get("window_type_id")))
}

async fn bookable(
    office: &Office,
    tx: &mut Tx,
    item: &ItemId,
    window_type: &str,
) -> Result<(), Refusal> {
    let body: Option<String> = sqlx::query_scalar(
        "SELECT body FROM items WHERE hall_id = ? AND item_id = ? AND window_type_id = ? \
         AND in_force",
    )
    .bind(office.hall.as_str())
    .bind(item.as_str())
    .bind(window_type)
    .fetch_optional(&mut **tx)
    .await?;
    let item: Option<Item> = body.map(|it| json("item", &it)).transpose()?;
    if item.is_some_and(|it| it.bookable) {
        Ok(())
    } else {
        let message = "this item cannot be booked in this slot";
        Err(refused(ErrorKind::BadRequest, message, "ask for the slots of the item"))
    }
}

/// A person keeps few places at a time: the oldest hold gives way.
async fn make_room_for_hold(office: &Office, tx: &mut Tx, id: &IdHash) -> Result<(), Refusal> {
    sqlx::query(
        "DELETE FROM places WHERE hall_id = ?1 AND place_id IN (SELECT place_id FROM places \
         WHERE hall_id = ?1 AND id_hash = ?2 AND expires_at IS NOT NULL \
         ORDER BY expires_at DESC LIMIT -1 OFFSET ?3)",
    )
    .bind(office.hall.as_str())
    .bind(id.as_str())
    .bind(HOLDS_PER_PERSON - 1)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn drop_expired(office: &Office, tx: &mut Tx, now: Timestamp) -> Result<(), Refusal> {
    sqlx::query("DELETE FROM places WHERE hall_id = ? AND expires_at <= ?")
        .bind(office.hall.as_str())
        .bind(millis(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A hold that still stands: its slot and item.
async fn standing_hold(
    office: &Office,
    tx: &mut Tx,
    hold: &str,
    id_hash: &IdHash,
    now: Timestamp,
) -> Result<(Slot, String), Refusal> {
    let row = sqlx::query(
        "SELECT slot_id, item_id, expires_at FROM places WHERE hall_id = ? AND place_id = ? \
         AND id_hash = ? AND expires_at IS NOT NULL",
    )
    .bind(office.hall.as_str())
    .bind(hold)
    .bind(id_hash.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    let expired =
        || refused(ErrorKind::HoldExpired, "the place is not kept any longer", "choose again");
    let row = row.ok_or_else(expired)?;
    if !hold_stands(super::moment(row.get("expires_at")), now) {
        return Err(expired());
    }
    let (slot, _) = slot(office, tx, row.get("slot_id")).await?;
    Ok((slot, row.get("item_id")))
}

/// Turns a hold into an appointment.
pub(crate) async fn book(
    office: &Office,
    asker: &str,
    request: &BookRequest,
) -> Result<Appointment, Refusal> {
    let now = office.clock.now();
    let mut tx = office.database.write().await?;
    if let Some(answer) = earlier(office, &mut tx, asker, request.key.as_str(), request).await? {
        return Ok(answer);
    }
    let hold = request.hold.as_str();
    let (slot, item) = standing_hold(office, &mut tx, hold, &request.id_hash, now).await?;
    let id = office.random.identifier();
    let number = next_number(office, &mut tx, slot.date).await?;
    keep_place(office, &mut tx, hold).await?;
    let inserted = sqlx::query(
        "INSERT INTO appointments (hall_id, appointment_id, number, date, starts, slot_id, \
         place_id, item_id, id_hash, name_masked, state, channel, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'booked', 'kiosk', ?11, ?11)",
    )
    .bind(office.hall.as_str())
    .bind(&id)
    .bind(&number)
    .bind(slot.date.to_string())
    .bind(slot.starts.strftime("%H:%M").to_string())
    .bind(slot.id.as_str())
    .bind(hold)
    .bind(&item)
    .bind(request.id_hash.as_str())
    .bind(&request.name_masked)
    .bind(millis(now))
    .execute(&mut *tx)
    .await;
    match inserted {
        Ok(_) => {}
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            let message = "this person has an open appointment for this item";
            return Err(refused(ErrorKind::AlreadyBooked, message, "move the one there is"));
        }
        Err(error) => return Err(error.into()),
    }
    let appointment = appointment(office, &mut tx, &id).await?;
    remember(office, &mut tx, asker, request.key.as_str(), request, &appointment).await?;
    tx.commit().await?;
    Ok(appointment)
}

async fn keep_place(office: &Office, tx: &mut Tx, place: &str) -> Result<(), Refusal> {
    sqlx::query("UPDATE places SET expires_at = NULL WHERE hall_id = ? AND place_id = ?")
        .bind(office.hall.as_str())
        .bind(place)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn give_back(office: &Office, tx: &mut Tx, place: Option<String>) -> Result<(), Refusal> {
    sqlx::query("DELETE FROM places WHERE hall_id = ? AND place_id = ?")
        .bind(office.hall.as_str())
        .bind(place)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn next_number(office: &Office, tx: &mut Tx, date: Date) -> Result<String, Refusal> {
    let running: u32 = sqlx::query_scalar(
        "INSERT INTO counters (hall_id, name, value) VALUES (?, ?, 1) \
         ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
    )
    .bind(office.hall.as_str())
    .bind(format!("appointment:{date}"))
    .fetch_one(&mut **tx)
    .await?;
    Ok(appointment_number(date, running))
}

async fn appointment(office: &Office, tx: &mut Tx, id: &str) -> Result<Appointment, Refusal> {
    Ok(of_row(&appointment_row(office, tx, id).await?)?)
}

async fn appointment_row(office: &Office, tx: &mut Tx, id: &str) -> Result<SqliteRow, Refusal> {
    let query = format!("{COLUMNS} WHERE a.hall_id = ? AND a.appointment_id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(office.hall.as_str())
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    row.ok_or_else(no_appointment)
}

fn no_appointment() -> Refusal {
    refused(ErrorKind::NotFound, "this person has no such appointment", "look at the list again")
}

/// The appointment of this person that may still be changed, with its place.
async fn changeable(
    office: &Office,
    tx: &mut Tx,
    id: &AppointmentId,
    id_hash: &IdHash,
    now: Timestamp,
) -> Result<(Appointment, Option<String>), Refusal> {
    let row = appointment_row(office, tx, id.as_str()).await?;
    if row.get::<&str, _>("id_hash") != id_hash.as_str() {
        return Err(no_appointment());
    }
    let appointment = of_row(&row)?;
    let begins = begins_at(appointment.slot.date, appointment.slot.starts, &office.zone);
    may_change(appointment.state, begins, now).map_err(|error| {
        refused(ErrorKind::TooLate, &error.to_string(), "explain it at the window")
    })?;
    Ok((appointment, row.get("place_id")))
}

/// Puts an appointment into the slot of a new hold.
pub(crate) async fn move_to(
    office: &Office,
    asker: &str,
    id: &AppointmentId,
    request: &MoveRequest,
) -> Result<Appointment, Refusal> {
    let now = office.clock.now();
    let mut tx = office.database.write().await?;
    let key = request.key.as_str();
    if let Some(answer) = earlier(office, &mut tx, asker, key, &(id, request)).await? {
        return Ok(answer);
    }
    let (former, former_place) = changeable(office, &mut tx, id, &request.id_hash, now).await?;
    let hold = request.hold.as_str();
    let (slot, item) = standing_hold(office, &mut tx, hold, &request.id_hash, now).await?;
    if item != former.item.as_str() {
        let message = "the place was kept for another item";
        return Err(refused(ErrorKind::BadRequest, message, "keep a place for this item"));
    }
    let number = match former.slot.date == slot.date {
        true => former.number,
        false => next_number(office, &mut tx, slot.date).await?,
    };
    keep_place(office, &mut tx, hold).await?;
    sqlx::query(
        "UPDATE appointments SET number = ?, date = ?, starts = ?, slot_id = ?, place_id = ?, \
         updated_at = ? WHERE hall_id = ? AND appointment_id = ?",
    )
    .bind(&number)
    .bind(slot.date.to_string())
    .bind(slot.starts.strftime("%H:%M").to_string())
    .bind(slot.id.as_str())
    .bind(hold)
    .bind(millis(now))
    .bind(office.hall.as_str())
    .bind(id.as_str())
    .execute(&mut *tx)
    .await?;
    give_back(office, &mut tx, former_place).await?;
    let appointment = appointment(office, &mut tx, id.as_str()).await?;
    remember(office, &mut tx, asker, key, &(id, request), &appointment).await?;
    tx.commit().await?;
    Ok(appointment)
}

/// Cancels an appointment; its place is free at once.
pub(crate) async fn cancel(
    office: &Office,
    asker: &str,
    id: &AppointmentId,
    request: &CancelRequest,
) -> Result<Appointment, Refusal> {
    let now = office.clock.now();
    let mut tx = office.database.write().await?;
    let key = request.key.as_str();
    if let Some(answer) = earlier(office, &mut tx, asker, key, &(id, request)).await? {
        return Ok(answer);
    }
    let (_, place) = changeable(office, &mut tx, id, &request.id_hash, now).await?;
    sqlx::query(
        "UPDATE appointments SET state = 'cancelled', place_id = NULL, updated_at = ? \
         WHERE hall_id = ? AND appointment_id = ?",
    )
    .bind(millis(now))
    .bind(office.hall.as_str())
    .bind(id.as_str())
    .execute(&mut *tx)
    .await?;
    give_back(office, &mut tx, place).await?;
    let appointment = appointment(office, &mut tx, id.as_str()).await?;
    remember(office, &mut tx, asker, key, &(id, request), &appointment).await?;
    tx.commit().await?;
    Ok(appointment)
}

fn request_hash<T: serde::Serialize>(request: &T) -> String {
    use sha2::Digest as _;
    let json = serde_json::to_vec(request).expect("requests are plain data");
    crate::clock::hex(&sha2::Sha256::digest(json))
}

/// The answer that was given to the same request before. The same key under another request is an
/// error of the asker.
async fn earlier<R: serde::Serialize, A: serde::de::DeserializeOwned>(
    office: &Office,
    tx: &mut Tx,
    asker: &str,
    key: &str,
    request: &R,
) -> Result<Option<A>, Refusal> {
    let row = sqlx::query(
        "SELECT request_hash, answer FROM answers WHERE hall_id = ? AND asker = ? AND key = ?",
    )
    .bind(office.hall.as_str())
    .bind(asker)
    .bind(key)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<&str, _>("request_hash") != request_hash(request) {
        let message = "this key was used for another request";
        return Err(refused(ErrorKind::BadRequest, message, "make a fresh key for each tap"));
    }
    Ok(Some(json("answer", row.get("answer"))?))
}

async fn remember<R: serde::Serialize, A: serde::Serialize>(
    office: &Office,
    tx: &mut Tx,
    asker: &str,
    key: &str,
    request: &R,
    answer: &A,
) -> Result<(), Refusal> {
    sqlx::query(
        "INSERT INTO answers (hall_id, asker, key, request_hash, answer, at) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(asker)
    .bind(key)
    .bind(request_hash(request))
    .bind(serde_json::to_string(answer).expect("answers are plain data"))
    .bind(millis(office.clock.now()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives back the places of holds that ran out, notes who did not come, forgets old answers.
pub(crate) async fn sweep(
    office: &Office,
    tx: &mut Tx,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let hall = office.hall.as_str();
    sqlx::query("DELETE FROM places WHERE hall_id = ? AND expires_at <= ?")
        .bind(hall)
        .bind(millis(now))
        .execute(&mut **tx)
        .await?;
    let missed = now.checked_sub(MISSED_AFTER).unwrap_or(Timestamp::MIN);
    let missed = office.zone.to_datetime(missed);
    sqlx::query(
        "UPDATE appointments SET state = 'missed', updated_at = ?1 WHERE hall_id = ?2 \
         AND state = ?5 AND (date < ?3 OR (date = ?3 AND starts < ?4))",
    )
    .bind(millis(now))
    .bind(hall)
    .bind(missed.date().to_string())
    .bind(missed.time().strftime("%H:%M").to_string())
    .bind(super::word_of(&AppointmentState::Booked))
    .execute(&mut **tx)
    .await?;
    let old = now.checked_sub(ANSWERS_KEPT).unwrap_or(Timestamp::MIN);
    sqlx::query("DELETE FROM answers WHERE hall_id = ? AND at < ?")
        .bind(hall)
        .bind(millis(old))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
