//! Records to rows and rows to a snapshot.

use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use kiosk_core::custody::Compartment;
use kiosk_core::event::EventLine;
use kiosk_core::store::{PrintState, Record, Recovery, Snapshot};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;
use wire::{EventId, KioskEvent};

use super::error::StoreError;
use super::files;
use super::journal::{self, JournalEntry, JournalError};

pub(super) const VERSION: i64 = 2;
/// The oldest program that can go on with a store of this version, by the version that it makes itself. An
/// appliance that gives a new version up has the one before take over its store: what that one knows is taken
/// away in a later version than the one that does without it, and columns are named, for there may be more.
const READABLE_FROM: i64 = 2;
/// Key under which a store says so.
const READABLE: &str = "readable_from";
/// How each version is made from the one before.
const SCHEMA: [&str; VERSION as usize] = [include_str!("schema.sql"), include_str!("schema_2.sql")];
/// Tables that every version has.
const TABLES: [&str; 8] =
    ["meta", "compartments", "expected", "finished", "journal", "outbox", "prints", "locks"];
/// Key under which a recovery is noted.
const RECOVERED: &str = "recovered";
/// How long another connection may hold this one up.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// Prints that are remembered, by number and state; older ones are dropped as new ones come.
const PRINTS_MAX: i64 = 500;
/// How long a document is kept that was not printed.
const DOCUMENT_LIMIT_S: i64 = 24 * 60 * 60;

/// An open store.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    last_hash: String,
}

