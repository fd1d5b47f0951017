//! Appointments: item, conditions, day, slot, confirm, done; the list and one of it.

use hal::printer::PrintJobId;
use wire::{Appointment, AppointmentId, AppointmentState, DayKind, Item, Slot, SlotDay};

use super::{View, qr};
use crate::action::Action;
use crate::journey::appointment::{Booking, BookingTrouble};
use crate::screen::{
    Block, Button, Chip, DayCell, Dialog, Icon, ListEntry, Row, Screen, ScreenName, SlotCell, Tone,
    Weight,
};
use crate::session::{Loading, Session};
use crate::time::in_hall;

/// Days side by side, and rows of them on a page.
const DAYS_IN_ROW: usize = 5;
const DAY_ROWS: usize = 2;

/// With this many places or fewer a slot is said to be scarce.
const FEW: u16 = 2;

impl<'a> View<'a> {
    pub(super) fn items(&self, category: Option<usize>, page: usize) -> Screen {
        let mut screen = self.page(ScreenName::AppointmentItem, self.texts.get("items.title"));
        screen.crumb = Some(self.step_crumb(1));
        let Some(catalogue) = &self.kiosk.catalogue else {
            screen.act.push(Block::Busy { text: self.texts.get("items.loading") });
            return screen;
        };
        let categories: Vec<Vec<&Item>> = catalogue.categories().collect();
        let rows = match category.and_then(|it| categories.get(it)) {
            Some(items) => {
                screen.subtitle = items.first().map(|it| self.local(&it.category).to_owned());
                items.iter().filter(|it| it.bookable).map(|it| self.item_row(it)).collect()
            }
            None => {
                screen.subtitle = Some(self.texts.get("items.subtitle"));
                categories.iter().enumerate().map(|(i, it)| self.category_row(i, it)).collect()
            }
        };
        if category.is_none() {
            let search = self.secondary("items.search", Some(Icon::Search), Action::OpenSearch);
            screen.act.push(Block::Buttons { buttons: vec![search] });
        }
        screen.act.extend(self.paged_rows(rows, page, "items.none"));
        screen
    }

    fn category_row(&self, index: usize, items: &[&Item]) -> Row {
        let count = items.iter().filter(|it| it.bookable).count();
        let title = items.first().map(|it| self.local(&it.category).to_owned());
        Row {
            icon: Icon::File,
            title: title.unwrap_or_default(),
            text: self.texts.with("items.count", &[("count", &count.to_string())]),
            badge: None,
            enabled: count > 0,
            action: Action::Category(index),
        }
    }

    fn item_row(&self, item: &Item) -> Row {
        Row {
            icon: Icon::File,
            title: self.texts.tag_text(&item.name),
            text: self.texts.tag_text(&item.window_type),
            badge: None,
            enabled: true,
            action: Action::ChooseItem(item.id.clone()),
        }
    }

    pub(super) fn search(&self, typed: &str, page: usize) -> Screen {
        let mut screen = self.page(ScreenName::AppointmentSearch, self.texts.get("search.title"));
        screen.crumb = Some(self.step_crumb(1));
        screen.subtitle = Some(self.texts.get("search.subtitle"));
        screen.show.push(Block::Input {
            icon: Icon::Search,
            text: typed.to_uppercase(),
            hint: self.texts.get("search.hint"),
        });
        let found: Vec<&Item> = match &self.kiosk.catalogue {
            Some(it) => it.search(typed).into_iter().filter(|it| it.bookable).collect(),
            None => vec![],
        };
        let per_page = if self.kiosk.look.low_reach || self.kiosk.look.large_text { 1 } else { 3 };
        let pages = found.len().div_ceil(per_page).max(1);
        let page = page.min(pages - 1);
        let rows: Vec<Row> =
            found.iter().skip(page * per_page).take(per_page).map(|it| self.item_row(it)).collect();
        if rows.is_empty() {
            let key = if typed.is_empty() { "search.empty" } else { "search.none" };
            screen.act.push(Block::Notice {
                icon: Icon::Search,
                tone: Tone::Plain,
                title: self.texts.get(key),
                text: None,
            });
        } else {
            screen.act.push(Block::Rows { rows });
            screen.act.extend(self.pager(page, pages));
        }
        screen.act.push(self.letters());
        screen
    }

