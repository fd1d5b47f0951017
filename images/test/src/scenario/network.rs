//! A box whose cable is out comes into its hall's Wi-Fi by what a technician's stick says, and is enrolled
//! over it; then the wire carries whenever it is there, and the Wi-Fi when it is not.
//!
//! The Wi-Fi is a radio of the kernel's simulator inside the machine, bridged to a network card of its own:
//! office and addresses come over the air.

use std::path::PathBuf;
use std::process::Command;

use super::{expect, is_page, until_page, until_started};
use crate::hall::Hall;
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT, Machine};
use crate::picture::Picture;
use crate::{Failure, Stage};

/// Behind the access point, a second network with the same office in it.
const UPLINK: &str = "52:54:00:24:00:02";
const NAME: &str = "大厅";
const PASSPHRASE: &str = "\"not\" #so secret";
/// The names that the simulator gives; the first is the kiosk's, the second the access point's.
const STATION: &str = "wlan0";
const POINT: &str = "wlan1";
const FOLDER: &str = "/run/hall24-test";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let hall = Hall::open(stage.board).await?;
    let disk = stage.disk()?;
    let uplink = format!("virtio-net-pci,netdev=air,mac={UPLINK},romfile=");
    let air = ["-netdev", "user,id=air,dhcpstart=10.0.2.40", "-device", &uplink];
    let more = [hall.hardware(), air.map(str::to_owned).to_vec()].concat();
    let mut machine = stage.power_on_with(&disk, more).await?;
    let asks = until_page(&mut machine).await?;
    until_started(&mut machine).await?;
    let wire = open_the_air(&mut machine).await?;

    machine.wire(false).await?;
    expect_carried_by(&mut machine, "").await?;
    machine.plug_in(&stick(stage, &hall).await?).await?;
    let enrolled = "timeout 400 sh -c 'until [ -e /var/lib/hall24/kiosk.toml ]; do sleep 1; done'";
    machine.run(enrolled).await?;
    expect_carried_by(&mut machine, STATION).await?;
    stage.say("enrolled over Wi-Fi");
    let other = |it: &Picture| is_page(it) && it.is_other_than(&asks);
    machine.shows("the kiosk", BOOT_LIMIT, other).await?;
    let well = "SELECT count(*) || '' FROM kiosks WHERE number = 3 AND last_seen_at IS NOT NULL";
    hall.office_says(well, "1", COMMAND_LIMIT).await?;
    secrets_are_kept(&mut machine).await?;

    for (plugged, carrier) in [(true, wire.as_str()), (false, STATION), (true, wire.as_str())] {
        machine.wire(plugged).await?;
        expect_carried_by(&mut machine, carrier).await?;
        let is = if plugged { "in" } else { "out" };
        stage.say(format_args!("with the cable {is} {carrier} carries"));
    }
    wrong_passphrase(&mut machine, &wire).await?;
    without_wire(&mut machine, &wire).await
}

/// Says which interface leads out; nothing where none does.
const CARRIER: &str =
    r#"/bin/busybox ip route show default | grep -o "dev [^ ]*" | head -n 1 | cut -c5-"#;

async fn expect_carried_by(machine: &mut Machine, interface: &str) -> Result<(), Failure> {
    let until = format!(
        "timeout 200 sh -c 'until [ \"$({CARRIER})\" = \"{interface}\" ]; do sleep 1; done'"
    );
    if machine.try_run(&until).await?.status == 0 {
        return Ok(());
    }
    let said = "networkctl --no-pager; /bin/busybox ip route; journalctl --no-pager -n 60 \
                -u hall24-network -u 'hall24-wifi@*' -u point -u systemd-networkd";
    let said = machine.try_run(said).await?.text;
    Err(Failure(format!("“{interface}” does not carry: {said}")))
}

/// Two radios that hear each other: the second is an access point, bridged to the second card. Gives the name
/// of the wire's card.
async fn open_the_air(machine: &mut Machine) -> Result<String, Failure> {
    let by_address = |compare: &str| {
        format!(
            "cd /sys/class/net && for it in e*; do \
             [ $(cat $it/address) {compare} {UPLINK} ] && echo $it; done; :"
        )
    };
    let uplink = machine.run(&by_address("=")).await?;
    let wire = machine.run(&by_address("!=")).await?;
    let links = [
        ("05-uplink.network", format!("[Match]\nName={uplink}\n[Network]\nBridge=air\n")),
        ("05-point.network", format!("[Match]\nName={POINT}\n[Link]\nUnmanaged=yes\n")),
        ("05-air.network", "[Match]\nName=air\n[Network]\nLinkLocalAddressing=no\n".to_owned()),
        ("05-air.netdev", "[NetDev]\nName=air\nKind=bridge\n".to_owned()),
    ];
    for (name, text) in links {
        write(machine, &format!("/run/systemd/network/{name}"), &text).await?;
    }
    // With this radio nobody joins.
    let never = format!("/run/systemd/system/hall24-wifi@{POINT}.service.d");
    machine.run(&format!("mkdir -p {never}")).await?;
    let text = "[Unit]\nConditionPathExists=/never\n";
    write(machine, &format!("{never}/never.conf"), text).await?;
    machine.run("systemctl daemon-reload").await?;
    machine.run("modprobe bridge && networkctl reload && modprobe mac80211_hwsim radios=2").await?;
    start_point(machine, "WPA-PSK").await?;
    Ok(wire)
}

