//! The yardstick for starting: the same machine and system without anything of ours on its panel.

use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk_of("bare.img")?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    machine.up().await?;
    machine.run("systemctl start multi-user.target").await?;
    let seconds = machine.since_power_on().as_secs_f64();
    stage.say(format!("power on → multi-user without a kiosk: {seconds:.1} s"));
    machine.power_button().await
}
