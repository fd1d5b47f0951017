//! Signatures as pictures, against golden files.
//!
//! `UPDATE_GOLDEN=1` writes them anew; look at them before they are committed.

use super::{
    Area, Point, Signature, Stroke,
    render::{Background, Style, pixels, png, svg},
};

/// A loop, a line that is pressed ever harder, and a dot.
fn sample() -> Signature {
    let curve = (0..60).map(|step| {
        let angle = f64::from(step) / 59.0 * std::f64::consts::TAU;
        let (x, y) = (2_000.0 + 1_200.0 * angle.sin(), 3_000.0 + 900.0 * (2.0 * angle).sin());
        (x as i32, y as i32, 600)
    });
    let line = (0..20).map(|step| (3_600 + 150 * step, 3_600 - 60 * step, 50 * step as u16));
    let stroke = |points: Vec<(i32, i32, u16)>| Stroke {
        points: points
            .into_iter()
            .enumerate()
            .map(|(n, (x, y, pressure))| Point { time_ms: 5 * n as u32, x, y, pressure })
            .collect(),
    };
    Signature {
        area: Area { width: 12_000, height: 7_500 },
        strokes: vec![
            stroke(curve.collect()),
            stroke(line.collect()),
            stroke(vec![(7_000, 2_400, 1_000)]),
        ],
    }
}

fn golden(name: &str, made: &[u8]) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/signature/golden");
    let path = std::path::Path::new(folder).join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).expect("the golden file can be written");
    }
    std::fs::read(&path).expect("the golden file is there")
}

/// Width, height and pixels of a PNG file.
fn decoded(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    (info.width, info.height, pixels)
}

#[test]
fn a_signature_looks_as_it_always_did() {
    for (name, background) in
        [("white.png", Background::White), ("transparent.png", Background::Transparent)]
    {
        let file = png(&sample(), &Style { background, ..Style::default() });
        assert_eq!(decoded(&file), decoded(&golden(name, &file)), "{name}");
    }
    let file = svg(&sample(), &Style::default());
    assert_eq!(file.as_bytes(), golden("signature.svg", file.as_bytes()));
}

#[test]
fn what_is_pressed_harder_is_wider() {
    let style = Style::default();
    let map = pixels(&sample(), &style);
    let thick = |hundredths: f64| {
        let left = 800.0 - f64::from(style.margin) - f64::from(style.line_max) / 2.0;
        let column = ((hundredths - left) * 200.0 / 2_540.0) as usize;
        let ink = (0..map.height).map(|row| u32::from(map.ink[row * map.width + column]));
        ink.sum::<u32>() / 255
    };
    let (light, hard) = (thick(3_750.0), thick(6_300.0));
    assert!(light >= 2 && hard >= 3 * light / 2 && hard <= 8, "{light} {hard}");
}

#[test]
fn pictures_have_a_bound_whatever_is_drawn() {
    let point = |x, y| Point { time_ms: 0, x, y, pressure: u16::MAX };
    let far = Signature {
        area: Area { width: 1, height: 1 },
        strokes: vec![Stroke { points: vec![point(i32::MIN, 0), point(i32::MAX, 5)] }],
    };
    let map = pixels(&far, &Style { dots_per_inch: u16::MAX, ..Style::default() });
    assert!(map.width <= 4_001 && map.height >= 1);
    let none = Signature { area: far.area, strokes: vec![Stroke::default()] };
    let map = pixels(&none, &Style::default());
    assert!(map.ink.iter().all(|it| *it == 0));
    assert!(svg(&none, &Style::default()).ends_with("</svg>\n"));
}
