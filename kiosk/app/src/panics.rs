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
    let sentence = sentence(thread::current().name().unwrap_or("without a name"), panic.location());
    // Nobody may be listening, and a panic inside a panic would end everything here and now.
    let _ = writeln!(std::io::stderr(), "{sentence}");
}

fn sentence(thread: &str, place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(|| "a place that is not known".to_owned(), Location::to_string);
    format!(
        "kiosk: a mistake in the program at {place} ended its thread ({thread}); start the kiosk \
         again if it does not start by itself, and report this line with the log before it"
    )
}
