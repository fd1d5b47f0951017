//! The one task that speaks to a document printer.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tracing::{error, info, warn};

use super::{
    DocumentOutcome, DocumentPrinterCommand, DocumentPrinterEvent, DocumentPrinterSettings,
    DocumentPrinterStatus, DocumentProblem, PdfDocument,
    client::{AskError, Client},
    ipp::{Message, operation},
    job,
    reasons::status_of,
};
use crate::{
    commands::Commands,
    fault::Link,
    port::{Backoff, Direction, PortUrl, Tap},
    printer::PrintJobId,
};

/// Documents that may wait.
const COMMANDS_MAX: usize = 8;
/// Jobs that are remembered, so that none is printed twice.
const JOBS_MAX: usize = 1024;
/// Questions without an answer after which a printer counts as gone.
const MISSES_MAX: u8 = 3;

/// The way to a running driver.
pub type DocumentPrinterHandle = Commands<DocumentPrinterCommand>;

/// Starts the driver of one printer on the current tokio runtime. It ends with the last handle, a
/// job in work first, or with the receiver of `events`.
///
/// With settings that do not pass [`DocumentPrinterSettings::check`] it reports the link down and
/// prints nothing.
pub fn spawn(
    url: PortUrl,
    settings: DocumentPrinterSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<DocumentPrinterEvent>,
) -> DocumentPrinterHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        client: Client::new(url, Arc::new(settings), tap),
        commands,
        events: events.clone(),
        done: VecDeque::new(),
        told: None,
        link: Link::Starting,
        misses: 0,
        backoff: Backoff::default(),
        poll_at: Instant::now(),
    };
    tokio::spawn(async move {
        tokio::select! {
            _ended = driver.run() => {}
            () = events.closed() => {}
        }
    });
    handle
}

/// What passes, without titles and documents.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
        return format!("{} bytes", bytes.len());
    };
    let body = &bytes[at + 4..];
    let code = match body {
        [_, _, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    };
    match (direction, code) {
        (_, None) => "HTTP head".to_owned(),
        (Direction::In, Some(code)) => format!("answer {code:04x}"),
        (Direction::Out, Some(code)) => match code {
            operation::PRINT_JOB => "print job".to_owned(),
            operation::CREATE_JOB => "create job".to_owned(),
            operation::SEND_DOCUMENT => "send document".to_owned(),
            operation::CANCEL_JOB => "cancel job".to_owned(),
            operation::GET_JOB_ATTRIBUTES => "ask after the job".to_owned(),
            operation::GET_PRINTER_ATTRIBUTES => "ask for the state".to_owned(),
            other => format!("operation {other:04x}"),
        },
    }
}

/// Nobody asks or listens any more.
struct Ended;

struct Driver {
    client: Client,
    commands: mpsc::Receiver<DocumentPrinterCommand>,
    events: mpsc::Sender<DocumentPrinterEvent>,
    /// Jobs of which something was sent, with their outcomes, oldest first.
    done: VecDeque<(PrintJobId, DocumentOutcome)>,
    told: Option<DocumentPrinterStatus>,
    link: Link,
    misses: u8,
    backoff: Backoff,
    poll_at: Instant,
}

impl Driver {
    async fn run(mut self) -> Result<(), Ended> {
        if let Err(error) = self.client.settings.check() {
            error!(%error, "document printer settings cannot work");
            self.change_link(Link::Down).await?;
            while let Some(DocumentPrinterCommand::Print { job, .. }) = self.commands.recv().await {
                self.report(job, DocumentOutcome::Refused(DocumentProblem::Offline)).await?;
            }
            return Ok(());
        }
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(DocumentPrinterCommand::Print { job, document }) => {
                        self.print(job, &document).await?;
                    }
                    None => return Ok(()),
                },
                () = sleep_until(self.poll_at) => {
                    self.poll().await?;
                }
            }
        }
    }

    /// Asks for the state and tells what is new in it.
    async fn poll(&mut self) -> Result<Option<DocumentPrinterStatus>, Ended> {
        let answer = self.client.printer().await;
        let state = answer.and_then(|it| self.understood(&it));
        match state {
            Ok(status) => {
                self.misses = 0;
                self.backoff.reset();
                let pause = self.client.settings.poll_interval_ms;
                self.poll_at = Instant::now() + Duration::from_millis(pause.into());
                self.change_link(Link::Up).await?;
                self.tell_status(status).await?;
                Ok(Some(status))
            }
            Err(error) => {
                self.poll_at = Instant::now() + self.backoff.pause();
                // Nobody listens there, or it is another kind of server: no use to ask again first.
                let is_slow = matches!(error, AskError::Lost | AskError::Nonsense(_));
                self.misses = if is_slow { self.misses.saturating_add(1) } else { MISSES_MAX };
                if self.misses >= MISSES_MAX {
                    if self.link != Link::Down {
                        warn!(port = %self.client.url(), %error, "document printer is down");
                    }
                    self.told = None;
                    self.change_link(Link::Down).await?;
                }
                Ok(None)
            }
        }
    }

    fn understood(&self, answer: &Message) -> Result<DocumentPrinterStatus, AskError> {
        status_of(answer, &self.client.settings).ok_or(AskError::Lost)
    }

    async fn print(&mut self, job: PrintJobId, document: &PdfDocument) -> Result<(), Ended> {
        if let Some((_, outcome)) = self.done.iter().find(|(it, _)| *it == job) {
            let outcome = *outcome;
            return self.report(job, outcome).await;
        }
        let outcome = match job::start(&mut self.client, job, document).await {
            Ok(running) => self.follow(running).await?,
            Err(outcome) => outcome,
        };
        if !matches!(outcome, DocumentOutcome::Refused(_)) {
            if self.done.len() == JOBS_MAX {
                self.done.pop_front();
            }
            self.done.push_back((job, outcome));
        }
        self.report(job, outcome).await?;
        self.poll_at = Instant::now();
        Ok(())
    }

    async fn follow(&mut self, mut running: job::Running) -> Result<DocumentOutcome, Ended> {
        let pause = Duration::from_millis(self.client.settings.job_poll_interval_ms.into());
        loop {
            if let Some(status) = self.poll().await? {
                running.saw(&status);
            }
            if let Some(outcome) = running.step(&mut self.client).await {
                return Ok(outcome);
            }
            sleep(pause).await;
        }
    }

    async fn change_link(&mut self, link: Link) -> Result<(), Ended> {
        if self.link != link {
            self.link = link;
            self.tell(DocumentPrinterEvent::Link(link)).await?;
        }
        Ok(())
    }

    async fn tell_status(&mut self, status: DocumentPrinterStatus) -> Result<(), Ended> {
        if self.told != Some(status) {
            self.told = Some(status);
            info!(?status, "document printer status");
            self.tell(DocumentPrinterEvent::Status(status)).await?;
        }
        Ok(())
    }

    async fn report(&mut self, job: PrintJobId, outcome: DocumentOutcome) -> Result<(), Ended> {
        info!(job = job.0, ?outcome, "document job ended");
        self.tell(DocumentPrinterEvent::Printed { job, outcome }).await
    }

    async fn tell(&mut self, event: DocumentPrinterEvent) -> Result<(), Ended> {
        self.events.send(event).await.map_err(|_| Ended)
    }
}
