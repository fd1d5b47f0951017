//! The one task that owns a receipt printer.

use std::{collections::VecDeque, time::Duration};

use tokio::{sync::mpsc, time::Instant};
use tracing::{error, info, warn};

use super::{
    Document, PrintJobId, PrintOutcome, PrintProblem, PrinterCommand, PrinterEvent,
    PrinterSettings, PrinterStatus, TicketFate,
    encode::{EncodedJob, encode, needs_fonts},
    presenter::{Clear, NotTaken, Way, slot_sensor},
    session::{Lost, Session},
};
use crate::{
    commands::Commands,
    fault::Link,
    port::{LineError, PortUrl, Tap},
};

/// Documents that may wait.
const COMMANDS_MAX: usize = 32;
/// Jobs that are remembered, so that none is printed twice.
const JOBS_MAX: usize = 1024;
/// Questions without an answer after which a printer counts as gone.
const MISSES_MAX: u8 = 3;

/// The way to a running driver.
pub type PrinterHandle = Commands<PrinterCommand>;

/// Starts the driver of one printer on the current tokio runtime.
///
/// With settings that do not pass [`PrinterSettings::check`] it reports the link down and prints
/// nothing.
pub fn spawn(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<PrinterEvent>,
) -> PrinterHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        session: Session::new(url, settings, tap),
        commands,
        events,
        done: VecDeque::new(),
        told: None,
        link: Link::Starting,
        misses: 0,
        poll_at: Instant::now(),
        ticket: None,
    };
    tokio::spawn(driver.run());
    handle
}

/// Why a step was the last one of its kind.
enum Stop {
    /// The handle or the receiver of events is gone.
    Ended,
    Lost(Lost),
}

impl From<Lost> for Stop {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

struct Driver {
    session: Session,
    commands: mpsc::Receiver<PrinterCommand>,
    events: mpsc::Sender<PrinterEvent>,
    /// Jobs of which something was sent, with their outcomes, oldest first.
    done: VecDeque<(PrintJobId, PrintOutcome)>,
    told: Option<PrinterStatus>,
    link: Link,
    misses: u8,
    poll_at: Instant,
    /// The ticket that was held out last, while nobody knows what became of it.
    ticket: Option<Ticket>,
}

struct Ticket {
    job: PrintJobId,
    since: Instant,
    /// It was told that nobody took it, and is not moved any more.
    left: bool,
    /// The printer was away meanwhile.
    unsure: bool,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.session.settings.check() {
            error!(%error, "printer settings cannot work");
            return self.refuse_all().await;
        }
        loop {
            let stop = match self.connect().await {
                Ok(()) => self.serve().await,
                Err(stop) => stop,
            };
            let Stop::Lost(lost) = stop else { return };
            if self.link != Link::Down {
                warn!(port = %self.session.line.url(), error = %lost.0, "printer line lost");
            }
            self.session.line.fail();
            if self.lose().await.is_err() {
                return;
            }
        }
    }

    /// Refuses everything until nobody asks any more.
    async fn refuse_all(&mut self) {
        let mut told = self.lose().await;
        while let (Ok(()), Some(command)) = (&told, self.commands.recv().await) {
            told = self.refuse(command).await;
        }
    }

