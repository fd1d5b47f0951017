//! What a conformance run knows of each protocol: a harmless question and its answer.

use std::time::Duration;

use super::Answer;
use crate::id_reader::sdt;
use crate::locker::{BoardSettings, codec};
use crate::printer::{escpos, status};
use crate::scanner;
use crate::ups::{self, megatec};

/// A device as a conformance run asks it.
pub trait Subject: Send {
    fn kind(&self) -> &'static str;
    fn protocol(&self) -> &'static str;

    /// A question that changes nothing; `None` where the device cannot be asked.
    fn question(&self) -> Option<Vec<u8>>;

    /// The same with its check value wrong; `None` where there is none.
    fn spoiled_question(&self) -> Option<Vec<u8>> {
        None
    }

    /// The begin of the question, where a device that waits for the rest does no harm with it.
    fn half_question(&self) -> Option<Vec<u8>> {
        self.question().map(|it| it[..it.len() / 2].to_vec())
    }

    /// Bytes that mean nothing in this protocol.
    fn noise(&self) -> Vec<u8>;

    /// Takes bytes from the device until they are a whole answer.
    fn answer(&mut self, bytes: &[u8]) -> Option<Answer>;

    /// Forgets what arrived so far.
    fn clear(&mut self);

    /// Within this a device answers.
    fn limit(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn may_speak_unasked(&self) -> bool {
        false
    }
}

/// Why there is nothing to certify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSubject {
    #[error("there is no kind {0}; there are id-reader, locker, printer, scanner and ups")]
    Kind(String),
    #[error("{kind} has no protocol {name}; there are {known}")]
    Protocol { kind: &'static str, name: String, known: &'static str },
    #[error(
        "nut is a network protocol of a server, not of a device; use `kiosk device ups status`"
    )]
    Nut,
    #[error(
        "evdev is read through the kernel, not over a line; use `kiosk device scanner read \
         --protocol evdev`"
    )]
    Evdev,
}

/// What is to be certified; without a protocol the usual one of its kind, without an address the
/// one that boards leave the factory with.
pub fn subject(
    kind: &str,
    protocol: Option<&str>,
    address: Option<u8>,
) -> Result<Box<dyn Subject>, UnknownSubject> {
    let unknown = |kind, name: &str, known| {
        Err(UnknownSubject::Protocol { kind, name: name.to_owned(), known })
    };
    Ok(match (kind, protocol) {
        ("id-reader", None | Some("sdt")) => Box::new(IdReader::default()),
        ("id-reader", Some(other)) => return unknown("id-reader", other, "sdt"),
        ("locker", name) => {
            let name = name.unwrap_or("8a");
            match codec::Protocol::from_name(name) {
                Some(protocol) => Box::new(Board::new(protocol, address)),
                None => return unknown("locker", name, codec::Protocol::NAMES),
            }
        }
        ("printer", None | Some("escpos")) => Box::new(Printer::default()),
        ("printer", Some(other)) => return unknown("printer", other, "escpos"),
        ("scanner", name) => {
            let name = name.unwrap_or("line");
            match scanner::Protocol::from_name(name) {
                Some(scanner::Protocol::Evdev) => return Err(UnknownSubject::Evdev),
                Some(protocol) => Box::new(Scanner(protocol)),
                None => return unknown("scanner", name, scanner::Protocol::NAMES),
            }
        }
        ("ups", None | Some("megatec")) => Box::new(Ups::default()),
        ("ups", Some("nut")) => return Err(UnknownSubject::Nut),
        ("ups", Some(other)) => return unknown("ups", other, "megatec"),
        (other, _) => return Err(UnknownSubject::Kind(other.to_owned())),
    })
}

#[derive(Default)]
struct IdReader {
    parser: sdt::Parser,
}

impl Subject for IdReader {
    fn kind(&self) -> &'static str {
        "id-reader"
    }

    fn protocol(&self) -> &'static str {
        "sdt"
    }

    fn question(&self) -> Option<Vec<u8>> {
        Some(sdt::Request::Status.to_bytes())
    }

    fn spoiled_question(&self) -> Option<Vec<u8>> {
        let mut question = self.question()?;
        *question.last_mut()? ^= 0x5A;
        Some(question)
    }

    fn noise(&self) -> Vec<u8> {
        vec![0x00, 0xFF, 0x55, 0x96, 0x69, 0x00, 0x13, 0x77]
    }

    fn answer(&mut self, bytes: &[u8]) -> Option<Answer> {
        let payload = self.parser.push(bytes).into_iter().next()?;
        Some(match sdt::Response::parse(&payload)?.status {
            sdt::Status::Ok => Answer::Good,
            _ => Answer::Refused,
        })
    }

    fn clear(&mut self) {
        self.parser.clear();
    }
}

