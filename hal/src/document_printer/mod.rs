//! Document printers: PDF documents on A4 sheets, over the network.

#[cfg(feature = "drivers")]
mod client;
#[cfg(test)]
mod codec_tests;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
pub mod ipp;
#[cfg(all(test, feature = "sim"))]
mod ippeveprinter_tests;
#[cfg(feature = "drivers")]
mod job;
#[cfg(feature = "drivers")]
pub mod once;
pub mod reasons;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "drivers")]
mod tls;

use std::sync::Arc;

#[cfg(feature = "drivers")]
pub use driver::{DocumentPrinterHandle, describe, spawn};
pub use settings::{DocumentPrinterSettings, SettingError};

use crate::{fault::Link, printer::PrintJobId};

/// A document for people, as a file that printers understand.
#[derive(Clone, PartialEq, Eq)]
pub struct PdfDocument {
    /// What the printer's display and its log show. No personal data.
    pub title: String,
    pub pdf: Arc<[u8]>,
    pub copies: u16,
}

/// Documents are people's: `Debug` shows their size only.
impl std::fmt::Debug for PdfDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PdfDocument({} bytes, {} copies)", self.pdf.len(), self.copies)
    }
}

impl PdfDocument {
    /// The longest document, in bytes.
    pub const BYTES_MAX: usize = 32 << 20;

    /// Whether it looks like a PDF and may be sent.
    pub fn is_acceptable(&self) -> bool {
        let head = &self.pdf[..self.pdf.len().min(1024)];
        self.copies > 0
            && self.pdf.len() <= Self::BYTES_MAX
            && head.windows(5).any(|it| it == b"%PDF-")
    }
}

/// What the kiosk asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentPrinterCommand {
    /// Not idempotent: a job of which something was sent is never sent again; sending it once more
    /// repeats its outcome.
    Print { job: PrintJobId, document: PdfDocument },
}

/// What the driver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentPrinterEvent {
    Link(Link),
    /// A new state, and only then.
    Status(DocumentPrinterStatus),
    Printed {
        job: PrintJobId,
        outcome: DocumentOutcome,
    },
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentOutcome {
    /// The printer said that the job is completed.
    Printed,
    /// No document was sent.
    Refused(DocumentProblem),
    /// The printer said that the job did not come to its end. Some sheets may be out.
    Failed(DocumentProblem),
    /// The document was sent, and nobody knows what became of it.
    Unknown,
}

/// Why nothing (whole) came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentProblem {
    /// The printer does not answer, or says that what prints is not there.
    Offline,
    PaperOut,
    CoverOpen,
    Jam,
    TonerOut,
    /// The output tray is full or missing.
    OutputFull,
    /// Somebody stopped it, or it has another problem of its own.
    Stopped,
    /// Not a PDF, too long, or the printer does not print PDF.
    Document,
    /// The printer does not take the job.
    Rejected,
    /// The printer gave the job up, or somebody did at the printer.
    Aborted,
    /// It was not printed in time and was cancelled.
    TooLate,
}

/// What the printer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterState {
    Idle,
    /// It prints. Further jobs wait in it.
    Busy,
    Stopped,
}

/// Paper or toner.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Supply {
    #[default]
    Ok,
    Low,
    Out,
}

/// The printer as it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DocumentPrinterStatus {
    pub state: PrinterState,
    /// Whether it takes jobs.
    pub accepting: bool,
    /// What prints is behind a server, and away or switched off.
    pub offline: bool,
    pub paper: Supply,
    pub cover_open: bool,
    pub jam: bool,
    pub toner: Supply,
    /// Of the cartridge that is emptiest; `None` where the printer does not say.
    pub toner_percent: Option<u8>,
    pub output_full: bool,
}

impl DocumentPrinterStatus {
    /// Whether a document sent now would come out.
    pub fn ready(&self) -> bool {
        self.problem().is_none()
    }

    /// The one thing that keeps it from printing, the most useful to a person first.
    pub fn problem(&self) -> Option<DocumentProblem> {
        [
            (self.offline, DocumentProblem::Offline),
            (self.cover_open, DocumentProblem::CoverOpen),
            (self.jam, DocumentProblem::Jam),
            (self.paper == Supply::Out, DocumentProblem::PaperOut),
            (self.toner == Supply::Out, DocumentProblem::TonerOut),
            (self.output_full, DocumentProblem::OutputFull),
            (self.state == PrinterState::Stopped || !self.accepting, DocumentProblem::Stopped),
        ]
        .into_iter()
        .find_map(|(is_so, problem)| is_so.then_some(problem))
    }
}
