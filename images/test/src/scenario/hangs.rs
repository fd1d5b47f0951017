//! The kernel stands still for good: the machine's watchdog restarts it.

use super::{found_good, until_page};
use crate::machine::BOOT_LIMIT;
use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut machine = found_good(stage, &[]).await?;
    machine.watchdog().await?;
    // A panic after which the kernel waits for somebody.
    machine.begin("echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger").await?;
    machine.restarted(BOOT_LIMIT).await?;
    stage.say("restarted by the watchdog");
    until_page(&mut machine).await.map(drop)
}
