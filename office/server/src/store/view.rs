//! What the staff pages show: lists and details as rows, names masked before they leave here.

use jiff::{Timestamp, civil::Date};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};
use wire::{CaseState, LocalText};

use super::{
    DatabaseError, Office,
    account::Viewer,
    audit::{self, Act},
    json, millis, moment, word,
};

/// Rows on one page of a list.
pub(crate) const PAGE: u32 = 25;

/// A case in the list.
pub(crate) struct CaseLine {
    pub(crate) id: String,
    pub(crate) item: LocalText,
    pub(crate) applicant_masked: String,
    pub(crate) state: CaseState,
    pub(crate) promised_by: Option<Date>,
    /// The last day for papers, where some are to be supplemented.
    pub(crate) supplement_by: Option<Date>,
    pub(crate) updated_at: Timestamp,
}

/// Which cases are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Part of a number; empty: any.
    pub(crate) number: String,
    pub(crate) state: Option<CaseState>,
    /// Papers were to be supplemented by a day that has passed.
    pub(crate) late: bool,
}

/// What is late: a partial index holds these cases by their last day.
const LATE: &str = " AND c.state = 'to_supplement' AND json_extract(c.supplement, '$.deadline') < ";

/// One page of the cases that fit, and how many fit in all.
pub(crate) async fn case_list(
    office: &Office,
    wanted: &Wanted,
    page: u32,
) -> Result<(Vec<CaseLine>, i64), DatabaseError> {
    let filter = |query: &mut QueryBuilder<Sqlite>| {
        query.push(" WHERE c.hall_id = ").push_bind(office.hall.as_str().to_owned());
        if let Some(state) = wanted.state {
            let state = office_rules::case::state_text(state);
            query.push(" AND c.state = ").push_bind(state);
        }
        if wanted.late {
            query.push(LATE).push_bind(today(office));
        }
        if !wanted.number.is_empty() {
            // A number of a kiosk's receipt leads to the case that it is about.
            query.push(" AND (instr(c.case_id, ").push_bind(wanted.number.clone());
            query.push(
                ") > 0 OR c.case_id IN (SELECT d.case_id FROM custody_records r \
                 JOIN deliveries d ON d.hall_id = r.hall_id AND d.delivery_id = r.delivery_id \
                 WHERE r.hall_id = c.hall_id AND replace(r.receipt_number, ' ', '-') = ",
            );
            query.push_bind(wanted.number.clone()).push("))");
        }
    };
    let mut count = QueryBuilder::new("SELECT count(*) FROM cases c");
    filter(&mut count);
    let count = count.build_query_scalar().fetch_one(office.database.reader()).await?;
    let mut rows = QueryBuilder::new(
        "SELECT c.case_id, c.state, c.promised_by, c.updated_at, i.body AS item, p.name AS person, \
         json_extract(c.supplement, '$.deadline') AS supplement_by \
         FROM cases c JOIN items i ON i.hall_id = c.hall_id AND i.item_id = c.item_id \
         JOIN persons p ON p.hall_id = c.hall_id AND p.id_hash = c.id_hash",
    );
    filter(&mut rows);
    rows.push(" ORDER BY c.updated_at DESC, c.case_id LIMIT ").push_bind(PAGE);
    rows.push(" OFFSET ").push_bind(i64::from(page) * i64::from(PAGE));
    let rows = rows.build().fetch_all(office.database.reader()).await?;
    Ok((rows.iter().map(case_line).collect::<Result<_, _>>()?, count))
}

/// The hall's day as it stands in the tables.
fn today(office: &Office) -> String {
    office.day_at(office.clock.now()).to_string()
}

/// How many cases are late with their papers.
pub(crate) async fn late_cases(office: &Office) -> Result<i64, DatabaseError> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM cases c WHERE c.hall_id = ");
    query.push_bind(office.hall.as_str()).push(LATE).push_bind(today(office));
    Ok(query.build_query_scalar().fetch_one(office.database.reader()).await?)
}

