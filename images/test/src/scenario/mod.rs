//! What people rely on, one story a file.

mod bare;
mod boot;
mod bounced;
mod crash_loop;
mod data;
mod enrolment;
mod hangs;
mod interfaces;
mod kiosk;
mod maintenance;
mod network;
mod offered;
mod pi;
mod pickup;
mod power_cuts;
mod roll_back;
mod sealed;
mod turned;
mod update;
mod wrong_clock;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::board::Board;
use crate::hall::Hall;
use crate::machine::{Answer, BOOT_LIMIT, COMMAND_LIMIT, Machine};
use crate::panel::{ENGLISH, Panel};
use crate::picture::Picture;
use crate::{Failure, Stage};

type Play = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

/// One story.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) play: Play,
    /// The one board that it is for, and why, where another has not what it needs.
    pub(crate) only: Option<(Board, &'static str)>,
}

impl Scenario {
    /// Why it cannot be played on this board.
    pub(crate) fn is_not_for(&self, board: Board) -> Option<&'static str> {
        self.only.filter(|(only, _)| *only != board).map(|(_, why)| why)
    }
}

/// All of them, the most basic first.
pub(crate) fn all() -> Vec<Scenario> {
    macro_rules! list {
        ($($name:literal => $play:path $([$board:ident, $why:literal])?,)*) => {
            vec![$(Scenario {
                name: $name,
                play: |stage| Box::pin($play(stage)),
                only: None$(.or(Some((Board::$board, $why))))?,
            },)*]
        };
    }
    list! {
        "boot" => boot::play,
        "bare" => bare::play,
        "kiosk" => kiosk::play,
        "turned" => turned::play,
        "enrolment" => enrolment::play,
        "pickup" => pickup::play,
        "sealed" => sealed::play
            [Amd64, "Debian's kernel has no driver for the TPM that QEMU's Arm board has"],
        "maintenance" => maintenance::play,
        "network" => network::play,
        "wrong-clock" => wrong_clock::play,
        "interfaces" => interfaces::play,
        "pi" => pi::play [Arm64, "a PC has no header with pins"],
        "update" => update::play,
        "offered" => offered::play,
        "roll-back" => roll_back::play,
        "bounced" => bounced::play,
        "power-cuts" => power_cuts::play,
        "data-destroyed" => data::destroyed,
        "data-unreadable" => data::unreadable,
        "data-fails" => data::fails,
        "root-corrupted" => data::root_corrupted,
        "block-corrupted" => data::block_corrupted,
        "data-grows" => data::grows,
        "disk-full" => data::disk_full,
        "crash-loop" => crash_loop::play,
        "hangs" => hangs::play,
    }
}

/// Whether a page of ours is on the panel.
pub(crate) fn is_page(picture: &Picture) -> bool {
    Panel::Upright.has_page(picture)
}

/// The page stands the right way up on a panel that hangs so, and is touched where it is seen: at the key
/// for the other language.
pub(crate) async fn speaks_english(machine: &mut Machine, panel: Panel) -> Result<(), Failure> {
    let chinese = machine.settled(COMMAND_LIMIT).await?;
    expect(panel.is_right_way_up(&chinese), "the header is not at the page's top")?;
    machine.touch_of(panel.place(ENGLISH), panel.size()).await?;
    let other = |it: &Picture| panel.has_page(it) && it.is_other_than(&chinese);
    machine.shows("the page in English", COMMAND_LIMIT, other).await.map(drop)
}

/// Waits until the system takes commands, where it does not yet, and a page is shown.
pub(crate) async fn until_page(machine: &mut Machine) -> Result<Picture, Failure> {
    machine.up().await?;
    machine.shows("a page", BOOT_LIMIT, is_page).await
}

/// Waits until what starts beside the page has started, and every device has its driver.
pub(crate) async fn until_started(machine: &mut Machine) -> Result<(), Failure> {
    let started = machine.try_run("timeout 400 systemctl is-system-running --wait").await?;
    expect(started.status != 124, "the start does not end")?;
    machine.run("udevadm settle --timeout=400").await.map(drop)
}

