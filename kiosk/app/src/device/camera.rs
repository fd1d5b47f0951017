//! Document cameras, one page at a time.

use hal::camera::once::{self, CaptureReport};
use serde_json::json;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.camera)?;
    let mut settings = configured.unwrap_or_default();
    let mut anyway = false;
    for (key, value) in arguments.settings()? {
        match (key, value) {
            // Take the page whatever is wrong with its picture.
            ("anyway", "true") => anyway = true,
            _ => settings.set(key, value).map_err(setting_error)?,
        }
    }
    match arguments.verb.as_str() {
        "status" => {
            once::status(port, settings).await.map_err(device_error)?;
            Ok(Answer::well(json!({ "online": true })))
        }
        "capture" => {
            let file = arguments.operand("a file, FILE.jpg")?;
            let picture = once::capture(port, settings, arguments.tap()?, anyway)
                .await
                .map_err(device_error)?;
            std::fs::write(file, &picture.jpeg).map_err(|error| {
                let message = format!("cannot write {file}: {error}");
                Failure::wrong("file", message, "name a file in a folder that may be written")
            })?;
            Ok(Answer::well(CaptureReport::of(&picture)))
        }
        _ => Err(arguments.unknown_verb()),
    }
}
