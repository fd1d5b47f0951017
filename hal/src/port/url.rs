//! The URL of a port.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where a device is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PortUrl {
    /// `serial:/dev/ttyUSB0?baud=115200`, 8N1. Without a rate the driver takes its protocol's.
    Serial { path: PathBuf, baud: Option<u32> },
    /// `pty:/run/x`: a terminal that is opened raw as it is.
    Pty { path: PathBuf },
    /// `tcp:host:port`.
    Tcp { address: String },
    /// `sim:NAME`: a simulator in the same process.
    Sim { name: String },
    /// `pcsc:Reader name`; without a name the first reader.
    Pcsc { reader: Option<String> },
    /// `nut://HOST:PORT/NAME`: a UPS of upsd; without a port 3493.
    Nut { address: String, name: String },
    /// `gpio:/dev/gpiochip0`: lines of a GPIO chip of the kernel.
    Gpio { path: PathBuf },
    /// `rppal:`: the header of a Raspberry Pi.
    Rppal,
    /// `i2c:/dev/i2c-1?address=0x3c`: a device on an I²C bus. Without an address the driver takes
    /// its usual one.
    I2c { path: PathBuf, address: Option<u8> },
    /// `evdev:/dev/input/by-id/…` or `evdev:?name=…`: an input device of Linux.
    Evdev { device: InputDevice },
    /// `v4l2:/dev/video0`: a camera of Video4Linux.
    V4l2 { path: PathBuf },
    /// `file:DIRECTORY`: pictures that stand in for a camera's.
    File { path: PathBuf },
    /// `alsa:default`, `alsa:plughw:CARD=0`: a sound device by ALSA's name.
    Alsa { device: String },
    /// `wav:/run/heard.wav`: a file that grows by what is played.
    Wav { path: PathBuf },
    /// `ipp://HOST:PORT/PATH`, or `ipps:` for TLS: a document printer; without a port 631, without
    /// a path `/ipp/print`.
    Ipp { address: String, path: String, tls: bool },
}

/// Which input device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InputDevice {
    /// The device, or a FIFO through which a recorded one is played.
    Path(PathBuf),
    /// The device that calls itself so.
    Name(String),
}

/// The port of upsd (IANA: nut).
const NUT_PORT: u16 = 3493;
/// The port of printers (IANA: ipp).
const IPP_PORT: u16 = 631;
/// Where IPP Everywhere has every printer.
const IPP_PATH: &str = "/ipp/print";

/// Why a text is not a port URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortUrlError {
    #[error(
        "port `{0}`: expected serial:PATH?baud=RATE, pty:PATH, tcp:HOST:PORT, sim:NAME, \
         pcsc:READER, nut://HOST:PORT/NAME, ipp://HOST:PORT/PATH, gpio:PATH, rppal:, \
         i2c:PATH?address=0xNN, evdev:PATH, v4l2:PATH, file:DIRECTORY, alsa:DEVICE or wav:PATH"
    )]
    Scheme(String),
    #[error("port `{0}`: expected an absolute path after the scheme, such as serial:/dev/ttyUSB0")]
    Path(String),
    #[error("port `{0}`: expected baud=RATE after the question mark, such as ?baud=115200")]
    Baud(String),
    #[error("port `{0}`: expected tcp:HOST:PORT with a port between 0 and 65535")]
    Tcp(String),
    #[error("port `{0}`: expected a name after sim:, made of letters, digits, `-`, `_` and `.`")]
    Name(String),
    #[error("port `{0}`: expected evdev:PATH with an absolute path, or evdev:?name=NAME")]
    Evdev(String),
    #[error("port `{0}`: expected nut://HOST:PORT/NAME with the name that upsd has for the UPS")]
    Nut(String),
    #[error("port `{0}`: nothing follows rppal:, lines are named in the settings")]
    Rppal(String),
    #[error("port `{0}`: expected address=0xNN from 0x08 to 0x77 after the question mark")]
    Address(String),
    #[error("port `{0}`: expected ALSA's name of a device after alsa:, such as alsa:default")]
    Alsa(String),
    #[error("port `{0}`: expected ipp://HOST:PORT/PATH, such as ipp://printer.local/ipp/print")]
    Ipp(String),
}

