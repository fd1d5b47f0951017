//! Appointments: item, conditions told once, day, slot, hold, confirm, slip; and later look, move,
//! cancel. A place is held when the slot is chosen, so that the last step cannot fail for want of it.

use jiff::civil::Date;
use wire::{
    Appointment, AppointmentId, BookRequest, CancelRequest, ErrorKind, Hold, HoldRequest,
    IdempotencyKey, ItemId, MoveRequest, Slot, SlotDays,
};

use super::{Destination, Journey};
use crate::action::Action;
use crate::effect::OfficeCall;
use crate::event::{Now, OfficeAnswer, OfficeProblem, RequestId};
use crate::kiosk::{Effects, Kiosk};
use crate::prints::DocumentKind;
use crate::receipt;
use crate::session::Loading;

/// How far ahead people can book.
pub(crate) const DAYS_AHEAD: u16 = 14;

/// An appointment in the making.
#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) item: ItemId,
    /// The appointment that is being moved.
    pub(crate) moving: Option<AppointmentId>,
    pub(crate) days: Loading<SlotDays>,
    pub(crate) day: Option<Date>,
    pub(crate) slot: Option<Slot>,
    pub(crate) hold: Loading<Hold>,
    /// A place that is still kept although the person went back: it is theirs to choose again.
    pub(crate) standing: Option<Hold>,
    pub(crate) booked: Loading<Appointment>,
    pub(crate) trouble: Option<BookingTrouble>,
    /// Made at the tap and kept over retries of the same tap's request.
    hold_key: Option<IdempotencyKey>,
    book_key: Option<IdempotencyKey>,
}

/// Why the last step did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BookingTrouble {
    /// Somebody else took the last place; the next one, if the office knows one.
    Full {
        next: Option<Slot>,
    },
    HoldExpired,
    AlreadyBooked,
    TooLate,
    /// The office was not reached: nobody knows yet, trying again is safe.
    Unreachable,
    /// The office gave no answer that can be used: the same holds.
    Unanswered,
    Failed,
}

impl BookingTrouble {
    /// Whether it may have been done all the same.
    fn is_uncertain(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Unanswered)
    }
}

