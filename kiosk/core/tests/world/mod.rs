//! A kiosk's core with a world around it that answers at once: store, locker, printer, office.

use std::collections::BTreeMap;
use std::time::Duration;

use hal::fault::Link;
use hal::id_reader::{CardKind, IdCard, ReaderEvent, Sex, ValidTo};
use hal::locker::{Door, LockerCommand, LockerEvent, OpenOutcome};
use hal::printer::{Paper, PrintOutcome, PrinterCommand, PrinterEvent, PrinterStatus};
use hal::ups::{UpsEvent, UpsStatus};
use jiff::Timestamp;
use jiff::civil::time;
use kiosk_core::custody::Compartment;
use kiosk_core::effect::OfficeCall;
use kiosk_core::event::{OfficeAnswer, OfficeEvent, OfficeProblem};
use kiosk_core::screen::{Block, Screen};
use kiosk_core::store::{Record, Snapshot};
use kiosk_core::{
    Action, Config, Darkness, Effect, Event, HallKey, Kiosk, Languages, Limits, Now, Service,
    id_hash,
};
use wire::{
    Catalogue, Change, CompartmentSize, Delivery, DeliveryState, EventBody, FeedEntry, Hall,
    IdHash, Item, KioskPlace, LocalText, PickupCode, StaffMember, StaffRole,
};

pub(crate) const KEY: &[u8] = b"a hall's key for tests, 32 bytes";
/// Specimen of GB 11643.
pub(crate) const NUMBER: &str = "11010519491231002X";
pub(crate) const OTHER_NUMBER: &str = "440524188001010014";

/// What the locker does when it is pulsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    Opens,
    Jams,
    NotSent,
    LineFails,
    /// The outcome does not come before the test says so.
    Waits,
}

pub(crate) struct World {
    pub(crate) kiosk: Kiosk,
    pub(crate) now: Now,
    /// All effects so far.
    pub(crate) effects: Vec<Effect>,
    pub(crate) lock: Lock,
    pub(crate) print: PrintOutcome,
    pub(crate) store_works: bool,
    pub(crate) office: BTreeMap<&'static str, Result<OfficeAnswer, OfficeProblem>>,
    pub(crate) secret: bool,
    pub(crate) snapshot: Snapshot,
}

pub(crate) fn person(number: &str) -> IdHash {
    id_hash(KEY, number)
}

pub(crate) fn card(number: &str) -> IdCard {
    IdCard {
        kind: CardKind::Resident,
        name: "张伟".into(),
        english_name: None,
        sex: Sex::Male,
        nation_code: Some("01".into()),
        nation: Some("汉".into()),
        nationality: None,
        birth: None,
        address: None,
        number: number.into(),
        issuer: None,
        valid_from: None,
        valid_to: Some(ValidTo::LongTerm),
        permit_number: None,
        times_issued: None,
        renewals: None,
        former_number: None,
        photo: vec![],
        fingerprints: vec![],
    }
}

pub(crate) fn delivery(id: &str, state: DeliveryState, compartment: Option<u16>) -> Delivery {
    Delivery {
        id: id.into(),
        case: format!("DZ-2026-1105-{id}").into(),
        item_name: LocalText::zh("食品经营许可（延续）"),
        document_name: LocalText::zh_en("食品经营许可证", "Food business licence"),
        copies: 1,
        size: CompartmentSize::Small,
        kiosk: Some("k3".into()),
        state,
        compartment,
        id_hash: person(NUMBER),
        receiver_masked: "张*".into(),
        code: compartment
            .map(|it| PickupCode { locator: format!("03{it:02}"), code_hash: "a hash".into() }),
        hold_until: Some(jiff::civil::date(2026, 11, 30)),
    }
}

pub(crate) fn staff() -> StaffMember {
    StaffMember {
        id: "s1".into(),
        name: "李工".into(),
        card_number: "S-0001".into(),
        card_public_key: "04".into(),
        pin_hash: "a hash".into(),
        roles: vec![StaffRole::Courier, StaffRole::Technician],
    }
}

pub(crate) fn item(id: &str, name: &str) -> Item {
    Item {
        id: id.into(),
        name: LocalText::zh(name),
        category: LocalText::zh("市场监管"),
        keywords: vec!["餐馆".into()],
        window_type: LocalText::zh("无差别综合窗口"),
        place: LocalText::zh("二层"),
        conditions: vec![],
        papers: vec![],
        promised_workdays: 5,
        visit_minutes: 30,
        bookable: true,
    }
}

