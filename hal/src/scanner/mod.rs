//! Code scanners: texts that were read off paper and phones.

#[cfg(feature = "drivers")]
pub mod driver;
pub mod line;
#[cfg(feature = "sim")]
pub mod sim;

use crate::fault::Link;

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
