//! The kiosk as one value: state in, events in, effects out.

use std::time::Duration;

use hal::card::CardEvent;
use hal::fault::Link;
use hal::id_reader::ReaderEvent;
use hal::locker::{Door, LockerCommand, LockerEvent};
use hal::printer::PrinterEvent;
use hal::scanner::ScannerEvent;
use hal::status_display::DisplayEvent;
use jiff::civil::Date;
use wire::{Change, EventBody, FeedEntry, KioskEvent, StaffMember};

use crate::action::Action;
use crate::alarm::Alarm;
use crate::catalogue::CatalogueIndex;
use crate::code::Locks;
use crate::config::Config;
use crate::custody::{Compartment, CompartmentState, Custody, Doubt, FeedOutcome, Trust};
use crate::devices::{Devices, link_word};
use crate::diagnosis::{DeviceKind, Ledger};
use crate::effect::Effect;
use crate::event::{Event, Now, OfficeEvent, WriteId};
use crate::grace::StartGrace;
use crate::journey::TestResults;
use crate::language::{Languages, Texts};
use crate::meters::Meters;
use crate::operation::Operation;
use crate::prints::Prints;
use crate::prompts::Prompt;
use crate::screen::Look;
use crate::session::Session;
use crate::signals::Signals;
use crate::store::{Ids, Record, Recovery, Snapshot};
use crate::test_opening::TestOpening;
use crate::time::HallTime;

/// One kiosk. See the crate's documentation for how to drive it.
#[derive(Debug)]
pub struct Kiosk {
    pub(crate) config: Config,
    pub(crate) languages: Languages,
    pub(crate) devices: Devices,
    pub(crate) ledger: Ledger,
    pub(crate) custody: Custody,
    pub(crate) locks: Locks,
    pub(crate) catalogue: Option<CatalogueIndex>,
    pub(crate) staff: Vec<StaffMember>,
    pub(crate) ids: Ids,
    pub(crate) look: Look,
    pub(crate) language: String,
    /// When somebody changed language or look at the start screen without beginning a session.
    pub(crate) settings_since: Option<Duration>,
    pub(crate) session: Option<Session>,
    pub(crate) operation: Option<Operation>,
    pub(crate) test_opening: Option<TestOpening>,
    pub(crate) test_results: Option<TestResults>,
    pub(crate) prints: Prints,
    pub(crate) meters: Meters,
    grace: StartGrace,
    pub(crate) signals: Signals,
    /// The sentence that was said last and is still so, and whether a session was on.
    pub(crate) prompted: (Option<Prompt>, bool),
    /// The office's feed was read to its end at least once: what lies here is known.
    pub(crate) feed_heard: bool,
    pub(crate) receipt_counter: Option<(Date, u32)>,
    pub(crate) outbox_length: usize,
    pub(crate) recovery: Option<Recovery>,
    /// What the feed brought last, until it is on disk.
    feed_write: Option<(WriteId, Vec<Record>)>,
    /// A card lies on the reader although no session is on: since when, and whether staff were told.
    pub(crate) card_left: Option<(Duration, bool)>,
    restored: bool,
    /// When somebody was last there, as uptime.
    pub(crate) awake_since: Duration,
}

/// Effects in the order in which they are to be carried out.
#[derive(Debug, Default)]
pub(crate) struct Effects(Vec<Effect>);

impl Effects {
    pub(crate) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }
}

impl Kiosk {
    /// A kiosk that waits for [`Event::Restored`]; until then it is out of service.
    pub fn new(config: Config, languages: Languages) -> Self {
        assert!(languages.contains(&config.language), "the default language exists");
        Self {
            devices: Devices::default(),
            ledger: Ledger::new(jiff::Timestamp::UNIX_EPOCH),
            custody: Custody::default(),
            locks: Locks::default(),
            catalogue: None,
            staff: Vec::new(),
            ids: Ids::new(config.kiosk.as_str(), "", 0),
            look: Look::default(),
            language: config.language.clone(),
            settings_since: None,
            session: None,
            operation: None,
            test_opening: None,
            test_results: None,
            prints: Prints::default(),
            meters: Meters::default(),
            grace: StartGrace::default(),
            signals: Signals::default(),
            prompted: (None, false),
            feed_heard: false,
            receipt_counter: None,
            outbox_length: 0,
            recovery: None,
            feed_write: None,
            card_left: None,
            restored: false,
            awake_since: Duration::ZERO,
            config,
            languages,
        }
    }

