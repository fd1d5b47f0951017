//! Maintenance mode: how the devices are, guided tests of them, and the technician's answers.
//!
//! Nothing of citizens is reachable from here, and nothing that a test reads is kept.

use hal::printer::PrintJobId;
use wire::StaffRole;

use super::Journey;
use crate::action::Action;
use crate::diagnosis::DeviceKind;
use crate::event::Now;
use crate::kiosk::{Effects, Kiosk};
use crate::prints::{DocumentKind, Stage};
use crate::store::Record;

/// How far a guided test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    NotRun,
    /// Something is to be laid or held in front of the device.
    Waiting,
    /// The page is on its way; then the technician says how it looks.
    Printing(PrintJobId),
    /// The answer, on record.
    Done {
        well: bool,
    },
}

/// Whether a test of this device exists on the panel. A lock is tested with `kiosk diag`, which
/// knows that the compartment is empty; the staff card that is inserted is the test of its reader.
pub(crate) fn has_test(kind: DeviceKind) -> bool {
    matches!(kind, DeviceKind::IdReader | DeviceKind::Scanner | DeviceKind::Printer)
}

impl Kiosk {
    pub(crate) fn maintenance_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        if !self.staff_may(StaffRole::Technician) || self.moving().is_some() {
            return;
        }
        match action {
            Action::Maintenance => self.show(Journey::Maintenance { page: 0 }),
            Action::MaintainDevice(kind) => {
                self.show(Journey::MaintenanceDevice { kind, test: Test::NotRun });
            }
            Action::RunTest => self.run_test(out),
            Action::TestSeen(well) => self.test_answered(now, well, out),
            _ => {}
        }
    }

    /// Whether the member of staff who is logged in has this role.
    pub(crate) fn staff_may(&self, role: StaffRole) -> bool {
        let staff = self.session.as_ref().and_then(|it| it.staff.as_ref());
        staff.is_some_and(|it| it.roles.contains(&role))
    }

    /// A card was read or a code was scanned: the end of a test that waits for it. Whether one did.
    pub(crate) fn test_came(&mut self, now: Now, from: DeviceKind, out: &mut Effects) -> bool {
        let waits = self.test_waits_for(from);
        if waits {
            self.test_ends(now, from, true, out);
        }
        waits
    }

    /// The same where it could not be read.
    pub(crate) fn test_failed(&mut self, now: Now, from: DeviceKind, out: &mut Effects) -> bool {
        let waits = self.test_waits_for(from);
        if waits {
            self.test_ends(now, from, false, out);
        }
        waits
    }

    fn test_waits_for(&self, from: DeviceKind) -> bool {
        matches!(
            self.session.as_ref().map(|it| it.journey()),
            Some(Journey::MaintenanceDevice { kind, test: Test::Waiting }) if *kind == from
        )
    }

    fn run_test(&mut self, out: &mut Effects) {
        let Some(kind) = self.tested() else { return };
        let test = match kind {
            DeviceKind::Printer if !self.may_print(None) => return,
            DeviceKind::Printer => {
                let document = hal::printer::test_document();
                Test::Printing(self.print(DocumentKind::TestPage, "test", document, out))
            }
            _ if has_test(kind) => Test::Waiting,
            _ => return,
        };
        self.set_test(test);
    }

    /// Only a test that ran has an answer: a page that came out, or a device that heard nothing.
    fn test_answered(&mut self, now: Now, well: bool, out: &mut Effects) {
        let Some(session) = &self.session else { return };
        let Journey::MaintenanceDevice { kind, test } = *session.journey() else { return };
        let ran = match test {
            Test::Waiting => !well,
            Test::Printing(job) => {
                self.prints.get(job).is_some_and(|it| it.stage == Stage::Printed)
            }
            Test::NotRun | Test::Done { .. } => false,
        };
        if ran {
            self.test_ends(now, kind, well, out);
        }
    }

    fn test_ends(&mut self, now: Now, kind: DeviceKind, well: bool, out: &mut Effects) {
        self.set_test(Test::Done { well });
        let staff = self.session.as_ref().and_then(|it| it.staff.as_ref()).map(|it| it.id.clone());
        let detail = serde_json::json!({ "device": kind.word(), "well": well, "staff": staff });
        let record = Record::Journal { at: now.wall, kind: "device_tested".into(), detail };
        self.store(vec![record], out);
    }

    /// The device whose page is open.
    fn tested(&self) -> Option<DeviceKind> {
        match self.session.as_ref()?.journey() {
            Journey::MaintenanceDevice { kind, .. } => Some(*kind),
            _ => None,
        }
    }

    fn set_test(&mut self, fresh: Test) {
        let Some(session) = &mut self.session else { return };
        if let Journey::MaintenanceDevice { test, .. } = session.journey_mut() {
            *test = fresh;
        }
    }
}
