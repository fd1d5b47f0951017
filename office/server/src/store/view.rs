//! What the staff pages show: lists and details as rows, names masked before they leave here.

use jiff::{Timestamp, civil::Date};
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};
use wire::{CaseState, DeliveryState, LocalText};

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
    pub(crate) updated_at: Timestamp,
}

/// One page of the cases that fit, and how many fit in all.
pub(crate) async fn case_list(
    office: &Office,
    number: &str,
    state: Option<CaseState>,
    page: u32,
) -> Result<(Vec<CaseLine>, i64), DatabaseError> {
    let filter = |query: &mut QueryBuilder<Sqlite>| {
        query.push(" WHERE c.hall_id = ").push_bind(office.hall.as_str().to_owned());
        if let Some(state) = state {
            let state = office_rules::case::state_text(state);
            query.push(" AND c.state = ").push_bind(state);
        }
        if !number.is_empty() {
            query.push(" AND instr(c.case_id, ").push_bind(number.to_uppercase()).push(") > 0");
        }
    };
    let mut count = QueryBuilder::new("SELECT count(*) FROM cases c");
    filter(&mut count);
    let count = count.build_query_scalar().fetch_one(office.database.reader()).await?;
    let mut rows = QueryBuilder::new(
        "SELECT c.case_id, c.state, c.promised_by, c.updated_at, i.body AS item, p.name AS person \
         FROM cases c JOIN items i ON i.hall_id = c.hall_id AND i.item_id = c.item_id \
         JOIN persons p ON p.hall_id = c.hall_id AND p.id_hash = c.id_hash",
    );
    filter(&mut rows);
    rows.push(" ORDER BY c.updated_at DESC, c.case_id LIMIT ").push_bind(PAGE);
    rows.push(" OFFSET ").push_bind(i64::from(page) * i64::from(PAGE));
    let rows = rows.build().fetch_all(office.database.reader()).await?;
    Ok((rows.iter().map(case_line).collect::<Result<_, _>>()?, count))
}

fn case_line(row: &SqliteRow) -> Result<CaseLine, DatabaseError> {
    let item: wire::Item = json("item", row.get("item"))?;
    Ok(CaseLine {
        id: row.get("case_id"),
        item: item.name,
        applicant_masked: hal::mask::name(row.get("person")),
        state: word("state of a case", row.get("state"))?,
        promised_by: date(row, "promised_by"),
        updated_at: moment(row.get("updated_at")),
    })
}

fn date(row: &SqliteRow, column: &str) -> Option<Date> {
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

/// A line of the custody record.
pub(crate) struct CustodyLine {
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    /// Number of the kiosk.
    pub(crate) kiosk: u8,
    pub(crate) compartment: u16,
    pub(crate) by_whom: String,
    pub(crate) staff: Option<String>,
    pub(crate) receipt: Option<String>,
    pub(crate) note: String,
}

/// Everything that happened to one delivery, oldest first.
pub(crate) async fn custody(
    office: &Office,
    delivery: &str,
) -> Result<Vec<CustodyLine>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT r.at, r.kind, k.number AS kiosk, r.compartment, r.by_whom, r.receipt_number, r.note, \
         s.name AS staff FROM custody_records r \
         JOIN kiosks k ON k.hall_id = r.hall_id AND k.kiosk_id = r.kiosk_id \
         LEFT JOIN staff s ON s.hall_id = r.hall_id AND s.staff_id = r.staff_id \
         WHERE r.hall_id = ? AND r.delivery_id = ? ORDER BY r.at, r.rowid",
    )
    .bind(office.hall.as_str())
    .bind(delivery)
    .fetch_all(office.database.reader())
    .await?;
    let line = |row: &SqliteRow| CustodyLine {
        at: moment(row.get("at")),
        kind: row.get("kind"),
        kiosk: row.get("kiosk"),
        compartment: row.get("compartment"),
        by_whom: row.get("by_whom"),
        staff: row.get::<Option<&str>, _>("staff").map(hal::mask::name),
        receipt: row.get("receipt_number"),
        note: row.get("note"),
    };
    Ok(rows.iter().map(line).collect())
}

/// A delivery in the list.
pub(crate) struct DeliveryLine {
    pub(crate) id: String,
    pub(crate) case: String,
    pub(crate) document: LocalText,
    pub(crate) receiver_masked: String,
    pub(crate) state: DeliveryState,
    /// Number of the kiosk that has it or is to have it.
    pub(crate) kiosk: Option<u8>,
    pub(crate) compartment: Option<u16>,
    pub(crate) hold_until: Option<Date>,
    pub(crate) look_because: Option<String>,
    pub(crate) updated_at: Timestamp,
}

const DELIVERY: &str = "SELECT d.delivery_id, d.case_id, d.document_name, d.state, k.number AS kiosk, \
     d.compartment, d.hold_until, d.look_because, d.updated_at, p.name AS person FROM deliveries d \
     LEFT JOIN persons p ON p.hall_id = d.hall_id AND p.id_hash = d.id_hash \
     LEFT JOIN kiosks k ON k.hall_id = d.hall_id AND k.kiosk_id = d.kiosk_id WHERE d.hall_id = ";

