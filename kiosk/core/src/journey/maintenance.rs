//! Maintenance mode: how the devices are, guided tests of them, and the technician's answers.
//!
//! Nothing of citizens is reachable from here, and nothing that a test reads is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hal::printer::PrintJobId;
use hal::speaker::{SpeakerCommand, SpeakerEvent};
use wire::{StaffId, StaffRole};

use super::Journey;
use crate::action::Action;
use crate::alarm::Alarm;
use crate::diagnosis::DeviceKind;
use crate::effect::{Effect, OfficeCall};
use crate::event::{EventLine, Now, RequestId};
use crate::kiosk::{Effects, Kiosk};
use crate::prints::{DocumentKind, Stage};
use crate::session::Loading;
use crate::store::Record;
use crate::test_opening::TestPhase;

/// Lines of the event log that maintenance shows.
pub(crate) const EVENTS_MAX: usize = 200;
/// Places of the touch test, one for each letter from A.
pub(crate) const TOUCH_PLACES: u8 = 20;
/// The touch panel as tests are recorded of it: it is no device of its own.
pub(crate) const TOUCH: &str = "touch";

/// How long the results of a technician's tests count for an inspection: a visit's length.
const RESULTS_KEPT: Duration = Duration::from_secs(8 * 60 * 60);

/// What a technician found, by device: whether it is well. It outlasts the session, because whoever
/// repairs something pulls the card and comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestResults {
    staff: StaffId,
    /// As uptime.
    since: Duration,
    well: BTreeMap<&'static str, bool>,
}

/// The page of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DevicePage {
    pub(crate) kind: DeviceKind,
    pub(crate) test: Test,
    /// Of the list of ways that may be opened.
    pub(crate) page: usize,
    /// The question whether there is a new roll is on.
    pub(crate) new_roll: bool,
}

/// How far a guided test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    NotRun,
    /// Something is to be laid or held in front of the device.
    Waiting,
    /// Something is shown; the technician says whether they see it.
    Looking,
    /// The page is on its way; then the technician says how it looks.
    Printing(PrintJobId),
    /// The office was asked.
    Asking {
        request: RequestId,
        since: Duration,
    },
    /// A compartment is being opened: [`Kiosk::test_opening`] says how far that is.
    Opening,
    /// The answer, on record.
    Done {
        well: bool,
        took_ms: Option<u64>,
    },
}

/// Whether a test of this device exists on the panel. The staff card that is inserted is the test of
/// its reader.
pub(crate) fn has_test(kind: DeviceKind) -> bool {
    kind.has_driver() && !matches!(kind, DeviceKind::Card | DeviceKind::Ups)
}

