//! Scanners in keyboard mode (protocol `evdev`): key events become text.
//!
//! Scanners type as on a keyboard of the United States. Enter, the keypad's Enter and Tab end a
//! text. Keys that type nothing, keys pressed together with Ctrl, Alt or Meta, and repetitions of a
//! key that is held down count for nothing. Digits of the keypad are digits whatever Num Lock says.
//! What a keyboard cannot type (Chinese) cannot be scanned this way.

use super::line::TEXT_BYTES_MAX;
use crate::input::{
    InputEvent, RecordParser,
    codes::{
        EV_KEY, KEY_ENTER, KEY_KPENTER, KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_TAB, KEYS_OF_CHORDS,
    },
};

/// Consecutive keys from a number on: what they type without and with shift.
const ROWS: [(u16, &str, &str); 6] = [
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (71, "789-456+1230.", "789-456+1230."),
];
/// Keys that stand alone: space, and the keypad's slash.
const SINGLE: [(u16, char); 2] = [(57, ' '), (98, '/')];

const RELEASED: i32 = 0;
const PRESSED: i32 = 1;

/// What a key types.
pub fn typed(code: u16, shift: bool) -> Option<char> {
    let single = SINGLE.iter().find(|it| it.0 == code).map(|it| it.1);
    single.or_else(|| {
        ROWS.iter().find_map(|(first, plain, shifted)| {
            let row = if shift { shifted } else { plain };
            let place = usize::from(code.checked_sub(*first)?);
            row.as_bytes().get(place).map(|it| char::from(*it))
        })
    })
}

/// The key for a character, and whether with shift.
fn key(wanted: char) -> Option<(u16, bool)> {
    (0..KEY_KPENTER).find_map(|code| {
        [false, true].into_iter().find(|it| typed(code, *it) == Some(wanted)).map(|it| (code, it))
    })
}

/// Collects key events into texts. Holds at most [`TEXT_BYTES_MAX`] characters.
#[derive(Default)]
pub struct Keyboard {
    records: RecordParser,
    text: String,
    /// The text lost keys or became too long.
    spoiled: bool,
    /// Events were lost; those up to the next report count for nothing.
    skipping: bool,
    /// Which of shift and of [`KEYS_OF_CHORDS`] are down.
    shifts: [bool; 2],
    chords: [bool; 6],
}

/// Never shows what was typed.
impl std::fmt::Debug for Keyboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyboard({} bytes)", self.text.len())
    }
}

impl Keyboard {
    /// Takes records as they come and returns the texts that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let events = self.records.push(bytes);
        events.iter().filter_map(|it| self.take(it)).collect()
    }

    /// Forgets what is not whole and which keys are down.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether keys wait for their Enter.
    pub fn pending(&self) -> bool {
        !self.text.is_empty() || self.spoiled || self.skipping || self.records.pending()
    }

    fn take(&mut self, event: &InputEvent) -> Option<String> {
        if event.is_dropped() {
            self.spoiled = true;
            self.skipping = true;
            self.shifts = [false; 2];
            self.chords = [false; 6];
        }
        if self.skipping {
            self.skipping = !event.is_report();
            return None;
        }
        if event.kind != EV_KEY || self.holds(event) || event.value != PRESSED {
            return None;
        }
        if matches!(event.code, KEY_ENTER | KEY_KPENTER | KEY_TAB) {
            return self.finish();
        }
        let shift = self.shifts.contains(&true);
        if let Some(character) = typed(event.code, shift)
            && !self.chords.contains(&true)
        {
            self.append(character);
        }
        None
    }

    /// Keeps in mind which keys are held that change what others mean.
    fn holds(&mut self, event: &InputEvent) -> bool {
        let held = match event.code {
            KEY_LEFTSHIFT => &mut self.shifts[0],
            KEY_RIGHTSHIFT => &mut self.shifts[1],
            code => match KEYS_OF_CHORDS.iter().position(|it| *it == code) {
                Some(place) => &mut self.chords[place],
                None => return false,
            },
        };
        *held = event.value != RELEASED;
        true
    }

    fn append(&mut self, character: char) {
        if self.text.len() < TEXT_BYTES_MAX {
            self.text.push(character);
        } else {
            self.spoiled = true;
        }
    }

    fn finish(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text).trim().to_owned();
        let spoiled = std::mem::take(&mut self.spoiled);
        (!spoiled && !text.is_empty()).then_some(text)
    }
}

/// Scanner side: the records for a text and Enter. Characters that no key types are left out.
pub fn encode(text: &str) -> Vec<u8> {
    let mut bytes = encode_unfinished(text);
    bytes.extend(tap(KEY_ENTER));
    bytes
}

