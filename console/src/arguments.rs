//! The words that a program is started with, and what is wrong with them.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Command, Error, Parser};

use super::Complaint;

/// The exit status of wrong use or configuration.
pub const WRONG_USE: u8 = 2;

/// The program's arguments.
///
/// # Errors
/// Help or version was asked for, or the arguments are wrong; that was said, and this is the
/// program's exit status.
pub fn parse<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| {
        if !error.use_stderr() {
            // Whoever asked for help may have read enough of it.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        let words: Vec<OsString> =
            std::env::args_os().skip(1).take_while(|it| it != "--").collect();
        let command = A::command();
        let as_json = words.iter().any(|it| it == "--json");
        complaint(&error, &command, &words).tell(command.get_name(), as_json);
        ExitCode::from(WRONG_USE)
    })
}

fn complaint(error: &Error, command: &Command, words: &[OsString]) -> Complaint {
    let path = path(command, words);
    let help = format!("see `{path} --help`");
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let message = format!("`{path}` needs to be told what to do");
        return Complaint { kind: "usage", message, action: help };
    }
    let rendered = error.render().to_string();
    let mut paragraphs = rendered.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let message = super::one_line(first.strip_prefix("error: ").unwrap_or(first));
    let tip = paragraphs.find_map(|it| it.trim().strip_prefix("tip: "));
    let action = match tip {
        Some(tip) => format!("{}, {help}", super::one_line(tip)),
        None => help,
    };
    Complaint { kind: "usage", message: format!("`{path}`: {message}"), action }
}

/// The program and the commands of it that were named.
fn path(command: &Command, words: &[OsString]) -> String {
    let mut path = command.get_name().to_owned();
    let mut at = command;
    for word in words {
        if let Some(next) = at.find_subcommand(word) {
            path = format!("{path} {}", next.get_name());
            at = next;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[derive(Parser)]
    #[command(name = "kiosk")]
    struct Line {
        #[command(subcommand)]
        command: Verb,
    }

    #[derive(clap::Subcommand)]
    enum Verb {
        Diag {
            #[arg(long, value_parser = ["internal", "external"])]
            level: Option<String>,
            #[arg(long)]
            config: std::path::PathBuf,
        },
    }

    fn said(line: &str) -> Complaint {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let all = std::iter::once(OsString::from("kiosk")).chain(words.iter().cloned());
        let error = Line::try_parse_from(all).err().expect("it is wrong");
        complaint(&error, &Line::command(), &words)
    }

    #[test]
    fn what_is_wrong_is_one_sentence_with_what_and_where_and_what_to_do() {
        for (line, expected) in [
            ("", "`kiosk` needs to be told what to do; see `kiosk --help`"),
            (
                "diag",
                "`kiosk diag`: the following required arguments were not provided: --config \
                 <CONFIG>; see `kiosk diag --help`",
            ),
            (
                "diag --config x --level high",
                "`kiosk diag`: invalid value 'high' for '--level <LEVEL>' [possible values: \
                 internal, external]; see `kiosk diag --help`",
            ),
            (
                "diag --config x --levle internal",
                "`kiosk diag`: unexpected argument '--levle' found; a similar argument exists: \
                 '--level', see `kiosk diag --help`",
            ),
            (
                "dig",
                "`kiosk`: unrecognized subcommand 'dig'; a similar subcommand exists: 'diag', see \
                 `kiosk --help`",
            ),
        ] {
            assert_eq!(said(line).sentence(), expected);
        }
    }
}
