//! The driver against the wall of compartments: one pulse whatever happens, and honest outcomes.

use std::time::Duration;

use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{advance, timeout},
};

use super::{
    BoardSettings, Door, Feedback, JobId, LockerCommand, LockerEvent, LockerHandle, LockerSettings,
    OpenOutcome, Protocol, once, sim::LockerSim, spawn,
};
use crate::{
    fault::Link,
    port::{Direction, PortUrl},
    sim::{SimHandle, SimOptions, SimRecord, serve},
};

struct Rig {
    sim: SimHandle,
    handle: LockerHandle,
    events: mpsc::Receiver<LockerEvent>,
}

impl Rig {
    async fn start(endpoint: &str, settings: LockerSettings, options: SimOptions) -> Self {
        let endpoint: PortUrl = endpoint.parse().expect("a port");
        let device = Box::new(LockerSim::new(&settings));
        let sim = serve(device, &endpoint, options).await.expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, handle, events };
        rig.until(|it| *it == LockerEvent::Link(Link::Up)).await;
        rig
    }

    async fn in_process(name: &str, settings: LockerSettings) -> Self {
        Self::start(&format!("sim:locker-{name}"), settings, SimOptions::default()).await
    }

    async fn until(&mut self, mut wanted: impl FnMut(&LockerEvent) -> bool) -> LockerEvent {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the driver runs");
                if wanted(&event) {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(60), search).await.expect("the event comes")
    }

    fn send_open(&self, job: u64, way: u16) {
        self.handle.send(LockerCommand::Open { job: JobId(job), way }).expect("taken");
    }

    async fn outcome(&mut self, wanted: u64) -> OpenOutcome {
        let mut found = None;
        self.until(|it| match it {
            LockerEvent::Opened { job, outcome, .. } if job.0 == wanted => {
                found = Some(*outcome);
                true
            }
            _ => false,
        })
        .await;
        found.expect("the event that was waited for")
    }

    async fn open(&mut self, job: u64, way: u16) -> OpenOutcome {
        self.send_open(job, way);
        self.outcome(job).await
    }

    /// Pushes a door until it stays shut: one whose pulse came late springs open once more.
    async fn shut(&mut self, wanted: u16) {
        self.handle.send(LockerCommand::Refresh).expect("taken");
        let mut shut = false;
        while !shut {
            self.act(json!({ "close": wanted }));
            self.until(|it| match it {
                LockerEvent::Door { way, door, .. } if *way == wanted => {
                    shut = *door == Door::Closed;
                    *door != Door::Unknown
                }
                _ => false,
            })
            .await;
        }
    }

    /// Open frames that reached the other end.
    fn open_frames(&self) -> usize {
        let records = self.sim.records();
        let frames = records.iter().filter(|it| it.direction == Direction::Out);
        frames.filter(|it| it.note.starts_with("open way")).count()
    }

    fn act(&self, command: serde_json::Value) {
        self.sim.control(&command).expect("possible");
    }
}

fn two_boards() -> LockerSettings {
    let second = BoardSettings { address: 2, ways: 16, ..BoardSettings::default() };
    LockerSettings { boards: vec![BoardSettings::default(), second], ..LockerSettings::default() }
}

