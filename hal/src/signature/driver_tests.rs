//! The driver against the simulated pad and recorded streams, through every fault.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::{
    Area, Flaw, Ink, Signature, SignatureCommand as Command, SignatureEvent as Event,
    SignatureHandle, SignatureSettings, flaw,
    once::{self, SignError},
    sim::SignatureSim,
    spawn_with,
};
use crate::{
    fault::Link,
    input::{InputEvent, RecordParser, encode_all},
    port::PortUrl,
    sim::{SimHandle, SimOptions, serve},
};

struct Rig {
    sim: SimHandle,
    handle: SignatureHandle,
    events: mpsc::Receiver<Event>,
}

async fn serve_sim(endpoint: &str) -> SimHandle {
    let endpoint: PortUrl = endpoint.parse().expect("a port");
    serve(Box::new(SignatureSim::new(7)), &endpoint, SimOptions::default()).await.expect("served")
}

impl Rig {
    async fn start(endpoint: &str, settings: SignatureSettings) -> Self {
        let sim = serve_sim(endpoint).await;
        let (sender, events) = mpsc::channel(64);
        let handle = spawn_with(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, handle, events };
        rig.until(|it| *it == Event::Link(Link::Up)).await;
        rig
    }

    fn command(&self, command: Command) {
        self.handle.send(command).expect("taken");
    }

    fn control(&self, command: &Value) {
        self.sim.control(command).expect("possible");
    }