impl Database {
    /// Makes a store where there is no file. `seed` becomes its identity.
    pub(super) fn create(path: &Path, seed: [u8; 8]) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        configure(&connection)?;
        migrate(&mut connection, 0)?;
        set(&connection, "store_id", &hal::hex::encode(&seed))?;
        Ok(Self { connection, last_hash: journal::GENESIS.to_owned() })
    }

    /// Opens the store in a file, which must hold one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        let version = check_schema(&connection)?;
        configure(&connection)?;
        migrate(&mut connection, version)?;
        Self::with(connection)
    }

    /// Opens the store in a file and changes nothing on disk.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        // SQLite would make files beside one that nobody has open; one in use has them already.
        let unused = !files::with(path, "-wal").exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if unused {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable(path), flags)?
        } else {
            Connection::open_with_flags(path, flags)?
        };
        connection.busy_timeout(BUSY_LIMIT)?;
        check_schema(&connection)?;
        Self::with(connection)
    }

    fn with(connection: Connection) -> Result<Self, StoreError> {
        let last_hash = connection
            .query_row("SELECT hash FROM journal ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
            .optional()?
            .unwrap_or_else(|| journal::GENESIS.to_owned());
        Ok(Self { connection, last_hash })
    }

    /// Closes the store with everything in its one file.
    pub(super) fn into_one_file(self) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "journal_mode", "DELETE")?;
        self.connection.close().map_err(|(_, error)| error.into())
    }

    /// Checks pages, records and the journal's chain.
    pub fn verify(&self) -> Result<(), StoreError> {
        let result: String =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if result != "ok" {
            return Err(StoreError::Damaged(result));
        }
        self.snapshot()?;
        self.each_record("outbox", "SELECT event FROM outbox", |_: KioskEvent| {})?;
        let mut previous = journal::GENESIS.to_owned();
        self.each_journal_row(|row| {
            if journal::link(&previous, &row.at, &row.kind, &row.detail) != row.hash {
                return Err(JournalError::Broken { seq: row.seq }.into());
            }
            previous = row.hash;
            Ok(())
        })
    }

    /// Goes through the event log from its begin.
    pub fn each_journal_entry(&self, mut take: impl FnMut(JournalEntry)) -> Result<(), StoreError> {
        self.each_journal_row(|JournalRow { seq, at, kind, detail, hash }| {
            take(JournalEntry { seq, at, kind, detail: parse("journal", &detail)?, hash });
            Ok(())
        })
    }

    /// The latest lines of the event log, the last first.
    pub fn latest_events(&self, count: usize) -> Result<Vec<EventLine>, StoreError> {
        let query = format!("SELECT at, kind, detail FROM journal ORDER BY seq DESC LIMIT {count}");
        let mut statement = self.connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let at: String = row.get(0)?;
            let at = at.parse().map_err(|_| StoreError::Damaged(format!("journal: {at}")))?;
            let detail = parse("journal", &row.get::<_, String>(2)?)?;
            lines.push(EventLine { at, kind: row.get(1)?, detail });
        }
        Ok(lines)
    }

    /// Row by row: the log of a year need not fit into memory.
    fn each_journal_row(
        &self,
        mut take: impl FnMut(JournalRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let query = "SELECT seq, at, kind, detail, hash FROM journal ORDER BY seq";
        let mut statement = self.connection.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, at, kind) = (row.get(0)?, row.get(1)?, row.get(2)?);
            take(JournalRow { seq, at, kind, detail: row.get(3)?, hash: row.get(4)? })?;
        }
        Ok(())
    }

    /// Counts this opening and reads everything.
    pub fn boot(&mut self) -> Result<Snapshot, StoreError> {
        let boot = self.number("boot")? + 1;
        set(&self.connection, "boot", &boot.to_string())?;
        self.snapshot()
    }

    /// Notes that this store takes another one's place, and gives it a new identity, which is part
    /// of every id made from it: it may be older than ids that were already used.
    pub(super) fn recover(&mut self, seed: [u8; 8], recovery: &Recovery) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        set(&transaction, "store_id", &hal::hex::encode(&seed))?;
        set(&transaction, RECOVERED, &json(recovery))?;
        Ok(transaction.commit()?)
    }

    /// Set from taking another store's place until the core says that this is over.
    pub(super) fn recovery(&self) -> Result<Option<Recovery>, StoreError> {
        self.meta_json(RECOVERED)
    }

    /// A number that was never written is 0. One that cannot be read is damage: ids depend on it.
    fn number(&self, key: &'static str) -> Result<u64, StoreError> {
        Ok(self.meta_json(key)?.unwrap_or(0))
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let query = "SELECT value FROM meta WHERE key = ?1";
        Ok(self.connection.query_row(query, [key], |row| row.get(0)).optional()?)
    }

    fn meta_json<T: DeserializeOwned>(&self, key: &'static str) -> Result<Option<T>, StoreError> {
        self.meta(key)?.map(|it| parse(key, &it)).transpose()
    }

    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let in_flight = "SELECT job FROM prints WHERE state IN ('stored', 'sent')";
        let mut prints = self.connection.prepare(in_flight)?;
        let prints = prints.query_map([], |row| row.get::<_, i64>(0))?;
        let prints_in_flight = prints
            .map(|it| it.map(|job| hal::printer::PrintJobId(job.unsigned_abs())))
            .collect::<Result<_, _>>()?;
        let outbox: i64 =
            self.connection.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))?;
        Ok(Snapshot {
            store_id: self.meta("store_id")?.unwrap_or_default(),
            boot: self.number("boot")?,
            compartments: self.records("compartments", "SELECT record FROM compartments")?,
            expected: self.records("expected", "SELECT record FROM expected")?,
            finished: self
                .texts("SELECT delivery FROM finished")?
                .into_iter()
                .map(wire::DeliveryId)
                .collect(),
            catalogue: self.meta_json("catalogue")?,
            staff: self.meta_json("staff")?.unwrap_or_default(),
            feed_cursor: self.number("feed_cursor")?,
            locks: self.records("locks", "SELECT record FROM locks")?,
            receipt_counter: self.meta_json("receipt_counter")?,
            meters: self.meta_json("meters")?.unwrap_or_default(),
            alarm: self.meta_json("alarm")?.unwrap_or_default(),
            feed_read: self.meta_json("feed_read")?.unwrap_or(false),
            test_opening: self.meta_json::<Option<u16>>("test_opening")?.flatten(),
            jammed: self.meta_json("jammed")?.unwrap_or_default(),
            prints_in_flight,
            outbox_length: usize::try_from(outbox).unwrap_or(0),
            recovered: self.recovery()?,
        })
    }

    fn texts(&self, query: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare(query)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn records<T: DeserializeOwned>(
        &self,
        table: &'static str,
        query: &str,
    ) -> Result<Vec<T>, StoreError> {
        let mut records = Vec::new();
        self.each_record(table, query, |it| records.push(it))?;
        Ok(records)
    }

    fn each_record<T: DeserializeOwned>(
        &self,
        table: &'static str,
        query: &str,
        mut take: impl FnMut(T),
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(parse(table, &row.get::<_, String>(0)?)?);
        }
        Ok(())
    }

    /// Whether this store may be believed about what lies where: it took no other one's place, and
    /// it has heard the office to the end.
    pub fn knows_what_lies_where(&self) -> Result<bool, StoreError> {
        Ok(self.recovery()?.is_none() && self.meta_json("feed_read")?.unwrap_or(false))
    }

    /// Whether a compartment has nothing to do with any delivery, as far as the store knows.
    pub fn compartment_is_free(&self, number: u16) -> Result<bool, StoreError> {
        let mut free = true;
        self.each_record("compartments", "SELECT record FROM compartments", |it: Compartment| {
            free &= it.number != number;
        })?;
        Ok(free)
    }

    /// Writes all records or none; returns when they are on disk.
    pub fn write(&mut self, records: &[Record], now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        let mut hash = self.last_hash.clone();
        for record in records {
            write_record(&transaction, record, now, &mut hash)?;
        }
        transaction.commit()?;
        self.last_hash = hash;
        Ok(())
    }

    /// The oldest facts for the office, at most `limit`.
    pub fn outbox(&self, limit: usize) -> Result<Vec<KioskEvent>, StoreError> {
        let query = format!("SELECT event FROM outbox ORDER BY seq LIMIT {limit}");
        self.records("outbox", &query)
    }

    /// Forgets facts that the office has; returns how many are left.
    pub fn forget_sent(&mut self, ids: &[EventId]) -> Result<usize, StoreError> {
        let transaction = self.connection.transaction()?;
        for id in ids {
            transaction.execute("DELETE FROM outbox WHERE id = ?1", [id.as_str()])?;
        }
        let left: i64 =
            transaction.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))?;
        transaction.commit()?;
        Ok(usize::try_from(left).unwrap_or(0))
    }

    /// Removes documents whose time is over, also from the write-ahead log. One that seems to come
    /// from the future was stored before the clock was put right.
    pub fn forget_documents(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let now = now.as_second();
        let query = "DELETE FROM documents WHERE stored_s NOT BETWEEN ?1 AND ?2";
        self.connection.execute(query, [now - DOCUMENT_LIMIT_S, now])?;
        // Whoever reads just now may hold this up; the next time will do.
        self.connection.busy_timeout(Duration::ZERO)?;
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.connection.busy_timeout(BUSY_LIMIT)?;
        Ok(emptied?)
    }

    /// Removes all documents: a copy that leaves this store's file has no use for them.
    pub(super) fn remove_documents(&self) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM documents", [])?;
        Ok(())
    }

    /// Writes what it holds now into a file that does not exist yet.
    pub(super) fn copy_into(&self, path: &Path) -> Result<(), StoreError> {
        let name = path.to_str().ok_or_else(|| io::Error::other("the path is not UTF-8"))?;
        self.connection.execute("VACUUM INTO ?1", [name])?;
        Ok(())
    }
}

