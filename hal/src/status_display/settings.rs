//! What differs from one display to the next.

/// The usual address; the other one is 0x3d (SSD1306 datasheet, 8.1.5).
pub const ADDRESS: u8 = 0x3C;

/// One display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusDisplaySettings {
    /// Hangs upside down.
    pub rotated: bool,
    /// 0 to 255; the brighter the sooner it burns in.
    pub contrast: u8,
    /// How often everything is sent anew, so that a display that lost its power for a moment comes
    /// back by itself.
    pub refresh_interval_ms: u32,
}

impl Default for StatusDisplaySettings {
    fn default() -> Self {
        Self { rotated: false, contrast: 0x5F, refresh_interval_ms: 10_000 }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "status display setting `{0}` is unknown; known are rotated, contrast and \
         refresh_interval_ms"
    )]
    UnknownKey(String),
    #[error("status display setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("a status display is refreshed every 500 ms or less often, not every {0} ms")]
    RefreshInterval(u32),
}

const REFRESH_INTERVAL_MS_MIN: u32 = 500;

impl StatusDisplaySettings {
    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "rotated" => self.rotated = parsed("rotated", value, "true or false")?,
            "contrast" => self.contrast = parsed("contrast", value, "0 to 255")?,
            "refresh_interval_ms" => {
                self.refresh_interval_ms = parsed("refresh_interval_ms", value, "a whole number")?;
            }
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether a display can be driven like this.
    pub fn check(&self) -> Result<(), SettingError> {
        if self.refresh_interval_ms < REFRESH_INTERVAL_MS_MIN {
            return Err(SettingError::RefreshInterval(self.refresh_interval_ms));
        }
        Ok(())
    }
}

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
        let mut settings = StatusDisplaySettings::default();
        for (key, value) in [("rotated", "true"), ("contrast", "255")] {
            settings.set(key, value).expect("a setting");
        }
        assert_eq!((settings.rotated, settings.contrast), (true, 255));
        assert_eq!(settings.check(), Ok(()));
        assert!(settings.set("contrast", "256").is_err());
        assert!(settings.set("colour", "blue").is_err());
        settings.set("refresh_interval_ms", "0").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::RefreshInterval(0)));
    }
}
