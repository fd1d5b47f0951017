//! Presenters against the simulated printer: printed is not taken, and nobody gets another's
//! ticket. And the paper that jobs take of the roll, against what the simulated motor moved.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::{
    Align, Clear, Document, Line, Mode, Model, NotTaken, PrintJobId, PrintOutcome, PrintProblem,
    PrinterCommand, PrinterEvent, PrinterHandle, PrinterSettings, SlotQuery, TextSize, TicketFate,
    sim::PrinterSim, spawn,
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
    async fn start(name: &str, settings: PrinterSettings) -> Self {
        let endpoint: PortUrl = format!("sim:presenter-{name}").parse().expect("a port");
        let device = Box::new(PrinterSim::new(&settings));
        let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
        let (sender, events) = mpsc::channel(256);
        let handle = spawn(endpoint, settings, None, sender);
        let mut rig = Self { sim, handle, events };
        rig.until(|it| *it == PrinterEvent::Link(Link::Up)).await;
        rig
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

    async fn print(&mut self, n: u64) -> PrintOutcome {
        self.print_document(n, &ticket(n)).await
    }

    async fn print_document(&mut self, n: u64, document: &Document) -> PrintOutcome {
        let command = PrinterCommand::Print { job: PrintJobId(n), document: document.clone() };
        self.handle.send(command).expect("taken");
        let ended =
            |it: &PrinterEvent| matches!(it, PrinterEvent::Printed { job, .. } if job.0 == n);
        match self.until(ended).await {
            PrinterEvent::Printed { outcome, .. } => outcome,
            other => unreachable!("{other:?} is not what was waited for"),
        }
    }

    async fn fate(&mut self, n: u64) -> TicketFate {
        match self.until(|it| matches!(it, PrinterEvent::Ticket { .. })).await {
            PrinterEvent::Ticket { job, fate } => {
                assert_eq!(job, PrintJobId(n));
                fate
            }
            other => unreachable!("{other:?} is not what was waited for"),
        }
    }

    async fn fed_mm(&mut self, n: u64) -> u32 {
        match self.until(|it| matches!(it, PrinterEvent::Fed { .. })).await {
            PrinterEvent::Fed { job, paper_mm } => {
                assert_eq!(job, PrintJobId(n));
                paper_mm
            }
            other => unreachable!("{other:?} is not what was waited for"),
        }
    }

    fn take(&self) {
        self.sim.control(&json!({"take": true})).expect("possible");
    }

    fn places(&self) -> Vec<Value> {
        let state = self.sim.state();
        let receipts = state["receipts"].as_array().expect("a list");
        receipts.iter().map(|it| it["place"].clone()).collect()
    }
}

fn ticket(n: u64) -> Document {
    let line = Line::Text {
        text: format!("ticket {n}"),
        align: Align::Centre,
        size: TextSize::Double,
        bold: true,
    };
    Document { lines: vec![line, Line::Cut] }
}

fn custom() -> PrinterSettings {
    PrinterSettings { model: Model::Custom, ..PrinterSettings::default() }
}

fn star() -> PrinterSettings {
    let mut settings = PrinterSettings { model: Model::Star, ..PrinterSettings::default() };
    settings.presenter.slot_mask = Some(0x20);
    settings
}