/// One line of the event log as it lies on disk.
struct JournalRow {
    seq: i64,
    at: String,
    kind: String,
    detail: String,
    hash: String,
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_LIMIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is removed is overwritten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(())
}

/// Brings the schema from a version to the present one.
fn migrate(connection: &mut Connection, version: i64) -> Result<(), StoreError> {
    if version >= VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for (step, sql) in (0..).zip(SCHEMA) {
        if step >= version {
            transaction.execute_batch(sql)?;
        }
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    set(&transaction, READABLE, &READABLE_FROM.to_string())?;
    Ok(transaction.commit()?)
}

/// The version of the store in a file, when it holds one; asks only, so that any file may be looked
/// at.
fn check_schema(connection: &Connection) -> Result<i64, StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > VERSION && readable_from(connection).is_none_or(|it| it > VERSION) {
        return Err(StoreError::TooNew { found });
    }
    if found < 1 {
        return Err(StoreError::Damaged("the file holds no kiosk's store".into()));
    }
    for table in TABLES {
        if !connection.table_exists(None, table)? {
            return Err(StoreError::Damaged(format!("the table {table} is missing")));
        }
    }
    Ok(found)
}

/// Which program a newer one's store can be read by, where it says so.
fn readable_from(connection: &Connection) -> Option<i64> {
    let query = "SELECT value FROM meta WHERE key = ?1";
    let value: String = connection.query_row(query, [READABLE], |row| row.get(0)).ok()?;
    value.parse().ok()
}

