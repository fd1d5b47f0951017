//! Signature pads, one signature at a time.

use hal::signature::once::{self, SignReport};
use hal::signature::render::{self, Style};

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.signature)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    match arguments.verb.as_str() {
        "status" => {
            let report =
                once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
            Ok(Answer::well(report))
        }
        "sign" => {
            let file = arguments.arguments.first();
            if file.is_some() && !arguments.reveal {
                let message = "a picture of a signature is personal data";
                return Err(Failure::wrong("usage", message, "add --reveal, or name no file"));
            }
            let signature = once::sign(port, settings, arguments.tap()?, arguments.timeout)
                .await
                .map_err(device_error)?;
            arguments.note_reveal("signature");
            if let Some(file) = file {
                let png = render::png(&signature, &Style::default());
                std::fs::write(file, png).map_err(|error| {
                    let message = format!("cannot write {file}: {error}");
                    Failure::wrong("file", message, "name a file in a folder that may be written")
                })?;
            }
            Ok(Answer::well(SignReport::of(&signature)))
        }
        _ => Err(arguments.unknown_verb()),
    }
}
