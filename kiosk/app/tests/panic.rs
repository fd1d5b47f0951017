//! A mistake in the core ends the whole program: no window stays with a person's data on it.
#![cfg(feature = "demo")]

use std::process::Command;

#[test]
fn a_panic_of_the_core_ends_the_program_and_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .args(["demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .env("HALL24_PANIC_AT", "1")
        .env("HALL24_LOG", "off")
        .env("RUST_BACKTRACE", "1")
        .output()
        .expect("the program starts");
    let told = String::from_utf8(ended.stderr).expect("it writes text");
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("a mistake in the program at kiosk/app/src/crash.rs:"), "{told}");
    assert!(told.contains("(core)"), "{told}");
    assert!(!told.contains("quotes a person"), "{told}");
}
