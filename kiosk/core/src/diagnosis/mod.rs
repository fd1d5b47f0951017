//! What a technician is told: a finding for each device, what has to be done about it, and which
//! services work because of it. The shape of the report is `contracts.md` §2, “kiosk diag --json”.

mod condition;
mod ledger;
mod report;

use serde::{Deserialize, Serialize};

use crate::language::Texts;

pub use condition::Condition;
pub(crate) use ledger::link_of;
pub use ledger::{Ledger, Statistics};
pub use report::{DeviceReport, Finding, Report, ServiceReport, condition_now, report, sentence};

/// How far an examination goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The device is asked.
    #[default]
    Internal,
    /// Something moves: a page is printed, an empty compartment opens.
    External,
    /// The technician does something or answers.
    Interactive,
}

/// What is examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    IdReader,
    Locker,
    Printer,
    Card,
    Scanner,
    Ups,
    Panel,
    StatusDisplay,
    Evaluator,
    Speaker,
    DocumentPrinter,
    Camera,
    Signature,
    Office,
}

impl DeviceKind {
    pub const ALL: &[Self] = &[
        Self::IdReader,
        Self::Locker,
        Self::Printer,
        Self::Card,
        Self::Scanner,
        Self::Ups,
        Self::Panel,
        Self::StatusDisplay,
        Self::Evaluator,
        Self::Speaker,
        Self::DocumentPrinter,
        Self::Camera,
        Self::Signature,
        Self::Office,
    ];

    /// Whether a running kiosk has a driver for it. The others serve no journey yet: nobody but
    /// `kiosk diag` and `kiosk device` asks them.
    pub fn has_driver(self) -> bool {
        !matches!(self, Self::DocumentPrinter | Self::Camera | Self::Signature)
    }

    /// The device as the configuration names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::IdReader => "id_reader",
            Self::Locker => "locker",
            Self::Printer => "printer",
            Self::Card => "card",
            Self::Scanner => "scanner",
            Self::Ups => "ups",
            Self::Panel => "panel",
            Self::StatusDisplay => "status_display",
            Self::Evaluator => "evaluator",
            Self::Speaker => "speaker",
            Self::DocumentPrinter => "document_printer",
            Self::Camera => "camera",
            Self::Signature => "signature",
            Self::Office => "office",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.replace('-', "_");
        Self::ALL.iter().copied().find(|it| it.word() == word)
    }
}

/// How bad a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    /// It serves, and somebody should come soon.
    Warn,
    Fail,
    /// Nothing was learned.
    Skipped,
}

/// What a technician is told to do or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    LayCard,
    InsertCard,
    HoldCode,
    DoorOpened,
    PageWhole,
    DisplayShows,
    PressButton,
    SoundHeard,
    SignPad,
    LayPage,
}

impl Question {
    pub fn words(self, texts: Texts<'_>) -> String {
        texts.get(match self {
            Self::LayCard => "diagnosis.lay_card",
            Self::InsertCard => "diagnosis.insert_card",
            Self::HoldCode => "diagnosis.hold_code",
            Self::DoorOpened => "diagnosis.door_opened",
            Self::PageWhole => "diagnosis.page_whole",
            Self::DisplayShows => "test_now.status_display",
            Self::PressButton => "test_now.evaluator",
            Self::SoundHeard => "test_now.speaker",
            Self::SignPad => "test_now.signature",
            Self::LayPage => "test_now.camera",
        })
    }
}
