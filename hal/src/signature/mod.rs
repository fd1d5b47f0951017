//! Signature pads: what somebody writes with a pen, as strokes.
//!
//! Everything drawn is personal data: `Debug` shows counts only, and nothing here is logged.

mod check;
#[cfg(feature = "drivers")]
pub mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
pub mod evdev;
#[cfg(feature = "drivers")]
pub mod once;
pub mod render;
#[cfg(all(test, feature = "raster"))]
mod render_tests;
mod session;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;

pub use check::{Flaw, Measures, flaw, measures};
#[cfg(feature = "drivers")]
pub use driver::{SignatureHandle, spawn_with};
pub use session::Session;
pub use settings::{SettingError, SignatureSettings};

use crate::fault::Link;

/// What the kiosk asks. All of them may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureCommand {
    /// From now on what is drawn counts. What was drawn before is forgotten.
    Begin,
    /// Forget what was drawn and go on.
    Clear,
    /// Forget what was drawn and stop.
    Cancel,
    /// It is signed: [`SignatureEvent::Finished`], or [`SignatureEvent::Refused`] and it goes on.
    Finish,
}

/// What the driver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureEvent {
    Link(Link),
    /// How large the pad is; told ahead of the first ink.
    Area(Area),
    /// More of a stroke, for drawing along.
    Ink(Ink),
    /// What was drawn after [`SignatureCommand::Begin`]; the driver has forgotten it.
    Finished(Signature),
    /// What was drawn so far is no signature.
    Refused(Flaw),
    /// The pen rests on the pad. Until it is lifted it draws nothing.
    PenStuck,
}

/// The writing area in hundredths of a millimetre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Area {
    pub width: i32,
    pub height: i32,
}

/// The pen at one moment.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Point {
    /// Since the first point of the signature.
    pub time_ms: u32,
    /// From the left edge of the area, in hundredths of a millimetre.
    pub x: i32,
    /// From the upper edge of the area, in hundredths of a millimetre.
    pub y: i32,
    /// 0 to 1000; 1000 throughout from a pad that measures none.
    pub pressure: u16,
}

/// From setting the pen down to lifting it.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Stroke {
    pub points: Vec<Point>,
}

/// More points of a stroke.
#[derive(Clone, PartialEq, Eq)]
pub struct Ink {
    /// Strokes are counted from 0.
    pub stroke: usize,
    pub points: Vec<Point>,
}

/// What somebody wrote.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signature {
    pub area: Area,
    pub strokes: Vec<Stroke>,
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Point(…)")
    }
}

impl std::fmt::Debug for Stroke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stroke({} points)", self.points.len())
    }
}

impl std::fmt::Debug for Ink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ink({} points)", self.points.len())
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({} strokes)", self.strokes.len())
    }
}
