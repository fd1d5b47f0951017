//! ESC/POS commands as bytes, and which characters a printer's own font has.

use encoding_rs::{GB18030, GBK};

use super::{
    Align,
    settings::{Charset, CutMode},
};

/// ESC @: back to the power-on state.
pub const INITIALISE: [u8; 2] = [0x1B, 0x40];
/// FS &: double-byte characters on.
pub const KANJI_ON: [u8; 2] = [0x1C, 0x26];
/// GS r 1: paper status, queued behind what was sent before.
pub const QUEUED_STATUS: [u8; 3] = [0x1D, 0x72, 0x01];
/// DLE ENQ 2: recover from a cutter error after clearing the buffers.
pub const RECOVER: [u8; 3] = [0x10, 0x05, 0x02];
/// GS a: automatic status for online/offline, errors and the roll sensor.
pub const ASB_ON: [u8; 3] = [0x1D, 0x61, 0x0E];
/// End of line.
pub const LINE_FEED: u8 = 0x0A;

/// Rows in one GS v 0; printers with a small buffer stop in the middle of taller images.
pub const BAND_ROWS_MAX: usize = 255;
/// Bytes that one QR code can hold at level M.
pub const QR_BYTES_MAX: usize = 2331;

/// ESC J: feed by dots.
pub fn feed(dots: u8) -> [u8; 3] {
    [0x1B, 0x4A, dots]
}

/// DLE EOT n, n from 1 to 4.
pub fn real_time_status(n: u8) -> [u8; 3] {
    [0x10, 0x04, n]
}

/// ESC 3: distance of lines in dots.
pub fn line_spacing(dots: u8) -> [u8; 3] {
    [0x1B, 0x33, dots]
}

/// ESC a.
pub fn align(align: Align) -> [u8; 3] {
    let n = match align {
        Align::Left => 0,
        Align::Centre => 1,
    };
    [0x1B, 0x61, n]
}

/// ESC E.
pub fn bold(on: bool) -> [u8; 3] {
    [0x1B, 0x45, u8::from(on)]
}

/// GS ! for characters of half width and FS ! for the others; models differ in whether one is
/// enough.
pub fn double_size(on: bool) -> [u8; 6] {
    if on { [0x1D, 0x21, 0x11, 0x1C, 0x21, 0x0C] } else { [0x1D, 0x21, 0x00, 0x1C, 0x21, 0x00] }
}

/// GS V: feed to the cutter and cut.
pub fn cut(mode: CutMode) -> [u8; 4] {
    let m = match mode {
        CutMode::Full => 65,
        CutMode::Partial => 66,
    };
    [0x1D, 0x56, m, 0]
}

/// GS ( k: a QR code of model 2, level M, with modules of `module` dots.
///
/// `data` must not be longer than [`QR_BYTES_MAX`].
pub fn qr(data: &[u8], module: u8) -> Vec<u8> {
    assert!(data.len() <= QR_BYTES_MAX, "a QR code holds at most {QR_BYTES_MAX} bytes");
    let mut bytes = vec![0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 50, 0];
    bytes.extend([0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, module]);
    bytes.extend([0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, 49]);
    let [low, high, ..] = (data.len() + 3).to_le_bytes();
    bytes.extend([0x1D, 0x28, 0x6B, low, high, 0x31, 0x50, 0x30]);
    bytes.extend(data);
    bytes.extend([0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30]);
    bytes
}

/// GS v 0: `rows` of `row_bytes` each, one bit a dot, the highest bit leftmost.
pub fn raster_band(row_bytes: usize, dots: &[u8]) -> Vec<u8> {
    assert!(row_bytes > 0 && dots.len().is_multiple_of(row_bytes), "whole rows");
    let rows = dots.len() / row_bytes;
    assert!(rows <= BAND_ROWS_MAX, "a band has at most {BAND_ROWS_MAX} rows");
    let ([x_low, x_high, ..], [y_low, y_high, ..]) = (row_bytes.to_le_bytes(), rows.to_le_bytes());
    let mut bytes = vec![0x1D, 0x76, 0x30, 0, x_low, x_high, y_low, y_high];
    bytes.extend(dots);
    bytes
}

