//! What differs from one scanner to the next.

use crate::port::PortUrl;

/// How a scanner is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// It reads by itself and sends lines.
    #[default]
    Line,
    /// GM65 and GM861 engines in command mode.
    Gm65,
    /// Serial trigger of Honeywell and CipherLab scanners.
    Honeywell,
    /// A scanner in keyboard mode, taken from the input devices of Linux.
    Evdev,
}

impl Protocol {
    pub const ALL: [Self; 4] = [Self::Line, Self::Gm65, Self::Honeywell, Self::Evdev];
    /// All names, for messages.
    pub const NAMES: &str = "line, gm65, honeywell or evdev";

    /// The name used in configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Gm65 => "gm65",
            Self::Honeywell => "honeywell",
            Self::Evdev => "evdev",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// One scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerSettings {
    pub protocol: Protocol,
    /// GM65: value of zone 0000 that the driver sets, 7D for reading on command, 7F for reading by
    /// itself.
    pub mode_code: u8,
    /// GM65: value of zone 0060, which ends each code with CR; revisions differ.
    pub suffix_code: u8,
    /// GM65: how long it looks for a code after a command (zone 0006, in steps of 100 ms).
    pub read_time_ms: u16,
    /// GM65: send AB CD in place of the checksum.
    pub skip_checksum: bool,
    /// How long an engine may take to answer a command.
    pub reply_timeout_ms: u32,
    /// Pause between two questions after its settings, which shows that it still is there.
    pub poll_interval_ms: u32,
}

impl Default for ScannerSettings {
    fn default() -> Self {
        Self {
            protocol: Protocol::Line,
            mode_code: 0x7D,
            suffix_code: 0x01,
            read_time_ms: 5_000,
            skip_checksum: false,
            reply_timeout_ms: 300,
            poll_interval_ms: 5_000,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "scanner setting `{0}` is unknown; known are protocol, mode_code, suffix_code, \
         read_time_ms, skip_checksum, reply_timeout_ms and poll_interval_ms"
    )]
    UnknownKey(String),
    #[error("scanner setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("a scanner's read time is 100 to 25500 ms, not {0}")]
    ReadTime(u16),
    #[error("a scanner's intervals and timeouts must be longer than zero")]
    ZeroTime,
    #[error(
        "a scanner at {0} is on a serial line and cannot have protocol evdev; set the scanner to \
         keyboard mode and use port evdev:PATH, or another protocol"
    )]
    KeysOverSerial(PortUrl),
}

impl ScannerSettings {
    /// A scanner of this protocol as it is usually set.
    pub fn of(protocol: Protocol) -> Self {
        Self { protocol, ..Self::default() }
    }

    /// Applies one `KEY=VALUE` of the command line. Codes are two hexadecimal digits.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "protocol" => {
                let protocol = Protocol::from_name(value);
                self.protocol = protocol.ok_or_else(|| bad("protocol", value, Protocol::NAMES))?;
            }
            "mode_code" => self.mode_code = code("mode_code", value)?,
            "suffix_code" => self.suffix_code = code("suffix_code", value)?,
            "read_time_ms" => self.read_time_ms = parsed("read_time_ms", value, NUMBER)?,
            "skip_checksum" => {
                self.skip_checksum = parsed("skip_checksum", value, "true or false")?;
            }
            "reply_timeout_ms" => {
                self.reply_timeout_ms = parsed("reply_timeout_ms", value, NUMBER)?;
            }
            "poll_interval_ms" => {
                self.poll_interval_ms = parsed("poll_interval_ms", value, NUMBER)?;
            }
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// The same with protocol `evdev` where the port is an input device, which speaks nothing else.
    pub fn at(self, url: &PortUrl) -> Self {
        match url {
            PortUrl::Evdev { .. } => Self { protocol: Protocol::Evdev, ..self },
            _ => self,
        }
    }

    /// Whether a scanner can be set like this at this port.
    pub fn check_at(&self, url: &PortUrl) -> Result<(), SettingError> {
        if self.protocol == Protocol::Evdev && matches!(url, PortUrl::Serial { .. }) {
            return Err(SettingError::KeysOverSerial(url.clone()));
        }
        self.check()
    }

    /// Whether a scanner can be set like this.
    pub fn check(&self) -> Result<(), SettingError> {
        if !(100..=25_500).contains(&self.read_time_ms) {
            return Err(SettingError::ReadTime(self.read_time_ms));
        }
        if self.reply_timeout_ms == 0 || self.poll_interval_ms == 0 {
            return Err(SettingError::ZeroTime);
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
    value.parse().map_err(|_| bad(key, value, expected))
}

fn code(key: &'static str, value: &str) -> Result<u8, SettingError> {
    u8::from_str_radix(value, 16).map_err(|_| bad(key, value, "two hexadecimal digits"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_refused() {
        let mut settings = ScannerSettings::default();
        for (key, value) in [("protocol", "gm65"), ("mode_code", "7f"), ("read_time_ms", "3000")] {
            settings.set(key, value).expect("a setting");
        }
        assert_eq!((settings.protocol, settings.mode_code), (Protocol::Gm65, 0x7F));
        assert_eq!(settings.check(), Ok(()));
        settings.set("read_time_ms", "50").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::ReadTime(50)));
        assert!(settings.set("suffix_code", "CR").is_err());
        assert!(settings.set("colour", "red").is_err());
    }

    #[test]
    fn an_input_device_says_its_protocol_and_a_serial_line_has_another() {
        let settings = ScannerSettings::default();
        let serial: PortUrl = "serial:/dev/ttyS1".parse().expect("a port");
        assert_eq!(settings.at(&serial).protocol, Protocol::Line);
        let device: PortUrl = "evdev:?name=Scanner".parse().expect("a port");
        let keys = settings.at(&device);
        assert_eq!(keys.protocol, Protocol::Evdev);
        assert_eq!(keys.check_at(&device), Ok(()));
        assert!(matches!(keys.check_at(&serial), Err(SettingError::KeysOverSerial(_))));
    }

    #[cfg(feature = "sim")]
    #[test]
    fn every_setting_can_stand_in_a_file() {
        let text = "protocol = \"gm65\"\nmode_code = 0x7F\nsuffix_code = 3\nread_time_ms = 900\n\
                    skip_checksum = true\nreply_timeout_ms = 1\npoll_interval_ms = 2\n";
        let settings: ScannerSettings = toml::from_str(text).expect("settings");
        assert_eq!((settings.protocol, settings.mode_code), (Protocol::Gm65, 0x7F));
        assert_eq!(settings.poll_interval_ms, 2);
        for protocol in Protocol::ALL {
            let text = format!("protocol = \"{}\"", protocol.name());
            assert_eq!(toml::from_str(&text), Ok(ScannerSettings::of(protocol)));
            assert!(Protocol::NAMES.contains(protocol.name()));
        }
        assert!(toml::from_str::<ScannerSettings>("colour = 1").is_err());
    }
}
