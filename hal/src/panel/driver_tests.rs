//! The driver against the simulated cabinet.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::once::{self, PanelError};
use super::sim::PanelSim;
use super::{
    Active, Buzz, Input, InputSettings, Lamp, Light, OutputSettings, PanelCommand, PanelEvent,
    PanelHandle, PanelProblem, PanelSettings, spawn,
};
use crate::{fault::Link, port::PortUrl, sim::SimOptions};

/// Far beyond what anything here takes, in a time that is not waited for.
const LIMIT: Duration = Duration::from_secs(3_600);

struct Rig {
    sim: PanelSim,
    handle: PanelHandle,
    events: mpsc::Receiver<PanelEvent>,
}

fn url(name: &str) -> PortUrl {
    format!("sim:{name}").parse().expect("a port")
}

/// The same cabinet wired the other way round.
fn active_low() -> PanelSettings {
    let mut settings = PanelSettings::complete();
    let inputs = [
        &mut settings.door,
        &mut settings.tamper,
        &mut settings.vibration,
        &mut settings.proximity,
    ];
    for input in inputs.into_iter().flatten() {
        input.active = Active::Low;
    }
    let outputs =
        settings.lights.values_mut().chain(&mut settings.buzzer).chain(&mut settings.siren);
    for output in outputs {
        output.active = Active::Low;
    }
    settings
}

impl Rig {
    /// A running driver that has told how all inputs stand.
    async fn start(name: &str, settings: PanelSettings) -> Self {
        let options = SimOptions { seed: 24, ..SimOptions::default() };
        let sim = PanelSim::serve(&url(name), settings.clone(), options).expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn(sim.url().clone(), settings, sender);
        let mut rig = Self { sim, handle, events };
        rig.comes_up(&[]).await;
        rig
    }

    /// The link comes up and every input is told, those given as active.
    async fn comes_up(&mut self, active: &[Input]) {
        assert_eq!(self.next().await, PanelEvent::Link(Link::Up));
        let mut told = Vec::new();
        while told.len() < Input::ALL.len() {
            match self.next().await {
                PanelEvent::Input { input, active, .. } => told.push((input, active)),
                other => panic!("{other:?}"),
            }
        }
        told.sort_unstable();
        assert_eq!(told, Input::ALL.map(|it| (it, active.contains(&it))));
    }

    async fn next(&mut self) -> PanelEvent {
        let next = timeout(LIMIT, self.events.recv()).await.expect("an event comes");
        next.expect("the driver runs")
    }

    async fn told(&mut self, wanted: Input, wanted_active: bool) -> u32 {
        match self.next().await {
            PanelEvent::Input { input, active, age_ms } => {
                assert_eq!((input, active), (wanted, wanted_active));
                age_ms
            }
            other => panic!("{other:?}"),
        }
    }

    fn does(&self, what: &str) {
        self.sim.control(&json!({ what: true })).expect("possible");
    }

    fn asks(&self, command: PanelCommand) {
        self.handle.send(command).expect("taken");
    }

    async fn shows(&self, path: &str, wanted: impl Into<Value>) {
        let wanted = wanted.into();
        let seen = self.sim.wait_for(|it| it.pointer(path) == Some(&wanted));
        timeout(LIMIT, seen).await.expect("it comes to be so");
    }
}

