//! Code scanners, one command at a time.

use super::{Answer, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    if arguments.verb != "read" {
        return Err(arguments.unknown_verb("read"));
    }
    use hal::scanner::{Protocol, ScannerSettings, once};
    let (port, _) = arguments.place(|it| it.scanner.map(|port| (port, ())))?;
    let protocol = arguments.protocol.as_deref().unwrap_or("line");
    let known = Protocol::from_name(protocol);
    let known = known.ok_or_else(|| unknown_protocol("scanner", protocol, Protocol::NAMES))?;
    let mut settings = ScannerSettings::of(known);
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let text = once::read(port, settings, arguments.tap()?, arguments.timeout)
        .await
        .map_err(device_error)?;
    Ok((serde_json::json!({ "text": text }), true))
}
