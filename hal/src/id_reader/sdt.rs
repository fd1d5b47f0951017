//! The SDT protocol of the security module (SAM_A, SAM_V) in a card reader: bytes ↔ frames.
//!
//! `AA AA AA 96 69 | length, 2 bytes | payload | check`. The length counts payload and check; the
//! check is the XOR of both length bytes and the payload. A request's payload is command, parameter
//! and data, a response's is SW1, SW2, SW3 and data.

use crate::port::Direction;

/// Starts every frame. The parser asks for its last four bytes only, because real lines were seen
/// to lose or to garble the first.
const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
const SYNC: [u8; 4] = [0xAA, 0xAA, 0x96, 0x69];
const HEADER_BYTES: usize = SYNC.len() + 2;

/// The longest frame known is the answer with two fingerprints: length 0x090A.
const LENGTH_MAX: usize = 0x090A;
/// Command, parameter and check.
const LENGTH_MIN: usize = 3;

/// The most bytes that a [`Parser`] holds at any time.
pub const BUFFER_BYTES_MAX: usize = HEADER_BYTES + LENGTH_MAX;

/// The parts of the answer to a reading command.
pub const TEXT_BYTES: usize = 256;

/// What the host asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    ResetSam,
    Status,
    SamId,
    FindCard,
    SelectCard,
    /// Text and photo.
    Read,
    /// Text, photo and fingerprints; modules of the first series refuse it.
    ReadWithFingerprints,
    ReadNewAddress,
    ReadManagementNumber,
    /// The most bytes in one exchange by radio.
    SetRadioBytes(u8),
    SetBaud(Baud),
}

/// Rates that a module can be told to use. The codes rest on a single source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baud {
    B115200,
    B57600,
    B38400,
    B19200,
    B9600,
}

impl Baud {
    const ALL: [Self; 5] = [Self::B115200, Self::B57600, Self::B38400, Self::B19200, Self::B9600];

    fn code(self) -> u8 {
        match self {
            Self::B115200 => 0,
            Self::B57600 => 1,
            Self::B38400 => 2,
            Self::B19200 => 3,
            Self::B9600 => 4,
        }
    }
}

impl Request {
    fn payload(self) -> Vec<u8> {
        match self {
            Self::ResetSam => vec![0x10, 0xFF],
            Self::Status => vec![0x11, 0xFF],
            Self::SamId => vec![0x12, 0xFF],
            Self::FindCard => vec![0x20, 0x01],
            Self::SelectCard => vec![0x20, 0x02],
            Self::Read => vec![0x30, 0x01],
            Self::ReadNewAddress => vec![0x30, 0x03],
            Self::ReadManagementNumber => vec![0x30, 0x05],
            Self::ReadWithFingerprints => vec![0x30, 0x10],
            Self::SetBaud(baud) => vec![0x60, baud.code()],
            Self::SetRadioBytes(bytes) => vec![0x61, 0xFF, bytes],
        }
    }

    /// The frame on the wire.
    pub fn to_bytes(self) -> Vec<u8> {
        encode(&self.payload())
    }

    /// The request in a frame's payload.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        Some(match payload {
            [0x10, 0xFF] => Self::ResetSam,
            [0x11, 0xFF] => Self::Status,
            [0x12, 0xFF] => Self::SamId,
            [0x20, 0x01] => Self::FindCard,
            [0x20, 0x02] => Self::SelectCard,
            [0x30, 0x01] => Self::Read,
            [0x30, 0x03] => Self::ReadNewAddress,
            [0x30, 0x05] => Self::ReadManagementNumber,
            [0x30, 0x10] => Self::ReadWithFingerprints,
            [0x60, code] => Self::SetBaud(Baud::ALL.into_iter().find(|it| it.code() == *code)?),
            [0x61, 0xFF, bytes] => Self::SetRadioBytes(*bytes),
            _ => return None,
        })
    }

    /// What it asks, in words.
    pub fn describe(self) -> String {
        match self {
            Self::ResetSam => "reset module".into(),
            Self::Status => "module status".into(),
            Self::SamId => "module id".into(),
            Self::FindCard => "find card".into(),
            Self::SelectCard => "select card".into(),
            Self::Read => "read card".into(),
            Self::ReadWithFingerprints => "read card with fingerprints".into(),
            Self::ReadNewAddress => "read new address".into(),
            Self::ReadManagementNumber => "read management number".into(),
            Self::SetRadioBytes(bytes) => format!("set radio exchange to {bytes} bytes"),
            Self::SetBaud(baud) => format!("set rate, code {}", baud.code()),
        }
    }
}

