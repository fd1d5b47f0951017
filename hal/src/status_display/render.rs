//! The picture for a status: three lines, pure.
//!
//! The upper line is sixteen dots high, where many modules have glass of another colour.

use embedded_graphics::{
    Drawable,
    geometry::{Point, Size},
    mono_font::{MonoTextStyle, ascii::FONT_8X13_BOLD},
    pixelcolor::BinaryColor,
    primitives::{Primitive, PrimitiveStyle, Rectangle},
    text::{Baseline, Text},
};

use super::{DisplayStatus, HEIGHT, WAY_MAX, WIDTH};
use crate::printer::{bitmap::Bitmap, fonts::Fonts};

/// A Han character's side; a Latin one is half as wide.
const EM: u32 = 16;
const LATIN_WIDTH: u32 = 8;
/// From a line's top to the baseline of Han characters.
const ASCENT: i32 = 14;
const HINT_TOP: i32 = 48;

const DIGIT_TOP: i32 = 18;
const DIGIT_WIDTH: i32 = 18;
const DIGIT_HEIGHT: i32 = 28;
const DIGIT_GAP: i32 = 6;
const STROKE: i32 = 4;

/// Which of the seven strokes each digit has, from the top clockwise, the middle one last.
const SEGMENTS: [[bool; 7]; 10] = {
    const fn row(bits: u8) -> [bool; 7] {
        let mut row = [false; 7];
        let mut index = 0;
        while index < 7 {
            row[index] = bits & (1 << index) != 0;
            index += 1;
        }
        row
    }
    [
        row(0b011_1111),
        row(0b000_0110),
        row(0b101_1011),
        row(0b100_1111),
        row(0b110_0110),
        row(0b110_1101),
        row(0b111_1101),
        row(0b000_0111),
        row(0b111_1111),
        row(0b110_1111),
    ]
};

/// Draws a status. Han characters come from `fonts`, Latin ones and digits need none.
pub fn render(fonts: &Fonts, status: &DisplayStatus) -> Bitmap {
    let mut picture = Bitmap::new(WIDTH, HEIGHT);
    let kiosk = status.kiosk.to_string();
    let left = text(&mut picture, fonts, &kiosk, 0, 0, WIDTH as u32);
    let room = (WIDTH as u32).saturating_sub(left + LATIN_WIDTH);
    let state = cut(&status.state, room);
    let x = WIDTH as u32 - width(state);
    text(&mut picture, fonts, state, x, 0, room);
    if let Some(way) = status.way {
        number(&mut picture, way.min(WAY_MAX));
    }
    let hint = cut(&status.hint, WIDTH as u32);
    let x = (WIDTH as u32 - width(hint)) / 2;
    text(&mut picture, fonts, hint, x, HINT_TOP, WIDTH as u32);
    picture
}

/// All dots off.
pub fn blank() -> Bitmap {
    Bitmap::new(WIDTH, HEIGHT)
}

fn width_of(c: char) -> u32 {
    if c.is_ascii() { LATIN_WIDTH } else { EM }
}

fn width(text: &str) -> u32 {
    text.chars().map(width_of).sum()
}

/// As much of a text as fits into `room` dots.
fn cut(text: &str, room: u32) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += width_of(c);
        if used > room {
            return &text[..at];
        }
    }
    text
}

/// Draws one line with its upper left corner at (x, top); gives its right edge.
fn text(picture: &mut Bitmap, fonts: &Fonts, line: &str, x: u32, top: i32, room: u32) -> u32 {
    let mut x = x;
    for c in cut(line, room).chars() {
        let at = i32::try_from(x).unwrap_or(i32::MAX);
        if c.is_ascii() {
            let style = MonoTextStyle::new(&FONT_8X13_BOLD, BinaryColor::On);
            let mut utf8 = [0; 4];
            let glyph: &str = c.encode_utf8(&mut utf8);
            let corner = Point::new(at, top + 2);
            let Ok(_) = Text::with_baseline(glyph, corner, style, Baseline::Top).draw(picture);
        } else {
            fonts.draw(picture, c, false, EM as f32, (at, top + ASCENT));
        }
        x += width_of(c);
    }
    x
}

