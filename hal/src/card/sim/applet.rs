//! The staff application as a card runs it.

use std::sync::Arc;

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};

use super::super::{
    apdu::{Command, StatusWord, Transmit, TransmitError},
    slot::InsertedCard,
    staff::{AID, CARD_NUMBER, CARD_NUMBER_CHARACTERS_MAX, GET_DATA, GET_RESPONSE},
    staff::{INTERNAL_AUTHENTICATE, SELECT},
};
use crate::{hex, sim::FaultInfo};

/// A card of protocol T=1 without historical bytes.
const ANSWER_TO_RESET: [u8; 5] = [0x3B, 0x80, 0x80, 0x01, 0x01];

/// What can be wrong with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFault {
    Mute,
    NotStaff,
    Refused,
    WrongSignature,
    GetResponse,
}

impl CardFault {
    pub const ALL: [Self; 5] =
        [Self::Mute, Self::NotStaff, Self::Refused, Self::WrongSignature, Self::GetResponse];

    /// Its name in commands and what it does.
    pub fn info(self) -> FaultInfo {
        let (name, description) = match self {
            Self::Mute => ("mute", "the card does not answer, as when it is pulled too soon"),
            Self::NotStaff => ("not_staff", "the card has no staff application"),
            Self::Refused => ("refused", "the card refuses to sign"),
            Self::WrongSignature => ("wrong_signature", "the card signs something else"),
            Self::GetResponse => {
                ("get_response", "the card gives its data in pieces that have to be fetched")
            }
        };
        FaultInfo { name, description }
    }
}

/// Why something is not a card's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the card number is not 1 to {CARD_NUMBER_CHARACTERS_MAX} printable ASCII characters")]
    Number,
    #[error("the keys are not a P-256 scalar and its uncompressed point")]
    Keys,
}

/// A staff card: its number and its key.
#[derive(Clone)]
pub struct StaffApplet {
    card_number: String,
    keys: Arc<EcdsaKeyPair>,
    fault: Option<CardFault>,
}

impl StaffApplet {
    /// A card whose keys are known: the scalar, big-endian, and the uncompressed point of 65 bytes.
    pub fn new(card_number: &str, secret_key: &[u8], public_key: &[u8]) -> Result<Self, KeyError> {
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let random = SystemRandom::new();
        let keys = EcdsaKeyPair::from_private_key_and_public_key(
            algorithm, secret_key, public_key, &random,
        );
        Self::of(card_number, keys.map_err(|_| KeyError::Keys)?)
    }

    /// The same with keys in hex.
    pub fn from_hex(
        card_number: &str,
        secret_key: &str,
        public_key: &str,
    ) -> Result<Self, KeyError> {
        let secret_key = hex::decode(secret_key).ok_or(KeyError::Keys)?;
        let public_key = hex::decode(public_key).ok_or(KeyError::Keys)?;
        Self::new(card_number, &secret_key, &public_key)
    }

    /// A card with new keys.
    pub fn generate(card_number: &str) -> Result<Self, KeyError> {
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| KeyError::Keys)?;
        let keys = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Self::of(card_number, keys.map_err(|_| KeyError::Keys)?)
    }

    fn of(card_number: &str, keys: EcdsaKeyPair) -> Result<Self, KeyError> {
        let fits = (1..=CARD_NUMBER_CHARACTERS_MAX).contains(&card_number.len());
        if !fits || !card_number.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(KeyError::Number);
        }
        Ok(Self { card_number: card_number.to_owned(), keys: Arc::new(keys), fault: None })
    }

    /// The number on the card.
    pub fn card_number(&self) -> &str {
        &self.card_number
    }

    /// The uncompressed point in hex, as the office stores it.
    pub fn public_key(&self) -> String {
        hex::encode(self.keys.public_key().as_ref())
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

    /// Powers the card up.
    pub fn session(&self) -> AppletSession {
        AppletSession { applet: self.clone(), selected: false, rest: Vec::new() }
    }
}

