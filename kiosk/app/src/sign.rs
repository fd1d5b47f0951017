//! A file that exists while something is so, for programs that cannot ask.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::whole::{self, Readers};

/// Keeps one such file true.
#[derive(Debug, Default)]
pub struct Sign {
    path: Option<PathBuf>,
    content: String,
    /// What the file says now; none where nobody knows what a former process left.
    shown: Option<bool>,
}

impl Sign {
    /// A file with this content. Without a path nobody is told.
    pub fn new(path: Option<PathBuf>, content: String) -> Self {
        Self { path, content, shown: None }
    }

    /// Call it whenever something may have changed.
    pub(crate) fn note(&mut self, holds: bool) {
        let Some(path) = &self.path else { return };
        if self.shown == Some(holds) {
            return;
        }
        let done = match holds {
            true => whole::put(path, self.content.as_bytes(), Readers::Everybody),
            false => fs::remove_file(path).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
        };
        match done {
            Ok(()) => self.shown = Some(holds),
            // It is tried again at the next event.
            Err(error) => {
                tracing::error!(%error, path = %path.display(), holds, "a sign cannot be set");
            }
        }
    }
}
