//! Receipt printers: documents in, outcomes and states out; with a presenter, what became of
//! tickets.

#[cfg(feature = "raster")]
pub mod bitmap;
mod describe;
#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "raster")]
pub mod encode;
pub mod escpos;
#[cfg(feature = "raster")]
pub mod fonts;
pub mod layout;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(feature = "raster")]
pub mod paint;
pub mod presenter;
#[cfg(all(test, feature = "sim"))]
mod presenter_tests;
#[cfg(all(test, feature = "sim"))]
mod receipt_tests;
#[cfg(feature = "drivers")]
mod session;
mod settings;
#[cfg(feature = "sim")]
pub mod sim;
pub mod status;
mod test_page;

pub use describe::describe;
#[cfg(feature = "drivers")]
pub use driver::{PrinterHandle, spawn};
pub use presenter::{Clear, NotTaken, PresenterSettings, SlotQuery};
pub use settings::{
    Charset, Confirm, CutMode, FontFile, FontSettings, Mode, Model, PrinterSettings, QrMode,
    SettingError,
};
pub use test_page::test_document;

use crate::fault::Link;

/// Names one document on its way through the printer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct PrintJobId(pub u64);

/// A document laid out line by line, before it is text or dots.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Document {
    pub lines: Vec<Line>,
}

/// One line of a document. Widths are in columns of half-width characters (48 on 80 mm paper).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Text {
        text: String,
        align: Align,
        size: TextSize,
        bold: bool,
    },
    /// A label and a value in two columns; the value wraps under itself.
    Field {
        label: String,
        value: String,
        bold: bool,
    },
    /// A dashed rule over the whole width.
    Rule,
    Space,
    /// A QR code, level M, with its quiet zone as large as the paper allows, up to a
    /// millimetre (8 dots) a module.
    Qr {
        data: String,
    },
    /// Feed and cut.
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    Left,
    Centre,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    Normal,
    /// Twice as wide and as high.
    Double,
}

/// What the kiosk asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrinterCommand {
    Print { job: PrintJobId, document: Document },
}

/// What the driver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrinterEvent {
    Link(Link),
    /// A new state, and only then.
    Status(PrinterStatus),
    Printed {
        job: PrintJobId,
        outcome: PrintOutcome,
    },
    /// How much paper a job took of the roll, whether it was printed to its end or not.
    Fed {
        job: PrintJobId,
        paper_mm: u32,
    },
    /// What became of a ticket that a presenter held out: printed is not taken.
    Ticket {
        job: PrintJobId,
        fate: TicketFate,
    },
}

/// What became of a ticket after it was printed. Each has one fate, [`Self::Left`] another one
/// after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketFate {
    /// Somebody pulled it out.
    Taken,
    /// Nobody did, and the printer took it back.
    Retracted,
    /// Nobody did, and it was pushed out.
    Ejected,
    /// Nobody did in time, and it is still in the output: by the settings, or because it could not
    /// be moved.
    Left,
    /// It went while the printer did not answer.
    Unknown,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintOutcome {
    /// The printer answered after the last byte and was ready: the paper is out and cut.
    Printed,
    /// Nothing was sent: the printer was not ready.
    Refused(PrintProblem),
    /// It stopped in the middle.
    Failed(PrintProblem),
    /// The line failed in the middle: nobody knows what is on the paper.
    Unknown,
}

/// Why nothing (whole) came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintProblem {
    Offline,
    CoverOpen,
    PaperEnd,
    Cutter,
    Mechanical,
    HeadHot,
    Unrecoverable,
}

/// The printer as it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PrinterStatus {
    pub online: bool,
    pub cover_open: bool,
    pub paper: Paper,
    pub error: Option<PrinterError>,
}

impl PrinterStatus {
    /// Whether a document sent now would come out.
    pub fn ready(&self) -> bool {
        self.problem().is_none()
    }

    /// The one thing that keeps it from printing, the most useful to a person first.
    pub fn problem(&self) -> Option<PrintProblem> {
        if self.cover_open {
            Some(PrintProblem::CoverOpen)
        } else if self.paper == Paper::End {
            Some(PrintProblem::PaperEnd)
        } else if let Some(error) = self.error {
            Some(match error {
                PrinterError::Cutter => PrintProblem::Cutter,
                PrinterError::Mechanical => PrintProblem::Mechanical,
                PrinterError::HeadHot => PrintProblem::HeadHot,
                PrinterError::Unrecoverable => PrintProblem::Unrecoverable,
            })
        } else if !self.online {
            Some(PrintProblem::Offline)
        } else {
            None
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    Ok,
    NearEnd,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterError {
    Cutter,
    Mechanical,
    HeadHot,
    Unrecoverable,
}
