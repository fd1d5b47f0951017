//! The driver against `ippeveprinter`, the IPP Everywhere printer of CUPS (Debian: cups-ipp-utils).
//!
//! It wants a system bus even when it shall not announce itself, so each test gives it one of its
//! own (Debian: dbus-daemon). What prints is a script that does what files beside it say.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};

use super::{
    DocumentOutcome, DocumentPrinterCommand, DocumentPrinterEvent, DocumentPrinterHandle,
    DocumentPrinterSettings, DocumentProblem, PdfDocument, PrinterState, Supply, once,
    sim::DocumentPrinterSim, spawn,
};
use crate::{
    fault::Link,
    port::PortUrl,
    printer::PrintJobId,
    sim::{SimOptions, serve},
};

/// Only a hanging test ever waits that long.
const HANGS: Duration = Duration::from_secs(60);

/// Says what `states` holds, waits at the gate if there is one, says what `states_after` holds, and
/// keeps the document unless it shall fail.
const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0")
[ -f "$here/states" ] && cat "$here/states" >&2
[ -p "$here/gate" ] && cat "$here/gate" > /dev/null
[ -f "$here/states_after" ] && cat "$here/states_after" >&2
[ -f "$here/fail" ] && exit 1
printf '%s\n' "$IPP_COPIES" >> "$here/copies"
cp "$1" "$here/printed.$(wc -l < "$here/copies" | tr -d ' ')"
"#;

/// A folder with a script and a bus, and the printer while it runs.
struct Printer {
    folder: TempDir,
    bus: Child,
    bus_address: String,
    port: u16,
    running: Option<Child>,
    said: Option<mpsc::UnboundedReceiver<String>>,
}

impl Printer {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("print.sh");
        fs::write(&script, SCRIPT).expect("written");
        fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("executable");
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .arg(format!("--address=unix:path={}", folder.path().join("bus").display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon starts (package dbus-daemon)");
        let mut bus_address = String::new();
        let mut told = BufReader::new(bus.stdout.take().expect("piped"));
        told.read_line(&mut bus_address).expect("it says where it is");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = port.local_addr().expect("bound").port();
        let bus_address = bus_address.trim().to_owned();
        Self { folder, bus, bus_address, port, running: None, said: None }
    }

    fn started() -> Self {
        let mut this = Self::new();
        this.start();
        this
    }

    /// Starts it and waits until it says where it is.
    fn start(&mut self) {
        let spool = self.path("spool");
        fs::create_dir_all(&spool).expect("a folder");
        fs::create_dir_all(self.path("keys")).expect("a folder");
        let mut child = Command::new("ippeveprinter")
            .args(["-vv", "-r", "off", "-n", "localhost", "-f", "application/pdf"])
            .args(["-p", &self.port.to_string()])
            .arg("-d")
            .arg(spool)
            .arg("-K")
            .arg(self.path("keys"))
            .arg("-c")
            .arg(self.path("print.sh"))
            .arg("Hall24 test")
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.bus_address)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ippeveprinter starts (package cups-ipp-utils)");
        let mut said = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("printer-uri-supported") {
            line.clear();
            assert_ne!(said.read_line(&mut line).expect("it speaks"), 0, "ippeveprinter ended");
        }
        let (sender, lines) = mpsc::unbounded_channel();
        // It must not stop because nobody reads what it says, so this reads on in any case.
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        self.running = Some(child);
        self.said = Some(lines);
    }

