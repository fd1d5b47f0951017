//! Input devices as the kernel gives them: FIFOs with recorded streams, and devices made with
//! uinput.

use std::{io::Write, path::Path};

use evdev::{
    AbsInfo, AbsoluteAxisCode, AttributeSet, KeyCode, UinputAbsSetup, uinput::VirtualDevice,
};
use tokio::sync::mpsc;

use super::{InputEvent, codes::EV_KEY};
use crate::{
    fault::Link,
    port::{InputDevice, PortUrl},
    scanner::{self, Protocol, ScannerEvent, ScannerSettings, evdev as keyboard},
};

fn scanner_at(url: PortUrl) -> (scanner::ScannerHandle, mpsc::Receiver<ScannerEvent>) {
    let (sender, events) = mpsc::channel(16);
    (scanner::spawn_with(url, ScannerSettings::of(Protocol::Evdev), None, sender), events)
}

fn fifo(path: &Path) -> PortUrl {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)
        .expect("a FIFO can be made");
    PortUrl::Evdev { device: InputDevice::Path(path.to_owned()) }
}

async fn play(path: &Path, bytes: Vec<u8>) {
    let path = path.to_owned();
    let playing = tokio::task::spawn_blocking(move || {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path)?;
        pipe.write_all(&bytes)
    });
    playing.await.expect("it ends").expect("it is written");
}

/// What `cat /dev/input/eventN` writes for a scanner in keyboard mode, put together by hand from
/// the kernel's documents: KEY_LEFTSHIFT with KEY_H, then KEY_2, KEY_4, KEY_ENTER, each after its
/// scan code.
const RECORDED: &str = include_str!("recorded_scan.hex");

#[tokio::test]
async fn a_recorded_scanner_is_played_through_a_fifo_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scanner");
    let (_handle, mut events) = scanner_at(fifo(&path));
    assert_eq!(events.recv().await, Some(ScannerEvent::Link(Link::Up)));
    let lines: String = RECORDED.lines().collect();
    play(&path, crate::hex::decode(&lines).expect("hex")).await;
    assert!(events.recv().await == Some(ScannerEvent::Scanned("H24".to_owned())));
    play(&path, keyboard::encode("H24P-030712349")).await;
    assert!(events.recv().await == Some(ScannerEvent::Scanned("H24P-030712349".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_scanner_that_is_plugged_in_later_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scanner");
    let device = InputDevice::Path(path.clone());
    let (_handle, mut events) = scanner_at(PortUrl::Evdev { device });
    assert_eq!(events.recv().await, Some(ScannerEvent::Link(Link::Down)));
    fifo(&path);
    assert_eq!(events.recv().await, Some(ScannerEvent::Link(Link::Up)));
}

#[tokio::test]
async fn what_is_no_input_device_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("recording");
    std::fs::write(&file, keyboard::encode("x")).expect("written");
    for (device, expected) in [
        (InputDevice::Path(file), "neither an input device nor a FIFO"),
        (InputDevice::Path("/dev/null".into()), "cannot open evdev:/dev/null"),
        (InputDevice::Name("no such scanner".to_owned()), "no input device has this name"),
    ] {
        let Err(error) = crate::port::open(&PortUrl::Evdev { device }, None).await else {
            panic!("expected: {expected}");
        };
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// Needs `/dev/uinput` and the right to use it; where it is missing this says so.
#[tokio::test]
async fn a_device_of_the_kernel_is_grabbed_and_read() {
    const NAME: &str = "Hall24 test scanner";
    let mut keys = AttributeSet::<KeyCode>::new();
    (1..120).for_each(|code| keys.insert(KeyCode(code)));
    let made = VirtualDevice::builder()
        .and_then(|it| it.name(NAME).with_keys(&keys))
        .and_then(evdev::uinput::VirtualDeviceBuilder::build);
    let mut device = match made {
        Ok(device) => device,
        Err(error) => {
            println!("NOT TESTED: a real input device; /dev/uinput cannot be used: {error}");
            return;
        }
    };
    let (_handle, mut events) = scanner_at(format!("evdev:?name={NAME}").parse().expect("a port"));
    while events.recv().await != Some(ScannerEvent::Link(Link::Up)) {}
    let mut records = super::RecordParser::default();
    let typed = records.push(&keyboard::encode("H24P-030712349"));
    for event in typed.iter().filter(|it: &&InputEvent| it.kind == EV_KEY) {
        let event = evdev::InputEvent::new(event.kind, event.code, event.value);
        device.emit(&[event]).expect("emitted");
    }
    assert!(events.recv().await == Some(ScannerEvent::Scanned("H24P-030712349".to_owned())));
    let path = device.enumerate_dev_nodes_blocking().expect("nodes").next().expect("one");
    let mut other = evdev::Device::open(path.expect("readable")).expect("opens");
    assert!(other.grab().is_err(), "the scanner is the driver's alone");
    drop(device);
    assert_eq!(events.recv().await, Some(ScannerEvent::Link(Link::Down)));
}

/// Needs `/dev/uinput`, likewise.
#[tokio::test]
async fn a_tablet_of_the_kernel_tells_its_axes() {
    const NAME: &str = "Hall24 test tablet";
    let axis = |code, max, resolution| {
        UinputAbsSetup::new(code, AbsInfo::new(0, 0, max, 0, 0, resolution))
    };
    let keys = AttributeSet::from_iter([KeyCode::BTN_TOUCH, KeyCode::BTN_TOOL_PEN]);
    let made = VirtualDevice::builder().and_then(|it| {
        it.name(NAME)
            .with_keys(&keys)?
            .with_absolute_axis(&axis(AbsoluteAxisCode::ABS_X, 12_000, 100))?
            .with_absolute_axis(&axis(AbsoluteAxisCode::ABS_Y, 7_500, 100))?
            .with_absolute_axis(&axis(AbsoluteAxisCode::ABS_PRESSURE, 1_023, 0))?
            .build()
    });
    let _device = match made {
        Ok(device) => device,
        Err(error) => {
            println!("NOT TESTED: a real pen tablet; /dev/uinput cannot be used: {error}");
            return;
        }
    };
    let url = format!("evdev:?name={NAME}").parse().expect("a port");
    let settings = crate::signature::SignatureSettings::default();
    let status = crate::signature::once::status(url, settings, None).await.expect("it tells");
    assert_eq!((status.width_mm, status.height_mm), (120, 75));
}
