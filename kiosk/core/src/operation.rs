//! Opening one compartment for one purpose: intent on disk, pulse, door, outcome on disk.
//!
//! ```text
//! StoringIntent ─Stored→ Opening ─Opened→ DoorOpen ─closed→ (Asking) → StoringOutcome ─Stored→ Ended
//!        │                  │                 │
//!        └ not stored       └ jammed, line    └ left open, disputed → StoringOutcome(uncertain)
//! ```
//! One operation at a time. It outlives the session that began it: whoever walks away, the outcome is
//! recorded. The lock is pulsed only after the intent was confirmed to be on disk, here and, for a lock
//! that is tried, in [`crate::test_opening`].

use std::time::Duration;

use hal::locker::{Door, JobId, LockerCommand, OpenOutcome};
use wire::{DeliveryId, EventBody, StaffId};

use crate::custody::{Compartment, CompartmentState, Doubt, Purpose};
use crate::effect::Effect;
use crate::event::{Now, WriteId};
use crate::kiosk::{Effects, Kiosk};
use crate::store::Record;

/// What is being done with a compartment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) job: JobId,
    pub(crate) compartment: u16,
    pub(crate) delivery: DeliveryId,
    /// The record as the intent wrote it.
    intent: Compartment,
    pub(crate) task: Task,
    pub(crate) phase: Phase,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    For(Purpose),
    Inspect { staff: StaffId, because: Doubt },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    StoringIntent(WriteId),
    Opening,
    DoorOpen {
        since: Duration,
        reminded: bool,
    },
    /// An inspected compartment was closed again; the member of staff says what was in it.
    Asking,
    StoringOutcome {
        write: WriteId,
        outcome: Outcome,
    },
    Ended(Outcome),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    HandedOver {
        receipt: String,
    },
    /// The door was open and closed, and the sensor still sees the thing inside.
    StillInside,
    Deposited,
    /// The door was open and closed, and the sensor sees nothing inside.
    NotPlaced,
    Recalled,
    Found,
    Missing,
    /// Nothing was pulsed, nothing changed.
    NotOpened,
    Uncertain {
        doubt: Doubt,
        receipt: Option<String>,
    },
}

impl Kiosk {
    /// Begins an operation: writes down who may open what and why. False when another one is on,
    /// the battery may not last or somebody may be in the cabinet.
    pub(crate) fn begin_operation(
        &mut self,
        now: Now,
        record: Compartment,
        task: Task,
        out: &mut Effects,
    ) -> bool {
        if self.moving().is_some() || self.lock_is_tried() || self.devices.may_open().is_err() {
            return false;
        }
        let job = JobId(self.ids.number());
        let state = match &task {
            Task::For(purpose) => CompartmentState::Opening { job, purpose: purpose.clone() },
            Task::Inspect { staff, because } => {
                CompartmentState::Inspecting { job, staff: staff.clone(), because: *because }
            }
        };
        let (compartment, delivery) = (record.number, record.delivery.id.clone());
        let intent = Compartment { state, since: now.wall, ..record };
        let detail = serde_json::json!({
            "compartment": compartment, "delivery": delivery, "job": job.0, "task": task.word(),
            "staff": task.staff(),
        });
        let records = vec![
            Record::Compartment(intent.clone()),
            // What is being put into a compartment waits in the back room no more (I2).
            Record::ForgetExpected(delivery.clone()),
            Record::Journal { at: now.wall, kind: "open_intent".into(), detail },
        ];
        self.custody.put(intent.clone());
        let write = self.store(records, out);
        let phase = Phase::StoringIntent(write);
        self.operation = Some(Operation { job, compartment, delivery, intent, task, phase });
        true
    }

    /// The intent is on disk: pulse. Or the outcome is: tell.
    pub(crate) fn operation_stored(&mut self, now: Now, write: WriteId, out: &mut Effects) {
        let Some(operation) = &mut self.operation else { return };
        match &operation.phase {
            Phase::StoringIntent(expected) if *expected == write => {
                operation.phase = Phase::Opening;
                let (job, way) = (operation.job, operation.compartment);
                out.push(Effect::Locker(LockerCommand::Open { job, way }));
            }
            Phase::StoringOutcome { write: expected, outcome } if *expected == write => {
                let outcome = outcome.clone();
                operation.phase = Phase::Ended(outcome.clone());
                self.operation_ended(now, &outcome, out);
            }
            _ => {}
        }
    }

