//! Documents as dots: whole receipts, and single rows in the cells of a printer's own font.

use embedded_graphics::{
    Drawable,
    geometry::{Point, Size},
    pixelcolor::BinaryColor,
    primitives::{Primitive, PrimitiveStyle, Rectangle},
};
use qrcode::{Color, EcLevel, QrCode};

use super::{
    Align, TextSize,
    bitmap::Bitmap,
    escpos::{QR_BYTES_MAX, columns},
    fonts::Fonts,
    layout::{Metrics, Piece, Row, Style},
};

/// Dots of one module of a QR code where the paper is wide enough: a millimetre.
const MODULE_MAX: usize = 8;
/// Light modules around a QR code (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;

const BODY_EM: u32 = 26;
const HEADING_EM: u32 = 36;
const FIGURES_EM: u32 = 56;
const MARGIN: u32 = 20;
/// White above the first row, so that the knife does not touch it.
const TOP: usize = 16;
const RULE_HEIGHT: usize = 44;
const SPACE_HEIGHT: usize = 22;

/// Measures rows for [`paint`]: proportional type in dots.
pub struct Dots<'a> {
    pub fonts: &'a Fonts,
    /// Width of the head.
    pub dots: u16,
}

impl Metrics for Dots<'_> {
    fn line_width(&self) -> u32 {
        u32::from(self.dots).saturating_sub(2 * MARGIN)
    }

    fn char_width(&self, c: char, style: Style) -> u32 {
        self.fonts.advance(c, style.bold, em(style) as f32)
    }

    fn field_gap(&self) -> u32 {
        BODY_EM
    }

    fn value_at_min(&self) -> u32 {
        // Four Han characters and a gap of two: labels seldom have more.
        self.line_width().min(6 * BODY_EM)
    }
}

fn em(style: Style) -> u32 {
    match style.size {
        TextSize::Normal => BODY_EM,
        TextSize::Double if style.figures => FIGURES_EM,
        TextSize::Double => HEADING_EM,
    }
}

/// Draws laid-out rows, one picture for each piece of paper up to a cut. The last picture is left
/// out where nothing follows the last cut.
pub fn paint(rows: &[Row], metrics: &Dots<'_>) -> Vec<Bitmap> {
    let mut papers = Vec::new();
    for rows in rows.split(|it| *it == Row::Cut) {
        let top = if rows.is_empty() { 0 } else { TOP };
        let mut paper = Bitmap::new(usize::from(metrics.dots), top);
        for row in rows {
            paint_row(&mut paper, row, metrics);
        }
        papers.push(paper);
    }
    papers.pop_if(|it| it.height() == 0);
    papers
}

fn paint_row(paper: &mut Bitmap, row: &Row, metrics: &Dots<'_>) {
    let top = paper.height();
    match row {
        Row::Text { pieces, align } => {
            let tallest = pieces.iter().map(|it| em(it.style)).max().unwrap_or(BODY_EM);
            let height = if tallest == BODY_EM { 45 } else { tallest as usize * 5 / 4 + 12 };
            paper.extend_to(top + height);
            // Han characters stand in the middle of the row when an eighth of them hangs below.
            let baseline = top + (height + tallest as usize) / 2 - tallest as usize / 8;
            for piece in pieces {
                paint_piece(paper, piece, *align, baseline, metrics);
            }
        }
        Row::Rule => {
            paper.extend_to(top + RULE_HEIGHT);
            let y = i32::try_from(top + RULE_HEIGHT / 2 - 1).unwrap_or(i32::MAX);
            let right = u32::from(metrics.dots).saturating_sub(MARGIN);
            for x in (MARGIN..right).step_by(9) {
                let dash = Size::new(6.min(right - x), 3);
                let corner = Point::new(i32::try_from(x).unwrap_or(0), y);
                let style = PrimitiveStyle::with_fill(BinaryColor::On);
                let Ok(()) = Rectangle::new(corner, dash).into_styled(style).draw(paper);
            }
        }
        Row::Space => paper.extend_to(top + SPACE_HEIGHT),
        Row::Qr { data } => {
            if let Some(qr) = qr(data, metrics.dots) {
                paper.extend_to(top + qr.height());
                paper.lay(
                    &qr,
                    usize::from(metrics.dots).saturating_sub(qr.width()) / 2,
                    top,
                    (1, 1),
                );
            }
        }
        Row::Cut => {}
    }
}

