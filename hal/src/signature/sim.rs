//! A simulated signature pad: somebody writes on it.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use serde_json::{Value, json};

use super::{SignatureSettings, driver};
use crate::input::{
    Axes, Axis, InputEvent,
    codes::{
        ABS_PRESSURE, ABS_X, ABS_Y, BTN_TOOL_PEN, BTN_TOUCH, EV_ABS, EV_KEY, EV_SYN, SYN_DROPPED,
    },
    encode_all,
};
use crate::port::Direction;
use crate::sim::{ControlError, Device, FaultInfo, LineFault, Outbox};

const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: "jitter", description: "every place is up to 0.4 mm beside the pen" },
    FaultInfo {
        name: "dropped_events",
        description: "in each stroke the kernel loses events and says so",
    },
    FaultInfo { name: "pen_stuck", description: "the pen is never lifted" },
];
const LINE_FAULTS: &[LineFault] = &[
    LineFault::Silence,
    LineFault::Garbage,
    LineFault::HalfFrame,
    LineFault::Slow,
    LineFault::Unplugged,
];
const EXPECTED: &str = "{\"sign\":STROKES}, {\"draw\":[[[X,Y,PRESSURE],…],…]} in hundredths of a \
                        millimetre and thousandths, {\"play\":\"HEX RECORDS\"} or {\"lift\":true}";

/// The pad of a common size: 120 × 75 mm, 100 units per millimetre, 1024 levels.
const AXIS_X: Axis = Axis { min: 0, max: 12_000, resolution: 100 };
const AXIS_Y: Axis = Axis { min: 0, max: 7_500, resolution: 100 };
const AXIS_PRESSURE: Axis = Axis { min: 0, max: 1_023, resolution: 0 };
/// 200 reports per second.
const REPORT_EVERY: Duration = Duration::from_millis(5);
const BETWEEN_STROKES: Duration = Duration::from_millis(150);
const STROKES_MAX: u64 = 50;
const POINTS_MAX: usize = 5_000;
/// A time that a clock can have; the pad's own begins there.
const EPOCH_US: u64 = 1_795_000_000_000_000;
const JITTER: i32 = 40;

type Places = Vec<(i32, i32, i32)>;

/// The device.
#[derive(Debug)]
pub struct SignatureSim {
    random: Xoshiro256PlusPlus,
    strokes: u64,
    busy_until: Duration,
    down: bool,
    faults: Vec<&'static str>,
}

impl Default for SignatureSim {
    fn default() -> Self {
        Self::new(0)
    }
}

impl SignatureSim {
    /// A pad on which nobody wrote; generated signatures and jitter follow from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            strokes: 0,
            busy_until: Duration::ZERO,
            down: false,
            faults: Vec::new(),
        }
    }

    /// Settings that fit this pad.
    pub fn settings() -> SignatureSettings {
        SignatureSettings::default()
    }

    fn has(&self, fault: &str) -> bool {
        self.faults.contains(&fault)
    }

    fn axes(out: &mut Outbox) {
        let (x, y, pressure) = (Some(AXIS_X), Some(AXIS_Y), Some(AXIS_PRESSURE));
        out.send(encode_all(&Axes { x, y, pressure }.to_events()));
    }

    /// Strokes as a hand makes them: arcs that run from left to right, pressed most in the middle.
    fn generate(&mut self, strokes: u64) -> Vec<Places> {
        let width = 9_000.0 / strokes.max(1) as f64;
        (0..strokes)
            .map(|stroke| {
                let left = 1_500.0 + width * stroke as f64;
                let (across, along) = (
                    self.random.random_range(900.0..1_800.0),
                    self.random.random_range(0.3..0.9) * width,
                );
                let turns = self.random.random_range(0.6..1.6) * std::f64::consts::TAU;
                let phase = self.random.random_range(0.0..std::f64::consts::TAU);
                let count = self.random.random_range(25..60);
                let place = |step: i32| {
                    let part = f64::from(step) / f64::from(count - 1);
                    let angle = phase + turns * part;
                    let x = left + along * part + 250.0 * angle.cos();
                    let y = 3_750.0 + across * angle.sin();
                    let pressure = 250.0 + 600.0 * (part * std::f64::consts::PI).sin();
                    (x as i32, y as i32, pressure as i32)
                };
                (0..count).map(place).collect()
            })
            .collect()
    }

    /// Writes one stroke after the other, at the pace of a hand.
    fn write(&mut self, now: Duration, strokes: &[Places], out: &mut Outbox) {
        Self::axes(out);
        let mut at = self.busy_until.max(now);
        for places in strokes {
            self.strokes += 1;
            let lose_at = self.has("dropped_events").then_some(places.len() / 2);
            for (index, place) in places.iter().enumerate() {
                let mut events = self.touch(index == 0);
                events.extend(self.place(*place));
                if lose_at == Some(index) {
                    events = vec![InputEvent::new(0, EV_SYN, SYN_DROPPED, 0)];
                }
                send(now, at, events, out);
                at += REPORT_EVERY;
            }
            self.down = true;
            if !self.has("pen_stuck") {
                send(now, at, self.lift(), out);
            }
            at += BETWEEN_STROKES;
        }
        self.busy_until = at;
    }

    fn touch(&self, first: bool) -> Vec<InputEvent> {
        if !first || self.down {
            return Vec::new();
        }
        [BTN_TOOL_PEN, BTN_TOUCH].map(|it| InputEvent::new(0, EV_KEY, it, 1)).to_vec()
    }

    fn lift(&mut self) -> Vec<InputEvent> {
        self.down = false;
        let mut events = vec![InputEvent::new(0, EV_ABS, ABS_PRESSURE, 0)];
        events.extend([BTN_TOUCH, BTN_TOOL_PEN].map(|it| InputEvent::new(0, EV_KEY, it, 0)));
        events
    }

    fn place(&mut self, (x, y, pressure): (i32, i32, i32)) -> [InputEvent; 3] {
        let mut beside = 0..=0;
        if self.has("jitter") {
            beside = -JITTER..=JITTER;
        }
        let x = x.saturating_add(self.random.random_range(beside.clone()));
        let y = y.saturating_add(self.random.random_range(beside));
        let pressure = pressure.clamp(0, 1_000) * AXIS_PRESSURE.max / 1_000;
        [(ABS_X, x), (ABS_Y, y), (ABS_PRESSURE, pressure)]
            .map(|(code, value)| InputEvent::new(0, EV_ABS, code, value))
    }
}