    pub(crate) fn operation_not_stored(&mut self, now: Now, write: WriteId, out: &mut Effects) {
        let Some(operation) = self.operation.clone() else { return };
        let outcome = match &operation.phase {
            Phase::StoringIntent(expected) if *expected == write => {
                self.restore_before(now, &operation);
                Outcome::NotOpened
            }
            Phase::StoringOutcome { write: expected, .. } if *expected == write => {
                self.outcome_lost(now, &operation);
                Outcome::Uncertain { doubt: Doubt::NotStored, receipt: None }
            }
            _ => return,
        };
        self.set_phase(Phase::Ended(outcome.clone()));
        self.operation_ended(now, &outcome, out);
    }

    /// The disk knows the intent only, so nobody may rely on more than that.
    fn outcome_lost(&mut self, now: Now, operation: &Operation) {
        let state = CompartmentState::Uncertain { because: Doubt::NotStored };
        self.custody.unfinish(&operation.delivery);
        self.custody.put(Compartment { state, since: now.wall, ..operation.intent.clone() });
        self.prints.forget_unstored();
    }

    pub(crate) fn operation_opened(
        &mut self,
        now: Now,
        job: JobId,
        how: OpenOutcome,
        out: &mut Effects,
    ) {
        let Some(operation) = self.operation.clone() else { return };
        if operation.job != job || operation.phase != Phase::Opening {
            return;
        }
        match how {
            OpenOutcome::Open => {
                self.somebody_is_here(now);
                self.set_phase(Phase::DoorOpen { since: now.uptime, reminded: false });
                let body = EventBody::Opened {
                    compartment: operation.compartment,
                    delivery: Some(operation.delivery.clone()),
                    why: operation.task.word().into(),
                    staff: operation.task.staff(),
                };
                let opened = self.outbox(now, body);
                self.meters.opened += 1;
                let journal = self.journal(now, "door_open", &operation);
                self.store(vec![journal, opened, self.meters.record()], out);
            }
            OpenOutcome::NotSent => self.operation_untouched(now, &operation, out),
            OpenOutcome::Jammed => self.operation_in_doubt(now, Doubt::Jammed, out),
            OpenOutcome::Unknown => self.operation_in_doubt(now, Doubt::LineFailed, out),
        }
    }

    /// A door changed. Only the end of the operation's own opening matters here.
    pub(crate) fn operation_door(&mut self, now: Now, way: u16, door: Door, out: &mut Effects) {
        let Some(operation) = self.operation.clone() else { return };
        let open = matches!(operation.phase, Phase::DoorOpen { .. });
        if operation.compartment != way || door != Door::Closed || !open {
            return;
        }
        self.somebody_is_here(now);
        match &operation.task {
            Task::Inspect { .. } => self.set_phase(Phase::Asking),
            Task::For(purpose) => {
                let inside = self.devices.occupied.get(&way).copied();
                let outcome = match (purpose, inside) {
                    (Purpose::Pickup { .. } | Purpose::Recall { .. }, Some(true)) => {
                        Outcome::StillInside
                    }
                    (Purpose::Pickup { .. }, _) => {
                        Outcome::HandedOver { receipt: self.next_receipt(now, "LQ") }
                    }
                    (Purpose::Recall { .. }, _) => Outcome::Recalled,
                    (Purpose::Deposit { .. }, Some(false)) => Outcome::NotPlaced,
                    (Purpose::Deposit { .. }, _) => Outcome::Deposited,
                };
                self.store_outcome(now, outcome, out);
            }
        }
    }

    /// The member of staff who looked says what was in the compartment.
    pub(crate) fn operation_inspected(&mut self, now: Now, found: bool, out: &mut Effects) {
        if self.operation.as_ref().is_some_and(|it| it.phase == Phase::Asking) {
            let outcome = if found { Outcome::Found } else { Outcome::Missing };
            self.store_outcome(now, outcome, out);
        }
    }

    /// The person says that the door did not open, or leaves it open.
    pub(crate) fn operation_in_doubt(&mut self, now: Now, doubt: Doubt, out: &mut Effects) {
        let Some(operation) = &self.operation else { return };
        if !matches!(operation.phase, Phase::Opening | Phase::DoorOpen { .. } | Phase::Asking) {
            return;
        }
        let pickup = matches!(operation.task, Task::For(Purpose::Pickup { .. }));
        let receipt = pickup.then(|| self.next_receipt(now, "GZ"));
        self.store_outcome(now, Outcome::Uncertain { doubt, receipt }, out);
    }

