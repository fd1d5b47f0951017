//! USB sticks with an invitation on them, as the office's `office invite --to` writes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use hall24_qmp::stick::{self, StickError};

/// What the kiosk looks for on a stick.
const FILE: &str = "hall24-enrol.toml";

/// Sticks, each a file of its own in a folder.
pub(crate) struct Sticks {
    folder: PathBuf,
    made: AtomicU32,
}

impl Sticks {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), made: AtomicU32::new(0) }
    }

    /// Makes a new one that says this.
    pub(crate) fn with(&self, invitation: &str) -> Result<PathBuf, StickError> {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let file = self.folder.join(FILE);
        fs::write(&file, invitation)?;
        let path = self.folder.join(format!("stick-{number}.img"));
        stick::write(&path, &file, FILE)?;
        Ok(path)
    }
}
