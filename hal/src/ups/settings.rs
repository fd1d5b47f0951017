//! What differs from one UPS to the next.

use super::{Hundredths, UpsStatus, nut};

/// The rate of Megatec units; it cannot be set.
pub const BAUD: u32 = 2_400;
/// Units answer slowly; asked more often, some stop answering.
pub const POLL_INTERVAL_MS_MIN: u32 = 1_000;
/// Asked less often, a power cut is seen too late.
pub const POLL_INTERVAL_MS_MAX: u32 = 5_000;

/// What Megatec's `S` can say.
const OFF_DELAY_S: std::ops::RangeInclusive<u16> = 12..=600;
const ON_DELAY_MIN: std::ops::RangeInclusive<u16> = 1..=9_999;

/// How a UPS is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Megatec/Q1 on a serial line.
    #[default]
    Megatec,
    /// upsd of Network UPS Tools.
    Nut,
}

impl Protocol {
    /// The name used in configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Megatec => "megatec",
            Self::Nut => "nut",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Megatec, Self::Nut].into_iter().find(|it| it.name() == name)
    }
}

/// One UPS.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpsSettings {
    pub protocol: Protocol,
    /// What upsd calls it, where the port does not say (`nut://HOST:PORT/NAME` does).
    pub name: String,
    /// From one question to the next.
    pub poll_interval_ms: u32,
    pub reply_timeout_ms: u32,
    /// By what a Megatec unit's battery volts are multiplied: on-line units report one cell.
    pub battery_packs: u16,
    /// Volts of a battery that is full and discharges. With [`Self::battery_empty_mv`] the level is
    /// estimated where the unit does not report it.
    pub battery_full_mv: Option<u32>,
    /// Volts at which the unit switches off.
    pub battery_empty_mv: Option<u32>,
    /// From the order to switch off until it does: 12 to 600 s, in steps of 6 s up to a minute, then
    /// of 60 s. A unit behind upsd has this in its own settings (`ups.delay.shutdown`).
    pub off_delay_s: u16,
    /// How long the mains have to be back before it switches on again, 1 to 9999 min. Likewise
    /// (`ups.delay.start`).
    pub on_delay_min: u16,
    /// The account of upsd that may give orders.
    pub user: Option<String>,
    pub password: Option<Password>,
}

/// A password that never shows itself.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Default for UpsSettings {
    fn default() -> Self {
        Self {
            protocol: Protocol::Megatec,
            name: "ups".to_owned(),
            poll_interval_ms: 2_000,
            reply_timeout_ms: 1_500,
            battery_packs: 1,
            battery_full_mv: None,
            battery_empty_mv: None,
            off_delay_s: 120,
            on_delay_min: 1,
            user: None,
            password: None,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "ups setting `{0}` is unknown; known are protocol, name, poll_interval_ms, \
             reply_timeout_ms, battery_packs, battery_full_mv, battery_empty_mv, off_delay_s, \
             on_delay_min, user and password"
    )]
    UnknownKey(String),
    #[error("ups setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("a UPS is asked every 1000 to 5000 ms, not every {0} ms")]
    PollInterval(u32),
    #[error("ups setting `reply_timeout_ms` must be more than zero")]
    ReplyTimeout,
    #[error("ups setting `battery_packs` must be more than zero")]
    BatteryPacks,
    #[error(
        "battery_full_mv and battery_empty_mv go together, and a full battery has more than an \
             empty one"
    )]
    BatteryRange,
    #[error("a UPS switches off 12 to 600 s after the order, not {0} s")]
    OffDelay(u16),
    #[error("a UPS switches on 1 to 9999 min after the mains are back, not {0} min")]
    OnDelay(u16),
    #[error("ups settings `user` and `password` go together and are words without quotes")]
    Account,
    #[error("ups setting `name` cannot be `{0}`; upsd has letters, digits, `-`, `_` and `.`")]
    Name(String),
}

impl UpsSettings {
    /// A UPS of this protocol with everything else as it usually is.
    pub fn of(protocol: Protocol) -> Self {
        Self { protocol, ..Self::default() }
    }

    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "protocol" => {
                self.protocol = Protocol::from_name(value)
                    .ok_or_else(|| bad("protocol", value, "megatec or nut"))?;
            }
            "name" => value.clone_into(&mut self.name),
            "poll_interval_ms" => self.poll_interval_ms = number("poll_interval_ms", value)?,
            "reply_timeout_ms" => self.reply_timeout_ms = number("reply_timeout_ms", value)?,
            "battery_packs" => self.battery_packs = number("battery_packs", value)?,
            "battery_full_mv" => self.battery_full_mv = Some(number("battery_full_mv", value)?),
            "battery_empty_mv" => self.battery_empty_mv = Some(number("battery_empty_mv", value)?),
            "off_delay_s" => self.off_delay_s = number("off_delay_s", value)?,
            "on_delay_min" => self.on_delay_min = number("on_delay_min", value)?,
            "user" => self.user = Some(value.to_owned()),
            "password" => self.password = Some(Password(value.to_owned())),
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether these settings describe a UPS that can exist.
    pub fn check(&self) -> Result<(), SettingError> {
        if !(POLL_INTERVAL_MS_MIN..=POLL_INTERVAL_MS_MAX).contains(&self.poll_interval_ms) {
            return Err(SettingError::PollInterval(self.poll_interval_ms));
        }
        if self.reply_timeout_ms == 0 {
            return Err(SettingError::ReplyTimeout);
        }
        if self.battery_packs == 0 {
            return Err(SettingError::BatteryPacks);
        }
        match (self.battery_full_mv, self.battery_empty_mv) {
            (None, None) => {}
            (Some(full), Some(empty)) if full > empty => {}
            _ => return Err(SettingError::BatteryRange),
        }
        if !OFF_DELAY_S.contains(&self.off_delay_s) {
            return Err(SettingError::OffDelay(self.off_delay_s));
        }
        if !ON_DELAY_MIN.contains(&self.on_delay_min) {
            return Err(SettingError::OnDelay(self.on_delay_min));
        }
        match (&self.user, &self.password) {
            (None, None) => {}
            (Some(user), Some(Password(password)))
                if nut::is_word(user) && nut::is_word(password) => {}
            _ => return Err(SettingError::Account),
        }
        if self.protocol == Protocol::Nut && !nut::is_name(&self.name) {
            return Err(SettingError::Name(self.name.clone()));
        }
        Ok(())
    }

