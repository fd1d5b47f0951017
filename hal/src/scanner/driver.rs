//! The scanner's driver: waits for texts on the line, starts and ends readings on command.
//!
//! A GM65 engine is asked for its settings when the port opens and from time to time, and set where
//! they differ: its link is up while it answers. The others cannot be asked: theirs is up while the
//! port is open; an input device (`evdev`) is then taken away from everybody else, too.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::gm65::{self, Item, Parser, Request};
use super::{Protocol, ScannerCommand, ScannerEvent, ScannerSettings, evdev::Keyboard, honeywell};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::{Direction, Line, LineError, PortUrl, Tap};

/// The same text is a repeated reading of one code within this time, not a second code.
const REPEAT: Duration = Duration::from_secs(2);
/// A text whose terminator does not come within this time is noise.
const SILENCE: Duration = Duration::from_millis(500);
const FOREVER: Duration = Duration::from_secs(3600);
/// How long a few bytes may take to leave.
const SEND_LIMIT: Duration = Duration::from_secs(1);
const COMMANDS_MAX: usize = 16;
pub const BAUD: u32 = 9_600;

/// The way to a running driver.
pub type ScannerHandle = Commands<ScannerCommand>;

/// Starts the driver's task; it ends with the last handle or with the receiver of `events`.
///
/// With settings that do not pass [`ScannerSettings::check_at`] it reports the link down.
pub fn spawn_with(
    url: PortUrl,
    settings: ScannerSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<ScannerEvent>,
) -> ScannerHandle {
    let settings = settings.at(&url);
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        line: Line::new(url.with_default_baud(BAUD), tap),
        settings,
        commands,
        events: events.clone(),
        parser: Reader::of(settings.protocol),
        link: Link::Starting,
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

/// Says what passes, without the texts.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    if direction == Direction::In
        && let Some(note) = crate::input::describe(bytes)
    {
        return note;
    }
    match direction {
        Direction::In if gm65::begins_with_answer(bytes) => "answered".to_owned(),
        Direction::In => super::line::describe(bytes),
        Direction::Out if bytes.first() == Some(&0x7E) => gm65::describe_request(bytes),
        Direction::Out => honeywell::describe_request(bytes),
    }
}

/// What takes the bytes apart.
enum Reader {
    Serial(Parser),
    Keys(Keyboard),
}

