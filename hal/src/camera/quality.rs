//! What is wrong with a picture of a page.

use super::{
    CameraSettings,
    image::Grey,
    page::{self, Corners, Place},
};

/// Something that a person can put right, worst first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The camera gives no picture.
    NoPicture,
    /// Nothing bright lies on the ground.
    NoPage,
    /// A corner is beside the picture.
    CornersOutOfView,
    /// A side is not seen: something lies over it, a hand or another paper.
    EdgesUnclear,
    /// The page lies far away or is small.
    TooSmall,
    Tilted,
    /// It is being moved.
    Moving,
    TooDark,
    /// A lamp is mirrored in it, or it is lit too brightly.
    Glare,
    Blurred,
}

/// What was seen in one picture.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Quality {
    /// From the upper left corner on clockwise, in pixels of the picture.
    pub corners: Option<Corners>,
    /// How much of the four sides is really seen, in hundredths.
    pub confidence_percent: u8,
    /// How far the page is turned out of the straight, to the right if positive.
    pub tilt_deg: f64,
    /// How much of the picture is page.
    pub area_percent: u8,
    /// Of the paper, 0 to 255.
    pub brightness: u8,
    /// How much of the page is blinded.
    pub glare_permille: u16,
    /// Variance of the Laplacian in hundredths of the variance of the brightness; `None` where
    /// it cannot be told: nothing is on the page, or it is too dark to see.
    pub sharpness_percent: Option<u32>,
    /// Worst first; none: the picture is good.
    pub problems: Vec<Problem>,
}

impl Quality {
    /// Nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    fn only(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }
}

/// Looks for a page in `picture` and for what is wrong with it.
pub fn examine(picture: &Grey, settings: &CameraSettings) -> Quality {
    let Some(found) = page::find(picture) else { return Quality::only(Problem::NoPage) };
    let inside = Inside::of(picture, &found.corners);
    let (brightness, tilt_deg) = (inside.brightness(), tilt_deg(&found.corners));
    let mut quality = Quality {
        corners: Some(found.corners),
        confidence_percent: (found.confidence * 100.0) as u8,
        tilt_deg,
        area_percent: inside.area_percent(),
        brightness,
        glare_permille: inside.glare_permille(settings.glare_level),
        sharpness_percent: inside.sharpness_percent(),
        problems: Vec::new(),
    };
    let blurred = |it| it < settings.sharpness_min_percent;
    let unclear = quality.confidence_percent < settings.confidence_min_percent;
    for (problem, is_so) in [
        (Problem::CornersOutOfView, found.cut_off),
        (Problem::EdgesUnclear, unclear && !found.cut_off),
        (Problem::TooSmall, quality.area_percent < settings.area_min_percent),
        (Problem::Tilted, tilt_deg.abs() > f64::from(settings.tilt_max_deg)),
        (Problem::TooDark, brightness < settings.brightness_min),
        (Problem::Glare, quality.glare_permille > settings.glare_max_permille),
        (Problem::Blurred, quality.sharpness_percent.is_some_and(blurred)),
    ] {
        if is_so {
            quality.problems.push(problem);
        }
    }
    quality
}

/// How far a page was moved between two pictures, in thousandths of its diagonal.
pub fn shifted(before: &Corners, now: &Corners) -> u32 {
    let distance = |a: Place, b: Place| (a.x - b.x).hypot(a.y - b.y);
    let diagonal = distance(now[0], now[2]).max(1.0);
    let most = before.iter().zip(now).map(|(a, b)| distance(*a, *b)).fold(0.0, f64::max);
    (most * 1_000.0 / diagonal) as u32
}

/// The mean turn of the four sides out of the nearest straight.
fn tilt_deg(corners: &Corners) -> f64 {
    let turn = |side: usize| {
        let (from, to) = (corners[side], corners[(side + 1) % 4]);
        let angle = (to.y - from.y).atan2(to.x - from.x).to_degrees() - 90.0 * side as f64;
        (angle + 45.0).rem_euclid(90.0) - 45.0
    };
    let mean = (0..4).map(turn).sum::<f64>() / 4.0;
    (mean * 10.0).round() / 10.0
}

/// The part of a picture well inside of the page.
struct Inside<'a> {
    picture: &'a Grey,
    rows: Vec<(usize, std::ops::Range<usize>)>,
    histogram: [u32; 256],
    pixels: u32,
}

/// So much of the page is left out at its sides: shadows and the ground are there.
const RIM: f64 = 0.04;
/// Glare is looked for in cells; as many lie along the diagonal.
const CELLS: usize = 64;
/// A cell is blinded if so much of it is.
const CELL_FILLED: f64 = 0.8;
/// With less spread of brightness nothing is on the page that could be sharp.
const SPREAD_MIN: f64 = 64.0;