#[tokio::test(start_paused = true)]
async fn every_change_is_told_once_however_the_panel_is_wired() {
    for (name, settings) in [("panel-high", PanelSettings::complete()), ("panel-low", active_low())]
    {
        let mut rig = Rig::start(name, settings).await;
        for (opened, closed, input) in [
            ("open_door", "close_door", Input::Door),
            ("open_cabinet", "close_cabinet", Input::Tamper),
            ("approach", "leave", Input::Proximity),
        ] {
            for (does, active) in [(opened, true), (closed, false)] {
                rig.does(does);
                // Repeated, it changes nothing.
                rig.does(does);
                assert_eq!(rig.told(input, active).await, 50);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pulse_too_short_to_read_is_told_and_lasts() {
    let mut rig = Rig::start("panel-shake", PanelSettings::complete()).await;
    rig.does("shake");
    assert_eq!(rig.sim.state()["inputs"]["vibration"], false, "the pulse is over");
    assert_eq!(rig.told(Input::Vibration, true).await, 0);
    rig.told(Input::Vibration, false).await;
    // Shaken on and on it is one vibration.
    for _ in 0..20 {
        rig.does("shake");
        tokio::time::advance(Duration::from_millis(300)).await;
    }
    rig.told(Input::Vibration, true).await;
    rig.told(Input::Vibration, false).await;
    assert_eq!(rig.sim.state()["shakes"], 21);
    assert!(rig.events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn bouncing_contacts_are_one_change() {
    let mut rig = Rig::start("panel-bouncing", PanelSettings::complete()).await;
    rig.sim.set_fault(Some("bouncing")).expect("a fault");
    for _ in 0..5 {
        rig.does("open_door");
        rig.told(Input::Door, true).await;
        rig.does("close_door");
        rig.told(Input::Door, false).await;
    }
    // Without settling time each bounce would be told: the fault is one.
    let settings = PanelSettings {
        door: Some(InputSettings { debounce_ms: 0, ..InputSettings::at(0) }),
        ..PanelSettings::complete()
    };
    let mut rig = Rig::start("panel-bouncing-raw", settings).await;
    rig.sim.set_fault(Some("bouncing")).expect("a fault");
    rig.does("open_door");
    for active in [true, false, true, false, true] {
        rig.told(Input::Door, active).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_input_that_sticks_is_told_when_it_is_free() {
    let mut rig = Rig::start("panel-stuck", PanelSettings::complete()).await;
    rig.sim.set_fault(Some("stuck_input")).expect("a fault");
    rig.does("open_door");
    let state = rig.sim.state();
    assert_eq!((&state["door"], &state["inputs"]["door"]), (&json!("open"), &json!(false)));
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(rig.events.try_recv().is_err(), "nothing is seen of it");
    rig.sim.set_fault(None).expect("healed");
    rig.told(Input::Door, true).await;
}

#[tokio::test(start_paused = true)]
async fn what_no_edge_tells_is_read() {
    let mut rig = Rig::start("panel-edges", PanelSettings::complete()).await;
    rig.sim.set_fault(Some("edges_lost")).expect("a fault");
    rig.does("open_door");
    rig.told(Input::Door, true).await;
    drop(rig);
    // A chip that never tells edges.
    let settings =
        PanelSettings { edges: false, poll_interval_ms: 20, ..PanelSettings::complete() };
    let mut rig = Rig::start("panel-polled", settings).await;
    rig.does("open_cabinet");
    rig.told(Input::Tamper, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_chip_that_comes_back_is_told_as_it_then_is() {
    let mut rig = Rig::start("panel-gone", PanelSettings::complete()).await;
    for _ in 0..3 {
        rig.sim.unplug();
        assert_eq!(rig.next().await, PanelEvent::Problem(PanelProblem::ChipMissing));
        assert_eq!(rig.next().await, PanelEvent::Link(Link::Down));
        rig.does("open_door");
        rig.asks(PanelCommand::Light { light: Light::Fault, lamp: Lamp::On });
        rig.sim.replug();
        rig.comes_up(&[Input::Door]).await;
        rig.shows("/lights/fault", true).await;
        rig.does("close_door");
        rig.told(Input::Door, false).await;
    }
}

#[tokio::test(start_paused = true)]
async fn outputs_do_what_is_asked() {
    for (name, settings) in
        [("panel-out-high", PanelSettings::complete()), ("panel-out-low", active_low())]
    {
        let rig = Rig::start(name, settings).await;
        for light in Light::ALL {
            let path = format!("/lights/{}", light.name());
            rig.asks(PanelCommand::Light { light, lamp: Lamp::On });
            rig.shows(&path, true).await;
            rig.asks(PanelCommand::Light { light, lamp: Lamp::Blink });
            for lit in [false, true, false, true] {
                rig.shows(&path, lit).await;
            }
            rig.asks(PanelCommand::Light { light, lamp: Lamp::Off });
            rig.shows(&path, false).await;
        }
        for (buzz, tones) in [(Buzz::Once, 1), (Buzz::Twice, 2), (Buzz::Repeat, 3)] {
            rig.asks(PanelCommand::Buzzer(buzz));
            for _ in 0..tones {
                rig.shows("/buzzer", true).await;
                rig.shows("/buzzer", false).await;
            }
        }
        rig.asks(PanelCommand::Buzzer(Buzz::Off));
        rig.asks(PanelCommand::Siren { on: true });
        rig.shows("/siren", true).await;
        // By itself, after three minutes.
        rig.shows("/siren", false).await;
    }
}

/// However the driver ends: nobody may ask any more, nobody listens any more, or its task is gone.
#[tokio::test(start_paused = true)]
async fn outputs_are_off_when_the_driver_ends() {
    for end in ["handle", "receiver"] {
        let rig = Rig::start(&format!("panel-ends-{end}"), active_low()).await;
        rig.asks(PanelCommand::Siren { on: true });
        rig.asks(PanelCommand::Light { light: Light::Ready, lamp: Lamp::On });
        rig.shows("/siren", true).await;
        rig.shows("/lights/ready", true).await;
        let Rig { sim, handle, events } = rig;
        match end {
            "handle" => drop(handle),
            _ => drop(events),
        }
        let off = sim.wait_for(|it| it["siren"] == false && it["lights"]["ready"] == false);
        timeout(LIMIT, off).await.expect("they go off");
    }
}

#[test]
fn outputs_are_off_when_the_runtime_ends() {
    let runtime = || {
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        built.expect("a runtime")
    };
    let keeper = runtime();
    let _entered = keeper.enter();
    let settings = PanelSettings::complete();
    let at = url("panel-runtime");
    let sim = PanelSim::serve(&at, settings.clone(), SimOptions::default()).expect("served");
    let runtime = runtime();
    let (sender, _events) = mpsc::channel(256);
    let _handle = runtime.block_on(async {
        let handle = spawn(at, settings, sender);
        handle.send(PanelCommand::Siren { on: true }).expect("taken");
        sim.wait_for(|it| it["siren"] == true).await;
        handle
    });
    drop(runtime);
    assert_eq!(sim.state()["siren"], false);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_wired_takes_commands_and_does_nothing() {
    let settings = PanelSettings { siren: Some(OutputSettings::at(3)), ..PanelSettings::default() };
    let at = url("panel-little");
    let sim = PanelSim::serve(&at, settings.clone(), SimOptions::default()).expect("served");
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn(at, settings, sender);
    assert_eq!(events.recv().await, Some(PanelEvent::Link(Link::Up)));
    handle.send(PanelCommand::Light { light: Light::Ready, lamp: Lamp::On }).expect("taken");
    handle.send(PanelCommand::Siren { on: true }).expect("taken");
    let state = sim.wait_for(|it| it["siren"] == true).await;
    assert_eq!((&state["lights"], &state["buzzer"]), (&json!({}), &Value::Null));
    let refused = sim.control(&json!({"open_door": true})).expect_err("no such input");
    assert!(refused.to_string().contains("no input `door`"), "{refused}");
    // Without inputs, too, it is seen that the chip went.
    sim.unplug();
    assert_eq!(events.recv().await, Some(PanelEvent::Problem(PanelProblem::ChipMissing)));
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_are_told() {
    let (sender, mut events) = mpsc::channel(8);
    let _handle = spawn(url("nobody"), PanelSettings::default(), sender);
    assert_eq!(events.recv().await, Some(PanelEvent::Problem(PanelProblem::Settings)));
    assert_eq!(events.recv().await, Some(PanelEvent::Link(Link::Down)));
}

#[tokio::test(start_paused = true)]
async fn lines_that_another_has_are_refused() {
    let rig = Rig::start("panel-taken", PanelSettings::complete()).await;
    let (sender, mut events) = mpsc::channel(8);
    let _second = spawn(rig.sim.url().clone(), PanelSettings::complete(), sender);
    assert_eq!(events.recv().await, Some(PanelEvent::Problem(PanelProblem::LineRefused)));
    let Rig { sim, handle, .. } = rig;
    drop(handle);
    while events.recv().await.expect("it runs") != PanelEvent::Link(Link::Up) {}
    drop(sim);
}

#[tokio::test(start_paused = true)]
async fn the_command_line_looks_and_lights() {
    let (settings, at) = (active_low(), url("panel-once"));
    let missing = once::state(at.clone(), settings.clone()).await.expect_err("no chip");
    assert!(missing.to_string().contains("no GPIO chip at sim:panel-once"), "{missing}");
    let sim = PanelSim::serve(&at, settings.clone(), SimOptions::default()).expect("served");
    sim.control(&json!({"open_door": true})).expect("possible");
    let state = once::state(at.clone(), settings.clone()).await.expect("it is read");
    assert_eq!(
        serde_json::to_value(&state).expect("plain values"),
        json!({
            "inputs": {"door": true, "tamper": false, "vibration": false, "proximity": false},
            "lights": {"ready": false, "reader": false, "printer": false, "locker": false,
                "fault": false},
            "buzzer": false,
            "siren": false,
        })
    );
    let hold = Duration::from_secs(3);
    let (lit, ()) =
        tokio::join!(once::light(at.clone(), settings.clone(), Light::Reader, true, hold), async {
            sim.wait_for(|it| it["lights"]["reader"] == true).await;
        });
    let lit = serde_json::to_value(lit.expect("it is lit")).expect("plain values");
    assert_eq!(lit, json!({"light": "reader", "on": true, "held_ms": 3000}));
    assert_eq!(sim.state()["lights"]["reader"], false);
    let few = PanelSettings { door: Some(InputSettings::at(1)), ..PanelSettings::default() };
    let none = once::light(at, few, Light::Reader, true, hold).await;
    assert!(matches!(none, Err(PanelError::NoSuchLight(Light::Reader))));
}

#[tokio::test]
async fn the_simulator_says_what_it_does_not_know() {
    let at = url("panel-sim");
    let sim = PanelSim::serve(&at, PanelSettings::complete(), SimOptions::default());
    let sim = sim.expect("served");
    let again = PanelSim::serve(&at, PanelSettings::complete(), SimOptions::default());
    assert!(again.is_err_and(|it| it.to_string().contains("the name is taken")));
    let error = sim.control(&json!({"kick": true})).expect_err("unknown").to_string();
    assert!(error.contains("open_door"), "{error}");
    let error = sim.set_fault(Some("rust")).expect_err("unknown").to_string();
    assert!(error.contains("stuck_input"), "{error}");
    sim.set_fault(Some("bouncing")).expect("a fault");
    assert_eq!(sim.active_faults(), ["bouncing"]);
    drop(sim);
    let error = once::state(at, PanelSettings::complete()).await.expect_err("it is gone");
    assert!(error.to_string().contains("no simulator of this name"), "{error}");
}
