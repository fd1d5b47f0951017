//! Document cameras: pages of paper as straightened pictures.
//!
//! Every picture is somebody's paper: `Debug` shows sizes only, and nothing here is logged.

#[cfg(feature = "drivers")]
pub mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
mod image;
#[cfg(feature = "drivers")]
pub mod jpeg;
#[cfg(feature = "drivers")]
mod look;
pub mod mjpeg;
#[cfg(feature = "drivers")]
pub mod once;
pub mod page;
#[cfg(all(test, feature = "sim"))]
mod page_tests;
mod pages;
mod quality;
pub mod rectify;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "drivers")]
mod source;
#[cfg(feature = "drivers")]
mod v4l2;

#[cfg(feature = "drivers")]
pub use driver::{CameraHandle, spawn_with};
pub use image::{Grey, PIXELS_MAX, Rgb, SIDE_MAX, from_yuyv, to_yuyv};
pub use pages::{PageError, Pages};
pub use quality::{Problem, Quality, examine, shifted};
pub use settings::{CameraSettings, Format, SettingError};

use crate::fault::Link;

/// What the kiosk asks. All of them may be repeated; a page that is captured again is to replace
/// the former one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraCommand {
    /// Show what lies there, with what is wrong with it, until [`CameraCommand::Stop`].
    Start,
    /// Take the next picture with which nothing is wrong, as this page. With `anyway` the next one
    /// in which a page is found at all.
    Capture { page: u16, anyway: bool },
    /// The camera rests; a capture under way is forgotten.
    Stop,
}

/// What the driver reports.
#[derive(Clone, Debug, PartialEq)]
pub enum CameraEvent {
    Link(Link),
    /// What lies there, several times a second after [`CameraCommand::Start`].
    Quality {
        quality: Quality,
        preview: Rgb,
    },
    /// The page is taken.
    Captured {
        page: u16,
        picture: Picture,
    },
    /// No picture was good enough in time; this is wrong with the last one.
    Refused {
        page: u16,
        problems: Vec<Problem>,
    },
}

/// A page that was taken.
#[derive(Clone, PartialEq)]
pub struct Picture {
    /// JPEG, in colour, baseline.
    pub jpeg: Vec<u8>,
    pub width: usize,
    pub height: usize,
    pub quality: Quality,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {}, {} bytes)", self.width, self.height, self.jpeg.len())
    }
}
