//! The office of one hall: its database with the time, the chance and the rules it works by.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use office_rules::calendar::{Calendar, Hours, hall_day};
use sqlx::Row as _;
use tokio::sync::watch;
use wire::HallId;

use super::{Database, DatabaseError};
use crate::{Clock, Random};

/// One hall's office. Cheap to share: everything in it is shared already.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) hall: HallId,
    pub(crate) zone: TimeZone,
    pub(crate) day_change_hour: u8,
    pub(crate) calendar: Calendar,
    /// Becomes true when the office is about to stop: whoever waits answers at once.
    pub(crate) stopped: watch::Receiver<bool>,
}

impl Office {
    /// Opens the office of the only hall in the database.
    pub(crate) async fn open(
        database: Database,
        clock: Clock,
        random: Random,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, DatabaseError> {
        let row = sqlx::query(
            "SELECT hall_id, time_zone, day_change_hour, hours, feed_seq FROM halls LIMIT 1",
        )
        .fetch_optional(database.reader())
        .await?
        .ok_or(DatabaseError::NoHall)?;
        let stored = |what, because: String| DatabaseError::Stored { what, because };
        let hours: Hours = serde_json::from_str(row.get("hours"))
            .map_err(|it| stored("opening hours", it.to_string()))?;
        let zone = TimeZone::get(row.get("time_zone"))
            .map_err(|it| stored("time zone", it.to_string()))?;
        database.announce(row.get::<i64, _>("feed_seq").unsigned_abs());
        Ok(Self {
            hall: HallId(row.get("hall_id")),
            zone,
            day_change_hour: row.get("day_change_hour"),
            calendar: Calendar::published(hours),
            database,
            clock,
            random,
            stopped,
        })
    }

    /// The hall's day at `now`.
    pub(crate) fn day_at(&self, now: Timestamp) -> Date {
        hall_day(now, &self.zone, self.day_change_hour)
    }

    /// What has to happen without anybody asking: holds that ran out give their place back, old
    /// answers and sessions go, appointments are missed, the catalogue moves on with the day.
    pub(crate) async fn keep_house(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        let mut tx = self.database.write().await?;
        super::appointment::sweep(self, &mut tx, now).await?;
        super::account::sweep(self, &mut tx, now).await?;
        let seq = super::feed::turn_day(self, &mut tx, now).await?;
        tx.commit().await?;
        if let Some(seq) = seq {
            self.database.announce(seq);
        }
        Ok(())
    }
}
