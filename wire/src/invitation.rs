//! How a new kiosk learns what it needs.

use serde::{Deserialize, Serialize};

/// An invitation as it travels: readable only with its one-time code. Answer to
/// `GET /invitations/{locator}`, which anybody may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealedInvitation {
    /// How it is sealed; 1 is ChaCha20-Poly1305 with a key by Argon2id.
    pub version: u32,
    /// Of the key's derivation, hex.
    pub salt: String,
    /// Base 64.
    pub sealed: String,
}
