//! The power bounces three times while a version starts that served before. It uses up its attempts, the one
//! before it serves meanwhile, and the newer one comes back by itself.

use super::{copy_in, expect, found_good, running, until_good, until_page};
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT};
use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let mut machine = found_good(stage, &["second"]).await?;
    let second = copy_in(&mut machine, stage, "second").await?;
    machine.run(&format!("rauc install {second} && rm {second}")).await?;
    machine.begin("systemctl reboot").await?;
    machine.restarted(COMMAND_LIMIT).await?;
    until_page(&mut machine).await?;
    until_good(&mut machine).await?;

    for _ in 0..3 {
        machine.power_cut().await?;
        machine.logs("hall24: data partition", BOOT_LIMIT).await?;
    }
    machine.power_cut().await?;
    machine.up().await?;
    let now = running(&mut machine).await?;
    expect(now.0 == "A", format!("after three starts that were cut off it runs {now:?}"))?;

    until_good(&mut machine).await?;
    let said = machine.run("journalctl --no-pager -o cat -n 4 -u hall24-healthy").await?;
    expect(said.contains("slot B served before"), format!("no second chance: {said}"))?;
    machine.restarted(BOOT_LIMIT).await?;
    until_page(&mut machine).await?;
    let now = running(&mut machine).await?;
    expect(now == ("B".into(), "second".into()), format!("its second chance: it runs {now:?}"))?;
    until_good(&mut machine).await?;
    let left = machine.run("grub-editenv /efi/EFI/BOOT/grubenv list | grep B_TRY").await?;
    expect(left == "B_TRY=0", format!("found good, it has {left}"))
}
