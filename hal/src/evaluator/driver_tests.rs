//! The driver against the simulated evaluator, through every fault.

use std::time::Duration;

use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::once::{self, GradeError};
use super::sim::EvaluatorSim;
use super::{
    Code, EvaluatorCommand, EvaluatorEvent, EvaluatorHandle, EvaluatorSettings, Grade, spawn,
};
use crate::fault::Link;
use crate::port::PortUrl;
use crate::sim::{SimHandle, SimOptions, serve};

struct Rig {
    sim: SimHandle,
    handle: EvaluatorHandle,
    events: mpsc::Receiver<EvaluatorEvent>,
}

/// A device that is lit on request and has no button for grade 3.
fn lit_on_request() -> EvaluatorSettings {
    let mut settings = EvaluatorSettings::default();
    for (key, value) in [("grades", "a501,a502,,a504,a505"), ("ask", "a5f0"), ("cancel", "a5f1")] {
        settings.set(key, value).expect("a setting");
    }
    settings
}

fn grade(grade: u8) -> Grade {
    Grade::new(grade).expect("a grade")
}

impl Rig {
    async fn start(endpoint: &str, settings: EvaluatorSettings) -> Self {
        let endpoint: PortUrl = endpoint.parse().expect("a port");
        let device = Box::new(EvaluatorSim::new(&settings));
        let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, handle, events };
        rig.until(EvaluatorEvent::Link(Link::Up)).await;
        rig
    }

    async fn next(&mut self) -> EvaluatorEvent {
        let next = timeout(Duration::from_secs(600), self.events.recv()).await;
        next.expect("an event comes").expect("the driver runs")
    }

    async fn until(&mut self, wanted: EvaluatorEvent) {
        while self.next().await != wanted {}
    }

    fn asks(&self) {
        self.handle.send(EvaluatorCommand::Ask).expect("taken");
    }

    fn presses(&self, grade: u8) {
        self.sim.control(&json!({ "press": grade })).expect("possible");
    }

    /// Asks, and presses until it is heard, as a person would.
    async fn is_graded(&mut self, wanted: u8) {
        self.asks();
        let wanted = EvaluatorEvent::Graded(grade(wanted));
        for _ in 0..60 {
            let EvaluatorEvent::Graded(pressed) = wanted else { unreachable!() };
            self.presses(pressed.get());
            if timeout(Duration::from_millis(1_100), self.until(wanted)).await.is_ok() {
                return;
            }
        }
        panic!("a healthy evaluator is heard");
    }

    async fn goes_through_faults(&mut self) {
        for fault in self.sim.faults() {
            self.sim.set_fault(Some(fault.name)).expect("a fault");
            self.asks();
            self.presses(5);
            if fault.name == "unplugged" {
                self.until(EvaluatorEvent::Link(Link::Down)).await;
            }
            self.sim.set_fault(None).expect("healed");
            for grade in [1, 2, 4, 5] {
                self.is_graded(grade).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn grades_are_heard_again_after_every_fault() {
    Rig::start("sim:evaluator-faults", lit_on_request()).await.goes_through_faults().await;
}

/// The same on a real terminal.
#[tokio::test]
async fn grades_are_heard_on_a_pseudo_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let endpoint = format!("pty:{}", folder.path().join("evaluator").display());
    let mut rig = Rig::start(&endpoint, lit_on_request()).await;
    for wanted in [5, 4, 2, 1] {
        rig.asks();
        rig.sim.wait_for(|it| it["lit"] == true).await;
        rig.presses(wanted);
        rig.until(EvaluatorEvent::Graded(grade(wanted))).await;
        rig.sim.wait_for(|it| it["lit"] == false).await;
    }
    rig.sim.unplug();
    rig.until(EvaluatorEvent::Link(Link::Down)).await;
    rig.asks();
    rig.sim.replug();
    rig.until(EvaluatorEvent::Link(Link::Up)).await;
    // What was asked while it was away is asked now.
    rig.sim.wait_for(|it| it["lit"] == true).await;
}

#[tokio::test(start_paused = true)]
async fn a_grade_counts_once_and_only_when_it_was_asked_for() {
    // Buttons that always send.
    let settings = EvaluatorSettings::default();
    let mut rig = Rig::start("sim:evaluator-once", settings).await;
    rig.presses(1);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(rig.events.try_recv().is_err(), "nobody asked");
    rig.asks();
    rig.asks();
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.presses(5);
    rig.presses(5);
    rig.presses(1);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(rig.next().await, EvaluatorEvent::Graded(grade(5)));
    assert!(rig.events.try_recv().is_err(), "one question, one grade");
    rig.asks();
    rig.handle.send(EvaluatorCommand::Cancel).expect("taken");
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.presses(2);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(rig.events.try_recv().is_err(), "no longer asked");
}

#[tokio::test(start_paused = true)]
async fn a_button_that_sticks_does_not_grade_the_next_person() {
    let mut rig = Rig::start("sim:evaluator-stuck", EvaluatorSettings::default()).await;
    rig.sim.set_fault(Some("button_stuck")).expect("a fault");
    rig.asks();
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.presses(1);
    assert_eq!(rig.next().await, EvaluatorEvent::Graded(grade(1)));
    rig.asks();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(rig.events.try_recv().is_err());
    // Another button still works.
    rig.sim.set_fault(None).expect("healed");
    rig.presses(4);
    assert_eq!(rig.next().await, EvaluatorEvent::Graded(grade(4)));
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_are_told() {
    let settings = EvaluatorSettings { cancel: Code(vec![1]), ..EvaluatorSettings::default() };
    let (sender, mut events) = mpsc::channel(8);
    let _handle = spawn("sim:nobody".parse().expect("a port"), settings, None, sender);
    assert_eq!(events.recv().await, Some(EvaluatorEvent::Link(Link::Down)));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_asks_for_one_grade() {
    let limit = Duration::from_secs(20);
    let endpoint: PortUrl = "sim:evaluator-cli".parse().expect("a port");
    let ask = || once::ask(endpoint.clone(), lit_on_request(), None, limit);
    assert!(matches!(ask().await, Err(GradeError::Down(_))));
    let device = Box::new(EvaluatorSim::new(&lit_on_request()));
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    assert!(matches!(ask().await, Err(GradeError::NoButton)));
    let refused = sim.control(&json!({"press": 3})).expect_err("no such button");
    assert!(refused.to_string().contains("no button for grade 3"), "{refused}");
    let (graded, ()) = tokio::join!(ask(), async {
        sim.wait_for(|it| it["asked"] == 2).await;
        sim.control(&json!({"press": 4})).expect("possible");
    });
    let graded = serde_json::to_value(graded.expect("a grade")).expect("plain values");
    assert_eq!(graded, json!({"grade": 4}));
    let notes: Vec<_> = sim.records().into_iter().map(|it| it.note).collect();
    assert!(notes.iter().all(|it| !it.contains('4')), "opinions are nobody's business: {notes:?}");
}
