//! Disks that are not as they should be: the data gone, the root changed, no room left.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{
    FOUR_BOOTS, expect, found_good, refused, running, until_good, until_page, until_started,
};
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT, Machine};
use crate::{Failure, Stage};

/// Where partitions begin, as `images/steps/disk.sh` lays them.
const ROOT_A: u64 = 129 << 20;
const DATA: u64 = 961 << 20;

fn scribble(disk: &Path, at: u64, bytes: usize, seed: u64) -> Result<(), Failure> {
    let mut noise = vec![0; bytes];
    StdRng::seed_from_u64(seed).fill_bytes(&mut noise);
    let disk = File::options().write(true).open(disk)?;
    disk.write_all_at(&noise, at)?;
    Ok(disk.sync_all()?)
}

/// The disk is larger than the image: the data partition gets the rest, and is sound after a power cut.
pub(super) async fn grows(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    File::options().write(true).open(&disk)?.set_len(4 << 30)?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    until_started(&mut machine).await?;
    let grown = "systemctl show -p Result -p ActiveState hall24-grow | sort | tr '\\n' ' '";
    let grown = machine.run(grown).await?;
    expect(grown == "ActiveState=inactive Result=success", grown)?;
    let size = "df --block-size=1M --output=size /var | tail -n 1 | tr -d ' '";
    let before = machine.run(size).await?;
    let large = before.parse::<u32>().is_ok_and(|it| it > 2_800);
    expect(large, format!("/var has {before} MiB"))?;
    stage.say(format!("/var has {before} MiB of a disk of 4096"));
    machine.power_cut().await?;
    until_page(&mut machine).await?;
    let said = machine.run("cat /run/hall24/data").await?;
    expect(said == "sound" || said == "repaired", format!("after a power cut it is {said}"))?;
    let after = machine.run(size).await?;
    expect(after == before, format!("/var has {after} MiB after a power cut"))
}

/// The data partition holds noise: it is made anew, and the appliance starts, not enrolled.
pub(super) async fn destroyed(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    scribble(&disk, DATA, 400 << 20, stage.seed)?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    let state = machine.run("cat /run/hall24/data").await?;
    let log = machine.run("dmesg | grep -v audit | tail -n 60").await?;
    expect(state == "made anew", format!("the data partition is {state}:\n{log}"))?;
    machine.run("findmnt -n -o SOURCE,FSTYPE /var | grep ext4").await?;
    until_good(&mut machine).await
}

/// Has to outlive whatever happens to the data partition.
const KEPT: &str = "/var/lib/hall24/kept";

async fn is_kept(machine: &mut Machine) -> Result<(), Failure> {
    let kept = machine.run(&format!("cat {KEPT}")).await?;
    expect(kept == "entrusted", format!("the data partition holds {kept}"))
}

/// Makes it an ext4 of a later time, which neither this kernel nor its tools can read; gives the superblock
/// that it had.
fn make_foreign(disk: &Path) -> Result<[u8; 1024], Failure> {
    let mut superblock = [0; 1024];
    File::open(disk)?.read_exact_at(&mut superblock, DATA + 1024)?;
    let partition = format!("{}?offset={DATA}", disk.display());
    let debugfs = ["-w", "-R", "feature FEATURE_I31", &partition];
    let mut tool = Command::new("debugfs");
    let done = tool.args(debugfs).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    expect(done.success(), "debugfs failed")?;
    Ok(superblock)
}

/// The version that runs cannot read the data: it is not found good, the other slot has the next try, and
/// nothing is lost.
pub(super) async fn unreadable(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    until_good(&mut machine).await?;
    machine.run(&format!("printf entrusted >{KEPT} && sync")).await?;
    drop(machine);
    let superblock = make_foreign(&disk)?;

    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    let said = machine.run("cat /run/hall24/data").await?;
    expect(said.starts_with("unreadable at 1 starts"), format!("the data partition is {said}"))?;
    // Whoever enrolled it now would have done so in vain.
    let plain = "timeout 120 sh -c 'until systemctl is-active hall24-no-data; do sleep 1; done'";
    machine.run(plain).await?;
    let plain = stage.plain_page("out-of-service")?;
    machine
        .shows("that it is out of service", COMMAND_LIMIT, |it| !it.is_other_than(&plain))
        .await?;
    machine.run("systemctl start hall24-enrol").await?;
    let asks = machine.try_run("systemctl is-active hall24-enrol").await?;
    expect(asks.text == "inactive", format!("the page for an enrolment is {}", asks.text))?;
    let serves = machine.try_run("/usr/lib/hall24/serves").await?;
    expect(serves.status != 0, "it is said to serve")?;
    // Ten minutes are for the field.
    machine.begin("systemctl start --no-block hall24-repair").await?;
    machine.restarted(BOOT_LIMIT).await?;
    until_page(&mut machine).await?;
    let now = running(&mut machine).await?;
    expect(now.0 == "B", format!("it runs {now:?}"))?;
    let said = machine.run("cat /run/hall24/data").await?;
    expect(said.starts_with("unreadable at 2 starts"), format!("the data partition is {said}"))?;

    drop(machine);
    File::options().write(true).open(&disk)?.write_all_at(&superblock, DATA + 1024)?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    is_kept(&mut machine).await?;
    until_good(&mut machine).await
}

