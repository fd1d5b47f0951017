//! Copies of the store: made through a connection of their own, verified before they count.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::database::Database;
use super::error::StoreError;
use super::files::{self, StoreFiles, StoreLock};
use super::recovery::verify_file;

/// Asks for a copy; told when it was tried.
pub(super) type CopyJob = oneshot::Sender<()>;

/// Starts the thread that makes the copies, so that writes need not wait for them. It ends with the
/// last sender.
pub(super) fn start(
    files: StoreFiles,
    lock: Arc<StoreLock>,
) -> Result<mpsc::UnboundedSender<CopyJob>, io::Error> {
    let (jobs, mut receiver) = mpsc::unbounded_channel::<CopyJob>();
    let work = move || {
        let _lock = lock;
        while let Some(done) = receiver.blocking_recv() {
            if let Err(error) = copy(&files.main, &files.copy) {
                let file = files.copy.display();
                tracing::warn!(%error, %file, "the store was not copied; the former copy stays");
            }
            // Whoever asked may not wait for it.
            let _ = done.send(());
        }
    };
    thread::Builder::new().name("store-copy".into()).spawn(work)?;
    Ok(jobs)
}

/// Writes a verified copy, without documents, in place of the former one, which stays until then. The
/// store may be in use: its writes go on.
pub fn copy(store: &Path, place: &Path) -> Result<(), StoreError> {
    let fresh = files::with(place, ".new");
    files::remove(&fresh)?;
    Database::open_read_only(store)?.copy_into(&fresh)?;
    let copied = Database::open(&fresh)?;
    copied.remove_documents()?;
    copied.into_one_file()?;
    verify_file(&fresh)?;
    files::publish(&fresh, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;
    use jiff::Timestamp;
    use std::fs;

    #[tokio::test]
    async fn a_copy_that_cannot_be_made_stops_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, _) = store::start(folder.path().to_owned(), [7; 8]).expect("a store");
        // Something that cannot be replaced stands where the copy belongs.
        fs::create_dir_all(folder.path().join("kiosk.copy.db/x")).expect("a folder");
        store.copy().await;
        store.write(vec![], Timestamp::UNIX_EPOCH).await.expect("the store works on");
    }

    /// What cannot be read is worth less than the former copy.
    #[test]
    fn a_copy_that_is_not_well_leaves_the_former_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = StoreFiles::in_folder(folder.path()).expect("a folder");
        drop(Database::create(&files.main, [7; 8]).expect("a store"));
        copy(&files.main, &files.copy).expect("a copy");
        let before = fs::read(&files.copy).expect("it is there");
        let forger = rusqlite::Connection::open(&files.main).expect("SQLite opens it");
        forger.execute_batch("INSERT INTO locks VALUES ('x', 'rubbish')").expect("a forger can");
        assert!(copy(&files.main, &files.copy).expect_err("it is not well").is_damage());
        assert_eq!(fs::read(&files.copy).expect("it is there"), before);
    }
}
