//! The socket over which a running kiosk tells how its devices are.
//!
//! One connection, one report as JSON, closed. The socket lies in the data folder, so whoever may
//! read the store may ask; it takes no commands.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use kiosk_core::diagnosis::{
    Condition, DeviceKind, Finding, Ledger, Level, Report, condition_now, report,
};
use kiosk_core::{Devices, Kiosk, Languages};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cli::Failure;
use crate::config::Config;
use crate::drivers::ReaderFault;

const SOCKET: &str = "diag.sock";
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// A pause where no further connection can be taken, for example for want of file handles.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// What a runtime publishes of its devices.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub devices: Devices,
    pub ledger: Ledger,
    reader_fault: ReaderFault,
    /// When this was so.
    uptime: Duration,
    taken: tokio::time::Instant,
}

impl Health {
    pub(crate) fn of(kiosk: &Kiosk, uptime: Duration, reader_fault: ReaderFault) -> Self {
        let (devices, ledger) = (kiosk.devices().clone(), kiosk.ledger().clone());
        Self { devices, ledger, reader_fault, uptime, taken: tokio::time::Instant::now() }
    }

    /// How a device is. Of a reader whose module answers that it cannot work the events tell only
    /// that it is gone.
    fn condition(&self, kind: DeviceKind) -> Condition {
        let told = condition_now(&self.devices, kind);
        let fault = match (kind, told) {
            (DeviceKind::IdReader, Condition::Silent) => self.reader_fault.now(),
            _ => None,
        };
        fault.map_or(told, Condition::of_module)
    }

    /// The uptime by now.
    fn uptime_now(&self) -> Duration {
        self.uptime + self.taken.elapsed()
    }
}

/// Answers on the socket of the data folder until the runtime ends.
pub(crate) fn serve(
    config: Config,
    languages: Languages,
    health: watch::Receiver<Health>,
) -> io::Result<()> {
    let path = config.data.join(SOCKET);
    // One that a killed kiosk left; the lock of the folder keeps two kiosks apart.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    tokio::spawn(async move {
        let _removed = RemoveAtEnd(path);
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let report = of_running(&config, &languages, &health.borrow().clone());
                    tokio::spawn(answer(stream, report));
                }
                Err(error) => {
                    tracing::warn!(%error, "a question of `kiosk diag` was not taken");
                    sleep(AFTER_REFUSAL).await;
                }
            }
        }
    });
    Ok(())
}

struct RemoveAtEnd(PathBuf);

impl Drop for RemoveAtEnd {
    fn drop(&mut self) {
        // Left behind it is only a file that nobody answers at.
        let _ = fs::remove_file(&self.0);
    }
}

async fn answer(mut stream: UnixStream, report: Report) {
    let text = serde_json::to_vec(&report).expect("a report is plain values");
    // Whoever asked may be gone.
    let _ = timeout(ANSWER_LIMIT, stream.write_all(&text)).await;
}

/// Asks the kiosk that runs with this data folder; `None` where none does.
pub(super) async fn ask(folder: &Path) -> Result<Option<Report>, Failure> {
    let nobody = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused];
    let mut stream = match UnixStream::connect(folder.join(SOCKET)).await {
        Ok(stream) => stream,
        Err(error) if nobody.contains(&error.kind()) => return Ok(None),
        Err(error) => {
            let message = format!("cannot ask the kiosk at {}: {error}", folder.display());
            return Err(Failure::wrong("running", message, "run this as the kiosk's user or root"));
        }
    };
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("the running kiosk does not answer: {error}");
        Failure::not_well("running", message, "restart the kiosk")
    };
    let mut text = Vec::new();
    match timeout(ANSWER_LIMIT, stream.read_to_end(&mut text)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(failed(&error)),
        Err(error) => return Err(failed(&error)),
    }
    serde_json::from_slice(&text).map(Some).map_err(|error| failed(&error))
}

