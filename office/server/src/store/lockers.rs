//! What lies in the lockers and what happened to it, as the staff pages show it.

use jiff::{Timestamp, civil::Date};
use sqlx::{QueryBuilder, Row as _, sqlite::SqliteRow};
use wire::{CompartmentSize, DeliveryState, LocalText};

use super::{
    DatabaseError, Office, json, millis, moment,
    view::{PAGE, date},
    word, word_of,
};

/// A line of the custody record.
pub(crate) struct CustodyLine {
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    /// Number of the kiosk.
    pub(crate) kiosk: u8,
    pub(crate) compartment: u16,
    /// None: the compartment was only looked at.
    pub(crate) delivery: Option<String>,
    pub(crate) by_whom: String,
    pub(crate) staff: Option<String>,
    pub(crate) receipt: Option<String>,
    pub(crate) note: String,
}

const CUSTODY: &str = "SELECT r.at, r.kind, k.number AS kiosk, r.compartment, r.delivery_id, \
     r.by_whom, r.receipt_number, r.note, s.name AS staff FROM custody_records r \
     JOIN kiosks k ON k.hall_id = r.hall_id AND k.kiosk_id = r.kiosk_id \
     LEFT JOIN staff s ON s.hall_id = r.hall_id AND s.staff_id = r.staff_id WHERE r.hall_id = ";

/// Everything that happened to one delivery, oldest first.
pub(crate) async fn custody(
    office: &Office,
    delivery: &str,
) -> Result<Vec<CustodyLine>, DatabaseError> {
    let mut query = QueryBuilder::new(CUSTODY);
    query.push_bind(office.hall.as_str()).push(" AND r.delivery_id = ").push_bind(delivery);
    query.push(" ORDER BY r.at, r.rowid");
    let rows = query.build().fetch_all(office.database.reader()).await?;
    Ok(rows.iter().map(custody_line).collect())
}

/// What happened lately in one compartment, the latest first.
pub(crate) async fn compartment(
    office: &Office,
    kiosk: &str,
    compartment: u16,
) -> Result<Vec<CustodyLine>, DatabaseError> {
    let mut query = QueryBuilder::new(CUSTODY);
    query.push_bind(office.hall.as_str()).push(" AND r.kiosk_id = ").push_bind(kiosk);
    query.push(" AND r.compartment = ").push_bind(compartment);
    query.push(" ORDER BY r.at DESC, r.rowid DESC LIMIT ").push_bind(PAGE);
    let rows = query.build().fetch_all(office.database.reader()).await?;
    Ok(rows.iter().map(custody_line).collect())
}

fn custody_line(row: &SqliteRow) -> CustodyLine {
    CustodyLine {
        at: moment(row.get("at")),
        kind: row.get("kind"),
        kiosk: row.get("kiosk"),
        compartment: row.get("compartment"),
        delivery: row.get("delivery_id"),
        by_whom: row.get("by_whom"),
        staff: row.get::<Option<&str>, _>("staff").map(hal::mask::name),
        receipt: row.get("receipt_number"),
        note: row.get("note"),
    }
}

/// A delivery in the list.
pub(crate) struct DeliveryLine {
    pub(crate) id: String,
    pub(crate) case: String,
    pub(crate) document: LocalText,
    pub(crate) copies: u8,
    pub(crate) size: CompartmentSize,
    pub(crate) receiver_masked: String,
    pub(crate) state: DeliveryState,
    pub(crate) kiosk: Option<String>,
    /// Number of the kiosk that has it or is to have it.
    pub(crate) kiosk_number: Option<u8>,
    pub(crate) compartment: Option<u16>,
    pub(crate) hold_until: Option<Date>,
    pub(crate) look_because: Option<String>,
    pub(crate) updated_at: Timestamp,
}

const DELIVERY: &str = "SELECT d.delivery_id, d.case_id, d.document_name, d.copies, d.size, d.state, \
     d.kiosk_id, k.number, d.compartment, d.hold_until, d.look_because, d.updated_at, \
     p.name AS person FROM deliveries d \
     LEFT JOIN persons p ON p.hall_id = d.hall_id AND p.id_hash = d.id_hash \
     LEFT JOIN kiosks k ON k.hall_id = d.hall_id AND k.kiosk_id = d.kiosk_id WHERE d.hall_id = ";

/// Which deliveries are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    In(DeliveryState),
    /// In a compartment for longer than they may be.
    Overdue,
}

