//! One question, for the command line.

use super::{UpsError, UpsProblem, UpsSettings, UpsStatus, meter::Meter};
use crate::port::{PortUrl, Tap};

/// How often it is asked before it counts as silent. Asking is harmless.
const QUESTIONS: u8 = 3;

/// Asks the UPS how it is.
pub async fn status(
    url: PortUrl,
    settings: UpsSettings,
    tap: Option<Tap>,
) -> Result<UpsStatus, UpsError> {
    let mut meter = Meter::new(url, settings, tap);
    meter.check()?;
    let mut asked = meter.ask().await;
    for _ in 1..QUESTIONS {
        if !matches!(asked, Err(UpsError::Problem(UpsProblem::Silent))) {
            break;
        }
        asked = meter.ask().await;
    }
    asked
}
