//! One interface over the families of lock control boards: requests out, replies in.
//!
//! Only one request is outstanding on a bus, so what a run of bytes means follows from what was
//! asked: every search is given the [`Request`] that it answers.

use super::{
    a8,
    board::{BoardSettings, Feedback, Order},
    kr_cu16, kr_cu48, winnsen, wkly,
};
use crate::port::Direction;

/// Bytes that a search keeps; more noise than this pushes the oldest out.
pub const BUFFER_MAX: usize = 256;

/// The families of boards that this version speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Protocol {
    /// The “8A” family (锁控板 485), 9600 baud.
    #[serde(rename = "8a")]
    A8,
    /// The “WKLY” family (智能柜, 取餐柜), 9600 baud.
    #[serde(rename = "wkly")]
    Wkly,
    /// Kerong KR-CU12 and KR-CU16, 19200 baud.
    #[serde(rename = "kr-cu16")]
    KrCu16,
    /// Kerong boards of the CU48 kind.
    #[serde(rename = "kr-cu48")]
    KrCu48,
    /// Winnsen boards of parcel lockers, 9600 baud.
    #[serde(rename = "winnsen")]
    Winnsen,
}

impl Protocol {
    pub const ALL: [Self; 5] = [Self::A8, Self::Wkly, Self::KrCu16, Self::KrCu48, Self::Winnsen];
    /// All names, for messages.
    pub const NAMES: &str = "8a, wkly, kr-cu16, kr-cu48 or winnsen";

    /// The name used in configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::A8 => "8a",
            Self::Wkly => "wkly",
            Self::KrCu16 => "kr-cu16",
            Self::KrCu48 => "kr-cu48",
            Self::Winnsen => "winnsen",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The rate that boards leave the factory with; of `kr-cu48` it is not known for certain.
    pub fn baud(self) -> u32 {
        match self {
            Self::A8 | Self::Wkly | Self::Winnsen => 9_600,
            Self::KrCu16 | Self::KrCu48 => 19_200,
        }
    }

    /// Whether one request tells how all doors of a board stand. Where none does, the doors are
    /// read one after the other.
    pub fn reads_all(self) -> bool {
        self != Self::Winnsen
    }
}

/// What is asked of one board. Ways are the board's own, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Pulse one lock.
    Open { way: u8 },
    /// How one door stands.
    Read { way: u8 },
    /// How all doors stand.
    ReadAll,
}

/// What a board answered, its polarity and byte order already applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The open command arrived. It says nothing about the door.
    Accepted {
        way: u8,
    },
    /// How one door stands; empty where its sensor failed.
    Door {
        way: u8,
        open: Option<bool>,
    },
    Doors(Doors),
}

/// All doors of a board, the lowest bit for way 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// Doors that stand open; set for known doors only.
    pub open: u64,
    /// Doors whose sensor works.
    pub known: u64,
    /// Only on boards with a sensor inside the compartments.
    pub occupied: Option<u64>,
}

impl Doors {
    /// The wired doors of a board on which no sensor can say that it failed.
    pub(super) fn all(board: &BoardSettings, open: u64) -> Self {
        let known = ways_mask(board.ways);
        Self { open: open & known, known, occupied: None }
    }

    /// Whether the door of this way stands open, where its sensor works.
    pub fn is_open(&self, way: u8) -> Option<bool> {
        bit(self.known, way).then(|| bit(self.open, way))
    }

    /// Whether something lies behind this door, where a sensor knows.
    pub fn is_occupied(&self, way: u8) -> Option<bool> {
        self.occupied.map(|it| bit(it, way))
    }

    pub(super) fn set(&mut self, way: u8, open: bool) {
        let mask = 1 << (way - 1);
        self.known |= mask;
        if open {
            self.open |= mask;
        }
    }
}

/// The bytes of a request; none where the family has no such request ([`Protocol::reads_all`]).
pub fn encode(board: &BoardSettings, request: Request) -> Vec<u8> {
    match board.protocol {
        Protocol::A8 => a8::request(board, request),
        Protocol::Wkly => wkly::request(board, request),
        Protocol::KrCu16 => kr_cu16::request(board, request),
        Protocol::KrCu48 => kr_cu48::request(board, request),
        Protocol::Winnsen => winnsen::request(board, request),
    }
}

/// The bytes of a reply, as a board sends them; none where the family has no such reply.
pub fn encode_reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    match board.protocol {
        Protocol::A8 => a8::reply(board, reply),
        Protocol::Wkly => wkly::reply(board, reply),
        Protocol::KrCu16 => kr_cu16::reply(board, reply),
        Protocol::KrCu48 => kr_cu48::reply(board, reply),
        Protocol::Winnsen => winnsen::reply(board, reply),
    }
}

/// What a frame of any family is, for the record of a line. Families with long heads come first: a
/// short frame may be found inside a long one.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    let note = match direction {
        Direction::Out => wkly::describe_request(bytes)
            .or_else(|| winnsen::describe_request(bytes))
            .or_else(|| kr_cu48::describe_request(bytes))
            .or_else(|| kr_cu16::describe_request(bytes))
            .or_else(|| a8::describe_request(bytes)),
        Direction::In => wkly::describe_reply(bytes)
            .or_else(|| winnsen::describe_reply(bytes))
            .or_else(|| kr_cu48::describe_reply(bytes))
            .or_else(|| kr_cu16::describe_reply(bytes))
            .or_else(|| a8::describe_reply(bytes)),
    };
    note.unwrap_or_else(|| "not a locker frame".to_owned())
}

