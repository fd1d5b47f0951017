//! The driver against the simulated printer: printed means printed, and nothing is printed twice.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::{
    Align, Confirm, Document, Line, Mode, Paper, PrintJobId, PrintOutcome, PrintProblem,
    PrinterCommand, PrinterEvent, PrinterHandle, PrinterSettings, PrinterStatus, TextSize,
    once::{self, Cover},
    sim::{PrinterSim, receipt_png},
    spawn,
};
use crate::{
    fault::Link,
    port::PortUrl,
    sim::{SimHandle, SimOptions, serve},
};

struct Rig {
    sim: SimHandle,
    handle: PrinterHandle,
    events: mpsc::Receiver<PrinterEvent>,
}

impl Rig {
    async fn start(endpoint: &str, settings: PrinterSettings, options: SimOptions) -> Self {
        let endpoint: PortUrl = endpoint.parse().expect("a port");
        let device = Box::new(PrinterSim::new(&settings));
        let sim = serve(device, &endpoint, options).await.expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn(sim.url().clone(), settings, None, sender);
        let mut rig = Self { sim, handle, events };
        rig.until(|it| *it == PrinterEvent::Link(Link::Up)).await;
        rig
    }

    async fn in_process(name: &str) -> Self {
        let endpoint = format!("sim:printer-{name}");
        Self::start(&endpoint, PrinterSettings::default(), SimOptions::default()).await
    }

    async fn until(&mut self, mut wanted: impl FnMut(&PrinterEvent) -> bool) -> PrinterEvent {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the driver runs");
                if wanted(&event) {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(300), search).await.expect("the event comes")
    }

    async fn status(&mut self, mut wanted: impl FnMut(&PrinterStatus) -> bool) {
        self.until(|it| matches!(it, PrinterEvent::Status(status) if wanted(status))).await;
    }

    fn send(&self, job: u64, document: &Document) {
        let document = document.clone();
        let command = PrinterCommand::Print { job: PrintJobId(job), document };
        self.handle.send(command).expect("taken");
    }

    async fn outcome(&mut self, wanted: u64) -> PrintOutcome {
        let ended =
            |it: &PrinterEvent| matches!(it, PrinterEvent::Printed { job, .. } if job.0 == wanted);
        match self.until(ended).await {
            PrinterEvent::Printed { outcome, .. } => outcome,
            other => unreachable!("{other:?} is not what was waited for"),
        }
    }

    async fn print(&mut self, job: u64, document: &Document) -> PrintOutcome {
        self.send(job, document);
        self.outcome(job).await
    }

    fn texts(&self) -> Vec<String> {
        let state = self.sim.state();
        let receipts = state["receipts"].as_array().expect("a list").clone();
        receipts.iter().map(|it| it["text"].as_str().expect("text").to_owned()).collect()
    }

    async fn idle(&self) -> Value {
        self.sim.wait_for(|it| it["busy"] == false).await
    }
}

/// A document of many rows that says which one it is.
fn long(n: u64) -> Document {
    let text =
        |text: String| Line::Text { text, align: Align::Left, size: TextSize::Normal, bold: false };
    let mut lines: Vec<_> = (1..=60).map(|row| text(format!("document {n} row {row}"))).collect();
    lines.push(Line::Cut);
    Document { lines }
}

