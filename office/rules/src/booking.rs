//! Holds and appointments: what may be asked when.

use jiff::{SignedDuration, Timestamp, civil::Date};
use wire::AppointmentState;

/// How long a place is kept while the person reads and confirms.
pub const HOLD: SignedDuration = SignedDuration::from_mins(5);
/// Places that one person may keep at the same time: the one they look at and the one before.
pub const HOLDS_PER_PERSON: u32 = 2;
/// An appointment that nobody came to is missed this long after its slot began.
pub const MISSED_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// Why an appointment stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    #[error("the slot has begun")]
    Begun,
    #[error("the appointment is no longer open")]
    NotOpen,
}

/// Whether a place may still be taken in a slot that begins at `begins_at`.
pub fn may_hold(begins_at: Timestamp, now: Timestamp) -> bool {
    now < begins_at
}

/// Whether a hold still stands at `now`.
pub fn hold_stands(expires_at: Timestamp, now: Timestamp) -> bool {
    now < expires_at
}

/// An appointment may be moved or cancelled while it is booked and its slot has not begun.
pub fn may_change(
    state: AppointmentState,
    begins_at: Timestamp,
    now: Timestamp,
) -> Result<(), ChangeRefused> {
    if state != AppointmentState::Booked {
        return Err(ChangeRefused::NotOpen);
    }
    if now < begins_at { Ok(()) } else { Err(ChangeRefused::Begun) }
}

/// The short number on the slip: day of the appointment and its running number on that day.
pub fn appointment_number(date: Date, running: u32) -> String {
    format!("Y{:02}{:02}-{running:04}", date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_hold_ends_exactly_when_it_says() {
        let end = Timestamp::UNIX_EPOCH + HOLD;
        assert!(hold_stands(end, end - SignedDuration::from_nanos(1)));
        assert!(!hold_stands(end, end));
    }

    #[test]
    fn only_a_booked_appointment_before_its_slot_changes() {
        let begins = Timestamp::UNIX_EPOCH;
        let before = begins - SignedDuration::from_secs(1);
        assert_eq!(may_change(AppointmentState::Booked, begins, before), Ok(()));
        assert_eq!(may_change(AppointmentState::Booked, begins, begins), Err(ChangeRefused::Begun));
        for state in
            [AppointmentState::Cancelled, AppointmentState::CheckedIn, AppointmentState::Missed]
        {
            assert_eq!(may_change(state, begins, before), Err(ChangeRefused::NotOpen));
        }
    }

    #[test]
    fn the_number_tells_the_day() {
        assert_eq!(appointment_number(date(2026, 11, 26), 7), "Y1126-0007");
    }
}
