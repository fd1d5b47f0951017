//! The driver against the simulated UPS: in process with the clock paused, over a real
//! pseudo-terminal and a real network port, through every fault.

use std::time::Duration;

use serde_json::json;
use tokio::{
    sync::mpsc::{self, error::TryRecvError},
    time::timeout,
};

use super::{
    Hundredths, Protocol, UpsError, UpsEvent, UpsHandle, UpsKind, UpsProblem, UpsSettings,
    UpsStatus, once, sim::UpsSim, spawn,
};
use crate::{
    fault::{Link, RequiredAction},
    port::PortUrl,
    sim::{SimHandle, SimOptions, serve},
};

/// Longer than a battery lasts; only a hanging test ever waits that long.
const HANGS: Duration = Duration::from_secs(5 * 3600);

const BOTH: [Protocol; 2] = [Protocol::Megatec, Protocol::Nut];

struct Rig {
    sim: SimHandle,
    ups: UpsHandle,
    events: mpsc::Receiver<UpsEvent>,
}

impl Rig {
    async fn start(
        endpoint: &str,
        url: impl FnOnce(&PortUrl) -> PortUrl,
        settings: UpsSettings,
        options: SimOptions,
    ) -> Self {
        let device = Box::new(UpsSim::new(&settings));
        let sim = serve(device, &port(endpoint), options).await.expect("served");
        let (sender, events) = mpsc::channel(16);
        let ups = spawn(url(sim.url()), settings, None, sender);
        let mut rig = Self { sim, ups, events };
        assert_eq!(rig.next().await, UpsEvent::Link(Link::Up));
        rig
    }

    async fn in_process(name: &str, settings: UpsSettings) -> Self {
        let endpoint = format!("sim:ups-{name}-{}", settings.protocol.name());
        let mut rig = Self::start(&endpoint, Clone::clone, settings, SimOptions::default()).await;
        assert!(rig.status().await.mains);
        rig
    }

    async fn next(&mut self) -> UpsEvent {
        let event = timeout(HANGS, self.events.recv()).await.expect("an event comes");
        event.expect("the driver runs")
    }

    async fn status(&mut self) -> UpsStatus {
        match self.next().await {
            UpsEvent::Status(status) => status,
            other => panic!("expected a status, got {other:?}"),
        }
    }

    async fn lost(&mut self, problem: UpsProblem) {
        assert_eq!(self.next().await, UpsEvent::Problem(problem));
        assert_eq!(self.next().await, UpsEvent::Link(Link::Down));
        assert_eq!(self.ups.health().problem, Some(problem));
    }

    async fn back(&mut self) -> UpsStatus {
        assert_eq!(self.next().await, UpsEvent::Link(Link::Up));
        assert_eq!(self.ups.health().problem, None);
        self.status().await
    }

    fn quiet(&mut self) {
        assert_eq!(self.events.try_recv(), Err(TryRecvError::Empty));
    }

    fn act(&self, command: serde_json::Value) {
        self.sim.control(&command).expect("possible");
    }

    fn fault(&self, fault: Option<&str>) {
        self.sim.set_fault(fault).expect("known");
    }

    /// Waits for so many more questions to arrive.
    async fn questions(&self, more: u64) {
        let asked = |it: &serde_json::Value| it["questions"].as_u64().unwrap_or_default();
        let until = asked(&self.sim.state()) + more;
        self.sim.wait_for(|it| asked(it) >= until).await;
    }
}

fn port(text: &str) -> PortUrl {
    text.parse().expect("a port")
}

/// What both protocols tell of a unit on mains with a full battery.
fn well(protocol: Protocol) -> UpsStatus {
    let by_server = protocol == Protocol::Nut;
    UpsStatus {
        mains: true,
        battery_low: false,
        load_percent: Some(12),
        battery_volt: Some(Hundredths(2_730)),
        battery_percent: by_server.then_some(100),
        runtime_s: by_server.then_some(4 * 3600),
        temperature_c: Some(Hundredths(2_500)),
        input_volt: Some(Hundredths(22_100)),
        bypass: false,
        failed: false,
        kind: Some(UpsKind::Standby),
        shutdown_active: false,
    }
}

