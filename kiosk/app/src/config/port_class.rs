//! Which ports a class of devices can have.

use hal::port::PortUrl;

/// What is at the other end of a device's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortClass {
    /// A line of bytes.
    Line,
    /// A line of its own, or a server that knows it.
    Ups,
    /// A line, or an input device of its own.
    Input,
    /// The chip that has the cabinet's lines.
    Chip,
    Sound,
    DocumentPrinter,
    /// A camera, or pictures that stand in for one.
    Camera,
    /// The bus that a display hangs on.
    Bus,
    CardReader,
}

impl PortClass {
    /// What is expected where this port does not do.
    pub(crate) fn expected_instead_of(self, port: &PortUrl) -> Option<&'static str> {
        let is_line = matches!(
            port,
            PortUrl::Serial { .. }
                | PortUrl::Pty { .. }
                | PortUrl::Tcp { .. }
                | PortUrl::Sim { .. }
        );
        let is_sim = matches!(port, PortUrl::Sim { .. });
        let (fits, expected) = match self {
            Self::Line => (is_line, "a line, such as serial:PATH"),
            Self::Ups => (
                is_line || matches!(port, PortUrl::Nut { .. }),
                "a line, such as serial:PATH, or nut://HOST/NAME",
            ),
            Self::Input => (
                is_line || matches!(port, PortUrl::Evdev { .. }),
                "a line, such as serial:PATH, or evdev:PATH",
            ),
            Self::Chip => (
                is_sim || matches!(port, PortUrl::Gpio { .. } | PortUrl::Rppal),
                "gpio:/dev/gpiochip0 or rppal:",
            ),
            Self::Sound => (
                is_sim || matches!(port, PortUrl::Alsa { .. } | PortUrl::Wav { .. }),
                "alsa:DEVICE, such as alsa:default",
            ),
            Self::DocumentPrinter => {
                (matches!(port, PortUrl::Ipp { .. }), "ipp://HOST/ipp/print, or ipps: for TLS")
            }
            // A camera is on no serial line.
            Self::Camera => (
                matches!(port, PortUrl::V4l2 { .. } | PortUrl::File { .. })
                    || (is_line && !matches!(port, PortUrl::Serial { .. })),
                "a camera, such as v4l2:/dev/video0",
            ),
            Self::Bus => {
                (is_sim || matches!(port, PortUrl::I2c { .. }), "i2c:/dev/i2c-1?address=0x3c")
            }
            Self::CardReader => (
                is_sim || matches!(port, PortUrl::Pcsc { .. }),
                "pcsc:READER or pcsc: for the first",
            ),
        };
        (!fits).then_some(expected)
    }
}