struct Board {
    settings: BoardSettings,
    inbox: codec::Inbox,
}

impl Board {
    fn new(protocol: codec::Protocol, address: Option<u8>) -> Self {
        let factory = BoardSettings::of(protocol);
        let address = address.unwrap_or(factory.address);
        let settings = BoardSettings { address, ..factory };
        Self { settings, inbox: codec::Inbox::default() }
    }

    fn request(&self) -> codec::Request {
        if self.settings.protocol.reads_all() {
            codec::Request::ReadAll
        } else {
            codec::Request::Read { way: 1 }
        }
    }
}

impl Subject for Board {
    fn kind(&self) -> &'static str {
        "locker"
    }

    fn protocol(&self) -> &'static str {
        self.settings.protocol.name()
    }

    fn question(&self) -> Option<Vec<u8>> {
        Some(codec::encode(&self.settings, self.request()))
    }

    /// The last byte that a board must not accept changed; families without a check have none.
    fn spoiled_question(&self) -> Option<Vec<u8>> {
        let question = self.question()?;
        // The first bytes say what and to whom: changed they are another question, not a wrong one.
        (question.len() / 2..question.len()).rev().find_map(|at| {
            let mut spoiled = question.clone();
            spoiled[at] ^= 0x5A;
            let mut board = codec::Inbox::default();
            board.push(&spoiled);
            board.take_request(&self.settings).is_none().then_some(spoiled)
        })
    }

    fn noise(&self) -> Vec<u8> {
        vec![0x00, 0xFF, 0x13, 0x77, 0x00, 0xFF]
    }

    fn answer(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.inbox.push(bytes);
        let request = self.request();
        self.inbox.take_reply(&self.settings, request).map(|_| Answer::Good)
    }

    fn clear(&mut self) {
        self.inbox.clear();
    }
}

#[derive(Default)]
struct Printer {
    splitter: status::Splitter,
}

impl Subject for Printer {
    fn kind(&self) -> &'static str {
        "printer"
    }

    fn protocol(&self) -> &'static str {
        "escpos"
    }

    fn question(&self) -> Option<Vec<u8>> {
        Some(escpos::real_time_status(1).to_vec())
    }

    fn half_question(&self) -> Option<Vec<u8>> {
        None
    }

    /// Printers pass over NUL.
    fn noise(&self) -> Vec<u8> {
        vec![0; 16]
    }

    fn answer(&mut self, bytes: &[u8]) -> Option<Answer> {
        bytes.iter().find_map(|byte| match self.splitter.push(*byte)? {
            status::Answer::RealTime(_) => Some(Answer::Good),
            _ => None,
        })
    }

    fn clear(&mut self) {
        self.splitter.clear();
    }

    /// Automatic status back.
    fn may_speak_unasked(&self) -> bool {
        true
    }
}

struct Scanner(scanner::Protocol);

impl Subject for Scanner {
    fn kind(&self) -> &'static str {
        "scanner"
    }

    fn protocol(&self) -> &'static str {
        self.0.name()
    }

    fn question(&self) -> Option<Vec<u8>> {
        None
    }

    fn noise(&self) -> Vec<u8> {
        Vec::new()
    }

    fn answer(&mut self, _: &[u8]) -> Option<Answer> {
        None
    }

    fn clear(&mut self) {}
}

#[derive(Default)]
struct Ups {
    inbox: megatec::Inbox,
}

impl Subject for Ups {
    fn kind(&self) -> &'static str {
        "ups"
    }

    fn protocol(&self) -> &'static str {
        ups::Protocol::Megatec.name()
    }

    fn question(&self) -> Option<Vec<u8>> {
        Some(megatec::STATUS_REQUEST.to_vec())
    }

    /// A line that is no question; units echo it, refuse it or are silent.
    fn noise(&self) -> Vec<u8> {
        b"\x00\xFF?\r".to_vec()
    }

    fn answer(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.inbox.push(bytes);
        self.inbox.take_reply().map(|it| match it {
            megatec::Reply::Status(_) => Answer::Good,
            megatec::Reply::Echo | megatec::Reply::Nak => Answer::Refused,
        })
    }

    fn clear(&mut self) {
        self.inbox = megatec::Inbox::default();
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(2)
    }
}
