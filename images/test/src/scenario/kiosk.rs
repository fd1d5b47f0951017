//! A box is enrolled: its kiosk starts by itself, draws on the panel, turned as its configuration says, and
//! starts again when it is killed.

use std::time::Duration;

use super::{is_page, speaks_english, until_good, until_page};
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT, Machine};
use crate::panel::Panel;
use crate::picture::Picture;
use crate::{Failure, Stage};

const START_LIMIT: Duration = Duration::from_secs(400);

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let mut machine = stage.power_on(&disk, &[stage.file("enrolled.tar")]).await?;
    let before = until_page(&mut machine).await?;
    let unpack = "mkdir /tmp/new && tar -xf /dev/disk/by-id/virtio-enrolled -C /tmp/new && \
                  cp -p /tmp/new/*.pem /tmp/new/*.key /var/lib/hall24/ && \
                  cp -p /tmp/new/kiosk.toml /var/lib/hall24/";
    machine.run(unpack).await?;
    let plain = [stage.plain_page("not-enrolled")?, stage.plain_page("out-of-service")?];
    let other = |it: &Picture| {
        is_page(it)
            && it.is_other_than(&before)
            && plain.iter().all(|plain| it.is_other_than(plain))
    };
    machine.shows("the kiosk", START_LIMIT, other).await?;
    machine.run("systemctl is-active hall24-kiosk").await?;
    machine.keep("kiosk.png").await?;
    put_back(&mut machine).await?;

    let turn =
        "printf '\\n[screen]\\nrotation_degrees = 180\\n' >>/var/lib/hall24/kiosk.toml; sync";
    machine.run(turn).await?;
    machine.power_cut().await?;
    machine.shows("no page", BOOT_LIMIT, |it| !is_page(it)).await?;
    machine.shows("the kiosk after a power cut", BOOT_LIMIT, other).await?;
    stage.say(format!("power on → kiosk's page: {:.1} s", machine.since_power_on().as_secs_f64()));
    machine.up().await?;
    until_good(&mut machine).await?;
    machine.settled(COMMAND_LIMIT).await?;
    machine.keep("upside-down.png").await?;
    speaks_english(&mut machine, Panel::UpsideDown).await?;
    stage.say(machine.run("systemd-analyze time | head -n 1").await?);
    let used = "sed -n '/MemTotal/p;/MemAvailable/p' /proc/meminfo | tr -s ' \\n' ' '; \
                systemctl show -p MemoryCurrent hall24-kiosk";
    stage.say(machine.run(used).await?.replace('\n', " "));

    machine.run("systemctl kill --signal=KILL hall24-kiosk").await?;
    // The panel keeps the picture of a program that died: whether another draws, systemd knows.
    let again = "timeout 300 sh -c 'until [ $(systemctl show -p NRestarts --value hall24-kiosk) = 1 ] && \
                 systemctl is-active -q hall24-kiosk; do sleep 1; done'";
    machine.run(again).await?;
    machine.shows("the kiosk after it was killed", START_LIMIT, other).await.map(drop)
}

/// A configuration that cannot be used is taken back, so that somebody can mend it; on the day of the
/// enrolment, too.
async fn put_back(machine: &mut Machine) -> Result<(), Failure> {
    let by = "timeout 400 sh -c 'until [ -e /var/lib/hall24/kiosk.toml.good ]; do sleep 1; done'";
    machine.run(by).await?;
    let slip = "echo '[kiosk' >>/var/lib/hall24/kiosk.toml";
    machine.run(&format!("{slip} && systemctl restart --no-block hall24-kiosk")).await?;
    let given_up = "timeout 400 sh -c 'until systemctl is-active -q hall24-out-of-service; \
                    do sleep 1; done'";
    machine.run(given_up).await?;
    machine.run("grep -qx '\\[kiosk' /var/lib/hall24/kiosk.toml.wrong").await?;
    // Ten minutes are for the field.
    machine.run("systemctl reset-failed hall24-kiosk && systemctl start hall24-kiosk").await?;
    machine.run("systemctl is-active hall24-kiosk").await.map(drop)
}
