//! The output of a simulated UPS: on, about to go off by order, or off until the mains are back.

use std::time::Duration;

/// Whether what hangs on the unit has power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Output {
    #[default]
    On,
    /// Ordered: it goes off at this time and on again after so much of mains.
    GoesOff { at: Duration, on_delay: Duration },
    /// Off; since when the mains are there again.
    Off { mains_since: Option<Duration>, on_delay: Duration },
}

impl Output {
    /// The order to switch off and to come back.
    pub(super) fn order(&mut self, at: Duration, on_delay: Duration) {
        *self = Self::GoesOff { at, on_delay };
    }

    pub(super) fn is_off(self) -> bool {
        matches!(self, Self::Off { .. })
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, now: Duration, mains: bool) {
        if let Self::GoesOff { at, on_delay } = *self
            && now >= at
        {
            *self = Self::Off { mains_since: None, on_delay };
        }
        if let Self::Off { mains_since, on_delay } = self {
            *mains_since = mains.then_some(mains_since.unwrap_or(now));
            if mains_since.is_some_and(|it| now >= it + *on_delay) {
                *self = Self::On;
            }
        }
    }

    /// When it will change if nothing else does.
    pub(super) fn next_wake(self) -> Option<Duration> {
        match self {
            Self::On | Self::Off { mains_since: None, .. } => None,
            Self::GoesOff { at, .. } => Some(at),
            Self::Off { mains_since: Some(since), on_delay } => Some(since + on_delay),
        }
    }
}
