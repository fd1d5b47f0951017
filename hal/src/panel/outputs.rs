//! Lights, buzzer and siren: which of them are on at a time. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Buzz, Lamp, Light, PanelCommand};

/// Half of a period of blinking and of the repeated tone.
const HALF: Duration = Duration::from_millis(500);
/// A short tone, and the pause between two.
const SHORT: Duration = Duration::from_millis(100);

/// What can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    Light(Light),
    Buzzer,
    Siren,
}

/// What was asked of all outputs. Times are since any fixed moment and never go back.
#[derive(Clone, Debug)]
pub struct Outputs {
    lamps: BTreeMap<Light, Lamp>,
    buzz: Buzz,
    buzz_since: Duration,
    siren_since: Option<Duration>,
    siren_limit: Duration,
}

impl Outputs {
    /// Everything off.
    pub fn new(siren_limit: Duration) -> Self {
        Self {
            lamps: BTreeMap::new(),
            buzz: Buzz::Off,
            buzz_since: Duration::ZERO,
            siren_since: None,
            siren_limit,
        }
    }

    /// Takes a command.
    pub fn obey(&mut self, now: Duration, command: PanelCommand) {
        match command {
            PanelCommand::Light { light, lamp } => {
                self.lamps.insert(light, lamp);
            }
            // Repeating it must not cut the tone that sounds.
            PanelCommand::Buzzer(Buzz::Repeat) if self.buzz == Buzz::Repeat => {}
            PanelCommand::Buzzer(buzz) => {
                self.buzz = buzz;
                self.buzz_since = now;
            }
            PanelCommand::Siren { on: true } if self.siren_is_on(now) => {}
            PanelCommand::Siren { on } => self.siren_since = on.then_some(now),
        }
    }

    /// What was asked of a light.
    pub fn lamp(&self, light: Light) -> Lamp {
        self.lamps.get(&light).copied().unwrap_or_default()
    }

    /// The outputs that are on.
    pub fn on(&self, now: Duration) -> BTreeSet<Output> {
        let lit = |lamp: Lamp| match lamp {
            Lamp::Off => false,
            Lamp::On => true,
            Lamp::Blink => first_half(now),
        };
        let lights = self.lamps.iter().filter(|(_, lamp)| lit(**lamp));
        let mut on: BTreeSet<Output> = lights.map(|(light, _)| Output::Light(*light)).collect();
        on.extend(self.buzzer_is_on(now).then_some(Output::Buzzer));
        on.extend(self.siren_is_on(now).then_some(Output::Siren));
        on
    }

    /// When an output changes if no command comes.
    pub fn next_due(&self, now: Duration) -> Option<Duration> {
        let blinks = self.lamps.values().any(|it| *it == Lamp::Blink);
        let blink = blinks.then(|| now + left_of(now, HALF));
        let siren = self.siren_since.map(|it| it + self.siren_limit).filter(|it| *it > now);
        [blink, self.buzzer_due(now), siren].into_iter().flatten().min()
    }

    fn buzzer_is_on(&self, now: Duration) -> bool {
        let sounded = now.saturating_sub(self.buzz_since);
        match self.buzz {
            Buzz::Off => false,
            Buzz::Once => sounded < SHORT,
            Buzz::Twice => sounded < SHORT || (2 * SHORT..3 * SHORT).contains(&sounded),
            Buzz::Repeat => first_half(sounded),
        }
    }

    fn buzzer_due(&self, now: Duration) -> Option<Duration> {
        let sounded = now.saturating_sub(self.buzz_since);
        let (step, end) = match self.buzz {
            Buzz::Off => return None,
            Buzz::Once => (SHORT, SHORT),
            Buzz::Twice => (SHORT, 3 * SHORT),
            Buzz::Repeat => (HALF, Duration::MAX),
        };
        (sounded < end).then(|| now + left_of(sounded, step))
    }

    fn siren_is_on(&self, now: Duration) -> bool {
        self.siren_since.is_some_and(|it| now < it + self.siren_limit)
    }
}

fn first_half(elapsed: Duration) -> bool {
    elapsed.as_millis() % (2 * HALF.as_millis()) < HALF.as_millis()
}

