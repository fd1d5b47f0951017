//! One conversation with a printer: questions, documents, and the proof that they came out.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Confirm, PrintOutcome, PrintProblem, PrinterSettings, PrinterStatus,
    encode::EncodedJob,
    escpos,
    presenter::{
        self, Clear, SlotQuery, SlotSensor, Way, from_full_status, has_full_status, slot_sensor,
    },
    status::{Answer, Splitter, from_asb, from_real_time},
};
use crate::port::{Line, LineError, OpenError, PortUrl, Tap};

/// Bytes between two looks at what the printer says.
const CHUNK_BYTES: usize = 256;
/// How long a printer that is well may stop taking bytes.
const STALL_LIMIT: Duration = Duration::from_secs(5);
/// Pause between two looks at a printer that works through a document.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Pause between two looks at a ticket on its way.
const SLOT_LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// Looks without an answer after which a printer is gone.
const MISSES_MAX: u8 = 3;
/// The slowest printing that is waited for, in rows of dots a second: 40 mm.
const SLOWEST_DOTS_PER_S: u64 = 320;
/// What a document may take beside the time of its bytes and of its rows.
const GRACE: Duration = Duration::from_secs(5);
/// White dots that are sent at once to a printer that waits for the rest of a picture.
const FILL_BYTES: usize = 2048;
/// More than the tallest band of the widest head.
const FILLS_MAX: usize = 17;

/// The line failed.
#[derive(Debug)]
pub(super) struct Lost(pub(super) LineError);

/// What an attempt to send a document ended with, before it was confirmed.
enum Sent {
    All,
    /// The printer said that it cannot go on.
    Problem(PrintProblem),
    /// It stopped taking bytes and did not say why.
    Stalled,
}

/// A line with a printer at its end.
pub(super) struct Session {
    pub(super) line: Line,
    pub(super) settings: PrinterSettings,
    baud: u32,
    splitter: Splitter,
    /// The last state heard of.
    pub(super) status: Option<PrinterStatus>,
    paused: bool,
    queued: Option<u8>,
    real_time: Option<u8>,
    full: Option<u8>,
    raw: Option<u8>,
    /// Whether a ticket is in the output, as last heard; `None` where nothing tells.
    pub(super) slot: Option<bool>,
    /// Bytes of the last document that were handed over.
    pub(super) sent_bytes: usize,
    /// Bytes of a command that a printer still waits for after a document was given up.
    owed: Option<usize>,
}

impl Session {
    pub(super) fn new(url: PortUrl, settings: PrinterSettings, tap: Option<Tap>) -> Self {
        let url = url.with_default_baud(settings.baud);
        let baud = match &url {
            PortUrl::Serial { baud: Some(baud), .. } => *baud,
            _ => settings.baud,
        };
        Self {
            line: Line::new(url, tap),
            splitter: Splitter::with_full_status(has_full_status(&settings)),
            settings,
            baud,
            status: None,
            paused: false,
            queued: None,
            real_time: None,
            full: None,
            raw: None,
            slot: None,
            sent_bytes: 0,
            owed: None,
        }
    }

    pub(super) async fn connect(&mut self) -> Result<(), OpenError> {
        self.line.connect().await?;
        self.splitter.clear();
        self.status = None;
        self.slot = None;
        self.paused = false;
        Ok(())
    }

    /// Asks how the printer is and, of a presenter, whether a ticket is in its output; `None` where
    /// a question after the state was not answered.
    pub(super) async fn ask_status(&mut self) -> Result<Option<PrinterStatus>, Lost> {
        let sensor = slot_sensor(&self.settings);
        if has_full_status(&self.settings) {
            let mask = sensor.map_or(0, |it| it.mask);
            let Some(sensors) = self.ask(&presenter::ASK_FULL_STATUS, |it| it.full.take()).await?
            else {
                return Ok(None);
            };
            self.slot = Some(sensors & mask != 0);
        } else {
            let mut answers = [0; 4];
            for (n, answer) in (1..).zip(&mut answers) {
                let question = escpos::real_time_status(n);
                match self.ask(&question, |it| it.real_time.take()).await? {
                    Some(it) => *answer = it,
                    None => return Ok(None),
                }
            }
            self.status = Some(from_real_time(answers));
            if let Some(sensor) = sensor {
                self.ask_slot(sensor).await?;
            }
        }
        self.line.well();
        Ok(self.status)
    }

