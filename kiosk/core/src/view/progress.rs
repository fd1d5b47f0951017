//! The list of cases and one case.

use hal::printer::PrintJobId;
use wire::{CaseId, CaseState, CaseStepKind, CaseView, DeliveryWay, VoucherKind};

use super::View;
use crate::action::Action;
use crate::journey::Service;
use crate::screen::{
    Block, Button, Chip, Icon, ListEntry, Row, Screen, ScreenName, TimelineStep, Tone,
};
use crate::session::{Loading, Session};
use crate::time::in_hall;

impl View<'_> {
    pub(super) fn progress(&self, session: &Session, page: usize) -> Screen {
        let mut screen = self.page(ScreenName::Progress, self.texts.get("progress.title"));
        screen.subtitle = Some(self.texts.get("progress.subtitle"));
        match &session.cases {
            Loading::Ready(cases) => {
                let rows = cases.iter().map(|it| self.case_row(it)).collect();
                screen.act.extend(self.paged_rows(rows, page, "progress.none"));
            }
            Loading::NotAsked | Loading::Asked(_) => {
                screen.act.push(Block::Busy { text: self.texts.get("progress.loading") });
            }
            Loading::Failed(problem) => screen.act.push(self.problem_block(problem)),
        }
        screen
    }

    fn case_row(&self, case: &CaseView) -> Row {
        let (icon, tone) = self.state_look(case);
        Row {
            icon,
            title: self.texts.tag_text(&case.item_name),
            text: case.id.to_string(),
            badge: Some(Chip { icon: None, text: self.state_text(case), tone }),
            enabled: true,
            action: Action::ShowCase(case.id.clone()),
        }
    }

    /// The compartment of this kiosk in which a case's result lies for this person, if it does.
    fn held_way(&self, case: &CaseView) -> Option<u16> {
        let session = self.kiosk.session.as_ref()?;
        self.waiting(session).iter().find(|it| it.delivery.case == case.id).map(|it| it.number)
    }

    pub(super) fn state_text(&self, case: &CaseView) -> String {
        let word = match case.state {
            CaseState::Accepted => "accepted",
            CaseState::ToSupplement => "to_supplement",
            CaseState::Tolerated => "tolerated",
            CaseState::Refused => "refused",
            CaseState::UnderReview => "under_review",
            CaseState::Approved => "approved",
            CaseState::Producing => "producing",
            CaseState::ReadyForPickup => "ready",
            CaseState::HandedOver => "handed_over",
            CaseState::Withdrawn => "withdrawn",
            CaseState::Unknown => "unknown",
        };
        self.texts.get(&format!("case_state.{word}"))
    }

    pub(super) fn state_look(&self, case: &CaseView) -> (Icon, Tone) {
        match case.state {
            CaseState::ReadyForPickup => (Icon::Certificate, Tone::Amber),
            CaseState::ToSupplement => (Icon::Upload, Tone::Amber),
            CaseState::Tolerated => (Icon::Clock, Tone::Amber),
            CaseState::Refused => (Icon::Cross, Tone::Red),
            CaseState::HandedOver => (Icon::CircleCheck, Tone::Green),
            _ => (Icon::Progress, Tone::Primary),
        }
    }

    pub(super) fn case(&self, id: &CaseId, print: Option<PrintJobId>) -> Screen {
        let Some(case) = self.kiosk.case(id) else {
            // The list was loaded anew and the case is gone: say so instead of showing an old one.
            let mut screen = self.page(ScreenName::ProgressCase, self.texts.get("progress.title"));
            screen.act.push(Block::Busy { text: self.texts.get("progress.loading") });
            return screen;
        };
        let title = self.texts.tag_text(&case.item_name);
        let mut screen = self.page(ScreenName::ProgressCase, title);
        screen.crumb = Some(self.texts.get("home.progress"));
        screen.show.push(self.case_facts(case));
        screen.show.push(Block::Timeline { steps: self.timeline(case) });
        screen.act.extend(self.supplement(case));
        screen.act.extend(self.print_notice(print));
        screen.act.extend(self.case_buttons(case, print));
        screen
    }

    fn case_facts(&self, case: &CaseView) -> Block {
        let way = match (case.delivery_way, self.held_way(case)) {
            (DeliveryWay::Locker, Some(way)) => {
                self.texts.with("delivery.locker_way", &[("way", &way.to_string())])
            }
            (DeliveryWay::Locker, None) => self.texts.get("delivery.locker"),
            (DeliveryWay::Window, _) => self.texts.get("delivery.window"),
            (DeliveryWay::Post, _) => self.texts.get("delivery.post"),
        };
        let promised = case
            .promised_by
            .map_or_else(|| self.texts.get("case.no_date"), |it| self.texts.day(it));
        Block::Facts {
            fields: vec![
                (self.texts.get("case.number"), case.id.to_string()),
                (self.texts.get("case.applicant"), case.applicant_masked.clone()),
                (self.texts.get("case.promised"), promised),
                (self.texts.get("case.delivery"), way),
            ],
        }
    }

    fn timeline(&self, case: &CaseView) -> Vec<TimelineStep> {
        let last_done = case.steps.iter().rposition(|it| it.at.is_some());
        // What was done last and the step after it are always there; further ones as they fit.
        let fit = self.timeline_steps();
        let next = last_done.map_or(0, |it| it + 1);
        let end = (next + 1).max(fit).min(case.steps.len());
        case.steps
            .iter()
            .enumerate()
            .take(end)
            .skip(end.saturating_sub(fit))
            .map(|(index, step)| {
                let now = Some(index) == last_done;
                let waits = matches!(
                    step.kind,
                    CaseStepKind::ReadyForPickup | CaseStepKind::SupplementAsked
                );
                let (icon, tone) = match (step.at, step.kind) {
                    (None, _) => (None, Tone::Plain),
                    (_, CaseStepKind::Refused) => (Some(Icon::Cross), Tone::Red),
                    _ if now && waits => (Some(Icon::Certificate), Tone::Amber),
                    _ => (Some(Icon::Check), Tone::Green),
                };
                let at = step.at.map(|it| self.texts.day_and_time(in_hall(it)));
                let note = self.local(&step.note);
                TimelineStep {
                    icon,
                    tone,
                    title: self.texts.get(&format!("step.{}", step_word(step.kind))),
                    note: [at.as_deref().unwrap_or(""), note].join(" ").trim().to_owned(),
                    to_come: step.at.is_none(),
                }
            })
            .collect()
    }

    fn timeline_steps(&self) -> usize {
        match (self.kiosk.look.low_reach, self.kiosk.look.large_text) {
            (false, false) => 5,
            (true, true) => 2,
            _ => 3,
        }
    }

    fn supplement(&self, case: &CaseView) -> Option<Block> {
        let supplement = case.supplement.as_ref()?;
        let deadline = self.texts.day_with_weekday(supplement.deadline);
        let mut entries = vec![ListEntry {
            icon: Icon::Clock,
            tone: Tone::Amber,
            text: self.texts.with("case.supplement_until", &[("day", deadline.as_str())]),
        }];
        entries.extend(supplement.contents.iter().map(|it| ListEntry {
            icon: Icon::File,
            tone: Tone::Amber,
            text: self.texts.tag_text(it),
        }));
        Some(Block::List { entries })
    }

    fn case_buttons(&self, case: &CaseView, print: Option<PrintJobId>) -> Vec<Block> {
        let mut blocks = Vec::new();
        let delivery = self.held_way(case).and(case.delivery.clone());
        if let Some(delivery) = delivery {
            let collect = Button {
                icon: Some(Icon::LockOpen),
                enabled: self.kiosk.service_works(Service::Pickup),
                ..self.primary("case.collect", Action::Collect(delivery))
            };
            blocks.push(Block::Buttons { buttons: vec![collect] });
        }
        if let Some(voucher) = &case.voucher {
            let key = match voucher.kind {
                VoucherKind::Accepted => "case.print_accepted",
                VoucherKind::Supplement => "case.print_supplement",
                VoucherKind::Tolerated => "case.print_tolerated",
                VoucherKind::Refused => "case.print_refused",
            };
            let icon = Some(Icon::Printer);
            let action = Action::PrintVoucher(case.id.clone());
            let enabled = self.kiosk.may_print(print);
            let voucher = Button { enabled, ..self.secondary(key, icon, action) };
            blocks.push(Block::Buttons { buttons: vec![voucher] });
        }
        blocks
    }
}

fn step_word(kind: CaseStepKind) -> &'static str {
    match kind {
        CaseStepKind::Submitted => "submitted",
        CaseStepKind::Accepted => "accepted",
        CaseStepKind::SupplementAsked => "supplement_asked",
        CaseStepKind::Supplemented => "supplemented",
        CaseStepKind::Tolerated => "tolerated",
        CaseStepKind::Refused => "refused",
        CaseStepKind::Reviewed => "reviewed",
        CaseStepKind::Produced => "produced",
        CaseStepKind::ReadyForPickup => "ready",
        CaseStepKind::HandedOver => "handed_over",
        CaseStepKind::Recalled => "recalled",
        CaseStepKind::Unknown => "unknown",
    }
}
