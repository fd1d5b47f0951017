//! Pickup: what waits, the code, the open door, the end.

use hal::fault::Link;
use hal::locker::Door;

use super::{View, qr};
use crate::action::Action;
use crate::code::CODE_DIGITS;
use crate::custody::{Compartment, Purpose};
use crate::devices::Missing;
use crate::journey::{CodeEntry, CodeTrouble, Service};
use crate::operation::{Operation, Outcome, Phase, Task};
use crate::prints::Stage;
use crate::screen::{
    Block, Button, Icon, Row, Screen, ScreenName, Step, StepState, Tone, WallCell, Weight,
};
use crate::session::Session;
use crate::time::in_hall;

impl View<'_> {
    pub(super) fn pickup(&self, session: &Session, page: usize) -> Screen {
        let mut screen = self.page(ScreenName::Pickup, self.texts.get("pickup.title"));
        screen.crumb = Some(self.texts.get("home.pickup"));
        screen.subtitle = Some(self.texts.get("pickup.subtitle"));
        let waiting = self.waiting(session);
        let doubtful = session.person.as_ref().is_some_and(|person| {
            self.kiosk.custody.uncertain().any(|it| it.delivery.id_hash == person.id_hash)
        });
        if doubtful {
            screen.show.push(Block::Notice {
                icon: Icon::Alert,
                tone: Tone::Amber,
                title: self.texts.get("pickup.doubtful"),
                text: Some(self.texts.get("pickup.doubtful_text")),
            });
        }
        match waiting.as_slice() {
            [] if doubtful => {}
            [] => screen.act.push(Block::Notice {
                icon: Icon::Box,
                tone: Tone::Plain,
                title: self.texts.get("pickup.none"),
                text: Some(self.texts.get("pickup.none_text")),
            }),
            [only] => screen.act.extend(self.only_result(only)),
            several => {
                let rows = several.iter().map(|it| self.result_row(it)).collect();
                screen.act.extend(self.paged_rows(rows, page, "pickup.none"));
            }
        }
        if !self.kiosk.service_works(Service::Pickup) {
            screen.show.push(self.services_block());
        }
        screen
    }

    fn only_result(&self, only: &Compartment) -> Vec<Block> {
        let delivery = &only.delivery;
        let mut fields = vec![
            (self.texts.get("receipt.document"), self.texts.tag_text(&delivery.document_name)),
            (self.texts.get("case.number"), delivery.case.to_string()),
            (self.texts.get("case.applicant"), delivery.receiver_masked.clone()),
        ];
        if let Some(until) = delivery.hold_until {
            fields.push((self.texts.get("pickup.until"), self.texts.day(until)));
        }
        let open = Button {
            label: self.texts.with("pickup.open", &[("way", &only.number.to_string())]),
            icon: Some(Icon::LockOpen),
            weight: Weight::Primary,
            enabled: self.kiosk.service_works(Service::Pickup),
            action: Action::Collect(delivery.id.clone()),
        };
        vec![Block::Facts { fields }, Block::Buttons { buttons: vec![open] }]
    }

    fn result_row(&self, record: &Compartment) -> Row {
        let way = record.number.to_string();
        Row {
            icon: Icon::Certificate,
            title: self.texts.tag_text(&record.delivery.document_name),
            text: self.texts.with("pickup.row", &[("way", way.as_str())]),
            badge: None,
            enabled: self.kiosk.service_works(Service::Pickup),
            action: Action::Collect(record.delivery.id.clone()),
        }
    }

    pub(super) fn code(&self, entry: &CodeEntry, checking: bool) -> Screen {
        let mut screen = self.page(ScreenName::PickupCode, self.texts.get("code.title"));
        screen.crumb = Some(self.texts.get("home.pickup"));
        screen.subtitle = Some(self.texts.get("code.subtitle"));
        screen
            .show
            .push(Block::CodeCells { cells: cells(&entry.digits, CODE_DIGITS), hidden: false });
        screen.act.push(match &entry.trouble {
            Some(trouble) => self.code_trouble(trouble),
            None => Block::Notice {
                icon: Icon::QrCode,
                tone: Tone::Primary,
                title: self.texts.get(match self.kiosk.devices.scanner {
                    Link::Down => "code.no_scanner",
                    Link::Starting | Link::Up => "code.scan",
                }),
                text: None,
            },
        });
        screen.act.push(self.keypad(!checking));
        screen.act.push(self.submit("code.submit", entry.digits.len(), CODE_DIGITS, checking));
        screen
    }

    pub(super) fn code_trouble(&self, trouble: &CodeTrouble) -> Block {
        let (icon, tone, title, text) = match trouble {
            CodeTrouble::Wrong { left } => {
                let left = left.to_string();
                let text = self.texts.with("code.wrong_text", &[("left", left.as_str())]);
                (Icon::Alert, Tone::Red, self.texts.get("code.wrong"), text)
            }
            CodeTrouble::Locked { until } => {
                let at = self.texts.time(in_hall(*until).time());
                let text = self.texts.with("code.locked_text", &[("time", at.as_str())]);
                (Icon::Lock, Tone::Red, self.texts.get("code.locked"), text)
            }
            CodeTrouble::OtherKiosk(id) => {
                let text = self.other_kiosk_text(id);
                (Icon::Box, Tone::Amber, self.texts.get("code.other_kiosk"), text)
            }
            CodeTrouble::TornQr => {
                let text = self.texts.get("code.torn_text");
                (Icon::QrCode, Tone::Amber, self.texts.get("code.torn"), text)
            }
            CodeTrouble::OurPaper => {
                let text = self.texts.get("code.our_paper_text");
                (Icon::QrCode, Tone::Amber, self.texts.get("code.our_paper"), text)
            }
            CodeTrouble::NotACode => {
                let text = self.texts.get("code.not_a_code_text");
                (Icon::QrCode, Tone::Amber, self.texts.get("code.not_a_code"), text)
            }
            CodeTrouble::NotAvailable => {
                let missing = self.kiosk.devices.service(Service::Pickup).err();
                let text = self.texts.get(missing.unwrap_or(Missing::Locker).message_key());
                (Icon::Alert, Tone::Amber, self.texts.get("code.not_available"), text)
            }
        };
        Block::Notice { icon, tone, title, text: Some(text) }
    }

    fn other_kiosk_text(&self, id: &wire::KioskId) -> String {
        let kiosks = self.kiosk.catalogue.iter().flat_map(|it| &it.catalogue().hall.kiosks);
        let place = kiosks.into_iter().find(|it| it.id == *id);
        let (number, place) = place
            .map(|it| (it.number.to_string(), self.texts.tag_text(&it.place)))
            .unwrap_or_default();
        let values = [("number", number.as_str()), ("place", place.as_str())];
        self.texts.with("code.other_kiosk_text", &values)
    }

    /// Digits in the order of a telephone.
    pub(super) fn keypad(&self, enabled: bool) -> Block {
        let digit = |digit: u8| Button {
            label: digit.to_string(),
            icon: None,
            weight: Weight::Quiet,
            enabled,
            action: Action::Digit(digit),
        };
        let mut keys: Vec<Button> = (1..=9).map(digit).collect();
        let label = self.texts.get("key.clear");
        keys.push(Button { label, action: Action::Clear, ..digit(0) });
        keys.push(digit(0));
        keys.push(Button {
            label: self.texts.get("key.erase"),
            icon: Some(Icon::Backspace),
            action: Action::Erase,
            ..digit(0)
        });
        Block::Keypad { columns: 3, keys }
    }

    /// The button says how many digits are missing until none is.
    pub(super) fn submit(&self, done: &str, typed: usize, of: usize, checking: bool) -> Block {
        let missing = of.saturating_sub(typed);
        let label = if checking {
            self.texts.get("code.checking")
        } else if missing > 0 {
            self.texts.with("code.missing", &[("count", &missing.to_string())])
        } else {
            self.texts.get(done)
        };
        let enabled = missing == 0 && !checking;
        let action = Action::SubmitCode;
        let button = Button { label, icon: None, weight: Weight::Primary, enabled, action };
        Block::Buttons { buttons: vec![button] }
    }

    /// The operation of a citizen, from the intent to the receipt.
    pub(super) fn moving(&self) -> Screen {
        let Some(operation) = &self.kiosk.operation else {
            return self.page(ScreenName::Message, self.texts.get("pickup.title"));
        };
        match &operation.phase {
            Phase::StoringIntent(_) | Phase::Opening => self.opening(operation),
            Phase::DoorOpen { reminded, .. } => self.door_open(operation, *reminded),
            Phase::Asking | Phase::StoringOutcome { .. } => self.storing(operation),
            Phase::Ended(outcome) => self.ended(operation, outcome),
        }
    }

    pub(super) fn way(&self, key: &str, operation: &Operation) -> String {
        self.texts.with(key, &[("way", &operation.compartment.to_string())])
    }

    fn document_of(&self, operation: &Operation) -> Option<String> {
        let record = self.kiosk.custody.get(operation.compartment)?;
        let copies = record.delivery.copies.to_string();
        let name = self.texts.tag_text(&record.delivery.document_name);
        let values = [("name", name.as_str()), ("copies", copies.as_str())];
        Some(self.texts.with("receipt.document_value", &values))
    }

    fn opening(&self, operation: &Operation) -> Screen {
        let title = self.way("pickup.opening", operation);
        let mut screen = self.page(ScreenName::PickupOpen, title);
        screen.subtitle = self.document_of(operation);
        screen.show.push(self.wall(operation.compartment));
        screen.act.push(Block::Busy { text: self.texts.get("pickup.opening_text") });
        screen
    }

    fn door_open(&self, operation: &Operation, reminded: bool) -> Screen {
        let title = match reminded {
            false => self.way("pickup.take", operation),
            true => self.way("pickup.close", operation),
        };
        let mut screen = self.page(ScreenName::PickupOpen, title);
        let tone = if reminded { Tone::Amber } else { Tone::Green };
        screen.chip = Some(self.chip(Icon::LockOpen, "pickup.is_open", tone));
        screen.subtitle = self.document_of(operation);
        screen.show.push(self.wall(operation.compartment));
        let (take, close) = match reminded {
            false => (StepState::Now, StepState::ToCome),
            true => (StepState::Done, StepState::Now),
        };
        screen.act.push(self.steps(take, close, StepState::ToCome));
        // While the sensor has just seen the door open, a touch by mistake must not give it up.
        if reminded {
            screen.act.push(Block::Link {
                before: self.texts.get("pickup.not_open"),
                link: self.secondary("pickup.not_open_link", None, Action::DoorDidNotOpen),
            });
        }
        screen
    }

    fn storing(&self, operation: &Operation) -> Screen {
        let title = self.way("pickup.closed", operation);
        let mut screen = self.page(ScreenName::PickupOpen, title);
        screen.act.push(Block::Busy { text: self.texts.get("pickup.storing") });
        screen
    }

    fn steps(&self, take: StepState, close: StepState, receipt: StepState) -> Block {
        let step = |title: &str, text: &str, state| Step {
            title: self.texts.get(title),
            text: self.texts.get(text),
            state,
        };
        Block::Steps {
            steps: vec![
                step("step_take.title", "step_take.text", take),
                step("step_close.title", "step_close.text", close),
                step("step_receipt.title", "step_receipt.text", receipt),
            ],
        }
    }

    /// The wall with one compartment marked.
    pub(super) fn wall(&self, marked: u16) -> Block {
        let cells = self
            .kiosk
            .config
            .compartments
            .iter()
            .map(|(number, size)| WallCell {
                label: number.to_string(),
                tone: if *number == marked { Tone::Amber } else { Tone::Plain },
                rows: match size {
                    wire::CompartmentSize::Small => 1,
                    wire::CompartmentSize::Medium => 2,
                    wire::CompartmentSize::Large => 3,
                },
            })
            .collect();
        Block::Wall { columns: self.kiosk.config.wall_columns, cells }
    }

    fn ended(&self, operation: &Operation, outcome: &Outcome) -> Screen {
        match outcome {
            Outcome::HandedOver { receipt } => self.handed_over(receipt),
            Outcome::Uncertain { receipt, .. } => self.in_doubt(operation, receipt.as_deref()),
            Outcome::StillInside => {
                let text = "pickup.still_inside_text";
                self.ended_message(self.way("pickup.still_inside", operation), text, Icon::Box)
            }
            _ => {
                let title = self.way("pickup.not_opened", operation);
                self.ended_message(title, "pickup.not_opened_text", Icon::Lock)
            }
        }
    }

    fn ended_message(&self, title: String, text: &str, icon: Icon) -> Screen {
        let mut screen = self.page(ScreenName::Message, title);
        screen.subtitle = Some(self.texts.get(text));
        screen.show.push(Block::Picture { icon, tone: Tone::Amber });
        screen.act.push(self.services_block());
        let again = self.kiosk.session.as_ref().is_some_and(|it| it.person.is_some());
        if again {
            let icon = Some(Icon::Refresh);
            let again = self.secondary("pickup.again", icon, Action::OpenPickup);
            screen.act.push(Block::Buttons { buttons: vec![again] });
        }
        screen.act.push(Block::Buttons { buttons: vec![self.primary("pickup.end", Action::Done)] });
        screen
    }

    fn handed_over(&self, receipt: &str) -> Screen {
        let stage = self.kiosk.prints.by_number(receipt).map(|(_, it)| it.stage);
        let failed = stage.is_some_and(Stage::failed);
        let title = if failed { "pickup.done_no_paper" } else { "pickup.done" };
        let mut screen = self.page(ScreenName::PickupDone, self.texts.get(title));
        let online = self.kiosk.devices.office;
        let told = if online { "pickup.told" } else { "pickup.told_later" };
        screen.subtitle = Some(self.texts.get(told));
        screen.show.push(match failed {
            true => Block::Picture { icon: Icon::PrinterOff, tone: Tone::Amber },
            false => Block::Picture { icon: Icon::CircleCheck, tone: Tone::Green },
        });
        self.receipt_end(&mut screen, receipt, failed);
        screen.act.push(Block::Link {
            before: self.texts.get("pickup.not_taken"),
            link: self.secondary("pickup.not_open_link", None, Action::StillInside),
        });
        screen
    }

    fn in_doubt(&self, operation: &Operation, receipt: Option<&str>) -> Screen {
        let title = self.way("pickup.doubt", operation);
        let mut screen = self.page(ScreenName::Message, title);
        let open = self.kiosk.devices.door(operation.compartment) == Door::Open;
        let text = if open { "pickup.doubt_open_text" } else { "pickup.doubt_text" };
        screen.subtitle = Some(self.texts.get(text));
        screen.show.push(Block::Picture { icon: Icon::Alert, tone: Tone::Amber });
        match receipt {
            Some(receipt) => self.receipt_end(&mut screen, receipt, true),
            None => screen
                .act
                .push(Block::Buttons { buttons: vec![self.primary("pickup.end", Action::Done)] }),
        }
        screen
    }

    /// The number always; the paper as it is: coming, there, failed.
    fn receipt_end(&self, screen: &mut Screen, receipt: &str, with_code: bool) {
        let print = self.kiosk.prints.by_number(receipt).map(|(job, _)| job);
        let stage = print.and_then(|it| self.kiosk.prints.get(it)).map(|it| it.stage);
        if with_code {
            screen.act.push(Block::Qr {
                modules: qr(&format!("H24R:{}", receipt.replace(' ', "-"))),
                label: self.texts.get("receipt.number"),
                value: receipt.to_owned(),
                text: self.texts.get("pickup.keep_number"),
            });
        } else {
            let label = self.texts.get("receipt.number");
            screen.act.push(Block::Facts { fields: vec![(label, receipt.to_owned())] });
        }
        screen.act.extend(self.print_notice(print));
        let failed = stage.is_some_and(Stage::failed);
        if failed {
            let icon = Some(Icon::Refresh);
            let again = self.secondary("pickup.print_again", icon, Action::PrintReceiptAgain);
            screen.act.push(Block::Buttons { buttons: vec![again] });
        }
        let done = if failed { "pickup.noted" } else { "pickup.end" };
        screen.act.push(Block::Buttons { buttons: vec![self.primary(done, Action::Done)] });
    }

    /// Whether the operation on the screen is a pickup.
    pub(super) fn is_pickup(operation: &Operation) -> bool {
        matches!(operation.task, Task::For(Purpose::Pickup { .. }))
    }
}

/// The digits typed so far and the places still empty.
pub(super) fn cells(digits: &str, count: usize) -> Vec<Option<char>> {
    let mut typed = digits.chars();
    (0..count).map(|_| typed.next()).collect()
}