macro_rules! statuses {
    ($($code:literal $name:ident $words:literal,)*) => {
        /// SW3: how a command went.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Status {
            $(#[doc = $words] $name,)*
            /// A code that no source explains.
            Other(u8),
        }

        impl Status {
            /// The status of a code on the wire.
            pub fn from_code(code: u8) -> Self {
                match code {
                    $($code => Self::$name,)*
                    other => Self::Other(other),
                }
            }

            /// The code on the wire.
            pub fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(other) => other,
                }
            }

            /// What it means.
            pub fn describe(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                    Self::Other(_) => "an unknown status",
                }
            }
        }
    };
}

statuses! {
    0x10 RequestChecksum "checksum of the request wrong",
    0x11 RequestLength "length of the request wrong",
    0x21 BadCommand "command not known",
    0x23 NotPermitted "command not permitted now",
    0x24 UnknownError "unknown error",
    0x31 CardRejectsModule "the card rejects the module",
    0x32 ModuleRejectsCard "the module rejects the card",
    0x33 VerificationFailed "the card's information cannot be verified",
    0x37 FingerprintFailed "fingerprints cannot be verified",
    0x3F InformationLength "length of the card's information wrong",
    0x40 WrongCardType "card type not recognised",
    0x41 ReadFailed "reading failed",
    0x47 RandomFailed "no random number from the card",
    0x60 SelfTestFailed "self-test of the module failed",
    0x66 NotAuthorised "module not authorised",
    0x80 NoCard "no card",
    0x81 SelectFailed "card cannot be selected",
    0x90 Ok "done",
    0x91 NothingStored "the card stores no such item",
    0x9F Found "card found",
}

/// What the module answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The card's own status with some errors, otherwise zero.
    pub card_status: [u8; 2],
    pub status: Status,
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The data may be a person's.
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("data_bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl Response {
    /// An answer without data.
    pub fn bare(status: Status) -> Self {
        Self { card_status: [0, 0], status, data: Vec::new() }
    }

    /// The frame on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [sw1, sw2] = self.card_status;
        let mut payload = vec![sw1, sw2, self.status.code()];
        payload.extend_from_slice(&self.data);
        encode(&payload)
    }

    /// The response in a frame's payload.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [sw1, sw2, sw3, data @ ..] = payload else { return None };
        let status = Status::from_code(*sw3);
        Some(Self { card_status: [*sw1, *sw2], status, data: data.to_vec() })
    }
}

/// Puts a payload into a frame. It is at most [`LENGTH_MAX`] − 1 bytes long.
pub fn encode(payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < LENGTH_MAX, "no message of the protocol is longer");
    let length = u16::try_from(payload.len() + 1).expect("bounded above").to_be_bytes();
    let mut frame = Vec::with_capacity(PREAMBLE.len() + 3 + payload.len());
    frame.extend_from_slice(&PREAMBLE);
    frame.extend_from_slice(&length);
    frame.extend_from_slice(payload);
    frame.push(check(&frame[PREAMBLE.len()..]));
    frame
}

fn check(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, it| sum ^ it)
}

/// Finds frames in a stream of bytes, whatever lies between them.
///
/// It holds at most [`BUFFER_BYTES_MAX`] bytes. Noise that looks like the start of a frame is
/// unmasked by its length or its check, and the bytes after it are looked at again.
#[derive(Clone, Debug, Default)]
pub struct Parser {
    buffer: Vec<u8>,
}

