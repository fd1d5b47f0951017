//! Social security cards (社保卡): what the card tells without keys.
//!
//! | command | APDU | answer |
//! |---|---|---|
//! | SELECT the application SSSE | `00 A4 04 00 0F` and its name | `61xx` or 9000 |
//! | SELECT a file | `00 A4 02 00 02 EF 05` | `61xx` or 9000 |
//! | READ RECORD by tag | `00 B2 tag 00 Le` | tag, length, value |
//!
//! File EF05 has the card's own data (tags 01, 03, 07), EF06 the holder's (08, 09, 4E). Cards of
//! specification 3.0 give EF06 only after both sides proved themselves, which takes a security
//! module that a kiosk does not have: such a card is known by its own number only.
//!
//! Record layouts are cross-read from public drivers of card readers; what differs between cards is
//! in [`SscSettings`].

use encoding_rs::GB18030;

use super::{
    apdu::{ApduError, Command, StatusWord, Transmit, exchange, split_answer},
    staff::{GET_RESPONSE, SELECT},
};
use crate::{hex, mask, port::Direction};

/// `sx1.sh.社会保障`, the last four characters in GBK.
pub const AID: [u8; 15] =
    [0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF];

pub(super) const READ_RECORD: u8 = 0xB2;

/// How records are asked for. All three forms are equal on cards that keep the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadForm {
    /// The file is selected, then its records are read by tag.
    #[default]
    Tag,
    /// Tag and short file number in one command, without selecting.
    TagSfi,
    /// The file is selected, then its records are read by number.
    Number,
}

/// One way of reading such cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SscSettings {
    pub read: ReadForm,
    /// P1 of SELECT for a file: 02 (a file below the application) or 00 (by its number).
    pub select_p1: u8,
}

impl Default for SscSettings {
    fn default() -> Self {
        Self { read: ReadForm::Tag, select_p1: 0x02 }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SscSettingError {
    #[error("card setting `{0}` is unknown; known are read and select_p1")]
    UnknownKey(String),
    #[error("card setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("card setting `select_p1` cannot be {0:02x}; expected 00 or 02")]
    SelectP1(u8),
}

impl SscSettings {
    /// Applies one `KEY=VALUE` of the command line. `select_p1` is two hexadecimal digits.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SscSettingError> {
        let bad =
            |key, expected| SscSettingError::BadValue { key, value: value.to_owned(), expected };
        match key {
            "read" => {
                self.read = serde_json::from_value(value.into())
                    .map_err(|_| bad("read", "tag, tag-sfi or number"))?;
            }
            "select_p1" => {
                self.select_p1 =
                    u8::from_str_radix(value, 16).map_err(|_| bad("select_p1", "00 or 02"))?;
                self.check()?;
            }
            _ => return Err(SscSettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether cards can be read like this.
    pub fn check(&self) -> Result<(), SscSettingError> {
        match self.select_p1 {
            0x00 | 0x02 => Ok(()),
            other => Err(SscSettingError::SelectP1(other)),
        }
    }
}

/// A file of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// EF05, the card's own data.
    Card,
    /// EF06, the holder's.
    Holder,
}

impl File {
    /// Its identifier.
    pub fn id(self) -> [u8; 2] {
        match self {
            Self::Card => [0xEF, 0x05],
            Self::Holder => [0xEF, 0x06],
        }
    }

    /// Its short number.
    pub fn short_number(self) -> u8 {
        self.id()[1]
    }
}

/// A record that is read: its tag, its number within the file, and the bytes of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub file: File,
    pub tag: u8,
    pub number: u8,
    pub value_bytes: u8,
    /// What it is, for messages.
    pub what: &'static str,
}

pub const CARD_ID: Record = record(File::Card, 0x01, 1, 16, "card id");
pub const VERSION: Record = record(File::Card, 0x03, 3, 4, "version of the specification");
pub const CARD_NUMBER: Record = record(File::Card, 0x07, 7, 9, "card number");
pub const NUMBER: Record = record(File::Holder, 0x08, 1, 18, "social security number");
pub const NAME: Record = record(File::Holder, 0x09, 2, 30, "name");
/// Where a name goes on that 30 bytes do not hold. Older cards lack it.
pub const NAME_EXTENSION: Record = record(File::Holder, 0x4E, 3, 20, "rest of the name");

const fn record(file: File, tag: u8, number: u8, value_bytes: u8, what: &'static str) -> Record {
    Record { file, tag, number, value_bytes, what }
}

/// SELECT for the application.
pub fn select_application() -> Vec<u8> {
    let data = &AID;
    Command { class: 0, instruction: SELECT, p1: 4, p2: 0, data, expected: None }.to_bytes()
}

/// SELECT for a file.
pub fn select_file(file: File, settings: SscSettings) -> Vec<u8> {
    let (p1, data) = (settings.select_p1, &file.id());
    Command { class: 0, instruction: SELECT, p1, p2: 0, data, expected: None }.to_bytes()
}

/// READ RECORD.
pub fn read_record(record: Record, form: ReadForm) -> Vec<u8> {
    let (p1, p2) = match form {
        ReadForm::Tag => (record.tag, 0x00),
        ReadForm::TagSfi => (record.tag, record.file.short_number() << 3),
        ReadForm::Number => (record.number, 0x04),
    };
    let expected = Some(record.value_bytes + 2);
    Command { class: 0, instruction: READ_RECORD, p1, p2, data: &[], expected }.to_bytes()
}

/// The value of a record as it was answered; `None` where it is another record or cut off.
///
/// Some cards give a record longer than its length says, filled up; what is behind is dropped.
pub fn record_value(record: Record, answer: &[u8]) -> Option<&[u8]> {
    match answer {
        [tag, length, rest @ ..] if *tag == record.tag => rest.get(..usize::from(*length)),
        _ => None,
    }
}

/// Why a card was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SscError {
    #[error("the card does not answer; insert it the right way round and leave it in")]
    Mute,
    #[error("the card is not a social security card; insert the one with the chip of 社会保障卡")]
    NotSocialSecurity,
    #[error(
        "the card refuses to give its {what}: {word}; try another --set read=… or --set select_p1=…"
    )]
    Refused { what: &'static str, word: StatusWord },
    #[error("the card's {what} makes no sense; try another --set read=…, or another card")]
    Nonsense { what: &'static str },
}

/// What a card told. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SocialSecurityCard {
    pub card_id: [u8; 16],
    /// Of the specification, such as `2.00`.
    pub version: String,
    pub card_number: String,
    /// The holder's number; the same as on the identity card.
    pub number: Option<String>,
    pub name: Option<String>,
    /// The card gives the holder's data only to a security module.
    pub needs_authentication: bool,
}

