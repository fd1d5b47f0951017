//! A signed update is installed while the kiosk serves, boots from the other slot, and stays. One with
//! a foreign signature changes nothing. The certificate of who signed it has expired meanwhile.

use std::time::Instant;

use super::{copy_in, expect, found_good, refused, running, until_good, until_page};
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT};
use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut machine = found_good(stage, &["foreign", "second"]).await?;
    let (slot, _) = running(&mut machine).await?;
    expect(slot == "A", format!("it runs from {slot}"))?;

    let foreign = copy_in(&mut machine, stage, "foreign").await?;
    let answer = machine.try_run(&format!("rauc install {foreign}")).await?;
    refused(&answer, "signature verification failed")?;
    machine.run(&format!("rm {foreign}")).await?;

    if let Ok(until) = std::fs::read_to_string(stage.file("second.until")) {
        let expired = machine.try_run(&format!("[ $(date +%s) -gt {} ]", until.trim())).await?;
        expect(expired.status == 0, "the certificate of who signed it is still valid")?;
    }
    let second = copy_in(&mut machine, stage, "second").await?;
    let begin = Instant::now();
    machine.run(&format!("rauc install {second}")).await?;
    stage.say(format!("installed in {:.1} s", begin.elapsed().as_secs_f64()));
    let begin = Instant::now();
    machine.begin("systemctl reboot").await?;
    machine.restarted(COMMAND_LIMIT).await?;
    machine.shows("a page", BOOT_LIMIT, super::is_page).await?;
    stage.say(format!("out of service for {:.1} s", begin.elapsed().as_secs_f64()));
    until_page(&mut machine).await?;
    let now = running(&mut machine).await?;
    expect(now == ("B".into(), "second".into()), format!("it runs {now:?}"))?;
    until_good(&mut machine).await
}
