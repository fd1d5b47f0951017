//! `test-pen FIFO`: makes a pen tablet with uinput and signs on it each time that somebody writes to the
//! FIFO.
//!
//! It runs inside the machine that tests the appliance, which has no pen. What reads the tablet there cannot
//! tell it from one with a cable.

use std::convert::Infallible;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, io};

use evdev::uinput::VirtualDevice;
use evdev::{
    AbsInfo, AbsoluteAxisCode, AttributeSet, BusType, EventType, InputEvent, InputId, KeyCode,
    UinputAbsSetup,
};
use tokio::time::{Interval, MissedTickBehavior, interval};

const NAME: &str = "hall24-test-pen";
const WIDTH: i32 = 12_000;
const HEIGHT: i32 = 7_500;
/// Units a millimetre: 120 × 75 mm.
const RESOLUTION: i32 = 100;
const PRESSURE: i32 = 1_023;
/// Pens tell their place a hundred times a second.
const SAMPLE: Duration = Duration::from_millis(10);
const SAMPLES_A_STROKE: i32 = 60;
const SAMPLES_LIFTED: i32 = 10;
const STROKES: i32 = 3;
const STROKE_WIDTH: i32 = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(fifo) = std::env::args_os().nth(1) else {
        eprintln!("test-pen: expected the path of a FIFO");
        return ExitCode::from(2);
    };
    let Err(error) = sign_when_told(Path::new(&fifo)).await;
    eprintln!("test-pen: {error}");
    ExitCode::FAILURE
}

async fn sign_when_told(fifo: &Path) -> io::Result<Infallible> {
    let mut tablet = tablet()?;
    let mut pace = interval(SAMPLE);
    // A pen is no faster after a machine that stood still; what came at once would be too much for
    // the kernel.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // It is read to its end, which comes when the writer closes it.
        fs::read(fifo)?;
        pace.reset();
        sign(&mut tablet, &mut pace).await?;
    }
}

fn tablet() -> io::Result<VirtualDevice> {
    let axis = |code, max, resolution| {
        UinputAbsSetup::new(code, AbsInfo::new(0, 0, max, 0, 0, resolution))
    };
    let keys = AttributeSet::from_iter([KeyCode::BTN_TOUCH, KeyCode::BTN_TOOL_PEN]);
    VirtualDevice::builder()?
        .name(NAME)
        .input_id(InputId::new(BusType::BUS_USB, 0x1209, 0x2424, 1))
        .with_keys(&keys)?
        .with_absolute_axis(&axis(AbsoluteAxisCode::ABS_X, WIDTH, RESOLUTION))?
        .with_absolute_axis(&axis(AbsoluteAxisCode::ABS_Y, HEIGHT, RESOLUTION))?
        .with_absolute_axis(&axis(AbsoluteAxisCode::ABS_PRESSURE, PRESSURE, 0))?
        .build()
}

/// Three strokes beside each other, the pen lifted between them.
async fn sign(tablet: &mut VirtualDevice, pace: &mut Interval) -> io::Result<()> {
    for stroke in 0..STROKES {
        let left = WIDTH / 8 + stroke * (STROKE_WIDTH + STROKE_WIDTH / 2);
        tablet.emit(&[key(KeyCode::BTN_TOOL_PEN, 1), key(KeyCode::BTN_TOUCH, 1)])?;
        for sample in 0..SAMPLES_A_STROKE {
            tablet.emit(&point(left, sample))?;
            pace.tick().await;
        }
        let lifted = axis(AbsoluteAxisCode::ABS_PRESSURE, 0);
        tablet.emit(&[key(KeyCode::BTN_TOUCH, 0), key(KeyCode::BTN_TOOL_PEN, 0), lifted])?;
        for _ in 0..SAMPLES_LIFTED {
            pace.tick().await;
        }
    }
    Ok(())
}

/// A wave from the left to the right, pressed most in its middle.
fn point(left: i32, sample: i32) -> [InputEvent; 3] {
    let share = f64::from(sample) / f64::from(SAMPLES_A_STROKE);
    let along = |length: i32, share: f64| (f64::from(length) * share) as i32;
    let height = (share * std::f64::consts::TAU * 2.0).sin();
    let pressure = (share * std::f64::consts::PI).sin();
    [
        axis(AbsoluteAxisCode::ABS_X, left + along(STROKE_WIDTH, share)),
        axis(AbsoluteAxisCode::ABS_Y, HEIGHT / 2 + along(HEIGHT / 5, height)),
        axis(AbsoluteAxisCode::ABS_PRESSURE, PRESSURE / 4 + along(PRESSURE / 2, pressure)),
    ]
}

fn key(code: KeyCode, value: i32) -> InputEvent {
    InputEvent::new(EventType::KEY.0, code.0, value)
}

fn axis(code: AbsoluteAxisCode, value: i32) -> InputEvent {
    InputEvent::new(EventType::ABSOLUTE.0, code.0, value)
}