impl Kiosk {
    pub(crate) fn appointment_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        match action {
            Action::OpenAppointment => self.with_person(now, Destination::Book, out),
            Action::OpenAppointments => self.with_person(now, Destination::Appointments, out),
            Action::Category(index) => {
                self.show(Journey::Items { category: Some(index), page: 0 });
            }
            Action::OpenSearch => self.show(Journey::Search { typed: String::new(), page: 0 }),
            Action::Letter(letter) => self.letter(letter),
            Action::ChooseItem(item) => self.choose_item(now, item, out),
            Action::ConditionsRead => self.conditions_read(now, out),
            Action::ChooseDay(date) => self.choose_day(date),
            Action::ChooseSlot(id) => self.choose_slot(&id),
            Action::HoldSlot => self.hold_slot(now, out),
            Action::ConfirmAppointment => self.confirm_appointment(out),
            Action::PrintSlip => self.print_slip(now, out),
            Action::ShowAppointment(id) => {
                self.show(Journey::Appointment { id, asking: false, cancel: None, print: None });
            }
            Action::MoveAppointment(id) => self.move_appointment(now, id, out),
            Action::CancelAppointment(_) => self.ask_cancel(true),
            Action::KeepAppointment => self.ask_cancel(false),
            Action::ConfirmCancel(id) => self.cancel_appointment(&id, out),
            _ => {}
        }
    }

    pub(crate) fn begin_booking(&mut self, now: Now, item: Option<ItemId>, out: &mut Effects) {
        match item {
            Some(item) => self.choose_item(now, item, out),
            None => self.show(Journey::Items { category: None, page: 0 }),
        }
    }

    fn letter(&mut self, letter: char) {
        let Some(session) = &mut self.session else { return };
        if let Journey::Search { typed, page } = session.journey_mut()
            && typed.len() < 12
            && letter.is_ascii_alphabetic()
        {
            typed.push(letter.to_ascii_lowercase());
            *page = 0;
        }
    }

    fn choose_item(&mut self, now: Now, item: ItemId, out: &mut Effects) {
        let bookable = self.catalogue.as_ref().and_then(|it| it.item(&item));
        if !bookable.is_some_and(|it| it.bookable) || self.session.is_none() {
            return;
        }
        self.start_booking(now, item, None, out);
        self.show(Journey::Conditions { page: 0 });
    }

    fn start_booking(
        &mut self,
        now: Now,
        item: ItemId,
        moving: Option<AppointmentId>,
        out: &mut Effects,
    ) {
        let days = self.ask_slots(now, item.clone(), out);
        let booking = Booking {
            item,
            moving,
            days: Loading::Asked(days),
            day: None,
            slot: None,
            hold: Loading::NotAsked,
            standing: self.session.as_mut().and_then(|it| it.standing_hold.take()),
            booked: Loading::NotAsked,
            trouble: None,
            hold_key: None,
            book_key: None,
        };
        if let Some(session) = &mut self.session {
            session.booking = Some(booking);
        }
    }

    fn ask_slots(&mut self, now: Now, item: ItemId, out: &mut Effects) -> RequestId {
        let from = self.hall_time(now).civil.date();
        self.ask(OfficeCall::Slots { item, from, days: DAYS_AHEAD }, out)
    }

    fn booking(&mut self) -> Option<&mut Booking> {
        self.session.as_mut()?.booking.as_mut()
    }

    fn conditions_read(&mut self, now: Now, out: &mut Effects) {
        if self.booking().is_some() {
            self.booking_ask_again(now, out);
            self.show(Journey::Days { page: 0 });
        }
    }

    fn choose_day(&mut self, date: Date) {
        let Some(booking) = self.booking() else { return };
        booking.day = Some(date);
        booking.slot = None;
        booking.trouble = None;
        self.show(Journey::Slots);
    }

    fn choose_slot(&mut self, id: &wire::SlotId) {
        let Some(booking) = self.booking() else { return };
        let offered = match &booking.trouble {
            Some(BookingTrouble::Full { next: Some(next) }) if next.id == *id => Some(next.clone()),
            _ => None,
        };
        let listed = booking
            .days
            .ready()
            .and_then(|it| it.days.iter().flat_map(|day| &day.slots).find(|slot| slot.id == *id))
            .cloned();
        let Some(slot) = offered.or(listed).filter(|it| booking.places_left(it) > 0) else {
            return;
        };
        if booking.slot.as_ref() != Some(&slot) {
            booking.hold_key = None;
            booking.day = Some(slot.date);
            booking.slot = Some(slot);
            booking.trouble = None;
        }
    }

    /// Asks the office to keep the chosen place while the person reads and confirms.
    fn hold_slot(&mut self, now: Now, out: &mut Effects) {
        let fresh = IdempotencyKey(self.ids.text());
        let Some(person) = self.session.as_ref().and_then(|it| it.person.clone()) else { return };
        let Some(booking) = self.booking() else { return };
        let Some(slot) = booking.slot.clone() else { return };
        if matches!(booking.hold, Loading::Asked(_)) {
            return;
        }
        if let Some(hold) = booking.standing_hold(&slot, now) {
            booking.take_hold(hold);
            self.show(Journey::Confirm);
            return;
        }
        let key = booking.hold_key.get_or_insert(fresh).clone();
        let request =
            HoldRequest { key, item: booking.item.clone(), slot: slot.id, id_hash: person.id_hash };
        let asked = self.ask(OfficeCall::Hold(request), out);
        let booking = self.booking().expect("it was there a moment ago");
        booking.trouble = None;
        booking.hold = Loading::Asked(asked);
    }

    fn confirm_appointment(&mut self, out: &mut Effects) {
        let fresh = IdempotencyKey(self.ids.text());
        let Some(person) = self.session.as_ref().and_then(|it| it.person.clone()) else { return };
        let Some(booking) = self.booking() else { return };
        let Some(hold) = booking.hold.ready().map(|it| it.id.clone()) else { return };
        if matches!(booking.booked, Loading::Asked(_) | Loading::Ready(_)) {
            return;
        }
        let key = booking.book_key.get_or_insert(fresh).clone();
        let id_hash = person.id_hash;
        let call = match booking.moving.clone() {
            Some(appointment) => {
                OfficeCall::Move { appointment, request: MoveRequest { key, hold, id_hash } }
            }
            None => OfficeCall::Book(BookRequest {
                key,
                hold,
                id_hash,
                name_masked: person.name_masked,
            }),
        };
        let asked = self.ask(call, out);
        let booking = self.booking().expect("it was there a moment ago");
        booking.trouble = None;
        booking.booked = Loading::Asked(asked);
    }

    /// An answer that belongs to the booking or to a cancellation.
    pub(crate) fn booking_answer(
        &mut self,
        now: Now,
        request: RequestId,
        result: Result<OfficeAnswer, OfficeProblem>,
        out: &mut Effects,
    ) {
        if let Some(session) = &mut self.session
            && let Journey::Appointment { cancel: Some((asked, _)), .. } = session.journey()
            && *asked == request
        {
            self.cancel_answer(result);
            return;
        }
        let Some(booking) = self.booking() else { return };
        if booking.days.is_asked(request) {
            booking.days = match result {
                Ok(OfficeAnswer::Slots(days)) => Loading::Ready(days),
                Ok(_) => Loading::Failed(OfficeProblem::Unreachable),
                Err(problem) => Loading::Failed(problem),
            };
        } else if booking.hold.is_asked(request) {
            self.held(now, result, out);
        } else if booking.booked.is_asked(request) {
            self.booked(now, result, out);
        }
    }

    fn held(&mut self, now: Now, result: Result<OfficeAnswer, OfficeProblem>, out: &mut Effects) {
        let Some(booking) = self.booking() else { return };
        match result {
            Ok(OfficeAnswer::Held(hold)) => {
                booking.take_hold(*hold);
                if matches!(self.session.as_ref().map(|it| it.journey()), Some(Journey::Slots)) {
                    self.show(Journey::Confirm);
                }
            }
            Ok(_) => self.hold_failed(now, OfficeProblem::Unreachable, out),
            Err(problem) => self.hold_failed(now, problem, out),
        }
    }

    fn hold_failed(&mut self, now: Now, problem: OfficeProblem, out: &mut Effects) {
        let trouble = trouble_of(&problem);
        let taken = matches!(trouble, BookingTrouble::Full { .. });
        let Some(booking) = self.booking() else { return };
        booking.hold = Loading::Failed(problem);
        booking.trouble = Some(trouble);
        if taken {
            booking.slot = None;
            booking.hold_key = None;
            let item = booking.item.clone();
            let asked = self.ask_slots(now, item, out);
            self.booking().expect("it was there a moment ago").days = Loading::Asked(asked);
        }
    }

    fn booked(&mut self, now: Now, result: Result<OfficeAnswer, OfficeProblem>, out: &mut Effects) {
        let Some(booking) = self.booking() else { return };
        let appointment = match result {
            Ok(OfficeAnswer::Booked(it) | OfficeAnswer::Moved(it)) => *it,
            Ok(_) => return self.booking_failed(OfficeProblem::Unreachable),
            Err(problem) => return self.booking_failed(problem),
        };
        booking.booked = Loading::Ready(appointment.clone());
        let print = self.devices.power.may_move().then(|| {
            let document = receipt::slip(&self.paper(now), &appointment);
            self.print(DocumentKind::Slip, &appointment.number, document, out)
        });
        let session = self.session.as_mut().expect("the booking is in it");
        session.rateable = Some("appointment");
        session.restart_at(Journey::Booked { print });
        if let Loading::Ready(list) = &mut session.appointments {
            list.retain(|it| it.id != appointment.id);
            list.push(appointment);
            list.sort_by_key(|it| (it.slot.date, it.slot.starts));
        }
    }

    fn booking_failed(&mut self, problem: OfficeProblem) {
        let Some(session) = &mut self.session else { return };
        // It may have been booked all the same: the list that was loaded is not the truth any more.
        session.appointments = Loading::NotAsked;
        if let Some(booking) = &mut session.booking {
            booking.fail(problem);
        }
    }

    /// Whether a booking was sent and nobody knows yet what became of it.
    pub(crate) fn booking_is_sent(&self) -> bool {
        let booking = self.session.as_ref().and_then(|it| it.booking.as_ref());
        booking.is_some_and(|it| matches!(it.booked, Loading::Asked(_)))
    }

    /// Loads the list of appointments anew where the office can be asked.
    pub(crate) fn refresh_appointments(&mut self, out: &mut Effects) {
        let known = self.session.as_ref().and_then(|it| it.appointments.ready()).is_some();
        let asked =
            self.session.as_ref().is_some_and(|it| matches!(it.appointments, Loading::Asked(_)));
        if asked || (known && !self.devices.office) {
            return;
        }
        let Some(person) = self.session.as_ref().and_then(|it| it.person.clone()) else { return };
        let asked = self.ask(OfficeCall::Appointments(person.id_hash), out);
        let session = self.session.as_mut().expect("it has a person");
        session.appointments = Loading::Asked(asked);
    }

    /// What a booking failed to get is asked for once more, with the same keys.
    pub(crate) fn booking_ask_again(&mut self, now: Now, out: &mut Effects) {
        let Some(booking) = self.booking() else { return };
        if booking.trouble.as_ref().is_some_and(BookingTrouble::is_uncertain) {
            booking.trouble = None;
        }
        if matches!(booking.days, Loading::Failed(_)) {
            let item = booking.item.clone();
            let asked = self.ask_slots(now, item, out);
            self.booking().expect("it was there a moment ago").days = Loading::Asked(asked);
        }
    }

    pub(crate) fn appointment(&self, id: &AppointmentId) -> Option<&Appointment> {
        self.session.as_ref()?.appointments.ready()?.iter().find(|it| it.id == *id)
    }

    fn move_appointment(&mut self, now: Now, id: AppointmentId, out: &mut Effects) {
        let Some(item) = self.appointment(&id).map(|it| it.item.clone()) else { return };
        self.start_booking(now, item, Some(id), out);
        self.show(Journey::Days { page: 0 });
    }

    fn ask_cancel(&mut self, ask: bool) {
        let Some(session) = &mut self.session else { return };
        if let Journey::Appointment { asking, .. } = session.journey_mut() {
            *asking = ask;
        }
    }

    fn cancel_appointment(&mut self, id: &AppointmentId, out: &mut Effects) {
        let fresh = IdempotencyKey(self.ids.text());
        let Some(person) = self.session.as_ref().and_then(|it| it.person.clone()) else { return };
        let Some(Journey::Appointment { id: shown, asking: true, cancel, .. }) =
            self.session.as_ref().map(|it| it.journey())
        else {
            return;
        };
        if shown != id {
            return;
        }
        let key = cancel.as_ref().map_or(fresh, |(_, key)| key.clone());
        let request = CancelRequest { key: key.clone(), id_hash: person.id_hash };
        let asked = self.ask(OfficeCall::Cancel { appointment: id.clone(), request }, out);
        let session = self.session.as_mut().expect("an appointment is shown");
        if let Journey::Appointment { asking, cancel, .. } = session.journey_mut() {
            *asking = false;
            *cancel = Some((asked, key));
        }
    }

    fn cancel_answer(&mut self, result: Result<OfficeAnswer, OfficeProblem>) {
        let Some(session) = &mut self.session else { return };
        let (fresh, failed) = match result {
            Ok(OfficeAnswer::Cancelled(it)) => (Some(it), None),
            Ok(_) => (None, Some(BookingTrouble::Failed)),
            Err(problem) => (None, Some(trouble_of(&problem))),
        };
        if let (Some(fresh), Loading::Ready(list)) = (fresh, &mut session.appointments)
            && let Some(same) = list.iter_mut().find(|it| it.id == fresh.id)
        {
            *same = *fresh;
            session.rateable = Some("appointment");
        }
        let uncertain = failed.as_ref().is_some_and(BookingTrouble::is_uncertain);
        session.cancel_trouble = failed;
        if let Journey::Appointment { cancel, .. } = session.journey_mut() {
            // Nobody knows whether it was cancelled: the next try carries the same key.
            let kept = cancel.take().filter(|_| uncertain);
            *cancel = kept.map(|(_, key)| (RequestId(0), key));
        }
    }

    fn print_slip(&mut self, now: Now, out: &mut Effects) {
        let Some(session) = &self.session else { return };
        let (appointment, print) = match session.journey() {
            Journey::Booked { print } => {
                (session.booking.as_ref().and_then(|it| it.booked.ready()).cloned(), *print)
            }
            Journey::Appointment { id, print, .. } => (self.appointment(id).cloned(), *print),
            _ => return,
        };
        let Some(appointment) = appointment else { return };
        if !self.may_print(print) {
            return;
        }
        let document = receipt::slip(&self.paper(now), &appointment);
        let job = self.print(DocumentKind::Slip, &appointment.number, document, out);
        let session = self.session.as_mut().expect("an appointment is shown");
        if let Journey::Booked { print } | Journey::Appointment { print, .. } =
            session.journey_mut()
        {
            *print = Some(job);
        }
    }

    /// What a person arrives at by going back may have to be loaded or forgotten.
    pub(crate) fn arrived(&mut self, now: Now, out: &mut Effects) {
        let at_slots = matches!(
            self.session.as_ref().map(|it| it.journey()),
            Some(Journey::Slots | Journey::Days { .. })
        );
        let Some(booking) = self.booking() else { return };
        if at_slots {
            // Back from “confirm”: the list may be old by now, the place is kept for a while.
            if let Loading::Ready(hold) = std::mem::replace(&mut booking.hold, Loading::NotAsked) {
                booking.standing = Some(hold);
            }
            booking.hold_key = None;
            booking.trouble = None;
            let item = booking.item.clone();
            let asked = self.ask_slots(now, item, out);
            self.booking().expect("it was there a moment ago").days = Loading::Asked(asked);
        }
    }
}

