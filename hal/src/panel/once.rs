//! One look at the lines or one light, for the command line.
//!
//! A running kiosk has the lines to itself; then both are refused.

use std::{collections::BTreeMap, io, time::Duration};

use super::lines::{self, LinesError, Wanted};
use super::{Active, Input, Light, PanelSettings, SettingError};
use crate::port::PortUrl;

/// How all lines stand; what the settings do not name is not there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PanelState {
    /// Whether each input is active.
    pub inputs: BTreeMap<Input, bool>,
    /// Whether each light is lit now.
    pub lights: BTreeMap<Light, bool>,
    pub buzzer: Option<bool>,
    pub siren: Option<bool>,
}

/// What was done to a light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LightReport {
    pub light: Light,
    pub on: bool,
    /// How long it was lit.
    pub held_ms: u64,
}

/// Why the panel could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Lines(#[from] LinesError),
    #[error(
        "the settings name no light `{name}`; give it a line: --set lights.{name}.line=N",
        name = .0.name()
    )]
    NoSuchLight(Light),
    #[error("line {line} of the panel at {url} failed: {source}; is the chip still there?")]
    Failed { url: PortUrl, line: u32, source: io::Error },
}

/// Reads every line, without changing any.
pub async fn state(url: PortUrl, settings: PanelSettings) -> Result<PanelState, PanelError> {
    settings.check()?;
    let mut lines = lines::open(&url, &Wanted::of(&settings, false))?;
    let mut read = |line: u32, active: Active| match lines.is_high(line) {
        Ok(high) => Ok(active.flip(high)),
        Err(source) => Err(PanelError::Failed { url: url.clone(), line, source }),
    };
    let mut state =
        PanelState { inputs: BTreeMap::new(), lights: BTreeMap::new(), buzzer: None, siren: None };
    for (input, wiring) in settings.inputs() {
        state.inputs.insert(input, read(wiring.line, wiring.active)?);
    }
    for (light, wiring) in &settings.lights {
        state.lights.insert(*light, read(wiring.line, wiring.active)?);
    }
    state.buzzer = settings.buzzer.map(|it| read(it.line, it.active)).transpose()?;
    state.siren = settings.siren.map(|it| read(it.line, it.active)).transpose()?;
    Ok(state)
}

/// Switches one light: on for `hold` and off again, since a line that nobody has keeps no level; or
/// off. Opens no other line.
pub async fn light(
    url: PortUrl,
    settings: PanelSettings,
    light: Light,
    on: bool,
    hold: Duration,
) -> Result<LightReport, PanelError> {
    settings.check()?;
    let wiring = *settings.lights.get(&light).ok_or(PanelError::NoSuchLight(light))?;
    let only = PanelSettings { lights: [(light, wiring)].into(), ..PanelSettings::default() };
    let mut lines = lines::open(&url, &Wanted::of(&only, true))?;
    let mut set = |on: bool| {
        let set = lines.set(wiring.line, wiring.active.flip(on));
        set.map_err(|source| PanelError::Failed { url: url.clone(), line: wiring.line, source })
    };
    set(on)?;
    let hold = if on { hold } else { Duration::ZERO };
    tokio::time::sleep(hold).await;
    set(false)?;
    let held_ms = u64::try_from(hold.as_millis()).unwrap_or(u64::MAX);
    Ok(LightReport { light, on, held_ms })
}