/// What WPA2 and WPA3 call the agreement on a key: `WPA-PSK` and `SAE`.
async fn start_point(machine: &mut Machine, agreement: &str) -> Result<(), Failure> {
    let name: String = NAME.bytes().map(|it| format!("{it:02x}")).collect();
    let frames = if agreement == "SAE" { 2 } else { 0 };
    let point = format!(
        "country=CN\nnetwork={{\nssid={name}\nmode=2\nfrequency=2412\nproto=RSN\npairwise=CCMP\n\
         key_mgmt={agreement}\nieee80211w={frames}\npsk=\"{PASSPHRASE}\"\n}}\n"
    );
    write(machine, &format!("{FOLDER}/point.conf"), &point).await?;
    let start = format!(
        "systemctl stop point.service 2>/dev/null; systemd-run --quiet --unit=point \
         /sbin/wpa_supplicant -i {POINT} -D nl80211 -c {FOLDER}/point.conf"
    );
    machine.run(&start).await?;
    // A bridge takes a radio only once it is an access point.
    let bridged = format!(
        "timeout 120 sh -c 'until /bin/busybox brctl addif air {POINT} 2>/dev/null || \
         [ -e /sys/class/net/{POINT}/brport ]; do sleep 1; done'"
    );
    machine.run(&bridged).await.map(drop)
}

/// By a shell that takes every sign but the quotes of its own.
async fn write(machine: &mut Machine, path: &str, text: &str) -> Result<(), Failure> {
    let octal: String = text.bytes().map(|it| format!("\\{it:03o}")).collect();
    machine.run(&format!("printf '{octal}' >{path}")).await.map(drop)
}

/// The hall's stick, on which somebody wrote how to come into the Wi-Fi.
async fn stick(stage: &Stage, hall: &Hall) -> Result<PathBuf, Failure> {
    let stick = hall.stick().await?;
    let file = stage.scratch.path().join("hall24-enrol.toml");
    let partition = format!("{}@@1M", stick.display());
    let run = |program: &str, from: &str, to: &str| {
        let status =
            Command::new(program).args(["-o", "-n", "-i", &partition, from, to]).status()?;
        expect(status.success(), format!("{program} cannot write the stick"))
    };
    let outside = file.display().to_string();
    run("mcopy", "::hall24-enrol.toml", &outside)?;
    let passphrase = PASSPHRASE.replace('"', "\\\"");
    let network = format!(
        "[network]\norder = [\"wire\", \"wifi\"]\n\
         wifi = {{ name = \"{NAME}\", country = \"CN\", passphrase = \"{passphrase}\" }}\n"
    );
    let said = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("{said}{network}"))?;
    run("mcopy", &outside, "::hall24-enrol.toml")?;
    Ok(stick)
}

/// Files of their readers alone, and nowhere in the log.
async fn secrets_are_kept(machine: &mut Machine) -> Result<(), Failure> {
    let modes = "cd /var/lib/hall24 && stat -L -c '%n %U %a' wifi.key network.toml && \
                 cd /run/hall24-network && stat -c '%n %U %a' wpa_supplicant.conf .";
    let modes = machine.run(modes).await?;
    let expected =
        "wifi.key hall24 600\nnetwork.toml hall24 600\nwpa_supplicant.conf root 600\n. root 700";
    expect(modes.starts_with(expected), format!("who may read the secrets: {modes}"))?;
    let told = machine.run("journalctl --no-pager | grep -cF 'so secret'; :").await?;
    expect(told == "0", format!("{told} lines of the log tell the passphrase"))
}

/// Nothing else breaks: the wire carries, the kiosk runs, and the Wi-Fi has no address.
async fn wrong_passphrase(machine: &mut Machine, wire: &str) -> Result<(), Failure> {
    let change = "cd /var/lib/hall24 && echo wrong-passphrase >wifi.key && \
                  systemctl restart hall24-network.service";
    machine.run(change).await?;
    let gone = format!(
        "timeout 200 sh -c \
         'while /bin/busybox ip route show default | grep -q {STATION}; do sleep 1; done'"
    );
    machine.run(&gone).await?;
    expect_carried_by(machine, wire).await?;
    machine
        .run("systemctl is-active hall24-kiosk.service hall24-wifi@wlan0.service")
        .await
        .map(drop)
}

/// What is not in the order is left down, from the moment the configuration says so; Wi-Fi carries, of WPA3
/// now; and somebody waits for a modem.
async fn without_wire(machine: &mut Machine, wire: &str) -> Result<(), Failure> {
    start_point(machine, "SAE").await?;
    write(machine, "/var/lib/hall24/wifi.key", &format!("{PASSPHRASE}\n")).await?;
    let change = "cd /var/lib/hall24 && \
                  sed 's/^order = .*/order = [\"modem\", \"wifi\"]/' network.toml >new && \
                  printf '\\n[network.modem]\\napn = \"hall.example\"\\n' >>new && \
                  grep -q '^order = .\"modem' new && mv new network.toml";
    machine.run(change).await?;
    let down = format!(
        "timeout 200 sh -c \
         'until [ $(( $(cat /sys/class/net/{wire}/flags) & 1 )) = 0 ]; do sleep 1; done'"
    );
    machine.run(&down).await?;
    expect_carried_by(machine, STATION).await?;
    let waits = "timeout 100 sh -c 'until mmcli --list-modems; do sleep 1; done' && \
                 systemctl is-active hall24-modem.service";
    let waits = machine.run(waits).await?;
    expect(waits.contains("No modems were found"), format!("ModemManager says {waits}"))
}
