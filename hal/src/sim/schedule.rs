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

impl ScheduledFault {
    /// When it is healed, since the start.
    fn end_ms(&self) -> Option<u64> {
        self.for_ms.map(|it| self.after_ms.saturating_add(it))
    }
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
            if pair[0].end_ms().is_none_or(|it| it > pair[1].after_ms) {
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

    /// Switches on what is on from the start, and the rest in a task of the current runtime, which
    /// ends after the last. What somebody heals in between stays healed.
    pub fn start(
        self,
        handle: impl Operate,
    ) -> Result<JoinHandle<Result<(), ControlError>>, ScheduleError> {
        let started = Instant::now();
        let at = move |ms: u64| started + Duration::from_millis(ms);
        let first = self.fault.first().filter(|it| it.after_ms == 0);
        if let Some(first) = first {
            handle.set_fault(Some(&first.name))?;
        }
        let mut is_on = first.is_some();
        Ok(tokio::spawn(async move {
            for fault in self.fault {
                if !std::mem::take(&mut is_on) {
                    sleep_until(at(fault.after_ms)).await;
                    handle.set_fault(Some(&fault.name))?;
                }
                if let Some(end_ms) = fault.end_ms() {
                    sleep_until(at(end_ms)).await;
                    handle.set_fault(None)?;
                }
            }
            Ok(())
        }))
    }
}
