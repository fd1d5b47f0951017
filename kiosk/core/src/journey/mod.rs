//! The services as state machines, one file each.

pub(crate) mod appointment;
mod identify;
mod inspection;
pub(crate) mod maintenance;
mod pickup;
mod progress;
mod rating;
mod staff;

pub use identify::id_hash;
pub use inspection::Conclusion;
pub(crate) use inspection::{FindingRank, InspectionForm, Signed};
use maintenance::DevicePage;
pub(crate) use maintenance::TestResults;
pub(crate) use rating::REASONS;

use std::collections::BTreeSet;

use hal::id_reader::ReadFailure;
use hal::printer::PrintJobId;
use jiff::Timestamp;
use jiff::civil::Date;
use wire::{AppointmentId, CaseId, IdempotencyKey, KioskId};
use zeroize::Zeroizing;

use crate::action::Action;
use crate::code::Wrong;
use crate::event::{CheckId, EventLine, Now, RequestId, WriteId};
use crate::kiosk::{Effects, Kiosk};
use crate::screen::ScreenName;
use crate::session::Loading;

/// What a terminal can offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    Pickup,
    Progress,
    Appointment,
}

impl Service {
    pub const ALL: &[Self] = &[Self::Pickup, Self::Progress, Self::Appointment];

    /// The service as a word of messages and keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pickup => "pickup",
            Self::Progress => "progress",
            Self::Appointment => "appointment",
        }
    }
}

/// Where a person is.
#[derive(Debug)]
pub(crate) enum Journey {
    Home,
    /// Waits for a card, then goes on to what was asked for.
    Identify {
        then: Destination,
        trouble: Option<CardTrouble>,
    },
    Progress {
        page: usize,
    },
    Case {
        id: CaseId,
        print: Option<PrintJobId>,
    },
    /// What may be taken out.
    Pickup {
        page: usize,
    },
    Code(CodeEntry),
    /// A compartment is being opened for this session; the operation says how far it is.
    Moving,
    /// The items, by heading or of one heading.
    Items {
        category: Option<usize>,
        page: usize,
    },
    Search {
        typed: String,
        page: usize,
    },
    Conditions {
        page: usize,
    },
    Days {
        page: usize,
    },
    Slots,
    Confirm,
    Booked {
        print: Option<PrintJobId>,
    },
    Appointments {
        page: usize,
    },
    Appointment {
        id: AppointmentId,
        /// The question whether to cancel is on.
        asking: bool,
        cancel: Option<(RequestId, IdempotencyKey)>,
        print: Option<PrintJobId>,
    },
    Rating {
        grade: Option<u8>,
        reasons: BTreeSet<usize>,
    },
    Help {
        from: ScreenName,
        call: HelpCall,
    },
    Pin(PinEntry),
    StaffCardTrouble(&'static str),
    Staff,
    Deposit {
        page: usize,
        /// Why what was scanned last opened nothing.
        trouble: Option<ScanTrouble>,
    },
    Recall {
        page: usize,
    },
    Resolve {
        page: usize,
    },
    Maintenance {
        page: usize,
        /// The question whether to start anew is on.
        restarting: bool,
    },
    MaintenanceDevice(DevicePage),
    Events {
        page: usize,
        lines: Loading<Vec<EventLine>>,
    },
    TouchTest {
        touched: BTreeSet<u8>,
        done: Option<bool>,
    },
    Inspection(InspectionForm),
}

/// Why nothing opens for what a member of staff scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanTrouble {
    /// It lies in this compartment already.
    Inside(u16),
    /// It lies in this compartment or does not; somebody has to look.
    Doubtful(u16),
    /// No delivery of this number is to be put in here.
    NotExpected,
    /// No free compartment is large enough.
    NoRoom,
}

/// A slow check that is under way, and what hangs on it.
#[derive(Debug)]
pub(crate) enum Check {
    StaffCard(CheckId),
    /// The try was counted as wrong beforehand, so that neither leaving nor a power cut gives one
    /// away: this is what it would mean.
    Secret {
        id: CheckId,
        digits: Zeroizing<String>,
        if_wrong: Wrong,
    },
}

/// How far a call for help is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HelpCall {
    NotCalled,
    Storing(WriteId),
    /// On disk: it reaches the office now or later.
    Recorded,
    NotRecorded,
}

/// Where a card leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Home,
    Progress,
    Pickup,
    Book,
    Appointments,
}

/// Why a card that was laid down does not identify anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CardTrouble {
    Unreadable(ReadFailure),
    InvalidNumber,
    Expired(Date),
    NotYetValid(Date),
}

/// A pickup code being typed.
#[derive(Debug, Default)]
pub(crate) struct CodeEntry {
    pub(crate) digits: Zeroizing<String>,
    pub(crate) trouble: Option<CodeTrouble>,
}

/// Why a code opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodeTrouble {
    Wrong {
        left: u32,
    },
    Locked {
        until: Timestamp,
    },
    /// It belongs to another kiosk of the hall.
    OtherKiosk(KioskId),
    TornQr,
    OurPaper,
    NotACode,
    /// It was right, and the compartment cannot be opened by itself now.
    NotAvailable,
}

