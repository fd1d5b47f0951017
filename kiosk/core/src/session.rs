//! One person's time at the kiosk: identity, what was loaded for them, where they are, and how it
//! ends. Everything personal hangs on this one value; dropping it is the privacy wipe (I7).

use std::time::Duration;

use hal::id_reader::CardKind;
use wire::{Appointment, CaseView, EventBody, Hold, IdHash, StaffMember};

use crate::action::Action;
use crate::custody::Doubt;
use crate::effect::{Effect, OfficeCall};
use crate::event::{Now, OfficeAnswer, OfficeProblem, RequestId, WriteId};
use crate::journey::appointment::{Booking, BookingTrouble};
use crate::journey::{Check, HelpCall, Journey, Service};
use crate::kiosk::{Effects, Kiosk};
use crate::operation::Phase;
use crate::screen::ScreenName;

/// The session that is on.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) last_touch: Duration,
    pub(crate) person: Option<Person>,
    pub(crate) staff: Option<StaffMember>,
    pub(crate) cases: Loading<Vec<CaseView>>,
    pub(crate) appointments: Loading<Vec<Appointment>>,
    pub(crate) booking: Option<Booking>,
    /// A place that is kept for this person although they left the booking.
    pub(crate) standing_hold: Option<Hold>,
    /// Where the person is; the last is on the screen, `Back` drops it. Never empty.
    stack: Vec<Journey>,
    /// Why the last cancellation did not work.
    pub(crate) cancel_trouble: Option<BookingTrouble>,
    /// The slow check that is under way.
    pub(crate) check: Option<Check>,
    /// Something was done that can be rated.
    pub(crate) rateable: Option<&'static str>,
}

/// Who stands there, as far as anybody needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id_hash: IdHash,
    pub(crate) name_masked: String,
    pub(crate) kind: CardKind,
}

/// Something that the office was asked for.
#[derive(Clone, Debug)]
pub(crate) enum Loading<T> {
    NotAsked,
    Asked(RequestId),
    Ready(T),
    Failed(OfficeProblem),
}

impl<T> Loading<T> {
    pub(crate) fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(it) => Some(it),
            _ => None,
        }
    }

    pub(crate) fn is_asked(&self, request: RequestId) -> bool {
        matches!(self, Self::Asked(it) if *it == request)
    }
}

/// A person goes no deeper than this without going back; the oldest steps are forgotten.
const STACK_MAX: usize = 12;

impl Session {
    fn new(now: Now) -> Self {
        Self {
            last_touch: now.uptime,
            person: None,
            staff: None,
            cases: Loading::NotAsked,
            appointments: Loading::NotAsked,
            booking: None,
            standing_hold: None,
            stack: vec![Journey::Home],
            cancel_trouble: None,
            check: None,
            rateable: None,
        }
    }

    /// Whether a member of staff stands there, or somebody who says so with a card.
    pub(crate) fn is_of_staff(&self) -> bool {
        self.staff.is_some()
            || matches!(self.journey(), Journey::Pin(_) | Journey::StaffCardTrouble(_))
    }

    pub(crate) fn journey(&self) -> &Journey {
        self.stack.last().expect("the stack is never empty")
    }

    /// Whether maintenance mode is what the person in front came for.
    pub(crate) fn maintains(&self) -> bool {
        self.stack.iter().any(|it| matches!(it, Journey::Maintenance { .. }))
    }

    pub(crate) fn journey_mut(&mut self) -> &mut Journey {
        self.stack.last_mut().expect("the stack is never empty")
    }

    pub(crate) fn go(&mut self, journey: Journey) {
        if self.stack.len() == STACK_MAX {
            self.stack.remove(1);
        }
        self.stack.push(journey);
    }

    /// Instead of where the person is.
    pub(crate) fn replace(&mut self, journey: Journey) {
        *self.journey_mut() = journey;
    }

    /// Forgets the way back: after something was done there is no going back into it.
    pub(crate) fn restart_at(&mut self, journey: Journey) {
        self.stack.clear();
        self.stack.push(journey);
    }

    pub(crate) fn back(&mut self) {
        if self.stack.len() > 1 {
            self.stack.pop();
        } else {
            self.stack[0] = self.root();
        }
    }

    pub(crate) fn home(&mut self) {
        self.standing_hold = self.booking.take().and_then(Booking::into_hold);
        let root = self.root();
        self.restart_at(root);
    }

    /// Whether there is anything behind the screen.
    pub(crate) fn can_go_back(&self) -> bool {
        self.stack.len() > 1
    }

    fn root(&self) -> Journey {
        if self.staff.is_some() { Journey::Staff } else { Journey::Home }
    }
}

impl Kiosk {
    /// The session, begun now if there is none.
    pub(crate) fn session_or_begin(&mut self, now: Now) -> &mut Session {
        self.settings_since = None;
        self.card_left = None;
        self.session.get_or_insert_with(|| Session::new(now))
    }

