//! Code scanners, one command at a time.

use super::{Answer, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    if arguments.verb != "read" {
        return Err(arguments.unknown_verb("read"));
    }
    use hal::scanner::{Protocol, ScannerSettings, once};
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
    Ok((serde_json::json!({ "text": text }), true))
}
