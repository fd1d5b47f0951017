//! Who looked at or did what on the staff pages. The table only grows.

use jiff::Timestamp;
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction, sqlite::SqliteRow};

use super::{DatabaseError, Office, account::Viewer, millis, moment, view::PAGE, word, word_of};

type Tx = Transaction<'static, Sqlite>;

/// What somebody looked at or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    LogIn,
    LogOut,
    LookAtCase,
    LookAtDelivery,
    RevealNotification,
    AnswerHelpCall,
    AnswerAlarm,
    ClearRejection,
}

impl Act {
    pub(crate) const ALL: [Self; 8] = [
        Self::LookAtCase,
        Self::LookAtDelivery,
        Self::RevealNotification,
        Self::AnswerHelpCall,
        Self::AnswerAlarm,
        Self::ClearRejection,
        Self::LogIn,
        Self::LogOut,
    ];
}

/// Writes it down together with what is done.
pub(crate) async fn note(
    office: &Office,
    tx: &mut Tx,
    user: &str,
    act: Act,
    subject: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO audit (hall_id, seq, at, user, action, subject) \
         SELECT ?1, COALESCE(MAX(seq), 0) + 1, ?2, ?3, ?4, ?5 FROM audit WHERE hall_id = ?1",
    )
    .bind(office.hall.as_str())
    .bind(millis(office.clock.now()))
    .bind(user)
    .bind(word_of(&act))
    .bind(subject)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down a look before anything is shown: what cannot be written down is not shown.
pub(crate) async fn look(
    office: &Office,
    viewer: &Viewer,
    act: Act,
    subject: &str,
) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    note(office, &mut tx, &viewer.user, act, subject).await?;
    tx.commit().await?;
    Ok(())
}

/// A line of the record.
pub(crate) struct AuditLine {
    pub(crate) at: Timestamp,
    pub(crate) user: String,
    /// Of the account; none when it is gone.
    pub(crate) name: Option<String>,
    pub(crate) act: Act,
    pub(crate) subject: String,
}

/// The latest lines, newest first, and whether there are more.
pub(crate) async fn lines(
    office: &Office,
    act: Option<Act>,
    user: &str,
    page: u32,
) -> Result<(Vec<AuditLine>, bool), DatabaseError> {
    let mut query = QueryBuilder::new(
        "SELECT t.at, t.user, a.name, t.action, t.subject FROM audit t \
         LEFT JOIN accounts a ON a.hall_id = t.hall_id AND a.user = t.user WHERE t.hall_id = ",
    );
    query.push_bind(office.hall.as_str());
    if let Some(act) = act {
        query.push(" AND t.action = ").push_bind(word_of(&act));
    }
    if !user.is_empty() {
        query.push(" AND t.user = ").push_bind(user);
    }
    query.push(" ORDER BY t.seq DESC LIMIT ").push_bind(PAGE + 1);
    query.push(" OFFSET ").push_bind(i64::from(page) * i64::from(PAGE));
    let rows = query.build().fetch_all(office.database.reader()).await?;
    let shown = rows.iter().take(PAGE as usize).map(line).collect::<Result<_, _>>()?;
    Ok((shown, rows.len() > PAGE as usize))
}

fn line(row: &SqliteRow) -> Result<AuditLine, DatabaseError> {
    Ok(AuditLine {
        at: moment(row.get("at")),
        user: row.get("user"),
        name: row.get("name"),
        act: word("act of an audit line", row.get("action"))?,
        subject: row.get("subject"),
    })
}