#[tokio::test(start_paused = true)]
async fn a_door_is_opened_and_seen_and_shut() {
    for protocol in Protocol::ALL {
        let name = format!("opens-{}", protocol.name());
        let mut rig = Rig::in_process(&name, LockerSettings::single(protocol)).await;
        assert_eq!(rig.open(1, 7).await, OpenOutcome::Open);
        assert_eq!(rig.open_frames(), 1);
        assert_eq!(rig.sim.state()["doors"][6]["pulses"], 1);
        rig.act(json!({"put_in": 7}));
        rig.act(json!({"close": 7}));
        let occupied = BoardSettings::of(protocol).infrared.then_some(true);
        let shut = LockerEvent::Door { way: 7, door: Door::Closed, occupied };
        rig.until(|it| *it == shut).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_jammed_door_gets_one_pulse() {
    for protocol in Protocol::ALL {
        let name = format!("jammed-{}", protocol.name());
        let mut rig = Rig::in_process(&name, LockerSettings::single(protocol)).await;
        rig.act(json!({"jam": 3}));
        assert_eq!(rig.open(1, 3).await, OpenOutcome::Jammed);
        assert_eq!(rig.open(2, 4).await, OpenOutcome::Open);
        assert_eq!(rig.sim.state()["doors"][2]["pulses"], 1);
        assert_eq!(rig.open_frames(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn one_open_frame_whatever_happens() {
    for protocol in Protocol::ALL {
        let name = format!("faults-{}", protocol.name());
        let mut rig = Rig::in_process(&name, LockerSettings::single(protocol)).await;
        goes_through_faults(&mut rig, protocol).await;
    }
}

/// The same on real terminals, side by side.
#[tokio::test]
async fn one_open_frame_whatever_happens_on_a_pseudo_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut all = tokio::task::JoinSet::new();
    for protocol in Protocol::ALL {
        let endpoint = format!("pty:{}", directory.path().join(protocol.name()).display());
        all.spawn(async move {
            let settings =
                LockerSettings { open_timeout_ms: 2_500, ..LockerSettings::single(protocol) };
            let mut rig = Rig::start(&endpoint, settings, SimOptions::default()).await;
            goes_through_faults(&mut rig, protocol).await;
        });
    }
    all.join_all().await;
}

/// Every fault of the line and of the boards, switched on between the kiosk's decision and the
/// pulse.
async fn goes_through_faults(rig: &mut Rig, protocol: Protocol) {
    for (job, fault) in (1..).zip(rig.sim.faults()) {
        let before = (rig.open_frames(), rig.sim.state()["pulses"].as_u64());
        rig.sim.set_fault(Some(fault.name)).expect("a fault");
        let outcome = rig.open(job, 5).await;
        let frames = rig.open_frames() - before.0;
        let pulses = rig.sim.state()["pulses"].as_u64().zip(before.1).map(|it| it.0 - it.1);
        let told = (protocol, fault.name, outcome, frames);
        assert!(frames <= 1 && pulses <= Some(1), "{told:?}");
        match outcome {
            OpenOutcome::NotSent => assert_eq!(frames, 0, "{told:?}"),
            OpenOutcome::Open | OpenOutcome::Jammed => assert_eq!(frames, 1, "{told:?}"),
            // With the plug it may have been lost on its way.
            OpenOutcome::Unknown => assert!(frames == 1 || fault.name == "unplugged", "{told:?}"),
        }
        assert!(expected(fault.name).contains(&outcome), "{told:?}");
        rig.sim.set_fault(None).expect("healed");
        rig.shut(5).await;
    }
}

/// How an open command may end under a fault.
fn expected(fault: &str) -> Vec<OpenOutcome> {
    match fault {
        "silence" | "half_frame" | "wrong_checksum" | "board_silent" => vec![OpenOutcome::Unknown],
        "slow" => vec![OpenOutcome::Unknown, OpenOutcome::Open],
        "unplugged" => vec![OpenOutcome::NotSent, OpenOutcome::Unknown],
        "door_jammed" => vec![OpenOutcome::Jammed],
        // Wiring and settings contradict each other; that shows at commissioning only.
        "feedback_inverted" => vec![OpenOutcome::Open, OpenOutcome::Jammed],
        _ => vec![OpenOutcome::Open],
    }
}

/// Each board answers before the next one is asked.
#[tokio::test(start_paused = true)]
async fn boards_of_one_bus_never_interleave() {
    for protocol in Protocol::ALL {
        let mut settings = LockerSettings::single(protocol);
        settings.set("ways", "8").expect("a setting");
        settings.set("boards", "3").expect("a setting");
        let options = SimOptions { pace_baud: Some(protocol.baud()), ..SimOptions::default() };
        let endpoint = format!("sim:locker-turns-{}", protocol.name());
        let mut rig = Rig::start(&endpoint, settings, options).await;
        for (job, way) in [(1, 1), (2, 9), (3, 17), (4, 24)] {
            assert_eq!(rig.open(job, way).await, OpenOutcome::Open);
        }
        let records = rig.sim.records();
        let asked = records.iter().filter(|it| it.direction == Direction::Out).count();
        let turns = records.chunk_by(|left, right| left.direction == right.direction);
        let turns = turns.filter(|it| it[0].direction == Direction::Out);
        // Of two requests in a row the first is one that the family does not answer.
        let silent = |it: &str| protocol == Protocol::KrCu16 && it.starts_with("open way");
        let in_turn = |it: &[SimRecord]| it[..it.len() - 1].iter().all(|it| silent(&it.note));
        assert!(turns.clone().all(in_turn), "{records:?}");
        assert!(turns.count() + 4 >= asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sensor_that_failed_leaves_the_other_doors_known() {
    let settings = LockerSettings::single(Protocol::Wkly);
    let mut rig = Rig::in_process("sensor", settings).await;
    rig.until(|it| matches!(it, LockerEvent::Door { way: 24, door: Door::Closed, .. })).await;
    rig.sim.set_fault(Some("sensor_failed")).expect("a fault");
    rig.until(|it| matches!(it, LockerEvent::Door { way: 24, door: Door::Unknown, .. })).await;
    assert_eq!(rig.open(1, 23).await, OpenOutcome::Open);
    // Nobody knows whether this one opened.
    assert_eq!(rig.open(2, 24).await, OpenOutcome::Unknown);
    assert_eq!(rig.sim.state()["pulses"], 2);
}

#[tokio::test(start_paused = true)]
async fn uncertain_habits_of_boards_are_settings() {
    for (protocol, habits) in [
        (Protocol::Wkly, vec![("header", "skly"), ("first_way", "0"), ("open_reply", "false")]),
        (Protocol::KrCu16, vec![("feedback", "open"), ("infrared", "false")]),
        (Protocol::KrCu48, vec![("order", "last-first"), ("first_way", "1")]),
        (Protocol::Winnsen, vec![("status_place", "before-way"), ("feedback", "lock")]),
    ] {
        let mut settings = LockerSettings::single(protocol);
        for (key, value) in habits {
            settings.set(key, value).expect("a setting");
        }
        let ways = settings.ways();
        let mut rig = Rig::in_process(&format!("habits-{}", protocol.name()), settings).await;
        assert_eq!(rig.open(1, ways).await, OpenOutcome::Open);
        assert_eq!(rig.sim.state()["doors"][usize::from(ways) - 1]["door"], "open");
        rig.handle.send(LockerCommand::Refresh).expect("taken");
        let event = rig.until(|it| matches!(it, LockerEvent::Door { way: 1, .. })).await;
        let shut = LockerEvent::Door { way: 1, door: Door::Closed, occupied: None };
        assert_eq!(event, shut);
    }
}

/// Where doors are read one after the other, a report of all doors is still one of now.
#[tokio::test(start_paused = true)]
async fn all_doors_are_reported_afresh_where_they_are_read_one_by_one() {
    let mut rig = Rig::in_process("afresh", LockerSettings::single(Protocol::Winnsen)).await;
    rig.until(|it| matches!(it, LockerEvent::Door { way: 12, .. })).await;
    rig.act(json!({"open": 3}));
    rig.handle.send(LockerCommand::Refresh).expect("taken");
    let mut doors = vec![];
    while doors.len() < 24 || doors[0] != (1, Door::Closed) {
        let event = rig.until(|it| matches!(it, LockerEvent::Door { .. })).await;
        let LockerEvent::Door { way, door, .. } = event else { unreachable!("only doors") };
        doors.push((way, door));
        doors.drain(..doors.len().saturating_sub(24));
    }
    assert_eq!(doors[2], (3, Door::Open));
}

#[tokio::test(start_paused = true)]
async fn an_open_door_gets_no_pulse_but_a_shut_one_does() {
    let mut rig = Rig::in_process("already", LockerSettings::default()).await;
    rig.act(json!({"open": 2}));
    rig.until(|it| matches!(it, LockerEvent::Door { way: 2, door: Door::Open, .. })).await;
    assert_eq!(rig.open(1, 2).await, OpenOutcome::Open);
    assert_eq!(rig.open_frames(), 0);
    // Shut behind the driver's back: what it remembers is not what is.
    rig.act(json!({"close": 2}));
    assert_eq!(rig.open(2, 2).await, OpenOutcome::Open);
    assert_eq!(rig.open_frames(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_ways_that_do_not_exist() {
    let mut rig = Rig::in_process("no-way", LockerSettings::default()).await;
    for (job, way) in [(1, 0), (2, 25), (3, u16::MAX)] {
        assert_eq!(rig.open(job, way).await, OpenOutcome::NotSent);
    }
    assert_eq!(rig.open_frames(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pulled_plug_is_unknown_after_the_pulse_and_not_sent_before_it() {
    let mut rig = Rig::in_process("plug", LockerSettings::default()).await;
    rig.act(json!({"jam": 1}));
    rig.send_open(1, 1);
    rig.sim.wait_for(|it| it["pulses"] == 1).await;
    rig.sim.unplug();
    assert_eq!(rig.outcome(1).await, OpenOutcome::Unknown);
    rig.until(|it| *it == LockerEvent::Link(Link::Down)).await;
    assert_eq!(rig.open(2, 1).await, OpenOutcome::NotSent);
    rig.sim.replug();
    rig.until(|it| *it == LockerEvent::Link(Link::Up)).await;
    assert_eq!(rig.open(3, 1).await, OpenOutcome::Open);
    assert_eq!(rig.sim.state()["pulses"], 2);
}

#[tokio::test(start_paused = true)]
async fn doors_are_events_only_when_they_change() {
    let mut rig = Rig::in_process("quiet", two_boards()).await;
    for way in 1..=40 {
        let wanted = LockerEvent::Door { way, door: Door::Closed, occupied: None };
        rig.until(|it| *it == wanted).await;
    }
    advance(Duration::from_secs(20)).await;
    assert_eq!(rig.events.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    rig.act(json!({"open": 33}));
    let event = rig.until(|_| true).await;
    assert_eq!(event, LockerEvent::Door { way: 33, door: Door::Open, occupied: None });
    rig.handle.send(LockerCommand::Refresh).expect("taken");
    for way in 1..=40 {
        let door = if way == 33 { Door::Open } else { Door::Closed };
        let event = rig.until(|_| true).await;
        assert_eq!(event, LockerEvent::Door { way, door, occupied: None });
    }
}

#[tokio::test(start_paused = true)]
async fn one_silent_board_leaves_the_other_at_work() {
    let mut rig = Rig::in_process("half", two_boards()).await;
    rig.until(|it| matches!(it, LockerEvent::Door { way: 40, door: Door::Closed, .. })).await;
    rig.sim.set_fault(Some("board_silent")).expect("a fault");
    rig.until(|it| matches!(it, LockerEvent::Door { way: 40, door: Door::Unknown, .. })).await;
    assert_eq!(rig.open(1, 30).await, OpenOutcome::NotSent);
    assert_eq!(rig.open(2, 24).await, OpenOutcome::Open);
    rig.sim.set_fault(None).expect("healed");
    rig.until(|it| matches!(it, LockerEvent::Door { way: 40, door: Door::Closed, .. })).await;
    assert_eq!(rig.open(3, 30).await, OpenOutcome::Open);
}

/// With two boards in the round, the frame after the command is the pulse.
#[tokio::test(start_paused = true)]
async fn a_pulse_waits_at_most_for_the_exchange_in_progress() {
    let options = SimOptions { pace_baud: Some(9_600), ..SimOptions::default() };
    let mut rig = Rig::start("sim:locker-first", two_boards(), options).await;
    for job in 1..=20 {
        advance(Duration::from_millis(37 * job)).await;
        let way = u16::try_from(job).expect("small");
        let before = rig.sim.records().len();
        rig.send_open(job, way);
        assert_eq!(rig.outcome(job).await, OpenOutcome::Open);
        let records = rig.sim.records();
        let out = records[before..].iter().filter(|it| it.direction == Direction::Out);
        let asked: Vec<_> = out.map(|it| it.note.clone()).collect();
        let place = asked.iter().position(|it| it.starts_with("open way"));
        assert!(place <= Some(1), "{asked:?}");
        rig.act(json!({ "close": way }));
    }
}

#[tokio::test(start_paused = true)]
async fn doors_can_be_watched_side_by_side() {
    let mut rig = Rig::in_process("side", LockerSettings::default()).await;
    rig.act(json!({"jam": 1}));
    rig.send_open(1, 1);
    assert_eq!(rig.open(2, 2).await, OpenOutcome::Open);
    assert_eq!(rig.outcome(1).await, OpenOutcome::Jammed);
}

#[tokio::test(start_paused = true)]
async fn open_feedback_and_wide_boards_are_settings() {
    let board = BoardSettings { ways: 50, feedback: Feedback::Open, ..BoardSettings::default() };
    let settings = LockerSettings { boards: vec![board], ..LockerSettings::default() };
    let mut rig = Rig::in_process("wide", settings).await;
    assert_eq!(rig.open(1, 50).await, OpenOutcome::Open);
    assert_eq!(rig.sim.state()["doors"][49]["door"], "open");
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_send_nothing() {
    let settings = LockerSettings { boards: Vec::new(), ..LockerSettings::default() };
    let (sender, mut events) = mpsc::channel(8);
    let url = "sim:locker-none".parse().expect("a port");
    let handle = spawn(url, settings, None, sender);
    assert_eq!(events.recv().await, Some(LockerEvent::Link(Link::Down)));
    handle.send(LockerCommand::Open { job: JobId(1), way: 1 }).expect("taken");
    let refused = LockerEvent::Opened { job: JobId(1), way: 1, outcome: OpenOutcome::NotSent };
    assert_eq!(events.recv().await, Some(refused));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_asks_and_opens_once() {
    for protocol in Protocol::ALL {
        asks_and_opens_once(protocol).await;
    }
}

async fn asks_and_opens_once(protocol: Protocol) {
    let mut settings = LockerSettings::single(protocol);
    for (key, value) in [("ways", "16"), ("boards", "2")] {
        settings.set(key, value).expect("a setting");
    }
    let endpoint: PortUrl = format!("sim:locker-once-{}", protocol.name()).parse().expect("a port");
    let device = Box::new(LockerSim::new(&settings).occupied([7]));
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    let state = once::state(endpoint.clone(), settings.clone(), None).await.expect("asked");
    assert!(state.all_known() && state.doors.len() == 32);
    let report = once::open(endpoint.clone(), settings.clone(), None, 7).await.expect("opened");
    let json = serde_json::to_value(report).expect("plain");
    assert_eq!(json, json!({"way": 7, "opened": true, "door": "open", "tries": 1}));
    sim.control(&json!({"jam": 8})).expect("possible");
    let report = once::open(endpoint.clone(), settings.clone(), None, 8).await.expect("tried");
    let json = serde_json::to_value(report).expect("plain");
    assert_eq!(json, json!({"way": 8, "opened": false, "door": "closed", "tries": 1}));
    assert_eq!(sim.state()["pulses"], 2);
    sim.set_fault(Some("board_silent")).expect("a fault");
    let infrared = settings.boards[0].infrared.then_some(true);
    let state = once::state(endpoint, settings, None).await.expect("asked");
    let json = serde_json::to_value(&state).expect("plain");
    assert_eq!(json["doors"][6], json!({"way": 7, "door": "open", "occupied": infrared}));
    assert_eq!(json["doors"][16]["door"], "unknown");
    assert!(!state.all_known());
}

#[tokio::test]
async fn it_works_over_a_paced_pseudo_terminal() {
    for protocol in Protocol::ALL {
        let directory = tempfile::tempdir().expect("a directory");
        let endpoint = format!("pty:{}", directory.path().join("locker").display());
        let options = SimOptions { pace_baud: Some(protocol.baud()), ..SimOptions::default() };
        let settings = LockerSettings { open_timeout_ms: 400, ..LockerSettings::single(protocol) };
        let mut rig = Rig::start(&endpoint, settings, options).await;
        assert_eq!(rig.open(1, 7).await, OpenOutcome::Open);
        rig.act(json!({"jam": 8}));
        assert_eq!(rig.open(2, 8).await, OpenOutcome::Jammed);
        rig.sim.unplug();
        rig.until(|it| *it == LockerEvent::Link(Link::Down)).await;
        assert_eq!(rig.open(3, 9).await, OpenOutcome::NotSent);
        rig.sim.replug();
        rig.until(|it| *it == LockerEvent::Link(Link::Up)).await;
        assert_eq!(rig.open(4, 9).await, OpenOutcome::Open);
        assert_eq!(rig.sim.state()["pulses"], 3);
    }
}
