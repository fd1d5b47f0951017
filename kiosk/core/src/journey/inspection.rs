//! The inspection record (article 31): who looked at this kiosk, when, how every device was, what was
//! tried, and what follows. It is kept, printed, and told to the office.

use hal::printer::PrintJobId;
use wire::{DeviceFinding, EventBody, StaffRole};

use super::Journey;
use crate::action::Action;
use crate::diagnosis::{Condition, Outcome, condition_now};
use crate::event::{Now, WriteId};
use crate::kiosk::{Effects, Kiosk};
use crate::prints::DocumentKind;
use crate::receipt;
use crate::store::Record;

use super::maintenance::TOUCH;

/// What follows from an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    Well,
    /// Something was wrong and is put right.
    Repaired,
    /// Somebody has to come again.
    FollowUp,
}

impl Conclusion {
    pub(crate) const ALL: [Self; 3] = [Self::Well, Self::Repaired, Self::FollowUp];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Repaired => "repaired",
            Self::FollowUp => "follow_up",
        }
    }
}

/// The record being made.
#[derive(Debug, Default)]
pub(crate) struct InspectionForm {
    /// Of the list of devices.
    pub(crate) page: usize,
    pub(crate) conclusion: Option<Conclusion>,
    pub(crate) signed: Signed,
    /// As they were when the record was signed.
    pub(crate) signed_findings: Vec<DeviceFinding>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signed {
    #[default]
    No,
    Storing {
        write: WriteId,
        number: String,
    },
    NotStored,
    /// On disk: it reaches the office now or later.
    Kept {
        number: String,
    },
}

impl Kiosk {
    pub(crate) fn inspection_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        if !self.staff_may(StaffRole::Technician) || self.moving().is_some() {
            return;
        }
        match action {
            Action::OpenInspection => self.show(Journey::Inspection(InspectionForm::default())),
            Action::Conclude(conclusion) => {
                let may = self.may_conclude(conclusion);
                if let Some(form) = self.inspection_form()
                    && may
                    && matches!(form.signed, Signed::No | Signed::NotStored)
                {
                    form.conclusion = Some(conclusion);
                }
            }
            Action::SignInspection => self.sign_inspection(now, out),
            Action::PrintInspectionAgain => {
                let number = self.inspection_form().and_then(|it| it.signed.number());
                if let Some(number) = number.filter(|_| self.may_print(None)) {
                    self.print_again(&number, out);
                }
            }
            _ => {}
        }
    }

    /// How every device is now and what this technician found of it.
    pub(crate) fn inspection_findings(&self) -> Vec<DeviceFinding> {
        let tested = |device: &str| self.result_of(device);
        let mut findings: Vec<DeviceFinding> = self
            .config
            .devices
            .iter()
            .map(|it| DeviceFinding {
                device: it.word().to_owned(),
                state: condition_now(&self.devices, *it).word().to_owned(),
                tested: tested(it.word()),
            })
            .collect();
        if let Some(well) = tested(TOUCH) {
            let state = if well { "ready" } else { "seen_wrong" };
            let (device, state) = (TOUCH.to_owned(), state.to_owned());
            findings.push(DeviceFinding { device, state, tested: Some(well) });
        }
        // What is not well comes first.
        findings.sort_by_key(FindingRank::of);
        findings
    }

    /// Nobody signs that all is well over a list that says otherwise.
    pub(crate) fn may_conclude(&self, conclusion: Conclusion) -> bool {
        let wrong = |it: &DeviceFinding| FindingRank::of(it) == FindingRank::Wrong;
        conclusion == Conclusion::FollowUp || !self.inspection_findings().iter().any(wrong)
    }

    /// Whoever is logged in with card and PIN signs with that.
    fn sign_inspection(&mut self, now: Now, out: &mut Effects) {
        let Some(member) = self.session.as_ref().and_then(|it| it.staff.clone()) else { return };
        let Some(form) = self.inspection_form() else { return };
        let fresh = matches!(form.signed, Signed::No | Signed::NotStored);
        let Some(conclusion) = form.conclusion.filter(|_| fresh) else { return };
        if !self.may_conclude(conclusion) {
            return;
        }
        let number = self.next_receipt(now, "XJ");
        let findings = self.inspection_findings();
        let detail = serde_json::json!({
            "number": number, "staff": member.id, "conclusion": conclusion.word(),
            "findings": findings,
        });
        let fact = EventBody::Inspected {
            number: number.clone(),
            staff: member.id.clone(),
            conclusion: conclusion.word().to_owned(),
            findings: findings.clone(),
        };
        let mut records = vec![
            Record::Journal { at: now.wall, kind: "inspected".into(), detail },
            self.outbox(now, fact),
        ];
        records.extend(self.receipt_record());
        let paper = self.paper(now);
        let document = receipt::inspection(&paper, &member.name, conclusion, &findings, &number);
        // On a battery that is kept for other things it is signed all the same.
        let write = if self.may_print(None) {
            self.print_with(DocumentKind::Inspection, &number, document, records, out)
        } else {
            self.store(records, out)
        };
        if let Some(form) = self.inspection_form() {
            form.signed = Signed::Storing { write, number };
            form.signed_findings = findings;
        }
    }

    pub(crate) fn inspection_stored(&mut self, write: WriteId, stored: bool) {
        let Some(form) = self.inspection_form() else { return };
        let Signed::Storing { write: expected, number } = &form.signed else { return };
        if *expected == write {
            let number = number.clone();
            form.signed = if stored { Signed::Kept { number } } else { Signed::NotStored };
            if stored {
                // The next inspection tries everything itself.
                self.test_results = None;
            }
        }
    }

    /// The job that prints the record of this page.
    pub(crate) fn inspection_print(&self, signed: &Signed) -> Option<PrintJobId> {
        let number = signed.number()?;
        self.prints.by_number(&number).map(|it| it.0)
    }

    fn inspection_form(&mut self) -> Option<&mut InspectionForm> {
        match self.session.as_mut()?.journey_mut() {
            Journey::Inspection(form) => Some(form),
            _ => None,
        }
    }
}

/// How much of a technician's attention a finding needs; what needs most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FindingRank {
    Wrong,
    Soon,
    Well,
}

impl FindingRank {
    pub(crate) fn of(finding: &DeviceFinding) -> Self {
        let condition = Condition::ALL.iter().find(|it| it.word() == finding.state);
        match (condition, finding.tested) {
            (_, Some(false)) => Self::Wrong,
            // Whoever inspects the cabinet has switched its alarm off.
            (Some(Condition::AlarmOff | Condition::CabinetOpen), _) => Self::Well,
            (Some(condition), _) => match condition.outcome() {
                Outcome::Fail => Self::Wrong,
                Outcome::Warn => Self::Soon,
                Outcome::Pass | Outcome::Skipped => Self::Well,
            },
            (None, _) => Self::Soon,
        }
    }
}

impl Signed {
    fn number(&self) -> Option<String> {
        match self {
            Self::Kept { number } => Some(number.clone()),
            Self::No | Self::Storing { .. } | Self::NotStored => None,
        }
    }
}
