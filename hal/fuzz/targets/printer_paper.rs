//! What a host may send to a printer.

#![no_main]

use hal::printer::PrinterSettings;
use hal::printer::sim::PrinterSim;
use hal_fuzz::hear;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hear(&mut PrinterSim::new(&PrinterSettings::default()), data));
