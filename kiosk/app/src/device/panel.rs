//! The cabinet's lines, one command at a time.

use std::time::Duration;

use hal::panel::{Light, PanelSettings, once};

use super::{Answer, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;

/// How long a light stays lit: nobody holds a line after this program ended.
const HOLD: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    let (port, configured) = arguments.place(|it| it.panel)?;
    let mut settings: PanelSettings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    match arguments.verb.as_str() {
        "state" => {
            let state = once::state(port, settings).await.map_err(device_error)?;
            Ok((serde_json::to_value(state).map_err(device_error)?, true))
        }
        "light" => {
            let (light, on) = light(&arguments.arguments)?;
            let report =
                once::light(port, settings, light, on, HOLD).await.map_err(device_error)?;
            Ok((serde_json::to_value(report).map_err(device_error)?, true))
        }
        _ => Err(arguments.unknown_verb("state, light NAME on|off")),
    }
}

fn light(arguments: &[String]) -> Result<(Light, bool), Failure> {
    let wrong = |message: String| Failure::wrong("usage", message, "write light ready on");
    let [name, state] = arguments else {
        return Err(wrong(format!("light needs a name, {}, and on or off", Light::NAMES)));
    };
    let light = Light::from_name(name)
        .ok_or_else(|| wrong(format!("there is no light {name}; there are {}", Light::NAMES)))?;
    match state.as_str() {
        "on" => Ok((light, true)),
        "off" => Ok((light, false)),
        other => Err(wrong(format!("a light goes on or off, not {other}"))),
    }
}
