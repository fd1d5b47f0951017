//! A whole hall for end-to-end tests: a real office over TLS, simulated devices at the other end of
//! real pseudo-terminals, and the kiosk as a process of its own.
//!
//! The devices and the office live in the test; the kiosk can be killed and started again without
//! them noticing. When a hall is dropped, everything that the kiosk logged is searched for personal
//! data; a find fails the test.

mod display;
mod guard;
mod kiosk;
mod staff;

use std::path::{Path, PathBuf};
use std::time::Duration;

use hal::card::sim::{CardSim, StaffApplet};
use hal::locker::{BoardSettings, LockerSettings};
use hal::port::PortUrl;
use hal::sim::{SimHandle, SimOptions};
use hal::ups::{UpsSettings, sim::UpsSim};
use jiff::Timestamp;
use office::demo::DemoHall;
use office::tls::DemoAuthority;
use serde_json::{Value, json};

pub use display::Display;
pub use kiosk::{KioskProcess, labels};

/// Longest time that anything may take before a test gives up.
pub const LIMIT: Duration = Duration::from_secs(40);

/// What a test wants its hall to be like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Staff cards through a real pcscd (else in a reader of the kiosk's own process: none).
    pub pcscd: bool,
    /// Lines pace their bytes as real ones do.
    pub paced: bool,
    /// The kiosk opens a window on a display.
    pub window: bool,
    /// The kiosk logs as an appliance does, not as a test wants it.
    pub quiet: bool,
}

/// The hall.
pub struct Hall {
    pub demo: DemoHall,
    pub office: Option<office::Running>,
    settings: office::Settings,
    pub locker: SimHandle,
    pub reader: SimHandle,
    pub printer: SimHandle,
    pub scanner: SimHandle,
    pub ups: SimHandle,
    pub card: Option<CardSim>,
    pub kiosk: Option<KioskProcess>,
    folder: tempfile::TempDir,
    /// Where the kiosk's window is.
    pub display: Option<Display>,
    quiet: bool,
    _pcscd: Option<hal::card::sim::Pcscd>,
}

/// Two boards, 24 and 16 ways.
pub fn locker_settings() -> LockerSettings {
    let board = |address, ways| BoardSettings { address, ways, ..BoardSettings::default() };
    LockerSettings { boards: vec![board(1, 24), board(2, 16)], ..LockerSettings::default() }
}