    /// Takes one event and says what is to be done. The same events give the same effects.
    pub fn step(&mut self, now: Now, event: Event) -> Vec<Effect> {
        let mut out = Effects::default();
        self.ledger.note(now.uptime, &event);
        self.wake(now, &event);
        let fresh = if matches!(event, Event::Restored(_)) {
            Some(event)
        } else {
            self.grace.hold(now, event)
        };
        for event in self.grace.over(now).into_iter().chain(fresh) {
            self.happens(now, event, &mut out);
        }
        self.time(now, &mut out);
        self.signal(now, &mut out);
        self.prompt(&mut out);
        out.0
    }

    fn happens(&mut self, now: Now, event: Event, out: &mut Effects) {
        match event {
            Event::Restored(snapshot) => {
                self.ledger = Ledger::new(now.wall);
                self.grace.begin(now, self.config.limits.start_grace);
                self.restore(now, *snapshot, out);
            }
            _ if !self.restored => {}
            _ if self.turns_away(&event) => {}
            Event::Tick => {}
            Event::User(action) => self.user(now, action, out),
            Event::Reader(event) => self.reader(now, event, out),
            Event::Locker(event) => self.locker(now, event, out),
            Event::Printer(event) => self.printer(now, event, out),
            Event::Card(event) => self.card(now, event, out),
            Event::Scanner(event) => self.scanner(now, event, out),
            Event::Ups(event) => self.ups(now, event, out),
            Event::Panel(event) => self.panel(now, event, out),
            Event::StatusDisplay(DisplayEvent::Link(link)) => {
                let before = std::mem::replace(&mut self.devices.status_display, link);
                if link == Link::Up {
                    self.signals.forget_display();
                }
                self.link_changed(now, "status_display", before, link, out);
            }
            Event::Speaker(event) => self.speaker(now, event, out),
            Event::Evaluator(event) => self.evaluator(now, event, out),
            Event::Office(event) => self.office(now, event, out),
            Event::Stored(write) => {
                self.operation_stored(now, write, out);
                self.print_stored(now, write, out);
                self.help_call_stored(write, true);
                self.test_opening_stored(write, true, out);
                self.inspection_stored(write, true);
                self.feed_stored(write);
            }
            Event::StoreFailed(write) => {
                self.operation_not_stored(now, write, out);
                self.print_not_stored(write);
                self.help_call_stored(write, false);
                self.test_opening_stored(write, false, out);
                self.inspection_stored(write, false);
            }
            Event::EventsRead { request, lines } => self.events_read(request, lines),
            Event::SecretChecked { check, right } => {
                self.secret_checked(now, check, right, out);
            }
            Event::StaffCardChecked { check, genuine } => {
                self.staff_card_checked(now, check, genuine, out);
            }
        }
    }

    /// Whether this would begin a session at a kiosk that is about to switch itself off.
    fn turns_away(&self, event: &Event) -> bool {
        let settings = [
            Action::ToggleLanguage,
            Action::ToggleLargeText,
            Action::ToggleHighContrast,
            Action::ToggleLowReach,
        ];
        let begins = match event {
            Event::User(action) => self.session.is_none() && !settings.contains(action),
            Event::Scanner(ScannerEvent::Scanned(_))
            | Event::Card(CardEvent::Staff(_) | CardEvent::Unusable(_)) => true,
            _ => false,
        };
        begins && self.devices.power.ends()
    }