impl std::fmt::Debug for SocialSecurityCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SocialSecurityCard(version {})", self.version)
    }
}

impl SocialSecurityCard {
    /// Where it was issued: the first three bytes of its id as decimal digits, an administrative
    /// code such as `530100`. `None` where they are no digits.
    pub fn city(&self) -> Option<String> {
        let code = hex::encode(&self.card_id[..3]);
        code.bytes().all(|it| it.is_ascii_digit()).then_some(code)
    }

    /// As the command line shows it; masked unless `reveal`.
    pub fn report(&self, reveal: bool) -> SscReport {
        let masked = |text: &str, mask: fn(&str) -> String| {
            if reveal { text.to_owned() } else { mask(text) }
        };
        SscReport {
            card_id: masked(&hex::encode(&self.card_id), mask::id_number),
            version: self.version.clone(),
            city: self.city(),
            card_number: masked(&self.card_number, mask::id_number),
            number: self.number.as_deref().map(|it| masked(it, mask::id_number)),
            name: self.name.as_deref().map(|it| masked(it, mask::name)),
            needs_authentication: self.needs_authentication,
        }
    }
}

/// A card as the command line shows it.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct SscReport {
    /// 16 bytes in hex.
    pub card_id: String,
    pub version: String,
    pub city: Option<String>,
    pub card_number: String,
    pub number: Option<String>,
    pub name: Option<String>,
    pub needs_authentication: bool,
}

/// Reads a card. It may be read again as often as one likes: nothing on it changes.
pub fn read(
    card: &mut dyn Transmit,
    settings: SscSettings,
) -> Result<SocialSecurityCard, SscError> {
    let mut reading = Reading { card, settings, selected: None };
    reading.application()?;
    let card_id = reading.value(CARD_ID)?;
    let card_id = card_id.try_into().map_err(|_| SscError::Nonsense { what: CARD_ID.what })?;
    let version = reading.ascii(VERSION)?;
    let card_number = reading.ascii(CARD_NUMBER)?;
    let (number, name) = (reading.open(|it| it.ascii(NUMBER))?, reading.open(Reading::name)?);
    let needs_authentication = number.is_none() || name.is_none();
    let name = name.filter(|it| !it.is_empty());
    Ok(SocialSecurityCard { card_id, version, card_number, number, name, needs_authentication })
}

