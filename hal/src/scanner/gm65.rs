//! GM65 and GM861 engines in command mode: zones are read and written, codes come as lines.
//!
//! Request `7E 00 type len addr(2) data… crc(2)`, answer `02 00 00 len data… crc(2)`, the checksum
//! CRC-16 with polynomial 1021 over type to data. Codes have neither length nor checksum and may
//! follow an answer without a pause, so both are looked for in one stream.

use super::line::LineParser;

/// Whether a code was found by command or by itself.
pub const ZONE_MODE: u16 = 0x0000;
/// 1 starts a reading, 0 ends it.
pub const ZONE_TRIGGER: u16 = 0x0002;
/// Length of a reading in steps of 100 ms.
pub const ZONE_READ_TIME: u16 = 0x0006;
/// What follows each code.
pub const ZONE_SUFFIX: u16 = 0x0060;

const REQUEST: [u8; 2] = [0x7E, 0x00];
const ANSWER: [u8; 3] = [0x02, 0x00, 0x00];
const READ: u8 = 0x07;
const WRITE: u8 = 0x08;
const SAVE: u8 = 0x09;
const UNCHECKED: [u8; 2] = [0xAB, 0xCD];
/// Answers to the driver's own requests hold one byte.
const DATA: usize = 1;
const ANSWER_LENGTH: usize = ANSWER.len() + 1 + DATA + 2;
const REQUEST_LENGTH: usize = 9;

/// What is asked of an engine. Every request may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    Read {
        zone: u16,
    },
    Write {
        zone: u16,
        value: u8,
    },
    /// Keep all zones over a power cut.
    Save,
}

/// What an engine sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    /// The value of a zone, or 0 for a write or a save that was done.
    Answer(u8),
    Text(String),
}

/// The bytes of a request, with its checksum or with the mark that there is none.
pub fn encode(request: Request, skip_checksum: bool) -> Vec<u8> {
    let (kind, zone, value) = match request {
        Request::Read { zone } => (READ, zone, 1),
        Request::Write { zone, value } => (WRITE, zone, value),
        Request::Save => (SAVE, 0, 0),
    };
    let [high, low] = zone.to_be_bytes();
    let body = [kind, 1, high, low, value];
    let checksum = if skip_checksum { UNCHECKED } else { crc(&body).to_be_bytes() };
    [&REQUEST[..], &body, &checksum].concat()
}

/// The bytes of an answer.
pub fn encode_answer(value: u8) -> Vec<u8> {
    let body = [0, 1, value];
    [&ANSWER[..2], &body, &crc(&body).to_be_bytes()].concat()
}

/// Engine side: the request at the very start of `bytes`, with its length.
pub fn parse_request(bytes: &[u8]) -> Option<(Request, usize)> {
    let frame = bytes.get(..REQUEST_LENGTH)?;
    let (body, checksum) = frame[2..].split_at(5);
    if frame[..2] != REQUEST || (checksum != UNCHECKED && checksum != crc(body).to_be_bytes()) {
        return None;
    }
    let zone = u16::from_be_bytes([body[2], body[3]]);
    let request = match (body[0], body[1], body[4]) {
        (READ, 1, 1) => Request::Read { zone },
        (WRITE, 1, value) => Request::Write { zone, value },
        (SAVE, 1, 0) => Request::Save,
        _ => return None,
    };
    Some((request, REQUEST_LENGTH))
}

/// A note for the wire view: never a text itself.
pub fn describe_request(bytes: &[u8]) -> String {
    match parse_request(bytes) {
        Some((Request::Read { zone }, _)) => format!("read zone {zone:04x}"),
        Some((Request::Write { zone: ZONE_TRIGGER, value: 1 }, _)) => "start reading".to_owned(),
        Some((Request::Write { zone: ZONE_TRIGGER, .. }, _)) => "stop reading".to_owned(),
        Some((Request::Write { zone, value }, _)) => format!("set zone {zone:04x} to {value:02x}"),
        Some((Request::Save, _)) => "save settings".to_owned(),
        None => "not a scanner command".to_owned(),
    }
}

/// Takes answers and texts apart. Holds less than an answer besides what [`LineParser`] holds.
#[derive(Debug, Default)]
pub struct Parser {
    waiting: Vec<u8>,
    line: LineParser,
}

impl Parser {
    /// Takes bytes as they come and returns what became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::new();
        for &byte in bytes {
            self.waiting.push(byte);
            self.settle(&mut items);
        }
        items
    }

    /// Forgets what is not whole, for example after the line fell silent.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.line.clear();
    }

    /// Whether bytes wait for the rest.
    pub fn pending(&self) -> bool {
        !self.waiting.is_empty() || self.line.pending()
    }

    /// Gives bytes that cannot begin an answer to the line, until what waits may become one.
    fn settle(&mut self, items: &mut Vec<Item>) {
        while !self.waiting.is_empty() {
            if let Some(value) = answer(&self.waiting) {
                self.waiting.clear();
                items.push(Item::Answer(value));
            } else if may_become_answer(&self.waiting) {
                return;
            } else {
                let byte = self.waiting.remove(0);
                items.extend(self.line.push(&[byte]).into_iter().map(Item::Text));
            }
        }
    }
}