impl Reader {
    fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Evdev => Self::Keys(Keyboard::default()),
            Protocol::Line | Protocol::Gm65 | Protocol::Honeywell => {
                Self::Serial(Parser::default())
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Vec<Item> {
        match self {
            Self::Serial(parser) => parser.push(bytes),
            Self::Keys(keyboard) => keyboard.push(bytes).into_iter().map(Item::Text).collect(),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Serial(parser) => parser.clear(),
            Self::Keys(keyboard) => keyboard.clear(),
        }
    }

    fn pending(&self) -> bool {
        match self {
            Self::Serial(parser) => parser.pending(),
            Self::Keys(keyboard) => keyboard.pending(),
        }
    }
}

/// Why a scanner is no longer served.
enum Stop {
    /// Nobody asks or listens any more.
    Ended,
    Lost,
}

struct Driver {
    line: Line,
    settings: ScannerSettings,
    commands: mpsc::Receiver<ScannerCommand>,
    events: mpsc::Sender<ScannerEvent>,
    parser: Reader,
    link: Link,
    last: Option<(String, Instant)>,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check_at(self.line.url()) {
            tracing::error!(%error, "scanner settings cannot work");
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

    /// Opens the port. Commands meanwhile go nowhere, as a reading that finds no code.
    async fn connect(&mut self) -> Result<(), Stop> {
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    command.ok_or(Stop::Ended)?;
                    continue;
                }
                opened = self.line.connect() => if opened.is_ok() {
                    self.parser.clear();
                    return Ok(());
                }
            }
            self.report(Link::Down).await;
        }
    }

    async fn serve(&mut self) -> Result<Infallible, Stop> {
        loop {
            let mut wait = FOREVER;
            if self.settings.protocol == Protocol::Gm65 {
                self.configure().await?;
                self.line.well();
                wait = Duration::from_millis(self.settings.poll_interval_ms.into());
            }
            self.report(Link::Up).await;
            let until = Instant::now() + wait;
            while Instant::now() < until {
                self.step(until).await?;
            }
        }
    }

    /// Obeys one command or takes what comes next before `until`.
    async fn step(&mut self, until: Instant) -> Result<(), Stop> {
        let silent = Instant::now() + SILENCE;
        let until = if self.parser.pending() { silent.min(until) } else { until };
        let items = tokio::select! {
            biased;
            command = self.commands.recv() => return self.obey(command.ok_or(Stop::Ended)?).await,
            received = self.line.receive(until) => match received {
                Ok(bytes) => self.parser.push(bytes),
                Err(LineError::Timeout) => {
                    self.parser.clear();
                    return Ok(());
                }
                Err(_) => return Err(Stop::Lost),
            },
        };
        self.take(items).await.map(|_| ())
    }

    async fn obey(&mut self, command: ScannerCommand) -> Result<(), Stop> {
        let start = command == ScannerCommand::Start;
        match self.settings.protocol {
            Protocol::Line | Protocol::Evdev => Ok(()),
            Protocol::Gm65 => {
                let write = Request::Write { zone: gm65::ZONE_TRIGGER, value: u8::from(start) };
                self.ask(write).await.map(|_| ())
            }
            Protocol::Honeywell => {
                let sent = self.line.send(honeywell::encode(start), SEND_LIMIT).await;
                sent.map_err(|_| Stop::Lost)
            }
        }
    }

    /// Reads the engine's settings and sets those that differ, which is then read back.
    async fn configure(&mut self) -> Result<(), Stop> {
        let ScannerSettings { mode_code, suffix_code, read_time_ms, .. } = self.settings;
        let steps = u8::try_from(read_time_ms / 100).expect("settings that were checked");
        let mut changed = false;
        for (zone, value) in [
            (gm65::ZONE_MODE, mode_code),
            (gm65::ZONE_READ_TIME, steps),
            (gm65::ZONE_SUFFIX, suffix_code),
        ] {
            if self.ask(Request::Read { zone }).await? == value {
                continue;
            }
            self.ask(Request::Write { zone, value }).await?;
            if self.ask(Request::Read { zone }).await? != value {
                if self.link != Link::Down {
                    tracing::error!(zone, value, "the scanner does not keep a setting");
                }
                return Err(Stop::Lost);
            }
            changed = true;
        }
        if changed {
            self.ask(Request::Save).await?;
        }
        Ok(())
    }

    /// One request and its answer. Codes that come meanwhile are reported.
    async fn ask(&mut self, request: Request) -> Result<u8, Stop> {
        let frame = gm65::encode(request, self.settings.skip_checksum);
        self.line.send(&frame, SEND_LIMIT).await.map_err(|_| Stop::Lost)?;
        let limit = Duration::from_millis(self.settings.reply_timeout_ms.into());
        let deadline = Instant::now() + limit;
        loop {
            let bytes = self.line.receive(deadline).await.map_err(|_| Stop::Lost)?;
            let items = self.parser.push(bytes);
            if let Some(answer) = self.take(items).await? {
                return Ok(answer);
            }
        }
    }

    /// Reports texts; gives the answer among what came.
    async fn take(&mut self, items: Vec<Item>) -> Result<Option<u8>, Stop> {
        let mut answer = None;
        for item in items {
            match item {
                Item::Answer(value) => answer = Some(value),
                Item::Text(text) => self.scanned(text).await?,
            }
        }
        Ok(answer)
    }

    async fn scanned(&mut self, text: String) -> Result<(), Stop> {
        self.line.well();
        let now = Instant::now();
        let repeated =
            self.last.as_ref().is_some_and(|(same, at)| *same == text && now - *at < REPEAT);
        self.last = Some((text.clone(), now));
        if repeated {
            return Ok(());
        }
        self.events.send(ScannerEvent::Scanned(text)).await.map_err(|_| Stop::Ended)
    }

    async fn report(&mut self, link: Link) {
        if self.link != link {
            self.link = link;
            tracing::info!(device = "scanner", state = ?link, "link");
            // A closed channel ends the task at its next event.
            self.events.send(ScannerEvent::Link(link)).await.ok();
        }
    }
}
