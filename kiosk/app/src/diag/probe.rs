//! Asks devices directly, and moves them where that is wanted.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use hal::camera::CameraSettings;
use hal::camera::once::CaptureError;
use hal::card::once::CardError;
use hal::document_printer::DocumentPrinterSettings;
use hal::document_printer::once::DocumentOnceError;
use hal::evaluator::EvaluatorSettings;
use hal::id_reader::ReaderError;
use hal::locker::Door;
use hal::locker::once::{LockerError, LockerState};
use hal::panel::once::PanelError;
use hal::panel::{Input, PanelSettings};
use hal::port::{LineError, OpenError, PortUrl};
use hal::printer::once::PrinterOnceError;
use hal::printer::{FontSettings, PrintOutcome, PrinterSettings, PrinterStatus};
use hal::scanner::ScannerSettings;
use hal::scanner::once::ScanError;
use hal::signature::SignatureSettings;
use hal::signature::once::SignError;
use hal::speaker::SpeakerSettings;
use hal::status_display::{DisplayStatus, StatusDisplaySettings};
use hal::ups::{UpsError, UpsProblem};
use jiff::Timestamp;
use kiosk_core::diagnosis::{Condition, DeviceKind, Finding, Level, Question, Statistics};
use kiosk_core::language::Texts;
use serde_json::{Value, json};

use super::live::configured;
use super::opening::{NotOpened, open_for_test};
use super::questions;
use crate::config::Config;
use crate::drivers::hour_of_the_hall;
use crate::office_client;
use crate::store::StoreFiles;

/// How long a technician has to lay a card or to hold a code in front.
const WAIT: Duration = Duration::from_secs(30);

/// What was found, and what the device said.
struct Found {
    condition: Condition,
    details: Value,
    /// Of a locker, by way.
    doors: BTreeMap<u16, Door>,
}

impl From<(Condition, Value)> for Found {
    fn from((condition, details): (Condition, Value)) -> Self {
        Self { condition, details, doors: BTreeMap::new() }
    }
}

/// What was found of a device without doors.
type Told = (Condition, Value);

/// Examines all configured devices, or the wanted one and what its services need.
pub(super) async fn all(
    config: &Config,
    files: Option<&StoreFiles>,
    level: Level,
    wanted: Option<DeviceKind>,
    way: Option<u16>,
    texts: Texts<'_>,
) -> Vec<Finding> {
    let devices = configured(config);
    examined(devices, config, files, level, wanted, way, texts).await
}

/// Asks the devices for which a running kiosk has no driver.
pub(super) async fn without_driver(config: &Config, texts: Texts<'_>) -> Vec<Finding> {
    let devices = configured(config).into_iter().filter(|it| !it.0.has_driver()).collect();
    examined(devices, config, None, Level::Internal, None, None, texts).await
}

async fn examined(
    devices: Vec<(DeviceKind, String, String)>,
    config: &Config,
    files: Option<&StoreFiles>,
    level: Level,
    wanted: Option<DeviceKind>,
    way: Option<u16>,
    texts: Texts<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, protocol, port) in devices {
        let level = if wanted.is_none_or(|it| it == kind) { level } else { Level::Internal };
        let since = Timestamp::now();
        let began = Instant::now();
        let examination = Examination { config, files, level, way, texts };
        let Some(found) = examination.of(kind).await else { continue };
        let Found { condition, details, doors } = found;
        let failed = condition.outcome() == kiosk_core::diagnosis::Outcome::Fail;
        findings.push(Finding {
            kind,
            protocol,
            port,
            condition,
            details,
            doors,
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            statistics: Statistics {
                commands: 1,
                errors: u64::from(failed),
                ..Statistics::none(since)
            },
        });
    }
    findings
}

struct Examination<'a> {
    config: &'a Config,
    files: Option<&'a StoreFiles>,
    level: Level,
    way: Option<u16>,
    texts: Texts<'a>,
}

