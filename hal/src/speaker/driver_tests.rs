//! The driver against the simulated loudspeaker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};

use super::driver::outlet_for;
use super::once::{self, SpeakerError};
use super::sim::SpeakerSim;
use super::wav::Sound;
use super::{
    Hour, NotSaid, Outlet, Privacy, SpeakerCommand, SpeakerEvent, SpeakerHandle, SpeakerSettings,
    Speech, VolumeSchedule, spawn,
};
use crate::fault::Link;
use crate::port::PortUrl;

struct Rig {
    sim: SpeakerSim,
    handle: SpeakerHandle,
    events: mpsc::Receiver<SpeakerEvent>,
    hour: Arc<AtomicU8>,
    _voice: TempDir,
}

/// A clip of one second whose loudest sample is 10000.
fn voice() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let language = folder.path().join("zh-CN");
    std::fs::create_dir(&language).expect("made");
    let sound = Sound { rate: 8_000, samples: vec![10_000; 8_000] };
    std::fs::write(language.join("welcome.wav"), sound.encode()).expect("written");
    folder
}

fn settings(voice: &TempDir, port: &PortUrl) -> SpeakerSettings {
    SpeakerSettings {
        voice: voice.path().to_owned(),
        headphones: Some(port.clone()),
        volume: VolumeSchedule::try_from(vec![(7, 80), (21, 30)]).expect("a schedule"),
        ..SpeakerSettings::default()
    }
}

fn say(privacy: Privacy) -> SpeakerCommand {
    SpeakerCommand::Say { speech: Speech::parse("zh-CN", "welcome"), privacy }
}

impl Rig {
    fn start(name: &str) -> Self {
        let url: PortUrl = format!("sim:{name}").parse().expect("a port");
        let sim = SpeakerSim::serve(&url).expect("served");
        let voice = voice();
        let hour = Arc::new(AtomicU8::new(12));
        let clock: Hour = Arc::new({
            let hour = Arc::clone(&hour);
            move || Some(hour.load(Ordering::Relaxed))
        });
        let (sender, events) = mpsc::channel(64);
        let handle = spawn(url.clone(), settings(&voice, &url), clock, sender);
        Self { sim, handle, events, hour, _voice: voice }
    }

    fn asks(&self, command: SpeakerCommand) {
        self.handle.send(command).expect("taken");
    }

    /// The next event that says what became of a command.
    async fn outcome(&mut self) -> SpeakerEvent {
        loop {
            let event = timeout(Duration::from_secs(600), self.events.recv()).await;
            match event.expect("an event comes").expect("the driver runs") {
                SpeakerEvent::Link(_) => {}
                other => return other,
            }
        }
    }

    fn headphones(&self, plugged: bool) {
        let command = if plugged { "plug_headphones" } else { "unplug_headphones" };
        self.sim.control(&json!({ command: true })).expect("possible");
    }
}

