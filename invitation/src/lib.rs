//! What a new kiosk needs to know, sealed with a one-time code.
//!
//! A kiosk out of its box knows nobody: no certificate of the office, perhaps not the time. What it is
//! given is therefore encrypted with a key that follows from a code, which a technician carries: only
//! who has the code can have made it, and only who has the code can read it, whatever line it comes over.
//!
//! The code is 20 signs of Crockford's base 32: the first four name the invitation, sixteen are secret
//! (80 bits). Its key is made by Argon2id, so that trying codes against a sealed invitation is hopeless.

mod code;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use wire::{KioskId, SealedInvitation};
use zeroize::Zeroizing;

pub use code::{Code, CodeError};

/// Memory (KiB), passes and lanes of the key's derivation; half a second on a kiosk's board.
const KEY_COST: (u32, u32, u32) = (64 * 1024, 3, 1);
pub const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
/// Stands beside what is sealed, so that nothing else that is ever sealed can be taken for it.
const CONTEXT: &[u8] = b"hall24 invitation 1";

/// Everything that makes a box a kiosk of a hall.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    pub kiosk: KioskId,
    /// The number on its door.
    pub number: u8,
    /// Where the kiosk reaches the office, `https://host:port`.
    pub office: String,
    /// Certificate of the hall's authority, PEM.
    pub authority: String,
    /// The kiosk's own certificate and private key, PEM.
    pub certificate: String,
    pub key: String,
    /// With it ID numbers are hashed; 64 hex digits.
    pub hall_key: String,
    /// The kiosk's configuration (TOML) with its devices; paths in it stand beside it.
    pub configuration: String,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invitation({})", self.kiosk)
    }
}

/// Why a sealed invitation cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the code does not fit; look at each sign")]
    OtherCode,
    #[error("the invitation is damaged; have the office make a new one")]
    Damaged,
    #[error("the invitation was made by a newer office; update the kiosk's image")]
    TooNew,
}

/// Seals an invitation. `salt` is fresh random bytes: the same code never gives the same key twice.
pub fn seal(invitation: &Invitation, code: &Code, salt: [u8; SALT_BYTES]) -> SealedInvitation {
    let mut sealed = serde_json::to_vec(invitation).expect("it is plain data");
    // A key that is used once needs no other nonce.
    key(code, &salt)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key([0; 12]),
            Aad::from(CONTEXT),
            &mut sealed,
        )
        .expect("an invitation is shorter than 64 GiB");
    SealedInvitation { version: 1, salt: hal::hex::encode(&salt), sealed: STANDARD.encode(sealed) }
}

/// Opens what [`seal`] made. Takes half a second: call it off the threads that serve people.
pub fn open(sealed: &SealedInvitation, code: &Code) -> Result<Invitation, OpenError> {
    if sealed.version != 1 {
        return Err(OpenError::TooNew);
    }
    let salt = hal::hex::decode(&sealed.salt).filter(|it| it.len() == SALT_BYTES);
    let salt = salt.ok_or(OpenError::Damaged)?;
    let bytes = STANDARD.decode(&sealed.sealed).map_err(|_| OpenError::Damaged)?;
    let mut bytes = Zeroizing::new(bytes);
    let opened = key(code, &salt)
        .open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::from(CONTEXT), &mut bytes)
        .map_err(|_| OpenError::OtherCode)?;
    serde_json::from_slice(opened).map_err(|_| OpenError::TooNew)
}

fn key(code: &Code, salt: &[u8]) -> LessSafeKey {
    let (memory_kib, passes, lanes) = KEY_COST;
    let cost = Params::new(memory_kib, passes, lanes, Some(KEY_BYTES)).expect("within its limits");
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, cost)
        .hash_password_into(code.secret().as_bytes(), salt, &mut *key)
        .expect("lengths are within the limits");
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &*key).expect("a key of 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            kiosk: "k3".into(),
            number: 3,
            office: "https://office:8443".into(),
            authority: "authority".into(),
            certificate: "certificate".into(),
            key: "a private key".into(),
            hall_key: "00".repeat(32),
            configuration: "[kiosk]".into(),
        }
    }

    fn code(seed: u8) -> Code {
        Code::from_bytes([seed; code::CODE_BYTES])
    }

    #[test]
    fn only_its_code_opens_an_invitation() {
        let sealed = seal(&invitation(), &code(7), [1; SALT_BYTES]);
        assert!(!sealed.sealed.contains("private"));
        assert_eq!(open(&sealed, &code(7)), Ok(invitation()));
        assert_eq!(open(&sealed, &code(8)), Err(OpenError::OtherCode));
    }

    #[test]
    fn what_was_changed_on_its_way_is_refused() {
        let sealed = seal(&invitation(), &code(7), [1; SALT_BYTES]);
        let mut bytes = STANDARD.decode(&sealed.sealed).expect("base 64");
        bytes[3] ^= 1;
        let changed = SealedInvitation { sealed: STANDARD.encode(bytes), ..sealed.clone() };
        assert_eq!(open(&changed, &code(7)), Err(OpenError::OtherCode));
        for damaged in [
            SealedInvitation { salt: "00".into(), ..sealed.clone() },
            SealedInvitation { sealed: "?".into(), ..sealed.clone() },
        ] {
            assert_eq!(open(&damaged, &code(7)), Err(OpenError::Damaged));
        }
        let newer = SealedInvitation { version: 2, ..sealed };
        assert_eq!(open(&newer, &code(7)), Err(OpenError::TooNew));
    }

    #[test]
    fn nothing_of_it_gets_into_a_log() {
        assert_eq!(format!("{:?} {:?}", invitation(), code(7)), "Invitation(k3) Code(…)");
    }
}