fn case_line(row: &SqliteRow) -> Result<CaseLine, DatabaseError> {
    let item: wire::Item = json("item", row.get("item"))?;
    Ok(CaseLine {
        id: row.get("case_id"),
        item: item.name,
        applicant_masked: hal::mask::name(row.get("person")),
        state: word("state of a case", row.get("state"))?,
        promised_by: date(row, "promised_by"),
        supplement_by: date(row, "supplement_by"),
        updated_at: moment(row.get("updated_at")),
    })
}

pub(super) fn date(row: &SqliteRow, column: &str) -> Option<Date> {
    row.get::<Option<&str>, _>(column).and_then(|it| it.parse().ok())
}

/// How many cases are in each state.
pub(crate) async fn case_counts(office: &Office) -> Result<Vec<(CaseState, i64)>, DatabaseError> {
    let rows =
        sqlx::query("SELECT state, count(*) AS n FROM cases WHERE hall_id = ? GROUP BY state")
            .bind(office.hall.as_str())
            .fetch_all(office.database.reader())
            .await?;
    rows.iter().map(|it| Ok((word("state of a case", it.get("state"))?, it.get("n")))).collect()
}

/// The person hash of a case, by which its whole view is found.
pub(crate) async fn case_owner(office: &Office, id: &str) -> Result<Option<String>, DatabaseError> {
    let query = "SELECT id_hash FROM cases WHERE hall_id = ? AND case_id = ?";
    let row = sqlx::query_scalar(query).bind(office.hall.as_str()).bind(id);
    Ok(row.fetch_optional(office.database.reader()).await?)
}

/// A message in the outbox.
pub(crate) struct NotificationLine {
    pub(crate) id: String,
    pub(crate) recipient_masked: String,
    pub(crate) name_masked: String,
    pub(crate) body: String,
    pub(crate) created_at: Timestamp,
    pub(crate) sent_at: Option<Timestamp>,
}

/// The latest messages, newest first.
pub(crate) async fn notifications(
    office: &Office,
    page: u32,
) -> Result<Vec<NotificationLine>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT notification_id, recipient, name_masked, body, created_at, sent_at \
         FROM notifications WHERE hall_id = ? ORDER BY created_at DESC, notification_id \
         LIMIT ? OFFSET ?",
    )
    .bind(office.hall.as_str())
    .bind(PAGE)
    .bind(i64::from(page) * i64::from(PAGE))
    .fetch_all(office.database.reader())
    .await?;
    Ok(rows.iter().map(notification_line).collect())
}

fn notification_line(row: &SqliteRow) -> NotificationLine {
    NotificationLine {
        id: row.get("notification_id"),
        recipient_masked: hal::mask::phone(row.get("recipient")),
        name_masked: row.get("name_masked"),
        body: row.get("body"),
        created_at: moment(row.get("created_at")),
        sent_at: row.get::<Option<i64>, _>("sent_at").map(moment),
    }
}

/// One message with its code; that somebody looked at it is written down first.
pub(crate) async fn reveal_notification(
    office: &Office,
    viewer: &Viewer,
    id: &str,
) -> Result<Option<NotificationLine>, DatabaseError> {
    let mut tx = office.database.write().await?;
    let row = sqlx::query(
        "SELECT notification_id, recipient, name_masked, body, created_at, sent_at \
         FROM notifications WHERE hall_id = ? AND notification_id = ?",
    )
    .bind(office.hall.as_str())
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    audit::note(office, &mut tx, &viewer.user, Act::RevealNotification, id).await?;
    tx.commit().await?;
    Ok(Some(notification_line(&row)))
}

/// A kiosk with the devices it reported.
pub(crate) struct KioskLine {
    pub(crate) id: String,
    pub(crate) number: u8,
    pub(crate) place: LocalText,
    /// It was given a certificate, so that it can be expected to connect.
    pub(crate) enrolled: bool,
    pub(crate) last_seen_at: Option<Timestamp>,
    /// Name, state, since when.
    pub(crate) devices: Vec<(String, String, Timestamp)>,
}

