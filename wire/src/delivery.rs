//! Things that pass through a compartment.

use jiff::civil::Date;

use crate::{CaseId, DeliveryId, IdHash, KioskId, LocalText};

/// One document (or bundle) between the back room and its owner.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    pub id: DeliveryId,
    pub case: CaseId,
    pub item_name: LocalText,
    /// What it is, for example 食品经营许可证.
    pub document_name: LocalText,
    pub copies: u8,
    pub size: CompartmentSize,
    /// The kiosk whose locker holds it or is to hold it; none while any kiosk may take it.
    pub kiosk: Option<KioskId>,
    pub state: DeliveryState,
    pub compartment: Option<u16>,
    /// Who may take it by card.
    pub id_hash: IdHash,
    pub receiver_masked: String,
    /// Who may take it by code; set once it lies in a compartment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<PickupCode>,
    /// Last day on which it waits in the compartment.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub hold_until: Option<Date>,
}

/// Where a delivery is, as the office knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeliveryState {
    /// Ready in the back room, waits to be put into a compartment.
    Expected,
    InCompartment,
    HandedOver,
    Recalled,
    /// Only a person who looked may resolve this.
    Uncertain,
}

/// How large a compartment has to be.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CompartmentSize {
    /// Documents up to A4, flat.
    Small,
    /// A folder.
    Medium,
    /// A box.
    Large,
}

/// A pickup code as a kiosk may know it: enough to check one, not enough to make one.
///
/// The whole code is eight digits: two for the kiosk's number, two that find the delivery
/// (`locator` holds these four), four that are secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PickupCode {
    /// The first four digits.
    pub locator: String,
    /// Argon2id over all eight digits, in PHC string format.
    pub code_hash: String,
}
