//! Sound, one sentence or chime at a time.

use std::path::Path;

use hal::port::PortUrl;
use hal::speaker::once::{self, SpeakerError, SpeakerReport};
use hal::speaker::{Privacy, SpeakerSettings, Speech, Voice, render};

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};
use crate::cli::Failure;
use crate::drivers::hour_of_the_hall;

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.speaker)?;
    let mut settings: SpeakerSettings = configured.unwrap_or_default();
    let mut language = "zh-CN";
    for (key, value) in arguments.settings()? {
        match key {
            "language" => language = value,
            _ => settings.set(key, value).map_err(setting_error)?,
        }
    }
    let hour = hour_of_the_hall();
    let report = match arguments.verb.as_str() {
        "chime" => once::chime(port, settings, hour).await,
        "say" => {
            let text = arguments.arguments.join(" ");
            if text.trim().is_empty() {
                let message = "say needs a text";
                return Err(Failure::wrong("usage", message, "write say TEXT"));
            }
            let clips = Speech::parse(language, &text);
            if Voice::new(&settings.voice).sound(&clips).is_ok() {
                once::say(port, settings, hour, language, &text, Privacy::Public).await
            } else {
                say_freely(port, settings, language, &text).await?
            }
        }
        _ => return Err(arguments.unknown_verb()),
    };
    let report = report.map_err(device_error)?;
    Ok(Answer::well(report))
}

/// The texts of both languages, for how they are spoken.
const TEXTS: &[&str] = &[
    include_str!("../../../../hal/voice/zh-CN.toml"),
    include_str!("../../../../hal/voice/en.toml"),
];
const LEXICON: &str = include_str!("../../../../hal/voice/lexicon.toml");

/// A text that is no clip of the voice is rendered now; the kiosk itself never makes anybody wait
/// for that.
async fn say_freely(
    port: PortUrl,
    settings: SpeakerSettings,
    language: &str,
    text: &str,
) -> Result<Result<SpeakerReport, SpeakerError>, Failure> {
    let folder = std::env::temp_dir().join(format!("hall24-say-{}", std::process::id()));
    let rendered = rendered(language, text, &folder.join(language));
    let said = match rendered {
        Ok(()) => {
            let settings = SpeakerSettings { voice: folder.clone(), ..settings };
            Ok(once::say(port, settings, hour_of_the_hall(), language, "said", Privacy::Public)
                .await)
        }
        Err(failure) => Err(failure),
    };
    // What cannot be removed lies in the system's folder for temporary files.
    let _ = std::fs::remove_dir_all(folder);
    said
}

fn rendered(language: &str, text: &str, folder: &Path) -> Result<(), Failure> {
    let lexicon = render::parse_lexicon(LEXICON).map_err(device_error)?;
    let mut all = TEXTS.iter().filter_map(|it| render::parse_texts(it).ok());
    let texts = all.find(|it| it.language == language).ok_or_else(|| {
        let message = format!("there is no voice for {language}; there are zh-CN and en");
        Failure::wrong("setting", message, "write --set language=en")
    })?;
    let sound = render::render_text(&texts, &lexicon, "espeak-ng", text).map_err(device_error)?;
    let file = folder.join("said.wav");
    let written = std::fs::create_dir_all(folder);
    let written = written.and_then(|()| std::fs::write(&file, sound.encode()));
    written.map_err(|error| {
        let message = format!("cannot write {}: {error}", file.display());
        Failure::not_well("file", message, "make room in the folder for temporary files")
    })
}
