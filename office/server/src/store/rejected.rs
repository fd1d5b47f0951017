//! What kiosks reported that cannot be true, until a person has cleared it up.

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};
use wire::EventBody;

use super::{
    DatabaseError, Office,
    account::Viewer,
    audit::{self, Act},
    millis, moment,
    view::PAGE,
};

/// An event that was rejected.
pub(crate) struct RejectedLine {
    pub(crate) kiosk: String,
    /// Number of the kiosk.
    pub(crate) kiosk_number: u8,
    pub(crate) event: String,
    pub(crate) received_at: Timestamp,
    /// None: this version does not understand it.
    pub(crate) body: Option<EventBody>,
    pub(crate) because: String,
    /// When and by whom.
    pub(crate) cleared: Option<(Timestamp, String)>,
}

/// How many nobody has cleared up.
pub(crate) async fn open(office: &Office) -> Result<i64, DatabaseError> {
    let query = "SELECT count(*) FROM events e WHERE e.hall_id = ? AND e.accepted = 0 \
         AND NOT EXISTS (SELECT 1 FROM cleared_rejections c WHERE c.hall_id = e.hall_id \
         AND c.kiosk_id = e.kiosk_id AND c.event_id = e.event_id)";
    let count = sqlx::query_scalar(query).bind(office.hall.as_str());
    Ok(count.fetch_one(office.database.reader()).await?)
}

/// One page: what nobody has cleared up first, then the newest; and whether there are more.
pub(crate) async fn lines(
    office: &Office,
    page: u32,
) -> Result<(Vec<RejectedLine>, bool), DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.kiosk_id, k.number, e.event_id, e.received_at, e.body, e.because, \
         c.at AS cleared_at, COALESCE(a.name, c.user) AS cleared_by FROM events e \
         JOIN kiosks k ON k.hall_id = e.hall_id AND k.kiosk_id = e.kiosk_id \
         LEFT JOIN cleared_rejections c ON c.hall_id = e.hall_id AND c.kiosk_id = e.kiosk_id \
         AND c.event_id = e.event_id \
         LEFT JOIN accounts a ON a.hall_id = c.hall_id AND a.user = c.user \
         WHERE e.hall_id = ? AND e.accepted = 0 \
         ORDER BY c.at IS NOT NULL, e.received_at DESC LIMIT ? OFFSET ?",
    )
    .bind(office.hall.as_str())
    .bind(PAGE + 1)
    .bind(i64::from(page) * i64::from(PAGE))
    .fetch_all(office.database.reader())
    .await?;
    Ok((rows.iter().take(PAGE as usize).map(line).collect(), rows.len() > PAGE as usize))
}

fn line(row: &SqliteRow) -> RejectedLine {
    let cleared_at: Option<i64> = row.get("cleared_at");
    RejectedLine {
        kiosk: row.get("kiosk_id"),
        kiosk_number: row.get("number"),
        event: row.get("event_id"),
        received_at: moment(row.get("received_at")),
        body: serde_json::from_str(row.get("body")).ok(),
        because: row.get("because"),
        cleared: cleared_at.map(moment).zip(row.get("cleared_by")),
    }
}

/// Somebody cleared it up; false when there is no such event.
pub(crate) async fn clear(
    office: &Office,
    viewer: &Viewer,
    kiosk: &str,
    event: &str,
) -> Result<bool, DatabaseError> {
    let mut tx = office.database.write().await?;
    let exists: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM events WHERE hall_id = ? AND kiosk_id = ? AND event_id = ? \
         AND accepted = 0)",
    )
    .bind(office.hall.as_str())
    .bind(kiosk)
    .bind(event)
    .fetch_one(&mut *tx)
    .await?;
    if !exists {
        return Ok(false);
    }
    let done = sqlx::query(
        "INSERT INTO cleared_rejections (hall_id, kiosk_id, event_id, at, user) \
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(office.hall.as_str())
    .bind(kiosk)
    .bind(event)
    .bind(millis(office.clock.now()))
    .bind(&viewer.user)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() > 0 {
        audit::note(office, &mut tx, &viewer.user, Act::ClearRejection, event).await?;
    }
    tx.commit().await?;
    Ok(true)
}