/// Draws a number large in the middle.
fn number(picture: &mut Bitmap, number: u16) {
    let digits: Vec<usize> = number.to_string().bytes().map(|it| usize::from(it - b'0')).collect();
    let count = i32::try_from(digits.len()).unwrap_or(0);
    let width = count * DIGIT_WIDTH + (count - 1) * DIGIT_GAP;
    let mut x = (WIDTH as i32 - width) / 2;
    for digit in digits {
        for (stroke, _) in strokes(x).iter().zip(SEGMENTS[digit]).filter(|(_, on)| *on) {
            let style = PrimitiveStyle::with_fill(BinaryColor::On);
            let Ok(()) = stroke.into_styled(style).draw(picture);
        }
        x += DIGIT_WIDTH + DIGIT_GAP;
    }
}

/// The seven strokes of a digit whose left edge is at `x`, from the top clockwise, the middle one
/// last.
fn strokes(x: i32) -> [Rectangle; 7] {
    let (y, half) = (DIGIT_TOP, (DIGIT_HEIGHT - STROKE) / 2);
    let right = x + DIGIT_WIDTH - STROKE;
    let flat = |y| rectangle(x, y, DIGIT_WIDTH, STROKE);
    let tall = |x, y| rectangle(x, y, STROKE, half + STROKE);
    [
        flat(y),
        tall(right, y),
        tall(right, y + half),
        flat(y + 2 * half),
        tall(x, y + half),
        tall(x, y),
        flat(y + half),
    ]
}

fn rectangle(x: i32, y: i32, width: i32, height: i32) -> Rectangle {
    Rectangle::new(Point::new(x, y), Size::new(width.unsigned_abs(), height.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::printer::FontSettings;
    use crate::testing::fixed_seed;

    fn english() -> DisplayStatus {
        DisplayStatus {
            kiosk: 3,
            state: "In service".into(),
            way: Some(217),
            hint: "Shut the door".into(),
        }
    }

    /// Two rows of dots a line of text.
    fn as_text(picture: &Bitmap) -> String {
        let mut text = String::new();
        for y in (0..picture.height()).step_by(2) {
            let row: String = (0..picture.width())
                .map(|x| match (picture.is_black(x, y), picture.is_black(x, y + 1)) {
                    (false, false) => ' ',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (true, true) => '█',
                })
                .collect();
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }

    fn no_fonts() -> Fonts {
        Fonts::new(&FontSettings { regular: Vec::new(), bold: Vec::new() })
    }

    fn ink(picture: &Bitmap, rows: std::ops::Range<usize>) -> usize {
        rows.map(|y| (0..WIDTH).filter(|x| picture.is_black(*x, y)).count()).sum()
    }

    #[test]
    fn a_status_is_these_dots() {
        let picture = as_text(&render(&no_fonts(), &english()));
        assert_eq!(picture, include_str!("golden.txt"), "\n{picture}");
    }

    /// Each digit has the strokes that tell it from all others.
    #[test]
    fn all_digits_differ() {
        let pictures: Vec<String> = (0..10)
            .map(|it| DisplayStatus { way: Some(it), ..english() })
            .map(|it| as_text(&render(&no_fonts(), &it)))
            .collect();
        for (index, picture) in pictures.iter().enumerate() {
            assert!(!pictures[..index].contains(picture), "{index}");
        }
    }

    #[test]
    fn chinese_is_drawn_and_stays_in_its_lines() {
        let fonts = Fonts::new(&FontSettings::default());
        let status = DisplayStatus {
            kiosk: 12,
            state: "服务中".into(),
            way: None,
            hint: "请取走您的材料".into(),
        };
        let picture = render(&fonts, &status);
        assert!(ink(&picture, 0..16) > 150 && ink(&picture, 48..64) > 300);
        assert_eq!(ink(&picture, 17..47), 0);
        assert_ne!(as_text(&picture), as_text(&render(&no_fonts(), &status)), "no boxes");
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn any_text_makes_a_picture_and_longer_ones_are_cut(
            kiosk in any::<u16>(), state in "\\PC{0,30}", way in any::<Option<u16>>(),
            hint in "\\PC{0,30}",
        ) {
            let status = DisplayStatus { kiosk, state, way, hint: hint.clone() };
            let picture = render(&no_fonts(), &status);
            prop_assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
            prop_assert!(width(cut(&hint, WIDTH as u32)) <= WIDTH as u32);
            prop_assert!(hint.starts_with(cut(&hint, WIDTH as u32)));
        }
    }
}
