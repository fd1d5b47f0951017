//! A kiosk without a screen says so in one sentence.

use std::path::Path;
use std::process::Command;

fn write_configuration(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["k3".to_owned()]).expect("made");
    for (name, text) in [
        ("kiosk.toml", include_str!("../../../docs/kiosk.toml")),
        ("hall.key", "ab".repeat(32).as_str()),
        ("authority.pem", made.cert.pem().as_str()),
        ("k3.pem", made.cert.pem().as_str()),
        ("k3.key", made.signing_key.serialize_pem().as_str()),
        ("wifi.key", "not so secret"),
        ("modem.key", "1234"),
    ] {
        std::fs::write(folder.join(name), text).expect("written");
    }
}

#[test]
fn a_panel_that_is_not_there_is_told_with_the_setting_that_asks_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    write_configuration(folder.path());
    let ended = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .args(["run", "--config"])
        .arg(folder.path().join("kiosk.toml"))
        .env("SLINT_BACKEND", "winit")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .output()
        .expect("the program starts");
    let told = String::from_utf8(ended.stderr).expect("it writes text");
    assert_eq!(ended.status.code(), Some(2), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("kiosk.toml: display = \"panel\" finds no screen"), "{told}");
}
