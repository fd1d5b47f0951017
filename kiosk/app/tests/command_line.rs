//! The command line as technicians and scripts use it: one answer, one sentence, and an exit status
//! that fits.
#![cfg(feature = "bench")]

use std::process::{Command, Output, Stdio};

use hal::id_reader::sim::ReaderSim;
use hal::locker::{LockerSettings, Protocol, sim::LockerSim};
use hal::printer::sim::PrinterSim;
use hal::sim::{Device, SimHandle, SimOptions, serve};
use serde_json::{Value, json};

async fn served(device: Box<dyn Device>) -> SimHandle {
    let at = "tcp:127.0.0.1:0".parse().expect("a port");
    serve(device, &at, SimOptions::default()).await.expect("served")
}

fn locker() -> Box<dyn Device> {
    Box::new(LockerSim::new(&LockerSettings::single(Protocol::A8)))
}

fn started(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk"));
    command.args(line.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("HALL24_LOG");
    command
}

async fn ended(line: &str) -> Output {
    let mut command = started(line);
    let ended = tokio::task::spawn_blocking(move || command.output());
    ended.await.expect("it runs").expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it writes text")
}

/// The one sentence on stderr.
fn sentence(ended: &Output) -> String {
    let said = text(&ended.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// What is not well is answered once, in JSON or for people, and the sentence fits what happened.
async fn not_well(line: &str, key: &str, value: Value, what_to_do: &str) {
    let as_json = ended(&format!("{line} --json")).await;
    assert_eq!(as_json.status.code(), Some(1), "{line}: {as_json:?}");
    let answer: Value = serde_json::from_slice(&as_json.stdout).expect("one JSON value");
    assert_eq!((&answer[key], answer.get("error").filter(|it| !it.is_null())), (&value, None));
    assert!(sentence(&as_json).contains(what_to_do), "{line}: {as_json:?}");

    let for_people = ended(line).await;
    assert_eq!(for_people.status.code(), Some(1), "{line}");
    assert!(text(&for_people.stdout).contains(key), "{line}: {for_people:?}");
    assert!(sentence(&for_people).contains(what_to_do), "{line}: {for_people:?}");
}

#[tokio::test]
async fn a_device_that_is_not_well_answers_once_and_says_what_to_do() {
    let board = served(locker()).await;
    board.control(&json!({ "jam": 7 })).expect("a way");
    let open = format!("device locker open 7 --port {}", board.url());
    not_well(&open, "opened", false.into(), "bolt").await;

    let printer = served(Box::new(PrinterSim::new(&Default::default()))).await;
    printer.set_fault(Some("cover_open")).expect("a fault");
    let at = printer.url();
    let status = format!("device printer status --port {at}");
    not_well(&status, "ready", false.into(), "the cover is open; shut it").await;
    let page = format!("device printer test-page --port {at}");
    let refused = json!({ "refused": "cover_open" });
    not_well(&page, "outcome", refused, "the cover is open; shut it").await;

    let reader = served(Box::new(ReaderSim::new())).await;
    reader.set_fault(Some("module_unauthorised")).expect("a fault");
    let status = format!("device id-reader status --port {}", reader.url());
    not_well(&status, "ready", false.into(), "contact the maker").await;
}

#[tokio::test]
async fn wrong_use_is_refused_before_anything_is_sent() {
    let board = served(locker()).await;
    let at = board.url();
    let lines = [
        String::new(),
        "dance".to_owned(),
        "diag --level high".to_owned(),
        "device toaster status".to_owned(),
        "device locker".to_owned(),
        "device printer status --port pcsc:".to_owned(),
        "device panel state --port gpio:/dev/gpiochip0".to_owned(),
        "device speaker say --port wav:/nowhere/heard.wav".to_owned(),
        format!("device locker open --port {at}"),
        format!("device locker open seven --port {at}"),
        format!("device locker open 0 --port {at}"),
        format!("device locker open 99 --port {at}"),
        format!("device locker open 7 8 --port {at}"),
        format!("device locker state --set ways=0 --port {at}"),
        format!("device id-reader status --set poll_interval_ms=1 --port {at}"),
    ];
    for line in lines {
        let told = ended(&line).await;
        assert_eq!(told.status.code(), Some(2), "{line}: {told:?}");
        assert!(sentence(&told).contains("; "), "{line} says what to do: {told:?}");
        assert!(told.stdout.is_empty(), "{line}: {told:?}");
        let as_json = ended(&format!("{line} --json")).await;
        let answer: Value = serde_json::from_slice(&as_json.stdout).expect("one JSON value");
        for key in ["kind", "message", "action"] {
            assert!(answer["error"][key].is_string(), "{line}: {answer}");
        }
    }
    assert_eq!(board.records().len(), 0, "nothing was sent");
}

#[tokio::test]
async fn doors_are_a_table_for_people_and_nothing_is_logged_beside_it() {
    let board = served(locker()).await;
    let state = ended(&format!("device locker state --set ways=2 --port {}", board.url())).await;
    assert!(state.status.success() && state.stderr.is_empty(), "{state:?}");
    let lines: Vec<String> = text(&state.stdout).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("way  door") && lines[1].starts_with("1    closed"), "{lines:?}");
}

#[tokio::test]
async fn a_reader_that_went_away_ends_a_command_silently() {
    let board = served(locker()).await;
    let state = format!("device locker state --port {}", board.url());
    for line in ["--help", "device --help", "--version", "device locker state", &state] {
        let mut child = started(line).spawn().expect("the program starts");
        drop(child.stdout.take());
        let told = tokio::task::spawn_blocking(move || child.wait_with_output());
        let told = told.await.expect("it runs").expect("it ends");
        assert!(text(&told.stderr).lines().count() <= 1, "{line}: {told:?}");
        assert!(!text(&told.stderr).contains("mistake"), "{line}: {told:?}");
        let expected = if line == "device locker state" { 2 } else { 0 };
        assert_eq!(told.status.code(), Some(expected), "{line}: {told:?}");
    }
}
