//! The kiosk's drivers at the kernel's own interfaces, with what the kernel has in place of hardware: a
//! camera (vivid), a sound card (snd-aloop), a scanner that types (a USB keyboard of QEMU's), a smart
//! card's reader (QEMU's, too), a pen tablet (uinput), on the PC a bus (i2c-stub), and on the Arm board the
//! lines of its PL061.

use super::{expect, refused, until_page, until_started};
use crate::board::Board;
use crate::card::Reader;
use crate::machine::{Machine, further_disk};
use crate::{Failure, Stage};

/// What the scanner types.
const CODE: &str = "5839201746";
const STAFF_CARD: &str = "ZJ-0007";
const KEYBOARD: &str = "/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_*-event-kbd";

/// The kernel's drivers of what is plugged into kiosks.
const DRIVERS: &str = "uvcvideo usblp usbserial ftdi_sio cp210x ch341 pl2303 cdc_acm snd_usb_audio usbhid \
                       hid_multitouch usb_storage uas i2c_dev uinput qmi_wwan cdc_mbim mac80211";

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let hardware = ["-device", "qemu-xhci,id=usb", "-device", "usb-kbd,id=scanner"];
    // ACPI does not name the PL061; without it the firmware hands over the board's device tree.
    let tree = ["-machine", "acpi=off"].into_iter().filter(|_| stage.board == Board::Arm64);
    let hardware = hardware.into_iter().chain(tree).map(str::to_owned);
    let reader = Reader::new()?;
    let hardware = hardware.chain(reader.hardware());
    let hardware = hardware.chain(further_disk(&stage.file("pen"))).collect();
    let mut machine = stage.power_on_with(&disk, hardware).await?;
    until_page(&mut machine).await?;
    until_started(&mut machine).await?;
    known_before(&mut machine).await?;
    // A driver that cannot be loaded is found out by the technician with the device in his hand.
    machine.run(&format!("modprobe --all {DRIVERS}")).await?;
    camera(&mut machine, stage).await?;
    speaker(&mut machine, stage).await?;
    // Debian's kernel for Arm has no i2c-stub, and a PC has no PL061.
    match stage.board {
        Board::Amd64 => status_display(&mut machine).await?,
        Board::Arm64 => panel(&mut machine, stage).await?,
    }
    scanner(&mut machine).await?;
    card(&mut machine, &reader).await?;
    pen(&mut machine, stage).await
}

/// A command of the kiosk's program, in a unit that may do what the kiosk's may.
fn as_kiosk(command: &str) -> String {
    let hardening = "/usr/lib/systemd/system/hall24-panel-hardening.conf";
    format!(
        "set --; while read -r line; do case $line in Runtime*|EnvironmentFile*) ;; \
         [A-Z]*=*) set -- \"$@\" -p \"$line\" ;; esac; done <{hardening}; \
         systemd-run --quiet --collect --pipe --wait \"$@\" kiosk device {command}"
    )
}

/// Groups of devices that the kiosk's unit names have to be known before the first of them is plugged in.
async fn known_before(machine: &mut Machine) -> Result<(), Failure> {
    let groups = "sed -n 's/^DeviceAllow=char-\\([^ ]*\\) .*/\\1/p' \
                  /usr/lib/systemd/system/hall24-panel-hardening.conf";
    let unknown = format!(
        "for it in $({groups}); do grep -qx \"[ 0-9]* $it\" /proc/devices || echo $it; done"
    );
    let unknown = machine.run(&unknown).await?;
    // The other board's serial ports.
    let strange = unknown.lines().find(|it| !["ttyAMA", "ttyS"].contains(it));
    expect(strange.is_none(), format!("the kernel does not know yet: {unknown}"))
}

async fn camera(machine: &mut Machine, stage: &Stage) -> Result<(), Failure> {
    let load = "modprobe vivid n_devs=1 node_types=0x1 && udevadm settle || { dmesg | tail -n 5; exit 1; }";
    machine.run(load).await?;
    // A machine without acceleration takes its time for a picture.
    let capture = "camera capture /var/lib/hall24/page.jpg --port v4l2:/dev/video0 --set anyway=true \
                   --set format=yuyv --set width=640 --set height=360 \
                   --set capture_timeout_ms=60000 --set frame_timeout_ms=60000";
    stage.say(machine.run(&as_kiosk(capture)).await?.replace('\n', "; "));
    let begins = machine.run("head -c 3 /var/lib/hall24/page.jpg | od -An -tx1").await?;
    expect(begins == "ff d8 ff", format!("the page is no JPEG: {begins}"))
}

async fn speaker(machine: &mut Machine, stage: &Stage) -> Result<(), Failure> {
    machine.run("modprobe snd-aloop && udevadm settle").await?;
    // What goes into one end of the cable is heard at the other.
    let hear = "arecord --quiet -D plughw:CARD=Loopback,DEV=1 -f S16_LE -r 48000 -c 2 -d 8 \
                /tmp/heard.wav";
    machine.run(&format!("rm -f /tmp/heard.wav; {hear} >/tmp/hear.log 2>&1 &")).await?;
    let say = "speaker say 'door 7 is_open' --port alsa:plughw:CARD=Loopback,DEV=0";
    stage.say(machine.run(&as_kiosk(say)).await?.replace('\n', "; "));
    machine.run("timeout 60 sh -c 'while busybox pidof arecord; do sleep 1; done'").await?;
    let heard = machine.run("tail -c +45 /tmp/heard.wav | tr -d '\\000' | wc -c").await?;
    let heard: u64 =
        heard.parse().map_err(|_| Failure(format!("nothing was recorded: {heard}")))?;
    expect(heard > 20_000, format!("only {heard} bytes were no silence"))
}

