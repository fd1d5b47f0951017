//! `[screen]`: size and place of the panel, how it stands, when it rests and how bright it is.

use std::time::Duration;

use jiff::civil::Time;
use kiosk_core::Darkness;
use kiosk_screen::Panel;
use serde::Deserialize;
use toml::Spanned;

use super::source::Source;
use super::{ConfigError, SECONDS_MAX};
use crate::brightness::Brightness;
use crate::rotation::Rotation;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ScreenTable {
    inches: Option<Spanned<f64>>,
    lower_edge_mm: Option<Spanned<f64>>,
    viewing_mm: Option<Spanned<f64>>,
    width_px: Option<Spanned<f64>>,
    height_px: Option<Spanned<f64>>,
    rotation_degrees: Option<Spanned<f64>>,
    dark: Vec<Spanned<String>>,
    dark_after_s: Option<Spanned<f64>>,
    brightness_percent: Option<Spanned<f64>>,
    dark_brightness_percent: Option<Spanned<f64>>,
}

pub(super) fn panel(source: &Source<'_>, table: &ScreenTable) -> Result<Panel, ConfigError> {
    let mut panel = Panel::default();
    if let Some(inches) = &table.inches {
        panel.inches = source.within(inches, 5.0..=100.0, " of inches")? as f32;
    }
    if let Some(height) = &table.lower_edge_mm {
        // A panel that begins above everybody's reach would leave nothing to touch.
        panel.lower_edge_mm = source.within(height, 0.0..=1200.0, " of millimetres")? as f32;
    }
    if let Some(distance) = &table.viewing_mm {
        panel.viewing_mm = source.within(distance, 200.0..=2000.0, " of millimetres")? as f32;
    }
    if let Some(width) = &table.width_px {
        panel.width_px = source.whole(width, 240..=8192, " of pixels")?;
    }
    if let Some(height) = &table.height_px {
        panel.height_px = source.whole(height, 240..=8192, " of pixels")?;
    }
    Ok(panel)
}

/// Only looked at: the appliance turns picture and touch before the kiosk starts (`kiosk rotation`).
pub(super) fn check_rotation(source: &Source<'_>, table: &ScreenTable) -> Result<(), ConfigError> {
    let Some(given) = &table.rotation_degrees else { return Ok(()) };
    match Rotation::from_degrees(*given.get_ref()) {
        Some(_) => Ok(()),
        None => {
            let message = format!("expected 0, 90, 180 or 270 degrees, not {}", given.get_ref());
            Err(source.at(given.span(), message))
        }
    }
}

/// When the panel rests.
pub(super) fn darkness(source: &Source<'_>, table: &ScreenTable) -> Result<Darkness, ConfigError> {
    let mut darkness = Darkness::default();
    for span in &table.dark {
        let expected = "expected two times of the day such as \"23:00-06:00\"";
        let hours = hours(span.get_ref()).ok_or_else(|| source.at(span.span(), expected))?;
        darkness.hours.push(hours);
    }
    if let Some(seconds) = &table.dark_after_s {
        let seconds = source.whole(seconds, 10..=SECONDS_MAX, " of seconds")?;
        darkness.after = Duration::from_secs(seconds.into());
    }
    Ok(darkness)
}

/// `HH:MM-HH:MM`, which must differ.
fn hours(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
    let (from, to) = (time(from)?, time(to)?);
    (from != to).then_some((from, to))
}

/// How bright the panel is, awake and at rest.
pub(super) fn brightness(
    source: &Source<'_>,
    table: &ScreenTable,
) -> Result<Brightness, ConfigError> {
    let mut brightness = Brightness::default();
    if let Some(percent) = &table.brightness_percent {
        // One that nobody can read is not to be set by mistake.
        brightness.awake_percent = source.whole(percent, 10..=100, " of percent")?;
    }
    if let Some(percent) = &table.dark_brightness_percent {
        brightness.dark_percent = source.whole(percent, 0..=100, " of percent")?;
    }
    Ok(brightness)
}
