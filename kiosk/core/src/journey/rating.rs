//! Rating (好差评): five grades, none chosen beforehand, can be skipped; the two lowest ask why.

use std::collections::BTreeSet;

use hal::evaluator::EvaluatorEvent;
use hal::fault::Link;
use wire::EventBody;

use super::Journey;
use crate::action::Action;
use crate::diagnosis::DeviceKind;
use crate::event::Now;
use crate::kiosk::{Effects, Kiosk};

/// Keys of the reasons for a bad grade (GB/T 39734 annex A), in the order shown.
pub(crate) const REASONS: &[&str] =
    &["too_slow", "hard_to_use", "device_fault", "wrong_information"];

impl Kiosk {
    /// After something was done: the rating opens by itself, then the session ends.
    pub(crate) fn rate_then_end(&mut self, now: Now, out: &mut Effects) {
        let Some(session) = &mut self.session else { return };
        if session.rateable.is_some() {
            session.restart_at(Journey::Rating { grade: None, reasons: BTreeSet::new() });
        } else {
            self.leave(now, out);
        }
    }

    /// The evaluator's buttons mean what those on the screen mean.
    pub(crate) fn evaluator(&mut self, now: Now, event: EvaluatorEvent, out: &mut Effects) {
        match event {
            EvaluatorEvent::Link(link) => {
                let before = std::mem::replace(&mut self.devices.evaluator, link);
                if link == Link::Up {
                    self.signals.forget_evaluator();
                }
                self.link_changed(now, "evaluator", before, link, out);
            }
            EvaluatorEvent::Graded(grade) => {
                if !self.test_came(now, DeviceKind::Evaluator, out) && self.asks_for_a_grade() {
                    self.somebody_is_here(now);
                    self.rating_action(now, Action::Grade(grade.get()), out);
                }
            }
        }
    }

    /// Whether a grade is wanted now, of a citizen or in a test.
    pub(crate) fn asks_for_a_grade(&self) -> bool {
        let journey = self.session.as_ref().map(|it| it.journey());
        matches!(journey, Some(Journey::Rating { grade: None, .. }))
            || self.test_waits_for(DeviceKind::Evaluator)
    }

    pub(crate) fn rating_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        let Some(session) = &mut self.session else { return };
        let Journey::Rating { grade, reasons } = session.journey_mut() else { return };
        match action {
            Action::Grade(chosen @ 1..=5) => {
                *grade = Some(chosen);
                if chosen > 2 {
                    self.rated(now, out);
                }
            }
            Action::Reason(index) if index < REASONS.len() && !reasons.remove(&index) => {
                reasons.insert(index);
            }
            Action::SubmitRating if grade.is_some() => self.rated(now, out),
            Action::SkipRating => self.leave(now, out),
            _ => {}
        }
    }

    fn rated(&mut self, now: Now, out: &mut Effects) {
        let Some(session) = &self.session else { return };
        let Journey::Rating { grade: Some(grade), reasons } = session.journey() else { return };
        let journey = session.rateable.unwrap_or("visit").to_owned();
        let reasons = reasons.iter().map(|it| REASONS[*it].to_owned()).collect();
        let fact = EventBody::Rated { journey, grade: *grade, reasons };
        let fact = self.outbox(now, fact);
        self.store(vec![fact], out);
        self.leave(now, out);
    }
}
