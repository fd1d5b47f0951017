//! The 256-byte text block of a card: four layouts, all UTF-16LE padded with blanks.
//!
//! The character at offset 248 tells the layouts apart: blank for residents (GA/T 490), J for the
//! permits of people of Hong Kong, Macao and Taiwan, I and Y for foreigners' cards of 2017 and
//! 2023.

use jiff::civil::Date;

use super::{CardKind, IdCard, Sex, ValidTo, nation, number, sdt::TEXT_BYTES};

/// Why a text block is not one of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("the card is of an unknown kind")]
    Kind,
    /// The field, never its contents.
    #[error("the card's {0} makes no sense")]
    Field(&'static str),
}

/// A field that is too long for its place or holds what its place cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not fit its place on the card")]
pub struct EncodeError(pub &'static str);

/// Offset and length in bytes.
#[derive(Clone, Copy)]
struct Place(usize, usize);

const MARK: Place = Place(248, 2);

/// Residents, and with few differences permits and the foreign cards of 2023.
mod usual {
    use super::Place;

    pub(super) const NAME: Place = Place(0, 30);
    pub(super) const SEX: Place = Place(30, 2);
    /// Nation of residents, number of renewals of foreigners.
    pub(super) const NATION: Place = Place(32, 4);
    pub(super) const BIRTH: Place = Place(36, 16);
    /// Address, or the first 35 characters of a foreigner's English name.
    pub(super) const ADDRESS: Place = Place(52, 70);
    pub(super) const NUMBER: Place = Place(122, 36);
    pub(super) const ISSUER: Place = Place(158, 30);
    pub(super) const VALID_FROM: Place = Place(188, 16);
    pub(super) const VALID_TO: Place = Place(204, 16);
    pub(super) const PERMIT_NUMBER: Place = Place(220, 18);
    pub(super) const TIMES_ISSUED: Place = Place(238, 4);
    pub(super) const ENGLISH_NAME_REST: Place = Place(220, 22);
    pub(super) const NATIONALITY: Place = Place(242, 6);
    pub(super) const LINK: Place = Place(250, 6);
}

/// Foreigners' cards of 2017.
mod of_2017 {
    use super::Place;

    pub(super) const ENGLISH_NAME: Place = Place(0, 120);
    pub(super) const SEX: Place = Place(120, 2);
    pub(super) const NUMBER: Place = Place(122, 30);
    pub(super) const NATIONALITY: Place = Place(152, 6);
    pub(super) const CHINESE_NAME: Place = Place(158, 30);
    pub(super) const VALID_FROM: Place = Place(188, 16);
    pub(super) const VALID_TO: Place = Place(204, 16);
    pub(super) const BIRTH: Place = Place(220, 16);
    pub(super) const VERSION: Place = Place(236, 4);
    pub(super) const AUTHORITY: Place = Place(240, 8);
}

const LONG_TERM: &str = "长期";
const ENGLISH_NAME_FIRST_CHARACTERS: usize = 35;

/// Reads a text block; photo and fingerprints stay empty.
pub fn parse(block: &[u8; TEXT_BYTES]) -> Result<IdCard, TextError> {
    let block = Block(block);
    match block.character(MARK) {
        ' ' | '\0' => resident(block),
        'J' => hmt_permit(block),
        'I' => foreign_2017(block),
        'Y' => foreign_2023(block),
        _ => Err(TextError::Kind),
    }
}

fn resident(block: Block<'_>) -> Result<IdCard, TextError> {
    let card = usual(block, CardKind::Resident)?;
    let nation_code = block.optional(usual::NATION);
    let nation = nation_code.as_deref().and_then(nation::name).map(str::to_owned);
    let address = block.optional(usual::ADDRESS);
    Ok(IdCard { nation_code, nation, address, issuer: block.optional(usual::ISSUER), ..card })
}

fn hmt_permit(block: Block<'_>) -> Result<IdCard, TextError> {
    let card = usual(block, CardKind::HmtPermit)?;
    Ok(IdCard {
        address: block.optional(usual::ADDRESS),
        issuer: block.optional(usual::ISSUER),
        permit_number: block.optional(usual::PERMIT_NUMBER),
        times_issued: block.optional(usual::TIMES_ISSUED),
        ..card
    })
}

fn foreign_2023(block: Block<'_>) -> Result<IdCard, TextError> {
    let card = usual(block, CardKind::Foreign2023)?;
    let mut english = block.units(usual::ADDRESS);
    english.extend(block.units(usual::ENGLISH_NAME_REST));
    let nationality = block.optional(usual::NATIONALITY);
    let link = block.text(usual::LINK);
    let former_number = nationality
        .as_deref()
        .and_then(|nationality| number::former_number(nationality, &card.number, &link));
    Ok(IdCard {
        english_name: non_empty(decode(&english)),
        nationality,
        renewals: block.optional(usual::NATION),
        former_number,
        ..card
    })
}

fn usual(block: Block<'_>, kind: CardKind) -> Result<IdCard, TextError> {
    Ok(IdCard {
        name: block.required(usual::NAME, "name")?,
        sex: sex_of(block.character(usual::SEX)),
        birth: block.date(usual::BIRTH, "birth date")?,
        number: block.number(usual::NUMBER)?,
        valid_from: block.date(usual::VALID_FROM, "start of validity")?,
        valid_to: block.valid_to(usual::VALID_TO)?,
        ..empty(kind)
    })
}

fn foreign_2017(block: Block<'_>) -> Result<IdCard, TextError> {
    let english_name = block.optional(of_2017::ENGLISH_NAME);
    let chinese_name = block.optional(of_2017::CHINESE_NAME);
    let name = chinese_name.or_else(|| english_name.clone()).ok_or(TextError::Field("name"))?;
    Ok(IdCard {
        name,
        english_name,
        sex: sex_of(block.character(of_2017::SEX)),
        nationality: block.optional(of_2017::NATIONALITY),
        birth: block.date(of_2017::BIRTH, "birth date")?,
        number: block.number(of_2017::NUMBER)?,
        issuer: block.optional(of_2017::AUTHORITY),
        valid_from: block.date(of_2017::VALID_FROM, "start of validity")?,
        valid_to: block.valid_to(of_2017::VALID_TO)?,
        ..empty(CardKind::Foreign2017)
    })
}

/// A card of this kind on which nothing is written yet.
pub fn empty(kind: CardKind) -> IdCard {
    IdCard {
        kind,
        name: String::new(),
        english_name: None,
        sex: Sex::Unknown,
        nation_code: None,
        nation: None,
        nationality: None,
        birth: None,
        address: None,
        number: String::new(),
        issuer: None,
        valid_from: None,
        valid_to: None,
        permit_number: None,
        times_issued: None,
        renewals: None,
        former_number: None,
        photo: Vec::new(),
        fingerprints: Vec::new(),
    }
}

/// Writes the text block of a card; what its layout has no place for is left out.
///
/// The former number of a 2023 card is not on it: only its link item is, which is taken from it.
pub fn encode(card: &IdCard) -> Result<[u8; TEXT_BYTES], EncodeError> {
    let mut block = Writer::blank();
    match card.kind {
        CardKind::Resident => {
            block.usual(card)?;
            block.optional(usual::NATION, "nation", card.nation_code.as_deref())?;
            block.optional(usual::ADDRESS, "address", card.address.as_deref())?;
            block.optional(usual::ISSUER, "issuer", card.issuer.as_deref())?;
        }
        CardKind::HmtPermit => {
            block.usual(card)?;
            block.optional(usual::ADDRESS, "address", card.address.as_deref())?;
            block.optional(usual::ISSUER, "issuer", card.issuer.as_deref())?;
            block.optional(usual::PERMIT_NUMBER, "permit number", card.permit_number.as_deref())?;
            block.optional(usual::TIMES_ISSUED, "times issued", card.times_issued.as_deref())?;
            block.write(MARK, "mark", "J")?;
        }
        CardKind::Foreign2023 => block.foreign_2023(card)?,
        CardKind::Foreign2017 => block.foreign_2017(card)?,
    }
    Ok(block.0)
}

/// Which characters of a former number the link item holds.
fn link_of(former_number: &str) -> Option<String> {
    (former_number.len() == 15 && former_number.is_ascii())
        .then(|| format!("{}{}", &former_number[5..7], &former_number[13..14]))
}

#[derive(Clone, Copy)]
struct Block<'a>(&'a [u8; TEXT_BYTES]);

