//! Records of input events (linux/input.h, 64-bit layout): seconds and microseconds as 8 bytes
//! each, type and code as 2 each, value as 4, all little-endian.
//!
//! A stream has no marks between records. One that cannot be right (a type, code or time that no
//! device has) means that bytes are missing or too many: then bytes are dropped up to the next end
//! of a report, which is the record that is known best, and the listener is told by `SYN_DROPPED`,
//! as by the kernel when events were lost.

use super::codes::{
    EV_ABS, EV_AXIS, EV_KEY, EV_LED, EV_MSC, EV_REL, EV_REP, EV_SW, EV_SYN, SYN_DROPPED, SYN_REPORT,
};

/// Length of one record.
pub const RECORD_BYTES: usize = 24;

const SECOND_US: u64 = 1_000_000;
/// Later than this no clock of a kiosk will be (the year 2514).
const SECONDS_END: u64 = 1 << 34;
const KEY_MAX: u16 = 0x2ff;

/// One event of an input device. `Debug` does not tell which key was pressed or where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InputEvent {
    /// The kernel's time of the event.
    pub time_us: u64,
    pub kind: u16,
    pub code: u16,
    pub value: i32,
}

impl std::fmt::Debug for InputEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InputEvent(type {:#x})", self.kind)
    }
}

impl InputEvent {
    pub const fn new(time_us: u64, kind: u16, code: u16, value: i32) -> Self {
        Self { time_us, kind, code, value }
    }

    /// The end of what happened at one time.
    pub const fn report(time_us: u64) -> Self {
        Self::new(time_us, EV_SYN, SYN_REPORT, 0)
    }

    pub fn is_report(&self) -> bool {
        self.kind == EV_SYN && self.code == SYN_REPORT
    }

    /// Events before this one were lost; those up to the next report count for nothing.
    pub fn is_dropped(&self) -> bool {
        self.kind == EV_SYN && self.code == SYN_DROPPED
    }

    /// The record.
    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[..8].copy_from_slice(&(self.time_us / SECOND_US).to_le_bytes());
        bytes[8..16].copy_from_slice(&(self.time_us % SECOND_US).to_le_bytes());
        bytes[16..18].copy_from_slice(&self.kind.to_le_bytes());
        bytes[18..20].copy_from_slice(&self.code.to_le_bytes());
        bytes[20..].copy_from_slice(&self.value.to_le_bytes());
        bytes
    }

    /// The inverse of [`Self::to_bytes`]; `None` for what no device says.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seconds, rest) = bytes.split_first_chunk::<8>()?;
        let (micros, rest) = rest.split_first_chunk::<8>()?;
        let (kind, rest) = rest.split_first_chunk::<2>()?;
        let (code, rest) = rest.split_first_chunk::<2>()?;
        let value = i32::from_le_bytes(rest.try_into().ok()?);
        let (seconds, micros) = (u64::from_le_bytes(*seconds), u64::from_le_bytes(*micros));
        let (kind, code) = (u16::from_le_bytes(*kind), u16::from_le_bytes(*code));
        let possible = seconds < SECONDS_END && micros < SECOND_US && can_be(kind, code, value);
        possible.then(|| Self::new(seconds * SECOND_US + micros, kind, code, value))
    }
}

fn can_be(kind: u16, code: u16, value: i32) -> bool {
    match kind {
        EV_SYN => code <= SYN_DROPPED && value == 0,
        EV_KEY => code <= KEY_MAX && (0..=2).contains(&value),
        EV_REL | EV_MSC | EV_SW | EV_LED | EV_REP => code <= 0x1f,
        EV_ABS => code <= 0x3f,
        EV_AXIS => code <= 0xff,
        _ => false,
    }
}

/// The records of several events.
pub fn encode_all(events: &[InputEvent]) -> Vec<u8> {
    events.iter().flat_map(|it| it.to_bytes()).collect()
}

