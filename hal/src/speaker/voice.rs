//! A folder of clips, joined to what is said.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::wav::{Sound, WavError};
use super::{Part, Speech};

/// Between two parts, and between two spelled characters.
const GAP_MS: u32 = 120;

/// Why something cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    #[error("cannot read the clip {path}: {source}; `hal-voice` renders clips")]
    Read { path: PathBuf, source: io::Error },
    #[error("the clip {path} cannot be used: {source}")]
    Wav { path: PathBuf, source: WavError },
    #[error("the clip {path} has another rate than those before it; render all with one program")]
    Rate { path: PathBuf },
    #[error("`{0}` is no name of a clip or language; expected letters, digits, `-` and `_`")]
    Name(String),
    #[error("nothing is to be said")]
    Nothing,
}

/// The clips of all languages.
#[derive(Clone, Debug)]
pub struct Voice {
    folder: PathBuf,
}

impl Voice {
    /// The voice in this folder, which is not looked into yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Reads and joins the clips of a speech.
    pub fn sound(&self, speech: &Speech) -> Result<Sound, ClipError> {
        let language = self.folder.join(named(&speech.language)?);
        let mut paths = Vec::new();
        for part in &speech.parts {
            match part {
                Part::Clip(key) => paths.push(language.join(format!("{}.wav", named(key)?))),
                Part::Spelled(text) => {
                    for c in text.chars() {
                        let name = c.to_ascii_uppercase().to_string();
                        let name = format!("{}.wav", named(&name)?);
                        paths.push(language.join("digits").join(name));
                    }
                }
            }
        }
        let mut joined: Option<Sound> = None;
        for path in paths {
            let clip = read(&path)?;
            match &mut joined {
                None => joined = Some(clip),
                Some(sound) if sound.rate != clip.rate => return Err(ClipError::Rate { path }),
                Some(sound) => {
                    sound.samples.extend(Sound::silence(sound.rate, GAP_MS).samples);
                    sound.samples.extend(clip.samples);
                }
            }
        }
        joined.ok_or(ClipError::Nothing)
    }
}

fn read(path: &Path) -> Result<Sound, ClipError> {
    let path = path.to_owned();
    match std::fs::read(&path).map(|it| Sound::parse(&it)) {
        Ok(Ok(sound)) => Ok(sound),
        Ok(Err(source)) => Err(ClipError::Wav { path, source }),
        Err(source) => Err(ClipError::Read { path, source }),
    }
}

/// A name that stays within its folder.
fn named(name: &str) -> Result<&str, ClipError> {
    let fits = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(ClipError::Name(name.to_owned()));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(folder: &Path, name: &str, rate: u32, sample: i16) {
        let path = folder.join("zh-CN").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let sound = Sound { rate, samples: vec![sample; 10] };
        std::fs::write(path, sound.encode()).expect("written");
    }

    #[test]
    fn parts_are_joined_with_gaps() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, sample) in
            [("door.wav", 1), ("is_open.wav", 2), ("digits/1.wav", 3), ("digits/7.wav", 4)]
        {
            clip(folder.path(), name, 8_000, sample);
        }
        let voice = Voice::new(folder.path());
        let sound = voice.sound(&Speech::parse("zh-CN", "door 17 is_open")).expect("a sound");
        let clips: Vec<i16> = sound.samples.into_iter().filter(|it| *it != 0).collect();
        let wanted: Vec<i16> = [1, 3, 4, 2].into_iter().flat_map(|it| [it; 10]).collect();
        assert_eq!(clips, wanted);
        let why = |language: &str, text: &str| {
            let sound = voice.sound(&Speech::parse(language, text));
            sound.expect_err("it cannot be said").to_string()
        };
        assert!(why("zh-CN", "door 18").contains("digits/8.wav"));
        assert!(why("zh-CN", "../../etc/passwd").contains("is no name"));
        assert!(why("..", "door").contains("is no name"));
        assert!(why("en", "door").contains("hal-voice"));
        assert!(why("zh-CN", "").contains("nothing"));
        clip(folder.path(), "other.wav", 16_000, 5);
        assert!(why("zh-CN", "door other").contains("another rate"));
        std::fs::write(folder.path().join("zh-CN/torn.wav"), b"RIFF").expect("written");
        assert!(why("zh-CN", "torn").contains("no WAV file"));
    }
}
