//! The devices of a kiosk: their tables, ports and settings.

use std::path::Path;
use std::time::Duration;

use hal::camera::CameraSettings;
use hal::document_printer::DocumentPrinterSettings;
use hal::evaluator::EvaluatorSettings;
use hal::id_reader::ReaderSettings;
use hal::locker::LockerSettings;
use hal::panel::PanelSettings;
use hal::port::PortUrl;
use hal::printer::PrinterSettings;
use hal::scanner::ScannerSettings;
use hal::signature::SignatureSettings;
use hal::speaker::SpeakerSettings;
use hal::status_display::StatusDisplaySettings;
use hal::ups::UpsSettings;
use kiosk_core::{BatteryLevels, Limits};
use serde::Deserialize;
use toml::Spanned;
use wire::CompartmentSize;

use super::source::{Source, known_keys, read};
use super::{ConfigError, File, PortClass};
use crate::power_off::PowerOff;

/// The ports of the devices; a device that is not there has none.
#[derive(Clone, Debug, Default)]
pub struct DeviceConfig {
    pub id_reader: Option<(PortUrl, ReaderSettings)>,
    pub locker: Option<(PortUrl, LockerSettings)>,
    pub printer: Option<(PortUrl, PrinterSettings)>,
    pub card: Option<PortUrl>,
    pub scanner: Option<(PortUrl, ScannerSettings)>,
    pub ups: Option<(PortUrl, UpsSettings)>,
    pub panel: Option<(PortUrl, PanelSettings)>,
    pub status_display: Option<(PortUrl, StatusDisplaySettings)>,
    pub evaluator: Option<(PortUrl, EvaluatorSettings)>,
    pub speaker: Option<(PortUrl, SpeakerSettings)>,
    pub document_printer: Option<(PortUrl, DocumentPrinterSettings)>,
    pub camera: Option<(PortUrl, CameraSettings)>,
    pub signature: Option<(PortUrl, SignatureSettings)>,
}

#[derive(Deserialize)]
pub(super) struct PortTable<T> {
    port: Spanned<String>,
    #[serde(flatten)]
    settings: T,
}

