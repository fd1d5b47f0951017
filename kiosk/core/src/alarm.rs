//! The cabinet's alarm: on while no member of staff is at work on the cabinet.
//!
//! A door that is opened, a contact that is broken or a blow sets it off: the event is on record with
//! its time, the office is told, the siren sounds. A blow alone ends with the siren; for what may mean
//! that somebody is in the cabinet, a member of staff has to come with card and PIN, and until then no
//! compartment is opened.

use std::collections::BTreeSet;
use std::time::Duration;

use hal::fault::Link;
use hal::panel::{Input, PanelEvent};
use wire::{EventBody, StaffId};

use crate::action::Action;
use crate::diagnosis::DeviceKind;
use crate::event::Now;
use crate::kiosk::{Effects, Kiosk};
use crate::store::{Record, StoredAlarm};

/// How the alarm stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Alarm {
    #[default]
    Armed,
    Rings {
        /// As uptime.
        since: Duration,
        causes: BTreeSet<Input>,
    },
    /// A member of staff switched it off. It goes on again when they say so, or when the cabinet has
    /// been shut for a while and nobody is logged in.
    Off {
        staff: StaffId,
        /// Since when it could go on by itself, as uptime.
        shut_since: Option<Duration>,
    },
}

impl Alarm {
    /// Whether compartments may be opened.
    pub fn may_open(&self) -> bool {
        !matches!(self, Self::Rings { causes, .. } if causes.iter().any(|it| breaks_in(*it)))
    }

    pub fn rings(&self) -> bool {
        matches!(self, Self::Rings { .. })
    }

    /// A blow alone: nobody is in the cabinet.
    pub(crate) fn only_struck(&self) -> bool {
        self.rings() && self.may_open()
    }

    /// What the next run has to know.
    fn stored(&self) -> StoredAlarm {
        match self {
            Self::Off { staff, .. } => StoredAlarm::Off { staff: staff.clone() },
            Self::Rings { causes, .. } if !self.may_open() => {
                StoredAlarm::BrokenInto { causes: causes.clone() }
            }
            Self::Rings { .. } | Self::Armed => StoredAlarm::Armed,
        }
    }

    /// A break-in rings on after a restart: whoever cut the power silences nothing by that.
    pub(crate) fn restore(stored: StoredAlarm, now: Now) -> Self {
        match stored {
            StoredAlarm::Armed => Self::Armed,
            StoredAlarm::BrokenInto { causes } => Self::Rings { since: now.uptime, causes },
            StoredAlarm::Off { staff } => Self::Off { staff, shut_since: None },
        }
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Rings { .. } => "alarm",
            Self::Off { .. } => "disarmed",
        }
    }
}

/// Whether the cabinet may be open.
fn breaks_in(input: Input) -> bool {
    matches!(input, Input::Door | Input::Tamper)
}

impl Kiosk {
    pub(crate) fn has_alarm(&self) -> bool {
        self.config.devices.contains(&DeviceKind::Panel)
    }

    pub(crate) fn panel(&mut self, now: Now, event: PanelEvent, out: &mut Effects) {
        match event {
            PanelEvent::Link(link) => {
                let before = std::mem::replace(&mut self.devices.panel, link);
                if link == Link::Up {
                    self.devices.panel_problem = None;
                }
                // What it forgot meanwhile is told again.
                self.signals.forget();
                self.link_changed(now, "panel", before, link, out);
            }
            PanelEvent::Problem(problem) => self.devices.panel_problem = Some(problem),
            PanelEvent::Input { input, active, age_ms } => {
                let before = self.devices.inputs.insert(input, active);
                if input != Input::Proximity && before.unwrap_or(false) != active {
                    self.cabinet_changed(now, input, active, age_ms, out);
                }
            }
        }
    }

