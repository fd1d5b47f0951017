//! The driver against the simulated printer: printed means that the printer said so, and nothing is
//! sent twice.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::{
    DocumentOutcome, DocumentPrinterCommand, DocumentPrinterEvent, DocumentPrinterHandle,
    DocumentPrinterSettings, DocumentPrinterStatus, DocumentProblem, PdfDocument, PrinterState,
    Supply, describe, once, sim::DocumentPrinterSim, spawn,
};
use crate::{
    fault::Link,
    port::{PortUrl, Tap},
    printer::PrintJobId,
    sim::{SimHandle, SimOptions, serve},
};

struct Rig {
    sim: SimHandle,
    handle: DocumentPrinterHandle,
    events: mpsc::Receiver<DocumentPrinterEvent>,
    link: Link,
    last: Option<DocumentPrinterStatus>,
}

impl Rig {
    async fn start(name: &str) -> Self {
        Self::with(&format!("sim:document-{name}"), DocumentPrinterSettings::default()).await
    }

    async fn with(endpoint: &str, settings: DocumentPrinterSettings) -> Self {
        let endpoint: PortUrl = endpoint.parse().expect("a port");
        let device = Box::new(DocumentPrinterSim::new());
        let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, handle, events, link: Link::Starting, last: None };
        rig.link(Link::Up).await;
        rig
    }

    async fn until(
        &mut self,
        mut wanted: impl FnMut(&DocumentPrinterEvent) -> bool,
    ) -> DocumentPrinterEvent {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the driver runs");
                match &event {
                    DocumentPrinterEvent::Link(it) => self.link = *it,
                    DocumentPrinterEvent::Status(it) => self.last = Some(*it),
                    DocumentPrinterEvent::Printed { .. } => {}
                }
                if wanted(&event) {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(900), search).await.expect("the event comes")
    }

    async fn status(&mut self, wanted: impl Fn(&DocumentPrinterStatus) -> bool) {
        self.until(|it| matches!(it, DocumentPrinterEvent::Status(it) if wanted(it))).await;
    }

    /// The link is so, or becomes so.
    async fn link(&mut self, wanted: Link) {
        while self.link != wanted {
            self.until(|it| matches!(it, DocumentPrinterEvent::Link(_))).await;
        }
    }

    /// The printer has nothing to do, or comes to its end.
    async fn idle(&mut self) {
        while self.last.is_none_or(|it| it.state != PrinterState::Idle) {
            self.until(|it| matches!(it, DocumentPrinterEvent::Status(_))).await;
        }
    }

    fn send(&self, job: u64) {
        let command = DocumentPrinterCommand::Print { job: PrintJobId(job), document: document(2) };
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

    async fn print(&mut self, job: u64) -> DocumentOutcome {
        self.send(job);
        self.outcome(job).await
    }

    fn jobs(&self) -> Vec<Value> {
        self.sim.state()["jobs"].as_array().expect("a list").clone()
    }

    fn documents_sent(&self) -> usize {
        self.jobs().iter().filter(|it| it["bytes"] != 0).count()
    }
}

fn document(pages: usize) -> PdfDocument {
    let pages = "<< /Type /Page >>\n".repeat(pages);
    let pdf = format!("%PDF-1.4\n<< /Type /Pages >>\n{pages}%%EOF\n");
    PdfDocument { title: "办事指南".into(), pdf: pdf.into_bytes().into(), copies: 1 }
}

