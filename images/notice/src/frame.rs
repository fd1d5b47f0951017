//! Pictures and how a frame buffer lies in memory: bytes in, bytes out, no I/O.

/// How the pixels of a frame buffer lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    width_px: usize,
    height_px: usize,
    pixel: Pixel,
    stride_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pixel {
    /// Blue, green, red, unused: what DRM drivers offer.
    Bgrx,
    /// 5 bits red, 6 green, 5 blue, little end first: small panels.
    Rgb565,
}

/// Why a frame buffer cannot be drawn on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutError {
    #[error("the frame buffer says {0:?}, expected numbers")]
    NoNumber(String),
    #[error("a frame buffer of {0} bits a pixel cannot be drawn on, 16 and 32 can")]
    Depth(usize),
    #[error("a line of {stride_bytes} bytes is too short for {width_px} pixels")]
    Stride { stride_bytes: usize, width_px: usize },
}

impl Layout {
    /// From the files `virtual_size` (`1080,1920`), `bits_per_pixel` and `stride` in sysfs.
    pub(crate) fn parse(size: &str, bits: &str, stride: &str) -> Result<Self, LayoutError> {
        let number = |text: &str| {
            text.trim().parse::<usize>().map_err(|_| LayoutError::NoNumber(text.to_owned()))
        };
        let (width, height) =
            size.split_once(',').ok_or_else(|| LayoutError::NoNumber(size.to_owned()))?;
        let (width_px, height_px) = (number(width)?, number(height)?);
        let (pixel, bytes) = match number(bits)? {
            32 => (Pixel::Bgrx, 4),
            16 => (Pixel::Rgb565, 2),
            other => return Err(LayoutError::Depth(other)),
        };
        let stride_bytes = number(stride)?;
        if stride_bytes < width_px * bytes {
            return Err(LayoutError::Stride { stride_bytes, width_px });
        }
        Ok(Self { width_px, height_px, pixel, stride_bytes })
    }
}

/// Pixels row by row, red green blue.
pub(crate) struct Picture {
    width_px: usize,
    height_px: usize,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// From PNG, 8 bits a channel after expansion.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, png::DecodingError> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?;
        let mut buffer = vec![0; size];
        let info = reader.next_frame(&mut buffer)?;
        let channels = info.color_type.samples();
        let pixels = buffer[..info.buffer_size()].chunks_exact(channels).map(|it| match *it {
            [red, green, blue, ..] => [red, green, blue],
            [grey, ..] => [grey; 3],
            [] => [0; 3],
        });
        let pixels = pixels.collect();
        Ok(Self { width_px: info.width as usize, height_px: info.height as usize, pixels })
    }

    /// The same, turned clockwise by so many quarters.
    pub(crate) fn turned(self, quarters: usize) -> Self {
        (0..quarters % 4).fold(self, |it, _| it.turned_once())
    }

    fn turned_once(self) -> Self {
        let (width_px, height_px) = (self.height_px, self.width_px);
        let from = |at: usize| {
            let (x, y) = (at % width_px, at / width_px);
            self.pixels[(self.height_px - 1 - x) * self.width_px + y]
        };
        let pixels = (0..self.pixels.len()).map(from).collect();
        Self { width_px, height_px, pixels }
    }

    /// The last pixel: what surrounds the picture where the panel is larger.
    fn ground(&self) -> [u8; 3] {
        self.pixels.last().copied().unwrap_or_default()
    }
}

