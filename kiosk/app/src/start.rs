//! Puts a kiosk together: window on the main thread, core and drivers on a second one.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread;

use jiff::Timestamp;
use kiosk_core::{Event, Kiosk};
use kiosk_screen::{KioskWindow, ScreenError, ScreenHandle};
use rand::Rng;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::{Receiver, Sender};
use tokio::sync::{mpsc, oneshot};

use crate::brightness::BrightnessFile;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Display};
use crate::crash::CrashPoints;
use crate::diag;
use crate::drivers::Drivers;
use crate::office_client::{OfficeClient, OfficeClientError};
use crate::quiet::QuietSign;
use crate::runtime::{End, Parts, Runtime, Show};
use crate::sign::Sign;
use crate::store::{self, StoreError};
use crate::watch;

/// Events that may wait for the core; a sender pauses when there are more.
const WAITING: usize = 256;

/// Why a kiosk does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("failed to open the store: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Office(#[from] OfficeClientError),
    #[error(transparent)]
    Screen(#[from] ScreenError),
    #[error("failed to start: {0}")]
    Io(#[from] io::Error),
    #[cfg(feature = "bench")]
    #[error("{0}; give a free address as `listen` in [bench]")]
    Listen(#[from] crate::bench::ListenError),
    #[error("the core ended by a mistake in the program")]
    Panicked,
    #[error("{0}")]
    Demo(String),
}

/// What a demo or a test adds to a kiosk; an appliance adds nothing.
#[derive(Default)]
pub struct Extras {
    /// The time people are told; the system's without it.
    pub wall: Option<Box<dyn Fn() -> Timestamp + Send + Sync>>,
    #[cfg(feature = "bench")]
    pub bench: Option<BenchParts>,
    /// Where it says that a restart would disturb nobody.
    pub quiet_sign: Option<PathBuf>,
    /// Where it says how bright the panel is to be.
    pub brightness_file: Option<PathBuf>,
    /// Where it says, with the keys of who may log in, that it is being maintained.
    pub maintenance_sign: Option<PathBuf>,
    /// Ends the kiosk when it becomes true.
    pub stop: Option<Receiver<bool>>,
}

impl std::fmt::Debug for Extras {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extras").finish_non_exhaustive()
    }
}

/// What the bench operates besides the screen.
#[cfg(feature = "bench")]
#[derive(Default)]
pub struct BenchParts {
    pub simulators: crate::bench::simulators::Simulators,
    pub office: Option<std::sync::Arc<dyn crate::bench::BenchOffice>>,
    pub cards: std::collections::BTreeMap<String, serde_json::Value>,
    /// Where the bench listens, instead of the configured address.
    pub listener: Option<std::net::TcpListener>,
    /// Told where the bench listens.
    pub ready: Option<Box<dyn FnOnce(std::net::SocketAddr) + Send>>,
}

/// Runs a kiosk until SIGINT, SIGTERM, the end of its window or a technician's wish for a new start.
/// Call it on the main thread.
pub fn run(config: Config, extras: Extras) -> Result<End, StartError> {
    // Two TLS providers may be linked in; the one that is used is chosen once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let window = match config.display {
        Display::Headless => KioskWindow::headless(config.panel)?,
        Display::Panel => KioskWindow::on_display(config.panel)?,
    };
    let (sender, events) = mpsc::channel(WAITING);
    let touches = sender.clone();
    window.on_action(move |action| {
        // A core that is gone or that busy cannot act on a touch; the person touches again.
        let _ = touches.try_send(Event::User(action));
    });
    let handle = window.handle();
    let (started, wait_for_start) = oneshot::channel();
    let core = Core { config, extras, handle: handle.clone(), sender, events };
    let worker = thread::Builder::new().name("core".into()).spawn(move || {
        let ended = core.run_to_end(started);
        // Without a core nobody clears the screen.
        handle.quit();
        ended
    })?;
    if wait_for_start.blocking_recv().is_ok() {
        window.run()?;
    }
    worker.join().map_err(|_| StartError::Panicked)?
}

struct Core {
    config: Config,
    extras: Extras,
    handle: ScreenHandle,
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
}

