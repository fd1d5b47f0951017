//! The hall around a virtual machine: an office for it to reach, and devices at its serial ports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hal::locker::{BoardSettings, LockerSettings};
use hal::port::PortUrl;
use hal::sim::{Device, SimHandle, SimOptions};
use hal::ups::UpsSettings;
use hall24_qmp::stick;
use invitation::Code;
use jiff::{SignedDuration, Timestamp};
use office::demo::DemoHall;
use office::tls::DemoAuthority;
use office::{Clock, Database, Guest, KioskListener, Random, Settings};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::board::Board;

/// Where the office listens on this machine; the image's firewall lets nothing else out.
const OFFICE: ([u8; 4], u16) = ([127, 0, 0, 1], 8443);
/// There is one such address: halls open one after the other.
static ONLY: Mutex<()> = Mutex::const_new(());
/// What this machine is called inside the virtual one.
const OUTSIDE: &str = "10.0.2.2";
/// Number of cases in the office's books; the demo's own come with the first.
const CASES: usize = 60;
const SEED: u64 = 24;
/// Serial ports of the machine that are devices', in this order from the first card's on.
const PORTS: [&str; 5] = ["id_reader", "locker", "printer", "scanner", "ups"];

/// Office and devices, until it is dropped.
pub(crate) struct Hall {
    board: Board,
    pub(crate) demo: DemoHall,
    locker: SimHandle,
    reader: SimHandle,
    printer: SimHandle,
    _others: [SimHandle; 2],
    database: Database,
    authority: DemoAuthority,
    _office: office::Running,
    _only: MutexGuard<'static, ()>,
    folder: tempfile::TempDir,
}

/// Two boards, 24 and 16 ways.
fn locker_settings() -> LockerSettings {
    let board = |address, ways| BoardSettings { address, ways, ..BoardSettings::default() };
    LockerSettings { boards: vec![board(1, 24), board(2, 16)], ..LockerSettings::default() }
}

fn failed(what: &str) -> impl Fn(&dyn std::fmt::Display) -> Failure {
    move |error| Failure(format!("{what}: {error}"))
}

impl Hall {
    /// Opens it around such a machine: the office serves, the devices wait at their pseudo-terminals.
    pub(crate) async fn open(board: Board) -> Result<Self, Failure> {
        let only = ONLY.lock().await;
        let no_office = failed("the office cannot be started");
        let folder = tempfile::tempdir()?;
        let now = Timestamp::now();
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let database = Database::open(&url).await.map_err(|it| no_office(&it))?;
        let demo = office::demo::seed_with_cases(&database, SEED, now, CASES).await;
        let demo = demo.map_err(|it| no_office(&it))?;
        let authority = DemoAuthority::new(now).map_err(|it| no_office(&it))?;
        let tls = authority.server_tls(&[OUTSIDE], now).map_err(|it| no_office(&it))?;
        let settings = Settings {
            database: database.clone(),
            clock: Clock::system(),
            random: Random::system(),
            pages: SocketAddr::from(([127, 0, 0, 1], 0)),
            kiosk: Some(KioskListener { address: SocketAddr::from(OFFICE), tls }),
        };
        let office = office::serve(settings).await.map_err(|it| no_office(&it))?;
        let held = demo.pickups.iter().map(|it| it.compartment);
        let locker = hal::locker::sim::LockerSim::new(&locker_settings()).occupied(held);
        let reader = hal::id_reader::sim::ReaderSim::new();
        let printer = hal::printer::sim::PrinterSim::new(&Default::default());
        let scanner = hal::scanner::sim::ScannerSim::default();
        let ups = hal::ups::sim::UpsSim::new(&UpsSettings::default());
        let path = folder.path();
        Ok(Self {
            board,
            locker: serve(Box::new(locker), path, "locker").await?,
            reader: serve(Box::new(reader), path, "id_reader").await?,
            printer: serve(Box::new(printer), path, "printer").await?,
            _others: [
                serve(Box::new(scanner), path, "scanner").await?,
                serve(Box::new(ups), path, "ups").await?,
            ],
            demo,
            database,
            authority,
            _office: office,
            _only: only,
            folder,
        })
    }

    /// QEMU's arguments for a machine with these devices: a card with four serial ports and one with one,
    /// and a controller into which sticks can be plugged.
    pub(crate) fn hardware(&self) -> Vec<String> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let lines =
            PORTS.iter().map(|name| format!("-chardev serial,id={name},path={}", path(name)));
        let four = PORTS[..4].iter().enumerate();
        let four = four.map(|(at, name)| format!(",chardev{}={name}", at + 1)).collect::<String>();
        let cards = format!(
            "-device pci-serial-4x{four} -device pci-serial,chardev={} -device qemu-xhci,id=usb",
            PORTS[4]
        );
        let text = format!("{} {cards}", lines.collect::<Vec<_>>().join(" "));
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// What the kiosk of this hall is told of its devices.
    fn configuration(&self) -> String {
        let port = |name: &str| {
            let at = PORTS.iter().position(|it| *it == name).expect("one of the ports");
            format!("port = \"serial:/dev/ttyS{}\"", self.board.first_card_port() + at)
        };
        let sizes = self.demo.compartments.iter().map(|(number, size)| {
            format!("{{ from = {number}, to = {number}, size = {} }}", json!(size))
        });
        format!(
            "[kiosk]\ndata = \"data\"\n\
             [id_reader]\n{reader}\n\
             [locker]\n{locker}\ncompartments = [{sizes}]\nboards = [\
             {{ protocol = \"8a\", address = 1, ways = 24 }}, \
             {{ protocol = \"8a\", address = 2, ways = 16 }}]\n\
             [printer]\n{printer}\n[scanner]\n{scanner}\n\
             [ups]\n{ups}\nbattery_full_mv = 25400\nbattery_empty_mv = 21000\n",
            reader = port("id_reader"),
            locker = port("locker"),
            printer = port("printer"),
            scanner = port("scanner"),
            ups = port("ups"),
            sizes = sizes.collect::<Vec<_>>().join(", "),
        )
    }

