//! Evaluators, one grade at a time.

use hal::evaluator::once;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    if arguments.verb != "read" {
        return Err(arguments.unknown_verb());
    }
    let (port, configured) = arguments.place(|it| it.evaluator)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let report = once::ask(port, settings, arguments.tap()?, arguments.timeout)
        .await
        .map_err(device_error)?;
    Ok(Answer::well(report))
}
