//! From a card on the reader to a person who may be served.

use hal::id_reader::{IdCard, ReadFailure, ValidTo};
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use sha2::Sha256;
use wire::IdHash;

use super::{CardTrouble, Destination, Journey};
use crate::event::Now;
use crate::kiosk::{Effects, Kiosk};
use crate::session::Person;

/// The keyed hash under which office and kiosk know a person: HMAC-SHA-256 over the number in upper
/// case, 64 hex digits.
pub fn id_hash(hall_key: &[u8], number: &str) -> IdHash {
    let mut mac = Hmac::<Sha256>::new_from_slice(hall_key).expect("HMAC takes keys of any length");
    mac.update(number.trim().to_uppercase().as_bytes());
    IdHash(hal::hex::encode(&mac.finalize().into_bytes()))
}

impl Kiosk {
    /// A card was read. Everything but a hash and a masked name is dropped here.
    pub(crate) fn card_read(&mut self, now: Now, card: &IdCard, out: &mut Effects) {
        let staff = self.session.as_ref().is_some_and(|it| it.staff.is_some());
        if staff || self.moving().is_some() {
            return;
        }
        if let Some(trouble) = trouble_with(card, self.hall_time(now).civil.date()) {
            self.card_trouble(now, trouble);
            return;
        }
        let person = Person {
            id_hash: id_hash(&self.config.hall_key.0, &card.number),
            name_masked: hal::mask::name(&card.name),
            kind: card.kind,
        };
        let somebody_else = self
            .session
            .as_ref()
            .and_then(|it| it.person.as_ref())
            .is_some_and(|it| it.id_hash != person.id_hash);
        if somebody_else {
            self.end_session(out);
        }
        let session = self.session_or_begin(now);
        session.last_touch = now.uptime;
        if session.person.replace(person).is_none() {
            self.load_person(out);
        }
        self.identified(now, out);
    }

    pub(crate) fn card_unreadable(&mut self, now: Now, failure: ReadFailure) {
        let identified =
            self.session.as_ref().is_some_and(|it| it.person.is_some() || it.staff.is_some());
        if !identified && self.moving().is_none() {
            self.card_trouble(now, CardTrouble::Unreadable(failure));
        }
    }

    /// Goes where an identified person may go, or asks for the card first.
    pub(crate) fn with_person(&mut self, now: Now, then: Destination, out: &mut Effects) {
        let session = self.session_or_begin(now);
        if session.person.is_some() {
            self.enter(now, then, out);
        } else {
            session.go(Journey::Identify { then, trouble: None });
        }
    }

    fn identified(&mut self, now: Now, out: &mut Effects) {
        let Some(session) = &mut self.session else { return };
        match session.journey() {
            Journey::Identify { then, .. } => {
                let then = *then;
                session.back();
                self.enter(now, then, out);
            }
            Journey::Code(_) => {
                session.back();
                self.enter(now, Destination::Pickup, out);
            }
            _ => {}
        }
    }

    fn enter(&mut self, now: Now, then: Destination, out: &mut Effects) {
        match then {
            Destination::Home => {}
            Destination::Book => self.begin_booking(now, None, out),
            Destination::Progress => {
                self.ask_cases_again(out);
                self.show(Journey::Progress { page: 0 });
            }
            Destination::Pickup => self.show(Journey::Pickup { page: 0 }),
            Destination::Appointments => {
                self.refresh_appointments(out);
                self.show(Journey::Appointments { page: 0 });
            }
        }
    }

    /// Shows where the person is now.
    pub(crate) fn show(&mut self, journey: Journey) {
        if let Some(session) = &mut self.session {
            session.go(journey);
        }
    }

    fn card_trouble(&mut self, now: Now, trouble: CardTrouble) {
        let session = self.session_or_begin(now);
        session.last_touch = now.uptime;
        let fresh = Some(trouble);
        if let Journey::Identify { trouble, .. } = session.journey_mut() {
            *trouble = fresh;
        } else {
            let then = Destination::Home;
            session.go(Journey::Identify { then, trouble: fresh });
        }
    }
}

fn trouble_with(card: &IdCard, today: Date) -> Option<CardTrouble> {
    if !hal::id_reader::number::is_valid(card.kind, &card.number) {
        return Some(CardTrouble::InvalidNumber);
    }
    if let Some(from) = card.valid_from.filter(|it| *it > today) {
        return Some(CardTrouble::NotYetValid(from));
    }
    match card.valid_to {
        Some(ValidTo::Date(to)) if to < today => Some(CardTrouble::Expired(to)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha256_of_the_upper_case_number() {
        // RFC 4231 test case 2 fixes the function; the number's letter is made upper case first.
        let rfc = id_hash(b"JEFE", "what do ya want for nothing?");
        assert_eq!(rfc.as_str().len(), 64);
        assert_eq!(id_hash(b"k", " 11010519491231002x "), id_hash(b"k", "11010519491231002X"));
        assert_ne!(id_hash(b"k", "11010519491231002X"), id_hash(b"l", "11010519491231002X"));
    }
}
