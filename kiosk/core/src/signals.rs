//! What the panel's lights and sounders tell: computed from the state, sent where it changed.

use std::collections::BTreeMap;

use hal::panel::{Buzz, Lamp, Light, PanelCommand};

use crate::alarm::Alarm;
use crate::diagnosis::{DeviceKind, Outcome, condition_now};
use crate::effect::Effect;
use crate::event::Now;
use crate::journey::Journey;
use crate::kiosk::{Effects, Kiosk};
use crate::operation::Phase;
use crate::test_opening::TestPhase;

/// What the panel was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals {
    lamps: BTreeMap<Light, Lamp>,
    buzz: Option<Buzz>,
    siren: Option<bool>,
}

impl Signals {
    /// The panel may have lost it: all of it is told again.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Kiosk {
    /// Tells the panel what changed.
    pub(crate) fn signal(&mut self, now: Now, out: &mut Effects) {
        if !self.has_alarm() {
            return;
        }
        let wanted = self.signals_now(now);
        if wanted == self.signals {
            return;
        }
        for (light, lamp) in &wanted.lamps {
            if self.signals.lamps.get(light) != Some(lamp) {
                out.push(Effect::Panel(PanelCommand::Light { light: *light, lamp: *lamp }));
            }
        }
        if let Some(buzz) = wanted.buzz.filter(|it| self.signals.buzz != Some(*it)) {
            out.push(Effect::Panel(PanelCommand::Buzzer(buzz)));
        }
        if let Some(on) = wanted.siren.filter(|it| self.signals.siren != Some(*it)) {
            out.push(Effect::Panel(PanelCommand::Siren { on }));
        }
        self.signals = wanted;
    }

    fn signals_now(&self, now: Now) -> Signals {
        let lamps = Light::ALL.map(|it| (it, self.lamp(it)));
        let called = self
            .moving()
            .is_some_and(|it| matches!(it.phase, Phase::DoorOpen { reminded: true, .. }));
        let buzz = if called { Buzz::Repeat } else { Buzz::Off };
        let siren = matches!(&self.devices.alarm, Alarm::Rings { since, .. }
            if now.uptime < *since + self.config.limits.siren);
        Signals { lamps: lamps.into(), buzz: Some(buzz), siren: Some(siren) }
    }

    fn lamp(&self, light: Light) -> Lamp {
        let journey = self.session.as_ref().map(|it| it.journey());
        let lit = |it: bool| if it { Lamp::On } else { Lamp::Off };
        let blinks = |it: bool| if it { Lamp::Blink } else { Lamp::Off };
        match light {
            Light::Ready => {
                let works = self.config.services.iter().any(|it| self.service_works(*it));
                lit(works && !self.devices.power.ends())
            }
            Light::Reader => {
                blinks(matches!(journey, Some(Journey::Identify { .. })) || self.devices.card_lies)
            }
            Light::Printer => blinks(self.session.is_some() && self.prints.came_out()),
            Light::Locker => blinks(self.door_stands_open()),
            Light::Fault if self.devices.alarm.rings() => Lamp::Blink,
            Light::Fault => lit(self.config.devices.iter().any(|it| {
                *it != DeviceKind::Office
                    && condition_now(&self.devices, *it).outcome() == Outcome::Fail
            })),
        }
    }

    fn door_stands_open(&self) -> bool {
        let tried = self.test_opening.as_ref().is_some_and(|it| it.phase == TestPhase::Open);
        tried || self.moving().is_some_and(|it| matches!(it.phase, Phase::DoorOpen { .. }))
    }
}
