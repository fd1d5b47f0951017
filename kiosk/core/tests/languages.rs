//! Every message that the code asks for exists, and every message that exists is asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kiosk_core::Languages;

/// All string literals of the crate's sources, `format!` patterns with `{` kept.
fn literals(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            literals(&path, into);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("it is text");
            into.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
            into.extend(text.split('"').skip(2).step_by(2).map(str::to_owned));
        }
    }
}

fn looks_like_a_key(text: &str) -> bool {
    text.contains('.')
        && text.split('.').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
        })
        && text.starts_with(|first: char| first.is_ascii_lowercase())
}

#[test]
fn messages_and_their_uses_match() {
    let mut found = BTreeSet::new();
    literals(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let languages = Languages::built_in();
    let keys: BTreeSet<&str> = languages.list()[0].keys().collect();
    let tables: BTreeSet<&str> = keys.iter().filter_map(|it| it.split('.').next()).collect();
    let asked = found.iter().map(String::as_str).filter(|it| looks_like_a_key(it));
    let missing: Vec<&str> = asked
        .filter(|it| it.split('.').next().is_some_and(|table| tables.contains(table)))
        .filter(|it| !keys.contains(it))
        .collect();
    assert!(missing.is_empty(), "asked for and in no language file: {missing:?}");
    // A pattern such as "doubt.{}" asks for the whole table.
    let patterns: BTreeSet<&str> = found
        .iter()
        .filter_map(|it| it.split_once(".{"))
        .map(|(table, _)| table)
        .filter(|table| tables.contains(table))
        .collect();
    let unused: Vec<&&str> = keys
        .iter()
        .filter(|key| !found.contains(**key))
        .filter(|key| !key.split('.').next().is_some_and(|table| patterns.contains(table)))
        .collect();
    assert!(unused.is_empty(), "in the language files and never asked for: {unused:?}");
}
