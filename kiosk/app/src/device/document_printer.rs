//! Document printers, one question or document at a time.

use hal::document_printer::{DocumentOutcome, DocumentPrinterSettings, PdfDocument, once};

use super::{Answer, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    let (port, configured) = arguments.place(|it| it.document_printer)?;
    let mut settings: DocumentPrinterSettings = configured.unwrap_or_default();
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
        "print" => {
            let document = document(arguments.arguments.first())?;
            let outcome = once::print(port, settings, arguments.tap()?, &document)
                .await
                .map_err(device_error)?;
            let well = outcome == DocumentOutcome::Printed;
            Ok((serde_json::json!({ "outcome": outcome }), well))
        }
        _ => Err(arguments.unknown_verb("status, print FILE.pdf")),
    }
}

fn document(file: Option<&String>) -> Result<PdfDocument, Failure> {
    let file =
        file.ok_or_else(|| Failure::wrong("usage", "print needs a file", "write print FILE.pdf"))?;
    let pdf = std::fs::read(file).map_err(|error| {
        Failure::wrong("file", format!("cannot read {file}: {error}"), "check the file")
    })?;
    // The title stands on the printer's own display and in its log: nothing of the file's name.
    let title = "Hall24".to_owned();
    Ok(PdfDocument { title, pdf: pdf.into(), copies: 1 })
}