    /// When [`Event::Tick`] is wanted next, as uptime.
    pub fn next_wakeup(&self, now: Now) -> Duration {
        let until_minute = 60 - now.wall.as_second().rem_euclid(60);
        let minute = now.uptime + Duration::from_secs(until_minute.unsigned_abs());
        [
            Some(minute),
            self.session_wakeup(now),
            self.operation_wakeup(),
            self.prints.wakeup(self.config.limits.print_limit),
            self.power_wakeup(now),
            self.alarm_wakeup(now),
            self.grace.wakeup().filter(|it| *it > now.uptime),
            self.settings_since.map(|it| it + self.config.limits.start_reset),
            Some(self.awake_since + self.config.darkness.after).filter(|it| *it > now.uptime),
            self.card_left.filter(|it| !it.1).map(|it| it.0 + self.config.limits.card_forgotten),
        ]
        .into_iter()
        .flatten()
        .min()
        .expect("the minute is always there")
    }

    /// Whether nobody is being served and nothing is being moved: safe to stop or update.
    pub fn at_rest(&self) -> bool {
        self.session.is_none() && self.moving().is_none() && !self.lock_is_tried()
    }

    /// Whether a technician who has shown card and PIN is in maintenance mode.
    pub fn is_maintained(&self) -> bool {
        self.session.as_ref().is_some_and(Session::maintains)
    }

    /// What custody knows, for maintenance and tests.
    pub fn custody(&self) -> &Custody {
        &self.custody
    }

