//! Appointments: days and slots, holds, bookings.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use crate::{AppointmentId, DayKind, HoldId, IdHash, IdempotencyKey, ItemId, LocalText, SlotId};

/// Answer to `GET slots?item=…&from=…&days=…`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotDays {
    pub item: ItemId,
    pub days: Vec<SlotDay>,
}

/// One day with its slots; a closed day has none.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotDay {
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
    pub kind: DayKind,
    pub provisional: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<LocalText>,
    /// In order of time. Slots that have begun are left out, full ones are shown with `left` 0.
    pub slots: Vec<Slot>,
}

/// A slot of a window type.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Slot {
    pub id: SlotId,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub starts: Time,
    pub minutes: u16,
    pub capacity: u16,
    pub left: u16,
    /// Extended hours (延时服务).
    pub extended: bool,
}

/// `POST holds`: keep a place while the person reads and confirms.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldRequest {
    pub key: IdempotencyKey,
    pub item: ItemId,
    pub slot: SlotId,
    pub id_hash: IdHash,
}

/// A place kept until `expires_at`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hold {
    pub id: HoldId,
    pub slot: Slot,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
}

/// `POST appointments`: turn a hold into an appointment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BookRequest {
    pub key: IdempotencyKey,
    pub hold: HoldId,
    pub id_hash: IdHash,
    pub name_masked: String,
}

/// `POST appointments/{id}/move`: the same appointment in the slot of a new hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveRequest {
    pub key: IdempotencyKey,
    pub hold: HoldId,
    pub id_hash: IdHash,
}

/// `POST appointments/{id}/cancel`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CancelRequest {
    pub key: IdempotencyKey,
    pub id_hash: IdHash,
}

/// `POST cases/lookup` and `POST appointments/lookup`: by person, in the body so that no log holds it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lookup {
    pub id_hash: IdHash,
}

/// An appointment as the person sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Appointment {
    pub id: AppointmentId,
    /// Short number for the slip, for example `Y1126-0007`.
    pub number: String,
    pub item: ItemId,
    pub item_name: LocalText,
    pub window_type: LocalText,
    pub place: LocalText,
    pub slot: Slot,
    pub state: AppointmentState,
    pub name_masked: String,
}

/// Where an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AppointmentState {
    Booked,
    CheckedIn,
    Cancelled,
    Missed,
    Done,
    #[serde(other)]
    Unknown,
}