impl Examination<'_> {
    /// `None` where the configuration has no such device.
    async fn of(&self, kind: DeviceKind) -> Option<Found> {
        let devices = self.config.devices.clone();
        let told = match kind {
            DeviceKind::IdReader => {
                let (port, settings) = devices.id_reader?;
                self.id_reader(port, settings).await
            }
            DeviceKind::Locker => {
                let (port, settings) = devices.locker?;
                return Some(self.locker(port, settings).await);
            }
            DeviceKind::Printer => {
                let (port, settings) = devices.printer?;
                self.printer(port, settings).await
            }
            DeviceKind::Card => self.card(devices.card?).await,
            DeviceKind::Scanner => {
                let (port, settings) = devices.scanner?;
                self.scanner(port, settings).await
            }
            DeviceKind::Ups => {
                let (port, settings) = devices.ups?;
                ups(port, settings).await
            }
            DeviceKind::Panel => {
                let (port, settings) = devices.panel?;
                panel(port, settings).await
            }
            DeviceKind::StatusDisplay => {
                let (port, settings) = devices.status_display?;
                let fonts = devices.printer.map(|it| it.1.fonts).unwrap_or_default();
                self.status_display(&port, &settings, &fonts)
            }
            DeviceKind::Evaluator => {
                let (port, settings) = devices.evaluator?;
                self.evaluator(port, settings).await
            }
            DeviceKind::Speaker => {
                let (port, settings) = devices.speaker?;
                self.speaker(port, settings).await
            }
            DeviceKind::DocumentPrinter => {
                let (port, settings) = devices.document_printer?;
                document_printer(port, settings).await
            }
            DeviceKind::Camera => {
                let (port, settings) = devices.camera?;
                self.camera(port, settings).await
            }
            DeviceKind::Signature => {
                let (port, settings) = devices.signature?;
                self.signature(port, settings).await
            }
            DeviceKind::Office => office_client::probe(&self.config.office).await,
        };
        Some(told.into())
    }

    fn interactive(&self) -> bool {
        self.level == Level::Interactive
    }

    /// Tells the technician what to do now.
    fn say(&self, question: Question) {
        questions::say(&question.words(self.texts));
    }

    /// What the technician saw.
    fn seen(&self, question: Question) -> Condition {
        let right = questions::yes(&question.words(self.texts));
        if right { Condition::Worked } else { Condition::SeenWrong }
    }

    async fn id_reader(&self, port: PortUrl, settings: hal::id_reader::ReaderSettings) -> Told {
        use hal::id_reader::once;
        let status = match once::status(port.clone(), settings, None).await {
            Ok(status) => status,
            Err(error) => return (of_reader(&error), json!({ "error": error.to_string() })),
        };
        let details =
            json!({ "status": status.describe(), "code": format!("{:02x}", status.code()) });
        let condition = Condition::of_module(status);
        if condition != Condition::Ready || !self.interactive() {
            return (condition, details);
        }
        self.say(Question::LayCard);
        match once::read(port, settings, None, WAIT).await {
            // That a card was read is all that is told of it.
            Ok(_) => (Condition::Worked, details),
            Err(error) => (of_reader(&error), json!({ "error": error.to_string() })),
        }
    }

    async fn locker(&self, port: PortUrl, settings: hal::locker::LockerSettings) -> Found {
        use hal::locker::once;
        let state = match once::state(port.clone(), settings.clone(), None).await {
            Ok(state) => state,
            Err(error) => return (of_locker(&error), json!({ "error": error.to_string() })).into(),
        };
        let doors = state.doors.iter().map(|it| (it.way, it.door)).collect();
        let (condition, details) = self.lock(state, port, settings).await;
        Found { condition, details, doors }
    }

    /// How the locker is, or what came of the lock that is tried.
    async fn lock(
        &self,
        state: LockerState,
        port: PortUrl,
        settings: hal::locker::LockerSettings,
    ) -> Told {
        let doors = state.doors.iter().map(|it| it.door);
        let nobody = doors.clone().all(|it| it == Door::Unknown);
        let condition = if nobody { Condition::Silent } else { Condition::of_doors(doors) };
        let details = json!(state);
        let Some(way) = self.way.filter(|_| self.level != Level::Internal) else {
            return (condition, details);
        };
        let Some(seen) = state.doors.iter().find(|it| it.way == way) else {
            return (Condition::WrongSettings, json!({ "way": way }));
        };
        let Some(files) = self.files else {
            let error = "there is no store yet that knows what lies where";
            return (Condition::NotEmpty, json!({ "way": way, "error": error }));
        };
        let kiosk = &self.config.core.kiosk;
        match open_for_test(files, kiosk, *seen, port, settings).await {
            Ok(report) if report.opened && self.interactive() => {
                (self.seen(Question::DoorOpened), json!(report))
            }
            Ok(report) if report.opened => (Condition::Worked, json!(report)),
            Ok(report) => (Condition::Jammed, json!(report)),
            Err(error) => {
                let condition = match &error {
                    NotOpened::Taken(_)
                    | NotOpened::StoreKnowsTooLittle
                    | NotOpened::DoorNotShut(_)
                    | NotOpened::Occupied(_) => Condition::NotEmpty,
                    NotOpened::Store(_) => Condition::StoreUnusable,
                    NotOpened::Locker(error) => of_locker(error),
                };
                (condition, json!({ "way": way, "error": error.to_string() }))
            }
        }
    }

    async fn printer(&self, port: PortUrl, settings: PrinterSettings) -> Told {
        use hal::printer::once;
        let status = match once::status(port.clone(), settings.clone(), None).await {
            Ok(status) => status,
            Err(error) => return (of_printer(&error), json!({ "error": error.to_string() })),
        };
        let details = json!(status);
        let condition = Condition::of_printer(PrinterStatus {
            online: status.online,
            cover_open: status.cover == once::Cover::Open,
            paper: status.paper,
            error: status.error,
        });
        if self.level == Level::Internal || !status.ready {
            return (condition, details);
        }
        match once::test_page(port, settings, None).await {
            Ok(PrintOutcome::Printed) if self.interactive() => {
                (self.seen(Question::PageWhole), details)
            }
            Ok(PrintOutcome::Printed) => (Condition::Worked, details),
            Ok(PrintOutcome::Refused(it) | PrintOutcome::Failed(it)) => {
                (Condition::of_problem(it), details)
            }
            Ok(PrintOutcome::Unknown) => (Condition::Silent, details),
            Err(error) => (of_printer(&error), json!({ "error": error.to_string() })),
        }
    }

    async fn card(&self, port: PortUrl) -> Told {
        use hal::card::once;
        if !self.interactive() {
            return match once::answer_to_reset(port).await {
                Ok(_) | Err(CardError::NoCard | CardError::Card(_)) => {
                    (Condition::Ready, Value::Null)
                }
                Err(error) => (of_card(&error), json!({ "error": error.to_string() })),
            };
        }
        self.say(Question::InsertCard);
        match once::staff(port, None, hal::card::system_challenges(), WAIT).await {
            Ok(_) => (Condition::Worked, Value::Null),
            Err(error) => (of_card(&error), json!({ "error": error.to_string() })),
        }
    }

    fn status_display(
        &self,
        port: &PortUrl,
        settings: &StatusDisplaySettings,
        fonts: &FontSettings,
    ) -> Told {
        use hal::status_display::once::{ShowError, show};
        let status = DisplayStatus {
            kiosk: u16::from(self.config.core.number),
            state: self.texts.get("display.closed"),
            way: None,
            hint: String::new(),
        };
        match show(port, settings, fonts, Some(&status)) {
            Ok(()) if self.interactive() => (self.seen(Question::DisplayShows), Value::Null),
            Ok(()) => (Condition::Ready, Value::Null),
            Err(error) => {
                let condition = match &error {
                    ShowError::Settings(_) => Condition::WrongSettings,
                    ShowError::Display(_) => Condition::Silent,
                };
                (condition, json!({ "error": error.to_string() }))
            }
        }
    }

    async fn camera(&self, port: PortUrl, settings: CameraSettings) -> Told {
        use hal::camera::once::{CaptureReport, capture, status};
        let found = if self.interactive() {
            self.say(Question::LayPage);
            // How good the picture is is all that is told of it.
            let taken = capture(port, settings, None, false).await;
            taken.map(|it| (Condition::Worked, json!(CaptureReport::of(&it))))
        } else {
            status(port, settings).await.map(|()| (Condition::Ready, Value::Null))
        };
        found.unwrap_or_else(|error| {
            let condition = match &error {
                CaptureError::Settings(_) => Condition::WrongSettings,
                CaptureError::Source(_) => Condition::PortMissing,
                CaptureError::Refused(_) => Condition::SeenWrong,
                CaptureError::Silent(_) => Condition::Silent,
            };
            (condition, json!({ "error": error.to_string() }))
        })
    }

    async fn signature(&self, port: PortUrl, settings: SignatureSettings) -> Told {
        use hal::signature::once::{SignReport, sign, status};
        let found = if self.interactive() {
            self.say(Question::SignPad);
            let signed = sign(port, settings, None, WAIT).await;
            // That something was written is all that is told of it.
            signed.map(|it| (Condition::Worked, json!(SignReport::of(&it))))
        } else {
            status(port, settings, None).await.map(|it| (Condition::Ready, json!(it)))
        };
        found.unwrap_or_else(|error| {
            let condition = match &error {
                SignError::Settings(_) | SignError::NoArea(_) => Condition::WrongSettings,
                SignError::Nothing => Condition::NothingCame,
                SignError::Flaw(_) => Condition::SeenWrong,
                SignError::Down(_) => Condition::PortMissing,
            };
            (condition, json!({ "error": error.to_string() }))
        })
    }

    /// A sound device can only be tried by sounding it.
    async fn speaker(&self, port: PortUrl, settings: SpeakerSettings) -> Told {
        use hal::speaker::once::{SpeakerError, chime};
        if self.level == Level::Internal {
            return (Condition::NotAsked, Value::Null);
        }
        match chime(port, settings, hour_of_the_hall()).await {
            Ok(report) if self.interactive() => (self.seen(Question::SoundHeard), json!(report)),
            Ok(report) => (Condition::Worked, json!(report)),
            Err(error) => {
                let condition = match &error {
                    SpeakerError::Settings(_) | SpeakerError::Clip(_) => Condition::WrongSettings,
                    SpeakerError::NoHeadphones => Condition::NothingCame,
                    SpeakerError::NotPlayed(_) => Condition::PortMissing,
                };
                (condition, json!({ "error": error.to_string() }))
            }
        }
    }

    async fn evaluator(&self, port: PortUrl, settings: EvaluatorSettings) -> Told {
        use hal::evaluator::once::{GradeError, ask};
        if !self.interactive() {
            return only_sends(&port.with_default_baud(hal::evaluator::BAUD)).await;
        }
        self.say(Question::PressButton);
        match ask(port, settings, None, WAIT).await {
            Ok(_) => (Condition::Worked, Value::Null),
            Err(error) => {
                let condition = match error {
                    GradeError::Settings(_) => Condition::WrongSettings,
                    GradeError::NoButton => Condition::NothingCame,
                    GradeError::Down(_) => Condition::PortMissing,
                };
                (condition, json!({ "error": error.to_string() }))
            }
        }
    }

    async fn scanner(&self, port: PortUrl, settings: ScannerSettings) -> Told {
        if !self.interactive() {
            return only_sends(&port.with_default_baud(hal::scanner::BAUD)).await;
        }
        self.say(Question::HoldCode);
        match hal::scanner::once::read(port, settings, None, WAIT).await {
            Ok(_) => (Condition::Worked, Value::Null),
            Err(error) => {
                let condition = match error {
                    ScanError::Settings(_) => Condition::WrongSettings,
                    ScanError::NoCode => Condition::NothingCame,
                    ScanError::Down(_) => Condition::PortMissing,
                };
                (condition, json!({ "error": error.to_string() }))
            }
        }
    }
}

