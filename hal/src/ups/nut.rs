//! upsd of Network UPS Tools, a client that reads and gives one order (net-protocol.txt of NUT).
//!
//! Lines of words end with LF; values are quoted, with `\"` and `\\` inside. `LIST VAR` brings all
//! variables at once; servers that do not know it are asked for each variable that matters.

use std::fmt::Write;

use super::{Hundredths, UpsKind, UpsProblem, UpsStatus};
use crate::port::Direction;

/// The longest line that is kept; upsd itself writes no longer ones.
pub const LINE_BYTES_MAX: usize = 1024;

/// The variables that matter; the first one must be there.
pub const VARIABLES: [&str; 9] = [
    "ups.status",
    "ups.load",
    "ups.temperature",
    "ups.type",
    "battery.charge",
    "battery.runtime",
    "battery.voltage",
    "battery.temperature",
    "input.voltage",
];

/// Whether upsd can have a UPS of this name.
pub fn is_name(text: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    !text.is_empty() && text.len() <= 64 && text.chars().all(fits)
}

/// Whether upsd takes this as a user or password without quotes.
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_graphic() && !"\"\\".contains(it))
}

/// The lines that give the order to switch off and come back with the mains, one after the other; each
/// is answered.
pub fn shutdown_order(ups: &str, account: Option<(&str, &str)>) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    if let Some((user, password)) = account {
        lines.push(format!("USERNAME {user}\n").into_bytes());
        lines.push(format!("PASSWORD {password}\n").into_bytes());
    }
    lines.push(format!("INSTCMD {ups} shutdown.return\n").into_bytes());
    lines
}

/// The answer to one of these lines. On a connection where somebody logged in before, that still holds.
pub fn parse_order_reply(line: &str) -> Option<Result<(), Refusal>> {
    let words = words(line)?;
    match words.first()?.as_str() {
        "OK" => Some(Ok(())),
        "ERR" if words.get(1).is_some_and(|it| it.starts_with("ALREADY-SET")) => Some(Ok(())),
        "ERR" => Some(Err(Refusal::of_token(words.get(1).map_or("", String::as_str)))),
        _ => None,
    }
}

/// Asks for all variables of a UPS.
pub fn list_variables(ups: &str) -> Vec<u8> {
    format!("LIST VAR {ups}\n").into_bytes()
}

/// Asks for one variable of a UPS.
pub fn get_variable(ups: &str, variable: &str) -> Vec<u8> {
    format!("GET VAR {ups} {variable}\n").into_bytes()
}

/// One line of upsd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `VAR <ups> <name> "<value>"`
    Variable {
        ups: String,
        name: String,
        value: String,
    },
    /// `BEGIN LIST VAR <ups>`
    Begin {
        ups: String,
    },
    /// `END LIST VAR <ups>`
    End {
        ups: String,
    },
    Error(Refusal),
}

/// `ERR <TOKEN>`, as far as the difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    DataStale,
    DriverNotConnected,
    UnknownUps,
    AccessDenied,
    VariableNotSupported,
    /// Any other token: it does not know the question.
    NotUnderstood,
}

const TOKENS: [(&str, Refusal); 5] = [
    ("DATA-STALE", Refusal::DataStale),
    ("DRIVER-NOT-CONNECTED", Refusal::DriverNotConnected),
    ("UNKNOWN-UPS", Refusal::UnknownUps),
    ("ACCESS-DENIED", Refusal::AccessDenied),
    ("VAR-NOT-SUPPORTED", Refusal::VariableNotSupported),
];

impl Refusal {
    fn of_token(token: &str) -> Self {
        TOKENS.iter().find(|(it, _)| *it == token).map_or(Self::NotUnderstood, |(_, it)| *it)
    }

    /// What it means for the state of the UPS.
    pub fn problem(self) -> UpsProblem {
        match self {
            Self::DataStale => UpsProblem::DataStale,
            Self::DriverNotConnected => UpsProblem::DriverNotConnected,
            Self::UnknownUps => UpsProblem::UnknownUps,
            Self::AccessDenied => UpsProblem::AccessDenied,
            Self::VariableNotSupported | Self::NotUnderstood => UpsProblem::NotUnderstood,
        }
    }
}

/// A line, without its LF; `None` where it is none of these.
pub fn parse_line(line: &str) -> Option<Line> {
    let words = words(line)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["VAR", ups, name, value] => {
            Some(Line::Variable { ups: ups.into(), name: name.into(), value: value.into() })
        }
        ["BEGIN", "LIST", "VAR", ups] => Some(Line::Begin { ups: ups.into() }),
        ["END", "LIST", "VAR", ups] => Some(Line::End { ups: ups.into() }),
        ["ERR", token, ..] => Some(Line::Error(Refusal::of_token(token))),
        _ => None,
    }
}

/// `VAR <ups> <name> "<value>"` with its LF, as upsd sends it.
pub fn encode_variable(ups: &str, name: &str, value: &str) -> String {
    let mut line = format!("VAR {ups} {name} \"");
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            line.push('\\');
        }
        line.push(character);
    }
    line.push_str("\"\n");
    line
}

/// The words of a line, quotes and escapes resolved; `None` where a quote is left open.
pub fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

