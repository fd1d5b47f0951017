//! Cases as the applicant may see them.

use jiff::{Timestamp, civil::Date};

use crate::{CaseId, DeliveryId, LocalText};

/// A case with its timeline.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseView {
    pub id: CaseId,
    pub item_name: LocalText,
    /// Masked: the office never sends the whole name.
    pub applicant_masked: String,
    pub state: CaseState,
    /// Promised end (承诺办结).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub promised_by: Option<Date>,
    pub delivery_way: DeliveryWay,
    /// What happened, oldest first, then what is still to come (`at` is empty).
    pub steps: Vec<CaseStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<Supplement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<Voucher>,
    /// The result on its way through a compartment, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CaseState {
    Accepted,
    /// Papers are to be supplemented, told once with contents and deadline.
    ToSupplement,
    /// Accepted with papers owed (容缺受理).
    Tolerated,
    Refused,
    UnderReview,
    Approved,
    Producing,
    ReadyForPickup,
    HandedOver,
    Withdrawn,
    /// A state that this version does not know.
    #[serde(other)]
    Unknown,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseStep {
    pub kind: CaseStepKind,
    /// Empty for a step that is still to come.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Timestamp>,
    /// Window, authority or compartment, with the officer masked.
    pub note: LocalText,
}

/// What a line of the timeline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CaseStepKind {
    Submitted,
    Accepted,
    SupplementAsked,
    Supplemented,
    Tolerated,
    Refused,
    Reviewed,
    Produced,
    ReadyForPickup,
    HandedOver,
    Recalled,
    #[serde(other)]
    Unknown,
}

/// How the applicant wants the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeliveryWay {
    Locker,
    Window,
    Post,
}

/// The one-time notice of papers to be supplemented (一次性告知).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Supplement {
    pub contents: Vec<LocalText>,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub deadline: Date,
}

/// A voucher of intake, as article 22(三) asks for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Voucher {
    pub number: String,
    pub kind: VoucherKind,
    pub contents: Vec<LocalText>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub deadline: Option<Date>,
    pub reasons: Vec<LocalText>,
    pub officer_masked: String,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
}

/// The four outcomes of intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VoucherKind {
    Accepted,
    Supplement,
    Tolerated,
    Refused,
}
