//! The one place that reads clocks.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kiosk_core::Now;
use tokio::time::Instant;

/// Uptime from the runtime's clock (which tests pause), wall time from a function handed in.
#[derive(Clone)]
pub struct Clock {
    started: Instant,
    wall: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

impl Clock {
    /// The system's clocks. Uptime begins now.
    pub fn system() -> Self {
        Self::with_wall(Timestamp::now)
    }

    /// The runtime's clock for uptime, and another one for the time people are told.
    pub fn with_wall(wall: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { started: Instant::now(), wall: Arc::new(wall) }
    }

    pub fn now(&self) -> Now {
        Now { uptime: self.started.elapsed(), wall: (self.wall)() }
    }

    /// The instant at which the uptime will be `uptime`.
    pub fn instant(&self, uptime: Duration) -> Instant {
        self.started + uptime
    }
}