    /// The person says, after the outcome was told, that nothing was taken out: only somebody who looks
    /// can tell, and until then nothing is put in there and nobody is given it.
    pub(crate) fn operation_still_inside(&mut self, now: Now, out: &mut Effects) {
        let Some(operation) = self.operation.clone() else { return };
        let receipt = match &operation.phase {
            Phase::Ended(Outcome::HandedOver { receipt }) => Some(receipt.clone()),
            Phase::Ended(Outcome::Recalled) => None,
            _ => return,
        };
        if self.custody.get(operation.compartment).is_some() {
            return;
        }
        let state = CompartmentState::Uncertain { because: Doubt::Disputed };
        self.custody.unfinish(&operation.delivery);
        self.custody.put(Compartment { state, since: now.wall, ..operation.intent.clone() });
        let mut records = self.doubt_records(now, operation.compartment);
        records.push(Record::ForgetFinished(operation.delivery.clone()));
        records.push(self.journal(now, "still_inside", &operation));
        let write = self.store(records, out);
        let outcome = Outcome::Uncertain { doubt: Doubt::Disputed, receipt };
        self.set_phase(Phase::StoringOutcome { write, outcome });
    }

    /// Door reminders and limits. Returns whether something changed.
    pub(crate) fn operation_time(&mut self, now: Now, out: &mut Effects) {
        let limits = self.config.limits.clone();
        let Some(operation) = &mut self.operation else { return };
        let Phase::DoorOpen { since, reminded } = &mut operation.phase else { return };
        let open_for = now.uptime.saturating_sub(*since);
        if open_for >= limits.door_limit {
            self.operation_in_doubt(now, Doubt::DoorLeftOpen, out);
        } else if open_for >= limits.door_reminder && !*reminded {
            *reminded = true;
        }
    }

    pub(crate) fn operation_wakeup(&self) -> Option<Duration> {
        let limits = &self.config.limits;
        match self.operation.as_ref()?.phase {
            Phase::DoorOpen { since, reminded: false } => Some(since + limits.door_reminder),
            Phase::DoorOpen { since, reminded: true } => Some(since + limits.door_limit),
            _ => None,
        }
    }

    fn operation_untouched(&mut self, now: Now, operation: &Operation, out: &mut Effects) {
        self.restore_before(now, operation);
        let mut records = self.compartment_records(now, operation);
        records.push(self.journal(now, "open_not_sent", operation));
        let write = self.store(records, out);
        self.set_phase(Phase::StoringOutcome { write, outcome: Outcome::NotOpened });
    }

    /// Writes the outcome, the custody that follows from it and the fact for the office together.
    fn store_outcome(&mut self, now: Now, outcome: Outcome, out: &mut Effects) {
        let operation = self.operation.clone().expect("callers have an operation");
        let events = self.outcome_events(&operation, &outcome);
        let delivery = self.custody.get(operation.compartment).map(|it| it.delivery.clone());
        self.apply_outcome(now, &operation, &outcome);
        let mut records = self.compartment_records(now, &operation);
        records.push(self.journal(now, outcome.word(), &operation));
        records.extend(events.into_iter().map(|body| self.outbox(now, body)));
        if let Some(counter) = self.receipt_record() {
            records.push(counter);
        }
        let document = delivery
            .and_then(|delivery| self.outcome_document(now, &operation, &outcome, &delivery));
        records.extend(document);
        let write = self.store(records, out);
        self.set_phase(Phase::StoringOutcome { write, outcome });
    }

    fn outcome_events(&self, operation: &Operation, outcome: &Outcome) -> Vec<EventBody> {
        let (delivery, compartment) = (operation.delivery.clone(), operation.compartment);
        let staff = operation.task.staff();
        match (outcome, &operation.task) {
            (Outcome::HandedOver { receipt }, Task::For(Purpose::Pickup { identified_by })) => {
                vec![EventBody::HandedOver {
                    delivery,
                    compartment,
                    identified_by: *identified_by,
                    receipt_number: receipt.clone(),
                }]
            }
            (Outcome::Deposited, Task::For(Purpose::Deposit { staff })) => {
                vec![EventBody::Deposited { delivery, compartment, staff: staff.clone() }]
            }
            (Outcome::Recalled, Task::For(Purpose::Recall { staff })) => {
                vec![EventBody::Recalled { delivery, compartment, staff: staff.clone() }]
            }
            (Outcome::Found | Outcome::Missing, _) => {
                let found = *outcome == Outcome::Found;
                staff
                    .map(|staff| EventBody::Resolved { delivery, compartment, found, staff })
                    .into_iter()
                    .collect()
            }
            (Outcome::Uncertain { doubt, .. }, _) => {
                let failed =
                    EventBody::OpenFailed { compartment, delivery: Some(delivery.clone()) };
                let because = doubt.as_str().to_owned();
                let uncertain = EventBody::Uncertain { delivery, compartment, because };
                if *doubt == Doubt::Jammed { vec![failed, uncertain] } else { vec![uncertain] }
            }
            _ => vec![],
        }
    }

