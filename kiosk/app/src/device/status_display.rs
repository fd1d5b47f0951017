//! The display at the lockers, one picture at a time.

use hal::printer::FontSettings;
use hal::status_display::{DisplayStatus, StatusDisplaySettings, once};

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.status_display)?;
    let mut settings: StatusDisplaySettings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let status = match arguments.verb.as_str() {
        "show" => Some(status(&arguments.arguments)?),
        "blank" => None,
        _ => return Err(arguments.unknown_verb()),
    };
    once::show(&port, &settings, &FontSettings::default(), status.as_ref())
        .map_err(device_error)?;
    Ok(Answer::well(serde_json::json!({ "shown": status.is_some() })))
}

fn status(arguments: &[String]) -> Result<DisplayStatus, Failure> {
    let wrong = |message: &str| Failure::wrong("usage", message, "write show TEXT [WAY]");
    let text = arguments.first().ok_or_else(|| wrong("show needs a text"))?;
    let way = arguments.get(1).map(|it| it.parse()).transpose();
    let way = way.map_err(|_| wrong("a way is a number from 1"))?;
    Ok(DisplayStatus { kiosk: 0, state: text.clone(), way, hint: String::new() })
}
