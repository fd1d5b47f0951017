//! `kiosk demo`: office (SQLite), simulated devices, kiosk and bench page in one process.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc as blocking;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use clap::Args;
use hal::card::sim::{CardSim, StaffApplet};
use hal::locker::{BoardSettings, LockerSettings};
use hal::panel::PanelSettings;
use hal::panel::sim::PanelSim;
use hal::port::PortUrl;
use hal::printer::PrinterSettings;
use hal::sim::{SimHandle, SimOptions};
use hal::status_display::sim::StatusDisplaySim;
use hal::ups::UpsSettings;
use jiff::Timestamp;
use kiosk_core::{Darkness, HallKey, Limits, Service};
use office::demo::DemoHall;
use office::tls::DemoAuthority;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bench::simulators::Simulators;
use crate::bench::{self, BenchOffice, ListenError};
use crate::brightness::Brightness;
use crate::cli::{Failure, start_anew};
use crate::config::{Config, DeviceConfig, Display, OfficeConfig};
use crate::diag::configured;
use crate::power_off::PowerOff;
use crate::runtime::End;
use crate::start::{self, BenchParts, Extras, StartError};

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// Where the bench listens.
    #[arg(long, default_value = "127.0.0.1:8024")]
    listen: String,
    /// Folder for the hall's data: a new or empty one, or that of a former demo, whose hall is
    /// replaced. Without it the demo has a folder of its own, which goes when the demo ends.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Everything that is left to chance follows from it.
    #[arg(long, default_value_t = 24)]
    seed: u64,
}

pub(crate) fn run(arguments: DemoArguments) -> Result<(), Failure> {
    // Before the folder, whose former hall would be gone, and before the office takes its address.
    let listener = bench::listen(&arguments.listen).map_err(no_address)?;
    let folder = DemoFolder::new(arguments.data.as_deref())?;
    let hall = Hall::start(&folder.path, arguments.seed)?;
    let config = config(&hall, &folder.path, &arguments.listen)?;
    let office_url = hall.office.pages_url();
    let ready = Box::new(move |address: SocketAddr| {
        console::say(format!("bench page: http://{address}"));
        console::say(format!("office pages: {office_url}"));
        console::say("Ctrl-C stops everything");
    });
    let bench = BenchParts {
        simulators: hall.simulators,
        office: Some(Arc::clone(&hall.office) as Arc<dyn BenchOffice>),
        cards: hall.cards,
        listener: Some(listener),
        ready: Some(ready),
    };
    let extras = Extras { bench: Some(bench), ..Extras::default() };
    let ended = start::run(config, extras);
    hall.office.set_running(false);
    match ended? {
        End::Stopped => Ok(()),
        End::Restart => {
            console::say("the kiosk starts anew, and with it the whole demo hall");
            drop(folder);
            Err(start_anew())
        }
    }
}

fn no_address(error: ListenError) -> Failure {
    let message = format!("{error}; give a free address, such as `--listen 127.0.0.1:0`");
    Failure::wrong("address", message, "give a free address with --listen")
}

/// The demo's folder; one that nobody asked for is removed at the end.
struct DemoFolder {
    path: PathBuf,
    temporary: bool,
}

/// Lies in folders that a demo made; only there a later demo removes anything.
const MARKER: &str = ".hall24-demo";

impl DemoFolder {
    fn new(asked: Option<&Path>) -> Result<Self, StartError> {
        let temporary = asked.is_none();
        let path = asked.map_or_else(
            || std::env::temp_dir().join(format!("hall24-demo-{}", std::process::id())),
            Path::to_owned,
        );
        std::fs::create_dir_all(&path)?;
        let marker = path.join(MARKER);
        if marker.exists() {
            remove_former(&path)?;
        } else if std::fs::read_dir(&path)?.next().is_some() {
            let message = format!(
                "{} holds files and was not made by a demo; name a new or an empty folder",
                path.display()
            );
            return Err(StartError::Demo(message));
        }
        std::fs::write(&marker, "A demo hall lies here; the next `kiosk demo` replaces it.\n")?;
        Ok(Self { path, temporary })
    }
}