/// The receipt printer, and how long its rolls are.
#[derive(Deserialize)]
pub(super) struct PrinterTable {
    port: Spanned<String>,
    roll_m: Option<Spanned<f64>>,
    #[serde(flatten)]
    settings: PrinterSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BarePortTable {
    port: Spanned<String>,
}

#[derive(Deserialize)]
pub(super) struct LockerTable {
    port: Spanned<String>,
    wall_columns: Option<Spanned<f64>>,
    compartments: Spanned<Vec<CompartmentRange>>,
    #[serde(flatten)]
    settings: LockerSettings,
}

#[derive(Deserialize)]
pub(super) struct UpsTable {
    port: Spanned<String>,
    refuse_below_percent: Option<Spanned<u8>>,
    shutdown_below_percent: Option<Spanned<u8>>,
    #[serde(default)]
    power_off: Vec<String>,
    #[serde(default)]
    switch_ups_off: bool,
    #[serde(flatten)]
    settings: UpsSettings,
}

/// The keys of [`UpsTable`] that are no settings of the driver.
const UPS_KEYS: &[&str] =
    &["port", "refuse_below_percent", "shutdown_below_percent", "power_off", "switch_ups_off"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompartmentRange {
    from: u16,
    to: u16,
    size: CompartmentSize,
}

impl DeviceConfig {
    /// Reads the devices of a configuration file; whether the files it names are there is not asked.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let source = Source { path, text: &text };
        devices(&source, &source.file()?)
    }
}

pub(super) fn power_off(table: Option<UpsTable>) -> PowerOff {
    let of = |it: UpsTable| PowerOff { command: it.power_off, switch_ups_off: it.switch_ups_off };
    table.map(of).unwrap_or_default()
}

/// The cabinet's lines, and how its alarm behaves.
#[derive(Deserialize)]
pub(super) struct PanelTable {
    port: Spanned<String>,
    rearm_s: Option<Spanned<f64>>,
    #[serde(flatten)]
    settings: PanelSettings,
}

/// The keys of [`PanelTable`] that are no settings of the driver.
const PANEL_KEYS: &[&str] = &["port", "rearm_s"];

/// How long the siren sounds, and after how long the alarm goes on by itself.
pub(super) fn alarm_limits(
    source: &Source<'_>,
    table: Option<&PanelTable>,
    limits: Limits,
) -> Result<Limits, ConfigError> {
    let Some(table) = table else { return Ok(limits) };
    let rearm = match &table.rearm_s {
        Some(seconds) => {
            Duration::from_secs(source.whole(seconds, 10..=3600, " of seconds")?.into())
        }
        None => limits.rearm,
    };
    let siren = Duration::from_secs(table.settings.siren_limit_s.into());
    Ok(Limits { siren, rearm, ..limits })
}

pub(super) fn battery_levels(
    source: &Source<'_>,
    table: Option<&UpsTable>,
) -> Result<BatteryLevels, ConfigError> {
    let mut levels = BatteryLevels::default();
    let Some(table) = table else { return Ok(levels) };
    let mut span = table.port.span();
    for (level, value) in [
        (&mut levels.refuse_below_percent, &table.refuse_below_percent),
        (&mut levels.shutdown_below_percent, &table.shutdown_below_percent),
    ] {
        if let Some(value) = value {
            *level = *value.get_ref();
            span = value.span();
        }
    }
    if !(1..=levels.refuse_below_percent).contains(&levels.shutdown_below_percent)
        || levels.refuse_below_percent > 100
    {
        let message = "expected 1 ≤ shutdown_below_percent ≤ refuse_below_percent ≤ 100";
        return Err(source.at(span, message));
    }
    Ok(levels)
}

/// Length of a whole roll where the configuration says nothing.
const ROLL_M: u32 = 80;

pub(super) fn paper_roll_mm(
    source: &Source<'_>,
    table: Option<&PrinterTable>,
) -> Result<u64, ConfigError> {
    let metres = match table.and_then(|it| it.roll_m.as_ref()) {
        Some(metres) => source.whole(metres, 5..=1000, " of metres")?,
        None => ROLL_M,
    };
    Ok(u64::from(metres) * 1000)
}

/// The tables of devices hold their known keys and no others.
pub(super) fn check_keys(source: &Source<'_>) -> Result<(), ConfigError> {
    known_keys::<ReaderSettings>(source, "id_reader", &["port"])?;
    known_keys::<LockerSettings>(source, "locker", &["port", "wall_columns", "compartments"])?;
    known_keys::<PrinterSettings>(source, "printer", &["port", "roll_m"])?;
    known_keys::<ScannerSettings>(source, "scanner", &["port"])?;
    known_keys::<UpsSettings>(source, "ups", UPS_KEYS)?;
    known_keys::<PanelSettings>(source, "panel", PANEL_KEYS)?;
    known_keys::<StatusDisplaySettings>(source, "status_display", &["port"])?;
    known_keys::<EvaluatorSettings>(source, "evaluator", &["port"])?;
    known_keys::<SpeakerSettings>(source, "speaker", &["port"])?;
    known_keys::<DocumentPrinterSettings>(source, "document_printer", &["port"])?;
    known_keys::<CameraSettings>(source, "camera", &["port"])?;
    known_keys::<SignatureSettings>(source, "signature", &["port"])
}

pub(super) type Compartments = Vec<(u16, CompartmentSize)>;

pub(super) fn compartments(
    source: &Source<'_>,
    locker: Option<&LockerTable>,
) -> Result<(Compartments, usize), ConfigError> {
    let Some(locker) = locker else { return Ok((vec![], 4)) };
    let span = locker.compartments.span();
    let mut all = Compartments::new();
    for range in locker.compartments.get_ref() {
        let expected = all.last().map_or(1, |(number, _)| number + 1);
        if range.from != expected || range.to < range.from {
            let message = format!(
                "expected compartments in order without gaps: from = {expected} here, not {}",
                range.from
            );
            return Err(source.at(span, message));
        }
        all.extend((range.from..=range.to).map(|number| (number, range.size)));
    }
    let ways = locker.settings.ways();
    if usize::from(ways) != all.len() {
        let message = format!(
            "expected as many compartments as the boards have ways: {ways}, not {}",
            all.len()
        );
        return Err(source.at(span, message));
    }
    let columns = match &locker.wall_columns {
        Some(columns) => source.whole(columns, 1..=10, " of columns")?,
        None => 4,
    };
    Ok((all, columns as usize))
}

pub(super) fn devices(source: &Source<'_>, file: &File) -> Result<DeviceConfig, ConfigError> {
    let mut devices = DeviceConfig::default();
    if let Some(table) = &file.id_reader {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.id_reader = Some((source.port_of(PortClass::Line, &table.port)?, table.settings));
    }
    if let Some(table) = &file.locker {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.locker =
            Some((source.port_of(PortClass::Line, &table.port)?, table.settings.clone()));
    }
    if let Some(table) = &file.printer {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.printer =
            Some((source.port_of(PortClass::Line, &table.port)?, table.settings.clone()));
    }
    let card = file.card.as_ref();
    devices.card = card.map(|it| source.port_of(PortClass::CardReader, &it.port)).transpose()?;
    if let Some(table) = &file.scanner {
        let port = source.port_of(PortClass::Input, &table.port)?;
        let settings = table.settings.at(&port);
        let fits = settings.check_at(&port);
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.scanner = Some((port, settings));
    }
    if let Some(table) = &file.ups {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.ups = Some((source.port_of(PortClass::Ups, &table.port)?, table.settings.clone()));
    }
    if let Some(table) = &file.panel {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.panel =
            Some((source.port_of(PortClass::Chip, &table.port)?, table.settings.clone()));
    }
    if let Some(table) = &file.status_display {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.status_display =
            Some((source.port_of(PortClass::Bus, &table.port)?, table.settings));
    }
    if let Some(table) = &file.evaluator {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.evaluator =
            Some((source.port_of(PortClass::Line, &table.port)?, table.settings.clone()));
    }
    if let Some(table) = &file.speaker {
        let mut settings = table.settings.clone();
        settings.voice = source.near(&settings.voice);
        settings.check().map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.speaker = Some((source.port_of(PortClass::Sound, &table.port)?, settings));
    }
    if let Some(table) = &file.document_printer {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.document_printer = Some((
            source.port_of(PortClass::DocumentPrinter, &table.port)?,
            table.settings.clone(),
        ));
    }
    if let Some(table) = &file.camera {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.camera = Some((source.port_of(PortClass::Camera, &table.port)?, table.settings));
    }
    if let Some(table) = &file.signature {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.signature = Some((source.port_of(PortClass::Input, &table.port)?, table.settings));
    }
    Ok(devices)
}