impl Core {
    /// Runs on a runtime of its own; a panic is an end like others.
    fn run_to_end(self, started: oneshot::Sender<()>) -> Result<End, StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.run(started))));
        // Calls that block, such as those to PC/SC, may never return.
        runtime.shutdown_background();
        ended.unwrap_or(Err(StartError::Panicked))
    }

    async fn run(self, started: oneshot::Sender<()>) -> Result<End, StartError> {
        let Self { config, extras, handle, sender, events } = self;
        let languages = config.load_languages()?;
        let clock = match extras.wall {
            Some(wall) => Clock::with_wall(wall),
            None => Clock::system(),
        };
        let mut seed = [0; 8];
        rand::rng().fill_bytes(&mut seed);
        let (store, snapshot) = store::start(config.data.clone(), seed)?;
        let (window, store_to_copy) = (handle.clone(), store.clone());
        let plug = Sender::new(true);
        let office = OfficeClient::new(&config.office, sender.clone(), plug.subscribe())?;
        // Raw bytes may be personal data: only the bench listens in.
        #[cfg(feature = "bench")]
        let tap = config.bench.is_some().then(|| hal::port::Tap::new(Timestamp::now));
        #[cfg(not(feature = "bench"))]
        let tap = None;
        let drivers = Drivers::start(&config.devices, tap.as_ref(), &sender);
        #[cfg(feature = "bench")]
        let show = show_on_bench(&config, handle, extras.bench, plug, tap).await?;
        #[cfg(not(feature = "bench"))]
        let show: Show = Box::new(move |screen| handle.show(screen));
        let kiosk = Kiosk::new(config.core.clone(), languages.clone());
        let crash = CrashPoints::from_environment();
        let power_off = config.power_off.clone();
        let quiet = QuietSign::new(Sign::new(extras.quiet_sign, String::new()));
        let brightness = BrightnessFile::new(extras.brightness_file, config.brightness);
        let keys = config.ssh_keys.iter().map(|key| format!("{key}\n"));
        // A remark to the SSH server, an order to who starts it.
        let line = config.serial_login.iter().map(|port| format!("# serial {port}\n"));
        let keys = line.chain(keys).collect();
        let maintenance = Sign::new(extras.maintenance_sign, keys);
        let parts = Parts {
            kiosk,
            clock,
            store,
            drivers,
            office,
            events,
            sender,
            show,
            crash,
            power_off,
            quiet,
            brightness,
            maintenance,
        };
        // The main thread may have given up waiting only if this thread is ending too.
        let _ = started.send(());
        let stop = stop_signal(extras.stop)?;
        let settings = config.watchdog.clone();
        let runtime = Runtime::new(parts);
        if let Err(error) = diag::serve(config, languages, runtime.health()) {
            // A kiosk that cannot be asked over SSH serves all the same.
            tracing::error!(%error, "failed to open the socket for `kiosk diag`");
        }
        let watchdog = watch::start(&settings, runtime.beat(), window.clone());
        watch::ready(watchdog.as_ref());
        let end = runtime.run(snapshot, stop).await;
        // What starts anew is the same process: told that it stops, systemd would wait for its end.
        if end == End::Stopped {
            watch::stop(watchdog.as_ref());
        }
        // What the screen shows does not wait for the copy.
        window.quit();
        store_to_copy.copy().await;
        Ok(end)
    }
}

/// Draws on the window, tells the bench, and starts it where one is configured.
#[cfg(feature = "bench")]
async fn show_on_bench(
    config: &Config,
    handle: ScreenHandle,
    parts: Option<BenchParts>,
    plug: Sender<bool>,
    tap: Option<hal::port::Tap>,
) -> Result<Show, StartError> {
    use crate::bench::{Bench, BenchScreen, Shown, listen, serve};

    let (shown, receiver) = tokio::sync::watch::channel(Shown::nothing());
    let screen = BenchScreen::new(handle.clone(), receiver);
    if let Some(address) = &config.bench {
        let BenchParts { simulators, office, cards, listener, ready } = parts.unwrap_or_default();
        let listener = listener.map_or_else(|| listen(address), Ok)?;
        let bench = Bench { screen, simulators, tap, plug, office, cards };
        let address = serve(bench, listener)?;
        match ready {
            Some(ready) => ready(address),
            None => console::say(format!("bench: http://{address}")),
        }
    }
    Ok(Box::new(move |screen| {
        shown.send_modify(|it| it.update(&screen));
        handle.show(screen);
    }))
}

/// True after SIGINT, SIGTERM or when whoever started the kiosk says so.
fn stop_signal(asked: Option<Receiver<bool>>) -> Result<Receiver<bool>, io::Error> {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let asked = async {
            let told = match asked {
                Some(mut asked) => asked.wait_for(|it| *it).await.is_ok(),
                None => false,
            };
            if !told {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = asked => {}
        }
        sender.send_replace(true);
    });
    Ok(receiver)
}
