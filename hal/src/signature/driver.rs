//! The signature pad's driver: takes the input device for itself and collects strokes.
//!
//! A pad cannot be asked how it is: its link is up while the device is open. What was drawn
//! survives a pad that is unplugged for a moment; the stroke that was being drawn ends there.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::evdev::{Sample, Tablet};
use super::{
    Area, Ink, Session, SettingError, SignatureCommand, SignatureEvent, SignatureSettings,
};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::{Direction, Line, LineError, PortUrl, Tap};

const FOREVER: Duration = Duration::from_secs(3600);
const COMMANDS_MAX: usize = 16;
/// Of the simulator over a line that is paced; a pad has none.
pub const BAUD: u32 = 115_200;

/// The way to a running driver.
pub type SignatureHandle = Commands<SignatureCommand>;

/// Starts the driver's task; it ends with the last handle or with the receiver of `events`.
///
/// With settings that do not pass [`SignatureSettings::check`] it reports the link down.
pub fn spawn_with(
    url: PortUrl,
    settings: SignatureSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<SignatureEvent>,
) -> SignatureHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        line: Line::new(url.with_default_baud(BAUD), tap),
        settings,
        commands,
        events: events.clone(),
        tablet: Tablet::new(&settings),
        session: Session::new(&settings),
        link: Link::Starting,
        area: None,
        down_since: None,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = driver.run() => {}
            () = events.closed() => {}
        }
    });
    handle
}

/// Says what passes, without what was drawn.
pub fn describe(_: Direction, bytes: &[u8]) -> String {
    crate::input::describe(bytes).unwrap_or_else(|| "not an input event".to_owned())
}

/// Why a pad is no longer served.
enum Stop {
    /// Nobody asks or listens any more.
    Ended,
    Lost,
}

struct Driver {
    line: Line,
    settings: SignatureSettings,
    commands: mpsc::Receiver<SignatureCommand>,
    events: mpsc::Sender<SignatureEvent>,
    tablet: Tablet,
    session: Session,
    link: Link,
    area: Option<Area>,
    /// Since when the pen is on the pad and does more than rest.
    down_since: Option<Instant>,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check() {
            self.refuse(&error).await;
            return;
        }
        loop {
            if self.connect().await.is_err() {
                return;
            }
            let Err(Stop::Lost) = self.serve().await else { return };
            self.line.fail();
            self.session.lift();
            self.down_since = None;
            if self.set_link(Link::Down).await.is_err() {
                return;
            }
        }
    }

    async fn refuse(&mut self, error: &SettingError) {
        tracing::error!(%error, "signature pad settings cannot work");
        // A closed channel ends the task.
        self.set_link(Link::Down).await.ok();
        while self.commands.recv().await.is_some() {}
    }

    /// Opens the port. Commands are obeyed meanwhile: what was drawn before can still be finished.
    async fn connect(&mut self) -> Result<(), Stop> {
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.obey(command.ok_or(Stop::Ended)?).await?;
                    continue;
                }
                opened = self.line.connect() => if opened.is_ok() {
                    self.tablet.clear();
                    return Ok(());
                }
            }
            self.set_link(Link::Down).await?;
        }
    }

    async fn serve(&mut self) -> Result<Infallible, Stop> {
        self.set_link(Link::Up).await?;
        loop {
            let stuck_after = Duration::from_millis(self.settings.stuck_after_ms.into());
            let stuck_at = self.down_since.map(|it| it + stuck_after);
            let samples = tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.obey(command.ok_or(Stop::Ended)?).await?;
                    continue;
                }
                received = self.line.receive(stuck_at.unwrap_or(Instant::now() + FOREVER)) => {
                    match received {
                        Ok(bytes) => self.tablet.push(bytes),
                        Err(LineError::Timeout) => {
                            self.stuck().await?;
                            continue;
                        }
                        Err(_) => return Err(Stop::Lost),
                    }
                }
            };
            self.take(&samples).await?;
            if stuck_at.is_some_and(|it| it <= Instant::now()) {
                self.stuck().await?;
            }
        }
    }

    async fn take(&mut self, samples: &[Sample]) -> Result<(), Stop> {
        self.tell_area().await?;
        let mut news: Option<Ink> = None;
        for sample in samples {
            self.line.well();
            self.follow(sample);
            let Some(mut ink) = self.session.take(sample) else { continue };
            match &mut news {
                Some(before) if before.stroke == ink.stroke => {
                    before.points.append(&mut ink.points);
                }
                _ => {
                    if let Some(before) = news.replace(ink) {
                        self.tell(SignatureEvent::Ink(before)).await?;
                    }
                }
            }
        }
        match news {
            Some(ink) => self.tell(SignatureEvent::Ink(ink)).await,
            None => Ok(()),
        }
    }

    fn follow(&mut self, sample: &Sample) {
        if !sample.down {
            self.down_since = None;
        } else if !self.session.pen_is_down() {
            self.down_since = Some(Instant::now());
        }
    }

    async fn stuck(&mut self) -> Result<(), Stop> {
        if self.down_since.take().is_none() {
            return Ok(());
        }
        match self.session.pen_stuck() {
            Some(event) => self.tell(event).await,
            None => Ok(()),
        }
    }

    async fn obey(&mut self, command: SignatureCommand) -> Result<(), Stop> {
        match self.session.obey(command, self.area) {
            Some(event) => self.tell(event).await,
            None => Ok(()),
        }
    }

    async fn tell_area(&mut self) -> Result<(), Stop> {
        let area = self.tablet.area();
        match area {
            Some(area) if self.area != Some(area) => {
                self.area = Some(area);
                self.tell(SignatureEvent::Area(area)).await
            }
            _ => Ok(()),
        }
    }

    async fn set_link(&mut self, link: Link) -> Result<(), Stop> {
        if self.link == link {
            return Ok(());
        }
        self.link = link;
        tracing::info!(device = "signature", state = ?link, "link");
        self.tell(SignatureEvent::Link(link)).await
    }

    async fn tell(&self, event: SignatureEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Ended)
    }
}
