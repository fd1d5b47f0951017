//! One speech or the chime, for the command line.

use tokio::sync::mpsc;

use super::driver::{Hour, spawn};
use super::{
    ClipError, NotSaid, Outlet, Privacy, SettingError, SpeakerCommand, SpeakerEvent,
    SpeakerSettings, Speech, Voice,
};
use crate::port::PortUrl;

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SpeakerReport {
    pub outlet: Outlet,
}

/// Why nothing was heard.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Clip(#[from] ClipError),
    #[error("no headphones are plugged in; private speech goes nowhere else")]
    NoHeadphones,
    #[error("nothing could be played at {0}; try `aplay -D DEVICE FILE.wav`")]
    NotPlayed(PortUrl),
}

/// Says clips and spelled digits, `door 17 is_open`, and waits for the end.
pub async fn say(
    url: PortUrl,
    settings: SpeakerSettings,
    hour: Hour,
    language: &str,
    text: &str,
    privacy: Privacy,
) -> Result<SpeakerReport, SpeakerError> {
    let speech = Speech::parse(language, text);
    Voice::new(&settings.voice).sound(&speech)?;
    play(url, settings, hour, SpeakerCommand::Say { speech, privacy }).await
}

/// Sounds the chime and waits for its end.
pub async fn chime(
    url: PortUrl,
    settings: SpeakerSettings,
    hour: Hour,
) -> Result<SpeakerReport, SpeakerError> {
    play(url, settings, hour, SpeakerCommand::Chime).await
}

async fn play(
    url: PortUrl,
    settings: SpeakerSettings,
    hour: Hour,
    command: SpeakerCommand,
) -> Result<SpeakerReport, SpeakerError> {
    settings.check()?;
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn(url.clone(), settings, hour, sender);
    if handle.send(command).is_err() {
        return Err(SpeakerError::NotPlayed(url));
    }
    while let Some(event) = events.recv().await {
        match event {
            SpeakerEvent::Link(_) => {}
            SpeakerEvent::Said(outlet) => return Ok(SpeakerReport { outlet }),
            SpeakerEvent::NotSaid(NotSaid::NoHeadphones) => {
                return Err(SpeakerError::NoHeadphones);
            }
            SpeakerEvent::NotSaid(_) => break,
        }
    }
    Err(SpeakerError::NotPlayed(url))
}
