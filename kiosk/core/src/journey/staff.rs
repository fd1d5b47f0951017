//! Staff mode: card and PIN, then put results into compartments, take overdue ones back, look into
//! uncertain ones. Pulling the card ends it.

use hal::card::{CardProblem, StaffCardProof};
use wire::{Delivery, DeliveryId, EventBody, StaffMember, StaffRole};
use zeroize::Zeroizing;

use super::{Check, CodeTrouble, Journey, PinEntry, ScanTrouble};
use crate::action::Action;
use crate::code::Wrong;
use crate::custody::{Compartment, CompartmentState, Purpose};
use crate::effect::Effect;
use crate::event::{CheckId, Now};
use crate::kiosk::{Effects, Kiosk};
use crate::operation::{Outcome, Phase, Task};
use crate::store::Record;
use hal::locker::Door;

impl Kiosk {
    /// A card that claims to be a staff card: its signature is checked before a PIN is asked for.
    pub(crate) fn staff_card_inserted(
        &mut self,
        now: Now,
        proof: StaffCardProof,
        out: &mut Effects,
    ) {
        if self.moving().is_some() {
            return;
        }
        self.end_session(out);
        let member = self.staff.iter().find(|it| it.card_number == proof.card_number).cloned();
        let session = self.session_or_begin(now);
        let Some(member) = member else {
            session.restart_at(Journey::StaffCardTrouble("staff.card_unknown"));
            return;
        };
        session.restart_at(Journey::Pin(PinEntry {
            card_number: member.card_number.clone(),
            genuine: false,
            digits: Zeroizing::default(),
            trouble: None,
        }));
        let check = CheckId(self.ids.number());
        let session = self.session.as_mut().expect("it was just begun");
        session.check = Some(Check::StaffCard(check));
        let public_key = member.card_public_key;
        out.push(Effect::CheckStaffCard { check, proof, public_key });
    }

    pub(crate) fn staff_card_unusable(&mut self, now: Now, problem: CardProblem) {
        if self.session.is_some() || self.moving().is_some() {
            return;
        }
        let key = match problem {
            CardProblem::Mute => "staff.card_mute",
            CardProblem::NotStaff => "staff.card_other",
            CardProblem::Refused => "staff.card_refused",
        };
        self.session_or_begin(now).restart_at(Journey::StaffCardTrouble(key));
    }

    pub(crate) fn staff_card_removed(&mut self, now: Now, out: &mut Effects) {
        if self.session.as_ref().is_some_and(|it| it.is_of_staff()) {
            self.leave(now, out);
        }
    }

    pub(crate) fn staff_card_checked(
        &mut self,
        now: Now,
        check: CheckId,
        genuine: bool,
        out: &mut Effects,
    ) {
        let Some(session) = &mut self.session else { return };
        let asked = session.check.take_if(|it| matches!(it, Check::StaffCard(id) if *id == check));
        if asked.is_none() {
            return;
        }
        let Journey::Pin(entry) = session.journey_mut() else { return };
        if genuine {
            entry.genuine = true;
            let subject = pin_subject(&entry.card_number);
            let until = self.locks.locked_until(&subject, now.wall, self.config.limits.lock);
            if let Some(until) = until {
                self.pin_trouble(CodeTrouble::Locked { until });
            }
        } else {
            let card = entry.card_number.clone();
            session.restart_at(Journey::StaffCardTrouble("staff.card_forged"));
            let kind = "staff_card_forged".to_owned();
            let detail = serde_json::json!({ "card_number": card });
            self.store(vec![Record::Journal { at: now.wall, kind, detail }], out);
        }
    }

    pub(crate) fn submit_pin(&mut self, now: Now, out: &mut Effects) {
        let Some(Journey::Pin(entry)) = self.session.as_ref().map(|it| it.journey()) else {
            return;
        };
        let subject = pin_subject(&entry.card_number);
        if let Some(until) = self.locks.locked_until(&subject, now.wall, self.config.limits.lock) {
            self.pin_trouble(CodeTrouble::Locked { until });
            return;
        }
        let Some(member) = self.staff.iter().find(|it| it.card_number == entry.card_number) else {
            return;
        };
        let (digits, hash) = (entry.digits.clone(), member.pin_hash.clone());
        let if_wrong = self.count_wrong(now, &subject, out);
        self.check_secret(digits, if_wrong, hash, out);
    }

