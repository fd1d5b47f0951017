//! The evaluator's driver: lights the buttons when a grade is asked for and reports the first.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::codes::Codes;
use super::{EvaluatorCommand, EvaluatorEvent, EvaluatorSettings, Grade};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::{Direction, Line, LineError, PortUrl, Tap};

/// The usual rate; the port's URL can name another.
pub const BAUD: u32 = 9_600;
/// A code whose rest does not come within this time is noise.
const SILENCE: Duration = Duration::from_millis(200);
const FOREVER: Duration = Duration::from_secs(3600);
/// How long a few bytes may take to leave.
const SEND_LIMIT: Duration = Duration::from_secs(1);
const COMMANDS_MAX: usize = 16;

/// The way to a running driver.
pub type EvaluatorHandle = Commands<EvaluatorCommand>;

/// Starts the driver's task; it ends with the last handle or with the receiver of `events`.
///
/// With settings that do not pass [`EvaluatorSettings::check`] it reports the link down.
pub fn spawn(
    url: PortUrl,
    settings: EvaluatorSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<EvaluatorEvent>,
) -> EvaluatorHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        line: Line::new(url.with_default_baud(BAUD), tap),
        codes: Codes::new(&settings),
        settings,
        commands,
        events: events.clone(),
        link: Link::Starting,
        asked: false,
        last: None,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = driver.run() => {}
            () = events.closed() => {}
        }
    });
    handle
}

/// Says what passes. Which button was pressed is a person's opinion: only that there were bytes.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    match direction {
        Direction::In => format!("button, {} bytes", bytes.len()),
        Direction::Out => format!("lights, {} bytes", bytes.len()),
    }
}

/// Why an evaluator is no longer served.
enum Stop {
    /// Nobody asks or listens any more.
    Ended,
    Lost,
}

struct Driver {
    line: Line,
    settings: EvaluatorSettings,
    codes: Codes,
    commands: mpsc::Receiver<EvaluatorCommand>,
    events: mpsc::Sender<EvaluatorEvent>,
    link: Link,
    asked: bool,
    last: Option<(Grade, Instant)>,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check() {
            tracing::error!(%error, "evaluator settings cannot work");
            self.report(Link::Down).await;
            while self.commands.recv().await.is_some() {}
            return;
        }
        loop {
            if self.connect().await.is_err() {
                return;
            }
            let Err(Stop::Lost) = self.serve().await else { return };
            self.line.fail();
            self.report(Link::Down).await;
        }
    }

    /// Opens the port. What is asked meanwhile is kept.
    async fn connect(&mut self) -> Result<(), Stop> {
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.asked = command.ok_or(Stop::Ended)? == EvaluatorCommand::Ask;
                    continue;
                }
                opened = self.line.connect() => if opened.is_ok() {
                    self.codes.clear();
                    return Ok(());
                }
            }
            self.report(Link::Down).await;
        }
    }

    async fn serve(&mut self) -> Result<Infallible, Stop> {
        self.report(Link::Up).await;
        if self.asked {
            self.light(true).await?;
        }
        loop {
            let wait = if self.codes.pending() { SILENCE } else { FOREVER };
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.asked = command.ok_or(Stop::Ended)? == EvaluatorCommand::Ask;
                    self.light(self.asked).await?;
                }
                received = self.line.receive(Instant::now() + wait) => match received {
                    Ok(bytes) => {
                        let grades = self.codes.push(bytes);
                        self.line.well();
                        for grade in grades {
                            self.pressed(grade).await?;
                        }
                    }
                    Err(LineError::Timeout) => self.codes.clear(),
                    Err(_) => return Err(Stop::Lost),
                },
            }
        }
    }

    /// Reports a button, unless nobody asked or it is the same press once more.
    async fn pressed(&mut self, grade: Grade) -> Result<(), Stop> {
        let now = Instant::now();
        let repeat = Duration::from_millis(self.settings.repeat_ms.into());
        let repeated = self.last.is_some_and(|(same, at)| same == grade && now - at < repeat);
        self.last = Some((grade, now));
        if !self.asked || repeated {
            return Ok(());
        }
        self.asked = false;
        self.events.send(EvaluatorEvent::Graded(grade)).await.map_err(|_| Stop::Ended)?;
        self.light(false).await
    }

    async fn light(&mut self, on: bool) -> Result<(), Stop> {
        let code = if on { &self.settings.ask } else { &self.settings.cancel };
        if code.is_empty() {
            return Ok(());
        }
        self.line.send(&code.0, SEND_LIMIT).await.map_err(|_| Stop::Lost)
    }

    async fn report(&mut self, link: Link) {
        if self.link != link {
            self.link = link;
            tracing::info!(device = "evaluator", state = ?link, "link");
            // A closed channel ends the task at its next event.
            self.events.send(EvaluatorEvent::Link(link)).await.ok();
        }
    }
}