/// Deliveries that need somebody first: uncertain, overdue, waiting, expected, then what has left.
pub(crate) async fn deliveries(
    office: &Office,
    wanted: Wanted,
    page: u32,
) -> Result<Vec<DeliveryLine>, DatabaseError> {
    let today = office.day_at(office.clock.now()).to_string();
    let mut query = QueryBuilder::new(DELIVERY);
    query.push_bind(office.hall.as_str());
    match wanted {
        Wanted::All => {}
        Wanted::In(state) => {
            query.push(" AND d.state = ").push_bind(word_of(&state));
        }
        Wanted::Overdue => {
            query.push(" AND d.state = 'in_compartment' AND d.hold_until < ");
            query.push_bind(today.clone());
        }
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

/// Deliveries that somebody looked for in the last 30 days and did not find: the record says that
/// they were taken out, and nobody knows by whom.
pub(crate) async fn not_found(office: &Office) -> Result<Vec<DeliveryLine>, DatabaseError> {
    let since = office.clock.now() - jiff::SignedDuration::from_hours(30 * 24);
    let mut query = QueryBuilder::new(DELIVERY);
    query.push_bind(office.hall.as_str()).push(
        " AND d.state = 'handed_over' AND (SELECT r.kind || ' ' || r.note FROM custody_records r \
         WHERE r.hall_id = d.hall_id AND r.delivery_id = d.delivery_id \
         ORDER BY r.at DESC, r.rowid DESC LIMIT 1) = 'resolved missing' AND d.updated_at >= ",
    );
    query.push_bind(millis(since)).push(" ORDER BY d.updated_at DESC");
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

/// One delivery.
pub(crate) async fn delivery(
    office: &Office,
    id: &str,
) -> Result<Option<DeliveryLine>, DatabaseError> {
    let mut query = QueryBuilder::new(DELIVERY);
    query.push_bind(office.hall.as_str()).push(" AND d.delivery_id = ").push_bind(id);
    let row = query.build().fetch_optional(office.database.reader()).await?;
    row.as_ref().map(delivery_line).transpose()
}

fn delivery_line(row: &SqliteRow) -> Result<DeliveryLine, DatabaseError> {
    Ok(DeliveryLine {
        id: row.get("delivery_id"),
        case: row.get("case_id"),
        document: json("name of a document", row.get("document_name"))?,
        copies: row.get("copies"),
        size: word("size of a delivery", row.get("size"))?,
        receiver_masked: hal::mask::name(row.get::<Option<&str>, _>("person").unwrap_or_default()),
        state: word("state of a delivery", row.get("state"))?,
        kiosk: row.get("kiosk_id"),
        kiosk_number: row.get("number"),
        compartment: row.get("compartment"),
        hold_until: date(row, "hold_until"),
        look_because: row.get("look_because"),
        updated_at: moment(row.get("updated_at")),
    })
}

/// A door that did not open when it last should have.
pub(crate) struct JammedDoor {
    pub(crate) kiosk: String,
    pub(crate) kiosk_number: u8,
    pub(crate) compartment: u16,
    pub(crate) at: Timestamp,
}

/// The doors that did not open and have not been seen open since, the latest first.
pub(crate) async fn jammed_doors(office: &Office) -> Result<Vec<JammedDoor>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT r.kiosk_id, k.number, r.compartment, MAX(r.at) AS at FROM custody_records r \
         JOIN kiosks k ON k.hall_id = r.hall_id AND k.kiosk_id = r.kiosk_id \
         WHERE r.hall_id = ? AND r.kind = 'open_failed' AND NOT EXISTS (SELECT 1 \
             FROM custody_records o WHERE o.hall_id = r.hall_id AND o.kiosk_id = r.kiosk_id \
             AND o.compartment = r.compartment AND o.kind = 'opened' AND o.rowid > r.rowid) \
         GROUP BY r.kiosk_id, r.compartment ORDER BY MAX(r.at) DESC",
    )
    .bind(office.hall.as_str())
    .fetch_all(office.database.reader())
    .await?;
    let door = |row: &SqliteRow| JammedDoor {
        kiosk: row.get("kiosk_id"),
        kiosk_number: row.get("number"),
        compartment: row.get("compartment"),
        at: moment(row.get("at")),
    };
    Ok(rows.iter().map(door).collect())
}
