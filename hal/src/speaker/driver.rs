//! The speaker's driver: plays one thing after the other, and never the private to the hall.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::sink::{self, Sink, SinkError};
use super::wav::Sound;
use super::{
    NotSaid, Outlet, Privacy, SpeakerCommand, SpeakerEvent, SpeakerSettings, Voice, chime,
};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::PortUrl;

const COMMANDS_MAX: usize = 16;
/// More than this is not worth hearing any more when its turn comes.
const WAITING_MAX: usize = 8;
/// How often the jack is looked at while something private is said.
const JACK_INTERVAL: Duration = Duration::from_millis(200);
const CHIME_RATE: u32 = 22_050;

/// The way to a running driver.
pub type SpeakerHandle = Commands<SpeakerCommand>;

/// Tells the hour of the local day, or nothing where nobody knows the time.
pub type Hour = Arc<dyn Fn() -> Option<u8> + Send + Sync>;

/// Starts the driver's task; it ends with the last handle, in silence, or with the receiver of
/// `events`.
///
/// With settings that do not pass [`SpeakerSettings::check`] it reports the link down.
pub fn spawn(
    url: PortUrl,
    settings: SpeakerSettings,
    hour: Hour,
    events: mpsc::Sender<SpeakerEvent>,
) -> SpeakerHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver {
        voice: Voice::new(&settings.voice),
        url,
        settings,
        hour,
        commands,
        events: events.clone(),
        waiting: VecDeque::new(),
        link: Link::Starting,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = driver.run() => {}
            () = events.closed() => {}
        }
    });
    handle
}

/// Nobody asks or listens any more.
pub(super) struct Ended;

/// Where something is to be played: the outlet, or why nowhere.
pub(super) fn outlet_for(
    privacy: Privacy,
    has_headphones: bool,
    plugged: Option<bool>,
) -> Result<Outlet, NotSaid> {
    match (privacy, has_headphones, plugged) {
        (_, true, Some(true)) | (Privacy::Private, true, None) => Ok(Outlet::Headphones),
        (Privacy::Public, ..) => Ok(Outlet::Loudspeaker),
        (Privacy::Private, ..) => Err(NotSaid::NoHeadphones),
    }
}

struct Driver {
    url: PortUrl,
    settings: SpeakerSettings,
    voice: Voice,
    hour: Hour,
    commands: mpsc::Receiver<SpeakerCommand>,
    events: mpsc::Sender<SpeakerEvent>,
    waiting: VecDeque<SpeakerCommand>,
    link: Link,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check() {
            tracing::error!(%error, "speaker settings cannot work");
            self.report(Link::Down).await;
            while self.commands.recv().await.is_some() {}
            return;
        }
        while self.turn().await.is_ok() {}
    }

    async fn turn(&mut self) -> Result<(), Ended> {
        let command = match self.waiting.pop_front() {
            Some(command) => command,
            None => self.commands.recv().await.ok_or(Ended)?,
        };
        let (sound, privacy) = match command {
            SpeakerCommand::Stop => return Ok(()),
            SpeakerCommand::Chime => (chime(CHIME_RATE), Privacy::Public),
            SpeakerCommand::Say { speech, privacy } => match self.voice.sound(&speech) {
                Ok(sound) => (sound, privacy),
                Err(error) => {
                    tracing::warn!(%error, "speech");
                    return self.tell(SpeakerEvent::NotSaid(NotSaid::NoClip)).await;
                }
            },
        };
        match self.play(&sound, privacy).await? {
            Ok(outlet) => self.tell(SpeakerEvent::Said(outlet)).await,
            Err(reason) => self.tell(SpeakerEvent::NotSaid(reason)).await,
        }
    }

    async fn play(
        &mut self,
        sound: &Sound,
        privacy: Privacy,
    ) -> Result<Result<Outlet, NotSaid>, Ended> {
        let plugged = sink::plugged(&self.settings).await;
        let outlet = match outlet_for(privacy, self.settings.headphones.is_some(), plugged) {
            Ok(outlet) => outlet,
            Err(reason) => return Ok(Err(reason)),
        };
        let sound = sound.scaled(self.percent(outlet));
        let sink = match self.sink(outlet) {
            Ok(sink) => sink,
            Err(error) => return Ok(Err(self.failed(&error).await)),
        };
        let mut playing = sink.play(&sound);
        let played = loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command.ok_or(Ended)? {
                    SpeakerCommand::Stop => {
                        self.waiting.clear();
                        return Ok(Err(NotSaid::Stopped));
                    }
                    later if self.waiting.len() < WAITING_MAX => self.waiting.push_back(later),
                    _ => self.tell(SpeakerEvent::NotSaid(NotSaid::Stopped)).await?,
                },
                () = unplugged(&self.settings, privacy, plugged) => {
                    return Ok(Err(NotSaid::NoHeadphones));
                }
                played = &mut playing => break played,
            }
        };
        drop(playing);
        match played {
            Ok(()) => {
                self.report(Link::Up).await;
                Ok(Ok(outlet))
            }
            Err(error) => Ok(Err(self.failed(&error).await)),
        }
    }

    fn percent(&self, outlet: Outlet) -> u8 {
        match outlet {
            Outlet::Loudspeaker => self.settings.volume.percent_at((self.hour)()),
            Outlet::Headphones => self.settings.headphones_percent,
        }
    }

    fn sink(&self, outlet: Outlet) -> Result<Box<dyn Sink>, SinkError> {
        let url = match (outlet, &self.settings.headphones) {
            (Outlet::Headphones, Some(url)) => url,
            _ => &self.url,
        };
        sink::open(url, outlet)
    }

    async fn failed(&mut self, error: &SinkError) -> NotSaid {
        if self.link != Link::Down {
            tracing::warn!(%error, "speaker");
        }
        self.report(Link::Down).await;
        NotSaid::Failed
    }

    async fn tell(&self, event: SpeakerEvent) -> Result<(), Ended> {
        self.events.send(event).await.map_err(|_| Ended)
    }

    async fn report(&mut self, link: Link) {
        if self.link != link {
            self.link = link;
            tracing::info!(device = "speaker", state = ?link, "link");
            // A closed channel ends the task at its next event.
            self.events.send(SpeakerEvent::Link(link)).await.ok();
        }
    }
}

/// Waits until headphones that are needed are pulled out; for ever where none are.
async fn unplugged(settings: &SpeakerSettings, privacy: Privacy, plugged: Option<bool>) {
    if privacy == Privacy::Public || plugged.is_none() {
        std::future::pending::<()>().await;
    }
    while sink::plugged(settings).await == Some(true) {
        sleep(JACK_INTERVAL).await;
    }
}