impl Parser {
    /// Takes bytes as they come and gives the payload of every frame that became complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        for byte in bytes {
            self.buffer.push(*byte);
            while let Step::Found(payload) = self.step() {
                payloads.push(payload);
            }
            assert!(self.buffer.len() < BUFFER_BYTES_MAX, "a full buffer is resolved");
        }
        payloads
    }

    /// Forgets an unfinished frame.
    pub fn clear(&mut self) {
        self.buffer.clear();
    }

    /// How many bytes wait for more.
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Drops what cannot begin a frame, then takes out a frame if one is complete.
    fn step(&mut self) -> Step {
        loop {
            let start = self.possible_start();
            self.buffer.drain(..start);
            if self.buffer.len() < HEADER_BYTES {
                return Step::NeedMore;
            }
            let length = u16::from_be_bytes([self.buffer[4], self.buffer[5]]);
            let length = usize::from(length);
            if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
                self.buffer.drain(..1);
                continue;
            }
            let Some(rest) = self.buffer.get(HEADER_BYTES..HEADER_BYTES + length) else {
                return Step::NeedMore;
            };
            let (payload, sum) = rest.split_at(length - 1);
            if check(&self.buffer[4..HEADER_BYTES]) ^ check(payload) != sum[0] {
                self.buffer.drain(..1);
                continue;
            }
            let payload = payload.to_vec();
            self.buffer.drain(..HEADER_BYTES + length);
            return Step::Found(payload);
        }
    }

    /// The first place at which the buffer agrees with the sync, as far as it reaches.
    fn possible_start(&self) -> usize {
        (0..self.buffer.len())
            .find(|start| {
                let rest = &self.buffer[*start..];
                rest.iter().zip(SYNC).all(|(have, want)| *have == want)
            })
            .unwrap_or(self.buffer.len())
    }
}

enum Step {
    Found(Vec<u8>),
    NeedMore,
}

/// The parts of the answer to [`Request::Read`] and [`Request::ReadWithFingerprints`].
#[derive(Clone, PartialEq, Eq)]
pub struct CardData {
    pub text: [u8; TEXT_BYTES],
    pub photo: Vec<u8>,
    pub fingerprints: Vec<u8>,
}

impl CardData {
    /// Takes the answer's data apart; `None` where the lengths in it do not add up.
    pub fn parse(data: &[u8], with_fingerprints: bool) -> Option<Self> {
        let (lengths, rest) = data.split_at_checked(if with_fingerprints { 6 } else { 4 })?;
        let length = |at: usize| {
            lengths.get(at..at + 2).map_or(0, |it| usize::from(u16::from_be_bytes([it[0], it[1]])))
        };
        let (text, rest) = rest.split_at_checked(length(0))?;
        let (photo, rest) = rest.split_at_checked(length(2))?;
        if rest.len() != length(4) {
            return None;
        }
        let text = text.try_into().ok()?;
        Some(Self { text, photo: photo.to_vec(), fingerprints: rest.to_vec() })
    }

    /// The data of an answer.
    pub fn to_bytes(&self, with_fingerprints: bool) -> Vec<u8> {
        let length = |part: &[u8]| u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes();
        let mut data = Vec::new();
        data.extend_from_slice(&length(&self.text));
        data.extend_from_slice(&length(&self.photo));
        if with_fingerprints {
            data.extend_from_slice(&length(&self.fingerprints));
        }
        data.extend_from_slice(&self.text);
        data.extend_from_slice(&self.photo);
        if with_fingerprints {
            data.extend_from_slice(&self.fingerprints);
        }
        data
    }
}

/// A module id as it is printed on the device: `05.01-20190308-0000000012-0000345678`.
pub fn format_sam_id(data: &[u8]) -> Option<String> {
    let data: &[u8; 16] = data.try_into().ok()?;
    let short = |at: usize| u16::from_le_bytes([data[at], data[at + 1]]);
    let long = |at: usize| u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
    let (date, left, right) = (long(4), long(8), long(12));
    Some(format!("{:02}.{:02}-{date:08}-{left:010}-{right:010}", short(0), short(2)))
}

/// What passes on the line, without what it holds.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    let mut parser = Parser::default();
    let frames = parser.push(bytes);
    let notes: Vec<String> = frames
        .iter()
        .map(|payload| match direction {
            Direction::Out => Request::parse(payload)
                .map_or_else(|| "unknown request".to_owned(), Request::describe),
            Direction::In => Response::parse(payload).map_or_else(
                || "unknown answer".to_owned(),
                |it| match it.data.len() {
                    0 => it.status.describe().to_owned(),
                    bytes => format!("{}, {bytes} bytes", it.status.describe()),
                },
            ),
        })
        .collect();
    if notes.is_empty() { "not a whole frame".to_owned() } else { notes.join("; ") }
}
