//! Code scanners, one command at a time.

use hal::scanner::{Protocol, ScannerSettings, once};
use serde_json::json;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    if arguments.verb != "read" {
        return Err(arguments.unknown_verb());
    }
    let (port, configured) = arguments.place(|it| it.scanner)?;
    let mut settings = match &arguments.protocol {
        Some(name) => ScannerSettings::of(
            Protocol::from_name(name)
                .ok_or_else(|| unknown_protocol("scanner", name, Protocol::NAMES))?,
        ),
        None => configured.unwrap_or_else(|| ScannerSettings::of(Protocol::Line)).at(&port),
    };
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let text = once::read(port, settings, arguments.tap()?, arguments.timeout)
        .await
        .map_err(device_error)?;
    Ok(Answer::well(json!({ "text": text })))
}
