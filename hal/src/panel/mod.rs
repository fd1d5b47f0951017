//! The cabinet's lines: contacts and sensors in, status lights, buzzer and siren out.
//!
//! There is no protocol: a line is high or low. [`watch`] makes changes out of levels and
//! [`outputs`] levels out of commands; both are pure. The lines themselves are a GPIO chip of the
//! kernel (`gpio:PATH`), the header of a Raspberry Pi (`rppal:`) or the simulator (`sim:NAME`).

#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "drivers")]
mod lines;
#[cfg(feature = "drivers")]
pub mod once;
pub mod outputs;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;
pub mod watch;

#[cfg(feature = "drivers")]
pub use driver::{PanelHandle, spawn};
#[cfg(feature = "drivers")]
pub use lines::LinesError;
pub use settings::{
    Active, InputSettings, OutputSettings, PanelSettings, Pull, SettingError, VIBRATION_LATCH_MS,
};

use crate::fault::{Link, Origin, RequiredAction};

/// What the panel senses.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The service door of the kiosk; active while it is open.
    Door,
    /// The cabinet's tamper contact; active while the cabinet is open.
    Tamper,
    /// Active while the cabinet is shaken, and a while longer.
    Vibration,
    /// Active while somebody stands in front.
    Proximity,
}

impl Input {
    pub const ALL: [Self; 4] = [Self::Door, Self::Tamper, Self::Vibration, Self::Proximity];

    /// The name used in configuration, on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Tamper => "tamper",
            Self::Vibration => "vibration",
            Self::Proximity => "proximity",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A status light.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// The kiosk serves.
    Ready,
    /// Beside the card reader: lay your card here.
    Reader,
    /// Beside the printer: take your paper.
    Printer,
    /// Above the lockers: a door is open.
    Locker,
    /// Somebody has to look after the kiosk.
    Fault,
}

impl Light {
    pub const ALL: [Self; 5] =
        [Self::Ready, Self::Reader, Self::Printer, Self::Locker, Self::Fault];
    /// All names, for messages.
    pub const NAMES: &str = "ready, reader, printer, locker or fault";

    /// The name used in configuration, on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Reader => "reader",
            Self::Printer => "printer",
            Self::Locker => "locker",
            Self::Fault => "fault",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// What a light shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lamp {
    #[default]
    Off,
    On,
    /// Half a second on, half a second off; all blinking lights in step.
    Blink,
}

/// What the buzzer sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Buzz {
    #[default]
    Off,
    /// One short tone: something was taken or read.
    Once,
    /// Two short tones: something was refused.
    Twice,
    /// Half a second on, half a second off, until it is told otherwise: a door was left open.
    Repeat,
}

/// What the kiosk asks of the panel.
///
/// All commands name a state and may be repeated; only `Once` and `Twice` then sound again. What
/// was asked while the link is down is done when it comes up. Lights and sounders that the settings
/// do not name take commands and do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelCommand {
    Light {
        light: Light,
        lamp: Lamp,
    },
    Buzzer(Buzz),
    /// It falls silent by itself after [`PanelSettings::siren_limit_s`].
    Siren {
        on: bool,
    },
}

/// What the driver reports. Repeated states are not events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelEvent {
    /// Whether the lines can be read and set.
    Link(Link),
    /// Why they cannot; comes before the link goes down and when the reason changes.
    Problem(PanelProblem),
    /// An input changed. Each input that the settings name is told once after the link came up.
    Input {
        input: Input,
        active: bool,
        /// How long ago the line changed: the time that contacts are given to settle.
        age_ms: u32,
    },
}

/// What keeps the lines from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelProblem {
    /// There is no such chip, or it went away.
    ChipMissing,
    /// The chip is there, but does not give a line: it is used by another program, has another
    /// number, or may not be opened.
    LineRefused,
    /// The settings contradict themselves.
    Settings,
}

impl PanelProblem {
    /// Where it comes from.
    pub fn origin(self) -> Origin {
        match self {
            Self::ChipMissing => Origin::Hardware,
            Self::LineRefused | Self::Settings => Origin::Software,
        }
    }

    /// What has to be done.
    pub fn required_action(self) -> RequiredAction {
        match self {
            Self::ChipMissing => RequiredAction::Maintenance,
            Self::LineRefused | Self::Settings => RequiredAction::Configuration,
        }
    }
}
