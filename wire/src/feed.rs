//! The change feed that kiosks follow with a cursor.

use crate::{Catalogue, Delivery, DeliveryId, StaffMember};

/// Answer to `GET feed?cursor=…&wait_s=…`: what changed after the cursor, oldest first. The office
/// holds the answer back up to `wait_s` seconds (at most 25) while there is nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Feed {
    /// Ask with this next time.
    pub cursor: u64,
    pub entries: Vec<FeedEntry>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedEntry {
    pub seq: u64,
    pub change: Change,
}

/// A change carries the whole new value, so that taking it twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    Catalogue(Catalogue),
    Delivery(Delivery),
    /// Of no more concern to this kiosk.
    DeliveryGone(DeliveryId),
    /// All who may log in at this kiosk.
    Staff(Vec<StaffMember>),
    /// A change that this version does not know.
    #[serde(other)]
    Unknown,
}
