//! What differs from one receipt printer to the next.

use std::path::PathBuf;

use super::presenter::{PresenterSettings, SlotQuery, slot_sensor};

/// Families of printers. Presenters of other makers have commands of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Plain ESC/POS.
    #[default]
    Generic,
    /// CUSTOM with a presenter: KPM, VKP80, TPTCM and their kind.
    Custom,
    /// Star, Nippon and others with a presenter that is moved by `1B 72`.
    Star,
}

/// How documents are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// As characters of the printer's own font; lines that it lacks characters for as dots.
    #[default]
    Text,
    /// As dots throughout: looks better, takes a hundred times the bytes.
    Raster,
}

/// The characters of the printer's own font.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charset {
    /// Levels I and II only, as most manuals state.
    #[default]
    Gb2312,
    Gbk,
    /// With the four-byte characters.
    Gb18030,
}

/// Who draws QR codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QrMode {
    /// The printer (GS ( k).
    #[default]
    Native,
    /// The kiosk, as dots.
    Raster,
}

/// What the cutter is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutMode {
    Full,
    /// Leaves a bridge, so that the paper does not fall.
    #[default]
    Partial,
}

/// How it is proved that a document came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// A status request queued behind the document (GS r) was answered, and the printer is well.
    #[default]
    Queued,
    /// For printers that do not answer GS r: the time that printing takes passed, and the printer
    /// was well all the time.
    RealTime,
}

/// A font file and, in a collection, the number of the face.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FontFile {
    pub path: PathBuf,
    #[serde(default)]
    pub index: u32,
}

/// Fonts in the order in which a character is looked for. Files that are missing are passed over.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FontSettings {
    pub regular: Vec<FontFile>,
    pub bold: Vec<FontFile>,
}

impl Default for FontSettings {
    /// Where Debian's packages `fonts-noto-cjk` and `fonts-hanazono` put them.
    fn default() -> Self {
        let file = |path: &str, index| FontFile { path: path.into(), index };
        // Face 2 of the collection is simplified Chinese.
        Self {
            regular: vec![
                file("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
                file("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf", 0),
                file("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf", 0),
            ],
            bold: vec![file("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2)],
        }
    }
}

/// One receipt printer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrinterSettings {
    pub model: Model,
    pub mode: Mode,
    /// Width of the head: 576 for 80 mm paper, 384 for 58 mm.
    pub dots: u16,
    /// Characters of half width in a line: 48 for 80 mm paper, 32 for 58 mm.
    pub columns: u16,
    pub charset: Charset,
    pub qr: QrMode,
    pub cut: CutMode,
    pub confirm: Confirm,
    /// Keep real-time commands (10 04, 10 05, 10 14) out of dots, for firmware that looks for them
    /// everywhere. It costs a dot here and there.
    pub avoid_real_time: bool,
    pub fonts: FontSettings,
    /// Rows of dots in a millimetre: 8 for heads of 203 dpi.
    pub dots_per_mm: u8,
    /// The way from the head to the knife, which every cut feeds.
    pub cutter_distance_mm: u8,
    /// Of models that have one.
    pub presenter: PresenterSettings,
    /// Rate of the line, for deadlines where the port does not name one.
    pub baud: u32,
    pub poll_interval_ms: u32,
    pub reply_timeout_ms: u32,
}

impl Default for PrinterSettings {
    fn default() -> Self {
        Self {
            model: Model::Generic,
            mode: Mode::Text,
            dots: 576,
            columns: 48,
            charset: Charset::Gb2312,
            qr: QrMode::Native,
            cut: CutMode::Partial,
            confirm: Confirm::Queued,
            avoid_real_time: true,
            fonts: FontSettings::default(),
            dots_per_mm: 8,
            cutter_distance_mm: 18,
            presenter: PresenterSettings::default(),
            baud: 115_200,
            poll_interval_ms: 1_000,
            reply_timeout_ms: 500,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "printer setting `{0}` is unknown; known are model, mode, dots, columns, charset, qr, \
             cut, confirm, avoid_real_time, dots_per_mm, cutter_distance_mm and baud, and for \
             presenters take_timeout_s, not_taken, clear, present_steps, slot_query and slot_mask"
    )]
    UnknownKey(String),
    #[error("printer setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("printer settings: {dots} dots do not hold {columns} columns of 12; 576 dots hold 48")]
    Width { dots: u16, columns: u16 },
    #[error("printer settings: dots must be a multiple of 8 between 256 and 1024, not {0}")]
    Dots(u16),
    #[error("a printer's intervals, timeouts and rates must be more than zero")]
    ZeroTime,
    #[error(
        "printer setting `slot_mask` is one bit of a byte, and for `slot_query` detector one of \
         04, 08, 20 and 40, not {0:02x}"
    )]
    SlotMask(u8),
    #[error("printer settings: slot_query full-status and ejector are of model custom only")]
    SlotQuery,
}

