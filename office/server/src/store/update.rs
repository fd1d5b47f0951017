//! Versions of the appliance, and which kiosk is to run which.

use std::path::PathBuf;

use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};
use wire::{KioskId, UpdateAnswer, UpdateOffer, UpdateProgress, UpdateReport, UpdateState};

use super::{Database, DatabaseError, Office, millis, moment, word, word_of};

/// A version that the office keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What it is made for, such as `hall24-amd64`.
    pub compatible: String,
    pub version: String,
    pub size_bytes: u64,
    /// 64 hex digits.
    pub sha256: String,
    pub path: PathBuf,
}

/// A kiosk with what it runs and what it is to run.
#[derive(Clone, Debug)]
pub struct KioskVersion {
    pub kiosk: String,
    pub number: u8,
    /// None: it has never said.
    pub running: Option<String>,
    pub offer: Option<OfferLine>,
}

/// An offer, and how far it got.
#[derive(Clone, Debug)]
pub struct OfferLine {
    pub version: String,
    /// None: the kiosk has not heard of it.
    pub state: Option<UpdateState>,
    pub because: Option<String>,
    pub since: Timestamp,
}

impl OfferLine {
    /// The kiosk will not run it, whatever time passes.
    pub(crate) fn failed(&self) -> bool {
        matches!(self.state, Some(UpdateState::Refused | UpdateState::RolledBack))
    }
}