pub(crate) fn catalogue() -> Catalogue {
    let place = |id: &str, number| KioskPlace {
        id: id.into(),
        number,
        place: LocalText::zh("24 小时自助服务区"),
    };
    Catalogue {
        version: 1,
        hall: Hall {
            id: "h".into(),
            name: LocalText::zh("滇中新区政务服务中心"),
            kiosks: vec![place("k2", 2), place("k3", 3)],
            day_change_hour: 4,
            holding_days: 7,
            help_phone: "12345".into(),
        },
        items: vec![item("food", "食品经营许可（延续）"), item("fund", "公积金提取")],
        days: vec![],
    }
}

impl World {
    /// A kiosk with everything working and nothing stored.
    pub(crate) fn new() -> Self {
        let mut world = Self::bare();
        world.feed_ends();
        world.effects.clear();
        world
    }

    /// The same before the office's feed was read to its end.
    pub(crate) fn bare() -> Self {
        Self::with(Snapshot { store_id: "st".into(), boot: 1, ..Snapshot::default() })
    }

    /// One delivery of the test person in compartment 7.
    pub(crate) fn with_delivery() -> Self {
        let mut world = Self::new();
        world.feed(Change::Delivery(delivery("d7", DeliveryState::InCompartment, Some(7))));
        world
    }

    /// A kiosk whose store was not opened yet.
    pub(crate) fn unrestored() -> Self {
        Self::unrestored_with(Darkness::default())
    }

    /// A kiosk that rests at night, after five minutes without anybody.
    pub(crate) fn dark_at_night() -> Self {
        let hours = vec![(time(23, 0, 0, 0), time(6, 0, 0, 0))];
        let world = Self::unrestored_with(Darkness { hours, ..Darkness::default() });
        world.start(Snapshot { store_id: "st".into(), boot: 1, ..Snapshot::default() })
    }

    /// It rests: five minutes without anybody, in the middle of the night.
    pub(crate) fn dark() -> Self {
        let mut world = Self::dark_at_night();
        world.wait(299);
        assert_eq!(world.name(), "start");
        world.wait(1);
        assert_eq!(world.name(), "dark");
        world
    }

    fn unrestored_with(darkness: Darkness) -> Self {
        let config = Config {
            kiosk: "k3".into(),
            number: 3,
            hall_key: HallKey(KEY.to_vec().into()),
            compartments: (1..=8).map(|it| (it, CompartmentSize::Small)).collect(),
            wall_columns: 4,
            paper_roll_mm: 80_000,
            devices: kiosk_core::diagnosis::DeviceKind::ALL.to_vec(),
            services: Service::ALL.to_vec(),
            limits: Limits::default(),
            darkness,
            language: "zh-CN".into(),
        };
        let wall: Timestamp = "2026-11-23T15:40:00Z".parse().expect("a time");
        Self {
            kiosk: Kiosk::new(config, Languages::built_in()),
            now: Now { uptime: Duration::from_secs(1), wall },
            effects: vec![],
            lock: Lock::Opens,
            print: PrintOutcome::Printed,
            store_works: true,
            office: BTreeMap::new(),
            secret: true,
            snapshot: Snapshot::default(),
        }
    }

    pub(crate) fn with(snapshot: Snapshot) -> Self {
        Self::unrestored().start(snapshot)
    }

    /// Its store is opened, all devices are there, and the office's feed is read.
    fn start(self, snapshot: Snapshot) -> Self {
        let mut world = Self { snapshot: snapshot.clone(), ..self };
        world.event(Event::Restored(Box::new(snapshot)));
        world.event(Event::Reader(ReaderEvent::Link(Link::Up)));
        world.event(Event::Locker(LockerEvent::Link(Link::Up)));
        for way in 1..=8 {
            world.door(way, Door::Closed);
        }
        world.event(Event::Printer(PrinterEvent::Link(Link::Up)));
        let status =
            PrinterStatus { online: true, cover_open: false, paper: Paper::Ok, error: None };
        world.event(Event::Printer(PrinterEvent::Status(status)));
        world.event(Event::Office(OfficeEvent::Link { up: true }));
        world.feed(Change::Catalogue(catalogue()));
        world.feed(Change::Staff(vec![staff()]));
        world.effects.clear();
        world
    }

    pub(crate) fn feed(&mut self, change: Change) {
        let entries = vec![FeedEntry { seq: 1, change }];
        self.event(Event::Office(OfficeEvent::Feed { entries, cursor: 1 }));
    }

    /// The office has told everything that it knows.
    pub(crate) fn feed_ends(&mut self) {
        self.event(Event::Office(OfficeEvent::Feed { entries: vec![], cursor: 1 }));
    }

