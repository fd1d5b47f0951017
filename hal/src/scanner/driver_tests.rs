//! The driver against the simulated scanner, for every protocol and through every fault.

use std::time::Duration;

use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::{
    Protocol, ScannerCommand, ScannerEvent, ScannerHandle, ScannerSettings,
    once::{self, ScanError},
    sim::ScannerSim,
    spawn_with,
};
use crate::{
    fault::Link,
    port::PortUrl,
    sim::{SimHandle, SimOptions, serve},
};

struct Rig {
    sim: SimHandle,
    handle: ScannerHandle,
    events: mpsc::Receiver<ScannerEvent>,
}

impl Rig {
    async fn start(endpoint: &str, settings: ScannerSettings) -> Self {
        let endpoint: PortUrl = endpoint.parse().expect("a port");
        let device = Box::new(ScannerSim::new(&settings));
        let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn_with(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, handle, events };
        rig.until(ScannerEvent::Link(Link::Up)).await;
        rig
    }

    async fn until(&mut self, wanted: ScannerEvent) {
        let search =
            async { while self.events.recv().await.expect("the driver runs") != wanted {} };
        timeout(Duration::from_secs(60), search).await.expect("the event comes");
    }

    fn hold(&self, text: &str) {
        self.sim.control(&json!({ "scan": text })).expect("possible");
    }

    fn start_reading(&self) {
        self.handle.send(ScannerCommand::Start).expect("taken");
    }

    /// Holds a code in front and asks for it as often as a person would.
    async fn reads(&mut self, text: &str) {
        for _ in 0..60 {
            self.hold(text);
            self.start_reading();
            let read = self.until(ScannerEvent::Scanned(text.to_owned()));
            if timeout(Duration::from_millis(500), read).await.is_ok() {
                return;
            }
        }
        panic!("a healthy scanner reads");
    }

    async fn goes_through_faults(&mut self) {
        for fault in self.sim.faults() {
            self.sim.set_fault(Some(fault.name)).expect("a fault");
            self.start_reading();
            self.hold("during");
            if fault.name == "unplugged" || fault.name == "settings_refused" {
                self.until(ScannerEvent::Link(Link::Down)).await;
            }
            self.sim.set_fault(None).expect("healed");
            self.reads(&format!("after {}", fault.name)).await;
        }
    }
}

fn settings(protocol: Protocol) -> ScannerSettings {
    ScannerSettings { poll_interval_ms: 200, ..ScannerSettings::of(protocol) }
}

#[tokio::test(start_paused = true)]
async fn codes_are_read_again_after_every_fault() {
    for protocol in Protocol::ALL {
        let endpoint = format!("sim:scanner-faults-{}", protocol.name());
        Rig::start(&endpoint, settings(protocol)).await.goes_through_faults().await;
    }
}

/// The same on real terminals, side by side.
#[tokio::test]
async fn codes_are_read_again_after_every_fault_on_a_pseudo_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut all = tokio::task::JoinSet::new();
    for protocol in Protocol::ALL {
        let endpoint = format!("pty:{}", directory.path().join(protocol.name()).display());
        all.spawn(async move {
            Rig::start(&endpoint, settings(protocol)).await.goes_through_faults().await;
        });
    }
    all.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn a_code_is_read_on_command_only() {
    for protocol in [Protocol::Gm65, Protocol::Honeywell] {
        let endpoint = format!("sim:scanner-command-{}", protocol.name());
        let mut rig = Rig::start(&endpoint, settings(protocol)).await;
        rig.hold("H24P-030712349");
        assert_eq!(rig.sim.state()["scans"], 0);
        rig.start_reading();
        rig.until(ScannerEvent::Scanned("H24P-030712349".to_owned())).await;
        rig.start_reading();
        rig.sim.wait_for(|it| it["reading"] == true).await;
        rig.handle.send(ScannerCommand::Stop).expect("taken");
        rig.sim.wait_for(|it| it["reading"] == false).await;
        assert_eq!(rig.sim.state()["starts"], 2);
        // A reading that finds nothing ends by itself.
        rig.start_reading();
        rig.sim.wait_for(|it| it["reading"] == true).await;
        rig.sim.wait_for(|it| it["reading"] == false).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_forgot_its_settings_is_set_again() {
    for skip_checksum in [false, true] {
        let settings = ScannerSettings { skip_checksum, ..settings(Protocol::Gm65) };
        let endpoint = format!("sim:scanner-forgot-{skip_checksum}");
        let rig = Rig::start(&endpoint, settings).await;
        assert_eq!(rig.sim.state()["reading"], false, "it was set to read on command");
        rig.sim.set_fault(Some("settings_lost")).expect("a fault");
        assert_eq!(rig.sim.state()["reading"], true);
        let state = rig.sim.wait_for(|it| it["saves"] == 2).await;
        assert_eq!(state["reading"], false);
        let notes: Vec<_> = rig.sim.records().into_iter().map(|it| it.note).collect();
        let set = notes.iter().filter(|it| *it == "set zone 0000 to 7d").count();
        assert_eq!(set, 2, "{notes:?}");
        let unknown = notes.iter().filter(|it| it.contains("not a scanner")).count();
        assert_eq!(unknown, 0, "{notes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_code_is_told_once_in_two_seconds() {
    let mut rig = Rig::start("sim:scanner-repeat", settings(Protocol::Line)).await;
    rig.hold("A");
    rig.hold("A");
    rig.hold("B");
    rig.until(ScannerEvent::Scanned("A".to_owned())).await;
    assert!(rig.events.recv().await == Some(ScannerEvent::Scanned("B".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_are_told() {
    let settings = ScannerSettings { read_time_ms: 0, ..ScannerSettings::default() };
    let (sender, mut events) = mpsc::channel(8);
    let _handle = spawn_with("sim:nobody".parse().expect("a port"), settings, None, sender);
    assert_eq!(events.recv().await, Some(ScannerEvent::Link(Link::Down)));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_reads_one_code() {
    let limit = Duration::from_secs(20);
    for protocol in Protocol::ALL {
        let settings = settings(protocol);
        let endpoint: PortUrl =
            format!("sim:scanner-once-{}", protocol.name()).parse().expect("a port");
        let none = once::read(endpoint.clone(), settings, None, limit).await;
        assert!(matches!(none, Err(ScanError::Down(_))));
        let device = Box::new(ScannerSim::new(&settings));
        let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
        let none = once::read(endpoint.clone(), settings, None, limit).await;
        assert!(matches!(none, Err(ScanError::NoCode)));
        let (read, ()) = tokio::join!(once::read(endpoint, settings, None, limit), async {
            // It comes when the first reading is long over.
            tokio::time::advance(Duration::from_secs(12)).await;
            sim.control(&json!({"scan": "H24P-030712349"})).expect("possible");
        });
        assert_eq!(read.expect("a code"), "H24P-030712349");
    }
}
