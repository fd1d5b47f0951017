//! Slow hashes of passwords, PINs and pickup codes (Argon2id, PHC strings).

use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash,
};

use crate::Random;

/// Hashes a secret with a fresh salt. Takes tens of milliseconds: call it off the async threads.
pub(crate) fn hash(secret: &str, random: &Random) -> String {
    Argon2::default()
        .hash_password_with_salt(secret.as_bytes(), &random.bytes::<16>())
        .expect("default parameters and a 16-byte salt are valid")
        .to_string()
}

/// Whether `secret` is the one that was hashed. A hash that does not parse fits nothing.
pub(crate) fn fits(secret: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_secret_only() {
        let hash = hash("03171234", &Random::seeded(1));
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(fits("03171234", &hash));
        assert!(!fits("03171235", &hash));
        assert!(!fits("03171234", "not a hash"));
    }
}
