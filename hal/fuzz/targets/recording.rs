//! Recordings of lines.

#![no_main]

use hal::port::Recording;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Recording::parse(text, None);
});