/// A run of bytes in which frames are looked for. It survives any noise and keeps at most
/// [`BUFFER_MAX`] bytes.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    /// Takes bytes from the line; the oldest go when there are too many.
    pub fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(BUFFER_MAX)..];
        let surplus = (self.bytes.len() + bytes.len()).saturating_sub(BUFFER_MAX);
        self.bytes.drain(..surplus);
        self.bytes.extend_from_slice(bytes);
    }

    /// Forgets everything, as before a new request.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// How many bytes wait to be understood.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Host side: the first valid answer of `board` to `request`, anywhere in what arrived.
    pub fn take_reply(&mut self, board: &BoardSettings, request: Request) -> Option<Reply> {
        self.take(|bytes| match board.protocol {
            Protocol::A8 => a8::parse_reply(board, request, bytes),
            Protocol::Wkly => wkly::parse_reply(board, request, bytes),
            Protocol::KrCu16 => kr_cu16::parse_reply(board, request, bytes),
            Protocol::KrCu48 => kr_cu48::parse_reply(board, request, bytes),
            Protocol::Winnsen => winnsen::parse_reply(board, request, bytes),
        })
    }

    /// Host side: a door change that `board` reported of its own accord, as way and open.
    pub fn take_change(&mut self, board: &BoardSettings) -> Option<(u8, bool)> {
        self.take(|bytes| match board.protocol {
            Protocol::A8 => a8::parse_change(board, bytes),
            Protocol::Wkly => wkly::parse_change(board, bytes),
            Protocol::KrCu16 | Protocol::KrCu48 | Protocol::Winnsen => None,
        })
    }

    /// Board side: the first valid request to `board`.
    pub fn take_request(&mut self, board: &BoardSettings) -> Option<Request> {
        self.take(|bytes| match board.protocol {
            Protocol::A8 => a8::parse_request(board, bytes),
            Protocol::Wkly => wkly::parse_request(board, bytes),
            Protocol::KrCu16 => kr_cu16::parse_request(board, bytes),
            Protocol::KrCu48 => kr_cu48::parse_request(board, bytes),
            Protocol::Winnsen => winnsen::parse_request(board, bytes),
        })
    }

    /// Finds the first place where `parse` sees a whole frame and drops everything up to its end.
    fn take<T>(&mut self, parse: impl Fn(&[u8]) -> Option<(T, usize)>) -> Option<T> {
        for start in 0..self.bytes.len() {
            if let Some((found, length)) = parse(&self.bytes[start..]) {
                self.bytes.drain(..start + length);
                return Some(found);
            }
        }
        None
    }
}

fn bit(bits: u64, way: u8) -> bool {
    (1..=64).contains(&way) && bits >> (way - 1) & 1 == 1
}

/// Whether a status bit says “open” on this board.
pub(super) fn bit_is_open(board: &BoardSettings, bit: bool) -> bool {
    match board.feedback {
        Feedback::Lock => !bit,
        Feedback::Open => bit,
    }
}

/// A mask with a bit for each wired way.
pub(super) fn ways_mask(ways: u8) -> u64 {
    if ways >= 64 { u64::MAX } else { (1 << ways) - 1 }
}

/// The number that a board gives to one of its ways.
pub(super) fn lock_number(board: &BoardSettings, way: u8) -> u8 {
    way.wrapping_sub(1).wrapping_add(board.first_way)
}

/// The inverse of [`lock_number`], for wired ways.
pub(super) fn board_way(board: &BoardSettings, lock: u8) -> Option<u8> {
    let way = lock.checked_sub(board.first_way)?.checked_add(1)?;
    (way <= board.ways).then_some(way)
}

/// `count` status bytes in the order and with the polarity of the board.
pub(super) fn status(board: &BoardSettings, doors: Doors, count: usize) -> Vec<u8> {
    let mask = ways_mask(board.ways);
    let bits = if bit_is_open(board, true) { doors.open } else { !doors.open } & mask;
    let mut status = bits.to_le_bytes()[..count].to_vec();
    if board.order == Order::LastFirst {
        status.reverse();
    }
    status
}

/// The inverse of [`status`]: a bit for each open door, those of ways that are not wired included.
pub(super) fn from_status(board: &BoardSettings, status: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..status.len()].copy_from_slice(status);
    if board.order == Order::LastFirst {
        bytes[..status.len()].reverse();
    }
    let bits = u64::from_le_bytes(bytes);
    if bit_is_open(board, true) { bits } else { !bits }
}

/// The first `length` bytes, if the last of them is the checksum of the others.
pub(super) fn checked_by(checksum: fn(&[u8]) -> u8, bytes: &[u8], length: usize) -> Option<&[u8]> {
    let (last, body) = bytes.get(..length)?.split_last()?;
    (checksum(body) == *last).then(|| &bytes[..length])
}

/// A frame with its checksum.
pub(super) fn sealed_by(checksum: fn(&[u8]) -> u8, mut frame: Vec<u8>) -> Vec<u8> {
    frame.push(checksum(&frame));
    frame
}

pub(super) fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, it| sum ^ it)
}

/// The low byte of the sum.
pub(super) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, it| sum.wrapping_add(*it))
}