/// A box from the store, not enrolled, that was found good, with these updates plugged in.
pub(crate) async fn found_good(stage: &Stage, updates: &[&str]) -> Result<Machine, Failure> {
    let files: Vec<_> = updates.iter().map(|it| stage.update(it)).collect();
    let mut machine = stage.power_on(&stage.disk()?, &files).await?;
    until_page(&mut machine).await?;
    until_good(&mut machine).await?;
    Ok(machine)
}

/// Whether the office has heard of the kiosk that was enrolled.
const SEEN: &str =
    "SELECT count(*) || '' FROM kiosks WHERE number = 3 AND last_seen_at IS NOT NULL";

/// A box from the store, which a technician's stick makes the kiosk of this hall; it is known to be good.
pub(crate) async fn enrolled(stage: &Stage, hall: &Hall) -> Result<Machine, Failure> {
    let disk = stage.disk()?;
    let mut machine = stage.power_on_with(&disk, hall.hardware()).await?;
    enrol(stage, hall, &mut machine).await?;
    Ok(machine)
}

/// The same with a machine that is switched on; gives the page that asked for the enrolment.
pub(crate) async fn enrol(
    stage: &Stage,
    hall: &Hall,
    machine: &mut Machine,
) -> Result<Picture, Failure> {
    let asks = until_page(machine).await?;
    machine.plug_in(&hall.stick().await?).await?;
    machine
        .run("timeout 300 sh -c 'until [ -e /var/lib/hall24/kiosk.toml ]; do sleep 1; done'")
        .await?;
    stage.say("enrolled by stick");
    let stick = machine.run("systemctl show -p Result hall24-stick@sda1.service").await?;
    expect(stick == "Result=success", format!("the stick's unit: {stick}"))?;
    let other = |it: &Picture| is_page(it) && it.is_other_than(&asks);
    machine.shows("the kiosk", BOOT_LIMIT, other).await?;
    until_good(machine).await?;
    hall.office_says(SEEN, "1", COMMAND_LIMIT).await?;
    machine.unplug().await?;
    Ok(asks)
}

/// Which slot the system runs from, and which version it is.
pub(crate) async fn running(machine: &mut Machine) -> Result<(String, String), Failure> {
    let slot = machine.run(r"sed 's/.*rauc.slot=\(.\).*/\1/' /proc/cmdline").await?;
    let version = machine.run(". /usr/lib/os-release; echo $VERSION_ID").await?;
    Ok((slot, version))
}

/// Waits until the version that runs has been found good.
pub(crate) async fn until_good(machine: &mut Machine) -> Result<(), Failure> {
    let command = "timeout 400 sh -c 'until systemctl is-active -q hall24-healthy; do sleep 1; done' || \
         { journalctl --no-pager -o cat -n 30 -u hall24-healthy -u hall24-kiosk; exit 1; }";
    machine.run(command).await.map(drop)
}

/// Puts an update that is plugged in as a further disk onto the data partition; gives its path there.
pub(crate) async fn copy_in(
    machine: &mut Machine,
    stage: &Stage,
    name: &str,
) -> Result<String, Failure> {
    let size = std::fs::metadata(stage.update(name))?.len();
    let path = format!("/var/lib/rauc/{name}.raucb");
    let from = format!("/dev/disk/by-id/virtio-{name}");
    machine.run(&format!("head -c {size} {from} >{path} && sync {path}")).await?;
    Ok(path)
}

pub(crate) fn expect(holds: bool, otherwise: impl Into<String>) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(Failure(otherwise.into())),
    }
}

/// A command that has to be refused.
pub(crate) fn refused(answer: &Answer, because: &str) -> Result<(), Failure> {
    let said = answer.status != 0 && answer.text.contains(because);
    expect(said, format!("expected a refusal that says “{because}”: {answer:?}"))
}

/// Long enough for three boots that fail and one that does not.
pub(crate) const FOUR_BOOTS: Duration = Duration::from_secs(1800);
