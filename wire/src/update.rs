//! How a kiosk learns which version it is to run, and the office how far that got.

use serde::{Deserialize, Serialize};

/// What a kiosk says of its version. Body of `POST /update`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateReport {
    /// The version that runs.
    pub running: String,
    /// What its updates have to be made for, such as `hall24-amd64`.
    pub compatible: String,
    /// How far the last offer got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<UpdateProgress>,
}

/// How far an offer got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateProgress {
    pub offer: u64,
    pub state: UpdateState,
    /// Why it was refused or cannot go on, in one sentence of the appliance's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Where an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UpdateState {
    /// Parts of it are on the kiosk's disk.
    Fetching,
    /// The whole is, and is about to be installed.
    Fetched,
    /// It is in the other slot and runs after the next start.
    Installed,
    /// The appliance does not take it: a foreign signature, another kind of machine.
    Refused,
    /// It was started, did not serve, and the former version is back.
    RolledBack,
    /// It runs and serves.
    Runs,
}

/// Answer to `POST /update`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateAnswer {
    /// None: the kiosk stays as it is.
    pub offer: Option<UpdateOffer>,
}

/// A version that the kiosk is to run. `GET /update/{id}` gives its content, also in parts (`Range`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateOffer {
    /// Never used twice: the same version offered again is another offer.
    pub id: u64,
    pub version: String,
    pub size_bytes: u64,
    /// Of the whole content, 64 hex digits.
    pub sha256: String,
}
