//! Opening a store that may be damaged or missing: what is there is set aside with its name told, the
//! last good copy takes its place, and where there is none a new one is made.
//!
//! A store comes into its place by one renaming, ready to be used, so that a power cut leaves the
//! former one, the new one, or a place that is empty beside what tells that it was not always so.

use std::path::Path;

use kiosk_core::store::Recovery;

use super::database::Database;
use super::error::StoreError;
use super::files::{self, StoreFiles, StoreLock};

/// Opens the store, or what can be had in its place.
pub(super) fn open(files: &StoreFiles, seed: [u8; 8]) -> Result<Database, StoreError> {
    if files.untouched() {
        make_ready(files, None, seed, None)?;
        files::publish(&files.fresh(), &files.main)?;
    }
    match open_well(&files.main) {
        Ok(database) => return Ok(database),
        Err(error) if !error.is_damage() && files.main.exists() => {
            return Err(error.at(&files.main));
        }
        Err(error) => {
            tracing::error!(%error, file = %files.main.display(), "the store is damaged or missing");
        }
    }
    let copy = good_copy(files)?;
    let recovery = replace(files, copy, seed)?;
    tracing::error!(?recovery, "another store took its place");
    open_well(&files.main).map_err(|error| error.at(&files.main))
}

fn open_well(path: &Path) -> Result<Database, StoreError> {
    let database = Database::open(path)?;
    database.verify()?;
    Ok(database)
}

/// The copy, when there is one that is well. One that cannot be looked at may still be well.
fn good_copy(files: &StoreFiles) -> Result<Option<&Path>, StoreError> {
    if !files.copy.exists() {
        return Ok(None);
    }
    match verify_file(&files.copy) {
        Ok(()) => Ok(Some(&files.copy)),
        Err(error) if error.is_damage() => {
            tracing::error!(%error, file = %files.copy.display(), "the copy is damaged too");
            Ok(None)
        }
        Err(error) => Err(error.at(&files.copy)),
    }
}

/// Checks a store's file and changes nothing.
pub fn verify_file(path: &Path) -> Result<(), StoreError> {
    Database::open_read_only(path)?.verify()
}

/// Puts a verified backup in place of the store; the former one is set aside and its name returned.
pub fn restore(
    files: &StoreFiles,
    _lock: &StoreLock,
    backup: &Path,
    seed: [u8; 8],
) -> Result<Option<String>, StoreError> {
    verify_file(backup).map_err(|error| error.at(backup))?;
    let recovery = replace(files, Some(backup), seed)?;
    Ok(Some(recovery.set_aside).filter(|it| !it.is_empty()))
}

/// Makes another store ready, from a source or anew, sets aside what is there and puts it in place.
fn replace(
    files: &StoreFiles,
    source: Option<&Path>,
    seed: [u8; 8],
) -> Result<Recovery, StoreError> {
    let in_place = files.in_place();
    let set_aside =
        if in_place { files.next_set_aside() } else { files.last_set_aside().unwrap_or_default() };
    let recovery = Recovery { set_aside, from_copy: source.is_some() };
    make_ready(files, source, seed, Some(&recovery))?;
    if in_place {
        files.set_aside(&recovery.set_aside)?;
    }
    files::publish(&files.fresh(), &files.main)?;
    Ok(recovery)
}