/// Deliveries that need somebody first: uncertain, overdue, waiting, expected, then what has left.
pub(crate) async fn deliveries(
    office: &Office,
    state: Option<DeliveryState>,
    page: u32,
) -> Result<Vec<DeliveryLine>, DatabaseError> {
    let today = office.day_at(office.clock.now()).to_string();
    let mut query = QueryBuilder::new(DELIVERY);
    query.push_bind(office.hall.as_str());
    if let Some(state) = state {
        query.push(" AND d.state = ").push_bind(super::word_of(&state));
    }
    query.push(
        " ORDER BY CASE d.state WHEN 'uncertain' THEN 0 WHEN 'in_compartment' THEN \
         CASE WHEN d.hold_until < ",
    );
    query.push_bind(today);
    query.push(
        " THEN 1 ELSE 2 END WHEN 'expected' THEN 3 ELSE 4 END, \
         CASE WHEN d.state IN ('handed_over', 'recalled') THEN -d.updated_at END, \
         d.hold_until, d.updated_at, d.delivery_id LIMIT ",
    );
    query.push_bind(PAGE).push(" OFFSET ").push_bind(i64::from(page) * i64::from(PAGE));
    let rows = query.build().fetch_all(office.database.reader()).await?;
    rows.iter().map(delivery_line).collect()
}

/// How many deliveries are in each state, and how many of those in compartments are overdue.
pub(crate) async fn delivery_counts(
    office: &Office,
) -> Result<(Vec<(DeliveryState, i64)>, i64), DatabaseError> {
    let rows =
        sqlx::query("SELECT state, count(*) AS n FROM deliveries WHERE hall_id = ? GROUP BY state")
            .bind(office.hall.as_str())
            .fetch_all(office.database.reader())
            .await?;
    let counts = rows
        .iter()
        .map(|it| Ok((word("state of a delivery", it.get("state"))?, it.get("n"))))
        .collect::<Result<_, DatabaseError>>()?;
    let overdue = sqlx::query_scalar(
        "SELECT count(*) FROM deliveries WHERE hall_id = ? AND state = 'in_compartment' \
         AND hold_until < ?",
    )
    .bind(office.hall.as_str())
    .bind(office.day_at(office.clock.now()).to_string())
    .fetch_one(office.database.reader())
    .await?;
    Ok((counts, overdue))
}

/// The deliveries of a case, the newest last.
pub(crate) async fn deliveries_of_case(
    office: &Office,
    case: &str,
) -> Result<Vec<DeliveryLine>, DatabaseError> {
    let mut query = QueryBuilder::new(DELIVERY);
    query.push_bind(office.hall.as_str()).push(" AND d.case_id = ").push_bind(case);
    query.push(" ORDER BY d.updated_at");
    let rows = query.build().fetch_all(office.database.reader()).await?;
    rows.iter().map(delivery_line).collect()
}

fn delivery_line(row: &SqliteRow) -> Result<DeliveryLine, DatabaseError> {
    Ok(DeliveryLine {
        id: row.get("delivery_id"),
        case: row.get("case_id"),
        document: json("name of a document", row.get("document_name"))?,
        receiver_masked: hal::mask::name(row.get::<Option<&str>, _>("person").unwrap_or_default()),
        state: word("state of a delivery", row.get("state"))?,
        kiosk: row.get("kiosk"),
        compartment: row.get("compartment"),
        hold_until: date(row, "hold_until"),
        look_because: row.get("look_because"),
        updated_at: moment(row.get("updated_at")),
    })
}

/// The appointments of a day, in order of time.
pub(crate) async fn appointments(
    office: &Office,
    date: Date,
) -> Result<Vec<wire::Appointment>, DatabaseError> {
    let query = format!(
        "{} WHERE a.hall_id = ? AND a.date = ? ORDER BY a.starts, a.number",
        super::appointment::COLUMNS
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(office.hall.as_str())
        .bind(date.to_string())
        .fetch_all(office.database.reader())
        .await?;
    rows.iter().map(super::appointment::of_row).collect()
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
    pub(crate) last_seen_at: Option<Timestamp>,
    /// Name, state, since when.
    pub(crate) devices: Vec<(String, String, Timestamp)>,
}

/// All kiosks of the hall.
pub(crate) async fn kiosks(office: &Office) -> Result<Vec<KioskLine>, DatabaseError> {
    let (hall, reader) = (office.hall.as_str(), office.database.reader());
    let rows = sqlx::query(
        "SELECT kiosk_id, number, place, last_seen_at FROM kiosks WHERE hall_id = ? ORDER BY number",
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

/// The latest calls for help, those that wait first.
pub(crate) async fn help_calls(office: &Office) -> Result<Vec<HelpCall>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT h.kiosk_id, k.number, h.event_id, h.screen, h.at, h.answered_at, h.answered_by \
         FROM help_calls h JOIN kiosks k ON k.hall_id = h.hall_id AND k.kiosk_id = h.kiosk_id \
         WHERE h.hall_id = ? ORDER BY h.answered_at IS NOT NULL, h.at DESC LIMIT ?",
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

/// An event that was rejected: when, from which kiosk, why.
pub(crate) async fn rejected(
    office: &Office,
) -> Result<Vec<(Timestamp, String, String)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT received_at, kiosk_id, because FROM events WHERE hall_id = ? AND accepted = 0 \
         ORDER BY received_at DESC LIMIT ?",
    )
    .bind(office.hall.as_str())
    .bind(PAGE)
    .fetch_all(office.database.reader())
    .await?;
    let line =
        |row: &SqliteRow| (moment(row.get("received_at")), row.get("kiosk_id"), row.get("because"));
    Ok(rows.iter().map(line).collect())
}

/// Name of the hall, for the head of every page.
pub(crate) async fn hall_name(office: &Office) -> Result<LocalText, DatabaseError> {
    let name: String = sqlx::query_scalar("SELECT name FROM halls WHERE hall_id = ?")
        .bind(office.hall.as_str())
        .fetch_one(office.database.reader())
        .await?;
    json("name of a hall", &name)
}
