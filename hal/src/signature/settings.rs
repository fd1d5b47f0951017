//! What differs from one signature pad to the next, and what counts as a signature.

/// One signature pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignatureSettings {
    /// Width of the writing area; 0: as the pad tells it.
    pub width_mm: u16,
    /// Height of the writing area; 0: as the pad tells it.
    pub height_mm: u16,
    /// The largest value of the horizontal axis; 0: as the pad tells it.
    pub x_max: u32,
    pub y_max: u32,
    /// The largest pressure; 0: as the pad tells it.
    pub pressure_max: u32,
    /// Lighter touches draw nothing, in thousandths of the largest pressure.
    pub pressure_min_permille: u16,
    /// The pad is mounted a quarter turned: its axes are exchanged, before they are mirrored.
    pub swap_axes: bool,
    pub mirror_x: bool,
    pub mirror_y: bool,
    /// A pen that is not lifted for so long only rests on the pad.
    pub stuck_after_ms: u32,
    /// Shorter lines, all together, are no signature.
    pub length_min_mm: u16,
    /// A signature is at least so long in one direction.
    pub extent_min_mm: u16,
    /// From the first touch to the last.
    pub duration_min_ms: u32,
    pub strokes_min: u16,
}

impl Default for SignatureSettings {
    fn default() -> Self {
        Self {
            width_mm: 0,
            height_mm: 0,
            x_max: 0,
            y_max: 0,
            pressure_max: 0,
            pressure_min_permille: 10,
            swap_axes: false,
            mirror_x: false,
            mirror_y: false,
            stuck_after_ms: 15_000,
            length_min_mm: 20,
            extent_min_mm: 8,
            duration_min_ms: 300,
            strokes_min: 1,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "signature setting `{0}` is unknown; known are width_mm, height_mm, x_max, y_max, \
         pressure_max, pressure_min_permille, swap_axes, mirror_x, mirror_y, stuck_after_ms, \
         length_min_mm, extent_min_mm, duration_min_ms and strokes_min"
    )]
    UnknownKey(String),
    #[error("signature setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("pressure_min_permille is 0 to 900, not {0}")]
    PressureMin(u16),
    #[error("stuck_after_ms is 1000 to 600000, not {0}")]
    StuckAfter(u32),
    #[error("width_mm and height_mm are 0 or 10 to 1000, not {0}")]
    Size(u16),
    #[error("x_max, y_max and pressure_max are at most 16777216, not {0}")]
    Max(u32),
}

/// Larger coordinates have no pad.
const AXIS_MAX: u32 = 1 << 24;

impl SignatureSettings {
    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "width_mm" => self.width_mm = number("width_mm", value)?,
            "height_mm" => self.height_mm = number("height_mm", value)?,
            "x_max" => self.x_max = number("x_max", value)?,
            "y_max" => self.y_max = number("y_max", value)?,
            "pressure_max" => self.pressure_max = number("pressure_max", value)?,
            "pressure_min_permille" => {
                self.pressure_min_permille = number("pressure_min_permille", value)?;
            }
            "swap_axes" => self.swap_axes = yes("swap_axes", value)?,
            "mirror_x" => self.mirror_x = yes("mirror_x", value)?,
            "mirror_y" => self.mirror_y = yes("mirror_y", value)?,
            "stuck_after_ms" => self.stuck_after_ms = number("stuck_after_ms", value)?,
            "length_min_mm" => self.length_min_mm = number("length_min_mm", value)?,
            "extent_min_mm" => self.extent_min_mm = number("extent_min_mm", value)?,
            "duration_min_ms" => self.duration_min_ms = number("duration_min_ms", value)?,
            "strokes_min" => self.strokes_min = number("strokes_min", value)?,
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether a pad can be set like this.
    pub fn check(&self) -> Result<(), SettingError> {
        if self.pressure_min_permille > 900 {
            return Err(SettingError::PressureMin(self.pressure_min_permille));
        }
        if !(1_000..=600_000).contains(&self.stuck_after_ms) {
            return Err(SettingError::StuckAfter(self.stuck_after_ms));
        }
        let fits = |it: &u16| *it == 0 || (10..=1_000).contains(it);
        if let Some(wrong) = [self.width_mm, self.height_mm].into_iter().find(|it| !fits(it)) {
            return Err(SettingError::Size(wrong));
        }
        let largest = [self.x_max, self.y_max, self.pressure_max].into_iter().max();
        match largest {
            Some(wrong) if wrong > AXIS_MAX => Err(SettingError::Max(wrong)),
            _ => Ok(()),
        }
    }
}

fn number<T: std::str::FromStr>(key: &'static str, value: &str) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, "a whole number"))
}

fn yes(key: &'static str, value: &str) -> Result<bool, SettingError> {
    value.parse().map_err(|_| bad(key, value, "true or false"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_refused() {
        let mut settings = SignatureSettings::default();
        let all = serde_json::to_value(settings).expect("plain values");
        for (key, value) in all.as_object().expect("a table") {
            settings.set(key, &value.to_string()).expect("its own default");
        }
        assert_eq!(settings, SignatureSettings::default());
        assert_eq!(settings.check(), Ok(()));
        settings.set("width_mm", "120").expect("a number");
        assert!(matches!(settings.set("mirror_x", "often"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("colour", "red"), Err(SettingError::UnknownKey(_))));
        for (key, value) in [
            ("width_mm", "3"),
            ("stuck_after_ms", "0"),
            ("pressure_min_permille", "1000"),
            ("x_max", "4000000000"),
        ] {
            let mut settings = settings;
            settings.set(key, value).expect("a number");
            assert!(settings.check().is_err(), "{key}");
        }
    }
}
