//! What the kiosk says aloud: one sentence for what a person is to do now, never a name or a number of
//! theirs, and nothing to staff.

use hal::printer::PrintJobId;
use hal::speaker::{Part, Privacy, SpeakerCommand, Speech};

use crate::diagnosis::DeviceKind;
use crate::effect::Effect;
use crate::journey::{HelpCall, Journey};
use crate::kiosk::{Effects, Kiosk};
use crate::operation::Phase;

/// One sentence, as the clips of the voice are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    LayCard,
    DoorOpen(u16),
    ShutDoor(u16),
    TakePaper(PrintJobId),
    TakeCard,
    StaffCalled,
    MainsLost,
    PleaseWait,
}

impl Prompt {
    fn parts(self) -> Vec<Part> {
        let clip = |key: &str| Part::Clip(key.to_owned());
        let number = |way: u16| Part::Spelled(way.to_string());
        match self {
            Self::LayCard => vec![clip("lay_card")],
            Self::DoorOpen(way) => vec![clip("door"), number(way), clip("is_open")],
            Self::ShutDoor(_) => vec![clip("shut_door")],
            Self::TakePaper(_) => vec![clip("take_paper")],
            Self::TakeCard => vec![clip("take_card")],
            Self::StaffCalled => vec![clip("staff_called")],
            Self::MainsLost => vec![clip("mains_lost")],
            Self::PleaseWait => vec![clip("please_wait")],
        }
    }
}

impl Kiosk {
    /// Says what is new to be said; what belonged to a session ends with it.
    pub(crate) fn prompt(&mut self, out: &mut Effects) {
        if !self.config.devices.contains(&DeviceKind::Speaker) {
            return;
        }
        let in_session = self.session.is_some();
        let ended = self.prompted.1 && !in_session;
        if ended {
            out.push(Effect::Speaker(SpeakerCommand::Stop));
        }
        let wanted = self.prompt_now();
        let fresh = wanted.filter(|it| self.prompted.0 != Some(*it));
        if let Some(prompt) = fresh {
            let speech = Speech { language: self.language.clone(), parts: prompt.parts() };
            let privacy = Privacy::Public;
            out.push(Effect::Speaker(SpeakerCommand::Say { speech, privacy }));
        }
        self.prompted = (wanted, in_session);
    }

    /// The most important first.
    fn prompt_now(&self) -> Option<Prompt> {
        let session = self.session.as_ref();
        if session.is_some_and(|it| it.is_of_staff()) {
            return None;
        }
        if let Some(operation) = self.moving() {
            let way = operation.compartment;
            return match operation.phase {
                Phase::DoorOpen { reminded: true, .. } => Some(Prompt::ShutDoor(way)),
                Phase::DoorOpen { .. } => Some(Prompt::DoorOpen(way)),
                Phase::StoringIntent(_) | Phase::Opening => Some(Prompt::PleaseWait),
                _ => None,
            };
        }
        let journey = session.map(|it| it.journey());
        if matches!(journey, Some(Journey::Help { call: HelpCall::Recorded, .. })) {
            Some(Prompt::StaffCalled)
        } else if let Some(job) = session.and(self.prints.all_came_out()) {
            Some(Prompt::TakePaper(job))
        } else if session.is_none() && self.devices.card_lies {
            Some(Prompt::TakeCard)
        } else if matches!(journey, Some(Journey::Identify { .. })) {
            Some(Prompt::LayCard)
        } else if session.is_some() && self.devices.power.on_battery() {
            Some(Prompt::MainsLost)
        } else {
            None
        }
    }
}
