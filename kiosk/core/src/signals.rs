//! What the lights, the sounders, the display at the lockers and the evaluator tell people: computed
//! from the state, sent where it changed.

use std::collections::BTreeMap;
use std::time::Duration;

use hal::evaluator::EvaluatorCommand;
use hal::panel::{Buzz, Lamp, Light, PanelCommand};
use hal::scanner::ScannerCommand;
use hal::status_display::{DisplayCommand, DisplayStatus};

use crate::alarm::Alarm;
use crate::diagnosis::{DeviceKind, Outcome, condition_now};
use crate::effect::Effect;
use crate::event::Now;
use crate::journey::Journey;
use crate::kiosk::{Effects, Kiosk};
use crate::operation::Phase;
use crate::test_opening::TestPhase;

/// Shorter than any scanner's read time is set to be.
const SCAN_AGAIN: Duration = Duration::from_secs(4);

/// What was told last; nothing to a device that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals {
    lamps: BTreeMap<Light, Lamp>,
    buzz: Option<Buzz>,
    siren: Option<bool>,
    display: Option<DisplayStatus>,
    grade_asked: Option<bool>,
    /// Since when a code is looked for, as uptime; told again while it is.
    scanning: Option<Duration>,
}

impl Signals {
    /// The panel may have lost it: all of it is told again.
    pub(crate) fn forget(&mut self) {
        self.lamps.clear();
        (self.buzz, self.siren) = (None, None);
    }

    pub(crate) fn forget_display(&mut self) {
        self.display = None;
    }

    pub(crate) fn forget_evaluator(&mut self) {
        self.grade_asked = None;
    }

    pub(crate) fn forget_scanner(&mut self) {
        self.scanning = None;
    }
}

impl Kiosk {
    /// Tells what changed.
    pub(crate) fn signal(&mut self, now: Now, out: &mut Effects) {
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
        if let Some(status) = &wanted.display
            && self.signals.display.as_ref() != Some(status)
        {
            out.push(Effect::StatusDisplay(DisplayCommand::Show(status.clone())));
        }
        if let Some(asked) = wanted.grade_asked.filter(|it| self.signals.grade_asked != Some(*it)) {
            let command = if asked { EvaluatorCommand::Ask } else { EvaluatorCommand::Cancel };
            out.push(Effect::Evaluator(command));
        }
        match (self.signals.scanning, wanted.scanning) {
            (Some(_), None) => out.push(Effect::Scanner(ScannerCommand::Stop)),
            (before, Some(since)) if before != Some(since) => {
                out.push(Effect::Scanner(ScannerCommand::Start));
            }
            _ => {}
        }
        self.signals = wanted;
    }

    fn signals_now(&self, now: Now) -> Signals {
        let has = |kind| self.config.devices.contains(&kind);
        let display = has(DeviceKind::StatusDisplay).then(|| self.display_now());
        let grade_asked = has(DeviceKind::Evaluator).then(|| self.asks_for_a_grade());
        let panel = if has(DeviceKind::Panel) { self.panel_now(now) } else { Signals::default() };
        Signals { display, grade_asked, scanning: self.scanning_now(now), ..panel }
    }

    /// A scanner that reads on command looks for a few seconds only: it is told again and again.
    fn scanning_now(&self, now: Now) -> Option<Duration> {
        let journey = self.session.as_ref()?.journey();
        let wanted = matches!(journey, Journey::Code(_) | Journey::Staff | Journey::Deposit { .. })
            || self.test_waits_for(DeviceKind::Scanner);
        if !wanted || !self.config.devices.contains(&DeviceKind::Scanner) {
            return None;
        }
        let since = self.signals.scanning.filter(|it| now.uptime < *it + SCAN_AGAIN);
        Some(since.unwrap_or(now.uptime))
    }

    fn panel_now(&self, now: Now) -> Signals {
        let lamps = Light::ALL.map(|it| (it, self.lamp(it)));
        let called = self
            .moving()
            .is_some_and(|it| matches!(it.phase, Phase::DoorOpen { reminded: true, .. }));
        let buzz = if called { Buzz::Repeat } else { Buzz::Off };
        let siren = matches!(&self.devices.alarm, Alarm::Rings { since, .. }
            if now.uptime < *since + self.config.limits.siren);
        let (lamps, buzz, siren) = (lamps.into(), Some(buzz), Some(siren));
        Signals { lamps, buzz, siren, ..Signals::default() }
    }

    /// It hangs in public: a door's number and what to do, in the kiosk's own language.
    fn display_now(&self) -> DisplayStatus {
        let texts = self.languages.texts(&self.config.language);
        let tried = self.test_opening.as_ref().filter(|it| it.phase == TestPhase::Open);
        let moved = self.moving().filter(|it| matches!(it.phase, Phase::DoorOpen { .. }));
        let way = moved.map(|it| it.compartment).or(tried.map(|it| it.way));
        let state = if self.serves() { "display.serves" } else { "display.closed" };
        let hint = if way.is_some() { "display.shut" } else { "display.hint" };
        DisplayStatus {
            kiosk: u16::from(self.config.number),
            state: texts.get(state),
            way,
            hint: texts.get(hint),
        }
    }

    /// Whether anything can be done here now.
    pub(crate) fn serves(&self) -> bool {
        let works = self.config.services.iter().any(|it| self.service_works(*it));
        works && !self.devices.power.ends()
    }

    fn lamp(&self, light: Light) -> Lamp {
        let journey = self.session.as_ref().map(|it| it.journey());
        let lit = |it: bool| if it { Lamp::On } else { Lamp::Off };
        let blinks = |it: bool| if it { Lamp::Blink } else { Lamp::Off };
        match light {
            Light::Ready => lit(self.serves()),
            Light::Reader => {
                blinks(matches!(journey, Some(Journey::Identify { .. })) || self.devices.card_lies)
            }
            Light::Printer => blinks(self.session.is_some() && self.prints.came_out().is_some()),
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
