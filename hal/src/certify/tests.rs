//! Simulators pass, and each fault fails exactly what it breaks.

use serde_json::json;

use super::*;
use crate::{
    id_reader::sim::ReaderSim,
    locker::{self, LockerSettings, sim::LockerSim},
    printer::sim::PrinterSim,
    scanner::{self, ScannerSettings, sim::ScannerSim},
    sim::{Device, SimHandle, SimOptions, serve},
    ups::{self, UpsSettings, sim::UpsSim},
};

async fn served(device: Box<dyn Device>, name: &str) -> (SimHandle, PortUrl) {
    let at: PortUrl = format!("sim:certify-{name}").parse().expect("a port");
    let options = SimOptions { seed: 24, pace_baud: None };
    (serve(device, &at, options).await.expect("it is served"), at)
}

async fn run(at: &PortUrl, kind: &str, protocol: &str) -> Certificate {
    let subject = subject(kind, Some(protocol), None).expect("it is known");
    certify(at.clone(), subject, None, None).await.expect("the port opens")
}

fn failed(certificate: &Certificate) -> Vec<&'static str> {
    let all = certificate.behaviours.iter();
    all.filter(|it| it.outcome == Outcome::Fail).map(|it| it.name).collect()
}

fn all_devices() -> Vec<(&'static str, &'static str, Box<dyn Device>)> {
    let board = |it: locker::Protocol| -> Box<dyn Device> {
        Box::new(LockerSim::new(&LockerSettings::single(it)))
    };
    let mut all: Vec<(&'static str, &'static str, Box<dyn Device>)> = vec![
        ("id-reader", "sdt", Box::new(ReaderSim::new())),
        ("printer", "escpos", Box::new(PrinterSim::new(&Default::default()))),
        ("ups", "megatec", Box::new(UpsSim::new(&UpsSettings::of(ups::Protocol::Megatec)))),
    ];
    all.extend(locker::Protocol::ALL.map(|it| ("locker", it.name(), board(it))));
    all
}

#[tokio::test(start_paused = true)]
async fn every_simulator_is_certified() {
    for (kind, protocol, device) in all_devices() {
        let (_running, at) = served(device, &format!("well-{protocol}")).await;
        let certificate = run(&at, kind, protocol).await;
        assert!(certificate.passed, "{certificate:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_not_certified() {
    for (kind, protocol, device) in all_devices() {
        let (running, at) = served(device, &format!("silent-{protocol}")).await;
        running.set_fault(Some("silence")).expect("a fault");
        let certificate = run(&at, kind, protocol).await;
        assert!(!certificate.passed, "{certificate:#?}");
        assert!(failed(&certificate).contains(&"answers_in_time"), "{certificate:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_with_a_wrong_check_are_none() {
    let (running, at) = served(Box::new(ReaderSim::new()), "check").await;
    running.set_fault(Some("wrong_checksum")).expect("a fault");
    let certificate = run(&at, "id-reader", "sdt").await;
    assert!(failed(&certificate).contains(&"answers_again_and_again"), "{certificate:#?}");
}

#[tokio::test]
async fn a_device_that_obeys_damaged_questions_is_found_out() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = format!("tcp:{}", listener.local_addr().expect("an address"));
    let device = tokio::spawn(async move {
        let good = crate::id_reader::sdt::Response::bare(crate::id_reader::sdt::Status::Ok);
        loop {
            let Ok((mut line, _)) = listener.accept().await else { return };
            let mut bytes = [0; 64];
            while line.read(&mut bytes).await.is_ok_and(|it| it > 0) {
                if line.write_all(&good.to_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    let certificate = run(&at.parse().expect("a port"), "id-reader", "sdt").await;
    assert!(failed(&certificate).contains(&"refuses_a_wrong_check"), "{certificate:#?}");
    device.abort();
}

#[tokio::test(start_paused = true)]
async fn a_scanner_is_certified_only_once_it_sent_something() {
    let settings = ScannerSettings::of(scanner::Protocol::Line);
    let (running, at) = served(Box::new(ScannerSim::new(&settings)), "scanner").await;
    let certificate = run(&at, "scanner", "line").await;
    assert_eq!((certificate.verdict, certificate.passed), (Verdict::NotTried, false));
    assert_eq!(certificate.not_tried().len(), 6);
    let subject = subject("scanner", None, None).expect("it is known");
    let mut hands = |_: &Guided| drop(running.control(&json!({ "scan": "HALL-24" })));
    let certificate = certify(at, subject, None, Some(&mut hands)).await.expect("it opens");
    assert_eq!((certificate.verdict, certificate.passed), (Verdict::Passed, true));
    assert_eq!(certificate.not_tried().len(), 6, "they still were not");
}

#[test]
fn what_is_unknown_says_what_there_is() {
    let said = |kind, protocol| subject(kind, protocol, None).err().map(|it| it.to_string());
    assert!(said("toaster", None).is_some_and(|it| it.contains("id-reader")));
    assert!(said("locker", Some("9b")).is_some_and(|it| it.contains("winnsen")));
    assert_eq!(said("locker", None), None);
}

/// What a person at each device would do, by the name of the behaviour.
fn hands(device: SimHandle) -> impl FnMut(&Guided) + Send {
    move |step| {
        let control = |command| drop(device.control(&command).expect("it can be done"));
        let fault = |name| device.set_fault(name).expect("a fault");
        match step.name {
            "finds_a_card" => control(json!({ "lay": {
                "card": "resident", "name": "样本", "number": "440524188001010014",
            }})),
            "reports_an_open_door" => control(json!({ "open": 1 })),
            "reports_a_shut_door" => control(json!({ "close": 1 })),
            "reports_paper_end" => fault(Some("paper_end")),
            "reports_an_open_cover" => fault(Some("cover_open")),
            "reports_paper_again" | "reports_a_shut_cover" => fault(None),
            "reports_the_mains_gone" => control(json!({ "mains": false })),
            "reports_the_mains_back" => control(json!({ "mains": true })),
            other => panic!("nobody knows how to do {other}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_does_is_said_by_every_device() {
    for (kind, protocol, device) in all_devices() {
        let (running, at) = served(device, &format!("guided-{protocol}")).await;
        let subject = subject(kind, Some(protocol), None).expect("it is known");
        let expected: Vec<&str> = subject.guided().iter().map(|it| it.name).collect();
        let mut hands = hands(running);
        let certificate = certify(at, subject, None, Some(&mut hands)).await.expect("it opens");
        assert!(certificate.passed, "{certificate:#?}");
        let tried: Vec<&str> = certificate.behaviours.iter().map(|it| it.name).collect();
        assert!(!expected.is_empty() && tried.ends_with(&expected), "{tried:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_say_it_is_not_certified() {
    let (_running, at) = served(Box::new(PrinterSim::new(&Default::default())), "mute").await;
    let subject = subject("printer", None, None).expect("it is known");
    let mut nobody = |_: &Guided| {};
    let certificate = certify(at, subject, None, Some(&mut nobody)).await.expect("it opens");
    assert_eq!(failed(&certificate), ["reports_paper_end", "reports_an_open_cover"]);
}
