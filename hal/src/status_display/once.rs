//! One picture, for the command line.

use super::bus::{Display, DisplayError};
use super::{DisplayStatus, SettingError, StatusDisplaySettings, render};
use crate::port::PortUrl;
use crate::printer::{FontSettings, fonts::Fonts};

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Display(#[from] DisplayError),
}

/// Shows a status, which stays; `None` makes the display dark. It waits for the bus.
pub fn show(
    url: &PortUrl,
    settings: &StatusDisplaySettings,
    fonts: &FontSettings,
    status: Option<&DisplayStatus>,
) -> Result<(), ShowError> {
    settings.check()?;
    let mut display = Display::open(url, settings)?;
    let picture = status.map_or_else(render::blank, |it| render::render(&Fonts::new(fonts), it));
    Ok(display.show(&picture)?)
}
