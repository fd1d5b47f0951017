//! Each mistake in a configuration is told with its file, its line and what was expected.

use std::path::{Path, PathBuf};

use crate::config::{Config, Display};

const SAMPLE: &str = include_str!("../../../docs/kiosk.toml");

/// The sample of the documentation in a folder with the files that it names.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("hall.key", &"ab".repeat(32)).expect("written");
    for name in ["authority.pem", "k3.pem", "k3.key"] {
        write(name, "a file").expect("written");
    }
    folder
}

fn load(folder: &Path, text: &str) -> Result<Config, String> {
    let path: PathBuf = folder.join("kiosk.toml");
    std::fs::write(&path, text).expect("written");
    Config::load(&path).map_err(|it| it.to_string())
}

#[test]
fn the_sample_of_the_documentation_is_right() {
    let folder = folder();
    let config = load(folder.path(), SAMPLE).expect("it is right");
    assert_eq!(config.core.compartments.len(), 40);
    assert!(matches!(config.display, Display::Panel));
    assert_eq!(config.data, folder.path().join("data"));
    let devices = &config.devices;
    assert!(devices.id_reader.is_some() && devices.locker.is_some() && devices.printer.is_some());
    let (_, ups) = devices.ups.as_ref().expect("there is one");
    assert_eq!(ups.battery_full_mv, Some(25_400));
    assert_eq!(config.power_off.command, ["systemctl", "poweroff"]);
    assert!(config.power_off.switch_ups_off);
}

#[test]
fn every_mistake_names_its_line_and_what_was_expected() {
    let folder = folder();
    for (right, wrong, expected) in [
        ("number = 3 ", "number = 0 ", "expected a number from 1 to 99"),
        ("number = 3 ", "nummer = 3 ", "unknown field `nummer`"),
        ("\"https://office", "\"http://office", "begins with https://"),
        ("idle_answer_s = 45", "idle_answer_s = 5", "20 seconds or more"),
        ("from = 25, to = 36", "from = 26, to = 36", "from = 25 here, not 26"),
        ("from = 37, to = 40", "from = 37, to = 41", "as many compartments as the boards have"),
        ("serial:/dev/ttyUSB0", "usb:/dev/ttyUSB0", "usb"),
        ("language = \"zh-CN\"", "language = \"xx\"", "zh-CN, en"),
        ("protocol = \"8a\"", "protocol = \"9z\"", "9z"),
        ("wall_columns = 4", "wall_colums = 4", "wall_colums"),
        ("wall_columns = 4", "wall_colums = 4", "unknown field `wall_colums`"),
        ("poll_interval_ms = 300", "poll_intervall_ms = 300", "unknown field `poll_intervall_ms`"),
        ("shutdown_below_percent = 10", "shutdown_below_percent = 40", "shutdown_below_percent ≤"),
        ("refuse_below_percent = 30", "refuse_below_percnt = 30", "unknown field"),
        ("battery_full_mv = 25400", "battery_full_mv = 20000", "more than an empty"),
        ("display = \"panel\"", "display = \"tv\"", "tv"),
        ("\"pickup\"", "\"pick-up\"", "pick-up"),
    ] {
        let text = SAMPLE.replacen(right, wrong, 1);
        assert_ne!(text, SAMPLE, "{right} is in the sample");
        let error = load(folder.path(), &text).expect_err(wrong);
        let place = error.split(": ").next().unwrap_or_default();
        let line: usize = place.rsplit(':').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        let wrong_line = text.lines().position(|it| it.contains(wrong)).expect("it is there") + 1;
        assert!(place.contains("kiosk.toml") && error.contains(expected), "{wrong}: {error}");
        // A table's mistake may be told at the line where the table or its list begins.
        assert!((1..=wrong_line).contains(&line), "{wrong} is in line {wrong_line}: {error}");
    }
}

#[test]
fn files_that_are_named_and_missing_are_named() {
    let folder = folder();
    std::fs::write(folder.path().join("hall.key"), "not a key").expect("written");
    let error = load(folder.path(), SAMPLE).expect_err("the key is wrong");
    assert!(error.contains("hall.key") && error.contains("64 hex digits"), "{error}");
    std::fs::remove_file(folder.path().join("hall.key")).expect("removed");
    let error = load(folder.path(), SAMPLE).expect_err("the key is missing");
    assert!(error.contains("hall.key") && error.contains("cannot read"), "{error}");
    let error = Config::load(&folder.path().join("other.toml")).expect_err("it is missing");
    assert!(error.to_string().contains("other.toml"), "{error}");
}
