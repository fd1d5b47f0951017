//! The status display's driver: shows what was asked last, and shows it again from time to time.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use super::bus::{Display, DisplayError};
use super::{DisplayCommand, DisplayEvent, StatusDisplaySettings, render};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::{Backoff, PortUrl};
use crate::printer::{FontSettings, bitmap::Bitmap, fonts::Fonts};

const COMMANDS_MAX: usize = 16;

/// The way to a running driver.
pub type StatusDisplayHandle = Commands<DisplayCommand>;

/// Starts the driver's task; it ends with the last handle or with the receiver of `events`, and
/// leaves the display dark. Han characters come from `fonts`.
///
/// With settings that do not pass [`StatusDisplaySettings::check`] it reports the link down.
pub fn spawn(
    url: PortUrl,
    settings: StatusDisplaySettings,
    fonts: FontSettings,
    events: mpsc::Sender<DisplayEvent>,
) -> StatusDisplayHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        url,
        settings,
        fonts,
        commands,
        events,
        picture: render::blank(),
        backoff: Backoff::default(),
        link: Link::Starting,
    };
    tokio::spawn(driver.run());
    handle
}

/// Nobody asks or listens any more.
struct Ended;

struct Driver {
    url: PortUrl,
    settings: StatusDisplaySettings,
    fonts: FontSettings,
    commands: mpsc::Receiver<DisplayCommand>,
    events: mpsc::Sender<DisplayEvent>,
    picture: Bitmap,
    backoff: Backoff,
    link: Link,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check() {
            tracing::error!(%error, "status display settings cannot work");
            self.report(Link::Down).await;
            while self.commands.recv().await.is_some() {}
            return;
        }
        while self.turn().await.is_ok() {}
        let blank = render::blank();
        let _ = self.show(blank).await;
    }

    /// Shows the picture once, then waits until there is another or this one is to be shown again.
    async fn turn(&mut self) -> Result<(), Ended> {
        let shown = self.show(self.picture.clone()).await;
        let pause = match shown {
            Ok(()) => {
                self.backoff.reset();
                self.report(Link::Up).await;
                Duration::from_millis(self.settings.refresh_interval_ms.into())
            }
            Err(error) => {
                if self.link != Link::Down {
                    tracing::warn!(%error, "status display");
                }
                self.report(Link::Down).await;
                self.backoff.pause()
            }
        };
        let until = Instant::now() + pause;
        loop {
            let command = tokio::select! {
                biased;
                () = self.events.closed() => return Err(Ended),
                command = self.commands.recv() => command.ok_or(Ended)?,
                () = sleep_until(until) => return Ok(()),
            };
            self.take(command).await;
            // A display that is not there is not asked more often because there is more to show.
            if self.link == Link::Up {
                return Ok(());
            }
        }
    }

    /// Makes the picture of the last command that waits.
    async fn take(&mut self, first: DisplayCommand) {
        let mut command = first;
        while let Ok(newer) = self.commands.try_recv() {
            command = newer;
        }
        let fonts = self.fonts.clone();
        // Fonts are large files, opened for a picture and closed again.
        let drawn = spawn_blocking(move || match command {
            DisplayCommand::Show(status) => render::render(&Fonts::new(&fonts), &status),
            DisplayCommand::Blank => render::blank(),
        });
        match drawn.await {
            Ok(picture) => self.picture = picture,
            Err(error) => tracing::error!(%error, "a status could not be drawn"),
        }
    }

    async fn show(&self, picture: Bitmap) -> Result<(), DisplayError> {
        let (url, settings) = (self.url.clone(), self.settings);
        let showing = spawn_blocking(move || {
            let mut display = Display::open(&url, &settings)?;
            display.show(&picture)
        });
        // Only a runtime that ends cancels it.
        showing.await.unwrap_or_else(|_| Err(DisplayError::NoAnswer { url: self.url.clone() }))
    }

    async fn report(&mut self, link: Link) {
        if self.link != link {
            self.link = link;
            tracing::info!(device = "status_display", state = ?link, "link");
            // A closed channel ends the task at its next turn.
            self.events.send(DisplayEvent::Link(link)).await.ok();
        }
    }
}
