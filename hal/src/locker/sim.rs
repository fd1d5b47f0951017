//! A wall of compartments: boards that speak their protocol, doors that spring open, things inside.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    LockerSettings, Protocol,
    codec::{Doors, Inbox, Reply, Request, describe, encode_reply},
};
use crate::{
    port::Direction,
    sim::{ControlError, Device, FaultInfo, LineFault, Outbox},
};

/// What a board needs to think before it answers.
const THINKING: Duration = Duration::from_millis(2);
/// From the pulse to the door that stands open.
const SPRING: Duration = Duration::from_millis(60);
const JUNK: [u8; 4] = [0xFA, 0xFD, 0x99, 0x99];

const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: "door_jammed", description: "doors do not spring open when pulsed" },
    FaultInfo { name: "lock_stuck_open", description: "a door that is pushed shut does not latch" },
    FaultInfo {
        name: "feedback_inverted",
        description: "the feedback switch is wired the other way: open doors read closed",
    },
    FaultInfo { name: "board_silent", description: "the last board of the bus has no power" },
    FaultInfo {
        name: "junk_before_replies",
        description: "boards send FA FD 99 99 before every answer",
    },
    FaultInfo { name: "open_unanswered", description: "boards act on open without answering" },
    SENSOR_FAILED,
];
/// Only boards of this family can say it.
const SENSOR_FAILED: FaultInfo = FaultInfo {
    name: "sensor_failed",
    description: "the sensor of the last way fails and its board says so",
};

const WITHOUT_CHECKSUM: &[LineFault] = &[
    LineFault::Silence,
    LineFault::Garbage,
    LineFault::HalfFrame,
    LineFault::Slow,
    LineFault::Unplugged,
];

const EXPECTED: &str = "{\"close\":WAY}, {\"put_in\":WAY}, {\"take_out\":WAY}, {\"open\":WAY}, \
     {\"jam\":WAY} or {\"free\":WAY}";

#[derive(Clone, Copy, Debug, Default)]
struct Compartment {
    open: bool,
    occupied: bool,
    jammed: bool,
    pulses: u32,
    springs_at: Option<Duration>,
}

/// The boards of one bus with everything behind them.
pub struct LockerSim {
    settings: LockerSettings,
    inboxes: Vec<Inbox>,
    compartments: Vec<Compartment>,
    faults: Vec<&'static str>,
}

impl LockerSim {
    /// A wall with every door shut and nothing inside.
    pub fn new(settings: &LockerSettings) -> Self {
        Self {
            inboxes: vec![Inbox::default(); settings.boards.len()],
            compartments: vec![Compartment::default(); usize::from(settings.ways())],
            settings: settings.clone(),
            faults: Vec::new(),
        }
    }

    /// The same wall with something in these compartments; ways that do not exist are left out.
    #[must_use]
    pub fn occupied(mut self, ways: impl IntoIterator<Item = u16>) -> Self {
        for way in ways {
            if let Some(it) = self.compartment(way) {
                it.occupied = true;
            }
        }
        self
    }

    fn compartment(&mut self, way: u16) -> Option<&mut Compartment> {
        self.compartments.get_mut(usize::from(way).checked_sub(1)?)
    }

    fn speaks(&self, protocol: Protocol) -> bool {
        self.settings.boards.iter().any(|it| it.protocol == protocol)
    }

    fn has(&self, fault: &str) -> bool {
        self.faults.contains(&fault)
    }

    fn serve(&mut self, now: Duration, board: usize, request: Request, out: &mut Outbox) {
        let reply = match request {
            Request::Open { way } => {
                self.pulse(now, self.settings.way(board, way));
                if self.has("open_unanswered") {
                    return;
                }
                Reply::Accepted { way }
            }
            Request::Read { way } => Reply::Door { way, open: self.doors(board).is_open(way) },
            Request::ReadAll => Reply::Doors(self.doors(board)),
        };
        let mut frame = encode_reply(&self.settings.boards[board], reply);
        if frame.is_empty() {
            return;
        }
        if self.has("junk_before_replies") {
            frame.splice(0..0, JUNK);
        }
        out.send_after(THINKING, frame);
    }

