//! Which touches count: no doubled keys, no touch that was meant for the screen before.

use std::time::Duration;

use kiosk_core::{action::Action, screen::ScreenName};

/// How long the same element stays deaf after it was touched.
pub const SAME_ELEMENT: Duration = Duration::from_millis(500);
/// How long a new screen stays deaf.
pub const AFTER_SCREEN_CHANGE: Duration = Duration::from_millis(300);

/// Remembers what was touched last. Pure: the time is handed in, counted from any fixed moment.
#[derive(Debug, Default)]
pub struct TouchGuard {
    screen: Option<ScreenName>,
    deaf_until: Duration,
    pressed: Option<Action>,
    last: Option<(Action, Duration)>,
}

impl TouchGuard {
    /// A screen is shown; a new name makes it deaf for a moment and forgets a finger still down.
    pub fn screen_shown(&mut self, name: ScreenName, now: Duration) {
        if self.screen == Some(name) {
            return;
        }
        // The very first screen has no finger of a former one on it.
        if self.screen.is_some() {
            self.deaf_until = now + AFTER_SCREEN_CHANGE;
        }
        self.screen = Some(name);
        self.pressed = None;
        self.last = None;
    }

    /// A finger went down on an element.
    pub fn pressed(&mut self, action: &Action, now: Duration) {
        self.pressed = (now >= self.deaf_until).then(|| action.clone());
    }

    /// The finger went up inside the same element; whether that counts.
    pub fn released(&mut self, action: &Action, now: Duration) -> bool {
        self.pressed.take().as_ref() == Some(action) && self.accept(action, now)
    }

    /// The element was activated without a finger (keyboard, screen reader); whether that counts.
    pub fn activated(&mut self, action: &Action, now: Duration) -> bool {
        self.accept(action, now)
    }

    fn accept(&mut self, action: &Action, now: Duration) -> bool {
        if now < self.deaf_until {
            return false;
        }
        let doubled = self
            .last
            .as_ref()
            .is_some_and(|(last, at)| last == action && now.saturating_sub(*at) < SAME_ELEMENT);
        if !doubled {
            self.last = Some((action.clone(), now));
        }
        !doubled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    fn tap(guard: &mut TouchGuard, action: &Action, at_ms: u64) -> bool {
        guard.pressed(action, ms(at_ms));
        guard.released(action, ms(at_ms + 40))
    }

    #[test]
    fn the_same_digit_counts_again_only_after_half_a_second() {
        let mut guard = TouchGuard::default();
        guard.screen_shown(ScreenName::PickupCode, ms(0));
        assert!(tap(&mut guard, &Action::Digit(4), 1000));
        assert!(!tap(&mut guard, &Action::Digit(4), 1300));
        assert!(tap(&mut guard, &Action::Digit(7), 1350));
        assert!(tap(&mut guard, &Action::Digit(4), 1400));
        assert!(tap(&mut guard, &Action::Digit(4), 1900));
    }

    #[test]
    fn a_new_screen_swallows_what_was_meant_for_the_old_one() {
        let mut guard = TouchGuard::default();
        guard.screen_shown(ScreenName::Home, ms(0));
        guard.screen_shown(ScreenName::Progress, ms(1000));
        assert!(!tap(&mut guard, &Action::Back, 1100));
        // Down while deaf, up afterwards: still meant for the old screen.
        assert!(!tap(&mut guard, &Action::Back, 1290));
        assert!(tap(&mut guard, &Action::Back, 1300));
    }

    #[test]
    fn a_finger_down_across_a_change_of_screens_does_nothing() {
        let mut guard = TouchGuard::default();
        guard.screen_shown(ScreenName::Home, ms(0));
        guard.pressed(&Action::OpenPickup, ms(900));
        guard.screen_shown(ScreenName::Pickup, ms(1000));
        assert!(!guard.released(&Action::OpenPickup, ms(2000)));
    }

    #[test]
    fn the_same_screen_drawn_again_stays_awake() {
        let mut guard = TouchGuard::default();
        guard.screen_shown(ScreenName::PickupCode, ms(0));
        assert!(tap(&mut guard, &Action::Digit(1), 1000));
        guard.screen_shown(ScreenName::PickupCode, ms(1050));
        assert!(tap(&mut guard, &Action::Digit(2), 1100));
    }

    #[test]
    fn up_on_another_element_than_down_does_nothing() {
        let mut guard = TouchGuard::default();
        guard.screen_shown(ScreenName::Home, ms(0));
        guard.pressed(&Action::OpenPickup, ms(900));
        assert!(!guard.released(&Action::OpenProgress, ms(950)));
        assert!(!guard.released(&Action::OpenPickup, ms(960)));
    }
}
