//! What differs from one card reader to the next.

use std::time::Duration;

/// The rate of a module as delivered.
pub const BAUD: u32 = 115_200;

/// The shortest pause between two searches that the makers allow.
pub const POLL_INTERVAL_MS_MIN: u32 = 300;

/// How the driver notices that a card which was read is lifted.
///
/// Searching does not tell: a card that was read is not found again while it lies there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresenceProbe {
    /// Ask for the additional address, which needs no new search: the cheapest answer from the
    /// card.
    #[default]
    NewAddress,
    /// Read the card again.
    Read,
    /// Not at all: it counts as lifted when the next card is found.
    NextCard,
}

/// A reader's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReaderSettings {
    /// Pause between two searches, at least 300 ms.
    pub poll_interval_ms: u32,
    /// How long the module may take for anything but reading.
    pub command_timeout_ms: u32,
    /// How long it may take to read, without the time on a serial wire.
    pub read_timeout_ms: u32,
    /// Ask for fingerprints, too. Off, because what is not read cannot leak.
    pub fingerprints: bool,
    pub presence: PresenceProbe,
    /// The most bytes in one exchange by radio; left as it is where not set.
    pub radio_bytes: Option<u8>,
}

impl Default for ReaderSettings {
    fn default() -> Self {
        Self {
            poll_interval_ms: POLL_INTERVAL_MS_MIN,
            command_timeout_ms: 1_000,
            read_timeout_ms: 3_000,
            fingerprints: false,
            presence: PresenceProbe::NewAddress,
            radio_bytes: None,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "id reader setting `{0}` is unknown; known are poll_interval_ms, command_timeout_ms, \
         read_timeout_ms, fingerprints, presence and radio_bytes"
    )]
    UnknownKey(String),
    #[error("id reader setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("an id reader may be searched every {POLL_INTERVAL_MS_MIN} ms at most, not every {0}")]
    PollInterval(u32),
    #[error("an id reader's timeouts must be longer than zero")]
    ZeroTime,
}

impl ReaderSettings {
    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        const NUMBER: &str = "a number of milliseconds";
        let bad = |key, expected| SettingError::BadValue { key, value: value.to_owned(), expected };
        let number = |key| value.parse().map_err(|_| bad(key, NUMBER));
        match key {
            "poll_interval_ms" => self.poll_interval_ms = number("poll_interval_ms")?,
            "command_timeout_ms" => self.command_timeout_ms = number("command_timeout_ms")?,
            "read_timeout_ms" => self.read_timeout_ms = number("read_timeout_ms")?,
            "fingerprints" => {
                let parsed = value.parse();
                self.fingerprints = parsed.map_err(|_| bad("fingerprints", "true or false"))?;
            }
            "presence" => {
                self.presence = match value {
                    "new-address" => PresenceProbe::NewAddress,
                    "read" => PresenceProbe::Read,
                    "next-card" => PresenceProbe::NextCard,
                    _ => return Err(bad("presence", "new-address, read or next-card")),
                };
            }
            "radio_bytes" => {
                let parsed = value.parse().map_err(|_| bad("radio_bytes", "1 to 255"))?;
                self.radio_bytes = Some(parsed);
            }
            unknown => return Err(SettingError::UnknownKey(unknown.to_owned())),
        }
        Ok(())
    }

    /// Whether a driver can work with them.
    pub fn check(&self) -> Result<(), SettingError> {
        if self.poll_interval_ms < POLL_INTERVAL_MS_MIN {
            return Err(SettingError::PollInterval(self.poll_interval_ms));
        }
        if self.command_timeout_ms == 0 || self.read_timeout_ms == 0 {
            return Err(SettingError::ZeroTime);
        }
        Ok(())
    }

    /// Pause between two searches, never below what the makers allow.
    pub fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms.max(POLL_INTERVAL_MS_MIN).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_set_by_name_and_checked() {
        let mut settings = ReaderSettings::default();
        assert_eq!(settings.check(), Ok(()));
        for (key, value) in [
            ("poll_interval_ms", "500"),
            ("command_timeout_ms", "400"),
            ("read_timeout_ms", "2500"),
            ("fingerprints", "true"),
            ("presence", "next-card"),
            ("radio_bytes", "80"),
        ] {
            settings.set(key, value).expect(key);
        }
        assert_eq!(settings.presence, PresenceProbe::NextCard);
        assert_eq!(settings.radio_bytes, Some(80));
        assert_eq!(settings.check(), Ok(()));

        let error = settings.set("presence", "magic").expect_err("no such probe").to_string();
        assert!(error.contains("new-address, read or next-card"), "{error}");
        let error = settings.set("colour", "red").expect_err("no such key").to_string();
        assert!(error.contains("poll_interval_ms"), "{error}");
        settings.set("poll_interval_ms", "50").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::PollInterval(50)));
        assert_eq!(settings.poll_interval(), Duration::from_millis(300));
    }
}
