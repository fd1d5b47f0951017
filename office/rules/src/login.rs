//! How long somebody stays logged in on the staff pages: computers at windows are shared.

use jiff::{SignedDuration, Timestamp};

/// A session ends after this long without a page.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// And after this long whatever happens: a shift.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(8);

/// When a session that began at `begun` and is used at `now` ends if nothing more happens.
pub fn ends(begun: Timestamp, now: Timestamp) -> Timestamp {
    let latest = begun.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    now.checked_add(IDLE).map_or(latest, |idle| idle.min(latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_moves_the_end_but_never_past_the_shift() {
        let begun: Timestamp = "2026-11-24T08:30:00+08:00".parse().expect("a time");
        let after = |minutes| ends(begun, begun + SignedDuration::from_mins(minutes));
        assert_eq!(after(0), begun + SignedDuration::from_mins(30));
        assert_eq!(after(29), begun + SignedDuration::from_mins(59));
        assert_eq!(after(7 * 60 + 29), begun + SignedDuration::from_mins(7 * 60 + 59));
        assert_eq!(after(7 * 60 + 45), begun + LONGEST);
        assert_eq!(after(9 * 60), begun + LONGEST);
    }

    #[test]
    fn the_end_of_time_is_no_trouble() {
        assert_eq!(ends(Timestamp::MAX, Timestamp::MAX), Timestamp::MAX);
    }
}
