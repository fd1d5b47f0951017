//! Staff mode: PIN, deposit, recall, resolve.

use hal::fault::Link;
use jiff::civil::Date;
use wire::{Delivery, StaffRole};

use super::View;
use super::pickup::cells;
use crate::action::Action;
use crate::alarm::Alarm;
use crate::custody::{Compartment, CompartmentState};
use crate::journey::{CodeTrouble, PIN_DIGITS, PinEntry, ScanTrouble};
use crate::operation::{Operation, Outcome, Phase, Task};
use crate::screen::{Block, Button, Chip, Icon, Row, Screen, ScreenName, Tile, Tone};

impl View<'_> {
    pub(super) fn pin(&self, entry: &PinEntry, checking: bool) -> Screen {
        let mut screen = self.staff_page(ScreenName::StaffPin, self.texts.get("staff.pin"));
        screen.subtitle = Some(self.texts.get("staff.pin_text"));
        screen
            .show
            .push(Block::CodeCells { cells: cells(&entry.digits, PIN_DIGITS), hidden: true });
        if let Some(trouble) = &entry.trouble {
            screen.act.push(self.pin_trouble(trouble));
        }
        screen.act.push(self.keypad(entry.genuine && !checking));
        screen.act.push(self.submit("staff.enter", entry.digits.len(), PIN_DIGITS, checking));
        screen
    }

    fn pin_trouble(&self, trouble: &CodeTrouble) -> Block {
        let CodeTrouble::Wrong { left } = trouble else { return self.code_trouble(trouble) };
        Block::Notice {
            icon: Icon::Alert,
            tone: Tone::Red,
            title: self.texts.get("staff.pin_wrong"),
            text: Some(self.texts.with("staff.pin_left", &[("left", &left.to_string())])),
        }
    }

    pub(super) fn staff_card_trouble(&self, key: &str) -> Screen {
        let mut screen = self.page(ScreenName::Message, self.texts.get(key));
        screen.subtitle = Some(self.texts.get("staff.card_text"));
        screen.show.push(Block::Picture { icon: Icon::Alert, tone: Tone::Amber });
        let end = self.primary("pickup.end", Action::EndSession);
        screen.act.push(Block::Buttons { buttons: vec![end] });
        screen
    }

    pub(super) fn staff_home(&self) -> Screen {
        let name = self
            .kiosk
            .session
            .as_ref()
            .and_then(|it| it.staff.as_ref())
            .map_or("", |it| it.name.as_str());
        let title = self.texts.with("staff.hello", &[("name", name)]);
        let mut screen = self.staff_page(ScreenName::Staff, title);
        screen.subtitle = Some(self.texts.get("staff.subtitle"));
        let custody = &self.kiosk.custody;
        let overdue = self.overdue().len();
        let tile = |icon, title: &str, text: &str, count: usize, action| Tile {
            icon,
            title: self.texts.get(title),
            text: self.texts.with(text, &[("count", &count.to_string())]),
            enabled: self.kiosk.staff_may(StaffRole::Courier),
            action,
        };
        let maintenance = Tile {
            icon: Icon::Progress,
            title: self.texts.get("staff.maintenance"),
            text: self.texts.get("staff.maintenance_text"),
            enabled: self.kiosk.staff_may(StaffRole::Technician),
            action: Action::Maintenance,
        };
        let expected = custody.expected().count();
        let uncertain = custody.uncertain().count();
        screen.show.push(self.staff_state());
        screen.act.push(Block::Tiles {
            columns: 2,
            tiles: vec![
                tile(
                    Icon::Box,
                    "staff.deposit",
                    "staff.deposit_text",
                    expected,
                    Action::StaffDeposit,
                ),
                tile(
                    Icon::Upload,
                    "staff.recall",
                    "staff.recall_text",
                    overdue,
                    Action::StaffRecall,
                ),
                tile(
                    Icon::Alert,
                    "staff.resolve",
                    "staff.resolve_text",
                    uncertain,
                    Action::StaffResolve,
                ),
                maintenance,
            ],
        });
        screen.show.extend(self.alarm_notice());
        let logout = self.secondary("staff.logout", Some(Icon::Cross), Action::StaffLogout);
        let buttons = self.alarm_switch().into_iter().chain([logout]).collect();
        screen.act.push(Block::Buttons { buttons });
        screen
    }

    /// What set the alarm off.
    fn alarm_notice(&self) -> Option<Block> {
        let Alarm::Rings { causes, .. } = &self.kiosk.devices.alarm else { return None };
        let causes = causes.iter().map(|it| self.texts.get(&format!("alarm_input.{}", it.name())));
        let causes: Vec<String> = causes.collect();
        Some(Block::Notice {
            icon: Icon::Alert,
            tone: Tone::Red,
            title: self.texts.get("alarm.rings"),
            text: Some(causes.join(&self.texts.get("services.comma"))),
        })
    }

    fn alarm_switch(&self) -> Option<Button> {
        if !self.kiosk.has_alarm() {
            return None;
        }
        let off = matches!(self.kiosk.devices.alarm, Alarm::Off { .. });
        let key = if off { "alarm.switch_on" } else { "alarm.switch_off" };
        let switch = self.secondary(key, Some(Icon::Alert), Action::SwitchAlarm { on: off });
        Some(Button { enabled: !off || self.kiosk.cabinet_is_shut(), ..switch })
    }

    /// What a member of staff wants to know at a glance; technical words are for them only.
    fn staff_state(&self) -> Block {
        let devices = &self.kiosk.devices;
        let held = self.kiosk.custody.holding().count();
        let compartments = self.kiosk.config.compartments.iter();
        let free = compartments.filter(|it| self.kiosk.custody.get(it.0).is_none()).count();
        let office = if devices.office { "staff.online" } else { "staff.offline" };
        let printer = format!("device_state.{}", devices.printer_word());
        let mut fields = vec![
            (self.texts.get("staff.held"), held.to_string()),
            (self.texts.get("staff.free"), free.to_string()),
            (self.texts.get("staff.office"), self.texts.get(office)),
            (self.texts.get("staff.outbox"), self.kiosk.outbox_length.to_string()),
            (self.texts.get("staff.printer"), self.texts.get(&printer)),
            (self.texts.get("staff.locker"), self.link_text(devices.locker)),
        ];
        if self.kiosk.has_alarm() {
            let word = format!("alarm_state.{}", devices.alarm.word());
            fields.push((self.texts.get("staff.alarm"), self.texts.get(&word)));
        }
        if devices.ups != Link::Starting {
            fields.push((self.texts.get("staff.ups"), self.ups_text()));
        }
        Block::Facts { fields }
    }

    fn ups_text(&self) -> String {
        let devices = &self.kiosk.devices;
        let word = self.texts.get(&format!("device_state.{}", devices.ups_word()));
        match devices.power.percent() {
            Some(percent) => format!("{word} {percent}%"),
            None => word,
        }
    }

    fn link_text(&self, link: Link) -> String {
        self.texts.get(&format!("device_state.{}", crate::devices::link_word(link)))
    }

    pub(super) fn deposit(&self, page: usize, trouble: Option<ScanTrouble>) -> Screen {
        let mut screen =
            self.staff_page(ScreenName::StaffDeposit, self.texts.get("staff.deposit_title"));
        screen.subtitle = Some(self.texts.get("staff.deposit_subtitle"));
        screen.show.extend(trouble.map(|it| self.scan_trouble(it)));
        let rows = self.kiosk.custody.expected().map(|it| self.expected_row(it)).collect();
        screen.show.extend(self.no_opening());
        screen.act.extend(self.paged_rows(rows, page, "staff.deposit_none"));
        screen
    }

    fn scan_trouble(&self, trouble: ScanTrouble) -> Block {
        let (title, text) = match trouble {
            ScanTrouble::Inside(number) => (
                self.texts.with("staff.scan_inside", &[("way", &number.to_string())]),
                "staff.scan_inside_text",
            ),
            ScanTrouble::Doubtful(number) => (
                self.texts.with("staff.scan_doubtful", &[("way", &number.to_string())]),
                "staff.scan_doubtful_text",
            ),
            ScanTrouble::NotExpected => {
                (self.texts.get("staff.scan_unknown"), "staff.scan_unknown_text")
            }
            ScanTrouble::NoRoom => (self.texts.get("staff.no_room"), "staff.scan_no_room_text"),
        };
        let text = Some(self.texts.get(text));
        Block::Notice { icon: Icon::Alert, tone: Tone::Amber, title, text }
    }

    fn expected_row(&self, delivery: &Delivery) -> Row {
        let compartment = self.kiosk.compartment_for(delivery);
        let badge = match compartment {
            Some(number) => {
                let text = self.texts.with("staff.way", &[("way", &number.to_string())]);
                Chip { icon: None, text, tone: Tone::Green }
            }
            None => {
                let text = self.texts.get("staff.no_room");
                Chip { icon: None, text, tone: Tone::Amber }
            }
        };
        Row {
            icon: Icon::File,
            title: self.texts.tag_text(&delivery.document_name),
            text: format!("{} · {}", delivery.case, delivery.receiver_masked),
            badge: Some(badge),
            enabled: compartment.is_some() && self.kiosk.devices.may_open().is_ok(),
            action: Action::ChooseDeposit(delivery.id.clone()),
        }
    }

    pub(super) fn today(&self) -> Date {
        self.kiosk.hall_time(self.now).day
    }

    fn overdue(&self) -> Vec<&Compartment> {
        let today = self.today();
        let holding = self.kiosk.custody.holding();
        holding.filter(|it| it.delivery.hold_until.is_some_and(|until| until < today)).collect()
    }

    pub(super) fn recall(&self, page: usize) -> Screen {
        let mut screen =
            self.staff_page(ScreenName::StaffRecall, self.texts.get("staff.recall_title"));
        screen.subtitle = Some(self.texts.get("staff.recall_subtitle"));
        let rows = self.overdue().into_iter().map(|it| self.overdue_row(it)).collect();
        screen.show.extend(self.no_opening());
        screen.act.extend(self.paged_rows(rows, page, "staff.recall_none"));
        screen
    }

    fn overdue_row(&self, record: &Compartment) -> Row {
        let until = record.delivery.hold_until.map(|it| self.texts.day(it)).unwrap_or_default();
        Row {
            icon: Icon::Upload,
            title: self.texts.tag_text(&record.delivery.document_name),
            text: format!("{} · {}", record.delivery.case, record.delivery.receiver_masked),
            badge: Some(Chip {
                icon: None,
                text: self.texts.with(
                    "staff.overdue",
                    &[("way", &*record.number.to_string()), ("day", &*until)],
                ),
                tone: Tone::Amber,
            }),
            enabled: self.kiosk.devices.may_open().is_ok(),
            action: Action::ChooseRecall(record.delivery.id.clone()),
        }
    }

    pub(super) fn resolve(&self, page: usize) -> Screen {
        let mut screen =
            self.staff_page(ScreenName::StaffResolve, self.texts.get("staff.resolve_title"));
        screen.subtitle = Some(self.texts.get("staff.resolve_subtitle"));
        let rows = self.kiosk.custody.uncertain().filter_map(|it| self.doubtful_row(it)).collect();
        screen.show.extend(self.no_opening());
        screen.act.extend(self.paged_rows(rows, page, "staff.resolve_none"));
        screen
    }

    fn doubtful_row(&self, record: &Compartment) -> Option<Row> {
        let CompartmentState::Uncertain { .. } = record.state else { return None };
        let (case, receiver) = (&record.delivery.case, &record.delivery.receiver_masked);
        Some(Row {
            icon: Icon::Alert,
            title: self.texts.tag_text(&record.delivery.document_name),
            text: format!("{case} · {receiver}"),
            badge: Some(Chip {
                icon: None,
                text: self.texts.with("staff.way", &[("way", &record.number.to_string())]),
                tone: Tone::Amber,
            }),
            enabled: self.kiosk.devices.may_open().is_ok(),
            action: Action::ChooseResolve(record.delivery.id.clone()),
        })
    }

    /// The operation of a member of staff.
    pub(super) fn staff_moving(&self) -> Screen {
        let Some(operation) = &self.kiosk.operation else { return self.staff_home() };
        assert!(!Self::is_pickup(operation), "staff do not collect for citizens");
        let name = match operation.task {
            Task::For(crate::custody::Purpose::Deposit { .. }) => ScreenName::StaffDeposit,
            Task::For(_) => ScreenName::StaffRecall,
            Task::Inspect { .. } => ScreenName::StaffResolve,
        };
        let title = match &operation.phase {
            Phase::StoringIntent(_) | Phase::Opening => self.way("pickup.opening", operation),
            Phase::DoorOpen { reminded: true, .. } => self.way("pickup.close", operation),
            Phase::DoorOpen { .. } => self.way(self.door_key(name), operation),
            Phase::Asking => self.way("staff.asking", operation),
            Phase::StoringOutcome { .. } => self.way("pickup.closed", operation),
            Phase::Ended(outcome) => self.way(outcome_key(outcome), operation),
        };
        let mut screen = self.staff_page(name, title);
        screen.subtitle = self
            .kiosk
            .custody
            .get(operation.compartment)
            .map(|it| &it.delivery)
            // What lies there is told apart from another like it by its case.
            .map(|it| format!("{} · {}", self.texts.tag_text(&it.document_name), it.case));
        screen.show.push(self.wall(operation.compartment));
        screen.act.extend(self.staff_moving_blocks(operation));
        screen
    }

    fn door_key(&self, name: ScreenName) -> &'static str {
        match name {
            ScreenName::StaffDeposit => "staff.put_in",
            ScreenName::StaffRecall => "staff.take_out",
            _ => "staff.look",
        }
    }

    fn staff_moving_blocks(&self, operation: &Operation) -> Vec<Block> {
        match &operation.phase {
            Phase::StoringIntent(_) | Phase::Opening => {
                vec![Block::Busy { text: self.texts.get("pickup.opening_text") }]
            }
            Phase::DoorOpen { .. } => vec![Block::Notice {
                icon: Icon::LockOpen,
                tone: Tone::Amber,
                title: self.texts.get("staff.close_after"),
                text: match operation.task {
                    Task::Inspect { because, .. } => {
                        Some(self.texts.get(&format!("doubt.{}", because.as_str())))
                    }
                    Task::For(_) => None,
                },
            }],
            Phase::StoringOutcome { .. } => {
                vec![Block::Busy { text: self.texts.get("pickup.storing") }]
            }
            Phase::Asking => vec![
                Block::Buttons { buttons: vec![self.primary("staff.found", Action::Found)] },
                Block::Buttons {
                    buttons: vec![self.secondary("staff.missing", None, Action::Missing)],
                },
            ],
            Phase::Ended(outcome) => self.staff_ended(operation, outcome),
        }
    }

    fn staff_ended(&self, operation: &Operation, outcome: &Outcome) -> Vec<Block> {
        let mut blocks = Vec::new();
        let next = match operation.task {
            Task::For(crate::custody::Purpose::Deposit { .. }) => Action::StaffDeposit,
            Task::For(_) => Action::StaffRecall,
            Task::Inspect { .. } => Action::StaffResolve,
        };
        let notice = |tone, key: &str| Block::Notice {
            icon: if tone == Tone::Green { Icon::CircleCheck } else { Icon::Alert },
            tone,
            title: self.texts.get(key),
            text: None,
        };
        match outcome {
            Outcome::Deposited if self.kiosk.devices.office => {
                blocks.push(notice(Tone::Green, "staff.notified"));
            }
            Outcome::Deposited => blocks.push(notice(Tone::Amber, "staff.notified_later")),
            Outcome::Uncertain { .. } => blocks.push(notice(Tone::Amber, "staff.now_uncertain")),
            Outcome::Missing => blocks.push(notice(Tone::Amber, "staff.missing_told")),
            _ => {}
        }
        let next = Button { icon: Some(Icon::ArrowRight), ..self.primary("staff.next", next) };
        blocks.push(Block::Buttons { buttons: vec![next] });
        if *outcome == Outcome::Recalled {
            let inside = self.secondary("staff.not_taken", None, Action::StillInside);
            blocks.push(Block::Buttons { buttons: vec![inside] });
        }
        if *outcome == Outcome::Deposited {
            let undo = self.secondary("staff.not_placed", None, Action::ItemNotPlaced);
            blocks.push(Block::Buttons { buttons: vec![undo] });
        }
        blocks
    }
}

fn outcome_key(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Deposited => "staff.deposited",
        Outcome::NotPlaced => "staff.was_empty",
        Outcome::Recalled | Outcome::HandedOver { .. } => "staff.recalled",
        Outcome::StillInside => "staff.still_inside",
        Outcome::Found => "staff.is_found",
        Outcome::Missing => "staff.is_missing",
        Outcome::NotOpened => "pickup.not_opened",
        Outcome::Uncertain { .. } => "pickup.doubt",
    }
}
