//! An address that is taken is named, with what to do about it, before anything else begins.
#![cfg(feature = "demo")]

use std::net::TcpListener;
use std::process::Command;

#[test]
fn a_demo_whose_address_is_taken_says_so_and_leaves_the_former_hall_alone() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let ended = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .args(["demo", "--listen", &address, "--data"])
        .arg(folder.path())
        .output()
        .expect("the program starts");
    let told = String::from_utf8(ended.stderr).expect("it writes text");
    assert_eq!(ended.status.code(), Some(2), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains(&address) && told.contains("--listen"), "{told}");
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0, "nothing was begun");
}
