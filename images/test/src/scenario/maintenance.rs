//! SSH is there by key while the kiosk says that it is in maintenance mode, and at no other time. The sign is
//! set here in the kiosk's place: a virtual machine has no reader for staff cards.

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
    let mut machine = stage.power_on(&disk, &[]).await?;
    until_page(&mut machine).await?;
    let port = machine.forward(22).await?;
    expect(greeting(port).await?.is_empty(), "somebody answers at port 22")?;

    let keys = "mkdir /tmp/keys && cd /tmp/keys && dropbearkey -t ed25519 -f ours >said && \
                dropbearkey -t ed25519 -f other >/dev/null && grep ^ssh-ed25519 said >ours.pub";
    machine.run(keys).await?;
    machine.run(&format!("cp /tmp/keys/ours.pub {SIGN}.new && mv {SIGN}.new {SIGN}")).await?;
    answers(port, true).await?;
    machine.run("chmod 600 /tmp/keys/*").await?;
    let login =
        |key: &str| format!("dbclient -y -y -i /tmp/keys/{key} hall24@127.0.0.1 'id -un' 2>&1");
    let who = machine.run(&login("ours")).await?;
    expect(who.ends_with("hall24"), format!("who logs in is {who}"))?;
    let stranger = machine.try_run(&format!("timeout 60 {}", login("other"))).await?;
    expect(stranger.status != 0, format!("a foreign key is taken: {}", stranger.text))?;
    let root = login("ours").replace("hall24@", "root@");
    let root = machine.try_run(&format!("timeout 60 {root}")).await?;
    expect(root.status != 0, format!("root may log in: {}", root.text))?;

    machine.run(&format!("rm {SIGN}")).await?;
    answers(port, false).await?;
    closed(&mut machine).await
}

async fn closed(machine: &mut Machine) -> Result<(), Failure> {
    let listens = "awk '$2 ~ /:0016$/ && $4 == \"0A\"' /proc/net/tcp /proc/net/tcp6";
    let runs = "cat /proc/[0-9]*/comm | grep dropbear";
    let left = machine.try_run(&format!("{listens}; {runs}")).await?;
    expect(left.text.is_empty(), format!("left of it: {}", left.text))?;
    let gone = machine.try_run("nft get element inet hall24 maintenance_ports { 22 }").await?;
    refused(&gone, "No such file")
}
