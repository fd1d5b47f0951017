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
    /// An entry that this version cannot read is an unknown change: it stops none of the others.
    #[serde(deserialize_with = "readable_entries")]
    pub entries: Vec<FeedEntry>,
}

fn readable_entries<'de, D: serde::Deserializer<'de>>(list: D) -> Result<Vec<FeedEntry>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Readable {
        Whole(Box<FeedEntry>),
        Numbered { seq: u64 },
    }
    let entries: Vec<Readable> = serde::Deserialize::deserialize(list)?;
    let entry = |it| match it {
        Readable::Whole(it) => *it,
        Readable::Numbered { seq } => FeedEntry { seq, change: Change::Unknown },
    };
    Ok(entries.into_iter().map(entry).collect())
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
    fn an_entry_that_cannot_be_read_stops_none_of_the_others() {
        let text = r#"{"cursor":3,"entries":[
            {"seq":1,"change":{"kind":"delivery_gone","value":"d1"}},
            {"seq":2,"change":{"kind":"delivery","value":{"state":"of a later version"}}},
            {"seq":3,"change":{"kind":"delivery_gone","value":"d2"}}]}"#;
        let feed: Feed = serde_json::from_str(text).expect("it is a feed");
        let changes: Vec<Change> = feed.entries.into_iter().map(|it| it.change).collect();
        let gone = |id: &str| Change::DeliveryGone(id.into());
        assert_eq!(changes, [gone("d1"), Change::Unknown, gone("d2")]);
    }

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
