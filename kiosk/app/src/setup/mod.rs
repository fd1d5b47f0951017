//! The first boot: `kiosk setup` on the panel, `kiosk enrol` over SSH. Both ask the office for an
//! invitation with a one-time code and put what it holds into the kiosk's folder.

mod enrol;
mod install;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use clap::Args;
use hal::watchdog::{Beat, WatchdogSettings};
use jiff::Timestamp;
use kiosk_core::setup::{Attempt, Setup, SetupTrouble, address};
use kiosk_core::{Action, Languages, Now};
use kiosk_screen::{KioskWindow, Panel, ScreenHandle};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use zeroize::Zeroizing;

use crate::cli::Failure;
use crate::network::Kept;
use crate::start::StartError;
use crate::watch;

/// After so long without a touch nobody is there any more.
const LEFT_ALONE: Duration = Duration::from_secs(5 * 60);
/// How often the clock on the screen and the stick are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// After so long an office that was not reached is asked once more with what a stick says: the network that
/// the stick brought, or a cable, may take its time.
const AGAIN: Duration = Duration::from_secs(15);
/// How long the good news stays on the screen.
const DONE_SHOWN: Duration = Duration::from_secs(3);
/// Touches that may wait.
const WAITING: usize = 64;

#[derive(Args)]
pub(crate) struct SetupArguments {
    /// The kiosk's folder: configuration, keys and data come there.
    #[arg(long)]
    folder: PathBuf,
    /// A file that says `office` and `code` (TOML), looked for again and again: a USB stick's.
    #[arg(long)]
    stick: Option<PathBuf>,
    #[arg(long, default_value = "zh-CN")]
    language: String,
}

#[derive(Args)]
pub(crate) struct EnrolArguments {
    /// The kiosk's folder: configuration, keys and data come there.
    #[arg(long)]
    folder: PathBuf,
    /// Where the office is: HOST or HOST:PORT.
    #[arg(long, required_unless_present = "stick", requires = "code")]
    office: Option<String>,
    /// The one-time code that `office invite` made.
    #[arg(long, requires = "office")]
    code: Option<String>,
    /// A file that says both instead (TOML).
    #[arg(long, conflicts_with_all = ["office", "code"])]
    stick: Option<PathBuf>,
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What stands on a technician's stick.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stick {
    office: String,
    code: String,
    /// As in the configuration, with the secrets themselves in place of their files.
    network: Option<toml::Table>,
}

impl Stick {
    fn read(path: &Path) -> Result<Self, String> {
        let bytes = Zeroizing::new(std::fs::read(path).map_err(|error| error.to_string())?);
        Self::parse(&bytes).ok_or_else(|| "expected `office = \"…\"` and `code = \"…\"`".to_owned())
    }

    /// None: it does not say office and code, and nothing but them and the network.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let said: Self = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
        let blank = said.office.trim().is_empty() || said.code.trim().is_empty();
        (!blank).then_some(said)
    }

    /// Keeps what it says of the network in the kiosk's folder.
    fn keep_network(&mut self, folder: &Path) -> Result<(), NotKept> {
        let Some(network) = self.network.take() else {
            // What a former stick said may be why this one had to be written.
            return Kept::forget(folder).map_err(NotKept::NotWritten);
        };
        Kept::of(network).map_err(NotKept::Wrong)?.put(folder).map_err(NotKept::NotWritten)
    }
}

/// Why a stick's network is not used.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    #[error("[network]: {0}")]
    Wrong(String),
    #[error("the kiosk's folder takes no files: {0}")]
    NotWritten(std::io::Error),
}

impl NotKept {
    fn trouble(&self) -> SetupTrouble {
        match self {
            Self::Wrong(_) => SetupTrouble::Network,
            Self::NotWritten(_) => SetupTrouble::NotWritten,
        }
    }
}

