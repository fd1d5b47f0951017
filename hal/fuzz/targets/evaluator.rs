//! Codes of evaluators.

#![no_main]

use hal::evaluator::{EvaluatorSettings, codes::Codes};
use hal_fuzz::pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut finder = Codes::new(&EvaluatorSettings::default());
    for piece in pieces(data) {
        finder.push(piece);
    }
});