fn make_ready(
    files: &StoreFiles,
    source: Option<&Path>,
    seed: [u8; 8],
    recovery: Option<&Recovery>,
) -> Result<(), StoreError> {
    let fresh = files.fresh();
    files::remove(&fresh)?;
    let mut database = match source {
        Some(source) => {
            Database::open_read_only(source)?.copy_into(&fresh)?;
            Database::open(&fresh)?
        }
        None => Database::create(&fresh, seed)?,
    };
    if let Some(recovery) = recovery {
        database.recover(seed, recovery)?;
    }
    database.into_one_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::copy;
    use std::fs;

    use kiosk_core::store::Record;

    fn journal(n: u32) -> Record {
        Record::Journal { at: now(), kind: "test".into(), detail: serde_json::json!({ "n": n }) }
    }

    fn now() -> jiff::Timestamp {
        "2026-11-23T15:40:00Z".parse().expect("a time")
    }

    fn folder() -> (tempfile::TempDir, StoreFiles) {
        let folder = tempfile::tempdir().expect("a folder");
        let files = StoreFiles::in_folder(folder.path()).expect("the folder can be used");
        (folder, files)
    }

    /// A store with one entry in its copy and two in itself.
    fn with_copy(files: &StoreFiles) {
        let mut database = open(files, [7; 8]).expect("a new store");
        assert_eq!(recovery(&database), None);
        database.write(&[journal(1)], now()).expect("it can be written");
        copy(&files.main, &files.copy).expect("it can be copied");
        database.write(&[journal(2)], now()).expect("it can be written");
    }

    fn entries(database: &Database) -> usize {
        let mut entries = 0;
        database.each_journal_entry(|_| entries += 1).expect("it can be read");
        entries
    }

    fn recovery(database: &Database) -> Option<Recovery> {
        database.recovery().expect("it can be read")
    }

    fn change(path: &Path, sql: &str) {
        let forger = rusqlite::Connection::open(path).expect("SQLite opens it");
        forger.execute_batch(sql).expect("it can be changed");
    }

    #[test]
    fn a_damaged_store_is_set_aside_and_the_copy_takes_its_place() {
        let (folder, files) = folder();
        with_copy(&files);
        fs::write(&files.main, b"SQLite format 3\0 and then rubbish").expect("it can be damaged");
        let database = open(&files, [8; 8]).expect("the copy serves");
        let recovery = recovery(&database).expect("it was damaged");
        assert!(recovery.from_copy);
        assert_eq!(recovery.set_aside, "kiosk.db.damaged-1");
        assert!(folder.path().join(&recovery.set_aside).exists());
        assert_eq!(entries(&database), 1);
        assert!(files.copy.exists(), "the copy stays until a newer one is there");
    }

    #[test]
    fn a_missing_or_empty_store_is_not_a_first_start_where_there_was_one() {
        let damages: [fn(&StoreFiles); 2] = [
            |files| fs::remove_file(&files.main).expect("it can be removed"),
            |files| fs::write(&files.main, b"").expect("it can be emptied"),
        ];
        for damage in damages {
            let (_folder, files) = folder();
            with_copy(&files);
            damage(&files);
            let database = open(&files, [8; 8]).expect("the copy serves");
            assert!(recovery(&database).expect("it was there once").from_copy);
            assert_eq!(entries(&database), 1);
        }
    }

    /// The power failed between setting the damaged store aside and putting another in its place.
    #[test]
    fn a_store_that_was_set_aside_and_not_replaced_is_not_a_first_start() {
        let (_folder, files) = folder();
        drop(open(&files, [7; 8]).expect("a new store"));
        files.set_aside("kiosk.db.damaged-1").expect("it can be moved");
        let database = open(&files, [8; 8]).expect("a new store");
        let recovery = recovery(&database).expect("a recovery");
        assert_eq!(recovery, Recovery { set_aside: "kiosk.db.damaged-1".into(), from_copy: false });
    }

    /// Whatever happens before the core's first write: the next start distrusts the copy too.
    #[test]
    fn a_recovery_is_remembered_until_it_is_over() {
        let (_folder, files) = folder();
        with_copy(&files);
        fs::remove_file(&files.main).expect("it can be removed");
        for start in 1..=2 {
            let mut database = open(&files, [8; 8]).expect("a store");
            let snapshot = database.boot().expect("it can be read");
            assert!(snapshot.recovered.is_some(), "start {start}");
            assert_eq!(snapshot.store_id, "0808080808080808");
        }
        let mut database = open(&files, [8; 8]).expect("a store");
        database.write(&[Record::RecoveryOver], now()).expect("it can be written");
        drop(database);
        let mut database = open(&files, [8; 8]).expect("a store");
        assert_eq!(database.boot().expect("it can be read").recovered, None);
    }

    fn restore_from(files: &StoreFiles, backup: &Path) -> Result<Option<String>, StoreError> {
        restore(files, &files.lock().expect("it is free"), backup, [9; 8])
    }

    /// A backup is older than ids that were already used and than the last outcomes.
    #[test]
    fn a_restored_store_has_another_identity_and_is_not_trusted() {
        let (folder, files) = folder();
        with_copy(&files);
        let backup = folder.path().join("backup 100%.db");
        copy(&files.main, &backup).expect("a backup");
        let former = restore_from(&files, &backup).expect("it can be restored");
        assert_eq!(former.as_deref(), Some("kiosk.db.damaged-1"));
        let snapshot = open(&files, [8; 8]).expect("it opens").boot().expect("it can be read");
        assert_eq!(snapshot.store_id, "0909090909090909");
        assert!(snapshot.recovered.expect("custody is not certain").from_copy);
    }

    #[test]
    fn what_is_no_store_is_not_restored_and_nothing_is_changed() {
        let (folder, files) = folder();
        with_copy(&files);
        let before = fs::read(&files.main).expect("it can be read");
        let backup = folder.path().join("backup.db");
        let foreign: fn(&Path) = |it| change(it, "CREATE TABLE t (x)");
        let half: fn(&Path) = |it| change(it, "CREATE TABLE meta (x); PRAGMA user_version = 1");
        let empty: fn(&Path) = |it| fs::write(it, b"").expect("it can be written");
        let missing: fn(&Path) = |_| {};
        for (make, reason) in [
            (missing, "unable to open"),
            (empty, "holds no kiosk's store"),
            (foreign, "holds no kiosk's store"),
            (half, "the table compartments is missing"),
        ] {
            let _ = fs::remove_file(&backup);
            make(&backup);
            let size = fs::metadata(&backup).map(|it| it.len()).ok();
            let error = restore_from(&files, &backup).expect_err("it is no store").to_string();
            assert!(error.contains("backup.db cannot be used"), "{error}");
            assert!(error.contains(reason), "{error}");
            assert_eq!(fs::metadata(&backup).map(|it| it.len()).ok(), size, "it was only read");
            assert_eq!(fs::read(&files.main).expect("it can be read"), before);
        }
        assert_eq!(files.last_set_aside(), None);
    }

    #[test]
    fn a_store_in_use_is_looked_at_and_copied_with_what_was_written_last() {
        let (folder, files) = folder();
        let mut database = open(&files, [7; 8]).expect("a new store");
        database.write(&[journal(1)], now()).expect("it can be written");
        let backup = folder.path().join("backup.db");
        copy(&files.main, &backup).expect("a backup");
        assert_eq!(entries(&Database::open_read_only(&backup).expect("it opens")), 1);
        database.write(&[journal(2)], now()).expect("it can still be written");
    }

    #[test]
    fn a_log_that_belongs_to_a_lost_store_is_not_read_into_another() {
        let (folder, files) = folder();
        with_copy(&files);
        fs::remove_file(&files.main).expect("it can be removed");
        fs::write(files::with(&files.main, "-wal"), b"of the store that is lost").expect("written");
        let database = open(&files, [8; 8]).expect("the copy serves");
        let recovery = recovery(&database).expect("a recovery");
        assert!(folder.path().join(format!("{}-wal", recovery.set_aside)).exists());
    }

    #[test]
    fn a_store_that_cannot_be_opened_is_not_damaged() {
        let (_folder, files) = folder();
        with_copy(&files);
        fs::remove_file(&files.main).expect("it can be removed");
        fs::create_dir(&files.main).expect("something that is no file takes its place");
        let error = open(&files, [8; 8]).expect_err("it cannot be opened").to_string();
        assert!(error.contains("kiosk.db cannot be used"), "{error}");
        assert!(error.contains("check that it exists"), "{error}");
        assert!(files.main.is_dir() && files.last_set_aside().is_none(), "nothing was touched");
    }

    #[test]
    fn only_what_a_file_holds_is_damage() {
        let failure = |code| {
            let failure = ffi::Error::new(code);
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, None))
        };
        use rusqlite::ffi;
        for code in [ffi::SQLITE_NOTADB, ffi::SQLITE_CORRUPT] {
            assert!(failure(code).is_damage(), "{code}");
        }
        for (code, action) in [
            (ffi::SQLITE_BUSY, "stop the other program"),
            (ffi::SQLITE_FULL, "free space"),
            (ffi::SQLITE_IOERR, "check the disk"),
            (ffi::SQLITE_CANTOPEN, "check that it exists"),
            (ffi::SQLITE_READONLY, "may read and write it"),
            (ffi::SQLITE_NOMEM, "cannot be used"),
        ] {
            let error = failure(code);
            assert!(!error.is_damage(), "{code}");
            let sentence = error.at(Path::new("/data/kiosk.db")).to_string();
            assert!(sentence.starts_with("/data/kiosk.db"), "{sentence}");
            assert!(sentence.contains(action), "{sentence}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_is_damage() {
        let (_folder, files) = folder();
        with_copy(&files);
        change(&files.main, "INSERT INTO meta VALUES ('feed_cursor', 'rubbish')");
        assert!(recovery(&open(&files, [8; 8]).expect("the copy serves")).is_some());
    }

    #[test]
    fn a_folder_is_one_programs_at_a_time() {
        let (_folder, files) = folder();
        let lock = files.lock().expect("it is free");
        let error = files.lock().expect_err("it is taken").to_string();
        assert!(error.contains("in use by another kiosk program"), "{error}");
        drop(lock);
        files.lock().expect("it is free again");
    }

    #[test]
    fn without_a_copy_a_new_store_is_made() {
        let (_folder, files) = folder();
        fs::write(&files.main, b"not a database, certainly not one at all").expect("written");
        let database = open(&files, [8; 8]).expect("a new store serves");
        assert!(!recovery(&database).expect("it was damaged").from_copy);
        assert_eq!(entries(&database), 0);
    }

    #[test]
    fn a_changed_journal_is_found_out() {
        let (_folder, files) = folder();
        let mut database = open(&files, [7; 8]).expect("a new store");
        database.write(&[journal(1), journal(2), journal(3)], now()).expect("written");
        drop(database);
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
        let (_folder, files) = folder();
        drop(open(&files, [7; 8]).expect("a new store"));
        change(
            &files.main,
            "PRAGMA user_version = 99; \
             UPDATE meta SET value = '98' WHERE key = 'readable_from'",
        );
        assert!(matches!(open(&files, [7; 8]), Err(StoreError::TooNew { found: 99 })));
        change(&files.main, "DELETE FROM meta WHERE key = 'readable_from'");
        assert!(matches!(open(&files, [7; 8]), Err(StoreError::TooNew { found: 99 })));
        assert!(files.main.exists());
    }

    #[test]
    fn the_program_before_goes_on_with_a_newer_ones_store_that_only_has_more() {
        let (_folder, files) = folder();
        let mut database = open(&files, [7; 8]).expect("a new store");
        database.write(&[journal(1)], now()).expect("written");
        drop(database);
        // A new version was on trial, and did not serve.
        change(
            &files.main,
            "PRAGMA user_version = 3; ALTER TABLE prints ADD COLUMN paper TEXT; \
             ALTER TABLE finished ADD COLUMN how TEXT; \
             CREATE TABLE new_things (id INTEGER PRIMARY KEY) STRICT",
        );
        let mut database = open(&files, [7; 8]).expect("the one before takes over");
        let id = wire::DeliveryId("d-1".to_owned());
        database.write(&[journal(2), Record::Finished(id)], now()).expect("written");
        drop(database);
        assert_eq!(entries(&open(&files, [7; 8]).expect("and again")), 2);
        let version = "PRAGMA user_version";
        let file = rusqlite::Connection::open(&files.main).expect("SQLite opens it");
        let version: i64 = file.query_row(version, [], |row| row.get(0)).expect("it has one");
        assert_eq!(version, 3, "the newer one finds its own again");
    }
}