impl PortUrl {
    /// The same port, with `baud` where it is a serial line that names no rate.
    pub fn with_default_baud(self, baud: u32) -> Self {
        match self {
            Self::Serial { path, baud: None } => Self::Serial { path, baud: Some(baud) },
            other => other,
        }
    }
}

impl FromStr for PortUrl {
    type Err = PortUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = || text.to_owned();
        let (scheme, rest) = text.split_once(':').ok_or_else(|| PortUrlError::Scheme(whole()))?;
        match scheme {
            "serial" => parse_serial(text, rest),
            "pty" => Ok(Self::Pty { path: parse_path(text, rest)? }),
            "tcp" => {
                let (host, port) =
                    rest.rsplit_once(':').ok_or_else(|| PortUrlError::Tcp(whole()))?;
                if host.is_empty() || port.parse::<u16>().is_err() {
                    return Err(PortUrlError::Tcp(whole()));
                }
                Ok(Self::Tcp { address: rest.to_owned() })
            }
            "sim" => {
                if !is_name(rest) {
                    return Err(PortUrlError::Name(whole()));
                }
                Ok(Self::Sim { name: rest.to_owned() })
            }
            "nut" => parse_nut(rest).ok_or_else(|| PortUrlError::Nut(whole())),
            "gpio" => Ok(Self::Gpio { path: parse_path(text, rest)? }),
            "rppal" if rest.is_empty() => Ok(Self::Rppal),
            "rppal" => Err(PortUrlError::Rppal(whole())),
            "i2c" => parse_i2c(text, rest),
            "evdev" => parse_evdev(rest).ok_or_else(|| PortUrlError::Evdev(whole())),
            "v4l2" => Ok(Self::V4l2 { path: parse_path(text, rest)? }),
            "file" => Ok(Self::File { path: parse_path(text, rest)? }),
            "alsa" if rest.is_empty() || rest.starts_with('-') => Err(PortUrlError::Alsa(whole())),
            "alsa" => Ok(Self::Alsa { device: rest.to_owned() }),
            "wav" => Ok(Self::Wav { path: parse_path(text, rest)? }),
            "ipp" | "ipps" => {
                parse_ipp(rest, scheme == "ipps").ok_or_else(|| PortUrlError::Ipp(whole()))
            }
            "pcsc" => Ok(Self::Pcsc { reader: (!rest.is_empty()).then(|| rest.to_owned()) }),
            _ => Err(PortUrlError::Scheme(whole())),
        }
    }
}

fn parse_serial(text: &str, rest: &str) -> Result<PortUrl, PortUrlError> {
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let path = parse_path(text, path)?;
    let baud = match query {
        None => None,
        Some(query) => {
            let rate = query.strip_prefix("baud=").and_then(|it| it.parse().ok());
            let rate = rate.filter(|it| (300..=4_000_000).contains(it));
            Some(rate.ok_or_else(|| PortUrlError::Baud(text.to_owned()))?)
        }
    };
    Ok(PortUrl::Serial { path, baud })
}

fn parse_i2c(text: &str, rest: &str) -> Result<PortUrl, PortUrlError> {
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let path = parse_path(text, path)?;
    let address = match query {
        None => None,
        Some(query) => {
            let digits = query.strip_prefix("address=0x");
            let address = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
            // The others are reserved (UM10204, 3.1.12).
            let address = address.filter(|it| (0x08..=0x77).contains(it));
            Some(address.ok_or_else(|| PortUrlError::Address(text.to_owned()))?)
        }
    };
    Ok(PortUrl::I2c { path, address })
}

fn parse_nut(rest: &str) -> Option<PortUrl> {
    let (address, name) = rest.strip_prefix("//")?.split_once('/')?;
    let address = with_port(address, NUT_PORT)?;
    is_name(name).then(|| PortUrl::Nut { address, name: name.to_owned() })
}

