//! Everything that can be found of a device, how bad it is and who has to act.

use hal::document_printer::{DocumentProblem, Supply};
use hal::fault::{Origin, RequiredAction};
use hal::id_reader::sdt::Status;
use hal::locker::Door;
use hal::panel::{Input, PanelProblem};
use hal::printer::{Paper, PrintProblem, PrinterStatus};
use hal::ups::UpsStatus;
use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::alarm::Alarm;
use crate::devices::Devices;
use crate::power::{Power, UpsTrouble};

/// Everything that an examination can find of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Ready,
    /// Moved, printed or read as it should.
    Worked,
    /// The driver has just started and heard nothing yet.
    Starting,
    /// It cannot be asked without moving something or somebody.
    NotAsked,
    PortMissing,
    PortBusy,
    WrongSettings,
    /// The port is there and nothing answers.
    Silent,
    ReaderMissing,
    /// pcscd does not run.
    ServiceMissing,
    SelfTestFailed,
    /// The security module answers that it may not work.
    ModuleUnauthorised,
    /// The security module answers that something is wrong with it.
    ModuleFault,
    /// What is asked arrives damaged.
    Garbled,
    Offline,
    CoverOpen,
    PaperNearEnd,
    PaperEnd,
    Cutter,
    Mechanical,
    HeadHot,
    Unrecoverable,
    /// At least one board does not answer.
    DoorsUnknown,
    DoorsOpen,
    /// The lock was pulsed and the door did not open.
    Jammed,
    /// It is not known to be empty: it is not opened for a test.
    NotEmpty,
    /// The technician saw that it did not work.
    SeenWrong,
    /// Nothing was laid, inserted or held in front of it in time.
    NothingCame,
    CertificateRefused,
    /// Not reached, or it does not know this kiosk.
    OfficeAway,
    /// Reached, and it answers with a failure.
    OfficeFailing,
    /// The store cannot be read or written.
    StoreUnusable,
    OnBattery,
    BatteryLow,
    /// The mains are there and the battery would not last long without them.
    BatteryLowOnMains,
    /// Somebody told the UPS to switch off.
    ShutdownOrdered,
    UpsFailed,
    /// The mains go past the UPS: a power cut would not be bridged.
    Bypass,
    /// The cabinet is open or was broken into, and nobody of the staff is at work on it.
    Alarm,
    /// The cabinet was struck: nobody can be in it because of that.
    Struck,
    /// A member of staff switched the alarm off.
    AlarmOff,
    /// The same, and the cabinet stands open.
    CabinetOpen,
    TonerLow,
    TonerOut,
    OutputFull,
    /// Somebody stopped it at its own panel, or it has a problem of its own.
    Stopped,
}

impl Condition {
    pub const ALL: &[Self] = &[
        Self::Ready,
        Self::Worked,
        Self::Starting,
        Self::NotAsked,
        Self::PortMissing,
        Self::PortBusy,
        Self::WrongSettings,
        Self::Silent,
        Self::ReaderMissing,
        Self::ServiceMissing,
        Self::SelfTestFailed,
        Self::ModuleUnauthorised,
        Self::ModuleFault,
        Self::Garbled,
        Self::Offline,
        Self::CoverOpen,
        Self::PaperNearEnd,
        Self::PaperEnd,
        Self::Cutter,
        Self::Mechanical,
        Self::HeadHot,
        Self::Unrecoverable,
        Self::DoorsUnknown,
        Self::DoorsOpen,
        Self::Jammed,
        Self::NotEmpty,
        Self::SeenWrong,
        Self::NothingCame,
        Self::CertificateRefused,
        Self::OfficeAway,
        Self::OfficeFailing,
        Self::StoreUnusable,
        Self::OnBattery,
        Self::BatteryLow,
        Self::BatteryLowOnMains,
        Self::ShutdownOrdered,
        Self::UpsFailed,
        Self::Bypass,
        Self::Alarm,
        Self::Struck,
        Self::AlarmOff,
        Self::CabinetOpen,
        Self::TonerLow,
        Self::TonerOut,
        Self::OutputFull,
        Self::Stopped,
    ];

