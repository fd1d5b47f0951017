//! Scanners of every protocol.

#![no_main]

use hal::port::Direction;
use hal::scanner::{driver, evdev, gm65, line};
use hal_fuzz::pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (mut engine, mut lines) = (gm65::Parser::default(), line::LineParser::default());
    let mut keys = evdev::Keyboard::default();
    for piece in pieces(data) {
        engine.push(piece);
        lines.push(piece);
        keys.push(piece);
    }
    gm65::parse_request(data);
    driver::describe(Direction::In, data);
    driver::describe(Direction::Out, data);
});
