//! A box with a TPM keeps its keys so that its disk says nothing to anybody else: not to who reads it, not to
//! another box. The box itself goes on where it was.

use std::path::Path;
use std::process::Command;

use super::{enrol, expect, is_page, until_page};
use crate::hall::Hall;
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT, Machine};
use crate::picture::Picture;
use crate::tpm::Tpm;
use crate::{Failure, Stage};

const SEEN: &str = "SELECT last_seen_at || '' FROM kiosks WHERE number = 3";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let hall = Hall::open(stage.board).await?;
    let memory = tempfile::tempdir()?;
    let ours = Tpm::start(&memory.path().join("ours")).await?;
    let with = |tpm: &Tpm| [hall.hardware(), tpm.hardware()].concat();
    let disk = stage.disk()?;

    let mut machine = stage.power_on_with(&disk, with(&ours)).await?;
    let asks = enrol(stage, &hall, &mut machine).await?;
    let keys = machine.run("cd /var/lib/hall24 && readlink *.key && ls -1 sealed").await?;
    let expected =
        ["/run/hall24-keys/hall.key", "/run/hall24-keys/kiosk.key", "hall.key", "kiosk.key"];
    expect(keys.lines().eq(expected), format!("the keys lie otherwise: {keys}"))?;
    let mode = "stat -L -c '%U %a' /var/lib/hall24/*.key | sort -u";
    let mode = machine.run(mode).await?;
    expect(mode == "hall24 400", format!("who may read the open keys: {mode}"))?;
    machine.power_button().await?;
    let hall_key = hall.demo.hall_key.map(|byte| format!("{byte:02x}")).concat();
    let lies = contains(&disk, &hall_key)?;
    expect(!lies, "the hall's key can be read on the disk")?;

    // Its disk in a box with another TPM: the box is nobody's, and asks.
    let other = Tpm::start(&memory.path().join("other")).await?;
    let mut machine = stage.power_on_with(&disk, with(&other)).await?;
    let shown = until_page(&mut machine).await?;
    expect(!shown.is_other_than(&asks), "another box is taken for the kiosk")?;
    let open = machine.run("ls /run/hall24-keys").await?;
    expect(open.is_empty(), format!("another box has opened {open}"))?;
    machine.power_button().await?;

    // Back home: the kiosk that it was.
    let seen = hall.office_answer(SEEN)?;
    // It ended with its machine.
    drop(ours);
    let ours = Tpm::start(&memory.path().join("ours")).await?;
    let mut machine = stage.power_on_with(&disk, with(&ours)).await?;
    serves(&hall, &mut machine, &asks, &seen).await?;

    // A TPM that does not answer: the box asks, and is the kiosk again once it answers.
    machine.run(WITHOUT_TPM).await?;
    let asks_again = |it: &Picture| is_page(it) && !it.is_other_than(&asks);
    machine.shows("the page that asks", BOOT_LIMIT, asks_again).await?;
    let seen = hall.office_answer(SEEN)?;
    machine.run("mv /dev/tpm-elsewhere /dev/tpmrm0").await?;
    serves(&hall, &mut machine, &asks, &seen).await?;
    let asking = machine.try_run("systemctl is-active hall24-enrol.service").await?;
    expect(asking.text == "inactive", format!("beside the kiosk the asking is {}", asking.text))
}

/// As at a start at which the TPM is not there: no key is open, and none can be opened.
const WITHOUT_TPM: &str = "systemctl stop hall24-kiosk.service && rm /run/hall24-keys/*.key \
     && mv /dev/tpmrm0 /dev/tpm-elsewhere && systemctl start hall24-enrol.service";

/// The kiosk is on the panel, and the office has heard of it since `seen`.
async fn serves(
    hall: &Hall,
    machine: &mut Machine,
    asks: &Picture,
    seen: &str,
) -> Result<(), Failure> {
    let kiosk = |it: &Picture| is_page(it) && it.is_other_than(asks);
    machine.shows("the kiosk", BOOT_LIMIT, kiosk).await?;
    let since = format!("SELECT (last_seen_at > '{seen}') || '' FROM kiosks WHERE number = 3");
    hall.office_says(&since, "1", COMMAND_LIMIT).await
}

/// Whether a file has this text anywhere.
fn contains(file: &Path, text: &str) -> Result<bool, Failure> {
    let grep = ["--quiet", "--text", "--fixed-strings", text];
    let status = Command::new("grep").args(grep).arg(file).status()?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Failure(format!("{} cannot be searched", file.display()))),
    }
}
