//! Glyphs as dots, from font files that are opened when a character is first looked for in them.
//!
//! A set of fonts takes tens of megabytes while it lives, so that a kiosk keeps one for the length
//! of a job only.

use std::{cell::OnceCell, path::Path};

use ab_glyph::{Font, FontVec, GlyphId, PxScale, ScaleFont, point};
use embedded_graphics::{
    Drawable,
    geometry::{Point, Size},
    mono_font::{MonoTextStyle, ascii::FONT_5X7, ascii::FONT_6X9},
    pixelcolor::BinaryColor,
    primitives::{Primitive, PrimitiveStyle, Rectangle},
    text::{Baseline, Text},
};

use super::{
    bitmap::Bitmap,
    settings::{FontFile, FontSettings},
};

/// Coverage from which a dot is black.
const INK: f32 = 0.5;

/// Fonts in the order in which a character is looked for.
pub struct Fonts {
    regular: Vec<Face>,
    bold: Vec<Face>,
}

struct Face {
    file: FontFile,
    font: OnceCell<Option<FontVec>>,
}

/// Where a character was found.
struct Found<'a> {
    font: &'a FontVec,
    glyph: GlyphId,
    /// Only the upright weight has it: it is printed twice, a dot apart.
    embolden: bool,
}

impl Fonts {
    /// Fonts of these files, none of which is opened yet.
    pub fn new(settings: &FontSettings) -> Self {
        let faces = |files: &[FontFile]| {
            files.iter().map(|it| Face { file: it.clone(), font: OnceCell::new() }).collect()
        };
        Self { regular: faces(&settings.regular), bold: faces(&settings.bold) }
    }

    /// Whether any font has the character; the others are drawn as a box with the code point.
    pub fn has(&self, c: char) -> bool {
        self.find(c, false).is_some()
    }

    /// How far the next character stands, in dots, at `em` dots to the em.
    pub fn advance(&self, c: char, bold: bool, em: f32) -> u32 {
        let advance = self.find(c, bold).map_or(em, |it| it.advance(em));
        // Dots are counted in small whole numbers; a glyph is never wider than a few em.
        advance.round().clamp(0.0, 8.0 * em) as u32
    }

    /// Draws a character with its left edge at `x` and its baseline at `baseline`.
    pub fn draw(&self, target: &mut Bitmap, c: char, bold: bool, em: f32, at: (i32, i32)) {
        match self.find(c, bold) {
            Some(found) => found.draw(target, (em, 1.0), at),
            None => code_point_box(target, c, em as i32, at),
        }
    }

    /// Draws a character into a cell `columns` times 12 dots wide and 24 high, as printers' own
    /// fonts are made. Wider glyphs are squeezed into it.
    pub fn draw_in_cell(&self, target: &mut Bitmap, c: char, bold: bool, columns: u16, x: usize) {
        const EM: f32 = 24.0;
        const BASELINE: i32 = 21;
        let cell = f32::from(columns) * EM / 2.0;
        let left = i32::try_from(x).unwrap_or(i32::MAX);
        let Some(found) = self.find(c, bold) else {
            if c != ' ' {
                code_point_box(target, c, cell as i32, (left, BASELINE));
            }
            return;
        };
        let advance = found.advance(EM);
        let squeeze = if advance > cell { cell / advance } else { 1.0 };
        let indent = ((cell - advance * squeeze) / 2.0).round() as i32;
        found.draw(target, (EM, squeeze), (left + indent, BASELINE));
    }

    fn find(&self, c: char, bold: bool) -> Option<Found<'_>> {
        let heavy = self.bold.iter().filter(|_| bold).map(|it| (it, false));
        let plain = self.regular.iter().map(|it| (it, bold));
        heavy.chain(plain).find_map(|(face, embolden)| {
            let font = face.open()?;
            let glyph = font.glyph_id(c);
            (glyph.0 != 0).then_some(Found { font, glyph, embolden })
        })
    }
}

impl Face {
    fn open(&self) -> Option<&FontVec> {
        self.font.get_or_init(|| load(&self.file.path, self.file.index)).as_ref()
    }
}

fn load(path: &Path, index: u32) -> Option<FontVec> {
    FontVec::try_from_vec_and_index(std::fs::read(path).ok()?, index).ok()
}

