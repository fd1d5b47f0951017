//! The cabinet's lines, one command at a time.

use std::time::Duration;

use hal::panel::{Light, PanelSettings, once};

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;

/// How long a light stays lit: nobody holds a line after this program ended.
const HOLD: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.panel)?;
    let mut settings: PanelSettings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    if names_no_line(&settings) {
        let message = "nothing says what hangs on which line of the panel";
        let action = "name a line, such as --set door.line=5, or the kiosk's --config FILE";
        return Err(Failure::wrong("usage", message, action));
    }
    match arguments.verb.as_str() {
        "state" => {
            let state = once::state(port, settings).await.map_err(device_error)?;
            Ok(Answer::well(state))
        }
        "light" => {
            let (light, on) = light(&arguments.arguments)?;
            let report =
                once::light(port, settings, light, on, HOLD).await.map_err(device_error)?;
            Ok(Answer::well(report))
        }
        _ => Err(arguments.unknown_verb()),
    }
}

fn names_no_line(settings: &PanelSettings) -> bool {
    let outputs = settings.buzzer.is_some() || settings.siren.is_some();
    !outputs && settings.lights.is_empty() && settings.inputs().next().is_none()
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
