//! Whose fault it is that a device gave no answer: what was asked of it, or the device itself.

use std::fmt::Display;

use console::Complaint;
use hal::camera::once::CaptureError;
use hal::card::once::{CardError, ReadError};
use hal::document_printer::once::DocumentOnceError;
use hal::evaluator::once::GradeError;
use hal::id_reader::ReaderError;
use hal::locker::once::LockerError;
use hal::panel::LinesError;
use hal::panel::once::PanelError;
use hal::printer::once::PrinterOnceError;
use hal::scanner::once::ScanError;
use hal::signature::once::SignError;
use hal::speaker::ClipError;
use hal::speaker::once::SpeakerError;
use hal::speaker::render::RenderError;
use hal::status_display::DisplayError;
use hal::status_display::once::ShowError;
use hal::ups::{UpsError, UpsProblem};

use crate::cli::Failure;

/// Why a device gave no answer.
pub(super) trait Blame: Display {
    /// Whether another device would not answer this either: settings, ports or words are wrong.
    fn is_wrong_use(&self) -> bool;
}

macro_rules! blame {
    ($($error:ty: $wrong:pat,)*) => {
        $(impl Blame for $error {
            fn is_wrong_use(&self) -> bool {
                matches!(self, $wrong)
            }
        })*
    };
}

blame! {
    CaptureError: CaptureError::Settings(_),
    CardError: CardError::Unsuitable(_),
    ReadError: ReadError::Settings(_) | ReadError::Card(CardError::Unsuitable(_)),
    DocumentOnceError: DocumentOnceError::Settings(_),
    GradeError: GradeError::Settings(_),
    LockerError: LockerError::Settings(_) | LockerError::NoSuchWay { .. },
    PanelError: PanelError::Settings(_)
        | PanelError::NoSuchLight(_)
        | PanelError::Lines(LinesError::NotAPanel { .. }),
    PrinterOnceError: PrinterOnceError::Settings(_),
    ScanError: ScanError::Settings(_),
    SignError: SignError::Settings(_),
    SpeakerError: SpeakerError::Settings(_)
        | SpeakerError::Clip(ClipError::Name(_) | ClipError::Nothing),
    ShowError: ShowError::Settings(_) | ShowError::Display(DisplayError::NotABus { .. }),
    UpsError: UpsError::Settings(_) | UpsError::Problem(UpsProblem::Settings),
    RenderError: RenderError::Spell(_),
}

impl Blame for ReaderError {
    fn is_wrong_use(&self) -> bool {
        false
    }
}

/// What the command ends with.
pub(super) fn device_error(error: impl Blame) -> Failure {
    if error.is_wrong_use() {
        Failure::Wrong(Complaint::of("usage", error, "see docs/devices"))
    } else {
        Failure::NotWell(Complaint::of("device", error, "check cable, power and settings"))
    }
}
