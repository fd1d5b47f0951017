//! Input devices and pen tablets.

#![no_main]

use hal::input::RecordParser;
use hal::signature::{SignatureSettings, evdev::Tablet};
use hal_fuzz::pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (mut records, mut tablet) =
        (RecordParser::default(), Tablet::new(&SignatureSettings::default()));
    for piece in pieces(data) {
        records.push(piece);
        tablet.push(piece);
    }
    tablet.area();
});
