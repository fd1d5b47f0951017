//! Receipts, vouchers and slips as documents. Laid out once; the printer's driver turns them into
//! text or dots. Names are masked here as everywhere.

use hal::printer::{Align, Document, Line, TextSize};
use jiff::civil::DateTime;
use wire::{Appointment, CaseView, Delivery, DeviceFinding, IdentifiedBy, Voucher, VoucherKind};

use crate::custody::Doubt;
use crate::event::Now;
use crate::journey::Conclusion;
use crate::kiosk::Kiosk;
use crate::language::Texts;
use crate::time::in_hall;
use crate::view::finding_words;

/// What stands on every paper of this kiosk.
#[derive(Clone, Debug)]
pub(crate) struct Paper<'a> {
    texts: Texts<'a>,
    hall: String,
    place: String,
    at: DateTime,
    help_phone: String,
}

impl Kiosk {
    pub(crate) fn paper(&self, now: Now) -> Paper<'_> {
        let texts = self.texts();
        Paper {
            hall: self.hall_name(),
            place: self.place_name(),
            at: in_hall(now.wall),
            help_phone: self.help_phone(),
            texts,
        }
    }
}

/// Receipt for a result that was taken out.
pub(crate) fn pickup(
    paper: &Paper<'_>,
    delivery: &Delivery,
    compartment: u16,
    identified_by: IdentifiedBy,
    number: &str,
    online: bool,
) -> Document {
    let how = paper.texts.get(match identified_by {
        IdentifiedBy::IdCard => "receipt.by_card",
        IdentifiedBy::Code => "receipt.by_code",
    });
    let mut lines = paper.head("receipt.pickup_title");
    lines.extend(paper.delivery_fields(delivery));
    let way = paper.texts.with(
        "receipt.way_value",
        &[("how", how.as_str()), ("way", compartment.to_string().as_str())],
    );
    lines.push(paper.field("receipt.way", &way, false));
    lines.push(paper.field("receipt.taken_at", &paper.second(), false));
    let report = if online { "receipt.recorded" } else { "receipt.recorded_offline" };
    lines.extend(paper.number_and_code("receipt.number", number, report));
    Document { lines }
}

/// Paper for somebody whose compartment did not open as it should: their number to refer to.
pub(crate) fn doubt(
    paper: &Paper<'_>,
    delivery: &Delivery,
    compartment: u16,
    doubt: Doubt,
    number: &str,
) -> Document {
    let mut lines = paper.head("receipt.doubt_title");
    lines.extend(paper.delivery_fields(delivery));
    lines.push(paper.field("receipt.compartment", &compartment.to_string(), false));
    lines.push(paper.field("receipt.at", &paper.second(), false));
    let what = paper.texts.get(&format!("doubt.{}", doubt.as_str()));
    lines.push(paper.field("receipt.what", &what, true));
    lines.extend(paper.number_and_code("receipt.doubt_number", number, "receipt.doubt_next"));
    Document { lines }
}

/// The voucher of an intake, printed again (article 22(三)).
pub(crate) fn voucher(paper: &Paper<'_>, case: &CaseView, voucher: &Voucher) -> Document {
    let title = match voucher.kind {
        VoucherKind::Accepted => "voucher.accepted",
        VoucherKind::Supplement => "voucher.supplement",
        VoucherKind::Tolerated => "voucher.tolerated",
        VoucherKind::Refused => "voucher.refused",
    };
    let tag = paper.texts.tag();
    let mut lines = paper.head(title);
    lines.push(paper.field("voucher.number", &voucher.number, true));
    lines.push(paper.field("receipt.case", case.id.as_str(), false));
    lines.push(paper.field("receipt.item", case.item_name.in_language(tag), true));
    lines.push(paper.field("receipt.applicant", &case.applicant_masked, false));
    for content in &voucher.contents {
        lines.push(paper.field("voucher.contents", content.in_language(tag), false));
    }
    if let Some(deadline) = voucher.deadline {
        lines.push(paper.field("voucher.deadline", &deadline.to_string(), true));
    }
    for reason in &voucher.reasons {
        lines.push(paper.field("voucher.reasons", reason.in_language(tag), false));
    }
    lines.push(paper.field("voucher.officer", &voucher.officer_masked, false));
    lines.push(paper.field("voucher.date", &voucher.date.to_string(), false));
    lines.push(paper.field("receipt.printed_at", &paper.second(), false));
    let code = format!("H24V:{}", voucher.number);
    lines.extend([Line::Rule, Line::Qr { data: code }, paper.centred("voucher.reprint")]);
    lines.extend([Line::Rule, Line::Cut]);
    Document { lines }
}

