//! Faults at set times, from a file.
//!
//! ```toml
//! [[fault]]
//! name = "silence"
//! after_ms = 10000   # since the start; 0 when left out
//! for_ms = 5000      # until the end when left out
//! ```

use std::time::Duration;

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::{ControlError, Operate};

/// One fault and its time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledFault {
    pub name: String,
    #[serde(default)]
    pub after_ms: u64,
    #[serde(default)]
    pub for_ms: Option<u64>,
}

/// All faults of a file, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSchedule {
    #[serde(default)]
    fault: Vec<ScheduledFault>,
}

/// Why a fault file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("fault file: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("fault file: {0}")]
    Fault(#[from] ControlError),
    #[error("fault file: `{later}` begins while `{earlier}` is still on; give it a for_ms")]
    Overlap { earlier: String, later: String },
}

impl FaultSchedule {
    /// Reads a file's text; an error names the line and what was expected.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let mut schedule: Self = toml::from_str(text)?;
        schedule.fault.sort_by_key(|it| it.after_ms);
        for pair in schedule.fault.windows(2) {
            let ends = pair[0].for_ms.map(|it| pair[0].after_ms.saturating_add(it));
            if ends.is_none_or(|it| it > pair[1].after_ms) {
                let (earlier, later) = (pair[0].name.clone(), pair[1].name.clone());
                return Err(ScheduleError::Overlap { earlier, later });
            }
        }
        Ok(schedule)
    }

    /// Checks that the simulator has every fault named.
    pub fn check(&self, handle: &impl Operate) -> Result<(), ScheduleError> {
        let known: Vec<_> = handle.faults().iter().map(|it| it.name).collect();
        match self.fault.iter().find(|it| !known.contains(&it.name.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let (name, known) = (unknown.name.clone(), known.join(", "));
                Err(ControlError::UnknownFault { name, known }.into())
            }
        }
    }

    /// Switches on what is on from the start, and the rest in a task of the current runtime.
    pub fn start(
        self,
        handle: impl Operate,
    ) -> Result<JoinHandle<Result<(), ScheduleError>>, ScheduleError> {
        if let Some(first) = self.fault.first().filter(|it| it.after_ms == 0) {
            handle.set_fault(Some(&first.name))?;
        }
        Ok(tokio::spawn(self.run(handle)))
    }

    /// Switches the faults on and off at their times; returns after the last.
    pub async fn run(self, handle: impl Operate) -> Result<(), ScheduleError> {
        let start = Instant::now();
        for fault in self.fault {
            sleep_until(start + Duration::from_millis(fault.after_ms)).await;
            handle.set_fault(Some(&fault.name))?;
            if let Some(for_ms) = fault.for_ms {
                let end = fault.after_ms.saturating_add(for_ms);
                sleep_until(start + Duration::from_millis(end)).await;
                handle.set_fault(None)?;
            }
        }
        Ok(())
    }
}
