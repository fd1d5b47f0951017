//! The counterparts of the field: our driver asks a real upsd, and NUT's own drivers feed it, one of
//! them from the simulated unit. They need the Debian package `nut-server`.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use super::{
    Hundredths, UpsEvent, UpsHandle, UpsKind, UpsProblem, UpsSettings, UpsStatus, sim::UpsSim,
    spawn,
};
use crate::{
    port::PortUrl,
    sim::{SimHandle, SimOptions, serve},
};

/// Where Debian puts upsd and its drivers.
const PROGRAMS: &str = "/lib/nut";
/// Only a hanging test ever waits that long.
const HANGS: Duration = Duration::from_secs(120);

const DUMMY: &str = "ups.status: OB LB\nbattery.charge: 12\nbattery.runtime: 240\n\
                     battery.voltage: 22.10\ndevice.model: say \"cheese\" \\ yes\n\
                     input.voltage: 0.0\nups.load: 33\nups.type: online\n";

/// In the foreground, and without giving up root for an account that cannot read the test's files.
fn stay_as_they_are() -> &'static [&'static str] {
    use std::os::unix::fs::MetadataExt;
    let root = fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    if root { &["-u", "root", "-D"] } else { &["-D"] }
}

/// A program that ends with the test.
struct Program(Child);

impl Program {
    fn start(name: &str, arguments: &[&str], folder: &Path) -> Self {
        let program = Path::new(PROGRAMS).join(name);
        let started = Command::new(&program)
            .args(arguments)
            .args(stay_as_they_are())
            .env("NUT_CONFPATH", folder)
            .env("NUT_STATEPATH", folder)
            .env("NUT_ALTPIDPATH", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = started.unwrap_or_else(|error| {
            panic!("{}: {error}; install the package nut-server", program.display())
        });
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that ended by itself cannot be killed, and need not be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A driver of ours at upsd.
struct Asked {
    events: mpsc::Receiver<UpsEvent>,
    _ups: UpsHandle,
}

impl Asked {
    fn at(address: &str, name: &str) -> Self {
        let url: PortUrl = format!("nut://{address}/{name}").parse().expect("a port");
        let settings = UpsSettings { poll_interval_ms: 1_000, ..UpsSettings::default() };
        let (sender, events) = mpsc::channel(64);
        Self { _ups: spawn(url, settings, None, sender), events }
    }

    async fn until<T>(&mut self, mut wanted: impl FnMut(UpsEvent) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the driver runs");
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        };
        timeout(HANGS, search).await.expect("the event comes")
    }

    async fn status(&mut self, wanted: impl Fn(&UpsStatus) -> bool) -> UpsStatus {
        self.until(|it| match it {
            UpsEvent::Status(status) => Some(status).filter(&wanted),
            UpsEvent::Link(_) | UpsEvent::Problem(_) => None,
        })
        .await
    }

    async fn problem(&mut self, problem: UpsProblem) {
        self.until(|it| (it == UpsEvent::Problem(problem)).then_some(())).await;
    }
}

async fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

async fn simulated_unit(folder: &Path) -> SimHandle {
    let line: PortUrl = format!("pty:{}/line", folder.display()).parse().expect("a port");
    let device = Box::new(UpsSim::new(&UpsSettings::default()));
    let options = SimOptions { pace_baud: Some(super::BAUD), ..SimOptions::default() };
    serve(device, &line, options).await.expect("served")
}

fn configure(folder: &Path, address: &str) {
    let path = folder.display();
    let (host, port) = address.split_once(':').expect("an address");
    let sections = format!(
        "[serial]\ndriver = nutdrv_qx\nport = {path}/line\nprotocol = megatec\n\
         pollinterval = 1\npollfreq = 3\n\
         [dummy]\ndriver = dummy-ups\nport = {path}/dummy.dev\nmode = dummy-loop\n\
         [missing]\ndriver = nutdrv_qx\nport = {path}/missing\n"
    );
    let server = format!("LISTEN {host} {port}\nMAXAGE 5\n");
    for (name, text) in [
        ("ups.conf", sections.as_str()),
        ("upsd.conf", server.as_str()),
        ("upsd.users", ""),
        ("dummy.dev", DUMMY),
    ] {
        fs::write(folder.join(name), text).expect("writes");
    }
}

#[tokio::test]
async fn a_real_upsd_with_real_drivers_is_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let address = free_address().await;
    configure(folder, &address);
    let unit = simulated_unit(folder).await;
    let serial = Program::start("nutdrv_qx", &["-a", "serial"], folder);
    let _dummy = Program::start("dummy-ups", &["-a", "dummy"], folder);
    let server = Program::start("upsd", &[], folder);

    let mut asked = Asked::at(&address, "serial");
    let status = asked.status(|it| it.mains).await;
    assert_eq!((status.load_percent, status.kind), (Some(12), Some(UpsKind::Standby)));
    assert_eq!(status.input_volt, Some(Hundredths(22_100)));
    unit.control(&json!({"mains": false})).expect("possible");
    asked.status(|it| !it.mains).await;
    unit.control(&json!({"battery_percent": 8})).expect("possible");
    asked.status(|it| it.battery_low).await;
    unit.control(&json!({"mains": true})).expect("possible");
    asked.status(|it| it.mains).await;
    unit.set_fault(Some("silence")).expect("known");
    asked.problem(UpsProblem::DataStale).await;
    unit.set_fault(None).expect("heals");
    asked.status(|it| it.mains).await;

    let dummy = Asked::at(&address, "dummy").status(|it| it.load_percent.is_some()).await;
    assert!(!dummy.mains && dummy.battery_low);
    assert_eq!((dummy.battery_percent, dummy.runtime_s), (Some(12), Some(240)));
    assert_eq!((dummy.battery_volt, dummy.kind), (Some(Hundredths(2_210)), Some(UpsKind::Online)));

    Asked::at(&address, "missing").problem(UpsProblem::DriverNotConnected).await;
    Asked::at(&address, "nobody").problem(UpsProblem::UnknownUps).await;
    drop(serial);
    asked.problem(UpsProblem::DriverNotConnected).await;
    drop(server);
    asked.problem(UpsProblem::PortClosed).await;
}
