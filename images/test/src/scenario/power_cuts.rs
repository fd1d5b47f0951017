//! The power fails at random moments of an update; each time the machine comes up again with a version that
//! is whole, and in the end the update can be installed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{copy_in, expect, found_good, running, until_good, until_page};
use crate::machine::{COMMAND_LIMIT, Machine};
use crate::{Failure, Stage};

/// How much of the restart behind the installing the moments reach into, as a share of the installing.
const BEYOND: f64 = 0.2;

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut random = StdRng::seed_from_u64(stage.seed);
    let mut machine = found_good(stage, &["second"]).await?;
    let second = copy_in(&mut machine, stage, "second").await?;

    // The first is installed whole, which tells how long that takes here; its restart is cut off.
    spoil(&mut machine).await?;
    let begin = Instant::now();
    machine.run(&format!("rauc install {second}")).await?;
    let whole = begin.elapsed();
    machine.begin("systemctl reboot").await?;
    let moment = whole.mul_f64(random.random_range(0.0..BEYOND));
    cut(stage, &mut machine, (1, "its restart", moment), &second).await?;

    for count in 2..=stage.cuts {
        spoil(&mut machine).await?;
        machine.begin(&format!("rauc install {second} && systemctl reboot")).await?;
        let moment = whole.mul_f64(random.random_range(0.0..1.0 + BEYOND));
        cut(stage, &mut machine, (count, "an update", moment), &second).await?;
    }
    machine.run(&format!("rauc install {second}")).await?;
    machine.begin("systemctl reboot").await?;
    machine.restarted(COMMAND_LIMIT).await?;
    until_page(&mut machine).await?;
    let now = running(&mut machine).await?;
    expect(now.1 == "second", format!("after the update it runs {now:?}"))
}

/// Noise into the slot that is to be written: what it held before, often the very same version, is not what
/// comes up.
async fn spoil(machine: &mut Machine) -> Result<(), Failure> {
    let other = if running(machine).await?.0 == "A" { "B" } else { "A" };
    let noise = |part: &str, from: u32| {
        let device = format!("/dev/hall24/{part}{other}");
        format!(
            "head -c 8M /dev/urandom | dd of={device} bs=1M seek={from} conv=notrunc,fsync 2>&1"
        )
    };
    let places = [("boot", 0), ("boot", 8), ("root", 0), ("root", 60), ("root", 120)];
    for (part, from) in places {
        machine.run(&noise(part, from)).await?;
    }
    Ok(())
}

/// Cuts the power at this moment; nothing may be the worse for it.
async fn cut(
    stage: &Stage,
    machine: &mut Machine,
    (count, of, moment): (u32, &str, Duration),
    update: &str,
) -> Result<(), Failure> {
    let before = machine.restarts();
    tokio::time::sleep(moment).await;
    machine.power_cut().await?;
    until_page(machine).await?;
    until_good(machine).await?;
    let now = running(machine).await?;
    let seconds = moment.as_secs_f64();
    stage.say(format!("cut {count}, {seconds:.1} s into {of}: comes up as {now:?}"));
    // It was installed whole before the first cut, and both slots are given it since.
    expect(now.1 == "second", format!("it runs {now:?}"))?;
    let restarts = machine.restarts() - before;
    expect(restarts == 0, format!("a cut took {restarts} further starts"))?;
    machine.run(&format!("[ -s {update} ]")).await.map(drop)
}