    /// Fills in the level of a battery that feeds the load, estimated in proportion to its volts.
    /// While it is charged its volts say nothing about it.
    pub fn estimate(&self, status: UpsStatus) -> UpsStatus {
        let range = self.battery_full_mv.zip(self.battery_empty_mv);
        match (range, status.battery_volt, status.battery_percent) {
            (Some((full, empty)), Some(Hundredths(volt)), None) if !status.mains => {
                let (full, empty) = (i64::from(full), i64::from(empty));
                let above = i64::from(volt) * 10 - empty;
                let percent = (above * 100 / (full - empty).max(1)).clamp(0, 100);
                UpsStatus { battery_percent: u8::try_from(percent).ok(), ..status }
            }
            _ => status,
        }
    }
}

fn number<T: std::str::FromStr>(key: &'static str, value: &str) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, "a whole number"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::on_mains, *};

    #[test]
    fn settings_come_from_the_command_line() {
        let mut settings = UpsSettings::default();
        for (key, value) in [
            ("protocol", "nut"),
            ("name", "hall-1"),
            ("poll_interval_ms", "5000"),
            ("reply_timeout_ms", "900"),
            ("battery_packs", "12"),
            ("battery_full_mv", "25400"),
            ("battery_empty_mv", "21000"),
            ("off_delay_s", "60"),
            ("on_delay_min", "3"),
            ("user", "kiosk"),
            ("password", "hush"),
        ] {
            settings.set(key, value).expect(key);
        }
        assert_eq!(settings.check(), Ok(()));
        assert!(!format!("{settings:?}").contains("hush"));
        assert!(matches!(settings.set("protocol", "usb"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("battery_packs", "-1"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("colour", "red"), Err(SettingError::UnknownKey(_))));
    }

    #[test]
    fn impossible_settings_are_refused() {
        let with = |key, value| {
            let mut settings = UpsSettings::of(Protocol::Nut);
            settings.set(key, value).expect("a value");
            settings.check()
        };
        assert_eq!(with("poll_interval_ms", "999"), Err(SettingError::PollInterval(999)));
        assert_eq!(with("poll_interval_ms", "5001"), Err(SettingError::PollInterval(5001)));
        assert_eq!(with("reply_timeout_ms", "0"), Err(SettingError::ReplyTimeout));
        assert_eq!(with("off_delay_s", "11"), Err(SettingError::OffDelay(11)));
        assert_eq!(with("on_delay_min", "0"), Err(SettingError::OnDelay(0)));
        assert_eq!(with("user", "kiosk"), Err(SettingError::Account));
        assert_eq!(with("battery_packs", "0"), Err(SettingError::BatteryPacks));
        assert_eq!(with("battery_full_mv", "25400"), Err(SettingError::BatteryRange));
        assert_eq!(with("name", "a b"), Err(SettingError::Name("a b".to_owned())));
        assert_eq!(with("name", ""), Err(SettingError::Name(String::new())));
    }

    #[test]
    fn the_level_is_estimated_only_on_battery_and_only_when_asked_for() {
        let plain = UpsSettings::default();
        let ranged = UpsSettings {
            battery_full_mv: Some(25_400),
            battery_empty_mv: Some(21_000),
            ..plain.clone()
        };
        let volt =
            |volt| UpsStatus { mains: false, battery_volt: Some(Hundredths(volt)), ..on_mains() };
        assert_eq!(plain.estimate(volt(2_320)).battery_percent, None);
        assert_eq!(ranged.estimate(volt(2_320)).battery_percent, Some(50));
        assert_eq!(ranged.estimate(volt(2_700)).battery_percent, Some(100));
        assert_eq!(ranged.estimate(volt(0)).battery_percent, Some(0));
        assert_eq!(ranged.estimate(on_mains()).battery_percent, None);
        let reported = UpsStatus { battery_percent: Some(7), ..volt(2_320) };
        assert_eq!(ranged.estimate(reported).battery_percent, Some(7));
    }
}