    /// The condition as the report and the message keys name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Worked => "worked",
            Self::Starting => "starting",
            Self::NotAsked => "not_asked",
            Self::PortMissing => "port_missing",
            Self::PortBusy => "port_busy",
            Self::WrongSettings => "wrong_settings",
            Self::Silent => "silent",
            Self::ReaderMissing => "reader_missing",
            Self::ServiceMissing => "service_missing",
            Self::SelfTestFailed => "self_test_failed",
            Self::ModuleUnauthorised => "module_unauthorised",
            Self::ModuleFault => "module_fault",
            Self::Garbled => "garbled",
            Self::Offline => "offline",
            Self::CoverOpen => "cover_open",
            Self::PaperNearEnd => "paper_near_end",
            Self::PaperEnd => "paper_end",
            Self::Cutter => "cutter",
            Self::Mechanical => "mechanical",
            Self::HeadHot => "head_hot",
            Self::Unrecoverable => "unrecoverable",
            Self::DoorsUnknown => "doors_unknown",
            Self::DoorsOpen => "doors_open",
            Self::Jammed => "jammed",
            Self::NotEmpty => "not_empty",
            Self::SeenWrong => "seen_wrong",
            Self::NothingCame => "nothing_came",
            Self::CertificateRefused => "certificate_refused",
            Self::OfficeAway => "office_away",
            Self::OfficeFailing => "office_failing",
            Self::StoreUnusable => "store_unusable",
            Self::OnBattery => "on_battery",
            Self::BatteryLow => "battery_low",
            Self::BatteryLowOnMains => "battery_low_on_mains",
            Self::ShutdownOrdered => "shutdown_ordered",
            Self::UpsFailed => "ups_failed",
            Self::Bypass => "bypass",
            Self::Alarm => "alarm",
            Self::Struck => "struck",
            Self::AlarmOff => "alarm_off",
            Self::CabinetOpen => "cabinet_open",
            Self::TonerLow => "toner_low",
            Self::TonerOut => "toner_out",
            Self::OutputFull => "output_full",
            Self::Stopped => "stopped",
        }
    }

    pub fn outcome(self) -> Outcome {
        match self {
            Self::Ready | Self::Worked => Outcome::Pass,
            Self::Starting | Self::PaperNearEnd | Self::DoorsOpen => Outcome::Warn,
            Self::OnBattery | Self::Bypass | Self::AlarmOff | Self::CabinetOpen => Outcome::Warn,
            Self::TonerLow | Self::Struck | Self::BatteryLowOnMains => Outcome::Warn,
            Self::NotAsked | Self::NotEmpty | Self::NothingCame => Outcome::Skipped,
            _ => Outcome::Fail,
        }
    }

    /// Who has to do what before it serves again.
    pub fn action(self) -> Option<RequiredAction> {
        use RequiredAction::{Clear, Configuration, Maintenance, Reset, Suspend};
        match self {
            Self::Ready | Self::Worked | Self::Starting | Self::NotAsked => None,
            Self::NotEmpty | Self::NothingCame => None,
            Self::CoverOpen | Self::PaperNearEnd | Self::PaperEnd | Self::Cutter => Some(Clear),
            Self::Mechanical | Self::DoorsOpen | Self::Jammed => Some(Clear),
            Self::Alarm | Self::Struck | Self::AlarmOff | Self::CabinetOpen => Some(Clear),
            Self::TonerLow | Self::TonerOut | Self::OutputFull => Some(Clear),
            Self::Stopped | Self::ModuleFault => Some(Reset),
            Self::HeadHot | Self::Offline => Some(Reset),
            Self::PortMissing | Self::Silent | Self::ReaderMissing => Some(Maintenance),
            Self::ModuleUnauthorised | Self::Garbled => Some(Maintenance),
            Self::DoorsUnknown | Self::SeenWrong => Some(Maintenance),
            Self::OnBattery | Self::BatteryLow | Self::UpsFailed | Self::Bypass => {
                Some(Maintenance)
            }
            Self::BatteryLowOnMains | Self::ShutdownOrdered => Some(Maintenance),
            Self::OfficeAway | Self::OfficeFailing | Self::StoreUnusable => Some(Maintenance),
            Self::PortBusy | Self::WrongSettings | Self::ServiceMissing => Some(Configuration),
            Self::CertificateRefused => Some(Configuration),
            Self::SelfTestFailed | Self::Unrecoverable => Some(Suspend),
        }
    }

    /// Where it comes from, if something is wrong.
    pub fn origin(self) -> Option<Origin> {
        match self.action()? {
            _ if matches!(self, Self::Alarm | Self::Struck) => Some(Origin::Tampering),
            RequiredAction::Clear => Some(Origin::User),
            RequiredAction::Configuration => Some(Origin::Software),
            _ => Some(Origin::Hardware),
        }
    }

    /// What a printer says of itself.
    pub fn of_printer(status: PrinterStatus) -> Self {
        match status.problem() {
            Some(problem) => Self::of_problem(problem),
            None if status.paper == Paper::NearEnd => Self::PaperNearEnd,
            None => Self::Ready,
        }
    }

    /// Why nothing comes out of a printer.
    pub fn of_problem(problem: PrintProblem) -> Self {
        match problem {
            PrintProblem::Offline => Self::Offline,
            PrintProblem::CoverOpen => Self::CoverOpen,
            PrintProblem::PaperEnd => Self::PaperEnd,
            PrintProblem::Cutter => Self::Cutter,
            PrintProblem::Mechanical => Self::Mechanical,
            PrintProblem::HeadHot => Self::HeadHot,
            PrintProblem::Unrecoverable => Self::Unrecoverable,
        }
    }

    /// What a document printer says of itself.
    pub fn of_document_printer(
        problem: Option<DocumentProblem>,
        paper: Supply,
        toner: Supply,
    ) -> Self {
        match problem {
            Some(problem) => Self::of_document_problem(problem),
            None if paper == Supply::Low => Self::PaperNearEnd,
            None if toner == Supply::Low => Self::TonerLow,
            None => Self::Ready,
        }
    }

    /// Why no document comes out.
    pub fn of_document_problem(problem: DocumentProblem) -> Self {
        match problem {
            DocumentProblem::Offline => Self::Silent,
            DocumentProblem::PaperOut => Self::PaperEnd,
            DocumentProblem::CoverOpen => Self::CoverOpen,
            DocumentProblem::Jam => Self::Mechanical,
            DocumentProblem::TonerOut => Self::TonerOut,
            DocumentProblem::OutputFull => Self::OutputFull,
            DocumentProblem::Stopped | DocumentProblem::Aborted => Self::Stopped,
            DocumentProblem::Document | DocumentProblem::Rejected => Self::WrongSettings,
            DocumentProblem::TooLate => Self::Silent,
        }
    }

    /// What the security module of an ID-card reader says of itself.
    pub fn of_module(status: Status) -> Self {
        match status {
            Status::Ok | Status::Found | Status::NoCard => Self::Ready,
            Status::SelfTestFailed => Self::SelfTestFailed,
            Status::NotAuthorised => Self::ModuleUnauthorised,
            Status::RequestChecksum | Status::RequestLength => Self::Garbled,
            _ => Self::ModuleFault,
        }
    }

    /// What a UPS says of itself.
    pub fn of_ups(status: &UpsStatus) -> Self {
        match status {
            // What stops services comes first.
            UpsStatus { battery_low: true, mains: false, .. } => Self::BatteryLow,
            UpsStatus { failed: true, .. } => Self::UpsFailed,
            UpsStatus { shutdown_active: true, .. } => Self::ShutdownOrdered,
            UpsStatus { mains: false, .. } => Self::OnBattery,
            UpsStatus { battery_low: true, .. } => Self::BatteryLowOnMains,
            UpsStatus { bypass: true, .. } => Self::Bypass,
            _ => Self::Ready,
        }
    }

    /// What the kiosk knows of its power.
    pub(super) fn of_power(power: Power) -> Self {
        match power {
            Power::Unknown => Self::Starting,
            Power::OnMains { trouble: None } => Self::Ready,
            Power::OnMains { trouble: Some(UpsTrouble::Failed) } => Self::UpsFailed,
            Power::OnMains { trouble: Some(UpsTrouble::ShutdownOrdered) } => Self::ShutdownOrdered,
            Power::OnMains { trouble: Some(UpsTrouble::BatteryLow) } => Self::BatteryLowOnMains,
            Power::OnMains { trouble: Some(UpsTrouble::Bypass) } => Self::Bypass,
            Power::OnBattery { .. } => Self::OnBattery,
            Power::Low { .. } | Power::Lost | Power::Ending { .. } | Power::ShuttingDown => {
                Self::BatteryLow
            }
        }
    }

    /// Why the cabinet's lines cannot be read.
    pub fn of_panel_problem(problem: Option<PanelProblem>) -> Self {
        match problem {
            None | Some(PanelProblem::ChipMissing) => Self::PortMissing,
            Some(PanelProblem::LineRefused | PanelProblem::Settings) => Self::WrongSettings,
        }
    }

    /// How the cabinet and its alarm stand.
    pub(super) fn of_cabinet(devices: &Devices) -> Self {
        let open = |it: Input| devices.inputs.get(&it) == Some(&true);
        match devices.alarm {
            Alarm::Rings { .. } if devices.alarm.only_struck() => Self::Struck,
            Alarm::Rings { .. } => Self::Alarm,
            Alarm::Off { .. } if open(Input::Door) || open(Input::Tamper) => Self::CabinetOpen,
            Alarm::Off { .. } => Self::AlarmOff,
            Alarm::Armed => Self::Ready,
        }
    }

    /// How all doors of a locker that answers stand.
    pub fn of_doors(doors: impl Iterator<Item = Door> + Clone) -> Self {
        if doors.clone().any(|it| it == Door::Unknown) {
            Self::DoorsUnknown
        } else if doors.clone().any(|it| it == Door::Open) {
            Self::DoorsOpen
        } else {
            Self::Ready
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_battery_is_as_bad_as_the_mains_are_gone() {
        let well = UpsStatus {
            mains: true,
            battery_low: false,
            load_percent: None,
            battery_volt: None,
            battery_percent: None,
            runtime_s: None,
            temperature_c: None,
            input_volt: None,
            bypass: false,
            failed: false,
            kind: None,
            shutdown_active: false,
        };
        let low = UpsStatus { battery_low: true, ..well };
        for (status, outcome) in [
            (well, Outcome::Pass),
            (low, Outcome::Warn),
            (UpsStatus { mains: false, ..low }, Outcome::Fail),
            (UpsStatus { shutdown_active: true, ..well }, Outcome::Fail),
            (UpsStatus { mains: false, ..well }, Outcome::Warn),
        ] {
            assert_eq!(Condition::of_ups(&status).outcome(), outcome, "{status:?}");
        }
        let trouble = |it| Condition::of_power(Power::OnMains { trouble: Some(it) }).outcome();
        assert_eq!(trouble(UpsTrouble::BatteryLow), Outcome::Warn);
        assert_eq!(trouble(UpsTrouble::ShutdownOrdered), Outcome::Fail);
    }
}
