//! The document camera's driver. The camera runs while something is shown or taken; at rest it is
//! looked for from time to time: its link is up while it is there and gives pictures when it has
//! to.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{
    CameraCommand, CameraEvent, CameraSettings, Problem,
    look::{Look, Wanted, look},
    mjpeg,
    page::Corners,
    source::{RawFrame, Source, SourceError},
};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::{Backoff, Direction, PortUrl, Tap};

const COMMANDS_MAX: usize = 16;
/// Of the simulator over a line that is paced; a camera has none.
pub const BAUD: u32 = 4_000_000;
/// Frames in a row that are no pictures: the camera or its settings are not well.
const BAD_FRAMES_MAX: u32 = 20;
/// What a tap gets of a frame: enough to see that one came, nothing of the paper.
const TAPPED_BYTES: usize = 16;

/// The way to a running driver.
pub type CameraHandle = Commands<CameraCommand>;

/// Starts the driver's task; it ends with the last handle or with the receiver of `events`.
///
/// With settings that do not pass [`CameraSettings::check`] it reports the link down. A tap gets
/// the first bytes of each frame only: pictures of papers are not kept.
pub fn spawn_with(
    url: PortUrl,
    settings: CameraSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<CameraEvent>,
) -> CameraHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        source: Source::new(url.with_default_baud(BAUD), settings),
        settings,
        commands,
        events: events.clone(),
        tap,
        backoff: Backoff::default(),
        link: Link::Starting,
        started: false,
        capture: None,
        corners: None,
        problems: Vec::new(),
        look_at: Instant::now(),
        bad_frames: 0,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = driver.run() => {}
            () = events.closed() => {}
        }
    });
    handle
}

/// Says what passes.
pub fn describe(_: Direction, bytes: &[u8]) -> String {
    mjpeg::describe(bytes)
}

/// Why a camera is no longer served.
enum Stop {
    /// Nobody asks or listens any more.
    Ended,
    Lost(SourceError),
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Lost(error)
    }
}

#[derive(Clone, Copy)]
struct Capture {
    page: u16,
    anyway: bool,
    until: Instant,
}

struct Driver {
    source: Source,
    settings: CameraSettings,
    commands: mpsc::Receiver<CameraCommand>,
    events: mpsc::Sender<CameraEvent>,
    tap: Option<Tap>,
    backoff: Backoff,
    link: Link,
    started: bool,
    capture: Option<Capture>,
    /// Where the page lay at the last look.
    corners: Option<Corners>,
    /// What was wrong at the last look.
    problems: Vec<Problem>,
    look_at: Instant,
    bad_frames: u32,
}

