//! The hall's calendar: workdays, weekends, the State Council's holidays and make-up workdays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, Time, Weekday, time},
    tz::TimeZone,
};
use wire::{DayKind, DayPlan, LocalText};

/// The arrangements that are known to this version, one file a year.
const PUBLISHED: [&str; 2] =
    [include_str!("../data/holidays-cn-2025.json"), include_str!("../data/holidays-cn-2026.json")];

/// Days that are free in every year by the State Council's regulation on holidays (as amended in
/// 2024) and fall on fixed dates: month, first day, last day.
const FIXED: [(i8, i8, i8, &str); 3] =
    [(1, 1, 1, "元旦"), (5, 1, 2, "劳动节"), (10, 1, 3, "国庆节")];

/// One year's arrangement of holidays, as the State Council publishes it in the year before.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct YearArrangement {
    pub year: i16,
    /// Number or date of the notice.
    pub source: String,
    pub off: Vec<DaysOff>,
    pub make_up_workdays: Vec<Date>,
}

/// A holiday from its first to its last day.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct DaysOff {
    pub first: Date,
    pub last: Date,
    pub name: String,
}

/// Why an arrangement cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArrangementError {
    #[error("failed to read an arrangement of holidays: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("failed to use the arrangement of {year}: {date} is in another year")]
    OtherYear { year: i16, date: Date },
    #[error("failed to use the arrangement of {year}: {date} is both off and worked, or twice off")]
    Contradiction { year: i16, date: Date },
    #[error("failed to use the arrangement of {year}: {date} is worked and not on a weekend")]
    NotWeekend { year: i16, date: Date },
}

/// Opening hours as [from, to) pairs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hours {
    /// Workdays and make-up workdays.
    pub statutory: Vec<(Time, Time)>,
    /// Extended hours (延时服务) on workdays.
    pub extended_workday: Vec<(Time, Time)>,
    /// Extended hours on Saturdays that are neither holidays nor worked.
    pub extended_saturday: Vec<(Time, Time)>,
}

impl Default for Hours {
    fn default() -> Self {
        Self {
            statutory: vec![
                (time(9, 0, 0, 0), time(12, 0, 0, 0)),
                (time(13, 30, 0, 0), time(17, 0, 0, 0)),
            ],
            extended_workday: vec![(time(17, 30, 0, 0), time(19, 0, 0, 0))],
            extended_saturday: vec![(time(9, 0, 0, 0), time(12, 0, 0, 0))],
        }
    }
}

/// What is known about holidays, and the hall's hours.
#[derive(Clone, Debug)]
pub struct Calendar {
    hours: Hours,
    off: BTreeMap<Date, String>,
    worked: BTreeSet<Date>,
    years: BTreeSet<i16>,
}

impl Calendar {
    /// A calendar that knows no year yet: every day is provisional.
    pub fn empty(hours: Hours) -> Self {
        Self { hours, off: BTreeMap::new(), worked: BTreeSet::new(), years: BTreeSet::new() }
    }

    /// The years whose arrangement is published and comes with this version.
    pub fn published(hours: Hours) -> Self {
        PUBLISHED.iter().fold(Self::empty(hours), |calendar, text| {
            calendar.with_year(text).expect("the files that come with this version are tested")
        })
    }

    /// Adds a year's arrangement (JSON). A year that is already known is replaced.
    pub fn with_year(mut self, text: &str) -> Result<Self, ArrangementError> {
        let arrangement: YearArrangement = serde_json::from_str(text)?;
        let year = arrangement.year;
        self.off.retain(|date, _| date.year() != year);
        self.worked.retain(|date| date.year() != year);
        for holiday in &arrangement.off {
            let days = holiday.first.series(1.day()).take_while(|date| *date <= holiday.last);
            for date in days.take(366) {
                in_year(year, date)?;
                if self.off.insert(date, holiday.name.clone()).is_some() {
                    return Err(ArrangementError::Contradiction { year, date });
                }
            }
        }
        for date in arrangement.make_up_workdays {
            in_year(year, date)?;
            if self.off.contains_key(&date) || !self.worked.insert(date) {
                return Err(ArrangementError::Contradiction { year, date });
            }
            if !is_weekend(date) {
                return Err(ArrangementError::NotWeekend { year, date });
            }
        }
        self.years.insert(year);
        Ok(self)
    }

