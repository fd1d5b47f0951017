//! The frame of every simulator: the device at the other end of the wire.
//!
//! A [`Device`] is sans-IO: it takes bytes, commands and the time, and says what it sends and when.
//! [`serve`] puts it on a pseudo-terminal, a TCP port or a name in this process, behind a line that
//! can fail ([`LineFault`]) and that can pace bytes at a real rate. All chance comes from one seed.

mod control_server;
mod line;
mod pty;
#[cfg(test)]
mod replug_tests;
mod runner;
mod schedule;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

use crate::port::Direction;

pub use control_server::{Operate, serve_control};
pub use line::LineFault;
pub use runner::{ServeError, SimHandle, SimRecord, serve};
pub use schedule::{FaultSchedule, ScheduleError, ScheduledFault};

/// A device as its makers built it: bytes in, bytes out, no I/O and no clock of its own.
///
/// `now` is the time since the simulator started; it never goes back.
pub trait Device: Send {
    /// Bytes arrived from the host, split anyhow. What the device answers goes into `out`.
    fn receive(&mut self, now: Duration, bytes: &[u8], out: &mut Outbox);

    /// A host opened the line, where that can be told: not on a pseudo-terminal, which is always
    /// open.
    fn connected(&mut self, now: Duration, out: &mut Outbox) {
        let _ = (now, out);
    }

    /// Somebody does something to the device: lays a card, shuts a door, takes the paper.
    fn control(
        &mut self,
        now: Duration,
        command: &Value,
        out: &mut Outbox,
    ) -> Result<Value, ControlError>;

    /// The state of the device as JSON, for the bench and for tests.
    fn state(&self) -> Value;

    /// The faults of the device itself; those of the line come on top.
    fn faults(&self) -> &'static [FaultInfo];

    /// Switches one of [`Device::faults`] on, or with `None` all of them off.
    fn set_fault(&mut self, now: Duration, fault: Option<&str>, out: &mut Outbox);

    /// What passes, in words and without personal data, as the codec's `describe` says it.
    fn describe(&self, direction: Direction, bytes: &[u8]) -> String;

    /// When the device next wants [`Device::wake`], because a door falls shut or paper ends.
    fn next_wake(&self) -> Option<Duration> {
        None
    }

    /// The time of [`Device::next_wake`] has come.
    fn wake(&mut self, now: Duration, out: &mut Outbox) {
        let _ = (now, out);
    }

    /// The faults its line can have; a protocol without a checksum leaves out
    /// [`LineFault::WrongChecksum`].
    fn line_faults(&self) -> &'static [LineFault] {
        LineFault::ALL
    }
}

/// What a device sends, in order. Each entry is one frame: line faults break frames, not bytes.
#[derive(Debug, Default)]
pub struct Outbox {
    frames: Vec<(Duration, Vec<u8>)>,
}

impl Outbox {
    /// Sends at once.
    pub fn send(&mut self, frame: Vec<u8>) {
        self.send_after(Duration::ZERO, frame);
    }

    /// Sends after `delay`, the time the device needs to think or to move.
    pub fn send_after(&mut self, delay: Duration, frame: Vec<u8>) {
        self.frames.push((delay, frame));
    }

    /// Takes out what was sent so far.
    pub fn take(&mut self) -> Vec<(Duration, Vec<u8>)> {
        std::mem::take(&mut self.frames)
    }
}

/// A fault that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FaultInfo {
    /// In `snake_case`, as commands name it.
    pub name: &'static str,
    /// One sentence for the person who switches it on.
    pub description: &'static str,
}

/// Why a simulator does not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    #[error("this simulator does not know the command; expected {expected}")]
    UnknownCommand { expected: &'static str },
    #[error("the command does not fit: {0}")]
    BadValue(String),
    #[error("there is no fault `{name}`; there are: {known}")]
    UnknownFault { name: String, known: String },
}

/// How a simulator is served.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// Everything left to chance follows from it.
    pub seed: u64,
    /// The rate at which bytes travel both ways, 10 bits each; `None`: at once.
    pub pace_baud: Option<u32>,
}
