//! The appointments of a day, as the staff pages show them.

use jiff::civil::Date;
use sqlx::{QueryBuilder, Row as _, sqlite::SqliteRow};
use wire::{Appointment, AppointmentState, LocalText};

use super::{DatabaseError, Office, appointment, json, word_of};

/// A window type by which appointments can be picked out.
#[derive(Clone)]
pub(crate) struct WindowType {
    pub(crate) id: String,
    pub(crate) name: LocalText,
    pub(crate) place: LocalText,
}

/// All window types of the hall.
pub(crate) async fn window_types(office: &Office) -> Result<Vec<WindowType>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT window_type_id, name, place FROM window_types WHERE hall_id = ? ORDER BY rowid",
    )
    .bind(office.hall.as_str())
    .fetch_all(office.database.reader())
    .await?;
    let window_type = |row: &SqliteRow| {
        let name = json("name of a window type", row.get("name"))?;
        let place = json("place of a window type", row.get("place"))?;
        Ok(WindowType { id: row.get("window_type_id"), name, place })
    };
    rows.iter().map(window_type).collect()
}

/// The appointments of a day slot by slot, in order of time.
pub(crate) async fn appointments(
    office: &Office,
    date: Date,
    window_type: Option<&str>,
    state: Option<AppointmentState>,
) -> Result<Vec<Appointment>, DatabaseError> {
    let mut query = QueryBuilder::new(appointment::COLUMNS);
    query.push(" WHERE a.hall_id = ").push_bind(office.hall.as_str());
    query.push(" AND a.date = ").push_bind(date.to_string());
    if let Some(window_type) = window_type {
        query.push(" AND s.window_type_id = ").push_bind(window_type);
    }
    if let Some(state) = state {
        query.push(" AND a.state = ").push_bind(word_of(&state));
    }
    query.push(" ORDER BY a.starts, s.window_type_id, a.number");
    let rows = query.build().fetch_all(office.database.reader()).await?;
    rows.iter().map(appointment::of_row).collect()
}
