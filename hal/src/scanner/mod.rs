//! Code scanners: texts that were read off paper and phones.

#[cfg(feature = "drivers")]
pub mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
pub mod evdev;
pub mod gm65;
pub mod honeywell;
pub mod line;
#[cfg(feature = "drivers")]
pub mod once;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "drivers")]
pub use driver::{BAUD, ScannerHandle, spawn_with};
pub use settings::{Protocol, ScannerSettings, SettingError};

use crate::fault::Link;

/// What the kiosk asks of scanners that read on command; others take it and do nothing. Both may be
/// repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScannerCommand {
    /// Look for one code. A reading that finds none ends after the read time without an event.
    Start,
    /// Stop looking.
    Stop,
}

/// What the driver reports.
#[derive(Clone, PartialEq, Eq)]
pub enum ScannerEvent {
    Link(Link),
    /// A code was read. The same text within two seconds is reported once.
    Scanned(String),
}

/// Scanned texts can be pickup codes: `Debug` shows their length only.
impl std::fmt::Debug for ScannerEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Link(link) => f.debug_tuple("Link").field(link).finish(),
            Self::Scanned(text) => write!(f, "Scanned({} bytes)", text.len()),
        }
    }
}
