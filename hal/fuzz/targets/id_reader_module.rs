//! What a host may send to a reader.

#![no_main]

use hal::id_reader::sim::ReaderSim;
use hal_fuzz::hear;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hear(&mut ReaderSim::new(), data));
