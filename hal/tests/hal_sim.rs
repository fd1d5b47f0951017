//! `hal-sim` as people start it: on a pseudo-terminal, operated over HTTP, faults from a file.

#![cfg(feature = "sim")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use hal::{
    document_printer::{self, DocumentOutcome, DocumentPrinterSettings, PdfDocument},
    id_reader::{ReaderSettings, once, sdt::Status},
    port::PortUrl,
    ups::{self, UpsSettings},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hal-sim");

struct Running {
    child: Child,
    control: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that ended by itself cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it and waits until it says where it serves and where it is operated.
fn start(arguments: &[&str]) -> Running {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .args(["--control", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let stdout = child.stdout.take().expect("piped");
    let control = BufReader::new(stdout)
        .lines()
        .map(|it| it.expect("text"))
        .find_map(|it| it.strip_prefix("control at http://").map(str::to_owned))
        .expect("it says where it is operated");
    Running { child, control }
}

fn get(running: &Running, path: &str) -> String {
    let mut stream = TcpStream::connect(&running.control).expect("connects");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answers");
    answer
}

fn post(running: &Running, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(&running.control).expect("connects");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answers");
    answer
}

#[test]
fn what_is_no_json_is_refused_in_json() {
    let running = start(&["ups", "--port", "tcp:127.0.0.1:0"]);
    for path in ["/control", "/fault"] {
        let answer = post(&running, path, "mains off");
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains(r#"{"error":{"action":"send one JSON object"#), "{answer}");
    }
}

#[test]
fn nobody_hears_of_a_reader_that_went_away() {
    let mut child = Command::new(PROGRAM)
        .arg("--help")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

fn fails(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("runs")
}

#[tokio::test]
async fn a_card_laid_over_http_is_read_over_a_paced_pseudo_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = format!("pty:{}/reader", folder.path().display());
    let running = start(&["id-reader", "--protocol", "sdt", "--port", &port, "--pace"]);
    let url: PortUrl = port.parse().expect("a port");
    let settings = ReaderSettings::default();
    let answer =
        post(&running, "/control", r#"{"lay":{"name":"样本","number":"440524188001010014"}}"#);
    assert!(answer.contains("200 OK"), "{answer}");
    let card = once::read(url, settings, None, Duration::from_secs(20)).await.expect("a card");
    assert_eq!(card.name, "样本");
}

/// Every family of boards and of scanners is served under its name.
#[tokio::test]
async fn every_protocol_is_served_on_a_pseudo_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    for protocol in hal::locker::Protocol::ALL {
        let port = format!("pty:{}/{}", folder.path().display(), protocol.name());
        let arguments = ["locker", "--protocol", protocol.name(), "--port", &port];
        let _running = start(&[&arguments[..], &["--set", "ways=8", "--set", "boards=2"]].concat());
        let mut settings = hal::locker::LockerSettings::single(protocol);
        for (key, value) in [("ways", "8"), ("boards", "2")] {
            settings.set(key, value).expect("a setting");
        }
        let url: PortUrl = port.parse().expect("a port");
        let report = hal::locker::once::open(url, settings, None, 16).await.expect("opened");
        assert!(report.opened && report.tries == 1, "{protocol:?}: {report:?}");
    }
    for protocol in hal::scanner::Protocol::ALL {
        let port = format!("pty:{}/{}", folder.path().display(), protocol.name());
        let running = start(&["scanner", "--protocol", protocol.name(), "--port", &port]);
        let url: PortUrl = port.parse().expect("a port");
        let settings = hal::scanner::ScannerSettings::of(protocol);
        let (sender, mut events) = tokio::sync::mpsc::channel(8);
        let handle = hal::scanner::spawn_with(url, settings, None, sender);
        let up = hal::scanner::ScannerEvent::Link(hal::fault::Link::Up);
        assert_eq!(events.recv().await, Some(up));
        handle.send(hal::scanner::ScannerCommand::Start).expect("taken");
        post(&running, "/control", r#"{"scan":"H24P-030712349"}"#);
        let read = hal::scanner::ScannerEvent::Scanned("H24P-030712349".to_owned());
        assert_eq!(events.recv().await, Some(read));
    }
}

#[tokio::test]
async fn faults_of_a_file_are_on_from_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, "[[fault]]\nname = \"module_unauthorised\"\n").expect("writes");
    let port = format!("pty:{}/reader", folder.path().display());
    let running = start(&["id-reader", "--port", &port, "--faults", &path(&faults)]);
    let url: PortUrl = port.parse().expect("a port");
    let settings = ReaderSettings::default();
    let status = once::status(url.clone(), settings, None).await.expect("answers");
    assert_eq!(status, Status::NotAuthorised);
    post(&running, "/fault", r#"{"fault":null}"#);
    let status = once::status(url, settings, None).await.expect("answers");
    assert_eq!(status, Status::Ok);
}

#[tokio::test]
async fn a_small_upsd_is_asked_over_the_network() {
    let running = start(&["ups", "--protocol", "nut", "--port", "tcp:127.0.0.1:0"]);
    let answer = post(&running, "/control", r#"{"mains":false}"#);
    assert!(answer.contains(r#""mains":false"#), "{answer}");
    let url = served_at(&running).replace("tcp:", "nut://") + "/ups";
    let settings = UpsSettings::default();
    let url = url.parse().expect("a port");
    let status = ups::once::status(url, settings, None).await.expect("answers");
    assert!(!status.mains);
}

#[tokio::test]
async fn a_document_printer_prints_over_the_network() {
    let running = start(&["document-printer", "--port", "tcp:127.0.0.1:0"]);
    let overview = get(&running, "/state");
    let address = overview.split("tcp:").nth(1).and_then(|it| it.split('"').next());
    let url = format!("ipp://{}", address.expect("it says where it is"));
    let pdf = b"%PDF-1.4\n<< /Type /Page >>\n".as_slice().into();
    let document = PdfDocument { title: "test".into(), pdf, copies: 1 };
    let settings = DocumentPrinterSettings::default();
    let url = url.parse().expect("a port");
    let outcome = document_printer::once::print(url, settings, None, &document).await;
    assert_eq!(outcome.expect("asked"), DocumentOutcome::Printed);
    let taken = post(&running, "/control", r#"{"take":true}"#);
    assert!(taken.contains(r#""jobs":[]"#) && taken.contains(r#""printed":1"#), "{taken}");
}

/// Where it serves, for a port that the system chose.
fn served_at(running: &Running) -> String {
    let overview = get(running, "/state");
    let address = overview.split("tcp:").nth(1).and_then(|it| it.split('"').next());
    format!("tcp:{}", address.expect("it says where it is"))
}

#[tokio::test]
async fn a_pad_and_a_camera_are_served_over_the_network() {
    let running = start(&["signature", "--protocol", "evdev", "--port", "tcp:127.0.0.1:0"]);
    let url: PortUrl = served_at(&running).parse().expect("a port");
    let settings = hal::signature::SignatureSettings::default();
    let status = hal::signature::once::status(url, settings, None).await.expect("it tells");
    assert_eq!((status.width_mm, status.height_mm), (120, 75));
    let size = ["--set", "width=640", "--set", "height=480"];
    let running = start(&[&["camera", "--port", "tcp:127.0.0.1:0"][..], &size].concat());
    let answer = post(&running, "/control", r#"{"lay":"page-1"}"#);
    assert!(answer.contains(r#""page":"page-1""#), "{answer}");
    let url: PortUrl = served_at(&running).parse().expect("a port");
    let settings = hal::camera::CameraSettings { capture_timeout_ms: 60_000, ..Default::default() };
    let page = hal::camera::once::capture(url, settings, None, false).await.expect("a page");
    assert_eq!((page.width, page.height), (1_240, 1_754));
}

#[test]
fn wrong_use_is_told_in_one_sentence_and_ends_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = format!("pty:{}/x", folder.path().display());
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, "[[fault]]\nname = \"rust\"\n").expect("writes");
    let faults = path(&faults);
    for (arguments, expected) in [
        (vec!["id-reader", "--port", "usb:x"], "expected serial:PATH"),
        (vec!["id-reader", "--port", "serial:/dev/ttyS0?baud=9600"], "expected pty:PATH"),
        (vec!["id-reader", "--port", &port, "--protocol", "8a"], "expected sdt"),
        (vec!["id-reader", "--port", &port, "--faults", &faults], "there is no fault `rust`"),
        (vec!["locker", "--port", &port, "--protocol", "sdt"], "expected 8a, wkly"),
        (vec!["scanner", "--port", &port, "--protocol", "sdt"], "expected line, gm65"),
        (vec!["scanner", "--port", &port, "--set", "read_time_ms=1"], "read time"),
        (vec!["printer", "--port", &port, "--set", "dots=7"], "multiple of 8"),
        (vec!["ups", "--port", &port, "--protocol", "usb"], "expected megatec or nut"),
        (vec!["ups", "--port", &port, "--protocol", "nut", "--pace"], "has no rate"),
        (vec!["ups", "--port", &port, "--set", "poll_interval_ms=9"], "1000 to 5000"),
        (vec!["signature", "--port", &port, "--set", "width_mm=1"], "10 to 1000"),
        (vec!["camera", "--port", &port, "--protocol", "uvc"], "expected mjpeg"),
        (vec!["camera", "--port", &port, "--set", "rotate_deg=45"], "0, 90, 180 or 270"),
        (vec!["locker", "--port", &port, "--set", "ways"], "expected KEY=VALUE"),
        (vec!["locker", "--port", &port, "--set", "ways=900"], "ways"),
    ] {
        let output = fails(&arguments);
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

fn path(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}
