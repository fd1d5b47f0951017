//! Pictures in JPEG, and the page in them.
#![no_main]

use hal::camera::{CameraSettings, examine, jpeg, rectify};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(picture) = jpeg::decode(bytes) else { return };
    if picture.width() * picture.height() > 100_000 {
        return;
    }
    if let Some(corners) = examine(&picture.grey(), &CameraSettings::default()).corners {
        rectify::rectified(&picture, &corners, 42, 59);
    }
});
