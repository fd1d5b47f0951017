//! A social security card as such cards run it: two files of records, T=0.

use encoding_rs::GB18030;

use super::{
    super::{
        apdu::{Command, StatusWord},
        ssc::{AID, File, READ_RECORD},
        staff::SELECT,
    },
    session::{AppletSession, Application, CardFault},
};
use crate::hex;

/// Direct convention, T=0, no historical bytes.
const ANSWER_TO_RESET: [u8; 4] = [0x3B, 0x60, 0x00, 0x00];
const NAME_BYTES: usize = 30;
const EXTENSION_BYTES: usize = 20;

/// What is on a card. Only invented people, please.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SscData {
    /// 16 bytes in hex; the first three are the city's code.
    pub card_id: String,
    pub version: String,
    pub card_number: String,
    pub number: String,
    pub name: String,
    /// Whether there is a record for the rest of a long name (2.0 and 3.0).
    pub name_extension: bool,
    /// Whether the holder's file stays shut without keys (3.0).
    pub needs_authentication: bool,
}

impl Default for SscData {
    /// A card of specification 2.0.
    fn default() -> Self {
        Self {
            card_id: "53010000000000000000000000000042".into(),
            version: "2.00".into(),
            card_number: "A00000042".into(),
            number: "440524188001010014".into(),
            name: "张小满".into(),
            name_extension: true,
            needs_authentication: false,
        }
    }
}

impl SscData {
    /// The first layout: no record for long names.
    pub fn of_1_0() -> Self {
        Self { version: "1.00".into(), name_extension: false, ..Self::default() }
    }

    /// The layout that hides its holder.
    pub fn of_3_0() -> Self {
        Self { version: "3.00".into(), needs_authentication: true, ..Self::default() }
    }
}

/// Why something cannot be on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SscDataError {
    #[error("the card id is not 16 bytes in hex")]
    CardId,
    #[error("version, card number and number are at most 4, 9 and 18 printable ASCII characters")]
    Text,
    #[error("the name does not fit into the card's 30 bytes, or 50 with the extension")]
    Name,
}

/// A social security card.
#[derive(Clone)]
pub struct SscApplet {
    data: SscData,
    /// In the order of their numbers.
    card: Vec<(u8, Vec<u8>)>,
    holder: Vec<(u8, Vec<u8>)>,
    fault: Option<CardFault>,
}

impl SscApplet {
    /// A card with these records.
    pub fn new(data: SscData) -> Result<Self, SscDataError> {
        let id = hex::decode(&data.card_id).filter(|it| it.len() == 16);
        let id = id.ok_or(SscDataError::CardId)?;
        let card = vec![
            (0x01, id),
            (0x02, vec![b'1']),
            (0x03, padded_text(&data.version, 4)?),
            (0x04, vec![0x91; 12]),
            (0x05, vec![0x20, 0x21, 0x03, 0x04]),
            (0x06, vec![0x20, 0x31, 0x03, 0x04]),
            (0x07, padded_text(&data.card_number, 9)?),
        ];
        let (name, rest) = name_records(&data)?;
        let mut holder = vec![(0x08, padded_text(&data.number, 18)?), (0x09, name)];
        holder.extend(rest.map(|it| (0x4E, it)));
        holder.extend([(0x0A, vec![b'1']), (0x0B, vec![0x01])]);
        Ok(Self { data, card, holder, fault: None })
    }

    /// What is on it.
    pub fn data(&self) -> &SscData {
        &self.data
    }

    /// The same card with something wrong with it.
    pub fn with_fault(mut self, fault: Option<CardFault>) -> Self {
        self.fault = fault;
        self
    }

    /// What is wrong with it.
    pub fn fault(&self) -> Option<CardFault> {
        self.fault
    }

    /// Its answer to reset.
    pub fn answer_to_reset(&self) -> Vec<u8> {
        ANSWER_TO_RESET.to_vec()
    }

    /// Powers the card up.
    pub fn session(&self) -> AppletSession {
        let session = SscSession { applet: self.clone(), selected: false, file: None };
        AppletSession::new(Box::new(session), self.fault)
    }
}

