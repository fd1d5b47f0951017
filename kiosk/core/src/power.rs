//! How the kiosk is fed, from what the UPS tells: what may begin, and when it is time to end.
//!
//! ```text
//! OnMains ─mains lost→ OnBattery ─too little→ Low ─nearly empty→ Ending ─nobody, no door→ ShuttingDown
//!    └──────────────────── mains back, from wherever ─────────────────────────────────────────┘
//! ```

use std::time::Duration;

use hal::fault::Link;
use hal::ups::{UpsEvent, UpsStatus};

use crate::config::BatteryLevels;
use crate::effect::Effect;
use crate::event::Now;
use crate::kiosk::{Effects, Kiosk};
use crate::store::Record;

/// An estimated level trembles: only so much more than a limit ends what the limit began.
const HYSTERESIS_PERCENT: u8 = 5;

/// Where the power comes from, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Power {
    /// There is no UPS, or it does not tell.
    #[default]
    Unknown,
    OnMains {
        trouble: Option<UpsTrouble>,
    },
    OnBattery {
        percent: Option<u8>,
    },
    /// Too little is left to begin anything that opens doors or moves paper.
    Low {
        percent: Option<u8>,
    },
    /// The UPS fell silent while its battery fed the kiosk: the end may come unannounced.
    Lost,
    /// Nearly empty, since this uptime: who is here is told, what is under way is finished.
    Ending {
        since: Duration,
        percent: Option<u8>,
    },
    /// The app was told to end and to switch the machine off.
    ShuttingDown,
}

/// Why the next power cut may not be bridged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpsTrouble {
    Failed,
    /// Somebody told it to switch off.
    ShutdownOrdered,
    BatteryLow,
    Bypass,
}

impl Power {
    /// Whether doors may be opened and paper moved for something that begins now.
    pub fn may_move(self) -> bool {
        match self {
            Self::Unknown | Self::OnMains { .. } | Self::OnBattery { .. } => true,
            Self::Low { .. } | Self::Lost | Self::Ending { .. } | Self::ShuttingDown => false,
        }
    }

    /// Whether the mains are known to be gone.
    pub(crate) fn on_battery(self) -> bool {
        !matches!(self, Self::Unknown | Self::OnMains { .. })
    }

    /// Whether the kiosk is about to switch itself off and lets nobody in.
    pub(crate) fn ends(self) -> bool {
        matches!(self, Self::Ending { .. } | Self::ShuttingDown)
    }

    /// Since when sessions have been asked to end.
    pub(crate) fn ending_since(self) -> Option<Duration> {
        match self {
            Self::Ending { since, .. } => Some(since),
            _ => None,
        }
    }

    pub fn percent(self) -> Option<u8> {
        match self {
            Self::OnBattery { percent } | Self::Low { percent } | Self::Ending { percent, .. } => {
                percent
            }
            Self::Unknown | Self::OnMains { .. } | Self::Lost | Self::ShuttingDown => None,
        }
    }

    /// The state in one word, for staff and the office; none where the link says it.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::OnMains { trouble: None } => Some("ready"),
            Self::OnMains { trouble: Some(UpsTrouble::Failed) } => Some("failed"),
            Self::OnMains { trouble: Some(UpsTrouble::ShutdownOrdered) } => {
                Some("shutdown_ordered")
            }
            Self::OnMains { trouble: Some(UpsTrouble::BatteryLow) } => Some("battery_low_on_mains"),
            Self::OnMains { trouble: Some(UpsTrouble::Bypass) } => Some("bypass"),
            Self::OnBattery { .. } => Some("on_battery"),
            Self::Low { .. } => Some("battery_low"),
            Self::Lost => Some("lost_on_battery"),
            Self::Ending { .. } | Self::ShuttingDown => Some("shutting_down"),
        }
    }

    /// The UPS says how it is.
    fn told(self, now: Duration, status: &UpsStatus, levels: BatteryLevels) -> Self {
        if status.mains {
            let troubles = [
                (status.failed, UpsTrouble::Failed),
                (status.shutdown_active, UpsTrouble::ShutdownOrdered),
                (status.battery_low, UpsTrouble::BatteryLow),
                (status.bypass, UpsTrouble::Bypass),
            ];
            let trouble = troubles.into_iter().find(|it| it.0).map(|it| it.1);
            return Self::OnMains { trouble };
        }
        let percent = status.battery_percent;
        let below = |limit: u8, was: bool| match percent {
            Some(percent) if was => percent < limit.saturating_add(HYSTERESIS_PERCENT),
            Some(percent) => percent < limit,
            None => was,
        };
        let ended = self.ends();
        // One that was told to switch off does so whatever its battery holds.
        let over = status.battery_low || status.shutdown_active;
        if over || below(levels.shutdown_below_percent, ended) {
            return match self {
                Self::ShuttingDown => self,
                Self::Ending { since, .. } => Self::Ending { since, percent },
                _ => Self::Ending { since: now, percent },
            };
        }
        match below(levels.refuse_below_percent, ended || matches!(self, Self::Low { .. })) {
            true => Self::Low { percent },
            false => Self::OnBattery { percent },
        }
    }

    /// The UPS does not answer any more. What was decided because of the battery stands.
    fn silent(self) -> Self {
        match self {
            Self::Unknown | Self::OnMains { .. } => Self::Unknown,
            Self::OnBattery { .. } | Self::Low { .. } | Self::Lost => Self::Lost,
            Self::Ending { .. } | Self::ShuttingDown => self,
        }
    }
}

