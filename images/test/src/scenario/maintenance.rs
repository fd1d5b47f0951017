//! SSH is there by key while the kiosk says that it is in maintenance mode, and at no other time, over
//! the network and over a serial cable. The sign is set here in the kiosk's place: the box is not
//! enrolled.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::{expect, refused, until_page};
use crate::machine::Machine;
use crate::{Failure, Stage};

const SIGN: &str = "/run/hall24-kiosk/maintenance";
const LIMIT: Duration = Duration::from_secs(120);

/// What a server at the machine's port 22 says first, as seen from outside; empty where there is none.
async fn greeting(port: u16) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut bytes = [0; 64];
    let read = timeout(Duration::from_secs(10), stream.read(&mut bytes)).await;
    let length = read.ok().and_then(Result::ok).unwrap_or(0);
    Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

async fn answers(port: u16, wanted: bool) -> Result<(), Failure> {
    let begin = Instant::now();
    while begin.elapsed() < LIMIT {
        if greeting(port).await?.starts_with("SSH-2.0") == wanted {
            return Ok(());
        }
        sleep(Duration::from_secs(1)).await;
    }
    Err(Failure(format!("whether port 22 answers has to be {wanted}")))
}

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let folder = tempfile::tempdir()?;
    let mut machine = stage.power_on_with(&disk, cable(folder.path())).await?;
    until_page(&mut machine).await?;
    let port = machine.forward(22).await?;
    expect(greeting(port).await?.is_empty(), "somebody answers at port 22")?;

    let keys = "mkdir /tmp/keys && cd /tmp/keys && dropbearkey -t ed25519 -f ours >said && \
                dropbearkey -t ed25519 -f other >/dev/null && grep ^ssh-ed25519 said >ours.pub";
    machine.run(keys).await?;
    let first = stage.board.first_card_port();
    let order = format!("# serial serial:/dev/ttyS{first}?baud=115200");
    let sign =
        format!("(echo '{order}'; cat /tmp/keys/ours.pub) >{SIGN}.new && mv {SIGN}.new {SIGN}");
    machine.run(&sign).await?;
    answers(port, true).await?;
    machine.run("chmod 600 /tmp/keys/*").await?;
    let login =
        |key: &str| format!("dbclient -y -y -i /tmp/keys/{key} hall24@127.0.0.1 'id -un' 2>&1");
    let who = machine.run(&login("ours")).await?;
    expect(who.ends_with("hall24"), format!("who logs in is {who}"))?;
    // What somebody leaves behind would outlive the maintenance, and every restart.
    let lingers = login("ours").replace("id -un", "loginctl enable-linger hall24; true");
    machine.run(&lingers).await?;
    let lingers = machine.try_run("[ -e /var/lib/systemd/linger/hall24 ]").await?;
    expect(lingers.status == 0, "nobody can linger any more: try what is left behind otherwise")?;
    let stranger = machine.try_run(&format!("timeout 60 {}", login("other"))).await?;
    expect(stranger.status != 0, format!("a foreign key is taken: {}", stranger.text))?;
    let root = login("ours").replace("hall24@", "root@");
    let root = machine.try_run(&format!("timeout 60 {root}")).await?;
    expect(root.status != 0, format!("root may log in: {}", root.text))?;

    let notebook = format!("/dev/ttyS{}", first + 1);
    let ends = format!("exec 3<>{notebook}; stty raw -echo <&3; cat <&3 & cat >&3; kill $!");
    machine.run(&format!("echo '{ends}' >/tmp/keys/cable")).await?;
    let over = login("ours").replace("dbclient", "timeout 100 dbclient -J 'sh /tmp/keys/cable'");
    // The first is pulled out in the middle.
    let pulled = over.replace("timeout 100", "timeout -s KILL 20").replace("id -un", "sleep 60");
    machine.try_run(&format!("{pulled}; busybox pkill -f {notebook}; busybox pkill cat")).await?;
    let who = machine.try_run(&over).await?;
    let log = machine.run("journalctl -u hall24-ssh --no-pager | tail -n 12").await?;
    let said = format!("who logs in by cable is {who:?}: {log}");
    expect(who.text.contains("hall24"), said)?;

    machine.run(&format!("rm {SIGN}")).await?;
    answers(port, false).await?;
    closed(&mut machine).await
}

/// A card with two serial ports, and a cable from one to the other.
fn cable(folder: &Path) -> Vec<String> {
    let path = folder.join("cable");
    let text = format!(
        "-chardev socket,id=kiosk,server=on,wait=off,path={path} \
         -chardev socket,id=notebook,path={path} \
         -device pci-serial-2x,chardev1=kiosk,chardev2=notebook",
        path = path.display()
    );
    text.split_whitespace().map(str::to_owned).collect()
}

async fn closed(machine: &mut Machine) -> Result<(), Failure> {
    let listens = "awk '$2 ~ /:0016$/ && $4 == \"0A\"' /proc/net/tcp /proc/net/tcp6";
    let runs = "cat /proc/[0-9]*/comm 2>/dev/null | grep dropbear";
    let left = machine.try_run(&format!("{listens}; {runs}")).await?;
    expect(left.text.is_empty(), format!("left of it: {}", left.text))?;
    let lingers = "systemctl is-active user@$(id -u hall24).service";
    let lingers = machine.try_run(lingers).await?;
    expect(lingers.status != 0, "whoever is logged in can leave programs behind")?;
    let gone = machine.try_run("nft get element inet hall24 maintenance_ports { 22 }").await?;
    refused(&gone, "No such file")
}
