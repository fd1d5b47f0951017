//! The driver against the simulated reader, in process with the clock paused and over real
//! pseudo-terminals, through every fault.

use std::time::Duration;

use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::{
    CardReport, IdCard, PresenceProbe, ReadFailure, ReaderError, ReaderEvent, ReaderHandle,
    ReaderSettings, once,
    sdt::{self, Status},
    sim::ReaderSim,
    spawn,
};
use crate::{
    fault::Link,
    port::{Direction, PortUrl, Tap},
    sim::{SimHandle, SimOptions, serve},
    testing::cards,
};

/// Only a hanging test ever waits that long.
const HANGS: Duration = Duration::from_secs(60);

struct Rig {
    sim: SimHandle,
    events: mpsc::Receiver<ReaderEvent>,
    reader: ReaderHandle,
}

impl Rig {
    async fn start(endpoint: &str, settings: ReaderSettings, options: SimOptions) -> Self {
        let endpoint: PortUrl = endpoint.parse().expect("a port");
        let sim = serve(Box::new(ReaderSim::new()), &endpoint, options).await.expect("serves");
        let (sender, events) = mpsc::channel(16);
        let reader = spawn(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, events, reader };
        assert_eq!(rig.next().await, ReaderEvent::Link(Link::Up));
        rig
    }

    async fn in_process(name: &str) -> Self {
        let endpoint = format!("sim:{name}");
        Self::start(&endpoint, ReaderSettings::default(), SimOptions::default()).await
    }

    async fn next(&mut self) -> ReaderEvent {
        let event = timeout(HANGS, self.events.recv()).await.expect("an event comes");
        event.expect("the driver runs")
    }

    fn lay(&self, card: &IdCard) {
        let report = CardReport::revealed(card).to_json();
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        self.sim.control(&json!({ "lay": report })).expect("a card that can be laid");
    }

    fn lift(&self) {
        self.sim.control(&json!({"lift": true})).expect("a known command");
    }

    async fn expect_card(&mut self, expected: &IdCard) {
        match self.next().await {
            ReaderEvent::Card(card) => assert!(same(&card, expected), "another card"),
            other => panic!("expected a card, got {other:?}"),
        }
    }

    fn is_quiet(&mut self) -> bool {
        self.events.try_recv().is_err()
    }
}

/// The same but for the photo, of which the simulator keeps the size only.
fn same(card: &IdCard, expected: &IdCard) -> bool {
    CardReport::revealed(card) == CardReport::revealed(expected)
}

/// Lets the paused clock run, so that a driver which would do something does it.
async fn let_pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn each_layout_is_read_once_and_again_after_it_was_lifted() {
    let mut rig = Rig::in_process("reader-layouts").await;
    for card in cards::all() {
        rig.lay(&card);
        rig.expect_card(&card).await;
        let_pass(60).await;
        assert!(rig.is_quiet(), "a card that lies there is no news");
        rig.lift();
        assert_eq!(rig.next().await, ReaderEvent::Lifted);
        rig.lay(&card);
        rig.expect_card(&card).await;
        rig.lift();
        assert_eq!(rig.next().await, ReaderEvent::Lifted);
    }
    assert_eq!(rig.sim.state()["reads"], 8);
}

