//! Answers of printers.

#![no_main]

use hal::printer::status::Splitter;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (full, rest) = data.split_first().map_or((false, data), |(it, rest)| (it & 1 == 1, rest));
    let mut splitter = Splitter::with_full_status(full);
    for byte in rest {
        splitter.push(*byte);
    }
});
