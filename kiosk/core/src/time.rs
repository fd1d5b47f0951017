//! Time as a hall counts it: Asia/Shanghai, with a day that begins in the small hours.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A moment in the hall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HallTime {
    pub civil: DateTime,
    /// The day of the hall: at 02:00 it is still the day before.
    pub day: Date,
}

impl HallTime {
    pub fn new(at: Timestamp, day_change_hour: u8) -> Self {
        let civil = in_hall(at);
        let back = SignedDuration::from_hours(i64::from(day_change_hour));
        Self { civil, day: civil.saturating_sub(back).date() }
    }
}

/// Wall-clock time in China, which has had one zone and no summer time since 1992.
pub fn in_hall(at: Timestamp) -> DateTime {
    TimeZone::fixed(Offset::constant(8)).to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_the_hall_changes_at_its_hour() {
        let at = |text: &str| HallTime::new(text.parse().expect("a time"), 4);
        assert_eq!(at("2026-11-23T15:40:00Z").civil.to_string(), "2026-11-23T23:40:00");
        assert_eq!(at("2026-11-23T19:59:59Z").day.to_string(), "2026-11-23");
        assert_eq!(at("2026-11-23T20:00:00Z").day.to_string(), "2026-11-24");
    }
}
