//! One input: what its level is, and which changes of it are told. Pure.
//!
//! Contacts bounce, so a level counts when it stayed for a while. A vibration sensor is the
//! opposite: its pulse is over within milliseconds and must be told all the same. It is latched.

use std::time::Duration;

use super::{Input, InputSettings, VIBRATION_LATCH_MS};

/// A change that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub active: bool,
    /// Since the line changed.
    pub age: Duration,
}

/// What is known of one input. Times are since any fixed moment and never go back.
#[derive(Clone, Debug)]
pub struct Watch {
    debounce: Duration,
    latch: Duration,
    told: Option<bool>,
    level: Option<bool>,
    /// When the level became what it is.
    since: Duration,
    latched_until: Option<Duration>,
}

impl Watch {
    /// An input of which nothing is known yet.
    pub fn new(input: Input, settings: InputSettings) -> Self {
        let usual = if input == Input::Vibration { VIBRATION_LATCH_MS } else { 0 };
        Self {
            debounce: Duration::from_millis(settings.debounce_ms.into()),
            latch: Duration::from_millis(settings.latch_ms.unwrap_or(usual).into()),
            told: None,
            level: None,
            since: Duration::ZERO,
            latched_until: None,
        }
    }

    /// The chip told an edge to this level.
    ///
    /// The kernel looks at the line when it gets round to an interrupt, and a pulse is over by then:
    /// an edge to the level that was known already tells of one.
    pub fn edge(&mut self, now: Duration, active: bool) {
        if self.level == Some(active) {
            self.seen(now, !active);
        }
        self.seen(now, active);
    }

    /// The level was read.
    pub fn seen(&mut self, now: Duration, active: bool) {
        if active && !self.latch.is_zero() {
            self.latched_until = Some(now + self.latch);
        }
        if self.level != Some(active) {
            self.level = Some(active);
            self.since = now;
        }
    }

    /// Lets time pass. Gives the change that is to be told now, if there is one.
    pub fn advance(&mut self, now: Duration) -> Option<Change> {
        if let Some(until) = self.latched_until {
            if self.told != Some(true) {
                self.told = Some(true);
                let seen_at = until - self.latch;
                return Some(Change { active: true, age: now.saturating_sub(seen_at) });
            }
            if now < until {
                return None;
            }
            self.latched_until = None;
        }
        let age = now.saturating_sub(self.since);
        let active = self.level.filter(|it| age >= self.debounce && self.told != Some(*it))?;
        self.told = Some(active);
        Some(Change { active, age })
    }

    /// When [`Self::advance`] can next have something to tell if no other level is seen.
    pub fn next_due(&self) -> Option<Duration> {
        match self.latched_until {
            Some(until) if self.told == Some(true) => Some(until),
            Some(_) => Some(Duration::ZERO),
            None if self.told == self.level => None,
            None => Some(self.since + self.debounce),
        }
    }

    /// What was told last.
    pub fn told(&self) -> Option<bool> {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn watch(input: Input) -> Watch {
        Watch::new(input, InputSettings::at(0))
    }

    #[test]
    fn a_level_counts_when_it_stayed() {
        let mut door = watch(Input::Door);
        assert_eq!(door.next_due(), None);
        door.seen(ms(0), false);
        assert_eq!(door.advance(ms(49)), None);
        assert_eq!(door.advance(ms(50)), Some(Change { active: false, age: ms(50) }));
        for (at, level) in [(100, true), (104, false), (109, true), (120, false), (125, true)] {
            door.seen(ms(at), level);
            assert_eq!(door.advance(ms(at)), None);
        }
        assert_eq!(door.next_due(), Some(ms(175)));
        assert_eq!(door.advance(ms(175)), Some(Change { active: true, age: ms(50) }));
        assert_eq!((door.advance(ms(9_000)), door.next_due()), (None, None));
    }

    #[test]
    fn a_short_pulse_is_no_door_but_a_vibration() {
        let (mut door, mut shaken) = (watch(Input::Door), watch(Input::Vibration));
        for it in [&mut door, &mut shaken] {
            it.seen(ms(0), false);
            assert!(it.advance(ms(50)).is_some());
            it.seen(ms(1_000), true);
            it.seen(ms(1_000), false);
        }
        assert_eq!(door.advance(ms(2_000)), None);
        assert_eq!(shaken.advance(ms(1_000)), Some(Change { active: true, age: ms(0) }));
        assert_eq!(shaken.next_due(), Some(ms(2_000)));
        assert_eq!(shaken.advance(ms(1_999)), None);
        assert_eq!(shaken.advance(ms(2_000)), Some(Change { active: false, age: ms(1_000) }));
        assert_eq!(shaken.next_due(), None);
    }

    #[test]
    fn an_edge_to_the_level_that_was_is_a_pulse() {
        let (mut door, mut shaken) = (watch(Input::Door), watch(Input::Vibration));
        for it in [&mut door, &mut shaken] {
            it.seen(ms(0), false);
            assert!(it.advance(ms(50)).is_some());
            it.edge(ms(1_000), false);
        }
        assert_eq!(door.advance(ms(2_000)), None);
        assert_eq!(shaken.advance(ms(1_000)).map(|it| it.active), Some(true));
        assert_eq!(shaken.advance(ms(2_000)).map(|it| it.active), Some(false));
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// Told states alternate, and in the end it is told what is so.
        #[test]
        fn whatever_the_line_does_the_last_level_is_told(
            steps in proptest::collection::vec((0u64..200, any::<bool>()), 1..60),
            latched in any::<bool>(),
        ) {
            let mut watch = watch(if latched { Input::Vibration } else { Input::Door });
            let (mut now, mut told) = (Duration::ZERO, None);
            let mut tell = |change: Option<Change>| {
                if let Some(change) = change {
                    assert_ne!(told, Some(change.active));
                    told = Some(change.active);
                }
            };
            for (pause, level) in &steps {
                now += ms(*pause);
                watch.seen(now, *level);
                tell(watch.advance(now));
                if latched && *level {
                    assert_eq!(watch.told(), Some(true), "no pulse is lost");
                }
            }
            while let Some(due) = watch.next_due() {
                now = now.max(due);
                let before = watch.next_due();
                tell(watch.advance(now));
                assert_ne!(before, watch.next_due(), "it gets on");
            }
            prop_assert_eq!(told, steps.last().map(|it| it.1));
            prop_assert_eq!(watch.told(), told);
        }
    }
}
