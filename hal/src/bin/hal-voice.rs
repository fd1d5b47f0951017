//! `hal-voice`: renders the clips of the kiosk's voice with espeak-ng.

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use hal::speaker::{render, spell::Lexicon};

/// Renders clips into a folder `<out>/<language>` for each file of texts.
#[derive(Parser)]
#[command(name = "hal-voice", version)]
struct Arguments {
    /// Files of texts, such as hal/voice/zh-CN.toml.
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Words of Chinese with their pinyin, such as hal/voice/lexicon.toml.
    #[arg(long)]
    lexicon: Option<PathBuf>,
    /// Where clips are put.
    #[arg(long)]
    out: PathBuf,
    /// The program that speaks.
    #[arg(long, default_value = "espeak-ng")]
    espeak: String,
}

fn main() -> ExitCode {
    let arguments = match console::parse::<Arguments>() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::hint(format!("hal-voice: {error}"));
            ExitCode::from(console::WRONG_USE)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let lexicon = match &arguments.lexicon {
        Some(path) => render::parse_lexicon(&read(path)?)?,
        None => Lexicon::default(),
    };
    for path in &arguments.texts {
        let texts = render::parse_texts(&read(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let count = render::render(&texts, &lexicon, &arguments.espeak, &arguments.out)?;
        console::say(format!("{}: {count} clips", texts.language));
    }
    Ok(())
}
