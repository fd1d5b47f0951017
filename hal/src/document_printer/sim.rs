//! A document printer of its own: answers IPP over HTTP, takes its time for each sheet, and has
//! what printers have.
//!
//! `ippeveprinter` of CUPS is the real other end in tests; this one has the faults that it cannot
//! make, and runs in the demo hall.

mod attributes;
mod http;
mod jobs;

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value as Json, json};

use self::{
    http::{Arrival, Requests, answer},
    jobs::{Job, JobState, Jobs},
};
use super::{
    driver::describe,
    ipp::{Group, Message, group, operation, status},
};
use crate::{
    port::Direction,
    sim::{ControlError, Device, FaultInfo, LineFault, Outbox},
};

/// A request of which nothing more comes is forgotten.
const REQUEST_LIMIT: Duration = Duration::from_secs(2);

/// Faults that keep the printer from printing, with its words for them.
const STOPPING: [(&str, &str, &str); 7] = [
    ("paper_out", "media-empty-error", "the tray is empty"),
    ("cover_open", "cover-open", "a door stands open"),
    ("jam", "media-jam-error", "the paper is jammed"),
    ("toner_out", "toner-empty-error", "the cartridge is empty"),
    ("output_full", "output-area-full-error", "the output tray is full"),
    ("stopped", "paused", "somebody paused the printer"),
    ("unreachable", "connecting-to-device", "the server is there, the printer behind it is not"),
];

/// Faults that are only told.
const TOLD: [(&str, &str, &str); 2] = [
    ("paper_low", "media-low-warning", "the tray is nearly empty"),
    ("toner_low", "toner-low-warning", "the cartridge is nearly empty"),
];

const OTHERS: [(&str, &str); 8] = [
    ("rejects_jobs", "the printer takes no more jobs"),
    ("aborts_jobs", "the printer gives up the job that it prints"),
    ("forgets_jobs", "the printer knows nothing of jobs that it took"),
    ("only_print_job", "an old printer without Create-Job"),
    ("no_pdf", "a printer that does not print PDF"),
    ("answer_lost", "it takes a document and the answer does not come"),
    ("http_error", "its server answers 503"),
    ("power_off", "the printer is without power and forgets its jobs"),
];

const EXPECTED: &str = r#"{"take":true} or {"toner_percent":N}"#;

/// The printer.
pub struct DocumentPrinterSim {
    requests: Requests,
    request_until: Option<Duration>,
    jobs: Jobs,
    faults: BTreeSet<&'static str>,
    known: &'static [FaultInfo],
    toner_percent: u8,
}

impl Default for DocumentPrinterSim {
    fn default() -> Self {
        Self::new()
    }
}

impl DocumentPrinterSim {
    /// A printer that is well.
    pub fn new() -> Self {
        Self {
            requests: Requests::default(),
            request_until: None,
            jobs: Jobs::default(),
            faults: BTreeSet::new(),
            known: all_faults(),
            toner_percent: 75,
        }
    }

    fn has(&self, fault: &str) -> bool {
        self.faults.contains(fault)
    }

    fn is_stopped(&self) -> bool {
        self.has("power_off") || STOPPING.iter().any(|(name, ..)| self.has(name))
    }

    fn reasons(&self) -> Vec<&'static str> {
        let all = STOPPING.iter().chain(&TOLD).filter(|(name, ..)| self.has(name));
        let reasons: Vec<_> = all.map(|(_, reason, _)| *reason).collect();
        if reasons.is_empty() { vec!["none"] } else { reasons }
    }

    /// Lets time pass and what stands still stand still.
    fn settle(&mut self, now: Duration) {
        if self.has("aborts_jobs") {
            self.jobs.abort_current();
        }
        self.jobs.run(now, self.is_stopped());
    }

    fn answer(&mut self, now: Duration, body: &[u8]) -> Option<Vec<u8>> {
        if self.has("http_error") {
            return Some(answer("503 Service Unavailable", b""));
        }
        let Ok((request, document_at)) = Message::decode(body) else {
            let refusal = Message::new(status::BAD_REQUEST, 0).encode();
            return Some(answer("200 OK", &refusal));
        };
        let reply = self.operate(now, &request, &body[document_at..]);
        let has_document = matches!(request.code, operation::PRINT_JOB | operation::SEND_DOCUMENT);
        if has_document && self.has("answer_lost") {
            return None;
        }
        let (code, groups) = match reply {
            Ok(groups) => (status::OK, groups),
            Err(code) => (code, Vec::new()),
        };
        let mut message = Message::new(code, request.request_id);
        message.version = request.version;
        message.groups.extend(groups);
        Some(answer("200 OK", &message.encode()))
    }

    fn operate(
        &mut self,
        now: Duration,
        request: &Message,
        document: &[u8],
    ) -> Result<Vec<Group>, u16> {
        let id = request.number(group::OPERATION, "job-id");
        let only_print_job = self.has("only_print_job");
        match request.code {
            operation::GET_PRINTER_ATTRIBUTES => Ok(vec![self.printer_attributes(now)]),
            operation::PRINT_JOB => {
                let id = self.new_job(request)?;
                self.take_document(now, id, request, document)
            }
            operation::CREATE_JOB if !only_print_job => {
                let id = self.new_job(request)?;
                Ok(vec![self.jobs.find(id).ok_or(status::NOT_FOUND)?.attributes()])
            }
            operation::SEND_DOCUMENT if !only_print_job => {
                self.take_document(now, id.ok_or(status::BAD_REQUEST)?, request, document)
            }
            operation::GET_JOB_ATTRIBUTES => {
                let job = id.and_then(|it| self.jobs.find(it));
                let job = job.filter(|_| !self.has("forgets_jobs")).ok_or(status::NOT_FOUND)?;
                Ok(vec![job.attributes()])
            }
            operation::CANCEL_JOB => {
                let job = id.and_then(|it| self.jobs.find_mut(it)).ok_or(status::NOT_FOUND)?;
                if job.is_over() {
                    return Err(status::NOT_POSSIBLE);
                }
                job.state = JobState::Canceled;
                self.settle(now);
                Ok(Vec::new())
            }
            _ => Err(status::OPERATION_NOT_SUPPORTED),
        }
    }

    fn new_job(&mut self, request: &Message) -> Result<i32, u16> {
        if self.has("rejects_jobs") {
            return Err(status::NOT_ACCEPTING_JOBS);
        }
        let name = request.texts(group::OPERATION, "job-name").next().unwrap_or("untitled");
        let copies = request.number(group::JOB, "copies").unwrap_or(1);
        let media = request.texts(group::JOB, "media").next().unwrap_or_default();
        Ok(self.jobs.add(name, copies, media))
    }

    fn take_document(
        &mut self,
        now: Duration,
        id: i32,
        request: &Message,
        document: &[u8],
    ) -> Result<Vec<Group>, u16> {
        let format = request.texts(group::OPERATION, "document-format").next();
        let fits = format == Some("application/pdf") && !self.has("no_pdf");
        let job = self.jobs.find_mut(id).ok_or(status::NOT_FOUND)?;
        if !fits || !document.starts_with(b"%PDF-") {
            job.state = JobState::Aborted;
            return Err(status::DOCUMENT_FORMAT_NOT_SUPPORTED);
        }
        if job.state != JobState::Waiting {
            return Err(status::NOT_POSSIBLE);
        }
        job.take(document);
        self.settle(now);
        Ok(vec![self.jobs.find(id).ok_or(status::NOT_FOUND)?.attributes()])
    }
}

