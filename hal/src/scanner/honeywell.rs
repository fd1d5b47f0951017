//! Serial trigger of Honeywell and CipherLab scanners: SYN T CR starts a reading, SYN U CR ends it.
//! Nothing answers; codes come as lines.

const START: &[u8] = &[0x16, 0x54, 0x0D];
const STOP: &[u8] = &[0x16, 0x55, 0x0D];

/// The bytes that start or end a reading.
pub fn encode(start: bool) -> &'static [u8] {
    if start { START } else { STOP }
}

/// Scanner side: the last command in `bytes`, true for start.
pub fn last_command(bytes: &[u8]) -> Option<bool> {
    bytes.windows(START.len()).rev().find_map(|it| match it {
        START => Some(true),
        STOP => Some(false),
        _ => None,
    })
}

/// A note for the wire view.
pub fn describe_request(bytes: &[u8]) -> String {
    let note = match last_command(bytes) {
        Some(true) => "start reading",
        Some(false) => "stop reading",
        None => "not a scanner command",
    };
    note.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixed_seed;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn commands_are_found_in_any_noise(
            noise in proptest::collection::vec(any::<u8>(), 0..40), start in any::<bool>(),
        ) {
            let bytes = [&noise, encode(start)].concat();
            prop_assert_eq!(last_command(&bytes), Some(start));
            describe_request(&noise);
        }
    }
}
