//! What the panel shows, as QEMU sees it.

use std::fs::File;
use std::io::BufReader;
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
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let file =
            File::open(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let size =
            reader.output_buffer_size().ok_or_else(|| Failure("a picture too large".into()))?;
        let mut buffer = vec![0; size];
        let info = reader.next_frame(&mut buffer)?;
        let channels = info.color_type.samples();
        if channels < 3 {
            return Err(Failure(format!("{}: expected colours", path.display())));
        }
        let pixels = buffer[..info.buffer_size()].chunks_exact(channels);
        let pixels = pixels.map(|it| [it[0], it[1], it[2]]).collect();
        Ok(Self { width_px: info.width as usize, height_px: info.height as usize, pixels })
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
