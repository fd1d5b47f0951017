//! What differs from one document camera to the next, and what a good picture is.

use super::rectify::Paper;

/// What the camera is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Compressed: large pictures over USB 2.
    #[default]
    Mjpg,
    /// Plain; slow above 1280 × 720 over USB 2.
    Yuyv,
}

/// One document camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CameraSettings {
    pub format: Format,
    /// Of the picture that the camera is asked for; it may give the nearest that it has.
    pub width: u16,
    pub height: u16,
    /// The camera is mounted turned: 0, 90, 180 or 270 to the right.
    pub rotate_deg: u16,
    /// Cut out and straighten the page; otherwise the whole picture is given.
    pub crop: bool,
    pub paper: Paper,
    /// The longer side of the straightened page; A4 at 200 dpi has 2339.
    pub long_side: u16,
    /// 1 to 100.
    pub jpeg_quality: u8,
    pub pages_max: u16,
    /// From one look at the picture to the next.
    pub preview_interval_ms: u32,
    pub preview_width: u16,
    /// How long a capture waits for a good picture.
    pub capture_timeout_ms: u32,
    /// A camera that gives no picture for so long is gone.
    pub frame_timeout_ms: u32,
    /// How often a camera at rest is looked for.
    pub poll_interval_ms: u32,
    pub confidence_min_percent: u8,
    pub area_min_percent: u8,
    pub tilt_max_deg: u8,
    /// Of the paper, 0 to 255.
    pub brightness_min: u8,
    /// Brighter pixels are blinded.
    pub glare_level: u8,
    pub glare_max_permille: u16,
    /// See [`super::Quality::sharpness_percent`].
    pub sharpness_min_percent: u32,
    /// Between two looks, in thousandths of the page's diagonal.
    pub shift_max_permille: u32,
}

impl Default for CameraSettings {
    fn default() -> Self {
        Self {
            format: Format::Mjpg,
            width: 1_920,
            height: 1_080,
            rotate_deg: 0,
            crop: true,
            paper: Paper::A4,
            long_side: 1_754,
            jpeg_quality: 85,
            pages_max: 20,
            preview_interval_ms: 250,
            preview_width: 480,
            capture_timeout_ms: 4_000,
            frame_timeout_ms: 3_000,
            poll_interval_ms: 10_000,
            confidence_min_percent: 75,
            area_min_percent: 15,
            tilt_max_deg: 10,
            brightness_min: 90,
            glare_level: 250,
            glare_max_permille: 10,
            sharpness_min_percent: 40,
            shift_max_permille: 15,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "camera setting `{0}` is unknown; known are format, width, height, rotate_deg, crop, \
         paper, long_side, jpeg_quality, pages_max, preview_interval_ms, preview_width, \
         capture_timeout_ms, frame_timeout_ms, poll_interval_ms, confidence_min_percent, \
         area_min_percent, tilt_max_deg, brightness_min, glare_level, glare_max_permille, \
         sharpness_min_percent and shift_max_permille"
    )]
    UnknownKey(String),
    #[error("camera setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("camera setting `{key}` is {expected}, not {value}")]
    Range { key: &'static str, value: u64, expected: &'static str },
}

