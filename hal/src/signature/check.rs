//! Whether strokes are a signature. It cannot tell whose.

use super::{Point, Signature, SignatureSettings};

/// Why what was drawn is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// Nothing was drawn, or nobody was asked to sign.
    Empty,
    /// The lines are too short together.
    TooShort,
    /// It is too small, a point or a hook.
    TooSmall,
    /// It was made faster than anybody writes.
    TooQuick,
    TooFewStrokes,
}

/// What is measured, all without the signature itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Measures {
    pub strokes: usize,
    pub points: usize,
    /// Of all lines together.
    pub length_mm: u32,
    /// The longer side of the rectangle around it.
    pub extent_mm: u32,
    /// From the first touch to the last.
    pub duration_ms: u32,
}

/// Measures a signature.
pub fn measures(signature: &Signature) -> Measures {
    let points = || signature.strokes.iter().flat_map(|it| &it.points);
    let length: f64 = signature.strokes.iter().map(|it| length(&it.points)).sum();
    let span = |values: &mut dyn Iterator<Item = i32>| {
        let (least, most) = values.fold((i32::MAX, i32::MIN), |(a, b), it| (a.min(it), b.max(it)));
        i64::from(most).saturating_sub(i64::from(least)).max(0)
    };
    let extent = span(&mut points().map(|it| it.x)).max(span(&mut points().map(|it| it.y)));
    let last_ms = points().map(|it| it.time_ms).max().unwrap_or(0);
    let first_ms = points().map(|it| it.time_ms).min().unwrap_or(0);
    Measures {
        strokes: signature.strokes.len(),
        points: points().count(),
        length_mm: (length / 100.0) as u32,
        extent_mm: u32::try_from(extent / 100).unwrap_or(u32::MAX),
        duration_ms: last_ms - first_ms,
    }
}

fn length(points: &[Point]) -> f64 {
    let step = |pair: &[Point]| {
        let (x, y) = (
            f64::from(pair[1].x) - f64::from(pair[0].x),
            f64::from(pair[1].y) - f64::from(pair[0].y),
        );
        x.hypot(y)
    };
    points.windows(2).map(step).sum()
}

/// What is wrong with a signature; `None`: nothing.
pub fn flaw(signature: &Signature, settings: &SignatureSettings) -> Option<Flaw> {
    let found = measures(signature);
    if found.points == 0 {
        Some(Flaw::Empty)
    } else if found.length_mm < settings.length_min_mm.into() {
        Some(Flaw::TooShort)
    } else if found.extent_mm < settings.extent_min_mm.into() {
        Some(Flaw::TooSmall)
    } else if found.duration_ms < settings.duration_min_ms {
        Some(Flaw::TooQuick)
    } else if found.strokes < settings.strokes_min.into() {
        Some(Flaw::TooFewStrokes)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Area, Stroke};
    use super::*;

    fn signature(strokes: &[&[(u32, i32, i32)]]) -> Signature {
        let stroke = |points: &&[(u32, i32, i32)]| {
            let point = |&(time_ms, x, y): &_| Point { time_ms, x, y, pressure: 500 };
            Stroke { points: points.iter().map(point).collect() }
        };
        let area = Area { width: 12_000, height: 7_500 };
        Signature { area, strokes: strokes.iter().map(stroke).collect() }
    }

    #[test]
    fn each_flaw_is_found() {
        let settings = SignatureSettings { strokes_min: 2, ..SignatureSettings::default() };
        let scribble: Vec<_> =
            (0..100).map(|it| (it * 10, if it % 2 == 0 { 0 } else { 300 }, 0)).collect();
        for (strokes, wanted) in [
            (&[][..], Some(Flaw::Empty)),
            (&[&[][..]], Some(Flaw::Empty)),
            (&[&[(0, 0, 0), (900, 900, 0)]], Some(Flaw::TooShort)),
            (&[&scribble], Some(Flaw::TooSmall)),
            (&[&[(0, 0, 0), (90, 3_000, 0)]], Some(Flaw::TooQuick)),
            (&[&[(0, 0, 0), (900, 3_000, 0)]], Some(Flaw::TooFewStrokes)),
            (&[&[(0, 0, 0), (400, 1_500, 0)], &[(500, 0, 0), (900, 900, 1_200)]], None),
        ] {
            assert_eq!(flaw(&signature(strokes), &settings), wanted);
        }
    }

    #[test]
    fn a_signature_is_measured_without_being_told() {
        let signature =
            signature(&[&[(100, 0, 0), (300, 300, 400)], &[(700, 0, 0), (900, 0, 1_000)]]);
        let json = serde_json::to_string(&measures(&signature)).expect("plain numbers");
        assert_eq!(
            json,
            r#"{"strokes":2,"points":4,"length_mm":15,"extent_mm":10,"duration_ms":800}"#
        );
        assert_eq!(format!("{signature:?}"), "Signature(2 strokes)");
        assert_eq!(format!("{:?}", signature.strokes), "[Stroke(2 points), Stroke(2 points)]");
        assert_eq!(format!("{:?}", signature.strokes[0].points[0]), "Point(…)");
    }

    #[test]
    fn no_numbers_are_too_large() {
        let far = signature(&[&[(0, i32::MIN, i32::MIN), (u32::MAX, i32::MAX, i32::MAX)]]);
        assert_eq!(flaw(&far, &SignatureSettings::default()), None);
    }
}
