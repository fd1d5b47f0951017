//! A simulated scanner: somebody holds a code in front of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::line;
use crate::port::Direction;
use crate::sim::{ControlError, Device, FaultInfo, LineFault, Outbox};

/// The device. Commands: `{"scan":"text"}`.
#[derive(Debug, Default)]
pub struct ScannerSim {
    scans: u64,
    torn: bool,
}

const FAULTS: &[FaultInfo] =
    &[FaultInfo { name: "torn_code", description: "only half of each code is legible" }];
const LINE_FAULTS: &[LineFault] = &[
    LineFault::Silence,
    LineFault::Garbage,
    LineFault::HalfFrame,
    LineFault::Slow,
    LineFault::Unplugged,
];

impl Device for ScannerSim {
    fn receive(&mut self, _now: Duration, _bytes: &[u8], _out: &mut Outbox) {}

    fn control(
        &mut self,
        _now: Duration,
        command: &Value,
        out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        let text = command
            .get("scan")
            .and_then(Value::as_str)
            .ok_or(ControlError::UnknownCommand { expected: "{\"scan\":\"text\"}" })?;
        let length = text.chars().count();
        let legible = if self.torn { length / 2 } else { length };
        out.send(line::encode(&text.chars().take(legible).collect::<String>()));
        self.scans += 1;
        Ok(json!({ "scans": self.scans }))
    }

    fn state(&self) -> Value {
        json!({ "scans": self.scans })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        FAULTS
    }

    fn set_fault(&mut self, _now: Duration, fault: Option<&str>, _out: &mut Outbox) {
        self.torn = fault == Some("torn_code");
    }

    fn describe(&self, _direction: Direction, bytes: &[u8]) -> String {
        line::describe(bytes)
    }

    fn line_faults(&self) -> &'static [LineFault] {
        LINE_FAULTS
    }
}
