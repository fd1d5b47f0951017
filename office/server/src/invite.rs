//! Invites a kiosk out of its box: a one-time code that opens everything it needs.

use invitation::{Code, Invitation};
use jiff::{SignedDuration, Timestamp};
use wire::KioskId;

use crate::tls::{DemoAuthority, TlsError};
use crate::{Database, DatabaseError, Random};

/// Who is invited, and what it is told.
pub struct Guest {
    pub kiosk: KioskId,
    /// Where it reaches this office, `https://HOST:PORT`.
    pub office: String,
    /// Its configuration (TOML): devices and limits.
    pub configuration: String,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("{0} is no address of an office; give https://HOST:PORT")]
    Address(String),
    #[error("the hall has no kiosk {0}; add it before it is invited")]
    NoKiosk(KioskId),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Keeps a sealed invitation for a kiosk and gives the only code that opens it. A former invitation of
/// the same kiosk is void from now on.
pub async fn invite(
    database: &Database,
    authority: &DemoAuthority,
    guest: Guest,
    valid: SignedDuration,
    (now, random): (Timestamp, &Random),
) -> Result<Code, InviteError> {
    if !guest.office.starts_with("https://") {
        return Err(InviteError::Address(guest.office));
    }
    let enrolled = database.enrol(&guest.kiosk, now).await?;
    let (number, hall_key) = enrolled.ok_or_else(|| InviteError::NoKiosk(guest.kiosk.clone()))?;
    let identity = authority.kiosk_identity(&guest.kiosk, now)?;
    let invitation = Invitation {
        kiosk: guest.kiosk.clone(),
        number,
        office: guest.office.trim_end_matches('/').to_owned(),
        authority: authority.certificate_pem().to_owned(),
        certificate: identity.certificate_pem,
        key: identity.key_pem,
        hall_key: crate::clock::hex(&hall_key),
        configuration: guest.configuration,
    };
    let code = Code::from_bytes(random.bytes());
    let sealed = invitation::seal(&invitation, &code, random.bytes());
    database.invite(&guest.kiosk, code.locator(), &sealed, now, valid).await?;
    Ok(code)
}

/// What a technician's USB stick says, as `hall24-enrol.toml`.
pub fn stick_file(office: &str, code: &Code) -> String {
    format!("office = \"{office}\"\ncode = \"{}\"\n", code.in_groups())
}
