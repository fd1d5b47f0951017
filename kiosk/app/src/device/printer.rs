//! Receipt printers, one command at a time.

use hal::printer::once::{self, Cover, StatusReport};
use hal::printer::{PrintOutcome, PrinterStatus};
use kiosk_core::diagnosis::Condition;
use serde_json::json;

use super::{Answer, Answered, DeviceArguments, device_error, read_file, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.printer)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    match arguments.verb.as_str() {
        "status" => {
            let report =
                once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
            Ok(shown(report))
        }
        "test-page" => {
            let outcome =
                once::test_page(port, settings, arguments.tap()?).await.map_err(device_error)?;
            Ok(printed(outcome))
        }
        "reset" => {
            let report =
                once::reset(port, settings, arguments.tap()?).await.map_err(device_error)?;
            Ok(shown(report))
        }
        "send" => {
            let bytes = read_file(arguments.operand("a file")?)?;
            let outcome =
                once::send(port, settings, arguments.tap()?, &bytes).await.map_err(device_error)?;
            Ok(printed(outcome))
        }
        _ => Err(arguments.unknown_verb()),
    }
}

fn shown(report: StatusReport) -> Answer {
    let condition = Condition::of_printer(PrinterStatus {
        online: report.online,
        cover_open: report.cover == Cover::Open,
        paper: report.paper,
        error: report.error,
    });
    Answer::showing(report, condition)
}

fn printed(outcome: PrintOutcome) -> Answer {
    let report = json!({ "outcome": outcome });
    match outcome {
        PrintOutcome::Printed => Answer::well(report),
        PrintOutcome::Refused(problem) | PrintOutcome::Failed(problem) => {
            Answer::showing(report, Condition::of_problem(problem))
        }
        PrintOutcome::Unknown => Answer::not_well(
            report,
            "it stopped answering in the middle; look at the paper before you print again",
        ),
    }
}