/// All kiosks of the hall.
pub(crate) async fn kiosks(office: &Office) -> Result<Vec<KioskLine>, DatabaseError> {
    let (hall, reader) = (office.hall.as_str(), office.database.reader());
    let rows = sqlx::query(
        "SELECT kiosk_id, number, place, enrolled_at, last_seen_at FROM kiosks WHERE hall_id = ? \
         ORDER BY number",
    )
    .bind(hall)
    .fetch_all(reader)
    .await?;
    let devices = sqlx::query(
        "SELECT kiosk_id, device, state, at FROM device_states WHERE hall_id = ? ORDER BY device",
    )
    .bind(hall)
    .fetch_all(reader)
    .await?;
    let line = |row: &SqliteRow| {
        let id: String = row.get("kiosk_id");
        let own = devices.iter().filter(|it| it.get::<&str, _>("kiosk_id") == id);
        let devices =
            own.map(|it| (it.get("device"), it.get("state"), moment(it.get("at")))).collect();
        Ok(KioskLine {
            devices,
            id,
            number: row.get("number"),
            place: json("place of a kiosk", row.get("place"))?,
            enrolled: row.get::<Option<i64>, _>("enrolled_at").is_some(),
            last_seen_at: row.get::<Option<i64>, _>("last_seen_at").map(moment),
        })
    };
    rows.iter().map(line).collect()
}

/// A call for help from a kiosk.
pub(crate) struct HelpCall {
    pub(crate) kiosk: String,
    pub(crate) kiosk_number: u8,
    pub(crate) event: String,
    pub(crate) screen: String,
    pub(crate) at: Timestamp,
    pub(crate) answered: Option<(Timestamp, String)>,
}

/// Calls for help: who waits longest first, then the latest that were answered.
pub(crate) async fn help_calls(office: &Office) -> Result<Vec<HelpCall>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT h.kiosk_id, k.number, h.event_id, h.screen, h.at, h.answered_at, h.answered_by \
         FROM help_calls h JOIN kiosks k ON k.hall_id = h.hall_id AND k.kiosk_id = h.kiosk_id \
         WHERE h.hall_id = ? ORDER BY h.answered_at IS NOT NULL, \
         CASE WHEN h.answered_at IS NULL THEN h.at END, h.at DESC LIMIT ?",
    )
    .bind(office.hall.as_str())
    .bind(PAGE)
    .fetch_all(office.database.reader())
    .await?;
    let line = |row: &SqliteRow| HelpCall {
        kiosk: row.get("kiosk_id"),
        kiosk_number: row.get("number"),
        event: row.get("event_id"),
        screen: row.get("screen"),
        at: moment(row.get("at")),
        answered: row.get::<Option<i64>, _>("answered_at").map(|it| {
            (moment(it), row.get::<Option<String>, _>("answered_by").unwrap_or_default())
        }),
    };
    Ok(rows.iter().map(line).collect())
}

/// How many calls for help wait for somebody.
pub(crate) async fn open_help_calls(office: &Office) -> Result<i64, DatabaseError> {
    let query = "SELECT count(*) FROM help_calls WHERE hall_id = ? AND answered_at IS NULL";
    let count = sqlx::query_scalar(query).bind(office.hall.as_str());
    Ok(count.fetch_one(office.database.reader()).await?)
}

/// Somebody took care of a call for help.
pub(crate) async fn answer_help_call(
    office: &Office,
    viewer: &Viewer,
    kiosk: &str,
    event: &str,
) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    let done = sqlx::query(
        "UPDATE help_calls SET answered_at = ?, answered_by = ? WHERE hall_id = ? \
         AND kiosk_id = ? AND event_id = ? AND answered_at IS NULL",
    )
    .bind(millis(office.clock.now()))
    .bind(&viewer.name)
    .bind(office.hall.as_str())
    .bind(kiosk)
    .bind(event)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() > 0 {
        audit::note(office, &mut tx, &viewer.user, Act::AnswerHelpCall, event).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Name of the hall, for the head of every page.
pub(crate) async fn hall_name(office: &Office) -> Result<LocalText, DatabaseError> {
    let name: String = sqlx::query_scalar("SELECT name FROM halls WHERE hall_id = ?")
        .bind(office.hall.as_str())
        .fetch_one(office.database.reader())
        .await?;
    json("name of a hall", &name)
}