impl Kiosk {
    pub(crate) fn ups(&mut self, now: Now, event: UpsEvent, out: &mut Effects) {
        let before = self.devices.ups_word();
        let power = self.devices.power;
        match event {
            UpsEvent::Link(link) => {
                self.devices.ups = link;
                if link == Link::Down {
                    self.devices.power = power.silent();
                }
            }
            UpsEvent::Status(status) => {
                self.devices.power = power.told(now.uptime, &status, self.config.limits.battery);
            }
            // The driver has logged why; what counts here is that the link goes down.
            UpsEvent::Problem(_) => {}
        }
        let word = self.devices.ups_word();
        // A link that came up says nothing before its first status.
        if word != before && word != "starting" {
            self.device_changed(now, "ups", word, out);
        }
    }

    /// A door was moved by somebody, who has time again to read what follows from it.
    pub(crate) fn give_time_before_shutdown(&mut self, now: Now) {
        if let Power::Ending { since, .. } = &mut self.devices.power {
            *since = now.uptime;
        }
    }

    /// Ends when the time is over, nobody is here and nothing is being moved or printed.
    pub(crate) fn power_time(&mut self, now: Now, out: &mut Effects) {
        let Some(since) = self.devices.power.ending_since() else { return };
        let over = now.uptime >= since + self.config.limits.power_grace;
        if !over || !self.at_rest() || self.prints.are_going_on() {
            return;
        }
        self.devices.power = Power::ShuttingDown;
        let (kind, detail) = ("shutdown".to_owned(), serde_json::Value::Null);
        self.store(vec![Record::Journal { at: now.wall, kind, detail }], out);
        out.push(Effect::ShutDown);
    }

    pub(crate) fn power_wakeup(&self, now: Now) -> Option<Duration> {
        let at = self.devices.power.ending_since()? + self.config.limits.power_grace;
        (at > now.uptime).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: BatteryLevels =
        BatteryLevels { refuse_below_percent: 30, shutdown_below_percent: 10 };

    fn on_battery(percent: impl Into<Option<u8>>) -> UpsStatus {
        UpsStatus {
            mains: false,
            battery_low: false,
            load_percent: None,
            battery_volt: None,
            battery_percent: percent.into(),
            runtime_s: None,
            temperature_c: None,
            input_volt: None,
            bypass: false,
            failed: false,
            kind: None,
            shutdown_active: false,
        }
    }

    fn after(power: Power, statuses: impl IntoIterator<Item = UpsStatus>) -> Power {
        let now = Duration::from_secs(7);
        statuses.into_iter().fold(power, |power, it| power.told(now, &it, LEVELS))
    }

    #[test]
    fn a_level_that_trembles_at_a_limit_changes_nothing() {
        let power = Power::OnMains { trouble: None };
        let low = after(power, [31, 30, 29, 30, 31, 34].map(on_battery));
        assert_eq!(low, Power::Low { percent: Some(34) });
        assert_eq!(after(low, [on_battery(None)]), Power::Low { percent: None });
        assert_eq!(after(low, [on_battery(35)]), Power::OnBattery { percent: Some(35) });
        let ending = after(low, [9, 12, 14].map(on_battery));
        assert_eq!(ending.ending_since(), Some(Duration::from_secs(7)));
        assert_eq!(after(ending, [on_battery(15)]), Power::Low { percent: Some(15) });
    }

    #[test]
    fn a_battery_that_tells_no_level_is_low_when_the_unit_says_so() {
        let power = after(Power::Unknown, [on_battery(None)]);
        assert!(power.may_move() && power.on_battery());
        let low = UpsStatus { battery_low: true, ..on_battery(None) };
        assert!(after(power, [low]).ends());
        let charging = UpsStatus { mains: true, ..low };
        let weak = Power::OnMains { trouble: Some(UpsTrouble::BatteryLow) };
        assert_eq!(after(power, [low, charging]), weak);
        assert!(weak.may_move() && !weak.on_battery());
    }

    #[test]
    fn a_ups_that_was_told_to_switch_off_ends_service_while_there_is_time() {
        let told = UpsStatus { shutdown_active: true, ..on_battery(90) };
        assert!(after(Power::Unknown, [told]).ends());
        let on_mains = UpsStatus { mains: true, ..told };
        let warned = Power::OnMains { trouble: Some(UpsTrouble::ShutdownOrdered) };
        assert_eq!(after(Power::Unknown, [on_mains]), warned);
    }

    #[test]
    fn a_ups_that_falls_silent_on_battery_is_not_trusted_to_last() {
        let lost = after(Power::Unknown, [on_battery(90)]).silent();
        assert!(!lost.may_move());
        assert_eq!(after(lost, [on_battery(90)]), Power::OnBattery { percent: Some(90) });
        assert_eq!(Power::OnMains { trouble: None }.silent(), Power::Unknown);
        assert_eq!(Power::ShuttingDown.silent(), Power::ShuttingDown);
    }
}
