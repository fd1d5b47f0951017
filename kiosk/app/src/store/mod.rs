//! The kiosk's store: one SQLite file, one thread that writes, every write flushed to disk before it
//! counts, and a second thread that copies.

mod copy;
mod database;
mod error;
mod files;
mod journal;
mod recovery;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;
use kiosk_core::event::EventLine;
use kiosk_core::store::{Record, Snapshot};
use tokio::sync::{mpsc, oneshot, watch};
use wire::{EventId, KioskEvent};

use copy::CopyJob;

pub use copy::copy;
pub use database::Database;
pub use error::StoreError;
pub use files::{StoreFiles, StoreLock};
pub use journal::{JournalEntry, JournalError};
pub use recovery::{restore, verify_file};

/// Facts sent to the office in one request.
const BATCH: usize = 50;

/// Asks the store's thread for things. Clones share the thread.
#[derive(Clone, Debug)]
pub struct StoreHandle {
    jobs: mpsc::UnboundedSender<Job>,
    copies: mpsc::UnboundedSender<CopyJob>,
    outbox: watch::Receiver<usize>,
}

enum Job {
    Write { records: Vec<Record>, now: Timestamp, done: oneshot::Sender<Result<(), StoreError>> },
    Outbox { done: oneshot::Sender<Result<Vec<KioskEvent>, StoreError>> },
    Events { count: usize, done: oneshot::Sender<Result<Vec<EventLine>, StoreError>> },
    ForgetDocuments { now: Timestamp, done: oneshot::Sender<Result<(), StoreError>> },
    Sent { ids: Vec<EventId>, done: oneshot::Sender<Result<usize, StoreError>> },
}

/// Opens the store (setting a damaged one aside) and starts its threads.
pub fn start(folder: PathBuf, seed: [u8; 8]) -> Result<(StoreHandle, Snapshot), StoreError> {
    let files = StoreFiles::in_folder(&folder)?;
    let lock = Arc::new(files.lock()?);
    let mut database = recovery::open(&files, seed)?;
    let snapshot = database.boot()?;
    let copies = copy::start(files, Arc::clone(&lock)).map_err(StoreError::Thread)?;
    let (jobs, mut receiver) = mpsc::unbounded_channel();
    let (length, outbox) = watch::channel(snapshot.outbox_length);
    let work = move || {
        let _lock = lock;
        while let Some(job) = receiver.blocking_recv() {
            carry_out(&mut database, &length, job);
        }
    };
    thread::Builder::new().name("store".into()).spawn(work).map_err(StoreError::Thread)?;
    Ok((StoreHandle { jobs, copies, outbox }, snapshot))
}

fn carry_out(database: &mut Database, length: &watch::Sender<usize>, job: Job) {
    match job {
        Job::Write { records, now, done } => {
            let result = database.write(&records, now);
            let facts = records.iter().filter(|it| matches!(it, Record::Outbox(_))).count();
            if result.is_ok() && facts > 0 {
                length.send_modify(|it| *it += facts);
            }
            // Whoever asked may be gone; what was written stays written.
            let _ = done.send(result);
        }
        Job::ForgetDocuments { now, done } => {
            let _ = done.send(database.forget_documents(now));
        }
        Job::Outbox { done } => {
            let _ = done.send(database.outbox(BATCH));
        }
        Job::Events { count, done } => {
            let _ = done.send(database.latest_events(count));
        }
        Job::Sent { ids, done } => {
            let result = database.forget_sent(&ids);
            if let Ok(left) = result {
                length.send_replace(left);
            }
            let _ = done.send(result);
        }
    }
}

impl StoreHandle {
    /// Writes records in one transaction; returns when they are on disk.
    pub async fn write(&self, records: Vec<Record>, now: Timestamp) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Write { records, now, done });
        answer.await.unwrap_or(Err(StoreError::Gone))
    }

    /// The oldest facts for the office.
    pub async fn outbox_batch(&self) -> Result<Vec<KioskEvent>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Outbox { done });
        answer.await.unwrap_or(Err(StoreError::Gone))
    }

    /// The latest lines of the event log, the last first.
    pub async fn latest_events(&self, count: usize) -> Result<Vec<EventLine>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Events { count, done });
        answer.await.unwrap_or(Err(StoreError::Gone))
    }

    /// Forgets facts that the office has; returns how many are left.
    pub async fn outbox_sent(&self, ids: Vec<EventId>) -> Result<usize, StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Sent { ids, done });
        answer.await.unwrap_or(Err(StoreError::Gone))
    }

    /// How many facts wait, followed as it changes.
    pub fn outbox_length(&self) -> watch::Receiver<usize> {
        self.outbox.clone()
    }

    /// Removes documents whose time is over and renews the copy, in the background.
    pub fn look_after(&self, now: Timestamp) {
        let store = self.clone();
        tokio::spawn(async move {
            if let Err(error) = store.forget_documents(now).await {
                tracing::error!(%error, "documents whose time is over were not removed");
            }
            store.copy().await;
        });
    }

    async fn forget_documents(&self, now: Timestamp) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.send(Job::ForgetDocuments { now, done });
        answer.await.unwrap_or(Err(StoreError::Gone))
    }

    /// Renews the copy that a damaged store is restored from; returns when that was tried.
    pub async fn copy(&self) {
        let (done, answer) = oneshot::channel();
        // A thread that is gone drops the job and with it the answer.
        let _ = self.copies.send(done);
        let _ = answer.await;
    }

    fn send(&self, job: Job) {
        // A thread that is gone drops the job, and its answer says so.
        let _ = self.jobs.send(job);
    }
}
