//! The files of a store, and the steps that put one in place of another whole or not at all.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// What SQLite may keep beside a file, the file itself first: what a `-wal` holds belongs to it.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// The files of a store.
#[derive(Clone, Debug)]
pub struct StoreFiles {
    pub main: PathBuf,
    /// The last copy that was taken of a store found well.
    pub copy: PathBuf,
    folder: PathBuf,
}

/// While it lives nobody else opens the store of this folder for writing.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

impl StoreFiles {
    /// The store of a data folder, which is made when it is missing.
    pub fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| StoreError::from(error).at(folder))?;
        let folder = folder.to_owned();
        Ok(Self { main: folder.join("kiosk.db"), copy: folder.join("kiosk.copy.db"), folder })
    }

    /// The store that lies in a folder; none is made.
    pub fn of_existing(folder: &Path) -> Option<Self> {
        let main = folder.join("kiosk.db");
        let copy = folder.join("kiosk.copy.db");
        main.exists().then(|| Self { main, copy, folder: folder.to_owned() })
    }

    /// Takes the folder for this process; the system gives it back when the process ends.
    pub fn lock(&self) -> Result<StoreLock, StoreError> {
        let path = self.folder.join("kiosk.lock");
        let opened = File::options().create(true).write(true).truncate(false).open(&path);
        let file = opened.map_err(|error| StoreError::from(error).at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(StoreLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { folder: self.folder.clone() }),
            Err(TryLockError::Error(error)) => Err(StoreError::from(error).at(&path)),
        }
    }

    /// Where a store is made ready before it is put in place.
    pub(super) fn fresh(&self) -> PathBuf {
        self.folder.join("kiosk.new.db")
    }

    /// Whether there is anything in the place of the store.
    pub(super) fn in_place(&self) -> bool {
        PARTS.iter().any(|part| with(&self.main, part).exists())
    }

    /// Whether this folder never held a store.
    pub(super) fn untouched(&self) -> bool {
        !self.in_place() && !self.copy.exists() && self.last_set_aside().is_none()
    }

    /// Name of the file that was set aside last.
    pub(super) fn last_set_aside(&self) -> Option<String> {
        (1..self.free_number()).last().map(set_aside_name)
    }

    /// The name under which a store would be set aside now.
    pub(super) fn next_set_aside(&self) -> String {
        set_aside_name(self.free_number())
    }

    fn free_number(&self) -> u32 {
        let free = |n: &u32| {
            let path = self.folder.join(set_aside_name(*n));
            PARTS.iter().all(|part| !with(&path, part).exists())
        };
        (1..).find(free).expect("there are always free numbers")
    }

    /// Moves a store and what SQLite keeps beside it out of the way.
    pub(super) fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        for part in PARTS {
            let from = with(&self.main, part);
            if from.exists() {
                fs::rename(from, with(&self.folder.join(name), part))?;
            }
        }
        sync_folder(&self.main)
    }
}

fn set_aside_name(number: u32) -> String {
    format!("kiosk.db.damaged-{number}")
}

/// The path of something that lies beside a file: its name with an ending.
pub(super) fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Removes a file and what SQLite left beside it.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    for part in PARTS {
        let path = with(path, part);
        if path.exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Puts a file that is ready, and that nobody has open, in place of another in one step.
pub(super) fn publish(fresh: &Path, place: &Path) -> Result<(), StoreError> {
    File::open(fresh)?.sync_all()?;
    fs::rename(fresh, place)?;
    sync_folder(place)
}

fn sync_folder(of: &Path) -> Result<(), StoreError> {
    let folder = of.parent().filter(|it| !it.as_os_str().is_empty());
    Ok(File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?)
}
