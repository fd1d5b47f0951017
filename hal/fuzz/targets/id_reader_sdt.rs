//! Frames and cards of identity-card readers.

#![no_main]

use hal::id_reader::{sdt, text};
use hal::port::Direction;
use hal_fuzz::pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut parser = sdt::Parser::default();
    for payload in pieces(data).flat_map(|it| parser.push(it)) {
        sdt::Response::parse(&payload).map(|it| sdt::Response::parse(&it.to_bytes()));
        sdt::Request::parse(&payload);
        sdt::CardData::parse(&payload, true);
    }
    if let Some(block) = data.first_chunk::<{ sdt::TEXT_BYTES }>() {
        let _ = text::parse(block);
    }
    sdt::describe(Direction::In, data);
});
