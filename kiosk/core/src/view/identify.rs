//! “Lay your card on the reader”, and what is wrong with a card.

use hal::id_reader::ReadFailure;

use super::View;
use crate::action::Action;
use crate::journey::{CardTrouble, Destination, Service};
use crate::screen::{Block, Icon, Screen, ScreenName, Tone};

impl View<'_> {
    pub(super) fn identify(&self, then: Destination, trouble: Option<CardTrouble>) -> Screen {
        let mut screen = self.page(ScreenName::Identify, self.texts.get("identify.title"));
        let what = match then {
            Destination::Home => None,
            Destination::Progress => Some("home.progress"),
            Destination::Pickup => Some("home.pickup"),
            Destination::Book => Some("home.appointment"),
            Destination::Appointments => Some("home.appointments"),
        };
        screen.crumb = what.map(|it| self.texts.get(it));
        screen.subtitle = Some(self.texts.get("identify.subtitle"));
        match trouble {
            // Whose it is nobody knows; laid again it is somebody's who stands here.
            None if self.kiosk.devices.card_lies => screen.show.push(Block::Notice {
                icon: Icon::IdCard,
                tone: Tone::Amber,
                title: self.texts.get("identify.card_lies"),
                text: Some(self.texts.get("identify.card_lies_text")),
            }),
            None => screen.show.push(Block::Picture { icon: Icon::IdCard, tone: Tone::Primary }),
            Some(trouble) => screen.show.push(self.card_trouble(trouble)),
        }
        if self.kiosk.devices.reader == hal::fault::Link::Down {
            screen.show.clear();
            screen.show.push(Block::Notice {
                icon: Icon::Alert,
                tone: Tone::Amber,
                title: self.texts.get("identify.reader_down"),
                text: Some(self.texts.get("missing.reader")),
            });
        }
        screen.act.push(Block::Notice {
            icon: Icon::Lock,
            tone: Tone::Plain,
            title: self.texts.get("identify.privacy"),
            text: Some(self.texts.get("identify.privacy_text")),
        });
        if self.offers(Service::Pickup) {
            let code = self.secondary("identify.code", Some(Icon::Key), Action::BeginCode);
            screen.act.push(Block::Buttons { buttons: vec![code] });
        }
        screen
    }

    /// Each trouble has a sentence of its own and says what to do next.
    fn card_trouble(&self, trouble: CardTrouble) -> Block {
        let (title, text) = match trouble {
            CardTrouble::Unreadable(ReadFailure::LayAgain) => {
                (self.texts.get("card.again"), self.texts.get("card.again_text"))
            }
            CardTrouble::Unreadable(ReadFailure::WrongCard) => {
                (self.texts.get("card.wrong"), self.texts.get("card.wrong_text"))
            }
            CardTrouble::Unreadable(ReadFailure::Rejected) => {
                (self.texts.get("card.rejected"), self.texts.get("card.window_text"))
            }
            CardTrouble::Unreadable(ReadFailure::Malformed) => {
                (self.texts.get("card.malformed"), self.texts.get("card.window_text"))
            }
            CardTrouble::InvalidNumber => {
                (self.texts.get("card.invalid_number"), self.texts.get("card.window_text"))
            }
            CardTrouble::Expired(date) => {
                let day = date.to_string();
                let title = self.texts.with("card.expired", &[("day", day.as_str())]);
                (title, self.texts.get("card.expired_text"))
            }
            CardTrouble::NotYetValid(date) => {
                let day = date.to_string();
                let title = self.texts.with("card.not_yet", &[("day", day.as_str())]);
                (title, self.texts.get("card.window_text"))
            }
        };
        Block::Notice { icon: Icon::Alert, tone: Tone::Red, title, text: Some(text) }
    }
}
