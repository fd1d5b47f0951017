//! Streams of JPEG files, whole or cut anywhere.
#![no_main]

use hal::camera::mjpeg::MjpegParser;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parser = MjpegParser::default();
    let cut: Vec<_> = bytes.chunks(5).flat_map(|it| parser.push(it)).collect();
    assert_eq!(MjpegParser::default().push(bytes), cut);
});