fn all_faults() -> &'static [FaultInfo] {
    use std::sync::LazyLock;

    static ALL: LazyLock<Vec<FaultInfo>> = LazyLock::new(|| {
        let told = STOPPING.iter().chain(&TOLD).map(|(name, _, description)| (*name, *description));
        let all = told.chain(OTHERS);
        all.map(|(name, description)| FaultInfo { name, description }).collect()
    });
    &ALL
}

impl Device for DocumentPrinterSim {
    fn receive(&mut self, now: Duration, bytes: &[u8], out: &mut Outbox) {
        if self.has("power_off") {
            return;
        }
        self.settle(now);
        for arrival in self.requests.push(bytes) {
            match arrival {
                Arrival::Continue => out.send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
                Arrival::Bad => out.send(answer("400 Bad Request", b"")),
                Arrival::Request(body) => {
                    if let Some(answer) = self.answer(now, &body) {
                        out.send(answer);
                    }
                }
            }
        }
        self.request_until = self.requests.pending().then(|| now + REQUEST_LIMIT);
    }

    fn control(
        &mut self,
        now: Duration,
        command: &Json,
        _out: &mut Outbox,
    ) -> Result<Json, ControlError> {
        self.settle(now);
        if command["take"] == true {
            self.jobs.forget_finished();
            return Ok(self.state());
        }
        if let Some(percent) = command["toner_percent"].as_u64() {
            let percent = u8::try_from(percent).ok().filter(|it| *it <= 100);
            let bad = || ControlError::BadValue("toner_percent is 0 to 100".into());
            self.toner_percent = percent.ok_or_else(bad)?;
            return Ok(self.state());
        }
        Err(ControlError::UnknownCommand { expected: EXPECTED })
    }

    fn state(&self) -> Json {
        json!({
            "powered": !self.has("power_off"),
            "state": if self.is_stopped() {
                "stopped"
            } else if self.jobs.current().is_some() {
                "busy"
            } else {
                "idle"
            },
            "reasons": self.reasons(),
            "toner_percent": self.toner_percent,
            "jobs": self.jobs.all().iter().map(Job::state_json).collect::<Vec<_>>(),
            "printed": self.jobs.printed,
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        self.known
    }

    fn set_fault(&mut self, now: Duration, fault: Option<&str>, _out: &mut Outbox) {
        self.settle(now);
        match fault {
            None => self.faults.clear(),
            Some(name) => {
                self.faults.extend(self.known.iter().map(|it| it.name).find(|it| *it == name));
            }
        }
        if self.has("power_off") {
            self.requests.clear();
            self.jobs.lose_all();
        }
        self.settle(now);
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        // Seen from here the kiosk's requests come in, as they go out there.
        describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        let request = self.request_until;
        request.into_iter().chain(self.jobs.done_at()).min()
    }

    fn wake(&mut self, now: Duration, _out: &mut Outbox) {
        if self.request_until.is_some_and(|it| it <= now) {
            self.requests.clear();
            self.request_until = None;
        }
        self.settle(now);
    }

    /// The protocol has no checksum of its own.
    fn line_faults(&self) -> &'static [LineFault] {
        const FAULTS: &[LineFault] = &[
            LineFault::Silence,
            LineFault::Garbage,
            LineFault::HalfFrame,
            LineFault::Slow,
            LineFault::Unplugged,
        ];
        FAULTS
    }
}