/// `kiosk enrol`.
pub(crate) fn enrol_once(arguments: EnrolArguments) -> Result<(), Failure> {
    install_crypto();
    let (office, code) = match (&arguments.stick, arguments.office, arguments.code) {
        (Some(path), ..) => {
            let mut stick = Stick::read(path).map_err(|because| {
                let message = format!("cannot read {}: {because}", path.display());
                Failure::wrong("stick", message, "write the file that `office invite --to` makes")
            })?;
            stick.keep_network(&arguments.folder).map_err(|error| {
                let message = format!("{}: {error}", path.display());
                Failure::wrong("stick", message, "correct what it says of the network")
            })?;
            (stick.office, Zeroizing::new(stick.code))
        }
        (None, Some(office), Some(code)) => (office, Zeroizing::new(code)),
        (None, ..) => unreachable!("the argument parser asks for both"),
    };
    let attempt = Attempt { office: address(&office), code };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::from)?;
    let kiosk =
        runtime.block_on(carry_out(attempt, arguments.folder.clone())).map_err(|trouble| {
            let languages = Languages::built_in();
            let message = languages.texts("en").get(&format!("setup_trouble.{}", trouble.word()));
            Failure::not_well(trouble.word(), message, "mend that and try again")
        })?;
    let file = arguments.folder.join(install::CONFIGURATION);
    if arguments.json {
        console::say(serde_json::json!({ "kiosk": kiosk, "configuration": file }));
    } else {
        let start = format_args!("start it with `kiosk run --config {}`", file.display());
        console::say(format_args!("enrolled as {kiosk}; {start}"));
    }
    Ok(())
}

/// `kiosk setup`: until the kiosk is enrolled.
pub(crate) fn run(arguments: SetupArguments) -> Result<(), Failure> {
    install_crypto();
    let languages = Languages::built_in();
    if !languages.contains(&arguments.language) {
        let message = format!("there is no language {}; give zh-CN or en", arguments.language);
        return Err(Failure::wrong("language", message, "give a language that exists"));
    }
    let window = KioskWindow::on_display(Panel::default()).map_err(StartError::from)?;
    let (sender, touches) = mpsc::channel(WAITING);
    window.on_action(move |action| {
        // One that finds no place is touched again.
        let _ = sender.try_send(action);
    });
    let handle = window.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::from)?;
    let setup = Setup::new(languages, &arguments.language);
    let started = Instant::now();
    let desk = Desk { setup, handle: handle.clone(), arguments, started, touched: started };
    let worker = thread::Builder::new().name("setup".into()).spawn(move || {
        let enrolled = runtime.block_on(desk.serve(touches));
        runtime.shutdown_background();
        handle.quit();
        enrolled
    });
    let worker = worker.map_err(StartError::from)?;
    window.run().map_err(StartError::from)?;
    match worker.join() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::not_well("setup", "the window was closed", "start it again")),
        Err(_) => Err(Failure::Told),
    }
}

