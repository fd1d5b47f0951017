//! Maintenance mode: the devices, and one of them.

use super::View;
use crate::action::Action;
use crate::diagnosis::{Condition, DeviceKind, Outcome, Question, condition_now};
use crate::journey::maintenance::{Test, has_test};
use crate::prints::Stage;
use crate::screen::{Block, Button, Chip, Icon, Row, Screen, ScreenName, Tone};
use crate::time::in_hall;

impl View<'_> {
    pub(super) fn maintenance(&self, page: usize) -> Screen {
        let title = self.texts.get("maintenance.title");
        let mut screen = self.staff_page(ScreenName::Maintenance, title);
        screen.subtitle = Some(self.texts.get("maintenance.subtitle"));
        let id = self.kiosk.config.kiosk.to_string();
        screen.show.push(Block::Facts {
            fields: vec![
                (self.texts.get("maintenance.kiosk"), id),
                (self.texts.get("maintenance.version"), env!("CARGO_PKG_VERSION").to_owned()),
                (self.texts.get("staff.outbox"), self.kiosk.outbox_length.to_string()),
                (self.texts.get("maintenance.since"), self.since()),
            ],
        });
        let rows = self.kiosk.config.devices.iter().map(|it| self.device_row(*it)).collect();
        screen.act.extend(self.paged_rows(rows, page, "maintenance.none"));
        screen
    }

    fn since(&self) -> String {
        let since = self.kiosk.ledger.since();
        self.texts.day_and_time(in_hall(since))
    }

    fn condition(&self, kind: DeviceKind) -> Condition {
        condition_now(&self.kiosk.devices, kind)
    }

    fn device_row(&self, kind: DeviceKind) -> Row {
        let condition = self.condition(kind);
        let outcome = condition.outcome();
        let badge = self.texts.get(&format!("outcome.{}", outcome_word(outcome)));
        Row {
            icon: device_icon(kind),
            title: self.texts.get(&format!("device.{}", kind.word())),
            text: self.statistics_line(kind),
            badge: Some(Chip { icon: None, text: badge, tone: outcome_tone(outcome) }),
            enabled: true,
            action: Action::MaintainDevice(kind),
        }
    }

    fn statistics_line(&self, kind: DeviceKind) -> String {
        let statistics = self.kiosk.ledger.of(kind);
        let (commands, errors) = (statistics.commands.to_string(), statistics.errors.to_string());
        let values = [("commands", commands.as_str()), ("errors", errors.as_str())];
        self.texts.with("maintenance.line", &values)
    }

    pub(super) fn maintenance_device(&self, kind: DeviceKind, test: Test) -> Screen {
        let title = self.texts.get(&format!("device.{}", kind.word()));
        let mut screen = self.staff_page(ScreenName::MaintenanceDevice, title);
        screen.crumb = Some(self.texts.get("maintenance.title"));
        let condition = self.condition(kind);
        screen.show.push(Block::Notice {
            icon: device_icon(kind),
            tone: outcome_tone(condition.outcome()),
            title: self.texts.get(&format!("condition.{}", condition.word())),
            text: None,
        });
        let statistics = self.kiosk.ledger.of(kind);
        let count = |key: &str, number: u64| (self.texts.get(key), number.to_string());
        screen.show.push(Block::Facts {
            fields: vec![
                count("maintenance.commands", statistics.commands),
                count("maintenance.errors", statistics.errors),
                count("maintenance.recoveries", statistics.recoveries),
                (self.texts.get("maintenance.since"), self.since()),
            ],
        });
        screen.act.extend(self.test_blocks(kind, test));
        screen
    }

    fn test_blocks(&self, kind: DeviceKind, test: Test) -> Vec<Block> {
        let word = kind.word();
        let mut blocks = vec![self.test_notice(kind, test)];
        let seen = match test {
            Test::Printing(job) => {
                self.kiosk.prints.get(job).is_some_and(|it| it.stage == Stage::Printed)
            }
            _ => false,
        };
        if seen {
            let no = self.secondary("maintenance.seen_wrong", None, Action::TestSeen(false));
            let yes = self.primary("maintenance.seen_well", Action::TestSeen(true));
            blocks.push(Block::Buttons { buttons: vec![no, yes] });
        } else if has_test(kind) {
            let printing = match test {
                Test::Printing(job) => Some(job),
                _ => None,
            };
            let may = kind != DeviceKind::Printer || self.kiosk.may_print(printing);
            let enabled = may && test != Test::Waiting;
            let label = self.texts.get(&format!("test.{word}"));
            let run = self.primary("maintenance.again", Action::RunTest);
            let label = if test == Test::NotRun { label } else { run.label.clone() };
            let run = Button { label, enabled, ..run };
            if test == Test::Waiting {
                let no = self.secondary("maintenance.nothing_came", None, Action::TestSeen(false));
                blocks.push(Block::Buttons { buttons: vec![no] });
            }
            blocks.push(Block::Buttons { buttons: vec![run] });
        }
        blocks
    }

    fn test_notice(&self, kind: DeviceKind, test: Test) -> Block {
        let notice =
            |tone, title: String| Block::Notice { icon: Icon::Progress, tone, title, text: None };
        match test {
            Test::NotRun if has_test(kind) => {
                notice(Tone::Plain, self.texts.get("maintenance.not_run"))
            }
            Test::NotRun => {
                notice(Tone::Plain, self.texts.get(&format!("no_test.{}", kind.word())))
            }
            Test::Waiting => {
                notice(Tone::Primary, self.texts.get(&format!("test_now.{}", kind.word())))
            }
            Test::Printing(job) => match self.kiosk.prints.get(job).map(|it| it.stage) {
                Some(Stage::Printed) => {
                    notice(Tone::Primary, Question::PageWhole.words(self.texts))
                }
                _ => self
                    .print_notice(Some(job))
                    .unwrap_or_else(|| notice(Tone::Plain, self.texts.get("maintenance.not_run"))),
            },
            Test::Done { well: true } => notice(Tone::Green, self.texts.get("condition.worked")),
            Test::Done { well: false } => notice(Tone::Red, self.texts.get("condition.seen_wrong")),
        }
    }
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Warn => "warn",
        Outcome::Fail => "fail",
        Outcome::Skipped => "skipped",
    }
}

fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Pass => Tone::Green,
        Outcome::Warn => Tone::Amber,
        Outcome::Fail => Tone::Red,
        Outcome::Skipped => Tone::Plain,
    }
}

fn device_icon(kind: DeviceKind) -> Icon {
    match kind {
        DeviceKind::IdReader => Icon::IdCard,
        DeviceKind::Locker => Icon::Lock,
        DeviceKind::Printer => Icon::Printer,
        DeviceKind::Card => Icon::User,
        DeviceKind::Scanner => Icon::QrCode,
        DeviceKind::Ups => Icon::Alert,
        DeviceKind::Office => Icon::Home,
    }
}
