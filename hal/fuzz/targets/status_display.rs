//! Commands to an SSD1306.

#![no_main]

use hal::status_display::controller::Controller;
use hal_fuzz::pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut controller = Controller::default();
    for piece in pieces(data) {
        controller.write(piece);
    }
    controller.is_lit(127, 63);
});
