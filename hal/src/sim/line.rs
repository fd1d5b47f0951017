//! The line between host and device, without I/O: delays, pacing and faults.

use std::{collections::BTreeMap, time::Duration};

use rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::{Device, FaultInfo, Outbox, SimOptions};

/// What can be wrong with a line, whatever is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineFault {
    /// The device hears and acts, its answers do not arrive.
    Silence,
    /// Noise before and between the answers.
    Garbage,
    /// Answers stop in the middle.
    HalfFrame,
    /// The last byte of every answer arrives changed.
    WrongChecksum,
    /// Answers come 700 ms late and in small pieces.
    Slow,
    /// The plug is out: the port cannot be opened.
    Unplugged,
}

impl LineFault {
    pub const ALL: &'static [Self] = &[
        Self::Silence,
        Self::Garbage,
        Self::HalfFrame,
        Self::WrongChecksum,
        Self::Slow,
        Self::Unplugged,
    ];

    /// Its name in commands and what it does.
    pub fn info(self) -> FaultInfo {
        let (name, description) = match self {
            Self::Silence => ("silence", "the device acts, but its answers do not arrive"),
            Self::Garbage => ("garbage", "noise arrives before and between the answers"),
            Self::HalfFrame => ("half_frame", "answers stop in the middle"),
            Self::WrongChecksum => {
                ("wrong_checksum", "the last byte of every answer arrives changed")
            }
            Self::Slow => ("slow", "answers come 700 ms late and in small pieces"),
            Self::Unplugged => ("unplugged", "the plug is out, the port cannot be opened"),
        };
        FaultInfo { name, description }
    }
}

const SLOW_DELAY: Duration = Duration::from_millis(700);
const SLOW_PIECE_BYTES: usize = 7;
const SLOW_PIECE_GAP: Duration = Duration::from_millis(3);
const NOISE_BYTES_MAX: usize = 24;
/// Paced bytes are handed on in pieces of about this long; timers are no finer than 1 ms.
const PIECE: Duration = Duration::from_millis(2);
const BITS_PER_BYTE: u64 = 10;

enum Arrival {
    AtDevice(Vec<u8>),
    AtHost(Vec<u8>),
}

/// A device behind its line. Times are since the start of the simulator.
pub(super) struct SimLine {
    pub(super) device: Box<dyn Device>,
    pub(super) fault: Option<LineFault>,
    pace_baud: Option<u32>,
    random: Xoshiro256PlusPlus,
    arrivals: BTreeMap<(Duration, u64), Arrival>,
    order: u64,
    to_device_free_at: Duration,
    to_host_free_at: Duration,
}

impl SimLine {
    pub(super) fn new(device: Box<dyn Device>, options: &SimOptions) -> Self {
        Self {
            device,
            fault: None,
            pace_baud: options.pace_baud,
            random: Xoshiro256PlusPlus::seed_from_u64(options.seed),
            arrivals: BTreeMap::new(),
            order: 0,
            to_device_free_at: Duration::ZERO,
            to_host_free_at: Duration::ZERO,
        }
    }

    /// Another host opened the line.
    pub(super) fn host_came(&mut self, now: Duration) {
        self.cut();
        let mut out = Outbox::default();
        self.device.connected(now, &mut out);
        self.device_sent(now, &mut out);
    }

    /// The host wrote bytes.
    pub(super) fn host_wrote(&mut self, now: Duration, bytes: &[u8]) {
        let at = match self.pace_baud {
            None => now,
            Some(baud) => {
                let start = self.to_device_free_at.max(now);
                self.to_device_free_at = start + travel_time(bytes.len(), baud);
                self.to_device_free_at
            }
        };
        self.schedule(at, Arrival::AtDevice(bytes.to_vec()));
    }

    /// The device sent frames, now or later.
    pub(super) fn device_sent(&mut self, now: Duration, out: &mut Outbox) {
        for (delay, frame) in out.take() {
            self.send_frame(now + delay, frame);
        }
    }

    /// When something next happens on the line or in the device.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let arrival = self.arrivals.keys().next().map(|(at, _)| *at);
        match (arrival, self.device.next_wake()) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        }
    }

    /// Lets everything happen that is due. Gives the bytes that reach the host by `now`, and tells
    /// `heard` about those that reach the device.
    pub(super) fn advance(
        &mut self,
        now: Duration,
        mut heard: impl FnMut(&dyn Device, &[u8]),
    ) -> Vec<Vec<u8>> {
        let mut at_host = Vec::new();
        let mut out = Outbox::default();
        loop {
            if self.device.next_wake().is_some_and(|at| at <= now) {
                self.device.wake(now, &mut out);
                self.device_sent(now, &mut out);
            }
            let Some(entry) = self.arrivals.first_entry() else { break };
            if entry.key().0 > now {
                break;
            }
            match entry.remove() {
                Arrival::AtHost(bytes) => at_host.push(bytes),
                Arrival::AtDevice(bytes) => {
                    heard(&*self.device, &bytes);
                    self.device.receive(now, &bytes, &mut out);
                    self.device_sent(now, &mut out);
                }
            }
        }
        at_host
    }

    /// What was on its way is lost.
    pub(super) fn cut(&mut self) {
        self.arrivals.clear();
    }

    fn send_frame(&mut self, at: Duration, mut frame: Vec<u8>) {
        match self.fault {
            None => self.transmit(at, &frame),
            Some(LineFault::Silence | LineFault::Unplugged) => {}
            Some(LineFault::Garbage) => {
                let mut noise = vec![0; self.random.random_range(1..=NOISE_BYTES_MAX)];
                self.random.fill_bytes(&mut noise);
                noise.append(&mut frame);
                self.transmit(at, &noise);
            }
            Some(LineFault::HalfFrame) => self.transmit(at, &frame[..frame.len() / 2]),
            Some(LineFault::WrongChecksum) => {
                if let Some(last) = frame.last_mut() {
                    *last ^= self.random.random_range(1..=255);
                }
                self.transmit(at, &frame);
            }
            Some(LineFault::Slow) => {
                let mut at = at + SLOW_DELAY;
                for piece in frame.chunks(SLOW_PIECE_BYTES) {
                    self.transmit(at, piece);
                    at += SLOW_PIECE_GAP;
                }
            }
        }
    }

    fn transmit(&mut self, at: Duration, bytes: &[u8]) {
        let Some(baud) = self.pace_baud else {
            if !bytes.is_empty() {
                self.schedule(at, Arrival::AtHost(bytes.to_vec()));
            }
            return;
        };
        let start = self.to_host_free_at.max(at);
        let mut sent = 0;
        for piece in bytes.chunks(piece_bytes(baud)) {
            sent += piece.len();
            let arrives = start + travel_time(sent, baud);
            self.to_host_free_at = arrives;
            self.schedule(arrives, Arrival::AtHost(piece.to_vec()));
        }
    }

    fn schedule(&mut self, at: Duration, arrival: Arrival) {
        self.arrivals.insert((at, self.order), arrival);
        self.order += 1;
    }
}

fn travel_time(bytes: usize, baud: u32) -> Duration {
    Duration::from_nanos(bytes as u64 * BITS_PER_BYTE * 1_000_000_000 / u64::from(baud))
}

fn piece_bytes(baud: u32) -> usize {
    let bytes = PIECE.as_nanos() * u128::from(baud) / (u128::from(BITS_PER_BYTE) * 1_000_000_000);
    usize::try_from(bytes).unwrap_or(usize::MAX).max(1)
}
