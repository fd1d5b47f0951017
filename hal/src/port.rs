//! Ports: one URL says where a device is, whatever the line is made of.
//!
//! [`PortUrl`] and [`Direction`] are plain values. With the feature `drivers` there are also
//! [`open`], the [`Tap`] that records what passes, and [`Line`], which every driver uses to keep
//! its port open and its commands within their time.

mod url;

#[cfg(feature = "drivers")]
mod line;
#[cfg(feature = "drivers")]
mod recording;
#[cfg(feature = "drivers")]
mod registry;
#[cfg(feature = "drivers")]
mod stream;
#[cfg(feature = "drivers")]
mod tap;
#[cfg(feature = "drivers")]
mod tty;

pub use url::{InputDevice, PortUrl, PortUrlError};

#[cfg(feature = "drivers")]
pub use line::{Backoff, Line, LineError};
#[cfg(feature = "drivers")]
pub use recording::{RecordedBytes, Recording, RecordingError, ReplayError};
#[cfg(feature = "drivers")]
pub use registry::{SimListener, listen};
#[cfg(feature = "drivers")]
pub use stream::{OpenError, Port, open};
#[cfg(feature = "drivers")]
pub use tap::{Describe, Tap, WireRecord};
#[cfg(feature = "drivers")]
pub use tty::Tty;

/// Which way bytes went, seen from the kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the kiosk to the device.
    Out,
    /// From the device to the kiosk.
    In,
}