/// Collects bytes into lines. Holds at most [`LINE_BYTES_MAX`] bytes; longer lines and those that
/// are not UTF-8 vanish.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Inbox {
    /// Takes bytes as they come and returns the lines that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            match byte {
                b'\n' => lines.extend(self.finish()),
                b'\r' => {}
                _ if self.bytes.len() < LINE_BYTES_MAX => self.bytes.push(byte),
                _ => self.too_long = true,
            }
        }
        lines
    }

    /// How many bytes wait for the end of their line.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no line has begun.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn finish(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.bytes);
        if std::mem::take(&mut self.too_long) {
            return None;
        }
        String::from_utf8(bytes).ok()
    }
}

/// The answer to one question about one UPS, as it grows line by line.
#[derive(Clone, Debug)]
pub struct Answer {
    ups: String,
    variables: Variables,
}

impl Answer {
    /// Nothing heard yet about this UPS.
    pub fn about(ups: &str) -> Self {
        Self { ups: ups.to_owned(), variables: Variables::default() }
    }

    /// Takes one line of the answer to [`list_variables`]; gives the whole when it is complete.
    /// What is not about this UPS does not count.
    pub fn listed(&mut self, line: &str) -> Option<Result<Variables, Refusal>> {
        match parse_line(line)? {
            Line::Begin { ups } if ups == self.ups => self.variables = Variables::default(),
            Line::Variable { ups, name, value } if ups == self.ups => {
                self.variables.put(&name, value);
            }
            Line::End { ups } if ups == self.ups => {
                return Some(Ok(std::mem::take(&mut self.variables)));
            }
            Line::Error(refusal) => return Some(Err(refusal)),
            Line::Begin { .. } | Line::Variable { .. } | Line::End { .. } => {}
        }
        None
    }

    /// Takes one line of the answer to [`get_variable`]; gives the value when it is there.
    pub fn got(&self, wanted: &str, line: &str) -> Option<Result<String, Refusal>> {
        match parse_line(line)? {
            Line::Variable { ups, name, value } if ups == self.ups && name == wanted => {
                Some(Ok(value))
            }
            Line::Error(refusal) => Some(Err(refusal)),
            Line::Begin { .. } | Line::Variable { .. } | Line::End { .. } => None,
        }
    }
}

/// The values of [`VARIABLES`]; all others are forgotten at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    values: [Option<String>; VARIABLES.len()],
}

impl Variables {
    /// Keeps the value where the variable matters.
    pub fn put(&mut self, name: &str, value: String) {
        if let Some(place) = VARIABLES.iter().position(|it| *it == name) {
            self.values[place] = Some(value);
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let place = VARIABLES.iter().position(|it| *it == name)?;
        self.values[place].as_deref()
    }

    fn number(&self, name: &str) -> Option<Hundredths> {
        self.get(name).and_then(|it| Hundredths::parse(it.trim()))
    }

    fn whole<T: TryFrom<i32>>(&self, name: &str) -> Option<T> {
        self.number(name).and_then(|it| T::try_from(it.rounded()).ok())
    }

    /// What they mean; `None` where `ups.status` does not say whether the mains are there, for
    /// example while the driver starts (`WAIT`).
    ///
    /// `FSD`, once set by the primary, stays: it is read as on battery and low (`OB LB`). A unit
    /// in `BYPASS` that does not say more is fed by the mains. `RB` (replace battery) and `ALARM`
    /// are a failed unit: it will not bridge the next power cut.
    pub fn status(&self) -> Option<UpsStatus> {
        let words: Vec<&str> = self.get("ups.status")?.split_ascii_whitespace().collect();
        let has = |word: &str| words.contains(&word);
        let forced = has("FSD");
        let mains = match (has("OB") || forced, has("OL") || has("BYPASS")) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => return None,
        };
        Some(UpsStatus {
            mains,
            battery_low: has("LB") || forced,
            load_percent: self.whole("ups.load"),
            battery_volt: self.number("battery.voltage"),
            battery_percent: self.whole("battery.charge").filter(|it: &u8| *it <= 100),
            runtime_s: self.whole("battery.runtime"),
            temperature_c: self
                .number("ups.temperature")
                .or_else(|| self.number("battery.temperature")),
            input_volt: self.number("input.voltage"),
            bypass: has("BYPASS"),
            failed: has("ALARM") || has("RB"),
            kind: self.get("ups.type").and_then(kind),
            shutdown_active: forced,
        })
    }
}

/// Drivers write `online`, `offline`, `line-interactive`, `offline / line interactive` and so on.
fn kind(text: &str) -> Option<UpsKind> {
    let text = text.to_ascii_lowercase();
    if text.contains("offline") || text.contains("interactive") || text.contains("standby") {
        Some(UpsKind::Standby)
    } else if text.contains("online") || text.contains("on-line") {
        Some(UpsKind::Online)
    } else {
        None
    }
}

/// What passes, in words; `None` where it is nothing of this protocol.
pub(super) fn describe(direction: Direction, bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let first = text.lines().next()?.trim_end();
    if direction == Direction::Out {
        // Other clients may log in on a line that is recorded: nothing but questions is repeated.
        let verb = first.split(' ').next().filter(|it| !it.is_empty())?;
        return Some(if matches!(verb, "LIST" | "GET") { first } else { verb }.to_owned());
    }
    let lines = text.lines().filter_map(parse_line);
    let (mut variables, mut said) = (0, String::new());
    for line in lines {
        match line {
            Line::Variable { .. } => variables += 1,
            Line::Error(refusal) => write!(said, "refused: {refusal:?}").ok()?,
            Line::Begin { .. } | Line::End { .. } => {}
        }
    }
    match (variables, said.is_empty()) {
        (0, true) => None,
        (0, false) => Some(said),
        (count, _) => Some(format!("{count} variables")),
    }
}
