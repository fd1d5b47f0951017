//! Maintenance mode: the devices, and one of them.

use super::View;
use crate::action::Action;
use crate::alarm::Alarm;
use crate::diagnosis::{Condition, DeviceKind, Outcome, Question, condition_now};
use crate::journey::maintenance::{DevicePage, Test, has_test};
use crate::prints::Stage;
use crate::screen::{Block, Button, Chip, Dialog, Icon, Row, Screen, ScreenName, Tone};
use crate::test_opening::TestPhase;
use crate::time::in_hall;

impl View<'_> {
    pub(super) fn maintenance(&self, page: usize, restarting: bool) -> Screen {
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
        screen.act.push(Block::Buttons {
            buttons: vec![
                self.secondary("maintenance.events", Some(Icon::File), Action::OpenEvents),
                self.secondary("maintenance.touch", Some(Icon::TextSize), Action::OpenTouchTest),
                Button {
                    enabled: self.kiosk.may_restart(),
                    ..self.secondary("maintenance.restart", Some(Icon::Refresh), Action::AskRestart)
                },
            ],
        });
        let inspect = self.primary("maintenance.inspect", Action::OpenInspection);
        screen.act.push(Block::Buttons { buttons: vec![inspect] });
        screen.dialog = restarting.then(|| Dialog {
            title: self.texts.get("maintenance.restart_title"),
            text: self.texts.get("maintenance.restart_text"),
            countdown_s: None,
            buttons: vec![
                self.secondary("maintenance.not_now", None, Action::NotNow),
                Button {
                    enabled: self.kiosk.may_restart(),
                    ..self.primary("maintenance.restart_now", Action::Restart)
                },
            ],
        });
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
        let statistics = self.kiosk.ledger.of(kind, self.now.uptime);
        let (commands, errors) = (statistics.commands.to_string(), statistics.errors.to_string());
        let values = [("commands", commands.as_str()), ("errors", errors.as_str())];
        self.texts.with("maintenance.line", &values)
    }

    pub(super) fn maintenance_device(&self, page: DevicePage) -> Screen {
        let kind = page.kind;
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
        let statistics = self.kiosk.ledger.of(kind, self.now.uptime);
        let count = |key: &str, number: u64| (self.texts.get(key), number.to_string());
        let mut fields = vec![
            count("maintenance.commands", statistics.commands),
            count("maintenance.errors", statistics.errors),
            count("maintenance.recoveries", statistics.recoveries),
            (self.texts.get("maintenance.up"), self.hours(statistics.up_s)),
            (self.texts.get("maintenance.since"), self.since()),
        ];
        fields.extend(self.consumed(kind));
        screen.show.push(Block::Facts { fields });
        screen.act.extend(self.test_blocks(page));
        let roll = self.secondary("maintenance.new_roll", None, Action::AskNewRoll);
        let roll = (kind == DeviceKind::Printer).then_some(roll);
        let buttons = roll.into_iter().chain([self.judge_button(kind)]).collect();
        screen.act.push(Block::Buttons { buttons });
        screen.dialog = page.new_roll.then(|| Dialog {
            title: self.texts.get("maintenance.new_roll_title"),
            text: self.texts.get("maintenance.new_roll_text"),
            countdown_s: None,
            buttons: vec![
                self.secondary("maintenance.not_now", None, Action::NotNow),
                self.primary("maintenance.new_roll_yes", Action::NewRoll),
            ],
        });
        screen
    }

    /// What no test shows is said by the technician, and taken back once it is mended.
    fn judge_button(&self, kind: DeviceKind) -> Button {
        match self.kiosk.result_of(kind.word()) {
            Some(false) => {
                self.secondary("maintenance.judge_well", None, Action::JudgeDevice(true))
            }
            _ => self.secondary("maintenance.judge_wrong", None, Action::JudgeDevice(false)),
        }
    }

    /// What was used up or moved, over all starts of the program.
    fn consumed(&self, kind: DeviceKind) -> Vec<(String, String)> {
        let meters = &self.kiosk.meters;
        match kind {
            DeviceKind::Printer => {
                let left = meters.paper_left_mm(self.kiosk.config.paper_roll_mm);
                let since = meters.roll_since.map(|it| self.texts.day_and_time(in_hall(it)));
                let since = since.unwrap_or_else(|| self.texts.get("maintenance.roll_unknown"));
                vec![
                    (self.texts.get("maintenance.printed"), meters.printed.to_string()),
                    (self.texts.get("maintenance.not_taken"), meters.not_taken.to_string()),
                    (self.texts.get("maintenance.paper_used"), self.metres(meters.paper_mm)),
                    (self.texts.get("maintenance.paper_left"), self.metres(left)),
                    (self.texts.get("maintenance.roll_since"), since),
                ]
            }
            DeviceKind::Locker => {
                vec![(self.texts.get("maintenance.opened"), meters.opened.to_string())]
            }
            _ => vec![],
        }
    }

    fn hours(&self, seconds: u64) -> String {
        let hours = format!("{}.{}", seconds / 3600, seconds % 3600 / 360);
        self.texts.with("maintenance.hours", &[("hours", &hours)])
    }

    fn metres(&self, mm: u64) -> String {
        let metres = format!("{}.{}", mm / 1000, mm % 1000 / 100);
        self.texts.with("maintenance.metres", &[("metres", &metres)])
    }

    fn test_blocks(&self, page: DevicePage) -> Vec<Block> {
        let DevicePage { kind, test, .. } = page;
        let mut blocks = vec![self.test_notice(kind, test)];
        if self.wants_an_answer(test) {
            let no = self.secondary("maintenance.seen_wrong", None, Action::TestSeen(false));
            let (key, action) = match kind {
                DeviceKind::Locker => ("maintenance.seen_opened", Action::TestSeen(true)),
                DeviceKind::StatusDisplay => ("maintenance.seen_shown", Action::TestSeen(true)),
                DeviceKind::Speaker => ("maintenance.heard", Action::TestSeen(true)),
                _ => ("maintenance.seen_well", Action::TestSeen(true)),
            };
            let shut = self.kiosk.test_opening.as_ref().map(|it| it.phase);
            let enabled = test != Test::Opening || shut == Some(TestPhase::Shut);
            let yes = Button { enabled, ..self.primary(key, action) };
            blocks.push(Block::Buttons { buttons: vec![no, yes] });
        } else if kind == DeviceKind::Locker {
            blocks.extend(self.paged_rows(self.way_rows(), page.page, "test.no_way"));
        } else if has_test(kind) {
            blocks.extend(self.run_buttons(kind, test));
        }
        blocks
    }

    fn wants_an_answer(&self, test: Test) -> bool {
        match test {
            Test::Looking => true,
            Test::Printing(job) => {
                self.kiosk.prints.get(job).is_some_and(|it| it.stage == Stage::Printed)
            }
            Test::Opening => self.kiosk.test_opening.as_ref().is_some_and(|it| {
                matches!(
                    it.phase,
                    TestPhase::Open | TestPhase::Shut | TestPhase::Jammed | TestPhase::Unknown
                )
            }),
            _ => false,
        }
    }

    fn run_buttons(&self, kind: DeviceKind, test: Test) -> Vec<Block> {
        let mut blocks = Vec::new();
        let (printing, waits) = match test {
            Test::Printing(job) => (Some(job), false),
            Test::Waiting | Test::Asking { .. } => (None, true),
            _ => (None, false),
        };
        if test == Test::Waiting {
            let no = self.secondary("maintenance.nothing_came", None, Action::TestSeen(false));
            blocks.push(Block::Buttons { buttons: vec![no] });
        }
        let may = match kind {
            DeviceKind::Printer => self.kiosk.may_print(printing),
            DeviceKind::Panel => self.alarm_is_off(),
            _ => true,
        };
        let run = self.primary("maintenance.again", Action::RunTest);
        let label = match test {
            Test::NotRun => self.texts.get(&format!("test.{}", kind.word())),
            _ => run.label.clone(),
        };
        blocks.push(Block::Buttons {
            buttons: vec![Button { label, enabled: may && !waits, ..run }],
        });
        blocks
    }

    /// The ways that may be opened: those that hold nothing.
    fn way_rows(&self) -> Vec<Row> {
        let ways = self.kiosk.config.compartments.iter().map(|it| it.0);
        let row = |way: u16| Row {
            icon: Icon::LockOpen,
            title: self.texts.with("test.way", &[("way", &way.to_string())]),
            text: self.texts.get("test.way_text"),
            badge: None,
            enabled: !self.kiosk.lock_is_tried(),
            action: Action::TestLock(way),
        };
        ways.filter(|it| self.kiosk.may_try_lock(*it)).map(row).collect()
    }

    fn test_notice(&self, kind: DeviceKind, test: Test) -> Block {
        let notice =
            |tone, title: String| Block::Notice { icon: Icon::Progress, tone, title, text: None };
        let word = kind.word();
        match test {
            Test::NotRun if kind == DeviceKind::Panel && !self.alarm_is_off() => {
                notice(Tone::Plain, self.texts.get("alarm.switch_off_first"))
            }
            Test::NotRun if has_test(kind) => {
                notice(Tone::Plain, self.texts.get("maintenance.not_run"))
            }
            Test::NotRun => notice(Tone::Plain, self.texts.get(&format!("no_test.{word}"))),
            Test::Waiting | Test::Looking => {
                notice(Tone::Primary, self.texts.get(&format!("test_now.{word}")))
            }
            Test::Asking { .. } => Block::Busy { text: self.texts.get("test_now.office") },
            Test::Opening => self.opening_notice(),
            Test::Printing(job) => match self.kiosk.prints.get(job).map(|it| it.stage) {
                Some(Stage::Printed) => {
                    notice(Tone::Primary, Question::PageWhole.words(self.texts))
                }
                _ => self
                    .print_notice_to_staff(Some(job))
                    .unwrap_or_else(|| notice(Tone::Plain, self.texts.get("maintenance.not_run"))),
            },
            Test::Done { well: true, took_ms: Some(took) } => {
                let took = took.to_string();
                notice(Tone::Green, self.texts.with("test.answered", &[("took", &took)]))
            }
            Test::Done { well: true, took_ms: None } => {
                notice(Tone::Green, self.texts.get("condition.worked"))
            }
            Test::Done { well: false, .. } => {
                notice(Tone::Red, self.texts.get("condition.seen_wrong"))
            }
        }
    }

    fn alarm_is_off(&self) -> bool {
        matches!(self.kiosk.devices.alarm, Alarm::Off { .. })
    }

    fn opening_notice(&self) -> Block {
        let Some(opening) = &self.kiosk.test_opening else {
            return Block::Busy { text: self.texts.get("maintenance.not_run") };
        };
        let (tone, key) = match opening.phase {
            TestPhase::StoringIntent(_) | TestPhase::Pulsed => (Tone::Plain, "test.opening"),
            TestPhase::Open => (Tone::Amber, "test.open"),
            TestPhase::Shut => (Tone::Primary, "test.shut"),
            TestPhase::NotOpened => (Tone::Red, "test.not_opened"),
            TestPhase::Jammed => (Tone::Red, "test.jammed"),
            TestPhase::Unknown => (Tone::Red, "test.unknown"),
        };
        let title = self.texts.with(key, &[("way", &opening.way.to_string())]);
        Block::Notice { icon: Icon::LockOpen, tone, title, text: None }
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
        DeviceKind::Ups => Icon::Battery,
        DeviceKind::Panel => Icon::Alert,
        DeviceKind::StatusDisplay => Icon::Message,
        DeviceKind::Evaluator => Icon::MoodGood,
        DeviceKind::Speaker => Icon::Phone,
        DeviceKind::DocumentPrinter => Icon::Printer,
        DeviceKind::Camera => Icon::File,
        DeviceKind::Signature => Icon::Certificate,
        DeviceKind::Office => Icon::Home,
    }
}