impl InsertedCard for StaffApplet {
    fn power_up(&self) -> Option<Box<dyn Transmit + Send>> {
        Some(Box::new(self.session()))
    }

    fn answer_to_reset(&self) -> Vec<u8> {
        ANSWER_TO_RESET.to_vec()
    }
}

/// A card from power-up to power-down.
pub struct AppletSession {
    applet: StaffApplet,
    selected: bool,
    /// Data that waits to be fetched.
    rest: Vec<u8>,
}

impl AppletSession {
    /// Something goes wrong, or is well again, while the card is in.
    pub(super) fn set_fault(&mut self, fault: Option<CardFault>) {
        self.applet.fault = fault;
    }

    pub(super) fn fault(&self) -> Option<CardFault> {
        self.applet.fault
    }

    fn execute(&mut self, command: &Command<'_>) -> Result<Vec<u8>, StatusWord> {
        if command.class != 0 {
            return Err(StatusWord::NO_CLASS);
        }
        match command.instruction {
            SELECT => {
                let ours = command.p1 == 4 && command.data == AID;
                self.selected = ours && self.applet.fault != Some(CardFault::NotStaff);
                if self.selected { Ok(Vec::new()) } else { Err(StatusWord::NO_FILE) }
            }
            GET_DATA | INTERNAL_AUTHENTICATE if !self.selected => Err(StatusWord::CONDITIONS),
            GET_DATA => {
                if [command.p1, command.p2] != CARD_NUMBER {
                    return Err(StatusWord::NO_DATA);
                }
                Ok(self.applet.card_number.clone().into_bytes())
            }
            INTERNAL_AUTHENTICATE => self.sign(command.data),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }

    fn sign(&self, challenge: &[u8]) -> Result<Vec<u8>, StatusWord> {
        if challenge.len() != 32 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let message = match self.applet.fault {
            Some(CardFault::Refused) => return Err(StatusWord::NOT_PERMITTED),
            Some(CardFault::WrongSignature) => &[0; 32],
            _ => challenge,
        };
        let signature = self.applet.keys.sign(&SystemRandom::new(), message);
        signature.map(|it| it.as_ref().to_vec()).map_err(|_| StatusWord::CONDITIONS)
    }

    /// Data in pieces, as cards of protocol T=0 give it.
    fn piecewise(&mut self, data: Vec<u8>) -> Vec<u8> {
        const PIECE_BYTES: usize = 48;

        let left = u8::try_from(data.len().min(PIECE_BYTES)).expect("a piece is short");
        self.rest = data;
        vec![0x61, left]
    }

    fn fetch(&mut self, expected: Option<u8>) -> Vec<u8> {
        let wanted = usize::from(expected.unwrap_or(0));
        if self.rest.is_empty() {
            return word(StatusWord::CONDITIONS);
        }
        let piece: Vec<u8> = self.rest.drain(..wanted.min(self.rest.len())).collect();
        let rest = std::mem::take(&mut self.rest);
        let end = if rest.is_empty() { word(StatusWord::OK) } else { self.piecewise(rest) };
        [piece, end].concat()
    }
}

impl Transmit for AppletSession {
    fn transmit(&mut self, bytes: &[u8]) -> Result<Vec<u8>, TransmitError> {
        if self.applet.fault == Some(CardFault::Mute) {
            return Err(TransmitError);
        }
        let Some(command) = Command::parse(bytes) else {
            return Ok(word(StatusWord::WRONG_LENGTH));
        };
        if command.instruction == GET_RESPONSE {
            return Ok(self.fetch(command.expected));
        }
        self.rest.clear();
        Ok(match self.execute(&command) {
            Err(refusal) => word(refusal),
            Ok(data) if data.is_empty() => word(StatusWord::OK),
            Ok(data) if self.applet.fault == Some(CardFault::GetResponse) => self.piecewise(data),
            Ok(data) => [data, word(StatusWord::OK)].concat(),
        })
    }
}

fn word(word: StatusWord) -> Vec<u8> {
    word.0.to_be_bytes().to_vec()
}