fn answer(bytes: &[u8]) -> Option<u8> {
    let frame = bytes.get(..ANSWER_LENGTH)?;
    let (body, checksum) = frame[2..].split_at(3);
    let fits = frame[..3] == ANSWER && body[1] == 1 && checksum == crc(body).to_be_bytes();
    fits.then_some(body[2])
}

/// Whether an answer comes first, for the wire view.
pub fn begins_with_answer(bytes: &[u8]) -> bool {
    bytes.get(..ANSWER_LENGTH).and_then(answer).is_some()
}

fn may_become_answer(bytes: &[u8]) -> bool {
    let head = [ANSWER[0], ANSWER[1], ANSWER[2], 1];
    let known = bytes.len().min(head.len());
    bytes.len() < ANSWER_LENGTH && bytes[..known] == head[..known]
}

/// CRC-16, polynomial 1021, from 0, not reflected.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixed_seed;
    use proptest::prelude::*;

    fn requests() -> impl Strategy<Value = Request> {
        prop_oneof![
            any::<u16>().prop_map(|zone| Request::Read { zone }),
            any::<(u16, u8)>().prop_map(|(zone, value)| Request::Write { zone, value }),
            Just(Request::Save),
        ]
    }

    fn told(items: &[Item]) -> Vec<String> {
        let tell = |it: &Item| match it {
            Item::Answer(value) => format!("={value:02x}"),
            Item::Text(text) => text.clone(),
        };
        items.iter().map(tell).collect()
    }

    #[test]
    fn frames_are_those_of_the_manual() {
        let save = [0x7E, 0x00, 0x09, 0x01, 0x00, 0x00, 0x00, 0xDE, 0xC8];
        assert_eq!(encode(Request::Save, false), save);
        let start = Request::Write { zone: ZONE_TRIGGER, value: 1 };
        let unchecked = [0x7E, 0x00, 0x08, 0x01, 0x00, 0x02, 0x01, 0xAB, 0xCD];
        assert_eq!(encode(start, true), unchecked);
        assert_eq!(encode_answer(0), [0x02, 0x00, 0x00, 0x01, 0x00, 0x33, 0x31]);
    }

    #[test]
    fn an_answer_and_a_code_may_come_in_one_piece() {
        let mut parser = Parser::default();
        let bytes = [encode_answer(0), b"H24P-030712349\r".to_vec(), encode_answer(0x7D)].concat();
        assert_eq!(told(&parser.push(&bytes)), ["=00", "H24P-030712349", "=7d"]);
        assert!(!parser.pending());
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn requests_survive_the_line(request in requests(), skip in any::<bool>()) {
            let frame = encode(request, skip);
            prop_assert_eq!(parse_request(&frame), Some((request, frame.len())));
        }

        #[test]
        fn answers_and_texts_survive_any_cut_and_noise(
            text in "[!-~]([ -~]{0,40}[!-~])?",
            value in any::<u8>(),
            noise in proptest::collection::vec(3..=0x1F_u8, 0..20),
            cut in any::<usize>(),
        ) {
            let noise: Vec<u8> = noise.into_iter().filter(|it| *it != b'\r').collect();
            let line = [text.as_bytes(), b"\r"].concat();
            let bytes = [noise, encode_answer(value), line, encode_answer(value)].concat();
            let (first, second) = bytes.split_at(cut % bytes.len());
            let mut parser = Parser::default();
            let mut items = parser.push(first);
            items.extend(parser.push(second));
            let answer = format!("={value:02x}");
            prop_assert_eq!(told(&items), [answer.clone(), text, answer]);
        }

        #[test]
        fn a_wrong_byte_is_no_answer(
            value in any::<u8>(), place in 0..ANSWER_LENGTH, flip in 1..=255_u8,
        ) {
            let mut frame = encode_answer(value);
            frame[place] ^= flip;
            let items = Parser::default().push(&frame);
            prop_assert!(!items.iter().any(|it| matches!(it, Item::Answer(_))));
        }

        #[test]
        fn any_bytes_keep_within_the_bound(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..600), 0..8),
        ) {
            let mut parser = Parser::default();
            for chunk in chunks {
                describe_request(&chunk);
                parser.push(&chunk);
                prop_assert!(parser.waiting.len() < ANSWER_LENGTH);
            }
        }
    }
}
