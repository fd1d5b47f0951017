//! Document printers, one question or document at a time.

use hal::document_printer::{DocumentOutcome, DocumentPrinterSettings, PdfDocument, once};
use kiosk_core::diagnosis::Condition;
use serde_json::json;

use super::{Answer, Answered, DeviceArguments, device_error, read_file, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.document_printer)?;
    let mut settings: DocumentPrinterSettings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    match arguments.verb.as_str() {
        "status" => {
            let report =
                once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
            let condition =
                Condition::of_document_printer(report.problem, report.paper, report.toner);
            Ok(Answer::showing(report, condition))
        }
        "print" => {
            let pdf = read_file(arguments.operand("a file, FILE.pdf")?)?;
            // The title stands on the printer's own display and in its log: nothing of the file's
            // name.
            let title = "Hall24".to_owned();
            let document = PdfDocument { title, pdf: pdf.into(), copies: 1 };
            let outcome = once::print(port, settings, arguments.tap()?, &document)
                .await
                .map_err(device_error)?;
            Ok(printed(outcome))
        }
        _ => Err(arguments.unknown_verb()),
    }
}

fn printed(outcome: DocumentOutcome) -> Answer {
    let report = json!({ "outcome": outcome });
    match outcome {
        DocumentOutcome::Printed => Answer::well(report),
        DocumentOutcome::Refused(problem) | DocumentOutcome::Failed(problem) => {
            Answer::showing(report, Condition::of_document_problem(problem))
        }
        DocumentOutcome::Unknown => Answer::not_well(
            report,
            "nobody knows what became of the document; look at the paper before you print again",
        ),
    }
}
