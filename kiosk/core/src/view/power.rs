//! What is told about the power: on battery, too little of it, and the end.

use super::View;
use crate::action::Action;
use crate::devices::Missing;
use crate::power::Power;
use crate::screen::{Block, Chip, Dialog, Icon, Screen, ScreenName, Tone};

impl View<'_> {
    /// That the mains are gone, and where to go when that stops something here.
    pub(super) fn power_notice(&self) -> Option<Block> {
        let power = self.kiosk.devices.power;
        power.on_battery().then(|| Block::Notice {
            icon: Icon::Battery,
            tone: Tone::Amber,
            title: self.texts.get("power.on_battery"),
            text: Some(match power.may_move() {
                true => self.texts.get("power.on_battery_text"),
                false => self.opening_sentence(),
            }),
        })
    }

    /// What the battery is too low for; the tiles say what still works.
    pub(super) fn low_battery(&self) -> Option<Block> {
        (!self.kiosk.devices.power.may_move()).then(|| Block::Notice {
            icon: Icon::Battery,
            tone: Tone::Amber,
            title: self.texts.get("power.on_battery"),
            text: Some(self.missing_for_all(Missing::Power)),
        })
    }

    /// The mains are gone, in one line where there is no room for more.
    pub(super) fn power_chip(&self) -> Option<Chip> {
        let power = self.kiosk.devices.power;
        power.on_battery().then(|| self.chip(Icon::Battery, "power.on_battery", Tone::Amber))
    }

    /// Why nothing is printed now.
    pub(super) fn no_printing(&self) -> Option<Block> {
        (!self.kiosk.devices.power.may_move()).then(|| Block::Notice {
            icon: Icon::PrinterOff,
            tone: Tone::Amber,
            title: self.texts.get("power.no_printing"),
            text: Some(self.texts.get("power.no_printing_text")),
        })
    }

    /// Why a member of staff can open nothing now.
    pub(super) fn no_opening(&self) -> Option<Block> {
        let (icon, title, text) = match self.kiosk.devices.may_open().err()? {
            Missing::Alarm => (Icon::Alert, "alarm.no_opening", "alarm.no_opening_text"),
            _ => (Icon::Battery, "power.no_opening", "power.no_opening_text"),
        };
        let (title, text) = (self.texts.get(title), Some(self.texts.get(text)));
        Some(Block::Notice { icon, tone: Tone::Amber, title, text })
    }

    /// The start screen of a kiosk that lets nobody in any more.
    pub(super) fn shutting_down(&self) -> Screen {
        let off = self.kiosk.devices.power == Power::ShuttingDown;
        let title = if off { "power.off_title" } else { "power.ending_title" };
        let mut screen = self.page(ScreenName::OutOfService, self.texts.get(title));
        screen.subtitle = Some(self.texts.get("power.back"));
        screen.show.push(
            self.left_behind().unwrap_or(Block::Picture { icon: Icon::Battery, tone: Tone::Amber }),
        );
        screen.act.push(self.elsewhere());
        screen
    }

    /// Over everything while a nearly empty battery leaves a moment to end.
    pub(super) fn ending_question(&self, seconds: u64) -> Dialog {
        let total = self.kiosk.config.limits.power_grace.as_secs();
        let part = |it| u32::try_from(it).unwrap_or(u32::MAX);
        let card = self.kiosk.devices.card_lies;
        let key = if card { "power.ending_text_card" } else { "power.ending_text" };
        Dialog {
            title: self.texts.get("power.ending_title"),
            text: self.texts.with(key, &[("seconds", &seconds.to_string())]),
            countdown_s: Some((part(seconds), part(total))),
            buttons: vec![self.primary("idle.end", Action::EndSession)],
        }
    }
}
