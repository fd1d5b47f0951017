//! The start screen and the home screen.

use hal::fault::Link;
use wire::CaseView;

use super::View;
use crate::action::Action;
use crate::custody::Compartment;
use crate::devices::Missing;
use crate::event::OfficeProblem;
use crate::journey::Service;
use crate::screen::{Block, Button, Icon, Screen, ScreenName, Tile, Tone};
use crate::session::{Loading, Session};

/// Cases shown on the home screen, one less where a power cut has to be told; the rest is one touch away.
const CASES_SHOWN: usize = 3;

impl View<'_> {
    pub(super) fn start(&self) -> Screen {
        let kiosk = self.kiosk;
        if kiosk.devices.power.ends() {
            return self.shutting_down();
        }
        let works = kiosk.config.services.iter().any(|it| kiosk.service_works(*it));
        if !works && kiosk.moving().is_none() {
            return self.out_of_service();
        }
        let mut screen = self.page(ScreenName::Start, self.texts.get("start.title"));
        let card = kiosk.devices.reader != Link::Down;
        screen.subtitle =
            Some(self.texts.get(if card { "start.subtitle" } else { "start.subtitle_no_card" }));
        screen.show.extend(self.left_behind());
        screen.show.extend(self.power_notice());
        if screen.show.is_empty() {
            let icon = if card { Icon::IdCard } else { Icon::Key };
            screen.show.push(Block::Picture { icon, tone: Tone::Primary });
        }
        screen.act.push(self.services_block());
        screen
            .act
            .push(Block::Buttons { buttons: vec![self.primary("start.begin", Action::Begin)] });
        let mut tiles = Vec::new();
        if self.offers(Service::Pickup) {
            tiles.push(self.tile(
                Icon::Key,
                "start.code",
                "start.code_text",
                Service::Pickup,
                Action::BeginCode,
            ));
        }
        if self.offers(Service::Appointment) {
            tiles.push(self.tile(
                Icon::Calendar,
                "home.appointment",
                "home.appointment_text",
                Service::Appointment,
                Action::OpenAppointment,
            ));
        }
        screen.act.push(Block::Tiles { columns: 2, tiles });
        screen
    }

    /// What the last person has to come back for: an open door, a card.
    pub(super) fn left_behind(&self) -> Option<Block> {
        if let Some(way) = self.kiosk.open_door() {
            return Some(Block::Notice {
                icon: Icon::LockOpen,
                tone: Tone::Amber,
                title: self.texts.with("start.close_door", &[("way", &way.to_string())]),
                text: None,
            });
        }
        self.kiosk.devices.card_lies.then(|| Block::Notice {
            icon: Icon::IdCard,
            tone: Tone::Amber,
            title: self.texts.get("start.take_card"),
            text: Some(self.texts.get("start.take_card_text")),
        })
    }

    /// A panel that rests: any touch wakes it, and does nothing else.
    pub(super) fn dark(&self) -> Screen {
        let page = self.page(ScreenName::Dark, self.texts.get("dark.title"));
        let wakes = self.primary("start.begin", Action::MoreTime);
        Screen {
            subtitle: Some(self.texts.get("start.title")),
            act: vec![Block::Buttons { buttons: vec![wakes] }],
            footer: vec![],
            ..page
        }
    }

    fn out_of_service(&self) -> Screen {
        let mut screen = self.page(ScreenName::OutOfService, self.texts.get("out.title"));
        screen.subtitle = Some(self.texts.get("out.subtitle"));
        screen.show.push(Block::Picture { icon: Icon::Alert, tone: Tone::Amber });
        screen.act.push(self.services_block());
        screen.act.push(self.elsewhere());
        screen
    }

    /// Who helps while the kiosk does not.
    pub(super) fn elsewhere(&self) -> Block {
        let phone = self.kiosk.help_phone();
        Block::Notice {
            icon: Icon::Phone,
            tone: Tone::Primary,
            title: self.texts.with("help.phone", &[("phone", &phone)]),
            text: Some(self.opening_sentence()),
        }
    }

    pub(super) fn home(&self, session: &Session) -> Screen {
        let title = match &session.person {
            Some(person) => self.texts.with("home.hello", &[("name", person.name_masked.as_str())]),
            None => self.texts.get("home.title"),
        };
        let mut screen = self.page(ScreenName::Home, title);
        screen.subtitle = Some(self.texts.get("home.subtitle"));
        let waiting = self.waiting(session);
        if session.person.is_some() {
            screen.chip = self.power_chip();
            screen.show.push(self.cases_block(session));
        } else if let Some(low) = self.low_battery() {
            screen.subtitle = None;
            screen.show.push(low);
        } else if self.kiosk.config.services.iter().any(|it| !self.kiosk.service_works(*it)) {
            screen.show.push(self.services_block());
        } else {
            screen.chip = self.power_chip();
        }
        if let Some(first) = waiting.first() {
            screen.act.push(self.feature(first, waiting.len()));
        }
        screen.act.push(Block::Tiles { columns: 2, tiles: self.tiles(waiting.is_empty()) });
        screen.act.push(Block::Buttons {
            buttons: vec![self.secondary("home.end", Some(Icon::Cross), Action::EndSession)],
        });
        screen
    }

    /// What this person may take out of this kiosk now.
    pub(super) fn waiting(&self, session: &Session) -> Vec<&Compartment> {
        match &session.person {
            Some(person) => self
                .kiosk
                .custody
                .holding()
                .filter(|it| it.delivery.id_hash == person.id_hash)
                .collect(),
            None => vec![],
        }
    }

    fn feature(&self, first: &Compartment, count: usize) -> Block {
        let until = first.delivery.hold_until.map(|it| self.texts.day(it));
        let way = first.number.to_string();
        let text = match &until {
            Some(until) => self
                .texts
                .with("home.waiting_until", &[("way", way.as_str()), ("until", until.as_str())]),
            None => self.texts.with("home.waiting_way", &[("way", way.as_str())]),
        };
        let action = Action::OpenPickup;
        let works = self.kiosk.devices.service(Service::Pickup);
        Block::Feature {
            icon: Icon::Certificate,
            badge: self.texts.with("home.waiting", &[("count", &count.to_string())]),
            title: self.texts.tag_text(&first.delivery.document_name),
            text: match works {
                Ok(()) => text,
                Err(Missing::Power) => self.texts.get("power.no_lockers"),
                Err(Missing::Alarm) => self.texts.get("alarm.no_lockers"),
                Err(missing) => self.texts.get(missing.message_key()),
            },
            button: Button { enabled: works.is_ok(), ..self.primary("home.pickup", action) },
        }
    }

    fn tiles(&self, with_pickup: bool) -> Vec<Tile> {
        let mut tiles = Vec::new();
        if self.offers(Service::Progress) {
            tiles.push(self.tile(
                Icon::Progress,
                "home.progress",
                "home.progress_text",
                Service::Progress,
                Action::OpenProgress,
            ));
        }
        if self.offers(Service::Appointment) {
            tiles.push(self.tile(
                Icon::Calendar,
                "home.appointment",
                "home.appointment_text",
                Service::Appointment,
                Action::OpenAppointment,
            ));
            tiles.push(self.tile(
                Icon::CalendarCheck,
                "home.appointments",
                "home.appointments_text",
                Service::Appointment,
                Action::OpenAppointments,
            ));
        }
        if self.offers(Service::Pickup) {
            if with_pickup {
                tiles.push(self.tile(
                    Icon::Certificate,
                    "home.pickup",
                    "home.pickup_text",
                    Service::Pickup,
                    Action::OpenPickup,
                ));
            }
            tiles.push(self.tile(
                Icon::Key,
                "start.code",
                "start.code_text",
                Service::Pickup,
                Action::BeginCode,
            ));
        }
        tiles
    }

    /// A tile says why when its service does not work.
    fn tile(&self, icon: Icon, title: &str, text: &str, service: Service, action: Action) -> Tile {
        let text = match self.kiosk.devices.service(service) {
            Ok(()) => self.texts.get(text),
            Err(_) => self.texts.get("home.not_now"),
        };
        let enabled = self.kiosk.service_works(service);
        Tile { icon, title: self.texts.get(title), text, enabled, action }
    }

    /// The person's latest cases with their state.
    fn cases_block(&self, session: &Session) -> Block {
        match &session.cases {
            Loading::Ready(cases) if cases.is_empty() => Block::Notice {
                icon: Icon::File,
                tone: Tone::Plain,
                title: self.texts.get("progress.none"),
                text: None,
            },
            Loading::Ready(cases) => Block::List {
                entries: cases
                    .iter()
                    .take(CASES_SHOWN - usize::from(self.kiosk.devices.power.on_battery()))
                    .map(|it| {
                        let (icon, tone) = self.state_look(it);
                        self.entry(icon, tone, self.case_line(it))
                    })
                    .collect(),
            },
            Loading::NotAsked | Loading::Asked(_) => {
                Block::Busy { text: self.texts.get("progress.loading") }
            }
            Loading::Failed(problem) => self.problem_block(problem),
        }
    }

    fn case_line(&self, case: &CaseView) -> String {
        let state = self.state_text(case);
        let name = self.texts.tag_text(&case.item_name);
        self.texts.with("progress.line", &[("name", name.as_str()), ("state", state.as_str())])
    }

    /// A request failed: what that means for the person.
    pub(super) fn problem_block(&self, problem: &OfficeProblem) -> Block {
        let (icon, title, text) = match problem {
            OfficeProblem::Unreachable => {
                (Icon::NetworkOff, "problem.unreachable", "problem.unreachable_text")
            }
            OfficeProblem::Failed => (Icon::Alert, "problem.failed", "problem.failed_text"),
            OfficeProblem::Refused(_) => (Icon::Alert, "problem.refused", "problem.refused_text"),
        };
        Block::Notice {
            icon,
            tone: Tone::Amber,
            title: self.texts.get(title),
            text: Some(self.texts.get(text)),
        }
    }
}
