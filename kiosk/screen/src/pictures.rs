//! Pictures that Slint is given: icons, QR codes and the ring of a countdown.

use std::{cell::RefCell, collections::HashMap};

use kiosk_core::screen::{Icon, QrModules};
use slint::{Image, Rgb8Pixel, Rgba8Pixel, SharedPixelBuffer};

include!(concat!(env!("OUT_DIR"), "/icons.rs"));

/// Light modules around a QR code (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;
/// A module of a QR code is never drawn smaller.
const LEAST_MODULE_PX: usize = 4;
/// Room in em of the ring's stroke.
const RING_STROKE: f32 = 0.075;

/// No picture; unlike Slint's default image equal to itself.
pub(crate) fn none() -> Image {
    thread_local! {
        static NONE: Image = Image::from_rgba8(SharedPixelBuffer::new(1, 1));
    }
    NONE.with(Clone::clone)
}

/// The picture of an icon; drawn in any ink by Slint.
pub(crate) fn icon(icon: Icon) -> Image {
    thread_local! {
        static LOADED: RefCell<HashMap<Icon, Image>> = RefCell::new(HashMap::new());
    }
    LOADED.with_borrow_mut(|loaded| {
        loaded
            .entry(icon)
            .or_insert_with(|| {
                embedded(icon)
                    .and_then(|svg| Image::load_from_svg_data(svg).ok())
                    .unwrap_or_default()
            })
            .clone()
    })
}

fn embedded(icon: Icon) -> Option<&'static [u8]> {
    let at = EMBEDDED.binary_search_by_key(&icon.file(), |(name, _)| name).ok()?;
    Some(EMBEDDED[at].1)
}

/// A QR code, dark on white with its quiet zone, about `wanted_px` wide, in whole pixels a module.
pub(crate) fn qr(code: &QrModules, wanted_px: f32) -> (Image, u32) {
    let modules = code.width + 2 * QUIET_ZONE;
    let module_px = (wanted_px as usize / modules).max(LEAST_MODULE_PX);
    let side = modules * module_px;
    let mut pixels = vec![Rgb8Pixel::new(255, 255, 255); side * side];
    let dark =
        code.dark.iter().take(code.width * code.width).enumerate().filter(|(_, dark)| **dark);
    for (at, _) in dark {
        let left = (at % code.width + QUIET_ZONE) * module_px;
        let top = (at / code.width + QUIET_ZONE) * module_px;
        for row in top..top + module_px {
            pixels[row * side + left..row * side + left + module_px].fill(Rgb8Pixel::new(0, 0, 0));
        }
    }
    let side = side as u32;
    let mut buffer = SharedPixelBuffer::new(side, side);
    buffer.make_mut_slice().copy_from_slice(&pixels);
    (Image::from_rgb8(buffer), side)
}

/// The part of a ring from the top clockwise that a countdown has left, as a mask.
pub(crate) fn ring(left: f32, side: u32) -> Image {
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(side, side);
    let (centre, stroke) = (side as f32 / 2.0, side as f32 * RING_STROKE);
    let radius = centre - stroke / 2.0 - 1.0;
    for (at, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let x = (at as u32 % side) as f32 + 0.5 - centre;
        let y = (at as u32 / side) as f32 + 0.5 - centre;
        let across = (stroke / 2.0 - (x.hypot(y) - radius).abs() + 0.5).clamp(0.0, 1.0);
        // Turns from the top, clockwise, 0 to 1; the edge is softened over one pixel.
        let turn = (x.atan2(-y) / std::f32::consts::TAU).rem_euclid(1.0);
        let along = ((left - turn) * std::f32::consts::TAU * radius + 0.5).clamp(0.0, 1.0);
        let along = if left >= 1.0 { 1.0 } else { along };
        let alpha = (across * along * 255.0).round() as u8;
        *pixel = Rgba8Pixel { r: 255, g: 255, b: 255, a: alpha };
    }
    Image::from_rgba8(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_has_its_picture_and_every_picture_its_icon() {
        for icon in Icon::ALL {
            let svg = embedded(*icon).expect("each icon has a file in ui/icons");
            assert!(Image::load_from_svg_data(svg).is_ok(), "{} is no picture", icon.file());
        }
        for (name, _) in EMBEDDED {
            assert!(Icon::ALL.iter().any(|icon| icon.file() == *name), "{name} is not used");
        }
    }

    #[test]
    fn a_qr_code_keeps_its_quiet_zone_and_whole_modules() {
        let code = QrModules { width: 21, dark: vec![true; 21 * 21] };
        let (image, side) = qr(&code, 264.0);
        assert_eq!(side % 29, 0);
        let pixels = image.to_rgb8().expect("made of RGB pixels");
        let module = side / 29;
        let at = |x: u32, y: u32| pixels.as_slice()[(y * side + x) as usize].r;
        assert_eq!(at(4 * module - 1, side / 2), 255);
        assert_eq!(at(4 * module, side / 2), 0);
        assert_eq!(at(side - 4 * module, side / 2), 255);
    }

    #[test]
    fn a_damaged_qr_code_draws_what_it_has() {
        let code = QrModules { width: 21, dark: vec![true; 7] };
        assert!(qr(&code, 264.0).1 > 0);
        assert!(qr(&QrModules { width: 0, dark: vec![true] }, 264.0).1 > 0);
    }
}
