//! A new box is switched on: its screen asks for the enrolment and takes touches, nobody can log in,
//! nothing listens; the power button switches it off in order.

use super::{expect, is_page, speaks_english, until_page, until_started};
use crate::machine::BOOT_LIMIT;
use crate::panel::Panel;
use crate::{Failure, Stage};

/// The resolver's sockets on the loopback addresses, as the kernel writes them: 127.0.0.53:53, 127.0.0.54:53.
const RESOLVER: &str = "3500007F:0035 3600007F:0035";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let mut machine = stage.power_on(&disk, &[]).await?;
    machine.shows("the first page", BOOT_LIMIT, is_page).await?;
    stage.say(format!("power on → first page: {:.1} s", machine.since_power_on().as_secs_f64()));
    let chinese = until_page(&mut machine).await?;
    machine.keep("not-enrolled.png").await?;
    for plain in ["not-enrolled", "out-of-service"] {
        let other = chinese.is_other_than(&stage.plain_page(plain)?);
        expect(other, format!("the plain page {plain} is shown"))?;
    }
    speaks_english(&mut machine, Panel::Upright).await?;
    until_started(&mut machine).await?;
    stage.say(machine.run("systemd-analyze time | head -n 1").await?);

    let watchdog = machine.run("cd /sys/class/watchdog/watchdog0 && cat identity state").await?;
    expect(watchdog == "i6300ESB timer\nactive", format!("the watchdog: {watchdog}"))?;
    let failed = machine.run("systemctl list-units --failed --plain --no-legend").await?;
    expect(failed.is_empty(), format!("units failed: {failed}"))?;
    let setuid = machine.run("find / -xdev -type f -perm /6000").await?;
    expect(setuid.is_empty(), format!("setuid files: {setuid}"))?;
    let prompts = "cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(agetty|getty|login|sulogin)$'";
    let prompts = machine.try_run(prompts).await?;
    expect(prompts.text.is_empty(), format!("prompts: {}", prompts.text))?;
    let root = machine.try_run("touch /usr/x").await?;
    expect(root.status != 0, "the root can be written")?;
    let light = "mkdir -p /tmp/b/panel && cd /tmp/b && echo 200 >panel/max_brightness && echo 40 >wanted \
                 && /usr/lib/hall24/set-brightness wanted /tmp/b && cat panel/brightness";
    let light = machine.run(light).await?;
    expect(light == "80", format!("40 % of a backlight's 200 are {light}"))?;
    // The threshold is in tenths.
    let exposure = "systemd-analyze security --threshold=20 hall24-kiosk.service >/tmp/security";
    machine.run(&format!("SYSTEMD_EMOJI=0 {exposure}")).await?;
    stage.say(machine.run("tail -n 1 /tmp/security").await?);
    stage.say(machine.run("cat /run/hall24/data").await?);
    let memory = "sed -n '/MemTotal/p;/MemAvailable/p' /proc/meminfo | tr -s ' \\n' ' '";
    stage.say(machine.run(memory).await?);
    let sockets = "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" {print $2}' | sort";
    let listening = machine.run(sockets).await?.replace('\n', " ");
    stage.say(format!("listening: {listening}"));
    expect(listening == RESOLVER, format!("more than the resolver listens: {listening}"))?;
    let services = "systemctl list-units --type=service --state=running --plain --no-legend";
    let services = machine.run(&format!("{services} | cut -d' ' -f1")).await?;
    stage.say(format!("services: {}", services.replace('\n', " ")));
    machine.power_button().await
}
