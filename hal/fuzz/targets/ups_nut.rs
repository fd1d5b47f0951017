//! Lines of upsd.

#![no_main]

use hal::ups::{Protocol, UpsSettings, nut, sim::UpsSim};
use hal_fuzz::{hear, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut lines = nut::Inbox::default();
    let mut answer = nut::Answer::about("ups");
    for line in pieces(data).flat_map(|it| lines.push(it)) {
        nut::parse_line(&line);
        nut::parse_order_reply(&line);
        let _ = answer.listed(&line);
        let _ = answer.got("ups.status", &line);
    }
    hear(&mut UpsSim::new(&UpsSettings::of(Protocol::Nut)), data);
});