    fn cabinet_changed(
        &mut self,
        now: Now,
        input: Input,
        active: bool,
        age_ms: u32,
        out: &mut Effects,
    ) {
        let at = now.wall - Duration::from_millis(age_ms.into());
        let detail = serde_json::json!({ "input": input.name(), "active": active });
        let mut records = vec![Record::Journal { at, kind: "cabinet".into(), detail }];
        let off = matches!(self.devices.alarm, Alarm::Off { .. });
        if active && off {
            self.test_came(now, DeviceKind::Panel, out);
        } else if active && self.rings_anew(now, input) {
            let detail = serde_json::json!({ "input": input.name() });
            records.push(Record::Journal { at, kind: "alarm".into(), detail });
            records.push(self.outbox(now, EventBody::Alarm { input: input.name().to_owned() }));
            records.push(Record::Alarm(self.devices.alarm.stored()));
        }
        self.store(records, out);
    }

    /// Notes a cause; whether it is a story of its own: a new cause, or one after the siren fell silent.
    fn rings_anew(&mut self, now: Now, input: Input) -> bool {
        let siren = self.config.limits.siren;
        match &mut self.devices.alarm {
            Alarm::Armed => {
                let (since, causes) = (now.uptime, BTreeSet::from([input]));
                self.devices.alarm = Alarm::Rings { since, causes };
                true
            }
            Alarm::Rings { since, causes } => {
                let fresh = causes.insert(input) || now.uptime >= *since + siren;
                if fresh {
                    *since = now.uptime;
                }
                fresh
            }
            Alarm::Off { .. } => false,
        }
    }

    /// A member of staff, logged in with card and PIN, switches the alarm.
    pub(crate) fn switch_alarm(&mut self, now: Now, action: &Action, out: &mut Effects) {
        let Some(staff) = self.staff_id().filter(|_| self.has_alarm()) else { return };
        let Action::SwitchAlarm { on } = *action else { return };
        let off = matches!(self.devices.alarm, Alarm::Off { .. });
        if on == off && (!on || self.cabinet_is_shut()) {
            self.alarm_switched(now, on, Some(staff), out);
        }
    }

    fn alarm_switched(&mut self, now: Now, armed: bool, staff: Option<StaffId>, out: &mut Effects) {
        self.devices.alarm = match staff.clone().filter(|_| !armed) {
            Some(staff) => Alarm::Off { staff, shut_since: None },
            None => Alarm::Armed,
        };
        let detail = serde_json::json!({ "armed": armed, "staff": staff });
        let journal = Record::Journal { at: now.wall, kind: "alarm_switched".into(), detail };
        let fact = self.outbox(now, EventBody::AlarmSwitched { armed, staff });
        let stands = Record::Alarm(self.devices.alarm.stored());
        self.store(vec![journal, stands, fact], out);
    }

    /// No contact of the cabinet says that it is open, and the panel can be heard.
    pub(crate) fn cabinet_is_shut(&self) -> bool {
        let open = |it: Input| self.devices.inputs.get(&it) == Some(&true);
        self.devices.panel == Link::Up && !open(Input::Door) && !open(Input::Tamper)
    }

    /// A blow is over with the siren; an alarm that was switched off goes on by itself.
    pub(crate) fn alarm_time(&mut self, now: Now, out: &mut Effects) {
        let at_rest = self.session.is_none() && self.cabinet_is_shut();
        match &mut self.devices.alarm {
            Alarm::Armed => {}
            Alarm::Rings { since, causes } => {
                let over = now.uptime >= *since + self.config.limits.siren;
                if over && !causes.iter().any(|it| breaks_in(*it)) {
                    self.devices.alarm = Alarm::Armed;
                    self.device_changed(now, "alarm", "armed", out);
                }
            }
            Alarm::Off { shut_since, .. } if !at_rest => *shut_since = None,
            Alarm::Off { shut_since: shut @ None, .. } => *shut = Some(now.uptime),
            Alarm::Off { shut_since: Some(since), .. } => {
                if now.uptime >= *since + self.config.limits.rearm {
                    self.alarm_switched(now, true, None, out);
                }
            }
        }
    }

    pub(crate) fn alarm_wakeup(&self, now: Now) -> Option<Duration> {
        let limits = &self.config.limits;
        let at = match &self.devices.alarm {
            Alarm::Armed | Alarm::Off { shut_since: None, .. } => return None,
            Alarm::Rings { since, .. } => *since + limits.siren,
            Alarm::Off { shut_since: Some(since), .. } => *since + limits.rearm,
        };
        (at > now.uptime).then_some(at)
    }
}
