//! Opening one compartment to try its lock: only one that holds nothing, as far as everything that is
//! known tells. Intent on disk, pulse, door, outcome on disk, as in [`crate::operation`]; there is no
//! delivery that could come to harm, so nothing of custody changes.

use hal::fault::Link;
use hal::locker::{Door, JobId, LockerCommand, OpenOutcome};
use wire::{EventBody, StaffId};

use crate::effect::Effect;
use crate::event::{Now, WriteId};
use crate::kiosk::{Effects, Kiosk};
use crate::store::Record;

/// The opening that was begun last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestOpening {
    pub(crate) way: u16,
    pub(crate) phase: TestPhase,
    job: JobId,
    staff: StaffId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestPhase {
    StoringIntent(WriteId),
    Pulsed,
    Open,
    /// It was open and is closed again.
    Shut,
    NotOpened,
    Jammed,
    Unknown,
}

impl TestPhase {
    /// The lock may be moving: nothing else is opened meanwhile.
    fn moves(self) -> bool {
        matches!(self, Self::StoringIntent(_) | Self::Pulsed)
    }
}

impl Kiosk {
    /// Whether a lock is being tried right now.
    pub(crate) fn lock_is_tried(&self) -> bool {
        self.test_opening.as_ref().is_some_and(|it| it.phase.moves())
    }

    /// Whether a compartment may be opened for a test. What is not known counts as full: a store
    /// that took another one's place, or that never heard of the office, knows too little.
    pub(crate) fn may_try_lock(&self, way: u16) -> bool {
        self.feed_heard
            && self.devices.locker == Link::Up
            && self.recovery.is_none()
            && self.custody.get(way).is_none()
            && self.devices.door(way) == Door::Closed
            && self.devices.occupied.get(&way) != Some(&true)
            && self.config.compartments.iter().any(|it| it.0 == way)
    }

    /// Writes down who opens what; the lock is pulsed once that is on disk.
    pub(crate) fn try_lock(
        &mut self,
        now: Now,
        way: u16,
        staff: StaffId,
        out: &mut Effects,
    ) -> bool {
        let busy = self.moving().is_some() || self.lock_is_tried();
        if busy || self.devices.may_open().is_err() || !self.may_try_lock(way) {
            return false;
        }
        let job = JobId(self.ids.number());
        let detail = serde_json::json!({ "compartment": way, "staff": staff, "job": job.0 });
        let kind = "test_open_intent".to_owned();
        let journal = Record::Journal { at: now.wall, kind, detail };
        let write = self.store(vec![journal, Record::TestOpening(Some(way))], out);
        let phase = TestPhase::StoringIntent(write);
        self.test_opening = Some(TestOpening { way, phase, job, staff });
        true
    }

    pub(crate) fn test_opening_stored(&mut self, write: WriteId, stored: bool, out: &mut Effects) {
        let Some(test) = &mut self.test_opening else { return };
        if test.phase != TestPhase::StoringIntent(write) {
            return;
        }
        test.phase = if stored { TestPhase::Pulsed } else { TestPhase::NotOpened };
        if stored {
            let (job, way) = (test.job, test.way);
            out.push(Effect::Locker(LockerCommand::Open { job, way }));
        }
    }

    pub(crate) fn test_opening_ended(
        &mut self,
        now: Now,
        job: JobId,
        how: OpenOutcome,
        out: &mut Effects,
    ) {
        let Some(test) = &mut self.test_opening else { return };
        if test.job != job || test.phase != TestPhase::Pulsed {
            return;
        }
        let (phase, word) = match how {
            OpenOutcome::Open => (TestPhase::Open, "open"),
            OpenOutcome::Jammed => (TestPhase::Jammed, "jammed"),
            OpenOutcome::NotSent => (TestPhase::NotOpened, "not_sent"),
            OpenOutcome::Unknown => (TestPhase::Unknown, "unknown"),
        };
        test.phase = phase;
        let (compartment, staff) = (test.way, test.staff.clone());
        let detail = serde_json::json!({ "compartment": compartment, "outcome": word });
        let kind = "test_open_ended".to_owned();
        let journal = Record::Journal { at: now.wall, kind, detail };
        let mut records = vec![journal, Record::TestOpening(None)];
        records.extend(self.jammed_record(compartment, how));
        let (delivery, why) = (None, "test".to_owned());
        match how {
            OpenOutcome::Open => {
                self.meters.opened += 1;
                records.push(self.meters.record());
                let staff = Some(staff);
                let opened = EventBody::Opened { compartment, delivery, why, staff };
                records.push(self.outbox(now, opened));
            }
            OpenOutcome::Jammed => {
                records.push(self.outbox(now, EventBody::OpenFailed { compartment, delivery }));
            }
            OpenOutcome::NotSent | OpenOutcome::Unknown => {}
        }
        self.store(records, out);
    }

    /// A lock that jammed is none that anything is entrusted to, until it opens again.
    fn jammed_record(&mut self, way: u16, how: OpenOutcome) -> Option<Record> {
        let jammed = &mut self.devices.jammed;
        let changed = match how {
            OpenOutcome::Jammed => jammed.insert(way),
            OpenOutcome::Open => jammed.remove(&way),
            OpenOutcome::NotSent | OpenOutcome::Unknown => false,
        };
        changed.then(|| Record::Jammed(jammed.clone()))
    }

    /// The last run stopped while a lock was tried: whether it opened, nobody saw.
    pub(crate) fn test_interrupted(&self, now: Now, way: Option<u16>) -> Vec<Record> {
        let Some(way) = way else { return vec![] };
        let detail = serde_json::json!({ "compartment": way, "outcome": "interrupted" });
        let kind = "test_open_ended".to_owned();
        vec![Record::Journal { at: now.wall, kind, detail }, Record::TestOpening(None)]
    }

    pub(crate) fn test_opening_door(&mut self, way: u16, door: Door) {
        let Some(test) = &mut self.test_opening else { return };
        if test.way == way && test.phase == TestPhase::Open && door == Door::Closed {
            test.phase = TestPhase::Shut;
        }
    }
}