impl PrinterSettings {
    /// Applies one `KEY=VALUE` of the command line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "model" => self.model = choice("model", value, "generic, custom or star")?,
            "mode" => self.mode = choice("mode", value, "text or raster")?,
            "charset" => self.charset = choice("charset", value, "gb2312, gbk or gb18030")?,
            "qr" => self.qr = choice("qr", value, "native or raster")?,
            "cut" => self.cut = choice("cut", value, "full or partial")?,
            "confirm" => self.confirm = choice("confirm", value, "queued or real-time")?,
            "avoid_real_time" => {
                self.avoid_real_time = parsed("avoid_real_time", value, "true or false")?;
            }
            "dots" => self.dots = parsed("dots", value, "a whole number")?,
            "columns" => self.columns = parsed("columns", value, "a whole number")?,
            "dots_per_mm" => self.dots_per_mm = parsed("dots_per_mm", value, "a whole number")?,
            "cutter_distance_mm" => {
                self.cutter_distance_mm = parsed("cutter_distance_mm", value, "0 to 255")?;
            }
            "baud" => self.baud = parsed("baud", value, "a whole number")?,
            _ => return self.set_presenter(key, value),
        }
        Ok(())
    }

    fn set_presenter(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        let presenter = &mut self.presenter;
        match key {
            "take_timeout_s" => {
                presenter.take_timeout_s = parsed("take_timeout_s", value, "a whole number")?;
            }
            "not_taken" => {
                presenter.not_taken = choice("not_taken", value, "retract, eject or keep")?;
            }
            "clear" => presenter.clear = choice("clear", value, "eject, retract or none")?,
            "present_steps" => {
                presenter.present_steps = parsed("present_steps", value, "0 to 255")?;
            }
            "slot_query" => {
                let expected = "full-status, ejector, detector or esc-v";
                presenter.slot_query = Some(choice("slot_query", value, expected)?);
            }
            "slot_mask" => {
                let mask = u8::from_str_radix(value, 16);
                let mask = mask.map_err(|_| bad("slot_mask", value, "two hexadecimal digits"))?;
                presenter.slot_mask = Some(mask);
            }
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether these settings describe a printer that can exist.
    pub fn check(&self) -> Result<(), SettingError> {
        let (dots, columns) = (self.dots, self.columns);
        if !(256..=1024).contains(&dots) || dots % 8 != 0 {
            return Err(SettingError::Dots(dots));
        }
        if !(16..=dots / 12).contains(&columns) {
            return Err(SettingError::Width { dots, columns });
        }
        let times = [self.poll_interval_ms, self.reply_timeout_ms, self.baud];
        let moving = [self.presenter.take_timeout_s, self.presenter.move_timeout_ms];
        if [times.as_slice(), &moving].concat().contains(&0) || self.dots_per_mm == 0 {
            return Err(SettingError::ZeroTime);
        }
        self.check_presenter()
    }

    fn check_presenter(&self) -> Result<(), SettingError> {
        let of_custom = [Some(SlotQuery::FullStatus), Some(SlotQuery::Ejector)];
        if self.model != Model::Custom && of_custom.contains(&self.presenter.slot_query) {
            return Err(SettingError::SlotQuery);
        }
        match slot_sensor(self) {
            // The other bits of answers to DLE EOT are fixed.
            Some(it) if it.query == SlotQuery::Detector && it.mask & 0x93 != 0 => {
                Err(SettingError::SlotMask(it.mask))
            }
            Some(it) if it.mask.count_ones() != 1 => Err(SettingError::SlotMask(it.mask)),
            _ => Ok(()),
        }
    }
}

fn choice<T: serde::de::DeserializeOwned>(
    key: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, SettingError> {
    serde_json::from_value(serde_json::Value::from(value)).map_err(|_| bad(key, value, expected))
}

fn parsed<T: std::str::FromStr>(
    key: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, expected))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_from_the_command_line() {
        let mut settings = PrinterSettings::default();
        for (key, value) in [
            ("model", "generic"),
            ("mode", "raster"),
            ("dots", "384"),
            ("columns", "32"),
            ("charset", "gb18030"),
            ("confirm", "real-time"),
            ("avoid_real_time", "false"),
        ] {
            settings.set(key, value).expect(key);
        }
        assert_eq!(settings.check(), Ok(()));
        assert_eq!((settings.mode, settings.charset), (Mode::Raster, Charset::Gb18030));
        assert!(matches!(settings.set("model", "moon"), Err(SettingError::BadValue { .. })));
        settings.set("columns", "48").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::Width { dots: 384, columns: 48 }));
    }

    #[test]
    fn presenters_are_set_or_refused() {
        let mut settings = PrinterSettings::default();
        for (key, value) in [
            ("model", "star"),
            ("not_taken", "keep"),
            ("take_timeout_s", "30"),
            ("clear", "none"),
            ("slot_query", "detector"),
            ("slot_mask", "20"),
        ] {
            settings.set(key, value).expect(key);
        }
        assert_eq!(settings.check(), Ok(()));
        settings.set("slot_mask", "10").expect("a byte");
        assert_eq!(settings.check(), Err(SettingError::SlotMask(0x10)));
        settings.set("slot_query", "ejector").expect("a query");
        assert_eq!(settings.check(), Err(SettingError::SlotQuery));
        settings.set("model", "custom").expect("a model");
        assert_eq!(settings.check(), Ok(()));
        settings.set("slot_mask", "03").expect("a byte");
        assert_eq!(settings.check(), Err(SettingError::SlotMask(3)));
        settings.set("take_timeout_s", "0").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::ZeroTime));
    }
}