/// A device that only sends cannot be asked whether it lives.
async fn only_sends(port: &PortUrl) -> Told {
    match hal::port::open(port, None).await {
        Ok(_) => (Condition::NotAsked, Value::Null),
        Err(error) => (of_port(&error), json!({ "error": error.to_string() })),
    }
}

async fn document_printer(port: PortUrl, settings: DocumentPrinterSettings) -> Told {
    match hal::document_printer::once::status(port, settings, None).await {
        Ok(status) => {
            let condition =
                Condition::of_document_printer(status.problem, status.paper, status.toner);
            (condition, json!(status))
        }
        Err(error) => {
            let condition = match &error {
                DocumentOnceError::Settings(_)
                | DocumentOnceError::Refused { .. }
                | DocumentOnceError::Tls { .. } => Condition::WrongSettings,
                DocumentOnceError::Port(_) => Condition::PortMissing,
                DocumentOnceError::Silent(_) => Condition::Silent,
            };
            (condition, json!({ "error": error.to_string() }))
        }
    }
}

async fn panel(port: PortUrl, settings: PanelSettings) -> Told {
    let state = match hal::panel::once::state(port, settings).await {
        Ok(state) => state,
        Err(error) => {
            let condition = match &error {
                PanelError::Settings(_) | PanelError::NoSuchLight(_) => Condition::WrongSettings,
                PanelError::Lines(error) => Condition::of_panel_problem(Some(error.problem())),
                PanelError::Failed { .. } => Condition::PortMissing,
            };
            return (condition, json!({ "error": error.to_string() }));
        }
    };
    let open = |it: Input| state.inputs.get(&it) == Some(&true);
    let open = open(Input::Door) || open(Input::Tamper);
    (if open { Condition::CabinetOpen } else { Condition::Ready }, json!(state))
}

