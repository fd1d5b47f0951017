//! What citizens are told outside of the kiosk.

use jiff::civil::Date;

use crate::code::NewCode;

/// Where something waits, for the message that says so.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    pub hall: &'a str,
    pub document: &'a str,
    /// Where the kiosk stands, and the number painted on it.
    pub place: &'a str,
    pub kiosk_number: u8,
    /// Last day.
    pub until: Date,
}

/// The text message with the pickup code. Personal: it goes into the outbox and nowhere else.
pub fn pickup(waiting: &Waiting<'_>, code: &NewCode) -> String {
    let Waiting { hall, document, place, kiosk_number, until } = waiting;
    format!(
        "【{hall}】您的{document}已办好，请于{}月{}日前凭身份证或取件码 {} 到{place}{kiosk_number}号机领取。",
        until.month(),
        until.day(),
        code.grouped(),
    )
}

/// The same message with the code hidden, for people who need not know it.
pub fn without_code(message: &str) -> String {
    let digits: Vec<char> = message.chars().collect();
    let mut shown = String::with_capacity(message.len());
    let mut at = 0;
    while at < digits.len() {
        if is_code(&digits[at..]) {
            shown.push_str("**** ****");
            at += 9;
        } else {
            shown.push(digits[at]);
            at += 1;
        }
    }
    shown
}

/// Four digits, a blank, four digits.
fn is_code(text: &[char]) -> bool {
    text.len() >= 9
        && text[4] == ' '
        && text[..4].iter().chain(&text[5..9]).all(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_message_says_what_where_until_when_and_hides_the_code_on_request() {
        let code = NewCode::make(3, &BTreeSet::new(), 12_345_678).expect("an empty kiosk");
        let waiting = Waiting {
            hall: "滇中新区政务服务中心",
            document: "食品经营许可证",
            place: "24 小时自助服务区",
            kiosk_number: 3,
            until: date(2026, 12, 1),
        };
        let text = pickup(&waiting, &code);
        for part in ["滇中新区政务服务中心", "食品经营许可证", "12月1日", &code.grouped()]
        {
            assert!(text.contains(part), "{part}");
        }
        let hidden = without_code(&text);
        assert!(!hidden.contains(&code.digits()[4..]));
        assert!(hidden.contains("取件码 **** **** 到24 小时自助服务区3号机"));
    }
}
