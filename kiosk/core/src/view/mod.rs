//! Screens as values, one file for each group of journeys. Everything here only reads.

mod appointment;
mod footer;
mod home;
mod identify;
mod inspection;
mod maintenance;
mod pickup;
mod power;
mod progress;
mod rating;
mod staff;

pub(crate) use inspection::finding_words;

use hal::fault::Link;
use hal::printer::PrintJobId;
use wire::LocalText;

pub(crate) use footer::footer;

use crate::action::Action;
use crate::devices::Missing;
use crate::diagnosis::Condition;
use crate::event::Now;
use crate::journey::{HelpCall, Journey, Service};
use crate::kiosk::Kiosk;
use crate::language::Texts;
use crate::operation::Phase;
use crate::prints::Stage;
use crate::screen::{
    Audience, Block, Button, Chip, Dialog, Header, Icon, ListEntry, QrModules, Row, Screen,
    ScreenName, Tone, Weight,
};
use crate::time::in_hall;

/// What all screens are built with.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) kiosk: &'a Kiosk,
    pub(crate) now: Now,
    pub(crate) texts: Texts<'a>,
}

impl Kiosk {
    /// What is on the panel now.
    pub fn screen(&self, now: Now) -> Screen {
        let view = View { kiosk: self, now, texts: self.texts() };
        let mut screen = view.current();
        if let Some((seconds, true)) = self.remaining(now) {
            screen.dialog = Some(match self.devices.power.ends() {
                true => view.ending_question(seconds),
                false => view.idle_question(seconds),
            });
        }
        screen
    }

    pub(crate) fn hall_name(&self) -> String {
        match &self.catalogue {
            Some(it) => it.catalogue().hall.name.in_language(&self.language).to_owned(),
            None => self.texts().get("hall.unknown"),
        }
    }

    pub(crate) fn place_name(&self) -> String {
        let number = self.config.number.to_string();
        let place = self
            .catalogue
            .as_ref()
            .and_then(|it| {
                it.catalogue().hall.kiosks.iter().find(|kiosk| kiosk.id == self.config.kiosk)
            })
            .map(|it| it.place.in_language(&self.language).to_owned());
        match place {
            Some(place) => {
                let values = [("place", place.as_str()), ("number", number.as_str())];
                self.texts().with("header.place", &values)
            }
            None => self.texts().with("header.number", &[("number", number.as_str())]),
        }
    }

    pub(crate) fn help_phone(&self) -> String {
        self.catalogue
            .as_ref()
            .map_or_else(|| "12345".to_owned(), |it| it.catalogue().hall.help_phone.clone())
    }
}

impl<'a> View<'a> {
    fn current(&self) -> Screen {
        let Some(session) = &self.kiosk.session else {
            return if self.kiosk.is_dark(self.now) { self.dark() } else { self.start() };
        };
        match session.journey() {
            Journey::Home => self.home(session),
            Journey::Identify { then, trouble } => self.identify(*then, *trouble),
            Journey::Progress { page } => self.progress(session, *page),
            Journey::Case { id, print } => self.case(id, *print),
            Journey::Pickup { page } => self.pickup(session, *page),
            Journey::Code(entry) => self.code(entry, session.check.is_some()),
            Journey::Moving if session.staff.is_some() => self.staff_moving(),
            Journey::Moving => self.moving(),
            Journey::Items { category, page } => self.items(*category, *page),
            Journey::Search { typed, page } => self.search(typed, *page),
            Journey::Conditions { page } => self.conditions(session, *page),
            Journey::Days { page } => self.days(session, *page),
            Journey::Slots => self.slots(session),
            Journey::Confirm => self.confirm(session),
            Journey::Booked { print } => self.booked(session, *print),
            Journey::Appointments { page } => self.appointments(session, *page),
            Journey::Appointment { id, asking, cancel, print } => {
                let cancelling = cancel.as_ref().is_some_and(|(request, _)| request.0 != 0);
                self.appointment(session, id, *asking, cancelling, *print)
            }
            Journey::Rating { grade, reasons } => self.rating(*grade, reasons),
            Journey::Help { call, .. } => self.help(*call),
            Journey::Pin(entry) => self.pin(entry, session.check.is_some()),
            Journey::StaffCardTrouble(key) => self.staff_card_trouble(key),
            Journey::Staff => self.staff_home(),
            Journey::Deposit { page, trouble } => self.deposit(*page, *trouble),
            Journey::Recall { page } => self.recall(*page),
            Journey::Resolve { page } => self.resolve(*page),
            Journey::Maintenance { page, restarting } => self.maintenance(*page, *restarting),
            Journey::MaintenanceDevice(page) => self.maintenance_device(*page),
            Journey::Events { page, lines } => self.events(*page, lines),
            Journey::TouchTest { touched, done } => self.touch_test(touched, *done),
            Journey::Inspection(form) => self.inspection(form),
        }
    }

