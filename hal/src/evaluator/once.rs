//! One grade, for the command line.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{EvaluatorCommand, EvaluatorEvent, EvaluatorSettings, Grade, SettingError, spawn};
use crate::fault::Link;
use crate::port::{PortUrl, Tap};

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GradeReport {
    pub grade: Grade,
}

/// Why there is no grade.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error("no button was pressed in time, or its code is not among the settings' grades")]
    NoButton,
    #[error("the port {0} of the evaluator does not open; check the cable")]
    Down(PortUrl),
}

/// Asks for one grade for at most `limit`.
pub async fn ask(
    url: PortUrl,
    settings: EvaluatorSettings,
    tap: Option<Tap>,
    limit: Duration,
) -> Result<GradeReport, GradeError> {
    settings.check()?;
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn(url.clone(), settings, tap, sender);
    let mut link = Link::Starting;
    let asking = async {
        handle.send(EvaluatorCommand::Ask).ok()?;
        loop {
            match events.recv().await? {
                EvaluatorEvent::Graded(grade) => return Some(GradeReport { grade }),
                EvaluatorEvent::Link(now) => link = now,
            }
        }
    };
    let graded = timeout(limit, asking).await.ok().flatten();
    graded.ok_or(if link == Link::Up { GradeError::NoButton } else { GradeError::Down(url) })
}