fn paint_piece(
    paper: &mut Bitmap,
    piece: &Piece,
    align: Align,
    baseline: usize,
    metrics: &Dots<'_>,
) {
    let start = match align {
        Align::Left => MARGIN + piece.at,
        Align::Centre => {
            let width = metrics.text_width(&piece.text, piece.style);
            u32::from(metrics.dots).saturating_sub(width) / 2
        }
    };
    let signed = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
    let (mut x, baseline) = (signed(start as usize), signed(baseline));
    let em = em(piece.style) as f32;
    for c in piece.text.chars() {
        metrics.fonts.draw(paper, c, piece.style.bold, em, (x, baseline));
        x += signed(metrics.char_width(c, piece.style) as usize);
    }
}

/// A QR code of level M with its quiet zone; `None` for data that no code holds.
pub fn qr(data: &str, dots: u16) -> Option<Bitmap> {
    let modules = qr_modules(data)?;
    let module = module_dots(modules.len(), dots);
    let quiet = QUIET_MODULES * module;
    let side = modules.len() * module + 2 * quiet;
    let mut bitmap = Bitmap::new(side, side);
    for (y, row) in modules.iter().enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, it)| **it) {
            let corner = Point::new(
                i32::try_from(quiet + x * module).ok()?,
                i32::try_from(quiet + y * module).ok()?,
            );
            let size = u32::try_from(module).ok()?;
            let Ok(()) = Rectangle::new(corner, Size::new(size, size))
                .into_styled(PrimitiveStyle::with_fill(BinaryColor::On))
                .draw(&mut bitmap);
        }
    }
    Some(bitmap)
}

/// The modules of a QR code of level M, row by row, without quiet zone.
pub fn qr_modules(data: &str) -> Option<Vec<Vec<bool>>> {
    if data.len() > QR_BYTES_MAX {
        return None;
    }
    let code = QrCode::with_error_correction_level(data, EcLevel::M).ok()?;
    let colors = code.to_colors();
    Some(
        colors
            .chunks(code.width())
            .map(|row| row.iter().map(|it| *it == Color::Dark).collect())
            .collect(),
    )
}

/// Dots of one module so that the code and its quiet zone fit the paper.
pub fn module_dots(modules: usize, dots: u16) -> usize {
    (usize::from(dots) / (modules + 2 * QUIET_MODULES)).clamp(1, MODULE_MAX)
}

/// Draws one row of text as a printer with a 24-dot font would: half-width cells of 12 by 24 dots.
/// Double size doubles the dots.
pub fn paint_cells(pieces: &[Piece], align: Align, paper_columns: u16, fonts: &Fonts) -> Bitmap {
    let double = |it: &Piece| usize::from(it.style.size == TextSize::Double) + 1;
    let scale = pieces.iter().map(double).max().unwrap_or(1);
    let width = usize::from(paper_columns) * 12;
    let mut row = Bitmap::new(width, 24 * scale);
    for piece in pieces {
        let cells: u16 = piece.text.chars().map(columns).sum();
        let mut small = Bitmap::new(usize::from(cells) * 12, 24);
        let mut x = 0;
        for c in piece.text.chars() {
            let wide = columns(c);
            fonts.draw_in_cell(&mut small, c, piece.style.bold, wide, x);
            x += usize::from(wide) * 12;
        }
        let scale = double(piece);
        let start = match align {
            Align::Left => piece.at as usize * 12,
            Align::Centre => width.saturating_sub(usize::from(cells) * 12 * scale) / 2,
        };
        let top = row.height() - 24 * scale;
        row.lay(&small, start, top, (scale, scale));
    }
    row
}
