//! What kiosk and office say to each other: types only, versioned by the path prefix [`API`].
//!
//! Everything travels as JSON over HTTPS. Fields are only ever added; a reader ignores what it does
//! not know, and a field that older writers lack has a default.

mod appointment;
mod case;
mod catalogue;
mod delivery;
mod event;
mod feed;
mod id;
mod invitation;
mod staff;
mod text;
mod update;

pub use appointment::{
    Appointment, AppointmentState, BookRequest, CancelRequest, Hold, HoldRequest, Lookup,
    MoveRequest, Slot, SlotDay, SlotDays,
};
pub use case::{
    CaseState, CaseStep, CaseStepKind, CaseView, DeliveryWay, Supplement, Voucher, VoucherKind,
};
pub use catalogue::{Catalogue, DayKind, DayPlan, Hall, Item, KioskPlace, Paper};
pub use delivery::{CompartmentSize, Delivery, DeliveryState, PickupCode};
pub use event::{
    DeviceFinding, EventBody, IdentifiedBy, Intake, IntakeResult, KioskEvent, Rejection,
};
pub use feed::{Change, Feed, FeedEntry};
pub use id::{
    AppointmentId, CaseId, DeliveryId, EventId, HallId, HoldId, IdHash, IdempotencyKey, ItemId,
    KioskId, SlotId, StaffId,
};
pub use invitation::SealedInvitation;
pub use staff::{StaffMember, StaffRole};
pub use text::LocalText;
pub use update::{UpdateAnswer, UpdateOffer, UpdateProgress, UpdateReport, UpdateState};

/// Path prefix of every kiosk request.
pub const API: &str = "/api/v1";

/// After so long without a request the office lets a connection go; a kiosk that asks by one has to have been
/// there more lately, for the answer to what is sent into a closed one never comes.
pub const CONNECTION_IDLE: std::time::Duration = std::time::Duration::from_secs(10);

/// An error answer of the office: `{"error":{…}}`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorAnswer {
    pub error: ErrorBody,
}

/// What went wrong, for a program (`kind`) and for a person (`message`, `action`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    pub kind: ErrorKind,
    pub message: String,
    pub action: String,
    /// With [`ErrorKind::SlotFull`]: the next slot of the same item that has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_slot: Option<Slot>,
}

/// Kinds of refusal that a kiosk acts upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ErrorKind {
    /// The request does not parse or contradicts itself.
    BadRequest,
    /// The last place was taken by somebody else.
    SlotFull,
    /// The hold ran out before it was confirmed.
    HoldExpired,
    /// This person already has an open appointment for this item.
    AlreadyBooked,
    /// The thing named does not exist, or is not this person's.
    NotFound,
    /// The client certificate is not one of an enrolled kiosk.
    NotEnrolled,
    /// The appointment can no longer be moved or cancelled.
    TooLate,
    /// The office failed; the same request may be sent again with the same key.
    Internal,
    /// A kind that this version does not know.
    #[serde(other)]
    Unknown,
}
