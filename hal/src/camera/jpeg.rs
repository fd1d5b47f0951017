//! JPEG and PNG files to pictures and back.

use jpeg_encoder::{ColorType, Encoder, EncodingError};
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

use super::image::{Rgb, SIDE_MAX, size_fits};

/// Why a file is no picture.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("not a JPEG picture: {0:?}")]
    Jpeg(DecodeErrors),
    #[error("not a PNG picture: {0}")]
    Png(#[from] png::DecodingError),
    #[error("a picture of this size or kind is not read here; take RGB or grey, 8 bits a channel")]
    Unsuitable,
}

/// Reads a JPEG file.
pub fn decode(file: &[u8]) -> Result<Rgb, DecodeError> {
    let options = DecoderOptions::new_safe()
        .set_max_width(SIDE_MAX)
        .set_max_height(SIDE_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(DecodeError::Jpeg)?;
    let info = decoder.info().ok_or(DecodeError::Unsuitable)?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    if !size_fits(width, height) {
        return Err(DecodeError::Unsuitable);
    }
    let pixels = decoder.decode().map_err(DecodeError::Jpeg)?;
    Rgb::new(width, height, pixels).ok_or(DecodeError::Unsuitable)
}

/// Reads a PNG file of 8 bits a channel, without regard to transparency.
pub fn decode_png(file: &[u8]) -> Result<Rgb, DecodeError> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info()?;
    let (width, height) = reader.info().size();
    let (width, height) = (width as usize, height as usize);
    let (colour, depth) = reader.output_color_type();
    let channels = colour.samples();
    let plain = depth == png::BitDepth::Eight && colour != png::ColorType::Indexed;
    if !size_fits(width, height) || !plain {
        return Err(DecodeError::Unsuitable);
    }
    let mut bytes = vec![0; width * height * channels];
    reader.next_frame(&mut bytes)?;
    let pixel = |it: &[u8]| if channels < 3 { [it[0]; 3] } else { [it[0], it[1], it[2]] };
    let pixels = bytes.chunks_exact(channels).flat_map(pixel).collect();
    Rgb::new(width, height, pixels).ok_or(DecodeError::Unsuitable)
}

/// Writes a JPEG file, baseline.
pub fn encode(picture: &Rgb, quality: u8) -> Result<Vec<u8>, EncodingError> {
    let mut file = Vec::new();
    let side = |it: usize| u16::try_from(it).expect("pictures have at most 8192 pixels a side");
    let (width, height) = (side(picture.width()), side(picture.height()));
    Encoder::new(&mut file, quality).encode(picture.pixels(), width, height, ColorType::Rgb)?;
    Ok(file)
}