fn padded_text(text: &str, bytes: usize) -> Result<Vec<u8>, SscDataError> {
    let fits = text.len() <= bytes && text.bytes().all(|it| it.is_ascii_graphic());
    fits.then(|| padded(text.as_bytes(), bytes)).ok_or(SscDataError::Text)
}

/// The name and, where the card has it, the record behind. A character may be cut in two.
fn name_records(data: &SscData) -> Result<(Vec<u8>, Option<Vec<u8>>), SscDataError> {
    let (bytes, _, failed) = GB18030.encode(&data.name);
    let room = if data.name_extension { NAME_BYTES + EXTENSION_BYTES } else { NAME_BYTES };
    if failed || bytes.len() > room {
        return Err(SscDataError::Name);
    }
    let (name, rest) = bytes.split_at(bytes.len().min(NAME_BYTES));
    let rest = data.name_extension.then(|| padded(rest, EXTENSION_BYTES));
    Ok((padded(name, NAME_BYTES), rest))
}

fn padded(value: &[u8], bytes: usize) -> Vec<u8> {
    let mut value = value.to_vec();
    value.resize(bytes, 0);
    value
}

struct SscSession {
    applet: SscApplet,
    selected: bool,
    file: Option<File>,
}

impl Application for SscSession {
    fn execute(
        &mut self,
        command: &Command<'_>,
        fault: Option<CardFault>,
    ) -> Result<Vec<u8>, StatusWord> {
        match command.instruction {
            SELECT => self.select(command, fault),
            READ_RECORD if !self.selected => Err(StatusWord::CONDITIONS),
            READ_RECORD if fault == Some(CardFault::Refused) => Err(StatusWord::CONDITIONS),
            READ_RECORD => self.read(command),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }
}

impl SscSession {
    fn select(
        &mut self,
        command: &Command<'_>,
        fault: Option<CardFault>,
    ) -> Result<Vec<u8>, StatusWord> {
        match (command.p1, command.data) {
            (4, data) if data == AID && fault != Some(CardFault::NotStaff) => {
                self.selected = true;
                self.file = None;
                // The algorithms that the application has, as a template of the card would say it.
                Ok(vec![0x6F, 0x06, 0x9F, 0x0C, 0x03, 0x86, 0x01, 0x01])
            }
            (4, _) => {
                self.selected = false;
                Err(StatusWord::NO_FILE)
            }
            (0 | 2, [0xEF, 0x05]) if self.selected => {
                self.file = Some(File::Card);
                Ok(Vec::new())
            }
            (0 | 2, [0xEF, 0x06]) if self.selected => {
                self.file = Some(File::Holder);
                Ok(Vec::new())
            }
            _ => Err(StatusWord::NO_FILE),
        }
    }

    fn read(&mut self, command: &Command<'_>) -> Result<Vec<u8>, StatusWord> {
        let file = match command.p2 >> 3 {
            0 => self.file.ok_or(StatusWord::CONDITIONS)?,
            5 => File::Card,
            6 => File::Holder,
            _ => return Err(StatusWord::NO_FILE),
        };
        if file == File::Holder && self.applet.data.needs_authentication {
            return Err(StatusWord::NOT_PERMITTED);
        }
        let records = match file {
            File::Card => &self.applet.card,
            File::Holder => &self.applet.holder,
        };
        let found = match command.p2 & 0x07 {
            0 => records.iter().find(|(tag, _)| *tag == command.p1),
            4 => usize::from(command.p1).checked_sub(1).and_then(|it| records.get(it)),
            _ => return Err(StatusWord::WRONG_PARAMETERS),
        };
        let (tag, value) = found.ok_or(StatusWord::NO_RECORD)?;
        let length = u8::try_from(value.len()).expect("records are short");
        let record = [&[*tag, length], &value[..]].concat();
        match command.expected {
            Some(it) if it != 0 && it != length + 2 => {
                Err(StatusWord(0x6C00 | u16::from(length + 2)))
            }
            _ => Ok(record),
        }
    }
}
