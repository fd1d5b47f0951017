//! One look at a frame: what lies there, what is wrong with it, and the page as a file.

use super::{
    CameraSettings, Picture, Problem, Quality, Rgb, examine,
    jpeg::{self, DecodeError},
    page::Corners,
    rectify::{rectified, target_size},
    shifted,
    source::RawFrame,
};

/// What was seen.
pub(super) struct Look {
    pub(super) quality: Quality,
    pub(super) preview: Rgb,
    /// The page, where it was wanted and is good enough.
    pub(super) picture: Option<Picture>,
}

/// Which picture is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    Good,
    /// Any in which a page is found.
    Anyway,
}

/// Looks at a frame; `before` is where the page lay at the last look.
pub(super) fn look(
    frame: &RawFrame,
    settings: &CameraSettings,
    wanted: Wanted,
    before: Option<&Corners>,
) -> Result<Look, DecodeError> {
    let quarters = u8::try_from(settings.rotate_deg / 90).unwrap_or(0);
    let picture = frame.picture()?.turned(quarters);
    let mut quality = examine(&picture.grey(), settings);
    if let (Some(before), Some(now)) = (before, &quality.corners)
        && shifted(before, now) > settings.shift_max_permille
    {
        quality.problems.push(Problem::Moving);
        quality.problems.sort();
    }
    let enough = match wanted {
        Wanted::Nothing => false,
        // The first look cannot tell whether the page is being moved.
        Wanted::Good => quality.is_good() && before.is_some(),
        Wanted::Anyway => quality.corners.is_some(),
    };
    let page = if enough { taken(&picture, &quality, settings) } else { None };
    Ok(Look { preview: picture.preview(settings.preview_width.into()), picture: page, quality })
}

fn taken(picture: &Rgb, quality: &Quality, settings: &CameraSettings) -> Option<Picture> {
    let page = match &quality.corners {
        Some(corners) if settings.crop => {
            let side = usize::from(settings.long_side);
            let (width, height) = target_size(corners, settings.paper, side);
            rectified(picture, corners, width, height)?
        }
        _ => picture.clone(),
    };
    let jpeg = jpeg::encode(&page, settings.jpeg_quality).ok()?;
    let (width, height) = (page.width(), page.height());
    Some(Picture { jpeg, width, height, quality: quality.clone() })
}
