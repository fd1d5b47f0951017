//! One virtual machine with the appliance's disk in it, seen and touched from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hall24_qmp::{Qmp, stick};
use serde_json::json;
use tokio::net::UnixListener;
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::board::Board;
use crate::picture::Picture;
use crate::serial::Serial;

/// From power on to a system that answers, on a slow machine without acceleration and with other load.
pub(crate) const BOOT_LIMIT: Duration = Duration::from_secs(600);
/// One command inside.
pub(crate) const COMMAND_LIMIT: Duration = Duration::from_secs(900);
/// How often the panel is looked at.
const GLANCE: Duration = Duration::from_secs(1);
/// How often the disk is asked what was written to it.
const PEEK: Duration = Duration::from_millis(50);
/// How long nothing may move on a panel that is at rest.
const REST: Duration = Duration::from_secs(3);
const TOUCH: Duration = Duration::from_millis(100);
/// Range of QEMU's absolute pointers.
const AXIS: usize = 0x7fff;

/// What a command inside ended with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) text: String,
}

/// A machine with power, until it is dropped. Where the system inside restarts it, QEMU ends and another
/// takes its place with the same disk: QEMU 7.2 without acceleration does not always come up again by
/// itself, which tells nothing of the appliance.
pub(crate) struct Machine {
    hardware: Hardware,
    running: Running,
    switched_on: Instant,
    commands: u32,
    restarts: u32,
}

/// What it is made of.
struct Hardware {
    board: Board,
    disk: PathBuf,
    /// Further arguments for QEMU.
    more: Vec<String>,
    folder: tempfile::TempDir,
}

/// It from power on to its end.
struct Running {
    qemu: Child,
    qmp: Qmp,
    log: Serial,
    agent: Serial,
    /// The system inside takes commands.
    up: bool,
}

impl Hardware {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn start(&self) -> Result<Running, Failure> {
        let listen = |name: &str| {
            let path = self.path(name);
            // The socket of the QEMU before is of no use.
            let _ = fs::remove_file(&path);
            UnixListener::bind(path)
        };
        let (ready, log, agent) = (listen("qmp")?, listen("log")?, listen("agent")?);
        let program = self.board.qemu();
        let variables = self.path("variables.fd");
        let qemu = Command::new(program)
            .args(self.board.arguments(&self.disk, &variables, self.folder.path()))
            .args(&self.more)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| Failure(format!("{program} cannot be run: {error}")))?;
        let mut running = Running {
            qemu,
            qmp: Qmp::new(ready.accept().await?.0).await?,
            log: Serial::new(log.accept().await?.0),
            agent: Serial::new(agent.accept().await?.0),
            up: false,
        };
        running.qmp.command("cont", json!({})).await?;
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

impl Machine {
    /// Switches it on, with its disk and further arguments for QEMU.
    pub(crate) async fn power_on(
        board: Board,
        disk: &Path,
        more: Vec<String>,
    ) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let hardware = Hardware { board, disk: disk.to_owned(), more, folder };
        fs::copy(board.firmware_variables(), hardware.path("variables.fd"))?;
        let running = hardware.start().await?;
        let switched_on = Instant::now();
        Ok(Self { hardware, running, switched_on, commands: 0, restarts: 0 })
    }

    /// How often the system inside has restarted the machine.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Takes QEMU's place when it has ended because the system inside restarted the machine.
    async fn goes_on(&mut self) -> Result<bool, Failure> {
        if self.running.qemu.try_wait()?.is_none() {
            return Ok(false);
        }
        self.running.qmp.ended().await;
        if !self.running.qmp.was_reset() {
            return Err(self.failure("the machine switched itself off"));
        }
        self.restarts += 1;
        self.running = self.hardware.start().await?;
        self.switched_on = Instant::now();
        Ok(true)
    }

    /// Waits until the system inside restarts the machine.
    pub(crate) async fn restarted(&mut self, limit: Duration) -> Result<(), Failure> {
        if timeout(limit, self.running.qmp.ended()).await.is_err() {
            return Err(self.failure("the machine does not restart"));
        }
        self.running.qemu.wait()?;
        self.goes_on().await.map(drop)
    }

    /// Time since it was switched on or reset.
    pub(crate) fn since_power_on(&self) -> Duration {
        self.switched_on.elapsed()
    }

    /// Waits until the system inside takes commands, however often it restarts the machine before.
    pub(crate) async fn up(&mut self) -> Result<(), Failure> {
        self.up_within(BOOT_LIMIT).await
    }

