//! Evaluators (评价器): a small device with a button for each grade of a service.
//!
//! No public protocol exists: makers give a library with each. What they have in common is a serial
//! line on which a button sends a code of its own. Codes are settings ([`codes`] finds them).

pub mod codes;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "drivers")]
pub mod once;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "drivers")]
pub use driver::{BAUD, EvaluatorHandle, describe, spawn};
pub use settings::{CODE_BYTES_MAX, Code, EvaluatorSettings, SettingError};

use crate::fault::Link;

/// A grade, 1 to 5; 5 is the best (GB/T 39734: very satisfied).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Grade(u8);

impl Grade {
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// `None` for anything but 1 to 5.
    pub fn new(grade: u8) -> Option<Self> {
        (1..=5).contains(&grade).then_some(Self(grade))
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

/// What the kiosk asks of the evaluator. Both may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluatorCommand {
    /// Somebody is to give a grade: light the buttons. The first grade is reported and ends it.
    /// Asked while the port is closed, it is done when it opens.
    Ask,
    /// No grade is wanted any more.
    Cancel,
}

/// What the driver reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluatorEvent {
    /// Up while the port is open: the device cannot be asked whether it is there.
    Link(Link),
    /// A button was pressed while a grade was asked for.
    Graded(Grade),
}
