//! Code scanners, one command at a time.

use hal::id_reader::{CardKind, number};
use hal::mask;
use hal::scanner::{Protocol, ScannerSettings, once};
use kiosk_core::code::{CODE_DIGITS, Scanned, parse_scan};
use serde_json::json;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    if arguments.verb != "read" {
        return Err(arguments.unknown_verb());
    }
    let (port, configured) = arguments.place(|it| it.scanner)?;
    let mut settings = match &arguments.protocol {
        Some(name) => ScannerSettings::of(
            Protocol::from_name(name)
                .ok_or_else(|| unknown_protocol("scanner", name, Protocol::NAMES))?,
        ),
        None => configured.unwrap_or_else(|| ScannerSettings::of(Protocol::Line)).at(&port),
    };
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let text = once::read(port, settings, arguments.tap()?, arguments.timeout)
        .await
        .map_err(device_error)?;
    arguments.note_reveal("scanner");
    let shown = if arguments.reveal { text } else { masked(&text) };
    Ok(Answer::well(json!({ "text": shown })))
}

/// A code can hold anything: what may be a pickup code or the number of a person is masked.
fn masked(text: &str) -> String {
    if matches!(parse_scan(text), Scanned::Code(_) | Scanned::Torn) {
        return mask::code(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let is_word = |it: char| it.is_ascii_alphanumeric();
        let starts_word = rest.starts_with(is_word);
        let end = rest.find(|it| is_word(it) != starts_word).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        shown += &if starts_word { masked_word(part) } else { part.to_owned() };
        rest = after;
    }
    shown
}

/// Letters and digits without anything between them.
fn masked_word(word: &str) -> String {
    for length in [18, 15] {
        let starts = 0..(word.len() + 1).saturating_sub(length);
        let number =
            starts.map(|it| (it, it + length)).find(|(from, to)| is_number(&word[*from..*to]));
        if let Some((from, to)) = number {
            let (before, after) = (&word[..from], &word[to..]);
            let number = mask::id_number(&word[from..to]);
            return format!("{}{number}{}", masked_word(before), masked_word(after));
        }
    }
    let digits = word.bytes().all(|it| it.is_ascii_digit());
    match word.len() {
        CODE_DIGITS if digits => mask::code(word),
        MOBILE_DIGITS if digits && word.starts_with('1') => mask::phone(word),
        _ => word.to_owned(),
    }
}

/// Digits of a mobile telephone number.
const MOBILE_DIGITS: usize = 11;

fn is_number(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    number::is_valid_18(&text) || number::is_valid(CardKind::Foreign2017, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_and_pickup_codes_are_masked_wherever_they_stand() {
        let qr = kiosk_core::code::qr_text("03071234");
        for (scanned, shown) in [
            ("HALL-24", "HALL-24"),
            ("6901234567892", "6901234567892"),
            ("03071234", "0307****"),
            (" 0307 1234\r", " 0307 ****\r"),
            ("https://hall.example/?code=03071234", "https://hall.example/?code=0307****"),
            ("440524188001010014", "4405***********014"),
            ("姓名=样本,号码=11010519491231002x;", "姓名=样本,号码=1101***********02x;"),
            ("X440524188001010014Y", "X4405***********014Y"),
            ("CAN110081080319", "CAN1*********19"),
            ("tel:13800138000", "tel:138****8000"),
        ] {
            assert_eq!(masked(scanned), shown);
        }
        assert!(!masked(&qr).contains("1234"), "{}", masked(&qr));
        assert!(!masked("H24P-03071234").contains("1234"), "a torn one may be guessed");
    }
}
