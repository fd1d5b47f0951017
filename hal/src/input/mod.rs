//! Linux input devices (`/dev/input/event*`): what keyboards, scanners and pen tablets say.
//!
//! A device is read as a stream of bytes, one record of 24 bytes per event, the way a 64-bit kernel
//! writes `struct input_event` (linux/input.h). So a stream that was recorded with
//! `cat /dev/input/event3` can be played back through a FIFO, and a simulator can be at the other
//! end.

mod axes;
pub mod codes;
#[cfg(feature = "drivers")]
mod device;
#[cfg(all(test, feature = "sim"))]
mod device_tests;
mod record;

pub use axes::{Axes, Axis};
#[cfg(feature = "drivers")]
pub(crate) use device::open;
pub use record::{InputEvent, RECORD_BYTES, RecordParser, describe, encode_all};