impl Block<'_> {
    fn units(self, Place(offset, length): Place) -> Vec<u16> {
        let bytes = self.0[offset..offset + length].chunks_exact(2);
        bytes.map(|it| u16::from_le_bytes([it[0], it[1]])).collect()
    }

    fn text(self, place: Place) -> String {
        decode(&self.units(place))
    }

    /// The character at a place of one.
    fn character(self, place: Place) -> char {
        char::from_u32(self.units(place)[0].into()).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn optional(self, place: Place) -> Option<String> {
        non_empty(self.text(place))
    }

    fn required(self, place: Place, field: &'static str) -> Result<String, TextError> {
        self.optional(place).ok_or(TextError::Field(field))
    }

    /// Whether it is valid is for its reader to judge; here it has only to look like one.
    fn number(self, place: Place) -> Result<String, TextError> {
        let number = self.required(place, "number")?;
        if number.bytes().all(|it| it.is_ascii_alphanumeric()) {
            Ok(number)
        } else {
            Err(TextError::Field("number"))
        }
    }

    fn date(self, place: Place, field: &'static str) -> Result<Option<Date>, TextError> {
        match self.optional(place) {
            None => Ok(None),
            Some(text) => number::date_of(&text).map(Some).ok_or(TextError::Field(field)),
        }
    }

    fn valid_to(self, place: Place) -> Result<Option<ValidTo>, TextError> {
        if self.text(place) == LONG_TERM {
            return Ok(Some(ValidTo::LongTerm));
        }
        Ok(self.date(place, "end of validity")?.map(ValidTo::Date))
    }
}

