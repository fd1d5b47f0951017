//! The one masking of personal data, for screen, speech, paper and log.
//!
//! Every mask keeps the number of characters, so that columns stay in place, and masking what is
//! masked already changes nothing.

/// What stands for a hidden character.
pub const STAR: char = '*';

/// A birth date shows nothing at all.
pub const BIRTH: &str = "****-**-**";

/// A name: 张三 → 张*, 张小三 → 张*三, 阿卜杜拉·买买提 → 阿***·**提, MARIE CURIE → M**** C****.
///
/// Names in Han characters show the first and, from three characters on, the last; names in other
/// scripts the first letter of each word. A name of one character shows nothing.
pub fn name(name: &str) -> String {
    let shown: Vec<char> = name.chars().filter(|it| !is_joint(*it) && !is_selector(*it)).collect();
    let han = shown.first().is_some_and(|it| is_han(*it));
    let last = shown.len().saturating_sub(1);
    let mut position = 0;
    let mut word_begins = true;
    let mut masked = String::with_capacity(name.len());
    for it in name.chars() {
        if is_joint(it) {
            masked.push(it);
            word_begins = true;
            continue;
        }
        if is_selector(it) {
            // A variation selector belongs to the character before it and takes no room.
            if !masked.ends_with(STAR) && position > 0 {
                masked.push(it);
            }
            continue;
        }
        let open = if han { position == 0 || (position == last && last >= 2) } else { word_begins };
        masked.push(if open && last > 0 { it } else { STAR });
        position += 1;
        word_begins = false;
    }
    masked
}

/// A number of an identity document: 11010519491231002X → 1101***********02X.
///
/// 18 characters show four and three; those of 15 four and two, because the birth date reaches
/// nearer to the end; shorter ones (travel permits) two and two; very short ones nothing.
pub fn id_number(number: &str) -> String {
    let (first, last) = match number.chars().count() {
        18.. => (4, 3),
        15..18 => (4, 2),
        7..15 => (2, 2),
        _ => (0, 0),
    };
    ends(number, first, last, |_| true)
}

/// A pickup code: 03071234 → 0307****, which kiosk and which delivery without the secret.
pub fn code(code: &str) -> String {
    ends(code, 4, 0, |it| it.is_ascii_digit() || it == STAR)
}

/// A telephone number: 13800138000 → 138****8000. Signs and blanks between the digits stay.
pub fn phone(number: &str) -> String {
    // Letters and stars count as digits: a vanity number hides, and a masked one stays as it is.
    let is_digit = |it: char| it.is_alphanumeric() || it == STAR;
    let digits = number.chars().filter(|it| is_digit(*it)).count();
    let (first, last) = if digits < 7 { (0, 0) } else { ((digits.saturating_sub(8)).min(5), 4) };
    ends(number, first, last, is_digit)
}

/// An address shows its first six characters, about province and city, without digits.
pub fn address(address: &str) -> String {
    let shown = if address.chars().count() > 9 { 6 } else { 0 };
    let mask = |(index, it): (usize, char)| {
        if index < shown && !it.is_numeric() { it } else { STAR }
    };
    address.chars().enumerate().map(mask).collect()
}

/// Hides all that `counts` but the first and the last few.
fn ends(text: &str, first: usize, last: usize, counts: impl Fn(char) -> bool) -> String {
    let all = text.chars().filter(|it| counts(*it)).count();
    let mut position = 0;
    let mut masked = String::with_capacity(text.len());
    for it in text.chars() {
        if !counts(it) {
            masked.push(it);
            continue;
        }
        let open = position < first || position + last >= all;
        masked.push(if open { it } else { STAR });
        position += 1;
    }
    masked
}

/// What stands between the parts of a name.
fn is_joint(it: char) -> bool {
    matches!(it, '·' | '•' | '・' | '‧' | '．' | '.' | ' ' | '\u{3000}' | '-' | '\'' | '’' | ',')
}

