//! A kiosk that cannot start, here for its configuration: after five attempts the plain page that says where
//! to go, and the version is not given up for it.

use std::time::Duration;

use super::{expect, running, until_good, until_page};
use crate::picture::Picture;
use crate::{Failure, Stage};

/// Five starts that fail, and the pauses between.
const LIMIT: Duration = Duration::from_secs(400);

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    let before = until_page(&mut machine).await?;
    until_good(&mut machine).await?;
    machine.run("echo 'no configuration' >/var/lib/hall24/kiosk.toml").await?;
    let plain = stage.plain_page("out-of-service")?;
    expect(before.is_other_than(&plain), "it is out of service from the first")?;
    let out = |it: &Picture| !it.is_other_than(&plain);
    machine.shows("the page of a kiosk out of service", LIMIT, out).await?;
    machine.keep("out-of-service.png").await?;
    let restarts = machine.run("systemctl show -p NRestarts --value hall24-kiosk").await?;
    expect(restarts == "5", format!("it was restarted {restarts} times"))?;
    machine.run("systemctl is-active hall24-retry.timer").await?;
    let trial = machine.try_run("/usr/lib/hall24/on-trial").await?;
    expect(trial.status != 0, "a version that has served is given up for its configuration")?;

    machine.power_cut().await?;
    machine.up().await?;
    machine.shows("the page again", LIMIT * 2, out).await?;
    let (slot, _) = running(&mut machine).await?;
    expect(slot == "A", format!("it runs from {slot}"))
}