impl Database {
    /// Keeps a version; one of the same name takes its place unless it is on offer.
    pub async fn add_update(&self, update: &Update, now: Timestamp) -> Result<(), DatabaseError> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO updates (compatible, version, size_bytes, sha256, path, added_at) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (compatible, version) DO UPDATE SET \
             size_bytes = excluded.size_bytes, sha256 = excluded.sha256, path = excluded.path, \
             added_at = excluded.added_at",
        )
        .bind(&update.compatible)
        .bind(&update.version)
        .bind(i64::try_from(update.size_bytes).unwrap_or(i64::MAX))
        .bind(&update.sha256)
        .bind(update.path.display().to_string())
        .bind(millis(now))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The kept version of this name and kind.
    pub async fn find_update(
        &self,
        compatible: &str,
        version: &str,
    ) -> Result<Option<Update>, DatabaseError> {
        let row = sqlx::query("SELECT * FROM updates WHERE compatible = ? AND version = ?")
            .bind(compatible)
            .bind(version)
            .fetch_optional(self.reader())
            .await?;
        Ok(row.map(|row| Update {
            compatible: row.get("compatible"),
            version: row.get("version"),
            size_bytes: row.get::<i64, _>("size_bytes").unsigned_abs(),
            sha256: row.get("sha256"),
            path: PathBuf::from(row.get::<String, _>("path")),
        }))
    }

    /// Offers a version to a kiosk in place of a former offer; one of the same version that is under way
    /// goes on. False where there is no such version for
    /// what the kiosk is, or no such kiosk.
    pub async fn offer_update(
        &self,
        kiosk: &KioskId,
        version: &str,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let mut tx = self.write().await?;
        let under_way: Option<i64> = sqlx::query_scalar(
            "SELECT offer_id FROM update_offers WHERE kiosk_id = ? AND version = ? \
             AND coalesce(state, '') NOT IN ('refused', 'rolled_back')",
        )
        .bind(kiosk.as_str())
        .bind(version)
        .fetch_optional(&mut *tx)
        .await?;
        if under_way.is_some() {
            return Ok(true);
        }
        let offered = sqlx::query(
            "INSERT OR REPLACE INTO update_offers \
             (hall_id, kiosk_id, compatible, version, offered_at) \
             SELECT k.hall_id, k.kiosk_id, u.compatible, u.version, ? FROM kiosks k \
             JOIN updates u ON u.version = ? AND u.compatible = coalesce(k.compatible, u.compatible) \
             WHERE k.kiosk_id = ? LIMIT 1",
        )
        .bind(millis(now))
        .bind(version)
        .bind(kiosk.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(offered.rows_affected() > 0)
    }

    /// Takes an offer back. What is installed already runs all the same.
    pub async fn withdraw_update(&self, kiosk: &KioskId) -> Result<bool, DatabaseError> {
        let mut tx = self.write().await?;
        let gone = sqlx::query("DELETE FROM update_offers WHERE kiosk_id = ?")
            .bind(kiosk.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(gone.rows_affected() > 0)
    }

    /// What the kiosks run and are to run.
    pub async fn kiosk_versions(&self) -> Result<Vec<KioskVersion>, DatabaseError> {
        let rows = sqlx::query(
            "SELECT k.kiosk_id, k.number, k.version AS running, o.version, o.state, o.because, \
             coalesce(o.state_at, o.offered_at) AS since FROM kiosks k LEFT JOIN update_offers o \
             ON o.hall_id = k.hall_id AND o.kiosk_id = k.kiosk_id ORDER BY k.number",
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(kiosk_version).collect()
    }
}

fn kiosk_version(row: &SqliteRow) -> Result<KioskVersion, DatabaseError> {
    let offer = match row.get::<Option<String>, _>("version") {
        None => None,
        Some(version) => {
            let state = row.get::<Option<String>, _>("state");
            Some(OfferLine {
                version,
                state: state.map(|it| word("state of an update", &it)).transpose()?,
                because: row.get("because"),
                since: moment(row.get("since")),
            })
        }
    };
    Ok(KioskVersion {
        kiosk: row.get("kiosk_id"),
        number: row.get("number"),
        running: row.get("running"),
        offer,
    })
}

/// Takes down what a kiosk says of its version; answers with what it is to run instead.
pub(crate) async fn told(
    office: &Office,
    kiosk: &KioskId,
    report: &UpdateReport,
) -> Result<UpdateAnswer, DatabaseError> {
    let mut tx = office.database.write().await?;
    sqlx::query("UPDATE kiosks SET version = ?, compatible = ? WHERE hall_id = ? AND kiosk_id = ?")
        .bind(&report.running)
        .bind(&report.compatible)
        .bind(office.hall.as_str())
        .bind(kiosk.as_str())
        .execute(&mut *tx)
        .await?;
    if let Some(UpdateProgress { offer, state, because }) = &report.progress {
        sqlx::query(
            "UPDATE update_offers SET state_at = CASE WHEN state IS ?1 THEN state_at ELSE ?3 END, \
             state = ?1, because = ?2 WHERE hall_id = ?4 AND kiosk_id = ?5 AND offer_id = ?6",
        )
        .bind(word_of(state))
        .bind(because)
        .bind(millis(office.clock.now()))
        .bind(office.hall.as_str())
        .bind(kiosk.as_str())
        .bind(i64::try_from(*offer).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await?;
    }
    // Also where the kiosk has forgotten that it was offered this, or never had to fetch it.
    sqlx::query(
        "UPDATE update_offers SET state = 'runs', because = NULL, state_at = ? \
         WHERE hall_id = ? AND kiosk_id = ? AND version = ? AND state IS NOT 'runs'",
    )
    .bind(millis(office.clock.now()))
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(&report.running)
    .execute(&mut *tx)
    .await?;
    let offer = sqlx::query(
        "SELECT o.offer_id, u.version, u.size_bytes, u.sha256 FROM update_offers o \
         JOIN updates u ON u.compatible = ? AND u.version = o.version \
         WHERE o.hall_id = ? AND o.kiosk_id = ? AND o.version <> ?",
    )
    .bind(&report.compatible)
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(&report.running)
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    let offer = offer.map(|row| UpdateOffer {
        id: row.get::<i64, _>("offer_id").unsigned_abs(),
        version: row.get("version"),
        size_bytes: row.get::<i64, _>("size_bytes").unsigned_abs(),
        sha256: row.get("sha256"),
    });
    Ok(UpdateAnswer { offer })
}

/// Where the content of an offer lies; none when it is not this kiosk's.
pub(crate) async fn content(
    office: &Office,
    kiosk: &KioskId,
    offer: u64,
) -> Result<Option<PathBuf>, DatabaseError> {
    let path: Option<String> = sqlx::query_scalar(
        "SELECT u.path FROM update_offers o \
         JOIN kiosks k ON k.hall_id = o.hall_id AND k.kiosk_id = o.kiosk_id \
         JOIN updates u ON u.compatible = k.compatible AND u.version = o.version \
         WHERE o.hall_id = ? AND o.kiosk_id = ? AND o.offer_id = ?",
    )
    .bind(office.hall.as_str())
    .bind(kiosk.as_str())
    .bind(i64::try_from(offer).unwrap_or(i64::MAX))
    .fetch_optional(office.database.reader())
    .await?;
    Ok(path.map(PathBuf::from))
}
