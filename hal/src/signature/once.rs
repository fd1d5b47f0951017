//! One signature, for the command line.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{
    Area, Flaw, Measures, SettingError, Signature, SignatureCommand, SignatureEvent,
    SignatureSettings, measures, spawn_with,
};
use crate::fault::Link;
use crate::port::{PortUrl, Tap};

/// The pen is away for so long: it is signed.
const DONE_AFTER: Duration = Duration::from_secs(2);
/// How long a pad may take to tell its size after it was opened.
const AREA_LIMIT: Duration = Duration::from_secs(1);

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error("nobody signed in time; write on the pad with its pen")]
    Nothing,
    #[error("what was drawn is no signature ({0:?}); write the whole name on the pad")]
    Flaw(Flaw),
    #[error("the signature pad at {0} does not open; check its cable, and that it may be read")]
    Down(PortUrl),
    #[error("the pad at {0} does not tell how large it is; set width_mm and height_mm")]
    NoArea(PortUrl),
}

/// How a pad is, as `kiosk device signature status --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StatusReport {
    pub online: bool,
    pub width_mm: i32,
    pub height_mm: i32,
}

impl From<Area> for StatusReport {
    fn from(area: Area) -> Self {
        Self { online: true, width_mm: area.width / 100, height_mm: area.height / 100 }
    }
}

/// What can be told of a signature without showing it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SignReport {
    #[serde(flatten)]
    pub measures: Measures,
}

impl SignReport {
    pub fn of(signature: &Signature) -> Self {
        Self { measures: measures(signature) }
    }
}

/// Opens the pad and asks for its size.
pub async fn status(
    url: PortUrl,
    settings: SignatureSettings,
    tap: Option<Tap>,
) -> Result<StatusReport, SignError> {
    settings.check()?;
    let (sender, mut events) = mpsc::channel(8);
    let _handle = spawn_with(url.clone(), settings, tap, sender);
    let mut up = false;
    let asking = async {
        while let Some(event) = events.recv().await {
            match event {
                SignatureEvent::Area(area) => return Some(area),
                SignatureEvent::Link(Link::Down) => return None,
                SignatureEvent::Link(link) => up = link == Link::Up,
                _ => {}
            }
        }
        None
    };
    match timeout(AREA_LIMIT, asking).await.ok().flatten() {
        Some(area) => Ok(area.into()),
        None if up => Err(SignError::NoArea(url)),
        None => Err(SignError::Down(url)),
    }
}

/// Waits for one signature for at most `limit`. It is taken as signed when the pen was away for two
/// seconds; until it is a signature, more may be drawn.
pub async fn sign(
    url: PortUrl,
    settings: SignatureSettings,
    tap: Option<Tap>,
    limit: Duration,
) -> Result<Signature, SignError> {
    settings.check()?;
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn_with(url.clone(), settings, tap, sender);
    let mut why = SignError::Down(url.clone());
    let signing = async {
        handle.send(SignatureCommand::Begin).ok()?;
        let mut drawn = false;
        loop {
            match timeout(DONE_AFTER, events.recv()).await {
                Ok(Some(SignatureEvent::Finished(signature))) => return Some(signature),
                Ok(Some(SignatureEvent::Refused(flaw))) => why = SignError::Flaw(flaw),
                Ok(Some(SignatureEvent::Link(Link::Up))) => why = SignError::NoArea(url.clone()),
                Ok(Some(SignatureEvent::Link(_))) => why = SignError::Down(url.clone()),
                Ok(Some(SignatureEvent::Area(_))) => why = SignError::Nothing,
                Ok(Some(SignatureEvent::Ink(_))) => drawn = true,
                Ok(Some(SignatureEvent::PenStuck)) => {}
                Ok(None) => return None,
                Err(_) if drawn => {
                    drawn = false;
                    handle.send(SignatureCommand::Finish).ok()?;
                }
                Err(_) => {}
            }
        }
    };
    let signed = timeout(limit, signing).await.ok().flatten();
    signed.ok_or(why)
}