/// The address of a file that nobody writes.
fn immutable(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                address.push(char::from(*byte));
            }
            _ => address.push_str(&format!("%{byte:02x}")),
        }
    }
    address + "?immutable=1"
}

fn parse<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Record { table, message: error.to_string() })
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("records are plain data with text keys")
}

fn set(connection: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    let query = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
                 ON CONFLICT DO UPDATE SET value = excluded.value";
    connection.execute(query, [key, value])?;
    Ok(())
}

fn job_number(job: hal::printer::PrintJobId) -> i64 {
    i64::try_from(job.0).expect("boots fit 31 bits")
}

fn write_record(
    to: &Transaction<'_>,
    record: &Record,
    now: Timestamp,
    hash: &mut String,
) -> Result<(), StoreError> {
    match record {
        Record::Compartment(it) => {
            let query = "INSERT INTO compartments (number, delivery, record) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (number) \
                         DO UPDATE SET delivery = excluded.delivery, record = excluded.record";
            to.execute(query, params![it.number, it.delivery.id.as_str(), json(it)])?;
        }
        Record::EmptyCompartment(number) => {
            to.execute("DELETE FROM compartments WHERE number = ?1", [number])?;
        }
        Record::Journal { at, kind, detail } => {
            let (at, detail) = (at.to_string(), detail.to_string());
            *hash = journal::link(hash, &at, kind, &detail);
            let query = "INSERT INTO journal (at, kind, detail, hash) VALUES (?1, ?2, ?3, ?4)";
            to.execute(query, params![at, kind, detail, &*hash])?;
        }
        Record::Outbox(event) => {
            let query = "INSERT INTO outbox (id, event) VALUES (?1, ?2)";
            to.execute(query, params![event.id.as_str(), json(event)])?;
        }
        Record::Document { job, number, document } => {
            let job = job_number(*job);
            let query = "INSERT INTO prints (job, number, state) VALUES (?1, ?2, ?3)";
            to.execute(query, params![job, number, PrintState::Stored.word()])?;
            let query = "INSERT INTO documents (job, stored_s, document) VALUES (?1, ?2, ?3)";
            to.execute(query, params![job, now.as_second(), json(document)])?;
            let old = "DELETE FROM prints WHERE job <= \
                       (SELECT job FROM prints ORDER BY job DESC LIMIT 1 OFFSET ?1)";
            to.execute(old, [PRINTS_MAX])?;
        }
        Record::Print { job, state } => {
            let job = job_number(*job);
            let query = "UPDATE prints SET state = ?2 WHERE job = ?1";
            to.execute(query, params![job, state.word()])?;
            if *state == PrintState::Printed {
                to.execute("DELETE FROM documents WHERE job = ?1", [job])?;
            }
        }
        other => write_copy_of_office(to, other)?,
    }
    Ok(())
}

