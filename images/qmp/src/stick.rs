//! USB sticks: what is on them, and the hand that plugs them in.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::{Qmp, QmpError};

/// FAT has to begin somewhere, and a stick is larger than that.
const SIZE: u64 = 16 << 20;
/// Sectors of the partition behind the first MiB, but for the partition table's copy at the end.
const SECTORS: &str = "28672";

/// Why there is no stick.
#[derive(Debug, thiserror::Error)]
pub enum StickError {
    #[error("the stick cannot be written: {0}")]
    Io(#[from] io::Error),
    #[error("{program} cannot be run: {source}; install the packages gdisk and mtools")]
    Missing { program: &'static str, source: io::Error },
    #[error("{program} failed: {said}")]
    Failed { program: &'static str, said: String },
}

/// Writes a stick as they are sold, one FAT partition, with one file on it.
pub fn write(stick: &Path, file: &Path, name: &str) -> Result<(), StickError> {
    File::create(stick)?.set_len(SIZE)?;
    let partition = format!("{}@@1M", stick.display());
    let (stick, file) = (stick.display().to_string(), file.display().to_string());
    run("sgdisk", &["--new=1:1M:0", "--typecode=1:0700", &stick])?;
    run("mformat", &["-i", &partition, "-T", SECTORS, "-v", "STICK", "::"])?;
    run("mcopy", &["-i", &partition, &file, &format!("::{name}")])
}

fn run(program: &'static str, arguments: &[&str]) -> Result<(), StickError> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|source| StickError::Missing { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(StickError::Failed { program, said })
}

/// Plugs a stick in, at a controller named `usb`. Each has to have a file name of its own: QEMU lets
/// go of a stick's content some time after it was pulled out.
pub async fn plug_in(qmp: &mut Qmp, stick: &Path) -> Result<(), QmpError> {
    let node = stick.file_stem().unwrap_or_default().to_string_lossy();
    let content = json!({
        "driver": "raw", "node-name": node, "read-only": true,
        "file": { "driver": "file", "filename": stick, "read-only": true },
    });
    qmp.command("blockdev-add", content).await?;
    let stick = json!({ "driver": "usb-storage", "id": "stick", "drive": node, "bus": "usb.0" });
    qmp.command("device_add", stick).await.map(drop)
}

/// Pulls it out.
pub async fn pull_out(qmp: &mut Qmp) -> Result<(), QmpError> {
    qmp.command("device_del", json!({ "id": "stick" })).await.map(drop)
}
