//! Identifiers, one type each, so that a case number is never taken for a slot.

macro_rules! id {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as it stands in messages and in the database.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(it: &str) -> Self {
                Self(it.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(it: String) -> Self {
                Self(it)
            }
        }
    )*};
}

id! {
    /// A hall, for example `dianzhong`; the first part of every key in the office's tables.
    HallId,
    /// A kiosk of a hall, for example `k3`.
    KioskId,
    /// An item of the catalogue.
    ItemId,
    /// A case number as printed on vouchers, for example `DZ-2026-1105-0137`.
    CaseId,
    /// One thing that travels through a compartment.
    DeliveryId,
    /// An appointment.
    AppointmentId,
    /// A place in a slot that is kept for a person for some minutes.
    HoldId,
    /// A slot: window type, date and time.
    SlotId,
    /// A member of the hall's staff.
    StaffId,
    /// One event of one kiosk; the office takes each once.
    EventId,
    /// Made when the person tapped and kept over retries; the office answers the same key the same way.
    IdempotencyKey,
    /// HMAC-SHA-256 over an ID number with the hall's key, 64 hex digits. Never the number itself.
    IdHash,
}
