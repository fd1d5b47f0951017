//! Watchdogs: systemd and the machine's own, kicked only while every loop of the program turns.
//!
//! [`Keeper`] decides and is pure; [`systemd`] and `device` are the two that are told. Nothing here
//! can be simulated or tried out from the command line: an armed watchdog that is left alone
//! restarts the machine.

#[cfg(feature = "drivers")]
mod device;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
mod keeper;
mod settings;
pub mod systemd;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(feature = "drivers")]
pub use device::Device;
#[cfg(feature = "drivers")]
pub use driver::{WatchdogError, WatchdogHandle, spawn};
pub use keeper::Keeper;
pub use settings::{SettingError, WatchdogSettings};

/// A loop's sign of life. Clones count for the same loop.
#[derive(Clone, Debug, Default)]
pub struct Beat(Arc<AtomicU64>);

impl Beat {
    /// The loop came round once more. Costs next to nothing and never waits.
    pub fn check_in(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it has come round.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the program tells systemd through the watchdog's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchdogCommand {
    /// The program serves. May be repeated.
    Ready,
    /// One line for `systemctl status`; nothing personal. May be repeated.
    Status(String),
    /// An orderly end: the watchdogs are put to rest and the task ends.
    Stop,
}

/// What the watchdog's task reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchdogEvent {
    /// A loop has been silent for longer than it may. While one is, nothing is kicked.
    Late { name: &'static str },
    /// It turns again.
    Back { name: &'static str },
    /// A watchdog cannot be told; it may restart what it watches.
    Failed { what: Watched },
}

/// Which watchdog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// systemd watches the program.
    Program,
    /// The kernel's device watches the machine.
    Machine,
}