#[tokio::test(start_paused = true)]
async fn a_document_is_printed_when_the_printer_says_so() {
    let mut rig = Rig::start("prints").await;
    rig.status(|it| it.ready() && it.toner_percent == Some(75)).await;
    let mut three = document(2);
    three.copies = 3;
    let job = PrintJobId(1);
    rig.handle.send(DocumentPrinterCommand::Print { job, document: three }).expect("taken");
    rig.status(|it| it.state == PrinterState::Busy).await;
    assert_eq!(rig.sim.state()["printed"], 0);
    assert_eq!(rig.outcome(1).await, DocumentOutcome::Printed);
    assert_eq!(rig.sim.state()["printed"], 1);
    let jobs = rig.jobs();
    assert_eq!(
        (&jobs[0]["name"], &jobs[0]["pages"], &jobs[0]["copies"], &jobs[0]["media"]),
        (&json!("办事指南 (1)"), &json!(2), &json!(3), &json!("iso_a4_210x297mm"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_is_sent_once_however_often_it_is_asked_for() {
    let mut rig = Rig::start("twice").await;
    rig.send(1);
    rig.send(1);
    assert_eq!(rig.outcome(1).await, DocumentOutcome::Printed);
    assert_eq!(rig.outcome(1).await, DocumentOutcome::Printed);
    assert_eq!(rig.print(2).await, DocumentOutcome::Printed);
    assert_eq!(rig.documents_sent(), 2);
}

const STOPPING: [(&str, DocumentProblem); 7] = [
    ("paper_out", DocumentProblem::PaperOut),
    ("cover_open", DocumentProblem::CoverOpen),
    ("jam", DocumentProblem::Jam),
    ("toner_out", DocumentProblem::TonerOut),
    ("output_full", DocumentProblem::OutputFull),
    ("stopped", DocumentProblem::Stopped),
    ("unreachable", DocumentProblem::Offline),
];

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_a_printer_that_cannot_print() {
    let mut rig = Rig::start("refuses").await;
    let others = [
        ("rejects_jobs", DocumentProblem::Stopped),
        ("no_pdf", DocumentProblem::Document),
        ("http_error", DocumentProblem::Rejected),
        ("power_off", DocumentProblem::Offline),
    ];
    for (fault, problem) in STOPPING.into_iter().chain(others) {
        rig.sim.set_fault(Some(fault)).expect("a fault");
        assert_eq!(rig.print(1).await, DocumentOutcome::Refused(problem), "{fault}");
        rig.sim.set_fault(None).expect("healed");
    }
    assert_eq!(rig.documents_sent(), 0);
    let command = DocumentPrinterCommand::Print {
        job: PrintJobId(2),
        document: PdfDocument { pdf: b"<html>".as_slice().into(), ..document(1) },
    };
    rig.handle.send(command).expect("taken");
    let refused = DocumentOutcome::Refused(DocumentProblem::Document);
    assert_eq!(rig.outcome(2).await, refused);
    assert_eq!(rig.print(1).await, DocumentOutcome::Printed);
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_the_middle_is_told_and_healed_or_cancelled() {
    let mut rig = Rig::start("middle").await;
    for (n, (fault, problem)) in (1..).step_by(2).zip(STOPPING) {
        rig.send(n);
        rig.status(|it| it.state == PrinterState::Busy).await;
        rig.sim.set_fault(Some(fault)).expect("a fault");
        rig.status(|it| it.problem() == Some(problem)).await;
        rig.sim.set_fault(None).expect("healed");
        assert_eq!(rig.outcome(n).await, DocumentOutcome::Printed, "{fault}");

        rig.send(n + 1);
        rig.status(|it| it.state == PrinterState::Busy).await;
        rig.sim.set_fault(Some(fault)).expect("a fault");
        assert_eq!(rig.outcome(n + 1).await, DocumentOutcome::Failed(problem), "{fault}");
        assert_eq!(rig.jobs().last().expect("a job")["state"], "canceled", "{fault}");
        rig.sim.set_fault(None).expect("healed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_takes_too_long_is_cancelled() {
    let settings = DocumentPrinterSettings { job_timeout_s: 4, ..Default::default() };
    let mut rig = Rig::with("sim:document-late", settings).await;
    assert_eq!(rig.print(1).await, DocumentOutcome::Failed(DocumentProblem::TooLate));
    assert_eq!(
        (&rig.jobs()[0]["state"], &rig.sim.state()["printed"]),
        (&json!("canceled"), &json!(0))
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_the_printer_gives_up_has_failed() {
    let mut rig = Rig::start("aborts").await;
    rig.sim.set_fault(Some("aborts_jobs")).expect("a fault");
    assert_eq!(rig.print(1).await, DocumentOutcome::Failed(DocumentProblem::Aborted));
    assert_eq!(rig.print(1).await, DocumentOutcome::Failed(DocumentProblem::Aborted));
    assert_eq!(rig.documents_sent(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_does_not_send_the_document_again() {
    let mut rig = Rig::start("answer-lost").await;
    rig.sim.set_fault(Some("answer_lost")).expect("a fault");
    // The job has a number: the printer is asked what became of it.
    assert_eq!(rig.print(1).await, DocumentOutcome::Printed);
    assert_eq!(rig.documents_sent(), 1);
    // An old printer told none before it took the document.
    rig.sim.set_fault(Some("only_print_job")).expect("a fault");
    assert_eq!(rig.print(2).await, DocumentOutcome::Unknown);
    assert_eq!(rig.print(2).await, DocumentOutcome::Unknown);
    assert_eq!(rig.documents_sent(), 2);
}

#[tokio::test(start_paused = true)]
async fn printers_that_know_print_job_only_print_too() {
    let mut rig = Rig::start("old").await;
    rig.sim.set_fault(Some("only_print_job")).expect("a fault");
    assert_eq!(rig.print(1).await, DocumentOutcome::Printed);
    rig.sim.set_fault(None).expect("healed");
    rig.sim.set_fault(Some("forgets_jobs")).expect("a fault");
    assert_eq!(rig.print(2).await, DocumentOutcome::Unknown);
}

/// After power-on the printer gives the old numbers to new jobs.
#[tokio::test(start_paused = true)]
async fn nobody_knows_what_a_printer_did_that_lost_its_power() {
    let mut rig = Rig::start("power").await;
    rig.send(1);
    rig.status(|it| it.state == PrinterState::Busy).await;
    rig.sim.set_fault(Some("power_off")).expect("a fault");
    assert_eq!(rig.outcome(1).await, DocumentOutcome::Unknown);
    rig.link(Link::Down).await;
    rig.sim.set_fault(None).expect("healed");
    rig.link(Link::Up).await;
    rig.send(2);
    rig.status(|it| it.state == PrinterState::Busy).await;
    rig.sim.set_fault(Some("power_off")).expect("a fault");
    rig.sim.set_fault(None).expect("healed");
    let (at, settings) = (rig.sim.url().clone(), DocumentPrinterSettings::default());
    let other = once::print(at, settings, None, &document(1)).await;
    assert_eq!(other.expect("asked"), DocumentOutcome::Printed);
    assert_eq!(rig.outcome(2).await, DocumentOutcome::Unknown, "job 1 is another one by now");
}

#[tokio::test(start_paused = true)]
async fn line_faults_end_and_nothing_is_sent_twice() {
    let mut rig = Rig::start("line").await;
    for (n, fault) in (1..).zip(["silence", "garbage", "half_frame", "slow", "unplugged"]) {
        rig.send(n);
        rig.status(|it| it.state == PrinterState::Busy).await;
        rig.sim.set_fault(Some(fault)).expect("a fault");
        let outcome = rig.outcome(n).await;
        rig.sim.set_fault(None).expect("healed");
        let expected =
            if fault == "slow" { DocumentOutcome::Printed } else { DocumentOutcome::Unknown };
        assert_eq!(outcome, expected, "{fault}");
        assert_eq!(rig.documents_sent() as u64, n, "{fault}");
        rig.idle().await;
    }
    assert_eq!(rig.print(99).await, DocumentOutcome::Printed);
}

#[tokio::test(start_paused = true)]
async fn states_are_events_only_when_they_change() {
    let mut rig = Rig::start("states").await;
    rig.status(|it| it.ready()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.events.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    rig.sim.set_fault(Some("toner_low")).expect("a fault");
    rig.status(|it| it.toner == Supply::Low && it.ready()).await;
    rig.sim.set_fault(Some("paper_low")).expect("a fault");
    rig.status(|it| it.paper == Supply::Low && it.ready()).await;
    rig.sim.control(&json!({"toner_percent": 3})).expect("possible");
    rig.status(|it| it.toner_percent == Some(3)).await;
    rig.sim.set_fault(None).expect("healed");
    rig.status(|it| it.paper == Supply::Ok && it.toner == Supply::Ok).await;
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_print_nothing() {
    let settings = DocumentPrinterSettings { poll_interval_ms: 0, ..Default::default() };
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn("sim:document-none".parse().expect("a port"), settings, None, sender);
    assert_eq!(events.recv().await, Some(DocumentPrinterEvent::Link(Link::Down)));
    let job = PrintJobId(1);
    let command = DocumentPrinterCommand::Print { job, document: document(1) };
    handle.send(command).expect("taken");
    let outcome = DocumentOutcome::Refused(DocumentProblem::Offline);
    assert_eq!(events.recv().await, Some(DocumentPrinterEvent::Printed { job, outcome }));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_asks_and_prints_and_the_record_says_what_passed() {
    let endpoint: PortUrl = "sim:document-once".parse().expect("a port");
    let device = Box::new(DocumentPrinterSim::new());
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    let settings = DocumentPrinterSettings::default;
    let report = once::status(endpoint.clone(), settings(), None).await.expect("asked");
    let wanted = json!({
        "model": "Hall24 simulated printer", "state": "idle", "accepting": true,
        "offline": false, "paper": "ok", "cover": "closed", "jam": false, "toner": "ok",
        "toner_percent": 75, "output_full": false, "reasons": [], "problem": null,
        "ready": true,
    });
    assert_eq!(serde_json::to_value(report).expect("plain"), wanted);
    let tap = Tap::new(|| jiff::Timestamp::UNIX_EPOCH).port("document", describe);
    let outcome = once::print(endpoint.clone(), settings(), Some(tap.clone()), &document(1)).await;
    assert_eq!(outcome.expect("tried"), DocumentOutcome::Printed);
    let notes: Vec<_> = tap.records().into_iter().map(|it| it.note).collect();
    for wanted in ["ask for the state", "create job", "send document", "ask after the job"] {
        assert!(notes.iter().any(|it| it == wanted), "{wanted} in {notes:?}");
    }
    sim.set_fault(Some("http_error")).expect("a fault");
    let refused = once::status(endpoint.clone(), settings(), None).await.expect_err("refused");
    assert!(refused.to_string().contains("503"), "{refused}");
    sim.set_fault(Some("power_off")).expect("a fault");
    let silent = once::status(endpoint, settings(), None).await.expect_err("silent");
    assert!(matches!(silent, once::DocumentOnceError::Silent(_)), "{silent}");
    let nobody = "sim:document-nobody".parse().expect("a port");
    let nobody = once::status(nobody, settings(), None).await.expect_err("nobody");
    assert!(matches!(nobody, once::DocumentOnceError::Port(_)), "{nobody}");
}
