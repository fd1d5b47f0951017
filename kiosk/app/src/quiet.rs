//! A file that exists while nobody would notice a restart, for whoever installs updates.

use std::time::Duration;

use crate::sign::Sign;

/// Nobody was there for so long.
const QUIET: Duration = Duration::from_secs(10 * 60);

/// Keeps the file true. Times are uptimes.
#[derive(Debug, Default)]
pub struct QuietSign {
    sign: Sign,
    at_rest_since: Option<Duration>,
}

impl QuietSign {
    pub fn new(sign: Sign) -> Self {
        Self { sign, at_rest_since: None }
    }

    /// Call it whenever something may have changed.
    pub(crate) fn note(&mut self, at_rest: bool, uptime: Duration) {
        let since = match (at_rest, self.at_rest_since) {
            (true, since) => Some(since.unwrap_or(uptime)),
            (false, _) => None,
        };
        self.at_rest_since = since;
        self.sign.note(since.is_some_and(|it| uptime >= it + QUIET));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_file_is_there_while_nobody_was_there_for_ten_minutes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("quiet");
        fs::write(&path, "").expect("a former process left it");
        let mut sign = QuietSign::new(Sign::new(Some(path.clone()), String::new()));
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
