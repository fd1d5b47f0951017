//! What needs somebody of the staff now.

use jiff::{SignedDuration, Timestamp, civil::Date};
use wire::DeliveryState;

/// A kiosk asks for its feed at least every 25 s; after this long it is away.
pub const AWAY_AFTER: SignedDuration = SignedDuration::from_secs(90);

/// Whether a kiosk that was heard of at `seen`, if ever, is away.
pub fn is_away(seen: Option<Timestamp>, now: Timestamp) -> bool {
    seen.is_none_or(|seen| now.duration_since(seen) >= AWAY_AFTER)
}

/// Whether it waits in a compartment longer than it may.
pub fn is_overdue(state: DeliveryState, hold_until: Option<Date>, today: Date) -> bool {
    state == DeliveryState::InCompartment && hold_until.is_some_and(|date| date < today)
}

/// Whether a device that reported `state` needs a hand. Kiosks add states: one that is not known
/// to be well does.
pub fn device_needs_somebody(state: &str) -> bool {
    !matches!(
        state,
        "up" | "ready"
            | "ok"
            | "worked"
            | "armed"
            | "not_asked"
            | "nothing_came"
            | "not_empty"
            | "starting"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kiosk_is_away_when_it_missed_its_turn_or_was_never_heard_of() {
        let seen: Timestamp = "2026-11-24T23:40:00+08:00".parse().expect("a time");
        assert!(!is_away(Some(seen), seen + SignedDuration::from_secs(89)));
        assert!(is_away(Some(seen), seen + AWAY_AFTER));
        assert!(is_away(None, seen));
    }

    #[test]
    fn the_last_day_is_not_overdue_and_nothing_is_that_has_left() {
        let day: Date = "2026-11-24".parse().expect("a date");
        let next = day.tomorrow().expect("a day");
        assert!(!is_overdue(DeliveryState::InCompartment, Some(day), day));
        assert!(is_overdue(DeliveryState::InCompartment, Some(day), next));
        assert!(!is_overdue(DeliveryState::HandedOver, Some(day), next));
        assert!(!is_overdue(DeliveryState::InCompartment, None, next));
    }

    #[test]
    fn a_state_nobody_knows_is_looked_at() {
        assert!(!device_needs_somebody("ready"));
        assert!(device_needs_somebody("paper_near_end"));
        assert!(device_needs_somebody("on_fire"));
    }
}
