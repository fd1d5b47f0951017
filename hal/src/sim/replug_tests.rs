//! Every device at the end of a line, unplugged and plugged in again a thousand times in simulated time:
//! its driver says so each time, and leaves no task, file or memory behind.

use std::fs;

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;

use super::{Device, SimHandle, SimOptions, serve};
use crate::fault::Link;
use crate::port::PortUrl;

const TIMES: usize = 1_000;
/// After so many everything that is kept is there.
const WARM: usize = 100;
/// What an allocator may keep or give back at its own will; a leak of 300 bytes a time is found.
const SLACK_BYTES: u64 = 256 * 1024;

#[derive(Debug)]
struct Held {
    tasks: usize,
    files: usize,
    bytes: u64,
}

fn held() -> Held {
    let files = fs::read_dir("/proc/self/fd").expect("Linux tells").count();
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let data = status.lines().find_map(|it| it.strip_prefix("VmData:")).expect("a line");
    let kilobytes = data.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
    Held { tasks: Handle::current().metrics().num_alive_tasks(), files, bytes: kilobytes * 1024 }
}

async fn serve_at(name: &str, device: Box<dyn Device>) -> (SimHandle, PortUrl) {
    let url: PortUrl = format!("sim:replug-{name}").parse().expect("a port");
    let options = SimOptions { seed: 24, pace_baud: None };
    (serve(device, &url, options).await.expect("it is served"), url)
}

async fn until<E>(events: &mut mpsc::Receiver<E>, link_of: fn(&E) -> Option<Link>, wanted: Link) {
    loop {
        let event = events.recv().await.expect("the driver runs");
        if link_of(&event) == Some(wanted) {
            return;
        }
    }
}

/// A device whose cable a test may pull.
trait Plugged {
    fn unplug(&self);
    fn replug(&self);
}

macro_rules! plugged {
    ($($device:ty),*) => {
        $(impl Plugged for $device {
            fn unplug(&self) {
                self.unplug();
            }

            fn replug(&self) {
                self.replug();
            }
        })*
    };
}

plugged!(SimHandle, PanelSim, StatusDisplaySim);

async fn plug_and_unplug<E>(
    device: &impl Plugged,
    mut events: mpsc::Receiver<E>,
    link_of: fn(&E) -> Option<Link>,
) {
    until(&mut events, link_of, Link::Up).await;
    let mut warm = None;
    for n in 0..TIMES {
        if n == WARM {
            warm = Some(held());
        }
        device.unplug();
        until(&mut events, link_of, Link::Down).await;
        device.replug();
        until(&mut events, link_of, Link::Up).await;
    }
    let (before, after) = (warm.expect("it was measured"), held());
    assert_eq!((before.tasks, before.files), (after.tasks, after.files), "tasks and files");
    assert!(after.bytes <= before.bytes + SLACK_BYTES, "memory: {before:?}, then {after:?}");
}

macro_rules! replugged {
    ($($name:ident: $device:expr, $spawn:expr, $event:path;)*) => {
        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            let (device, url) = serve_at(stringify!($name), Box::new($device)).await;
            let (sender, events) = mpsc::channel(64);
            let spawn = $spawn;
            let _handle = spawn(url, sender);
            plug_and_unplug(&device, events, |it| match it {
                $event(link) => Some(*link),
                _ => None,
            })
            .await;
        })*
    };
}

use crate::evaluator::{EvaluatorEvent, sim::EvaluatorSim};
use crate::id_reader::{ReaderEvent, sim::ReaderSim};
use crate::locker::{LockerEvent, LockerSettings, sim::LockerSim};
use crate::panel::{PanelEvent, PanelSettings, sim::PanelSim};
use crate::printer::{FontSettings, PrinterEvent, PrinterSettings, sim::PrinterSim};
use crate::scanner::{Protocol, ScannerEvent, ScannerSettings, sim::ScannerSim};
use crate::status_display::{DisplayEvent, sim::StatusDisplaySim};
use crate::ups::{UpsEvent, UpsSettings, sim::UpsSim};

fn gm65() -> ScannerSettings {
    ScannerSettings::of(Protocol::Gm65)
}

replugged! {
    an_id_reader: ReaderSim::new(),
        |url, events| crate::id_reader::spawn(url, Default::default(), None, events),
        ReaderEvent::Link;
    a_locker_board: LockerSim::new(&LockerSettings::default()),
        |url, events| crate::locker::spawn(url, LockerSettings::default(), None, events),
        LockerEvent::Link;
    a_printer: PrinterSim::new(&PrinterSettings::default()),
        |url, events| crate::printer::spawn(url, PrinterSettings::default(), None, events),
        PrinterEvent::Link;
    a_scanner: ScannerSim::new(&gm65()),
        |url, events| crate::scanner::spawn_with(url, gm65(), None, events),
        ScannerEvent::Link;
    a_ups: UpsSim::new(&UpsSettings::default()),
        |url, events| crate::ups::spawn(url, UpsSettings::default(), None, events),
        UpsEvent::Link;
    an_evaluator: EvaluatorSim::new(&Default::default()),
        |url, events| crate::evaluator::spawn(url, Default::default(), None, events),
        EvaluatorEvent::Link;
}

#[tokio::test(start_paused = true)]
async fn a_cabinets_lines() {
    let (url, settings) = ("sim:replug-panel".parse().expect("a port"), PanelSettings::complete());
    let options = SimOptions { seed: 24, pace_baud: None };
    let device = PanelSim::serve(&url, settings.clone(), options).expect("it is served");
    let (sender, events) = mpsc::channel(64);
    let _handle = crate::panel::spawn(url, settings, sender);
    plug_and_unplug(&device, events, |it| match it {
        PanelEvent::Link(link) => Some(*link),
        _ => None,
    })
    .await;
}

/// Its bus is spoken to from threads that block; one of them, so that their stacks are no leak.
#[test]
fn a_status_display() {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).max_blocking_threads(1).build();
    runtime.expect("a runtime").block_on(async {
        let url: PortUrl = "sim:replug-display".parse().expect("a port");
        let device = StatusDisplaySim::serve(&url).expect("it is served");
        let (sender, events) = mpsc::channel(64);
        let fonts = FontSettings { regular: Vec::new(), bold: Vec::new() };
        let _handle = crate::status_display::spawn(url, Default::default(), fonts, sender);
        plug_and_unplug(&device, events, |it| {
            let DisplayEvent::Link(link) = it;
            Some(*link)
        })
        .await;
    });
}
