//! Loudspeaker and headphones: recorded or rendered clips, joined and played.
//!
//! A [`Speech`] names clips of a voice, a folder `<language>/<key>.wav` with the digits under
//! `<language>/digits/`. Nothing is synthesised while somebody waits: `hal-voice` renders clips when
//! the kiosk is built, and recordings of a person may take their place.

mod chime;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(feature = "voice")]
pub mod render;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "drivers")]
mod sink;
#[cfg(feature = "voice")]
pub mod spell;
#[cfg(feature = "drivers")]
mod voice;
#[cfg(all(test, feature = "voice", feature = "drivers"))]
mod voice_tests;
mod volume;
pub mod wav;

pub use chime::chime;
#[cfg(feature = "drivers")]
pub use driver::{Hour, SpeakerHandle, spawn};
pub use settings::{SettingError, SpeakerSettings};
#[cfg(feature = "drivers")]
pub use voice::{ClipError, Voice};
pub use volume::{ScheduleError, VolumeSchedule};

use crate::fault::Link;

/// Whether others may hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Anybody may hear it.
    Public,
    /// Through headphones or not at all.
    Private,
}

/// Where something is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlet {
    Loudspeaker,
    Headphones,
}

/// A piece of a speech.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// The clip of this key.
    Clip(String),
    /// Digits and Latin letters, spelled one by one.
    Spelled(String),
}

/// Spelled digits can be a person's number: `Debug` shows their count only.
impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Clip(key) => f.debug_tuple("Clip").field(key).finish(),
            Self::Spelled(text) => write!(f, "Spelled({} characters)", text.chars().count()),
        }
    }
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// A language of the voice, such as `zh-CN`.
    pub language: String,
    pub parts: Vec<Part>,
}

impl Speech {
    /// Reads `door 17 is_open`: words of digits and capital letters are spelled, the others name
    /// clips.
    pub fn parse(language: &str, text: &str) -> Self {
        let spelled = |it: &str| it.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let part = |it: &str| {
            if spelled(it) { Part::Spelled(it.to_owned()) } else { Part::Clip(it.to_owned()) }
        };
        Self { language: language.to_owned(), parts: text.split_whitespace().map(part).collect() }
    }
}

/// What the kiosk asks of the speaker. Repeated, a speech or chime sounds again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeakerCommand {
    /// After what is being said. To headphones where they are plugged in.
    Say { speech: Speech, privacy: Privacy },
    /// Two tones.
    Chime,
    /// Silence at once; what waits is forgotten.
    Stop,
}

/// What the driver reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeakerEvent {
    /// Down after something could not be played, up again when something was.
    Link(Link),
    /// A speech or chime was heard to its end.
    Said(Outlet),
    NotSaid(NotSaid),
}

/// Why something was not heard, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotSaid {
    /// It is private and no headphones are there, or they were pulled out.
    NoHeadphones,
    /// The voice lacks a clip; the log names it.
    NoClip,
    /// It could not be played.
    Failed,
    /// Stopped, or too much waits.
    Stopped,
}
