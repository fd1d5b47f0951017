//! Identity numbers: check digits and shapes (GB 11643, ISO 7064 MOD 11-2).

use jiff::civil::Date;

use super::CardKind;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [u8; 11] = *b"10X98765432";

/// The check character for the first 17 digits; `None` where they are not 17 digits.
pub fn check_character(first_17: &str) -> Option<char> {
    let digits = first_17.as_bytes();
    if digits.len() != 17 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(it, by)| u32::from(it - b'0') * by).sum();
    Some(char::from(CHECKS[(sum % 11) as usize]))
}

/// Whether an 18-character number has the right check character and a real birth date in it.
///
/// It holds for citizens, for permits of people of Hong Kong, Macao and Taiwan and for the foreign
/// cards of 2023, whose numbers are built alike.
pub fn is_valid_18(number: &str) -> bool {
    if !number.is_ascii() || number.len() != 18 {
        return false;
    }
    check_character(&number[..17]).is_some_and(|it| number.ends_with(it))
        && date_of(&number[6..14]).is_some()
}

/// Whether a number can be one of a card of this kind.
///
/// Of the 15-character numbers of 2017 only the shape is looked at: the published specimen does not
/// satisfy the check digit's published rule.
pub fn is_valid(kind: CardKind, number: &str) -> bool {
    match kind {
        CardKind::Resident => is_valid_18(number) && !number.starts_with('9'),
        CardKind::HmtPermit => {
            is_valid_18(number) && ["81", "82", "83"].iter().any(|it| number.starts_with(it))
        }
        CardKind::Foreign2023 => is_valid_18(number) && number.starts_with('9'),
        CardKind::Foreign2017 => {
            number.len() == 15
                && number.bytes().take(3).all(|it| it.is_ascii_uppercase())
                && number.bytes().skip(3).all(|it| it.is_ascii_digit())
        }
    }
}

/// The former 15-character number of a foreigner whose card is of 2023: country, province and
/// birth date come from the new number, three characters from the card's link item.
pub fn former_number(nationality: &str, number: &str, link: &str) -> Option<String> {
    let fits = nationality.len() == 3
        && nationality.bytes().all(|it| it.is_ascii_uppercase())
        && number.is_ascii()
        && number.len() == 18
        && link.len() == 3
        && link.bytes().all(|it| it.is_ascii_digit());
    if !fits {
        return None;
    }
    let (area, birth) = (&number[1..3], &number[8..14]);
    let first_14 = format!("{nationality}{area}{}{birth}{}", &link[..2], &link[2..]);
    let value = |it: u8| match it {
        b'A'..=b'Z' => u32::from(it - b'A') + 10,
        digit => u32::from(digit.saturating_sub(b'0')),
    };
    let weights = [7, 3, 1].into_iter().cycle();
    let sum: u32 = first_14.bytes().zip(weights).map(|(it, by)| value(it) * by).sum();
    Some(format!("{first_14}{}", sum % 10))
}

/// A date written `YYYYMMDD`.
pub(super) fn date_of(digits: &str) -> Option<Date> {
    if digits.len() != 8 || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let year = digits[..4].parse().ok()?;
    let (month, day) = (digits[4..6].parse().ok()?, digits[6..].parse().ok()?);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    #[test]
    fn the_specimens_of_the_standards_are_valid() {
        assert!(is_valid(CardKind::Resident, "11010519491231002X"));
        assert!(is_valid(CardKind::Resident, "440524188001010014"));
        assert!(is_valid(CardKind::HmtPermit, "810000199408230021"));
        assert!(is_valid(CardKind::HmtPermit, "830000199201300022"));
        assert!(is_valid(CardKind::Foreign2023, "931586198001010028"));
        assert!(is_valid(CardKind::Foreign2017, "CAN110081080319"));
    }

    #[test]
    fn kinds_are_told_apart_and_nonsense_is_refused() {
        assert!(!is_valid(CardKind::Resident, "931586198001010028"));
        assert!(!is_valid(CardKind::HmtPermit, "11010519491231002X"));
        assert!(!is_valid(CardKind::Resident, "11010519491231002x"));
        assert!(!is_valid(CardKind::Resident, "110105194912310021"));
        assert!(!is_valid(CardKind::Resident, ""));
        assert!(!is_valid(CardKind::Resident, "身份证号码十八个字的号码是这样的吗"));
        assert!(!is_valid(CardKind::Foreign2017, "can110081080319"));
        let unreal = "00000020260230001";
        let check = check_character(unreal).expect("17 digits");
        assert!(!is_valid_18(&format!("{unreal}{check}")), "30 February");
    }

    #[test]
    fn a_former_number_is_put_together_from_its_parts() {
        let former = former_number("PAK", "931586198001010028", "000").expect("fits");
        assert_eq!(&former[..14], "PAK31008001010");
        assert_eq!(former.len(), 15);
        assert_eq!(former_number("pak", "931586198001010028", "000"), None);
        assert_eq!(former_number("PAK", "931586198001010028", "   "), None);
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// MOD 11-2 detects every wrong digit and every transposition of neighbours.
        #[test]
        fn one_wrong_character_or_one_swap_is_found(
            area in "[0-8][0-9]{5}",
            year in 1900i16..2026,
            month in 1i8..=12,
            day in 1i8..=28,
            serial in 0u16..1000,
            at in 0usize..17,
            by in 1u8..10,
        ) {
            let first = format!("{area}{year:04}{month:02}{day:02}{serial:03}");
            let check = check_character(&first).expect("17 digits");
            let number = format!("{first}{check}");
            prop_assert!(is_valid_18(&number));

            let mut wrong = number.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            prop_assert!(!is_valid_18(&String::from_utf8(wrong).expect("digits")));

            let mut swapped = number.clone().into_bytes();
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped).expect("digits");
            prop_assert!(swapped == number || !is_valid_18(&swapped));
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,24}", link in "\\PC{0,4}") {
            for kind in [
                CardKind::Resident,
                CardKind::HmtPermit,
                CardKind::Foreign2017,
                CardKind::Foreign2023,
            ] {
                let _ = is_valid(kind, &text);
            }
            let _ = former_number(&link, &text, &link);
        }
    }
}
