//! Receipt printers, one command at a time.

use crate::cli::Failure;

use super::{Answer, DeviceArguments, device_error, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    use hal::printer::once;
    let (port, configured) = arguments.place(|it| it.printer)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    match arguments.verb.as_str() {
        "status" => {
            let report =
                once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
            let ready = report.ready;
            Ok((serde_json::to_value(report).map_err(device_error)?, ready))
        }
        "test-page" => {
            let outcome =
                once::test_page(port, settings, arguments.tap()?).await.map_err(device_error)?;
            printed(outcome)
        }
        "reset" => {
            let report =
                once::reset(port, settings, arguments.tap()?).await.map_err(device_error)?;
            let ready = report.ready;
            Ok((serde_json::to_value(report).map_err(device_error)?, ready))
        }
        "send" => {
            let file = arguments
                .arguments
                .first()
                .ok_or_else(|| Failure::wrong("usage", "send needs a file", "write send FILE"))?;
            let bytes = std::fs::read(file).map_err(|error| {
                Failure::wrong("file", format!("cannot read {file}: {error}"), "check the file")
            })?;
            let outcome =
                once::send(port, settings, arguments.tap()?, &bytes).await.map_err(device_error)?;
            printed(outcome)
        }
        _ => Err(arguments.unknown_verb("status, test-page, reset, send FILE")),
    }
}

fn printed(outcome: hal::printer::PrintOutcome) -> Answer {
    let well = outcome == hal::printer::PrintOutcome::Printed;
    Ok((serde_json::json!({ "outcome": outcome }), well))
}
