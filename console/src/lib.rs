//! How the programs speak at a command line: answers on stdout, one sentence on stderr for what went
//! wrong, and silence where nobody listens any more.

mod arguments;

use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};

use serde_json::json;

pub use arguments::{WRONG_USE, parse};

/// Writes a line to stdout. Where its reader is gone, as `head` goes after ten lines, the command
/// goes on to its end without a word; an answer that cannot be written for another reason ends the
/// program, for whoever asked would take a part for the whole.
pub fn say(line: impl Display) {
    let mut stdout = stdout().lock();
    let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            hint(format_args!(
                "the answer cannot be written to stdout: {error}; write it elsewhere"
            ));
            std::process::exit(1);
        }
        _ => {}
    }
}

/// Writes a line to stderr. That nobody may be listening changes nothing.
pub fn hint(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// One word, for programs.
    pub kind: &'static str,
    /// What, and where.
    pub message: String,
    /// What to do about it.
    pub action: String,
}

impl Complaint {
    /// A complaint whose message names what to do behind its last semicolon, as our errors do;
    /// `otherwise` where it does not.
    pub fn of(kind: &'static str, error: impl Display, otherwise: &str) -> Self {
        let message = one_line(&error.to_string());
        let action = message.rsplit_once("; ").map_or(otherwise, |it| it.1).to_owned();
        Self { kind, message, action }
    }

    /// What, where and what to do, in one line.
    pub fn sentence(&self) -> String {
        let message = one_line(&self.message);
        if message.contains(&self.action) {
            return message;
        }
        format!("{message}; {}", self.action)
    }

    /// Tells people on stderr and, where that is wanted, a program on stdout.
    pub fn tell(&self, program: &str, as_json: bool) {
        hint(format_args!("{program}: {}", self.sentence()));
        if as_json {
            let message = one_line(&self.message);
            let error = json!({ "kind": self.kind, "message": message, "action": self.action });
            say(json!({ "error": error }));
        }
    }
}

fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_what_to_do_once() {
        let error = "the line failed; check the cable";
        let complaint = Complaint::of("device", error, "look at it");
        assert_eq!(complaint.action, "check the cable");
        assert_eq!(complaint.sentence(), error);
        let complaint = Complaint::of("device", "it broke:\n  in two", "look at it");
        assert_eq!(complaint.sentence(), "it broke: in two; look at it");
    }
}
