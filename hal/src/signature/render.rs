//! A signature as a picture: vector (SVG) and pixels (PNG with the feature `raster`).
//!
//! Lines are as wide as the pen pressed. Only what was drawn is in the picture, with a margin.

use std::fmt::Write as _;

use super::{Point, Signature};

/// How a signature is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub background: Background,
    /// Of the pixels; 72 to 600.
    pub dots_per_inch: u16,
    /// Width of a line without pressure and with all of it, in hundredths of a millimetre.
    pub line_min: u16,
    pub line_max: u16,
    /// Around what was drawn, in hundredths of a millimetre.
    pub margin: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    White,
    /// To be laid over a document.
    Transparent,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            background: Background::White,
            dots_per_inch: 200,
            line_min: 25,
            line_max: 90,
            margin: 200,
        }
    }
}

/// Pixels of ink: 0 none, 255 black.
#[derive(Clone, PartialEq, Eq)]
pub struct InkMap {
    pub width: usize,
    pub height: usize,
    pub ink: Vec<u8>,
}

/// A picture with a longer side is made coarser.
const SIDE_PIXELS_MAX: f64 = 4_000.0;
const HUNDREDTHS_PER_INCH: f64 = 2_540.0;

/// The rectangle to be drawn, in hundredths of a millimetre.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Frame {
    fn around(signature: &Signature, style: &Style) -> Self {
        let points = || signature.strokes.iter().flat_map(|it| &it.points);
        let margin = f64::from(style.margin) + f64::from(style.line_max) / 2.0;
        let span = |values: &mut dyn Iterator<Item = i32>| {
            let span = values.fold(None, |span: Option<(i32, i32)>, it| {
                Some(span.map_or((it, it), |(least, most)| (least.min(it), most.max(it))))
            });
            let (least, most) = span.unwrap_or((0, 0));
            (f64::from(least) - margin, f64::from(most) - f64::from(least) + 2.0 * margin)
        };
        let (left, width) = span(&mut points().map(|it| it.x));
        let (top, height) = span(&mut points().map(|it| it.y));
        Self { left, top, width: width.max(1.0), height: height.max(1.0) }
    }
}

fn line_width(pressure: u16, style: &Style) -> f64 {
    let (least, most) = (f64::from(style.line_min), f64::from(style.line_max));
    least + (most - least) * f64::from(pressure.min(1_000)) / 1_000.0
}

/// The lines of a stroke; a single point is a line of no length.
fn segments(points: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    let single = (points.len() == 1).then(|| (points[0], points[0]));
    single.into_iter().chain(points.windows(2).map(|it| (it[0], it[1])))
}

/// The signature as SVG 1.1, in millimetres.
pub fn svg(signature: &Signature, style: &Style) -> String {
    let Frame { left, top, width, height } = Frame::around(signature, style);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.2}mm\" height=\"{:.2}mm\" \
         viewBox=\"{left:.0} {top:.0} {width:.0} {height:.0}\">\n",
        width / 100.0,
        height / 100.0,
    );
    // Writing into a `String` cannot fail.
    if style.background == Background::White {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.0}\" y=\"{top:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
             fill=\"#fff\"/>"
        );
    }
    svg.push_str("<g stroke=\"#000\" stroke-linecap=\"round\">\n");
    for (from, to) in signature.strokes.iter().flat_map(|it| segments(&it.points)) {
        let wide = (line_width(from.pressure, style) + line_width(to.pressure, style)) / 2.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{} {}L{} {}\" stroke-width=\"{wide:.0}\"/>",
            from.x, from.y, to.x, to.y
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The signature as pixels with soft edges.
pub fn pixels(signature: &Signature, style: &Style) -> InkMap {
    let frame = Frame::around(signature, style);
    let wanted = f64::from(style.dots_per_inch.clamp(72, 600)) / HUNDREDTHS_PER_INCH;
    let scale = wanted.min(SIDE_PIXELS_MAX / frame.width.max(frame.height));
    let side = |length: f64| ((length * scale).ceil() as usize).max(1);
    let (width, height) = (side(frame.width), side(frame.height));
    let mut map = InkMap { width, height, ink: vec![0; width * height] };
    let end = |it: Point| End {
        x: (f64::from(it.x) - frame.left) * scale,
        y: (f64::from(it.y) - frame.top) * scale,
        radius: line_width(it.pressure, style) / 2.0 * scale,
    };
    for (from, to) in signature.strokes.iter().flat_map(|it| segments(&it.points)) {
        map.line(end(from), end(to));
    }
    map
}

/// One end of a line, in pixels.
#[derive(Clone, Copy)]
struct End {
    x: f64,
    y: f64,
    radius: f64,
}

impl InkMap {
    /// Draws a line with round ends. Where lines meet the darker one counts.
    fn line(&mut self, from: End, to: End) {
        let reach = from.radius.max(to.radius) + 1.0;
        let range = |a: f64, b: f64, length: usize| {
            let first = (a.min(b) - reach).floor().max(0.0) as usize;
            let last = (a.max(b) + reach).ceil().max(0.0) as usize;
            first.min(length)..last.min(length)
        };
        for y in range(from.y, to.y, self.height) {
            for x in range(from.x, to.x, self.width) {
                let covered = cover(from, to, x as f64 + 0.5, y as f64 + 0.5);
                let ink = &mut self.ink[y * self.width + x];
                *ink = (*ink).max((covered * 255.0).round() as u8);
            }
        }
    }
}

/// How much of the pixel around a place the line covers, from its distance to the line.
fn cover(from: End, to: End, x: f64, y: f64) -> f64 {
    let (along_x, along_y) = (to.x - from.x, to.y - from.y);
    let square = along_x * along_x + along_y * along_y;
    let dot = (x - from.x) * along_x + (y - from.y) * along_y;
    let part = if square > 0.0 { (dot / square).clamp(0.0, 1.0) } else { 0.0 };
    let (off_x, off_y) = (x - from.x - part * along_x, y - from.y - part * along_y);
    let distance = (off_x * off_x + off_y * off_y).sqrt();
    let radius = from.radius + part * (to.radius - from.radius);
    (radius - distance + 0.5).clamp(0.0, 1.0)
}

/// The signature as a PNG file: grey on white, or black with transparency.
#[cfg(feature = "raster")]
pub fn png(signature: &Signature, style: &Style) -> Vec<u8> {
    let map = pixels(signature, style);
    let (colour, data) = match style.background {
        Background::White => {
            (png::ColorType::Grayscale, map.ink.iter().map(|it| 255 - it).collect::<Vec<u8>>())
        }
        Background::Transparent => {
            (png::ColorType::GrayscaleAlpha, map.ink.iter().flat_map(|it| [0, *it]).collect())
        }
    };
    let side = |it: usize| u32::try_from(it).expect("at most some thousand pixels");
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(map.width), side(map.height));
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut it| it.write_image_data(&data))
        .expect("memory takes everything and the data has the size of the header");
    file
}