/// How long until the step of `elapsed` is over.
fn left_of(elapsed: Duration, step: Duration) -> Duration {
    let into = elapsed.as_nanos() % step.as_nanos();
    step - Duration::from_nanos(u64::try_from(into).expect("less than a step"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    const LIMIT: Duration = Duration::from_secs(180);

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// When an output goes on and off up to `end`, led by what is due.
    fn course(outputs: &Outputs, output: Output, start: Duration, end: Duration) -> Vec<u128> {
        let (mut now, mut changes, mut was) = (start, Vec::new(), false);
        loop {
            let is = outputs.on(now).contains(&output);
            if is != was {
                changes.push((now - start).as_millis());
                was = is;
            }
            match outputs.next_due(now) {
                Some(due) if due <= end => now = due,
                _ => return changes,
            }
        }
    }

    #[test]
    fn tones_begin_and_end() {
        let start = ms(12_345);
        let buzzes = |buzz| {
            let mut outputs = Outputs::new(LIMIT);
            outputs.obey(start, PanelCommand::Buzzer(buzz));
            course(&outputs, Output::Buzzer, start, start + ms(2_400))
        };
        assert_eq!(buzzes(Buzz::Once), [0, 100]);
        assert_eq!(buzzes(Buzz::Twice), [0, 100, 200, 300]);
        assert_eq!(buzzes(Buzz::Repeat), [0, 500, 1000, 1500, 2000]);
        assert_eq!(buzzes(Buzz::Off), [0u128; 0]);
    }

    #[test]
    fn the_siren_falls_silent_by_itself_and_can_be_asked_again() {
        let mut outputs = Outputs::new(LIMIT);
        outputs.obey(ms(0), PanelCommand::Siren { on: true });
        // Asking again meanwhile does not make it longer.
        outputs.obey(ms(170_000), PanelCommand::Siren { on: true });
        assert_eq!(course(&outputs, Output::Siren, ms(0), ms(900_000)), [0, 180_000]);
        outputs.obey(ms(200_000), PanelCommand::Siren { on: true });
        assert!(outputs.on(ms(200_000)).contains(&Output::Siren));
        outputs.obey(ms(200_001), PanelCommand::Siren { on: false });
        assert!(outputs.on(ms(200_001)).is_empty());
    }

    #[test]
    fn blinking_lights_blink_in_step() {
        let mut outputs = Outputs::new(LIMIT);
        for (at, light) in [(100, Light::Reader), (730, Light::Fault)] {
            outputs.obey(ms(at), PanelCommand::Light { light, lamp: Lamp::Blink });
        }
        let reader = course(&outputs, Output::Light(Light::Reader), ms(1000), ms(4000));
        assert_eq!(reader, [0, 500, 1000, 1500, 2000, 2500, 3000]);
        assert_eq!(course(&outputs, Output::Light(Light::Fault), ms(1000), ms(4000)), reader);
    }

    fn command() -> impl Strategy<Value = PanelCommand> {
        let lamp = prop_oneof![Just(Lamp::Off), Just(Lamp::On), Just(Lamp::Blink)];
        let buzz =
            prop_oneof![Just(Buzz::Off), Just(Buzz::Once), Just(Buzz::Twice), Just(Buzz::Repeat)];
        prop_oneof![
            (0..5usize, lamp)
                .prop_map(|(it, lamp)| PanelCommand::Light { light: Light::ALL[it], lamp }),
            buzz.prop_map(PanelCommand::Buzzer),
            any::<bool>().prop_map(|on| PanelCommand::Siren { on }),
        ]
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// Nothing changes between now and what is due, so that a driver which sleeps until then
        /// misses nothing.
        #[test]
        fn nothing_changes_before_it_is_due(
            commands in proptest::collection::vec((0u64..3_000, command()), 1..20),
            later in 0u64..2_000,
        ) {
            let (mut outputs, mut now) = (Outputs::new(LIMIT), Duration::ZERO);
            for (pause, command) in commands {
                now += ms(pause);
                outputs.obey(now, command);
            }
            let due = outputs.next_due(now).unwrap_or(Duration::MAX);
            prop_assert!(due > now);
            let then = (now + ms(later)).min(due - Duration::from_nanos(1));
            prop_assert_eq!(outputs.on(now), outputs.on(then));
        }
    }
}
