//! The driver against the simulated camera, a folder of pictures, and Video4Linux where it is
//! there.

use std::time::Duration;

use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::{
    CameraCommand as Command, CameraEvent as Event, CameraHandle, CameraSettings, Picture, Problem,
    Quality, examine, jpeg,
    once::{self, CaptureError},
    sim::{CameraSim, desk::Scene},
    spawn_with,
};
use crate::{
    fault::Link,
    port::{PortUrl, Tap},
    sim::{SimHandle, SimOptions, serve},
};

fn settings() -> CameraSettings {
    CameraSettings { long_side: 600, ..CameraSettings::default() }
}

async fn serve_sim(endpoint: &str) -> SimHandle {
    let endpoint: PortUrl = endpoint.parse().expect("a port");
    let device = Box::new(CameraSim::new(3, 640, 480));
    serve(device, &endpoint, SimOptions::default()).await.expect("served")
}

struct Rig {
    handle: CameraHandle,
    events: mpsc::Receiver<Event>,
}

impl Rig {
    async fn start(url: &PortUrl, settings: CameraSettings, tap: Option<Tap>) -> Self {
        let (sender, events) = mpsc::channel(4);
        let handle = spawn_with(url.clone(), settings, tap, sender);
        let mut rig = Self { handle, events };
        rig.until(|it| *it == Event::Link(Link::Up)).await;
        rig
    }

    fn command(&self, command: Command) {
        self.handle.send(command).expect("taken");
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
        timeout(Duration::from_secs(120), search).await.expect("the event comes")
    }

    async fn sees(&mut self, mut wanted: impl FnMut(&Quality) -> bool) {
        self.until(|it| matches!(it, Event::Quality { quality, .. } if wanted(quality))).await;
    }

