//! A desk as a document camera sees it, with or without a page on it.

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::camera::{
    Rgb,
    page::{Corners, Place},
    rectify::Homography,
};

/// What can be wrong with a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    pub glare: bool,
    pub blur: bool,
    pub dark: bool,
    pub hand: bool,
}

/// What lies on the desk and how it is seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub seed: u64,
    /// What is printed on the page follows from its name; `blank` has nothing on it.
    pub page: Option<String>,
    pub tilt_deg: f64,
    /// Out of the middle, as parts of the picture's width and height.
    pub offset: (f64, f64),
    /// How much nearer the lower side is to the camera, as a part of the page's width.
    pub keystone: f64,
    pub flaws: Flaws,
}

/// Of the page, in millimetres.
const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 297.0;
/// The page is so high in a picture of height 1.
const SHARE: f64 = 0.78;
const PAPER: f64 = 228.0;
const INK: f64 = 45.0;
const DESK: [f64; 3] = [70.0, 62.0, 56.0];
const SKIN: [f64; 3] = [205.0, 160.0, 132.0];
const BLUR_RADIUS: usize = 4;

impl Scene {
    /// Where the corners of the page are in a picture of this size.
    pub fn corners(&self, width: usize, height: usize) -> Corners {
        let (width, height) = (width as f64, height as f64);
        let (half_high, half_wide) = (SHARE * height / 2.0, SHARE * height / 2.0 * WIDTH / HEIGHT);
        let (sin, cos) = self.tilt_deg.to_radians().sin_cos();
        let middle = (width * (0.5 + self.offset.0), height * (0.5 + self.offset.1));
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(across, down)| {
            let x = half_wide * across * (1.0 + self.keystone * down / 2.0);
            let y = half_high * down;
            Place { x: middle.0 + x * cos - y * sin, y: middle.1 + x * sin + y * cos }
        })
    }

    /// The picture; `None` for a size that no picture has.
    pub fn picture(&self, width: usize, height: usize) -> Option<Rgb> {
        let corners = self.corners(width, height);
        let map = Homography::onto(&corners, WIDTH, HEIGHT)?.inverse()?;
        let page = self.page.as_deref().map(Print::of);
        let mut grain = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let hand = Hand::at(&corners);
        let mut light = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let place = map.apply(x as f64 + 0.5, y as f64 + 0.5);
                let mut colour = match &page {
                    Some(print) if is_on_page(place) => print.colour(place, self.flaws.glare),
                    _ => desk(x, y),
                };
                if self.flaws.hand && page.is_some() && hand.covers(x as f64, y as f64) {
                    colour = SKIN;
                }
                light.push(colour);
            }
        }
        if self.flaws.blur {
            light = blurred(&light, width, height);
        }
        let gain = if self.flaws.dark { 0.25 } else { 1.0 };
        let mut pixels = light.into_iter();
        Rgb::painted(width, height, |_, _| {
            let noise = grain.random_range(-3.0..3.0);
            pixels.next().unwrap_or_default().map(|it| (it * gain + noise).clamp(0.0, 255.0) as u8)
        })
    }
}

fn is_on_page(place: Place) -> bool {
    (0.0..WIDTH).contains(&place.x) && (0.0..HEIGHT).contains(&place.y)
}

/// Wood: darker and lighter stripes.
fn desk(x: usize, y: usize) -> [f64; 3] {
    let stripe = 6.0 * ((x as f64 / 37.0).sin() + (x as f64 / 11.0 + y as f64 / 90.0).sin());
    DESK.map(|it| it + stripe)
}

/// What is printed on a page: lines of words.
struct Print {
    /// Start and end of the words of each line, in millimetres.
    lines: Vec<Vec<(f64, f64)>>,
}

const LINE_HEIGHT: f64 = 7.0;
const MARGIN: f64 = 20.0;

impl Print {
    fn of(name: &str) -> Self {
        if name == "blank" {
            return Self { lines: Vec::new() };
        }
        let seed = name.bytes().fold(7, |hash: u64, it| hash.wrapping_mul(31) + u64::from(it));
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let count = ((HEIGHT - 2.0 * MARGIN) / LINE_HEIGHT) as usize;
        let line = |_| {
            let (mut words, mut at) = (Vec::new(), MARGIN);
            let end = random.random_range(0.5..1.0) * (WIDTH - 2.0 * MARGIN) + MARGIN;
            while at < end {
                let word = random.random_range(4.0..18.0);
                words.push((at, at + word));
                at += word + 3.0;
            }
            words
        };
        Self { lines: (0..count).map(line).collect() }
    }

    fn colour(&self, place: Place, glare: bool) -> [f64; 3] {
        if glare && (place.x - 130.0).hypot((place.y - 110.0) * 1.4) < 32.0 {
            return [255.0; 3];
        }
        // Light comes from the upper left.
        let paper = PAPER + 6.0 - 12.0 * (place.x / WIDTH + place.y / HEIGHT) / 2.0;
        [if self.is_inked(place) { INK } else { paper }; 3]
    }

    /// A word is a row of upright strokes of 1 mm with gaps of 0.8 mm.
    fn is_inked(&self, place: Place) -> bool {
        let down = (place.y - MARGIN) / LINE_HEIGHT;
        if down < 0.0 || down.fract() > 0.5 {
            return false;
        }
        let Some(line) = self.lines.get(down as usize) else { return false };
        let word = line.iter().find(|it| (it.0..it.1).contains(&place.x));
        word.is_some_and(|it| (place.x - it.0).rem_euclid(1.8) < 1.0)
    }
}

/// Two fingers and the ball of a hand over the right side of the page.
struct Hand {
    root: Place,
    size: f64,
}

impl Hand {
    fn at(corners: &Corners) -> Self {
        let (upper, lower) = (corners[1], corners[2]);
        let size = (upper.x - lower.x).hypot(upper.y - lower.y);
        Self { root: Place { x: (upper.x + lower.x) / 2.0, y: (upper.y + lower.y) / 2.0 }, size }
    }

    fn covers(&self, x: f64, y: f64) -> bool {
        let (x, y) = ((x - self.root.x) / self.size, (y - self.root.y) / self.size);
        let finger = |middle: f64| (-0.2..0.2).contains(&x) && (y - middle).abs() < 0.045;
        (x - 0.15).hypot(y) < 0.24 || finger(-0.12) || finger(0.12)
    }
}

/// Means over a square, twice, first along the rows and then along the columns.
fn blurred(light: &[[f64; 3]], width: usize, height: usize) -> Vec<[f64; 3]> {
    let mut light = light.to_vec();
    for _ in 0..2 {
        light = means(&light, width, height, |index, step| {
            let (x, y) = (index % width, index / width);
            y * width + (x + step).saturating_sub(BLUR_RADIUS).min(width - 1)
        });
        light = means(&light, width, height, |index, step| {
            let (x, y) = (index % width, index / width);
            (y + step).saturating_sub(BLUR_RADIUS).min(height - 1) * width + x
        });
    }
    light
}

fn means(
    light: &[[f64; 3]],
    width: usize,
    height: usize,
    neighbour: impl Fn(usize, usize) -> usize,
) -> Vec<[f64; 3]> {
    let steps = 2 * BLUR_RADIUS + 1;
    let mean = |index: usize| {
        let mut sum = [0.0; 3];
        for step in 0..steps {
            let from = light[neighbour(index, step)];
            (0..3).for_each(|it| sum[it] += from[it]);
        }
        sum.map(|it| it / steps as f64)
    };
    (0..width * height).map(mean).collect()
}
