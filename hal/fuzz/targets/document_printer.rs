//! Answers of IPP printers, and what a host may send to one.

#![no_main]

use hal::document_printer::ipp;
use hal::document_printer::sim::DocumentPrinterSim;
use hal_fuzz::hear;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok((message, _)) = ipp::Message::decode(data) {
        let again = ipp::Message::decode(&message.encode());
        assert_eq!(again.map(|it| it.0), Ok(message));
    }
    hear(&mut DocumentPrinterSim::new(), data);
});
