//! What differs from one kiosk's sound to the next's.

use std::path::PathBuf;

use super::{ScheduleError, VolumeSchedule};
use crate::port::PortUrl;

/// One speaker. Its port is the loudspeaker's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeakerSettings {
    /// Folder with a folder of clips for each language.
    pub voice: PathBuf,
    /// Where headphones are, a device of its own: one that switches between both by itself would
    /// let the hall hear what is private when somebody pulls the plug.
    pub headphones: Option<PortUrl>,
    /// ALSA's control that tells whether they are plugged in, for example `Headphone Jack`, and its
    /// card. Without it private speech goes to headphones blindly, public speech to the
    /// loudspeaker.
    pub jack: Option<String>,
    pub jack_card: String,
    /// The loudspeaker's volume by the hour, `[[from hour, percent], …]`.
    pub volume: VolumeSchedule,
    pub headphones_percent: u8,
}

impl Default for SpeakerSettings {
    fn default() -> Self {
        Self {
            voice: "/usr/share/hall24/voice".into(),
            headphones: None,
            jack: None,
            jack_card: "0".to_owned(),
            volume: VolumeSchedule::default(),
            headphones_percent: 60,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "speaker setting `{0}` is unknown; known are voice, headphones, jack, jack_card, volume \
         and headphones_percent"
    )]
    UnknownKey(String),
    #[error("speaker setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("speaker setting `headphones_percent` is 0 to 100, not {0}")]
    Percent(u8),
    #[error("speaker setting `jack` needs `headphones`: where they are")]
    JackOnly,
}

impl SpeakerSettings {
    /// Applies one `KEY=VALUE` of the command line, such as `volume=7:80,21:40`.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let bad = |key, expected| SettingError::BadValue { key, value: value.to_owned(), expected };
        match key {
            "voice" => self.voice = value.into(),
            "headphones" => {
                let port = value.parse();
                self.headphones =
                    Some(port.map_err(|_| bad("headphones", "a port, such as alsa:plughw:1"))?);
            }
            "jack" => self.jack = Some(value.to_owned()),
            "jack_card" => value.clone_into(&mut self.jack_card),
            "volume" => {
                let schedule = VolumeSchedule::parse(value);
                self.volume = schedule.ok_or_else(|| {
                    bad("volume", "HOUR:PERCENT with rising hours, split by commas")
                })?;
            }
            "headphones_percent" => {
                let percent = value.parse();
                self.headphones_percent =
                    percent.map_err(|_| bad("headphones_percent", "0 to 100"))?;
            }
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether a speaker can be driven like this.
    pub fn check(&self) -> Result<(), SettingError> {
        if self.headphones_percent > 100 {
            return Err(SettingError::Percent(self.headphones_percent));
        }
        if self.jack.is_some() && self.headphones.is_none() {
            return Err(SettingError::JackOnly);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_refused() {
        let mut settings = SpeakerSettings::default();
        for (key, value) in [
            ("voice", "/srv/voice"),
            ("headphones", "alsa:plughw:1,0"),
            ("jack", "Headphone Jack"),
            ("volume", "6:70,22:20"),
            ("headphones_percent", "50"),
        ] {
            settings.set(key, value).expect("a setting");
        }
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.volume.percent_at(Some(23)), 20);
        for (key, value) in [("headphones", "ear"), ("volume", "loud"), ("voices", "2")] {
            assert!(settings.set(key, value).is_err(), "{key}");
        }
        settings.headphones = None;
        assert_eq!(settings.check(), Err(SettingError::JackOnly));
        settings.headphones_percent = 101;
        assert_eq!(settings.check(), Err(SettingError::Percent(101)));
    }

    #[cfg(feature = "sim")]
    #[test]
    fn a_configuration_is_read() {
        let settings: SpeakerSettings =
            toml::from_str("volume = [[0, 30], [8, 90]]").expect("it is");
        assert_eq!(settings.volume.percent_at(Some(7)), 30);
        let error = toml::from_str::<SpeakerSettings>("volume = [[8, 30], [0, 90]]");
        assert!(error.is_err_and(|it| it.to_string().contains("have to rise")));
    }
}
