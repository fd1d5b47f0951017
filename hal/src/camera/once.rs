//! One page, for the command line.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{
    CameraCommand, CameraEvent, CameraSettings, Picture, Problem, Quality, SettingError,
    source::{Source, SourceError},
    spawn_with,
};
use crate::port::{PortUrl, Tap};

/// Beyond the settings' own limits nothing takes so long.
const MARGIN: Duration = Duration::from_secs(2);

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the page is not good enough ({0:?}); put that right, or take it anyway")]
    Refused(Vec<Problem>),
    #[error("the camera at {0} gives no picture; check its cable and its settings")]
    Silent(PortUrl),
}

/// What was taken, as `kiosk device camera capture --json` prints it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CaptureReport {
    pub width: usize,
    pub height: usize,
    pub bytes: usize,
    pub quality: Quality,
}

impl CaptureReport {
    pub fn of(picture: &Picture) -> Self {
        Self {
            width: picture.width,
            height: picture.height,
            bytes: picture.jpeg.len(),
            quality: picture.quality.clone(),
        }
    }
}

/// Whether the camera is there. It is told in words why not.
pub async fn status(url: PortUrl, settings: CameraSettings) -> Result<(), CaptureError> {
    settings.check()?;
    let mut source = Source::new(url.with_default_baud(super::driver::BAUD), settings);
    Ok(source.probe().await?)
}

/// Takes one page; `anyway` whatever is wrong with it, as long as there is one. Gives the JPEG file
/// in [`Picture::jpeg`].
pub async fn capture(
    url: PortUrl,
    settings: CameraSettings,
    tap: Option<Tap>,
    anyway: bool,
) -> Result<Picture, CaptureError> {
    status(url.clone(), settings).await?;
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn_with(url.clone(), settings, tap, sender);
    let silent = || CaptureError::Silent(url.clone());
    handle.send(CameraCommand::Capture { page: 1, anyway }).map_err(|_| silent())?;
    let waiting = async {
        loop {
            match events.recv().await {
                Some(CameraEvent::Captured { picture, .. }) => return Ok(picture),
                Some(CameraEvent::Refused { problems, .. }) => {
                    return Err(match problems[..] {
                        [Problem::NoPicture] => silent(),
                        _ => CaptureError::Refused(problems),
                    });
                }
                Some(CameraEvent::Link(_) | CameraEvent::Quality { .. }) => {}
                None => return Err(silent()),
            }
        }
    };
    let limit = Duration::from_millis(settings.capture_timeout_ms.into())
        + Duration::from_millis(settings.frame_timeout_ms.into())
        + MARGIN;
    timeout(limit, waiting).await.unwrap_or_else(|_| Err(silent()))
}
