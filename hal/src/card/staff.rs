//! The staff card's application.
//!
//! | command | APDU | answer |
//! |---|---|---|
//! | SELECT | `00 A4 04 00 07 F048414C4C3234 00` | 9000 |
//! | GET DATA, card number | `00 CA 01 00 00` | 1–32 ASCII characters |
//! | INTERNAL AUTHENTICATE | `00 88 00 00 20 challenge 00` | ECDSA P-256 with SHA-256, DER |
//!
//! The number alone proves nothing, it could be copied; the signature over a fresh challenge does.

use super::{
    CardProblem, StaffCardProof,
    apdu::{ApduError, Command, StatusWord, Transmit, exchange, split_answer},
};
use crate::port::Direction;

/// `F0` (proprietary) and `HALL24`.
pub const AID: [u8; 7] = [0xF0, 0x48, 0x41, 0x4C, 0x4C, 0x32, 0x34];

/// The longest card number.
pub const CARD_NUMBER_CHARACTERS_MAX: usize = 32;
/// A P-256 signature in DER is at most 72 bytes long.
const SIGNATURE_BYTES_MAX: usize = 72;

pub(super) const SELECT: u8 = 0xA4;
pub(super) const GET_DATA: u8 = 0xCA;
pub(super) const INTERNAL_AUTHENTICATE: u8 = 0x88;
pub(super) const GET_RESPONSE: u8 = 0xC0;
/// P1 and P2 of GET DATA.
pub(super) const CARD_NUMBER: [u8; 2] = [0x01, 0x00];

/// SELECT.
pub fn select() -> Vec<u8> {
    let data = &AID;
    Command { class: 0, instruction: SELECT, p1: 4, p2: 0, data, expected: Some(0) }.to_bytes()
}

/// GET DATA for the card number.
pub fn get_card_number() -> Vec<u8> {
    let [p1, p2] = CARD_NUMBER;
    Command { class: 0, instruction: GET_DATA, p1, p2, data: &[], expected: Some(0) }.to_bytes()
}

/// INTERNAL AUTHENTICATE.
pub fn internal_authenticate(challenge: &[u8; 32]) -> Vec<u8> {
    let instruction = INTERNAL_AUTHENTICATE;
    Command { class: 0, instruction, p1: 0, p2: 0, data: challenge, expected: Some(0) }.to_bytes()
}

/// Asks a card who it is and lets it sign the challenge.
pub fn prove(card: &mut dyn Transmit, challenge: [u8; 32]) -> Result<StaffCardProof, CardProblem> {
    exchange(card, &select()).map_err(|it| match it {
        ApduError::Transmit(_) => CardProblem::Mute,
        ApduError::Refused(StatusWord(0x6A81 | 0x6A82 | 0x6A86 | 0x6D00 | 0x6E00)) => {
            CardProblem::NotStaff
        }
        ApduError::Refused(_) | ApduError::Nonsense => CardProblem::Refused,
    })?;
    let number = exchange(card, &get_card_number()).map_err(refused)?;
    let card_number = String::from_utf8(number).map_err(|_| CardProblem::Refused)?;
    let fits = (1..=CARD_NUMBER_CHARACTERS_MAX).contains(&card_number.len());
    if !fits || !card_number.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(CardProblem::Refused);
    }
    let signature = exchange(card, &internal_authenticate(&challenge)).map_err(refused)?;
    if signature.is_empty() || signature.len() > SIGNATURE_BYTES_MAX {
        return Err(CardProblem::Refused);
    }
    Ok(StaffCardProof { card_number, challenge, signature })
}

fn refused(error: ApduError) -> CardProblem {
    match error {
        ApduError::Transmit(_) => CardProblem::Mute,
        ApduError::Refused(_) | ApduError::Nonsense => CardProblem::Refused,
    }
}

/// Why a signature proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("the public key is not 65 bytes of an uncompressed P-256 point in hex")]
    PublicKey,
    #[error("the signature is not the card's")]
    Signature,
}

/// Checks a card's signature. The public key is an uncompressed point (65 bytes) in hex.
#[cfg(feature = "drivers")]
pub fn verify(public_key: &str, challenge: &[u8; 32], signature: &[u8]) -> Result<(), VerifyError> {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    let key = crate::hex::decode(public_key)
        .filter(|it| it.len() == 65 && it[0] == 0x04)
        .ok_or(VerifyError::PublicKey)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(challenge, signature)
        .map_err(|_| VerifyError::Signature)
}

/// What passes between reader and card, without what it holds.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    match direction {
        Direction::Out => match Command::parse(bytes) {
            Some(Command { instruction: SELECT, data, .. }) if data == AID => {
                "select staff application".into()
            }
            Some(it) if it.instruction == SELECT => "select another application".into(),
            Some(it) if it.instruction == GET_DATA => "get card number".into(),
            Some(it) if it.instruction == INTERNAL_AUTHENTICATE => "sign challenge".into(),
            Some(it) if it.instruction == GET_RESPONSE => "fetch the rest".into(),
            Some(it) => format!("instruction {:02x}", it.instruction),
            None => "not a command".into(),
        },
        Direction::In => match split_answer(bytes) {
            Some(([], word)) => word.describe().into(),
            Some((data, word)) => format!("{}, {} bytes", word.describe(), data.len()),
            None => "not an answer".into(),
        },
    }
}