    pub(crate) fn door(&mut self, way: u16, door: Door) {
        self.event(Event::Locker(LockerEvent::Door { way, door, occupied: None }));
    }

    /// The UPS says how it is.
    pub(crate) fn ups(&mut self, mains: bool, percent: u8) {
        let status = UpsStatus {
            mains,
            battery_low: false,
            load_percent: Some(12),
            battery_volt: None,
            battery_percent: Some(percent),
            runtime_s: None,
            temperature_c: None,
            input_volt: None,
            bypass: false,
            failed: false,
            kind: None,
            shutdown_active: false,
        };
        self.event(Event::Ups(UpsEvent::Link(Link::Up)));
        self.event(Event::Ups(UpsEvent::Status(status)));
    }

    /// How often the app was told to end.
    pub(crate) fn shutdowns(&self) -> usize {
        self.effects.iter().filter(|it| matches!(it, Effect::ShutDown)).count()
    }

    pub(crate) fn lay(&mut self, number: &str) {
        self.event(Event::Reader(ReaderEvent::Card(Box::new(card(number)))));
    }

    /// Inserts the staff card and types the PIN.
    pub(crate) fn log_in_staff(&mut self) {
        let proof = hal::card::StaffCardProof {
            card_number: "S-0001".into(),
            challenge: [1; 32],
            signature: vec![],
        };
        self.event(Event::Card(hal::card::CardEvent::Staff(proof)));
        assert_eq!(self.name(), "staff_pin");
        for digit in 1..=6 {
            self.tap(Action::Digit(digit));
        }
        self.tap(Action::SubmitCode);
        assert_eq!(self.name(), "staff");
    }