/// Every case there is: nothing private ever has the loudspeaker for its outlet.
#[test]
fn the_private_goes_to_headphones_or_nowhere() {
    for has in [false, true] {
        for plugged in [None, Some(false), Some(true)] {
            let private = outlet_for(Privacy::Private, has, plugged);
            let there = has && plugged != Some(false);
            let wanted = if there { Ok(Outlet::Headphones) } else { Err(NotSaid::NoHeadphones) };
            assert_eq!(private, wanted);
            let public = outlet_for(Privacy::Public, has, plugged);
            let sure = has && plugged == Some(true);
            let wanted = if sure { Outlet::Headphones } else { Outlet::Loudspeaker };
            assert_eq!(public, Ok(wanted));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn headphones_have_precedence_and_the_private_to_themselves() {
    let mut rig = Rig::start("speaker-private");
    rig.asks(say(Privacy::Public));
    assert_eq!(rig.outcome().await, SpeakerEvent::Said(Outlet::Loudspeaker));
    rig.asks(say(Privacy::Private));
    assert_eq!(rig.outcome().await, SpeakerEvent::NotSaid(NotSaid::NoHeadphones));
    rig.headphones(true);
    for privacy in [Privacy::Public, Privacy::Private] {
        rig.asks(say(privacy));
        assert_eq!(rig.outcome().await, SpeakerEvent::Said(Outlet::Headphones));
    }
    // Pulled out in the middle.
    rig.asks(say(Privacy::Private));
    rig.sim.wait_for(|it| it["heard"][3]["outlet"] == "headphones").await;
    rig.headphones(false);
    assert_eq!(rig.outcome().await, SpeakerEvent::NotSaid(NotSaid::NoHeadphones));
    let heard = &rig.sim.state()["heard"];
    let outlets: Vec<_> = (0..4).map(|it| heard[it]["outlet"].clone()).collect();
    assert_eq!(outlets, ["loudspeaker", "headphones", "headphones", "headphones"]);
    let whole: Vec<_> = (0..4).map(|it| heard[it]["whole"].clone()).collect();
    assert_eq!(whole, [true, true, true, false]);
    assert_eq!(heard.as_array().map(Vec::len), Some(4));
}

#[tokio::test(start_paused = true)]
async fn the_hour_sets_the_volume() {
    let mut rig = Rig::start("speaker-volume");
    for (hour, peak) in [(6, 3_000), (7, 8_000), (20, 8_000), (21, 3_000)] {
        rig.hour.store(hour, Ordering::Relaxed);
        rig.asks(say(Privacy::Public));
        rig.outcome().await;
        let heard = rig.sim.state()["heard"].as_array().and_then(|it| it.last().cloned());
        assert_eq!(heard.expect("it was heard")["peak"], peak, "at {hour}");
    }
    rig.headphones(true);
    rig.asks(say(Privacy::Public));
    rig.outcome().await;
    assert_eq!(rig.sim.state()["heard"][4]["peak"], 6_000);
}

#[tokio::test(start_paused = true)]
async fn stop_silences_and_forgets_what_waits() {
    let mut rig = Rig::start("speaker-stop");
    for _ in 0..3 {
        rig.asks(say(Privacy::Public));
    }
    rig.sim.wait_for(|it| it["heard"][0]["outlet"] == "loudspeaker").await;
    rig.asks(SpeakerCommand::Stop);
    assert_eq!(rig.outcome().await, SpeakerEvent::NotSaid(NotSaid::Stopped));
    rig.asks(SpeakerCommand::Chime);
    assert_eq!(rig.outcome().await, SpeakerEvent::Said(Outlet::Loudspeaker));
    let heard = rig.sim.state()["heard"].clone();
    assert_eq!(heard[0]["whole"], false);
    assert_eq!((&heard[1]["length_ms"], &heard[1]["whole"]), (&json!(800), &json!(true)));
    assert_eq!(heard.as_array().map(Vec::len), Some(2));
    // At the end it is silent, too.
    rig.asks(say(Privacy::Public));
    rig.sim.wait_for(|it| it["heard"][2]["outlet"] == "loudspeaker").await;
    drop(rig.handle);
    while rig.events.recv().await.is_some() {}
    assert_eq!(rig.sim.state()["heard"][2]["whole"], false);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_told_and_the_rest_goes_on() {
    let mut rig = Rig::start("speaker-faults");
    let speech = Speech::parse("zh-CN", "unknown 17");
    rig.asks(SpeakerCommand::Say { speech, privacy: Privacy::Public });
    assert_eq!(rig.outcome().await, SpeakerEvent::NotSaid(NotSaid::NoClip));
    rig.sim.unplug();
    rig.asks(SpeakerCommand::Chime);
    assert_eq!(rig.events.recv().await, Some(SpeakerEvent::Link(Link::Down)));
    assert_eq!(rig.outcome().await, SpeakerEvent::NotSaid(NotSaid::Failed));
    rig.sim.replug();
    rig.asks(SpeakerCommand::Chime);
    assert_eq!(rig.events.recv().await, Some(SpeakerEvent::Link(Link::Up)));
    assert_eq!(rig.outcome().await, SpeakerEvent::Said(Outlet::Loudspeaker));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_speaks_into_a_file() {
    let voice = voice();
    let path = voice.path().join("heard.wav");
    let port = PortUrl::Wav { path: path.clone() };
    let settings = SpeakerSettings { headphones: None, ..settings(&voice, &port) };
    let noon: Hour = Arc::new(|| Some(12));
    let say = async |text: &str, privacy| {
        let (port, settings, noon) = (port.clone(), settings.clone(), Arc::clone(&noon));
        once::say(port, settings, noon, "zh-CN", text, privacy).await
    };
    let said = say("welcome welcome", Privacy::Public).await.expect("it is said");
    assert_eq!(serde_json::to_value(said).expect("plain"), json!({"outlet": "loudspeaker"}));
    let heard = Sound::parse(&std::fs::read(&path).expect("a file")).expect("a WAV file");
    assert_eq!((heard.length_ms(), heard.peak()), (2_120, 8_000));
    let private = say("welcome", Privacy::Private).await;
    assert!(matches!(private, Err(SpeakerError::NoHeadphones)));
    let unknown = say("goodbye", Privacy::Public).await.expect_err("no clip").to_string();
    assert!(unknown.contains("goodbye.wav"), "{unknown}");
    let nowhere: PortUrl = "tcp:127.0.0.1:9".parse().expect("a port");
    let error = once::chime(nowhere, settings.clone(), Arc::clone(&noon)).await;
    assert!(matches!(error, Err(SpeakerError::NotPlayed(_))));
    let chimed = voice.path().join("chime.wav");
    let port = PortUrl::Wav { path: chimed.clone() };
    once::chime(port, settings, noon).await.expect("it chimes");
    let heard = Sound::parse(&std::fs::read(chimed).expect("a file")).expect("a WAV file");
    assert_eq!(heard.length_ms(), 800);
}

#[test]
fn what_is_spelled_does_not_show_in_debug_output() {
    let text = format!("{:?}", Speech::parse("zh-CN", "door 440524188001010014 is_open"));
    assert!(text.contains("18 characters") && !text.contains("4405"), "{text}");
}
