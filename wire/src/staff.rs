//! Staff as a kiosk may know them.

use crate::StaffId;

/// A person who may use staff mode.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffMember {
    pub id: StaffId,
    /// Shown in staff mode only.
    pub name: String,
    /// Number stored on the card.
    pub card_number: String,
    /// ECDSA P-256 public key of the card, uncompressed point (65 bytes), hex.
    pub card_public_key: String,
    /// Argon2id over the PIN, PHC string format.
    pub pin_hash: String,
    pub roles: Vec<StaffRole>,
}

/// What a member of staff may do at a kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StaffRole {
    /// Load and empty compartments.
    Courier,
    /// Maintenance mode.
    Technician,
}