impl<'a> Inside<'a> {
    fn of(picture: &'a Grey, corners: &Corners) -> Self {
        let centre = Place {
            x: corners.iter().map(|it| it.x).sum::<f64>() / 4.0,
            y: corners.iter().map(|it| it.y).sum::<f64>() / 4.0,
        };
        let inner = corners.map(|it| Place {
            x: it.x + (centre.x - it.x) * RIM,
            y: it.y + (centre.y - it.y) * RIM,
        });
        let rows: Vec<_> = (0..picture.height())
            .filter_map(|y| Some((y, row(&inner, y, picture.width())?)))
            .collect();
        let mut histogram = [0; 256];
        for (y, columns) in &rows {
            let start = y * picture.width();
            for level in &picture.pixels()[start + columns.start..start + columns.end] {
                histogram[usize::from(*level)] += 1;
            }
        }
        Self { picture, rows, histogram, pixels: histogram.iter().sum() }
    }

    fn area_percent(&self) -> u8 {
        // Without the rim on both sides.
        let page = f64::from(self.pixels) / ((1.0 - RIM) * (1.0 - RIM));
        let share = page / self.picture.pixels().len() as f64;
        (share * 100.0).min(100.0) as u8
    }

    /// That of the paper: more than half of a page is not printed on.
    fn brightness(&self) -> u8 {
        let mut left = self.pixels / 2;
        for (level, count) in self.histogram.iter().enumerate() {
            match left.checked_sub(*count) {
                Some(rest) => left = rest,
                None => return u8::try_from(level).unwrap_or(u8::MAX),
            }
        }
        0
    }

    /// Single bright pixels are noise: only cells count that are blinded nearly whole.
    fn glare_permille(&self, level: u8) -> u16 {
        let (width, height) = (self.picture.width(), self.picture.height());
        let cell = ((width as f64).hypot(height as f64) / CELLS as f64).ceil().max(1.0) as usize;
        let across = width.div_ceil(cell);
        let mut cells = vec![(0_u32, 0_u32); across * height.div_ceil(cell)];
        for (y, columns) in &self.rows {
            for x in columns.clone() {
                let (all, blinded) = &mut cells[y / cell * across + x / cell];
                *all += 1;
                *blinded += u32::from(self.picture.pixels()[y * width + x] >= level);
            }
        }
        let is_blinded = |it: &&(u32, u32)| f64::from(it.1) >= CELL_FILLED * f64::from(it.0);
        let on_page = || cells.iter().filter(|it| it.0 > 0);
        let blinded: u32 = on_page().filter(is_blinded).map(|it| it.0).sum();
        u16::try_from(u64::from(blinded) * 1_000 / u64::from(self.pixels.max(1))).unwrap_or(1_000)
    }

    fn sharpness_percent(&self) -> Option<u32> {
        let width = self.picture.width();
        let pixels = self.picture.pixels();
        let (mut grey, mut edge) = (Spread::default(), Spread::default());
        for (y, columns) in &self.rows {
            if *y == 0 || y + 1 >= self.picture.height() {
                continue;
            }
            for x in columns.start.max(1)..columns.end.min(width - 1) {
                let at = y * width + x;
                let value = |index: usize| f64::from(pixels[index]);
                let around = value(at - 1) + value(at + 1) + value(at - width) + value(at + width);
                grey.add(value(at));
                edge.add(4.0 * value(at) - around);
            }
        }
        let spread = grey.variance();
        (spread >= SPREAD_MIN).then(|| (edge.variance() * 100.0 / spread) as u32)
    }
}

/// The columns of a row inside of a convex quadrilateral.
fn row(corners: &Corners, y: usize, width: usize) -> Option<std::ops::Range<usize>> {
    let middle = y as f64 + 0.5;
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (from, to) in (0..4).map(|it| (corners[it], corners[(it + 1) % 4])) {
        if (from.y <= middle) == (to.y <= middle) {
            continue;
        }
        let x = from.x + (to.x - from.x) * (middle - from.y) / (to.y - from.y);
        (least, most) = (least.min(x), most.max(x));
    }
    let bound = |it: f64| it.round().clamp(0.0, width as f64) as usize;
    let columns = bound(least)..bound(most);
    (least.is_finite() && !columns.is_empty()).then_some(columns)
}

#[derive(Default)]
struct Spread {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn variance(&self) -> f64 {
        if self.count == 0.0 {
            return 0.0;
        }
        let mean = self.sum / self.count;
        self.squares / self.count - mean * mean
    }
}