    async fn captures(&mut self, page: u16, anyway: bool) -> Result<Picture, Vec<Problem>> {
        self.command(Command::Capture { page, anyway });
        let done = |it: &Event| matches!(it, Event::Captured { .. } | Event::Refused { .. });
        match self.until(done).await {
            Event::Captured { page: taken, picture } if taken == page => Ok(picture),
            Event::Refused { page: refused, problems } if refused == page => Err(problems),
            other => panic!("another page: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_shown_and_taken_straightened() {
    let sim = serve_sim("sim:camera-page").await;
    let mut rig = Rig::start(sim.url(), settings(), None).await;
    rig.command(Command::Start);
    rig.sees(|it| it.problems == [Problem::NoPage]).await;
    sim.control(&json!({"lay": "page-1"})).expect("possible");
    sim.control(&json!({"tilt_deg": 6})).expect("possible");
    rig.sees(Quality::is_good).await;
    let picture = rig.captures(1, false).await.expect("it is good");
    assert_eq!((picture.width, picture.height), (424, 600));
    let page = jpeg::decode(&picture.jpeg).expect("a picture");
    assert_eq!((page.width(), page.height()), (424, 600));
    let middle: u32 = page.grey().pixels().iter().map(|it| u32::from(*it)).sum();
    assert!(middle / (424 * 600) > 150, "nothing of the desk is in it");
    sim.control(&json!({"tilt_deg": 12})).expect("possible");
    assert_eq!(rig.captures(2, false).await, Err(vec![Problem::Tilted]));
    assert!(rig.captures(2, true).await.is_ok(), "it can be taken anyway");
    sim.control(&json!({"remove": true})).expect("possible");
    assert_eq!(rig.captures(3, true).await, Err(vec![Problem::NoPage]));
}

#[tokio::test(start_paused = true)]
async fn a_page_is_taken_again_after_every_fault() {
    let sim = serve_sim("sim:camera-faults").await;
    sim.control(&json!({"lay": "page-1"})).expect("possible");
    let settings = CameraSettings { capture_timeout_ms: 1_000, ..settings() };
    let mut rig = Rig::start(sim.url(), settings, None).await;
    rig.command(Command::Start);
    rig.sees(Quality::is_good).await;
    for fault in sim.faults() {
        sim.set_fault(Some(fault.name)).expect("a fault");
        let problem = match fault.name {
            "glare" => Some(Problem::Glare),
            "blur" => Some(Problem::Blurred),
            "dark" => Some(Problem::TooDark),
            "hand_in_view" => Some(Problem::EdgesUnclear),
            _ => None,
        };
        match (problem, fault.name) {
            (Some(problem), _) => {
                rig.sees(|it| it.problems.contains(&problem)).await;
                let refused = rig.captures(1, false).await;
                assert_eq!(refused.err(), Some(vec![problem]), "{}", fault.name);
            }
            (None, "garbage") => drop(rig.captures(1, false).await),
            (None, _) => {
                rig.until(|it| *it == Event::Link(Link::Down)).await;
                assert_eq!(rig.captures(1, false).await, Err(vec![Problem::NoPicture]));
            }
        }
        sim.set_fault(None).expect("healed");
        rig.sees(Quality::is_good).await;
        assert!(rig.captures(1, false).await.is_ok(), "after {}", fault.name);
    }
}

#[tokio::test]
async fn a_page_is_taken_over_tcp_and_a_pseudo_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let pty = format!("pty:{}/camera", folder.path().display());
    for endpoint in ["tcp:127.0.0.1:0", &pty] {
        let sim = serve_sim(endpoint).await;
        sim.control(&json!({"lay": "page-1"})).expect("possible");
        let settings = CameraSettings { capture_timeout_ms: 60_000, ..settings() };
        let picture = once::capture(sim.url().clone(), settings, None, false).await;
        assert_eq!(picture.expect(endpoint).width, 424);
    }
}

#[tokio::test(start_paused = true)]
async fn a_camera_at_rest_does_not_run_and_is_looked_for() {
    let sim = serve_sim("sim:camera-rest").await;
    let mut rig = Rig::start(sim.url(), settings(), None).await;
    sim.unplug();
    rig.until(|it| *it == Event::Link(Link::Down)).await;
    sim.replug();
    assert_eq!(rig.until(|_| true).await, Event::Link(Link::Up));
    rig.command(Command::Start);
    rig.sees(|_| true).await;
    rig.command(Command::Stop);
    // What was under way comes still, then nothing.
    while timeout(Duration::from_secs(3), rig.events.recv()).await.is_ok() {}
    assert!(timeout(Duration::from_secs(60), rig.events.recv()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_tap_keeps_nothing_of_a_paper() {
    let sim = serve_sim("sim:camera-tap").await;
    sim.control(&json!({"lay": "page-1"})).expect("possible");
    let tap = Tap::new(|| jiff::Timestamp::UNIX_EPOCH).port("camera", super::driver::describe);
    let mut rig = Rig::start(sim.url(), settings(), Some(tap.clone())).await;
    let picture = rig.captures(1, false).await.expect("it is good");
    assert!(tap.records().iter().all(|it| it.bytes.len() <= 2 * 16 * 100));
    let first = tap.records().into_iter().next().expect("a frame came");
    assert!(first.note.starts_with("begin of a picture"), "{}", first.note);
    assert!(format!("{picture:?}").len() < 60, "{picture:?}");
}

#[tokio::test(start_paused = true)]
async fn a_folder_stands_in_for_a_camera() {
    let folder = tempfile::tempdir().expect("a folder");
    let url: PortUrl = format!("file:{}", folder.path().display()).parse().expect("a port");
    let empty = once::status(url.clone(), settings()).await.expect_err("nothing in it");
    assert!(empty.to_string().contains("put pictures there"), "{empty}");
    let scene = Scene { page: Some("page-7".to_owned()), ..Scene::default() };
    let picture = scene.picture(640, 480).expect("a size");
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 640, 480);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(picture.pixels()).expect("data");
    drop(writer);
    std::fs::write(folder.path().join("1.png"), file).expect("written");
    let jpeg = jpeg::encode(&picture, 85).expect("a file");
    std::fs::write(folder.path().join("2.JPG"), jpeg).expect("written");
    std::fs::write(folder.path().join("notes.txt"), "no picture").expect("written");
    let taken = once::capture(url.clone(), settings(), None, false).await.expect("a page");
    let report = serde_json::to_value(once::CaptureReport::of(&taken)).expect("plain values");
    assert_eq!((&report["width"], &report["height"]), (&json!(424), &json!(600)));
    assert_eq!(report["quality"]["problems"], json!([]));
    let whole = CameraSettings { crop: false, rotate_deg: 90, ..settings() };
    let taken = once::capture(url, whole, None, true).await.expect("the whole picture");
    assert_eq!((taken.width, taken.height), (480, 640));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_work_is_told() {
    let none: PortUrl = "v4l2:/dev/no-such-camera".parse().expect("a port");
    let error = once::capture(none.clone(), settings(), None, false).await.expect_err("none");
    assert!(matches!(error, CaptureError::Source(_)), "{error}");
    assert!(error.to_string().contains("v4l2:/dev/no-such-camera"), "{error}");
    let zero: PortUrl = "v4l2:/dev/null".parse().expect("a port");
    assert!(once::status(zero, settings()).await.is_err());
    let wrong = CameraSettings { jpeg_quality: 0, ..settings() };
    let error = once::status(none.clone(), wrong).await.expect_err("settings");
    assert!(matches!(error, CaptureError::Settings(_)));
    let (sender, mut events) = mpsc::channel(8);
    let _handle = spawn_with(none, wrong, None, sender);
    assert_eq!(events.recv().await, Some(Event::Link(Link::Down)));
}

/// Needs a camera of Video4Linux, such as the kernel's `vivid` (`modprobe vivid`); where there is
/// none this says so.
#[tokio::test]
async fn a_camera_of_video4linux_gives_frames() {
    let Some(path) =
        (0..8).map(|it| format!("/dev/video{it}")).find(|it| std::path::Path::new(it).exists())
    else {
        println!(
            "NOT TESTED: Video4Linux; there is no /dev/video0 to /dev/video7 (modprobe vivid)"
        );
        return;
    };
    let url: PortUrl = format!("v4l2:{path}").parse().expect("a port");
    let format = super::Format::Yuyv;
    let settings = CameraSettings { format, width: 640, height: 480, ..settings() };
    let mut rig = Rig::start(&url, settings, None).await;
    rig.command(Command::Start);
    let seen = rig.until(|it| matches!(it, Event::Quality { .. })).await;
    let Event::Quality { preview, .. } = seen else { unreachable!("only this is waited for") };
    assert!(preview.width() > 0 && !examine(&preview.grey(), &settings).problems.is_empty());
}