    pub(crate) async fn up_within(&mut self, limit: Duration) -> Result<(), Failure> {
        let begin = Instant::now();
        while begin.elapsed() < limit {
            let left = limit - begin.elapsed();
            if self.running.up || self.running.agent.until("agent ready\n", left).await.is_some() {
                self.running.up = true;
                return Ok(());
            }
            if !self.goes_on().await? {
                sleep(GLANCE).await;
            }
        }
        Err(self.failure("the system did not come up"))
    }

    /// Waits until the kernel's log says something.
    pub(crate) async fn logs(&mut self, text: &str, limit: Duration) -> Result<(), Failure> {
        match self.running.log.until(text, limit).await {
            Some(_) => Ok(()),
            None => Err(self.failure(&format!("the log does not say “{text}”"))),
        }
    }

    /// Begins a command inside without waiting for its end.
    pub(crate) async fn begin(&mut self, command: &str) -> Result<(), Failure> {
        self.commands += 1;
        let line = format!("{} {}\n", self.commands, command.replace('\n', " "));
        Ok(self.running.agent.write(&line).await?)
    }

    /// Runs a command inside, whatever it ends with.
    pub(crate) async fn try_run(&mut self, command: &str) -> Result<Answer, Failure> {
        self.begin(command).await?;
        let end = format!("\n{} ended ", self.commands);
        let text = self.running.agent.until(&end, COMMAND_LIMIT).await;
        let text = text.ok_or_else(|| self.failure(&format!("no answer to `{command}`")))?;
        let status = self.running.agent.until("\n", COMMAND_LIMIT).await.unwrap_or_default();
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
        let path = self.hardware.path("panel.ppm");
        let arguments = json!({ "filename": path, "format": "ppm" });
        self.running.qmp.command("screendump", arguments).await?;
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
        loop {
            self.goes_on().await?;
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
            sleep(GLANCE).await;
        }
    }

    /// Waits until the panel shows another page than before and has come to rest.
    pub(crate) async fn next(
        &mut self,
        before: &Picture,
        what: &str,
        limit: Duration,
    ) -> Result<Picture, Failure> {
        self.shows(what, limit, |it| it.is_other_than(before)).await?;
        self.settled(limit).await
    }

    /// Waits until the panel shows the same for a while.
    pub(crate) async fn settled(&mut self, limit: Duration) -> Result<Picture, Failure> {
        let begin = Instant::now();
        let mut last = self.picture().await?;
        let mut since = Instant::now();
        while since.elapsed() < REST {
            sleep(GLANCE).await;
            let picture = self.picture().await?;
            if picture.is_other_than(&last) {
                (last, since) = (picture, Instant::now());
            }
            if begin.elapsed() > limit {
                return Err(self.failure("the panel does not come to rest"));
            }
        }
        Ok(last)
    }

    /// Types digits and Return on a keyboard, as a scanner does.
    pub(crate) async fn types(&mut self, digits: &str) -> Result<(), Failure> {
        let keys = digits.chars().map(String::from).chain(["ret".to_owned()]);
        for key in keys {
            let keys = json!({ "keys": [{ "type": "qcode", "data": key }], "hold-time": 20 });
            self.running.qmp.command("send-key", keys).await?;
            sleep(TOUCH).await;
        }
        Ok(())
    }

    /// Plugs a USB stick with this content in.
    pub(crate) async fn plug_in(&mut self, stick: &Path) -> Result<(), Failure> {
        Ok(stick::plug_in(&mut self.running.qmp, stick).await?)
    }

    /// Pulls it out.
    pub(crate) async fn unplug(&mut self) -> Result<(), Failure> {
        Ok(stick::pull_out(&mut self.running.qmp).await?)
    }

    /// Has a port of this machine lead to one of the virtual one's; gives its number.
    pub(crate) async fn forward(&mut self, to: u16) -> Result<u16, Failure> {
        // A number that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let line = format!("hostfwd_add net tcp:127.0.0.1:{port}-:{to}");
        let command = json!({ "command-line": line });
        let said = self.running.qmp.command("human-monitor-command", command).await?;
        match said.as_str() {
            Some("") => Ok(port),
            _ => Err(Failure(format!("no port is led in: {said}"))),
        }
    }

    /// Plugs the network's cable in, or pulls it out.
    pub(crate) async fn wire(&mut self, plugged: bool) -> Result<(), Failure> {
        let link = json!({ "name": "net", "up": plugged });
        Ok(self.running.qmp.command("set_link", link).await.map(drop)?)
    }

