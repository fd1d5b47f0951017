//! One virtual machine with the appliance's disk in it, seen and touched from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::UnixListener;

use crate::Failure;
use crate::picture::Picture;
use crate::qmp::Qmp;
use crate::serial::Serial;

/// From power on to a system that answers, on a slow machine without acceleration and with other load.
pub(crate) const BOOT_LIMIT: Duration = Duration::from_secs(600);
/// One command inside.
pub(crate) const COMMAND_LIMIT: Duration = Duration::from_secs(420);
const FIRMWARE: &str = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const FIRMWARE_VARIABLES: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";
/// Range of QEMU's absolute pointers.
const AXIS: usize = 0x7fff;

/// What a command inside ended with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) text: String,
}

/// A machine that is switched on; dropping it cuts the power.
pub(crate) struct Machine {
    qemu: Child,
    qmp: Qmp,
    log: Serial,
    agent: Serial,
    folder: tempfile::TempDir,
    commands: u32,
    switched_on: Instant,
}

impl Machine {
    /// Switches it on, with its disk and with files as further disks that cannot be written.
    pub(crate) async fn power_on(disk: &Path, files: &[PathBuf]) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let variables = path("variables.fd");
        fs::copy(FIRMWARE_VARIABLES, &variables)?;
        let ready = UnixListener::bind(path("qmp"))?;
        let listeners = [UnixListener::bind(path("log"))?, UnixListener::bind(path("agent"))?];
        let qemu = Command::new("qemu-system-x86_64")
            .args(arguments(disk, &variables, folder.path()))
            .args(files.iter().flat_map(|file| further_disk(file)))
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| Failure(format!("qemu-system-x86_64 cannot be run: {error}")))?;
        let [log, agent] = listeners;
        let qmp = Qmp::new(ready.accept().await?.0).await?;
        let log = Serial::new(log.accept().await?.0);
        let agent = Serial::new(agent.accept().await?.0);
        let mut machine =
            Self { qemu, qmp, log, agent, folder, commands: 0, switched_on: Instant::now() };
        machine.qmp.command("cont", json!({})).await?;
        machine.switched_on = Instant::now();
        Ok(machine)
    }

    /// Time since it was switched on or reset.
    pub(crate) fn since_power_on(&self) -> Duration {
        self.switched_on.elapsed()
    }

    /// Waits until the system inside takes commands.
    pub(crate) async fn up(&mut self) -> Result<(), Failure> {
        match self.agent.until("agent ready\n", BOOT_LIMIT).await {
            Some(_) => Ok(()),
            None => Err(self.failure("the system did not come up")),
        }
    }

    /// Waits for words in the kernel's log.
    pub(crate) async fn log_says(
        &mut self,
        words: &str,
        limit: Duration,
    ) -> Result<String, Failure> {
        match self.log.until(words, limit).await {
            Some(before) => Ok(before),
            None => Err(self.failure(&format!("the log does not say “{words}”"))),
        }
    }

    /// Begins a command inside without waiting for its end.
    pub(crate) async fn begin(&mut self, command: &str) -> Result<(), Failure> {
        self.commands += 1;
        let line = format!("{} {}\n", self.commands, command.replace('\n', " "));
        Ok(self.agent.write(&line).await?)
    }

    /// Runs a command inside, whatever it ends with.
    pub(crate) async fn try_run(&mut self, command: &str) -> Result<Answer, Failure> {
        self.begin(command).await?;
        let end = format!("\n{} ended ", self.commands);
        let text = self.agent.until(&end, COMMAND_LIMIT).await;
        let text = text.ok_or_else(|| self.failure(&format!("no answer to `{command}`")))?;
        let status = self.agent.until("\n", COMMAND_LIMIT).await.unwrap_or_default();
        let status = status.trim().parse().map_err(|_| self.failure("no status"))?;
        Ok(Answer { status, text: text.trim().to_owned() })
    }

    /// Runs a command inside that has to succeed.
    pub(crate) async fn run(&mut self, command: &str) -> Result<String, Failure> {
        let answer = self.try_run(command).await?;
        if answer.status != 0 {
            return Err(Failure(format!(
                "`{command}` ended with {}: {}",
                answer.status, answer.text
            )));
        }
        Ok(answer.text)
    }

    /// What the panel shows.
    pub(crate) async fn picture(&mut self) -> Result<Picture, Failure> {
        let path = self.folder.path().join("panel.png");
        let arguments = json!({ "filename": path, "format": "png" });
        self.qmp.command("screendump", arguments).await?;
        Picture::read(&path)
    }

    /// Looks at the panel about once a second until it shows what is wanted.
    pub(crate) async fn shows(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Picture) -> bool,
    ) -> Result<Picture, Failure> {
        let begin = Instant::now();
        let mut seen = self.log.count();
        loop {
            // Until the firmware has set the display up there is nothing to look at.
            if let Ok(picture) = self.picture().await
                && wanted(&picture)
            {
                return Ok(picture);
            }
            if begin.elapsed() > limit {
                self.keep("unexpected.png").await?;
                return Err(self.failure(&format!("the panel does not show {what}")));
            }
            seen = self.log.more_than(seen, Duration::from_secs(1)).await;
        }
    }

    /// Keeps the panel's picture for people.
    pub(crate) async fn keep(&mut self, name: &str) -> Result<(), Failure> {
        let folder = crate::pictures();
        fs::create_dir_all(&folder)?;
        self.qmp
            .command("screendump", json!({ "filename": folder.join(name), "format": "png" }))
            .await?;
        Ok(())
    }

    /// A finger touches the panel, at pixels of 1080 × 1920.
    #[expect(dead_code, reason = "used by the pickup scenario")]
    pub(crate) async fn touch(&mut self, x: usize, y: usize) -> Result<(), Failure> {
        let axis = |axis: &str, value: usize, of: usize| {
            let data = json!({ "axis": axis, "value": value * AXIS / of });
            json!({ "type": "abs", "data": data })
        };
        let place = json!({ "events": [axis("x", x, 1080), axis("y", y, 1920)] });
        self.qmp.command("input-send-event", place).await?;
        for down in [true, false] {
            let button = json!({ "type": "btn", "data": { "button": "left", "down": down } });
            self.qmp.command("input-send-event", json!({ "events": [button] })).await?;
        }
        Ok(())
    }

    /// Lets time pass for the machine inside.
    pub(crate) async fn pass(&mut self, time: Duration) {
        self.agent.until("\0 never said", time).await;
    }

    /// Presses the reset button; whatever the system had in memory only is gone.
    pub(crate) async fn reset(&mut self) -> Result<(), Failure> {
        self.qmp.command("system_reset", json!({})).await?;
        self.switched_on = Instant::now();
        Ok(())
    }

    /// Cuts the power and waits until QEMU is gone.
    pub(crate) fn cut_power(mut self) -> Result<(), Failure> {
        self.qemu.kill()?;
        self.qemu.wait()?;
        Ok(())
    }

    /// Presses the power button and waits until the machine has switched itself off.
    pub(crate) async fn power_button(mut self) -> Result<(), Failure> {
        self.qmp.command("system_powerdown", json!({})).await?;
        let limit = COMMAND_LIMIT;
        match tokio::time::timeout(limit, self.qmp.ended()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure("the power button does not switch it off")),
        }
    }

    fn failure(&self, what: &str) -> Failure {
        let text = self.log.all();
        let start = text.char_indices().rev().nth(3000).map_or(0, |(at, _)| at);
        Failure(format!("{what}; the log ends with\n{}", &text[start..]))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn arguments(disk: &Path, variables: &Path, folder: &Path) -> Vec<String> {
    let folder = folder.display();
    let text = format!(
        "-nodefaults -no-user-config -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
         -display none -vga none -S \
         -drive if=pflash,format=raw,readonly=on,file={FIRMWARE} \
         -drive if=pflash,format=raw,file={variables} \
         -drive if=none,id=disk,format=raw,cache=writeback,file={disk} \
         -device virtio-blk-pci,drive=disk,bootindex=1 \
         -device virtio-vga,xres=1080,yres=1920 -device virtio-tablet-pci \
         -device i6300esb -action watchdog=reset \
         -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
         -chardev socket,id=qmp,path={folder}/qmp -mon chardev=qmp,mode=control \
         -chardev socket,id=log,path={folder}/log -serial chardev:log \
         -chardev socket,id=agent,path={folder}/agent -serial chardev:agent",
        variables = variables.display(),
        disk = disk.display(),
    );
    text.split_whitespace().map(str::to_owned).collect()
}

/// Inside it is `/dev/disk/by-id/virtio-NAME`, with the file's name without its ending.
fn further_disk(file: &Path) -> [String; 4] {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let drive = format!("if=none,id={name},format=raw,readonly=on,file={}", file.display());
    let device = format!("virtio-blk-pci,drive={name},serial={name}");
    ["-drive".into(), drive, "-device".into(), device]
}
