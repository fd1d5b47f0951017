//! Megatec/Q1 on a serial line, 2400 8N1 (megatec.txt of Network UPS Tools).
//!
//! Commands and answers end with CR and have no checksum. A status counts only when it has all its
//! fields and each of them is a number or is filled as unknown; a digit that noise turned into
//! another digit cannot be told. A unit that does not know a command sends it back.

use super::{Hundredths, UpsKind, UpsStatus};
use crate::port::Direction;

/// Asks for the status.
pub const STATUS_REQUEST: &[u8] = b"Q1\r";
/// Bytes that a search keeps; more noise than this pushes the oldest out.
pub const BUFFER_MAX: usize = 256;

const END: u8 = b'\r';
const FIELDS: usize = 8;

/// The order to switch off after a while and on again when the mains have been back for a while:
/// `S.3R0001`, `S02R0001`. A unit that obeys says nothing. It switches off even if the mains come back
/// before, so that what it feeds starts again in any case.
pub fn shutdown_order(off_delay_s: u16, on_delay_min: u16) -> Vec<u8> {
    let tenths = off_delay_s.div_ceil(6).clamp(2, 100);
    let on = on_delay_min.clamp(1, 9_999);
    let off =
        if tenths < 10 { format!(".{tenths}") } else { format!("{:02}", tenths.div_ceil(10)) };
    format!("S{off}R{on:04}\r").into_bytes()
}

/// The inverse, without the CR: seconds until off, minutes until on.
pub fn parse_shutdown_order(line: &[u8]) -> Option<(u16, u16)> {
    let text = std::str::from_utf8(line).ok()?.strip_prefix('S')?;
    let (off, on) = text.split_once('R')?;
    let off_delay_s = match off.strip_prefix('.') {
        Some(tenths) => tenths.parse::<u16>().ok()?.checked_mul(6)?,
        None => off.parse::<u16>().ok()?.checked_mul(60)?,
    };
    Some((off_delay_s, on.parse().ok()?))
}

/// What a unit answered to [`shutdown_order`], where it says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderReply {
    /// It came back: the unit does not know it, or the cable echoes.
    Echo,
    /// It refuses the order.
    Nak,
    /// Some say so when they obey.
    Ack,
}

/// What a unit answered to [`STATUS_REQUEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Status(Q1),
    /// It does not know the question and sent it back.
    Echo,
    /// It refuses the question.
    Nak,
}

/// The answer to Q1. Values that the unit does not have are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Q1 {
    pub input_volt: Option<Hundredths>,
    /// What the input had when the unit last went to battery.
    pub fault_volt: Option<Hundredths>,
    pub output_volt: Option<Hundredths>,
    pub load_percent: Option<u16>,
    pub frequency_hertz: Option<Hundredths>,
    /// Of the whole battery with standby units, of one cell with on-line units.
    pub battery_volt: Option<Hundredths>,
    pub temperature_c: Option<Hundredths>,
    pub flags: Flags,
}

/// The bits of Q1, b7 first. A bit that the unit does not tell counts as not set, except b7: a
/// status that does not tell it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    pub mains_failed: bool,
    pub battery_low: bool,
    /// Bypass with on-line units; with standby units the voltage regulation is at work.
    pub bypass_or_regulation: bool,
    pub failed: bool,
    pub kind: Option<UpsKind>,
    pub test_running: bool,
    pub shutdown_active: bool,
    pub beeper_on: bool,
}

impl Q1 {
    /// What it means, with the battery's volts times `packs`.
    pub fn status(&self, packs: u16) -> UpsStatus {
        let flags = self.flags;
        let whole = |it: Hundredths| Hundredths(it.0.saturating_mul(packs.into()));
        UpsStatus {
            mains: !flags.mains_failed,
            battery_low: flags.battery_low,
            load_percent: self.load_percent,
            battery_volt: self.battery_volt.map(whole),
            battery_percent: None,
            runtime_s: None,
            temperature_c: self.temperature_c,
            input_volt: self.input_volt,
            bypass: flags.bypass_or_regulation && flags.kind != Some(UpsKind::Standby),
            failed: flags.failed,
            kind: flags.kind,
            shutdown_active: flags.shutdown_active,
        }
    }
}

/// The bytes of a status, as a unit sends them; with `@` where a value is unknown.
pub fn encode(status: &Q1) -> Vec<u8> {
    let volts = |it: Option<Hundredths>| column(it, 3, 1);
    let load = status.load_percent.map(|it| Hundredths(i32::from(it) * 100));
    let cell = status.flags.kind == Some(UpsKind::Online)
        && status.battery_volt.is_some_and(|it| it.0 < 1_000);
    let battery = if cell { (1, 2) } else { (2, 1) };
    let text = format!(
        "({} {} {} {} {} {} {} {}\r",
        volts(status.input_volt),
        volts(status.fault_volt),
        volts(status.output_volt),
        column(load, 3, 0),
        column(status.frequency_hertz, 2, 1),
        column(status.battery_volt, battery.0, battery.1),
        column(status.temperature_c, 2, 1),
        bits(&status.flags),
    );
    text.into_bytes()
}