#[tokio::test(start_paused = true)]
async fn a_failed_card_is_reported_once_per_laying() {
    let mut rig = Rig::in_process("reader-failed").await;
    rig.sim.set_fault(Some("read_fails")).expect("known");
    rig.lay(&cards::resident());
    assert_eq!(rig.next().await, ReaderEvent::Unreadable(ReadFailure::LayAgain));
    let_pass(30).await;
    // A module that does not find a failed card again cannot be told from a lifted card.
    assert_eq!(rig.next().await, ReaderEvent::Lifted);
    assert!(rig.is_quiet());
    rig.lay(&cards::resident());
    assert_eq!(rig.next().await, ReaderEvent::Unreadable(ReadFailure::LayAgain));
    rig.sim.set_fault(None).expect("heals");
    rig.lay(&cards::resident());
    rig.expect_card(&cards::resident()).await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_comes_back_finds_the_card_still_there() {
    let mut rig = Rig::in_process("reader-replugged").await;
    rig.lay(&cards::resident());
    rig.expect_card(&cards::resident()).await;
    rig.sim.unplug();
    assert_eq!(rig.next().await, ReaderEvent::Link(Link::Down));
    assert_eq!(rig.reader.health().link, Link::Down);
    let_pass(120).await;
    rig.sim.replug();
    assert_eq!(rig.next().await, ReaderEvent::Link(Link::Up));
    let_pass(30).await;
    assert!(rig.is_quiet(), "neither lifted nor read again");
    let health = rig.reader.health();
    assert_eq!((health.link, health.recoveries), (Link::Up, 1));
    rig.lift();
    assert_eq!(rig.next().await, ReaderEvent::Lifted);
}

#[tokio::test(start_paused = true)]
async fn an_old_module_is_read_without_fingerprints_and_watched_in_another_way() {
    let settings = ReaderSettings { fingerprints: true, ..ReaderSettings::default() };
    let mut rig = Rig::start("sim:reader-old", settings, SimOptions::default()).await;
    let card = IdCard { fingerprints: vec![0; 1024], ..cards::resident() };
    rig.lay(&card);
    rig.expect_card(&card).await;
    rig.lift();
    assert_eq!(rig.next().await, ReaderEvent::Lifted);

    rig.sim.set_fault(Some("old_module")).expect("known");
    rig.lay(&card);
    rig.expect_card(&cards::resident()).await;
    let_pass(10).await;
    assert!(rig.is_quiet());
    rig.lift();
    assert_eq!(rig.next().await, ReaderEvent::Lifted);
}

#[tokio::test(start_paused = true)]
async fn without_a_probe_the_next_card_lifts_the_last() {
    let settings =
        ReaderSettings { presence: PresenceProbe::NextCard, ..ReaderSettings::default() };
    let mut rig = Rig::start("sim:reader-next", settings, SimOptions::default()).await;
    rig.lay(&cards::resident());
    rig.expect_card(&cards::resident()).await;
    rig.lift();
    let_pass(10).await;
    assert!(rig.is_quiet());
    rig.lay(&cards::hmt_permit());
    assert_eq!(rig.next().await, ReaderEvent::Lifted);
    rig.expect_card(&cards::hmt_permit()).await;
}

#[tokio::test(start_paused = true)]
async fn a_driver_ends_when_nobody_listens() {
    let Rig { sim, events, reader } = Rig::in_process("reader-ends").await;
    drop(events);
    let_pass(5).await;
    let commands = reader.health().commands;
    let_pass(60).await;
    assert_eq!(reader.health().commands, commands);
    drop(sim);
}

#[tokio::test(start_paused = true)]
async fn one_command_at_a_time_for_the_command_line() {
    let endpoint: PortUrl = "sim:reader-once".parse().expect("a port");
    let sim = serve(Box::new(ReaderSim::new()), &endpoint, SimOptions::default());
    let sim = sim.await.expect("serves");
    let settings = ReaderSettings::default();
    let wait = Duration::from_secs(2);

    let id = once::sam_id(endpoint.clone(), settings, None).await.expect("answers");
    assert_eq!(id, "05.01-20190308-0000000012-0000345678");
    let status = once::status(endpoint.clone(), settings, None).await.expect("answers");
    assert_eq!(status, Status::Ok);
    let nothing = once::read(endpoint.clone(), settings, None, wait).await;
    assert!(matches!(nothing, Err(ReaderError::NoCard)));

    let lay = json!({"lay": {"name": "样本", "number": "440524188001010014"}});
    sim.control(&lay).expect("a card");
    let address = once::new_address(endpoint.clone(), settings, None, wait).await;
    assert_eq!(address.expect("answers"), None);
    let mut lay = lay;
    lay["lay"]["new_address"] = "样例路9号".into();
    sim.control(&lay).expect("a card");
    let address = once::new_address(endpoint.clone(), settings, None, wait).await;
    assert_eq!(address.expect("answers").as_deref(), Some("样例路9号"));

    let card = once::read(endpoint.clone(), settings, None, wait).await.expect("a card");
    assert_eq!((card.number.as_str(), card.photo.len()), ("440524188001010014", 1024));

    sim.set_fault(Some("module_unauthorised")).expect("known");
    let status = once::status(endpoint.clone(), settings, None).await.expect("answers");
    assert_eq!(status, Status::NotAuthorised);
    let error = once::sam_id(endpoint, settings, None).await.expect_err("refuses");
    assert!(error.to_string().contains("not authorised"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_tap_shows_what_passed_and_notes_without_personal_data() {
    let endpoint: PortUrl = "sim:reader-tap".parse().expect("a port");
    let sim = serve(Box::new(ReaderSim::new()), &endpoint, SimOptions::default());
    let sim = sim.await.expect("serves");
    let lay = json!({"lay": {"name": "样本", "number": "440524188001010014"}});
    sim.control(&lay).expect("a card");
    let tap = Tap::new(|| jiff::Timestamp::UNIX_EPOCH).port("id-reader", sdt::describe);
    let wait = Duration::ZERO;
    once::read(endpoint, ReaderSettings::default(), Some(tap.clone()), wait).await.expect("reads");
    let notes: Vec<_> = tap.records().into_iter().map(|it| (it.direction, it.note)).collect();
    let expected = [
        (Direction::Out, "module status"),
        (Direction::In, "done"),
        (Direction::Out, "find card"),
        (Direction::In, "card found, 4 bytes"),
        (Direction::Out, "select card"),
        (Direction::In, "done, 8 bytes"),
        (Direction::Out, "read card"),
        (Direction::In, "done, 1284 bytes"),
    ];
    assert_eq!(notes, expected.map(|(direction, note)| (direction, note.to_owned())));
    let json = tap.to_json();
    assert_eq!(json[0]["at"], "1970-01-01T00:00:00Z");
    assert_eq!(json[0]["port"], "id-reader");
    assert_eq!(json[0]["direction"], "out");
    assert_eq!(json[0]["bytes"], "aaaaaa9669000311ffed");
}

#[tokio::test(start_paused = true)]
async fn a_module_that_answers_that_it_cannot_work_is_not_taken_for_silent() {
    for (fault, status, remedy) in [
        ("module_unauthorised", Status::NotAuthorised, "maker"),
        ("sam_self_test", Status::SelfTestFailed, "replaced"),
        ("request_checksum", Status::RequestChecksum, "cable"),
        ("unknown_error", Status::UnknownError, "off and on"),
    ] {
        let mut rig = Rig::in_process(&format!("reader-says-{fault}")).await;
        rig.sim.set_fault(Some(fault)).expect("known");
        assert_eq!(rig.next().await, ReaderEvent::Link(Link::Down), "{fault}");
        assert_eq!(rig.reader.health().module_fault, Some(status));
        rig.sim.set_fault(Some("silence")).expect("known");
        let_pass(60).await;
        assert_eq!(rig.reader.health().module_fault, None, "now it is silent");

        rig.sim.set_fault(None).expect("heals");
        rig.sim.set_fault(Some(fault)).expect("known");
        let Rig { sim, events, reader } = rig;
        drop((events, reader));
        let asked = once::status(sim.url().clone(), ReaderSettings::default(), None).await;
        assert_eq!(asked.expect("it answers"), status);
        let error = ReaderError::Module(status).to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

/// What the kiosk sees when a card is laid while a fault is on.
#[derive(Debug, PartialEq)]
enum Expected {
    Nothing,
    Card,
    Unreadable(ReadFailure),
    LinkDown,
}

fn expected(fault: &str) -> Expected {
    match fault {
        "no_card" => Expected::Nothing,
        "garbage" | "slow" | "stray_byte" | "old_module" => Expected::Card,
        "select_fails" | "read_fails" | "random_fails" | "not_permitted" => {
            Expected::Unreadable(ReadFailure::LayAgain)
        }
        "rejected" | "module_rejects" | "verification_fails" => {
            Expected::Unreadable(ReadFailure::Rejected)
        }
        "wrong_card_type" => Expected::Unreadable(ReadFailure::WrongCard),
        "information_length" | "malformed" => Expected::Unreadable(ReadFailure::Malformed),
        "silence"
        | "half_frame"
        | "wrong_checksum"
        | "unplugged"
        | "unknown_error"
        | "request_checksum"
        | "sam_self_test"
        | "sam_needs_reset"
        | "module_unauthorised" => Expected::LinkDown,
        unknown => panic!("what does `{unknown}` look like to the kiosk?"),
    }
}

/// Lays a card while `fault` is on, heals it, lays the card again: it is read, and from the fault
/// to the card no event is surplus.
async fn through_fault(mut rig: Rig, fault: &str) {
    let card = cards::resident();
    rig.sim.set_fault(Some(fault)).expect("known");
    rig.lay(&card);
    let mut read = false;
    match expected(fault) {
        // Searches go on; the next one after the cure finds the card.
        Expected::Nothing => {}
        Expected::Card => {
            rig.expect_card(&card).await;
            read = true;
        }
        Expected::Unreadable(reason) => {
            assert_eq!(rig.next().await, ReaderEvent::Unreadable(reason), "{fault}");
        }
        Expected::LinkDown => {
            assert_eq!(rig.next().await, ReaderEvent::Link(Link::Down), "{fault}");
        }
    }
    rig.sim.set_fault(None).expect("heals");
    if expected(fault) == Expected::LinkDown {
        assert_eq!(rig.next().await, ReaderEvent::Link(Link::Up), "{fault}");
    }
    rig.lift();
    if read || matches!(expected(fault), Expected::Unreadable(_)) {
        assert_eq!(rig.next().await, ReaderEvent::Lifted, "{fault}");
    }
    rig.lay(&card);
    loop {
        match rig.next().await {
            ReaderEvent::Card(it) => break assert!(same(&it, &card), "{fault}"),
            // Between cure and lifting it may have been read, and lifted before it was laid again.
            ReaderEvent::Lifted => {}
            other => panic!("{fault}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_in_process_is_seen_and_survived() {
    let faults = Rig::in_process("reader-faults").await.sim.faults();
    for (n, fault) in faults.into_iter().enumerate() {
        let rig = Rig::in_process(&format!("reader-fault-{n}")).await;
        through_fault(rig, fault.name).await;
    }
}

#[tokio::test]
async fn every_fault_over_a_pseudo_terminal_is_seen_and_survived() {
    let folder = tempfile::tempdir().expect("a folder");
    let faults = Rig::in_process("reader-pty-faults").await.sim.faults();
    let mut running = tokio::task::JoinSet::new();
    for fault in faults {
        let endpoint = format!("pty:{}/{}", folder.path().display(), fault.name);
        running.spawn(async move {
            let settings = ReaderSettings::default();
            let rig = Rig::start(&endpoint, settings, SimOptions::default()).await;
            through_fault(rig, fault.name).await;
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("no fault breaks the driver");
    }
}

#[tokio::test]
async fn a_card_is_read_over_a_paced_pseudo_terminal_and_tcp() {
    let folder = tempfile::tempdir().expect("a folder");
    for endpoint in [format!("pty:{}/reader", folder.path().display()), "tcp:127.0.0.1:0".into()] {
        let options = SimOptions { pace_baud: Some(super::BAUD), ..SimOptions::default() };
        let mut rig = Rig::start(&endpoint, ReaderSettings::default(), options).await;
        rig.lay(&cards::foreign_2023());
        rig.expect_card(&cards::foreign_2023()).await;
        rig.sim.unplug();
        assert_eq!(rig.next().await, ReaderEvent::Link(Link::Down));
        rig.lift();
        rig.sim.replug();
        assert_eq!(rig.next().await, ReaderEvent::Link(Link::Up));
        assert_eq!(rig.next().await, ReaderEvent::Lifted);
    }
}
