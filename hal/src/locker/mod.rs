//! Lockers: compartments with a lock and a door sensor on one bus.
//!
//! Ways are numbered from 1 over all boards of a bus, in the order of the boards.

pub mod a8;
mod board;
pub mod codec;
#[cfg(test)]
mod codec_tests;
pub mod kr_cu16;
pub mod kr_cu48;
mod settings;
pub mod winnsen;
pub mod wkly;

#[cfg(feature = "drivers")]
mod bus;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(feature = "sim")]
pub mod sim;

pub use board::{BoardSettings, Feedback, Header, Order, StatusPlace, WAYS_MAX};
pub use codec::{Protocol, describe};
#[cfg(feature = "drivers")]
pub use driver::{LockerHandle, spawn};
pub use settings::{LockerSettings, SettingError};

use crate::fault::Link;

/// Names one command so that its outcome can be told from any other's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct JobId(pub u64);

/// What the kiosk asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockerCommand {
    /// Pulse the lock of `way` once, then watch the door. Never repeated by the driver.
    ///
    /// A door that stands open already, which is read afresh, gets no pulse: there is nothing to
    /// release. The command then ends with [`OpenOutcome::Open`] and no open frame was sent.
    Open { job: JobId, way: u16 },
    /// Report all doors as they are now, even if nothing changed.
    Refresh,
}

/// What the driver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockerEvent {
    Link(Link),
    /// A door was seen in a new state (or after [`LockerCommand::Refresh`] in any).
    Door {
        way: u16,
        door: Door,
        occupied: Option<bool>,
    },
    /// The end of an [`LockerCommand::Open`].
    Opened {
        job: JobId,
        way: u16,
        outcome: OpenOutcome,
    },
}

/// A door as its sensor tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    Open,
    Closed,
    /// The board does not answer, or never did, or the door's sensor failed.
    Unknown,
}

/// How an open command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenOutcome {
    /// The door was seen open after the command.
    Open,
    /// The pulse was sent, the board kept answering and the door was not seen open within 3 s.
    Jammed,
    /// Nothing was sent: the way does not exist, the port is closed or the board is known to be
    /// silent.
    NotSent,
    /// The pulse may have been sent, then the line failed or the board fell silent: nobody knows.
    Unknown,
}
