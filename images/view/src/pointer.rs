//! From a place on the picture to what QEMU's absolute pointers take.

use serde::Deserialize;
use serde_json::{Value, json};

/// Range of QEMU's absolute pointers.
const AXIS: f64 = 32767.0;

/// What a finger does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finger {
    Press,
    Move,
    Release,
}

/// A finger at a place of the picture, in its pixels from the upper left.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Touch {
    pub(crate) finger: Finger,
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// The events of a touch on a picture of this size; nothing where there is no such place.
pub(crate) fn events(touch: Touch, (width, height): (u32, u32)) -> Option<Value> {
    let mut events = vec![axis("x", touch.x, width)?, axis("y", touch.y, height)?];
    let down = match touch.finger {
        Finger::Press => Some(true),
        Finger::Release => Some(false),
        Finger::Move => None,
    };
    if let Some(down) = down {
        events.push(json!({ "type": "btn", "data": { "button": "left", "down": down } }));
    }
    Some(json!({ "events": events }))
}

fn axis(axis: &str, value: f64, of: u32) -> Option<Value> {
    let share = value / f64::from(of);
    let value = (share * AXIS).round() as u16;
    (0.0..=1.0)
        .contains(&share)
        .then(|| json!({ "type": "abs", "data": { "axis": axis, "value": value } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (1080, 1920);

    fn of(finger: Finger, x: f64, y: f64) -> Option<Value> {
        events(Touch { finger, x, y }, SIZE).map(|it| it["events"].clone())
    }

    #[test]
    fn a_press_is_a_place_and_a_button_in_one() {
        assert_eq!(
            of(Finger::Press, 540.0, 1920.0),
            Some(json!([
                { "type": "abs", "data": { "axis": "x", "value": 16384 } },
                { "type": "abs", "data": { "axis": "y", "value": 32767 } },
                { "type": "btn", "data": { "button": "left", "down": true } },
            ]))
        );
    }

    #[test]
    fn a_finger_that_moves_leaves_the_button_alone() {
        let moved = of(Finger::Move, 0.0, 0.0).expect("a place");
        assert_eq!(moved.as_array().map(Vec::len), Some(2));
        let released = of(Finger::Release, 0.0, 0.0).expect("a place");
        assert_eq!(released[2]["data"]["down"], false);
    }

    #[test]
    fn beside_the_picture_there_is_nothing_to_touch() {
        for (x, y) in [(-1.0, 5.0), (5.0, 1921.0), (1081.0, 5.0), (f64::NAN, 5.0)] {
            assert_eq!(of(Finger::Press, x, y), None, "{x}, {y}");
        }
        assert_eq!(events(Touch { finger: Finger::Press, x: 0.0, y: 0.0 }, (0, 0)), None);
    }
}
