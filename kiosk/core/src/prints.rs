//! Documents on their way to paper: stored, sent, printed, failed or unknown. A failed print loses
//! nothing: the number is on the screen, the document in the store, and it can be printed again.

use std::collections::BTreeMap;
use std::time::Duration;

use hal::printer::{Document, PrintJobId, PrintOutcome, PrintProblem, PrinterCommand, TicketFate};
use wire::EventBody;

use crate::effect::Effect;
use crate::event::{Now, WriteId};
use crate::kiosk::{Effects, Kiosk};
use crate::store::{PrintState, Record};

/// The documents of the session.
#[derive(Debug, Default)]
pub(crate) struct Prints {
    jobs: BTreeMap<PrintJobId, PrintJob>,
}

/// One document.
#[derive(Clone, Debug)]
pub(crate) struct PrintJob {
    pub(crate) kind: DocumentKind,
    pub(crate) number: String,
    document: Document,
    pub(crate) stage: Stage,
    /// A presenter saw that somebody took it.
    taken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    Receipt,
    Voucher,
    Slip,
    TestPage,
    Inspection,
}

impl DocumentKind {
    fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Voucher => "voucher",
            Self::Slip => "slip",
            Self::TestPage => "test_page",
            Self::Inspection => "inspection",
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Being stored with this write, or with the operation's outcome.
    Storing(Option<WriteId>),
    Sent {
        since: Duration,
    },
    /// It could not be written to disk, so it was not sent either.
    NotStored,
    Printed,
    Failed(PrintProblem),
    Unknown,
}

impl Stage {
    /// There is no paper, or nobody knows; it can be tried again.
    pub(crate) fn failed(self) -> bool {
        matches!(self, Self::NotStored | Self::Failed(_) | Self::Unknown)
    }
}

impl Prints {
    pub(crate) fn get(&self, job: PrintJobId) -> Option<&PrintJob> {
        self.jobs.get(&job)
    }

    pub(crate) fn by_number(&self, number: &str) -> Option<(PrintJobId, &PrintJob)> {
        self.jobs.iter().rev().find(|(_, it)| it.number == number).map(|(id, it)| (*id, it))
    }

    pub(crate) fn wakeup(&self, limit: Duration) -> Option<Duration> {
        self.jobs
            .values()
            .filter_map(|it| match it.stage {
                Stage::Sent { since } => Some(since + limit),
                _ => None,
            })
            .min()
    }

    /// Drops the document of an outcome that could not be written: what it says is not known.
    pub(crate) fn forget_unstored(&mut self) {
        self.jobs.retain(|_, it| it.stage != Stage::Storing(None));
    }

    /// Whether anything is on its way to paper.
    pub(crate) fn are_going_on(&self) -> bool {
        self.jobs.values().any(|it| matches!(it.stage, Stage::Storing(_) | Stage::Sent { .. }))
    }

    /// The latest paper of this session that lies in the slot.
    pub(crate) fn came_out(&self) -> Option<PrintJobId> {
        let lies = |it: &PrintJob| it.stage == Stage::Printed && !it.taken;
        self.jobs.iter().rev().find(|(_, it)| lies(it)).map(|(job, _)| *job)
    }

    /// The same once nothing is on its way any more.
    pub(crate) fn all_came_out(&self) -> Option<PrintJobId> {
        self.came_out().filter(|_| !self.are_going_on())
    }

    fn stored_by(&self, write: WriteId) -> Option<PrintJobId> {
        let mut jobs = self.jobs.iter();
        jobs.find(|(_, it)| it.stage == Stage::Storing(Some(write))).map(|(job, _)| *job)
    }

    /// Drops what is over; jobs that are still at the printer stay until it answers.
    pub(crate) fn session_ended(&mut self) {
        self.jobs.retain(|_, it| matches!(it.stage, Stage::Sent { .. } | Stage::Storing(_)));
    }
}

impl Kiosk {
    /// Notes a document and returns the record that stores it; it is sent once that is on disk.
    pub(crate) fn document_record(
        &mut self,
        kind: DocumentKind,
        number: &str,
        document: Document,
    ) -> (PrintJobId, Record) {
        let job = PrintJobId(self.ids.number());
        let number = number.to_owned();
        let record = Record::Document { job, number: number.clone(), document: document.clone() };
        let stage = Stage::Storing(None);
        self.prints.jobs.insert(job, PrintJob { kind, number, document, stage, taken: false });
        (job, record)
    }

    /// Stores a document and prints it.
    pub(crate) fn print(
        &mut self,
        kind: DocumentKind,
        number: &str,
        document: Document,
        out: &mut Effects,
    ) -> PrintJobId {
        let (job, record) = self.document_record(kind, number, document);
        let write = self.store(vec![record], out);
        self.set_stage(job, Stage::Storing(Some(write)));
        job
    }