/// What a fault leads to.
enum Outcome {
    Status(fn(&UpsStatus) -> bool),
    Lost(UpsProblem),
    /// The UPS stays known.
    Survived,
}

fn outcome(fault: &str, protocol: Protocol) -> Outcome {
    match fault {
        "mains_lost" => Outcome::Status(|it| !it.mains && it.input_volt == Some(Hundredths(0))),
        "battery_low" => Outcome::Status(|it| it.mains && it.battery_low),
        "failed" | "replace_battery" => Outcome::Status(|it| it.mains && it.failed),
        "bypass" => Outcome::Status(|it| it.mains && it.bypass),
        "fields_unavailable" => Outcome::Status(|it| {
            it.mains && (it.load_percent, it.battery_volt, it.input_volt) == (None, None, None)
        }),
        "forced_shutdown" if protocol == Protocol::Nut => {
            Outcome::Status(|it| !it.mains && it.battery_low && it.shutdown_active)
        }
        "forced_shutdown" => Outcome::Status(|it| it.mains && it.shutdown_active),
        "garbage" | "slow" | "list_unknown" | "echo_before_answer" | "order_refused" => {
            Outcome::Survived
        }
        "silence" | "half_frame" => Outcome::Lost(UpsProblem::Silent),
        "unplugged" => Outcome::Lost(UpsProblem::PortClosed),
        "question_echoed" | "question_refused" => Outcome::Lost(UpsProblem::NotUnderstood),
        "data_stale" => Outcome::Lost(UpsProblem::DataStale),
        "driver_not_connected" => Outcome::Lost(UpsProblem::DriverNotConnected),
        "unknown_ups" => Outcome::Lost(UpsProblem::UnknownUps),
        "access_denied" => Outcome::Lost(UpsProblem::AccessDenied),
        other => panic!("what does {other} lead to?"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_unit_on_mains_says_all_it_knows() {
    for protocol in BOTH {
        let endpoint = format!("sim:ups-well-{}", protocol.name());
        let settings = UpsSettings::of(protocol);
        let mut rig = Rig::start(&endpoint, Clone::clone, settings, SimOptions::default()).await;
        assert_eq!(rig.status().await, well(protocol));
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_told_and_its_end_too() {
    for protocol in BOTH {
        let mut rig = Rig::in_process("faults", UpsSettings::of(protocol)).await;
        let mut lost = 0;
        for fault in rig.sim.faults() {
            rig.fault(Some(fault.name));
            match outcome(fault.name, protocol) {
                Outcome::Status(expected) => {
                    let status = rig.status().await;
                    assert!(expected(&status), "{}: {status:?}", fault.name);
                    rig.fault(None);
                    assert!(rig.status().await.mains, "{}", fault.name);
                }
                Outcome::Lost(problem) => {
                    lost += 1;
                    rig.lost(problem).await;
                    rig.questions(u64::from(problem != UpsProblem::PortClosed) * 5).await;
                    rig.quiet();
                    rig.fault(None);
                    assert!(rig.back().await.mains, "{}", fault.name);
                }
                Outcome::Survived => {
                    for mains in [false, true] {
                        rig.act(json!({ "mains": mains }));
                        assert_eq!(rig.status().await.mains, mains, "{}", fault.name);
                    }
                    rig.fault(None);
                }
            }
            rig.act(json!({"battery_percent": 100}));
        }
        assert_eq!(rig.ups.health().recoveries, lost);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_change_is_no_event() {
    for protocol in BOTH {
        let mut rig = Rig::in_process("quiet", UpsSettings::of(protocol)).await;
        rig.questions(200).await;
        rig.quiet();
        rig.act(json!({"load_percent": 15}));
        rig.questions(10).await;
        let trembled = rig.events.try_recv();
        // upsd also says for how long the battery lasts, which is news.
        assert_eq!(trembled.is_ok(), protocol == Protocol::Nut, "{trembled:?}");
        rig.act(json!({"load_percent": 40}));
        assert_eq!(rig.status().await.load_percent, Some(40));
        rig.questions(10).await;
        rig.quiet();
    }
}

#[tokio::test(start_paused = true)]
async fn two_questions_without_an_answer_are_no_event() {
    let mut rig = Rig::in_process("misses", UpsSettings::default()).await;
    rig.fault(Some("silence"));
    rig.questions(2).await;
    rig.fault(None);
    rig.questions(10).await;
    rig.quiet();
    let health = rig.ups.health();
    assert_eq!((health.errors, health.recoveries, health.link), (2, 0, Link::Up));
}

#[tokio::test(start_paused = true)]
async fn a_reason_that_changes_while_it_is_lost_is_told() {
    let mut rig = Rig::in_process("reasons", UpsSettings::of(Protocol::Nut)).await;
    rig.fault(Some("data_stale"));
    rig.lost(UpsProblem::DataStale).await;
    rig.fault(None);
    rig.fault(Some("driver_not_connected"));
    assert_eq!(rig.next().await, UpsEvent::Problem(UpsProblem::DriverNotConnected));
    rig.sim.unplug();
    assert_eq!(rig.next().await, UpsEvent::Problem(UpsProblem::PortClosed));
    rig.sim.replug();
    rig.back().await;
}

/// Four hours on battery, in simulated time.
#[tokio::test(start_paused = true)]
async fn the_battery_runs_down_and_the_unit_comes_back_with_the_mains() {
    for protocol in BOTH {
        let settings = UpsSettings {
            battery_full_mv: Some(25_400),
            battery_empty_mv: Some(21_000),
            ..UpsSettings::of(protocol)
        };
        let mut rig = Rig::in_process("runs-down", settings).await;
        rig.act(json!({"mains": false}));
        let mut percent = 101;
        let mut low_at = None;
        let problem = loop {
            let status = match rig.next().await {
                UpsEvent::Status(status) => status,
                UpsEvent::Problem(problem) => break problem,
                other => panic!("unexpected {other:?}"),
            };
            assert!(!status.mains);
            let now = status.battery_percent.expect("reported or estimated");
            assert!(now <= percent, "{now} after {percent}");
            percent = now;
            if status.battery_low && low_at.is_none() {
                low_at = Some(now);
            }
        };
        // Volts are told in tenths: a level that is estimated from them is as coarse.
        assert!(matches!(low_at, Some(9 | 10)), "{low_at:?}");
        assert!(percent <= 1, "{percent}");
        // A dead unit is silent; upsd runs on and knows nothing new.
        let expected = match protocol {
            Protocol::Megatec => UpsProblem::Silent,
            Protocol::Nut => UpsProblem::DataStale,
        };
        assert_eq!(problem, expected);
        assert_eq!(rig.next().await, UpsEvent::Link(Link::Down));
        rig.act(json!({"mains": true}));
        let status = rig.back().await;
        assert!(status.mains && status.battery_low);
        while rig.status().await.battery_low {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_pulled_plugs_leave_nothing_behind() {
    for protocol in BOTH {
        let mut rig = Rig::in_process("plug", UpsSettings::of(protocol)).await;
        for _ in 0..1_000 {
            rig.sim.unplug();
            rig.lost(UpsProblem::PortClosed).await;
            rig.sim.replug();
            assert_eq!(rig.back().await, well(protocol));
        }
        assert_eq!(rig.ups.health().recoveries, 1_000);
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert!(tasks <= 4, "{tasks} tasks for two rigs");
    }
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_ask_nothing() {
    let settings = UpsSettings { poll_interval_ms: 10, ..UpsSettings::default() };
    let sim =
        serve(Box::new(UpsSim::new(&settings)), &port("sim:ups-settings"), SimOptions::default())
            .await
            .expect("served");
    let (sender, mut events) = mpsc::channel(8);
    let ups = spawn(sim.url().clone(), settings.clone(), None, sender);
    assert_eq!(events.recv().await, Some(UpsEvent::Problem(UpsProblem::Settings)));
    assert_eq!(events.recv().await, Some(UpsEvent::Link(Link::Down)));
    assert_eq!(ups.health().problem.map(UpsProblem::action), Some(RequiredAction::Configuration));
    let refused = once::status(sim.url().clone(), settings, None).await;
    assert!(matches!(refused, Err(UpsError::Settings(_))));
    assert_eq!(sim.state()["questions"], 0);
}

#[tokio::test(start_paused = true)]
async fn the_command_line_asks_once() {
    for protocol in BOTH {
        let settings = UpsSettings::of(protocol);
        let endpoint = port(&format!("sim:ups-once-{}", protocol.name()));
        let device = Box::new(UpsSim::new(&settings));
        let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
        let ask = || once::status(endpoint.clone(), settings.clone(), None);
        assert_eq!(ask().await.expect("answers"), well(protocol));
        for fault in sim.faults() {
            sim.set_fault(Some(fault.name)).expect("known");
            match (ask().await, outcome(fault.name, protocol)) {
                (Ok(status), Outcome::Status(expected)) => {
                    assert!(expected(&status), "{}: {status:?}", fault.name);
                }
                (Err(error), Outcome::Lost(problem)) => {
                    assert_eq!(error.problem(), problem, "{}: {error}", fault.name);
                }
                (Ok(_), Outcome::Survived) => {}
                (other, _) => panic!("{}: {other:?}", fault.name),
            }
            sim.set_fault(None).expect("heals");
            // A plug takes a moment to be back in.
            while ask().await.is_err() {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn it_works_over_a_paced_pseudo_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let endpoint = format!("pty:{}", directory.path().join("ups").display());
    let options = SimOptions { pace_baud: Some(super::BAUD), ..SimOptions::default() };
    let settings = UpsSettings { poll_interval_ms: 1_000, ..UpsSettings::default() };
    let mut rig = Rig::start(&endpoint, Clone::clone, settings, options).await;
    assert_eq!(rig.status().await, well(Protocol::Megatec));
    rig.act(json!({"mains": false}));
    assert!(!rig.status().await.mains);
    rig.fault(Some("garbage"));
    rig.act(json!({"mains": true}));
    assert!(rig.status().await.mains);
    rig.fault(None);
    rig.fault(Some("question_echoed"));
    rig.lost(UpsProblem::NotUnderstood).await;
    rig.sim.unplug();
    assert_eq!(rig.next().await, UpsEvent::Problem(UpsProblem::PortClosed));
    rig.sim.replug();
    rig.back().await;
}

#[tokio::test]
async fn it_works_over_the_network() {
    let settings = UpsSettings {
        name: "hall-1".to_owned(),
        poll_interval_ms: 1_000,
        ..UpsSettings::of(Protocol::Nut)
    };
    let at = |url: &PortUrl| match url {
        PortUrl::Tcp { address } => port(&format!("nut://{address}/hall-1")),
        other => panic!("not a network port: {other}"),
    };
    let mut rig = Rig::start("tcp:127.0.0.1:0", at, settings, SimOptions::default()).await;
    assert_eq!(rig.status().await, well(Protocol::Nut));
    rig.act(json!({"mains": false}));
    assert!(!rig.status().await.mains);
    rig.act(json!({"battery_percent": 10}));
    let status = rig.status().await;
    assert!(status.battery_low && status.battery_percent == Some(10));
    rig.sim.unplug();
    rig.lost(UpsProblem::PortClosed).await;
    rig.sim.replug();
    assert!(!rig.back().await.mains);
    let other = at(rig.sim.url()).to_string().replace("hall-1", "hall-2");
    let unknown = once::status(port(&other), UpsSettings::default(), None).await;
    assert_eq!(unknown.map_err(|it| it.problem()), Err(UpsProblem::UnknownUps));
}