    async fn ask_slot(&mut self, sensor: SlotSensor) -> Result<(), Lost> {
        let answer = match sensor.query {
            SlotQuery::Detector => {
                self.ask(&presenter::ASK_DETECTOR, |it| it.real_time.take()).await?
            }
            SlotQuery::Ejector => self.ask_raw(&presenter::ASK_EJECTOR).await?,
            SlotQuery::EscV => self.ask_raw(&presenter::ASK_ESC_V).await?,
            SlotQuery::FullStatus => return Ok(()),
        };
        self.slot = answer.map(|it| it & sensor.mask != 0);
        Ok(())
    }

    async fn ask_raw(&mut self, question: &[u8]) -> Result<Option<u8>, Lost> {
        self.splitter.expect_raw(true);
        let answer = self.ask(question, |it| it.raw.take()).await?;
        if answer.is_none() {
            // One that comes late has no fixed bits either: it must not be taken for the proof that
            // a document came out.
            let deadline = self.reply_deadline();
            while self.hear(deadline).await? {}
            self.raw = None;
        }
        self.splitter.expect_raw(false);
        Ok(answer)
    }

    /// One question and the answer that `take` finds in time.
    async fn ask<T>(
        &mut self,
        question: &[u8],
        take: impl Fn(&mut Self) -> Option<T>,
    ) -> Result<Option<T>, Lost> {
        // An answer that came late is not one to this question.
        while take(self).is_some() {}
        self.write(question).await?;
        let deadline = self.reply_deadline();
        loop {
            if !self.hear(deadline).await? {
                return Ok(None);
            }
            if let Some(answer) = take(self) {
                return Ok(Some(answer));
            }
        }
    }

    /// Has the printer report changes by itself, where it does so in a form that is understood.
    pub(super) async fn enable_reports(&mut self) -> Result<(), Lost> {
        if !presenter::may_report(&self.settings) {
            return Ok(());
        }
        self.write(&escpos::ASB_ON).await
    }