    /// Waits until it says something.
    async fn says(&mut self, wanted: &str) {
        let said = self.said.as_mut().expect("it was started");
        loop {
            let line = timeout(HANGS, said.recv()).await.expect("it says more");
            if line.expect("it runs").contains(wanted) {
                return;
            }
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Jobs wait from now on.
    fn shut_gate(&self) {
        let made = Command::new("mkfifo").arg(self.path("gate")).status().expect("mkfifo runs");
        assert!(made.success());
    }

    /// The job that waits goes on, and no further one waits.
    fn open_gate(&self) {
        open_gate(&self.path("gate"));
    }

    fn printed(&self) -> Vec<Vec<u8>> {
        let names = (1..).map(|n| self.path(&format!("printed.{n}")));
        names.map_while(|it| fs::read(it).ok()).collect()
    }

    /// The fingerprint of the certificate that it made for itself when it was first asked for TLS.
    fn fingerprint(&self) -> String {
        let listed = fs::read_dir(self.path("keys")).expect("a folder");
        let mut names = listed.map(|it| it.expect("an entry").path());
        let certificate = names.find(|it| it.extension().is_some_and(|it| it == "crt"));
        let text = fs::read(certificate.expect("it made one")).expect("readable");
        let der = CertificateDer::from_pem_slice(&text).expect("a certificate");
        crate::hex::encode(ring::digest::digest(&ring::digest::SHA256, &der).as_ref())
    }

    fn url(&self) -> PortUrl {
        format!("ipp://localhost:{}/ipp/print", self.port).parse().expect("a port")
    }
}

/// Opened both ways, a pipe blocks nobody; closed again, whoever reads it comes to its end.
fn open_gate(gate: &Path) {
    if let Ok(pipe) = OpenOptions::new().read(true).write(true).open(gate) {
        fs::remove_file(gate).expect("removed");
        drop(pipe);
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.kill();
        self.open_gate();
        // One that ended by itself cannot be killed, and need not be.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

struct Rig {
    handle: DocumentPrinterHandle,
    events: mpsc::Receiver<DocumentPrinterEvent>,
}

impl Rig {
    fn of(printer: &Printer, settings: DocumentPrinterSettings) -> Self {
        let (sender, events) = mpsc::channel(256);
        Self { handle: spawn(printer.url(), settings, None, sender), events }
    }

    async fn until(
        &mut self,
        mut wanted: impl FnMut(&DocumentPrinterEvent) -> bool,
    ) -> DocumentPrinterEvent {
        loop {
            let event = timeout(HANGS, self.events.recv()).await.expect("an event comes");
            let event = event.expect("the driver runs");
            if wanted(&event) {
                return event;
            }
        }
    }

    async fn link(&mut self, wanted: Link) {
        self.until(|it| *it == DocumentPrinterEvent::Link(wanted)).await;
    }

    async fn busy(&mut self) {
        let busy = |it: &DocumentPrinterEvent| match it {
            DocumentPrinterEvent::Status(it) => it.state == PrinterState::Busy,
            _ => false,
        };
        self.until(busy).await;
    }

    fn send(&self, job: u64, document: &PdfDocument) {
        let job = PrintJobId(job);
        let command = DocumentPrinterCommand::Print { job, document: document.clone() };
        self.handle.send(command).expect("taken");
    }

    async fn outcome(&mut self, n: u64) -> DocumentOutcome {
        let ended = |it: &DocumentPrinterEvent| match it {
            DocumentPrinterEvent::Printed { job, .. } => job.0 == n,
            _ => false,
        };
        match self.until(ended).await {
            DocumentPrinterEvent::Printed { outcome, .. } => outcome,
            other => unreachable!("{other:?} is not what was waited for"),
        }
    }

    async fn print(&mut self, job: u64, document: &PdfDocument) -> DocumentOutcome {
        self.send(job, document);
        self.outcome(job).await
    }
}

fn quick() -> DocumentPrinterSettings {
    DocumentPrinterSettings {
        poll_interval_ms: 100,
        job_poll_interval_ms: 50,
        lost_timeout_s: 1,
        ..DocumentPrinterSettings::default()
    }
}

fn document() -> PdfDocument {
    // Larger than what fits into a socket's buffers at once.
    let filling = "% nothing to see here\n".repeat(100_000);
    let pdf = format!("%PDF-1.4\n{filling}<< /Type /Page >>\n%%EOF\n");
    PdfDocument { title: "办事指南".into(), pdf: pdf.into_bytes().into(), copies: 1 }
}

#[tokio::test]
async fn a_document_comes_out_byte_for_byte_and_once() {
    let printer = Printer::started();
    let mut rig = Rig::of(&printer, quick());
    rig.link(Link::Up).await;
    let document = document();
    assert_eq!(rig.print(1, &document).await, DocumentOutcome::Printed);
    assert_eq!(rig.print(1, &document).await, DocumentOutcome::Printed);
    assert_eq!(printer.printed(), [document.pdf.to_vec()]);
    let two = PdfDocument { copies: 2, ..document };
    assert_eq!(rig.print(2, &two).await, DocumentOutcome::Printed);
    let copies = fs::read_to_string(printer.path("copies")).expect("written");
    assert_eq!(copies.lines().last(), Some("2"));
}

#[tokio::test]
async fn the_command_line_asks_and_prints() {
    let printer = Printer::started();
    let report = once::status(printer.url(), quick(), None).await.expect("asked");
    assert_eq!(report.model.as_deref(), Some("Example Printer"));
    assert_eq!(
        (report.state, report.ready, report.toner_percent),
        (PrinterState::Idle, true, Some(75))
    );
    let outcome = once::print(printer.url(), quick(), None, &document()).await;
    assert_eq!(outcome.expect("tried"), DocumentOutcome::Printed);
    let wrong = format!("ipp://localhost:{}/printers/none", printer.port);
    let refused = once::status(wrong.parse().expect("a port"), quick(), None).await;
    let refused = refused.expect_err("no such printer");
    assert!(matches!(refused, once::DocumentOnceError::Refused { .. }), "{refused}");
}

#[tokio::test]
async fn a_job_whose_printing_fails_has_failed() {
    let printer = Printer::started();
    printer.write("fail", "");
    let mut rig = Rig::of(&printer, quick());
    let failed = DocumentOutcome::Failed(DocumentProblem::Aborted);
    assert_eq!(rig.print(1, &document()).await, failed);
    fs::remove_file(printer.path("fail")).expect("removed");
    assert_eq!(rig.print(1, &document()).await, failed, "it is not tried again");
    assert_eq!(rig.print(2, &document()).await, DocumentOutcome::Printed);
    assert_eq!(printer.printed().len(), 1);
}

#[tokio::test]
async fn what_the_printer_says_about_itself_is_told_while_it_prints() {
    let printer = Printer::started();
    printer.write("states", "STATE: +media-empty,toner-low\n");
    printer.write("states_after", "STATE: -media-empty,toner-low\n");
    printer.shut_gate();
    let mut rig = Rig::of(&printer, quick());
    rig.send(1, &document());
    // While it prints it calls that warnings.
    let low = |it: &DocumentPrinterEvent| {
        matches!(it, DocumentPrinterEvent::Status(it)
            if it.state == PrinterState::Busy && (it.paper, it.toner) == (Supply::Low, Supply::Low))
    };
    rig.until(low).await;
    printer.open_gate();
    // The job's end and the printer's change are told in the order in which they are seen.
    let (mut outcome, mut is_well) = (None, false);
    let both = |it: &DocumentPrinterEvent| {
        match it {
            DocumentPrinterEvent::Printed { outcome: it, .. } => outcome = Some(*it),
            DocumentPrinterEvent::Status(it) => {
                is_well = it.ready() && (it.paper, it.toner) == (Supply::Ok, Supply::Ok);
            }
            DocumentPrinterEvent::Link(_) => {}
        }
        outcome.is_some() && is_well
    };
    rig.until(both).await;
    assert_eq!(outcome, Some(DocumentOutcome::Printed));
}

#[tokio::test]
async fn a_printer_that_is_away_gets_nothing_and_is_found_when_it_comes() {
    let mut printer = Printer::new();
    let mut rig = Rig::of(&printer, quick());
    rig.link(Link::Down).await;
    let refused = DocumentOutcome::Refused(DocumentProblem::Offline);
    assert_eq!(rig.print(1, &document()).await, refused);
    printer.start();
    rig.link(Link::Up).await;
    assert_eq!(rig.print(1, &document()).await, DocumentOutcome::Printed);
    assert_eq!(printer.printed().len(), 1);
}

#[tokio::test]
async fn a_printer_that_goes_in_the_middle_leaves_an_unknown_and_gets_nothing_twice() {
    let mut printer = Printer::started();
    printer.shut_gate();
    let mut rig = Rig::of(&printer, quick());
    rig.send(1, &document());
    rig.busy().await;
    printer.kill();
    assert_eq!(rig.outcome(1).await, DocumentOutcome::Unknown);
    // The script still waits with the document: it was sent, and may come out yet.
    printer.open_gate();
    printer.start();
    rig.link(Link::Up).await;
    assert_eq!(rig.print(1, &document()).await, DocumentOutcome::Unknown);
    assert_eq!(rig.print(2, &document()).await, DocumentOutcome::Printed);
    assert!(printer.printed().len() <= 2, "the first at most once, the second once");
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_cancelled_at_the_printer() {
    let mut printer = Printer::started();
    printer.shut_gate();
    let settings = DocumentPrinterSettings { job_timeout_s: 1, lost_timeout_s: 30, ..quick() };
    let mut rig = Rig::of(&printer, settings);
    rig.send(1, &document());
    printer.says("Cancel-Job successful-ok").await;
    // It takes the order at once and says that the job is cancelled when its script is at its end.
    printer.open_gate();
    let outcome = rig.outcome(1).await;
    assert_eq!(outcome, DocumentOutcome::Failed(DocumentProblem::TooLate));
}

#[tokio::test]
async fn over_tls_one_certificate_is_believed_and_no_other() {
    let printer = Printer::started();
    let url = printer.url().to_string().replacen("ipp:", "ipps:", 1);
    let url: PortUrl = url.parse().expect("a port");
    let with = |certificate_sha256| DocumentPrinterSettings { certificate_sha256, ..quick() };
    let status = |settings| once::status(url.clone(), settings, None);
    let unset = status(quick()).await.expect_err("nothing is believed").to_string();
    assert!(unset.contains("certificate_sha256 is not set"), "{unset}");
    let other = status(with("00".repeat(32))).await.expect_err("another one").to_string();
    let fingerprint = printer.fingerprint();
    assert!(other.contains(&fingerprint), "{other} names {fingerprint}");
    assert!(status(with(fingerprint.clone())).await.expect("asked").ready);
    let outcome = once::print(url.clone(), with(fingerprint), None, &document()).await;
    assert_eq!(outcome.expect("tried"), DocumentOutcome::Printed);
    assert_eq!(printer.printed(), [document().pdf.to_vec()]);
}

/// CUPS's own client prints on our simulator, and finds its answers complete.
#[tokio::test]
async fn ipptool_prints_on_the_simulated_printer() {
    let endpoint: PortUrl = "tcp:127.0.0.1:0".parse().expect("a port");
    let device = Box::new(DocumentPrinterSim::new());
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.pdf");
    fs::write(&file, document().pdf).expect("written");
    let PortUrl::Tcp { address } = sim.url() else { unreachable!("it was served over TCP") };
    for (n, test) in (1..).zip(["print-job.test", "create-job.test"]) {
        let ended = tokio::process::Command::new("ipptool")
            .args(["-t", "-f"])
            .arg(&file)
            .arg(format!("ipp://{address}/ipp/print"))
            .arg(test)
            .output();
        let output = ended.await.expect("ipptool runs (package cups-ipp-utils)");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("[PASS]"), "{test}: {said}");
        let state = sim.state();
        let jobs = state["jobs"].as_array().expect("a list");
        let whole = jobs.iter().filter(|it| it["bytes"] == document().pdf.len());
        assert_eq!(whole.count(), n, "{test}");
    }
}
