//! A box whose clock runs years ahead (not so many that systemd notices by itself), where no time server
//! answers: it is enrolled, and set by the office's clock.

use super::{enrol, expect};
use crate::hall::Hall;
use crate::{Failure, Stage};

const WRONG: &str = "2035-02-28T03:00:00";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let hall = Hall::open(stage.board).await?;
    let disk = stage.disk()?;
    let clock = ["-rtc".to_owned(), format!("base={WRONG}")];
    let hardware = hall.hardware().into_iter().chain(clock).collect();
    let mut machine = stage.power_on_with(&disk, hardware).await?;
    machine.up().await?;
    let before = machine.run("date +%Y").await?;
    expect(before == "2035", format!("the clock was to be wrong, not of {before}"))?;
    enrol(stage, &hall, &mut machine).await?;
    let off = jiff::Timestamp::now().as_second() - number(&machine.run("date +%s").await?)?;
    stage.say(format!("{off} s off after the enrolment"));
    expect(off.abs() < 120, format!("the clock is still {off} s off"))?;
    // The next start begins with the box's own clock.
    let own = "timeout 300 sh -c 'until [ $(date -u -d \"$(cat /sys/class/rtc/rtc0/date)\" +%Y) != 2035 ]; \
               do sleep 1; done'; cat /sys/class/rtc/rtc0/since_epoch";
    let off = jiff::Timestamp::now().as_second() - number(&machine.run(own).await?)?;
    expect(off.abs() < 120, format!("the box's own clock is {off} s off"))
}

fn number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Failure(format!("{text} is no number")))
}