fn parse_ipp(rest: &str, tls: bool) -> Option<PortUrl> {
    let rest = rest.strip_prefix("//")?;
    let (address, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, IPP_PATH),
    };
    let plain = |it: char| it.is_ascii_graphic() && !"?#\"<>\\^`{|}".contains(it);
    let host = |it: char| it.is_ascii_alphanumeric() || "-_.:[]".contains(it);
    if !path.chars().all(plain) || !address.chars().all(host) {
        return None;
    }
    Some(PortUrl::Ipp { address: with_port(address, IPP_PORT)?, path: path.to_owned(), tls })
}

/// `HOST:PORT` with the protocol's port where there is none.
fn with_port(address: &str, port: u16) -> Option<String> {
    // The colons of an IPv6 address stand between brackets.
    match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            port.parse::<u16>().ok().filter(|_| !host.is_empty())?;
            Some(address.to_owned())
        }
        _ if address.is_empty() => None,
        _ => Some(format!("{address}:{port}")),
    }
}

fn parse_evdev(rest: &str) -> Option<PortUrl> {
    let device = match rest.strip_prefix("?name=") {
        Some(name) => InputDevice::Name(Some(name).filter(|it| !it.is_empty())?.to_owned()),
        None => InputDevice::Path(rest.starts_with('/').then(|| PathBuf::from(rest))?),
    };
    Some(PortUrl::Evdev { device })
}

fn is_name(text: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    !text.is_empty() && text.chars().all(fits)
}

fn parse_path(text: &str, path: &str) -> Result<PathBuf, PortUrlError> {
    if path.starts_with('/') {
        Ok(PathBuf::from(path))
    } else {
        Err(PortUrlError::Path(text.to_owned()))
    }
}

impl fmt::Display for PortUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial { path, baud: Some(baud) } => {
                write!(f, "serial:{}?baud={baud}", path.display())
            }
            Self::Serial { path, baud: None } => write!(f, "serial:{}", path.display()),
            Self::Pty { path } => write!(f, "pty:{}", path.display()),
            Self::Tcp { address } => write!(f, "tcp:{address}"),
            Self::Sim { name } => write!(f, "sim:{name}"),
            Self::Ipp { address, path, tls } => {
                write!(f, "ipp{}://{address}{path}", if *tls { "s" } else { "" })
            }
            Self::Nut { address, name } => write!(f, "nut://{address}/{name}"),
            Self::Gpio { path } => write!(f, "gpio:{}", path.display()),
            Self::Rppal => f.write_str("rppal:"),
            Self::I2c { path, address: Some(address) } => {
                write!(f, "i2c:{}?address={address:#04x}", path.display())
            }
            Self::I2c { path, address: None } => write!(f, "i2c:{}", path.display()),
            Self::Evdev { device: InputDevice::Path(path) } => {
                write!(f, "evdev:{}", path.display())
            }
            Self::Evdev { device: InputDevice::Name(name) } => write!(f, "evdev:?name={name}"),
            Self::V4l2 { path } => write!(f, "v4l2:{}", path.display()),
            Self::File { path } => write!(f, "file:{}", path.display()),
            Self::Alsa { device } => write!(f, "alsa:{device}"),
            Self::Wav { path } => write!(f, "wav:{}", path.display()),
            Self::Pcsc { reader } => write!(f, "pcsc:{}", reader.as_deref().unwrap_or_default()),
        }
    }
}