impl From<Wrong> for CodeTrouble {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Left(left) => Self::Wrong { left },
            Wrong::Locked(until) => Self::Locked { until },
        }
    }
}

/// A PIN being typed after a staff card was inserted.
#[derive(Debug)]
pub(crate) struct PinEntry {
    pub(crate) card_number: String,
    /// The card proved to be genuine; digits are taken from then on.
    pub(crate) genuine: bool,
    pub(crate) digits: Zeroizing<String>,
    pub(crate) trouble: Option<CodeTrouble>,
}

impl Kiosk {
    /// What a touch means where the person is. A touch that means nothing here does nothing.
    pub(crate) fn journey_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        match action {
            Action::BeginCode
            | Action::OpenPickup
            | Action::Collect(_)
            | Action::DoorDidNotOpen
            | Action::PrintReceiptAgain
            | Action::Done => self.pickup_action(now, action, out),
            Action::Digit(_) | Action::Erase | Action::Clear | Action::SubmitCode => {
                self.key(now, action, out);
            }
            Action::OpenProgress | Action::ShowCase(_) | Action::PrintVoucher(_) => {
                self.progress_action(now, action, out);
            }
            Action::PreviousPage => self.turn_page(false),
            Action::NextPage => self.turn_page(true),
            Action::Grade(_) | Action::Reason(_) | Action::SubmitRating | Action::SkipRating => {
                self.rating_action(now, action, out);
            }
            Action::StaffDeposit
            | Action::StaffRecall
            | Action::StaffResolve
            | Action::ChooseDeposit(_)
            | Action::ChooseRecall(_)
            | Action::ChooseResolve(_)
            | Action::ItemNotPlaced
            | Action::StaffLogout => self.staff_action(now, action, out),
            Action::SwitchAlarm { .. } => self.switch_alarm(now, &action, out),
            Action::Maintenance
            | Action::MaintainDevice(_)
            | Action::RunTest
            | Action::TestLock(_)
            | Action::TestSeen(_)
            | Action::JudgeDevice(_)
            | Action::OpenEvents
            | Action::OpenTouchTest
            | Action::TouchPlace(_)
            | Action::TouchFailed
            | Action::AskNewRoll
            | Action::NewRoll
            | Action::AskRestart
            | Action::Restart
            | Action::NotNow => self.maintenance_action(now, action, out),
            Action::OpenInspection
            | Action::Conclude(_)
            | Action::SignInspection
            | Action::PrintInspectionAgain => self.inspection_action(now, action, out),
            Action::StillInside => self.operation_still_inside(now, out),
            Action::Found => self.inspection_answer(now, true, out),
            Action::Missing => self.inspection_answer(now, false, out),
            other => self.appointment_action(now, other, out),
        }
    }

    fn turn_page(&mut self, next: bool) {
        let Some(session) = &mut self.session else { return };
        let (Journey::Progress { page }
        | Journey::Pickup { page }
        | Journey::Items { page, .. }
        | Journey::Search { page, .. }
        | Journey::Conditions { page }
        | Journey::Days { page }
        | Journey::Appointments { page }
        | Journey::Deposit { page, .. }
        | Journey::Recall { page }
        | Journey::Maintenance { page, .. }
        | Journey::MaintenanceDevice(DevicePage { page, .. })
        | Journey::Events { page, .. }
        | Journey::Inspection(InspectionForm { page, .. })
        | Journey::Resolve { page }) = session.journey_mut()
        else {
            return;
        };
        // The screen offers “next” only where there is a next page.
        *page = if next { *page + 1 } else { page.saturating_sub(1) };
    }

    /// A digit, or one of the keys beside them.
    fn key(&mut self, now: Now, action: Action, out: &mut Effects) {
        let checking = self.session.as_ref().is_some_and(|it| it.check.is_some());
        let Some(session) = &mut self.session else { return };
        let (digits, trouble, most) = match session.journey_mut() {
            Journey::Code(entry) => {
                (&mut entry.digits, &mut entry.trouble, crate::code::CODE_DIGITS)
            }
            Journey::Pin(entry) if entry.genuine => {
                (&mut entry.digits, &mut entry.trouble, PIN_DIGITS)
            }
            Journey::Search { typed, page } => {
                if action == Action::Erase {
                    typed.pop();
                } else if action == Action::Clear {
                    typed.clear();
                }
                *page = 0;
                return;
            }
            _ => return,
        };
        if checking {
            return;
        }
        match action {
            Action::Digit(digit) if digits.len() < most => {
                *trouble = None;
                digits.push(char::from(b'0' + digit.min(9)));
            }
            Action::Erase => {
                digits.pop();
            }
            Action::Clear => digits.clear(),
            Action::SubmitCode if digits.len() == most => self.submit_digits(now, out),
            _ => {}
        }
    }

    fn submit_digits(&mut self, now: Now, out: &mut Effects) {
        match self.session.as_ref().map(|it| it.journey()) {
            Some(Journey::Code(_)) => self.submit_code(now, out),
            Some(Journey::Pin(_)) => self.submit_pin(now, out),
            _ => {}
        }
    }
}

/// Digits of a staff PIN.
pub(crate) const PIN_DIGITS: usize = 6;