    pub(crate) fn tap(&mut self, action: Action) {
        self.event(Event::User(action));
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now.uptime += Duration::from_secs(1);
            self.now.wall += Duration::from_secs(1);
            self.event(Event::Tick);
        }
    }

    pub(crate) fn screen(&self) -> Screen {
        self.kiosk.screen(self.now)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.screen().name.as_str()
    }

    /// One event, and what the world answers to its effects, until nothing is left to answer.
    pub(crate) fn event(&mut self, event: Event) {
        let mut waiting = vec![event];
        while !waiting.is_empty() {
            let event = waiting.remove(0);
            for effect in self.kiosk.step(self.now, event) {
                waiting.extend(self.answer(&effect));
                self.effects.push(effect);
            }
            self.kiosk.screen(self.now);
            assert!(self.kiosk.next_wakeup(self.now) > self.now.uptime, "time goes on");
        }
    }

    fn answer(&mut self, effect: &Effect) -> Vec<Event> {
        match effect {
            Effect::Store { write, records } if self.store_works => {
                self.remember(records);
                vec![Event::Stored(*write)]
            }
            Effect::Store { write, .. } => vec![Event::StoreFailed(*write)],
            Effect::Locker(LockerCommand::Open { job, way }) => {
                let (job, way) = (*job, *way);
                let opened = |outcome| Event::Locker(LockerEvent::Opened { job, way, outcome });
                let door =
                    Event::Locker(LockerEvent::Door { way, door: Door::Open, occupied: None });
                match self.lock {
                    Lock::Opens => vec![door, opened(OpenOutcome::Open)],
                    Lock::Jams => vec![opened(OpenOutcome::Jammed)],
                    Lock::NotSent => vec![opened(OpenOutcome::NotSent)],
                    Lock::LineFails => vec![opened(OpenOutcome::Unknown)],
                    Lock::Waits => vec![],
                }
            }
            Effect::Printer(PrinterCommand::Print { job, .. }) => {
                let outcome = self.print;
                vec![Event::Printer(PrinterEvent::Printed { job: *job, outcome })]
            }
            Effect::Office { request, call } => {
                let name = match call {
                    OfficeCall::Cases(_) => "cases",
                    OfficeCall::Appointments(_) => "appointments",
                    OfficeCall::Slots { .. } => "slots",
                    OfficeCall::Hold(_) => "hold",
                    OfficeCall::Book(_) => "book",
                    OfficeCall::Move { .. } => "move",
                    OfficeCall::Cancel { .. } => "cancel",
                    OfficeCall::Reach => "reach",
                };
                let request = *request;
                self.office
                    .remove(name)
                    .map(|result| Event::Office(OfficeEvent::Answer { request, result }))
                    .into_iter()
                    .collect()
            }
            Effect::CheckSecret { check, .. } => {
                vec![Event::SecretChecked { check: *check, right: self.secret }]
            }
            Effect::CheckStaffCard { check, .. } => {
                vec![Event::StaffCardChecked { check: *check, genuine: true }]
            }
            _ => vec![],
        }
    }

    /// What a restart would find.
    fn remember(&mut self, records: &[Record]) {
        for record in records {
            match record {
                Record::Compartment(it) => {
                    self.snapshot.compartments.retain(|old| old.number != it.number);
                    self.snapshot.compartments.push(it.clone());
                }
                Record::EmptyCompartment(number) => {
                    self.snapshot.compartments.retain(|old| old.number != *number);
                }
                Record::Expected(it) => {
                    self.snapshot.expected.retain(|old| old.id != it.id);
                    self.snapshot.expected.push(it.clone());
                }
                Record::ForgetExpected(id) => self.snapshot.expected.retain(|it| it.id != *id),
                Record::Finished(id) => self.snapshot.finished.push(id.clone()),
                Record::ForgetFinished(id) => self.snapshot.finished.retain(|it| it != id),
                Record::Lock(it) => {
                    self.snapshot.locks.retain(|old| old.subject != it.subject);
                    self.snapshot.locks.push(it.clone());
                }
                Record::Alarm(stands) => self.snapshot.alarm = stands.clone(),
                Record::FeedRead => self.snapshot.feed_read = true,
                Record::TestOpening(way) => self.snapshot.test_opening = *way,
                Record::Jammed(ways) => self.snapshot.jammed = ways.clone(),
                Record::Meters(meters) => self.snapshot.meters = meters.clone(),
                Record::FeedCursor(cursor) => self.snapshot.feed_cursor = *cursor,
                Record::ReceiptCounter { day, count } => {
                    self.snapshot.receipt_counter = Some((*day, *count));
                }
                _ => {}
            }
        }
        self.assert_one_place_on_disk();
    }

    /// I2: a restart finds no delivery in two places, wherever it happens.
    fn assert_one_place_on_disk(&self) {
        for record in &self.snapshot.compartments {
            let id = &record.delivery.id;
            let expected = self.snapshot.expected.iter().any(|it| it.id == *id);
            assert!(!expected, "{id} lies in compartment {} and is expected", record.number);
            let places = self.snapshot.compartments.iter().filter(|it| it.delivery.id == *id);
            assert_eq!(places.count(), 1, "{id} lies in one compartment");
        }
    }

    /// The kiosk after power came back: what was stored, nothing else.
    pub(crate) fn restart(self) -> Self {
        Self::with(Snapshot { boot: self.snapshot.boot + 1, ..self.snapshot })
    }

    pub(crate) fn pulses(&self) -> usize {
        let pulse = |it: &&Effect| matches!(it, Effect::Locker(LockerCommand::Open { .. }));
        self.effects.iter().filter(pulse).count()
    }

    /// The facts for the office so far.
    pub(crate) fn facts(&self) -> Vec<EventBody> {
        let mut facts = Vec::new();
        for effect in &self.effects {
            if let Effect::Store { records, .. } = effect {
                for record in records {
                    if let Record::Outbox(event) = record {
                        facts.push(event.body.clone());
                    }
                }
            }
        }
        facts
    }

    pub(crate) fn compartment(&self, number: u16) -> Option<&Compartment> {
        self.kiosk.custody().get(number)
    }

    /// Every text on the screen in one.
    pub(crate) fn all_text(&self) -> String {
        format!("{:?}", self.screen())
    }

    /// What the buttons and rows that may be touched mean.
    pub(crate) fn tap_targets(&self) -> Vec<Action> {
        let screen = self.screen();
        let mut found = Vec::new();
        for block in screen.show.iter().chain(&screen.act) {
            match block {
                Block::Buttons { buttons } => {
                    found
                        .extend(buttons.iter().filter(|it| it.enabled).map(|it| it.action.clone()));
                }
                Block::Rows { rows } => {
                    found.extend(rows.iter().filter(|it| it.enabled).map(|it| it.action.clone()));
                }
                _ => {}
            }
        }
        found
    }

    /// The action of the button with this label.
    pub(crate) fn button(&self, label: &str) -> Action {
        let screen = self.screen();
        let blocks = screen.show.iter().chain(&screen.act);
        let mut found = Vec::new();
        for block in blocks {
            match block {
                Block::Buttons { buttons } => found.extend(buttons.clone()),
                Block::Feature { button, .. } => found.push(button.clone()),
                _ => {}
            }
        }
        let button = found.iter().find(|it| it.label == label && it.enabled);
        button.unwrap_or_else(|| panic!("no button {label} in {found:?}")).action.clone()
    }
}