    /// The same together with what it reports: both are on disk or neither is.
    pub(crate) fn print_with(
        &mut self,
        kind: DocumentKind,
        number: &str,
        document: Document,
        mut facts: Vec<Record>,
        out: &mut Effects,
    ) -> WriteId {
        let (job, record) = self.document_record(kind, number, document);
        facts.push(record);
        let write = self.store(facts, out);
        self.set_stage(job, Stage::Storing(Some(write)));
        write
    }

    /// The same document and the same number once more.
    pub(crate) fn print_again(&mut self, number: &str, out: &mut Effects) {
        let Some((_, job)) = self.prints.by_number(number) else { return };
        if matches!(job.stage, Stage::Storing(_) | Stage::Sent { .. }) {
            return;
        }
        let (kind, document) = (job.kind, job.document.clone());
        self.print(kind, number, document, out);
    }

    pub(crate) fn print_stored(&mut self, now: Now, write: WriteId, out: &mut Effects) {
        if let Some(job) = self.prints.stored_by(write) {
            self.send_print(now, job, out);
        }
    }

    pub(crate) fn print_not_stored(&mut self, write: WriteId) {
        if let Some(job) = self.prints.stored_by(write) {
            self.set_stage(job, Stage::NotStored);
        }
    }

    /// Sends a document that is on disk to the printer.
    pub(crate) fn send_print(&mut self, now: Now, job: PrintJobId, out: &mut Effects) {
        let Some(print) = self.prints.jobs.get(&job) else { return };
        let document = print.document.clone();
        self.store(vec![Record::Print { job, state: PrintState::Sent }], out);
        out.push(Effect::Printer(PrinterCommand::Print { job, document }));
        self.set_stage(job, Stage::Sent { since: now.uptime });
    }

    pub(crate) fn printed(
        &mut self,
        now: Now,
        job: PrintJobId,
        outcome: PrintOutcome,
        out: &mut Effects,
    ) {
        let (state, stage) = match outcome {
            PrintOutcome::Printed => (PrintState::Printed, Stage::Printed),
            PrintOutcome::Refused(problem) | PrintOutcome::Failed(problem) => {
                (PrintState::Failed, Stage::Failed(problem))
            }
            PrintOutcome::Unknown => (PrintState::Unknown, Stage::Unknown),
        };
        self.print_ended(now, job, state, stage, out);
    }

    /// A presenter tells what became of a paper: that nobody took it is on record.
    pub(crate) fn ticket(
        &mut self,
        now: Now,
        job: PrintJobId,
        fate: TicketFate,
        out: &mut Effects,
    ) {
        if fate == TicketFate::Taken {
            if let Some(print) = self.prints.jobs.get_mut(&job) {
                print.taken = true;
            }
            return;
        }
        self.meters.not_taken += u64::from(fate != TicketFate::Unknown);
        let detail = serde_json::json!({ "device": "printer", "ticket": fate });
        let journal = Record::Journal { at: now.wall, kind: "ticket_not_taken".into(), detail };
        self.store(vec![journal, self.meters.record()], out);
    }

    pub(crate) fn prints_time(&mut self, now: Now, out: &mut Effects) {
        let limit = self.config.limits.print_limit;
        let late: Vec<PrintJobId> = self
            .prints
            .jobs
            .iter()
            .filter(
                |(_, it)| matches!(it.stage, Stage::Sent { since } if now.uptime >= since + limit),
            )
            .map(|(job, _)| *job)
            .collect();
        for job in late {
            self.print_ended(now, job, PrintState::Unknown, Stage::Unknown, out);
        }
    }

    fn print_ended(
        &mut self,
        now: Now,
        job: PrintJobId,
        state: PrintState,
        stage: Stage,
        out: &mut Effects,
    ) {
        let Some(print) = self.prints.jobs.get(&job) else { return };
        let fact = EventBody::Printed {
            document: print.kind.word().into(),
            number: print.number.clone(),
            outcome: state.word().into(),
        };
        let mut records = vec![Record::Print { job, state }, self.outbox(now, fact)];
        if state == PrintState::Printed {
            self.meters.printed += 1;
            records.push(self.meters.record());
        }
        self.store(records, out);
        self.set_stage(job, stage);
        if self.session.is_none() {
            self.prints.session_ended();
        }
    }

    fn set_stage(&mut self, job: PrintJobId, stage: Stage) {
        if let Some(print) = self.prints.jobs.get_mut(&job) {
            print.stage = stage;
        }
    }
}

impl PrintState {
    /// The state as a word of messages and of the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Sent => "sent",
            Self::Printed => "printed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}