/// The record of an inspection, with a line to sign by hand.
pub(crate) fn inspection(
    paper: &Paper<'_>,
    inspector: &str,
    conclusion: Conclusion,
    findings: &[DeviceFinding],
    number: &str,
) -> Document {
    let mut lines = paper.head("receipt.inspection_title");
    lines.push(paper.field("receipt.inspector", inspector, true));
    lines.push(paper.field("receipt.at", &paper.second(), false));
    for finding in findings {
        let words = finding_words(paper.texts, finding);
        lines.push(paper.field("receipt.finding", &words, false));
    }
    let conclusion = paper.texts.get(&format!("conclusion.{}", conclusion.word()));
    lines.push(paper.field("receipt.conclusion", &conclusion, true));
    lines.extend([Line::Space, paper.field("receipt.signature", "____________", false)]);
    lines.extend(paper.number_and_code(
        "receipt.inspection_number",
        number,
        "receipt.inspection_next",
    ));
    Document { lines }
}

/// The slip of an appointment.
pub(crate) fn slip(paper: &Paper<'_>, appointment: &Appointment) -> Document {
    let tag = paper.texts.tag();
    let slot = &appointment.slot;
    let day = paper.texts.day_with_weekday(slot.date);
    let time = paper.texts.time(slot.starts);
    let mut lines = paper.head("slip.title");
    lines.push(Line::Text {
        text: format!("{} {time}", paper.texts.day(slot.date)),
        align: Align::Centre,
        size: TextSize::Double,
        bold: true,
    });
    lines.push(Line::Space);
    lines.push(paper.field("receipt.item", appointment.item_name.in_language(tag), true));
    lines.push(paper.field("slip.day", &day, false));
    lines.push(paper.field("slip.place", appointment.place.in_language(tag), false));
    lines.push(paper.field("slip.window", appointment.window_type.in_language(tag), false));
    lines.push(paper.field("receipt.applicant", &appointment.name_masked, false));
    lines.push(paper.field("receipt.printed_at", &paper.second(), false));
    lines.extend(paper.number_and_code("slip.number", &appointment.number, "slip.next"));
    Document { lines }
}

impl Paper<'_> {
    fn head(&self, title: &str) -> Vec<Line> {
        let (align, size) = (Align::Centre, TextSize::Normal);
        vec![
            Line::Text { text: self.hall.clone(), align, size: TextSize::Double, bold: true },
            Line::Text { text: self.texts.get(title), align, size, bold: false },
            Line::Rule,
        ]
    }

    fn delivery_fields(&self, delivery: &Delivery) -> Vec<Line> {
        let tag = self.texts.tag();
        let copies = delivery.copies.to_string();
        let name = delivery.document_name.in_language(tag);
        let document = self
            .texts
            .with("receipt.document_value", &[("name", name), ("copies", copies.as_str())]);
        vec![
            self.field("receipt.item", delivery.item_name.in_language(tag), true),
            self.field("receipt.document", &document, false),
            self.field("receipt.applicant", &delivery.receiver_masked, false),
            self.field("receipt.case", delivery.case.as_str(), false),
        ]
    }

    fn number_and_code(&self, label: &str, number: &str, next: &str) -> Vec<Line> {
        let text = number.to_owned();
        let (align, size, bold) = (Align::Centre, TextSize::Double, true);
        let data = format!("H24R:{}", number.replace(' ', "-"));
        vec![
            Line::Rule,
            self.centred(label),
            Line::Text { text, align, size, bold },
            Line::Space,
            Line::Qr { data },
            self.centred(next),
            self.text(self.place.clone()),
            self.text(self.texts.with("receipt.phone", &[("phone", self.help_phone.as_str())])),
            Line::Rule,
            Line::Cut,
        ]
    }

    fn field(&self, label: &str, value: &str, bold: bool) -> Line {
        Line::Field { label: self.texts.get(label), value: value.to_owned(), bold }
    }

    fn centred(&self, key: &str) -> Line {
        self.text(self.texts.get(key))
    }

    fn text(&self, text: String) -> Line {
        Line::Text { text, align: Align::Centre, size: TextSize::Normal, bold: false }
    }

    fn second(&self) -> String {
        let at = self.at;
        format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second())
    }
}
