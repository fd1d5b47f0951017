//! People as the office knows them: by the keyed hash of their ID number.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wire::IdHash;

/// HMAC-SHA-256 with the hall's key over the upper-case number as UTF-8, 64 lower-case hex digits.
/// The kiosk computes the same, so that neither has to send a number to the other.
pub fn id_hash(hall_key: &[u8; 32], number: &str) -> IdHash {
    let mut mac = Hmac::<Sha256>::new_from_slice(hall_key).expect("HMAC takes a key of any length");
    mac.update(number.to_uppercase().as_bytes());
    let bytes = mac.finalize().into_bytes();
    IdHash(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a text has the shape of an [`IdHash`].
pub fn is_id_hash(hash: &IdHash) -> bool {
    let hex = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    hash.as_str().len() == 64 && hash.as_str().bytes().all(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_hmac_sha_256() {
        // RFC 4231 has no case with a key of 32 bytes; this value comes from an independent tool.
        let key: [u8; 32] = std::array::from_fn(|it| u8::try_from(it).expect("below 32"));
        let upper = id_hash(&key, "44052418800101001X");
        assert_eq!(
            upper.as_str(),
            "871f227585634b15cfc4db4e98bae62726b9b5a2f22ac502131647f4d461a80e"
        );
        assert_eq!(id_hash(&key, "44052418800101001x"), upper);
        assert!(is_id_hash(&upper));
        assert!(!is_id_hash(&IdHash::from("HASH")));
    }
}
