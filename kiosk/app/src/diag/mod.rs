//! `kiosk diag`: how every device is, what that means for each service, and what to do.
//!
//! A running kiosk is asked through the socket in its data folder, for it has the ports. Where none
//! runs, the devices are asked directly, and on request moved.

mod live;
mod opening;
mod probe;
mod questions;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kiosk_core::diagnosis::{DeviceKind, Level, Outcome, Report, report};

use crate::cli::Failure;
use crate::config::Config;
use crate::store::{StoreError, StoreFiles};

pub(crate) use live::{Health, configured, serve};

#[derive(Args)]
pub(crate) struct DiagArguments {
    /// The kiosk's configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data folder of a running kiosk, instead of a configuration file.
    #[arg(long, conflicts_with = "config")]
    data: Option<PathBuf>,
    /// Only this device: id-reader, locker, printer, card, scanner, ups, panel, status-display,
    /// evaluator, speaker, document-printer, camera, signature or office.
    #[arg(long)]
    device: Option<String>,
    /// internal asks, external moves something, interactive asks you.
    #[arg(long, value_enum, default_value_t)]
    level: LevelArgument,
    /// The compartment that may be opened for a test; it must be empty.
    #[arg(long)]
    way: Option<u16>,
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum LevelArgument {
    #[default]
    Internal,
    External,
    Interactive,
}

impl From<LevelArgument> for Level {
    fn from(it: LevelArgument) -> Self {
        match it {
            LevelArgument::Internal => Self::Internal,
            LevelArgument::External => Self::External,
            LevelArgument::Interactive => Self::Interactive,
        }
    }
}

pub(crate) fn run(arguments: DiagArguments) -> Result<(), Failure> {
    let device = arguments.device.as_deref().map(known_device).transpose()?;
    let level = Level::from(arguments.level);
    if arguments.way.is_some() && level == Level::Internal {
        let message = "--way opens a compartment, which --level internal does not";
        return Err(Failure::wrong("usage", message, "add --level external or interactive"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_well("start", error, "try again"))?;
    let mut report = runtime.block_on(examine(&arguments, level, device))?;
    report.devices.retain(|it| device.is_none_or(|wanted| it.kind == wanted));
    if let Some(wanted) = device.filter(|_| report.devices.is_empty()) {
        let message = format!("this kiosk has no {}", wanted.word().replace('_', "-"));
        return Err(Failure::wrong("device", message, "see the configuration"));
    }
    show(&report, arguments.json);
    // A test that was wanted and did not take place is not well either.
    let bad =
        |it: Outcome| it == Outcome::Fail || (it == Outcome::Skipped && level != Level::Internal);
    let failed = report.devices.iter().any(|it| bad(it.outcome));
    let well = if device.is_some() { !failed } else { report.healthy };
    if well { Ok(()) } else { Err(Failure::Told) }
}

fn known_device(name: &str) -> Result<DeviceKind, Failure> {
    DeviceKind::from_word(name).ok_or_else(|| {
        let all: Vec<String> =
            DeviceKind::ALL.iter().map(|it| it.word().replace('_', "-")).collect();
        let message = format!("there is no device {name}; there are {}", all.join(", "));
        Failure::wrong("usage", message, "choose one of these")
    })
}

async fn examine(
    arguments: &DiagArguments,
    level: Level,
    device: Option<DeviceKind>,
) -> Result<Report, Failure> {
    let config = match (&arguments.config, &arguments.data) {
        (Some(path), _) => Some(Config::load(path)?),
        (None, Some(_)) => None,
        (None, None) => {
            let action = "give --config FILE or --data DIR";
            return Err(Failure::wrong("usage", "no kiosk is named", action));
        }
    };
    let folder = config
        .as_ref()
        .map_or_else(|| arguments.data.clone().unwrap_or_default(), |it| it.data.clone());
    if let Some(mut running) = live::ask(&folder).await? {
        if level != Level::Internal {
            return Err(ports_in_use());
        }
        if let Some(config) = config {
            let languages = config.load_languages()?;
            let texts = languages.texts(&config.core.language);
            running.complete(probe::without_driver(&config, texts).await, texts);
        }
        return Ok(running);
    }
    let Some(config) = config else { return Err(nobody_runs(&folder)) };
    let files = StoreFiles::of_existing(&config.data);
    // Held to the end: no kiosk starts and nobody else examines while the ports are open here.
    let lock = files.as_ref().map(StoreFiles::lock).transpose();
    let _lock = lock.map_err(|it| cannot_examine(&it))?;
    let languages = config.load_languages()?;
    let texts = languages.texts(&config.core.language);
    let way = arguments.way;
    let findings = probe::all(&config, files.as_ref(), level, device, way, texts).await;
    Ok(report(&config.core, texts, Timestamp::now(), level, findings))
}

fn cannot_examine(error: &StoreError) -> Failure {
    Failure::wrong("running", error, "stop what uses the folder, or run this as the kiosk's user")
}

fn ports_in_use() -> Failure {
    let message = "the kiosk is running and has the ports: tests that move something need them";
    Failure::wrong("running", message, "stop the kiosk first, or use its maintenance mode")
}

fn nobody_runs(folder: &Path) -> Failure {
    let message = format!("no kiosk is running with the data folder {}", folder.display());
    Failure::wrong("usage", message, "give --config FILE, then the devices are asked directly")
}

fn show(report: &Report, as_json: bool) {
    if as_json {
        console::say(serde_json::to_string(report).expect("a report is plain values"));
        return;
    }
    for device in &report.devices {
        console::say(format!("{} {}", sign(device.outcome), device.message));
        let (port, protocol) = (&device.port, &device.protocol);
        console::say(format!("      {port} · {protocol} · {} ms", device.took_ms));
        for remark in &device.remarks {
            console::say(format!("      {remark}"));
        }
    }
    for service in &report.services {
        let outcome = match (service.works, &service.because) {
            (true, None) => Outcome::Pass,
            (true, Some(_)) => Outcome::Warn,
            (false, _) => Outcome::Fail,
        };
        let because = service.because.as_deref().unwrap_or_default();
        console::say(format!("{} {} {because}", sign(outcome), service.title).trim_end());
    }
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "[ ok ]",
        Outcome::Warn => "[warn]",
        Outcome::Fail => "[FAIL]",
        Outcome::Skipped => "[skip]",
    }
}
