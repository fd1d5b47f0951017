//! The power fails at random moments of an update; each time the machine comes up again with a version that
//! is whole, and in the end the update can be installed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{copy_in, expect, found_good, running, until_good, until_page};
use crate::machine::{COMMAND_LIMIT, Machine};
use crate::{Failure, Stage};

/// How much of the restart behind the installing the moments reach into, as a share of the installing.
const BEYOND: f64 = 0.15;
const MIB: u64 = 1024 * 1024;

/// What an installing takes when nothing disturbs it.
struct Whole {
    bytes: u64,
    time: Duration,
}

/// When the power fails: after so many bytes were written, and then so much later. Time alone would be
/// nothing to go by on machines that are faster one day and slower the next; by bytes alone it would hardly
/// ever fail while little is written: when the bundle is checked, when the slot becomes the first.
#[derive(Clone, Copy)]
struct Moment {
    bytes: u64,
    later: Duration,
}

/// What a share of an installing is a share of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Bytes,
    Time,
}

impl Whole {
    /// The moment after this share of the installing, and of the restart behind it.
    fn moment(&self, share: f64, by: By) -> Moment {
        if by == By::Time {
            return Moment { bytes: 0, later: self.time.mul_f64(share) };
        }
        let bytes = (self.bytes as f64 * share.min(1.0)) as u64;
        Moment { bytes, later: self.time.mul_f64((share - 1.0).max(0.0)) }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let later = self.later.as_secs_f64();
        write!(formatter, "{} MiB and {later:.1} s into an update", self.bytes / MIB)
    }
}

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut random = StdRng::seed_from_u64(stage.seed);
    let mut machine = found_good(stage, &["second"]).await?;
    let second = copy_in(&mut machine, stage, "second").await?;

    // The first is installed whole, which tells how much that is here; its restart is cut off.
    spoil(&mut machine).await?;
    let (begin, before) = (Instant::now(), machine.written().await?);
    machine.run(&format!("rauc install {second}")).await?;
    let mut whole = Whole { bytes: machine.written().await? - before, time: begin.elapsed() };
    let (size, time) = (whole.bytes / MIB, whole.time.as_secs());
    stage.say(format!("an update writes {size} MiB in {time} s"));
    let moment = whole.moment(random.random_range(1.0..1.0 + BEYOND), By::Bytes);
    machine.begin("systemctl reboot").await?;
    let mut cuts = u32::from(cut(stage, &mut machine, (1, moment, before), &second).await?);

    let mut by = By::Bytes;
    let mut late = 0;
    while cuts < stage.cuts {
        spoil(&mut machine).await?;
        let before = machine.written().await?;
        machine.begin(&format!("rauc install {second} && systemctl reboot")).await?;
        let moment = whole.moment(random.random_range(0.0..1.0 + BEYOND), by);
        if cut(stage, &mut machine, (cuts + 1, moment, before), &second).await? {
            cuts += 1;
            by = if by == By::Bytes { By::Time } else { By::Bytes };
        } else {
            // A machine that has become faster.
            if by == By::Time {
                whole.time = whole.time.min(moment.later.div_f64(1.0 + BEYOND));
            }
            late += 1;
            expect(late <= stage.cuts + 5, "it restarts before the power can be cut")?;
        }
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
        format!("dd if=/run/noise of={device} bs=1M seek={from} conv=notrunc,fsync 2>&1")
    };
    let places = [("boot", 0), ("boot", 8), ("root", 0), ("root", 60), ("root", 120)];
    machine.run("[ -s /run/noise ] || head -c 8M /dev/urandom >/run/noise").await?;
    for (part, from) in places {
        machine.run(&noise(part, from)).await?;
    }
    Ok(())
}

/// Cuts the power at this moment of what began when so many bytes had been written; nothing may be the worse
/// for it. False: the machine had gone down for its restart before.
async fn cut(
    stage: &Stage,
    machine: &mut Machine,
    (count, moment, written): (u32, Moment, u64),
    update: &str,
) -> Result<bool, Failure> {
    let before = machine.restarts();
    machine.writes(written + moment.bytes, COMMAND_LIMIT).await?;
    tokio::time::sleep(moment.later).await;
    let is_cut = machine.is_on()?;
    machine.power_cut().await?;
    until_page(machine).await?;
    until_good(machine).await?;
    let now = running(machine).await?;
    let late = if is_cut { "" } else { " (too late, it had restarted)" };
    stage.say(format!("cut {count}, {moment}{late}: comes up as {now:?}"));
    // It was installed whole before the first cut, and both slots are given it since.
    expect(now.1 == "second", format!("it runs {now:?}"))?;
    let restarts = machine.restarts() - before;
    expect(restarts == 0, format!("a cut took {restarts} further starts"))?;
    machine.run(&format!("[ -s {update} ]")).await?;
    Ok(is_cut)
}