/// The kernel finds an error on the data partition while the system runs: the box restarts for its repair.
pub(super) async fn fails(stage: &Stage) -> Result<(), Failure> {
    let mut machine = found_good(stage, &[]).await?;
    machine.run(&format!("printf entrusted >{KEPT} && sync")).await?;
    let trigger = "basename $(readlink -f /dev/hall24/data)";
    machine.run(&format!("echo 1 >/sys/fs/ext4/$({trigger})/trigger_fs_error")).await?;
    let touched = machine.try_run(&format!("touch {KEPT}.new")).await?;
    refused(&touched, "Read-only file system")?;
    let early = machine.try_run("/usr/lib/hall24/data-gave-up").await?;
    expect(early.status != 0, "it would restart again and again")?;
    // Six hours are for the field.
    let later = "echo '21600.00 1.00' >/run/later && mount --bind /run/later /proc/uptime";
    machine.run(later).await?;
    machine.begin("systemctl start --no-block hall24-repair").await?;
    machine.restarted(BOOT_LIMIT).await?;
    until_page(&mut machine).await?;
    let said = machine.run("cat /run/hall24/data").await?;
    expect(said == "repaired", format!("the data partition is {said}"))?;
    machine.run(&format!("touch {KEPT}.new")).await?;
    is_kept(&mut machine).await?;
    until_good(&mut machine).await
}

/// The root has noise in it: three starts end where it is read, then the other slot serves.
pub(super) async fn root_corrupted(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    for part in 0..8 {
        scribble(&disk, ROOT_A + (part << 24) + 8192, 2 << 20, stage.seed + part)?;
    }
    let mut machine = stage.power_on(&disk, &[]).await?;
    machine.up_within(FOUR_BOOTS).await?;
    until_page(&mut machine).await?;
    let restarts = machine.restarts();
    expect(restarts == 3, format!("it restarted {restarts} times"))?;
    let now = running(&mut machine).await?;
    expect(now.0 == "B", format!("it runs {now:?}"))?;
    until_good(&mut machine).await
}

/// One block in the middle of the root has noise in it, which nothing needs at a start: it is found out all
/// the same before the version is called good.
pub(super) async fn block_corrupted(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    scribble(&disk, ROOT_A + (70 << 20), 4096, stage.seed)?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    for _ in 0..3 {
        machine.restarted(BOOT_LIMIT).await?;
    }
    machine.up().await?;
    let now = running(&mut machine).await?;
    expect(now.0 == "B", format!("it runs {now:?}"))?;
    until_good(&mut machine).await
}

/// No room on the data partition: the appliance starts all the same.
pub(super) async fn disk_full(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    let free = "df --output=avail --block-size=1M /var | tail -n 1 | tr -d ' '";
    machine.run(&format!("fallocate --length $({free})M /var/lib/large")).await?;
    let rest = machine.try_run("dd if=/dev/zero of=/var/lib/small bs=4k").await?;
    refused(&rest, "No space left")?;
    // Who makes room comes by SSH; no key is needed to see that it answers.
    let sign = "/run/hall24-kiosk/maintenance";
    let come = format!(
        "echo 'ssh-ed25519 of-nobody' >{sign} && \
         timeout 300 sh -c 'until grep -q \":0016 .* 0A \" /proc/net/tcp; do sleep 1; done'"
    );
    machine.run(&come).await?;
    machine.run(&format!("rm {sign}")).await?;
    machine.power_cut().await?;
    until_page(&mut machine).await?;
    until_good(&mut machine).await
}
