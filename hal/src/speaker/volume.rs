//! How loud the loudspeaker is at which hour. Pure.

/// From an hour of the local day on, so many percent, until the next entry; around midnight the
/// last one goes on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Vec<(u8, u8)>", into = "Vec<(u8, u8)>")]
pub struct VolumeSchedule(Vec<(u8, u8)>);

/// Why a schedule cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error("a volume schedule needs at least one entry, [from hour, percent]")]
    Empty,
    #[error("the volume schedule's hours have to rise from 0 to at most 23")]
    Hours,
    #[error("a volume is 0 to 100 percent, not {0}")]
    Percent(u8),
}

impl Default for VolumeSchedule {
    /// Quieter at night, when the hall is empty.
    fn default() -> Self {
        Self(vec![(7, 80), (21, 40)])
    }
}

impl TryFrom<Vec<(u8, u8)>> for VolumeSchedule {
    type Error = ScheduleError;

    fn try_from(entries: Vec<(u8, u8)>) -> Result<Self, Self::Error> {
        if entries.is_empty() {
            return Err(ScheduleError::Empty);
        }
        let rising = entries.windows(2).all(|it| it[0].0 < it[1].0);
        if !rising || entries.iter().any(|it| it.0 > 23) {
            return Err(ScheduleError::Hours);
        }
        match entries.iter().find(|it| it.1 > 100) {
            Some((_, percent)) => Err(ScheduleError::Percent(*percent)),
            None => Ok(Self(entries)),
        }
    }
}

impl From<VolumeSchedule> for Vec<(u8, u8)> {
    fn from(schedule: VolumeSchedule) -> Self {
        schedule.0
    }
}

impl VolumeSchedule {
    /// The volume at an hour; the lowest of all where nobody knows the time.
    pub fn percent_at(&self, hour: Option<u8>) -> u8 {
        let Some(hour) = hour else {
            return self.0.iter().map(|it| it.1).min().unwrap_or(0);
        };
        let today = self.0.iter().rfind(|it| it.0 <= hour);
        today.or(self.0.last()).map_or(0, |it| it.1)
    }

    /// Reads `7:80,21:40`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let entry = |it: &str| {
            let (hour, percent) = it.trim().split_once(':')?;
            Some((hour.parse().ok()?, percent.parse().ok()?))
        };
        let entries: Option<Vec<(u8, u8)>> = text.split(',').map(entry).collect();
        Self::try_from(entries?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_has_its_volume() {
        let schedule = VolumeSchedule::parse("7:80,12:60,21:40").expect("a schedule");
        let at = |hour| schedule.percent_at(Some(hour));
        assert_eq!([0, 6, 7, 11, 12, 20, 21, 23].map(at), [40, 40, 80, 80, 60, 60, 40, 40]);
        assert_eq!(schedule.percent_at(None), 40);
        for wrong in ["", "7", "24:50", "7:101", "9:10,8:10", "7:10,7:20", "7:-1"] {
            assert_eq!(VolumeSchedule::parse(wrong), None, "{wrong}");
        }
        let error = VolumeSchedule::try_from(vec![(0, 101)]).expect_err("too loud").to_string();
        assert!(error.contains("not 101"), "{error}");
    }
}