impl TryFrom<String> for PortUrl {
    type Error = PortUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PortUrl> for String {
    fn from(url: PortUrl) -> Self {
        url.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_survives_parse_and_display() {
        for text in [
            "serial:/dev/ttyUSB0?baud=115200",
            "serial:/dev/ttyS1",
            "pty:/run/x",
            "tcp:192.0.2.7:5000",
            "tcp:[::1]:9100",
            "sim:locker",
            "pcsc:Virtual PCD 00 00",
            "pcsc:",
            "nut://192.0.2.9:3493/ups",
            "nut://[::1]:3493/hall-1",
            "gpio:/dev/gpiochip0",
            "rppal:",
            "i2c:/dev/i2c-1?address=0x3c",
            "i2c:/dev/i2c-1?address=0x08",
            "i2c:/dev/i2c-0",
            "evdev:/dev/input/by-id/usb-Scanner-event-kbd",
            "evdev:?name=HID Keyboard: Scanner",
            "v4l2:/dev/video0",
            "file:/srv/pages",
            "alsa:plughw:CARD=Device,DEV=0",
            "wav:/tmp/heard.wav",
            "ipp://192.0.2.9:631/ipp/print",
            "ipp://[::1]:8631/ipp/print/a4",
            "ipps://192.0.2.9:631/ipp/print",
        ] {
            let url: PortUrl = text.parse().expect(text);
            assert_eq!(url.to_string(), text);
        }
    }

    #[test]
    fn what_does_not_fit_is_answered_with_what_was_expected() {
        for (text, expected) in [
            ("", "expected serial:PATH"),
            ("usb:/dev/x", "expected serial:PATH"),
            ("serial:ttyUSB0", "absolute path"),
            ("serial:/dev/ttyUSB0?baud=fast", "baud=RATE"),
            ("serial:/dev/ttyUSB0?baud=0", "baud=RATE"),
            ("serial:/dev/ttyUSB0?parity=even", "baud=RATE"),
            ("pty:", "absolute path"),
            ("evdev:event3", "evdev:?name=NAME"),
            ("evdev:?name=", "evdev:?name=NAME"),
            ("evdev:?number=3", "evdev:?name=NAME"),
            ("v4l2:0", "absolute path"),
            ("file:pages", "absolute path"),
            ("tcp:9100", "HOST:PORT"),
            ("tcp:host:99999", "HOST:PORT"),
            ("sim:", "name after sim:"),
            ("sim:a b", "name after sim:"),
            ("gpio:gpiochip0", "absolute path"),
            ("rppal:17", "nothing follows rppal:"),
            ("i2c:1", "absolute path"),
            ("alsa:", "ALSA's name"),
            ("wav:heard.wav", "absolute path"),
            ("i2c:/dev/i2c-1?address=60", "address=0xNN"),
            ("i2c:/dev/i2c-1?address=0x78", "address=0xNN"),
            ("nut:host/ups", "nut://HOST:PORT/NAME"),
            ("nut://host:3493", "nut://HOST:PORT/NAME"),
            ("nut://host:3493/", "nut://HOST:PORT/NAME"),
            ("nut://host:99999/ups", "nut://HOST:PORT/NAME"),
            ("nut://:3493/ups", "nut://HOST:PORT/NAME"),
            ("nut:///ups", "nut://HOST:PORT/NAME"),
            ("nut://host/two words", "nut://HOST:PORT/NAME"),
            ("ipp:host/ipp/print", "ipp://HOST:PORT/PATH"),
            ("ipp://", "ipp://HOST:PORT/PATH"),
            ("ipp://host:99999/ipp/print", "ipp://HOST:PORT/PATH"),
            ("ipp://host/two words", "ipp://HOST:PORT/PATH"),
            ("ipp://host\r\nX: y/ipp", "ipp://HOST:PORT/PATH"),
        ] {
            let error = text.parse::<PortUrl>().expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn servers_have_ports_of_their_own() {
        for (text, full) in [
            ("nut://localhost/ups", "nut://localhost:3493/ups"),
            ("nut://[::1]/ups", "nut://[::1]:3493/ups"),
            ("ipp://printer.local", "ipp://printer.local:631/ipp/print"),
            ("ipp://[::1]/", "ipp://[::1]:631/"),
            ("ipps://printer.local", "ipps://printer.local:631/ipp/print"),
        ] {
            let url: PortUrl = text.parse().expect(text);
            assert_eq!(url.to_string(), full);
        }
    }

    #[test]
    fn a_protocols_rate_fills_the_gap_only() {
        let open: PortUrl = "serial:/dev/ttyS1".parse().expect("valid");
        assert_eq!(open.with_default_baud(9600).to_string(), "serial:/dev/ttyS1?baud=9600");
        let set: PortUrl = "serial:/dev/ttyS1?baud=19200".parse().expect("valid");
        assert_eq!(set.clone().with_default_baud(9600), set);
    }
}
