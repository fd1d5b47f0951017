//! The change feed that kiosks follow with a cursor.

use serde::Deserialize as _;

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
    #[serde(other, deserialize_with = "skip_content")]
    Unknown,
}

/// `other` alone takes an unknown kind without a value only; later kinds will carry one.
fn skip_content<'de, D: serde::Deserializer<'de>>(content: D) -> Result<(), D::Error> {
    serde::de::IgnoredAny::deserialize(content).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_later_version_is_skipped_whatever_it_carries() {
        for text in [
            r#"{"kind":"ticket","value":{"number":"A047"}}"#,
            r#"{"value":{"number":"A047"},"kind":"ticket"}"#,
            r#"{"kind":"ticket","value":[1,2,3]}"#,
            r#"{"kind":"ticket","value":"A047"}"#,
            r#"{"kind":"ticket","value":null}"#,
            r#"{"kind":"ticket"}"#,
        ] {
            let change: Change = serde_json::from_str(text).expect(text);
            assert_eq!(change, Change::Unknown, "{text}");
        }
    }
}
