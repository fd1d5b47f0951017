//! The office offers a version: the kiosk fetches it, installs it when nobody was there for a while,
//! restarts, and the office knows that it runs.

use std::time::{Duration, Instant};

use super::{enrolled, expect, is_page, running};
use crate::hall::Hall;
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT};
use crate::{Failure, Stage};

/// A restart is looked for every quarter of a minute.
const RESTART_LIMIT: Duration = Duration::from_secs(1200);
const STATE: &str = "SELECT state FROM update_offers";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let hall = Hall::open(stage.board).await?;
    let mut machine = enrolled(stage, &hall).await?;
    // A quarter of an hour is for the field; here it asks when it is told to.
    machine.run("systemctl stop hall24-update.timer").await?;
    let version = hall.offer(&stage.update("second")).await?;
    // Nobody was there for ten minutes.
    let quiet = "timeout 880 sh -c 'until [ -e /run/hall24-kiosk/quiet ]; do sleep 1; done'";
    machine.run(quiet).await?;
    let begin = Instant::now();
    machine.run("systemctl start --no-block hall24-update.service").await?;
    hall.office_says(STATE, "fetched", COMMAND_LIMIT).await?;
    stage.say(format!("fetched in {:.1} s", begin.elapsed().as_secs_f64()));
    let installed = "timeout 400 sh -c 'until [ -e /var/lib/rauc/outcome ]; do sleep 1; done'";
    machine.run(installed).await?;
    stage.say(format!("installed {:.1} s after the offer", begin.elapsed().as_secs_f64()));
    // Told by the first thing that it does, before the restart that is near.
    machine.run("systemctl start --no-block hall24-update.service").await?;
    hall.office_says(STATE, "installed", COMMAND_LIMIT).await?;

    machine.restarted(RESTART_LIMIT).await?;
    let begin = Instant::now();
    machine.shows("a page", BOOT_LIMIT, is_page).await?;
    stage.say(format!("out of service for {:.1} s", begin.elapsed().as_secs_f64()));
    machine.up().await?;
    let now = running(&mut machine).await?;
    expect(now == ("B".into(), version), format!("it runs {now:?}"))?;
    // By itself, as soon as it was found good.
    hall.office_says(STATE, "runs", BOOT_LIMIT).await
}
