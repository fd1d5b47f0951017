//! The `office` program: its commands, exit codes and one-sentence errors.

use std::{
    path::Path,
    process::{Command, Output},
};

fn office(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_office"))
        .args(arguments)
        .args(["--database", &format!("sqlite:{}", folder.join("office.db").display())])
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

/// Runs a command that must fail with this status and one sentence.
fn refuses(folder: &Path, arguments: &[&str], status: i32) -> String {
    let output = office(folder, arguments);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    let errors = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<&str> = errors.lines().filter(|it| it.starts_with("office: ")).collect();
    assert_eq!(lines.len(), 1, "{errors}");
    assert!(!errors.contains("panicked") && !errors.contains("RUST_BACKTRACE"), "{errors}");
    lines[0].to_owned()
}

fn does(folder: &Path, arguments: &[&str]) -> String {
    let output = office(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_hall_is_made_backed_up_damaged_and_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    refuses(folder, &["verify"], 2);
    does(folder, &["migrate"]);
    refuses(folder, &["serve", "--listen", "127.0.0.1:0"], 2);
    refuses(folder, &["seed"], 2);
    let told = does(folder, &["seed", "--demo"]);
    assert!(told.contains("account admin"));
    does(folder, &["verify"]);
    does(folder, &["backup", "copy.db"]);
    refuses(folder, &["backup", "copy.db"], 2);

    let database = folder.join("office.db");
    let mut bytes = std::fs::read(&database).expect("the database");
    for byte in &mut bytes[8192..65536] {
        *byte ^= 0x55;
    }
    std::fs::write(&database, bytes).expect("damage is done");
    refuses(folder, &["verify"], 1);
    std::fs::write(folder.join("noise.db"), [7; 4096]).expect("no database");
    refuses(folder, &["restore", "noise.db"], 1);
    does(folder, &["restore", "copy.db"]);
    does(folder, &["verify"]);
    assert!(folder.join("office.db.former").exists(), "the damaged one is kept");
}

#[test]
fn a_kiosk_is_invited_by_a_code_that_opens_what_it_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("k3.toml"), "[locker]\n").expect("written");
    let invite = ["invite", "k3", "--office", "https://office:8443", "--configuration", "k3.toml"];
    does(folder, &["seed", "--demo"]);
    assert!(refuses(folder, &invite, 2).contains("authority.pem"), "there is no authority yet");
    does(folder, &["enrol", "k1"]);
    let told = does(folder, &[&invite[..], &["--to", "hall24-enrol.toml"]].concat());
    let card = std::fs::read_to_string(folder.join("hall24-enrol.toml")).expect("it is written");
    let code = card.split("code = \"").nth(1).and_then(|it| it.split('"').next()).expect("a code");
    assert!(told.contains(code) && card.contains("https://office:8443"), "{told}");
    refuses(folder, &["invite", "k9", "--office", "https://o", "--configuration", "k3.toml"], 2);
    refuses(folder, &["invite", "k3", "--office", "http://o", "--configuration", "k3.toml"], 2);
    let database = std::fs::read(folder.join("office.db")).expect("the database");
    let secret = &code.replace('-', "")[4..];
    assert!(!database.windows(secret.len()).any(|it| it == secret.as_bytes()), "it keeps no code");
}

#[test]
fn seeding_twice_gives_the_same_hall_and_the_same_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = does(folder.path(), &["seed", "--demo", "--seed", "5"]);
    assert_eq!(does(folder.path(), &["seed", "--demo", "--seed", "5"]), first);
}

#[test]
fn a_kiosk_is_enrolled_with_certificate_and_hall_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    refuses(folder, &["enrol", "k3"], 2);
    does(folder, &["seed", "--demo"]);
    does(folder, &["enrol", "k3"]);
    let authority = std::fs::read(folder.join("tls/authority.pem")).expect("an authority");
    does(folder, &["enrol", "k1"]);
    assert_eq!(std::fs::read(folder.join("tls/authority.pem")).expect("the same"), authority);
    for file in ["authority.key", "office.key", "k3.key", "k1.key", "k3.hall-key"] {
        let mode = std::fs::metadata(folder.join("tls").join(file)).expect(file).permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{file} is for its owner only");
    }
    let key = std::fs::read_to_string(folder.join("tls/k3.hall-key")).expect("the hall's key");
    assert_eq!(key.len(), 64);
    refuses(folder, &["enrol", "k9"], 2);
    let half = ["serve", "--tls-cert", "tls/office.pem"];
    assert_eq!(office(folder, &half).status.code(), Some(2), "certificates go together");
    let missing = ["serve", "--tls-cert", "no.pem", "--tls-key", "no.key", "--client-ca", "no.pem"];
    refuses(folder, &missing, 2);
}

#[test]
fn wrong_use_is_told_what_is_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(office(folder.path(), &["dance"]).status.code(), Some(2));
    let output = Command::new(env!("CARGO_BIN_EXE_office"))
        .args(["migrate", "--database", "mysql://somewhere"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sqlite:PATH"));
}