/// The same by a scanner that ends its codes with nothing.
pub fn encode_unfinished(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (code, shift) in text.chars().filter_map(key) {
        if shift {
            bytes.extend(change(KEY_LEFTSHIFT, PRESSED));
        }
        bytes.extend(tap(code));
        if shift {
            bytes.extend(change(KEY_LEFTSHIFT, RELEASED));
        }
    }
    bytes
}

fn tap(code: u16) -> Vec<u8> {
    [change(code, PRESSED), change(code, RELEASED)].concat()
}

/// A time that a clock can have, always the same: nothing but the look of a record depends on it.
const SOME_TIME_US: u64 = 1_795_000_000_123_456;

fn change(code: u16, value: i32) -> Vec<u8> {
    let key = InputEvent::new(SOME_TIME_US, EV_KEY, code, value);
    [key.to_bytes(), InputEvent::report(SOME_TIME_US).to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::codes::{EV_MSC, EV_SYN, SYN_DROPPED};
    use crate::testing::fixed_seed;
    use proptest::prelude::*;

    fn read(events: &[Vec<u8>]) -> Vec<String> {
        Keyboard::default().push(&events.concat())
    }

    #[test]
    fn keys_are_those_of_a_keyboard_of_the_united_states() {
        // From linux/input-event-codes.h: KEY_H, KEY_2, KEY_KP7, KEY_SLASH, KEY_SPACE, KEY_GRAVE.
        for (code, plain, shifted) in [
            (35, 'h', 'H'),
            (3, '2', '@'),
            (71, '7', '7'),
            (53, '/', '?'),
            (57, ' ', ' '),
            (41, '`', '~'),
            (12, '-', '_'),
            (82, '0', '0'),
            (40, '\'', '"'),
            (43, '\\', '|'),
        ] {
            assert_eq!((typed(code, false), typed(code, true)), (Some(plain), Some(shifted)));
        }
        // KEY_ESC, KEY_BACKSPACE, KEY_CAPSLOCK, KEY_F1, KEY_UP.
        for code in [1, 14, 58, 59, 103] {
            assert_eq!(typed(code, false), None, "{code}");
        }
    }

    #[test]
    fn enter_keypad_and_tab_end_a_text() {
        for end in [KEY_ENTER, KEY_KPENTER, KEY_TAB] {
            assert_eq!(read(&[encode_unfinished("H24P-0307"), tap(end), tap(end)]), ["H24P-0307"]);
        }
    }

    #[test]
    fn repetitions_scan_codes_and_chords_type_nothing() {
        let ctrl = |value| change(KEYS_OF_CHORDS[0], value);
        let scan_code = InputEvent::new(0, EV_MSC, 4, 0x70004).to_bytes().to_vec();
        let texts = read(&[
            scan_code,
            change(30, PRESSED),
            change(30, 2),
            change(30, 2),
            change(30, RELEASED),
            ctrl(PRESSED),
            tap(31),
            ctrl(RELEASED),
            encode("b"),
        ]);
        assert_eq!(texts, ["ab"]);
    }

    #[test]
    fn a_text_that_lost_keys_is_no_text() {
        let dropped = InputEvent::new(0, EV_SYN, SYN_DROPPED, 0).to_bytes().to_vec();
        let shift = change(KEY_LEFTSHIFT, PRESSED);
        let texts =
            read(&[encode_unfinished("ab"), shift, dropped, encode("cde"), encode("whole")]);
        assert_eq!(texts, ["whole"]);
    }

    #[test]
    fn nothing_that_was_typed_is_shown() {
        let mut keyboard = Keyboard::default();
        keyboard.push(&encode_unfinished("12345678"));
        assert!(keyboard.pending());
        assert_eq!(format!("{keyboard:?}"), "Keyboard(8 bytes)");
        keyboard.clear();
        assert!(!keyboard.pending());
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn what_is_typed_is_read(text in "[!-~]([ -~]{0,200}[!-~])?", cut in any::<usize>()) {
            let bytes = encode(&text);
            let (first, second) = bytes.split_at(cut % bytes.len());
            let mut keyboard = Keyboard::default();
            let mut texts = keyboard.push(first);
            texts.extend(keyboard.push(second));
            prop_assert_eq!(texts, vec![text]);
            prop_assert!(!keyboard.pending());
        }

        #[test]
        fn any_bytes_keep_within_the_bound(
            noise in proptest::collection::vec(any::<u8>(), 0..2000), keys in 0..6000_usize,
        ) {
            let mut keyboard = Keyboard::default();
            keyboard.push(&noise);
            keyboard.push(&tap(30).repeat(keys));
            prop_assert!(keyboard.text.len() <= TEXT_BYTES_MAX);
        }
    }
}