    /// Moves the ticket in the output; whether it is gone afterwards.
    ///
    /// It may be repeated: an empty output stays empty.
    pub(super) async fn move_ticket(&mut self, way: Way) -> Result<bool, Lost> {
        let Some(command) = presenter::move_ticket(self.settings.model, way) else {
            return Ok(false);
        };
        self.write(&command).await?;
        let limit = Duration::from_millis(self.settings.presenter.move_timeout_ms.into());
        let until = Instant::now() + limit;
        loop {
            let answered = self.ask_status().await?.is_some();
            if answered && self.slot == Some(false) {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            let look_at = (Instant::now() + SLOT_LOOK_INTERVAL).min(until);
            while self.hear(look_at).await? {}
        }
    }

    /// Takes in what arrives before `deadline`; false where nothing did.
    pub(super) async fn hear(&mut self, deadline: Instant) -> Result<bool, Lost> {
        let bytes = match self.line.receive(deadline).await {
            Ok(bytes) => bytes,
            Err(LineError::Timeout) => return Ok(false),
            Err(error) => return Err(Lost(error)),
        };
        for byte in bytes {
            match self.splitter.push(*byte) {
                Some(Answer::RealTime(it)) => self.real_time = Some(it),
                Some(Answer::Asb(it)) => self.status = Some(from_asb(it)),
                Some(Answer::Queued(it)) => self.queued = Some(it),
                Some(Answer::Full(it)) => {
                    let full = from_full_status(it);
                    self.status = Some(full.status);
                    self.full = Some(full.sensors);
                }
                Some(Answer::Raw(it)) => self.raw = Some(it),
                Some(Answer::Xon) => self.paused = false,
                Some(Answer::Xoff) => self.paused = true,
                None => {}
            }
        }
        Ok(true)
    }

    /// Prints a document on a printer that said that it is ready.
    ///
    /// Never sends it a second time. After anything but [`PrintOutcome::Printed`] the printer is to
    /// be given [`Self::clean_up`] once it is ready again.
    pub(super) async fn print(&mut self, job: &EncodedJob) -> PrintOutcome {
        let outcome = match self.send_all(job).await {
            Err(_) | Ok(Sent::Stalled) => PrintOutcome::Unknown,
            Ok(Sent::Problem(problem)) => PrintOutcome::Failed(problem),
            Ok(Sent::All) => match self.settings.confirm {
                Confirm::Queued => self.confirm_queued(job).await,
                Confirm::RealTime => self.confirm_real_time(job).await,
            }
            .unwrap_or(PrintOutcome::Unknown),
        };
        if outcome != PrintOutcome::Printed && self.owed.is_none() {
            self.owed = Some(0);
        }
        outcome
    }

    /// Whether the printer was well when it was last heard.
    pub(super) fn is_ready(&self) -> bool {
        self.status.is_some_and(|it| it.ready())
    }

    /// Whether an unfinished document is still in the printer.
    pub(super) fn is_unclean(&self) -> bool {
        self.owed.is_some()
    }

    /// Completes a picture that was given up, ejects what is left of its document and cuts it off,
    /// so that the next person does not get it.
    pub(super) async fn clean_up(&mut self) -> Result<(), Lost> {
        let Some(owed) = self.owed else { return Ok(()) };
        self.write(&vec![0; owed]).await?;
        self.settle().await?;
        self.write(&escpos::INITIALISE).await?;
        for command in presenter::cut(&self.settings) {
            self.write(&command).await?;
        }
        let way = match self.settings.presenter.clear {
            Clear::Retract => Way::Retract,
            Clear::Eject | Clear::None => Way::Eject,
        };
        if let Some(command) = presenter::move_ticket(self.settings.model, way) {
            self.write(&command).await?;
        }
        self.enable_reports().await?;
        self.owed = None;
        Ok(())
    }

    /// Fills up a picture that somebody else left half sent, such as this program before a power
    /// cut.
    pub(super) async fn settle(&mut self) -> Result<(), Lost> {
        if self.settings.confirm == Confirm::RealTime {
            return Ok(());
        }
        for fills in 0..FILLS_MAX {
            self.queued = None;
            self.write(&escpos::QUEUED_STATUS).await?;
            let deadline = self.reply_deadline();
            while self.queued.is_none() && self.hear(deadline).await? {}
            if self.queued.is_some() {
                // Every question so far is answered in turn; none of those answers may be taken for
                // the proof that the next document came out.
                while fills > 0 && self.hear(self.reply_deadline()).await? {}
                return Ok(());
            }
            // A document that is being printed answers late, and pictures have to be filled up;
            // only a printer that is well is known to wait for one of the two.
            if self.ask_status().await?.is_none_or(|it| !it.ready()) {
                return Ok(());
            }
            self.fill().await?;
        }
        Ok(())
    }

    /// Some white dots for a printer that waits for the rest of a picture; to others they are
    /// nothing.
    pub(super) async fn fill(&mut self) -> Result<(), Lost> {
        self.write(&[0; FILL_BYTES]).await
    }

    /// Clears buffers and errors that can be cleared.
    pub(super) async fn reset(&mut self) -> Result<(), Lost> {
        self.write(&escpos::RECOVER).await?;
        self.write(&escpos::INITIALISE).await?;
        self.enable_reports().await?;
        self.owed = None;
        Ok(())
    }

    async fn send_all(&mut self, job: &EncodedJob) -> Result<Sent, Lost> {
        self.owed = Some(0);
        self.sent_bytes = 0;
        let mut sent = 0;
        for chunk in job.bytes.chunks(CHUNK_BYTES) {
            if let Some(stop) = self.may_send().await? {
                self.owed = Some(job.owed(sent));
                return Ok(stop);
            }
            match self.line.send(chunk, self.send_limit(chunk.len())).await {
                Ok(()) => {
                    sent += chunk.len();
                    self.sent_bytes = sent;
                }
                Err(LineError::Timeout) => {
                    // Some of the chunk may have been taken; what is owed is found out by filling
                    // up.
                    let problem = self.ask_status().await?.and_then(|it| it.problem());
                    return Ok(problem.map_or(Sent::Stalled, Sent::Problem));
                }
                Err(error) => return Err(Lost(error)),
            }
        }
        self.owed = None;
        Ok(Sent::All)
    }

    /// Looks whether the printer goes on, and waits while it asked to.
    async fn may_send(&mut self) -> Result<Option<Sent>, Lost> {
        let stalled_at = Instant::now() + STALL_LIMIT;
        loop {
            while self.hear(Instant::now()).await? {}
            if let Some(problem) = self.status.and_then(|it| it.problem()) {
                return Ok(Some(Sent::Problem(problem)));
            }
            if !self.paused {
                return Ok(None);
            }
            if Instant::now() >= stalled_at {
                return Ok(Some(Sent::Stalled));
            }
            self.hear((Instant::now() + LOOK_INTERVAL).min(stalled_at)).await?;
            if self.paused && self.ask_status().await?.is_none() {
                return Ok(Some(Sent::Stalled));
            }
        }
    }

    /// A status request queued behind the document is answered when everything before it is done.
    async fn confirm_queued(&mut self, job: &EncodedJob) -> Result<PrintOutcome, Lost> {
        self.queued = None;
        self.write(&escpos::QUEUED_STATUS).await?;
        let deadline = Instant::now() + self.time_for(job);
        // Questions travel behind what adapters and drivers below this one still hold of the
        // document.
        let travelling_until = Instant::now() + self.wire_time(job.bytes.len()) * 2;
        let mut misses = 0;
        while self.queued.is_none() {
            let look_at = Instant::now() + LOOK_INTERVAL;
            while self.queued.is_none() && self.hear(look_at.min(deadline)).await? {
                if let Some(problem) = self.status.and_then(|it| it.problem()) {
                    return Ok(PrintOutcome::Failed(problem));
                }
            }
            if self.queued.is_some() {
                break;
            }
            let answered = self.ask_status().await?.is_some();
            let late = !answered && Instant::now() > travelling_until;
            misses = if late { misses + 1 } else { 0 };
            if let Some(problem) = self.status.and_then(|it| it.problem()) {
                return Ok(PrintOutcome::Failed(problem));
            }
            if misses >= MISSES_MAX || Instant::now() >= deadline {
                return Ok(PrintOutcome::Unknown);
            }
        }
        self.last_look().await
    }

    /// The time that the slowest printing takes passes without any complaint.
    async fn confirm_real_time(&mut self, job: &EncodedJob) -> Result<PrintOutcome, Lost> {
        let done_at = Instant::now() + self.time_for(job).saturating_sub(GRACE);
        while Instant::now() < done_at {
            let look_at = (Instant::now() + LOOK_INTERVAL).min(done_at);
            while self.hear(look_at).await? {}
            self.ask_status().await?;
            if let Some(problem) = self.status.and_then(|it| it.problem()) {
                return Ok(PrintOutcome::Failed(problem));
            }
        }
        self.last_look().await
    }

    async fn last_look(&mut self) -> Result<PrintOutcome, Lost> {
        Ok(match self.ask_status().await?.map(|it| it.problem()) {
            Some(None) => PrintOutcome::Printed,
            Some(Some(problem)) => PrintOutcome::Failed(problem),
            None => PrintOutcome::Unknown,
        })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        self.line.send(bytes, self.send_limit(bytes.len())).await.map_err(Lost)
    }

    fn send_limit(&self, bytes: usize) -> Duration {
        STALL_LIMIT + self.wire_time(bytes) * 2
    }

    fn wire_time(&self, bytes: usize) -> Duration {
        Duration::from_micros(bytes as u64 * 10 * 1_000_000 / u64::from(self.baud.max(1)))
    }

    /// How long a document may take, from its bytes at the line's rate and its rows of dots.
    fn time_for(&self, job: &EncodedJob) -> Duration {
        let rows = Duration::from_millis(job.dots as u64 * 1_000 / SLOWEST_DOTS_PER_S);
        GRACE + self.wire_time(job.bytes.len()) * 2 + rows
    }

    fn reply_deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.settings.reply_timeout_ms.into())
    }
}
