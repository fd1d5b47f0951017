//! The database: SQL and nothing but SQL around the rules of `office-rules`.
//!
//! SQLite in WAL mode: one connection writes, a few read. Every change is one `BEGIN IMMEDIATE`
//! transaction on the writer, so that two kiosks never interleave, and constraints and triggers
//! hold even against other programs that write to the file.

pub(crate) mod account;
pub(crate) mod appointment;
pub(crate) mod audit;
pub(crate) mod day;
pub(crate) mod delivery;
pub(crate) mod feed;
pub(crate) mod intake;
pub(crate) mod invitation;
pub(crate) mod lockers;
pub(crate) mod lookup;
mod office;
pub(crate) mod rejected;
pub(crate) mod report;
pub(crate) mod seed;
pub(crate) mod update;
pub(crate) mod upkeep;
pub(crate) mod view;

use std::{str::FromStr as _, time::Duration};

use jiff::Timestamp;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

pub(crate) use office::Office;

const READERS: u32 = 4;
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("failed to use {url:?}: {because}; give sqlite:PATH")]
    Url { url: String, because: String },
    #[error("failed to bring the tables up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("failed to read or write the database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("failed to read a stored {what}: {because}")]
    Stored { what: &'static str, because: String },
    #[error("failed to seed: the database holds a hall already; give an empty one")]
    NotEmpty,
    #[error("failed to find the hall: the database is empty; run `office seed` first")]
    NoHall,
}

/// One office's database.
#[derive(Clone, Debug)]
pub struct Database {
    writer: SqlitePool,
    reader: SqlitePool,
    /// The latest number in the feed; long polls wait for it to change.
    feed_seq: watch::Sender<u64>,
}

impl Database {
    /// Opens (and makes, if missing) the database at `sqlite:PATH`. Tables are made by
    /// [`Database::migrate`].
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        let refused = |because: String| DatabaseError::Url { url: url.to_owned(), because };
        if !url.starts_with("sqlite:") {
            return Err(refused("this build speaks to SQLite only".to_owned()));
        }
        if url.contains(":memory:") {
            return Err(refused("an in-memory database cannot be shared".to_owned()));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|it| refused(it.to_string()))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(options.clone())
            .await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(60))
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self { writer, reader, feed_seq: watch::Sender::new(0) })
    }

    /// Brings the tables up to date.
    pub async fn migrate(&self) -> Result<(), DatabaseError> {
        MIGRATIONS.run(&self.writer).await?;
        Ok(())
    }

    /// Ends all connections. The file is whole afterwards, without a side file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Writes a consistent copy, also while the office runs.
    pub async fn copy_to(&self, path: &std::path::Path) -> Result<(), DatabaseError> {
        let path = path.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO ?").bind(path).execute(&self.writer).await?;
        Ok(())
    }

    /// Checks pages, foreign keys and that the places taken are those counted; what is wrong.
    pub async fn check(&self) -> Result<Vec<String>, DatabaseError> {
        let pages: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check(5)").fetch_all(&self.writer).await?;
        let mut problems: Vec<String> = pages.into_iter().filter(|it| it != "ok").collect();
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&self.writer).await?;
        if !orphans.is_empty() {
            problems.push(format!("{} rows refer to nothing", orphans.len()));
        }
        let wrong: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM slots s WHERE s.taken > s.capacity OR s.taken <> (SELECT \
             count(*) FROM places p WHERE p.hall_id = s.hall_id AND p.slot_id = s.slot_id)",
        )
        .fetch_one(&self.writer)
        .await?;
        if wrong > 0 {
            problems.push(format!("{wrong} slots are miscounted"));
        }
        Ok(problems)
    }

    /// Lets a kiosk's certificate in from now on; answers with the kiosk's number and the hall's key,
    /// which the kiosk needs to hash ID numbers. `None`: no hall has such a kiosk.
    pub async fn enrol(
        &self,
        kiosk: &wire::KioskId,
        now: Timestamp,
    ) -> Result<Option<(u8, [u8; 32])>, DatabaseError> {
        let mut tx = self.write().await?;
        let found: Option<(String, u8)> = sqlx::query_as(
            "UPDATE kiosks SET enrolled_at = ? WHERE kiosk_id = ? RETURNING hall_id, number",
        )
        .bind(millis(now))
        .bind(kiosk.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let Some((hall, number)) = found else { return Ok(None) };
        let key: Vec<u8> = sqlx::query_scalar("SELECT id_hash_key FROM halls WHERE hall_id = ?")
            .bind(hall)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        let wrong = |_| DatabaseError::Stored { what: "hall key", because: "not 32 bytes".into() };
        Ok(Some((number, key.try_into().map_err(wrong)?)))
    }

    /// Connections for reading.
    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// A transaction that holds the write lock from its first moment.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, DatabaseError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Wakes who waits for the feed: it has a change with this number now.
    pub(crate) fn announce(&self, seq: u64) {
        self.feed_seq.send_if_modified(|it| {
            let newer = seq > *it;
            *it = seq.max(*it);
            newer
        });
    }

    /// The latest number in the feed, followed as it grows.
    pub(crate) fn feed_seq(&self) -> watch::Receiver<u64> {
        self.feed_seq.subscribe()
    }
}

/// A moment as it stands in the tables.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A moment from the tables; one that cannot be is the beginning of time.
pub(crate) fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reads a value that stands in the tables as JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, DatabaseError> {
    serde_json::from_str(text).map_err(|it| DatabaseError::Stored { what, because: it.to_string() })
}

/// Reads a value whose JSON is a bare word, such as a state.
pub(crate) fn word<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, DatabaseError> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|it| DatabaseError::Stored { what, because: it.to_string() })
}

/// The bare word of a value, as it stands in messages and tables.
pub(crate) fn word_of<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("only unit variants are stored as words"),
    }
}
