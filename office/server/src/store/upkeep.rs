//! Alarms of the kiosks' cabinets, and inspections by technicians.

use jiff::Timestamp;
use sqlx::{Row as _, Sqlite, Transaction, sqlite::SqliteRow};
use wire::{DeviceFinding, KioskEvent, KioskId, StaffId};

use super::{
    DatabaseError, Office,
    account::Viewer,
    audit::{self, Act},
    json, millis, moment,
    report::device_changed,
    view::PAGE,
};

type Tx = Transaction<'static, Sqlite>;

pub(super) async fn alarmed(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
    input: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO alarms (hall_id, kiosk_id, event_id, input, at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(event.id.as_str())
    .bind(input)
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    device_changed(office, tx, kiosk, event, "alarm", "alarm").await
}

/// Whoever switches the alarm off at the kiosk has seen to what it rang for.
pub(super) async fn alarm_switched(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
    (armed, staff): (bool, Option<&StaffId>),
) -> Result<(), DatabaseError> {
    let state = if armed { "armed" } else { "disarmed" };
    device_changed(office, tx, kiosk, event, "alarm", state).await?;
    let Some(staff) = staff.filter(|_| !armed) else { return Ok(()) };
    sqlx::query(
        "UPDATE alarms SET ended_at = ?1, ended_by = COALESCE((SELECT name FROM staff \
         WHERE hall_id = ?2 AND staff_id = ?4), ?4) \
         WHERE hall_id = ?2 AND kiosk_id = ?3 AND ended_at IS NULL",
    )
    .bind(millis(event.at))
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(staff.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn inspected(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
    (number, staff, conclusion, findings): (&str, &StaffId, &str, &[DeviceFinding]),
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO inspections (hall_id, kiosk_id, event_id, number, staff, conclusion, \
         findings, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(event.id.as_str())
    .bind(number)
    .bind(staff.as_str())
    .bind(conclusion)
    .bind(serde_json::to_string(findings).expect("findings are plain data"))
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Something that set a cabinet's alarm off.
#[derive(Debug)]
pub(crate) struct AlarmLine {
    pub(crate) kiosk: String,
    pub(crate) kiosk_number: u8,
    pub(crate) event: String,
    pub(crate) input: String,
    pub(crate) at: Timestamp,
    pub(crate) ended: Option<(Timestamp, String)>,
}

/// Alarms: those that nobody has seen to first, then the latest.
pub(crate) async fn alarms(office: &Office) -> Result<Vec<AlarmLine>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT a.kiosk_id, k.number, a.event_id, a.input, a.at, a.ended_at, a.ended_by \
         FROM alarms a JOIN kiosks k ON k.hall_id = a.hall_id AND k.kiosk_id = a.kiosk_id \
         WHERE a.hall_id = ? ORDER BY a.ended_at IS NOT NULL, a.at DESC LIMIT ?",
    )
    .bind(office.hall.as_str())
    .bind(PAGE)
    .fetch_all(office.database.reader())
    .await?;
    let line = |row: &SqliteRow| AlarmLine {
        kiosk: row.get("kiosk_id"),
        kiosk_number: row.get("number"),
        event: row.get("event_id"),
        input: row.get("input"),
        at: moment(row.get("at")),
        ended: row
            .get::<Option<i64>, _>("ended_at")
            .map(|it| (moment(it), row.get::<Option<String>, _>("ended_by").unwrap_or_default())),
    };
    Ok(rows.iter().map(line).collect())
}

/// How many alarms nobody has seen to.
pub(crate) async fn open_alarms(office: &Office) -> Result<i64, DatabaseError> {
    let query = "SELECT count(*) FROM alarms WHERE hall_id = ? AND ended_at IS NULL";
    let count = sqlx::query_scalar(query).bind(office.hall.as_str());
    Ok(count.fetch_one(office.database.reader()).await?)
}

/// Somebody of the hall saw to an alarm.
pub(crate) async fn answer_alarm(
    office: &Office,
    viewer: &Viewer,
    kiosk: &str,
    event: &str,
) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    let done = sqlx::query(
        "UPDATE alarms SET ended_at = ?, ended_by = ? WHERE hall_id = ? \
         AND kiosk_id = ? AND event_id = ? AND ended_at IS NULL",
    )
    .bind(millis(office.clock.now()))
    .bind(&viewer.name)
    .bind(office.hall.as_str())
    .bind(kiosk)
    .bind(event)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() > 0 {
        audit::note(office, &mut tx, &viewer.user, Act::AnswerAlarm, event).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// An inspection as it was signed.
#[derive(Debug)]
pub(crate) struct InspectionLine {
    pub(crate) kiosk_number: u8,
    pub(crate) number: String,
    pub(crate) staff: String,
    pub(crate) conclusion: String,
    pub(crate) findings: Vec<DeviceFinding>,
    pub(crate) at: Timestamp,
}

/// Inspections, the latest first.
pub(crate) async fn inspections(office: &Office) -> Result<Vec<InspectionLine>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT k.number AS kiosk_number, i.number, i.conclusion, i.findings, i.at, \
         COALESCE(s.name, i.staff) AS staff FROM inspections i \
         JOIN kiosks k ON k.hall_id = i.hall_id AND k.kiosk_id = i.kiosk_id \
         LEFT JOIN staff s ON s.hall_id = i.hall_id AND s.staff_id = i.staff \
         WHERE i.hall_id = ? ORDER BY i.at DESC, i.rowid DESC LIMIT ?",
    )
    .bind(office.hall.as_str())
    .bind(PAGE)
    .fetch_all(office.database.reader())
    .await?;
    rows.iter().map(inspection_line).collect()
}

/// The last inspection of each kiosk where it said that somebody has to come again, the latest first.
pub(crate) async fn to_follow_up(office: &Office) -> Result<Vec<InspectionLine>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT k.number AS kiosk_number, i.number, i.conclusion, i.findings, i.at, \
         COALESCE(s.name, i.staff) AS staff FROM kiosks k \
         JOIN inspections i ON i.rowid = (SELECT l.rowid FROM inspections l \
         WHERE l.hall_id = k.hall_id AND l.kiosk_id = k.kiosk_id \
         ORDER BY l.at DESC, l.rowid DESC LIMIT 1) \
         LEFT JOIN staff s ON s.hall_id = i.hall_id AND s.staff_id = i.staff \
         WHERE k.hall_id = ? AND i.conclusion = 'follow_up' ORDER BY i.at DESC, i.rowid DESC",
    )
    .bind(office.hall.as_str())
    .fetch_all(office.database.reader())
    .await?;
    rows.iter().map(inspection_line).collect()
}

fn inspection_line(row: &SqliteRow) -> Result<InspectionLine, DatabaseError> {
    Ok(InspectionLine {
        kiosk_number: row.get("kiosk_number"),
        number: row.get("number"),
        staff: row.get("staff"),
        conclusion: row.get("conclusion"),
        findings: json("findings of an inspection", row.get("findings"))?,
        at: moment(row.get("at")),
    })
}
