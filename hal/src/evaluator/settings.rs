//! What differs from one evaluator to the next: nearly everything.

use crate::hex;

/// The longest code that is looked for.
pub const CODE_BYTES_MAX: usize = 16;

/// Some bytes, in configuration as hexadecimal digits; empty where there is no such code.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(pub Vec<u8>);

impl Code {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(&text).filter(|it| it.len() <= CODE_BYTES_MAX);
        bytes.map(Self).ok_or_else(|| format!("`{text}`: expected {HEX}"))
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        hex::encode(&code.0)
    }
}

/// One evaluator.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluatorSettings {
    /// What the buttons send, from grade 1 (very dissatisfied) to 5 (very satisfied). Empty where
    /// the device has no such button. Without a setting the digits 1 to 5 in ASCII, a guess.
    pub grades: [Code; 5],
    /// Sent to light the buttons; empty: nothing is sent, they are always lit.
    pub ask: Code,
    /// Sent when no grade is wanted any more.
    pub cancel: Code,
    /// The same button again within this time is one press.
    pub repeat_ms: u32,
}

impl Default for EvaluatorSettings {
    fn default() -> Self {
        Self {
            grades: [b'1', b'2', b'3', b'4', b'5'].map(|it| Code(vec![it])),
            ask: Code::default(),
            cancel: Code::default(),
            repeat_ms: 1_000,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error("evaluator setting `{0}` is unknown; known are grades, ask, cancel and repeat_ms")]
    UnknownKey(String),
    #[error("evaluator setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error(
        "evaluator setting `grades`: the codes of grades {0} and {1} begin alike, so that one \
         cannot be told from the other"
    )]
    Alike(usize, usize),
    #[error("evaluator setting `grades` names no button; look up the codes in the manual")]
    NoButton,
    #[error("evaluator setting `cancel` needs `ask`: what was never lit cannot be put out")]
    CancelOnly,
}

const HEX: &str = "pairs of hexadecimal digits, at most 16";
const GRADES: &str = "five codes in hexadecimal digits from grade 1 to 5, split by commas; \
     nothing for a button that is not there";

impl EvaluatorSettings {
    /// Applies one `KEY=VALUE` of the command line, `grades=31,32,33,34,35`.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "grades" => {
                let codes: Option<Vec<Code>> =
                    value.split(',').map(|it| Code::try_from(it.trim().to_owned()).ok()).collect();
                let grades = codes.and_then(|it| <[Code; 5]>::try_from(it).ok());
                self.grades = grades.ok_or_else(|| bad("grades", value, GRADES))?;
            }
            "ask" => self.ask = code("ask", value)?,
            "cancel" => self.cancel = code("cancel", value)?,
            "repeat_ms" => {
                let number = value.parse();
                self.repeat_ms = number.map_err(|_| bad("repeat_ms", value, "a whole number"))?;
            }
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether the codes can be told from one another.
    pub fn check(&self) -> Result<(), SettingError> {
        let all: Vec<(usize, &Code)> =
            (1..).zip(&self.grades).filter(|(_, code)| !code.is_empty()).collect();
        if all.is_empty() {
            return Err(SettingError::NoButton);
        }
        for (index, (one, code)) in all.iter().enumerate() {
            for (other, longer) in &all[index + 1..] {
                if longer.0.starts_with(&code.0) || code.0.starts_with(&longer.0) {
                    return Err(SettingError::Alike(*one, *other));
                }
            }
        }
        if self.ask.is_empty() && !self.cancel.is_empty() {
            return Err(SettingError::CancelOnly);
        }
        Ok(())
    }
}

fn code(key: &'static str, value: &str) -> Result<Code, SettingError> {
    Code::try_from(value.to_owned()).map_err(|_| bad(key, value, HEX))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Result<EvaluatorSettings, SettingError> {
        let mut settings = EvaluatorSettings::default();
        for (key, value) in pairs {
            settings.set(key, value)?;
        }
        settings.check()?;
        Ok(settings)
    }

    #[test]
    fn settings_are_understood_or_refused() {
        let settings = set(&[("grades", "a501,a502,,a504,A505"), ("ask", "a500"), ("cancel", "")])
            .expect("settings");
        assert_eq!(settings.grades[0], Code(vec![0xA5, 1]));
        assert!(settings.grades[2].is_empty());
        assert_eq!(settings.ask, Code(vec![0xA5, 0]));
        assert_eq!(set(&[("grades", "01,02,0103,04,05")]), Err(SettingError::Alike(1, 3)));
        assert_eq!(set(&[("grades", "01,02,03,04,04")]), Err(SettingError::Alike(4, 5)));
        assert_eq!(set(&[("grades", ",,,,")]), Err(SettingError::NoButton));
        assert_eq!(set(&[("cancel", "00")]), Err(SettingError::CancelOnly));
        for wrong in ["01,02,03", "1,2,3,4,5", "very good", ""] {
            assert!(set(&[("grades", wrong)]).is_err(), "{wrong}");
        }
        assert!(set(&[("ask", &"00".repeat(17))]).is_err());
        assert!(set(&[("repeat_ms", "soon")]).is_err());
        assert!(set(&[("colour", "red")]).is_err());
    }

    #[cfg(feature = "sim")]
    #[test]
    fn a_configuration_is_read() {
        let text = "grades = [\"a501\", \"a502\", \"\", \"a504\", \"a505\"]\nask = \"a500\"\n";
        let settings: EvaluatorSettings = toml::from_str(text).expect("settings");
        assert_eq!(settings.check(), Ok(()));
        assert!(toml::from_str::<EvaluatorSettings>("ask = \"xy\"").is_err());
        assert!(toml::from_str::<EvaluatorSettings>("grades = [\"01\"]").is_err());
    }
}
