//! One interface over the families of lock control boards: requests out, replies in.
//!
//! Only one request is outstanding on a bus, so what a run of bytes means follows from what was
//! asked: every search is given the [`Request`] that it answers.

use super::{
    a8, kr_cu16,
    settings::{BoardSettings, Feedback},
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
    /// Kerong KR-CU12 and KR-CU16, 19200 baud.
    #[serde(rename = "kr-cu16")]
    KrCu16,
}

impl Protocol {
    /// The name used in configuration and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::A8 => "8a",
            Self::KrCu16 => "kr-cu16",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::A8, Self::KrCu16].into_iter().find(|it| it.name() == name)
    }

    /// The rate that boards leave the factory with.
    pub fn baud(self) -> u32 {
        match self {
            Self::A8 => 9_600,
            Self::KrCu16 => 19_200,
        }
    }

    /// Whether a working board answers the open command at all. Where it does not, waiting for an
    /// answer would only delay the first look at the door.
    pub fn answers_open(self) -> bool {
        match self {
            Self::A8 => true,
            Self::KrCu16 => false,
        }
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
    Door {
        way: u8,
        open: bool,
    },
    Doors(Doors),
}

/// All doors of a board, the lowest bit for way 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    pub open: u64,
    /// Only on boards with a sensor inside the compartments.
    pub occupied: Option<u64>,
}

impl Doors {
    /// Whether the door of this way stands open.
    pub fn is_open(&self, way: u8) -> bool {
        bit(self.open, way)
    }

    /// Whether something lies behind this door, where a sensor knows.
    pub fn is_occupied(&self, way: u8) -> Option<bool> {
        self.occupied.map(|it| bit(it, way))
    }
}

/// The bytes of a request.
pub fn encode(board: &BoardSettings, request: Request) -> Vec<u8> {
    match board.protocol {
        Protocol::A8 => a8::request(board, request),
        Protocol::KrCu16 => kr_cu16::request(board, request),
    }
}

/// The bytes of a reply, as a board sends them.
pub fn encode_reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    match board.protocol {
        Protocol::A8 => a8::reply(board, reply),
        Protocol::KrCu16 => kr_cu16::reply(board, reply),
    }
}

/// What a frame of either family is, for the record of a line.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    let note = match direction {
        Direction::Out => a8::describe_request(bytes).or_else(|| kr_cu16::describe_request(bytes)),
        Direction::In => a8::describe_reply(bytes).or_else(|| kr_cu16::describe_reply(bytes)),
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
            Protocol::KrCu16 => kr_cu16::parse_reply(board, request, bytes),
        })
    }

    /// Host side: a door change that `board` reported of its own accord, as way and open.
    pub fn take_change(&mut self, board: &BoardSettings) -> Option<(u8, bool)> {
        self.take(|bytes| match board.protocol {
            Protocol::A8 => a8::parse_change(board, bytes),
            Protocol::KrCu16 => None,
        })
    }

    /// Board side: the first valid request to `board`.
    pub fn take_request(&mut self, board: &BoardSettings) -> Option<Request> {
        self.take(|bytes| match board.protocol {
            Protocol::A8 => a8::parse_request(board, bytes),
            Protocol::KrCu16 => kr_cu16::parse_request(board, bytes),
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
