//! A file that exists while nobody would notice a restart, for whoever installs updates.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Nobody was there for so long.
const QUIET: Duration = Duration::from_secs(10 * 60);

/// Keeps the file true. Times are uptimes.
#[derive(Debug, Default)]
pub struct QuietSign {
    path: Option<PathBuf>,
    at_rest_since: Option<Duration>,
    /// What the file says now; none where nobody knows what a former process left.
    shown: Option<bool>,
}

impl QuietSign {
    /// Without a path nobody is told.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, ..Self::default() }
    }

    /// Call it whenever something may have changed.
    pub(crate) fn note(&mut self, at_rest: bool, uptime: Duration) {
        let since = match (at_rest, self.at_rest_since) {
            (true, since) => Some(since.unwrap_or(uptime)),
            (false, _) => None,
        };
        self.at_rest_since = since;
        let quiet = since.is_some_and(|it| uptime >= it + QUIET);
        let Some(path) = &self.path else { return };
        if self.shown.replace(quiet) == Some(quiet) {
            return;
        }
        let done = match quiet {
            true => File::create(path).map(drop),
            false => fs::remove_file(path).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
        };
        if let Err(error) = done {
            tracing::error!(%error, quiet, "failed to tell whether a restart would disturb");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_there_while_nobody_was_there_for_ten_minutes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("quiet");
        fs::write(&path, "").expect("a former process left it");
        let mut sign = QuietSign::new(Some(path.clone()));
        let mut note = |at_rest, minute: u64| {
            sign.note(at_rest, Duration::from_secs(60 * minute));
            path.exists()
        };
        assert!(!note(true, 0));
        assert!(!note(true, 9));
        assert!(note(true, 10));
        assert!(note(true, 30));
        assert!(!note(false, 31), "somebody came");
        assert!(!note(true, 32));
        assert!(!note(true, 41));
        assert!(note(true, 42));
    }
}
