//! `hal-certify` as people and scripts start it.

#![cfg(feature = "sim")]

use std::process::{Command, Output, Stdio};

use hal::scanner::{Protocol, ScannerSettings, sim::ScannerSim};
use hal::sim::{SimOptions, serve};

fn started(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hal-certify"));
    command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(words: &[&str]) -> Output {
    started(words).output().expect("it starts")
}

#[test]
fn what_cannot_be_tried_is_one_sentence_and_one_object() {
    for (words, status) in [
        (&["toaster", "--port", "tcp:127.0.0.1:1", "--json"][..], 2),
        (&["locker", "--json"], 2),
        (&["locker", "--port", "serial", "--json"], 2),
        (&["locker", "--port", "tcp:127.0.0.1:1", "--json"], 1),
    ] {
        let ended = ended(words);
        assert_eq!(ended.status.code(), Some(status), "{words:?}");
        let said = String::from_utf8(ended.stderr).expect("text");
        assert_eq!(said.lines().count(), 1, "{said}");
        let answer: serde_json::Value = serde_json::from_slice(&ended.stdout).expect("one object");
        let error = &answer["error"];
        assert!(error["kind"].is_string() && error["action"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn a_scanner_that_was_not_heard_has_not_passed() {
    let device = Box::new(ScannerSim::new(&ScannerSettings::of(Protocol::Line)));
    let at = "tcp:127.0.0.1:0".parse().expect("a port");
    let scanner = serve(device, &at, SimOptions::default()).await.expect("served");
    let port = scanner.url().to_string();
    let ended = tokio::task::spawn_blocking(move || ended(&["scanner", "--port", &port]));
    let ended = ended.await.expect("it runs");
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stdout).expect("text");
    let verdict = said.lines().last().unwrap_or_default();
    assert!(verdict.contains("not tried") && verdict.contains("--interactive"), "{said}");
}