fn whole(n: u64) -> String {
    (1..=60).map(|row| format!("document {n} row {row}\n")).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_printed_is_on_the_paper() {
    let mut rig = Rig::in_process("prints").await;
    assert_eq!(rig.print(1, &long(1)).await, PrintOutcome::Printed);
    assert_eq!(rig.texts(), [whole(1)]);
    let state = rig.sim.state();
    assert_eq!((&state["busy"], &state["receipts"][0]["cut"]), (&json!(false), &json!(true)));
}

#[tokio::test(start_paused = true)]
async fn a_job_is_printed_once_however_often_it_is_sent() {
    let mut rig = Rig::in_process("twice").await;
    rig.send(1, &long(1));
    rig.send(1, &long(1));
    assert_eq!(rig.outcome(1).await, PrintOutcome::Printed);
    assert_eq!(rig.outcome(1).await, PrintOutcome::Printed);
    assert_eq!(rig.print(2, &long(2)).await, PrintOutcome::Printed);
    assert_eq!(rig.print(1, &long(1)).await, PrintOutcome::Printed);
    assert_eq!(rig.texts(), [whole(1), whole(2)]);
}

const PROBLEMS: [(&str, PrintProblem); 7] = [
    ("paper_end", PrintProblem::PaperEnd),
    ("cover_open", PrintProblem::CoverOpen),
    ("cutter", PrintProblem::Cutter),
    ("mechanical", PrintProblem::Mechanical),
    ("head_hot", PrintProblem::HeadHot),
    ("unrecoverable", PrintProblem::Unrecoverable),
    ("offline", PrintProblem::Offline),
];

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_a_printer_that_cannot_print() {
    let mut rig = Rig::in_process("refuses").await;
    for (job, (fault, problem)) in (1..).zip(PROBLEMS) {
        rig.sim.set_fault(Some(fault)).expect("a fault");
        assert_eq!(rig.print(job, &long(job)).await, PrintOutcome::Refused(problem), "{fault}");
        rig.status(|it| it.problem() == Some(problem)).await;
        rig.sim.set_fault(None).expect("healed");
        rig.status(|it| it.ready()).await;
    }
    assert_eq!(rig.sim.state()["printed"], 0);
    // What was refused may be tried again under the same number.
    assert_eq!(rig.print(1, &long(1)).await, PrintOutcome::Printed);
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_the_middle_fails_the_job_and_spares_the_next() {
    let mut rig = Rig::in_process("middle").await;
    for (job, (fault, problem)) in (1..).step_by(2).zip(PROBLEMS) {
        rig.sim.control(&json!({"fault": fault, "after_commands": 700})).expect("possible");
        assert_eq!(rig.print(job, &long(job)).await, PrintOutcome::Failed(problem), "{fault}");
        assert!(rig.texts().iter().all(|it| *it != whole(job)), "{fault}");
        rig.sim.set_fault(None).expect("healed");
        rig.status(|it| it.ready()).await;
        let next = job + 1;
        assert_eq!(rig.print(next, &long(next)).await, PrintOutcome::Printed, "{fault}");
        // The rest of the failed one was cut off before: it is not on the next person's receipt.
        assert_eq!(rig.texts().last(), Some(&whole(next)), "{fault}");
        assert_eq!(rig.print(job, &long(job)).await, PrintOutcome::Failed(problem), "{fault}");
        rig.sim.control(&json!({"take": true})).expect("possible");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_what_a_printer_did_that_lost_its_power() {
    let mut rig = Rig::in_process("power").await;
    rig.sim.control(&json!({"fault": "power_off", "after_commands": 300})).expect("possible");
    assert_eq!(rig.print(1, &long(1)).await, PrintOutcome::Unknown);
    rig.until(|it| *it == PrinterEvent::Link(Link::Down)).await;
    assert_eq!(rig.print(2, &long(2)).await, PrintOutcome::Refused(PrintProblem::Offline));
    rig.sim.set_fault(None).expect("healed");
    rig.until(|it| *it == PrinterEvent::Link(Link::Up)).await;
    assert_eq!(rig.print(2, &long(2)).await, PrintOutcome::Printed);
    assert_eq!(rig.texts().last(), Some(&whole(2)));
    assert_eq!(rig.print(1, &long(1)).await, PrintOutcome::Unknown);
    assert!(rig.texts().iter().all(|it| *it != whole(1)));
}

/// A picture is cut off in the middle: the printer has to be brought back to its senses first.
#[tokio::test(start_paused = true)]
async fn a_pulled_plug_in_the_middle_is_unknown_and_heals() {
    for name in ["listens", "deaf"] {
        let options = SimOptions { pace_baud: Some(115_200), ..SimOptions::default() };
        let settings = PrinterSettings { mode: Mode::Raster, ..PrinterSettings::default() };
        let mut rig = Rig::start(&format!("sim:printer-plug-{name}"), settings, options).await;
        rig.send(1, &long(1));
        rig.sim.wait_for(|it| it["hanging"] == true).await;
        rig.sim.unplug();
        assert_eq!(rig.outcome(1).await, PrintOutcome::Unknown, "{name}");
        rig.until(|it| *it == PrinterEvent::Link(Link::Down)).await;
        rig.sim.replug();
        if name == "deaf" {
            rig.sim.set_fault(Some("deaf_in_data")).expect("a fault");
        }
        rig.until(|it| *it == PrinterEvent::Link(Link::Up)).await;
        assert_eq!(rig.print(2, &long(2)).await, PrintOutcome::Printed, "{name}");
        let receipts = rig.idle().await["receipts"].as_array().expect("a list").len();
        assert_eq!(receipts, 2, "the rest of the first and the second");
    }
}

#[tokio::test(start_paused = true)]
async fn line_faults_end_and_nothing_is_printed_twice() {
    let mut rig = Rig::in_process("line").await;
    let faults = ["silence", "garbage", "half_frame", "slow", "unplugged"];
    for (job, fault) in (1..).zip(faults) {
        rig.sim.set_fault(Some(fault)).expect("a fault");
        let outcome = rig.print(job, &long(job)).await;
        rig.sim.set_fault(None).expect("healed");
        rig.idle().await;
        let copies = rig.texts().iter().filter(|it| **it == whole(job)).count();
        assert!(copies <= 1, "{fault}");
        if outcome == PrintOutcome::Printed {
            assert_eq!(copies, 1, "{fault}");
        }
        if matches!(outcome, PrintOutcome::Refused(_)) {
            assert_eq!(copies, 0, "{fault}");
        }
    }
    rig.status(|it| it.ready()).await;
    assert_eq!(rig.print(99, &long(99)).await, PrintOutcome::Printed);
    rig.idle().await;
    assert_eq!(rig.texts().last(), Some(&whole(99)));
}

#[tokio::test(start_paused = true)]
async fn states_are_events_only_when_they_change_and_come_at_once() {
    let mut rig = Rig::in_process("states").await;
    rig.status(|it| it.ready()).await;
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(rig.events.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    rig.sim.set_fault(Some("paper_near_end")).expect("a fault");
    rig.status(|it| it.paper == Paper::NearEnd && it.ready()).await;
    rig.sim.set_fault(Some("cover_open")).expect("a fault");
    rig.status(|it| it.cover_open && !it.ready()).await;
    rig.sim.set_fault(None).expect("healed");
    rig.status(|it| it.ready() && it.paper == Paper::Ok).await;
}

#[tokio::test(start_paused = true)]
async fn printers_without_queued_answers_are_believed_after_their_time() {
    let settings = PrinterSettings { confirm: Confirm::RealTime, ..PrinterSettings::default() };
    let mut rig = Rig::start("sim:printer-rt", settings, SimOptions::default()).await;
    assert_eq!(rig.print(1, &long(1)).await, PrintOutcome::Printed);
    assert_eq!(rig.texts(), [whole(1)]);
    rig.sim.control(&json!({"fault": "paper_end", "after_commands": 400})).expect("possible");
    let failed = PrintOutcome::Failed(PrintProblem::PaperEnd);
    assert_eq!(rig.print(2, &long(2)).await, failed);
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_work_print_nothing() {
    let settings = PrinterSettings { columns: 99, ..PrinterSettings::default() };
    let (sender, mut events) = mpsc::channel(8);
    let handle = spawn("sim:printer-none".parse().expect("a port"), settings, None, sender);
    assert_eq!(events.recv().await, Some(PrinterEvent::Link(Link::Down)));
    let command = PrinterCommand::Print { job: PrintJobId(1), document: long(1) };
    handle.send(command).expect("taken");
    let outcome = PrintOutcome::Refused(PrintProblem::Offline);
    assert_eq!(events.recv().await, Some(PrinterEvent::Printed { job: PrintJobId(1), outcome }));
}

#[tokio::test(start_paused = true)]
async fn the_command_line_asks_tests_sends_and_resets() {
    let endpoint: PortUrl = "sim:printer-once".parse().expect("a port");
    let settings = PrinterSettings::default();
    let device = Box::new(PrinterSim::new(&settings));
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    let status = once::status(endpoint.clone(), settings.clone(), None).await.expect("asked");
    let wanted = json!({
        "online": true, "cover": "closed", "paper": "ok", "error": null, "ready": true
    });
    assert_eq!(serde_json::to_value(status).expect("plain"), wanted);
    let outcome = once::test_page(endpoint.clone(), settings.clone(), None).await.expect("tried");
    assert_eq!(outcome, PrintOutcome::Printed);
    let bytes = b"\x1B@plain bytes\n\x1D\x56\x42\x00";
    let sent = once::send(endpoint.clone(), settings.clone(), None, bytes).await.expect("tried");
    assert_eq!(sent, PrintOutcome::Printed);
    assert_eq!(sim.state()["receipts"][1]["text"], "plain bytes\n");
    sim.set_fault(Some("cover_open")).expect("a fault");
    let status = once::reset(endpoint.clone(), settings.clone(), None).await.expect("asked");
    assert!(status.cover == Cover::Open && !status.ready);
    let refused = once::test_page(endpoint, settings, None).await.expect("asked");
    assert_eq!(refused, PrintOutcome::Refused(PrintProblem::CoverOpen));
}

#[tokio::test]
async fn it_works_over_a_pseudo_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let endpoint = format!("pty:{}", directory.path().join("printer").display());
    let options = SimOptions { pace_baud: Some(115_200), ..SimOptions::default() };
    let mut rig = Rig::start(&endpoint, PrinterSettings::default(), options).await;
    let document = super::test_document();
    assert_eq!(rig.print(1, &document).await, PrintOutcome::Printed);
    let png = receipt_png(&rig.sim, 1).expect("in the tray");
    assert_eq!(png[..4], [0x89, b'P', b'N', b'G']);
    rig.sim.set_fault(Some("paper_end")).expect("a fault");
    rig.status(|it| it.paper == Paper::End).await;
    let refused = PrintOutcome::Refused(PrintProblem::PaperEnd);
    assert_eq!(rig.print(2, &document).await, refused);
    rig.sim.set_fault(None).expect("healed");
    rig.status(|it| it.ready()).await;
    assert_eq!(rig.print(2, &document).await, PrintOutcome::Printed);
}

/// A printer that is well, answers one question about its cover with noise that looks like an answer,
/// reports that once more by itself, and has no paper in the end.
async fn answer_with_noise_once(listener: tokio::net::TcpListener) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const NOISY: usize = 4;
    const STALE: usize = 7;
    const EMPTY: usize = 10;
    let idle = PrinterStatus { online: true, cover_open: false, paper: Paper::Ok, error: None };
    let open = PrinterStatus { cover_open: true, ..idle };
    let empty = PrinterStatus { paper: Paper::End, ..idle };
    let (mut line, _) = listener.accept().await.expect("the driver comes");
    let (mut heard, mut looks) = (Vec::new(), 0);
    while let Ok(byte) = line.read_u8().await {
        heard.push(byte);
        let answer = match heard[..] {
            [.., 0x10, 0x04, n @ 1..=4] => {
                looks += usize::from(n == 1);
                let status = match looks {
                    NOISY if n == 2 => open,
                    EMPTY.. => empty,
                    _ => idle,
                };
                let mut answer = vec![super::status::to_real_time(&status)[usize::from(n) - 1]];
                if looks == STALE && n == 4 {
                    answer.extend(super::status::to_asb(&open));
                }
                answer
            }
            [.., 0x1D, 0x72, _] => vec![0],
            _ => continue,
        };
        heard.clear();
        if line.write_all(&answer).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn what_is_said_once_and_not_again_is_not_believed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = format!("tcp:{}", listener.local_addr().expect("an address"));
    let printer = tokio::spawn(answer_with_noise_once(listener));
    let settings = PrinterSettings { poll_interval_ms: 100, ..PrinterSettings::default() };
    let (sender, mut events) = mpsc::channel(8);
    let _driver = spawn(at.parse().expect("a port"), settings, None, sender);
    let mut next =
        async || timeout(Duration::from_secs(60), events.recv()).await.expect("it comes");
    assert_eq!(next().await, Some(PrinterEvent::Link(Link::Up)));
    let Some(PrinterEvent::Status(first)) = next().await else { panic!("no state") };
    assert!(first.ready(), "{first:?}");
    let Some(PrinterEvent::Status(second)) = next().await else { panic!("no state") };
    let empty = second.paper == Paper::End && !second.cover_open;
    assert!(empty, "neither noise nor what was before is told: {second:?}");
    printer.abort();
}