/// A note for the wire view: never what was typed or drawn. `None` where it does not begin with a
/// record.
pub fn describe(bytes: &[u8]) -> Option<String> {
    InputEvent::from_bytes(bytes.get(..RECORD_BYTES)?)?;
    Some(format!("{} input events", bytes.len() / RECORD_BYTES))
}

/// Takes records apart. Holds less than one record.
#[derive(Default)]
pub struct RecordParser {
    waiting: Vec<u8>,
    lost: bool,
}

/// Does not show what was typed or drawn.
impl std::fmt::Debug for RecordParser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordParser({} bytes)", self.waiting.len())
    }
}

impl RecordParser {
    /// Takes bytes as they come and returns the events that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<InputEvent> {
        self.waiting.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut at = 0;
        while let Some(window) = self.waiting.get(at..at + RECORD_BYTES) {
            match InputEvent::from_bytes(window) {
                Some(event) if !self.lost || event.is_report() => {
                    if std::mem::take(&mut self.lost) {
                        let time_us = event.time_us;
                        events.push(InputEvent::new(time_us, EV_SYN, SYN_DROPPED, 0));
                    }
                    events.push(event);
                    at += RECORD_BYTES;
                }
                _ => {
                    self.lost = true;
                    at += 1;
                }
            }
        }
        self.waiting.drain(..at);
        events
    }

    /// Forgets what is not whole.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether bytes wait for the rest.
    pub fn pending(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixed_seed;
    use proptest::{collection::vec, prelude::*};

    fn events() -> impl Strategy<Value = InputEvent> {
        let time = 0..SECONDS_END * SECOND_US;
        (time, 0..3_u8, any::<u16>(), any::<i32>()).prop_map(|(time, kind, code, value)| match kind
        {
            0 => InputEvent::new(time, EV_KEY, code % (KEY_MAX + 1), value.rem_euclid(3)),
            1 => InputEvent::new(time, EV_ABS, code % 0x40, value),
            _ => InputEvent::report(time),
        })
    }

    #[test]
    fn a_record_is_laid_out_as_a_64_bit_kernel_does() {
        let event = InputEvent::new(1_700_000_000_123_456, EV_KEY, 30, 1);
        let bytes = event.to_bytes();
        assert_eq!(crate::hex::encode(&bytes), "00f153650000000040e201000000000001001e0001000000");
        assert_eq!(InputEvent::from_bytes(&bytes), Some(event));
        assert!(!format!("{event:?}").contains("30"));
        assert_eq!(describe(&bytes).as_deref(), Some("1 input events"));
        assert_eq!(describe(b"H24P-030712349 and more text"), None);
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn records_survive_any_cut(all in vec(events(), 1..20), cut in any::<usize>()) {
            let bytes = encode_all(&all);
            let (first, second) = bytes.split_at(cut % bytes.len());
            let mut parser = RecordParser::default();
            let mut read = parser.push(first);
            read.extend(parser.push(second));
            prop_assert!(!parser.pending());
            prop_assert_eq!(read, all);
        }

        #[test]
        fn any_bytes_keep_within_the_bound(chunks in vec(vec(any::<u8>(), 0..300), 0..8)) {
            let mut parser = RecordParser::default();
            for chunk in chunks {
                describe(&chunk);
                parser.push(&chunk);
                prop_assert!(parser.waiting.len() < RECORD_BYTES);
            }
        }

        /// Of the times that wall clocks have since 2020.
        #[test]
        fn the_stream_is_found_again_after_noise(
            noise in vec(any::<u8>(), 0..100), start in 1_577_836_800_u64..4_000_000_000,
        ) {
            let key = |n: u64| {
                let at = start * SECOND_US + 40_000 * n;
                [InputEvent::new(at, EV_KEY, 30, 1), InputEvent::report(at)]
            };
            let all: Vec<_> = (0..8).flat_map(key).collect();
            let mut parser = RecordParser::default();
            let read = parser.push(&[noise, encode_all(&all)].concat());
            prop_assert!(read.ends_with(&all[8..]), "{}", read.len());
        }
    }
}