fn ms(time_ms: u32) -> Duration {
    Duration::from_millis(time_ms.into())
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check() {
            tracing::error!(%error, "camera settings cannot work");
            // A closed channel ends the task.
            self.set_link(Link::Down).await.ok();
            while self.commands.recv().await.is_some() {}
            return;
        }
        loop {
            let result = if self.is_wanted() { self.watch().await } else { self.rest().await };
            let result = match result {
                Err(Stop::Lost(error)) => self.lose(&error).await,
                other => other,
            };
            if result.is_err() {
                return;
            }
        }
    }

    fn is_wanted(&self) -> bool {
        self.started || self.capture.is_some()
    }

    /// Looks whether the camera is there, and waits until it is wanted.
    async fn rest(&mut self) -> Result<(), Stop> {
        self.source.stop();
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.obey(command.ok_or(Stop::Ended)?);
                    if self.is_wanted() {
                        return Ok(());
                    }
                }
                found = self.source.probe() => break found?,
            }
        }
        self.backoff.reset();
        self.set_link(Link::Up).await?;
        self.pause(ms(self.settings.poll_interval_ms)).await
    }

    async fn lose(&mut self, error: &SourceError) -> Result<(), Stop> {
        self.source.stop();
        self.corners = None;
        self.problems = vec![Problem::NoPicture];
        if self.link != Link::Down {
            tracing::warn!(%error, "camera lost");
        }
        self.set_link(Link::Down).await?;
        let pause = self.backoff.pause();
        self.pause(pause).await
    }

    /// Obeys commands for so long, or until the camera is wanted otherwise than before.
    async fn pause(&mut self, time: Duration) -> Result<(), Stop> {
        let until = Instant::now() + time;
        let wanted = self.is_wanted();
        while self.is_wanted() == wanted {
            tokio::select! {
                biased;
                command = self.commands.recv() => self.obey(command.ok_or(Stop::Ended)?),
                () = sleep_until(self.capture.map_or(until, |it| it.until.min(until))) => {
                    self.refuse_late().await?;
                    if Instant::now() >= until {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn obey(&mut self, command: CameraCommand) {
        match command {
            CameraCommand::Start => self.started = true,
            CameraCommand::Stop => {
                self.started = false;
                self.capture = None;
            }
            CameraCommand::Capture { page, anyway } => {
                let until = Instant::now() + ms(self.settings.capture_timeout_ms);
                self.capture = Some(Capture { page, anyway, until });
                self.problems = vec![Problem::NoPicture];
            }
        }
    }

    /// Shows and takes pictures as long as they are wanted.
    async fn watch(&mut self) -> Result<(), Stop> {
        self.source.start().await?;
        self.bad_frames = 0;
        self.corners = None;
        while self.is_wanted() {
            let late = self.capture.map(|it| it.until);
            tokio::select! {
                biased;
                command = self.commands.recv() => self.obey(command.ok_or(Stop::Ended)?),
                frame = self.source.next() => {
                    let frame = frame?;
                    if Instant::now() >= self.look_at {
                        self.look_at(frame).await?;
                    }
                    self.refuse_late().await?;
                }
                () = until(late) => self.refuse_late().await?,
            }
        }
        Ok(())
    }

    async fn look_at(&mut self, frame: RawFrame) -> Result<(), Stop> {
        self.look_at = Instant::now() + ms(self.settings.preview_interval_ms);
        self.note(&frame);
        let wanted = match self.capture {
            None => Wanted::Nothing,
            Some(Capture { anyway: false, .. }) => Wanted::Good,
            Some(Capture { anyway: true, .. }) => Wanted::Anyway,
        };
        let (settings, before) = (self.settings, self.corners);
        let looking =
            tokio::task::spawn_blocking(move || look(&frame, &settings, wanted, before.as_ref()));
        match looking.await {
            Ok(Ok(seen)) => self.saw(seen).await,
            Ok(Err(error)) => self.bad_frame(std::io::Error::other(error)),
            Err(error) => self.bad_frame(std::io::Error::other(error)),
        }
    }

    async fn saw(&mut self, seen: Look) -> Result<(), Stop> {
        self.bad_frames = 0;
        self.backoff.reset();
        self.set_link(Link::Up).await?;
        self.corners = seen.quality.corners;
        self.problems.clone_from(&seen.quality.problems);
        if let (Some(capture), Some(picture)) = (self.capture, seen.picture) {
            self.capture = None;
            self.tell(CameraEvent::Captured { page: capture.page, picture }).await?;
        }
        if !self.started {
            return Ok(());
        }
        let Look { quality, preview, .. } = seen;
        self.tell(CameraEvent::Quality { quality, preview }).await
    }

    /// One frame that is broken is left out, many are a camera that is not well.
    fn bad_frame(&mut self, source: std::io::Error) -> Result<(), Stop> {
        self.bad_frames += 1;
        self.look_at = Instant::now();
        if self.bad_frames < BAD_FRAMES_MAX {
            return Ok(());
        }
        Err(Stop::Lost(self.source.failed(source)))
    }

    async fn refuse_late(&mut self) -> Result<(), Stop> {
        let Some(capture) = self.capture.filter(|it| it.until <= Instant::now()) else {
            return Ok(());
        };
        self.capture = None;
        let mut problems = self.problems.clone();
        if problems.is_empty() {
            problems.push(Problem::Moving);
        }
        self.tell(CameraEvent::Refused { page: capture.page, problems }).await
    }

    fn note(&self, frame: &RawFrame) {
        if let Some(tap) = &self.tap {
            let bytes = frame.bytes();
            tap.record(Direction::In, &bytes[..bytes.len().min(TAPPED_BYTES)]);
        }
    }

    async fn set_link(&mut self, link: Link) -> Result<(), Stop> {
        if self.link == link {
            return Ok(());
        }
        self.link = link;
        tracing::info!(device = "camera", state = ?link, "link");
        self.tell(CameraEvent::Link(link)).await
    }

    async fn tell(&self, event: CameraEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Ended)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