/// The stub knows no plain transfers, which the display needs: the driver has to say so, not to hang.
async fn status_display(machine: &mut Machine) -> Result<(), Failure> {
    machine.run("modprobe i2c-stub chip_addr=0x3c && udevadm settle").await?;
    let bus = "grep -l 'SMBus stub' /sys/class/i2c-dev/i2c-*/name | cut -d/ -f5";
    let bus = machine.run(bus).await?;
    let show = format!("status-display show 24 --port 'i2c:/dev/{bus}?address=0x3c' 2>&1");
    refused(&machine.try_run(&as_kiosk(&show)).await?, &bus)
}

async fn scanner(machine: &mut Machine) -> Result<(), Failure> {
    let comes = "timeout 60 sh -c 'until ls /dev/input/by-id | grep -q Keyboard; do sleep 1; done'";
    machine.run(comes).await?;
    let device = machine.run(&format!("echo {KEYBOARD}")).await?;
    let read =
        format!("scanner read --reveal --timeout 2m --port evdev:{device} >/tmp/read 2>&1 &");
    machine.run(&as_kiosk(&read)).await?;
    let event = machine.run(&format!("readlink -f {device}")).await?;
    machine.run(&until_taken(&event)).await?;
    machine.types(CODE).await?;
    machine.run("timeout 60 sh -c 'until [ -s /tmp/read ]; do sleep 1; done'").await?;
    let read = machine.run("cat /tmp/read").await?;
    expect(read.contains(CODE), format!("the scanner read {read}"))
}

/// The smart-card service starts when it is asked for, its driver knows the reader, and a staff card in it
/// proves whose it is.
async fn card(machine: &mut Machine, reader: &Reader) -> Result<(), Failure> {
    let _card = reader.insert(STAFF_CARD).await?;
    let staff = "card staff --json --port pcsc: --timeout 2m 2>&1 || \
                 { journalctl --no-pager -o cat -n 20 -u pcscd; exit 1; }";
    let read = machine.run(&as_kiosk(staff)).await?;
    expect(read.contains(STAFF_CARD), format!("the staff card is read as {read}"))
}

/// A tablet that the kernel has and nobody holds; what it draws is taken as a signature.
async fn pen(machine: &mut Machine, stage: &Stage) -> Result<(), Failure> {
    let size = std::fs::metadata(stage.file("pen"))?.len();
    let start = format!(
        "modprobe uinput && head -c {size} /dev/disk/by-id/virtio-pen >/run/pen && \
         chmod 755 /run/pen && mkfifo /run/ink && {{ /run/pen /run/ink >/tmp/pen 2>&1 & }}"
    );
    machine.run(&start).await?;
    let by_name = "grep -l hall24-test-pen /sys/class/input/event*/device/name | cut -d/ -f5";
    let comes = format!("timeout 60 sh -c 'until {by_name} | grep .; do sleep 1; done'");
    let event = machine.run(&comes).await?;
    let sign = "signature sign --json --timeout 3m --port evdev:?name=hall24-test-pen \
                >/tmp/signed 2>&1 &";
    machine.run(&as_kiosk(sign)).await?;
    machine.run(&until_taken(&format!("/dev/input/{event}"))).await?;
    machine.run("echo >/run/ink").await?;
    machine.run("timeout 120 sh -c 'until [ -s /tmp/signed ]; do sleep 1; done'").await?;
    let signed = machine.run("cat /tmp/signed").await?;
    stage.say(&signed);
    expect(signed.contains("\"strokes\":3"), format!("no signature of three strokes: {signed}"))
}

/// Waits until a command of [`as_kiosk`] has the device open; the page on the panel looks at it, too.
fn until_taken(device: &str) -> String {
    let open = "for it in $(grep -lsaz ^device$ /proc/[0-9]*/cmdline); do \
                ls -l ${it%cmdline}fd; done 2>/dev/null";
    format!("timeout 60 sh -c 'until {{ {open}; }} | grep -q \"{device}$\"; do sleep 1; done'")
}

/// The lines of the board's PL061; the kernel is the witness.
async fn panel(machine: &mut Machine, stage: &Stage) -> Result<(), Failure> {
    machine.run("test -e /dev/gpiochip0").await?;
    let lines = "--port gpio:/dev/gpiochip0 --set door.line=1 --set lights.ready.line=2";
    stage.say(machine.run(&as_kiosk(&format!("panel state {lines}"))).await?.replace('\n', "; "));
    let witness = "/sys/kernel/debug/gpio";
    let mount = "mount -t debugfs debugfs /sys/kernel/debug";
    let before = machine.run(&format!("test -e {witness} || {mount}; cat {witness}")).await?;
    expect(!before.contains("out hi"), format!("a line is driven already: {before}"))?;
    machine.run(&as_kiosk(&format!("panel light ready on {lines} >/tmp/lit 2>&1 &"))).await?;
    let lit = format!("timeout 60 sh -c 'until grep \"out hi\" {witness}; do sleep 0.2; done'");
    stage.say(machine.run(&lit).await?);
    machine.run("timeout 60 sh -c 'until [ -s /tmp/lit ]; do sleep 1; done'").await?;
    stage.say(machine.run("cat /tmp/lit").await?.replace('\n', "; "));
    Ok(())
}
