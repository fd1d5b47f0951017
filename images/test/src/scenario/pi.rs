//! The header of a Raspberry Pi 3, which QEMU plays with Debian's kernel: the panel's driver for its
//! registers and the one for the kernel's lines move the same pin, and look at what the other does.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::expect;
use crate::{Failure, Stage};

const LIMIT: Duration = Duration::from_secs(600);
/// rppal asks /dev/mem for the registers, since Debian's kernel has no /dev/gpiomem.
const ARGUMENTS: &str = "console=ttyAMA0 rdinit=/init panic=-1 iomem=relaxed";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let told = timeout(LIMIT, run(stage)).await;
    let told = told.map_err(|_| Failure("the board did not come to its end".into()))??;
    told.iter().for_each(|line| stage.say(line));
    let says = |begins: &str, holds: &str| {
        let line = told.iter().find(|it| it.starts_with(begins)).map_or("nothing", String::as_str);
        expect(line.contains(holds), format!("{begins} expected {holds}, not: {line}"))
    };
    for driver in ["rppal:", "gpio:/dev/gpiochip0"] {
        says(&format!("{driver} before:"), "in lo")?;
        says(&format!("{driver} pin:"), "out in hi")?;
        says(&format!("{driver} lit:"), r#""on":true"#)?;
        says(&format!("{driver} after:"), "lo")?;
    }
    says("rppal: sees:", r#""door":false"#)?;
    says("rppal: sees:", r#""ready":true"#)
}

/// What its only process tells on the console.
async fn run(stage: &Stage) -> Result<Vec<String>, Failure> {
    let mut qemu = Command::new(stage.board.qemu())
        .args("-machine raspi3b -accel tcg,thread=multi -display none -monitor none".split(' '))
        .args(["-no-reboot", "-serial", "stdio", "-append", ARGUMENTS])
        .arg("-kernel")
        .arg(stage.file("pi-kernel"))
        .arg("-dtb")
        .arg(stage.file("pi.dtb"))
        .arg("-initrd")
        .arg(stage.file("pi-initrd"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let console = qemu.stdout.take().ok_or_else(|| Failure("QEMU has no console".into()))?;
    let mut lines = BufReader::new(console).lines();
    let (mut told, mut log) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next_line().await? {
        match line.strip_prefix("pi: ") {
            Some("ended") => return Ok(told),
            Some(line) => told.push(line.to_owned()),
            None => log.push(line),
        }
    }
    let end = log.split_off(log.len().saturating_sub(30)).join("\n");
    Err(Failure(format!("the board stopped; its log ends with\n{end}")))
}
