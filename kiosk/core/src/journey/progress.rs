//! Progress: the list of a person's cases, one case with its timeline, the voucher printed again.

use wire::CaseId;

use super::{Destination, Journey};
use crate::action::Action;
use crate::event::Now;
use crate::kiosk::{Effects, Kiosk};
use crate::prints::DocumentKind;
use crate::receipt;

impl Kiosk {
    pub(crate) fn progress_action(&mut self, now: Now, action: Action, out: &mut Effects) {
        match action {
            Action::OpenProgress => self.with_person(now, Destination::Progress, out),
            Action::ShowCase(id) if self.case(&id).is_some() => {
                self.show(Journey::Case { id, print: None });
            }
            Action::PrintVoucher(id) => self.print_voucher(now, &id, out),
            _ => {}
        }
    }

    pub(crate) fn case(&self, id: &CaseId) -> Option<&wire::CaseView> {
        self.session.as_ref()?.cases.ready()?.iter().find(|it| it.id == *id)
    }

    fn print_voucher(&mut self, now: Now, id: &CaseId, out: &mut Effects) {
        let Some(case) = self.case(id).cloned() else { return };
        let Some(voucher) = &case.voucher else { return };
        let shown = self.session.as_ref().map(|it| it.journey());
        let Some(Journey::Case { id: shown, print }) = shown else { return };
        if shown != id || !self.may_print(*print) {
            return;
        }
        let document = receipt::voucher(&self.paper(now), &case, voucher);
        let job = self.print(DocumentKind::Voucher, &voucher.number, document, out);
        if let Some(session) = &mut self.session {
            session.rateable = Some("progress");
            session.replace(Journey::Case { id: id.clone(), print: Some(job) });
        }
    }
}
