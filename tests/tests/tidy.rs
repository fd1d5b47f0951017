//! The project's style as a test: what no compiler checks.

#[path = "tidy/yocto.rs"]
mod yocto;

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests is a folder of the workspace")
        .into()
}

fn files(folder: &Path, endings: &[&str], into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, endings, into);
        } else if endings.iter().any(|it| name.ends_with(it)) {
            into.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    files(&root(), &[".rs"], &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("sources are text");
            (path, text)
        })
        .collect()
}

fn check(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#!"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    check(&silent);
}

#[test]
fn lines_and_files_can_be_read_in_one_sitting() {
    let mut problems = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > 700 {
            problems.push(format!("{}: {lines} lines, split it", path.display()));
        }
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > 110 {
                problems.push(format!("{}:{}: the line is too long", path.display(), number + 1));
            }
        }
    }
    check(&problems);
}

/// Files that may use a banned call, and why.
const EXEMPT: &[(&str, &str, &str)] = &[(
    "hal/src/card/sim/pcscd.rs",
    concat!("thread::sl", "eep"),
    "another program's socket: there is no event to wait for",
)];

fn exempt(path: &Path, call: &str) -> bool {
    EXEMPT.iter().any(|(file, allowed, _)| path.ends_with(file) && *allowed == call)
}

#[test]
fn banned_calls_have_a_replacement() {
    // Written in two parts, so that this file does not accuse itself.
    let banned = [
        (concat!("tod", "o!("), "write it"),
        (concat!("unimpl", "emented!("), "write it"),
        (concat!("#[ig", "nore"), "make it run or remove it"),
        (concat!("#[al", "low("), "use #[expect(…, reason = …)]"),
        (concat!("thread::sl", "eep"), "wait for the event"),
        (concat!(".unw", "rap()"), "say why it cannot fail with expect"),
        (concat!("SystemTime::n", "ow"), "take the time that is handed in"),
    ];
    let mut problems = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for (call, instead) in banned {
                if line.contains(call) && !exempt(&path, call) {
                    problems.push(format!("{}:{}: {call} — {instead}", path.display(), number + 1));
                }
            }
        }
    }
    check(&problems);
}

/// Slint's own text misses changes (see `Words`).
#[test]
fn screens_write_with_words_only() {
    let mut pages = Vec::new();
    files(&root().join("kiosk/screen/ui"), &[".slint"], &mut pages);
    let mut problems = Vec::new();
    for path in pages {
        let text = fs::read_to_string(&path).expect("sources are text");
        for (number, line) in text.lines().enumerate() {
            let words = line.split_whitespace().collect::<Vec<_>>();
            let plain = words.windows(2).any(|it| it == ["Text", "{"]);
            if plain && !line.contains("component Words") {
                problems.push(format!("{}:{}: use Words", path.display(), number + 1));
            }
        }
    }
    check(&problems);
}

#[test]
fn the_cores_stay_pure() {
    let mut problems = Vec::new();
    for (folder, banned) in [
        ("kiosk/core", &["tokio", "slint", "rusqlite", "reqwest", "rand"][..]),
        ("office/rules", &["tokio", "sqlx", "axum", "rand"]),
        ("wire", &["tokio", "rusqlite", "sqlx"]),
    ] {
        let manifest =
            fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for name in banned {
            if dependencies.lines().any(|it| it.trim_start().starts_with(name)) {
                problems.push(format!("{folder} depends on {name}"));
            }
        }
    }
    for (path, text) in sources() {
        let pure = path.starts_with(root().join("kiosk/core/src"))
            || path.starts_with(root().join("office/rules/src"));
        for call in ["Instant::now", "Timestamp::now", "Zoned::now", "std::fs", "std::net"] {
            if pure && text.contains(call) {
                problems.push(format!("{}: {call} in a pure core", path.display()));
            }
        }
    }
    check(&problems);
}

#[test]
fn every_device_has_its_page_and_its_four_rooms() {
    let mut problems = Vec::new();
    let devices = [
        "id_reader",
        "card",
        "printer",
        "document_printer",
        "locker",
        "scanner",
        "ups",
        "panel",
        "status_display",
        "signature",
        "camera",
        "evaluator",
        "speaker",
    ];
    for device in devices {
        let page = root().join(format!("docs/devices/{device}.md"));
        if !page.exists() {
            problems.push(format!("{} is missing", page.display()));
        }
        let room = root().join("hal/src").join(device);
        for name in ["mod.rs", "driver.rs"] {
            if !room.join(name).exists() {
                problems.push(format!("{}/{name} is missing", room.display()));
            }
        }
        if !room.join("sim.rs").exists() && !room.join("sim").exists() {
            problems.push(format!("{}/sim.rs is missing", room.display()));
        }
    }
    check(&problems);
}

#[test]
fn documents_have_one_title_and_links_that_lead_somewhere() {
    let mut paths = Vec::new();
    files(&root(), &[".md"], &mut paths);
    let mut problems = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("documents are text");
        if text.lines().filter(|it| it.starts_with("# ")).count() == 0 {
            problems.push(format!("{}: no title", path.display()));
        }
        for link in text.split("](").skip(1).filter_map(|it| it.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let local = !target.is_empty() && !target.contains("://") && !target.contains(' ');
            if local && !path.parent().expect("a file has a folder").join(target).exists() {
                problems.push(format!("{}: {link} leads nowhere", path.display()));
            }
        }
    }
    check(&problems);
}
