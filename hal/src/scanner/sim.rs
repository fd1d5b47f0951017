//! A simulated scanner: somebody holds a code in front of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::gm65::{self, Request};
use super::{Protocol, ScannerSettings, driver, evdev, honeywell, line};
use crate::port::Direction;
use crate::sim::{ControlError, Device, FaultInfo, LineFault, Outbox};

/// The device. Commands: `{"scan":"text"}` holds a code in front of it until it was read,
/// `{"take_away":true}` takes it away.
#[derive(Debug)]
pub struct ScannerSim {
    protocol: Protocol,
    heard: Vec<u8>,
    zones: BTreeMap<u16, u8>,
    held: Option<String>,
    reading_until: Option<Duration>,
    scans: u64,
    starts: u64,
    saves: u64,
    faults: Vec<&'static str>,
}

const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: "torn_code", description: "only half of each code is legible" },
    FaultInfo { name: "no_suffix", description: "codes are ended by nothing" },
    FaultInfo { name: "commands_ignored", description: "commands are neither obeyed nor answered" },
    FaultInfo {
        name: "settings_lost",
        description: "it starts again with the settings of the factory",
    },
    FaultInfo { name: "settings_refused", description: "it keeps its settings as they are" },
];
const LINE_FAULTS: &[LineFault] = &[
    LineFault::Silence,
    LineFault::Garbage,
    LineFault::HalfFrame,
    LineFault::Slow,
    LineFault::Unplugged,
];
const EXPECTED: &str = "{\"scan\":\"text\"} or {\"take_away\":true}";
/// In this mode an engine reads by itself.
const BY_ITSELF: u8 = 0x7F;
/// Commands are shorter; older bytes are noise.
const HEARD_MAX: usize = 32;
/// Of scanners that do not tell theirs.
const READ_TIME: Duration = Duration::from_secs(5);

impl Default for ScannerSim {
    fn default() -> Self {
        Self::new(&ScannerSettings::default())
    }
}

impl ScannerSim {
    /// A scanner of this protocol with the settings of the factory.
    pub fn new(settings: &ScannerSettings) -> Self {
        Self {
            protocol: settings.protocol,
            heard: Vec::new(),
            zones: factory(),
            held: None,
            reading_until: None,
            scans: 0,
            starts: 0,
            saves: 0,
            faults: Vec::new(),
        }
    }

    fn has(&self, fault: &str) -> bool {
        self.faults.contains(&fault)
    }

    fn zone(&self, zone: u16) -> u8 {
        self.zones.get(&zone).copied().unwrap_or(0)
    }

    fn obeys(&self) -> bool {
        matches!(self.protocol, Protocol::Gm65 | Protocol::Honeywell)
    }

    fn is_reading(&self) -> bool {
        match self.protocol {
            Protocol::Line | Protocol::Evdev => true,
            Protocol::Honeywell => self.reading_until.is_some(),
            Protocol::Gm65 => {
                self.reading_until.is_some() || self.zone(gm65::ZONE_MODE) == BY_ITSELF
            }
        }
    }

    fn trigger(&mut self, now: Duration, start: bool) {
        let read_time = match self.protocol {
            Protocol::Gm65 => {
                Duration::from_millis(100) * u32::from(self.zone(gm65::ZONE_READ_TIME))
            }
            Protocol::Line | Protocol::Honeywell | Protocol::Evdev => READ_TIME,
        };
        self.starts += u64::from(start);
        self.reading_until = start.then_some(now + read_time);
    }

    /// Reads the code that is held in front, if it looks for one.
    fn look(&mut self, out: &mut Outbox) {
        if !self.is_reading() {
            return;
        }
        let Some(text) = self.held.take() else { return };
        let length = text.chars().count();
        let legible = if self.has("torn_code") { length / 2 } else { length };
        let text: String = text.chars().take(legible).collect();
        out.send(self.said(&text));
        self.reading_until = None;
        self.scans += 1;
    }

