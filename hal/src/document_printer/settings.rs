//! What differs from one document printer to the next.

/// One document printer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentPrinterSettings {
    /// The paper, as printers name it (PWG 5101.1); empty leaves it to the printer.
    pub media: String,
    /// `one-sided`, `two-sided-long-edge` or `two-sided-short-edge`; empty leaves it to the
    /// printer.
    pub sides: String,
    /// Words of the printer about itself that mean nothing, such as `media-empty` of a tray for
    /// envelopes that is never filled.
    pub ignored_reasons: Vec<String>,
    /// For `ipps`: SHA-256 of the printer's certificate, in hex; colons may stand in it. Printers
    /// sign their certificates themselves, so that one is believed and no other.
    pub certificate_sha256: String,
    /// Pause between two questions after the printer's state.
    pub poll_interval_ms: u32,
    /// Pause between two questions after a job that is printed.
    pub job_poll_interval_ms: u32,
    /// How long an answer may take; sending a document may take longer by its size.
    pub reply_timeout_ms: u32,
    /// How long a document may take until it is printed; then it is cancelled.
    pub job_timeout_s: u32,
    /// How long a printer that was lost in the middle of a job is asked what became of it.
    pub lost_timeout_s: u32,
}

impl Default for DocumentPrinterSettings {
    fn default() -> Self {
        Self {
            media: "iso_a4_210x297mm".into(),
            sides: String::new(),
            ignored_reasons: Vec::new(),
            certificate_sha256: String::new(),
            poll_interval_ms: 5_000,
            job_poll_interval_ms: 1_000,
            reply_timeout_ms: 10_000,
            job_timeout_s: 180,
            lost_timeout_s: 30,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "document printer setting `{0}` is unknown; known are media, sides, ignored_reasons, \
         certificate_sha256, poll_interval_ms, job_poll_interval_ms, reply_timeout_ms, \
         job_timeout_s and lost_timeout_s"
    )]
    UnknownKey(String),
    #[error("document printer setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("a document printer's intervals and timeouts must be longer than zero")]
    ZeroTime,
}

const SIDES: [&str; 4] = ["", "one-sided", "two-sided-long-edge", "two-sided-short-edge"];
const SIDES_EXPECTED: &str = "one-sided, two-sided-long-edge, two-sided-short-edge or nothing";
const KEYWORD_EXPECTED: &str = "small letters, digits, dots, hyphens and underscores";

impl DocumentPrinterSettings {
    /// Applies one `KEY=VALUE` of the command line. Reasons stand one after the other, with commas.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "media" => value.clone_into(&mut self.media),
            "sides" => value.clone_into(&mut self.sides),
            "ignored_reasons" => {
                let reasons = value.split(',').map(str::trim).filter(|it| !it.is_empty());
                self.ignored_reasons = reasons.map(str::to_owned).collect();
            }
            "certificate_sha256" => value.clone_into(&mut self.certificate_sha256),
            "poll_interval_ms" => self.poll_interval_ms = number("poll_interval_ms", value)?,
            "job_poll_interval_ms" => {
                self.job_poll_interval_ms = number("job_poll_interval_ms", value)?;
            }
            "reply_timeout_ms" => self.reply_timeout_ms = number("reply_timeout_ms", value)?,
            "job_timeout_s" => self.job_timeout_s = number("job_timeout_s", value)?,
            "lost_timeout_s" => self.lost_timeout_s = number("lost_timeout_s", value)?,
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        self.check_words()
    }

    /// Whether a printer can be set like this.
    pub fn check(&self) -> Result<(), SettingError> {
        self.check_words()?;
        let times = [
            self.poll_interval_ms,
            self.job_poll_interval_ms,
            self.reply_timeout_ms,
            self.job_timeout_s,
            self.lost_timeout_s,
        ];
        if times.contains(&0) { Err(SettingError::ZeroTime) } else { Ok(()) }
    }

    /// The certificate that is believed.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        let digits: String = self.certificate_sha256.chars().filter(|it| *it != ':').collect();
        crate::hex::decode(&digits)?.try_into().ok()
    }

    fn check_words(&self) -> Result<(), SettingError> {
        if !is_keyword(&self.media) {
            return Err(bad("media", &self.media, KEYWORD_EXPECTED));
        }
        if !SIDES.contains(&&*self.sides) {
            return Err(bad("sides", &self.sides, SIDES_EXPECTED));
        }
        if !self.certificate_sha256.is_empty() && self.fingerprint().is_none() {
            return Err(bad("certificate_sha256", &self.certificate_sha256, "32 bytes in hex"));
        }
        match self.ignored_reasons.iter().find(|it| !is_keyword(it)) {
            Some(reason) => Err(bad("ignored_reasons", reason, KEYWORD_EXPECTED)),
            None => Ok(()),
        }
    }
}

/// Keywords are at most 255 bytes long (RFC 8011 §5.1.4).
fn is_keyword(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-._".contains(&it);
    text.len() <= 255 && text.bytes().all(fits)
}

fn number(key: &'static str, value: &str) -> Result<u32, SettingError> {
    value.parse().map_err(|_| bad(key, value, "a whole number"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_refused() {
        let mut settings = DocumentPrinterSettings::default();
        for (key, value) in [
            ("media", "iso_a5_148x210mm"),
            ("sides", "two-sided-long-edge"),
            ("ignored_reasons", "media-empty, toner-low-report"),
            ("job_timeout_s", "60"),
        ] {
            settings.set(key, value).expect(key);
        }
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.ignored_reasons, ["media-empty", "toner-low-report"]);
        for (key, value) in [
            ("media", "A 4"),
            ("sides", "both"),
            ("poll_interval_ms", "often"),
            ("certificate_sha256", "ab:cd"),
        ] {
            let mut settings = DocumentPrinterSettings::default();
            assert!(
                matches!(settings.set(key, value), Err(SettingError::BadValue { .. })),
                "{key}"
            );
        }
        assert!(settings.set("colour", "red").is_err());
        settings.set("job_timeout_s", "0").expect("a number");
        assert_eq!(settings.check(), Err(SettingError::ZeroTime));
    }
}
