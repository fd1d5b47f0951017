//! Pictures in YUYV, and the page in them.
#![no_main]

use hal::camera::{CameraSettings, examine, from_yuyv, rectify};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let [width, height, padding, frame @ ..] = bytes else { return };
    let (width, height) = (usize::from(*width), usize::from(*height));
    let stride = width * 2 + usize::from(*padding);
    let Some(picture) = from_yuyv(width, height, stride, frame) else { return };
    if let Some(corners) = examine(&picture.grey(), &CameraSettings::default()).corners {
        rectify::rectified(&picture, &corners, 42, 59);
    }
});
