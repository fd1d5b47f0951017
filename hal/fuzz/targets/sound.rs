//! WAV files.

#![no_main]

use hal::speaker::wav::Sound;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(sound) = Sound::parse(data) {
        let again = Sound::parse(&sound.scaled(50).encode()).expect("what is made is right");
        assert_eq!(again.length_ms(), sound.length_ms());
    }
});