    /// Keeps the panel's picture for people.
    pub(crate) async fn keep(&mut self, name: &str) -> Result<(), Failure> {
        let folder = crate::pictures();
        fs::create_dir_all(&folder)?;
        // QEMU has a folder of its own.
        let path = std::path::absolute(folder.join(name))?;
        let arguments = json!({ "filename": path, "format": "png" });
        self.running.qmp.command("screendump", arguments).await?;
        Ok(())
    }

    /// A finger touches a panel of 1080 × 1920 pixels.
    pub(crate) async fn touch(&mut self, x: usize, y: usize) -> Result<(), Failure> {
        self.touch_of((x, y), (1080, 1920)).await
    }

    /// A finger touches a panel of another size.
    pub(crate) async fn touch_of(
        &mut self,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
    ) -> Result<(), Failure> {
        let axis = |axis: &str, value: usize, of: usize| {
            let data = json!({ "axis": axis, "value": value * AXIS / of });
            json!({ "type": "abs", "data": data })
        };
        let place = json!({ "events": [axis("x", x, width), axis("y", y, height)] });
        self.running.qmp.command("input-send-event", place).await?;
        for down in [true, false] {
            let button = json!({ "type": "btn", "data": { "button": "left", "down": down } });
            self.running.qmp.command("input-send-event", json!({ "events": [button] })).await?;
            // A finger stays for a moment; a system that polls would not see it otherwise.
            sleep(TOUCH).await;
        }
        Ok(())
    }

    /// Bytes that its disk was given since it was switched on.
    pub(crate) async fn written(&mut self) -> Result<u64, Failure> {
        let drives = self.running.qmp.command("query-blockstats", json!({})).await?;
        let drives = drives.as_array().map(Vec::as_slice).unwrap_or_default();
        let disk = drives.iter().find(|it| it["device"] == "disk");
        let bytes = disk.and_then(|it| it["stats"]["wr_bytes"].as_u64());
        bytes.ok_or_else(|| Failure("QEMU does not tell what was written to the disk".into()))
    }

    /// Waits until its disk has been given this many bytes, or the system inside restarts the machine.
    pub(crate) async fn writes(&mut self, bytes: u64, limit: Duration) -> Result<(), Failure> {
        let begin = Instant::now();
        while self.running.qemu.try_wait()?.is_none() {
            match self.written().await {
                Ok(written) if written >= bytes => return Ok(()),
                Ok(_) => sleep(PEEK).await,
                // It may just have ended.
                Err(failure) if self.running.qemu.try_wait()?.is_none() => return Err(failure),
                Err(_) => break,
            }
            if begin.elapsed() > limit {
                return Err(self.failure("the disk is not written to"));
            }
        }
        Ok(())
    }

    /// Whether it has power: a system that restarts its machine ends QEMU.
    pub(crate) fn is_on(&mut self) -> Result<bool, Failure> {
        Ok(self.running.qemu.try_wait()?.is_none())
    }

    /// Cuts the power and gives it back; whatever the system had in memory only is gone.
    pub(crate) async fn power_cut(&mut self) -> Result<(), Failure> {
        self.running.qemu.kill()?;
        self.running.qemu.wait()?;
        self.running = self.hardware.start().await?;
        self.switched_on = Instant::now();
        Ok(())
    }

    /// Lets the watchdog restart it from now until the next time.
    pub(crate) async fn watchdog(&mut self) -> Result<(), Failure> {
        self.running.qmp.command("set-action", json!({ "watchdog": "reset" })).await?;
        Ok(())
    }

    /// Presses the power button and waits until the machine has switched itself off.
    pub(crate) async fn power_button(mut self) -> Result<(), Failure> {
        self.running.qmp.command("system_powerdown", json!({})).await?;
        match timeout(COMMAND_LIMIT, self.running.qmp.ended()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure("the power button does not switch it off")),
        }
    }

    fn failure(&self, what: &str) -> Failure {
        let text = self.running.log.all();
        let start = text.char_indices().rev().nth(3000).map_or(0, |(at, _)| at);
        Failure(format!("{what}; the log ends with\n{}", &text[start..]))
    }
}

/// QEMU's arguments for a file as a further disk that cannot be written. Inside it is
/// `/dev/disk/by-id/virtio-NAME`, with the file's name without its ending.
pub(crate) fn further_disk(file: &Path) -> [String; 4] {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let drive = format!("if=none,id={name},format=raw,readonly=on,file={}", file.display());
    let device = format!("virtio-blk-pci,drive={name},serial={name}");
    ["-drive".into(), drive, "-device".into(), device]
}
