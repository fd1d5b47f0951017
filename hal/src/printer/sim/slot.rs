//! The presenter of a printer: what is held, what is held out, what went back.

use std::time::Duration;

use super::PrinterSim;
use crate::printer::{Paper, presenter::slot_sensor};

/// Where a printed piece of paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// Hanging out of a printer without a presenter.
    Tray,
    /// Cut and still inside.
    Held,
    /// Held out to a person.
    Slot,
    /// Pushed out.
    Floor,
}

#[derive(Default)]
pub(super) struct Presenter {
    /// How many went into the bin.
    pub(super) retracted: u64,
    pub(super) jammed: bool,
}

const MOVING: Duration = Duration::from_millis(800);

impl PrinterSim {
    /// Whether the sensor of the output sees paper.
    pub(super) fn ticket_seen(&self) -> bool {
        self.has("ticket_stuck")
            || self.receipts.iter().any(|it| matches!(it.place, Place::Held | Place::Slot))
    }

    /// The bit by which a presenter without a known one says so.
    pub(super) fn slot_mask(&self) -> u8 {
        slot_sensor(&self.settings).map_or(0x20, |it| it.mask)
    }

    pub(super) fn ejector_byte(&self) -> u8 {
        let status = self.status();
        [
            (status.paper == Paper::NearEnd, 0),
            (status.paper == Paper::End, 2),
            (self.ticket_seen(), 3),
            (status.error.is_some(), 6),
            (self.presenter.jammed, 7),
        ]
        .into_iter()
        .fold(0, |byte, (on, place)| byte | u8::from(on) << place)
    }

    /// GS e: 2 takes back, 3 holds out and cuts first where nothing was cut, 5 pushes out.
    pub(super) fn eject_or_retract(&mut self, n: u8) -> Duration {
        match n {
            2 => self.retract(),
            3 => {
                if !self.receipts.iter().any(|it| it.place == Place::Held) {
                    self.cut(true);
                }
                self.change_place(Place::Held, Place::Slot);
            }
            5 => {
                self.change_place(Place::Held, Place::Floor);
                self.change_place(Place::Slot, Place::Floor);
            }
            _ => return Duration::ZERO,
        }
        MOVING
    }

    fn retract(&mut self) {
        if !self.receipts.iter().any(|it| matches!(it.place, Place::Held | Place::Slot)) {
            return;
        }
        if self.has("retract_jam") {
            self.presenter.jammed = true;
            return;
        }
        let before = self.receipts.len();
        self.receipts.retain(|it| !matches!(it.place, Place::Held | Place::Slot));
        self.presenter.retracted += (before - self.receipts.len()) as u64;
    }

    fn change_place(&mut self, from: Place, to: Place) {
        self.receipts.iter_mut().filter(|it| it.place == from).for_each(|it| it.place = to);
    }
}