    pub(crate) fn pin_checked(
        &mut self,
        now: Now,
        right: bool,
        if_wrong: Wrong,
        out: &mut Effects,
    ) {
        let Some(Journey::Pin(entry)) = self.session.as_ref().map(|it| it.journey()) else {
            return;
        };
        let card_number = entry.card_number.clone();
        let subject = pin_subject(&card_number);
        if !right {
            self.pin_trouble(if_wrong.into());
            return;
        }
        let member = self.staff.iter().find(|it| it.card_number == card_number).cloned();
        let Some(member) = member else { return };
        let detail = serde_json::json!({ "staff": member.id });
        let kind = "staff_login".to_owned();
        let mut records = vec![Record::Journal { at: now.wall, kind, detail }];
        if self.locks.right(&subject) {
            records.push(Record::ForgetLock(subject));
        }
        self.store(records, out);
        self.drop_results_of_others(now, &member.id);
        let session = self.session.as_mut().expect("a PIN was typed in it");
        session.staff = Some(member);
        session.restart_at(Journey::Staff);
    }

    fn pin_trouble(&mut self, fresh: CodeTrouble) {
        let Some(session) = &mut self.session else { return };
        if let Journey::Pin(entry) = session.journey_mut() {
            entry.digits = Zeroizing::default();
            entry.trouble = Some(fresh);
        }
    }

