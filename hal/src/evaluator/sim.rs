//! A simulated evaluator: somebody presses a button.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CODE_BYTES_MAX, Code, EvaluatorSettings, Grade, driver};
use crate::port::Direction;
use crate::sim::{ControlError, Device, FaultInfo, LineFault, Outbox};

/// The device. Commands: `{"press":5}` presses the button of a grade.
///
/// Where the settings have a code that lights the buttons, they are dead until it came and after
/// they were put out.
#[derive(Debug)]
pub struct EvaluatorSim {
    settings: EvaluatorSettings,
    heard: Vec<u8>,
    lit: bool,
    presses: u64,
    asked: u64,
    stuck: Option<Grade>,
    next_repeat: Option<Duration>,
    faults: Vec<&'static str>,
}

const BUTTONS_DEAD: &str = "buttons_dead";
const BUTTON_STUCK: &str = "button_stuck";
const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: BUTTONS_DEAD, description: "buttons send nothing" },
    FaultInfo {
        name: BUTTON_STUCK,
        description: "the button that is pressed next stays down and repeats its code",
    },
];
const LINE_FAULTS: &[LineFault] = &[
    LineFault::Silence,
    LineFault::Garbage,
    LineFault::HalfFrame,
    LineFault::Slow,
    LineFault::Unplugged,
];
const REPEAT: Duration = Duration::from_millis(100);
const EXPECTED: &str = "{\"press\":1} to {\"press\":5}";

impl EvaluatorSim {
    /// A device with these codes.
    pub fn new(settings: &EvaluatorSettings) -> Self {
        Self {
            settings: settings.clone(),
            heard: Vec::new(),
            lit: settings.ask.is_empty(),
            presses: 0,
            asked: 0,
            stuck: None,
            next_repeat: None,
            faults: Vec::new(),
        }
    }

    fn has(&self, fault: &str) -> bool {
        self.faults.contains(&fault)
    }

    fn code(&self, grade: Grade) -> &Code {
        &self.settings.grades[usize::from(grade.get() - 1)]
    }

    fn send(&self, grade: Grade, out: &mut Outbox) {
        if self.lit && !self.has(BUTTONS_DEAD) {
            out.send(self.code(grade).0.clone());
        }
    }

    /// The code that just became whole at the end of what was heard.
    fn obey(&mut self) {
        let ends = |code: &[u8]| !code.is_empty() && self.heard.ends_with(code);
        let (ask, cancel) = (ends(&self.settings.ask.0), ends(&self.settings.cancel.0));
        if ask || cancel {
            self.lit = ask;
            self.asked += u64::from(ask);
            self.heard.clear();
        }
    }
}

impl Device for EvaluatorSim {
    fn receive(&mut self, _now: Duration, bytes: &[u8], _out: &mut Outbox) {
        for byte in bytes {
            if self.heard.len() == CODE_BYTES_MAX {
                self.heard.remove(0);
            }
            self.heard.push(*byte);
            self.obey();
        }
    }

    fn control(
        &mut self,
        now: Duration,
        command: &Value,
        out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        let grade = command.get("press").and_then(Value::as_u64);
        let grade = grade.and_then(|it| Grade::new(u8::try_from(it).ok()?));
        let grade = grade.ok_or(ControlError::UnknownCommand { expected: EXPECTED })?;
        if self.code(grade).is_empty() {
            let message = format!("this evaluator has no button for grade {}", grade.get());
            return Err(ControlError::BadValue(message));
        }
        self.presses += 1;
        self.send(grade, out);
        if self.has(BUTTON_STUCK) {
            self.stuck = Some(grade);
            self.next_repeat = Some(now + REPEAT);
        }
        Ok(self.state())
    }

    fn state(&self) -> Value {
        json!({
            "lit": self.lit,
            "presses": self.presses,
            "asked": self.asked,
            "stuck": self.stuck,
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        FAULTS
    }

    fn set_fault(&mut self, _now: Duration, fault: Option<&str>, _out: &mut Outbox) {
        let Some(fault) = fault else {
            self.faults.clear();
            (self.stuck, self.next_repeat) = (None, None);
            return;
        };
        let known = FAULTS.iter().map(|it| it.name).find(|it| *it == fault);
        self.faults.extend(known.filter(|it| !self.has(it)));
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        driver::describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        self.next_repeat
    }

    fn wake(&mut self, now: Duration, out: &mut Outbox) {
        if self.next_repeat.is_some_and(|at| at <= now) {
            self.next_repeat = Some(now + REPEAT);
            if let Some(grade) = self.stuck {
                self.send(grade, out);
            }
        }
    }

    fn line_faults(&self) -> &'static [LineFault] {
        LINE_FAULTS
    }
}