    fn apply_outcome(&mut self, now: Now, operation: &Operation, outcome: &Outcome) {
        let state = match (outcome, &operation.task) {
            (Outcome::StillInside | Outcome::Deposited | Outcome::Found, _) => {
                CompartmentState::Holds
            }
            (Outcome::Uncertain { doubt, .. }, _) => {
                CompartmentState::Uncertain { because: *doubt }
            }
            (Outcome::NotOpened, _) => return self.restore_before(now, operation),
            (Outcome::NotPlaced, _) => return self.take_back_expected(now, operation),
            (Outcome::HandedOver { .. } | Outcome::Recalled | Outcome::Missing, _) => {
                self.custody.finish(operation.delivery.clone());
                CompartmentState::Empty
            }
        };
        self.set_compartment(now, operation.compartment, state);
    }

    /// The record as it was before the operation.
    fn restore_before(&mut self, now: Now, operation: &Operation) {
        match &operation.task {
            Task::For(Purpose::Deposit { .. }) => self.take_back_expected(now, operation),
            Task::For(_) => {
                self.set_compartment(now, operation.compartment, CompartmentState::Holds);
            }
            Task::Inspect { because, .. } => {
                let state = CompartmentState::Uncertain { because: *because };
                self.set_compartment(now, operation.compartment, state);
            }
        }
    }

    /// Nothing was put in: the delivery waits in the back room as before.
    fn take_back_expected(&mut self, now: Now, operation: &Operation) {
        let delivery =
            self.custody.get(operation.compartment).map(|record| record.delivery.clone());
        self.set_compartment(now, operation.compartment, CompartmentState::Empty);
        if let Some(delivery) = delivery {
            self.custody.expect(delivery);
        }
    }

    fn set_compartment(&mut self, now: Now, number: u16, state: CompartmentState) {
        let record = self.custody.get(number).expect("the operation put a record there").clone();
        self.custody.put(Compartment { state, since: now.wall, ..record });
    }

    /// Rows that bring the store to what custody says now about this operation's compartment.
    fn compartment_records(&mut self, now: Now, operation: &Operation) -> Vec<Record> {
        let mut records = Vec::new();
        match self.custody.get(operation.compartment) {
            Some(record) if record.delivery.id == operation.delivery => {
                records.push(Record::Compartment(record.clone()));
            }
            // Empty, or what the office has in it takes its place.
            _ => records.extend(self.doubt_records(now, operation.compartment)),
        }
        if let Some(delivery) = self.custody.expected_delivery(&operation.delivery) {
            records.push(Record::Expected(delivery.clone()));
        } else {
            records.push(Record::ForgetExpected(operation.delivery.clone()));
        }
        if self.custody.is_finished(&operation.delivery) {
            records.push(Record::Finished(operation.delivery.clone()));
        }
        records
    }

    fn journal(&self, now: Now, kind: &str, operation: &Operation) -> Record {
        let detail = serde_json::json!({
            "compartment": operation.compartment, "delivery": operation.delivery,
            "job": operation.job.0, "task": operation.task.word(),
            "staff": operation.task.staff(),
        });
        Record::Journal { at: now.wall, kind: kind.into(), detail }
    }

    fn set_phase(&mut self, phase: Phase) {
        self.operation.as_mut().expect("callers have an operation").phase = phase;
    }
}

impl Task {
    fn word(&self) -> &'static str {
        match self {
            Self::For(Purpose::Pickup { .. }) => "pickup",
            Self::For(Purpose::Deposit { .. }) => "deposit",
            Self::For(Purpose::Recall { .. }) => "recall",
            Self::Inspect { .. } => "inspect",
        }
    }

    fn staff(&self) -> Option<StaffId> {
        match self {
            Self::For(Purpose::Pickup { .. }) => None,
            Self::For(Purpose::Deposit { staff } | Purpose::Recall { staff })
            | Self::Inspect { staff, .. } => Some(staff.clone()),
        }
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::HandedOver { .. } => "handed_over",
            Self::StillInside => "still_inside",
            Self::Deposited => "deposited",
            Self::NotPlaced => "not_placed",
            Self::Recalled => "recalled",
            Self::Found => "found",
            Self::Missing => "missing",
            Self::NotOpened => "not_opened",
            Self::Uncertain { .. } => "uncertain",
        }
    }
}
