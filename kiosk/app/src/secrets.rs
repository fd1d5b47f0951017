//! Slow and cryptographic checks; run off the core's thread.

use argon2::{Argon2, PasswordHash, PasswordVerifier};
use hal::card::StaffCardProof;
use kiosk_core::effect::Secret;

/// Whether a code or PIN fits its Argon2id hash. A hash that does not parse fits nothing.
pub fn secret_fits(secret: &Secret, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|it| Argon2::default().verify_password(secret.0.as_bytes(), &it).is_ok())
}

/// Whether a staff card signed its challenge with the key that belongs to `public_key`.
pub fn card_is_genuine(proof: &StaffCardProof, public_key: &str) -> bool {
    hal::card::staff::verify(public_key, &proof.challenge, &proof.signature).is_ok()
}
