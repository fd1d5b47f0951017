//! The staff application as a card runs it.

use std::sync::Arc;

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};

use super::{
    super::{
        apdu::{Command, StatusWord, Transmit},
        slot::InsertedCard,
        staff::{AID, CARD_NUMBER, CARD_NUMBER_CHARACTERS_MAX, GET_DATA},
        staff::{INTERNAL_AUTHENTICATE, SELECT},
    },
    session::{AppletSession, Application, CardFault},
};
use crate::hex;

/// A card of protocol T=1 without historical bytes.
const ANSWER_TO_RESET: [u8; 5] = [0x3B, 0x80, 0x80, 0x01, 0x01];

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
        let session = StaffSession { applet: self.clone(), selected: false };
        AppletSession::new(Box::new(session), self.fault)
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

/// The application from power-up to power-down.
struct StaffSession {
    applet: StaffApplet,
    selected: bool,
}

impl Application for StaffSession {
    fn execute(
        &mut self,
        command: &Command<'_>,
        fault: Option<CardFault>,
    ) -> Result<Vec<u8>, StatusWord> {
        match command.instruction {
            SELECT => {
                let ours = command.p1 == 4 && command.data == AID;
                self.selected = ours && fault != Some(CardFault::NotStaff);
                if self.selected { Ok(Vec::new()) } else { Err(StatusWord::NO_FILE) }
            }
            GET_DATA | INTERNAL_AUTHENTICATE if !self.selected => Err(StatusWord::CONDITIONS),
            GET_DATA => {
                if [command.p1, command.p2] != CARD_NUMBER {
                    return Err(StatusWord::NO_DATA);
                }
                Ok(self.applet.card_number.clone().into_bytes())
            }
            INTERNAL_AUTHENTICATE => self.sign(command.data, fault),
            _ => Err(StatusWord::NO_INSTRUCTION),
        }
    }
}

impl StaffSession {
    fn sign(&self, challenge: &[u8], fault: Option<CardFault>) -> Result<Vec<u8>, StatusWord> {
        if challenge.len() != 32 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let message = match fault {
            Some(CardFault::Refused) => return Err(StatusWord::NOT_PERMITTED),
            Some(CardFault::WrongSignature) => &[0; 32],
            _ => challenge,
        };
        let signature = self.applet.keys.sign(&SystemRandom::new(), message);
        signature.map(|it| it.as_ref().to_vec()).map_err(|_| StatusWord::CONDITIONS)
    }
}
