//! What kiosks tell beside custody: ratings, calls for help, devices, locked codes, being there.

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};
use wire::{KioskEvent, KioskId};

use super::{DatabaseError, Office, millis};

type Tx = Transaction<'static, Sqlite>;

pub(super) async fn rated(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
    (journey, grade, reasons): (&str, u8, &[String]),
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO ratings (hall_id, kiosk_id, event_id, journey, grade, reasons, at) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(event.id.as_str())
    .bind(journey)
    .bind(grade.clamp(1, 5))
    .bind(serde_json::to_string(reasons).expect("reasons are texts"))
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn help_called(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
    screen: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO help_calls (hall_id, kiosk_id, event_id, screen, at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(event.id.as_str())
    .bind(screen)
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The latest state of a device. A kiosk sends its events in order, whatever its clock did.
pub(super) async fn device_changed(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    event: &KioskEvent,
    device: &str,
    state: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO device_states (hall_id, kiosk_id, device, state, at) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET state = excluded.state, at = excluded.at",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(device)
    .bind(state)
    .bind(millis(event.at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn code_locked(
    office: &Office,
    tx: &mut Tx,
    kiosk: &KioskId,
    locator: &str,
    until: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO code_locks (hall_id, kiosk_id, locator, until) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET until = excluded.until",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(locator)
    .bind(millis(until))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a kiosk was heard of.
pub(crate) async fn seen(office: &Office, kiosk: &KioskId) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    sqlx::query("UPDATE kiosks SET last_seen_at = ? WHERE hall_id = ? AND kiosk_id = ?")
        .bind(millis(office.clock.now()))
        .bind(office.hall.as_str())
        .bind(kiosk.as_str())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a kiosk of this name belongs to the hall.
pub(crate) async fn is_enrolled(office: &Office, kiosk: &KioskId) -> Result<bool, DatabaseError> {
    let query = "SELECT 1 FROM kiosks WHERE hall_id = ? AND kiosk_id = ? \
                 AND enrolled_at IS NOT NULL";
    let row = sqlx::query(query)
        .bind(office.hall.as_str())
        .bind(kiosk.as_str())
        .fetch_optional(office.database.reader())
        .await?;
    Ok(row.is_some())
}