impl Kiosk {
    pub(crate) fn maintenance_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        if !self.staff_may(StaffRole::Technician) || self.moving().is_some() {
            return;
        }
        match action {
            Action::Maintenance => self.show(Journey::Maintenance { page: 0, restarting: false }),
            Action::MaintainDevice(kind) => {
                let (test, page, new_roll) = (Test::NotRun, 0, false);
                let page = DevicePage { kind, test, page, new_roll };
                self.show(Journey::MaintenanceDevice(page));
            }
            Action::RunTest => self.run_test(now, out),
            Action::TestLock(way) => self.test_lock(now, way, out),
            Action::TestSeen(well) => self.test_answered(now, well, out),
            Action::JudgeDevice(well) => self.judge_device(now, well, out),
            Action::OpenEvents => self.open_events(out),
            Action::OpenTouchTest => {
                self.show(Journey::TouchTest { touched: BTreeSet::new(), done: None });
            }
            Action::TouchPlace(place) => self.touched(now, Some(place), out),
            Action::TouchFailed => self.touched(now, None, out),
            Action::AskNewRoll | Action::NewRoll => self.new_roll(now, action, out),
            Action::AskRestart | Action::Restart => self.restart_asked(now, action, out),
            Action::NotNow => self.not_now(),
            _ => {}
        }
    }

    /// Whether the member of staff who is logged in has this role.
    pub(crate) fn staff_may(&self, role: StaffRole) -> bool {
        let staff = self.session.as_ref().and_then(|it| it.staff.as_ref());
        staff.is_some_and(|it| it.roles.contains(&role))
    }

    pub(crate) fn staff_id(&self) -> Option<StaffId> {
        self.session.as_ref()?.staff.as_ref().map(|it| it.id.clone())
    }

    /// A card was read or a code was scanned: the end of a test that waits for it. Whether one did.
    pub(crate) fn test_came(&mut self, now: Now, from: DeviceKind, out: &mut Effects) -> bool {
        let waits = self.test_waits_for(from);
        if waits {
            self.test_ends(now, from.word(), true, None, out);
        }
        waits
    }

    /// The same where it could not be read.
    pub(crate) fn test_failed(&mut self, now: Now, from: DeviceKind, out: &mut Effects) -> bool {
        let waits = self.test_waits_for(from);
        if waits {
            self.test_ends(now, from.word(), false, None, out);
        }
        waits
    }

    pub(crate) fn test_waits_for(&self, from: DeviceKind) -> bool {
        self.device_page().is_some_and(|it| it.kind == from && it.test == Test::Waiting)
    }

    /// How the speaker is; what could not be said is seen on the screen all the same.
    pub(crate) fn speaker(&mut self, now: Now, event: SpeakerEvent, out: &mut Effects) {
        if let SpeakerEvent::Link(link) = event {
            let before = std::mem::replace(&mut self.devices.speaker, link);
            self.link_changed(now, "speaker", before, link, out);
        }
    }

    fn run_test(&mut self, now: Now, out: &mut Effects) {
        let Some(kind) = self.device_page().map(|it| it.kind) else { return };
        let test = match kind {
            DeviceKind::Printer if !self.may_print(None) => return,
            DeviceKind::Printer => {
                let document = hal::printer::test_document();
                Test::Printing(self.print(DocumentKind::TestPage, "test", document, out))
            }
            DeviceKind::Office => {
                let request = self.ask(OfficeCall::Reach, out);
                Test::Asking { request, since: now.uptime }
            }
            // The contacts of a cabinet whose alarm is on are not tried by opening it.
            DeviceKind::Panel if !matches!(self.devices.alarm, Alarm::Off { .. }) => return,
            DeviceKind::StatusDisplay => Test::Looking,
            DeviceKind::Speaker => {
                out.push(Effect::Speaker(SpeakerCommand::Chime));
                Test::Looking
            }
            // A lock is tried on the way that is chosen.
            DeviceKind::Locker => return,
            _ if has_test(kind) => Test::Waiting,
            _ => return,
        };
        self.set_test(test);
    }

    fn test_lock(&mut self, now: Now, way: u16, out: &mut Effects) {
        let on_page = self.device_page().is_some_and(|it| it.kind == DeviceKind::Locker);
        let Some(staff) = self.staff_id().filter(|_| on_page) else { return };
        if self.try_lock(now, way, staff, out) {
            self.set_test(Test::Opening);
        }
    }

    /// The office answered, or did not, while its test waits. Whether it was asked by a test.
    pub(crate) fn test_office(
        &mut self,
        now: Now,
        request: RequestId,
        well: bool,
        out: &mut Effects,
    ) -> bool {
        let Some(DevicePage { test: Test::Asking { request: asked, since }, .. }) =
            self.device_page()
        else {
            return false;
        };
        if asked != request {
            return false;
        }
        let took = now.uptime.saturating_sub(since).as_millis();
        let took_ms = u64::try_from(took).ok().filter(|_| well);
        self.test_ends(now, DeviceKind::Office.word(), well, took_ms, out);
        true
    }

    /// Only a test that ran has an answer: a page that came out, a door that was tried, or a device
    /// that heard nothing.
    fn test_answered(&mut self, now: Now, well: bool, out: &mut Effects) {
        let Some(DevicePage { kind, test, .. }) = self.device_page() else { return };
        let ran = match test {
            Test::Waiting => !well,
            Test::Looking => true,
            Test::Printing(job) => {
                self.prints.get(job).is_some_and(|it| it.stage == Stage::Printed)
            }
            Test::Opening => match self.test_opening.as_ref().map(|it| it.phase) {
                Some(TestPhase::Shut) => true,
                Some(TestPhase::Open | TestPhase::Jammed | TestPhase::Unknown) => !well,
                _ => false,
            },
            Test::NotRun | Test::Asking { .. } | Test::Done { .. } => false,
        };
        if ran {
            self.test_ends(now, kind.word(), well, None, out);
        }
    }

    fn test_ends(
        &mut self,
        now: Now,
        device: &'static str,
        well: bool,
        took_ms: Option<u64>,
        out: &mut Effects,
    ) {
        self.set_test(Test::Done { well, took_ms });
        self.keep_result(now, device, well);
        let detail = serde_json::json!({
            "device": device, "well": well, "staff": self.staff_id(), "took_ms": took_ms,
        });
        let record = Record::Journal { at: now.wall, kind: "device_tested".into(), detail };
        self.store(vec![record], out);
    }

    /// What no test shows: a loose lid, a scratched screen, a noise.
    fn judge_device(&mut self, now: Now, well: bool, out: &mut Effects) {
        let Some(DevicePage { kind, .. }) = self.device_page() else { return };
        let device = kind.word();
        self.keep_result(now, device, well);
        let detail = serde_json::json!({
            "device": device, "well": well, "staff": self.staff_id(),
        });
        let record = Record::Journal { at: now.wall, kind: "device_judged".into(), detail };
        self.store(vec![record], out);
    }

    fn keep_result(&mut self, now: Now, device: &'static str, well: bool) {
        let Some(staff) = self.staff_id() else { return };
        let fresh = || TestResults { staff, since: now.uptime, well: BTreeMap::new() };
        self.test_results.get_or_insert_with(fresh).well.insert(device, well);
    }

    /// Somebody logged in: what somebody else found, or found on another day, is not theirs.
    pub(crate) fn drop_results_of_others(&mut self, now: Now, staff: &StaffId) {
        self.test_results.take_if(|it| it.staff != *staff || now.uptime >= it.since + RESULTS_KEPT);
    }

    /// What the technician found of a device.
    pub(crate) fn result_of(&self, device: &str) -> Option<bool> {
        self.test_results.as_ref()?.well.get(device).copied()
    }

    fn open_events(&mut self, out: &mut Effects) {
        let request = RequestId(self.ids.number());
        out.push(Effect::ReadEvents { request, count: EVENTS_MAX });
        self.show(Journey::Events { page: 0, lines: Loading::Asked(request) });
    }

    pub(crate) fn events_read(&mut self, asked: RequestId, fresh: Option<Vec<EventLine>>) {
        let Some(session) = &mut self.session else { return };
        if let Journey::Events { lines, .. } = session.journey_mut()
            && lines.is_asked(asked)
        {
            *lines = match fresh {
                Some(read) => Loading::Ready(read),
                None => Loading::Failed(crate::event::OfficeProblem::Failed),
            };
        }
    }

    /// All places touched: the panel is well. Or the technician says that one does not answer.
    fn touched(&mut self, now: Now, place: Option<u8>, out: &mut Effects) {
        let Some(session) = &mut self.session else { return };
        let Journey::TouchTest { touched, done } = session.journey_mut() else { return };
        if done.is_some() {
            return;
        }
        touched.extend(place.filter(|it| *it < TOUCH_PLACES));
        let all = touched.len() == usize::from(TOUCH_PLACES);
        if all || place.is_none() {
            *done = Some(all);
            self.test_ends(now, TOUCH, all, None, out);
        }
    }

    fn new_roll(&mut self, now: Now, action: Action, out: &mut Effects) {
        let Some(page) = self.device_page_mut().filter(|it| it.kind == DeviceKind::Printer) else {
            return;
        };
        let confirmed = action == Action::NewRoll && page.new_roll;
        page.new_roll = action == Action::AskNewRoll;
        if confirmed {
            let used_mm = self.meters.paper_mm;
            self.meters.new_roll(now.wall);
            let detail = serde_json::json!({
                "device": "printer", "used_mm": used_mm, "staff": self.staff_id(),
            });
            let kind = "paper_replaced".to_owned();
            let journal = Record::Journal { at: now.wall, kind, detail };
            self.store(vec![journal, self.meters.record()], out);
        }
    }

    fn restart_asked(&mut self, now: Now, action: Action, out: &mut Effects) {
        let asked = {
            let Some(session) = &mut self.session else { return };
            let Journey::Maintenance { restarting, .. } = session.journey_mut() else { return };
            std::mem::replace(restarting, action == Action::AskRestart)
        };
        let confirmed = action == Action::Restart && asked;
        if !confirmed || !self.may_restart() {
            return;
        }
        let detail = serde_json::json!({ "staff": self.staff_id() });
        let kind = "restart_ordered".to_owned();
        self.store(vec![Record::Journal { at: now.wall, kind, detail }], out);
        self.end_session(out);
        out.push(Effect::Restart);
    }

    /// Nothing moves that a new start would lose sight of.
    pub(crate) fn may_restart(&self) -> bool {
        !self.lock_is_tried() && !self.prints.are_going_on()
    }

    fn not_now(&mut self) {
        let Some(session) = &mut self.session else { return };
        match session.journey_mut() {
            Journey::Maintenance { restarting, .. } => *restarting = false,
            Journey::MaintenanceDevice(page) => page.new_roll = false,
            _ => {}
        }
    }

    /// The device whose page is open.
    fn device_page(&self) -> Option<DevicePage> {
        match self.session.as_ref()?.journey() {
            Journey::MaintenanceDevice(page) => Some(*page),
            _ => None,
        }
    }

    fn device_page_mut(&mut self) -> Option<&mut DevicePage> {
        match self.session.as_mut()?.journey_mut() {
            Journey::MaintenanceDevice(page) => Some(page),
            _ => None,
        }
    }

    fn set_test(&mut self, fresh: Test) {
        if let Some(page) = self.device_page_mut() {
            page.test = fresh;
        }
    }
}