/// Every way to ask after the output.
fn all_models() -> Vec<(String, PrinterSettings)> {
    let with = |mut settings: PrinterSettings, query, mask| {
        settings.presenter.slot_query = Some(query);
        settings.presenter.slot_mask = mask;
        settings
    };
    let all = [
        ("full", custom()),
        ("ejector", with(custom(), SlotQuery::Ejector, None)),
        ("detector", star()),
        ("esc-v", with(star(), SlotQuery::EscV, Some(0x80))),
    ];
    all.map(|(name, settings)| (name.to_owned(), settings)).into()
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_held_out_until_somebody_takes_it() {
    for (name, settings) in all_models() {
        let mut rig = Rig::start(&format!("takes-{name}"), settings).await;
        assert_eq!(rig.print(1).await, PrintOutcome::Printed, "{name}");
        rig.fed_mm(1).await;
        assert_eq!(rig.places(), ["slot"], "{name}");
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(
            !matches!(rig.events.try_recv(), Ok(PrinterEvent::Ticket { .. })),
            "nobody took it yet, and nobody is late"
        );
        rig.take();
        assert_eq!(rig.fate(1).await, TicketFate::Taken, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_nobody_takes_is_printed_but_not_taken() {
    for (name, settings) in all_models() {
        for (not_taken, fate) in [
            (NotTaken::Retract, TicketFate::Retracted),
            (NotTaken::Eject, TicketFate::Ejected),
            (NotTaken::Keep, TicketFate::Left),
        ] {
            let mut settings = settings.clone();
            settings.presenter.not_taken = not_taken;
            let mut rig = Rig::start(&format!("late-{name}-{fate:?}"), settings).await;
            assert_eq!(rig.print(1).await, PrintOutcome::Printed);
            assert_eq!(rig.fate(1).await, fate, "{name}");
            let state = rig.sim.state();
            assert_eq!(state["retracted"], u64::from(fate == TicketFate::Retracted), "{name}");
            assert_eq!(state["ticket_in_output"], fate == TicketFate::Left, "{name}");
            if fate == TicketFate::Left {
                rig.take();
                assert_eq!(rig.fate(1).await, TicketFate::Taken, "{name}");
            }
            assert_eq!(rig.print(2).await, PrintOutcome::Printed, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_output_is_cleared_before_the_next_ticket() {
    for (name, settings) in all_models() {
        for (clear, fate) in
            [(Clear::Eject, TicketFate::Ejected), (Clear::Retract, TicketFate::Retracted)]
        {
            let mut settings = settings.clone();
            settings.presenter.clear = clear;
            let mut rig = Rig::start(&format!("clear-{name}-{fate:?}"), settings).await;
            assert_eq!(rig.print(1).await, PrintOutcome::Printed);
            let command = PrinterCommand::Print { job: PrintJobId(2), document: ticket(2) };
            rig.handle.send(command).expect("taken");
            assert_eq!(rig.fate(1).await, fate, "{name}");
            let outcome = PrintOutcome::Printed;
            rig.until(|it| *it == PrinterEvent::Printed { job: PrintJobId(2), outcome }).await;
            rig.take();
            assert_eq!(rig.fate(2).await, TicketFate::Taken, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_jams_on_its_way_back_is_left_and_told() {
    let mut rig = Rig::start("jam", custom()).await;
    rig.sim.set_fault(Some("retract_jam")).expect("a fault");
    assert_eq!(rig.print(1).await, PrintOutcome::Printed);
    assert_eq!(rig.fate(1).await, TicketFate::Left);
    let jammed = |it: &PrinterEvent| match it {
        PrinterEvent::Status(it) => it.problem() == Some(PrintProblem::Mechanical),
        _ => false,
    };
    rig.until(jammed).await;
    let refused = PrintOutcome::Refused(PrintProblem::Mechanical);
    assert_eq!(rig.print(2).await, refused);
    rig.sim.set_fault(None).expect("healed");
    rig.take();
    assert_eq!(rig.fate(1).await, TicketFate::Taken);
    assert_eq!(rig.print(2).await, PrintOutcome::Printed);
    assert_eq!(rig.sim.state()["retracted"], 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_printed_behind_a_scrap_that_does_not_move() {
    for (name, settings) in all_models() {
        let mut rig = Rig::start(&format!("stuck-{name}"), settings).await;
        rig.sim.set_fault(Some("ticket_stuck")).expect("a fault");
        let refused = PrintOutcome::Refused(PrintProblem::Mechanical);
        assert_eq!(rig.print(1).await, refused, "{name}");
        assert_eq!(rig.sim.state()["printed"], 0, "{name}");
        rig.sim.set_fault(None).expect("healed");
        assert_eq!(rig.print(1).await, PrintOutcome::Printed, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_who_took_a_ticket_while_the_line_was_gone() {
    let mut rig = Rig::start("unplugged", custom()).await;
    assert_eq!(rig.print(1).await, PrintOutcome::Printed);
    rig.sim.unplug();
    rig.until(|it| *it == PrinterEvent::Link(Link::Down)).await;
    rig.take();
    rig.sim.replug();
    assert_eq!(rig.fate(1).await, TicketFate::Unknown);
}

const PROBLEMS: [(&str, PrintProblem); 6] = [
    ("paper_end", PrintProblem::PaperEnd),
    ("cover_open", PrintProblem::CoverOpen),
    ("cutter", PrintProblem::Cutter),
    ("mechanical", PrintProblem::Mechanical),
    ("head_hot", PrintProblem::HeadHot),
    ("unrecoverable", PrintProblem::Unrecoverable),
];

/// The rest of a job that failed goes where nobody takes it for a ticket.
#[tokio::test(start_paused = true)]
async fn faults_before_and_during_a_job_are_told_by_the_full_status_alike() {
    let mut rig = Rig::start("faults", custom()).await;
    let mut n = 0;
    for (fault, problem) in PROBLEMS {
        n += 1;
        rig.sim.set_fault(Some(fault)).expect("a fault");
        assert_eq!(rig.print(n).await, PrintOutcome::Refused(problem), "{fault}");
        rig.sim.set_fault(None).expect("healed");
        rig.until(|it| matches!(it, PrinterEvent::Status(it) if it.ready())).await;
        rig.sim.control(&json!({"fault": fault, "after_commands": 12})).expect("possible");
        assert_eq!(rig.print(n).await, PrintOutcome::Failed(problem), "{fault}");
        rig.sim.set_fault(None).expect("healed");
        rig.until(|it| matches!(it, PrinterEvent::Status(it) if it.ready())).await;
        rig.sim.wait_for(|it| it["busy"] == false && it["ticket_in_output"] == false).await;
        n += 1;
        assert_eq!(rig.print(n).await, PrintOutcome::Printed, "{fault}");
        let state = rig.sim.state();
        let last = state["receipts"].as_array().and_then(|it| it.last()).expect("printed");
        assert_eq!(last["text"].as_str().map(str::trim), Some(&*format!("ticket {n}")));
        rig.take();
        assert_eq!(rig.fate(n).await, TicketFate::Taken);
    }
}

#[tokio::test(start_paused = true)]
async fn a_presenter_without_a_known_bit_prints_and_watches_nothing() {
    let settings = PrinterSettings { model: Model::Star, ..PrinterSettings::default() };
    let mut rig = Rig::start("unwatched", settings).await;
    for n in 1..4 {
        assert_eq!(rig.print(n).await, PrintOutcome::Printed);
    }
    tokio::time::sleep(Duration::from_secs(100)).await;
    while let Ok(event) = rig.events.try_recv() {
        assert!(!matches!(event, PrinterEvent::Ticket { .. }), "{event:?}");
    }
}

fn receipt() -> Document {
    let field = |label: &str, value: &str| Line::Field {
        label: label.to_owned(),
        value: value.to_owned(),
        bold: false,
    };
    let mut lines = ticket(1).lines;
    lines.truncate(1);
    lines.extend([
        Line::Rule,
        field("事项", "食品经营许可（延续）"),
        field("申请人", "王𬭛㛃𠮷 㼆𠅤𬭚𰻝"),
        Line::Space,
        Line::Qr { data: "https://hall.example/r/LQ11230047".to_owned() },
        Line::Cut,
    ]);
    Document { lines }
}

#[tokio::test(start_paused = true)]
async fn the_paper_that_is_told_is_the_paper_that_was_moved() {
    let raster = PrinterSettings { mode: Mode::Raster, ..PrinterSettings::default() };
    let narrow = PrinterSettings { dots: 384, columns: 32, ..PrinterSettings::default() };
    let all = [
        ("text", PrinterSettings::default()),
        ("raster", raster),
        ("narrow", narrow),
        ("custom", custom()),
        ("star", star()),
    ];
    for (name, settings) in all {
        let dots_per_mm = u64::from(settings.dots_per_mm);
        let mut rig = Rig::start(&format!("fed-{name}"), settings).await;
        let before = rig.sim.state()["fed_dots"].as_u64().expect("a number");
        assert_eq!(rig.print_document(1, &receipt()).await, PrintOutcome::Printed, "{name}");
        let told = u64::from(rig.fed_mm(1).await);
        let moved = rig.sim.state()["fed_dots"].as_u64().expect("a number") - before;
        assert!(moved > 100 * dots_per_mm / 2, "{name}: {moved} dots");
        assert_eq!(told, moved.div_ceil(dots_per_mm), "{name}");
    }
}

/// A roll that ends in the middle has fed no more than what was sent of the document.
#[tokio::test(start_paused = true)]
async fn a_job_that_fails_counts_what_was_sent_of_it() {
    let mut rig = Rig::start("fed-failed", PrinterSettings::default()).await;
    rig.sim.control(&json!({"fault": "paper_end", "after_commands": 60})).expect("possible");
    let failed = PrintOutcome::Failed(PrintProblem::PaperEnd);
    assert_eq!(rig.print_document(1, &receipt()).await, failed);
    let told = u64::from(rig.fed_mm(1).await);
    let moved = rig.sim.state()["fed_dots"].as_u64().expect("a number");
    assert!(told * 8 >= moved, "{told} mm told, {moved} dots moved");
    let mut whole = Rig::start("fed-whole", PrinterSettings::default()).await;
    assert_eq!(whole.print_document(1, &receipt()).await, PrintOutcome::Printed);
    assert!(told <= u64::from(whole.fed_mm(1).await));
}