    fn pulse(&mut self, now: Duration, way: u16) {
        let jammed = self.has("door_jammed");
        let Some(it) = self.compartment(way) else { return };
        it.pulses += 1;
        if !it.open && !it.jammed && !jammed {
            it.springs_at = Some(now + SPRING);
        }
    }

    /// What the board's sensors say.
    fn doors(&self, board: usize) -> Doors {
        let settings = self.settings.boards[board];
        let mut doors = Doors::default();
        let mut occupied = 0;
        let failed = self.has(SENSOR_FAILED.name).then_some(self.settings.ways());
        for local in 1..=settings.ways {
            let way = self.settings.way(board, local);
            let it = self.compartments[usize::from(way - 1)];
            if failed != Some(way) {
                doors.set(local, it.open != self.has("feedback_inverted"));
            }
            occupied |= u64::from(it.occupied) << (local - 1);
        }
        if settings.infrared {
            doors.occupied = Some(occupied);
        }
        doors
    }

    fn act(&mut self, verb: &str, way: u16) -> Result<(), ControlError> {
        let ways = self.settings.ways();
        let stuck_open = self.has("lock_stuck_open");
        let it = self.compartment(way).ok_or_else(|| {
            ControlError::BadValue(format!("there is no way {way}; there are 1 to {ways}"))
        })?;
        let closed = || ControlError::BadValue(format!("the door of way {way} is closed"));
        match verb {
            "close" => it.open = stuck_open && it.open,
            "open" => it.open = true,
            "put_in" | "take_out" if !it.open => return Err(closed()),
            "put_in" => it.occupied = true,
            "take_out" => it.occupied = false,
            "jam" => it.jammed = true,
            "free" => it.jammed = false,
            _ => return Err(ControlError::UnknownCommand { expected: EXPECTED }),
        }
        Ok(())
    }
}

impl Device for LockerSim {
    fn receive(&mut self, now: Duration, bytes: &[u8], out: &mut Outbox) {
        let last = self.inboxes.len() - 1;
        for board in 0..self.inboxes.len() {
            if board == last && self.has("board_silent") {
                continue;
            }
            self.inboxes[board].push(bytes);
            while let Some(request) = self.inboxes[board].take_request(&self.settings.boards[board])
            {
                self.serve(now, board, request, out);
            }
        }
    }

    fn control(
        &mut self,
        _now: Duration,
        command: &Value,
        _out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        let unknown = ControlError::UnknownCommand { expected: EXPECTED };
        let (verb, way) = command.as_object().and_then(|it| it.iter().next()).ok_or(unknown)?;
        let way = way.as_u64().and_then(|it| u16::try_from(it).ok());
        let way = way.ok_or_else(|| ControlError::BadValue("a way is a number".to_owned()))?;
        self.act(verb, way)?;
        Ok(self.state())
    }

    fn state(&self) -> Value {
        let doors = (1_u16..).zip(&self.compartments).map(|(way, it)| {
            let door = if it.open { "open" } else { "closed" };
            json!({"way": way, "door": door, "occupied": it.occupied, "pulses": it.pulses})
        });
        let pulses: u32 = self.compartments.iter().map(|it| it.pulses).sum();
        json!({"doors": doors.collect::<Vec<_>>(), "pulses": pulses})
    }

    fn faults(&self) -> &'static [FaultInfo] {
        if self.speaks(Protocol::Wkly) { FAULTS } else { &FAULTS[..FAULTS.len() - 1] }
    }

    fn line_faults(&self) -> &'static [LineFault] {
        if self.speaks(Protocol::Winnsen) { WITHOUT_CHECKSUM } else { LineFault::ALL }
    }

    fn set_fault(&mut self, _now: Duration, fault: Option<&str>, _out: &mut Outbox) {
        match fault {
            None => {
                self.faults.clear();
                self.compartments.iter_mut().for_each(|it| it.jammed = false);
            }
            Some(name) => {
                let known = FAULTS.iter().map(|it| it.name).find(|it| *it == name);
                if let Some(name) = known.filter(|it| !self.has(it)) {
                    self.faults.push(name);
                }
            }
        }
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        self.compartments.iter().filter_map(|it| it.springs_at).min()
    }

    fn wake(&mut self, now: Duration, _out: &mut Outbox) {
        for it in &mut self.compartments {
            if it.springs_at.is_some_and(|at| at <= now) {
                it.springs_at = None;
                it.open = true;
            }
        }
    }
}
