//! One reading, for the command line.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{ScannerCommand, ScannerEvent, ScannerSettings, SettingError, spawn_with};
use crate::fault::Link;
use crate::port::{PortUrl, Tap};

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error("no code was read in time; hold one in front")]
    NoCode,
    #[error("the scanner at {0} does not answer or its port does not open; check cable and mode")]
    Down(PortUrl),
}

/// Waits for one code for at most `limit`; a scanner that reads on command is told to, again after
/// each read time.
pub async fn read(
    url: PortUrl,
    settings: ScannerSettings,
    tap: Option<Tap>,
    limit: Duration,
) -> Result<String, ScanError> {
    let settings = settings.at(&url);
    settings.check_at(&url)?;
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn_with(url.clone(), settings, tap, sender);
    let again = Duration::from_millis(settings.read_time_ms.into());
    let mut link = Link::Starting;
    let reading = async {
        loop {
            match timeout(again, events.recv()).await {
                Ok(Some(ScannerEvent::Scanned(text))) => return Some(text),
                Ok(Some(ScannerEvent::Link(now))) => link = now,
                Ok(None) => return None,
                Err(_) => {}
            }
            if link == Link::Up && handle.send(ScannerCommand::Start).is_err() {
                return None;
            }
        }
    };
    let read = timeout(limit, reading).await.ok().flatten();
    read.ok_or(if link == Link::Up { ScanError::NoCode } else { ScanError::Down(url) })
}
