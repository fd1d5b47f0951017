//! What systemd is told, as sd_notify(3) and sd_watchdog_enabled(3) lay down.
//!
//! Messages and the reading of the environment are pure. The environment is handed in, not read
//! here: only so can its cases be tried out, and that is why no crate does this.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Where systemd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Path(PathBuf),
    /// A name in the abstract namespace of Linux, without its leading zero.
    Abstract(Vec<u8>),
}

/// What systemd asks of the program it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub address: Address,
    /// Within this time it wants to hear from the program, if at all.
    pub limit: Option<Duration>,
}

/// Why an invitation cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    #[error("NOTIFY_SOCKET is {0:?}; expected an absolute path or a name after @")]
    Address(OsString),
    #[error("WATCHDOG_USEC is {0:?}; expected a number of microseconds, more than zero")]
    Limit(OsString),
}

impl Invitation {
    /// Reads the environment by `variable`; `None` where systemd wants to hear nothing.
    ///
    /// `WATCHDOG_USEC` counts where `WATCHDOG_PID` is this process or not set.
    pub fn read(
        variable: impl Fn(&str) -> Option<OsString>,
        process: u32,
    ) -> Result<Option<Self>, InvitationError> {
        let Some(socket) = variable("NOTIFY_SOCKET").filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let address = address(socket)?;
        let for_us = variable("WATCHDOG_PID").is_none_or(|it| it == *process.to_string());
        let limit = variable("WATCHDOG_USEC").filter(|_| for_us).map(limit).transpose()?;
        Ok(Some(Self { address, limit }))
    }

    /// The same of this process.
    pub fn of_process() -> Result<Option<Self>, InvitationError> {
        Self::read(|it| std::env::var_os(it), std::process::id())
    }

    /// How often it is told: half the limit, as the manual advises.
    pub fn interval(&self) -> Option<Duration> {
        self.limit.map(|it| it / 2)
    }
}

fn address(socket: OsString) -> Result<Address, InvitationError> {
    use std::os::unix::ffi::OsStrExt;
    match socket.as_bytes() {
        [b'/', ..] => Ok(Address::Path(socket.into())),
        [b'@', name @ ..] if !name.is_empty() => Ok(Address::Abstract(name.to_vec())),
        _ => Err(InvitationError::Address(socket)),
    }
}

fn limit(text: OsString) -> Result<Duration, InvitationError> {
    let number = text.to_str().and_then(|it| it.parse().ok()).filter(|it| *it > 0);
    number.map(Duration::from_micros).ok_or(InvitationError::Limit(text))
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Ready,
    Watchdog,
    Stopping,
    /// One line; line breaks become spaces.
    Status(String),
}

impl Message {
    /// The datagram.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ready => b"READY=1".to_vec(),
            Self::Watchdog => b"WATCHDOG=1".to_vec(),
            Self::Stopping => b"STOPPING=1".to_vec(),
            Self::Status(text) => {
                let line: String =
                    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
                format!("STATUS={line}").into_bytes()
            }
        }
    }
}

/// The way to systemd.
#[cfg(feature = "drivers")]
#[derive(Debug)]
pub struct Notifier(std::os::unix::net::UnixDatagram);

#[cfg(feature = "drivers")]
impl Notifier {
    /// Connects to where systemd listens.
    pub fn connect(address: &Address) -> std::io::Result<Self> {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixDatagram};
        let socket = UnixDatagram::unbound()?;
        match address {
            Address::Path(path) => socket.connect(path)?,
            Address::Abstract(name) => {
                socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?;
            }
        }
        // Its queue is never full for long; a program must not hang on it.
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Sends one message.
    pub fn send(&self, message: &Message) -> std::io::Result<()> {
        self.0.send(&message.encode()).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<Invitation>, InvitationError> {
        let variable = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Invitation::read(variable, 77)
    }

    #[test]
    fn the_environment_is_read_as_the_manual_says() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("NOTIFY_SOCKET", ""), ("WATCHDOG_USEC", "5")]), Ok(None));
        let path = |limit| Invitation { address: Address::Path("/run/n".into()), limit };
        assert_eq!(read(&[("NOTIFY_SOCKET", "/run/n")]), Ok(Some(path(None))));
        let asked = [("NOTIFY_SOCKET", "/run/n"), ("WATCHDOG_USEC", "30000000")];
        let limit = Some(Duration::from_secs(30));
        assert_eq!(read(&asked), Ok(Some(path(limit))));
        assert_eq!(path(limit).interval(), Some(Duration::from_secs(15)));
        let ours = [&asked[..], &[("WATCHDOG_PID", "77")]].concat();
        assert_eq!(read(&ours), Ok(Some(path(limit))));
        let anothers = [&asked[..], &[("WATCHDOG_PID", "78")]].concat();
        assert_eq!(read(&anothers), Ok(Some(path(None))));
        let hidden = read(&[("NOTIFY_SOCKET", "@org/x")]).expect("valid").expect("invited");
        assert_eq!(hidden.address, Address::Abstract(b"org/x".to_vec()));
        for wrong in ["run/n", "@", "vsock:2:1234"] {
            assert!(read(&[("NOTIFY_SOCKET", wrong)]).is_err(), "{wrong}");
        }
        for wrong in ["0", "-1", "soon", ""] {
            assert!(read(&[("NOTIFY_SOCKET", "/n"), ("WATCHDOG_USEC", wrong)]).is_err(), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// Whatever a status says, it stays one line and cannot pass for another message.
        #[test]
        fn a_status_is_one_line(text in any::<String>()) {
            let sent = String::from_utf8(Message::Status(text.clone()).encode()).expect("text");
            prop_assert!(sent.starts_with("STATUS=") && !sent.contains(['\n', '\r', '\0']));
            prop_assert_eq!(sent.chars().count(), text.chars().count() + "STATUS=".len());
        }

        #[test]
        fn any_environment_is_read_or_refused(socket in "\\PC{0,20}", limit in "\\PC{0,12}") {
            let read = read(&[("NOTIFY_SOCKET", &socket), ("WATCHDOG_USEC", &limit)]);
            if let Ok(Some(invitation)) = read {
                prop_assert!(invitation.limit.is_some_and(|it| !it.is_zero()));
            }
        }
    }
}
