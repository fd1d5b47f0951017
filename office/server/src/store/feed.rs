//! The change feed: what each kiosk has to learn, in the order in which it changed.
//!
//! One row a subject and kiosk holds the number of its latest change; the value is read when it is
//! asked for, so that a kiosk that was away learns how things are, not how they went.

use jiff::Timestamp;
use office_rules::slot::{BOOKABLE_DAYS, Capacity, slots_of_day};
use sqlx::{Row as _, Sqlite, Transaction};
use wire::{Catalogue, Change, Feed, FeedEntry, Hall, KioskId, KioskPlace, StaffMember};

use super::{DatabaseError, Office, delivery, json};

/// At most so many changes in one answer; the rest follows at once.
const ENTRIES_MAX: i64 = 200;
/// Days in the catalogue: more than can be booked, so that a kiosk that is offline for long still
/// knows when the hall is open.
const CATALOGUE_DAYS: usize = BOOKABLE_DAYS + 15;

type Tx = Transaction<'static, Sqlite>;

/// What a row of the feed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    Catalogue,
    Staff,
    Delivery(&'a str),
}

impl<'a> Subject<'a> {
    fn columns(self) -> (&'static str, &'a str) {
        match self {
            Self::Catalogue => ("catalogue", ""),
            Self::Staff => ("staff", ""),
            Self::Delivery(id) => ("delivery", id),
        }
    }
}

/// Notes that a subject changed for one kiosk; returns the number of the change.
pub(crate) async fn touch(
    office: &Office,
    tx: &mut Tx,
    kiosk: &str,
    subject: Subject<'_>,
    gone: bool,
) -> Result<u64, DatabaseError> {
    let hall = office.hall.as_str();
    let (kind, subject) = subject.columns();
    if gone && !knows(hall, tx, kiosk, kind, subject).await? {
        return Ok(0);
    }
    let seq: i64 = sqlx::query_scalar(
        "UPDATE halls SET feed_seq = feed_seq + 1 WHERE hall_id = ? RETURNING feed_seq",
    )
    .bind(hall)
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO feed (hall_id, kiosk_id, kind, subject, seq, gone) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET seq = excluded.seq, gone = excluded.gone",
    )
    .bind(hall)
    .bind(kiosk)
    .bind(kind)
    .bind(subject)
    .bind(seq)
    .bind(gone)
    .execute(&mut **tx)
    .await?;
    Ok(seq.unsigned_abs())
}

/// Whether a kiosk was ever told of a subject; what it never knew need not be taken from it.
async fn knows(
    hall: &str,
    tx: &mut Tx,
    kiosk: &str,
    kind: &str,
    subject: &str,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM feed WHERE hall_id = ? AND kiosk_id = ? AND kind = ? AND subject = ?",
    )
    .bind(hall)
    .bind(kiosk)
    .bind(kind)
    .bind(subject)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}

/// All kiosks of the hall.
pub(crate) async fn kiosks(office: &Office, tx: &mut Tx) -> Result<Vec<String>, DatabaseError> {
    let query = "SELECT kiosk_id FROM kiosks WHERE hall_id = ? ORDER BY number";
    Ok(sqlx::query_scalar(query).bind(office.hall.as_str()).fetch_all(&mut **tx).await?)
}

/// A new day of the hall: the catalogue's days and the slots that can be booked move on.
pub(crate) async fn turn_day(
    office: &Office,
    tx: &mut Tx,
    now: Timestamp,
) -> Result<Option<u64>, DatabaseError> {
    let today = office.day_at(now);
    let turned = sqlx::query(
        "UPDATE halls SET catalogue_day = ?2, catalogue_version = catalogue_version + 1 \
         WHERE hall_id = ?1 AND catalogue_day <> ?2",
    )
    .bind(office.hall.as_str())
    .bind(today.to_string())
    .execute(&mut **tx)
    .await?;
    if turned.rows_affected() == 0 {
        return Ok(None);
    }
    make_slots(office, tx, now).await?;
    let mut latest = None;
    for kiosk in kiosks(office, tx).await? {
        latest = Some(touch(office, tx, &kiosk, Subject::Catalogue, false).await?);
    }
    Ok(latest)
}

