//! What only the technician can see.

use std::io::{self, BufRead, Write};

/// Says something to the technician; not on stdout, which may be read by a program.
pub(super) fn say(text: &str) {
    console::hint(text);
}

/// Asks until the answer is yes or no; no answer at all is no.
pub(super) fn yes(question: &str) -> bool {
    loop {
        // Whoever does not see the question does not answer it.
        let _ = write!(io::stderr(), "{question} [y/n] ");
        let _ = io::stderr().flush();
        let mut answer = String::new();
        match io::stdin().lock().read_line(&mut answer) {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
        match answer.trim() {
            "y" | "Y" | "yes" | "是" => return true,
            "n" | "N" | "no" | "否" => return false,
            _ => {}
        }
    }
}
