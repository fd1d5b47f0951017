//! Identity card readers: what the kiosk learns about a card that was laid down.

pub mod nation;
pub mod number;
mod report;
pub mod sdt;
mod settings;
pub mod text;

#[cfg(feature = "drivers")]
mod driver;
#[cfg(feature = "drivers")]
mod module;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(test)]
mod codec_tests;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;

use jiff::civil::Date;

use crate::fault::Link;

#[cfg(feature = "drivers")]
pub use driver::{ReaderHandle, ReaderHealth, spawn};
#[cfg(feature = "drivers")]
pub use module::ReaderError;
pub use report::CardReport;
pub use settings::{BAUD, POLL_INTERVAL_MS_MIN, PresenceProbe, ReaderSettings, SettingError};

/// What the driver reports. Repeated states are not events.
#[derive(Clone, Debug, PartialEq)]
pub enum ReaderEvent {
    Link(Link),
    /// A card was read; the same card is not reported again until it was lifted.
    Card(Box<IdCard>),
    /// A card lies there but cannot be used.
    Unreadable(ReadFailure),
    /// The card was lifted, as far as the reader can tell.
    Lifted,
}

/// Why a card that lies on the reader gave no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadFailure {
    /// Found but not selected or not read: lift it and lay it again.
    LayAgain,
    /// Not a card of these kinds.
    WrongCard,
    /// The security module and the card refuse each other.
    Rejected,
    /// Read, but its contents make no sense (field by name).
    Malformed,
}

/// The four layouts in circulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardKind {
    Resident,
    /// Residence permit for people of Hong Kong, Macao and Taiwan.
    HmtPermit,
    #[serde(rename = "foreign-2017")]
    Foreign2017,
    #[serde(rename = "foreign-2023")]
    Foreign2023,
}

/// GB/T 2261.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Unknown,
    Male,
    Female,
    NotStated,
}

/// The end of validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidTo {
    Date(Date),
    /// 长期
    LongTerm,
}

/// The contents of a card. Fields that a layout lacks are `None`.
///
/// Personal data: it has no `Display`, and `Debug` shows the kind only.
#[derive(Clone, PartialEq)]
pub struct IdCard {
    pub kind: CardKind,
    pub name: String,
    pub english_name: Option<String>,
    pub sex: Sex,
    /// GB/T 3304 code and name, resident cards only.
    pub nation_code: Option<String>,
    pub nation: Option<String>,
    /// ISO 3166 alpha-3, foreign cards only.
    pub nationality: Option<String>,
    pub birth: Option<Date>,
    pub address: Option<String>,
    pub number: String,
    pub issuer: Option<String>,
    pub valid_from: Option<Date>,
    pub valid_to: Option<ValidTo>,
    pub permit_number: Option<String>,
    pub times_issued: Option<String>,
    pub renewals: Option<String>,
    pub former_number: Option<String>,
    /// WLT photo, opaque.
    pub photo: Vec<u8>,
    pub fingerprints: Vec<u8>,
}

impl std::fmt::Debug for IdCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdCard").field("kind", &self.kind).finish_non_exhaustive()
    }
}
