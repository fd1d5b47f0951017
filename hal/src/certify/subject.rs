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

    /// What can be tried out with a person's help, in this order.
    fn guided(&self) -> &'static [Guided] {
        &[]
    }

    /// The question whose answer shows what the person did.
    fn guided_question(&self, _of: &Guided) -> Option<Vec<u8>> {
        self.question()
    }

    /// Whether the last answer shows it.
    fn shows(&self, _of: &Guided) -> bool {
        false
    }
}

/// Something that a person does to the device, which then has to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guided {
    pub name: &'static str,
    /// What to do.
    pub instruction: &'static str,
}

const fn guided(name: &'static str, instruction: &'static str) -> Guided {
    Guided { name, instruction }
}

const CARD: Guided = guided("finds_a_card", "lay an identity card on the reader");
const DOOR_OPEN: Guided =
    guided("reports_an_open_door", "open the door of way 1 by its key or by hand");
const DOOR_SHUT: Guided = guided("reports_a_shut_door", "shut the door of way 1");
const PAPER_END: Guided = guided("reports_paper_end", "take the paper out of the printer");
const PAPER: Guided = guided("reports_paper_again", "put the paper back and shut the cover");
const COVER_OPEN: Guided = guided("reports_an_open_cover", "open the printer's cover");
const COVER_SHUT: Guided = guided("reports_a_shut_cover", "shut the printer's cover");
const CODE_READ: Guided = guided("sends_a_code", "hold a bar code or QR code in front");
const MAINS_GONE: Guided = guided("reports_the_mains_gone", "pull the UPS's mains plug");
const MAINS_BACK: Guided = guided("reports_the_mains_back", "plug the UPS in again");

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
                Some(protocol) => Box::new(Scanner { protocol, read: false }),
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
    status: Option<sdt::Status>,
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
        let status = sdt::Response::parse(&payload)?.status;
        self.status = Some(status);
        Some(match status {
            sdt::Status::Ok => Answer::Good,
            _ => Answer::Refused,
        })
    }

    fn clear(&mut self) {
        self.parser.clear();
    }

    /// That it was lifted cannot be asked: a card is found once only.
    fn guided(&self) -> &'static [Guided] {
        &[CARD]
    }

    fn guided_question(&self, _of: &Guided) -> Option<Vec<u8>> {
        Some(sdt::Request::FindCard.to_bytes())
    }

    fn shows(&self, _of: &Guided) -> bool {
        self.status == Some(sdt::Status::Found)
    }
}

struct Board {
    settings: BoardSettings,
    inbox: codec::Inbox,
    reply: Option<codec::Reply>,
}

impl Board {
    fn new(protocol: codec::Protocol, address: Option<u8>) -> Self {
        let factory = BoardSettings::of(protocol);
        let address = address.unwrap_or(factory.address);
        let settings = BoardSettings { address, ..factory };
        Self { settings, inbox: codec::Inbox::default(), reply: None }
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
        let reply = self.inbox.take_reply(&self.settings, request)?;
        self.reply = Some(reply);
        Some(Answer::Good)
    }

    fn clear(&mut self) {
        self.inbox.clear();
    }

    fn guided(&self) -> &'static [Guided] {
        &[DOOR_OPEN, DOOR_SHUT]
    }

    fn shows(&self, of: &Guided) -> bool {
        let open = match &self.reply {
            Some(codec::Reply::Doors(doors)) => doors.is_open(1),
            Some(codec::Reply::Door { open, .. }) => *open,
            _ => None,
        };
        open == Some(*of == DOOR_OPEN)
    }
}

#[derive(Default)]
struct Printer {
    splitter: status::Splitter,
    said: u8,
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
        let said = bytes.iter().find_map(|byte| match self.splitter.push(*byte)? {
            status::Answer::RealTime(said) => Some(said),
            _ => None,
        });
        self.said = said?;
        Some(Answer::Good)
    }

    fn clear(&mut self) {
        self.splitter.clear();
    }

    /// Automatic status back.
    fn may_speak_unasked(&self) -> bool {
        true
    }

    fn guided(&self) -> &'static [Guided] {
        &[PAPER_END, PAPER, COVER_OPEN, COVER_SHUT]
    }

    fn guided_question(&self, of: &Guided) -> Option<Vec<u8>> {
        let of_paper = [PAPER_END, PAPER].contains(of);
        Some(escpos::real_time_status(if of_paper { 4 } else { 2 }).to_vec())
    }

    /// Bits of DLE EOT 4 (paper end) and 2 (cover).
    fn shows(&self, of: &Guided) -> bool {
        match *of {
            PAPER_END => self.said & 0x60 != 0,
            PAPER => self.said & 0x60 == 0,
            COVER_OPEN => self.said & 0x04 != 0,
            _ => self.said & 0x04 == 0,
        }
    }
}

struct Scanner {
    protocol: scanner::Protocol,
    /// A line of text came.
    read: bool,
}

impl Subject for Scanner {
    fn kind(&self) -> &'static str {
        "scanner"
    }

    fn protocol(&self) -> &'static str {
        self.protocol.name()
    }

    fn question(&self) -> Option<Vec<u8>> {
        None
    }

    fn noise(&self) -> Vec<u8> {
        Vec::new()
    }

    /// What is read ends with CR or LF, as drivers expect it; what it says is nobody's business here.
    fn answer(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.read = bytes.iter().any(|it| matches!(it, b'\r' | b'\n'));
        self.read.then_some(Answer::Good)
    }

    fn clear(&mut self) {
        self.read = false;
    }

    fn guided(&self) -> &'static [Guided] {
        &[CODE_READ]
    }

    fn shows(&self, _of: &Guided) -> bool {
        self.read
    }
}

#[derive(Default)]
struct Ups {
    inbox: megatec::Inbox,
    mains: Option<bool>,
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
        let reply = self.inbox.take_reply()?;
        Some(match reply {
            megatec::Reply::Status(status) => {
                self.mains = Some(status.status(1).mains);
                Answer::Good
            }
            megatec::Reply::Echo | megatec::Reply::Nak => Answer::Refused,
        })
    }

    fn clear(&mut self) {
        self.inbox = megatec::Inbox::default();
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn guided(&self) -> &'static [Guided] {
        &[MAINS_GONE, MAINS_BACK]
    }

    fn shows(&self, of: &Guided) -> bool {
        self.mains == Some(*of == MAINS_BACK)
    }
}
