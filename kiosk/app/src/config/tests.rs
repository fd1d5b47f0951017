//! Each mistake in a configuration is told with its file, its line and what was expected.

use std::path::{Path, PathBuf};

use crate::config::{Config, Display};

const SAMPLE: &str = include_str!("../../../../docs/kiosk.toml");

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

/// A certificate that signs itself, and its key.
fn identity() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["k3".to_owned()]).expect("made");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// The sample of the documentation in a folder with the files that it names.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = identity();
    write(folder.path(), "hall.key", &"ab".repeat(32));
    write(folder.path(), "authority.pem", &certificate);
    write(folder.path(), "k3.pem", &certificate);
    write(folder.path(), "k3.key", &key);
    write(folder.path(), "wifi.key", "not so secret\n");
    write(folder.path(), "modem.key", "1234\n");
    folder
}

fn load(folder: &Path, text: &str) -> Result<Config, String> {
    let path: PathBuf = folder.join("kiosk.toml");
    std::fs::write(&path, text).expect("written");
    Config::load_strictly(&path).map_err(|it| it.to_string())
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
    let night = (jiff::civil::time(23, 0, 0, 0), jiff::civil::time(6, 0, 0, 0));
    assert_eq!(config.core.darkness.hours, [night]);
    assert_eq!((config.brightness.awake_percent, config.brightness.dark_percent), (100, 10));
}

