//! A simulated UPS: a unit on a serial line, or a small upsd with a unit behind it.

mod battery;
mod fault;
mod output;
mod unit;
mod upsd;

use std::time::Duration;

use serde_json::{Value, json};

use self::upsd::Login;
use self::{battery::Battery, fault::Fault, output::Output};
use super::{Hundredths, Protocol, UpsSettings, megatec, nut};
use crate::{
    port::Direction,
    sim::{ControlError, Device, FaultInfo, LineFault, Outbox},
};

/// What a unit needs to think before it answers.
const THINKING: Duration = Duration::from_millis(20);

const EXPECTED: &str = "{\"mains\":true|false}, {\"battery_percent\":0-100} or \
     {\"load_percent\":0-200}";
const LOAD_PERCENT_MAX: u64 = 200;

/// A serial line of these units has no checksum, nor has upsd.
const LINE_FAULTS: &[LineFault] = &[
    LineFault::Silence,
    LineFault::Garbage,
    LineFault::HalfFrame,
    LineFault::Slow,
    LineFault::Unplugged,
];

/// How the unit is: its battery, and what is wrong with it.
#[derive(Clone, Debug, Default)]
struct Condition {
    battery: Battery,
    output: Output,
    faults: Vec<Fault>,
    /// Whether the mains are there where no fault says otherwise.
    mains: bool,
}

impl Condition {
    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// Lets the time pass up to `now`, then takes over what was switched.
    fn advance(&mut self, now: Duration) {
        self.battery.advance(now);
        self.battery.mains = self.mains && !self.has(Fault::MainsLost);
        self.output.advance(now, self.battery.mains);
        self.battery.rests = self.output.is_off();
    }

    fn mains(&self) -> bool {
        self.battery.mains
    }

    /// A unit without mains lives on its battery, and on that only while it feeds something.
    fn is_dead(&self) -> bool {
        self.battery.is_dead() || self.output.is_off() && !self.mains()
    }

    fn output_word(&self) -> &'static str {
        match self.output {
            Output::GoesOff { .. } if !self.is_dead() => "goes_off",
            Output::On if !self.is_dead() => "on",
            _ => "off",
        }
    }

    fn is_low(&self) -> bool {
        self.battery.is_low() || self.has(Fault::BatteryLow)
    }

    fn is_charging(&self) -> bool {
        self.battery.is_charging()
    }

    fn percent(&self) -> u8 {
        self.battery.whole_percent()
    }

    fn runtime_s(&self) -> u32 {
        self.battery.runtime_s()
    }

    fn load_percent(&self) -> u16 {
        self.battery.load_percent
    }

    fn centivolt(&self) -> i32 {
        self.battery.centivolt()
    }

    fn input_volt(&self) -> Hundredths {
        Hundredths(if self.mains() { 22_100 } else { 0 })
    }

    fn output_volt(&self) -> Hundredths {
        Hundredths(if self.mains() { 22_100 } else { 22_000 })
    }

    fn temperature(&self) -> Hundredths {
        Hundredths(2_500)
    }
}

/// The side of the device that its port shows.
#[derive(Debug)]
enum Face {
    Unit(megatec::Inbox),
    Upsd { name: String, inbox: nut::Inbox, login: Login },
}

/// The device. Commands: `{"mains":false}`, `{"battery_percent":20}`, `{"load_percent":40}`.
///
/// On battery a full one lasts four hours at 12 % load. When it is empty the unit is dead until the
/// mains come back.
#[derive(Debug)]
pub struct UpsSim {
    face: Face,
    condition: Condition,
    questions: u64,
}

impl UpsSim {
    /// A unit on mains with a full battery that speaks the protocol of these settings.
    pub fn new(settings: &UpsSettings) -> Self {
        let face = match settings.protocol {
            Protocol::Megatec => Face::Unit(megatec::Inbox::default()),
            Protocol::Nut => {
                let (name, inbox) = (settings.name.clone(), nut::Inbox::default());
                Face::Upsd { name, inbox, login: Login::default() }
            }
        };
        let condition = Condition { mains: true, ..Condition::default() };
        Self { face, condition, questions: 0 }
    }

    fn protocol(&self) -> Protocol {
        match self.face {
            Face::Unit(_) => Protocol::Megatec,
            Face::Upsd { .. } => Protocol::Nut,
        }
    }
}

impl Device for UpsSim {
    fn receive(&mut self, now: Duration, bytes: &[u8], out: &mut Outbox) {
        self.condition.advance(now);
        match &mut self.face {
            Face::Unit(inbox) => {
                inbox.push(bytes);
                while let Some(command) = inbox.take_line() {
                    self.questions += 1;
                    let answer = unit::answer(&command, &self.condition);
                    unit::obey(&command, now, &mut self.condition);
                    if let Some(answer) = answer.filter(|_| !self.condition.is_dead()) {
                        out.send_after(THINKING, answer);
                    }
                }
            }
            Face::Upsd { name, inbox, login } => {
                for line in inbox.push(bytes) {
                    self.questions += 1;
                    out.send(upsd::answer(&line, name, *login, &self.condition).into_bytes());
                    upsd::obey(&line, name, login, now, &mut self.condition);
                }
            }
        }
    }

    fn control(
        &mut self,
        now: Duration,
        command: &Value,
        _out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        self.condition.advance(now);
        let unknown = ControlError::UnknownCommand { expected: EXPECTED };
        let (verb, value) = command.as_object().and_then(|it| it.iter().next()).ok_or(unknown)?;
        let wrong = || ControlError::BadValue(format!("{verb} cannot be {value}"));
        match verb.as_str() {
            "mains" => self.condition.mains = value.as_bool().ok_or_else(wrong)?,
            "battery_percent" => {
                let percent = value.as_u64().filter(|it| *it <= 100).ok_or_else(wrong)?;
                self.condition.battery.set_percent(percent as u8);
            }
            "load_percent" => {
                let load = value.as_u64().filter(|it| *it <= LOAD_PERCENT_MAX);
                self.condition.battery.load_percent = load.ok_or_else(wrong)? as u16;
            }
            _ => return Err(ControlError::UnknownCommand { expected: EXPECTED }),
        }
        self.condition.advance(now);
        Ok(self.state())
    }

    fn state(&self) -> Value {
        let condition = &self.condition;
        json!({
            "mains": condition.mains(),
            "battery_percent": condition.percent(),
            "battery_low": condition.is_low(),
            "runtime_s": condition.runtime_s(),
            "load_percent": condition.load_percent(),
            "dead": condition.is_dead(),
            "output": condition.output_word(),
            "questions": self.questions,
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        Fault::infos(self.protocol())
    }

    fn set_fault(&mut self, now: Duration, fault: Option<&str>, _out: &mut Outbox) {
        self.condition.advance(now);
        match fault {
            None => self.condition.faults.clear(),
            Some(name) => {
                let known = Fault::from_name(self.protocol(), name);
                self.condition.faults.extend(known.filter(|it| !self.condition.has(*it)));
            }
        }
        self.condition.advance(now);
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        super::describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        let wakes = [self.condition.battery.next_wake(), self.condition.output.next_wake()];
        wakes.into_iter().flatten().min()
    }

    fn wake(&mut self, now: Duration, _out: &mut Outbox) {
        self.condition.advance(now);
    }

    fn line_faults(&self) -> &'static [LineFault] {
        LINE_FAULTS
    }
}
