//! What the axes of a device mean.
//!
//! The kernel tells it on request only (EVIOCGABS), not in the stream. Here it goes ahead of the
//! events as records of a type that no kernel sends, so that a recording or a simulator tells it,
//! too.

use super::codes::{ABS_PRESSURE, ABS_X, ABS_Y, EV_AXIS};
use super::record::InputEvent;

/// One absolute axis (`struct input_absinfo` of linux/input.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub min: i32,
    pub max: i32,
    /// Units per millimetre; 0 where the device does not tell it.
    pub resolution: i32,
}

const FIELDS: u16 = 4;

impl Axis {
    /// The records that describe the axis `code`.
    pub fn to_events(self, code: u16) -> [InputEvent; 3] {
        let event = |field, value| InputEvent::new(0, EV_AXIS, code * FIELDS + field, value);
        [event(0, self.min), event(1, self.max), event(2, self.resolution)]
    }
}

/// The axes of a pen tablet, as far as it told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Axes {
    pub x: Option<Axis>,
    pub y: Option<Axis>,
    pub pressure: Option<Axis>,
}

impl Axes {
    /// Takes one record of [`Axis::to_events`]; other events change nothing.
    pub fn take(&mut self, event: &InputEvent) {
        if event.kind != EV_AXIS {
            return;
        }
        let axis = match event.code / FIELDS {
            ABS_X => &mut self.x,
            ABS_Y => &mut self.y,
            ABS_PRESSURE => &mut self.pressure,
            _ => return,
        };
        let axis = axis.get_or_insert(Axis { min: 0, max: 0, resolution: 0 });
        match event.code % FIELDS {
            0 => axis.min = event.value,
            1 => axis.max = event.value,
            2 => axis.resolution = event.value,
            _ => {}
        }
    }

    /// The records that describe these axes.
    pub fn to_events(&self) -> Vec<InputEvent> {
        let all = [(ABS_X, self.x), (ABS_Y, self.y), (ABS_PRESSURE, self.pressure)];
        all.into_iter().filter_map(|(code, axis)| Some(axis?.to_events(code))).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_survive_the_stream() {
        let axis = |max, resolution| Some(Axis { min: -3, max, resolution });
        let axes = Axes { x: axis(9600, 100), y: axis(6000, 0), pressure: axis(1023, 0) };
        let mut read = Axes::default();
        for event in axes.to_events() {
            assert_eq!(InputEvent::from_bytes(&event.to_bytes()), Some(event));
            read.take(&event);
        }
        assert_eq!(read, axes);
        assert_eq!(Axes::default().to_events(), []);
    }
}