    /// What the hall does on `date`.
    pub fn day(&self, date: Date) -> DayPlan {
        let provisional = !self.years.contains(&date.year());
        let holiday =
            if provisional { fixed_holiday(date) } else { self.off.get(&date).map(String::as_str) };
        let kind = if holiday.is_some() {
            DayKind::Holiday
        } else if self.worked.contains(&date) {
            DayKind::MakeUpWorkday
        } else if is_weekend(date) {
            DayKind::Weekend
        } else {
            DayKind::Workday
        };
        let open = matches!(kind, DayKind::Workday | DayKind::MakeUpWorkday);
        let saturday = kind == DayKind::Weekend && date.weekday() == Weekday::Saturday;
        DayPlan {
            date,
            kind,
            provisional,
            holiday: holiday.map(holiday_name),
            hours: if open { self.hours.statutory.clone() } else { Vec::new() },
            extended: match (open, saturday) {
                (true, _) => self.hours.extended_workday.clone(),
                (false, true) => self.hours.extended_saturday.clone(),
                (false, false) => Vec::new(),
            },
        }
    }

    /// `count` days from `first` on, without gaps.
    pub fn days(&self, first: Date, count: usize) -> Vec<DayPlan> {
        first.series(1.day()).take(count).map(|date| self.day(date)).collect()
    }

    /// The workday that lies `workdays` workdays after `from` (承诺办结).
    pub fn after_workdays(&self, from: Date, workdays: u16) -> Date {
        from.series(1.day())
            .skip(1)
            .filter(|date| !self.day(*date).hours.is_empty())
            .nth(usize::from(workdays.max(1)) - 1)
            .unwrap_or(Date::MAX)
    }
}

/// The day of the hall at `now`: it changes at `day_change_hour`, not at midnight.
pub fn hall_day(now: Timestamp, zone: &TimeZone, day_change_hour: u8) -> Date {
    let shift = SignedDuration::from_hours(i64::from(day_change_hour));
    zone.to_datetime(now.checked_sub(shift).unwrap_or(Timestamp::MIN)).date()
}

fn in_year(year: i16, date: Date) -> Result<(), ArrangementError> {
    if date.year() == year { Ok(()) } else { Err(ArrangementError::OtherYear { year, date }) }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn fixed_holiday(date: Date) -> Option<&'static str> {
    FIXED
        .iter()
        .find(|(month, first, last, _)| {
            date.month() == *month && (*first..=*last).contains(&date.day())
        })
        .map(|(_, _, _, name)| *name)
}

