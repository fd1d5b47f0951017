//! A card as JSON, for `kiosk device id-reader read`: masked unless the caller asks otherwise.

use jiff::civil::Date;

use super::{CardKind, IdCard, Sex, ValidTo, number};
use crate::mask;

/// What the command prints. Its keys are a contract.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct CardReport {
    card: CardKind,
    name: String,
    english_name: Option<String>,
    sex: Sex,
    nation_code: Option<String>,
    nation: Option<String>,
    nationality: Option<String>,
    birth: Option<String>,
    address: Option<String>,
    number: String,
    number_valid: bool,
    issuer: Option<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    valid_to_long_term: bool,
    permit_number: Option<String>,
    times_issued: Option<String>,
    renewals: Option<String>,
    former_number: Option<String>,
    photo_bytes: usize,
    fingerprint_bytes: usize,
}

impl CardReport {
    /// Everything on the card, for a person who is allowed to see it.
    pub fn revealed(card: &IdCard) -> Self {
        Self {
            card: card.kind,
            name: card.name.clone(),
            english_name: card.english_name.clone(),
            sex: card.sex,
            nation_code: card.nation_code.clone(),
            nation: card.nation.clone(),
            nationality: card.nationality.clone(),
            birth: card.birth.map(|it| it.to_string()),
            address: card.address.clone(),
            number: card.number.clone(),
            number_valid: number::is_valid(card.kind, &card.number),
            issuer: card.issuer.clone(),
            valid_from: card.valid_from,
            valid_to: match card.valid_to {
                Some(ValidTo::Date(date)) => Some(date),
                Some(ValidTo::LongTerm) | None => None,
            },
            valid_to_long_term: card.valid_to == Some(ValidTo::LongTerm),
            permit_number: card.permit_number.clone(),
            times_issued: card.times_issued.clone(),
            renewals: card.renewals.clone(),
            former_number: card.former_number.clone(),
            photo_bytes: card.photo.len(),
            fingerprint_bytes: card.fingerprints.len(),
        }
    }

    /// The same with everything hidden that tells who it is.
    pub fn masked(card: &IdCard) -> Self {
        let open = Self::revealed(card);
        Self {
            name: mask::name(&open.name),
            english_name: open.english_name.as_deref().map(mask::name),
            birth: open.birth.map(|_| mask::BIRTH.to_owned()),
            address: open.address.as_deref().map(mask::address),
            number: mask::id_number(&open.number),
            permit_number: open.permit_number.as_deref().map(mask::id_number),
            former_number: open.former_number.as_deref().map(mask::id_number),
            ..open
        }
    }

    /// As the command prints it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings, dates and numbers always serialise")
    }
}