    /// Invites the kiosk; gives the office's address and the code that a technician carries to it.
    pub(crate) async fn invite(&self) -> Result<(String, Code), Failure> {
        let office = format!("https://{OUTSIDE}:{}", OFFICE.1);
        let guest = Guest {
            kiosk: self.demo.kiosk.clone(),
            office: office.clone(),
            configuration: self.configuration(),
        };
        let chance = (Timestamp::now(), &Random::system());
        let day = SignedDuration::from_hours(24);
        let code = office::invite(&self.database, &self.authority, guest, day, chance).await;
        let code = code.map_err(|error| Failure(format!("the kiosk is not invited: {error}")))?;
        Ok((office, code))
    }

    /// Invites the kiosk; gives the stick with address and code.
    pub(crate) async fn stick(&self) -> Result<PathBuf, Failure> {
        let (office, code) = self.invite().await?;
        let file = self.folder.path().join("hall24-enrol.toml");
        std::fs::write(&file, office::stick_file(&office, &code))?;
        let stick = self.folder.path().join("stick.img");
        stick::write(&stick, &file, "hall24-enrol.toml")?;
        Ok(stick)
    }

    /// Offers the kiosk a version; gives its name.
    pub(crate) async fn offer(&self, bundle: &Path) -> Result<String, Failure> {
        let bundle = std::path::absolute(bundle)?;
        let no_update = failed("the version cannot be offered");
        let update = office::describe_update(&bundle).map_err(|it| no_update(&it))?;
        let (database, now) = (&self.database, Timestamp::now());
        database.add_update(&update, now).await.map_err(|it| no_update(&it))?;
        let offered = database.offer_update(&self.demo.kiosk, &update.version, now).await;
        match offered.map_err(|it| no_update(&it))? {
            true => Ok(update.version),
            false => Err(Failure("the office has no such kiosk".into())),
        }
    }

    /// Lays a demo person's card on the reader.
    pub(crate) fn lay(&self, card: &str) -> Result<(), Failure> {
        let person = self.demo.people.iter().find(|it| it.card == card);
        let person = person.ok_or_else(|| Failure(format!("the demo has no card {card}")))?;
        let command = json!({ "lay": person.card_json() });
        control(&self.reader, &command)
    }

    /// Waits until a door stands open.
    pub(crate) async fn door_opens(&self, way: u16, limit: Duration) -> Result<(), Failure> {
        let open = |it: &Value| it["way"] == way && it["door"] == "open";
        let open = |state: &Value| state["doors"].as_array().is_some_and(|it| it.iter().any(open));
        let opened = timeout(limit, self.locker.wait_for(open)).await;
        opened.map(drop).map_err(|_| Failure(format!("way {way} does not open")))
    }

    pub(crate) fn take_out_and_close(&self, way: u16) -> Result<(), Failure> {
        control(&self.locker, &json!({ "take_out": way }))?;
        control(&self.locker, &json!({ "close": way }))
    }

    /// Waits until a receipt has come out that says this.
    pub(crate) async fn receipt(&self, says: &str, limit: Duration) -> Result<(), Failure> {
        let says_it = |it: &Value| it["text"].as_str().is_some_and(|it| it.contains(says));
        let printed =
            |state: &Value| state["receipts"].as_array().is_some_and(|it| it.iter().any(says_it));
        let came = timeout(limit, self.printer.wait_for(printed)).await;
        came.map(drop).map_err(|_| Failure(format!("no receipt says “{says}”")))
    }

    /// Waits until the office knows what became of a compartment's content.
    pub(crate) async fn custody(&self, wanted: &str, limit: Duration) -> Result<(), Failure> {
        let query = "SELECT kind || ' ' || by_whom || ' ' || compartment FROM custody_records \
                     ORDER BY at DESC, rowid DESC LIMIT 1";
        self.office_says(query, wanted, limit).await
    }

    /// What the office answers to a query; nothing where there is nothing.
    pub(crate) fn office_answer(&self, query: &str) -> Result<String, Failure> {
        let path = self.folder.path().join("office.db");
        let connection = rusqlite::Connection::open(path).map_err(|it| Failure(it.to_string()))?;
        let answer = connection.query_row(query, [], |row| row.get(0));
        // It is written by somebody else meanwhile.
        Ok(answer.unwrap_or_default())
    }

    /// Waits until the office answers a query so.
    pub(crate) async fn office_says(
        &self,
        query: &str,
        wanted: &str,
        limit: Duration,
    ) -> Result<(), Failure> {
        let begin = std::time::Instant::now();
        loop {
            let says = self.office_answer(query)?;
            if says == wanted {
                return Ok(());
            }
            if begin.elapsed() > limit {
                return Err(Failure(format!("the office says “{says}”, not “{wanted}”")));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn serve(device: Box<dyn Device>, folder: &Path, name: &str) -> Result<SimHandle, Failure> {
    let no_device = |error: &dyn std::fmt::Display| Failure(format!("the {name}: {error}"));
    let url = format!("pty:{}/{name}", folder.display());
    let url: PortUrl = url.parse().map_err(|it| no_device(&it))?;
    let options = SimOptions { seed: SEED, pace_baud: None };
    hal::sim::serve(device, &url, options).await.map_err(|it| no_device(&it))
}

fn control(device: &SimHandle, command: &Value) -> Result<(), Failure> {
    device.control(command).map(drop).map_err(|error| Failure(format!("{command}: {error}")))
}
