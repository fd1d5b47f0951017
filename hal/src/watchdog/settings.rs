//! What is watched, and how closely.

use std::path::PathBuf;

/// The watchdogs of one kiosk.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchdogSettings {
    /// Tell systemd, where it started the program and asks for it (`Type=notify`, `WatchdogSec=`).
    pub systemd: bool,
    /// The machine's watchdog, for example `/dev/watchdog`. It has one user: systemd's
    /// `RuntimeWatchdogSec=` is the other way to have it kicked.
    pub device: Option<PathBuf>,
    /// How often the device is kicked; at most half its timeout. systemd says itself how often it
    /// wants to hear.
    pub kick_interval_ms: u32,
    /// How long a loop may be silent where the program does not say another time for it.
    pub loop_limit_ms: u32,
}

impl Default for WatchdogSettings {
    fn default() -> Self {
        Self { systemd: true, device: None, kick_interval_ms: 5_000, loop_limit_ms: 30_000 }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "watchdog setting `{0}` is unknown; known are systemd, device, kick_interval_ms and \
         loop_limit_ms"
    )]
    UnknownKey(String),
    #[error("watchdog setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("a watchdog device is kicked every 100 to 30000 ms, not every {0} ms")]
    KickInterval(u32),
    #[error("a loop may be silent for 1000 to 600000 ms, not for {0} ms")]
    LoopLimit(u32),
}

impl WatchdogSettings {
    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "systemd" => self.systemd = parsed("systemd", value, "true or false")?,
            "device" => {
                if !value.starts_with('/') {
                    let (value, expected) = (value.to_owned(), "an absolute path");
                    return Err(SettingError::BadValue { key: "device", value, expected });
                }
                self.device = Some(value.into());
            }
            "kick_interval_ms" => {
                self.kick_interval_ms = parsed("kick_interval_ms", value, NUMBER)?;
            }
            "loop_limit_ms" => self.loop_limit_ms = parsed("loop_limit_ms", value, NUMBER)?,
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether a kiosk can be watched like this.
    pub fn check(&self) -> Result<(), SettingError> {
        if !(100..=30_000).contains(&self.kick_interval_ms) {
            return Err(SettingError::KickInterval(self.kick_interval_ms));
        }
        if !(1_000..=600_000).contains(&self.loop_limit_ms) {
            return Err(SettingError::LoopLimit(self.loop_limit_ms));
        }
        Ok(())
    }
}

const NUMBER: &str = "a whole number";

fn parsed<T: std::str::FromStr>(
    key: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, SettingError> {
    let wrong = |_| SettingError::BadValue { key, value: value.to_owned(), expected };
    value.parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_refused() {
        let mut settings = WatchdogSettings::default();
        for (key, value) in [("device", "/dev/watchdog0"), ("systemd", "false")] {
            settings.set(key, value).expect("a setting");
        }
        assert_eq!(settings.device, Some("/dev/watchdog0".into()));
        assert_eq!(settings.check(), Ok(()));
        assert!(settings.set("device", "watchdog").is_err());
        assert!(settings.set("systemd", "perhaps").is_err());
        assert!(settings.set("bark", "loud").is_err());
        settings.set("kick_interval_ms", "0").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::KickInterval(0)));
        let settings = WatchdogSettings { loop_limit_ms: 10, ..WatchdogSettings::default() };
        assert_eq!(settings.check(), Err(SettingError::LoopLimit(10)));
    }
}
