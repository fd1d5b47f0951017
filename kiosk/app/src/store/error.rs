//! Why the store does not do what was asked, and which of the reasons are damage.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::database::VERSION;
use super::journal::JournalError;

/// Why the store does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the store cannot be read or written: {0}; check disk and permissions")]
    Io(#[from] io::Error),
    #[error("{} cannot be used: {reason}; {action}", file.display())]
    Unusable { file: PathBuf, reason: String, action: &'static str },
    #[error("the store is of version {found}, this program knows up to {VERSION}; update it")]
    TooNew { found: i64 },
    #[error(
        "the data folder {} is in use by another kiosk program; stop that one first",
        folder.display()
    )]
    InUse { folder: PathBuf },
    #[error("the store is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the store holds a record that cannot be read ({table}): {message}")]
    Record { table: &'static str, message: String },
    #[error("failed to start the store's thread: {0}")]
    Thread(io::Error),
    #[error("the store's thread is gone")]
    Gone,
}

impl StoreError {
    /// Whether what the file holds is to blame. Only then may another file take its place: a disk
    /// that is full or a file that is locked says nothing against the file.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::Journal(_) | Self::Record { .. } => true,
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => {
                matches!(failure.code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
            }
            // What lies in a column is not what the program puts there.
            Self::Sqlite(
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..),
            ) => true,
            _ => false,
        }
    }

    /// The same with the file's name and what to do about it.
    pub(super) fn at(self, file: &Path) -> Self {
        let (reason, action) = match &self {
            Self::Sqlite(error) => (error.to_string(), action(error.sqlite_error_code())),
            Self::Io(error) => (error.to_string(), "check that it exists, disk and permissions"),
            Self::Damaged(what) => (what.clone(), "use another file"),
            Self::Journal(_) | Self::Record { .. } => (self.to_string(), "use another file"),
            _ => return self,
        };
        Self::Unusable { file: file.to_owned(), reason, action }
    }
}

fn action(code: Option<ErrorCode>) -> &'static str {
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "stop the other program that uses it"
        }
        Some(ErrorCode::DiskFull) => "free space on its disk",
        Some(ErrorCode::SystemIoFailure) => "check the disk",
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => "use another file",
        _ => "check that it exists and that this user may read and write it and its folder",
    }
}
