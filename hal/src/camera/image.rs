//! Pictures in memory and their plain conversions.

/// Pictures with a longer side are refused.
pub const SIDE_MAX: usize = 8_192;
/// Pictures with more pixels are refused.
pub const PIXELS_MAX: usize = 24_000_000;

/// Brightness, one byte a pixel, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Red, green and blue, three bytes a pixel, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Rgb {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A picture of somebody's papers is shown by its size only.
impl std::fmt::Debug for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rgb({} x {})", self.width, self.height)
    }
}

impl std::fmt::Debug for Grey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grey({} x {})", self.width, self.height)
    }
}

/// Whether a picture can have this size.
pub(super) fn size_fits(width: usize, height: usize) -> bool {
    let side = 1..=SIDE_MAX;
    side.contains(&width) && side.contains(&height) && width * height <= PIXELS_MAX
}

impl Grey {
    /// `None` where the size is impossible or the pixels are not as many.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        let fits = size_fits(width, height) && pixels.len() == width * height;
        fits.then_some(Self { width, height, pixels })
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixel; beside the picture that of its edge.
    pub fn at(&self, x: isize, y: isize) -> u8 {
        let clamp = |it: isize, length: usize| it.clamp(0, length as isize - 1) as usize;
        self.pixels[clamp(y, self.height) * self.width + clamp(x, self.width)]
    }

    /// Between the pixels, whose centres are at halves.
    pub fn between(&self, x: f64, y: f64) -> f64 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_part, lower_part) = (x - left, y - top);
        let (left, top) = (left as isize, top as isize);
        let row = |y: isize| {
            let (a, b) = (f64::from(self.at(left, y)), f64::from(self.at(left + 1, y)));
            a + (b - a) * right_part
        };
        let (upper, lower) = (row(top), row(top + 1));
        upper + (lower - upper) * lower_part
    }

    /// A smaller picture, each pixel the mean of `factor` × `factor`; the rest at the edges is
    /// left out.
    pub fn shrunk(&self, factor: usize) -> Self {
        let factor = factor.clamp(1, self.width.min(self.height));
        let (width, height) = (self.width / factor, self.height / factor);
        let mut pixels = Vec::with_capacity(width * height);
        let mut sums = vec![0_u32; width];
        for rows in self.pixels.chunks_exact(self.width * factor).take(height) {
            sums.fill(0);
            for row in rows.chunks_exact(self.width) {
                for (sum, cell) in sums.iter_mut().zip(row.chunks_exact(factor)) {
                    *sum += cell.iter().map(|it| u32::from(*it)).sum::<u32>();
                }
            }
            let area = (factor * factor) as u32;
            pixels.extend(sums.iter().map(|it| (it / area) as u8));
        }
        Self { width, height, pixels }
    }
}

impl Rgb {
    /// `None` where the size is impossible or the pixels are not as many.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        let fits = size_fits(width, height) && pixels.len() == width * height * 3;
        fits.then_some(Self { width, height, pixels })
    }

    /// A picture whose pixels `paint` makes, from column and row.
    pub(super) fn painted(
        width: usize,
        height: usize,
        mut paint: impl FnMut(usize, usize) -> [u8; 3],
    ) -> Option<Self> {
        if !size_fits(width, height) {
            return None;
        }
        let mut pixels = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                pixels.extend(paint(x, y));
            }
        }
        Some(Self { width, height, pixels })
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixel; beside the picture that of its edge.
    pub fn at(&self, x: isize, y: isize) -> [u8; 3] {
        let clamp = |it: isize, length: usize| it.clamp(0, length as isize - 1) as usize;
        let start = (clamp(y, self.height) * self.width + clamp(x, self.width)) * 3;
        [self.pixels[start], self.pixels[start + 1], self.pixels[start + 2]]
    }

    /// Brightness by ITU-R BT.601.
    pub fn grey(&self) -> Grey {
        let brightness = |it: &[u8]| {
            let [red, green, blue] = [it[0], it[1], it[2]].map(u32::from);
            ((299 * red + 587 * green + 114 * blue + 500) / 1_000) as u8
        };
        let pixels = self.pixels.chunks_exact(3).map(brightness).collect();
        Grey { width: self.width, height: self.height, pixels }
    }

    /// A picture for the screen, at most `width_max` wide, of every n-th pixel.
    pub fn preview(&self, width_max: usize) -> Self {
        let step = self.width.div_ceil(width_max.max(1)).clamp(1, self.width.min(self.height));
        let (width, height) = (self.width / step, self.height / step);
        let half = (step / 2) as isize;
        let pixel =
            |x: usize, y: usize| self.at((x * step) as isize + half, (y * step) as isize + half);
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)));
        Self { width, height, pixels: pixels.collect() }
    }

    /// The same, turned by quarters to the right.
    pub fn turned(self, quarters: u8) -> Self {
        let Self { width, height, pixels } = &self;
        let source = |x: usize, y: usize| match quarters % 4 {
            1 => (y, height - 1 - x),
            2 => (width - 1 - x, height - 1 - y),
            3 => (width - 1 - y, x),
            _ => (x, y),
        };
        let (wide, high) =
            if quarters.is_multiple_of(2) { (*width, *height) } else { (*height, *width) };
        let mut turned = Vec::with_capacity(pixels.len());
        for y in 0..high {
            for x in 0..wide {
                let (x, y) = source(x, y);
                let start = (y * width + x) * 3;
                turned.extend_from_slice(&pixels[start..start + 3]);
            }
        }
        Self { width: wide, height: high, pixels: turned }
    }
}