async fn ups(port: PortUrl, settings: hal::ups::UpsSettings) -> Told {
    match hal::ups::once::status(port, settings, None).await {
        Ok(status) => (Condition::of_ups(&status), json!(status)),
        Err(error) => (of_ups(&error), json!({ "error": error.to_string() })),
    }
}

fn of_ups(error: &UpsError) -> Condition {
    match error.problem() {
        UpsProblem::PortClosed => Condition::PortMissing,
        UpsProblem::Silent | UpsProblem::DataStale => Condition::Silent,
        UpsProblem::NotUnderstood
        | UpsProblem::DriverNotConnected
        | UpsProblem::UnknownUps
        | UpsProblem::AccessDenied
        | UpsProblem::Settings => Condition::WrongSettings,
    }
}

fn of_port(error: &OpenError) -> Condition {
    match error {
        OpenError::Io { source, .. } if source.kind() == ErrorKind::ResourceBusy => {
            Condition::PortBusy
        }
        OpenError::Io { .. } | OpenError::NoSimulator { .. } => Condition::PortMissing,
        OpenError::NoBaud { .. } | OpenError::NotAStream { .. } => Condition::WrongSettings,
    }
}

fn of_line(error: &LineError) -> Condition {
    match error {
        LineError::Timeout => Condition::Silent,
        LineError::Closed | LineError::Io(_) => Condition::PortMissing,
    }
}

