//! One question or one document, for the command line.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{
    DocumentOutcome, DocumentPrinterSettings, DocumentPrinterStatus, DocumentProblem, PdfDocument,
    PrinterState, SettingError, Supply,
    client::{AskError, Client},
    ipp::group,
    job,
    reasons::status_of,
};
use crate::{
    port::{OpenError, PortUrl, Tap},
    printer::{PrintJobId, once::Cover},
};

/// The state of a printer as the command line shows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StatusReport {
    /// What it says it is.
    pub model: Option<String>,
    pub state: PrinterState,
    pub accepting: bool,
    pub offline: bool,
    pub paper: Supply,
    pub cover: Cover,
    pub jam: bool,
    pub toner: Supply,
    pub toner_percent: Option<u8>,
    pub output_full: bool,
    /// Its own words, as it said them.
    pub reasons: Vec<String>,
    pub problem: Option<DocumentProblem>,
    /// Whether a document sent now would come out.
    pub ready: bool,
}

/// Why a printer could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum DocumentOnceError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Port(#[from] OpenError),
    #[error("the printer at {0} does not answer; check its power, its cable and the address")]
    Silent(PortUrl),
    #[error(
        "the printer at {url} refuses to answer: {because}; check the path, usually /ipp/print"
    )]
    Refused { url: PortUrl, because: String },
    #[error("the printer at {url} is not asked: {because}")]
    Tls { url: PortUrl, because: String },
}

/// Asks how the printer is.
pub async fn status(
    url: PortUrl,
    settings: DocumentPrinterSettings,
    tap: Option<Tap>,
) -> Result<StatusReport, DocumentOnceError> {
    settings.check()?;
    let mut client = Client::new(url.clone(), Arc::new(settings), tap);
    let answer = client.printer().await.map_err(|error| match error {
        AskError::NotSent(error) => DocumentOnceError::Port(error),
        error @ AskError::Tls(_) => {
            DocumentOnceError::Tls { url: url.clone(), because: error.to_string() }
        }
        AskError::Lost => DocumentOnceError::Silent(url.clone()),
        other => DocumentOnceError::Refused { url: url.clone(), because: other.to_string() },
    })?;
    let status = status_of(&answer, &client.settings).ok_or(DocumentOnceError::Silent(url))?;
    let model = answer.texts(group::PRINTER, "printer-make-and-model").next();
    let reasons = answer.texts(group::PRINTER, "printer-state-reasons");
    Ok(report(&status, model, reasons.filter(|it| *it != "none").map(str::to_owned).collect()))
}

fn report(it: &DocumentPrinterStatus, model: Option<&str>, reasons: Vec<String>) -> StatusReport {
    StatusReport {
        model: model.map(str::to_owned),
        state: it.state,
        accepting: it.accepting,
        offline: it.offline,
        paper: it.paper,
        cover: if it.cover_open { Cover::Open } else { Cover::Closed },
        jam: it.jam,
        toner: it.toner,
        toner_percent: it.toner_percent,
        output_full: it.output_full,
        reasons,
        problem: it.problem(),
        ready: it.ready(),
    }
}

/// Prints one document and waits until the printer says how that ended.
pub async fn print(
    url: PortUrl,
    settings: DocumentPrinterSettings,
    tap: Option<Tap>,
    document: &PdfDocument,
) -> Result<DocumentOutcome, DocumentOnceError> {
    settings.check()?;
    let pause = Duration::from_millis(settings.job_poll_interval_ms.into());
    let mut client = Client::new(url, Arc::new(settings), tap);
    let job = PrintJobId(std::process::id().into());
    let mut running = match job::start(&mut client, job, document).await {
        Ok(running) => running,
        Err(outcome) => return Ok(outcome),
    };
    loop {
        if let Ok(answer) = client.printer().await
            && let Some(status) = status_of(&answer, &client.settings)
        {
            running.saw(&status);
        }
        if let Some(outcome) = running.step(&mut client).await {
            return Ok(outcome);
        }
        sleep(pause).await;
    }
}