    /// An empty page with everything that all pages have.
    pub(crate) fn page(&self, name: ScreenName, title: String) -> Screen {
        let session = self.kiosk.session.is_some();
        Screen {
            name,
            audience: Audience::Citizen,
            language: self.texts.tag().to_owned(),
            look: self.kiosk.look,
            session,
            header: self.header(),
            chip: None,
            crumb: None,
            title,
            subtitle: None,
            remaining: self.remaining_text(),
            show: vec![],
            act: vec![],
            footer: self.footer(session),
            dialog: None,
        }
    }

    fn header(&self) -> Header {
        let at = in_hall(self.now.wall);
        Header {
            hall: self.kiosk.hall_name(),
            place: self.kiosk.place_name(),
            time: self.texts.time(at.time()),
            date: self.texts.day_with_weekday(at.date()),
        }
    }

    fn remaining_text(&self) -> Option<String> {
        let (seconds, _) = self.kiosk.remaining(self.now)?;
        let (minutes, rest) = (seconds / 60, seconds % 60);
        Some(if minutes > 0 {
            let values = [("minutes", &*minutes.to_string()), ("seconds", &*rest.to_string())];
            self.texts.with("remaining.minutes", &values)
        } else {
            self.texts.with("remaining.seconds", &[("seconds", &rest.to_string())])
        })
    }

    fn footer(&self, session: bool) -> Vec<Button> {
        let still = self.kiosk.moving().is_none() && !self.kiosk.booking_is_sent();
        let help = session || !self.kiosk.devices.power.ends();
        let next = self.kiosk.languages.after(self.texts.tag());
        footer(self.texts, next, self.kiosk.look, session && still, help)
    }

    fn idle_question(&self, seconds: u64) -> Dialog {
        let total = self.kiosk.config.limits.idle_answer.as_secs();
        let shown = u32::try_from(seconds).unwrap_or(u32::MAX);
        let card = self.kiosk.devices.card_lies;
        let key = if card { "idle.text_card" } else { "idle.text" };
        let open = self.kiosk.moving().filter(|it| matches!(it.phase, Phase::DoorOpen { .. }));
        let door = open.map(|it| self.way("start.close_door", it));
        Dialog {
            title: self.texts.get("idle.title"),
            text: [door, Some(self.texts.with(key, &[("seconds", &seconds.to_string())]))]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(&self.texts.get("services.between")),
            countdown_s: Some((shown, u32::try_from(total).unwrap_or(u32::MAX))),
            buttons: vec![
                self.primary("idle.more", Action::MoreTime),
                self.secondary("idle.end", None, Action::EndSession),
            ],
        }
    }

    /// Who answers now: at night a phone number, and the request is left for the day.
    fn help(&self, call: HelpCall) -> Screen {
        let mut screen = self.page(ScreenName::Help, self.texts.get("help.title"));
        let phone = self.kiosk.help_phone();
        screen.subtitle = Some(self.opening_sentence());
        screen.show.push(Block::Notice {
            icon: Icon::Phone,
            tone: Tone::Primary,
            title: self.texts.with("help.phone", &[("phone", &phone)]),
            text: Some(self.texts.get("help.phone_text")),
        });
        let online = self.kiosk.devices.office;
        let (icon, tone, title, text) = match call {
            HelpCall::Recorded if online => {
                (Icon::CircleCheck, Tone::Green, "help.called_title", "help.called")
            }
            HelpCall::Recorded => {
                (Icon::CircleCheck, Tone::Green, "help.called_title", "help.called_offline")
            }
            HelpCall::NotRecorded => {
                (Icon::Alert, Tone::Amber, "help.not_called_title", "help.not_called")
            }
            HelpCall::NotCalled | HelpCall::Storing(_) => {
                (Icon::Headset, Tone::Plain, "help.leave_title", "help.leave_text")
            }
        };
        screen.act.push(Block::Notice {
            icon,
            tone,
            title: self.texts.get(title),
            text: Some(self.texts.get(text)),
        });
        let call = Button {
            icon: Some(Icon::Headset),
            enabled: matches!(call, HelpCall::NotCalled | HelpCall::NotRecorded),
            ..self.primary("help.call", Action::CallStaff)
        };
        screen.act.push(Block::Buttons { buttons: vec![call] });
        screen.act.push(Block::Buttons {
            buttons: vec![self.secondary("help.back", Some(Icon::ArrowLeft), Action::Back)],
        });
        screen
    }