impl Booking {
    /// The place that stays kept when the person leaves; one that was booked is none any more.
    pub(crate) fn into_hold(self) -> Option<Hold> {
        match (self.booked, self.hold) {
            (Loading::NotAsked, Loading::Ready(hold)) => Some(hold),
            (Loading::NotAsked, _) => self.standing,
            _ => None,
        }
    }

    /// Places that this person can still choose in a slot; their own is one of them.
    pub(crate) fn places_left(&self, slot: &Slot) -> u16 {
        let own = self.standing.as_ref().is_some_and(|it| it.slot.id == slot.id);
        slot.left + u16::from(own)
    }

    fn standing_hold(&mut self, slot: &Slot, now: Now) -> Option<Hold> {
        self.standing.take_if(|it| it.slot.id == slot.id).filter(|it| it.expires_at > now.wall)
    }

    fn take_hold(&mut self, hold: Hold) {
        self.slot = Some(hold.slot.clone());
        self.hold = Loading::Ready(hold);
        self.book_key = None;
        self.booked = Loading::NotAsked;
    }

    fn fail(&mut self, problem: OfficeProblem) {
        let trouble = trouble_of(&problem);
        if !trouble.is_uncertain() {
            // A refusal is final for this key; no answer is not.
            self.book_key = None;
        }
        self.trouble = Some(trouble);
        self.booked = Loading::Failed(problem);
    }
}

fn trouble_of(problem: &OfficeProblem) -> BookingTrouble {
    match problem {
        OfficeProblem::Unreachable => BookingTrouble::Unreachable,
        OfficeProblem::Failed => BookingTrouble::Unanswered,
        OfficeProblem::Refused(error) => match error.kind {
            ErrorKind::SlotFull => BookingTrouble::Full { next: error.next_slot.clone() },
            ErrorKind::HoldExpired => BookingTrouble::HoldExpired,
            ErrorKind::AlreadyBooked => BookingTrouble::AlreadyBooked,
            ErrorKind::TooLate => BookingTrouble::TooLate,
            _ => BookingTrouble::Failed,
        },
    }
}
