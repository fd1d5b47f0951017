//! Accounts of the staff pages and their sessions.

use jiff::{SignedDuration, Timestamp};
use office_rules::{login, role::Role};
use sha2::Digest as _;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{
    DatabaseError, Office,
    audit::{self, Act},
    millis, moment, word, word_of,
};
use crate::{clock::hex, secret};

/// The end of a session is written anew when it moved by this much, not with every page.
const STEP: SignedDuration = SignedDuration::from_mins(1);
/// After so many wrong passwords the account rests.
const FAILURES_MAX: u32 = 5;
const REST: SignedDuration = SignedDuration::from_mins(15);

type Tx = Transaction<'static, Sqlite>;

/// Who looks at a page.
#[derive(Clone)]
pub(crate) struct Viewer {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Every form carries it, so that no other site can send one.
    pub(crate) form_key: String,
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("wrong user or password")]
    Wrong,
    #[error("too many wrong passwords")]
    Resting { until: Timestamp },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for LoginError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Begins a session; the answer is its token.
pub(crate) async fn log_in(
    office: &Office,
    user: &str,
    password: &str,
) -> Result<String, LoginError> {
    let now = office.clock.now();
    let row = sqlx::query(
        "SELECT password_hash, locked_until FROM accounts WHERE hall_id = ? AND user = ?",
    )
    .bind(office.hall.as_str())
    .bind(user)
    .fetch_optional(office.database.reader())
    .await?;
    // Counted before the slow check, so that many tries at once are not more tries.
    if !take_attempt(office, user, now).await? {
        let until = row.as_ref().and_then(|it| it.get::<Option<i64>, _>("locked_until"));
        let until = until.map_or_else(|| now.checked_add(REST).unwrap_or(now), moment);
        return Err(LoginError::Resting { until });
    }
    let (password, hash) =
        (password.to_owned(), row.map(|it| it.get::<String, _>("password_hash")));
    let random = office.random.clone();
    let fits = tokio::task::spawn_blocking(move || match hash {
        Some(hash) => secret::fits(&password, &hash),
        // As slow as for a user that exists, so that nobody learns which ones do.
        None => secret::hash(&password, &random).is_empty(),
    })
    .await
    .unwrap_or(false);
    if !fits {
        return Err(LoginError::Wrong);
    }
    Ok(begin(office, user, now).await?)
}

/// Counts a try; false while the account rests. A right password sets the count back. Users that
/// do not exist always have a try: it ends as a wrong password.
async fn take_attempt(office: &Office, user: &str, now: Timestamp) -> Result<bool, DatabaseError> {
    let mut tx = office.database.write().await?;
    let resting: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM accounts WHERE hall_id = ? AND user = ? AND locked_until > ?)",
    )
    .bind(office.hall.as_str())
    .bind(user)
    .bind(millis(now))
    .fetch_one(&mut *tx)
    .await?;
    if resting {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE accounts SET failed_logins = (failed_logins + 1) % ?1, \
         locked_until = CASE WHEN failed_logins + 1 >= ?1 THEN ?2 END \
         WHERE hall_id = ?3 AND user = ?4",
    )
    .bind(FAILURES_MAX)
    .bind(millis(now.checked_add(REST).unwrap_or(now)))
    .bind(office.hall.as_str())
    .bind(user)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}

async fn begin(office: &Office, user: &str, now: Timestamp) -> Result<String, DatabaseError> {
    let token = hex(&office.random.bytes::<32>());
    let hall = office.hall.as_str();
    let mut tx = office.database.write().await?;
    sqlx::query(
        "UPDATE accounts SET failed_logins = 0, locked_until = NULL WHERE hall_id = ? AND user = ?",
    )
    .bind(hall)
    .bind(user)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO sessions (hall_id, token_hash, user, form_key, begun_at, expires_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(token_hash(&token))
    .bind(user)
    .bind(office.random.identifier())
    .bind(millis(now))
    .bind(millis(login::ends(now, now)))
    .execute(&mut *tx)
    .await?;
    audit::note(office, &mut tx, user, Act::LogIn, "").await?;
    tx.commit().await?;
    Ok(token)
}

fn token_hash(token: &str) -> String {
    hex(&sha2::Sha256::digest(token.as_bytes()))
}

/// Whether somebody asked for a page, or their browser did by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    ByHand,
    ByItself,
}

/// Who the token belongs to, while the session lasts. A visit by hand makes it last longer.
pub(crate) async fn viewer(
    office: &Office,
    token: &str,
    visit: Visit,
) -> Result<Option<Viewer>, DatabaseError> {
    let now = office.clock.now();
    let row = sqlx::query(
        "SELECT a.user, a.name, a.role, s.form_key, s.begun_at, s.expires_at FROM sessions s \
         JOIN accounts a ON a.hall_id = s.hall_id AND a.user = s.user \
         WHERE s.hall_id = ? AND s.token_hash = ? AND s.expires_at > ?",
    )
    .bind(office.hall.as_str())
    .bind(token_hash(token))
    .bind(millis(now))
    .fetch_optional(office.database.reader())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let ends = login::ends(moment(row.get("begun_at")), now);
    let moved = ends.duration_since(moment(row.get("expires_at")));
    if visit == Visit::ByHand && moved >= STEP {
        last_until(office, token, ends).await?;
    }
    Ok(Some(Viewer {
        user: row.get("user"),
        name: row.get("name"),
        role: word("role of an account", row.get("role"))?,
        form_key: row.get("form_key"),
    }))
}

async fn last_until(office: &Office, token: &str, ends: Timestamp) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    sqlx::query("UPDATE sessions SET expires_at = ? WHERE hall_id = ? AND token_hash = ?")
        .bind(millis(ends))
        .bind(office.hall.as_str())
        .bind(token_hash(token))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a session.
pub(crate) async fn log_out(
    office: &Office,
    viewer: &Viewer,
    token: &str,
) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    audit::note(office, &mut tx, &viewer.user, Act::LogOut, "").await?;
    sqlx::query("DELETE FROM sessions WHERE hall_id = ? AND token_hash = ?")
        .bind(office.hall.as_str())
        .bind(token_hash(token))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Adds an account.
pub(crate) async fn add(
    hall: &str,
    tx: &mut Tx,
    (user, name, role): (&str, &str, Role),
    password_hash: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO accounts (hall_id, user, name, role, password_hash) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(hall)
    .bind(user)
    .bind(name)
    .bind(word_of(&role))
    .bind(password_hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets sessions that ran out.
pub(crate) async fn sweep(
    office: &Office,
    tx: &mut Tx,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM sessions WHERE hall_id = ? AND expires_at <= ?")
        .bind(office.hall.as_str())
        .bind(millis(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// All accounts: user and name, in order of the name that is typed.
pub(crate) async fn users(office: &Office) -> Result<Vec<(String, String)>, DatabaseError> {
    let query = "SELECT user, name FROM accounts WHERE hall_id = ? ORDER BY user";
    let rows = sqlx::query_as(query).bind(office.hall.as_str());
    Ok(rows.fetch_all(office.database.reader()).await?)
}