impl Hall {
    /// Starts office and devices; the kiosk is started by [`Hall::start_kiosk`].
    pub async fn new(wanted: Wanted) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the hall");
        let now = Timestamp::now();
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let database = office::Database::open(&url).await.expect("a database");
        database.migrate().await.expect("tables");
        let demo =
            office::demo::seed_with_cases(&database, 24, now, 60).await.expect("a demo hall");
        let authority = DemoAuthority::new(now).expect("an authority");
        let tls = authority.server_tls(&["localhost", "127.0.0.1"], now).expect("a certificate");
        let identity = authority.kiosk_identity(&demo.kiosk, now).expect("a certificate");
        write(folder.path(), "ca.pem", authority.certificate_pem());
        write(folder.path(), "authority.pem", authority.certificate_pem());
        write(folder.path(), "authority.key", authority.key_pem());
        write(folder.path(), "kiosk.pem", &identity.certificate_pem);
        write(folder.path(), "kiosk.key", &identity.key_pem);
        write(folder.path(), "hall.key", &hal::hex::encode(&demo.hall_key));
        let address = "127.0.0.1:0".parse().expect("an address");
        let mut settings = office::Settings {
            database,
            clock: office::Clock::system(),
            random: office::Random::seeded(24),
            pages: address,
            kiosk: Some(office::KioskListener { address, tls }),
        };
        let running = office::serve(settings.clone()).await.expect("the office serves");
        let kiosk_url = running.kiosk_url.clone().expect("it serves kiosks");
        let pages = running.pages_url.trim_start_matches("http://");
        settings.pages = pages.parse().expect("an address");
        if let Some(kiosk) = &mut settings.kiosk {
            kiosk.address = kiosk_url.trim_start_matches("https://").parse().expect("an address");
        }
        let held = demo.pickups.iter().map(|it| it.compartment);
        let locker = hal::locker::sim::LockerSim::new(&locker_settings()).occupied(held);
        let printer = hal::printer::sim::PrinterSim::new(&Default::default());
        let path = folder.path();
        let pcscd = if wanted.pcscd {
            Some(hal::card::sim::Pcscd::take_turn().expect("a pcscd"))
        } else {
            None
        };
        let hall = Self {
            locker: serve(Box::new(locker), path, "locker", wanted.paced.then_some(9_600)).await,
            reader: serve(
                Box::new(hal::id_reader::sim::ReaderSim::new()),
                path,
                "reader",
                wanted.paced.then_some(115_200),
            )
            .await,
            printer: serve(Box::new(printer), path, "printer", None).await,
            scanner: serve(
                Box::new(hal::scanner::sim::ScannerSim::default()),
                path,
                "scanner",
                None,
            )
            .await,
            ups: serve(Box::new(UpsSim::new(&UpsSettings::default())), path, "ups", None).await,
            card: wanted.pcscd.then(|| card_reader(&demo)),
            demo,
            office: Some(running),
            settings,
            kiosk: None,
            folder,
            display: wanted.window.then(Display::start),
            quiet: wanted.quiet,
            _pcscd: pcscd,
        };
        hall.write_config(&kiosk_url);
        hall
    }

    fn write_config(&self, kiosk_url: &str) {
        let path = self.folder.path().display().to_string();
        let sizes: Vec<String> = self
            .demo
            .compartments
            .iter()
            .map(|(number, size)| {
                let size = json!(size);
                format!("{{ from = {number}, to = {number}, size = {size} }}")
            })
            .collect();
        let card = match &self.card {
            Some(_) => "[card]\nport = \"pcsc:\"\n",
            None => "",
        };
        let display = if self.display.is_some() { "panel" } else { "headless" };
        let config = format!(
            "[kiosk]\nid = \"{kiosk}\"\nnumber = 3\ndata = \"kiosk\"\nhall_key = \"hall.key\"\n\
             display = \"{display}\"\n\
             [office]\nurl = \"{kiosk_url}\"\nauthority = \"ca.pem\"\n\
             certificate = \"kiosk.pem\"\nkey = \"kiosk.key\"\n\
             [id_reader]\nport = \"pty:{path}/reader\"\n\
             [locker]\nport = \"pty:{path}/locker\"\ncompartments = [{sizes}]\nboards = [\
             {{ protocol = \"8a\", address = 1, ways = 24 }}, \
             {{ protocol = \"8a\", address = 2, ways = 16 }}]\n\
             [printer]\nport = \"pty:{path}/printer\"\n\
             [scanner]\nport = \"pty:{path}/scanner\"\n\
             [ups]\nport = \"pty:{path}/ups\"\n\
             battery_full_mv = 25400\nbattery_empty_mv = 21000\n{card}\
             [bench]\nlisten = \"127.0.0.1:0\"\n",
            kiosk = self.demo.kiosk,
            sizes = sizes.join(", "),
        );
        write(self.folder.path(), "kiosk.toml", &config);
    }

    /// The kiosk's configuration names no device any more.
    pub fn take_devices_away(&self) {
        let path = self.folder.path().join("kiosk.toml");
        let text = std::fs::read_to_string(&path).expect("it was written");
        let kept = ["[kiosk]", "[office]", "[bench]"];
        let mut keep = true;
        let lines = text.lines().filter(|line| {
            if line.starts_with('[') {
                keep = kept.contains(line);
            }
            keep
        });
        let text: Vec<&str> = lines.collect();
        write(self.folder.path(), "kiosk.toml", &text.join("\n"));
    }

    /// Starts the kiosk and waits until it knows its deliveries and devices.
    pub async fn start_kiosk(&mut self) -> KioskProcess {
        self.start_kiosk_to_crash_at(None).await
    }

    /// Waits until the kiosk has heard, and written down, all that the office knows of it.
    pub async fn feed_is_read(&self) {
        let query = "SELECT count(*) FROM meta WHERE key = 'feed_read' AND value = 'true'";
        let read = || self.store().query_row(query, [], |row| row.get(0)).unwrap_or(0);
        let wait = async {
            while read() == 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("the feed is read to its end");
    }

    /// Starts the kiosk and waits for nothing but its bench.
    pub async fn spawn_kiosk(&self) -> KioskProcess {
        self.spawn_kiosk_with(self.folder.path().join("kiosk.toml")).await
    }

    /// The same with a configuration of its own.
    pub async fn spawn_kiosk_with(&self, config: PathBuf) -> KioskProcess {
        let log = self.folder.path().join("kiosk.log");
        let launch = kiosk::Launch { config, ..self.launch(&log, None) };
        KioskProcess::spawn_run(launch).await
    }

    /// Where kiosks reach the office.
    pub fn kiosk_url(&self) -> &str {
        let office = self.office.as_ref().expect("the office runs");
        office.kiosk_url.as_deref().expect("it serves kiosks")
    }

    fn launch<'a>(&self, log: &'a Path, crash_at: Option<u64>) -> kiosk::Launch<'a> {
        kiosk::Launch {
            config: self.folder.path().join("kiosk.toml"),
            log,
            crash_at,
            quiet: self.quiet,
            display: self.display.as_ref().map(|it| it.name().to_owned()),
        }
    }

    /// The same; it is killed at the given point after the intent to open a compartment.
    pub async fn start_kiosk_to_crash_at(&mut self, at: Option<u64>) -> KioskProcess {
        let log = self.folder.path().join("kiosk.log");
        KioskProcess::start(self.launch(&log, at)).await
    }

    /// The office's program dies at once.
    pub fn kill_office(&mut self) {
        self.office = None;
    }

    /// It is started again at the same addresses.
    pub async fn restart_office(&mut self) {
        for _ in 0..100 {
            match office::serve(self.settings.clone()).await {
                Ok(running) => {
                    self.office = Some(running);
                    return;
                }
                // The former listener's socket is still being closed.
                Err(_) => tokio::task::yield_now().await,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the office did not start again");
    }

    /// Lays a demo person's card on the reader.
    pub fn lay(&self, card: &str) {
        let person = self.demo.people.iter().find(|it| it.card == card).expect("a demo card");
        let command = json!({ "lay": person.card_json() });
        self.reader.control(&command).expect("the reader takes it");
    }

    pub fn lift(&self) {
        self.reader.control(&json!({ "lift": true })).expect("the reader takes it");
    }

    /// How often a way's lock was pulsed since the hall began.
    pub fn pulses(&self, way: u16) -> u64 {
        self.door(way)["pulses"].as_u64().expect("pulses are counted")
    }

    /// How often any lock was pulsed since the hall began.
    pub fn all_pulses(&self) -> u64 {
        let state = self.locker.state();
        let doors = state["doors"].as_array().expect("there are doors");
        doors.iter().map(|it| it["pulses"].as_u64().expect("pulses are counted")).sum()
    }

    pub fn door(&self, way: u16) -> Value {
        let state = self.locker.state();
        let doors = state["doors"].as_array().expect("there are doors").clone();
        doors.into_iter().find(|it| it["way"] == way).expect("the way exists")
    }

    /// Waits until a door stands open.
    pub async fn door_opens(&self, way: u16) {
        let open = |state: &Value| {
            let doors = state["doors"].as_array();
            doors.is_some_and(|it| it.iter().any(|it| it["way"] == way && it["door"] == "open"))
        };
        let opened = tokio::time::timeout(LIMIT, self.locker.wait_for(open)).await;
        opened.expect("the door opens");
    }

    pub fn take_out_and_close(&self, way: u16) {
        self.locker.control(&json!({ "take_out": way })).expect("it can be taken out");
        self.locker.control(&json!({ "close": way })).expect("the door can be closed");
    }

    /// The office's value of a query with one text, once it is `wanted`.
    pub async fn office_says(&self, query: &str, wanted: &str) {
        let path = self.folder.path().join("office.db");
        let mut last = String::new();
        for _ in 0..600 {
            let connection = rusqlite::Connection::open(&path).expect("SQLite opens it");
            last = connection.query_row(query, [], |row| row.get(0)).unwrap_or_default();
            if last == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the office says {last:?} to {query}, not {wanted:?}");
    }

    /// The kiosk's own store.
    pub fn store(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("kiosk/kiosk.db")).expect("it is there")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.kiosk = None;
        if !std::thread::panicking() {
            guard::search(&self.folder.path().join("kiosk.log"), &self.demo);
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the folder can be written");
}

async fn serve(
    device: Box<dyn hal::sim::Device>,
    folder: &Path,
    name: &str,
    pace_baud: Option<u32>,
) -> SimHandle {
    let url: PortUrl = format!("pty:{}/{name}", folder.display()).parse().expect("a port");
    let options = SimOptions { seed: 24, pace_baud };
    hal::sim::serve(device, &url, options).await.expect("a pseudo-terminal")
}

fn card_reader(demo: &DemoHall) -> CardSim {
    let url = format!("tcp:{}", hal::card::sim::VPCD_ADDRESS).parse().expect("an address");
    let reader = CardSim::serve(&url).expect("the virtual reader's port");
    for member in &demo.staff {
        let key = hal::hex::decode(&member.card_public_key).expect("hex");
        let applet = StaffApplet::new(&member.card_number, &member.card_secret_key, &key);
        reader.add(&member.card, applet.expect("the demo's keys fit"));
    }
    reader
}

/// A program of the workspace that was built beside this test.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().expect("a program lies in a folder");
    let folder = if folder.ends_with("deps") { folder.parent() } else { Some(folder) };
    let path = folder.expect("target/debug").join(name);
    assert!(path.exists(), "{} is not built; run make test", path.display());
    path
}
