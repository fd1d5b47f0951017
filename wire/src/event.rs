//! What a kiosk reports: facts that already happened, each taken exactly once by the office.

use jiff::Timestamp;

use crate::{DeliveryId, EventId, KioskId, StaffId};

/// `POST events`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Intake {
    /// In the order in which they happened.
    pub events: Vec<KioskEvent>,
}

/// Answer to [`Intake`]. What is accepted or rejected leaves the kiosk's outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntakeResult {
    /// Taken now or earlier.
    pub accepted: Vec<EventId>,
    /// Never acceptable; kept by the office for a person to look at.
    pub rejected: Vec<Rejection>,
}

/// An event that contradicts what the office knows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejection {
    pub id: EventId,
    pub because: String,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KioskEvent {
    pub id: EventId,
    pub kiosk: KioskId,
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EventBody {
    /// A compartment was opened, whoever asked; `delivery` is empty for an inspection.
    Opened { compartment: u16, delivery: Option<DeliveryId>, why: String, staff: Option<StaffId> },
    /// The door did not open within its time.
    OpenFailed { compartment: u16, delivery: Option<DeliveryId> },
    /// Staff put it in and the door was closed.
    Deposited { delivery: DeliveryId, compartment: u16, staff: StaffId },
    /// The citizen had the door open and closed it.
    HandedOver {
        delivery: DeliveryId,
        compartment: u16,
        identified_by: IdentifiedBy,
        receipt_number: String,
    },
    /// The member of staff who was said to have deposited it did not put it in after all.
    NotPlaced { delivery: DeliveryId, compartment: u16, staff: StaffId },
    /// Staff took it back.
    Recalled { delivery: DeliveryId, compartment: u16, staff: StaffId },
    /// The kiosk cannot know where it is; a person must look.
    Uncertain { delivery: DeliveryId, compartment: u16, because: String },
    /// A person looked: it lies in the compartment (`found`) or it does not.
    Resolved { delivery: DeliveryId, compartment: u16, found: bool, staff: StaffId },
    /// Five wrong tries on one code.
    CodeLocked {
        locator: String,
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        until: Timestamp,
    },
    /// Rating after a journey, 5 (very satisfied) to 1.
    Rated { journey: String, grade: u8, reasons: Vec<String> },
    /// A citizen asked for help on this screen.
    HelpCalled { screen: String },
    /// A device came up or went down.
    DeviceChanged { device: String, state: String },
    /// A voucher or receipt left the printer, or did not.
    Printed { document: String, number: String, outcome: String },
    /// A technician looked at the whole kiosk and signed with card and PIN. `conclusion` is `well`,
    /// `repaired` or `follow_up`.
    Inspected { number: String, staff: StaffId, conclusion: String, findings: Vec<DeviceFinding> },
    /// While nobody of the staff was at work on it, the cabinet was opened, broken into or struck:
    /// `input` is `door`, `tamper` or `vibration`.
    Alarm { input: String },
    /// The cabinet's alarm was switched on or off; by nobody when it went on by itself.
    AlarmSwitched { armed: bool, staff: Option<StaffId> },
}

/// How one device was at an inspection.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceFinding {
    pub device: String,
    /// What it said of itself, in one word.
    pub state: String,
    /// Whether its test went well; none where it was not tried.
    pub tested: Option<bool>,
}

/// How the citizen showed that the delivery is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IdentifiedBy {
    IdCard,
    Code,
}
