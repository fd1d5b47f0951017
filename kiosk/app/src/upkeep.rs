//! When the store is looked after: at the start, and then in quiet moments.

use std::time::Duration;

/// The kiosk is quiet when nobody was served for so long.
const QUIET: Duration = Duration::from_secs(2 * 60);
/// Not more often than this.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Decides when upkeep is due. Times are uptimes.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    at_rest_since: Option<Duration>,
    last: Duration,
}

impl Upkeep {
    /// Whether it is due now; if so, it counts as done.
    pub(crate) fn due(&mut self, at_rest: bool, uptime: Duration) -> bool {
        if !at_rest {
            self.at_rest_since = None;
            return false;
        }
        let since = *self.at_rest_since.get_or_insert(uptime);
        let due = uptime >= since + QUIET && uptime >= self.last + EVERY;
        if due {
            self.last = uptime;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_an_hour_and_only_when_nobody_was_there_for_a_while() {
        let mut upkeep = Upkeep::default();
        let mut due = |at_rest, minute: u64| upkeep.due(at_rest, Duration::from_secs(60 * minute));
        assert!(!due(true, 0), "the start has its own");
        assert!(!due(true, 59));
        assert!(!due(false, 60), "somebody is there");
        assert!(!due(true, 61));
        assert!(!due(true, 62));
        assert!(due(true, 63));
        assert!(!due(true, 64));
        assert!(!due(true, 122));
        assert!(due(true, 123));
    }
}