    /// What it sends for a text.
    fn said(&self, text: &str) -> Vec<u8> {
        match (self.protocol, self.has("no_suffix")) {
            (Protocol::Evdev, true) => evdev::encode_unfinished(text),
            (Protocol::Evdev, false) => evdev::encode(text),
            (_, true) => text.as_bytes().to_vec(),
            (_, false) => line::encode(text),
        }
    }

    /// The next whole command among what was heard.
    fn next_request(&mut self) -> Option<Request> {
        let found = (0..self.heard.len()).find_map(|start| {
            gm65::parse_request(&self.heard[start..]).map(|(it, length)| (it, start + length))
        });
        let (request, end) = found?;
        self.heard.drain(..end);
        Some(request)
    }

    fn serve(&mut self, now: Duration, request: Request, out: &mut Outbox) {
        let answer = match request {
            Request::Read { zone } => self.zone(zone),
            Request::Write { zone: gm65::ZONE_TRIGGER, value } => {
                self.trigger(now, value == 1);
                0
            }
            Request::Write { zone, value } => {
                if !self.has("settings_refused") {
                    self.zones.insert(zone, value);
                }
                0
            }
            Request::Save => {
                self.saves += 1;
                0
            }
        };
        out.send(gm65::encode_answer(answer));
    }
}

/// An engine leaves the factory reading by itself.
fn factory() -> BTreeMap<u16, u8> {
    [(gm65::ZONE_MODE, BY_ITSELF), (gm65::ZONE_READ_TIME, 30)].into()
}

impl Device for ScannerSim {
    fn receive(&mut self, now: Duration, bytes: &[u8], out: &mut Outbox) {
        if !self.obeys() || self.has("commands_ignored") {
            return;
        }
        self.heard.extend_from_slice(bytes);
        if self.protocol == Protocol::Gm65 {
            while let Some(request) = self.next_request() {
                self.serve(now, request, out);
            }
        } else if let Some(start) = honeywell::last_command(&self.heard) {
            self.heard.clear();
            self.trigger(now, start);
        }
        let surplus = self.heard.len().saturating_sub(HEARD_MAX);
        self.heard.drain(..surplus);
        self.look(out);
    }

    fn control(
        &mut self,
        _now: Duration,
        command: &Value,
        out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        if command.get("take_away").and_then(Value::as_bool) == Some(true) {
            self.held = None;
            return Ok(self.state());
        }
        let text = command.get("scan").and_then(Value::as_str);
        let text = text.ok_or(ControlError::UnknownCommand { expected: EXPECTED })?;
        self.held = Some(text.to_owned());
        self.look(out);
        Ok(self.state())
    }

    fn state(&self) -> Value {
        json!({
            "scans": self.scans,
            "starts": self.starts,
            "saves": self.saves,
            "reading": self.is_reading(),
            "code_in_front": self.held.is_some(),
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        match self.protocol {
            Protocol::Line | Protocol::Evdev => &FAULTS[..2],
            Protocol::Honeywell => &FAULTS[..3],
            Protocol::Gm65 => FAULTS,
        }
    }

    fn set_fault(&mut self, _now: Duration, fault: Option<&str>, _out: &mut Outbox) {
        let Some(fault) = fault else { return self.faults.clear() };
        let known = FAULTS.iter().map(|it| it.name).find(|it| *it == fault);
        self.faults.extend(known.filter(|it| !self.has(it)));
        if matches!(fault, "settings_lost" | "settings_refused") {
            self.zones = factory();
        }
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        driver::describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        self.reading_until
    }

    fn wake(&mut self, now: Duration, _out: &mut Outbox) {
        if self.reading_until.is_some_and(|at| at <= now) {
            self.reading_until = None;
        }
    }

    fn line_faults(&self) -> &'static [LineFault] {
        if self.protocol == Protocol::Gm65 { LineFault::ALL } else { LINE_FAULTS }
    }
}
