//! The power fails at random moments of an update; each time the machine comes up again with a version that
//! is whole, and in the end the update can be installed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{copy_in, expect, running, until_good, until_page};
use crate::machine::COMMAND_LIMIT;
use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut random = StdRng::seed_from_u64(stage.seed);
    let disk = stage.disk()?;
    let mut machine = stage.power_on(&disk, &[stage.update("second")]).await?;
    until_page(&mut machine).await?;
    until_good(&mut machine).await?;
    let second = copy_in(&mut machine, stage, "second").await?;
    for cut in 1..=stage.cuts {
        let (slot, _) = running(&mut machine).await?;
        let moment = Duration::from_millis(random.random_range(0..25_000));
        machine.begin(&format!("rauc install {second} && systemctl reboot")).await?;
        tokio::time::sleep(moment).await;
        machine.power_cut().await?;
        until_page(&mut machine).await?;
        until_good(&mut machine).await?;
        let now = running(&mut machine).await?;
        let moment = moment.as_millis();
        stage.say(format!("cut {cut} after {moment} ms in slot {slot}: comes up as {now:?}"));
        expect(now.1 == "second" || now.0 == slot, format!("{now:?}"))?;
        let restarts = machine.restarts();
        expect(restarts == 0, format!("a cut took {restarts} further starts"))?;
        machine.run(&format!("[ -s {second} ]")).await?;
    }
    machine.run(&format!("rauc install {second}")).await?;
    machine.begin("systemctl reboot").await?;
    machine.restarted(COMMAND_LIMIT).await?;
    until_page(&mut machine).await?;
    let now = running(&mut machine).await?;
    expect(now.1 == "second", format!("after the update it runs {now:?}"))
}