/// Records that repeat what the office told, and counters.
fn write_copy_of_office(to: &Transaction<'_>, record: &Record) -> Result<(), StoreError> {
    match record {
        Record::Expected(it) => {
            let query = "INSERT INTO expected (delivery, record) VALUES (?1, ?2) \
                         ON CONFLICT DO UPDATE SET record = excluded.record";
            to.execute(query, params![it.id.as_str(), json(it)])?;
        }
        Record::ForgetExpected(id) => {
            to.execute("DELETE FROM expected WHERE delivery = ?1", [id.as_str()])?;
        }
        Record::Finished(id) => {
            to.execute("INSERT OR IGNORE INTO finished (delivery) VALUES (?1)", [id.as_str()])?;
        }
        Record::ForgetFinished(id) => {
            to.execute("DELETE FROM finished WHERE delivery = ?1", [id.as_str()])?;
        }
        Record::Catalogue(it) => set(to, "catalogue", &json(it))?,
        Record::Staff(it) => set(to, "staff", &json(it))?,
        Record::FeedCursor(it) => set(to, "feed_cursor", &it.to_string())?,
        Record::RecoveryOver => {
            to.execute("DELETE FROM meta WHERE key = ?1", [RECOVERED])?;
        }
        Record::Lock(it) => {
            let query = "INSERT INTO locks (subject, record) VALUES (?1, ?2) \
                         ON CONFLICT DO UPDATE SET record = excluded.record";
            to.execute(query, params![it.subject, json(it)])?;
        }
        Record::ForgetLock(subject) => {
            to.execute("DELETE FROM locks WHERE subject = ?1", [subject])?;
        }
        Record::ReceiptCounter { day, count } => {
            set(to, "receipt_counter", &json(&(day, count)))?;
        }
        Record::Alarm(stands) => set(to, "alarm", &json(stands))?,
        Record::FeedRead => set(to, "feed_read", "true")?,
        Record::TestOpening(way) => set(to, "test_opening", &json(way))?,
        Record::Jammed(ways) => set(to, "jammed", &json(ways))?,
        Record::Meters(meters) => set(to, "meters", &json(meters))?,
        Record::Compartment(_)
        | Record::EmptyCompartment(_)
        | Record::Journal { .. }
        | Record::Outbox(_)
        | Record::Document { .. }
        | Record::Print { .. } => unreachable!("written by write_record"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal::printer::{Document, Line, PrintJobId};
    use std::fs;

    const TEXT: &str = "what stands on somebody's receipt";

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    fn document(job: u64) -> Record {
        let line = Line::Qr { data: TEXT.into() };
        let document = Document { lines: vec![line] };
        Record::Document { job: PrintJobId(job), number: format!("A{job}"), document }
    }

    fn state(job: u64, state: PrintState) -> Record {
        Record::Print { job: PrintJobId(job), state }
    }

    fn documents(database: &Database) -> Vec<i64> {
        let mut statement = database.connection.prepare("SELECT job FROM documents").expect("SQL");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("numbers")
    }

    /// Whether a document's text is anywhere in the folder.
    fn text_on_disk(folder: &Path) -> bool {
        fs::read_dir(folder).expect("a folder").any(|file| {
            let bytes = fs::read(file.expect("a file").path()).expect("it can be read");
            bytes.windows(TEXT.len()).any(|it| it == TEXT.as_bytes())
        })
    }

    #[test]
    fn a_document_goes_when_it_is_printed_and_else_after_a_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kiosk.db");
        let mut database = Database::create(&path, [7; 8]).expect("a store");
        let records = [document(1), document(2), document(3), document(4)];
        database.write(&records, at("2026-11-23T15:40:00Z")).expect("written");
        let records = [state(1, PrintState::Printed), state(2, PrintState::Failed)];
        database.write(&records, at("2026-11-23T15:40:09Z")).expect("written");
        database.forget_documents(at("2026-11-24T15:40:00Z")).expect("it can be done");
        assert_eq!(documents(&database), [2, 3, 4]);
        assert!(text_on_disk(folder.path()));
        database.forget_documents(at("2026-11-24T15:40:01Z")).expect("it can be done");
        assert!(documents(&database).is_empty());
        assert!(!text_on_disk(folder.path()), "nothing is left in the files either");
        let prints: String = database
            .connection
            .query_row("SELECT group_concat(number || ' ' || state) FROM prints", [], |row| {
                row.get(0)
            })
            .expect("prints");
        assert_eq!(prints, "A1 printed,A2 failed,A3 stored,A4 stored");
    }

    #[test]
    fn what_was_stored_or_sent_when_the_kiosk_stopped_is_in_flight() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kiosk.db");
        let mut database = Database::create(&path, [7; 8]).expect("a store");
        let sent = state(2, PrintState::Sent);
        let printed = state(3, PrintState::Printed);
        let records = [document(1), document(2), document(3), sent, printed];
        database.write(&records, at("2026-11-23T15:40:00Z")).expect("written");
        let snapshot = database.boot().expect("it can be read");
        assert_eq!(snapshot.prints_in_flight, [PrintJobId(1), PrintJobId(2)]);
    }

    #[test]
    fn the_latest_events_come_last_first_and_no_more_than_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut database =
            Database::create(&folder.path().join("kiosk.db"), [7; 8]).expect("a store");
        let now = at("2026-11-23T15:40:00Z");
        for n in 0..5 {
            let detail = serde_json::json!({ "n": n });
            let records = [Record::Journal { at: now, kind: "door_open".into(), detail }];
            database.write(&records, now).expect("written");
        }
        let lines = database.latest_events(3).expect("they can be read");
        let numbers: Vec<_> = lines.iter().map(|it| it.detail["n"].as_i64()).collect();
        assert_eq!(numbers, [Some(4), Some(3), Some(2)]);
        assert_eq!(lines[0].at, now);
    }

    #[test]
    fn what_was_used_up_is_known_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kiosk.db");
        let mut database = Database::create(&path, [7; 8]).expect("a store");
        let meters = kiosk_core::meters::Meters { paper_mm: 1234, ..Default::default() };
        let now = at("2026-11-23T15:40:00Z");
        database.write(&[Record::Meters(meters.clone())], now).expect("written");
        drop(database);
        let mut database = Database::open(&path).expect("it opens");
        assert_eq!(database.boot().expect("it can be read").meters, meters);
    }

    #[test]
    fn a_copy_holds_no_documents() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kiosk.db");
        let mut database = Database::create(&path, [7; 8]).expect("a store");
        database.write(&[document(1)], at("2026-11-23T15:40:00Z")).expect("written");
        let elsewhere = tempfile::tempdir().expect("a folder");
        super::super::copy(&path, &elsewhere.path().join("copy.db")).expect("a copy");
        assert!(!text_on_disk(elsewhere.path()));
    }

    #[test]
    fn a_store_of_version_1_is_brought_along_without_its_documents() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("kiosk.db");
        let former = Connection::open(&path).expect("a file");
        former.execute_batch(SCHEMA[0]).expect("the former schema");
        former.pragma_update(None, "user_version", 1).expect("it can be set");
        former
            .execute("INSERT INTO prints VALUES (1, 'A1', ?1, 'printed')", [TEXT])
            .expect("a document");
        drop(former);
        assert!(Database::open_read_only(&path).expect("it opens").verify().is_ok());
        let mut database = Database::open(&path).expect("it is brought along");
        database.forget_documents(at("2026-11-23T15:40:00Z")).expect("it can be done");
        database.verify().expect("it is well");
        assert!(!text_on_disk(folder.path()));
        drop(database);
        Database::open(&path).expect("only once").verify().expect("it is well");
    }
}