    /// Whoever shuts a door stands there as much as whoever touches the screen.
    pub(crate) fn somebody_is_here(&mut self, now: Now) {
        if let Some(session) = &mut self.session {
            session.last_touch = now.uptime;
        }
        self.give_time_before_shutdown(now);
    }

    /// Drops everything that belongs to the person and goes back to the defaults.
    pub(crate) fn end_session(&mut self, out: &mut Effects) {
        if self.session.take().is_none() {
            return;
        }
        self.prints.session_ended();
        if self.moving().is_none() {
            self.operation = None;
        }
        self.default_settings();
        out.push(Effect::SessionEnded);
    }

    /// How long until the question, and until the end.
    pub(crate) fn idle_limits(&self) -> (Duration, Duration) {
        let limits = &self.config.limits;
        let of_staff = self.session.as_ref().is_some_and(|it| it.staff.is_some());
        let idle = match self.look.large_text {
            _ if of_staff => limits.idle_staff,
            true => limits.idle_large_text,
            false => limits.idle,
        };
        (idle, idle + limits.idle_answer)
    }

    /// Whole seconds left before the session ends, and whether the question is on.
    pub(crate) fn remaining(&self, now: Now) -> Option<(u64, bool)> {
        let left = self.session_end()?.saturating_sub(now.uptime);
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        // What a person has to note stays in view until the end.
        let in_view = self.devices.power.ends()
            && self.session.as_ref().is_some_and(|it| matches!(it.journey(), Journey::Moving));
        Some((seconds, left <= self.config.limits.idle_answer && !in_view))
    }

    /// When the session ends if nothing is touched, as uptime. While a door stands open, and the person
    /// has their hands in the compartment, the door's limit rules; a battery that is nearly empty ends
    /// all else.
    fn session_end(&self) -> Option<Duration> {
        let (_, end) = self.idle_limits();
        let end = self.session.as_ref()?.last_touch + end;
        let limits = &self.config.limits;
        let ending = self.devices.power.ending_since().map(|it| it + limits.power_grace);
        Some(match (self.moving().map(|it| &it.phase), ending) {
            (Some(Phase::DoorOpen { since, .. }), _) => end.max(*since + limits.door_limit),
            (None | Some(Phase::Asking), Some(ending)) => end.min(ending),
            _ => end,
        })
    }

    pub(crate) fn session_wakeup(&self, now: Now) -> Option<Duration> {
        let end = self.session_end()?;
        // The remaining time is on the screen: wake when its number changes.
        let left = end.saturating_sub(now.uptime);
        let to_next_second = Duration::from_nanos(u64::from(left.subsec_nanos()));
        let step = if to_next_second.is_zero() { Duration::from_secs(1) } else { to_next_second };
        Some((now.uptime + step).min(end))
    }

    pub(crate) fn session_time(&mut self, now: Now, out: &mut Effects) {
        let Some((0, _)) = self.remaining(now) else { return };
        let door_open = matches!(self.moving(), Some(it) if matches!(
            it.phase, Phase::DoorOpen { .. } | Phase::Asking));
        if door_open {
            self.operation_in_doubt(now, Doubt::DoorLeftOpen, out);
        }
        self.end_session(out);
    }

    /// A touch of something that means `action`.
    pub(crate) fn user(&mut self, now: Now, action: Action, out: &mut Effects) {
        let question = self.remaining(now).is_some_and(|(_, question)| question);
        if let Some(session) = &mut self.session {
            session.last_touch = now.uptime;
        }
        if question && action != Action::EndSession {
            // Any touch means “still here”; what lies under the question is not touched by it.
            return;
        }
        match action {
            Action::ToggleLanguage => {
                self.language = self.languages.after(&self.language).tag.clone();
                self.settings_touched(now);
            }
            Action::ToggleLargeText => {
                self.look.large_text = !self.look.large_text;
                self.settings_touched(now);
            }
            Action::ToggleHighContrast => {
                self.look.high_contrast = !self.look.high_contrast;
                self.settings_touched(now);
            }
            Action::ToggleLowReach => {
                self.look.low_reach = !self.look.low_reach;
                self.settings_touched(now);
            }
            Action::MoreTime => {}
            Action::EndSession => self.leave(now, out),
            Action::Begin => {
                self.session_or_begin(now);
            }
            Action::Home => self.go_home(),
            Action::Back => self.go_back(now, out),
            Action::Help => {
                let screen = self.screen(now).name;
                let session = self.session_or_begin(now);
                if !matches!(session.journey(), Journey::Help { .. }) {
                    session.go(Journey::Help { from: screen, call: HelpCall::NotCalled });
                }
            }
            Action::CallStaff => self.call_staff(now, out),
            other => self.journey_action(now, other, out),
        }
    }

    fn settings_touched(&mut self, now: Now) {
        if self.session.is_none() {
            self.settings_since = Some(now.uptime);
        }
    }

    /// “Home” ends nothing: the person stays logged in until they say so or time says so.
    fn go_home(&mut self) {
        if self.moving().is_some() || self.booking_is_sent() {
            return;
        }
        if let Some(session) = &mut self.session {
            session.home();
        }
    }

