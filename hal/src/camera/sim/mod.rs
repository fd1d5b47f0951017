//! A simulated document camera: it sends pictures of a desk, one JPEG file after the other.

pub mod desk;

use std::time::Duration;

use serde_json::{Value, json};

use self::desk::{Flaws, Scene};
use super::{driver, jpeg};
use crate::port::Direction;
use crate::sim::{ControlError, Device, FaultInfo, LineFault, Outbox};

const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: "glare", description: "a lamp is mirrored in the page" },
    FaultInfo { name: "blur", description: "the lens is out of focus" },
    FaultInfo { name: "dark", description: "the light is off" },
    FaultInfo { name: "hand_in_view", description: "a hand lies over a side of the page" },
];
/// A stream of files that is slow or wrong at its last byte is another stream or none.
const LINE_FAULTS: &[LineFault] =
    &[LineFault::Silence, LineFault::Garbage, LineFault::HalfFrame, LineFault::Unplugged];
const EXPECTED: &str = "{\"lay\":\"page-1\"}, {\"remove\":true}, {\"tilt_deg\":12} or \
                        {\"offset\":[ACROSS,DOWN]} in hundredths of the picture";
const FRAME_EVERY: Duration = Duration::from_millis(100);
const JPEG_QUALITY: u8 = 90;

/// The device. `lay` takes any name: what is printed on the page follows from it.
#[derive(Debug)]
pub struct CameraSim {
    scene: Scene,
    /// The picture of the scene, until that changes.
    frame: Option<Vec<u8>>,
    next_at: Duration,
    frames: u64,
    width: usize,
    height: usize,
}

impl Default for CameraSim {
    fn default() -> Self {
        Self::new(0, 1_024, 768)
    }
}

impl CameraSim {
    /// An empty desk; the grain of the picture follows from the seed.
    pub fn new(seed: u64, width: usize, height: usize) -> Self {
        let scene = Scene { seed, ..Scene::default() };
        Self { scene, frame: None, next_at: Duration::ZERO, frames: 0, width, height }
    }

    fn picture(&mut self) -> Vec<u8> {
        if self.frame.is_none() {
            let picture = self.scene.picture(self.width, self.height);
            self.frame = picture.and_then(|it| jpeg::encode(&it, JPEG_QUALITY).ok());
        }
        self.frame.clone().unwrap_or_default()
    }
}

impl Device for CameraSim {
    fn receive(&mut self, _: Duration, _: &[u8], _: &mut Outbox) {}

    fn control(
        &mut self,
        _: Duration,
        command: &Value,
        _: &mut Outbox,
    ) -> Result<Value, ControlError> {
        if let Some(page) = command.get("lay").and_then(Value::as_str) {
            self.scene.page = Some(page.to_owned());
        } else if command.get("remove").and_then(Value::as_bool) == Some(true) {
            self.scene.page = None;
        } else if let Some(tilt) = command.get("tilt_deg").and_then(Value::as_f64) {
            self.scene.tilt_deg = tilt.clamp(-40.0, 40.0);
        } else if let Some([across, down]) =
            command.get("offset").and_then(Value::as_array).map(Vec::as_slice)
        {
            let wrong = || ControlError::BadValue("offset: expected two numbers".to_owned());
            let part = |it: &Value| it.as_f64().map(|it| it.clamp(-100.0, 100.0) / 100.0);
            let (across, down) = part(across).zip(part(down)).ok_or_else(wrong)?;
            self.scene.offset = (across, down);
        } else {
            return Err(ControlError::UnknownCommand { expected: EXPECTED });
        }
        self.frame = None;
        Ok(self.state())
    }

    fn state(&self) -> Value {
        json!({
            "page": self.scene.page,
            "tilt_deg": self.scene.tilt_deg,
            "frames": self.frames,
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        FAULTS
    }

    fn set_fault(&mut self, _: Duration, fault: Option<&str>, _: &mut Outbox) {
        let flaws = &mut self.scene.flaws;
        match fault {
            None => *flaws = Flaws::default(),
            Some("glare") => flaws.glare = true,
            Some("blur") => flaws.blur = true,
            Some("dark") => flaws.dark = true,
            Some("hand_in_view") => flaws.hand = true,
            Some(_) => {}
        }
        self.frame = None;
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        driver::describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        Some(self.next_at)
    }

    fn wake(&mut self, now: Duration, out: &mut Outbox) {
        out.send(self.picture());
        self.frames += 1;
        self.next_at = now + FRAME_EVERY;
    }

    fn line_faults(&self) -> &'static [LineFault] {
        LINE_FAULTS
    }
}
