//! A file that says how bright the panel is to be, for whoever may set its backlight.

use std::path::PathBuf;

use crate::whole::{self, Readers};

/// In percent of what the backlight can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brightness {
    pub awake_percent: u32,
    pub dark_percent: u32,
}

impl Default for Brightness {
    fn default() -> Self {
        Self { awake_percent: 100, dark_percent: 10 }
    }
}

/// Keeps the file true; without a path nobody is told.
#[derive(Debug)]
pub(crate) struct BrightnessFile {
    path: Option<PathBuf>,
    brightness: Brightness,
    told: Option<u32>,
}

impl BrightnessFile {
    pub(crate) fn new(path: Option<PathBuf>, brightness: Brightness) -> Self {
        Self { path, brightness, told: None }
    }

    /// Call it whenever something may have changed.
    pub(crate) fn note(&mut self, dark: bool) {
        let Some(path) = &self.path else { return };
        let Brightness { awake_percent, dark_percent } = self.brightness;
        let percent = if dark { dark_percent } else { awake_percent };
        if self.told == Some(percent) {
            return;
        }
        match whole::put(path, format!("{percent}\n").as_bytes(), Readers::Everybody) {
            Ok(()) => self.told = Some(percent),
            // It is tried again at the next event.
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "the brightness cannot be told");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_file_says_how_bright_the_panel_is_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("brightness");
        let brightness = Brightness { awake_percent: 80, dark_percent: 5 };
        let mut file = BrightnessFile::new(Some(path.clone()), brightness);
        let mut says = |dark| {
            file.note(dark);
            fs::read_to_string(&path).expect("it is there")
        };
        assert_eq!(says(false), "80\n");
        assert_eq!(says(true), "5\n");
        assert_eq!(says(true), "5\n");
        assert_eq!(says(false), "80\n");
    }
}
