//! The panel of a kiosk that nobody uses, in the hours in which it may be dark.

use hal::card::CardEvent;
use hal::id_reader::ReaderEvent;
use hal::scanner::ScannerEvent;

use crate::event::{Event, Now};
use crate::kiosk::Kiosk;
use crate::time::in_hall;

impl Kiosk {
    /// Whether the panel is dark. Whatever somebody has to know or do keeps it lit.
    pub fn is_dark(&self, now: Now) -> bool {
        self.config.darkness.at(in_hall(now.wall).time())
            && now.uptime >= self.awake_since + self.config.darkness.after
            && self.at_rest()
            && self.serves()
            && self.settings_since.is_none()
            && !self.devices.card_lies
            && self.open_door().is_none()
            && !self.devices.alarm.rings()
    }

    /// Notes that somebody is there.
    pub(crate) fn wake(&mut self, now: Now, event: &Event) {
        let somebody = matches!(
            event,
            Event::User(_)
                | Event::Restored(_)
                | Event::Reader(ReaderEvent::Card(_) | ReaderEvent::Unreadable(_))
                | Event::Scanner(ScannerEvent::Scanned(_))
                | Event::Card(CardEvent::Staff(_) | CardEvent::Unusable(_))
        );
        if somebody {
            self.awake_since = now.uptime;
        }
    }
}
