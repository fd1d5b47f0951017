//! The task against a real socket of systemd's kind and a pipe in the place of the device.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::systemd::{Address, Invitation};
use super::{
    Beat, WatchdogCommand, WatchdogError, WatchdogEvent, WatchdogHandle, WatchdogSettings, Watched,
    spawn,
};

/// In the paused time of these tests nobody waits for it.
async fn seconds(count: u64) {
    sleep(Duration::from_secs(count)).await;
}

/// systemd and a device, as far as the task can tell.
struct Rig {
    folder: TempDir,
    systemd: UnixDatagram,
    device: File,
    beats: [Beat; 2],
    events: mpsc::Receiver<WatchdogEvent>,
    handle: WatchdogHandle,
}

fn device_settings(path: PathBuf) -> WatchdogSettings {
    WatchdogSettings { device: Some(path), kick_interval_ms: 5_000, ..Default::default() }
}

impl Rig {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&socket).expect("a socket");
        systemd.set_nonblocking(true).expect("it is a socket");
        let pipe = folder.path().join("watchdog");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let device = OpenOptions::new().read(true).custom_flags(flags).open(&pipe);
        let invitation =
            Invitation { address: Address::Path(socket), limit: Some(Duration::from_secs(20)) };
        let beats = [Beat::default(), Beat::default()];
        let loops = vec![
            ("window", None, beats[0].clone()),
            ("store", Some(Duration::from_secs(60)), beats[1].clone()),
        ];
        let (sender, events) = mpsc::channel(16);
        let handle = spawn(&device_settings(pipe), Some(invitation), loops, sender);
        let handle = handle.expect("armed");
        let device = device.expect("the pipe's other end");
        Self { folder, systemd, device, beats, events, handle }
    }

    /// What systemd was told since the last time.
    fn told(&self) -> Vec<String> {
        let mut buffer = [0; 256];
        let next = || self.systemd.recv(&mut buffer).map(|it| buffer[..it].to_vec());
        std::iter::from_fn({
            let mut next = next;
            move || match next() {
                Ok(message) => Some(String::from_utf8(message).expect("text")),
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                Err(error) => panic!("{error}"),
            }
        })
        .collect()
    }

    /// What the device was written since the last time.
    fn written(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.device.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        bytes
    }

    async fn turn_for(&self, count: u64) {
        for _ in 0..count {
            self.beats.iter().for_each(Beat::check_in);
            seconds(1).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn both_are_kicked_while_all_loops_turn() {
    let mut rig = Rig::start();
    rig.handle.send(WatchdogCommand::Ready).expect("taken");
    rig.handle.send(WatchdogCommand::Status("serving\nREADY=0".into())).expect("taken");
    let mut told = Vec::new();
    // A socket's queue is short.
    for _ in 0..101 {
        rig.turn_for(1).await;
        told.extend(rig.told());
    }
    assert_eq!(told.iter().filter(|it| *it == "WATCHDOG=1").count(), 11);
    let others: Vec<_> = told.iter().filter(|it| *it != "WATCHDOG=1").collect();
    assert_eq!(others, ["READY=1", "STATUS=serving READY=0"]);
    assert_eq!(rig.written(), [0; 21]);
    rig.handle.send(WatchdogCommand::Stop).expect("taken");
    rig.turn_for(30).await;
    assert_eq!(rig.told(), ["STOPPING=1"]);
    assert_eq!(rig.written(), b"V", "put to rest by the magic byte");
    assert!(rig.handle.send(WatchdogCommand::Ready).is_err(), "the task has ended");
    assert_eq!(rig.events.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn one_loop_that_hangs_is_enough_for_both_to_fall_silent() {
    let mut rig = Rig::start();
    rig.turn_for(40).await;
    rig.told();
    rig.written();
    // The window hangs; the store goes on.
    for _ in 0..40 {
        rig.beats[1].check_in();
        seconds(1).await;
    }
    assert_eq!(rig.events.try_recv(), Ok(WatchdogEvent::Late { name: "window" }));
    rig.told();
    rig.written();
    for _ in 0..60 {
        rig.beats[1].check_in();
        seconds(1).await;
    }
    assert!(rig.told().is_empty());
    assert!(rig.written().is_empty());
    assert!(rig.events.try_recv().is_err(), "told once");
    // It comes back before anything was restarted: kicked at once.
    rig.turn_for(1).await;
    assert_eq!(rig.events.try_recv(), Ok(WatchdogEvent::Back { name: "window" }));
    assert_eq!(rig.told(), ["WATCHDOG=1"]);
    assert_eq!(rig.written(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_fails_leaves_the_device_armed() {
    let mut rig = Rig::start();
    rig.turn_for(2).await;
    rig.written();
    let (handle, none) = crate::commands::Commands::queue(1);
    drop(none);
    drop(std::mem::replace(&mut rig.handle, handle));
    seconds(60).await;
    assert!(rig.written().is_empty(), "closed without the magic byte");
    assert!(!rig.told().contains(&"STOPPING=1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_systemd_that_does_not_listen_is_told_once_and_the_device_goes_on() {
    let mut rig = Rig::start();
    rig.turn_for(1).await;
    rig.written();
    fs::remove_file(rig.folder.path().join("notify")).expect("removed");
    let (gone, _) = UnixDatagram::pair().expect("sockets");
    drop(std::mem::replace(&mut rig.systemd, gone));
    rig.turn_for(100).await;
    let failed = WatchdogEvent::Failed { what: Watched::Program };
    assert_eq!(rig.events.try_recv(), Ok(failed));
    assert!(rig.events.try_recv().is_err());
    assert_eq!(rig.written().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn the_abstract_namespace_is_reached_too() {
    let name = format!("hall24-test-{}", std::process::id());
    let at = SocketAddr::from_abstract_name(&name).expect("a name");
    let systemd = UnixDatagram::bind_addr(&at).expect("a socket");
    let address = Address::Abstract(name.into_bytes());
    let invitation = Invitation { address, limit: None };
    let (sender, _events) = mpsc::channel(1);
    let settings = WatchdogSettings::default();
    let handle = spawn(&settings, Some(invitation), Vec::new(), sender).expect("armed");
    handle.send(WatchdogCommand::Ready).expect("taken");
    handle.send(WatchdogCommand::Stop).expect("taken");
    seconds(60).await;
    let mut buffer = [0; 64];
    for wanted in ["READY=1", "STOPPING=1"] {
        let count = systemd.recv(&mut buffer).expect("a message");
        assert_eq!(&buffer[..count], wanted.as_bytes(), "no WATCHDOG=1 was asked for");
    }
}

#[tokio::test]
async fn what_cannot_be_armed_says_why() {
    let (sender, _events) = mpsc::channel(1);
    let armed = |settings: &WatchdogSettings, invitation| {
        spawn(settings, invitation, Vec::new(), sender.clone())
    };
    let nobody = device_settings("/dev/watchdog-of-nobody".into());
    let error = armed(&nobody, None).expect_err("no device").to_string();
    assert!(error.contains("/dev/watchdog-of-nobody") && error.contains("systemd"), "{error}");
    let address = Address::Path("/run/nobody/notify".into());
    let invitation = Invitation { address, limit: None };
    let error = armed(&WatchdogSettings::default(), Some(invitation.clone()));
    assert!(matches!(error, Err(WatchdogError::Systemd(_))));
    // Switched off, the invitation is not even looked at.
    let off = WatchdogSettings { systemd: false, ..WatchdogSettings::default() };
    assert!(armed(&off, Some(invitation)).is_ok());
    let wrong = WatchdogSettings { kick_interval_ms: 1, ..WatchdogSettings::default() };
    assert!(matches!(armed(&wrong, None), Err(WatchdogError::Settings(_))));
}
