//! Pickup: by card or by code, one compartment, one receipt.

use hal::printer::PrintJobId;
use wire::{DeliveryId, EventBody, IdentifiedBy};
use zeroize::Zeroizing;

use super::{Check, CodeEntry, CodeTrouble, Destination, Journey};
use crate::action::Action;
use crate::code::{Scanned, Wrong, parse_scan};
use crate::custody::{Compartment, CompartmentState, Doubt, Purpose};
use crate::effect::{Effect, Secret};
use crate::event::{CheckId, Now};
use crate::kiosk::{Effects, Kiosk};
use crate::operation::{Operation, Outcome, Phase, Task};
use crate::prints::{DocumentKind, PrintJob, Stage};
use crate::receipt;
use crate::session::Loading;
use crate::store::Record;

impl Kiosk {
    pub(crate) fn pickup_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        match action {
            Action::BeginCode => {
                self.session_or_begin(now).go(Journey::Code(CodeEntry::default()));
            }
            Action::OpenPickup => self.with_person(now, Destination::Pickup, out),
            Action::Collect(delivery) => self.collect_by_card(now, &delivery, out),
            Action::DoorDidNotOpen => self.operation_in_doubt(now, Doubt::Disputed, out),
            Action::PrintReceiptAgain => {
                if let Some(number) = self.ended_receipt().map(str::to_owned) {
                    self.print_again(&number, out);
                }
            }
            Action::Done => self.rate_then_end(now, out),
            _ => {}
        }
    }

    fn collect_by_card(&mut self, now: Now, delivery: &DeliveryId, out: &mut Effects) {
        let Some(person) = self.session.as_ref().and_then(|it| it.person.as_ref()) else { return };
        let mine = self.custody.for_person(&person.id_hash);
        let Some(record) = mine.into_iter().find(|it| it.delivery.id == *delivery) else { return };
        let record = record.clone();
        self.collect(now, record, IdentifiedBy::IdCard, out);
    }

    fn collect(
        &mut self,
        now: Now,
        record: Compartment,
        identified_by: IdentifiedBy,
        out: &mut Effects,
    ) -> bool {
        assert_eq!(record.state, CompartmentState::Holds, "only what lies there is handed over");
        let task = Task::For(Purpose::Pickup { identified_by });
        let works = self.devices.service(super::Service::Pickup).is_ok();
        let begun = works && self.begin_operation(now, record, task, out);
        if begun && let Some(session) = &mut self.session {
            session.rateable = Some("pickup");
            session.restart_at(Journey::Moving);
        }
        begun
    }

    /// Checks a whole code. Known, unknown and locked ones cost the person the same.
    pub(crate) fn submit_code(&mut self, now: Now, out: &mut Effects) {
        let Some(Journey::Code(entry)) = self.session.as_ref().map(|it| it.journey()) else {
            return;
        };
        let digits = entry.digits.clone();
        if let Some(other) = self.other_kiosk(&digits) {
            self.code_trouble(CodeTrouble::OtherKiosk(other));
            return;
        }
        let subject = code_subject(&digits);
        if let Some(until) = self.locks.locked_until(&subject, now.wall, self.config.limits.lock) {
            self.code_trouble(CodeTrouble::Locked { until });
            return;
        }
        let code = self.custody.for_locator(&digits[..4]).and_then(|it| it.delivery.code.clone());
        let if_wrong = self.count_wrong(now, &subject, out);
        match code {
            Some(code) => self.check_secret(digits, if_wrong, code.code_hash, out),
            None => self.wrong_code(now, &digits, if_wrong, out),
        }
    }

    /// Counts a try as wrong until it is known to be right.
    pub(crate) fn count_wrong(&mut self, now: Now, subject: &str, out: &mut Effects) -> Wrong {
        let (tries, first) = (self.config.limits.tries, self.config.limits.lock);
        let (wrong, lock) = self.locks.wrong(subject, now.wall, tries, first);
        self.store(vec![Record::Lock(lock)], out);
        wrong
    }

    pub(crate) fn check_secret(
        &mut self,
        digits: Zeroizing<String>,
        if_wrong: Wrong,
        hash: String,
        out: &mut Effects,
    ) {
        let id = CheckId(self.ids.number());
        out.push(Effect::CheckSecret { check: id, secret: Secret(digits.clone()), hash });
        let session = self.session.as_mut().expect("the digits were typed in it");
        session.check = Some(Check::Secret { id, digits, if_wrong });
    }

    /// The slow check is done, of a code or of a PIN.
    pub(crate) fn secret_checked(
        &mut self,
        now: Now,
        check: CheckId,
        right: bool,
        out: &mut Effects,
    ) {
        let Some(session) = &mut self.session else { return };
        let asked =
            session.check.take_if(|it| matches!(it, Check::Secret { id, .. } if *id == check));
        let Some(Check::Secret { digits, if_wrong, .. }) = asked else { return };
        match session.journey() {
            Journey::Pin(_) => self.pin_checked(now, right, if_wrong, out),
            _ if right => self.right_code(now, &digits, out),
            _ => self.wrong_code(now, &digits, if_wrong, out),
        }
    }

    fn right_code(&mut self, now: Now, digits: &str, out: &mut Effects) {
        let subject = code_subject(digits);
        if self.locks.right(&subject) {
            self.store(vec![Record::ForgetLock(subject)], out);
        }
        // Somebody who has left the page meanwhile wants no door to open.
        let still_there = self.session.as_ref().is_some_and(
            |it| matches!(it.journey(), Journey::Code(entry) if *entry.digits == *digits),
        );
        if !still_there {
            return;
        }
        let record = self.custody.for_locator(&digits[..4]).cloned();
        let begun = record.is_some_and(|it| self.collect(now, it, IdentifiedBy::Code, out));
        if !begun {
            self.code_trouble(CodeTrouble::NotAvailable);
        }
    }

    fn wrong_code(&mut self, now: Now, digits: &str, wrong: Wrong, out: &mut Effects) {
        if let Wrong::Locked(until) = wrong {
            let locator = digits[..4].to_owned();
            let fact = self.outbox(now, EventBody::CodeLocked { locator, until });
            self.store(vec![fact], out);
        }
        self.code_trouble(wrong.into());
    }

    fn code_trouble(&mut self, fresh: CodeTrouble) {
        let Some(session) = &mut self.session else { return };
        if let Journey::Code(entry) = session.journey_mut() {
            entry.digits = Zeroizing::default();
            entry.trouble = Some(fresh);
        }
    }

    fn other_kiosk(&self, digits: &str) -> Option<wire::KioskId> {
        let number: u8 = digits[..2].parse().ok()?;
        let kiosks = &self.catalogue.as_ref()?.catalogue().hall.kiosks;
        let other = kiosks.iter().find(|it| it.number == number)?;
        (other.id != self.config.kiosk).then(|| other.id.clone())
    }

    /// A code was held in front of the scanner.
    pub(crate) fn scanned(&mut self, now: Now, text: &str, out: &mut Effects) {
        let elsewhere = self.session.as_ref().is_some_and(|it| {
            it.staff.is_some() || it.check.is_some() || matches!(it.journey(), Journey::Moving)
        });
        if elsewhere || self.moving().is_some() {
            self.staff_scanned(now, text, out);
            return;
        }
        let scanned = parse_scan(text);
        let session = self.session_or_begin(now);
        session.last_touch = now.uptime;
        let entry = CodeEntry {
            digits: match &scanned {
                Scanned::Code(code) => Zeroizing::new(code.clone()),
                _ => Zeroizing::default(),
            },
            trouble: match scanned {
                Scanned::Code(_) => None,
                Scanned::Torn => Some(CodeTrouble::TornQr),
                Scanned::OurPaper => Some(CodeTrouble::OurPaper),
                Scanned::NotACode => Some(CodeTrouble::NotACode),
            },
        };
        let whole = entry.trouble.is_none();
        if matches!(session.journey(), Journey::Code(_)) {
            session.replace(Journey::Code(entry));
        } else {
            session.go(Journey::Code(entry));
        }
        if whole {
            self.submit_code(now, out);
        }
    }

    /// The operation is over and on disk: print what has to be printed.
    pub(crate) fn operation_ended(&mut self, now: Now, outcome: &Outcome, out: &mut Effects) {
        self.give_time_before_shutdown(now);
        if matches!(outcome, Outcome::HandedOver { .. }) {
            self.note_handed_over();
        }
        let number = match outcome {
            Outcome::HandedOver { receipt } | Outcome::Uncertain { receipt: Some(receipt), .. } => {
                receipt.clone()
            }
            _ => return,
        };
        // A receipt that was printed before keeps its number and is not printed anew.
        let fresh = |it: &PrintJob| it.stage == Stage::Storing(None);
        let job = self.prints.by_number(&number).filter(|(_, it)| fresh(it)).map(|it| it.0);
        if let Some(job) = job {
            self.send_print(now, job, out);
        }
    }

    /// What was loaded for the person says what they have just done, whenever the office learns of it.
    fn note_handed_over(&mut self) {
        let Some(delivery) = self.operation.as_ref().map(|it| it.delivery.clone()) else { return };
        let Some(session) = &mut self.session else { return };
        if let Loading::Ready(cases) = &mut session.cases {
            let collected = cases.iter_mut().filter(|it| it.delivery.as_ref() == Some(&delivery));
            collected.for_each(|it| it.state = wire::CaseState::HandedOver);
        }
    }

    /// The receipt that belongs to an outcome, noted for printing and stored with it.
    pub(crate) fn outcome_document(
        &mut self,
        now: Now,
        operation: &Operation,
        outcome: &Outcome,
        delivery: &wire::Delivery,
    ) -> Option<Record> {
        let Task::For(Purpose::Pickup { identified_by }) = operation.task else { return None };
        let paper = self.paper(now);
        let compartment = operation.compartment;
        let (number, document) = match outcome {
            Outcome::HandedOver { receipt } => {
                let online = self.devices.office;
                let document =
                    receipt::pickup(&paper, delivery, compartment, identified_by, receipt, online);
                (receipt, document)
            }
            Outcome::Uncertain { receipt: Some(receipt), doubt } => {
                (receipt, receipt::doubt(&paper, delivery, compartment, *doubt, receipt))
            }
            _ => return None,
        };
        Some(self.document_record(DocumentKind::Receipt, number, document).1)
    }

    /// The number of the receipt of the operation that is over.
    pub(crate) fn ended_receipt(&self) -> Option<&str> {
        match &self.operation.as_ref()?.phase {
            Phase::Ended(
                Outcome::HandedOver { receipt } | Outcome::Uncertain { receipt: Some(receipt), .. },
            ) => Some(receipt),
            _ => None,
        }
    }

    /// The next number of a receipt, for example `LQ3 261123 0047`: kind and kiosk, day of the hall,
    /// count of the day. A clock that was set back changes nothing: the highest day counts on.
    pub(crate) fn next_receipt(&mut self, now: Now, kind: &str) -> String {
        let today = self.hall_time(now).day;
        let (day, count) = match self.receipt_counter {
            Some((day, count)) if day >= today => (day, count + 1),
            _ => (today, 1),
        };
        self.receipt_counter = Some((day, count));
        format!("{kind}{} {} {count:04}", self.config.number, day.strftime("%y%m%d"))
    }

    /// After a store was lost or is older than the truth, numbers go on behind all that may have been
    /// given out since.
    pub(crate) fn skip_receipts(&mut self, now: Now) {
        let today = self.hall_time(now).day;
        let (day, count) = self.receipt_counter.filter(|it| it.0 >= today).unwrap_or((today, 0));
        self.receipt_counter = Some((day, count + RECEIPTS_A_DAY_MAX));
    }

    pub(crate) fn receipt_record(&self) -> Option<Record> {
        self.receipt_counter.map(|(day, count)| Record::ReceiptCounter { day, count })
    }

    /// Whether a document may be printed anew: not while it is on its way, nor when the battery is for
    /// more important things.
    pub(crate) fn may_print(&self, job: Option<PrintJobId>) -> bool {
        let going_on = job
            .and_then(|it| self.prints.get(it))
            .is_some_and(|it| matches!(it.stage, Stage::Storing(_) | Stage::Sent { .. }));
        !going_on && self.devices.power.may_move()
    }
}

/// One opening takes half a minute at least.
const RECEIPTS_A_DAY_MAX: u32 = 3_000;

/// Under which wrong tries on a code are counted.
fn code_subject(digits: &str) -> String {
    format!("code:{}", &digits[..4])
}