fn decode(units: &[u16]) -> String {
    let text: String = char::decode_utf16(units.iter().copied())
        .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
        .filter(|it| !it.is_control())
        .collect();
    text.trim().to_owned()
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn sex_of(code: char) -> Sex {
    match code {
        '1' => Sex::Male,
        '2' => Sex::Female,
        '9' => Sex::NotStated,
        _ => Sex::Unknown,
    }
}

fn sex_code(sex: Sex) -> &'static str {
    match sex {
        Sex::Unknown => "0",
        Sex::Male => "1",
        Sex::Female => "2",
        Sex::NotStated => "9",
    }
}

struct Writer([u8; TEXT_BYTES]);

impl Writer {
    fn blank() -> Self {
        let mut block = [0; TEXT_BYTES];
        block.iter_mut().step_by(2).for_each(|it| *it = b' ');
        Self(block)
    }

    fn write(&mut self, place: Place, field: &'static str, text: &str) -> Result<(), EncodeError> {
        let Place(offset, length) = place;
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if bytes.len() > length {
            return Err(EncodeError(field));
        }
        self.0[offset..offset + bytes.len()].copy_from_slice(&bytes);
        Ok(())
    }

    fn optional(
        &mut self,
        place: Place,
        field: &'static str,
        text: Option<&str>,
    ) -> Result<(), EncodeError> {
        self.write(place, field, text.unwrap_or_default())
    }

    fn date(
        &mut self,
        place: Place,
        field: &'static str,
        date: Option<Date>,
    ) -> Result<(), EncodeError> {
        let text = date.map(|it| it.strftime("%Y%m%d").to_string());
        self.optional(place, field, text.as_deref())
    }

    fn valid_to(&mut self, place: Place, end: Option<ValidTo>) -> Result<(), EncodeError> {
        match end {
            Some(ValidTo::LongTerm) => self.write(place, "end of validity", LONG_TERM),
            Some(ValidTo::Date(date)) => self.date(place, "end of validity", Some(date)),
            None => Ok(()),
        }
    }

    fn usual(&mut self, card: &IdCard) -> Result<(), EncodeError> {
        self.write(usual::NAME, "name", &card.name)?;
        self.write(usual::SEX, "sex", sex_code(card.sex))?;
        self.date(usual::BIRTH, "birth date", card.birth)?;
        self.write(usual::NUMBER, "number", &card.number)?;
        self.date(usual::VALID_FROM, "start of validity", card.valid_from)?;
        self.valid_to(usual::VALID_TO, card.valid_to)
    }

    fn foreign_2023(&mut self, card: &IdCard) -> Result<(), EncodeError> {
        self.usual(card)?;
        self.optional(usual::NATION, "renewals", card.renewals.as_deref())?;
        let english: Vec<char> = card.english_name.iter().flat_map(|it| it.chars()).collect();
        let (first, rest) = english.split_at(english.len().min(ENGLISH_NAME_FIRST_CHARACTERS));
        self.write(usual::ADDRESS, "English name", &first.iter().collect::<String>())?;
        self.write(usual::ENGLISH_NAME_REST, "English name", &rest.iter().collect::<String>())?;
        self.optional(usual::NATIONALITY, "nationality", card.nationality.as_deref())?;
        let link = card.former_number.as_deref().and_then(link_of);
        self.optional(usual::LINK, "link item", link.as_deref())?;
        self.write(MARK, "mark", "Y")
    }

    fn foreign_2017(&mut self, card: &IdCard) -> Result<(), EncodeError> {
        self.optional(of_2017::ENGLISH_NAME, "English name", card.english_name.as_deref())?;
        let chinese_name =
            Some(card.name.as_str()).filter(|it| Some(*it) != card.english_name.as_deref());
        self.optional(of_2017::CHINESE_NAME, "name", chinese_name)?;
        self.write(of_2017::SEX, "sex", sex_code(card.sex))?;
        self.write(of_2017::NUMBER, "number", &card.number)?;
        self.optional(of_2017::NATIONALITY, "nationality", card.nationality.as_deref())?;
        self.date(of_2017::VALID_FROM, "start of validity", card.valid_from)?;
        self.valid_to(of_2017::VALID_TO, card.valid_to)?;
        self.date(of_2017::BIRTH, "birth date", card.birth)?;
        self.write(of_2017::VERSION, "version", "01")?;
        self.optional(of_2017::AUTHORITY, "authority", card.issuer.as_deref())?;
        self.write(MARK, "mark", "I")
    }
}
