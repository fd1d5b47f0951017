//! A card reader with its security module, and the cards that are laid on it.
//!
//! `{"lay": {…}}` lays a card (the keys of `kiosk device id-reader read --reveal`, all but `name`
//! and `number` with defaults), `{"lift": true}` takes it away. Like a real module it finds a card
//! that it read, or failed to read, only after it was lifted.

use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    CardKind, CardReport, IdCard, Sex, ValidTo, nation, number,
    sdt::{self, CardData, Parser, Request, Response, Status, TEXT_BYTES},
    text,
};
use crate::{
    port::Direction,
    sim::{ControlError, Device, FaultInfo, Outbox},
};

/// Where the text block says which kind of card it is.
const KIND_OFFSET: usize = 248;
const NEW_ADDRESS_BYTES: usize = 70;
const PHOTO_BYTES: usize = 1024;
const FINGERPRINT_BYTES_MAX: usize = 1024;

macro_rules! faults {
    ($($name:ident $text:literal $words:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Fault { $($name,)* }

        const FAULTS: &[FaultInfo] = &[$(FaultInfo { name: $text, description: $words },)*];

        impl Fault {
            fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

faults! {
    NoCard "no_card" "cards are not found (80)",
    SelectFails "select_fails" "cards are found but cannot be selected (81)",
    ReadFails "read_fails" "cards are selected but cannot be read (41)",
    RandomFails "random_fails" "the card gives no random number (47)",
    Rejected "rejected" "the card rejects the module (31)",
    ModuleRejects "module_rejects" "the module rejects the card (32)",
    VerificationFails "verification_fails" "the card's information cannot be verified (33)",
    WrongCardType "wrong_card_type" "the card's type is not recognised (40)",
    InformationLength "information_length" "the card's information has a wrong length (3f)",
    Malformed "malformed" "what is read makes no sense",
    NotPermitted "not_permitted" "reading is not permitted (23)",
    UnknownError "unknown_error" "every search ends with an unknown error (24)",
    RequestChecksum "request_checksum" "the module hears every request garbled (10)",
    OldModule "old_module" "the module knows neither fingerprints nor new addresses (21)",
    SamSelfTest "sam_self_test" "the module's self-test fails, also after a reset (60)",
    SamNeedsReset "sam_needs_reset" "the module's self-test fails until it is reset (60)",
    ModuleUnauthorised "module_unauthorised" "the module is not authorised (66)",
    StrayByte "stray_byte" "a stray byte arrives inside the preamble of every answer",
}

/// How far the module got with the card that lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Laid,
    Found,
    Selected,
    Read,
    /// It failed and has to be lifted.
    Spent,
}

struct Laid {
    card: IdCard,
    text: [u8; TEXT_BYTES],
    new_address: Option<String>,
    stage: Stage,
}

/// The simulated reader.
pub struct ReaderSim {
    parser: Parser,
    laid: Option<Laid>,
    fault: Option<Fault>,
    radio_time: Duration,
    reads: u64,
}

impl Default for ReaderSim {
    fn default() -> Self {
        Self::new()
    }
}

impl ReaderSim {
    /// A reader with nothing on it, whose module needs no time besides the wire's.
    pub fn new() -> Self {
        Self {
            parser: Parser::default(),
            laid: None,
            fault: None,
            radio_time: Duration::ZERO,
            reads: 0,
        }
    }

    /// The same, taking this long by radio to read a card.
    pub fn with_radio_time(mut self, radio_time: Duration) -> Self {
        self.radio_time = radio_time;
        self
    }

    fn answer(&mut self, request: Request) -> Response {
        match self.fault {
            Some(Fault::SamSelfTest) => return Response::bare(Status::SelfTestFailed),
            Some(Fault::ModuleUnauthorised) => return Response::bare(Status::NotAuthorised),
            Some(Fault::RequestChecksum) => return Response::bare(Status::RequestChecksum),
            Some(Fault::SamNeedsReset) if request != Request::ResetSam => {
                return Response::bare(Status::SelfTestFailed);
            }
            _ => {}
        }
        match request {
            Request::ResetSam => {
                if self.fault == Some(Fault::SamNeedsReset) {
                    self.fault = None;
                }
                Response::bare(Status::Ok)
            }
            Request::Status | Request::SetRadioBytes(_) | Request::SetBaud(_) => {
                Response::bare(Status::Ok)
            }
            Request::SamId => with_data(Status::Ok, sam_id()),
            Request::FindCard => self.find(),
            Request::SelectCard => self.select(),
            Request::Read => self.read(false),
            Request::ReadWithFingerprints => self.read(true),
            Request::ReadNewAddress => self.new_address(),
            // No source gives the shape of its answer.
            Request::ReadManagementNumber => Response::bare(Status::BadCommand),
        }
    }

    fn find(&mut self) -> Response {
        let status = match (self.fault, &mut self.laid) {
            (Some(Fault::UnknownError), _) => Status::UnknownError,
            (Some(Fault::NoCard), _) | (_, None) => Status::NoCard,
            (_, Some(laid)) => match laid.stage {
                Stage::Read | Stage::Spent => Status::NoCard,
                Stage::Laid | Stage::Found | Stage::Selected => {
                    laid.stage = Stage::Found;
                    return with_data(Status::Found, vec![0; 4]);
                }
            },
        };
        Response::bare(status)
    }

    fn select(&mut self) -> Response {
        let Some(laid) = &mut self.laid else { return Response::bare(Status::SelectFailed) };
        let status = match self.fault {
            Some(Fault::SelectFails) => Status::SelectFailed,
            Some(Fault::WrongCardType) => Status::WrongCardType,
            _ if matches!(laid.stage, Stage::Found | Stage::Selected) => {
                laid.stage = Stage::Selected;
                return with_data(Status::Ok, vec![0; 8]);
            }
            _ => return Response::bare(Status::SelectFailed),
        };
        laid.stage = Stage::Spent;
        Response::bare(status)
    }

    fn read(&mut self, with_fingerprints: bool) -> Response {
        if with_fingerprints && self.fault == Some(Fault::OldModule) {
            return Response::bare(Status::BadCommand);
        }
        let Some(laid) = &mut self.laid else { return Response::bare(Status::ReadFailed) };
        if !matches!(laid.stage, Stage::Selected | Stage::Read) {
            return Response::bare(Status::ReadFailed);
        }
        let refusal = match self.fault {
            Some(Fault::ReadFails) => Some((Status::ReadFailed, [0x69, 0x88])),
            Some(Fault::RandomFails) => Some((Status::RandomFailed, [0x67, 0x00])),
            Some(Fault::Rejected) => Some((Status::CardRejectsModule, [0x69, 0x82])),
            Some(Fault::ModuleRejects) => Some((Status::ModuleRejectsCard, [0, 0])),
            Some(Fault::VerificationFails) => Some((Status::VerificationFailed, [0, 0])),
            Some(Fault::InformationLength) => Some((Status::InformationLength, [0, 0])),
            Some(Fault::NotPermitted) => Some((Status::NotPermitted, [0, 0])),
            _ => None,
        };
        if let Some((status, card_status)) = refusal {
            laid.stage = Stage::Spent;
            return Response { card_status, ..Response::bare(status) };
        }
        laid.stage = Stage::Read;
        self.reads += 1;
        let mut text = laid.text;
        if self.fault == Some(Fault::Malformed) {
            text[..KIND_OFFSET].fill(0xD8);
        }
        let photo = laid.card.photo.clone();
        let data = CardData { text, photo, fingerprints: laid.card.fingerprints.clone() };
        with_data(Status::Ok, data.to_bytes(with_fingerprints))
    }

    fn new_address(&mut self) -> Response {
        if self.fault == Some(Fault::OldModule) {
            return Response::bare(Status::BadCommand);
        }
        match &self.laid {
            Some(laid) if matches!(laid.stage, Stage::Selected | Stage::Read) => {
                match &laid.new_address {
                    None => Response::bare(Status::NothingStored),
                    Some(address) => {
                        let units = address.encode_utf16().flat_map(u16::to_le_bytes);
                        let blanks = std::iter::repeat([b' ', 0]).flatten();
                        with_data(Status::Ok, units.chain(blanks).take(NEW_ADDRESS_BYTES).collect())
                    }
                }
            }
            _ => Response::bare(Status::ReadFailed),
        }
    }

    fn lay(&mut self, value: &Value) -> Result<(), ControlError> {
        let bad = |it: String| ControlError::BadValue(it);
        let request: LayRequest =
            serde_json::from_value(value.clone()).map_err(|it| bad(it.to_string()))?;
        let new_address = request.new_address.clone();
        if new_address.as_ref().is_some_and(|it| it.encode_utf16().count() > NEW_ADDRESS_BYTES / 2)
        {
            return Err(bad("the new address is longer than its place on the card".into()));
        }
        let card = request.into_card();
        let text = text::encode(&card).map_err(|it| bad(it.to_string()))?;
        self.laid = Some(Laid { card, text, new_address, stage: Stage::Laid });
        Ok(())
    }
}

impl Device for ReaderSim {
    fn receive(&mut self, _: Duration, bytes: &[u8], out: &mut Outbox) {
        for payload in self.parser.push(bytes) {
            let answer = match Request::parse(&payload) {
                Some(request) => self.answer(request),
                None => Response::bare(Status::BadCommand),
            };
            let mut frame = answer.to_bytes();
            if self.fault == Some(Fault::StrayByte) {
                frame.splice(0..1, [0xAA, 0x00]);
            }
            let by_radio = answer.data.len() > TEXT_BYTES;
            out.send_after(if by_radio { self.radio_time } else { Duration::ZERO }, frame);
        }
    }

    fn control(
        &mut self,
        _: Duration,
        command: &Value,
        _: &mut Outbox,
    ) -> Result<Value, ControlError> {
        if let Some(card) = command.get("lay") {
            self.lay(card)?;
        } else if command.get("lift").and_then(Value::as_bool) == Some(true) {
            self.laid = None;
        } else {
            return Err(ControlError::UnknownCommand {
                expected: r#"{"lay":{…}} or {"lift":true}"#,
            });
        }
        Ok(self.state())
    }

    fn state(&self) -> Value {
        let card = self.laid.as_ref().map(|it| CardReport::masked(&it.card));
        json!({
            "card": card,
            "read": self.laid.as_ref().is_some_and(|it| it.stage == Stage::Read),
            "reads": self.reads,
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        FAULTS
    }

    fn set_fault(&mut self, _: Duration, fault: Option<&str>, _: &mut Outbox) {
        self.fault = fault.and_then(Fault::from_name);
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        sdt::describe(direction, bytes)
    }
}

/// Invented, in the form of a real one.
fn sam_id() -> Vec<u8> {
    let mut data = Vec::with_capacity(16);
    data.extend_from_slice(&5u16.to_le_bytes());
    data.extend_from_slice(&1u16.to_le_bytes());
    for part in [20_190_308u32, 12, 345_678] {
        data.extend_from_slice(&part.to_le_bytes());
    }
    data
}

fn with_data(status: Status, data: Vec<u8>) -> Response {
    Response { data, ..Response::bare(status) }
}

/// The card in `{"lay": …}`. A report of a card that was read lays the same card.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LayRequest {
    #[serde(default = "resident")]
    card: CardKind,
    name: String,
    number: String,
    english_name: Option<String>,
    sex: Option<Sex>,
    nation_code: Option<String>,
    nation: Option<String>,
    nationality: Option<String>,
    birth: Option<Date>,
    address: Option<String>,
    issuer: Option<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    #[serde(default)]
    valid_to_long_term: bool,
    permit_number: Option<String>,
    times_issued: Option<String>,
    renewals: Option<String>,
    former_number: Option<String>,
    new_address: Option<String>,
    photo_bytes: Option<usize>,
    fingerprint_bytes: Option<usize>,
    /// Follows from the number; taken so that a report can be laid.
    #[serde(rename = "number_valid")]
    _number_valid: Option<bool>,
}

fn resident() -> CardKind {
    CardKind::Resident
}

impl LayRequest {
    fn into_card(self) -> IdCard {
        let of_number = |range: std::ops::Range<usize>| self.number.get(range);
        let birth = self.birth.or_else(|| of_number(6..14).and_then(number::date_of));
        let sex = self.sex.unwrap_or_else(|| {
            match of_number(16..17).and_then(|it| it.parse::<u8>().ok()) {
                Some(digit) if digit % 2 == 1 => Sex::Male,
                Some(_) => Sex::Female,
                None => Sex::Unknown,
            }
        });
        let nation_code = self.nation_code.or_else(|| {
            let by_name = self.nation.as_deref().and_then(nation::code);
            by_name.or((self.card == CardKind::Resident).then_some("01")).map(str::to_owned)
        });
        let valid_to = match (self.valid_to_long_term, self.valid_to) {
            (true, _) => Some(ValidTo::LongTerm),
            (false, date) => date.map(ValidTo::Date),
        };
        let photo_bytes = self.photo_bytes.unwrap_or(PHOTO_BYTES).min(PHOTO_BYTES);
        let fingerprint_bytes = self.fingerprint_bytes.unwrap_or(0).min(FINGERPRINT_BYTES_MAX);
        IdCard {
            kind: self.card,
            name: self.name,
            english_name: self.english_name,
            sex,
            nation: nation_code.as_deref().and_then(nation::name).map(str::to_owned),
            nation_code,
            nationality: self.nationality,
            birth,
            address: self.address,
            number: self.number,
            issuer: self.issuer,
            valid_from: self.valid_from,
            valid_to,
            permit_number: self.permit_number,
            times_issued: self.times_issued,
            renewals: self.renewals,
            former_number: self.former_number,
            // Any bytes do: nobody outside the module's maker can decode a photo.
            photo: vec![0x57; photo_bytes],
            fingerprints: vec![0x43; fingerprint_bytes],
        }
    }
}