    /// “Windows open at …”, from the catalogue's days; honest when there is none.
    pub(crate) fn opening_sentence(&self) -> String {
        let at = in_hall(self.now.wall);
        let days = self.kiosk.catalogue.iter().flat_map(|it| &it.catalogue().days);
        for day in days.filter(|it| it.date >= at.date()) {
            let mut spans: Vec<_> = day.hours.iter().chain(&day.extended).copied().collect();
            spans.sort();
            for (from, to) in spans {
                if day.date == at.date() && to <= at.time() {
                    continue;
                }
                let date = self.texts.day(day.date);
                let (from_text, to_text) = (self.texts.time(from), self.texts.time(to));
                let values = [("day", &*date), ("from", &*from_text), ("to", &*to_text)];
                let open = day.date == at.date() && from <= at.time();
                let key = if open { "opening.open_until" } else { "opening.next" };
                return self.texts.with(key, &values);
            }
        }
        self.texts.get("opening.unknown")
    }

    /// Services that work now, and for the others why not and what to do instead.
    pub(crate) fn services_block(&self) -> Block {
        let mut works = Vec::new();
        let mut reasons = Vec::new();
        for service in &self.kiosk.config.services {
            match self.kiosk.devices.service(*service) {
                Ok(()) => works.push(self.texts.get(&format!("service.{}", service.word()))),
                Err(missing) => {
                    let reason = self.missing_text(missing);
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
        }
        if works.is_empty() {
            return Block::Notice {
                icon: Icon::Alert,
                tone: Tone::Red,
                title: self.texts.get("services.none"),
                text: Some(reasons.join(&self.texts.get("services.between"))),
            };
        }
        reasons.extend(self.no_paper());
        let list = works.join(&self.texts.get("services.comma"));
        let (icon, tone) = match reasons.is_empty() {
            true => (Icon::CircleCheck, Tone::Green),
            false => (Icon::Alert, Tone::Amber),
        };
        if reasons.is_empty() {
            reasons.push(self.opening_sentence());
        }
        Block::Notice {
            icon,
            tone,
            title: self.texts.with("services.now", &[("list", &list)]),
            text: Some(reasons.join(&self.texts.get("services.between"))),
        }
    }

    /// What is missing, for people of whom nobody knows whether a document waits for them.
    pub(crate) fn missing_for_all(&self, missing: Missing) -> String {
        let custody = &self.kiosk.custody;
        let key = match custody.holding().chain(custody.uncertain()).next() {
            Some(_) => missing.message_key(),
            None => missing.message_key_of_empty(),
        };
        self.texts.get(key)
    }

    /// What is missing, and the other way where there is one now.
    fn missing_text(&self, missing: Missing) -> String {
        let what = self.missing_for_all(missing);
        let way = match missing {
            Missing::Locker | Missing::Power | Missing::Alarm => return what,
            _ if self.kiosk.devices.service(Service::Pickup).is_err() => return what,
            Missing::Reader => self.texts.get("missing.reader_way"),
            Missing::Office => self.texts.get("missing.office_way"),
        };
        [what, way].join(&self.texts.get("services.comma"))
    }

    /// A printer that is known not to print is told before anybody gives data for a receipt.
    fn no_paper(&self) -> Option<String> {
        let problem = self.kiosk.devices.printer_status.and_then(|it| it.problem());
        let cannot = match self.kiosk.devices.printer {
            Link::Starting => false,
            Link::Up => problem.is_some(),
            Link::Down => true,
        };
        cannot.then(|| self.texts.get("services.no_paper"))
    }

    pub(crate) fn primary(&self, key: &str, action: Action) -> Button {
        let label = self.texts.get(key);
        Button { label, icon: None, weight: Weight::Primary, enabled: true, action }
    }

    pub(crate) fn secondary(&self, key: &str, icon: Option<Icon>, action: Action) -> Button {
        let label = self.texts.get(key);
        Button { label, icon, weight: Weight::Secondary, enabled: true, action }
    }

    pub(crate) fn local(&self, text: &'a LocalText) -> &'a str {
        text.in_language(self.texts.tag())
    }

    /// How many full-width rows a page holds.
    pub(crate) fn rows_per_page(&self) -> usize {
        match (self.kiosk.look.low_reach, self.kiosk.look.large_text) {
            (false, false) => 5,
            (false, true) => 4,
            (true, false) => 3,
            (true, true) => 2,
        }
    }

    /// One page of rows with a pager where there is more than one, and a sentence where there is none.
    pub(crate) fn paged_rows(&self, rows: Vec<Row>, page: usize, empty: &str) -> Vec<Block> {
        if rows.is_empty() {
            return vec![Block::Notice {
                icon: Icon::File,
                tone: Tone::Plain,
                title: self.texts.get(empty),
                text: None,
            }];
        }
        let per_page = self.rows_per_page();
        let pages = rows.len().div_ceil(per_page);
        let page = page.min(pages - 1);
        let shown: Vec<Row> = rows.into_iter().skip(page * per_page).take(per_page).collect();
        let mut blocks = vec![Block::Rows { rows: shown }];
        blocks.extend(self.pager(page, pages));
        blocks
    }

    pub(crate) fn pager(&self, page: usize, pages: usize) -> Option<Block> {
        if pages < 2 {
            return None;
        }
        let values = [("page", &*(page + 1).to_string()), ("pages", &*pages.to_string())];
        let button = |key, icon, action, enabled| Button {
            enabled,
            ..self.secondary(key, Some(icon), action)
        };
        let previous = button("pager.previous", Icon::ArrowLeft, Action::PreviousPage, page > 0);
        let next = button("pager.next", Icon::ArrowRight, Action::NextPage, page + 1 < pages);
        let text = self.texts.with("pager.text", &values);
        Some(Block::Pager { text, previous, next })
    }

    /// What became of a print job, in a sentence; the truth and nothing more (I5).
    pub(crate) fn print_notice(&self, print: Option<PrintJobId>) -> Option<Block> {
        let Some(print) = print else { return self.no_printing() };
        let stage = self.kiosk.prints.get(print)?.stage;
        let (icon, tone, title, text) = match stage {
            Stage::Storing(_) | Stage::Sent { .. } => {
                return Some(Block::Busy { text: self.texts.get("print.printing") });
            }
            Stage::Printed => {
                (Icon::Printer, Tone::Green, "print.printed", "print.take".to_owned())
            }
            Stage::NotStored => {
                (Icon::PrinterOff, Tone::Amber, "print.failed", "print.not_stored".to_owned())
            }
            Stage::Failed(problem) => {
                let word = crate::devices::problem_word(problem);
                (Icon::PrinterOff, Tone::Amber, "print.failed", format!("print_problem.{word}"))
            }
            Stage::Unknown => {
                (Icon::PrinterOff, Tone::Amber, "print.unknown", "print.unknown_text".to_owned())
            }
        };
        let text = Some(self.texts.get(&text));
        Some(Block::Notice { icon, tone, title: self.texts.get(title), text })
    }

    /// The same for somebody who can mend the printer.
    pub(crate) fn print_notice_to_staff(&self, print: Option<PrintJobId>) -> Option<Block> {
        let stage = print.and_then(|it| self.kiosk.prints.get(it)).map(|it| it.stage);
        let text = match stage {
            None => return self.no_printing(),
            Some(Stage::Failed(problem)) => {
                format!("condition.{}", Condition::of_problem(problem).word())
            }
            Some(Stage::NotStored) => "condition.store_unusable".to_owned(),
            Some(Stage::Unknown) => "maintenance.print_unknown".to_owned(),
            Some(Stage::Storing(_) | Stage::Sent { .. } | Stage::Printed) => {
                return self.print_notice(print);
            }
        };
        let (title, text) = (self.texts.get("maintenance.not_printed"), self.texts.get(&text));
        let (icon, tone) = (Icon::PrinterOff, Tone::Red);
        Some(Block::Notice { icon, tone, title, text: Some(text) })
    }

    pub(crate) fn entry(&self, icon: Icon, tone: Tone, text: String) -> ListEntry {
        ListEntry { icon, tone, text }
    }

    pub(crate) fn chip(&self, icon: Icon, key: &str, tone: Tone) -> Chip {
        Chip { icon: Some(icon), text: self.texts.get(key), tone }
    }

    pub(crate) fn staff_page(&self, name: ScreenName, title: String) -> Screen {
        Screen { audience: Audience::Staff, ..self.page(name, title) }
    }

    pub(crate) fn offers(&self, service: Service) -> bool {
        self.kiosk.config.services.contains(&service)
    }
}

/// A QR code of level M for the screen. Texts here are short numbers, which always fit.
pub(crate) fn qr(data: &str) -> QrModules {
    let code = qrcode::QrCode::with_error_correction_level(data, qrcode::EcLevel::M)
        .expect("a receipt number fits into a QR code");
    let dark = code.to_colors().into_iter().map(|it| it == qrcode::Color::Dark).collect();
    QrModules { width: code.width(), dark }
}