/// The whole frame buffer with the picture in its middle, as large as it fits, its shape kept.
pub(crate) fn draw(picture: &Picture, layout: &Layout) -> Vec<u8> {
    let (width, height) = fitting(picture, layout);
    let left = (layout.width_px - width) / 2;
    let top = (layout.height_px - height) / 2;
    let mut bytes = vec![0; layout.stride_bytes * layout.height_px];
    for (y, line) in bytes.chunks_exact_mut(layout.stride_bytes).enumerate() {
        for x in 0..layout.width_px {
            let inside = (left..left + width).contains(&x) && (top..top + height).contains(&y);
            let colour = if inside {
                let column = (x - left) * picture.width_px / width;
                let row = (y - top) * picture.height_px / height;
                picture.pixels[row * picture.width_px + column]
            } else {
                picture.ground()
            };
            put(line, x, layout.pixel, colour);
        }
    }
    bytes
}

fn fitting(picture: &Picture, layout: &Layout) -> (usize, usize) {
    let by_width = picture.height_px * layout.width_px / picture.width_px.max(1);
    if by_width <= layout.height_px {
        return (layout.width_px, by_width);
    }
    (picture.width_px * layout.height_px / picture.height_px.max(1), layout.height_px)
}

fn put(line: &mut [u8], x: usize, pixel: Pixel, [red, green, blue]: [u8; 3]) {
    match pixel {
        Pixel::Bgrx => line[x * 4..x * 4 + 4].copy_from_slice(&[blue, green, red, 0xff]),
        Pixel::Rgb565 => {
            let value =
                u16::from(red >> 3) << 11 | u16::from(green >> 2) << 5 | u16::from(blue >> 3);
            line[x * 2..x * 2 + 2].copy_from_slice(&value.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width_px: usize, height_px: usize, colour: [u8; 3]) -> Picture {
        Picture { width_px, height_px, pixels: vec![colour; width_px * height_px] }
    }

    #[test]
    fn a_picture_is_turned_clockwise() {
        let pixels = (1..=6).map(|it| [it; 3]).collect();
        let turned = Picture { width_px: 3, height_px: 2, pixels }.turned(1);
        assert_eq!((turned.width_px, turned.height_px), (2, 3));
        let rows: Vec<u8> = turned.pixels.iter().map(|it| it[0]).collect();
        assert_eq!(rows, [4, 1, 5, 2, 6, 3]);
        let rows: Vec<u8> = turned.turned(3).pixels.iter().map(|it| it[0]).collect();
        assert_eq!(rows, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_sysfs_says_is_understood() {
        let layout = Layout::parse("1080,1920\n", "32\n", "4352\n").expect("a layout");
        let expected =
            Layout { width_px: 1080, height_px: 1920, pixel: Pixel::Bgrx, stride_bytes: 4352 };
        assert_eq!(layout, expected);
        assert_eq!(Layout::parse("8,8", "24", "24"), Err(LayoutError::Depth(24)));
        let short = LayoutError::Stride { stride_bytes: 8, width_px: 8 };
        assert_eq!(Layout::parse("8,8", "32", "8"), Err(short));
        assert!(matches!(Layout::parse("8", "32", "8"), Err(LayoutError::NoNumber(_))));
    }

    #[test]
    fn a_picture_keeps_its_shape_on_any_panel() {
        let layout = Layout::parse("4,2", "32", "20").expect("a layout");
        let bytes = draw(&picture(3, 3, [1, 2, 3]), &layout);
        assert_eq!(bytes.len(), 40);
        assert_eq!(bytes[4..8], [3, 2, 1, 0xff]);
        assert_eq!(bytes[16..20], [0; 4], "what lies between the lines is left alone");
    }

    #[test]
    fn small_panels_have_fewer_colours() {
        let layout = Layout::parse("1,1", "16", "2").expect("a layout");
        assert_eq!(draw(&picture(1, 1, [0xff, 0, 0]), &layout), [0x00, 0xf8]);
    }

    #[test]
    fn pictures_come_from_png() {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 1, 2);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&[9, 8, 7, 6, 5, 4]).expect("pixels");
        writer.finish().expect("an end");
        let picture = Picture::decode(&bytes).expect("a picture");
        assert_eq!(picture.pixels, [[9, 8, 7], [6, 5, 4]]);
    }
}
