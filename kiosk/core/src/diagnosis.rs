//! What a technician is told: a finding for each device, what has to be done about it, and which
//! services work because of it. The shape of the report is `contracts.md` §2, “kiosk diag --json”.

use std::collections::BTreeMap;

use hal::card::CardEvent;
use hal::fault::{Link, Origin, RequiredAction};
use hal::id_reader::ReaderEvent;
use hal::locker::{Door, LockerEvent, OpenOutcome};
use hal::printer::{Paper, PrintOutcome, PrintProblem, PrinterEvent, PrinterStatus};
use hal::ups::{UpsEvent, UpsStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::devices::{Devices, Missing};
use crate::event::{Event, OfficeEvent, OfficeProblem, ScannerEvent};
use crate::journey::Service;
use crate::language::Texts;
use crate::power::{Power, UpsTrouble};

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
        Self::Office,
    ];

    /// The device as the configuration names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::IdReader => "id_reader",
            Self::Locker => "locker",
            Self::Printer => "printer",
            Self::Card => "card",
            Self::Scanner => "scanner",
            Self::Ups => "ups",
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
    UpsFailed,
    /// The mains go past the UPS: a power cut would not be bridged.
    Bypass,
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
        Self::UpsFailed,
        Self::Bypass,
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
            Self::UpsFailed => "ups_failed",
            Self::Bypass => "bypass",
        }
    }

    pub fn outcome(self) -> Outcome {
        match self {
            Self::Ready | Self::Worked => Outcome::Pass,
            Self::Starting | Self::PaperNearEnd | Self::DoorsOpen => Outcome::Warn,
            Self::OnBattery | Self::Bypass => Outcome::Warn,
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
            Self::HeadHot | Self::Offline => Some(Reset),
            Self::PortMissing | Self::Silent | Self::ReaderMissing => Some(Maintenance),
            Self::DoorsUnknown | Self::SeenWrong => Some(Maintenance),
            Self::OnBattery | Self::BatteryLow | Self::UpsFailed | Self::Bypass => {
                Some(Maintenance)
            }
            Self::OfficeAway | Self::OfficeFailing | Self::StoreUnusable => Some(Maintenance),
            Self::PortBusy | Self::WrongSettings | Self::ServiceMissing => Some(Configuration),
            Self::CertificateRefused => Some(Configuration),
            Self::SelfTestFailed | Self::Unrecoverable => Some(Suspend),
        }
    }

    /// Where it comes from, if something is wrong.
    pub fn origin(self) -> Option<Origin> {
        match self.action()? {
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

    /// What a UPS says of itself.
    pub fn of_ups(status: &UpsStatus) -> Self {
        match status {
            UpsStatus { failed: true, .. } => Self::UpsFailed,
            UpsStatus { battery_low: true, .. } => Self::BatteryLow,
            UpsStatus { mains: false, .. } => Self::OnBattery,
            UpsStatus { bypass: true, .. } => Self::Bypass,
            _ => Self::Ready,
        }
    }

    /// What the kiosk knows of its power.
    fn of_power(power: Power) -> Self {
        match power {
            Power::Unknown => Self::Starting,
            Power::OnMains { trouble: None } => Self::Ready,
            Power::OnMains { trouble: Some(UpsTrouble::Failed) } => Self::UpsFailed,
            Power::OnMains { trouble: Some(UpsTrouble::Bypass) } => Self::Bypass,
            Power::OnBattery { .. } => Self::OnBattery,
            Power::Low { .. } | Power::Lost | Power::Ending { .. } | Power::ShuttingDown => {
                Self::BatteryLow
            }
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

/// What a technician is told to do or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    LayCard,
    InsertCard,
    HoldCode,
    DoorOpened,
    PageWhole,
}

impl Question {
    pub fn words(self, texts: Texts<'_>) -> String {
        texts.get(match self {
            Self::LayCard => "diagnosis.lay_card",
            Self::InsertCard => "diagnosis.insert_card",
            Self::HoldCode => "diagnosis.hold_code",
            Self::DoorOpened => "diagnosis.door_opened",
            Self::PageWhole => "diagnosis.page_whole",
        })
    }
}

/// What a device was asked and how it went, since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Things that it was told to do or that came from it.
    pub commands: u64,
    pub errors: u64,
    /// Times that it came back after it was gone.
    pub recoveries: u64,
    pub since: Timestamp,
}

impl Statistics {
    pub fn none(since: Timestamp) -> Self {
        Self { commands: 0, errors: 0, recoveries: 0, since }
    }
}

/// The statistics of every device of a running kiosk.
#[derive(Clone, Debug)]
pub struct Ledger {
    since: Timestamp,
    entries: BTreeMap<DeviceKind, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    statistics: Statistics,
    gone: bool,
}

/// What an event means for a device's statistics.
enum Mark {
    Link(Link),
    /// A command's outcome, or something that came from the device; whether it went well.
    Done(bool),
}

impl Ledger {
    pub fn new(since: Timestamp) -> Self {
        Self { since, entries: BTreeMap::new() }
    }

    /// When counting began.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    pub fn of(&self, kind: DeviceKind) -> Statistics {
        self.entries.get(&kind).map_or(Statistics::none(self.since), |it| it.statistics)
    }

    /// Counts what an event tells.
    pub fn note(&mut self, event: &Event) {
        let Some((kind, mark)) = mark(event) else { return };
        let new = Entry { statistics: Statistics::none(self.since), gone: false };
        let entry = self.entries.entry(kind).or_insert(new);
        match mark {
            Mark::Link(Link::Down) if !entry.gone => {
                entry.gone = true;
                entry.statistics.errors += 1;
            }
            Mark::Link(Link::Up) if entry.gone => {
                entry.gone = false;
                entry.statistics.recoveries += 1;
            }
            Mark::Link(_) => {}
            Mark::Done(well) => {
                entry.statistics.commands += 1;
                entry.statistics.errors += u64::from(!well);
            }
        }
    }
}

fn mark(event: &Event) -> Option<(DeviceKind, Mark)> {
    let link = |kind, link| Some((kind, Mark::Link(link)));
    let done = |kind, well| Some((kind, Mark::Done(well)));
    match event {
        Event::Reader(ReaderEvent::Link(it)) => link(DeviceKind::IdReader, *it),
        Event::Reader(ReaderEvent::Card(_)) => done(DeviceKind::IdReader, true),
        Event::Reader(ReaderEvent::Unreadable(_)) => done(DeviceKind::IdReader, false),
        Event::Locker(LockerEvent::Link(it)) => link(DeviceKind::Locker, *it),
        Event::Locker(LockerEvent::Opened { outcome, .. }) => {
            done(DeviceKind::Locker, *outcome == OpenOutcome::Open)
        }
        Event::Printer(PrinterEvent::Link(it)) => link(DeviceKind::Printer, *it),
        Event::Printer(PrinterEvent::Printed { outcome, .. }) => {
            done(DeviceKind::Printer, *outcome == PrintOutcome::Printed)
        }
        Event::Card(CardEvent::Link(it)) => link(DeviceKind::Card, *it),
        Event::Card(CardEvent::Staff(_)) => done(DeviceKind::Card, true),
        Event::Card(CardEvent::Unusable(_)) => done(DeviceKind::Card, false),
        Event::Scanner(ScannerEvent::Link(it)) => link(DeviceKind::Scanner, *it),
        Event::Scanner(ScannerEvent::Scanned(_)) => done(DeviceKind::Scanner, true),
        Event::Ups(UpsEvent::Link(it)) => link(DeviceKind::Ups, *it),
        Event::Office(OfficeEvent::Link { up }) => {
            link(DeviceKind::Office, if *up { Link::Up } else { Link::Down })
        }
        Event::Office(OfficeEvent::Answer { result, .. }) => done(
            DeviceKind::Office,
            !matches!(result, Err(OfficeProblem::Unreachable | OfficeProblem::Failed)),
        ),
        _ => None,
    }
}

/// One device, examined.
#[derive(Clone, Debug)]
pub struct Finding {
    pub kind: DeviceKind,
    pub protocol: String,
    pub port: String,
    pub condition: Condition,
    /// What the device answered, without personal data.
    pub details: Value,
    pub took_ms: u64,
    pub statistics: Statistics,
}

/// The whole examination.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub kiosk: String,
    pub at: Timestamp,
    pub level: Level,
    /// No device failed and every service works.
    pub healthy: bool,
    pub devices: Vec<DeviceReport>,
    pub services: Vec<ServiceReport>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceReport {
    pub name: String,
    pub kind: DeviceKind,
    pub protocol: String,
    pub port: String,
    pub outcome: Outcome,
    pub status: Condition,
    pub origin: Option<Origin>,
    pub action: Option<RequiredAction>,
    /// What it means and what to do, in the kiosk's language.
    pub message: String,
    pub details: Value,
    pub took_ms: u64,
    pub statistics: Statistics,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceReport {
    pub name: Service,
    pub works: bool,
    pub because: Option<String>,
}

/// Puts a report together from what was found.
pub fn report(
    config: &Config,
    texts: Texts<'_>,
    at: Timestamp,
    level: Level,
    findings: Vec<Finding>,
) -> Report {
    let services: Vec<ServiceReport> =
        config.services.iter().map(|it| service(*it, &findings, texts)).collect();
    let devices: Vec<DeviceReport> = findings.into_iter().map(|it| device(it, texts)).collect();
    let healthy =
        devices.iter().all(|it| it.outcome != Outcome::Fail) && services.iter().all(|it| it.works);
    Report { kiosk: config.kiosk.to_string(), at, level, healthy, devices, services }
}

/// “Printer: paper is out; put in a new roll”.
pub fn sentence(texts: Texts<'_>, kind: DeviceKind, condition: Condition) -> String {
    let device = texts.get(&format!("device.{}", kind.word()));
    let message = texts.get(&format!("condition.{}", condition.word()));
    texts.with("diagnosis.sentence", &[("device", &device), ("message", &message)])
}

fn device(finding: Finding, texts: Texts<'_>) -> DeviceReport {
    let Finding { kind, protocol, port, condition, details, took_ms, statistics } = finding;
    DeviceReport {
        name: kind.word().to_owned(),
        kind,
        protocol,
        port,
        outcome: condition.outcome(),
        status: condition,
        origin: condition.origin(),
        action: condition.action(),
        message: sentence(texts, kind, condition),
        details,
        took_ms,
        statistics,
    }
}

fn service(service: Service, findings: &[Finding], texts: Texts<'_>) -> ServiceReport {
    let missing = devices_of(findings).service(service).err();
    let because = missing.map(|it| {
        let kind = match it {
            Missing::Reader => DeviceKind::IdReader,
            Missing::Locker => DeviceKind::Locker,
            Missing::Office => DeviceKind::Office,
            Missing::Power => DeviceKind::Ups,
        };
        match findings.iter().find(|it| it.kind == kind) {
            Some(finding) => sentence(texts, kind, finding.condition),
            None => {
                let device = texts.get(&format!("device.{}", kind.word()));
                texts.with("diagnosis.not_configured", &[("device", &device)])
            }
        }
    });
    ServiceReport { name: service, works: missing.is_none(), because }
}

/// The devices as the core would see them after this examination.
fn devices_of(findings: &[Finding]) -> Devices {
    let link = |kind| match findings.iter().find(|it| it.kind == kind) {
        Some(it) if it.condition == Condition::Starting => Link::Starting,
        Some(it) if it.condition.outcome() != Outcome::Fail || serves(it.condition) => Link::Up,
        _ => Link::Down,
    };
    Devices {
        reader: link(DeviceKind::IdReader),
        locker: link(DeviceKind::Locker),
        printer: link(DeviceKind::Printer),
        card: link(DeviceKind::Card),
        scanner: link(DeviceKind::Scanner),
        ups: link(DeviceKind::Ups),
        power: power_of(findings),
        office: link(DeviceKind::Office) == Link::Up,
        ..Devices::default()
    }
}

/// A battery that is low stops what moves.
fn power_of(findings: &[Finding]) -> Power {
    let low = |it: &Finding| it.condition == Condition::BatteryLow;
    let low = findings.iter().any(low);
    if low { Power::Low { percent: None } } else { Power::Unknown }
}

/// Whether a device serves in part although something of it failed: one board or one door of many.
fn serves(condition: Condition) -> bool {
    matches!(condition, Condition::DoorsUnknown | Condition::Jammed | Condition::SeenWrong)
}

/// What the devices of a running kiosk told last.
pub fn condition_now(devices: &Devices, kind: DeviceKind) -> Condition {
    let link = match kind {
        DeviceKind::IdReader => devices.reader,
        DeviceKind::Locker => devices.locker,
        DeviceKind::Printer => devices.printer,
        DeviceKind::Card => devices.card,
        DeviceKind::Scanner => devices.scanner,
        DeviceKind::Ups => devices.ups,
        DeviceKind::Office if devices.office => Link::Up,
        DeviceKind::Office => Link::Down,
    };
    match (link, kind, devices.printer_status) {
        (Link::Starting, ..) => Condition::Starting,
        (Link::Down, DeviceKind::Office, _) => Condition::OfficeAway,
        (Link::Down, ..) => Condition::Silent,
        (Link::Up, DeviceKind::Printer, Some(status)) => Condition::of_printer(status),
        (Link::Up, DeviceKind::Printer, None) => Condition::Starting,
        (Link::Up, DeviceKind::Ups, _) => Condition::of_power(devices.power),
        (Link::Up, DeviceKind::Locker, _) => Condition::of_doors(devices.doors.values().copied()),
        (Link::Up, ..) => Condition::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Languages;

    fn finding(kind: DeviceKind, condition: Condition) -> Finding {
        let since = Timestamp::UNIX_EPOCH;
        Finding {
            kind,
            protocol: "p".into(),
            port: "sim:x".into(),
            condition,
            details: Value::Null,
            took_ms: 1,
            statistics: Statistics { commands: 1, errors: 0, recoveries: 0, since },
        }
    }

    fn works(findings: &[Finding]) -> Vec<Service> {
        let languages = Languages::built_in();
        let texts = languages.texts("zh-CN");
        let all = Service::ALL.iter().map(|it| service(*it, findings, texts));
        all.filter(|it| it.works).map(|it| it.name).collect()
    }

    #[test]
    fn every_condition_and_device_has_its_words_in_every_language() {
        let languages = Languages::built_in();
        for language in languages.list() {
            let texts = languages.texts(&language.tag);
            for kind in DeviceKind::ALL {
                for condition in Condition::ALL {
                    let said = sentence(texts, *kind, *condition);
                    assert!(!said.contains("condition.") && !said.contains("device."), "{said}");
                }
            }
        }
        let words: std::collections::BTreeSet<_> =
            Condition::ALL.iter().map(|it| it.word()).collect();
        assert_eq!(words.len(), Condition::ALL.len());
    }

    #[test]
    fn what_failed_says_who_has_to_act() {
        for condition in Condition::ALL {
            let failed = matches!(condition.outcome(), Outcome::Fail | Outcome::Warn);
            let acts = condition.action().is_some();
            assert_eq!(failed && *condition != Condition::Starting, acts, "{condition:?}");
            assert_eq!(serde_json::to_value(condition).ok(), Some(condition.word().into()));
        }
    }

    #[test]
    fn a_device_that_went_and_came_back_is_counted_once() {
        let mut ledger = Ledger::new(Timestamp::UNIX_EPOCH);
        for link in [Link::Starting, Link::Up, Link::Down, Link::Down, Link::Up, Link::Up] {
            ledger.note(&Event::Scanner(ScannerEvent::Link(link)));
        }
        ledger.note(&Event::Scanner(ScannerEvent::Scanned("1".into())));
        ledger.note(&Event::Tick);
        let found = ledger.of(DeviceKind::Scanner);
        assert_eq!((found.commands, found.errors, found.recoveries), (1, 1, 1));
        assert_eq!(ledger.of(DeviceKind::Printer).commands, 0);
    }

    #[test]
    fn services_fail_with_exactly_what_they_need() {
        use Condition::{DoorsUnknown, PaperEnd, Ready, Silent};
        use DeviceKind::{IdReader, Locker, Office, Printer};
        let with = |reader, locker, printer, office| {
            works(&[
                finding(IdReader, reader),
                finding(Locker, locker),
                finding(Printer, printer),
                finding(Office, office),
            ])
        };
        assert_eq!(with(Ready, Ready, Ready, Ready), Service::ALL);
        assert_eq!(with(Ready, Ready, PaperEnd, Ready), Service::ALL, "a receipt can wait");
        assert_eq!(with(Silent, Ready, Ready, Ready), [Service::Pickup], "a code does");
        assert_eq!(with(Ready, Ready, Ready, Silent), [Service::Pickup]);
        assert_eq!(with(Ready, Silent, Ready, Ready), [Service::Progress, Service::Appointment]);
        assert_eq!(with(Ready, DoorsUnknown, Ready, Ready), Service::ALL, "the other doors open");
    }
}