/// The codes and cards of a demo hall follow from its seed and its start: it begins afresh.
fn remove_former(folder: &Path) -> io::Result<()> {
    let removed = ["office.db", "office.db-wal", "office.db-shm"]
        .map(|name| std::fs::remove_file(folder.join(name)))
        .into_iter()
        .chain([std::fs::remove_dir_all(folder.join("kiosk"))]);
    for result in removed {
        match result {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed lies in the system's folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// The hall around the kiosk: it lives on a thread of its own.
struct Hall {
    demo: DemoHall,
    authority: String,
    identity: office::tls::Identity,
    office: Arc<DemoOffice>,
    simulators: Simulators,
    cards: BTreeMap<String, Value>,
}

impl Hall {
    fn start(folder: &Path, seed: u64) -> Result<Self, StartError> {
        let (sender, started) = blocking::channel();
        let folder = folder.to_owned();
        thread::Builder::new().name("hall".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(hall(&folder, seed, &sender)),
                Err(error) => drop(sender.send(Err(error.into()))),
            }
        })?;
        started.recv().map_err(|_| StartError::Demo("the demo hall did not start".into()))?
    }
}

fn demo_error(error: impl std::fmt::Display) -> StartError {
    StartError::Demo(error.to_string())
}

async fn hall(folder: &Path, seed: u64, started: &blocking::Sender<Result<Hall, StartError>>) {
    let (commands, mut wanted) = mpsc::unbounded_channel();
    match build_hall(folder, seed, commands).await {
        Err(error) => drop(started.send(Err(error))),
        Ok((hall, settings, mut running)) => {
            let office = Arc::clone(&hall.office);
            drop(started.send(Ok(hall)));
            while let Some(on) = wanted.recv().await {
                match (on, running.take()) {
                    (true, None) => running = office::serve(settings.clone()).await.ok(),
                    // Dropping it is as sudden as killing it.
                    (false, Some(_)) => {}
                    (_, same) => running = same,
                }
                office.note_running(running.is_some());
            }
        }
    }
}

type Built = (Hall, office::Settings, Option<office::Running>);

async fn build_hall(
    folder: &Path,
    seed: u64,
    commands: mpsc::UnboundedSender<bool>,
) -> Result<Built, StartError> {
    let now = Timestamp::now();
    let url = format!("sqlite:{}", folder.join("office.db").display());
    let database = office::Database::open(&url).await.map_err(demo_error)?;
    database.migrate().await.map_err(demo_error)?;
    let demo = office::demo::seed(&database, seed, now).await.map_err(demo_error)?;
    let authority = DemoAuthority::new(now).map_err(demo_error)?;
    let identity = authority.kiosk_identity(&demo.kiosk, now).map_err(demo_error)?;
    let tls = authority.server_tls(&["localhost", "127.0.0.1"], now).map_err(demo_error)?;
    let mut settings = office::Settings {
        database,
        clock: office::Clock::system(),
        random: office::Random::seeded(seed),
        pages: SocketAddr::from(([127, 0, 0, 1], 8025)),
        kiosk: Some(office::KioskListener { address: SocketAddr::from(([127, 0, 0, 1], 0)), tls }),
    };
    let running = match office::serve(settings.clone()).await {
        Ok(running) => running,
        // The usual port is taken, perhaps by another demo: any other will do.
        Err(_) => {
            settings.pages.set_port(0);
            office::serve(settings.clone()).await.map_err(demo_error)?
        }
    };
    // Started again after being killed it is found where it was.
    settings.pages = address(&running.pages_url)?;
    let kiosk_url = running.kiosk_url.clone().unwrap_or_default();
    if let Some(kiosk) = &mut settings.kiosk {
        kiosk.address = address(&kiosk_url)?;
    }
    let office = Arc::new(DemoOffice {
        pages_url: running.pages_url.clone(),
        kiosk_url,
        accounts: json!(
            demo.accounts
                .iter()
                .map(|it| json!({ "role": it.role, "user": it.user, "password": it.password }))
                .collect::<Vec<_>>()
        ),
        pickups: json!(
            demo.pickups
                .iter()
                .map(
                    |it| json!({ "card": it.card, "compartment": it.compartment, "code": it.code })
                )
                .collect::<Vec<_>>()
        ),
        staff: json!(
            demo.staff
                .iter()
                .map(|it| json!({ "card": it.card, "pin": it.pin }))
                .collect::<Vec<_>>()
        ),
        commands,
        running: Mutex::new(true),
    });
    let simulators = simulators(&demo, seed).await?;
    let cards = demo.people.iter().map(|it| (it.card.clone(), it.card_json())).collect();
    let authority = authority.certificate_pem().to_owned();
    let hall = Hall { demo, authority, identity, office, simulators, cards };
    Ok((hall, settings, Some(running)))
}

fn address(url: &str) -> Result<SocketAddr, StartError> {
    let address = url.split("//").nth(1).unwrap_or_default();
    address.parse().map_err(|_| StartError::Demo(format!("the office listens at {url}")))
}

/// Names of the in-process ports.
const READER: &str = "demo-id-reader";
const LOCKER: &str = "demo-locker";
const PRINTER: &str = "demo-printer";
const SCANNER: &str = "demo-scanner";
const CARD: &str = "demo-card";
const UPS: &str = "demo-ups";
const PANEL: &str = "demo-panel";
const STATUS_DISPLAY: &str = "demo-status-display";
const EVALUATOR: &str = "demo-evaluator";

fn port(name: &str) -> PortUrl {
    format!("sim:{name}").parse().expect("a name makes a port")
}

/// Two boards of the 8A family: 24 and 16 ways.
fn locker_settings() -> LockerSettings {
    let board = |address, ways| BoardSettings { address, ways, ..BoardSettings::default() };
    LockerSettings { boards: vec![board(1, 24), board(2, 16)], ..LockerSettings::default() }
}

/// A unit that tells volts only, as most do; the level is estimated.
fn ups_settings() -> UpsSettings {
    let (battery_full_mv, battery_empty_mv) = (Some(25_400), Some(21_000));
    UpsSettings { battery_full_mv, battery_empty_mv, ..UpsSettings::default() }
}

async fn simulators(demo: &DemoHall, seed: u64) -> Result<Simulators, StartError> {
    let held = demo.pickups.iter().map(|it| it.compartment);
    let locker = hal::locker::sim::LockerSim::new(&locker_settings()).occupied(held);
    let reader = hal::id_reader::sim::ReaderSim::new();
    let printer = hal::printer::sim::PrinterSim::new(&PrinterSettings::default());
    let scanner = hal::scanner::sim::ScannerSim::default();
    let mut devices: BTreeMap<&'static str, SimHandle> = BTreeMap::new();
    let options = |baud| SimOptions { seed, pace_baud: Some(baud) };
    let serve = hal::sim::serve;
    let at = port(READER);
    devices.insert(
        "id_reader",
        serve(Box::new(reader), &at, options(115_200)).await.map_err(demo_error)?,
    );
    let at = port(LOCKER);
    devices
        .insert("locker", serve(Box::new(locker), &at, options(9_600)).await.map_err(demo_error)?);
    let at = port(PRINTER);
    devices.insert(
        "printer",
        serve(Box::new(printer), &at, options(115_200)).await.map_err(demo_error)?,
    );
    let at = port(SCANNER);
    devices.insert(
        "scanner",
        serve(Box::new(scanner), &at, options(9_600)).await.map_err(demo_error)?,
    );
    let ups = hal::ups::sim::UpsSim::new(&ups_settings());
    let at = port(UPS);
    devices.insert("ups", serve(Box::new(ups), &at, options(2_400)).await.map_err(demo_error)?);
    let evaluator = hal::evaluator::sim::EvaluatorSim::new(&Default::default());
    let at = port(EVALUATOR);
    devices.insert(
        "evaluator",
        serve(Box::new(evaluator), &at, options(9_600)).await.map_err(demo_error)?,
    );
    let options = SimOptions { seed, pace_baud: None };
    let display = StatusDisplaySim::serve(&port(STATUS_DISPLAY)).map_err(demo_error)?;
    let cabinet = PanelSettings::complete();
    let panel = PanelSim::serve(&port(PANEL), cabinet, options).map_err(demo_error)?;
    let card = CardSim::serve(&port(CARD)).map_err(demo_error)?;
    for member in &demo.staff {
        let public_key = hal::hex::decode(&member.card_public_key).unwrap_or_default();
        let applet = StaffApplet::new(&member.card_number, &member.card_secret_key, &public_key);
        card.add(&member.card, applet.map_err(demo_error)?);
    }
    Ok(Simulators { devices, card: Some(card), panel: Some(panel), display: Some(display) })
}

fn config(hall: &Hall, folder: &Path, listen: &str) -> Result<Config, StartError> {
    let mut config = Config {
        core: kiosk_core::Config {
            kiosk: hall.demo.kiosk.clone(),
            number: 3,
            hall_key: HallKey(hall.demo.hall_key.to_vec().into()),
            compartments: hall.demo.compartments.clone(),
            wall_columns: 8,
            paper_roll_mm: 80_000,
            devices: Vec::new(),
            services: Service::ALL.to_vec(),
            limits: Limits::default(),
            darkness: Darkness::default(),
            language: "zh-CN".into(),
        },
        data: folder.join("kiosk"),
        languages: None,
        panel: kiosk_screen::Panel::default(),
        display: Display::Headless,
        office: OfficeConfig {
            url: hall.office.kiosk_url.clone(),
            authority: hall.authority.clone(),
            certificate: hall.identity.certificate_pem.clone(),
            key: hall.identity.key_pem.clone(),
        },
        devices: DeviceConfig {
            id_reader: Some((port(READER), Default::default())),
            locker: Some((port(LOCKER), locker_settings())),
            printer: Some((port(PRINTER), Default::default())),
            card: Some(port(CARD)),
            scanner: Some((port(SCANNER), Default::default())),
            ups: Some((port(UPS), ups_settings())),
            panel: Some((port(PANEL), PanelSettings::complete())),
            status_display: Some((port(STATUS_DISPLAY), Default::default())),
            evaluator: Some((port(EVALUATOR), Default::default())),
            // Its voice is rendered for appliances only, and a page cannot be heard in a hall.
            speaker: None,
            document_printer: None,
            camera: None,
            signature: None,
        },
        power_off: PowerOff::default(),
        brightness: Brightness::default(),
        ssh_keys: vec![],
        serial_login: None,
        watchdog: Default::default(),
        bench: Some(listen.to_owned()),
    };
    config.core.devices = configured(&config).into_iter().map(|(kind, ..)| kind).collect();
    Ok(config)
}

/// The demo's office: its addresses, and whether it lives.
struct DemoOffice {
    pages_url: String,
    kiosk_url: String,
    accounts: Value,
    pickups: Value,
    staff: Value,
    commands: mpsc::UnboundedSender<bool>,
    running: Mutex<bool>,
}

impl DemoOffice {
    fn pages_url(&self) -> String {
        self.pages_url.clone()
    }

    fn note_running(&self, running: bool) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

impl BenchOffice for DemoOffice {
    /// The demo's people are invented, so their codes and PINs may stand beside the bench.
    fn describe(&self) -> Value {
        json!({
            "url": self.pages_url, "accounts": self.accounts,
            "pickups": self.pickups, "staff": self.staff,
        })
    }

    fn set_running(&self, running: bool) {
        // The hall's thread ends with the program only.
        let _ = self.commands.send(running);
    }

    fn running(&self) -> bool {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn store_of(folder: &Path) -> PathBuf {
        fs::create_dir_all(folder.join("kiosk")).expect("a folder");
        let store = folder.join("kiosk/kiosk.db");
        fs::write(&store, "somebody's store").expect("it can be written");
        store
    }

    #[test]
    fn a_folder_that_no_demo_made_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store_of(folder.path());
        let Err(error) = DemoFolder::new(Some(folder.path())) else { panic!("it was taken") };
        assert!(error.to_string().contains("was not made by a demo"), "{error}");
        assert!(store.exists());
    }

    #[test]
    fn a_former_demo_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("demo");
        drop(DemoFolder::new(Some(&path)).expect("a new folder"));
        let store = store_of(&path);
        fs::write(path.join("notes.txt"), "mine").expect("it can be written");
        drop(DemoFolder::new(Some(&path)).expect("it was made by a demo"));
        assert!(!store.exists());
        assert!(path.join("notes.txt").exists(), "what is not the demo's stays");
    }

    #[test]
    fn a_folder_that_nobody_named_goes_at_the_end() {
        let folder = DemoFolder::new(None).expect("a folder");
        let path = folder.path.clone();
        assert!(path.exists());
        drop(folder);
        assert!(!path.exists());
    }
}
