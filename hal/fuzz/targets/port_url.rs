//! Addresses of ports.

#![no_main]

use hal::port::PortUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(url) = text.parse::<PortUrl>() {
        assert_eq!(url.to_string().parse::<PortUrl>().as_ref(), Ok(&url), "{text}");
    }
});
