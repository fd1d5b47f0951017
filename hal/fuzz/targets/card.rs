//! Social security cards and APDUs.

#![no_main]

use hal::card::apdu::{Command, Transmit, TransmitError};
use hal::card::ssc;
use hal_fuzz::pieces;
use libfuzzer_sys::fuzz_target;

/// A card that answers with pieces of the input.
struct Odd<'a>(std::slice::Chunks<'a, u8>);

impl Transmit for Odd<'_> {
    fn transmit(&mut self, _command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        self.0.next().map(<[u8]>::to_vec).ok_or(TransmitError)
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(card) = ssc::read(&mut Odd(pieces(data)), ssc::SscSettings::default()) {
        card.report(false);
    }
    Command::parse(data);
});