fn of_running(config: &Config, languages: &Languages, health: &Health) -> Report {
    let at = Timestamp::now();
    let findings = configured(config).into_iter().map(|(kind, protocol, port)| Finding {
        kind,
        protocol,
        port,
        condition: health.condition(kind),
        details: details(&health.devices, kind),
        doors: match kind {
            DeviceKind::Locker => health.devices.doors.clone(),
            _ => BTreeMap::new(),
        },
        took_ms: 0,
        statistics: health.ledger.of(kind, health.uptime_now()),
    });
    let texts = languages.texts(&config.core.language);
    report(&config.core, texts, at, Level::Internal, findings.collect())
}

fn details(devices: &Devices, kind: DeviceKind) -> Value {
    match kind {
        DeviceKind::Printer => json!(devices.printer_status),
        DeviceKind::Locker => json!({ "doors": devices.doors, "occupied": devices.occupied }),
        DeviceKind::IdReader => json!({ "card_lies": devices.card_lies }),
        DeviceKind::Panel => json!({ "inputs": devices.inputs }),
        DeviceKind::Ups => json!({ "percent": devices.power.percent() }),
        DeviceKind::Card
        | DeviceKind::Scanner
        | DeviceKind::StatusDisplay
        | DeviceKind::Evaluator
        | DeviceKind::Speaker
        | DeviceKind::DocumentPrinter
        | DeviceKind::Camera
        | DeviceKind::Signature
        | DeviceKind::Office => Value::Null,
    }
}

/// The devices of a configuration with protocol and port.
pub(crate) fn configured(config: &Config) -> Vec<(DeviceKind, String, String)> {
    let devices = &config.devices;
    let mut all = Vec::new();
    if let Some((port, _)) = &devices.id_reader {
        all.push((DeviceKind::IdReader, "sdt".to_owned(), port.to_string()));
    }
    if let Some((port, settings)) = &devices.locker {
        let mut names: Vec<&str> = settings.boards.iter().map(|it| it.protocol.name()).collect();
        names.dedup();
        all.push((DeviceKind::Locker, names.join(" + "), port.to_string()));
    }
    if let Some((port, _)) = &devices.printer {
        all.push((DeviceKind::Printer, "escpos".to_owned(), port.to_string()));
    }
    if let Some(port) = &devices.card {
        all.push((DeviceKind::Card, "staff".to_owned(), port.to_string()));
    }
    if let Some((port, settings)) = &devices.scanner {
        let protocol = settings.protocol.name().to_owned();
        all.push((DeviceKind::Scanner, protocol, port.to_string()));
    }
    if let Some((port, settings)) = &devices.ups {
        all.push((DeviceKind::Ups, settings.protocol.name().to_owned(), port.to_string()));
    }
    if let Some((port, _)) = &devices.panel {
        all.push((DeviceKind::Panel, "gpio".to_owned(), port.to_string()));
    }
    if let Some((port, _)) = &devices.status_display {
        all.push((DeviceKind::StatusDisplay, "ssd1306".to_owned(), port.to_string()));
    }
    if let Some((port, _)) = &devices.evaluator {
        all.push((DeviceKind::Evaluator, "codes".to_owned(), port.to_string()));
    }
    if let Some((port, _)) = &devices.speaker {
        all.push((DeviceKind::Speaker, "wav".to_owned(), port.to_string()));
    }
    if let Some((port, _)) = &devices.document_printer {
        all.push((DeviceKind::DocumentPrinter, "ipp".to_owned(), port.to_string()));
    }
    if let Some((port, settings)) = &devices.camera {
        let format = json!(settings.format).as_str().unwrap_or_default().to_owned();
        all.push((DeviceKind::Camera, format, port.to_string()));
    }
    if let Some((port, _)) = &devices.signature {
        all.push((DeviceKind::Signature, "evdev".to_owned(), port.to_string()));
    }
    all.push((DeviceKind::Office, "https".to_owned(), config.office.url.clone()));
    all
}
