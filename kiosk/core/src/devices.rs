//! What the kiosk knows of its devices, and which services work because of it.

use std::collections::{BTreeMap, BTreeSet};

use hal::fault::Link;
use hal::locker::Door;
use hal::panel::{Input, PanelProblem};
use hal::printer::{Paper, PrinterStatus};

use crate::alarm::Alarm;
use crate::journey::Service;
use crate::power::Power;

/// The devices as they last reported.
#[derive(Clone, Debug)]
pub struct Devices {
    pub reader: Link,
    pub locker: Link,
    pub printer: Link,
    pub printer_status: Option<PrinterStatus>,
    pub card: Link,
    pub scanner: Link,
    pub ups: Link,
    pub power: Power,
    pub panel: Link,
    pub panel_problem: Option<PanelProblem>,
    /// The cabinet's contacts and sensors as they were told last.
    pub inputs: BTreeMap<Input, bool>,
    pub alarm: Alarm,
    pub status_display: Link,
    pub evaluator: Link,
    pub speaker: Link,
    pub office: bool,
    pub doors: BTreeMap<u16, Door>,
    pub occupied: BTreeMap<u16, bool>,
    /// Compartments whose locks jammed when they were tried; nothing is put into them.
    pub jammed: BTreeSet<u16>,
    /// A card lies on the reader, as far as it can tell.
    pub card_lies: bool,
    /// It lay there when the reader was lost, and was not lifted since.
    pub card_lay_before_loss: bool,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            reader: Link::Starting,
            locker: Link::Starting,
            printer: Link::Starting,
            printer_status: None,
            card: Link::Starting,
            scanner: Link::Starting,
            ups: Link::Starting,
            power: Power::Unknown,
            panel: Link::Starting,
            panel_problem: None,
            inputs: BTreeMap::new(),
            alarm: Alarm::Armed,
            status_display: Link::Starting,
            evaluator: Link::Starting,
            speaker: Link::Starting,
            office: false,
            doors: BTreeMap::new(),
            occupied: BTreeMap::new(),
            jammed: BTreeSet::new(),
            card_lies: false,
            card_lay_before_loss: false,
        }
    }
}

/// Why a service does not work, the first thing that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Reader,
    Locker,
    Office,
    /// The battery of the UPS is needed for more important things.
    Power,
    /// Somebody may be in the cabinet.
    Alarm,
}

impl Missing {
    /// Key of the sentence that tells a citizen what to do instead.
    pub fn message_key(self) -> &'static str {
        match self {
            Self::Reader => "missing.reader",
            Self::Locker => "missing.locker",
            Self::Office => "missing.office",
            Self::Power => "missing.power",
            Self::Alarm => "missing.alarm",
        }
    }

    /// The same where no document waits in the cabinet, so that none is said to be safe in it.
    pub fn message_key_of_empty(self) -> &'static str {
        match self {
            Self::Locker => "missing.locker_empty",
            Self::Power => "missing.power_empty",
            Self::Alarm => "missing.alarm_empty",
            Self::Reader | Self::Office => self.message_key(),
        }
    }
}

impl Devices {
    pub fn door(&self, number: u16) -> Door {
        self.doors.get(&number).copied().unwrap_or(Door::Unknown)
    }

    /// Whether a service works now. Pickup needs the locker only: a code does without the reader.
    pub fn service(&self, service: Service) -> Result<(), Missing> {
        match service {
            Service::Pickup if self.locker != Link::Up => Err(Missing::Locker),
            Service::Pickup => self.may_open(),
            Service::Progress | Service::Appointment if !self.office => Err(Missing::Office),
            Service::Progress | Service::Appointment if self.reader == Link::Down => {
                Err(Missing::Reader)
            }
            Service::Progress | Service::Appointment => Ok(()),
        }
    }

    /// Whether a compartment may be opened, as far as power and alarm are asked.
    pub fn may_open(&self) -> Result<(), Missing> {
        if !self.power.may_move() {
            Err(Missing::Power)
        } else if !self.alarm.may_open() {
            Err(Missing::Alarm)
        } else {
            Ok(())
        }
    }

    /// The UPS's state in one word, for staff and the office.
    pub fn ups_word(&self) -> &'static str {
        match (self.power.word(), self.ups) {
            (Some(word), _) => word,
            (None, Link::Starting | Link::Up) => "starting",
            (None, Link::Down) => "down",
        }
    }

    pub fn printer_ready(&self) -> bool {
        self.printer == Link::Up && self.printer_status.is_some_and(|it| it.ready())
    }

    /// The printer's state in one word, for staff and the office.
    pub fn printer_word(&self) -> &'static str {
        match (self.printer, self.printer_status) {
            (Link::Starting, _) => "starting",
            (Link::Down, _) | (Link::Up, None) => "down",
            (Link::Up, Some(status)) => match status.problem() {
                Some(problem) => problem_word(problem),
                None if status.paper == Paper::NearEnd => "paper_near_end",
                None => "ready",
            },
        }
    }
}

/// A print problem as a word that is also the end of a message key.
pub(crate) fn problem_word(problem: hal::printer::PrintProblem) -> &'static str {
    use hal::printer::PrintProblem;
    match problem {
        PrintProblem::Offline => "offline",
        PrintProblem::CoverOpen => "cover_open",
        PrintProblem::PaperEnd => "paper_end",
        PrintProblem::Cutter => "cutter",
        PrintProblem::Mechanical => "mechanical",
        PrintProblem::HeadHot => "head_hot",
        PrintProblem::Unrecoverable => "unrecoverable",
    }
}

/// A link's state as a word.
pub(crate) fn link_word(link: Link) -> &'static str {
    match link {
        Link::Starting => "starting",
        Link::Up => "ready",
        Link::Down => "down",
    }
}
