//! Deliveries as rows and as kiosks see them.

use office_rules::custody::{Custody, Place};
use sqlx::{Row as _, sqlite::SqliteRow};
use wire::{Delivery, KioskId, PickupCode};

use super::{DatabaseError, Office, json, word};

const COLUMNS: &str = "SELECT d.delivery_id, d.case_id, d.document_name, d.copies, d.size, \
     d.id_hash, d.kiosk_id, d.state, d.compartment, d.was_deposited, d.locator, d.code_hash, d.hold_until, \
     i.body AS item, p.name AS person \
     FROM deliveries d \
     JOIN cases c ON c.hall_id = d.hall_id AND c.case_id = d.case_id \
     JOIN items i ON i.hall_id = c.hall_id AND i.item_id = c.item_id \
     LEFT JOIN persons p ON p.hall_id = d.hall_id AND p.id_hash = d.id_hash \
     WHERE d.hall_id = ? AND d.delivery_id = ?";

/// One delivery as a kiosk may know it.
pub(crate) async fn read(office: &Office, id: &str) -> Result<Option<Delivery>, DatabaseError> {
    let row = sqlx::query(COLUMNS)
        .bind(office.hall.as_str())
        .bind(id)
        .fetch_optional(office.database.reader())
        .await?;
    row.as_ref().map(of_row).transpose()
}

fn of_row(row: &SqliteRow) -> Result<Delivery, DatabaseError> {
    let item: wire::Item = json("item", row.get("item"))?;
    let person: Option<String> = row.get("person");
    let locator: Option<String> = row.get("locator");
    let code_hash: Option<String> = row.get("code_hash");
    let hold_until: Option<String> = row.get("hold_until");
    Ok(Delivery {
        id: row.get::<String, _>("delivery_id").into(),
        case: row.get::<String, _>("case_id").into(),
        item_name: item.name,
        document_name: json("name of a document", row.get("document_name"))?,
        copies: row.get("copies"),
        size: word("size of a delivery", row.get("size"))?,
        kiosk: row.get::<Option<String>, _>("kiosk_id").map(KioskId),
        state: word("state of a delivery", row.get("state"))?,
        compartment: row.get("compartment"),
        id_hash: row.get::<String, _>("id_hash").into(),
        receiver_masked: hal::mask::name(person.as_deref().unwrap_or_default()),
        code: locator.zip(code_hash).map(|(locator, code_hash)| PickupCode { locator, code_hash }),
        hold_until: hold_until.and_then(|it| it.parse().ok()),
    })
}

/// The custody of a delivery as the rules judge it. `last_place` is where it lay before it left.
pub(crate) fn custody_of(
    row: &SqliteRow,
    last_place: Option<Place>,
) -> Result<Custody, DatabaseError> {
    let kiosk = row.get::<Option<String>, _>("kiosk_id").map(KioskId);
    let compartment: Option<u16> = row.get("compartment");
    let here = kiosk.clone().zip(compartment);
    Ok(Custody {
        state: word("state of a delivery", row.get("state"))?,
        place: here.map(|(kiosk, compartment)| Place { kiosk, compartment }).or(last_place),
        kiosk,
        was_deposited: row.get("was_deposited"),
    })
}
