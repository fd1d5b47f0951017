//! The hall, its items and its days: what every kiosk keeps a copy of.

use jiff::civil::{Date, Time};

use crate::{HallId, ItemId, KioskId, LocalText};

/// Everything public that a kiosk shows without asking the office.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Catalogue {
    /// Grows with every published change.
    pub version: u64,
    pub hall: Hall,
    pub items: Vec<Item>,
    /// The coming days, today first, without gaps.
    pub days: Vec<DayPlan>,
}

/// One hall.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hall {
    pub id: HallId,
    pub name: LocalText,
    pub kiosks: Vec<KioskPlace>,
    /// Hour at which a new day of the hall begins (4 = 04:00).
    pub day_change_hour: u8,
    /// How many days a result waits in a compartment before staff take it back.
    pub holding_days: u16,
    /// Who answers at night, for example `12345`.
    pub help_phone: String,
}

/// Where a kiosk stands, so that a code meant for another kiosk can be sent there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KioskPlace {
    pub id: KioskId,
    /// The number painted on it; also the first two digits of its pickup codes.
    pub number: u8,
    pub place: LocalText,
}

/// A service item (事项) in force.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    pub id: ItemId,
    pub name: LocalText,
    /// The heading it is listed under.
    pub category: LocalText,
    /// Other words people search by.
    pub keywords: Vec<String>,
    pub window_type: LocalText,
    /// Floor and area of its windows.
    pub place: LocalText,
    pub conditions: Vec<LocalText>,
    pub papers: Vec<Paper>,
    pub promised_workdays: u16,
    /// Minutes that a visit takes; a slot is this long or longer.
    pub visit_minutes: u16,
    pub bookable: bool,
}

/// A paper that the applicant brings.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Paper {
    pub name: LocalText,
    pub copies: u8,
    pub original: bool,
}

/// One day of the hall.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayPlan {
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
    pub kind: DayKind,
    /// The year's holidays are not published yet: this may change, and the screen says so.
    pub provisional: bool,
    /// Name of the holiday, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<LocalText>,
    /// Statutory hours as [from, to) pairs; empty when closed.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<String>>))]
    pub hours: Vec<(Time, Time)>,
    /// Extended hours (延时服务) as [from, to) pairs.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<String>>))]
    pub extended: Vec<(Time, Time)>,
}

/// Why a day is open or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DayKind {
    Workday,
    /// A weekend day on which the State Council has people work.
    MakeUpWorkday,
    Weekend,
    Holiday,
}
