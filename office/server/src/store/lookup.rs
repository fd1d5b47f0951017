//! What a person may see of their own: cases and appointments, found by the hash of their number.

use sqlx::Row as _;
use wire::{Appointment, CaseStep, CaseView, IdHash, Item, LocalText};

use super::{DatabaseError, Office, json, moment, word};

/// A person has few cases; more than this are the oldest.
const CASES_MAX: i64 = 50;

/// The cases of a person, those that changed last first.
pub(crate) async fn cases(
    office: &Office,
    id_hash: &IdHash,
) -> Result<Vec<CaseView>, DatabaseError> {
    find(office, id_hash, None).await
}

/// One case of a person.
pub(crate) async fn case(
    office: &Office,
    id_hash: &IdHash,
    id: &str,
) -> Result<Option<CaseView>, DatabaseError> {
    Ok(find(office, id_hash, Some(id)).await?.pop())
}

async fn find(
    office: &Office,
    id_hash: &IdHash,
    id: Option<&str>,
) -> Result<Vec<CaseView>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT c.case_id, c.state, c.promised_by, c.delivery_way, c.supplement, c.voucher, \
         i.body AS item, p.name AS person, (SELECT d.delivery_id FROM deliveries d \
             WHERE d.hall_id = c.hall_id AND d.case_id = c.case_id LIMIT 1) AS delivery \
         FROM cases c \
         JOIN items i ON i.hall_id = c.hall_id AND i.item_id = c.item_id \
         JOIN persons p ON p.hall_id = c.hall_id AND p.id_hash = c.id_hash \
         WHERE c.hall_id = ?1 AND c.id_hash = ?2 AND (?3 IS NULL OR c.case_id = ?3) \
         ORDER BY c.updated_at DESC LIMIT ?4",
    )
    .bind(office.hall.as_str())
    .bind(id_hash.as_str())
    .bind(id)
    .bind(CASES_MAX)
    .fetch_all(office.database.reader())
    .await?;
    let mut cases = Vec::with_capacity(rows.len());
    for row in rows {
        let item: Item = json("item", row.get("item"))?;
        let state = word("state of a case", row.get("state"))?;
        let delivery_way = word("delivery way", row.get("delivery_way"))?;
        let id: String = row.get("case_id");
        let mut steps = steps(office, &id).await?;
        let ahead = office_rules::case::steps_ahead(state, delivery_way);
        steps.extend(ahead.into_iter().map(|kind| CaseStep {
            kind,
            at: None,
            note: LocalText::default(),
        }));
        let supplement: Option<String> = row.get("supplement");
        let voucher: Option<String> = row.get("voucher");
        cases.push(CaseView {
            id: id.into(),
            item_name: item.name,
            applicant_masked: hal::mask::name(row.get("person")),
            state,
            promised_by: row.get::<Option<String>, _>("promised_by").and_then(|it| it.parse().ok()),
            delivery_way,
            steps,
            supplement: supplement.map(|it| json("supplement", &it)).transpose()?,
            voucher: voucher.map(|it| json("voucher", &it)).transpose()?,
            delivery: row.get::<Option<String>, _>("delivery").map(Into::into),
        });
    }
    Ok(cases)
}

async fn steps(office: &Office, case: &str) -> Result<Vec<CaseStep>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT kind, at, note FROM case_steps WHERE hall_id = ? AND case_id = ? ORDER BY step",
    )
    .bind(office.hall.as_str())
    .bind(case)
    .fetch_all(office.database.reader())
    .await?;
    let step = |row: &sqlx::sqlite::SqliteRow| {
        Ok(CaseStep {
            kind: word("kind of a step", row.get("kind"))?,
            at: Some(moment(row.get("at"))),
            note: json("note of a step", row.get("note"))?,
        })
    };
    rows.iter().map(step).collect()
}

/// The appointments of a person from today on, in order of time; cancelled ones of these days too.
pub(crate) async fn appointments(
    office: &Office,
    id_hash: &IdHash,
) -> Result<Vec<Appointment>, DatabaseError> {
    let today = office.day_at(office.clock.now());
    let query = format!(
        "{} WHERE a.hall_id = ? AND a.id_hash = ? AND a.date >= ? ORDER BY a.date, a.starts",
        super::appointment::COLUMNS
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(office.hall.as_str())
        .bind(id_hash.as_str())
        .bind(today.to_string())
        .fetch_all(office.database.reader())
        .await?;
    rows.iter().map(super::appointment::of_row).collect()
}
