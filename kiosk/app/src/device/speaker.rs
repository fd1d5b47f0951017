//! Sound, one sentence or chime at a time.

use hal::speaker::{Privacy, SpeakerSettings, once};

use super::{Answer, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;
use crate::drivers::hour_of_the_hall;

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    let (port, configured) = arguments.place(|it| it.speaker)?;
    let mut settings: SpeakerSettings = configured.unwrap_or_default();
    let mut language = "zh-CN";
    for (key, value) in arguments.settings()? {
        match key {
            "language" => language = value,
            _ => settings.set(key, value).map_err(setting_error)?,
        }
    }
    let hour = hour_of_the_hall();
    let report = match arguments.verb.as_str() {
        "chime" => once::chime(port, settings, hour).await,
        "say" => {
            let text = arguments.arguments.join(" ");
            if text.is_empty() {
                let message = "say needs clips of the voice and digits";
                return Err(Failure::wrong("usage", message, "write say door 7 is_open"));
            }
            once::say(port, settings, hour, language, &text, Privacy::Public).await
        }
        _ => return Err(arguments.unknown_verb("say TEXT, chime")),
    };
    let report = report.map_err(device_error)?;
    Ok((serde_json::to_value(report).map_err(device_error)?, true))
}