fn holiday_name(zh: &str) -> LocalText {
    let english = |part: &str| match part {
        "元旦" => Some("New Year's Day"),
        "春节" => Some("Spring Festival"),
        "清明节" => Some("Qingming Festival"),
        "劳动节" => Some("Labour Day"),
        "端午节" => Some("Dragon Boat Festival"),
        "中秋节" => Some("Mid-Autumn Festival"),
        "国庆节" => Some("National Day"),
        _ => None,
    };
    match zh.split('、').map(english).collect::<Option<Vec<_>>>() {
        Some(parts) => LocalText::zh_en(zh, parts.join(" and ")),
        None => LocalText::zh(zh),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn kind(year: i16, month: i8, day: i8) -> DayKind {
        Calendar::published(Hours::default()).day(date(year, month, day)).kind
    }

    #[test]
    fn both_published_years_say_what_the_notices_say() {
        for (year, month, day, expected) in [
            (2025, 1, 1, DayKind::Holiday),
            (2025, 1, 26, DayKind::MakeUpWorkday),
            (2025, 1, 27, DayKind::Workday),
            (2025, 1, 28, DayKind::Holiday),
            (2025, 2, 4, DayKind::Holiday),
            (2025, 2, 5, DayKind::Workday),
            (2025, 2, 8, DayKind::MakeUpWorkday),
            (2025, 9, 28, DayKind::MakeUpWorkday),
            (2025, 10, 8, DayKind::Holiday),
            (2025, 10, 11, DayKind::MakeUpWorkday),
            (2025, 10, 12, DayKind::Weekend),
            (2026, 1, 3, DayKind::Holiday),
            (2026, 1, 4, DayKind::MakeUpWorkday),
            (2026, 2, 14, DayKind::MakeUpWorkday),
            (2026, 2, 15, DayKind::Holiday),
            (2026, 2, 23, DayKind::Holiday),
            (2026, 2, 28, DayKind::MakeUpWorkday),
            (2026, 9, 20, DayKind::MakeUpWorkday),
            (2026, 9, 27, DayKind::Holiday),
            (2026, 10, 7, DayKind::Holiday),
            (2026, 10, 10, DayKind::MakeUpWorkday),
            (2026, 11, 26, DayKind::Workday),
            (2026, 11, 28, DayKind::Weekend),
        ] {
            assert_eq!(kind(year, month, day), expected, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn a_make_up_workday_has_a_workdays_hours() {
        let calendar = Calendar::published(Hours::default());
        let worked = calendar.day(date(2026, 10, 10));
        assert_eq!(worked.hours, calendar.day(date(2026, 10, 12)).hours);
        assert_eq!(worked.extended, Hours::default().extended_workday);
        assert!(!worked.provisional);
    }

    #[test]
    fn a_holiday_has_no_hours_and_a_name() {
        let day = Calendar::published(Hours::default()).day(date(2025, 10, 6));
        assert!(day.hours.is_empty() && day.extended.is_empty());
        let name = day.holiday.expect("it is a holiday");
        assert_eq!(name.in_language("zh-CN"), "国庆节、中秋节");
        assert_eq!(name.in_language("en"), "National Day and Mid-Autumn Festival");
    }

    #[test]
    fn saturdays_have_an_extended_morning_and_sundays_nothing() {
        let calendar = Calendar::published(Hours::default());
        let saturday = calendar.day(date(2026, 11, 28));
        assert!(saturday.hours.is_empty());
        assert_eq!(saturday.extended, Hours::default().extended_saturday);
        let sunday = calendar.day(date(2026, 11, 29));
        assert!(sunday.hours.is_empty() && sunday.extended.is_empty());
    }

    #[test]
    fn a_year_without_a_file_is_provisional_and_knows_the_fixed_days() {
        let calendar = Calendar::published(Hours::default());
        let new_year = calendar.day(date(2027, 1, 1));
        assert_eq!((new_year.kind, new_year.provisional), (DayKind::Holiday, true));
        let monday = calendar.day(date(2027, 1, 4));
        assert_eq!((monday.kind, monday.provisional), (DayKind::Workday, true));
        assert!(!calendar.day(date(2026, 12, 31)).provisional);
    }

    #[test]
    fn an_arrangement_that_contradicts_itself_is_refused() {
        let read = |text: &str| Calendar::empty(Hours::default()).with_year(text).err();
        let twice = r#"{"year":2027,"source":"","off":[{"first":"2027-01-01","last":"2027-01-03",
            "name":"元旦"}],"make_up_workdays":["2027-01-02"]}"#;
        assert!(matches!(read(twice), Some(ArrangementError::Contradiction { .. })));
        let other = twice.replace("2027-01-02", "2028-01-02");
        assert!(matches!(read(&other), Some(ArrangementError::OtherYear { .. })));
        let weekday = twice.replace("\"2027-01-02\"", "\"2027-01-05\"");
        assert!(matches!(read(&weekday), Some(ArrangementError::NotWeekend { .. })));
        assert!(matches!(read("{"), Some(ArrangementError::Malformed(_))));
    }

    #[test]
    fn the_halls_day_changes_at_four_in_the_morning() {
        let zone = TimeZone::get("Asia/Shanghai").expect("the zone database is built in");
        let at = |text: &str| hall_day(text.parse().expect("a time"), &zone, 4);
        assert_eq!(at("2026-11-24T23:40:00+08:00"), date(2026, 11, 24));
        assert_eq!(at("2026-11-25T00:10:00+08:00"), date(2026, 11, 24));
        assert_eq!(at("2026-11-25T03:59:59+08:00"), date(2026, 11, 24));
        assert_eq!(at("2026-11-25T04:00:00+08:00"), date(2026, 11, 25));
    }

    #[test]
    fn promised_days_count_workdays_only() {
        let calendar = Calendar::published(Hours::default());
        assert_eq!(calendar.after_workdays(date(2026, 9, 30), 1), date(2026, 10, 8));
        assert_eq!(calendar.after_workdays(date(2026, 9, 30), 3), date(2026, 10, 10));
        assert_eq!(calendar.after_workdays(date(2026, 11, 20), 5), date(2026, 11, 27));
    }
}