    async fn connect(&mut self) -> Result<(), Stop> {
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.refuse(command.ok_or(Stop::Ended)?).await?;
                }
                opened = self.session.connect() => match opened {
                    Ok(()) => {
                        self.misses = 0;
                        self.poll_at = Instant::now();
                        return Ok(());
                    }
                    Err(error) => {
                        if self.link != Link::Down {
                            warn!(%error, "printer port cannot be opened");
                        }
                        self.lose().await?;
                    }
                }
            }
        }
    }

    async fn serve(&mut self) -> Stop {
        loop {
            if let Err(stop) = self.step().await {
                return stop;
            }
        }
    }

    async fn step(&mut self) -> Result<(), Stop> {
        if self.poll_at <= Instant::now() {
            return self.poll().await;
        }
        tokio::select! {
            biased;
            command = self.commands.recv() => self.obey(command.ok_or(Stop::Ended)?).await,
            heard = self.session.hear(self.poll_at) => {
                heard?;
                self.tell_status().await
            }
        }
    }

    async fn poll(&mut self) -> Result<(), Stop> {
        let pause = Duration::from_millis(self.session.settings.poll_interval_ms.into());
        let answered = self.session.ask_status().await?;
        self.poll_at = Instant::now() + pause;
        let Some(status) = answered else {
            self.misses += 1;
            if self.misses >= MISSES_MAX {
                return Err(Lost(LineError::Timeout).into());
            }
            if self.link != Link::Up {
                // It may take questions for dots of a picture that was never sent to its end.
                self.session.fill().await?;
            }
            return Ok(());
        };
        self.misses = 0;
        if self.link != Link::Up {
            info!("printer answers");
            // It may have been switched on only now, with reports off, or wait for the rest of a
            // picture that a program before this one began.
            self.session.enable_reports().await?;
            if status.ready() {
                self.session.settle().await?;
            }
            self.change_link(Link::Up).await?;
        }
        if self.session.is_unclean() && status.ready() {
            self.session.clean_up().await?;
        }
        self.follow_ticket().await?;
        self.tell_status().await
    }

    async fn obey(&mut self, command: PrinterCommand) -> Result<(), Stop> {
        let PrinterCommand::Print { job, document } = command;
        if let Some(outcome) = self.outcome_of(job) {
            return self.report(job, outcome).await;
        }
        match self.problem_now().await {
            Ok(None) => {}
            Ok(Some(problem)) => {
                self.report(job, PrintOutcome::Refused(problem)).await?;
                return self.tell_status().await;
            }
            Err(lost) => {
                self.report(job, PrintOutcome::Refused(PrintProblem::Offline)).await?;
                return Err(lost.into());
            }
        }
        if !self.clear_slot().await? {
            let refused = PrintOutcome::Refused(PrintProblem::Mechanical);
            self.report(job, refused).await?;
            return self.tell_status().await;
        }
        let encoded = encode_aside(document, self.session.settings.clone()).await;
        let outcome = self.session.print(&encoded).await;
        self.remember(job, outcome);
        self.report(job, outcome).await?;
        let paper_mm = self.millimetres(encoded.paper_dots(self.session.sent_bytes));
        self.tell(PrinterEvent::Fed { job, paper_mm }).await?;
        if outcome == PrintOutcome::Printed && slot_sensor(&self.session.settings).is_some() {
            self.ticket = Some(Ticket { job, since: Instant::now(), left: false, unsure: false });
        }
        self.poll_at = Instant::now();
        self.tell_status().await
    }

    fn millimetres(&self, dots: usize) -> u32 {
        let dots_per_mm = usize::from(self.session.settings.dots_per_mm.max(1));
        u32::try_from(dots.div_ceil(dots_per_mm)).unwrap_or(u32::MAX)
    }

    /// Looks what became of the ticket that was held out, and moves one that nobody took.
    async fn follow_ticket(&mut self) -> Result<(), Stop> {
        let settings = self.session.settings.presenter;
        let Some(ticket) = &self.ticket else { return Ok(()) };
        let late = ticket.since.elapsed() >= Duration::from_secs(settings.take_timeout_s.into());
        match self.session.slot {
            Some(false) => {
                let fate = if ticket.unsure { TicketFate::Unknown } else { TicketFate::Taken };
                self.end_ticket(fate).await
            }
            // A printer that is not well does not move anything; it is looked at again.
            Some(true) if late && !ticket.left && self.session.is_ready() => {
                self.give_up_ticket(settings.not_taken).await
            }
            Some(true) | None => Ok(()),
        }
    }

    async fn give_up_ticket(&mut self, not_taken: NotTaken) -> Result<(), Stop> {
        let moved = match not_taken {
            NotTaken::Retract => Some((Way::Retract, TicketFate::Retracted)),
            NotTaken::Eject => Some((Way::Eject, TicketFate::Ejected)),
            NotTaken::Keep => None,
        };
        if let Some((way, fate)) = moved
            && self.session.move_ticket(way).await?
        {
            return self.end_ticket(fate).await;
        }
        let Some(ticket) = &mut self.ticket else { return Ok(()) };
        ticket.left = true;
        let job = ticket.job;
        warn!(job = job.0, "a ticket stays in the output");
        self.tell(PrinterEvent::Ticket { job, fate: TicketFate::Left }).await
    }

    /// Empties the output before the next ticket; false where what is in it does not move.
    async fn clear_slot(&mut self) -> Result<bool, Stop> {
        self.follow_ticket().await?;
        if self.session.slot != Some(true) {
            return Ok(true);
        }
        let (way, fate) = match self.session.settings.presenter.clear {
            Clear::Eject => (Way::Eject, TicketFate::Ejected),
            Clear::Retract => (Way::Retract, TicketFate::Retracted),
            Clear::None => {
                self.end_ticket(TicketFate::Ejected).await?;
                return Ok(true);
            }
        };
        let cleared = self.session.move_ticket(way).await?;
        if cleared {
            self.end_ticket(fate).await?;
        }
        Ok(cleared)
    }

    async fn end_ticket(&mut self, fate: TicketFate) -> Result<(), Stop> {
        let Some(Ticket { job, .. }) = self.ticket.take() else { return Ok(()) };
        info!(job = job.0, ?fate, "ticket left the output");
        self.tell(PrinterEvent::Ticket { job, fate }).await
    }

    /// What keeps the printer from printing now. A complaint is heard twice before it counts:
    /// printers answer once more with what was before a cover was shut.
    async fn problem_now(&mut self) -> Result<Option<PrintProblem>, Lost> {
        let offline = Ok(Some(PrintProblem::Offline));
        let Some(mut status) = self.session.ask_status().await? else { return offline };
        if !status.ready() {
            let Some(again) = self.session.ask_status().await? else { return offline };
            status = again;
        }
        if status.ready() && self.session.is_unclean() {
            self.session.clean_up().await?;
        }
        Ok(status.problem())
    }

    /// What commands get while the port is closed.
    async fn refuse(&mut self, command: PrinterCommand) -> Result<(), Stop> {
        let PrinterCommand::Print { job, .. } = command;
        let refused = PrintOutcome::Refused(PrintProblem::Offline);
        self.report(job, self.outcome_of(job).unwrap_or(refused)).await
    }

    fn outcome_of(&self, job: PrintJobId) -> Option<PrintOutcome> {
        self.done.iter().find(|(it, _)| *it == job).map(|(_, outcome)| *outcome)
    }

    fn remember(&mut self, job: PrintJobId, outcome: PrintOutcome) {
        if self.done.len() == JOBS_MAX {
            self.done.pop_front();
        }
        self.done.push_back((job, outcome));
    }

    async fn lose(&mut self) -> Result<(), Stop> {
        self.told = None;
        if let Some(ticket) = &mut self.ticket {
            ticket.unsure = true;
        }
        self.change_link(Link::Down).await
    }

    async fn change_link(&mut self, link: Link) -> Result<(), Stop> {
        if self.link != link {
            self.link = link;
            self.tell(PrinterEvent::Link(link)).await?;
        }
        Ok(())
    }

    /// The state, where it is news. What contradicts what was told, or says that something is wrong,
    /// is asked about once more before it counts: noise may look like an answer, and printers answer
    /// once more with what was before a cover was shut.
    async fn news(&mut self) -> Result<Option<PrinterStatus>, Lost> {
        let told = self.told;
        let is_news = |it: &PrinterStatus| told != Some(*it);
        let Some(status) = self.session.status.filter(is_news) else { return Ok(None) };
        if told.is_none() && status.ready() {
            return Ok(Some(status));
        }
        Ok(self.session.ask_status().await?.filter(is_news))
    }

    async fn tell_status(&mut self) -> Result<(), Stop> {
        if self.link == Link::Up
            && let Some(status) = self.news().await?
        {
            self.told = Some(status);
            info!(?status, "printer status");
            self.tell(PrinterEvent::Status(status)).await?;
        }
        Ok(())
    }

    async fn report(&mut self, job: PrintJobId, outcome: PrintOutcome) -> Result<(), Stop> {
        info!(job = job.0, ?outcome, "print job ended");
        self.tell(PrinterEvent::Printed { job, outcome }).await
    }

    async fn tell(&mut self, event: PrinterEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Ended)
    }
}

/// Fonts take a while to open, which nothing else in this thread has to wait for.
async fn encode_aside(document: Document, settings: PrinterSettings) -> EncodedJob {
    if !needs_fonts(&document, &settings) {
        return encode(&document, &settings);
    }
    let encoding = tokio::task::spawn_blocking(move || encode(&document, &settings));
    encoding.await.expect("encoding a document does not panic")
}
