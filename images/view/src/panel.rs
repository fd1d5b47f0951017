//! What the panel shows, looked at only while somebody wants to see it, and seldom enough: a glance
//! holds the machine up.

use std::path::PathBuf;
use std::time::Duration;

use axum::body::Bytes;
use hall24_qmp::QmpError;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout_at};

use crate::machine::{Machine, MachineError, State};

/// Pause between two glances at a panel on which something moves.
const SHORT: Duration = Duration::from_millis(200);
/// The same where nothing does.
const LONG: Duration = Duration::from_secs(1);
/// How long a change is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A picture of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) png: Bytes,
    pub(crate) size: (u32, u32),
}

impl Picture {
    /// What begins as PNG files do.
    fn new(png: Vec<u8>) -> Option<Self> {
        let header = png.get(..24)?.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
        let number = |at: usize| {
            header.get(at..at + 4).and_then(|it| it.try_into().ok()).map(u32::from_be_bytes)
        };
        let size = (number(8)?, number(12)?);
        Some(Self { png: png.into(), size })
    }
}

/// What there is to see.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Grows with every change. It begins anywhere, so that a page that outlives this program takes
    /// no picture of the next for one that it has.
    pub(crate) version: u64,
    pub(crate) state: State,
    /// There is none before the firmware has set the display up, and none without power.
    pub(crate) picture: Option<Picture>,
}

struct Seen {
    shown: Shown,
    /// When, if ever.
    at: Option<Instant>,
    pause: Duration,
}

/// The panel of a machine.
pub(crate) struct Panel {
    machine: Machine,
    seen: Mutex<Seen>,
    /// Somebody did something, and will want to see what becomes of it.
    stirred: Notify,
    /// Where QEMU leaves a picture.
    file: PathBuf,
}

impl Panel {
    pub(crate) fn new(machine: Machine, file: PathBuf) -> Self {
        let shown = Shown { version: anywhere(), state: machine.state(), picture: None };
        let seen = Mutex::new(Seen { shown, at: None, pause: SHORT });
        Self { machine, seen, stirred: Notify::new(), file }
    }

    /// What was seen last, without looking.
    pub(crate) async fn last(&self) -> Shown {
        self.seen.lock().await.shown.clone()
    }

    /// What is to be seen now.
    pub(crate) async fn look(&self) -> Result<Shown, MachineError> {
        self.glance().await.map(|it| it.0)
    }

    /// Looks again soon.
    pub(crate) fn stir(&self) {
        self.stirred.notify_waiters();
    }

    /// Waits for something else than this version, for a while.
    pub(crate) async fn changed(&self, version: u64) -> Result<Shown, MachineError> {
        let end = Instant::now() + PATIENCE;
        loop {
            let stirred = self.stirred.notified();
            let (shown, pause) = self.glance().await?;
            let now = Instant::now();
            if shown.version != version || now >= end {
                return Ok(shown);
            }
            if timeout_at(now + pause, stirred).await.is_ok() {
                self.seen.lock().await.pause = SHORT;
            }
        }
    }

    /// What is to be seen, and after which pause to look again. However many look, the machine is held
    /// up by one glance in the shortest pause.
    async fn glance(&self) -> Result<(Shown, Duration), MachineError> {
        let mut seen = self.seen.lock().await;
        if seen.at.is_none_or(|it| it.elapsed() >= SHORT) {
            let picture = self.picture().await?;
            let state = self.machine.state();
            let changed = (&seen.shown.picture, seen.shown.state) != (&picture, state);
            if changed {
                seen.shown = Shown { version: seen.shown.version + 1, state, picture };
            }
            seen.pause = next_pause(seen.pause, changed);
            seen.at = Some(Instant::now());
        }
        Ok((seen.shown.clone(), seen.pause))
    }

    async fn picture(&self) -> Result<Option<Picture>, MachineError> {
        match self.machine.look(&self.file).await {
            Ok(()) => Ok(Picture::new(tokio::fs::read(&self.file).await?)),
            Err(
                MachineError::Off | MachineError::Qmp(QmpError::Refused { .. } | QmpError::Ended),
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn next_pause(pause: Duration, changed: bool) -> Duration {
    if changed { SHORT } else { (pause * 3 / 2).min(LONG) }
}

/// A number that another start of this program does not begin with, small enough for every reader.
fn anywhere() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish() >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_nothing_change_looks_less_often() {
        let mut pause = SHORT;
        for expected in [300, 450, 675, 1000, 1000] {
            pause = next_pause(pause, false);
            assert_eq!(pause.as_millis(), expected);
        }
        assert_eq!(next_pause(pause, true), SHORT);
    }

    #[test]
    fn a_picture_says_how_large_it_is() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        assert_eq!(Picture::new(png.clone()), None, "it ends too early");
        png.extend([0, 0, 4, 56, 0, 0, 7, 128]);
        assert_eq!(Picture::new(png).map(|it| it.size), Some((1080, 1920)));
        assert_eq!(Picture::new(vec![0; 40]), None);
    }
}
