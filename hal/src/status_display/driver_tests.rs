//! The driver against the simulated display: what it is told is what the glass shows.

use tokio::sync::mpsc;

use super::once::{self, ShowError};
use super::sim::StatusDisplaySim;
use super::{
    DisplayCommand, DisplayError, DisplayEvent, DisplayStatus, HEIGHT, StatusDisplaySettings,
    WIDTH, render, spawn,
};
use crate::fault::Link;
use crate::port::PortUrl;
use crate::printer::{FontSettings, bitmap::Bitmap, fonts::Fonts};

fn url(name: &str) -> PortUrl {
    format!("sim:{name}").parse().expect("a port")
}

/// No font files: Latin letters and digits need none.
fn no_fonts() -> FontSettings {
    FontSettings { regular: Vec::new(), bold: Vec::new() }
}

fn status(way: u16) -> DisplayStatus {
    DisplayStatus {
        kiosk: 3,
        state: "In service".into(),
        way: Some(way),
        hint: "Shut the door".into(),
    }
}

fn picture(way: u16) -> Bitmap {
    render::render(&Fonts::new(&no_fonts()), &status(way))
}

fn shows(sim: &StatusDisplaySim, picture: &Bitmap, rotated: bool) -> bool {
    let dots = (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y)));
    let turned = |x, y| if rotated { (WIDTH - 1 - x, HEIGHT - 1 - y) } else { (x, y) };
    dots.map(|(x, y)| (picture.is_black(x, y), turned(x, y)))
        .all(|(wanted, (x, y))| sim.is_lit(x, y) == wanted)
}

fn settings() -> StatusDisplaySettings {
    StatusDisplaySettings { refresh_interval_ms: 500, contrast: 0xCF, ..Default::default() }
}

#[tokio::test]
async fn the_glass_shows_what_was_asked_last() {
    let sim = StatusDisplaySim::serve(&url("oled")).expect("served");
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn(url("oled"), settings(), no_fonts(), sender);
    assert_eq!(events.recv().await, Some(DisplayEvent::Link(Link::Up)));
    for way in [1, 20, 999] {
        handle.send(DisplayCommand::Show(status(way))).expect("taken");
        let picture = picture(way);
        sim.wait_for(|it| shows(it, &picture, false)).await;
    }
    handle.send(DisplayCommand::Blank).expect("taken");
    sim.wait_for(|it| shows(it, &render::blank(), false)).await;
    // While it is set up anew it is off for a moment.
    sim.wait_for(|it| it.state()["on"] == true).await;
    let state = sim.state();
    assert_eq!(state["contrast"], 0xCF);
    assert_eq!(state["unknown_commands"], 0, "the simulator knows all that is sent");
    // At the end nothing stays that is no longer so.
    handle.send(DisplayCommand::Show(status(5))).expect("taken");
    let picture = picture(5);
    sim.wait_for(|it| shows(it, &picture, false)).await;
    drop(handle);
    sim.wait_for(|it| shows(it, &render::blank(), false)).await;
}

#[tokio::test]
async fn a_display_that_was_away_shows_it_again() {
    let sim = StatusDisplaySim::serve(&url("oled-away")).expect("served");
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn(url("oled-away"), settings(), no_fonts(), sender);
    assert_eq!(events.recv().await, Some(DisplayEvent::Link(Link::Up)));
    handle.send(DisplayCommand::Show(status(7))).expect("taken");
    let before = picture(7);
    sim.wait_for(|it| shows(it, &before, false)).await;
    sim.set_fault(Some("power_lost")).expect("a fault");
    sim.wait_for(|it| shows(it, &before, false)).await;
    sim.unplug();
    assert_eq!(events.recv().await, Some(DisplayEvent::Link(Link::Down)));
    handle.send(DisplayCommand::Show(status(8))).expect("taken");
    sim.replug();
    assert_eq!(events.recv().await, Some(DisplayEvent::Link(Link::Up)));
    let after = picture(8);
    sim.wait_for(|it| shows(it, &after, false)).await;
}

#[test]
fn the_command_line_shows_one_status_upside_down_too() {
    let sim = StatusDisplaySim::serve(&url("oled-once")).expect("served");
    for rotated in [false, true] {
        let settings = StatusDisplaySettings { rotated, ..settings() };
        once::show(&url("oled-once"), &settings, &no_fonts(), Some(&status(42))).expect("shown");
        assert!(shows(&sim, &picture(42), rotated));
        once::show(&url("oled-once"), &settings, &no_fonts(), None).expect("shown");
        assert!(shows(&sim, &render::blank(), rotated));
    }
    sim.unplug();
    let gone = once::show(&url("oled-once"), &settings(), &no_fonts(), None);
    assert!(matches!(gone, Err(ShowError::Display(DisplayError::NoAnswer { .. }))));
}

#[test]
fn what_is_not_there_is_told() {
    let show = |port: &str| {
        let port = port.parse().expect("a port");
        once::show(&port, &settings(), &no_fonts(), None).expect_err("nothing there").to_string()
    };
    let error = show("i2c:/dev/i2c-of-nobody?address=0x3c");
    assert!(error.contains("cannot open i2c:/dev/i2c-of-nobody?address=0x3c"), "{error}");
    assert!(show("sim:oled-nobody").contains("no simulator of this name"));
    assert!(show("tcp:127.0.0.1:9").contains("expected i2c:PATH"));
    // A real file that is no bus: what the kernel says is passed on.
    assert!(show("i2c:/dev/null").contains("i2c:/dev/null"));
}
