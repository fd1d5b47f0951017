//! Searches logs for what must never be in them.

use std::path::Path;

use office::demo::DemoHall;

/// Panics when the log holds a name, an ID number, an address, a code or a PIN of the demo hall.
pub(crate) fn search(log: &Path, demo: &DemoHall) {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut secrets: Vec<(&str, &str)> = Vec::new();
    for person in &demo.people {
        secrets.push(("name", &person.name));
        secrets.push(("ID number", &person.number));
        secrets.push(("address", &person.address));
    }
    secrets.extend(demo.pickups.iter().map(|it| ("pickup code", it.code.as_str())));
    for (what, secret) in secrets {
        assert!(!text.contains(secret), "the log holds the {what} of a person");
    }
    let longest = text.split(|it: char| !it.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    assert!(longest < 17, "the log holds a number as long as an ID number");
}
