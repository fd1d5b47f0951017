//! Start grace: a device that has not been seen since the start is not told as gone at once. Readers,
//! boards and printers come up slower than the program, and a fault that is none helps nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hal::fault::Link;

use crate::diagnosis::{DeviceKind, link_of};
use crate::event::{Event, Now};

/// What is held back of the devices that were not seen yet.
#[derive(Debug, Default)]
pub(crate) struct StartGrace {
    /// When it is over, as uptime; from then on nothing is held back.
    until: Option<Duration>,
    seen: BTreeSet<DeviceKind>,
    held: BTreeMap<DeviceKind, Event>,
}

impl StartGrace {
    /// Begins with the first event of a run.
    pub(crate) fn begin(&mut self, now: Now, grace: Duration) {
        self.until = Some(now.uptime + grace);
    }

    /// Gives the event back, or keeps it for later when it says that a device that was never seen
    /// is gone.
    pub(crate) fn hold(&mut self, now: Now, event: Event) -> Option<Event> {
        let Some((kind, link)) = link_of(&event) else { return Some(event) };
        if link == Link::Up {
            self.seen.insert(kind);
            self.held.remove(&kind);
        }
        let early = self.until.is_some_and(|it| now.uptime < it);
        if link == Link::Down && early && !self.seen.contains(&kind) {
            self.held.insert(kind, event);
            return None;
        }
        Some(event)
    }

    /// What was held back, once the grace is over.
    pub(crate) fn over(&mut self, now: Now) -> Vec<Event> {
        if self.until.is_none_or(|it| now.uptime < it) {
            return Vec::new();
        }
        std::mem::take(&mut self.held).into_values().collect()
    }

    pub(crate) fn wakeup(&self) -> Option<Duration> {
        self.until.filter(|_| !self.held.is_empty())
    }
}
