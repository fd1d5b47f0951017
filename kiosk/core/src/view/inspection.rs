//! Maintenance mode: the event log, the touch test and the inspection record.

use std::collections::BTreeSet;

use wire::DeviceFinding;

use super::View;
use crate::action::Action;
use crate::event::EventLine;
use crate::journey::maintenance::{TOUCH, TOUCH_PLACES};
use crate::journey::{Conclusion, FindingRank, InspectionForm, Signed};
use crate::language::Texts;
use crate::screen::{Block, Button, Icon, ListEntry, Row, Screen, ScreenName, Tone, Weight};
use crate::session::Loading;
use crate::time::in_hall;

/// Parts of a line that are shown, in this order; a delivery, a case or a number never is.
const SHOWN: &[&str] = &[
    "device",
    "state",
    "compartment",
    "outcome",
    "input",
    "ticket",
    "active",
    "armed",
    "well",
    "conclusion",
    "took_ms",
    "staff",
];

impl View<'_> {
    pub(super) fn events(&self, page: usize, lines: &Loading<Vec<EventLine>>) -> Screen {
        let title = self.texts.get("events.title");
        let mut screen = self.staff_page(ScreenName::MaintenanceEvents, title);
        screen.crumb = Some(self.texts.get("maintenance.title"));
        let per_page = self.lines_per_page();
        let lines = match lines {
            Loading::Ready(lines) if lines.is_empty() => {
                screen.show.push(Block::Text { text: self.texts.get("events.none") });
                return screen;
            }
            Loading::Ready(lines) => lines,
            Loading::NotAsked | Loading::Asked(_) => {
                screen.show.push(Block::Busy { text: self.texts.get("events.reading") });
                return screen;
            }
            Loading::Failed(_) => {
                let title = self.texts.get("events.unreadable");
                let (icon, tone) = (Icon::Alert, Tone::Red);
                screen.show.push(Block::Notice { icon, tone, title, text: None });
                return screen;
            }
        };
        let pages = lines.len().div_ceil(per_page);
        let page = page.min(pages - 1);
        let shown = lines.iter().skip(page * per_page).take(per_page);
        screen.show.push(Block::List { entries: shown.map(|it| self.event_entry(it)).collect() });
        screen.act.extend(self.pager(page, pages));
        screen
    }

    fn lines_per_page(&self) -> usize {
        match (self.kiosk.look.low_reach, self.kiosk.look.large_text) {
            (false, false) => 9,
            (false, true) => 6,
            (true, false) => 5,
            (true, true) => 3,
        }
    }

    pub(super) fn touch_test(&self, touched: &BTreeSet<u8>, done: Option<bool>) -> Screen {
        let title = self.texts.get("touch.title");
        let mut screen = self.staff_page(ScreenName::MaintenanceTouch, title);
        screen.crumb = Some(self.texts.get("maintenance.title"));
        screen.subtitle = Some(self.texts.get("touch.subtitle"));
        let result = done.map(|well| {
            let (icon, tone, key) = match well {
                true => (Icon::CircleCheck, Tone::Green, "condition.worked"),
                false => (Icon::Alert, Tone::Red, "condition.seen_wrong"),
            };
            Block::Notice { icon, tone, title: self.texts.get(key), text: None }
        });
        let ended = done.is_some();
        screen.show.extend(result);
        let keys = (0..TOUCH_PLACES).map(|it| touch_key(it, touched.contains(&it), ended));
        screen.act.push(Block::Keypad { columns: 4, keys: keys.collect() });
        let failed = self.secondary("touch.failed", None, Action::TouchFailed);
        let failed = Button { enabled: !ended, ..failed };
        screen.act.push(Block::Buttons { buttons: vec![failed] });
        screen
    }

    pub(super) fn inspection(&self, form: &InspectionForm) -> Screen {
        let title = self.texts.get("inspection.title");
        let mut screen = self.staff_page(ScreenName::MaintenanceInspection, title);
        screen.crumb = Some(self.texts.get("maintenance.title"));
        screen.subtitle = Some(self.texts.get("inspection.subtitle"));
        let findings = match form.signed {
            Signed::No | Signed::NotStored => self.kiosk.inspection_findings(),
            Signed::Storing { .. } | Signed::Kept { .. } => form.signed_findings.clone(),
        };
        let per_page = self.findings_per_page();
        let pages = findings.len().div_ceil(per_page).max(1);
        let page = form.page.min(pages - 1);
        let shown = findings.iter().skip(page * per_page).take(per_page);
        let entries = shown.map(|it| finding_entry(self.texts, it)).collect();
        screen.show.push(Block::List { entries });
        screen.show.extend(self.signed_notice(&form.signed));
        screen.act.extend(self.pager(page, pages));
        if let Signed::Kept { .. } = form.signed {
            let print = self.kiosk.inspection_print(&form.signed);
            screen.act.extend(self.print_notice_to_staff(print));
            let stage = print.and_then(|it| self.kiosk.prints.get(it)).map(|it| it.stage);
            let again = Button {
                enabled: stage.is_none_or(|it| it.failed()) && self.kiosk.may_print(print),
                ..self.secondary(
                    "pickup.print_again",
                    Some(Icon::Printer),
                    Action::PrintInspectionAgain,
                )
            };
            let back = self.primary("maintenance.title", Action::Back);
            screen.act.push(Block::Buttons { buttons: vec![again, back] });
            return screen;
        }
        let rows = Conclusion::ALL.iter().map(|it| self.conclusion_row(*it, form)).collect();
        screen.act.push(Block::Rows { rows });
        let storing = matches!(form.signed, Signed::Storing { .. });
        let sign = Button {
            enabled: form.conclusion.is_some_and(|it| self.kiosk.may_conclude(it)) && !storing,
            ..self.primary("inspection.sign", Action::SignInspection)
        };
        screen.act.push(Block::Buttons { buttons: vec![sign] });
        screen
    }

    fn findings_per_page(&self) -> usize {
        match (self.kiosk.look.low_reach, self.kiosk.look.large_text) {
            (false, false) => 6,
            (true, false) => 4,
            (_, true) => 2,
        }
    }

    fn conclusion_row(&self, conclusion: Conclusion, form: &InspectionForm) -> Row {
        let chosen = form.conclusion == Some(conclusion);
        let word = conclusion.word();
        let may = self.kiosk.may_conclude(conclusion);
        let text = match may {
            true => self.texts.get(&format!("conclusion_text.{word}")),
            false => self.texts.get("inspection.still_wrong"),
        };
        Row {
            icon: if chosen { Icon::CircleCheck } else { Icon::Progress },
            title: self.texts.get(&format!("conclusion.{word}")),
            text,
            badge: chosen.then(|| self.chip(Icon::Check, "inspection.chosen", Tone::Primary)),
            enabled: may,
            action: Action::Conclude(conclusion),
        }
    }

    fn signed_notice(&self, signed: &Signed) -> Option<Block> {
        let (icon, tone, title, text) = match signed {
            Signed::No | Signed::Storing { .. } => return None,
            Signed::NotStored => {
                (Icon::Alert, Tone::Red, self.texts.get("inspection.not_stored"), None)
            }
            Signed::Kept { number } => {
                let online = self.kiosk.devices.office;
                let key = if online { "inspection.told" } else { "inspection.told_later" };
                let title = self.texts.with("inspection.kept", &[("number", number)]);
                (Icon::CircleCheck, Tone::Green, title, Some(self.texts.get(key)))
            }
        };
        Some(Block::Notice { icon, tone, title, text })
    }
}