/// Makes the slots of all days that may be booked; those that exist stay as they are.
async fn make_slots(office: &Office, tx: &mut Tx, now: Timestamp) -> Result<(), DatabaseError> {
    let hall = office.hall.as_str();
    let types =
        sqlx::query("SELECT window_type_id, windows, extended FROM window_types WHERE hall_id = ?")
            .bind(hall)
            .fetch_all(&mut **tx)
            .await?;
    for day in office.calendar.days(office.day_at(now), BOOKABLE_DAYS) {
        for row in &types {
            let window_type: &str = row.get("window_type_id");
            let capacity =
                Capacity { statutory: row.get("windows"), extended: row.get("extended") };
            for slot in slots_of_day(window_type, &day, capacity) {
                sqlx::query(
                    "INSERT OR IGNORE INTO slots (hall_id, slot_id, window_type_id, date, starts, \
                     minutes, capacity, extended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )
                .bind(hall)
                .bind(slot.id.as_str())
                .bind(window_type)
                .bind(slot.date.to_string())
                .bind(slot.starts.strftime("%H:%M").to_string())
                .bind(office_rules::slot::SLOT_MINUTES)
                .bind(slot.capacity)
                .bind(slot.extended)
                .execute(&mut **tx)
                .await?;
            }
        }
    }
    Ok(())
}

/// What changed for a kiosk after `cursor`, oldest first. A cursor from another life of the
/// database is answered with everything.
pub(crate) async fn read(
    office: &Office,
    kiosk: &KioskId,
    cursor: u64,
) -> Result<Feed, DatabaseError> {
    let hall = office.hall.as_str();
    let latest: i64 = sqlx::query_scalar("SELECT feed_seq FROM halls WHERE hall_id = ?")
        .bind(hall)
        .fetch_one(office.database.reader())
        .await?;
    let known = i64::try_from(cursor).unwrap_or(i64::MAX);
    let known = if known > latest { 0 } else { known };
    let rows = sqlx::query(
        "SELECT kind, subject, seq, gone FROM feed WHERE hall_id = ?1 AND kiosk_id = ?2 \
         AND seq > ?3 AND (?3 > 0 OR NOT gone) ORDER BY seq LIMIT ?4",
    )
    .bind(hall)
    .bind(kiosk.as_str())
    .bind(known)
    .bind(ENTRIES_MAX)
    .fetch_all(office.database.reader())
    .await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let seq: i64 = row.get("seq");
        let (kind, subject) = (row.get("kind"), row.get("subject"));
        let change = match change(office, kind, subject, row.get("gone")).await {
            // One record that cannot be read must not keep all others from the kiosk (I8).
            Err(error @ DatabaseError::Stored { .. }) => {
                tracing::error!(%error, kind, subject, "a change is left out of the feed");
                Change::Unknown
            }
            change => change?,
        };
        entries.push(FeedEntry { seq: seq.unsigned_abs(), change });
    }
    let cursor = entries.last().map_or(known.unsigned_abs(), |it| it.seq);
    Ok(Feed { cursor, entries })
}

async fn change(
    office: &Office,
    kind: &str,
    subject: &str,
    gone: bool,
) -> Result<Change, DatabaseError> {
    Ok(match kind {
        "catalogue" => Change::Catalogue(catalogue(office).await?),
        "staff" => Change::Staff(staff(office).await?),
        _ if gone => Change::DeliveryGone(subject.into()),
        _ => match delivery::read(office, subject).await? {
            Some(it) => Change::Delivery(it),
            None => Change::DeliveryGone(subject.into()),
        },
    })
}

/// Everything public, as kiosks keep it.
pub(crate) async fn catalogue(office: &Office) -> Result<Catalogue, DatabaseError> {
    let (hall, reader) = (office.hall.as_str(), office.database.reader());
    let row = sqlx::query(
        "SELECT name, day_change_hour, holding_days, help_phone, catalogue_version FROM halls \
         WHERE hall_id = ?",
    )
    .bind(hall)
    .fetch_one(reader)
    .await?;
    let kiosks =
        sqlx::query("SELECT kiosk_id, number, place FROM kiosks WHERE hall_id = ? ORDER BY number")
            .bind(hall)
            .fetch_all(reader)
            .await?;
    let kiosks = kiosks.iter().map(|it| {
        let place = json("place of a kiosk", it.get("place"))?;
        Ok(KioskPlace {
            id: it.get::<String, _>("kiosk_id").into(),
            number: it.get("number"),
            place,
        })
    });
    let items: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM items WHERE hall_id = ? AND in_force ORDER BY position",
    )
    .bind(hall)
    .fetch_all(reader)
    .await?;
    let readable = |body: &String| {
        json("item", body).inspect_err(|error| tracing::error!(%error, "an item is left out")).ok()
    };
    let items = items.iter().filter_map(readable).collect();
    let today = office.day_at(office.clock.now());
    Ok(Catalogue {
        version: row.get::<i64, _>("catalogue_version").unsigned_abs(),
        hall: Hall {
            id: office.hall.clone(),
            name: json("name of a hall", row.get("name"))?,
            kiosks: kiosks.collect::<Result<_, DatabaseError>>()?,
            day_change_hour: row.get("day_change_hour"),
            holding_days: row.get("holding_days"),
            help_phone: row.get("help_phone"),
        },
        items,
        days: office.calendar.days(today, CATALOGUE_DAYS),
    })
}

async fn staff(office: &Office) -> Result<Vec<StaffMember>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT staff_id, name, card_number, card_public_key, pin_hash, roles FROM staff \
         WHERE hall_id = ? ORDER BY staff_id",
    )
    .bind(office.hall.as_str())
    .fetch_all(office.database.reader())
    .await?;
    let member = |row: &sqlx::sqlite::SqliteRow| {
        Ok(StaffMember {
            id: row.get::<String, _>("staff_id").into(),
            name: row.get("name"),
            card_number: row.get("card_number"),
            card_public_key: row.get("card_public_key"),
            pin_hash: row.get("pin_hash"),
            roles: json("roles of staff", row.get("roles"))?,
        })
    };
    rows.iter().map(member).collect()
}
