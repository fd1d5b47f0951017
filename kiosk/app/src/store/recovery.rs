//! Opening a store that may be damaged: it is set aside with its name told, the last good copy takes
//! its place, and where there is none a new one is made.

use std::fs;
use std::path::{Path, PathBuf};

use kiosk_core::store::Recovery;

use super::database::{Database, StoreError};

/// The files of a store.
#[derive(Clone, Debug)]
pub struct StoreFiles {
    pub main: PathBuf,
    /// The last copy that was taken of a store found well.
    pub copy: PathBuf,
}

/// A store that was opened, and what had to be done for it.
#[derive(Debug)]
pub struct OpenedStore {
    pub database: Database,
    pub recovery: Option<Recovery>,
}

impl StoreFiles {
    /// The store of a data folder, which is made when it is missing.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder)?;
        Ok(Self { main: folder.join("kiosk.db"), copy: folder.join("kiosk.copy.db") })
    }
}

/// Opens the store, or what can be had in its place.
pub(super) fn open(files: &StoreFiles, seed: [u8; 8]) -> Result<OpenedStore, StoreError> {
    match open_well(&files.main, seed) {
        Ok(database) => return Ok(OpenedStore { database, recovery: None }),
        // A newer program's store is not damaged: setting it aside would lose it.
        Err(error @ (StoreError::TooNew { .. } | StoreError::Io(_))) => return Err(error),
        Err(error) => {
            tracing::error!(%error, file = %files.main.display(), "the store is damaged");
        }
    }
    let set_aside = set_aside(&files.main)?;
    tracing::error!(file = %set_aside, "the damaged store was set aside");
    let from_copy = verify_file(&files.copy).is_ok();
    if from_copy {
        fs::copy(&files.copy, &files.main)?;
        fs::File::open(&files.main)?.sync_all()?;
    }
    let database = open_well(&files.main, seed)?;
    // The copy may be older than ids that were already used: from now on they are others.
    database.renew_identity(seed)?;
    Ok(OpenedStore { database, recovery: Some(Recovery { set_aside, from_copy }) })
}

fn open_well(path: &Path, seed: [u8; 8]) -> Result<Database, StoreError> {
    let database = Database::open(path, seed)?;
    database.verify()?;
    Ok(database)
}

/// Checks a store's file without changing the one in use.
pub fn verify_file(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        let missing = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file");
        return Err(missing.into());
    }
    Database::open(path, [0; 8])?.verify()
}

/// Puts a verified backup in place of the store; the former one is set aside.
pub fn restore(files: &StoreFiles, backup: &Path) -> Result<Option<String>, StoreError> {
    verify_file(backup)?;
    let former = if files.main.exists() { Some(set_aside(&files.main)?) } else { None };
    fs::copy(backup, &files.main)?;
    fs::File::open(&files.main)?.sync_all()?;
    Ok(former)
}

/// Moves a store and what SQLite keeps beside it out of the way; the first free number names it.
fn set_aside(main: &Path) -> Result<String, StoreError> {
    let name = |n: u32, suffix: &str| {
        let mut path = main.as_os_str().to_owned();
        path.push(format!(".damaged-{n}{suffix}"));
        PathBuf::from(path)
    };
    let free = (1..).find(|n| !name(*n, "").exists()).expect("there are always free numbers");
    for suffix in ["", "-wal", "-shm"] {
        let mut from = main.as_os_str().to_owned();
        from.push(suffix);
        if Path::new(&from).exists() {
            fs::rename(&from, name(free, suffix))?;
        }
    }
    Ok(name(free, "").file_name().unwrap_or_default().to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiosk_core::store::Record;

    fn journal(n: u32) -> Record {
        let at = "2026-11-23T15:40:00Z".parse().expect("a time");
        Record::Journal { at, kind: "test".into(), detail: serde_json::json!({ "n": n }) }
    }

    fn files(folder: &tempfile::TempDir) -> StoreFiles {
        StoreFiles::in_folder(folder.path()).expect("the folder can be used")
    }

    #[test]
    fn a_damaged_store_is_set_aside_and_the_copy_takes_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        let mut opened = open(&files, [7; 8]).expect("a new store");
        assert_eq!(opened.recovery, None);
        opened.database.write(&[journal(1)]).expect("it can be written");
        opened.database.copy_to(&files.copy).expect("it can be copied");
        opened.database.write(&[journal(2)]).expect("it can be written");
        drop(opened);
        fs::write(&files.main, b"SQLite format 3\0 and then rubbish").expect("it can be damaged");
        let _ = fs::remove_file(folder.path().join("kiosk.db-wal"));
        let opened = open(&files, [8; 8]).expect("the copy serves");
        let recovery = opened.recovery.expect("it was damaged");
        assert!(recovery.from_copy);
        assert_eq!(recovery.set_aside, "kiosk.db.damaged-1");
        assert!(folder.path().join(&recovery.set_aside).exists());
        assert_eq!(opened.database.journal().expect("it can be read").len(), 1);
    }

    #[test]
    fn without_a_copy_a_new_store_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        fs::write(&files.main, b"not a database, certainly not one at all").expect("written");
        let opened = open(&files, [8; 8]).expect("a new store serves");
        assert!(!opened.recovery.expect("it was damaged").from_copy);
        assert!(opened.database.journal().expect("it can be read").is_empty());
    }

    #[test]
    fn a_changed_journal_is_found_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        let mut opened = open(&files, [7; 8]).expect("a new store");
        opened.database.write(&[journal(1), journal(2), journal(3)]).expect("written");
        drop(opened);
        let forger = rusqlite::Connection::open(&files.main).expect("SQLite opens it");
        assert!(forger.execute("DELETE FROM journal WHERE seq = 2", []).is_err(), "it only grows");
        forger.execute_batch("DROP TRIGGER journal_only_grows_delete").expect("a forger can");
        forger.execute("DELETE FROM journal WHERE seq = 2", []).expect("a forger can");
        drop(forger);
        let error = verify_file(&files.main).expect_err("the chain is broken");
        assert!(error.to_string().contains("journal entry 3"), "{error}");
    }

    #[test]
    fn a_newer_programs_store_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(&folder);
        drop(open(&files, [7; 8]).expect("a new store"));
        let newer = rusqlite::Connection::open(&files.main).expect("SQLite opens it");
        newer.pragma_update(None, "user_version", 99).expect("it can be set");
        drop(newer);
        assert!(matches!(open(&files, [7; 8]), Err(StoreError::TooNew { found: 99 })));
        assert!(files.main.exists());
    }
}
