//! The small display on the locker column: which kiosk, which door, what to do.
//!
//! An SSD1306 of 128×64 dots on an I²C bus (`i2c:/dev/i2c-1?address=0x3c`). [`render`] makes the
//! picture and is pure; the crate `ssd1306` speaks to the controller.

#[cfg(feature = "drivers")]
mod bus;
pub mod controller;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(feature = "raster")]
pub mod render;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "drivers")]
pub use bus::DisplayError;
#[cfg(feature = "drivers")]
pub use driver::{StatusDisplayHandle, spawn};
pub use settings::{ADDRESS, SettingError, StatusDisplaySettings};

use crate::fault::Link;

/// Dots across.
pub const WIDTH: usize = 128;
/// Dots down.
pub const HEIGHT: usize = 64;
/// Numbers of ways have at most three digits.
pub const WAY_MAX: u16 = 999;

/// What stands on the display. It hangs in public: nothing personal belongs on it.
///
/// A line holds sixteen Latin or eight Chinese characters; what is longer is cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayStatus {
    /// The kiosk's number, small on the upper left.
    pub kiosk: u16,
    /// A word on the upper right: in service, out of service.
    pub state: String,
    /// The way whose door is open, large in the middle; at most [`WAY_MAX`].
    pub way: Option<u16>,
    /// A line at the bottom: what to do.
    pub hint: String,
}

/// What the kiosk asks of the display. Both may be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayCommand {
    Show(DisplayStatus),
    /// All dots off: what never changes burns in.
    Blank,
}

/// What the driver reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisplayEvent {
    /// Whether the controller takes what it is sent; it says nothing about the glass.
    Link(Link),
}
