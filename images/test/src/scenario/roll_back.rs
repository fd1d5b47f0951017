//! An update whose kiosk never comes up is given up, and the version before it serves again, without anybody.

use super::{FOUR_BOOTS, copy_in, expect, found_good, running, until_good};
use crate::machine::COMMAND_LIMIT;
use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut machine = found_good(stage, &["broken"]).await?;
    let broken = copy_in(&mut machine, stage, "broken").await?;
    machine.run(&format!("rauc install {broken}")).await?;
    machine.begin("systemctl reboot").await?;
    for attempt in 1..=3 {
        machine.restarted(COMMAND_LIMIT).await?;
        machine.up().await?;
        let now = running(&mut machine).await?;
        expect(now == ("B".into(), "broken".into()), format!("attempt {attempt} runs {now:?}"))?;
        // Eight minutes are for the field.
        machine.begin("systemctl start hall24-trial.service").await?;
    }
    machine.restarted(COMMAND_LIMIT).await?;
    machine.up().await?;
    let now = running(&mut machine).await?;
    expect(now.0 == "A", format!("after three attempts it runs {now:?}"))?;
    machine.shows("a page", FOUR_BOOTS, super::is_page).await?;
    until_good(&mut machine).await
}
