//! The battery of a simulated UPS: it runs down on battery and fills up on mains, in simulated time.

use std::time::Duration;

/// How long a full battery feeds [`LOAD_PERCENT_RATED`].
const FULL_RUNTIME: Duration = Duration::from_secs(4 * 3600);
/// From empty to full on mains.
const CHARGE_TIME: Duration = Duration::from_secs(8 * 3600);
/// A kiosk at its start screen.
pub(super) const LOAD_PERCENT_RATED: u16 = 12;
/// From here on the unit says “battery low”.
const LOW_PERCENT: f64 = 10.0;
/// While the level moves the world looks this often.
const TICK: Duration = Duration::from_secs(1);

const EMPTY_VOLT: f64 = 21.0;
const FULL_VOLT: f64 = 25.4;
/// By what the charger lifts the volts.
const CHARGING_VOLT: f64 = 1.9;

/// What happens to the mains and the battery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Battery {
    pub(super) mains: bool,
    pub(super) load_percent: u16,
    /// The output is off: nothing is taken out.
    pub(super) rests: bool,
    percent: f64,
    at: Duration,
}

impl Default for Battery {
    fn default() -> Self {
        let (load_percent, at) = (LOAD_PERCENT_RATED, Duration::ZERO);
        Self { mains: true, load_percent, rests: false, percent: 100.0, at }
    }
}

impl Battery {
    /// Lets time pass.
    pub(super) fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        self.percent = (self.percent + passed * self.percent_per_s()).clamp(0.0, 100.0);
    }

    /// Sets the level, as if much time had passed.
    pub(super) fn set_percent(&mut self, percent: u8) {
        self.percent = f64::from(percent.min(100));
    }

    /// When the level will have moved; `None` while it stands.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        let drains = self.percent > 0.0 && !self.rests;
        let moves = if self.mains { self.percent < 100.0 } else { drains };
        moves.then(|| self.at + TICK)
    }

    /// Whether the unit is dead: it lives on the battery when the mains are gone.
    pub(super) fn is_dead(&self) -> bool {
        !self.mains && self.percent <= 0.0
    }

    pub(super) fn is_low(&self) -> bool {
        self.percent <= LOW_PERCENT
    }

    pub(super) fn is_charging(&self) -> bool {
        self.mains && self.percent < 100.0
    }

    /// In whole percent; never 0 while something is left.
    pub(super) fn whole_percent(&self) -> u8 {
        self.percent.ceil() as u8
    }

    /// How long it lasts at this load.
    pub(super) fn runtime_s(&self) -> u32 {
        (self.percent / discharge_per_s(self.load_percent)) as u32
    }

    /// Hundredths of a volt.
    pub(super) fn centivolt(&self) -> i32 {
        let charging = if self.mains { CHARGING_VOLT } else { 0.0 };
        let volt = EMPTY_VOLT + (FULL_VOLT - EMPTY_VOLT) * self.percent / 100.0 + charging;
        (volt * 10.0).round() as i32 * 10
    }

    fn percent_per_s(&self) -> f64 {
        if self.mains {
            100.0 / CHARGE_TIME.as_secs_f64()
        } else if self.rests {
            0.0
        } else {
            -discharge_per_s(self.load_percent)
        }
    }
}

fn discharge_per_s(load_percent: u16) -> f64 {
    let load = f64::from(load_percent.max(1)) / f64::from(LOAD_PERCENT_RATED);
    100.0 / FULL_RUNTIME.as_secs_f64() * load
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn it_lasts_four_hours_and_half_as_long_under_twice_the_load() {
        let mut battery = Battery { mains: false, ..Battery::default() };
        assert_eq!(battery.runtime_s(), 4 * 3600);
        battery.advance(HOUR);
        assert_eq!((battery.whole_percent(), battery.runtime_s()), (75, 3 * 3600));
        battery.load_percent *= 2;
        battery.advance(HOUR * 2);
        assert_eq!(battery.whole_percent(), 25);
        assert!(!battery.is_low() && !battery.is_dead());
        battery.advance(HOUR * 3);
        assert!(battery.is_low() && battery.is_dead());
        assert_eq!(battery.next_wake(), None);
    }

    #[test]
    fn it_fills_up_in_eight() {
        let mut battery = Battery::default();
        assert_eq!((battery.next_wake(), battery.centivolt()), (None, 2_730));
        battery.set_percent(0);
        assert!(battery.is_charging() && !battery.is_dead());
        battery.advance(HOUR * 4);
        assert_eq!(battery.whole_percent(), 50);
        battery.advance(HOUR * 9);
        assert_eq!(battery.whole_percent(), 100);
        assert!(!battery.is_charging());
    }
}
