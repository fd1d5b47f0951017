//! Renders a voice with espeak-ng, when a kiosk is built and nobody waits.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::spell::{Lexicon, SpellError};
use super::wav::{Sound, WavError};

/// Quieter than this is silence.
const SILENCE: u16 = 300;
/// All clips are made as loud as this at their loudest.
const PEAK: i32 = 24_000;

/// What a language says, read from TOML.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub language: String,
    /// espeak-ng's voice.
    pub voice: String,
    /// Texts are Chinese and the voice reads pinyin.
    pub pinyin: bool,
    pub words_per_minute: u16,
    /// The words for 0 to 9.
    pub digits: [String; 10],
    /// espeak-ng's voice for Latin letters.
    pub letters_voice: String,
    /// Texts by key.
    pub clips: BTreeMap<String, String>,
}

/// Why a voice cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("{file}: {message}")]
    Toml { file: &'static str, message: String },
    #[error(transparent)]
    Spell(#[from] SpellError),
    #[error("cannot run {program}: {source}; install the package espeak-ng")]
    Program { program: String, source: io::Error },
    #[error("{program} does not say “{text}”: {said}")]
    Refused { program: String, text: String, said: String },
    #[error("{program} made no clip of “{text}”: {source}")]
    Wav { program: String, text: String, source: WavError },
    #[error("{program} made silence of “{text}”; does its voice {voice} exist?")]
    Silent { program: String, text: String, voice: String },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
}

/// Reads a table `[words]` with their pinyin.
pub fn parse_lexicon(text: &str) -> Result<Lexicon, RenderError> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        words: BTreeMap<String, String>,
    }
    let file: File = toml::from_str(text)
        .map_err(|it| RenderError::Toml { file: "lexicon", message: it.to_string() })?;
    Ok(Lexicon::new(file.words)?)
}

/// Reads what a language says.
pub fn parse_texts(text: &str) -> Result<Texts, RenderError> {
    toml::from_str(text).map_err(|it| RenderError::Toml { file: "texts", message: it.to_string() })
}

/// Renders every clip of a language into `folder/<language>`; gives how many.
pub fn render(
    texts: &Texts,
    lexicon: &Lexicon,
    program: &str,
    folder: &Path,
) -> Result<usize, RenderError> {
    let language = folder.join(&texts.language);
    let digits = language.join("digits");
    fs::create_dir_all(&digits)
        .map_err(|source| RenderError::Write { path: digits.clone(), source })?;
    let espeak = Espeak { program, words_per_minute: texts.words_per_minute };
    let mut count = 0;
    let mut clip = |voice: &str, text: &str, path: PathBuf| {
        count += 1;
        let bytes = espeak.say(voice, text)?.encode();
        fs::write(&path, bytes).map_err(|source| RenderError::Write { path, source })
    };
    let spelled = |text: &str| {
        if texts.pinyin { lexicon.spell(text) } else { Ok(text.to_owned()) }
    };
    for (key, text) in &texts.clips {
        clip(&texts.voice, &spelled(text)?, language.join(format!("{key}.wav")))?;
    }
    for (digit, text) in texts.digits.iter().enumerate() {
        clip(&texts.voice, &spelled(text)?, digits.join(format!("{digit}.wav")))?;
    }
    for letter in 'A'..='Z' {
        clip(&texts.letters_voice, &letter.to_string(), digits.join(format!("{letter}.wav")))?;
    }
    Ok(count)
}

/// Renders one text that is no clip of the voice, while somebody waits.
pub fn render_text(
    texts: &Texts,
    lexicon: &Lexicon,
    program: &str,
    text: &str,
) -> Result<Sound, RenderError> {
    let espeak = Espeak { program, words_per_minute: texts.words_per_minute };
    let spelled = if texts.pinyin { lexicon.spell(text)? } else { text.to_owned() };
    espeak.say(&texts.voice, &spelled)
}

struct Espeak<'a> {
    program: &'a str,
    words_per_minute: u16,
}

impl Espeak<'_> {
    fn say(&self, voice: &str, text: &str) -> Result<Sound, RenderError> {
        let program = || self.program.to_owned();
        let said = Command::new(self.program)
            .args(["-v", voice, "-s", &self.words_per_minute.to_string(), "--stdout", "--", text])
            .stdin(Stdio::null())
            .output()
            .map_err(|source| RenderError::Program { program: program(), source })?;
        let text = || text.to_owned();
        if !said.status.success() {
            let said = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            return Err(RenderError::Refused { program: program(), text: text(), said });
        }
        let sound = Sound::parse(&said.stdout).map_err(|source| RenderError::Wav {
            program: program(),
            text: text(),
            source,
        })?;
        let silent =
            || RenderError::Silent { program: program(), text: text(), voice: voice.to_owned() };
        trimmed(&sound).ok_or_else(silent)
    }
}

/// Without the silence at both ends, as loud as all others; `None` where there is only silence.
fn trimmed(sound: &Sound) -> Option<Sound> {
    let heard = |it: &i16| it.unsigned_abs() >= SILENCE;
    let first = sound.samples.iter().position(heard)?;
    let last = sound.samples.iter().rposition(heard)?;
    let peak = i32::from(sound.peak());
    let louder = |it: &i16| {
        i16::try_from(i32::from(*it) * PEAK / peak).expect("PEAK is the loudest and fits")
    };
    let samples = sound.samples[first..=last].iter().map(louder).collect();
    Some(Sound { rate: sound.rate, samples })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_trimmed_and_equally_loud() {
        let sound = Sound { rate: 8_000, samples: vec![0, 12, 1_000, -2_000, 5, 500, 3] };
        let wanted = Sound { rate: 8_000, samples: vec![12_000, -24_000, 60, 6_000] };
        assert_eq!(trimmed(&sound), Some(wanted));
        assert_eq!(trimmed(&Sound::silence(8_000, 100)), None);
        let loudest = Sound { rate: 8_000, samples: vec![i16::MIN, i16::MAX] };
        assert_eq!(trimmed(&loudest).map(|it| it.peak()), Some(24_000));
    }

    #[test]
    fn a_missing_program_is_named() {
        let espeak = Espeak { program: "espeak-of-nobody", words_per_minute: 150 };
        let error = espeak.say("en", "hello").expect_err("no program").to_string();
        assert!(error.contains("espeak-of-nobody") && error.contains("install"), "{error}");
    }
}
