//! `kiosk rotation`: how the panel stands in the cabinet, for whoever starts the kiosk. Picture and touch
//! follow from the same number, so that they cannot disagree.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use crate::cli::Failure;

/// By how much the picture is turned, clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Rotation {
    /// From 0, 90, 180 or 270.
    pub(crate) fn from_degrees(degrees: f64) -> Option<Self> {
        [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters]
            .into_iter()
            .find(|it| f64::from(it.degrees()) == degrees)
    }

    fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// What makes of a touch on the panel, both sides from 0 to 1, one on the turned picture: the first two
    /// rows of a matrix for homogeneous coordinates, as libinput wants it.
    fn touch_matrix(self) -> [i8; 6] {
        match self {
            Self::None => [1, 0, 0, 0, 1, 0],
            Self::Quarter => [0, 1, 0, -1, 0, 1],
            Self::Half => [-1, 0, 1, 0, -1, 1],
            Self::ThreeQuarters => [0, -1, 1, 1, 0, 0],
        }
    }
}

#[derive(Args)]
pub(crate) struct RotationArguments {
    /// The kiosk's configuration; there may be none yet.
    #[arg(long)]
    config: PathBuf,
    /// The panel's own size, WIDTHxHEIGHT. Where the configuration does not say how it stands, one that is
    /// wider than high was turned clockwise.
    #[arg(long)]
    panel: String,
}

/// All that is read of the configuration: what else is wrong with it is no reason for a page that lies on
/// its side.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    screen: Screen,
}

#[derive(Default, Deserialize)]
struct Screen {
    rotation_degrees: Option<f64>,
}

pub(crate) fn run(arguments: &RotationArguments) -> Result<(), Failure> {
    let panel = arguments.panel.trim();
    let (width, height) = size(panel).ok_or_else(|| {
        let message = format!("--panel {panel}: expected WIDTHxHEIGHT, such as 1080x1920");
        Failure::wrong("usage", message, "give the panel's size")
    })?;
    let text = std::fs::read_to_string(&arguments.config).unwrap_or_default();
    let rotation = configured(&text).unwrap_or(match width > height {
        true => Rotation::Quarter,
        false => Rotation::None,
    });
    let matrix = rotation.touch_matrix().map(|it| it.to_string()).join(" ");
    console::say(format_args!("SLINT_KMS_ROTATION={}", rotation.degrees()));
    console::say(format_args!("LIBINPUT_CALIBRATION_MATRIX={matrix}"));
    Ok(())
}

fn configured(text: &str) -> Option<Rotation> {
    let file: File = toml::from_str(text).ok()?;
    file.screen.rotation_degrees.and_then(Rotation::from_degrees)
}

fn size(text: &str) -> Option<(u32, u32)> {
    // A mode may be interlaced: 1920x1080i.
    let (width, height) = text.trim_end_matches('i').split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a touch lands on the picture.
    fn touched(rotation: Rotation, (x, y): (f32, f32)) -> (f32, f32) {
        let [a, b, c, d, e, f] = rotation.touch_matrix().map(f32::from);
        (a * x + b * y + c, d * x + e * y + f)
    }

    #[test]
    fn a_touch_at_the_pictures_corner_is_at_its_corner() {
        // Where the picture's upper left corner is on the panel.
        for (rotation, corner) in [
            (Rotation::None, (0.0, 0.0)),
            (Rotation::Quarter, (1.0, 0.0)),
            (Rotation::Half, (1.0, 1.0)),
            (Rotation::ThreeQuarters, (0.0, 1.0)),
        ] {
            assert_eq!(touched(rotation, corner), (0.0, 0.0), "{rotation:?}");
            assert_eq!(touched(rotation, (0.5, 0.5)), (0.5, 0.5), "{rotation:?}");
        }
        // To the right of it on the picture is below it on a panel that was turned clockwise.
        assert_eq!(touched(Rotation::Quarter, (1.0, 0.25)), (0.25, 0.0));
    }

    #[test]
    fn only_a_quarter_of_a_turn_counts() {
        assert_eq!(configured("[screen]\nrotation_degrees = 270"), Some(Rotation::ThreeQuarters));
        assert_eq!(configured("[screen]\nrotation_degrees = 0\n[other"), None, "no TOML");
        for wrong in ["[screen]\nrotation_degrees = 45", "[screen]\nrotation_degrees = 90.5", ""] {
            assert_eq!(configured(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_as_the_kernel_writes_them() {
        assert_eq!(size("1920x1080"), Some((1920, 1080)));
        assert_eq!(size("1920x1080i"), Some((1920, 1080)));
        assert_eq!(size("panel"), None);
    }
}