fn install_crypto() {
    // Two TLS providers may be linked in; the one that is used is chosen once.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Fetches, checks and installs; the kiosk's id.
async fn carry_out(attempt: Attempt, folder: PathBuf) -> Result<String, SetupTrouble> {
    let invitation = enrol::fetch(&attempt).await?;
    install::install(&folder, &invitation)?;
    enrol::accepted(&invitation).await;
    tracing::info!(kiosk = %invitation.kiosk, "enrolled");
    Ok(invitation.kiosk.to_string())
}

/// What serves the technician at the panel.
struct Desk {
    setup: Setup,
    handle: ScreenHandle,
    arguments: SetupArguments,
    started: Instant,
    touched: Instant,
}

impl Desk {
    /// Until it is enrolled (true) or the window is gone.
    async fn serve(mut self, mut touches: mpsc::Receiver<Action>) -> bool {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut trial: Option<JoinHandle<Result<String, SetupTrouble>>> = None;
        // A stick that did not help is asked again only when it is inserted again, or, where the office was
        // not reached and nobody types, after a while.
        let mut tried = None;
        let (mut again_at, mut by_stick) = (None, false);
        let configuration = self.arguments.folder.join(install::CONFIGURATION);
        let beat = Beat::default();
        let watchdog = watch::start(&WatchdogSettings::default(), &beat, self.handle.clone());
        self.draw();
        watch::ready(watchdog.as_ref());
        loop {
            self.draw();
            beat.check_in();
            // Somebody has put it there by hand.
            if trial.is_none() && configuration.exists() {
                return true;
            }
            let attempt = tokio::select! {
                touch = touches.recv() => match touch {
                    Some(action) => {
                        self.touched = Instant::now();
                        (again_at, by_stick) = (None, false);
                        self.setup.touched(&action)
                    }
                    None => return false,
                },
                outcome = ended(&mut trial) => {
                    trial = None;
                    let enrolled = outcome.is_ok();
                    let unreached = outcome == Err(SetupTrouble::Unreachable);
                    again_at = (unreached && by_stick).then(|| Instant::now() + AGAIN);
                    self.setup.ended(outcome);
                    if enrolled {
                        self.draw();
                        sleep(DONE_SHOWN).await;
                        return true;
                    }
                    None
                }
                _ = look.tick() => {
                    if self.touched.elapsed() >= LEFT_ALONE {
                        self.touched = Instant::now();
                        self.setup.left_alone();
                    }
                    if again_at.is_some_and(|it| Instant::now() >= it) {
                        (again_at, tried) = (None, None);
                    }
                    let attempt = if trial.is_some() { None } else { self.stick(&mut tried) };
                    by_stick |= attempt.is_some();
                    attempt
                }
            };
            if let Some(attempt) = attempt {
                trial = Some(tokio::spawn(carry_out(attempt, self.arguments.folder.clone())));
            }
        }
    }

    fn draw(&self) {
        let now = Now { uptime: self.started.elapsed(), wall: Timestamp::now() };
        self.handle.show(self.setup.screen(now));
    }

    fn stick(&mut self, tried: &mut Option<SystemTime>) -> Option<Attempt> {
        let path = self.arguments.stick.as_ref()?;
        // The same stick, inserted again, is a file written anew.
        let written = std::fs::metadata(path).and_then(|it| it.modified()).ok()?;
        if *tried == Some(written) {
            return None;
        }
        let bytes = Zeroizing::new(std::fs::read(path).ok()?);
        *tried = Some(written);
        let Some(mut stick) = Stick::parse(&bytes) else {
            tracing::warn!("the stick's file does not say office and code");
            self.setup.card_refused();
            return None;
        };
        if let Err(error) = stick.keep_network(&self.arguments.folder) {
            tracing::warn!(%error, "the stick's network is not used");
            self.setup.ended(Err(error.trouble()));
            return None;
        }
        self.setup.card_read(&stick.office, &stick.code)
    }
}

async fn ended(
    trial: &mut Option<JoinHandle<Result<String, SetupTrouble>>>,
) -> Result<String, SetupTrouble> {
    match trial {
        // One that panicked has told so.
        Some(trial) => trial.await.unwrap_or(Err(SetupTrouble::Damaged)),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stick_says_office_and_code_or_is_of_no_use() {
        let good = Stick::parse(b"office = \"office.hall.cn\"\ncode = \"7K3M\"\n").expect("both");
        assert_eq!((good.office.as_str(), good.code.as_str()), ("office.hall.cn", "7K3M"));
        let wrong: [&[u8]; 5] = [
            b"",
            b"this is nonsense, hello world",
            b"office = \"a\"\ncode = \" \"",
            b"office = \"a\"\ncode = \"b\"\nkiosk = \"k3\"",
            b"\xff\xfe",
        ];
        for bytes in wrong {
            assert!(Stick::parse(bytes).is_none(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
