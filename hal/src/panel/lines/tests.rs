//! The real back ends, as far as this machine has what they drive.

use std::{fs, path::Path, time::Duration};

use tokio::sync::mpsc;

use crate::fault::Link;
use crate::panel::{
    Input, InputSettings, Lamp, Light, LinesError, OutputSettings, PanelCommand, PanelEvent,
    PanelSettings, Pull, once, spawn,
};
use crate::port::PortUrl;

/// Where gpio-sim is made and moved (Documentation/admin-guide/gpio/gpio-sim.rst).
const CONFIGFS: &str = "/sys/kernel/config/gpio-sim";

fn settings() -> PanelSettings {
    PanelSettings {
        door: Some(InputSettings { pull: Pull::None, ..InputSettings::at(0) }),
        vibration: Some(InputSettings { pull: Pull::None, ..InputSettings::at(2) }),
        lights: [(Light::Ready, OutputSettings::at(1))].into(),
        ..PanelSettings::default()
    }
}

#[tokio::test]
async fn a_chip_that_is_not_there_is_told() {
    let url: PortUrl = "gpio:/dev/gpiochip-of-nobody".parse().expect("a port");
    let error = once::state(url, settings()).await.expect_err("no chip").to_string();
    assert!(error.contains("no GPIO chip at gpio:/dev/gpiochip-of-nobody"), "{error}");
    assert!(error.contains("gpiodetect"), "{error}");
}

#[tokio::test]
async fn what_is_no_chip_gives_no_line() {
    let url: PortUrl = "gpio:/dev/null".parse().expect("a port");
    let error = once::state(url, settings()).await.expect_err("no chip").to_string();
    assert!(error.contains("does not give a line"), "{error}");
}

#[tokio::test]
async fn a_port_of_another_kind_is_no_panel() {
    let url: PortUrl = "tcp:127.0.0.1:9".parse().expect("a port");
    let error = once::state(url, settings()).await.expect_err("no panel").to_string();
    assert!(error.contains("expected gpio:PATH, rppal: or sim:NAME"), "{error}");
}

#[tokio::test]
async fn a_machine_that_is_no_raspberry_pi_says_so() {
    let model = fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    if model.contains("Raspberry Pi") {
        println!("this is a Raspberry Pi: its header is left alone");
        return;
    }
    let error = once::state(PortUrl::Rppal, settings()).await.expect_err("no header");
    assert!(error.to_string().contains("rppal:"), "{error}");
    let once::PanelError::Lines(error) = error else { panic!("{error}") };
    assert!(matches!(error, LinesError::ChipMissing { .. } | LinesError::LineRefused { .. }));
}

/// A chip of gpio-sim with three lines, gone when it is dropped.
struct SimulatedChip {
    folder: String,
}

impl SimulatedChip {
    fn create() -> Option<Self> {
        if !Path::new(CONFIGFS).exists() {
            return None;
        }
        let chip = Self { folder: format!("{CONFIGFS}/hall24-{}", std::process::id()) };
        fs::create_dir(&chip.folder).ok()?;
        fs::create_dir(format!("{}/bank", chip.folder)).expect("a bank");
        chip.write("bank/num_lines", "3");
        chip.write("live", "1");
        Some(chip)
    }

    fn write(&self, file: &str, value: &str) {
        fs::write(format!("{}/{file}", self.folder), value).expect(file);
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("{}/{file}", self.folder)).expect(file).trim().to_owned()
    }

    fn url(&self) -> PortUrl {
        format!("gpio:/dev/{}", self.read("bank/chip_name")).parse().expect("a port")
    }

    fn line(&self, line: u32) -> String {
        let (device, chip) = (self.read("dev_name"), self.read("bank/chip_name"));
        format!("/sys/devices/platform/{device}/{chip}/sim_gpio{line}")
    }

    fn pull(&self, line: u32, up: bool) {
        let pull = if up { "pull-up" } else { "pull-down" };
        fs::write(format!("{}/pull", self.line(line)), pull).expect("it is pulled");
    }

    fn is_high(&self, line: u32) -> bool {
        fs::read_to_string(format!("{}/value", self.line(line))).expect("its value").trim() == "1"
    }
}

impl Drop for SimulatedChip {
    fn drop(&mut self) {
        let _ = fs::write(format!("{}/live", self.folder), "0");
        let _ = fs::remove_dir(format!("{}/bank", self.folder));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Edges, levels and outputs on a chip of the kernel.
#[tokio::test]
async fn a_chip_of_the_kernel_serves_the_panel() {
    let Some(chip) = SimulatedChip::create() else {
        println!(
            "kernel module gpio-sim is not here: the character device back end is only compiled"
        );
        // What is left to see is that nobody pretends: without a chip no link comes up.
        let (sender, mut events) = mpsc::channel(8);
        let url = "gpio:/dev/gpiochip-of-nobody".parse().expect("a port");
        let _handle = spawn(url, settings(), sender);
        while events.recv().await.expect("the driver runs") != PanelEvent::Link(Link::Down) {}
        return;
    };
    chip.pull(0, false);
    chip.pull(2, false);
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn(chip.url(), settings(), sender);
    assert_eq!(events.recv().await, Some(PanelEvent::Link(Link::Up)));
    for input in [Input::Door, Input::Vibration] {
        told(&mut events, input, false).await;
    }
    for up in [true, false, true] {
        chip.pull(0, up);
        told(&mut events, Input::Door, up).await;
        let lamp = if up { Lamp::On } else { Lamp::Off };
        handle.send(PanelCommand::Light { light: Light::Ready, lamp }).expect("taken");
    }
    // A pulse that is over before a level could be read; the lamp was lit before it is told.
    chip.pull(2, true);
    chip.pull(2, false);
    told(&mut events, Input::Vibration, true).await;
    assert!(chip.is_high(1));
    told(&mut events, Input::Vibration, false).await;
    let taken = once::state(chip.url(), settings()).await.expect_err("the driver has it");
    assert!(taken.to_string().contains("does not give a line"), "{taken}");
    drop(handle);
    while events.recv().await.is_some() {}
    assert!(!chip.is_high(1), "off at the end");
    looks_and_lights(&chip).await;
}

async fn told(events: &mut mpsc::Receiver<PanelEvent>, wanted: Input, wanted_active: bool) {
    match events.recv().await.expect("the driver runs") {
        PanelEvent::Input { input, active, .. } => {
            assert_eq!((input, active), (wanted, wanted_active));
        }
        other => panic!("{other:?}"),
    }
}

/// What the command line does once the driver has gone.
async fn looks_and_lights(chip: &SimulatedChip) {
    let state = once::state(chip.url(), settings()).await.expect("it is free");
    assert_eq!(state.inputs, [(Input::Door, true), (Input::Vibration, false)].into());
    assert_eq!(state.lights, [(Light::Ready, false)].into());
    let lit = once::light(chip.url(), settings(), Light::Ready, true, Duration::ZERO).await;
    assert!(lit.expect("it is free").on);
    let wrong = PanelSettings { door: Some(InputSettings::at(99)), ..settings() };
    let error = once::state(chip.url(), wrong).await.expect_err("no such line").to_string();
    assert!(error.contains("does not give a line"), "{error}");
}