/// What passes, in words; `None` where it is nothing of this protocol.
pub(super) fn describe(direction: Direction, bytes: &[u8]) -> Option<String> {
    if direction == Direction::Out {
        let order = bytes.strip_suffix(&[END]).and_then(parse_shutdown_order);
        return match order {
            Some((off, on)) => Some(format!("order off in {off} s, on after {on} min of mains")),
            None => (bytes == STATUS_REQUEST).then(|| "ask status".to_owned()),
        };
    }
    let mut inbox = Inbox::default();
    inbox.push(bytes);
    Some(match inbox.take_reply()? {
        Reply::Status(it) if it.flags.mains_failed => "status, on battery".to_owned(),
        Reply::Status(_) => "status, on mains".to_owned(),
        Reply::Echo => "question sent back".to_owned(),
        Reply::Nak => "question refused".to_owned(),
    })
}

/// A run of bytes in which answers are looked for. It survives any noise and keeps at most
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

    /// How many bytes wait to be understood.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Host side: the first answer to [`STATUS_REQUEST`]. Lines that are none vanish.
    pub fn take_reply(&mut self) -> Option<Reply> {
        while let Some(line) = self.take_line() {
            let reply = parse_line(&line);
            if reply.is_some() {
                return reply;
            }
        }
        None
    }

    /// Device side: the next whole line, without its CR.
    pub fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.bytes.iter().position(|it| *it == END)?;
        let mut line: Vec<u8> = self.bytes.drain(..=end).collect();
        line.pop();
        Some(line)
    }
}

/// One line, without its CR, after this order.
pub fn parse_order_reply(order: &[u8], line: &[u8]) -> Option<OrderReply> {
    match line {
        b"(NAK" | b"NAK" => Some(OrderReply::Nak),
        b"(ACK" | b"ACK" => Some(OrderReply::Ack),
        _ if line == &order[..order.len() - 1] => Some(OrderReply::Echo),
        _ => None,
    }
}

fn parse_line(line: &[u8]) -> Option<Reply> {
    if line == &STATUS_REQUEST[..STATUS_REQUEST.len() - 1] {
        return Some(Reply::Echo);
    }
    (0..line.len()).filter(|it| line[*it] == b'(').find_map(|start| match &line[start + 1..] {
        b"NAK" => Some(Reply::Nak),
        rest => parse_status(std::str::from_utf8(rest).ok()?).map(Reply::Status),
    })
}

fn parse_status(text: &str) -> Option<Q1> {
    let mut fields = [""; FIELDS];
    let mut tokens = text.split_ascii_whitespace();
    for field in &mut fields {
        *field = tokens.next()?;
    }
    if tokens.next().is_some() {
        return None;
    }
    let load_percent = match value(fields[3])? {
        Some(it) => Some(u16::try_from(it.rounded()).ok()?),
        None => None,
    };
    Some(Q1 {
        input_volt: value(fields[0])?,
        fault_volt: value(fields[1])?,
        output_volt: value(fields[2])?,
        load_percent,
        frequency_hertz: value(fields[4])?,
        battery_volt: value(fields[5])?,
        temperature_c: value(fields[6])?,
        flags: parse_bits(fields[7])?,
    })
}

/// A field: filled with `@` or `-` it is unknown, otherwise it must be a number.
#[expect(clippy::option_option, reason = "no field, an unknown value and a value are three things")]
fn value(field: &str) -> Option<Option<Hundredths>> {
    if field.chars().all(|it| "@-.".contains(it)) {
        return Some(None);
    }
    Hundredths::parse(field).map(Some)
}

fn parse_bits(field: &str) -> Option<Flags> {
    let bits: &[u8; FIELDS] = field.as_bytes().try_into().ok()?;
    if bits[0] == b'@' || !bits.iter().all(|it| b"01@".contains(it)) {
        return None;
    }
    let set = |place: usize| bits[place] == b'1';
    Some(Flags {
        mains_failed: set(0),
        battery_low: set(1),
        bypass_or_regulation: set(2),
        failed: set(3),
        kind: match bits[4] {
            b'0' => Some(UpsKind::Online),
            b'1' => Some(UpsKind::Standby),
            _ => None,
        },
        test_running: set(5),
        shutdown_active: set(6),
        beeper_on: set(7),
    })
}

fn bits(flags: &Flags) -> String {
    let bit = |it: bool| if it { '1' } else { '0' };
    let kind = match flags.kind {
        Some(UpsKind::Online) => '0',
        Some(UpsKind::Standby) => '1',
        None => '@',
    };
    [
        bit(flags.mains_failed),
        bit(flags.battery_low),
        bit(flags.bypass_or_regulation),
        bit(flags.failed),
        kind,
        bit(flags.test_running),
        bit(flags.shutdown_active),
        bit(flags.beeper_on),
    ]
    .iter()
    .collect()
}

/// A value in a column of this many digits before and behind the point.
fn column(value: Option<Hundredths>, whole: usize, decimals: usize) -> String {
    let point = if decimals > 0 { "." } else { "" };
    let Some(Hundredths(value)) = value else {
        return format!("{}{point}{}", "@".repeat(whole), "@".repeat(decimals));
    };
    let fraction = format!("{:02}", value.unsigned_abs() % 100);
    let sign = if value < 0 { "-" } else { "" };
    let whole = whole - sign.len();
    format!("{sign}{:0whole$}{point}{}", value.unsigned_abs() / 100, &fraction[..decimals])
}
