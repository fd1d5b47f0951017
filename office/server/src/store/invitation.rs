//! Sealed invitations of new kiosks. What is in them only who has the code can read.

use jiff::{SignedDuration, Timestamp};
use wire::{KioskId, SealedInvitation};

use super::{Database, DatabaseError, Office, json, millis};

impl Database {
    /// Keeps a kiosk's invitation in place of a former one. False where no hall has such a kiosk.
    pub async fn invite(
        &self,
        kiosk: &KioskId,
        locator: &str,
        sealed: &SealedInvitation,
        now: Timestamp,
        valid: SignedDuration,
    ) -> Result<bool, DatabaseError> {
        let expires_at = now.checked_add(valid).unwrap_or(Timestamp::MAX);
        let mut tx = self.write().await?;
        // A locator that is out of use makes room for the same by chance.
        sqlx::query("DELETE FROM invitations WHERE expires_at < ?")
            .bind(millis(now))
            .execute(&mut *tx)
            .await?;
        let kept = sqlx::query(
            "INSERT INTO invitations (hall_id, kiosk_id, locator, sealed, expires_at) \
             SELECT hall_id, kiosk_id, ?, ?, ? FROM kiosks WHERE kiosk_id = ? \
             ON CONFLICT (hall_id, kiosk_id) DO UPDATE SET locator = excluded.locator, \
             sealed = excluded.sealed, expires_at = excluded.expires_at",
        )
        .bind(locator)
        .bind(serde_json::to_string(sealed).expect("it is plain data"))
        .bind(millis(expires_at))
        .bind(kiosk.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(kept.rows_affected() > 0)
    }
}

/// The invitation with this locator, while it is valid.
pub(crate) async fn find(
    office: &Office,
    locator: &str,
) -> Result<Option<SealedInvitation>, DatabaseError> {
    let sealed: Option<String> = sqlx::query_scalar(
        "SELECT sealed FROM invitations WHERE hall_id = ? AND locator = ? AND expires_at >= ?",
    )
    .bind(office.hall.as_str())
    .bind(locator)
    .bind(millis(office.clock.now()))
    .fetch_optional(office.database.reader())
    .await?;
    sealed.map(|it| json("invitation", &it)).transpose()
}

/// The kiosk is what it was invited to be: nobody needs the invitation any more.
pub(crate) async fn accepted(office: &Office, kiosk: &KioskId) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    sqlx::query("DELETE FROM invitations WHERE hall_id = ? AND kiosk_id = ?")
        .bind(office.hall.as_str())
        .bind(kiosk.as_str())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
