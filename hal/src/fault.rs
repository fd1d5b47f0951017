//! What can be wrong with a device, and who has to do what about it.

/// Where a fault comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Hardware,
    Software,
    User,
    Tampering,
}

/// What has to be done before the device serves again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredAction {
    /// A person on site removes an obstacle: paper in, cover shut, door freed.
    Clear,
    /// The driver resets the device by itself.
    Reset,
    /// A technician has to come.
    Maintenance,
    /// Settings do not fit the device.
    Configuration,
    /// Nothing helps: take it out of service.
    Suspend,
}

/// Whether the device at the end of the line answers at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Not asked yet.
    Starting,
    Up,
    /// The port is gone or the device is silent; the driver keeps trying.
    Down,
}