/// Sends a report at its time.
fn send(now: Duration, at: Duration, mut events: Vec<InputEvent>, out: &mut Outbox) {
    let time_us = EPOCH_US + u64::try_from(at.as_micros()).unwrap_or(0);
    events.push(InputEvent::report(0));
    events.iter_mut().for_each(|it| it.time_us = time_us);
    out.send_after(at.saturating_sub(now), encode_all(&events));
}

fn places(value: &Value) -> Option<Vec<Places>> {
    let place = |it: &Value| {
        let number = |index: usize| i32::try_from(it.get(index)?.as_i64()?).ok();
        Some((number(0)?, number(1)?, number(2)?))
    };
    let stroke = |it: &Value| it.as_array()?.iter().map(place).collect::<Option<Places>>();
    let strokes: Vec<Places> = value.as_array()?.iter().map(stroke).collect::<Option<_>>()?;
    (strokes.iter().map(Vec::len).sum::<usize>() <= POINTS_MAX).then_some(strokes)
}

impl Device for SignatureSim {
    fn receive(&mut self, _: Duration, _: &[u8], _: &mut Outbox) {}

    fn connected(&mut self, _: Duration, out: &mut Outbox) {
        Self::axes(out);
    }

    fn control(
        &mut self,
        now: Duration,
        command: &Value,
        out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        if let Some(strokes) = command.get("sign").and_then(Value::as_u64) {
            let strokes = self.generate(strokes.min(STROKES_MAX));
            self.write(now, &strokes, out);
        } else if let Some(strokes) = command.get("draw") {
            let wrong = || ControlError::BadValue("draw: expected at most 5000 points".to_owned());
            self.write(now, &places(strokes).ok_or_else(wrong)?, out);
        } else if let Some(records) = command.get("play").and_then(Value::as_str) {
            let wrong = || ControlError::BadValue("play: expected hex digits".to_owned());
            out.send(crate::hex::decode(records).ok_or_else(wrong)?);
        } else if command.get("lift").and_then(Value::as_bool) == Some(true) {
            send(now, now, self.lift(), out);
        } else {
            return Err(ControlError::UnknownCommand { expected: EXPECTED });
        }
        Ok(self.state())
    }

    fn state(&self) -> Value {
        json!({ "strokes": self.strokes, "pen": if self.down { "down" } else { "up" } })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        FAULTS
    }

    fn set_fault(&mut self, now: Duration, fault: Option<&str>, out: &mut Outbox) {
        let Some(fault) = fault else {
            self.faults.clear();
            if self.down {
                send(now, now, self.lift(), out);
            }
            return;
        };
        let known = FAULTS.iter().map(|it| it.name).find(|it| *it == fault);
        self.faults.extend(known.filter(|it| !self.has(it)));
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        driver::describe(direction, bytes)
    }

    fn line_faults(&self) -> &'static [LineFault] {
        LINE_FAULTS
    }
}