impl View<'_> {
    /// “11-24 23:40:05 device · printer paper_end”, in words where there are any.
    fn event_entry(&self, line: &EventLine) -> ListEntry {
        let (texts, at) = (self.texts, in_hall(line.at));
        let mut text = format!(
            "{:02}-{:02} {:02}:{:02}:{:02}  {}",
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            texts.find(&format!("journal.{}", line.kind)).unwrap_or_else(|| line.kind.clone()),
        );
        for key in SHOWN {
            let Some(value) = line.detail.get(key) else { continue };
            let words = match (*key, value.as_str()) {
                ("staff", Some(id)) => Some(self.staff_name(id)),
                _ => shown_value(texts, key, value),
            };
            if let Some(words) = words {
                text.push_str(" · ");
                text.push_str(&words);
            }
        }
        ListEntry { icon: Icon::Clock, tone: Tone::Plain, text }
    }

    /// Somebody who left the hall is known by number only.
    fn staff_name(&self, id: &str) -> String {
        let member = self.kiosk.staff.iter().find(|it| it.id.as_str() == id);
        member.map_or_else(|| id.to_owned(), |it| it.name.clone())
    }
}

fn touch_key(place: u8, touched: bool, ended: bool) -> Button {
    Button {
        label: char::from(b'A' + place).to_string(),
        icon: touched.then_some(Icon::Check),
        weight: Weight::Secondary,
        enabled: !touched && !ended,
        action: Action::TouchPlace(place),
    }
}

fn shown_value(texts: Texts<'_>, key: &str, value: &serde_json::Value) -> Option<String> {
    let word = match value {
        serde_json::Value::Null => return None,
        serde_json::Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    let known = match key {
        "device" => texts.find(&format!("device.{word}")),
        "state" => texts.find(&format!("device_state.{word}")),
        "outcome" => texts.find(&format!("event_outcome.{word}")),
        "conclusion" => texts.find(&format!("conclusion.{word}")),
        "ticket" => texts.find(&format!("ticket_fate.{word}")),
        "armed" => texts.find(&format!("alarm_armed.{word}")),
        "active" => texts.find(&format!("alarm_active.{word}")),
        "input" => texts.find(&format!("alarm_input.{word}")),
        "compartment" => Some(texts.with("events.compartment", &[("way", word.as_str())])),
        "well" => texts.find(&format!("tested.{word}")),
        "took_ms" => Some(format!("{word} ms")),
        _ => None,
    };
    Some(known.unwrap_or(word))
}

/// “Printer: ready, tested and well”.
pub(crate) fn finding_words(texts: Texts<'_>, finding: &DeviceFinding) -> String {
    let device = match finding.device.as_str() {
        TOUCH => texts.get("device.touch"),
        other => texts.find(&format!("device.{other}")).unwrap_or_else(|| other.to_owned()),
    };
    let state = texts.find(&format!("condition.{}", finding.state));
    let state = state.unwrap_or_else(|| finding.state.clone());
    let tested = texts.get(match finding.tested {
        Some(true) => "inspection.tested_well",
        Some(false) => "inspection.tested_wrong",
        None => "inspection.not_tested",
    });
    let values = [("device", &*device), ("state", &*state), ("tested", &*tested)];
    texts.with("inspection.finding", &values)
}

fn finding_entry(texts: Texts<'_>, finding: &DeviceFinding) -> ListEntry {
    let (icon, tone) = match (FindingRank::of(finding), finding.tested) {
        (FindingRank::Wrong, _) => (Icon::Alert, Tone::Red),
        (FindingRank::Soon, _) => (Icon::Alert, Tone::Amber),
        (FindingRank::Well, Some(_)) => (Icon::CircleCheck, Tone::Green),
        (FindingRank::Well, None) => (Icon::Check, Tone::Plain),
    };
    ListEntry { icon, tone, text: finding_words(texts, finding) }
}