struct Reading<'a> {
    card: &'a mut dyn Transmit,
    settings: SscSettings,
    selected: Option<File>,
}

impl Reading<'_> {
    fn application(&mut self) -> Result<(), SscError> {
        let selected = exchange(self.card, &select_application());
        selected.map(|_| ()).map_err(|it| match it {
            ApduError::Refused(StatusWord(0x6A81 | 0x6A82 | 0x6A86 | 0x6D00 | 0x6E00)) => {
                SscError::NotSocialSecurity
            }
            other => failure("application", other),
        })
    }

    /// The value of a record, its file selected before where the form needs that.
    fn value(&mut self, record: Record) -> Result<Vec<u8>, SscError> {
        let Record { file, what, .. } = record;
        if self.settings.read != ReadForm::TagSfi && self.selected != Some(file) {
            let select = select_file(file, self.settings);
            exchange(self.card, &select).map_err(|it| failure(what, it))?;
            self.selected = Some(file);
        }
        let answer = exchange(self.card, &read_record(record, self.settings.read));
        let answer = answer.map_err(|it| failure(what, it))?;
        let value = record_value(record, &answer).ok_or(SscError::Nonsense { what })?;
        Ok(value.to_vec())
    }

    fn ascii(&mut self, record: Record) -> Result<String, SscError> {
        let value = self.value(record)?;
        let text = unpadded(&value);
        if text.is_empty() || !text.iter().all(u8::is_ascii_graphic) {
            return Err(SscError::Nonsense { what: record.what });
        }
        Ok(text.iter().map(|it| char::from(*it)).collect())
    }

    /// Name and its rest are joined before they are decoded: a character may lie on both sides.
    fn name(&mut self) -> Result<String, SscError> {
        let mut bytes = unpadded(&self.value(NAME)?).to_vec();
        match self.value(NAME_EXTENSION) {
            Ok(rest) => bytes.extend_from_slice(unpadded(&rest)),
            Err(SscError::Refused { word: StatusWord(0x6A82 | 0x6A83 | 0x6A88), .. }) => {}
            // Read by number: cards without the record have another one in its place.
            Err(SscError::Nonsense { .. }) if self.settings.read == ReadForm::Number => {}
            Err(error) => return Err(error),
        }
        let name = GB18030.decode_without_bom_handling_and_without_replacement(unpadded(&bytes));
        let name = name.ok_or(SscError::Nonsense { what: NAME.what })?;
        if name.chars().any(char::is_control) {
            return Err(SscError::Nonsense { what: NAME.what });
        }
        Ok(name.into_owned())
    }

    /// `None` where the card asks for keys first.
    fn open<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SscError>,
    ) -> Result<Option<T>, SscError> {
        match read(self) {
            Ok(value) => Ok(Some(value)),
            Err(SscError::Refused { word: StatusWord::NOT_PERMITTED, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn failure(what: &'static str, error: ApduError) -> SscError {
    match error {
        ApduError::Transmit(_) => SscError::Mute,
        ApduError::Refused(word) => SscError::Refused { what, word },
        ApduError::Nonsense => SscError::Nonsense { what },
    }
}

/// Without the zeros and blanks that fill a value up.
fn unpadded(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|it| !matches!(it, 0x00 | b' ' | 0xFF));
    &value[..end.map_or(0, |it| it + 1)]
}

/// What passes between reader and card, without what it holds.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    if direction == Direction::In {
        return match split_answer(bytes) {
            Some(([], word)) => word.describe().into(),
            Some((data, word)) => format!("{}, {} bytes", word.describe(), data.len()),
            None => "not an answer".into(),
        };
    }
    match Command::parse(bytes) {
        Some(Command { instruction: SELECT, data, .. }) if data == AID => {
            "select social security application".into()
        }
        Some(Command { instruction: SELECT, data, .. }) => match data {
            [0xEF, 0x05] => "select the card's data".into(),
            [0xEF, 0x06] => "select the holder's data".into(),
            _ => "select another application".into(),
        },
        Some(Command { instruction: READ_RECORD, p1, p2, .. }) => {
            let kind = if p2 & 0x04 == 0 { "tag" } else { "number" };
            format!("read record, {kind} {p1:02x}")
        }
        Some(it) if it.instruction == GET_RESPONSE => "fetch the rest".into(),
        Some(it) => format!("instruction {:02x}", it.instruction),
        None => "not a command".into(),
    }
}