fn of_reader(error: &ReaderError) -> Condition {
    match error {
        ReaderError::Open(error) => of_port(error),
        ReaderError::Line { source, .. } => of_line(source),
        ReaderError::Module(status) => Condition::of_module(*status),
        ReaderError::NoCard => Condition::NothingCame,
        ReaderError::Card(_) => Condition::SeenWrong,
    }
}

fn of_locker(error: &LockerError) -> Condition {
    match error {
        LockerError::Settings(_) | LockerError::NoSuchWay { .. } => Condition::WrongSettings,
        LockerError::Port(error) => of_port(error),
        LockerError::NotSent(error) | LockerError::Uncertain(error) => of_line(error),
    }
}

fn of_printer(error: &PrinterOnceError) -> Condition {
    match error {
        PrinterOnceError::Settings(_) => Condition::WrongSettings,
        PrinterOnceError::Port(error) => of_port(error),
        PrinterOnceError::Silent => Condition::Silent,
        PrinterOnceError::Line(error) => of_line(error),
    }
}

fn of_card(error: &CardError) -> Condition {
    match error {
        CardError::NoReader(_) => Condition::ReaderMissing,
        CardError::NoCard => Condition::NothingCame,
        CardError::Card(_) => Condition::SeenWrong,
        CardError::NoService => Condition::ServiceMissing,
        CardError::Pcsc(_) => Condition::ReaderMissing,
        CardError::Unsuitable(_) => Condition::WrongSettings,
    }
}