/// Widens a dot wherever two neighbouring bytes would read as a real-time command (10 04, 10 05, 10
/// 14), so that firmware which looks for them everywhere does not find one.
pub fn avoid_real_time(dots: &mut [u8]) {
    for place in 1..dots.len() {
        if dots[place - 1] == 0x10 && matches!(dots[place], 0x04 | 0x05 | 0x14) {
            dots[place - 1] = 0x18;
        }
    }
}

/// The bytes that print this character with the printer's own font; `None` where the font lacks it.
///
/// Control characters print nothing and are never sent.
pub fn encode_char(c: char, charset: Charset) -> Option<Vec<u8>> {
    if matches!(c, ' '..='~') {
        return u8::try_from(c).ok().map(|it| vec![it]);
    }
    if c.is_ascii() || is_private(c) {
        return None;
    }
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    let encoding = if charset == Charset::Gb18030 { GB18030 } else { GBK };
    let (bytes, _, failed) = encoding.encode(text);
    let fits = match (charset, &*bytes) {
        (Charset::Gb2312, [0xA1..=0xA9 | 0xB0..=0xF7, 0xA1..=0xFE]) => true,
        (Charset::Gb2312, _) => false,
        (Charset::Gbk, bytes) => bytes.len() == 2,
        (Charset::Gb18030, bytes) => matches!(bytes.len(), 2 | 4),
    };
    (fits && !failed).then(|| bytes.into_owned())
}

/// How many columns of half width a character takes.
pub fn columns(c: char) -> u16 {
    if c.is_ascii() { 1 } else { 2 }
}

/// The character of private use areas depends on who made the font.
fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_have_what_their_standard_lists() {
        let has = |c| {
            [Charset::Gb2312, Charset::Gbk, Charset::Gb18030].map(|it| encode_char(c, it).is_some())
        };
        assert_eq!(has('领'), [true, true, true]);
        assert_eq!(has('·'), [true, true, true]);
        assert_eq!(has('（'), [true, true, true]);
        assert_eq!(has('镕'), [false, true, true]);
        for rare in "𬭛㛃𠮷㼆𠅤𬭚𰻝".chars() {
            assert_eq!(has(rare), [false, false, true], "U+{:04X}", u32::from(rare));
        }
        for never in ['\u{10}', '\n', '\u{7F}', '\u{E000}', '\u{F8F5}'] {
            assert_eq!(has(never), [false; 3], "U+{:04X}", u32::from(never));
        }
        assert_eq!(encode_char('中', Charset::Gb2312), Some(vec![0xD6, 0xD0]));
        assert_eq!(encode_char('€', Charset::Gbk), None);
    }

    #[test]
    fn no_character_carries_a_command() {
        for code in 0..=u32::from(char::MAX) {
            let Some(c) = char::from_u32(code) else { continue };
            if let Some(bytes) = encode_char(c, Charset::Gb18030) {
                assert!(bytes.iter().all(|it| *it >= 0x20 && *it != 0x7F), "U+{code:04X}");
            }
        }
    }

    #[test]
    fn real_time_commands_vanish_from_dots() {
        let before = [0x10, 0x04, 0x00, 0x10, 0x05, 0x10, 0x14, 0x10, 0x10, 0x04];
        let mut dots = before;
        avoid_real_time(&mut dots);
        for pair in dots.windows(2) {
            assert!(!matches!(pair, [0x10, 0x04 | 0x05 | 0x14]), "{pair:02x?}");
        }
        // Dots are added, never taken away.
        assert!(dots.iter().zip(&before).all(|(new, old)| new & old == *old));
    }

    #[test]
    fn commands_are_those_of_the_manuals() {
        let stored = [0x1D, 0x28, 0x6B, 0x06, 0x00, 0x31, 0x50, 0x30, b'a', b'b', b'c'];
        assert!(qr(b"abc", 6).windows(stored.len()).any(|it| it == stored));
        assert_eq!(raster_band(2, &[1, 2, 3, 4])[..8], [0x1D, 0x76, 0x30, 0, 2, 0, 2, 0]);
        assert_eq!(cut(CutMode::Full), [0x1D, 0x56, 65, 0]);
    }
}
