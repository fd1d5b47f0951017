//! Serial UPS.

#![no_main]

use hal::ups::{Protocol, UpsSettings, megatec, sim::UpsSim};
use hal_fuzz::{hear, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut inbox = megatec::Inbox::default();
    for piece in pieces(data) {
        inbox.push(piece);
        while inbox.take_reply().is_some() {}
    }
    megatec::parse_shutdown_order(data);
    hear(&mut UpsSim::new(&UpsSettings::of(Protocol::Megatec)), data);
});
