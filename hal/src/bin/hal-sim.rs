//! `hal-sim`: one simulated device on a pseudo-terminal or a TCP port, for drivers of any program.

use std::{error::Error, fmt::Display, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use console::Complaint;
use hal::{
    camera::{self, CameraSettings, sim::CameraSim},
    card::sim::{CardSim, SscApplet, SscData, StaffApplet},
    document_printer::sim::DocumentPrinterSim,
    evaluator::{self, EvaluatorSettings, sim::EvaluatorSim},
    id_reader::{self, sim::ReaderSim},
    locker::{self, LockerSettings, sim::LockerSim},
    port::PortUrl,
    printer::{PrinterSettings, sim::PrinterSim},
    scanner::{self, ScannerSettings, sim::ScannerSim},
    signature::{self, SignatureSettings, sim::SignatureSim},
    sim::{Device, FaultSchedule, Operate, SimOptions, serve, serve_control},
    ups::{self, UpsSettings, sim::UpsSim},
};

/// The rate of scanner engines as delivered.
const SCANNER_BAUD: u32 = 9_600;
/// Has no effect: what is on a network is not paced.
const NETWORK_BAUD: u32 = 115_200;

/// Serves one simulated device until it is interrupted.
#[derive(Parser)]
#[command(name = "hal-sim", version)]
struct Arguments {
    /// What to simulate.
    kind: Kind,
    /// How it speaks: sdt (id-reader); 8a, wkly, kr-cu16, kr-cu48 or winnsen (locker); escpos
    /// (printer); line, gm65, honeywell or evdev (scanner); staff or ssc (card); megatec or nut
    /// (ups); evdev (signature); mjpeg (camera); ipp (document-printer); an evaluator has none.
    #[arg(long)]
    protocol: Option<String>,
    /// Where it is: pty:PATH or tcp:ADDR; for a card the address of vsmartcard's virtual reader.
    #[arg(long)]
    port: PortUrl,
    /// Let bytes travel at the protocol's usual rate.
    #[arg(long)]
    pace: bool,
    /// Faults at set times, a TOML list of [[fault]] with name, after_ms and for_ms.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// Serve GET /state, POST /control and POST /fault at this address.
    #[arg(long)]
    control: Option<String>,
    /// Everything left to chance follows from it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A setting of the device, as `kiosk device` takes it.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    IdReader,
    Locker,
    Printer,
    Scanner,
    Card,
    Ups,
    Evaluator,
    Signature,
    DocumentPrinter,
    Camera,
}

/// A device and the rate at which its bytes travel when they are paced.
struct Simulated {
    device: Box<dyn Device>,
    baud: u32,
}

fn main() -> ExitCode {
    let arguments = match console::parse::<Arguments>() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let complaint = Complaint::of("usage", error, "see `hal-sim --help`");
            complaint.tell("hal-sim", false);
            ExitCode::from(console::WRONG_USE)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if let Kind::Card = arguments.kind {
        no_settings(&arguments)?;
        let reader = cards(&arguments)?;
        return operate(arguments, reader.clone(), reader.url()).await;
    }
    let Simulated { device, baud } = simulated(&arguments)?;
    let options = SimOptions { seed: arguments.seed, pace_baud: arguments.pace.then_some(baud) };
    let handle = serve(device, &arguments.port, options).await?;
    operate(arguments, handle.clone(), handle.url()).await
}

/// A reader with one card in it, and others at hand.
fn cards(arguments: &Arguments) -> Result<CardSim, Box<dyn Error>> {
    let reader = CardSim::serve(&arguments.port)?;
    let staff = StaffApplet::generate("STAFF-SIM")?;
    reader.add("staff-sim", staff.clone());
    let ssc = SscApplet::new(SscData::default())?;
    reader.add("ssc-1.0", SscApplet::new(SscData::of_1_0())?);
    reader.add("ssc-2.0", ssc.clone());
    reader.add("ssc-3.0", SscApplet::new(SscData::of_3_0())?);
    match arguments.protocol.as_deref() {
        None | Some("staff") => reader.insert(staff),
        Some("ssc") => reader.insert(ssc),
        Some(other) => return Err(format!("--protocol {other}: expected staff or ssc").into()),
    }
    Ok(reader)
}

fn simulated(arguments: &Arguments) -> Result<Simulated, Box<dyn Error>> {
    Ok(match arguments.kind {
        Kind::IdReader => {
            protocol_is(arguments, "sdt")?;
            no_settings(arguments)?;
            Simulated { device: Box::new(ReaderSim::new()), baud: id_reader::BAUD }
        }
        Kind::Locker => {
            let name = arguments.protocol.as_deref().unwrap_or("8a");
            let protocol = locker::Protocol::from_name(name).ok_or_else(|| {
                format!("--protocol {name}: expected {}", locker::Protocol::NAMES)
            })?;
            let mut settings = LockerSettings::single(protocol);
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            Simulated { device: Box::new(LockerSim::new(&settings)), baud: protocol.baud() }
        }
        Kind::Printer => {
            protocol_is(arguments, "escpos")?;
            let mut settings = PrinterSettings::default();
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            Simulated { device: Box::new(PrinterSim::new(&settings)), baud: settings.baud }
        }
        Kind::Scanner => {
            let name = arguments.protocol.as_deref().unwrap_or("line");
            let protocol = scanner::Protocol::from_name(name).ok_or_else(|| {
                format!("--protocol {name}: expected {}", scanner::Protocol::NAMES)
            })?;
            let mut settings = ScannerSettings::of(protocol);
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            Simulated { device: Box::new(ScannerSim::new(&settings)), baud: SCANNER_BAUD }
        }
        Kind::Ups => {
            let name = arguments.protocol.as_deref().unwrap_or("megatec");
            let protocol = ups::Protocol::from_name(name)
                .ok_or_else(|| format!("--protocol {name}: expected megatec or nut"))?;
            let mut settings = UpsSettings::of(protocol);
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            if arguments.pace && settings.protocol == ups::Protocol::Nut {
                return Err("--pace: upsd is on a network, which has no rate".into());
            }
            Simulated { device: Box::new(UpsSim::new(&settings)), baud: ups::BAUD }
        }
        Kind::Evaluator => {
            if let Some(name) = &arguments.protocol {
                return Err(format!("--protocol {name}: an evaluator has none").into());
            }
            let mut settings = EvaluatorSettings::default();
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            Simulated { device: Box::new(EvaluatorSim::new(&settings)), baud: evaluator::BAUD }
        }
        Kind::Signature => {
            protocol_is(arguments, "evdev")?;
            let mut settings = SignatureSettings::default();
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            let device = Box::new(SignatureSim::new(arguments.seed));
            Simulated { device, baud: signature::driver::BAUD }
        }
        Kind::DocumentPrinter => {
            protocol_is(arguments, "ipp")?;
            no_settings(arguments)?;
            if arguments.pace {
                return Err("--pace: a document printer is on a network, which has no rate".into());
            }
            Simulated { device: Box::new(DocumentPrinterSim::new()), baud: NETWORK_BAUD }
        }
        Kind::Camera => {
            protocol_is(arguments, "mjpeg")?;
            let mut settings = CameraSettings { width: 1_024, height: 768, ..Default::default() };
            for (key, value) in pairs(&arguments.settings)? {
                settings.set(key, value)?;
            }
            settings.check()?;
            let (width, height) = (settings.width.into(), settings.height.into());
            let device = Box::new(CameraSim::new(arguments.seed, width, height));
            Simulated { device, baud: camera::driver::BAUD }
        }
        Kind::Card => return Err("a card is not on a line of its own".into()),
    })
}

async fn operate(
    arguments: Arguments,
    handle: impl Operate,
    served_at: &PortUrl,
) -> Result<(), Box<dyn Error>> {
    if let Some(path) = &arguments.faults {
        let of_file = |error: &dyn Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|it| of_file(&it))?;
        let schedule = FaultSchedule::parse(&text).map_err(|it| of_file(&it))?;
        schedule.check(&handle).map_err(|it| of_file(&it))?;
        schedule.start(handle.clone()).map_err(|it| of_file(&it))?;
    }
    console::say(format!("serving at {served_at}"));
    if let Some(address) = &arguments.control {
        let served = serve_control(handle, address).await;
        let (bound, _) = served.map_err(|it| format!("--control {address}: {it}"))?;
        console::say(format!("control at http://{bound}"));
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn protocol_is(arguments: &Arguments, only: &str) -> Result<(), String> {
    match arguments.protocol.as_deref() {
        Some(other) if other != only => Err(format!("--protocol {other}: expected {only}")),
        _ => Ok(()),
    }
}

fn no_settings(arguments: &Arguments) -> Result<(), String> {
    match arguments.settings.first() {
        Some(setting) => Err(format!("--set {setting}: this device has no settings")),
        None => Ok(()),
    }
}

fn pairs(settings: &[String]) -> Result<Vec<(&str, &str)>, String> {
    let wrong = |it: &String| format!("--set {it}: expected KEY=VALUE");
    settings.iter().map(|it| it.split_once('=').ok_or_else(|| wrong(it))).collect()
}