impl CameraSettings {
    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "format" => {
                self.format = match value {
                    "mjpg" => Format::Mjpg,
                    "yuyv" => Format::Yuyv,
                    _ => return Err(bad("format", value, "mjpg or yuyv")),
                }
            }
            "paper" => {
                self.paper = match value {
                    "a4" => Paper::A4,
                    "as-seen" => Paper::AsSeen,
                    _ => return Err(bad("paper", value, "a4 or as-seen")),
                }
            }
            "crop" => {
                self.crop = value.parse().map_err(|_| bad("crop", value, "true or false"))?;
            }
            "width" => self.width = number("width", value)?,
            "height" => self.height = number("height", value)?,
            "rotate_deg" => self.rotate_deg = number("rotate_deg", value)?,
            "long_side" => self.long_side = number("long_side", value)?,
            "jpeg_quality" => self.jpeg_quality = number("jpeg_quality", value)?,
            "pages_max" => self.pages_max = number("pages_max", value)?,
            "preview_width" => self.preview_width = number("preview_width", value)?,
            _ => return self.set_limit(key, value),
        }
        Ok(())
    }

    fn set_limit(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "preview_interval_ms" => {
                self.preview_interval_ms = number("preview_interval_ms", value)?;
            }
            "capture_timeout_ms" => self.capture_timeout_ms = number("capture_timeout_ms", value)?,
            "frame_timeout_ms" => self.frame_timeout_ms = number("frame_timeout_ms", value)?,
            "poll_interval_ms" => self.poll_interval_ms = number("poll_interval_ms", value)?,
            "confidence_min_percent" => {
                self.confidence_min_percent = number("confidence_min_percent", value)?;
            }
            "area_min_percent" => self.area_min_percent = number("area_min_percent", value)?,
            "tilt_max_deg" => self.tilt_max_deg = number("tilt_max_deg", value)?,
            "brightness_min" => self.brightness_min = number("brightness_min", value)?,
            "glare_level" => self.glare_level = number("glare_level", value)?,
            "glare_max_permille" => self.glare_max_permille = number("glare_max_permille", value)?,
            "sharpness_min_percent" => {
                self.sharpness_min_percent = number("sharpness_min_percent", value)?;
            }
            "shift_max_permille" => self.shift_max_permille = number("shift_max_permille", value)?,
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether a camera can be set like this.
    pub fn check(&self) -> Result<(), SettingError> {
        let within = |key, value: u64, range: std::ops::RangeInclusive<u64>, expected| {
            if range.contains(&value) {
                Ok(())
            } else {
                Err(SettingError::Range { key, value, expected })
            }
        };
        within("width", self.width.into(), 160..=8_192, "160 to 8192")?;
        within("height", self.height.into(), 120..=8_192, "120 to 8192")?;
        within("long_side", self.long_side.into(), 300..=4_677, "300 to 4677")?;
        within("jpeg_quality", self.jpeg_quality.into(), 1..=100, "1 to 100")?;
        within("pages_max", self.pages_max.into(), 1..=200, "1 to 200")?;
        within("preview_width", self.preview_width.into(), 80..=1_920, "80 to 1920")?;
        if !self.rotate_deg.is_multiple_of(90) || self.rotate_deg > 270 {
            let expected = "0, 90, 180 or 270";
            let value = self.rotate_deg.into();
            return Err(SettingError::Range { key: "rotate_deg", value, expected });
        }
        for (key, value) in [
            ("preview_interval_ms", self.preview_interval_ms),
            ("capture_timeout_ms", self.capture_timeout_ms),
            ("frame_timeout_ms", self.frame_timeout_ms),
            ("poll_interval_ms", self.poll_interval_ms),
        ] {
            within(key, value.into(), 50..=600_000, "50 to 600000")?;
        }
        Ok(())
    }
}

fn number<T: std::str::FromStr>(key: &'static str, value: &str) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, "a whole number that is not too large"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_refused() {
        let mut settings = CameraSettings::default();
        let all = serde_json::to_value(settings).expect("plain values");
        for (key, value) in all.as_object().expect("a table") {
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            settings.set(key, &text).expect("its own default");
        }
        assert_eq!(settings, CameraSettings::default());
        assert_eq!(settings.check(), Ok(()));
        settings.set("paper", "as-seen").expect("a paper");
        assert!(matches!(settings.set("format", "h264"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("tilt_max_deg", "999"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("colour", "red"), Err(SettingError::UnknownKey(_))));
        for (key, value) in [
            ("width", "10"),
            ("rotate_deg", "45"),
            ("jpeg_quality", "0"),
            ("frame_timeout_ms", "1"),
            ("pages_max", "0"),
        ] {
            let mut settings = settings;
            settings.set(key, value).expect("a number");
            assert!(settings.check().is_err(), "{key}");
        }
    }
}