    fn go_back(&mut self, now: Now, out: &mut Effects) {
        if self.moving().is_some() || self.booking_is_sent() {
            return;
        }
        let Some(session) = &mut self.session else { return };
        if session.can_go_back() {
            session.back();
            self.arrived(now, out);
        } else if matches!(session.journey(), Journey::Home | Journey::Staff) {
            self.leave(now, out);
        } else {
            session.home();
        }
    }

    /// The person is done: the open door is left to staff, the session ends.
    pub(crate) fn leave(&mut self, now: Now, out: &mut Effects) {
        if matches!(self.moving(), Some(it) if matches!(it.phase, Phase::DoorOpen { .. } | Phase::Asking))
        {
            self.operation_in_doubt(now, Doubt::DoorLeftOpen, out);
        }
        self.end_session(out);
    }

    fn call_staff(&mut self, now: Now, out: &mut Effects) {
        let Some(Journey::Help { from, call }) = self.session.as_ref().map(|it| it.journey())
        else {
            return;
        };
        if matches!(call, HelpCall::Storing(_) | HelpCall::Recorded) {
            return;
        }
        let screen = from.as_str().to_owned();
        let fact = self.outbox(now, EventBody::HelpCalled { screen });
        let write = self.store(vec![fact], out);
        self.set_help_call(HelpCall::Storing(write));
    }

    /// Staff are said to be called once the call is on disk, not before (I5).
    pub(crate) fn help_call_stored(&mut self, write: WriteId, stored: bool) {
        let asked = self.session.as_ref().is_some_and(|it| {
            matches!(it.journey(), Journey::Help { call: HelpCall::Storing(it), .. } if *it == write)
        });
        if asked {
            let call = if stored { HelpCall::Recorded } else { HelpCall::NotRecorded };
            self.set_help_call(call);
        }
    }

    fn set_help_call(&mut self, fresh: HelpCall) {
        if let Some(session) = &mut self.session
            && let Journey::Help { call, .. } = session.journey_mut()
        {
            *call = fresh;
        }
    }

    /// Sends a request and returns its name.
    pub(crate) fn ask(&mut self, call: OfficeCall, out: &mut Effects) -> RequestId {
        let request = RequestId(self.ids.number());
        out.push(Effect::Office { request, call });
        request
    }

    /// Loads what belongs to the person who was just identified.
    pub(crate) fn load_person(&mut self, out: &mut Effects) {
        let Some(person) = self.session.as_ref().and_then(|it| it.person.clone()) else { return };
        let cases = self.ask(OfficeCall::Cases(person.id_hash.clone()), out);
        let appointments = self.ask(OfficeCall::Appointments(person.id_hash), out);
        let session = self.session.as_mut().expect("it has a person");
        session.cases = Loading::Asked(cases);
        session.appointments = Loading::Asked(appointments);
    }

    /// Cases that failed to load are asked for once more.
    pub(crate) fn ask_cases_again(&mut self, out: &mut Effects) {
        let Some(session) = self.session.as_ref() else { return };
        let (Loading::Failed(_), Some(person)) = (&session.cases, &session.person) else { return };
        let asked = self.ask(OfficeCall::Cases(person.id_hash.clone()), out);
        self.session.as_mut().expect("it has a person").cases = Loading::Asked(asked);
    }

    /// The office is back: what failed while it was away is asked for once more.
    pub(crate) fn ask_again(&mut self, now: Now, out: &mut Effects) {
        let failed = self.session.as_ref().is_some_and(|it| {
            matches!(it.cases, Loading::Failed(_)) || matches!(it.appointments, Loading::Failed(_))
        });
        if failed {
            self.load_person(out);
        }
        self.booking_ask_again(now, out);
    }

    /// An answer of the office. Answers to sessions that are over find no place and are dropped.
    pub(crate) fn answer(
        &mut self,
        now: Now,
        request: RequestId,
        result: Result<OfficeAnswer, OfficeProblem>,
        out: &mut Effects,
    ) {
        if self.test_office(now, request, result.is_ok(), out) {
            return;
        }
        let Some(session) = &mut self.session else { return };
        if session.cases.is_asked(request) {
            session.cases = match result {
                Ok(OfficeAnswer::Cases(cases)) => Loading::Ready(cases),
                Ok(_) => Loading::Failed(OfficeProblem::Unreachable),
                Err(problem) => Loading::Failed(problem),
            };
        } else if session.appointments.is_asked(request) {
            session.appointments = match result {
                Ok(OfficeAnswer::Appointments(list)) => Loading::Ready(list),
                Ok(_) => Loading::Failed(OfficeProblem::Unreachable),
                Err(problem) => Loading::Failed(problem),
            };
        } else {
            self.booking_answer(now, request, result, out);
        }
    }

    /// Whether a service is offered here at all and works now.
    pub(crate) fn service_works(&self, service: Service) -> bool {
        self.config.services.contains(&service) && self.devices.service(service).is_ok()
    }

    /// The name of the screen for the log: never more than that.
    pub fn screen_name(&self, now: Now) -> ScreenName {
        self.screen(now).name
    }
}
