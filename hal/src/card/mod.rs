//! Smart cards through PC/SC: staff cards that prove themselves by signing a challenge, and what
//! social security cards tell without keys.

pub mod apdu;
pub mod ssc;
pub mod staff;

#[cfg(feature = "drivers")]
mod driver;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(feature = "drivers")]
mod pcsc_reader;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "drivers")]
pub mod slot;

#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(all(test, feature = "sim"))]
mod ssc_tests;

use crate::fault::Link;

#[cfg(feature = "drivers")]
pub use driver::{CardHandle, Challenges, spawn, system_challenges};

/// What the driver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardEvent {
    Link(Link),
    /// A staff card that answered the challenge. Whoever acts on it checks the signature first.
    Staff(StaffCardProof),
    /// A card that is not a staff card, or that failed in the middle.
    Unusable(CardProblem),
    Removed,
}

/// Why an inserted card is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardProblem {
    /// No answer to reset, or it was pulled too soon.
    Mute,
    /// It has no staff application.
    NotStaff,
    /// The staff application refused or answered nonsense.
    Refused,
}

/// A card's number and its signature over the driver's fresh challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffCardProof {
    pub card_number: String,
    /// 32 random bytes that the driver drew for this insertion.
    pub challenge: [u8; 32],
    /// ECDSA P-256 with SHA-256 over the challenge, ASN.1 DER.
    pub signature: Vec<u8>,
}