#[test]
fn every_mistake_names_its_line_and_what_was_expected() {
    let folder = folder();
    for (right, wrong, expected) in [
        ("number = 3 ", "number = 0 ", "expected a number from 1 to 99"),
        ("number = 3 ", "number = 300 ", "expected a number from 1 to 99, not 300"),
        ("number = 3 ", "number = -3 ", "expected a number from 1 to 99, not -3"),
        ("number = 3 ", "number = 2.5 ", "expected a whole number, not 2.5"),
        ("inches = 27.0", "inches = 0", "expected a number of inches from 5 to 100, not 0"),
        ("inches = 27.0", "inches = nan", "expected a number of inches from 5 to 100, not NaN"),
        ("lower_edge_mm = 800.0", "lower_edge_mm = 1300", "of millimetres from 0 to 1200"),
        ("viewing_mm = 500.0", "viewing_mm = inf", "of millimetres from 200 to 2000"),
        ("width_px = 1080", "width_px = -1080", "of pixels from 240 to 8192"),
        ("height_px = 1920", "height_px = 0", "of pixels from 240 to 8192"),
        ("rotation_degrees = 0", "rotation_degrees = 45", "expected 0, 90, 180 or 270 degrees"),
        ("serial:/dev/ttyS1?", "serial:/dev/ttyUSB1?", "that no device has; this is the locker's"),
        ("serial:/dev/ttyS1?", "pcsc:ttyS1?", "expected a line, such as serial:PATH"),
        ("\"23:00-06:00\"", "\"23-6\"", "expected two times of the day such as \"23:00-06:00\""),
        ("\"23:00-06:00\"", "\"06:00-06:00\"", "expected two times of the day"),
        ("dark_after_s = 300", "dark_after_s = 5", "of seconds from 10 to 3600"),
        ("brightness_percent = 100", "brightness_percent = 0", "of percent from 10 to 100"),
        ("dark_brightness_percent = 10", "dark_brightness_percent = 101", "from 0 to 100"),
        ("\"ssh-ed25519 AAAA", "\"ssh-rsa AAAA", "expected a public key as ssh-keygen writes it"),
        ("\"ssh-ed25519 AAAA", "\"ssh-ed25519 ", "expected a public key as ssh-keygen writes it"),
        ("idle_s = 60", "idle_s = 0", "of seconds from 1 to 3600"),
        ("door_limit_s = 180", "door_limit_s = 9000000000000000000", "of seconds from 1 to 3600"),
        ("wall_columns = 4 ", "wall_columns = 0 ", "of columns from 1 to 10"),
        ("number = 3 ", "number = \"3\" ", "expected a number"),
        ("to = 24", "to = 240000", "expected a whole number from 0 to 65535"),
        ("[office]", "[office", "expected"),
        ("url = \"https", "url \"https", "expected"),
        ("number = 3 ", "nummer = 3 ", "unknown field `nummer`"),
        ("\"https://office", "\"http://office", "begins with https://"),
        ("idle_staff_s = 300", "idle_staff_s = 0", "of seconds from 1 to 3600"),
        ("loop_limit_ms = 30000", "loop_limit_ms = 14999", "loop_limit_ms of 15000 at least"),
        ("idle_answer_s = 45", "idle_answer_s = 5", "of seconds (WCAG 2.2.1) from 20"),
        ("from = 25, to = 36", "from = 26, to = 36", "from = 25 here, not 26"),
        ("from = 37, to = 40", "from = 37, to = 41", "as many compartments as the boards have"),
        ("serial:/dev/ttyUSB0", "usb:/dev/ttyUSB0", "usb"),
        ("\"pcsc:\"", "\"serial:/dev/ttyUSB7\"", "expected pcsc:READER"),
        ("\"serial:/dev/ttyACM0?baud=9600\"", "\"pcsc:Scanner\"", "expected a line, such as"),
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
        ("order = [\"wire\", ", "order = [\"lan\", ", "expected one of `wire`, `wifi`, `modem`"),
        ("order = [\"wire\", ", "order = [\"wifi\", ", "wifi stands in the order twice"),
        ("modem = { apn", "# modem = { apn", "for modem is in the order"),
        ("\"wifi.key\"", "\"key.wifi\"", "cannot read key.wifi"),
        ("country = \"CN\"", "country = \"China\"", "a country of two capital letters"),
        ("apn = \"hall", "apn = \"a hall", "expected an APN of letters"),
        ("pin_file = \"modem", "pin_file = \"wifi", "PIN of 4 to 8 digits"),
    ] {
        let text = SAMPLE.replacen(right, wrong, 1);
        assert_ne!(text, SAMPLE, "{right} is in the sample");
        let error = load(folder.path(), &text).expect_err(wrong);
        let place = error.split(": ").next().unwrap_or_default();
        let line: usize = place.rsplit(':').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        let wrong_line = text.lines().position(|it| it.contains(wrong)).expect("it is there") + 1;
        assert_eq!(error.lines().count(), 1, "{error}");
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

#[test]
fn a_certificate_or_key_that_is_none_is_named_with_its_line() {
    for (name, text, expected) in [
        ("authority.pem", "", "expected a certificate"),
        ("k3.pem", "", "expected a certificate"),
        ("k3.key", "", "expected a private key"),
        ("authority.pem", &identity().1, "expected a certificate"),
        ("k3.key", &identity().0, "expected a private key"),
        ("k3.key", &identity().1, "the key does not belong to the certificate"),
        ("authority.pem", &no_certificate(), "what stands there as a certificate is none"),
        ("k3.pem", &no_certificate(), "what stands there as a certificate is none"),
    ] {
        let folder = folder();
        write(folder.path(), name, text);
        let error = load(folder.path(), SAMPLE).expect_err(name);
        let wrong_line = SAMPLE.lines().position(|it| it.contains(&format!("\"{name}\"")));
        let place = format!("kiosk.toml:{}: ", wrong_line.expect("it is there") + 1);
        assert!(error.contains(&place), "{name}: {error}");
        assert!(error.contains(expected) && error.contains("office enrol"), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// PEM in shape, but no certificate inside.
fn no_certificate() -> String {
    "-----BEGIN CERTIFICATE-----\nSGFsbDI0\n-----END CERTIFICATE-----\n".to_owned()
}

#[test]
fn a_network_that_cannot_be_set_up_keeps_no_kiosk_from_starting() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("wifi.key")).expect("it was there");
    let refused = load(folder.path(), SAMPLE).expect_err("the passphrase is missing");
    assert!(refused.contains("wifi.key"), "{refused}");
    Config::load(&folder.path().join("kiosk.toml")).expect("a kiosk serves by wire");
}