    async fn until(&mut self, mut wanted: impl FnMut(&Event) -> bool) -> Event {
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

    /// Takes ink until none came for a second.
    async fn ink(&mut self) -> Vec<Ink> {
        let mut all = Vec::new();
        loop {
            match timeout(Duration::from_secs(1), self.events.recv()).await {
                Ok(Some(Event::Ink(ink))) => all.push(ink),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return all,
            }
        }
    }

    /// Writes and finishes.
    async fn signs(&mut self, command: &Value) -> Result<Signature, Flaw> {
        self.command(Command::Begin);
        self.control(command);
        self.ink().await;
        self.command(Command::Finish);
        let done = |it: &Event| matches!(it, Event::Finished(_) | Event::Refused(_));
        match self.until(done).await {
            Event::Finished(signature) => Ok(signature),
            Event::Refused(flaw) => Err(flaw),
            _ => unreachable!("only these are waited for"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_what_is_given() {
    let mut rig = Rig::start("sim:signature-given", SignatureSettings::default()).await;
    let strokes = json!([[[1_000, 2_000, 500], [4_000, 2_000, 1_000]], [[5_000, 1_000, 300]]]);
    rig.command(Command::Begin);
    rig.control(&json!({ "draw": strokes }));
    let area = rig.until(|it| matches!(it, Event::Area(_))).await;
    assert_eq!(area, Event::Area(Area { width: 12_000, height: 7_500 }));
    let ink = rig.ink().await;
    assert_eq!(ink.iter().map(|it| it.stroke).collect::<Vec<_>>(), [0, 0, 1]);
    rig.command(Command::Finish);
    let Event::Refused(flaw) = rig.until(|it| !matches!(it, Event::Ink(_))).await else {
        panic!("two lines in a moment are no signature");
    };
    assert_eq!(flaw, Flaw::TooQuick);
    rig.control(&json!({ "draw": [[[1_000, 5_000, 900], [9_000, 5_000, 900]]] }));
    rig.ink().await;
    rig.command(Command::Finish);
    let Event::Finished(signature) = rig.until(|it| !matches!(it, Event::Ink(_))).await else {
        panic!("it is one now");
    };
    let places: Vec<Vec<_>> = signature
        .strokes
        .iter()
        .map(|it| it.points.iter().map(|it| (it.x, it.y, it.pressure)).collect())
        .collect();
    assert_eq!(places[0], [(1_000, 2_000, 499), (4_000, 2_000, 1_000)]);
    assert_eq!(places[1], [(5_000, 1_000, 299)]);
    assert_eq!(places[2].len(), 2);
    rig.command(Command::Finish);
    assert_eq!(rig.until(|_| true).await, Event::Refused(Flaw::Empty), "it was forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_signature_goes_through_every_fault() {
    let settings = SignatureSettings { stuck_after_ms: 5_000, ..Default::default() };
    let mut rig = Rig::start("sim:signature-faults", settings).await;
    for fault in rig.sim.faults() {
        rig.sim.set_fault(Some(fault.name)).expect("a fault");
        rig.command(Command::Begin);
        rig.control(&json!({"sign": 3}));
        match fault.name {
            "unplugged" => drop(rig.until(|it| *it == Event::Link(Link::Down)).await),
            "pen_stuck" => drop(rig.until(|it| *it == Event::PenStuck).await),
            "dropped_events" | "jitter" => {
                rig.ink().await;
                rig.command(Command::Finish);
                rig.until(|it| matches!(it, Event::Finished(_))).await;
            }
            // Of a line, not of an input device: records are mixed or missing.
            _ => drop(rig.ink().await),
        }
        rig.command(Command::Cancel);
        rig.sim.set_fault(None).expect("healed");
        if fault.name == "unplugged" {
            rig.until(|it| *it == Event::Link(Link::Up)).await;
        }
        // What the fault left in the line ends with the first stroke.
        rig.control(&json!({"sign": 1}));
        rig.ink().await;
        let signature = rig.signs(&json!({"sign": 4})).await.expect(fault.name);
        assert_eq!(signature.strokes.len(), 4, "{}", fault.name);
    }
}

#[tokio::test]
async fn a_signature_on_a_pseudo_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let endpoint = format!("pty:{}/pad", folder.path().display());
    let mut rig = Rig::start(&endpoint, SignatureSettings::default()).await;
    let signature = rig.signs(&json!({"sign": 3})).await.expect("a signature");
    assert_eq!(flaw(&signature, &SignatureSettings::default()), None);
    assert_eq!(signature.strokes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn lost_events_cut_a_stroke_and_join_nothing() {
    let mut rig = Rig::start("sim:signature-lost", SignatureSettings::default()).await;
    rig.sim.set_fault(Some("dropped_events")).expect("a fault");
    let line: Vec<_> = (0..20).map(|it| json!([1_000 + 400 * it, 3_000, 700])).collect();
    let lines = json!([line.clone(), line.clone(), line]);
    let signature = rig.signs(&json!({ "draw": lines })).await.expect("a signature");
    let lengths: Vec<_> = signature.strokes.iter().map(|it| it.points.len()).collect();
    assert_eq!(lengths, [10, 9, 10, 9, 10, 9]);
}

#[tokio::test(start_paused = true)]
async fn what_was_drawn_survives_a_loose_plug() {
    let mut rig = Rig::start("sim:signature-plug", SignatureSettings::default()).await;
    rig.command(Command::Begin);
    rig.control(&json!({"sign": 2}));
    rig.ink().await;
    rig.sim.unplug();
    rig.until(|it| *it == Event::Link(Link::Down)).await;
    rig.sim.replug();
    rig.until(|it| *it == Event::Link(Link::Up)).await;
    rig.control(&json!({"sign": 2}));
    rig.ink().await;
    rig.command(Command::Finish);
    let finished = rig.until(|it| matches!(it, Event::Finished(_))).await;
    assert!(matches!(finished, Event::Finished(it) if it.strokes.len() == 4));
}

/// Records as a pad that tells neither size nor touch writes them: only places and pressure.
#[tokio::test(start_paused = true)]
async fn a_recorded_stream_of_a_plain_digitizer_is_read() {
    let mut rig = Rig::start(
        "sim:signature-recorded",
        SignatureSettings {
            width_mm: 100,
            height_mm: 60,
            x_max: 4_095,
            y_max: 4_095,
            pressure_max: 255,
            ..Default::default()
        },
    )
    .await;
    let mut events = Vec::new();
    for step in 0..100_i32 {
        let time_us = 1_795_000_000_000_000 + 8_000 * u64::try_from(step).expect("positive");
        let pressure = if (40..45).contains(&step) { 0 } else { 128 };
        for (code, value) in [(0, 40 * step), (1, 2_048), (0x18, pressure)] {
            events.push(InputEvent::new(time_us, 3, code, value));
        }
        events.push(InputEvent::report(time_us));
    }
    let recording = encode_all(&events);
    assert_eq!(RecordParser::default().push(&recording), events);
    let play = json!({ "play": crate::hex::encode(&recording) });
    let signature = rig.signs(&play).await.expect("a signature");
    let ends: Vec<_> = signature
        .strokes
        .iter()
        .map(|it| (it.points.len(), it.points[0].x, it.points[0].pressure))
        .collect();
    assert_eq!(ends, [(40, 0, 501), (55, 4_395, 501)]);
    assert_eq!(signature.strokes[1].points[54].time_ms, 792);
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_are_told() {
    let settings = SignatureSettings { stuck_after_ms: 0, ..Default::default() };
    let (sender, mut events) = mpsc::channel(8);
    let _handle = spawn_with("sim:nobody".parse().expect("a port"), settings, None, sender);
    assert_eq!(events.recv().await, Some(Event::Link(Link::Down)));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_takes_one_signature() {
    let settings = SignatureSettings::default();
    let url: PortUrl = "sim:signature-once".parse().expect("a port");
    let limit = Duration::from_secs(20);
    let away = once::status(url.clone(), settings, None).await;
    assert!(matches!(away, Err(SignError::Down(_))));
    let away = once::sign(url.clone(), settings, None, limit).await;
    assert!(matches!(away, Err(SignError::Down(_))));
    let sim = serve_sim("sim:signature-once").await;
    let status = once::status(url.clone(), settings, None).await.expect("it tells");
    assert_eq!(
        serde_json::to_string(&status).expect("plain"),
        r#"{"online":true,"width_mm":120,"height_mm":75}"#
    );
    let nobody = once::sign(url.clone(), settings, None, limit).await;
    assert!(matches!(nobody, Err(SignError::Nothing)), "{nobody:?}");
    let (point, ()) = tokio::join!(once::sign(url.clone(), settings, None, limit), async {
        sim.wait_for(|_| true).await;
        tokio::time::advance(Duration::from_secs(1)).await;
        sim.control(&json!({"draw": [[[100, 100, 500], [300, 100, 500]]]})).expect("possible");
    });
    assert!(matches!(point, Err(SignError::Flaw(Flaw::TooShort))), "{point:?}");
    let (signed, ()) = tokio::join!(once::sign(url, settings, None, limit), async {
        tokio::time::advance(Duration::from_secs(1)).await;
        sim.control(&json!({"sign": 4})).expect("possible");
    });
    let report = once::SignReport::of(&signed.expect("a signature"));
    let json = serde_json::to_value(&report).expect("plain numbers");
    assert_eq!(json["strokes"], 4);
}