    fn letters(&self) -> Block {
        let key = |label: String, icon, action| Button {
            label,
            icon,
            weight: Weight::Quiet,
            enabled: true,
            action,
        };
        let mut keys: Vec<Button> =
            ('A'..='Z').map(|it| key(it.to_string(), None, Action::Letter(it))).collect();
        let erase = Some(Icon::Backspace);
        keys.push(key(self.texts.get("key.erase"), erase, Action::Erase));
        keys.push(key(self.texts.get("key.clear"), None, Action::Clear));
        Block::Keypad { columns: 7, keys }
    }

    fn step_crumb(&self, step: u8) -> String {
        self.texts.with("appointment.step", &[("step", &step.to_string())])
    }

    fn booked_item(&self, booking: &Booking) -> Option<&'a Item> {
        self.kiosk.catalogue.as_ref().and_then(|it| it.item(&booking.item))
    }

    /// Conditions and papers, told once and before anything is chosen (article 22(一)).
    pub(super) fn conditions(&self, session: &Session, page: usize) -> Screen {
        let item = session.booking.as_ref().and_then(|it| self.booked_item(it));
        let title = item.map(|it| self.texts.tag_text(&it.name)).unwrap_or_default();
        let mut screen = self.page(ScreenName::AppointmentConditions, title);
        screen.crumb = Some(self.step_crumb(1));
        let Some(item) = item else { return screen };
        screen.subtitle = Some(self.texts.get("conditions.subtitle"));
        screen.show.push(Block::Facts {
            fields: vec![
                (self.texts.get("conditions.place"), self.texts.tag_text(&item.place)),
                (self.texts.get("conditions.window"), self.texts.tag_text(&item.window_type)),
                (
                    self.texts.get("conditions.promised"),
                    self.texts.with(
                        "conditions.workdays",
                        &[("count", &item.promised_workdays.to_string())],
                    ),
                ),
                (
                    self.texts.get("conditions.papers_count"),
                    self.texts.with(
                        "conditions.papers_value",
                        &[("count", &item.papers.len().to_string())],
                    ),
                ),
            ],
        });
        let entries = self.condition_entries(item);
        let per_page = self.rows_per_page() + 1;
        let pages = entries.len().div_ceil(per_page).max(1);
        let page = page.min(pages - 1);
        let shown = entries.into_iter().skip(page * per_page).take(per_page).collect();
        screen.act.push(Block::List { entries: shown });
        screen.act.extend(self.pager(page, pages));
        let next = if page + 1 < pages {
            self.primary("conditions.more", Action::NextPage)
        } else {
            self.primary("conditions.next", Action::ConditionsRead)
        };
        screen.act.push(Block::Buttons { buttons: vec![next] });
        screen
    }

    fn condition_entries(&self, item: &Item) -> Vec<ListEntry> {
        let conditions = item
            .conditions
            .iter()
            .map(|it| self.entry(Icon::Check, Tone::Primary, self.texts.tag_text(it)));
        let papers = item.papers.iter().map(|paper| {
            let copies = paper.copies.to_string();
            let kind = if paper.original { "conditions.original" } else { "conditions.copy" };
            let text = self.texts.with(
                "conditions.paper",
                &[
                    ("name", self.local(&paper.name)),
                    ("copies", copies.as_str()),
                    ("kind", self.texts.get(kind).as_str()),
                ],
            );
            self.entry(Icon::File, Tone::Plain, text)
        });
        conditions.chain(papers).collect()
    }

    pub(super) fn days(&self, session: &Session, page: usize) -> Screen {
        let mut screen = self.page(ScreenName::AppointmentDay, self.texts.get("days.title"));
        screen.crumb = Some(self.step_crumb(2));
        let Some(booking) = &session.booking else { return screen };
        screen.subtitle = Some(self.item_line(booking));
        let days = match &booking.days {
            Loading::Ready(days) => &days.days,
            Loading::Failed(problem) => {
                screen.act.push(self.problem_block(problem));
                return screen;
            }
            _ => {
                screen.act.push(Block::Busy { text: self.texts.get("days.loading") });
                return screen;
            }
        };
        if days.iter().any(|it| it.provisional) {
            screen.show.push(Block::Notice {
                icon: Icon::Clock,
                tone: Tone::Plain,
                title: self.texts.get("days.provisional"),
                text: None,
            });
        }
        let per_page = DAYS_IN_ROW * DAY_ROWS;
        let pages = days.len().div_ceil(per_page).max(1);
        let page = page.min(pages - 1);
        let shown: Vec<&SlotDay> = days.iter().skip(page * per_page).take(per_page).collect();
        if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
            let days =
                [("first", &*self.texts.day(first.date)), ("last", &*self.texts.day(last.date))];
            screen.act.push(Block::Heading { text: self.texts.with("days.from_to", &days) });
        }
        for row in shown.chunks(DAYS_IN_ROW) {
            let cells = row.iter().map(|it| self.day_cell(it, booking)).collect();
            screen.act.push(Block::Days { days: cells });
        }
        screen.act.extend(self.pager(page, pages));
        screen
    }

    fn item_line(&self, booking: &Booking) -> String {
        let name = self.booked_item(booking).map(|it| self.texts.tag_text(&it.name));
        name.unwrap_or_default()
    }

    fn day_cell(&self, day: &SlotDay, booking: &Booking) -> DayCell {
        let left: u16 = day.slots.iter().map(|it| booking.places_left(it)).sum();
        let only_extended = day.slots.iter().all(|it| it.extended);
        let note = match day.kind {
            _ if left > 0 && only_extended => self.texts.get("days.extended"),
            _ if left > FEW * 2 => self.texts.get("days.free"),
            _ if left > 0 => self.texts.get("days.few"),
            _ if !day.slots.is_empty() => self.texts.get("days.full"),
            DayKind::Holiday => match &day.holiday {
                Some(name) => self.texts.tag_text(name),
                None => self.texts.get("days.closed"),
            },
            // Today's slots that have begun are no longer told.
            DayKind::Workday | DayKind::MakeUpWorkday if day.date == self.today() => {
                self.texts.get("days.over")
            }
            _ => self.texts.get("days.closed"),
        };
        DayCell {
            weekday: self.texts.weekday(day.date),
            day: day.date.day().to_string(),
            note,
            label: self.texts.day_with_weekday(day.date),
            selected: booking.day == Some(day.date),
            enabled: left > 0,
            action: Action::ChooseDay(day.date),
        }
    }

    pub(super) fn slots(&self, session: &Session) -> Screen {
        let mut screen = self.page(ScreenName::AppointmentSlot, self.texts.get("slots.title"));
        screen.crumb = Some(self.step_crumb(3));
        let Some(booking) = &session.booking else { return screen };
        let Some(date) = booking.day else { return screen };
        screen.subtitle =
            Some(format!("{} · {}", self.texts.day_with_weekday(date), self.item_line(booking)));
        if let Some(trouble) = &booking.trouble {
            screen.show.push(self.booking_trouble(trouble));
        }
        let day = match &booking.days {
            Loading::Ready(days) => days.days.iter().find(|it| it.date == date),
            Loading::Failed(problem) => {
                screen.act.push(self.problem_block(problem));
                return screen;
            }
            _ => {
                screen.act.push(Block::Busy { text: self.texts.get("days.loading") });
                return screen;
            }
        };
        let Some(day) = day else { return screen };
        let of = |extended: bool| -> Vec<SlotCell> {
            day.slots
                .iter()
                .filter(|it| it.extended == extended)
                .map(|it| self.slot_cell(it, booking))
                .collect()
        };
        for (key, slots) in [("slots.statutory", of(false)), ("slots.extended", of(true))] {
            if !slots.is_empty() {
                screen.act.push(Block::Heading { text: self.texts.get(key) });
                screen.act.push(Block::Slots { slots });
            }
        }
        screen.act.push(self.hold_button(booking));
        screen
    }

    fn slot_cell(&self, slot: &Slot, booking: &Booking) -> SlotCell {
        let left = booking.places_left(slot);
        let note = if left == 0 {
            self.texts.get("slots.full")
        } else {
            self.texts.with("slots.left", &[("count", &left.to_string())])
        };
        SlotCell {
            time: self.texts.time(slot.starts),
            note,
            selected: booking.slot.as_ref().is_some_and(|it| it.id == slot.id),
            enabled: left > 0,
            action: Action::ChooseSlot(slot.id.clone()),
        }
    }

    /// The main button says what it does, or why it does nothing yet. After a full slot it offers
    /// the next one.
    fn hold_button(&self, booking: &Booking) -> Block {
        let asked = matches!(booking.hold, Loading::Asked(_));
        let offered = match &booking.trouble {
            Some(BookingTrouble::Full { next: Some(next) }) if booking.slot.is_none() => Some(next),
            _ => None,
        };
        let button = |label, enabled, action| Button {
            label,
            icon: None,
            weight: Weight::Primary,
            enabled,
            action,
        };
        let one = match (&booking.slot, offered) {
            _ if asked => button(self.texts.get("slots.holding"), false, Action::HoldSlot),
            (Some(slot), _) => {
                let at = self.slot_text(slot);
                let label = self.texts.with("slots.next", &[("at", at.as_str())]);
                button(label, true, Action::HoldSlot)
            }
            (None, Some(next)) => {
                let at = self.slot_text(next);
                let label = self.texts.with("slots.offer", &[("at", at.as_str())]);
                button(label, true, Action::ChooseSlot(next.id.clone()))
            }
            (None, None) => button(self.texts.get("slots.choose"), false, Action::HoldSlot),
        };
        Block::Buttons { buttons: vec![one] }
    }

    fn slot_text(&self, slot: &Slot) -> String {
        format!("{} {}", self.texts.day(slot.date), self.texts.time(slot.starts))
    }

    fn booking_trouble(&self, trouble: &BookingTrouble) -> Block {
        let (title, text) = match trouble {
            BookingTrouble::Full { next: Some(next) } => {
                let at = self.slot_text(next);
                let text = self.texts.with("trouble.full_next", &[("at", at.as_str())]);
                (self.texts.get("trouble.full"), text)
            }
            BookingTrouble::Full { next: None } => {
                (self.texts.get("trouble.full"), self.texts.get("trouble.full_none"))
            }
            BookingTrouble::HoldExpired => {
                (self.texts.get("trouble.expired"), self.texts.get("trouble.expired_text"))
            }
            BookingTrouble::AlreadyBooked => {
                (self.texts.get("trouble.already"), self.texts.get("trouble.already_text"))
            }
            BookingTrouble::TooLate => {
                (self.texts.get("trouble.late"), self.texts.get("trouble.late_text"))
            }
            BookingTrouble::Unreachable => {
                (self.texts.get("problem.unreachable"), self.texts.get("trouble.unreachable_text"))
            }
            BookingTrouble::Unanswered => {
                (self.texts.get("problem.failed"), self.texts.get("trouble.unreachable_text"))
            }
            BookingTrouble::Failed => {
                (self.texts.get("problem.refused"), self.texts.get("problem.refused_text"))
            }
        };
        Block::Notice { icon: Icon::Alert, tone: Tone::Amber, title, text: Some(text) }
    }

    pub(super) fn confirm(&self, session: &Session) -> Screen {
        let mut screen = self.page(ScreenName::AppointmentConfirm, self.texts.get("confirm.title"));
        screen.crumb = Some(self.step_crumb(4));
        let Some(booking) = &session.booking else { return screen };
        let (Some(slot), Some(item)) = (&booking.slot, self.booked_item(booking)) else {
            return screen;
        };
        screen.subtitle = booking.hold.ready().map(|hold| {
            let until = self.texts.time(in_hall(hold.expires_at).time());
            self.texts.with("confirm.held", &[("time", until.as_str())])
        });
        let name = session.person.as_ref().map_or("", |it| it.name_masked.as_str());
        let hours = if slot.extended { "slots.extended" } else { "slots.statutory" };
        screen.show.push(Block::Facts {
            fields: vec![
                (self.texts.get("receipt.item"), self.texts.tag_text(&item.name)),
                (self.texts.get("slip.day"), self.slot_text(slot)),
                (self.texts.get("slip.place"), self.texts.tag_text(&item.place)),
                (self.texts.get("slip.window"), self.texts.tag_text(&item.window_type)),
                (self.texts.get("receipt.applicant"), name.to_owned()),
                (self.texts.get("confirm.hours"), self.texts.get(hours)),
            ],
        });
        if let Some(trouble) = &booking.trouble {
            screen.act.push(self.booking_trouble(trouble));
        }
        let asked = matches!(booking.booked, Loading::Asked(_));
        let key = match (asked, booking.moving.is_some()) {
            (true, _) => "confirm.asking",
            (false, true) => "confirm.move",
            (false, false) => "confirm.book",
        };
        let confirm = Button { enabled: !asked, ..self.primary(key, Action::ConfirmAppointment) };
        let change = Button {
            enabled: !asked,
            ..self.secondary("confirm.change", Some(Icon::ArrowLeft), Action::Back)
        };
        screen.act.push(Block::Buttons { buttons: vec![change] });
        // Where “next” was on the page before: a second touch by mistake does not undo the first.
        screen.act.push(Block::Buttons { buttons: vec![confirm] });
        screen
    }

    pub(super) fn booked(&self, session: &Session, print: Option<PrintJobId>) -> Screen {
        let mut screen = self.page(ScreenName::AppointmentDone, self.texts.get("booked.title"));
        let Some(booking) = &session.booking else { return screen };
        let Some(appointment) = booking.booked.ready() else { return screen };
        let item = self.texts.tag_text(&appointment.item_name);
        screen.subtitle = Some(match booking.moving {
            Some(_) => self.texts.with("booked.moved", &[("item", item.as_str())]),
            None => item,
        });
        screen.show.push(self.appointment_facts(appointment));
        screen.act.push(self.appointment_qr(appointment));
        screen.act.extend(self.print_notice(print));
        let again = Button {
            enabled: self.kiosk.may_print(print),
            ..self.secondary("booked.print", Some(Icon::Printer), Action::PrintSlip)
        };
        screen.act.push(Block::Buttons { buttons: vec![again] });
        let done = self.primary("pickup.end", Action::Done);
        screen.act.push(Block::Buttons { buttons: vec![done] });
        screen
    }

    fn appointment_qr(&self, appointment: &Appointment) -> Block {
        Block::Qr {
            modules: qr(&format!("H24R:{}", appointment.number)),
            label: self.texts.get("slip.number"),
            value: appointment.number.clone(),
            text: self.texts.get("booked.bring"),
        }
    }

    fn appointment_facts(&self, appointment: &Appointment) -> Block {
        let window = self.texts.tag_text(&appointment.window_type);
        Block::Facts {
            fields: vec![
                (self.texts.get("slip.day"), self.slot_text(&appointment.slot)),
                (self.texts.get("slip.place"), self.texts.tag_text(&appointment.place)),
                (self.texts.get("slip.window"), window),
                (self.texts.get("receipt.applicant"), appointment.name_masked.clone()),
            ],
        }
    }

    pub(super) fn appointments(&self, session: &Session, page: usize) -> Screen {
        let mut screen = self.page(ScreenName::Appointments, self.texts.get("appointments.title"));
        screen.subtitle = Some(self.texts.get("appointments.subtitle"));
        match &session.appointments {
            Loading::Ready(list) => {
                let rows = list.iter().map(|it| self.appointment_row(it)).collect();
                screen.act.extend(self.paged_rows(rows, page, "appointments.none"));
            }
            Loading::NotAsked | Loading::Asked(_) => {
                screen.act.push(Block::Busy { text: self.texts.get("appointments.loading") });
            }
            Loading::Failed(problem) => screen.act.push(self.problem_block(problem)),
        }
        let icon = Some(Icon::Calendar);
        let book = self.secondary("appointments.book", icon, Action::OpenAppointment);
        screen.act.push(Block::Buttons { buttons: vec![book] });
        screen
    }

    fn appointment_row(&self, appointment: &Appointment) -> Row {
        let (text, tone) = self.appointment_state(appointment.state);
        Row {
            icon: Icon::CalendarCheck,
            title: self.texts.tag_text(&appointment.item_name),
            text: format!("{} · {}", self.slot_text(&appointment.slot), appointment.number),
            badge: Some(Chip { icon: None, text, tone }),
            enabled: true,
            action: Action::ShowAppointment(appointment.id.clone()),
        }
    }

    fn appointment_state(&self, state: AppointmentState) -> (String, Tone) {
        let (word, tone) = match state {
            AppointmentState::Booked => ("booked", Tone::Green),
            AppointmentState::CheckedIn => ("checked_in", Tone::Green),
            AppointmentState::Cancelled => ("cancelled", Tone::Plain),
            AppointmentState::Missed => ("missed", Tone::Red),
            AppointmentState::Done => ("done", Tone::Plain),
            AppointmentState::Unknown => ("unknown", Tone::Plain),
        };
        (self.texts.get(&format!("appointment_state.{word}")), tone)
    }

    pub(super) fn appointment(
        &self,
        session: &Session,
        id: &AppointmentId,
        asking: bool,
        cancelling: bool,
        print: Option<PrintJobId>,
    ) -> Screen {
        let title = self.texts.get("appointments.title");
        let Some(appointment) = self.kiosk.appointment(id) else {
            return self.page(ScreenName::AppointmentDetail, title);
        };
        let title = self.texts.tag_text(&appointment.item_name);
        let mut screen = self.page(ScreenName::AppointmentDetail, title);
        screen.crumb = Some(self.texts.get("home.appointments"));
        let (state, tone) = self.appointment_state(appointment.state);
        screen.chip = Some(Chip { icon: Some(Icon::CalendarCheck), text: state, tone });
        screen.show.push(self.appointment_facts(appointment));
        if let Some(trouble) = &session.cancel_trouble {
            screen.act.push(self.booking_trouble(trouble));
        }
        screen.act.extend(self.print_notice(print));
        if appointment.state == AppointmentState::Booked {
            screen.act.push(self.appointment_qr(appointment));
            screen.act.extend(self.appointment_buttons(id, cancelling, print));
        }
        if asking {
            screen.dialog = Some(self.cancel_question(id, appointment));
        }
        screen
    }

    fn appointment_buttons(
        &self,
        id: &AppointmentId,
        cancelling: bool,
        print: Option<PrintJobId>,
    ) -> Vec<Block> {
        let change = Button {
            enabled: !cancelling,
            icon: Some(Icon::Calendar),
            ..self.primary("appointments.move", Action::MoveAppointment(id.clone()))
        };
        let cancel_key = if cancelling { "appointments.cancelling" } else { "appointments.cancel" };
        let cancel = Button {
            enabled: !cancelling,
            ..self.secondary(cancel_key, Some(Icon::Trash), Action::CancelAppointment(id.clone()))
        };
        let slip = Button {
            enabled: self.kiosk.may_print(print),
            ..self.secondary("booked.print", Some(Icon::Printer), Action::PrintSlip)
        };
        vec![
            Block::Buttons { buttons: vec![change] },
            Block::Buttons { buttons: vec![slip, cancel] },
        ]
    }

    fn cancel_question(&self, id: &AppointmentId, appointment: &Appointment) -> Dialog {
        let at = self.slot_text(&appointment.slot);
        Dialog {
            title: self.texts.get("appointments.ask_cancel"),
            text: self.texts.with("appointments.ask_cancel_text", &[("at", at.as_str())]),
            countdown_s: None,
            buttons: vec![
                self.primary("appointments.keep", Action::KeepAppointment),
                self.secondary(
                    "appointments.confirm_cancel",
                    None,
                    Action::ConfirmCancel(id.clone()),
                ),
            ],
        }
    }
}