    pub(crate) fn staff_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        let Some(member) = self.session.as_ref().and_then(|it| it.staff.clone()) else { return };
        if action == Action::StaffLogout {
            self.leave(now, out);
            return;
        }
        if !member.roles.contains(&StaffRole::Courier) || self.moving().is_some() {
            return;
        }
        match action {
            Action::StaffDeposit => self.staff_list(Journey::Deposit { page: 0, trouble: None }),
            Action::StaffRecall => self.staff_list(Journey::Recall { page: 0 }),
            Action::StaffResolve => self.staff_list(Journey::Resolve { page: 0 }),
            Action::ChooseDeposit(id) => self.deposit(now, &id, &member, out),
            Action::ChooseRecall(id) => self.recall(now, &id, &member, out),
            Action::ChooseResolve(id) => self.inspect(now, &id, &member, out),
            Action::ItemNotPlaced => self.undo_deposit(now, &member, out),
            _ => {}
        }
    }

    /// “Found” and “missing” answer the question after an inspection.
    pub(crate) fn inspection_answer(&mut self, now: Now, found: bool, out: &mut Effects) {
        if self.session.as_ref().is_some_and(|it| it.staff.is_some()) {
            self.operation_inspected(now, found, out);
        }
    }

    fn staff_list(&mut self, journey: Journey) {
        if let Some(session) = &mut self.session {
            session.restart_at(Journey::Staff);
            session.go(journey);
        }
    }

    /// The compartment that a delivery would be put into now.
    pub(crate) fn compartment_for(&self, delivery: &Delivery) -> Option<u16> {
        self.custody.free_compartment(&self.config.compartments, delivery.size, |number| {
            self.devices.door(number) == Door::Closed
                && !self.devices.jammed.contains(&number)
                && self.devices.occupied.get(&number) != Some(&true)
        })
    }

    fn deposit(&mut self, now: Now, id: &DeliveryId, member: &StaffMember, out: &mut Effects) {
        let Some(delivery) = self.custody.expected_delivery(id).cloned() else { return };
        let Some(number) = self.compartment_for(&delivery) else { return };
        let delivery = Delivery {
            kiosk: Some(self.config.kiosk.clone()),
            compartment: Some(number),
            ..delivery
        };
        let state = CompartmentState::Empty;
        let record = Compartment { number, delivery, state, since: now.wall };
        let task = Task::For(Purpose::Deposit { staff: member.id.clone() });
        self.staff_open(now, record, task, Journey::Deposit { page: 0, trouble: None }, out);
    }

    fn recall(&mut self, now: Now, id: &DeliveryId, member: &StaffMember, out: &mut Effects) {
        let Some(record) = self.custody.of_delivery(id).cloned() else { return };
        if record.state == CompartmentState::Holds {
            let task = Task::For(Purpose::Recall { staff: member.id.clone() });
            self.staff_open(now, record, task, Journey::Recall { page: 0 }, out);
        }
    }

    fn inspect(&mut self, now: Now, id: &DeliveryId, member: &StaffMember, out: &mut Effects) {
        let Some(record) = self.custody.of_delivery(id).cloned() else { return };
        if let CompartmentState::Uncertain { because } = record.state {
            let task = Task::Inspect { staff: member.id.clone(), because };
            self.staff_open(now, record, task, Journey::Resolve { page: 0 }, out);
        }
    }

    fn staff_open(
        &mut self,
        now: Now,
        record: Compartment,
        task: Task,
        after: Journey,
        out: &mut Effects,
    ) {
        if self.begin_operation(now, record, task, out) {
            self.staff_list(after);
            self.show(Journey::Moving);
        }
    }

    /// The door was closed on an empty compartment: it is in the member of staff's hand again.
    fn undo_deposit(&mut self, now: Now, member: &StaffMember, out: &mut Effects) {
        let Some(operation) = &self.operation else { return };
        if operation.phase != Phase::Ended(Outcome::Deposited) {
            return;
        }
        let (number, delivery) = (operation.compartment, operation.delivery.clone());
        let Some(record) = self.custody.get(number).cloned() else { return };
        if record.delivery.id != delivery || record.state != CompartmentState::Holds {
            return;
        }
        let state = CompartmentState::Empty;
        self.custody.put(Compartment { state, since: now.wall, ..record });
        self.custody.finish(delivery.clone());
        let detail = serde_json::json!({
            "compartment": number, "delivery": delivery, "staff": member.id,
        });
        let staff = member.id.clone();
        let fact = EventBody::NotPlaced { delivery: delivery.clone(), compartment: number, staff };
        let fact = self.outbox(now, fact);
        let kind = "deposit_undone".to_owned();
        let mut records = self.doubt_records(now, number);
        records.extend([
            Record::Finished(delivery),
            Record::Journal { at: now.wall, kind, detail },
            fact,
        ]);
        self.store(records, out);
        self.operation = None;
        if let Some(session) = &mut self.session {
            session.back();
        }
    }

    /// A case number scanned in staff mode chooses what is to be deposited.
    pub(crate) fn staff_scanned(&mut self, now: Now, text: &str, out: &mut Effects) {
        let depositing = self
            .session
            .as_ref()
            .is_some_and(|it| matches!(it.journey(), Journey::Staff | Journey::Deposit { .. }));
        if !depositing || !self.staff_may(StaffRole::Courier) {
            return;
        }
        let meant = |it: &Delivery| it.case.as_str() == text || it.id.as_str() == text;
        let wanted = self.custody.expected().find(|it| meant(it));
        let trouble = match wanted {
            Some(delivery) if self.compartment_for(delivery).is_some() => {
                let id = delivery.id.clone();
                self.staff_action(now, Action::ChooseDeposit(id), out);
                return;
            }
            Some(_) => ScanTrouble::NoRoom,
            None => {
                let inside = |it: &Compartment| ScanTrouble::Inside(it.number);
                let doubtful = |it: &Compartment| ScanTrouble::Doubtful(it.number);
                let mut holding = self.custody.holding();
                let mut uncertain = self.custody.uncertain();
                let inside = holding.find(|it| meant(&it.delivery)).map(inside);
                let doubtful = uncertain.find(|it| meant(&it.delivery)).map(doubtful);
                inside.or(doubtful).unwrap_or(ScanTrouble::NotExpected)
            }
        };
        self.staff_list(Journey::Deposit { page: 0, trouble: Some(trouble) });
    }
}

/// Under which wrong PINs are counted.
fn pin_subject(card_number: &str) -> String {
    format!("pin:{card_number}")
}