impl Found<'_> {
    fn scale(&self, em: f32) -> f32 {
        let units = self.font.units_per_em().unwrap_or(1000.0);
        em * self.font.height_unscaled() / units
    }

    fn advance(&self, em: f32) -> f32 {
        self.font.as_scaled(PxScale::from(self.scale(em))).h_advance(self.glyph)
    }

    fn draw(&self, target: &mut Bitmap, (em, squeeze): (f32, f32), (x, baseline): (i32, i32)) {
        let scale = self.scale(em);
        let scale = PxScale { x: scale * squeeze, y: scale };
        let glyph = self.glyph.with_scale_and_position(scale, point(0.0, 0.0));
        let Some(outline) = self.font.outline_glyph(glyph) else {
            return;
        };
        let bounds = outline.px_bounds();
        let (left, top) = (x + bounds.min.x as i32, baseline + bounds.min.y as i32);
        outline.draw(|dx, dy, coverage| {
            let place = |start: i32, step: u32| usize::try_from(i64::from(start) + i64::from(step));
            if coverage >= INK
                && let (Ok(x), Ok(y)) = (place(left, dx), place(top, dy))
            {
                target.blacken(x, y);
                if self.embolden {
                    target.blacken(x + 1, y);
                }
            }
        });
    }
}

/// A frame of the size of the character with its code point in it, so that nothing moves and
/// whoever knows the character can still tell which it is.
fn code_point_box(target: &mut Bitmap, c: char, side: i32, (x, baseline): (i32, i32)) {
    let side = side.max(10);
    let top = baseline - side * 7 / 8;
    let length = u32::try_from(side - 2).unwrap_or(8);
    let frame = Rectangle::new(Point::new(x + 1, top), Size::new(length, length))
        .into_styled(PrimitiveStyle::with_stroke(BinaryColor::On, 1));
    let Ok(()) = frame.draw(target);
    let digits = format!("{:06X}", u32::from(c));
    let font = if side >= 32 { &FONT_6X9 } else { &FONT_5X7 };
    let style = MonoTextStyle::new(font, BinaryColor::On);
    let (width, height) = (font.character_size.width * 3, font.character_size.height * 2);
    let inset = |room: i32, size: u32| (room - 2 - i32::try_from(size).unwrap_or(0)) / 2;
    let corner = Point::new(x + 1 + inset(side, width), top + inset(side, height));
    for (row, text) in (0..).zip([&digits[..3], &digits[3..]]) {
        let step = i32::try_from(font.character_size.height).unwrap_or(9) * row;
        let at = corner + Point::new(0, step);
        let Ok(_) = Text::with_baseline(text, at, style, Baseline::Top).draw(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(bitmap: &Bitmap) -> usize {
        let rows = 0..bitmap.height();
        rows.map(|y| (0..bitmap.width()).filter(|x| bitmap.is_black(*x, y)).count()).sum()
    }

    #[test]
    fn rare_characters_have_glyphs_and_the_rest_a_box() {
        let fonts = Fonts::new(&FontSettings::default());
        for rare in "领𬭛㛃𠮷㼆𠅤𬭚𰻝".chars() {
            assert!(fonts.has(rare), "U+{:04X}", u32::from(rare));
            for bold in [false, true] {
                let mut bitmap = Bitmap::new(48, 48);
                fonts.draw(&mut bitmap, rare, bold, 40.0, (4, 40));
                assert!(ink(&bitmap) > 60, "U+{:04X}", u32::from(rare));
            }
        }
        let unknown = '\u{3FFFD}';
        assert!(!fonts.has(unknown));
        assert_eq!(fonts.advance(unknown, false, 26.0), 26);
        let mut bitmap = Bitmap::new(24, 24);
        fonts.draw_in_cell(&mut bitmap, unknown, false, 2, 0);
        assert!(ink(&bitmap) > 60);
    }

    #[test]
    fn missing_files_are_passed_over() {
        let missing = FontFile { path: "/nowhere/none.ttf".into(), index: 0 };
        let fonts = Fonts::new(&FontSettings { regular: vec![missing], bold: Vec::new() });
        assert!(!fonts.has('A'));
        let mut bitmap = Bitmap::new(24, 24);
        fonts.draw(&mut bitmap, 'A', true, 24.0, (0, 21));
        assert!(ink(&bitmap) > 0);
    }
}