/// A frame in YUYV (YUY2): two pixels in four bytes, brightness at the even places, BT.601 with
/// limited range, as UVC cameras send it. `stride` is the length of a row in bytes. `None` where
/// the frame is shorter than it claims.
pub fn from_yuyv(width: usize, height: usize, stride: usize, bytes: &[u8]) -> Option<Rgb> {
    let row_bytes = width.checked_mul(2)?;
    if !size_fits(width, height) || !width.is_multiple_of(2) || stride < row_bytes {
        return None;
    }
    let last_row = stride.checked_mul(height - 1)?;
    if bytes.len() < last_row.checked_add(row_bytes)? {
        return None;
    }
    let mut pixels = Vec::with_capacity(width * height * 3);
    for row in bytes.chunks(stride).take(height) {
        for pair in row[..row_bytes].chunks_exact(4) {
            let [first, blue, second, red] = [pair[0], pair[1], pair[2], pair[3]].map(i32::from);
            for brightness in [first, second] {
                pixels.extend(from_yuv(brightness - 16, blue - 128, red - 128));
            }
        }
    }
    Some(Rgb { width, height, pixels })
}

/// In 1/256.
fn from_yuv(y: i32, u: i32, v: i32) -> [u8; 3] {
    let y = 298 * y + 128;
    let all = [y + 409 * v, y - 100 * u - 208 * v, y + 516 * u];
    all.map(|it| (it >> 8).clamp(0, 255) as u8)
}

/// Camera side: a picture as YUYV without padding.
pub fn to_yuyv(picture: &Rgb) -> Vec<u8> {
    let yuv = |it: &[u8]| {
        let [r, g, b] = [it[0], it[1], it[2]].map(i32::from);
        let y = ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16;
        let u = ((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128;
        let v = ((112 * r - 94 * g - 18 * b + 128) >> 8) + 128;
        [y, u, v].map(|it| it.clamp(0, 255) as u8)
    };
    let pairs = picture.pixels.chunks_exact(6);
    pairs
        .flat_map(|it| {
            let (first, second) = (yuv(&it[..3]), yuv(&it[3..]));
            [first[0], first[1], second[0], second[2]]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixed_seed;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn yuyv_of_the_standard_colours() {
        let bytes = [235, 128, 16, 128, 81, 90, 81, 240];
        let picture = from_yuyv(2, 2, 4, &bytes).expect("a frame");
        assert_eq!(picture.at(0, 0), [255, 255, 255]);
        assert_eq!(picture.at(1, 0), [0, 0, 0]);
        let [red, green, blue] = picture.at(0, 1);
        assert!(red > 250 && green < 5 && blue < 5, "{red} {green} {blue}");
        assert_eq!(from_yuyv(2, 3, 4, &bytes), None, "a short frame");
        assert_eq!(from_yuyv(4, 1, 4, &bytes), None, "a short row");
        assert_eq!(from_yuyv(3, 1, 8, &bytes), None, "half a pair");
    }

    #[test]
    fn turning_moves_the_corners() {
        let picture = Rgb::painted(3, 2, |x, y| [x as u8, y as u8, 0]).expect("small");
        for (quarters, size, first) in
            [(0, (3, 2), [0, 0]), (1, (2, 3), [0, 1]), (2, (3, 2), [2, 1]), (3, (2, 3), [2, 0])]
        {
            let turned = picture.clone().turned(quarters);
            assert_eq!((turned.width(), turned.height()), size);
            assert_eq!(turned.at(0, 0)[..2], first, "{quarters}");
        }
    }

    #[test]
    fn shrinking_takes_the_mean() {
        let grey = Grey::new(5, 4, (0..20).map(|it| it * 10).collect()).expect("a picture");
        let small = grey.shrunk(2);
        assert_eq!((small.width(), small.height()), (2, 2));
        assert_eq!(small.pixels(), [30, 50, 130, 150]);
        assert!((grey.between(1.0, 0.5) - 5.0).abs() < 1e-9);
        assert_eq!(format!("{grey:?}"), "Grey(5 x 4)");
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn any_frame_is_a_picture_or_refused(
            width in 0..40_usize, height in 0..40_usize, stride in 0..200_usize,
            bytes in vec(any::<u8>(), 0..4000),
        ) {
            if let Some(picture) = from_yuyv(width, height, stride, &bytes) {
                prop_assert_eq!((picture.width(), picture.height()), (width, height));
                prop_assert_eq!(picture.pixels().len(), width * height * 3);
                picture.preview(7);
                picture.grey().shrunk(3);
            }
        }

        #[test]
        fn grey_survives_yuyv(levels in vec(0..=255_u8, 8)) {
            let picture = Rgb::painted(4, 2, |x, y| [levels[y * 4 + x]; 3]).expect("small");
            let back = from_yuyv(4, 2, 8, &to_yuyv(&picture)).expect("its own");
            for (before, after) in picture.pixels().iter().zip(back.pixels()) {
                prop_assert!(before.abs_diff(*after) <= 2, "{before} {after}");
            }
        }
    }
}
