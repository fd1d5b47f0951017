//! What a touch means.

use crate::diagnosis::DeviceKind;
use crate::journey::Conclusion;
use wire::{AppointmentId, CaseId, DeliveryId, ItemId, SlotId};

/// The meaning of an element that can be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    // The footer and the dialog.
    Back,
    Home,
    ToggleLanguage,
    ToggleLargeText,
    ToggleHighContrast,
    ToggleLowReach,
    Help,
    CallStaff,
    MoreTime,
    EndSession,
    // Start and home.
    Begin,
    BeginCode,
    OpenProgress,
    OpenAppointment,
    OpenAppointments,
    OpenPickup,
    // Lists.
    PreviousPage,
    NextPage,
    // Progress.
    ShowCase(CaseId),
    PrintVoucher(CaseId),
    // Pickup.
    Collect(DeliveryId),
    DoorDidNotOpen,
    PrintReceiptAgain,
    Done,
    // Keys.
    Digit(u8),
    Letter(char),
    Erase,
    Clear,
    SubmitCode,
    // Appointments.
    Category(usize),
    OpenSearch,
    ChooseItem(ItemId),
    ConditionsRead,
    ChooseDay(jiff::civil::Date),
    ChooseSlot(SlotId),
    HoldSlot,
    ConfirmAppointment,
    PrintSlip,
    ShowAppointment(AppointmentId),
    MoveAppointment(AppointmentId),
    CancelAppointment(AppointmentId),
    ConfirmCancel(AppointmentId),
    KeepAppointment,
    // Rating.
    Grade(u8),
    Reason(usize),
    SubmitRating,
    SkipRating,
    // Staff.
    StaffDeposit,
    StaffRecall,
    StaffResolve,
    ChooseDeposit(DeliveryId),
    ChooseRecall(DeliveryId),
    ChooseResolve(DeliveryId),
    ItemNotPlaced,
    /// The door was closed and what was to be taken out is still inside.
    StillInside,
    Found,
    Missing,
    StaffLogout,
    SwitchAlarm {
        on: bool,
    },
    // Maintenance.
    Maintenance,
    MaintainDevice(DeviceKind),
    RunTest,
    /// Opens this compartment, which must hold nothing, to try its lock.
    TestLock(u16),
    /// What the technician saw.
    TestSeen(bool),
    /// What the technician says of the device whose page is open, tested or not.
    JudgeDevice(bool),
    OpenEvents,
    OpenTouchTest,
    /// One of the places of the touch test was touched.
    TouchPlace(u8),
    /// The touch test: some places do not answer.
    TouchFailed,
    OpenInspection,
    Conclude(Conclusion),
    SignInspection,
    PrintInspectionAgain,
    /// A new roll was put in: asks, then counts from nothing.
    AskNewRoll,
    NewRoll,
    AskRestart,
    Restart,
    /// Closes a question of maintenance without doing anything.
    NotNow,
    // The first boot.
    SetupAddress,
    SetupCode,
    Enrol,
}
