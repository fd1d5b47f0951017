//! One-bit pictures: what a thermal head can print.

use embedded_graphics::{
    Pixel,
    draw_target::DrawTarget,
    geometry::{OriginDimensions, Size},
    pixelcolor::BinaryColor,
};

use super::escpos::BAND_ROWS_MAX;

/// The tallest picture that is made, about four metres of paper.
pub const HEIGHT_MAX: usize = 32_768;

/// Dots in rows of whole bytes, the highest bit leftmost, set is black.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    row_bytes: usize,
    height: usize,
    dots: Vec<u8>,
}

impl std::fmt::Debug for Bitmap {
    /// Its size only: a picture may hold what is not to be logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({}×{})", self.width(), self.height)
    }
}

impl Bitmap {
    /// White paper, its width rounded up to whole bytes.
    pub fn new(width: usize, height: usize) -> Self {
        let (row_bytes, height) = (width.div_ceil(8).max(1), height.min(HEIGHT_MAX));
        Self { row_bytes, height, dots: vec![0; row_bytes * height] }
    }

    /// Rows as they stand in GS v 0; surplus bytes are left out.
    pub fn from_rows(row_bytes: usize, mut dots: Vec<u8>) -> Self {
        let row_bytes = row_bytes.max(1);
        let height = (dots.len() / row_bytes).min(HEIGHT_MAX);
        dots.truncate(height * row_bytes);
        Self { row_bytes, height, dots }
    }

    pub fn width(&self) -> usize {
        self.row_bytes * 8
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether the dot is black; outside everything is white.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        if x >= self.width() || y >= self.height {
            return false;
        }
        self.dots[y * self.row_bytes + x / 8] & (0x80 >> (x % 8)) != 0
    }

    /// Makes a dot black; outside nothing happens.
    pub fn blacken(&mut self, x: usize, y: usize) {
        if x < self.width() && y < self.height {
            self.dots[y * self.row_bytes + x / 8] |= 0x80 >> (x % 8);
        }
    }

    /// Lays another picture over this one, its top left corner at (x, y), each dot `scale` wide.
    pub fn lay(&mut self, other: &Self, x: usize, y: usize, scale: (usize, usize)) {
        for row in 0..other.height {
            for column in 0..other.width() {
                if other.is_black(column, row) {
                    for dy in 0..scale.1 {
                        for dx in 0..scale.0 {
                            self.blacken(x + column * scale.0 + dx, y + row * scale.1 + dy);
                        }
                    }
                }
            }
        }
    }

    /// Makes the paper longer.
    pub fn extend_to(&mut self, height: usize) {
        if height > self.height {
            self.height = height.min(HEIGHT_MAX);
            self.dots.resize(self.row_bytes * self.height, 0);
        }
    }

    /// The bands in which a printer takes this picture: bytes of a row, and rows. White on the
    /// right is left out.
    pub fn bands(&self) -> impl Iterator<Item = (usize, Vec<u8>)> {
        self.dots.chunks(self.row_bytes * BAND_ROWS_MAX).map(|band| {
            let used = band
                .chunks(self.row_bytes)
                .filter_map(|row| row.iter().rposition(|it| *it != 0))
                .max()
                .map_or(1, |it| it + 1);
            let rows = band.chunks(self.row_bytes);
            (used, rows.flat_map(|row| row[..used].iter().copied()).collect())
        })
    }
}

impl OriginDimensions for Bitmap {
    fn size(&self) -> Size {
        let side = |it| u32::try_from(it).unwrap_or(u32::MAX);
        Size::new(side(self.width()), side(self.height))
    }
}

impl DrawTarget for Bitmap {
    type Color = BinaryColor;
    type Error = std::convert::Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Self::Error>
    where
        I: IntoIterator<Item = Pixel<BinaryColor>>,
    {
        for Pixel(point, color) in pixels {
            if let (BinaryColor::On, Ok(x), Ok(y)) =
                (color, usize::try_from(point.x), usize::try_from(point.y))
            {
                self.blacken(x, y);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_hold_the_picture() {
        let mut bitmap = Bitmap::new(576, 600);
        bitmap.blacken(9, 0);
        bitmap.blacken(575, 599);
        let bands: Vec<_> = bitmap.bands().collect();
        let shapes: Vec<_> = bands.iter().map(|(used, dots)| (*used, dots.len() / used)).collect();
        assert_eq!(shapes, [(2, 255), (1, 255), (72, 90)]);
        let mut paper = Bitmap::new(576, 600);
        let mut y = 0;
        for (used, dots) in bands {
            let band = Bitmap::from_rows(used, dots);
            paper.lay(&band, 0, y, (1, 1));
            y += band.height();
        }
        assert!(paper == bitmap);
    }
}