fn is_selector(it: char) -> bool {
    matches!(it, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_han(it: char) -> bool {
    matches!(
        it,
        '\u{3007}'
            | '\u{2E80}'..='\u{2FDF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{E000}'..='\u{F8FF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    #[test]
    fn names_of_all_kinds_show_what_the_rule_allows() {
        for (plain, masked) in [
            ("", ""),
            ("张", "*"),
            ("张三", "张*"),
            ("张小三", "张*三"),
            ("欧阳小三", "欧**三"),
            ("阿卜杜拉·买买提", "阿***·**提"),
            ("㼆𠅤𬭚", "㼆*𬭚"),
            ("𰻝𰻝", "𰻝*"),
            ("MARIE CURIE", "M**** C****"),
            ("ZHENGJIAN, YANGBEN", "Z********, Y******"),
            ("葛\u{E0100}小花", "葛\u{E0100}*花"),
            ("张葛\u{E0100}花", "张*花"),
        ] {
            assert_eq!(name(plain), masked);
        }
    }

    #[test]
    fn numbers_show_their_ends() {
        assert_eq!(id_number("11010519491231002X"), "1101***********02X");
        assert_eq!(id_number("CAN110081080319"), "CAN1*********19");
        assert_eq!(id_number("C12345678"), "C1*****78");
        assert_eq!(id_number("12345"), "*****");
        assert_eq!(code("03071234"), "0307****");
        assert_eq!(phone("13800138000"), "138****8000");
        assert_eq!(phone("138 0013 8000"), "138 **** 8000");
        assert_eq!(phone("+86 138-0013-8000"), "+86 138-****-8000");
        assert_eq!(phone("68123456"), "****3456");
        assert_eq!(phone("12345"), "*****");
        assert_eq!(address("云南省昆明市样例路7号院3栋"), "云南省昆明市********");
        assert_eq!(address("样例路7号"), "*****");
    }

    fn birth_of_18() -> impl Strategy<Value = (String, String)> {
        ("[0-9]{6}", "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])", "[0-9]{3}[0-9X]")
            .prop_map(|(area, birth, tail)| (format!("{area}{birth}{tail}"), birth))
    }

    fn people() -> impl Strategy<Value = String> {
        prop_oneof![
            "[\u{4E00}-\u{9FFF}]{2,4}",
            "[\u{20000}-\u{2A6DF}]{2,4}",
            "[\u{4E00}-\u{9FFF}]{2,6}·[\u{4E00}-\u{9FFF}]{2,6}",
            "[A-Z]{2,12} [A-Z]{2,12}",
            "[A-Z]{2,12}, [A-Z]{2,12} [A-Z]{2,8}",
        ]
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn no_part_of_a_birth_date_is_shown((number, birth) in birth_of_18()) {
            let masked = id_number(&number);
            prop_assert_eq!(masked.chars().count(), 18);
            prop_assert_eq!(&masked[4..15], "***********");
            prop_assert!(!masked.contains(&birth));
        }

        #[test]
        fn a_name_keeps_its_length_and_hides_at_least_half(plain in people()) {
            let masked = name(&plain);
            prop_assert_eq!(masked.chars().count(), plain.chars().count());
            prop_assert_ne!(&masked, &plain);
            let hidden = masked.chars().filter(|it| *it == STAR).count();
            let letters = plain.chars().filter(|it| !is_joint(*it)).count();
            prop_assert!(hidden * 3 >= letters, "{} of {}", hidden, letters);
            for (kept, was) in masked.chars().zip(plain.chars()) {
                prop_assert!(kept == STAR || kept == was);
            }
        }

        #[test]
        fn any_text_keeps_its_length_and_masking_twice_is_masking_once(
            text in "\\PC{0,40}",
        ) {
            let selectors = text.chars().filter(|it| is_selector(*it)).count();
            let length = text.chars().count();
            let masked = name(&text);
            prop_assert!((length - selectors..=length).contains(&masked.chars().count()));
            prop_assert_eq!(name(&masked), masked);
            for mask in [id_number, code, phone, address] {
                let masked = mask(&text);
                prop_assert_eq!(masked.chars().count(), length);
                prop_assert_eq!(mask(&masked), masked);
            }
        }

        #[test]
        fn a_telephone_number_hides_at_least_three_digits(number in "[+]?[0-9 ]{7,18}") {
            let masked = phone(&number);
            let digits = number.chars().filter(char::is_ascii_digit).count();
            let hidden = masked.chars().filter(|it| *it == STAR).count();
            prop_assert!(hidden >= digits.min(3));
        }
    }
}