    /// What the devices did since the start.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What is known of the devices.
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    pub(crate) fn texts(&self) -> Texts<'_> {
        self.languages.texts(&self.language)
    }

    pub(crate) fn hall_time(&self, now: Now) -> HallTime {
        let change = self.catalogue.as_ref().map_or(4, |it| it.catalogue().hall.day_change_hour);
        HallTime::new(now.wall, change)
    }

    /// Asks for records to be written; the answer carries the returned id.
    pub(crate) fn store(&mut self, records: Vec<Record>, out: &mut Effects) -> WriteId {
        let write = WriteId(self.ids.number());
        out.push(Effect::Store { write, records });
        write
    }

    /// A fact for the office, to be stored together with what it reports.
    pub(crate) fn outbox(&mut self, now: Now, body: EventBody) -> Record {
        self.outbox_length += 1;
        Record::Outbox(KioskEvent {
            id: self.ids.event(),
            kiosk: self.config.kiosk.clone(),
            at: now.wall,
            body,
        })
    }

    fn restore(&mut self, now: Now, snapshot: Snapshot, out: &mut Effects) {
        assert!(!self.restored, "the store is opened once");
        self.restored = true;
        self.ids = Ids::new(self.config.kiosk.as_str(), &snapshot.store_id, snapshot.boot);
        let interrupted: Vec<Compartment> = snapshot.interrupted().cloned().collect();
        self.custody =
            Custody::restore(snapshot.compartments, snapshot.expected, snapshot.finished);
        self.locks = Locks::restore(snapshot.locks);
        self.catalogue = snapshot.catalogue.map(CatalogueIndex::new);
        self.staff = snapshot.staff;
        self.receipt_counter = snapshot.receipt_counter;
        self.meters = snapshot.meters;
        self.devices.alarm = Alarm::restore(snapshot.alarm, now);
        self.devices.jammed = snapshot.jammed;
        self.feed_heard = snapshot.feed_read;
        self.outbox_length = snapshot.outbox_length;
        self.recovery = snapshot.recovered;
        let mut records = Vec::new();
        for record in interrupted {
            records.extend(self.in_doubt_since_start(now, record, Doubt::Interrupted));
        }
        if self.recovery.is_some() {
            self.skip_receipts(now);
            records.extend(self.receipt_record());
            // The copy may be older than the last outcome: nothing is handed out unseen.
            let held: Vec<Compartment> = self.custody.holding().cloned().collect();
            for record in held {
                records.extend(self.in_doubt_since_start(now, record, Doubt::StoreRecovered));
            }
        }
        for job in snapshot.prints_in_flight {
            records.push(Record::Print { job, state: crate::store::PrintState::Unknown });
            let (kind, detail) = ("print_interrupted".into(), serde_json::json!({ "job": job.0 }));
            records.push(Record::Journal { at: now.wall, kind, detail });
        }
        records.extend(self.test_interrupted(now, snapshot.test_opening));
        if let Some(recovery) = &self.recovery {
            let detail = serde_json::json!({
                "set_aside": recovery.set_aside, "from_copy": recovery.from_copy,
            });
            let kind = "store_recovered".to_owned();
            records.push(Record::Journal { at: now.wall, kind, detail });
        }
        if !records.is_empty() {
            self.store(records, out);
        }
        out.push(Effect::Locker(LockerCommand::Refresh));
    }

    /// The last run stopped between intent and outcome: only a person who looks can tell (I3).
    fn in_doubt_since_start(&mut self, now: Now, record: Compartment, why: Doubt) -> Vec<Record> {
        let because = match record.state {
            CompartmentState::Inspecting { because, .. } => because,
            _ => why,
        };
        let state = CompartmentState::Uncertain { because };
        let record = Compartment { state, since: now.wall, ..record };
        self.custody.put(record.clone());
        let (delivery, compartment) = (record.delivery.id.clone(), record.number);
        let detail = serde_json::json!({ "compartment": compartment, "delivery": delivery });
        let fact =
            EventBody::Uncertain { delivery, compartment, because: because.as_str().to_owned() };
        vec![
            Record::Compartment(record),
            Record::Journal { at: now.wall, kind: "in_doubt".into(), detail },
            self.outbox(now, fact),
        ]
    }

    fn reader(&mut self, now: Now, event: ReaderEvent, out: &mut Effects) {
        match event {
            ReaderEvent::Link(link) => {
                let before = std::mem::replace(&mut self.devices.reader, link);
                if link == Link::Down {
                    self.devices.card_lay_before_loss |= self.devices.card_lies;
                }
                self.link_changed(now, "id_reader", before, link, out);
            }
            ReaderEvent::Card(card) => {
                self.devices.card_lies = true;
                let left = std::mem::take(&mut self.devices.card_lay_before_loss);
                // The card of somebody who went away begins no session for whoever stands there now.
                if left && self.session.is_none() {
                    return;
                }
                let tested = self.test_came(now, DeviceKind::IdReader, out);
                if !tested && !self.devices.power.ends() {
                    self.card_read(now, &card, out);
                }
            }
            ReaderEvent::Unreadable(failure) => {
                self.devices.card_lies = true;
                let tested = self.test_failed(now, DeviceKind::IdReader, out);
                if !tested && !self.devices.power.ends() {
                    self.card_unreadable(now, failure);
                }
            }
            ReaderEvent::Lifted => {
                self.devices.card_lies = false;
                self.devices.card_lay_before_loss = false;
                self.card_left = None;
            }
        }
    }

    fn locker(&mut self, now: Now, event: LockerEvent, out: &mut Effects) {
        match event {
            LockerEvent::Link(link) => {
                let before = std::mem::replace(&mut self.devices.locker, link);
                self.link_changed(now, "locker", before, link, out);
            }
            LockerEvent::Door { way, door, occupied } => {
                self.devices.doors.insert(way, door);
                match occupied {
                    Some(inside) => self.devices.occupied.insert(way, inside),
                    None => self.devices.occupied.remove(&way),
                };
                self.operation_door(now, way, door, out);
                self.test_opening_door(way, door);
            }
            LockerEvent::Opened { job, outcome, .. } => {
                self.operation_opened(now, job, outcome, out);
                self.test_opening_ended(now, job, outcome, out);
            }
        }
    }

    fn printer(&mut self, now: Now, event: PrinterEvent, out: &mut Effects) {
        let before = self.devices.printer_word();
        match event {
            PrinterEvent::Link(link) => {
                self.devices.printer = link;
                if link == Link::Down {
                    self.devices.printer_status = None;
                }
            }
            PrinterEvent::Status(status) => self.devices.printer_status = Some(status),
            PrinterEvent::Printed { job, outcome } => self.printed(now, job, outcome, out),
            PrinterEvent::Fed { paper_mm, .. } => {
                self.meters.paper_mm += u64::from(paper_mm);
                self.store(vec![self.meters.record()], out);
            }
            PrinterEvent::Ticket { job, fate } => self.ticket(now, job, fate, out),
        }
        let word = self.devices.printer_word();
        if word != before {
            self.device_changed(now, "printer", word, out);
        }
    }

    fn card(&mut self, now: Now, event: CardEvent, out: &mut Effects) {
        match event {
            CardEvent::Link(link) => {
                let before = std::mem::replace(&mut self.devices.card, link);
                self.link_changed(now, "card", before, link, out);
            }
            CardEvent::Staff(proof) => self.staff_card_inserted(now, proof, out),
            CardEvent::Unusable(problem) => self.staff_card_unusable(now, problem),
            CardEvent::Removed => self.staff_card_removed(now, out),
        }
    }

    fn scanner(&mut self, now: Now, event: ScannerEvent, out: &mut Effects) {
        match event {
            ScannerEvent::Link(link) => {
                let before = std::mem::replace(&mut self.devices.scanner, link);
                if link == Link::Up {
                    self.signals.forget_scanner();
                }
                self.link_changed(now, "scanner", before, link, out);
            }
            ScannerEvent::Scanned(text) => {
                if !self.test_came(now, DeviceKind::Scanner, out) {
                    self.scanned(now, &text, out);
                }
            }
        }
    }

    fn office(&mut self, now: Now, event: OfficeEvent, out: &mut Effects) {
        match event {
            OfficeEvent::Link { up } => {
                let before = std::mem::replace(&mut self.devices.office, up);
                if before != up {
                    let kind = if up { "office_reached" } else { "office_lost" };
                    let detail = serde_json::Value::Null;
                    let at = now.wall;
                    self.store(vec![Record::Journal { at, kind: kind.into(), detail }], out);
                }
                if up && !before {
                    self.ask_again(now, out);
                }
            }
            OfficeEvent::Feed { entries, cursor } => self.feed(now, entries, cursor, out),
            OfficeEvent::Answer { request, result } => self.answer(now, request, result, out),
            OfficeEvent::OutboxLength(length) => self.outbox_told(length, out),
        }
    }

    fn feed(&mut self, now: Now, entries: Vec<FeedEntry>, cursor: u64, out: &mut Effects) {
        let trust = if self.recovery.is_some() { Trust::Recovered } else { Trust::Whole };
        // What could not be written before comes first, or the cursor would pass it by.
        let mut records = self.feed_write.take().map(|it| it.1).unwrap_or_default();
        // Only the end of the feed has no entries: what the office knows of this kiosk was told.
        if entries.is_empty() {
            records.extend(self.recovery.take().map(|_| Record::RecoveryOver));
            let before = std::mem::replace(&mut self.feed_heard, true);
            records.extend((!before).then_some(Record::FeedRead));
        }
        for entry in entries {
            match entry.change {
                Change::Catalogue(catalogue) => {
                    records.push(Record::Catalogue(Box::new(catalogue.clone())));
                    self.catalogue = Some(CatalogueIndex::new(catalogue));
                }
                Change::Delivery(delivery) => {
                    let me = self.config.kiosk.clone();
                    let outcome = self.custody.take_from_feed(&me, delivery, now.wall, trust);
                    records.extend(self.feed_records(now, outcome));
                }
                Change::DeliveryGone(id) => {
                    let outcome = self.custody.forget(&id, now.wall);
                    records.extend(self.feed_records(now, outcome));
                }
                Change::Staff(staff) => {
                    records.push(Record::Staff(staff.clone()));
                    self.staff = staff;
                }
                Change::Unknown => {}
            }
        }
        if self.outbox_length == 0 {
            records.extend(self.expected_again());
        }
        records.retain(|it| !matches!(it, Record::FeedCursor(_)));
        records.push(Record::FeedCursor(cursor));
        let write = self.store(records.clone(), out);
        self.feed_write = Some((write, records));
    }

    fn feed_stored(&mut self, write: WriteId) {
        if self.feed_write.as_ref().is_some_and(|it| it.0 == write) {
            self.feed_write = None;
        }
    }

    /// With nothing left to tell, what the office expects it expects in full knowledge.
    fn expected_again(&mut self) -> Vec<Record> {
        self.custody.expected_again().into_iter().map(Record::ForgetFinished).collect()
    }

    fn outbox_told(&mut self, length: usize, out: &mut Effects) {
        self.outbox_length = length;
        if length > 0 {
            return;
        }
        let records = self.expected_again();
        if !records.is_empty() {
            self.store(records, out);
        }
    }

    fn feed_records(&mut self, now: Now, outcome: FeedOutcome) -> Vec<Record> {
        match outcome {
            FeedOutcome::Nothing => vec![],
            FeedOutcome::Compartment(number) => {
                let record = self.custody.get(number).expect("it was just changed").clone();
                let id = record.delivery.id.clone();
                vec![Record::Compartment(record), Record::ForgetExpected(id)]
            }
            FeedOutcome::Expected(id) => {
                self.custody.told_of(&id).cloned().map(Record::Expected).into_iter().collect()
            }
            FeedOutcome::NoLongerExpected(id) => vec![Record::ForgetExpected(id)],
            FeedOutcome::Confirmed(id) => {
                vec![Record::ForgetFinished(id.clone()), Record::ForgetExpected(id)]
            }
            FeedOutcome::Emptied(number) | FeedOutcome::Doubtful(number) => {
                self.doubt_records(now, number)
            }
        }
    }

    /// A compartment as custody has it now, and, if it is uncertain, the fact for the office.
    pub(crate) fn doubt_records(&mut self, now: Now, number: u16) -> Vec<Record> {
        let Some(record) = self.custody.get(number).cloned() else {
            return vec![Record::EmptyCompartment(number)];
        };
        let id = record.delivery.id.clone();
        let mut records = vec![Record::ForgetExpected(id.clone())];
        if let CompartmentState::Uncertain { because } = record.state {
            let because = because.as_str().to_owned();
            let fact = EventBody::Uncertain { delivery: id, compartment: number, because };
            records.push(self.outbox(now, fact));
        }
        records.push(Record::Compartment(record));
        records
    }

    pub(crate) fn link_changed(
        &mut self,
        now: Now,
        device: &str,
        before: Link,
        after: Link,
        out: &mut Effects,
    ) {
        if before != after {
            self.device_changed(now, device, link_word(after), out);
        }
    }

    /// A state that is new is journaled and told; repeated ones are not events.
    pub(crate) fn device_changed(
        &mut self,
        now: Now,
        device: &str,
        state: &str,
        out: &mut Effects,
    ) {
        let detail = serde_json::json!({ "device": device, "state": state });
        let fact = EventBody::DeviceChanged { device: device.into(), state: state.into() };
        let fact = self.outbox(now, fact);
        let kind = "device".to_owned();
        self.store(vec![Record::Journal { at: now.wall, kind, detail }, fact], out);
    }

    fn time(&mut self, now: Now, out: &mut Effects) {
        if !self.at_rest() {
            self.awake_since = now.uptime;
        }
        self.operation_time(now, out);
        self.prints_time(now, out);
        self.session_time(now, out);
        if self.settings_since.is_some_and(|it| now.uptime >= it + self.config.limits.start_reset) {
            self.default_settings();
        }
        self.card_left_time(now, out);
        self.power_time(now, out);
        self.alarm_time(now, out);
    }

    fn card_left_time(&mut self, now: Now, out: &mut Effects) {
        if self.session.is_none() && self.devices.card_lies && self.card_left.is_none() {
            self.card_left = Some((now.uptime, false));
        }
        let Some((since, false)) = self.card_left else { return };
        if now.uptime >= since + self.config.limits.card_forgotten {
            self.card_left = Some((since, true));
            self.device_changed(now, "id_reader", "card_forgotten", out);
        }
    }

    pub(crate) fn default_settings(&mut self) {
        self.look = Look::default();
        self.language.clone_from(&self.config.language);
        self.settings_since = None;
    }

    /// A door that stands open although nobody is being served there.
    pub(crate) fn open_door(&self) -> Option<u16> {
        let moving = self.moving().map(|it| it.compartment);
        let mut compartments = self.config.compartments.iter().map(|it| it.0);
        let open = compartments.find(|it| self.devices.door(*it) == Door::Open);
        moving.or(open)
    }

    /// The operation that is not over yet.
    pub(crate) fn moving(&self) -> Option<&Operation> {
        self.operation.as_ref().filter(|it| !matches!(it.phase, crate::operation::Phase::Ended(_)))
    }
}
