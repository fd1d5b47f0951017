//! What is said when a mistake in the program ends one of its threads.

use std::io::Write;
use std::panic::{Location, PanicHookInfo};
use std::thread;

/// Tells a panic as one sentence from now on. Its message stays out, for it may quote what a person
/// typed or what stands on a card, and so does the backtrace.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let current = thread::current();
    // The core and the threads run outside of tasks; drivers and requests are tasks.
    let ended = match tokio::task::try_id() {
        Some(_) => Ended::Task,
        None => Ended::Thread(current.name().unwrap_or("without a name")),
    };
    let sentence = sentence(ended, panic.location());
    // Nobody may be listening, and a panic inside a panic would end everything here and now.
    let _ = writeln!(std::io::stderr(), "{sentence}");
}

/// What a mistake ends.
enum Ended<'a> {
    Task,
    Thread(&'a str),
}

fn sentence(ended: Ended<'_>, place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(|| "a place that is not known".to_owned(), Location::to_string);
    match ended {
        Ended::Task => format!(
            "kiosk: a mistake in the program at {place} ended one of its tasks; a device's driver is \
             started again by itself, the link to the office with the kiosk; report this line with \
             the log before it"
        ),
        Ended::Thread(name) => format!(
            "kiosk: a mistake in the program at {place} ended its thread ({name}); start the kiosk \
             again if it does not start by itself, and report this line with the log before it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_thread_that_ended_asks_for_a_new_start() {
        let place = Location::caller();
        assert!(sentence(Ended::Thread("core"), Some(place)).contains("(core); start the kiosk"));
        let task = sentence(Ended::Task, Some(place));
        assert!(task.contains("panics.rs:") && !task.contains("start the kiosk"), "{task}");
    }
}
