//! Slots: half hours of a window type, with as many places as windows are staffed.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use wire::{DayPlan, Slot, SlotId};

/// Length of every slot.
pub const SLOT_MINUTES: u16 = 30;
/// How far ahead of the hall's day a slot may be booked, today included.
pub const BOOKABLE_DAYS: usize = 30;

/// How many places a window type offers in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// In statutory hours.
    pub statutory: u16,
    /// In extended hours; 0 where the window type is closed then.
    pub extended: u16,
}

/// A slot that may be offered, before anybody took a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotPlan {
    pub id: SlotId,
    pub date: Date,
    pub starts: Time,
    pub capacity: u16,
    pub extended: bool,
}

impl SlotPlan {
    /// When it begins.
    pub fn begins_at(&self, zone: &TimeZone) -> Timestamp {
        begins_at(self.date, self.starts, zone)
    }

    /// The slot as a kiosk sees it when `taken` places are gone.
    pub fn with_taken(&self, taken: u16) -> Slot {
        Slot {
            id: self.id.clone(),
            date: self.date,
            starts: self.starts,
            minutes: SLOT_MINUTES,
            capacity: self.capacity,
            left: self.capacity.saturating_sub(taken),
            extended: self.extended,
        }
    }
}

/// All slots of a window type on a day, in order of time. A slot ends within its hours.
pub fn slots_of_day(window_type: &str, day: &DayPlan, capacity: Capacity) -> Vec<SlotPlan> {
    let of = |hours: &[(Time, Time)], capacity: u16, extended: bool| {
        hours
            .iter()
            .flat_map(|(from, to)| starts_between(*from, *to))
            .filter(|_| capacity > 0)
            .map(|starts| SlotPlan {
                id: slot_id(window_type, day.date, starts),
                date: day.date,
                starts,
                capacity,
                extended,
            })
            .collect::<Vec<_>>()
    };
    let mut slots = of(&day.hours, capacity.statutory, false);
    slots.extend(of(&day.extended, capacity.extended, true));
    slots.sort_by_key(|it| it.starts);
    slots.dedup_by_key(|it| it.starts);
    slots
}

/// When a slot begins.
pub fn begins_at(date: Date, starts: Time, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(DateTime::from_parts(date, starts))
        .compatible()
        .unwrap_or(Timestamp::MAX)
}

/// The window type and date that a slot's id names.
pub fn parse_slot_id(id: &SlotId) -> Option<(&str, Date)> {
    let mut parts = id.as_str().rsplitn(3, '_');
    parts.next()?;
    let date = parts.next()?.parse().ok()?;
    Some((parts.next()?, date))
}

fn slot_id(window_type: &str, date: Date, starts: Time) -> SlotId {
    SlotId(format!("{window_type}_{date}_{:02}{:02}", starts.hour(), starts.minute()))
}

fn starts_between(from: Time, to: Time) -> impl Iterator<Item = Time> {
    let length = i64::from(SLOT_MINUTES).minutes();
    from.series(length).take_while(move |starts| {
        starts.checked_add(length).is_ok_and(|ends| *starts < to && ends <= to)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::{Calendar, Hours};

    const CAPACITY: Capacity = Capacity { statutory: 4, extended: 2 };

    fn workday() -> DayPlan {
        Calendar::published(Hours::default()).day(date(2026, 11, 26))
    }

    #[test]
    fn a_workday_has_thirteen_statutory_and_three_extended_slots() {
        let slots = slots_of_day("general", &workday(), CAPACITY);
        assert_eq!(slots.iter().filter(|it| !it.extended).count(), 13);
        assert_eq!(slots.iter().filter(|it| it.extended).count(), 3);
        assert_eq!(slots[0].starts, time(9, 0, 0, 0));
        assert_eq!(slots[0].id.as_str(), "general_2026-11-26_0900");
        assert_eq!(slots.last().map(|it| it.starts), Some(time(18, 30, 0, 0)));
    }

    #[test]
    fn a_window_type_without_extended_staff_offers_no_extended_slots() {
        let slots = slots_of_day("policy", &workday(), Capacity { statutory: 1, extended: 0 });
        assert!(slots.iter().all(|it| !it.extended));
    }

    #[test]
    fn the_id_names_window_type_and_date() {
        let slot = &slots_of_day("cross_province", &workday(), CAPACITY)[0];
        assert_eq!(parse_slot_id(&slot.id), Some(("cross_province", date(2026, 11, 26))));
        for wrong in ["", "general", "general_2026-13-01_0900", "general_0900"] {
            assert_eq!(parse_slot_id(&SlotId::from(wrong)), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn slots_never_overlap_nor_leave_their_hours(
            from_minute in 0u16..1440, length_min in 0u16..1440, extended_min in 0u16..600,
        ) {
            let clock = |minute: u16| {
                let minute = minute.min(1439);
                time((minute / 60) as i8, (minute % 60) as i8, 0, 0)
            };
            let (from, to) = (clock(from_minute), clock(from_minute + length_min));
            let late = clock(from_minute + length_min + extended_min);
            let day = DayPlan { hours: vec![(from, to)], extended: vec![(to, late)], ..workday() };
            let slots = slots_of_day("general", &day, CAPACITY);
            for pair in slots.windows(2) {
                prop_assert!(pair[0].starts + 30.minutes() <= pair[1].starts);
            }
            for slot in slots {
                let (first, last) = if slot.extended { (to, late) } else { (from, to) };
                prop_assert!(slot.starts >= first);
                prop_assert!(slot.starts + 30.minutes() <= last);
            }
        }

        #[test]
        fn left_is_never_more_than_capacity_nor_wraps(taken in 0u16..=u16::MAX) {
            let slot = slots_of_day("general", &workday(), CAPACITY)[0].with_taken(taken);
            prop_assert!(slot.left <= slot.capacity);
            prop_assert_eq!(slot.left == 0, taken >= slot.capacity);
        }
    }
}
