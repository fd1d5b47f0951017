//! What the panel shows, as QEMU sees it.

use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::Failure;

/// Pixels row by row, red green blue.
#[derive(PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width_px: usize,
    pub(crate) height_px: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Reads a portable pixmap (netpbm's ppm(5), as QEMU writes it: `P6 WIDTH HEIGHT 255` and the
    /// colours), which costs the machine that is looked at less time than a compressed picture.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure(format!("{}: {why}", path.display()));
        let bytes = fs::read(path).map_err(|error| wrong(&error.to_string()))?;
        let mut rest = bytes.as_slice();
        let mut word = || {
            let end = rest.iter().position(u8::is_ascii_whitespace)?;
            let word = std::str::from_utf8(&rest[..end]).ok()?;
            rest = &rest[end + 1..];
            Some(word)
        };
        let (Some("P6"), Some(width), Some(height), Some("255")) = (word(), word(), word(), word())
        else {
            return Err(wrong("expected a portable pixmap of 8 bits a colour"));
        };
        let number = |text: &str| text.parse().map_err(|_| wrong("expected its size"));
        let (width_px, height_px) = (number(width)?, number(height)?);
        let (pixels, _) = rest.as_chunks::<3>();
        if pixels.len() != width_px * height_px {
            return Err(wrong("expected as many colours as it has pixels"));
        }
        Ok(Self { width_px, height_px, pixels: pixels.to_vec() })
    }

    /// Reads a PNG of 8 bits a colour, with or without transparency.
    pub(crate) fn read_png(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure(format!("{}: {why}", path.display()));
        let file = fs::File::open(path).map_err(|error| wrong(&error.to_string()))?;
        let mut reader = png::Decoder::new(std::io::BufReader::new(file))
            .read_info()
            .map_err(|error| wrong(&error.to_string()))?;
        let size = reader.output_buffer_size().ok_or_else(|| wrong("it is too large"))?;
        let mut bytes = vec![0; size];
        let frame = reader.next_frame(&mut bytes).map_err(|error| wrong(&error.to_string()))?;
        let (width_px, height_px) = (frame.width as usize, frame.height as usize);
        let samples = frame.color_type.samples();
        if samples < 3 || frame.bit_depth != png::BitDepth::Eight {
            return Err(wrong("expected 8 bits a colour"));
        }
        let pixels = bytes.chunks_exact(samples).map(|it| [it[0], it[1], it[2]]).collect();
        Ok(Self { width_px, height_px, pixels })
    }

    /// How much of the whole has this colour, in thousandths.
    pub(crate) fn share_of(&self, colour: [u8; 3]) -> usize {
        let close = |pixel: &&[u8; 3]| {
            pixel.iter().zip(colour).all(|(left, right)| left.abs_diff(right) <= 8)
        };
        self.pixels.iter().filter(close).count() * 1000 / self.pixels.len().max(1)
    }

    /// The colour at a place.
    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width_px + x]
    }

    /// The pixels of these rows.
    pub(crate) fn rows(&self, rows: Range<usize>) -> &[[u8; 3]] {
        &self.pixels[rows.start * self.width_px..rows.end * self.width_px]
    }

    /// Whether it shows another page; a clock that has gone on is none.
    pub(crate) fn is_other_than(&self, other: &Self) -> bool {
        self.difference(other) > 5
    }

    /// How many pixels differ visibly, in thousandths; all of them when the sizes differ.
    fn difference(&self, other: &Self) -> usize {
        if (self.width_px, self.height_px) != (other.width_px, other.height_px) {
            return 1000;
        }
        let differ = |(left, right): &(&[u8; 3], &[u8; 3])| {
            left.iter().zip(*right).any(|(left, right)| left.abs_diff(*right) > 8)
        };
        let count = self.pixels.iter().zip(&other.pixels).filter(differ).count();
        count * 1000 / self.pixels.len().max(1)
    }
}
