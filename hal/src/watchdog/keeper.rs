//! Whether every loop turns. Pure.

use std::time::Duration;

use super::WatchdogEvent;

/// What is known of one loop.
#[derive(Clone, Debug)]
struct Loop {
    name: &'static str,
    /// How long it may be silent.
    limit: Duration,
    count: u64,
    /// When its count last went up.
    seen_at: Duration,
    late: bool,
}

/// Looks after named loops. Times are since any fixed moment and never go back.
#[derive(Clone, Debug, Default)]
pub struct Keeper {
    loops: Vec<Loop>,
}

impl Keeper {
    /// Takes on a loop, which now has its limit to come round first.
    pub fn watch(&mut self, now: Duration, name: &'static str, limit: Duration) {
        self.loops.push(Loop { name, limit, count: 0, seen_at: now, late: false });
    }

    /// Takes the counts of all loops, in the order in which they were taken on. Gives what changed.
    pub fn look(
        &mut self,
        now: Duration,
        counts: impl IntoIterator<Item = u64>,
    ) -> Vec<WatchdogEvent> {
        let mut news = Vec::new();
        for (it, count) in self.loops.iter_mut().zip(counts) {
            if count != it.count {
                (it.count, it.seen_at) = (count, now);
            }
            let late = now.saturating_sub(it.seen_at) > it.limit;
            if late != it.late {
                it.late = late;
                let name = it.name;
                let event =
                    if late { WatchdogEvent::Late { name } } else { WatchdogEvent::Back { name } };
                news.push(event);
            }
        }
        news
    }

    /// Whether the watchdogs may be kicked.
    pub fn all_turn(&self) -> bool {
        self.loops.iter().all(|it| !it.late)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    fn s(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn one_silent_loop_is_enough() {
        let mut keeper = Keeper::default();
        keeper.watch(s(100), "window", s(10));
        keeper.watch(s(100), "store", s(30));
        assert_eq!(keeper.look(s(110), [0, 0]), []);
        assert_eq!(keeper.look(s(111), [0, 0]), [WatchdogEvent::Late { name: "window" }]);
        assert!(!keeper.all_turn());
        assert_eq!(keeper.look(s(112), [1, 0]), [WatchdogEvent::Back { name: "window" }]);
        assert!(keeper.all_turn());
        assert_eq!(keeper.look(s(122), [1, 0]), []);
        let both = keeper.look(s(131), [1, 0]);
        assert_eq!(
            both,
            [WatchdogEvent::Late { name: "window" }, WatchdogEvent::Late { name: "store" }]
        );
        assert_eq!(keeper.look(s(140), [1, 0]), [], "told once");
        assert!(Keeper::default().all_turn());
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// It may be kicked exactly while no loop's silence, as it was seen, is beyond its limit.
        #[test]
        fn late_is_who_was_silent_too_long(
            limits in proptest::collection::vec(1u64..20, 1..4),
            looks in proptest::collection::vec((0u64..8, proptest::collection::vec(any::<bool>(), 4)), 1..40),
        ) {
            let mut keeper = Keeper::default();
            for limit in &limits {
                keeper.watch(s(0), "loop", s(*limit));
            }
            let (mut now, mut counts, mut seen) = (0, vec![0; 4], vec![0; 4]);
            for (pause, turned) in looks {
                now += pause;
                for index in 0..limits.len() {
                    if turned[index] {
                        counts[index] += 1;
                        seen[index] = now;
                    }
                }
                keeper.look(s(now), counts.clone());
                let late = limits.iter().zip(&seen).any(|(limit, at)| now - at > *limit);
                prop_assert_eq!(keeper.all_turn(), !late);
            }
        }
    }
}
