//! Evaluators, one grade at a time.

use hal::evaluator::once;

use super::{Answer, DeviceArguments, device_error, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    if arguments.verb != "read" {
        return Err(arguments.unknown_verb("read"));
    }
    let (port, configured) = arguments.place(|it| it.evaluator)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let report = once::ask(port, settings, arguments.tap()?, arguments.timeout)
        .await
        .map_err(device_error)?;
    Ok((serde_json::to_value(report).map_err(device_error)?, true))
}
