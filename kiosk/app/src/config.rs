//! The appliance's configuration file: TOML, checked whole before anything starts.

use std::fs;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hal::id_reader::ReaderSettings;
use hal::locker::LockerSettings;
use hal::port::PortUrl;
use hal::printer::PrinterSettings;
use hal::ups::UpsSettings;
use kiosk_core::{BatteryLevels, HallKey, Languages, Limits, Service};
use kiosk_screen::Panel;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use wire::{CompartmentSize, KioskId};

use crate::diag::configured;
use crate::pem::{self, PemError};
use crate::power_off::PowerOff;

/// The longest limit that can be set: nobody's session stays on a screen for hours.
const SECONDS_MAX: u32 = 3600;

/// Everything that one kiosk needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    pub core: kiosk_core::Config,
    /// Folder of the store and its copies.
    pub data: PathBuf,
    /// Folder of further language files.
    pub languages: Option<PathBuf>,
    pub panel: Panel,
    pub display: Display,
    pub office: OfficeConfig,
    pub devices: DeviceConfig,
    pub power_off: PowerOff,
    /// Where the bench listens, in builds that have one.
    pub bench: Option<String>,
}

/// Where the screen is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Display {
    /// A window, or the whole panel through linuxkms.
    #[default]
    Panel,
    /// Into memory only.
    Headless,
}

/// How the office is reached.
#[derive(Clone, Debug)]
pub struct OfficeConfig {
    /// `https://host:port`
    pub url: String,
    /// PEM texts.
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

/// The ports of the devices; a device that is not there has none.
#[derive(Clone, Debug, Default)]
pub struct DeviceConfig {
    pub id_reader: Option<(PortUrl, ReaderSettings)>,
    pub locker: Option<(PortUrl, LockerSettings)>,
    pub printer: Option<(PortUrl, PrinterSettings)>,
    pub card: Option<PortUrl>,
    pub scanner: Option<PortUrl>,
    pub ups: Option<(PortUrl, UpsSettings)>,
}

/// Why a configuration cannot be used. Says file, line and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {source}; give the path of an existing file")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}:{line}: {message}")]
    At { path: PathBuf, line: usize, message: String },
    #[error("{path}: {message}")]
    Whole { path: PathBuf, message: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kiosk: KioskTable,
    #[serde(default)]
    panel: PanelTable,
    office: OfficeTable,
    #[serde(default)]
    limits: LimitsTable,
    id_reader: Option<PortTable<ReaderSettings>>,
    locker: Option<LockerTable>,
    printer: Option<PortTable<PrinterSettings>>,
    card: Option<BarePortTable>,
    scanner: Option<BarePortTable>,
    ups: Option<UpsTable>,
    bench: Option<BenchTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KioskTable {
    id: String,
    number: Spanned<f64>,
    data: PathBuf,
    /// File with the hall's key, 64 hex digits.
    hall_key: Spanned<PathBuf>,
    #[serde(default = "chinese")]
    language: Spanned<String>,
    languages: Option<PathBuf>,
    #[serde(default = "all_services")]
    services: Vec<Service>,
    #[serde(default)]
    display: Display,
}

fn chinese() -> Spanned<String> {
    Spanned::new(0..0, "zh-CN".to_owned())
}

fn all_services() -> Vec<Service> {
    Service::ALL.to_vec()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PanelTable {
    inches: Option<Spanned<f64>>,
    lower_edge_mm: Option<Spanned<f64>>,
    viewing_mm: Option<Spanned<f64>>,
    width_px: Option<Spanned<f64>>,
    height_px: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeTable {
    url: Spanned<String>,
    authority: Spanned<PathBuf>,
    certificate: Spanned<PathBuf>,
    key: Spanned<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsTable {
    idle_s: Option<Spanned<f64>>,
    idle_large_text_s: Option<Spanned<f64>>,
    idle_answer_s: Option<Spanned<f64>>,
    door_reminder_s: Option<Spanned<f64>>,
    door_limit_s: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
struct PortTable<T> {
    port: Spanned<String>,
    #[serde(flatten)]
    settings: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BarePortTable {
    port: Spanned<String>,
}

#[derive(Deserialize)]
struct LockerTable {
    port: Spanned<String>,
    wall_columns: Option<Spanned<f64>>,
    compartments: Spanned<Vec<CompartmentRange>>,
    #[serde(flatten)]
    settings: LockerSettings,
}

#[derive(Deserialize)]
struct UpsTable {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BenchTable {
    listen: String,
}

/// A configuration file with what is needed to point into it.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn at(&self, span: Range<usize>, message: impl Into<String>) -> ConfigError {
        let line = self.text[..span.start.min(self.text.len())].matches('\n').count() + 1;
        ConfigError::At { path: self.path.to_owned(), line, message: message.into() }
    }

    fn file(&self) -> Result<File, ConfigError> {
        let file = toml::from_str(self.text).map_err(|error| self.unreadable(&error))?;
        known_keys::<ReaderSettings>(self, "id_reader", &["port"])?;
        known_keys::<LockerSettings>(self, "locker", &["port", "wall_columns", "compartments"])?;
        known_keys::<PrinterSettings>(self, "printer", &["port"])?;
        known_keys::<UpsSettings>(self, "ups", UPS_KEYS)?;
        Ok(file)
    }

    /// What the parser says, without the names of Rust's types.
    fn unreadable(&self, error: &toml::de::Error) -> ConfigError {
        let mut message = error.message().replace('\n', ", ");
        for (name, meaning) in [
            ("f64", "a number"),
            ("u8", "a whole number from 0 to 255"),
            ("u16", "a whole number from 0 to 65535"),
            ("u32", "a whole number, 0 or more"),
        ] {
            let expected = format!("expected {name}");
            if let Some(before) = message.strip_suffix(&expected) {
                message = format!("{before}expected {meaning}");
            }
        }
        self.at(error.span().unwrap_or(0..0), message)
    }

    /// Where a key of a table stands, as nearly as can be told.
    fn place_of(&self, table: &str, key: &str) -> Range<usize> {
        let from = self.text.find(&format!("[{table}]")).unwrap_or(0);
        let begins = |line: &str| line.trim_start().starts_with(key);
        let mut at = from;
        for line in self.text[from..].split_inclusive('\n') {
            if begins(line) {
                return at..at;
            }
            at += line.len();
        }
        from..from
    }

    /// A path in the file is relative to the file.
    fn near(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(path)
    }

    /// The text of a file that is named in this one.
    fn read(&self, path: &Spanned<PathBuf>) -> Result<String, ConfigError> {
        let near = self.near(path.get_ref());
        fs::read_to_string(&near).map_err(|error| {
            let message = format!(
                "cannot read {}: {error}; put the file there or correct the path",
                near.display()
            );
            self.at(path.span(), message)
        })
    }

    /// A number between two others; `of` says what it counts.
    fn within(
        &self,
        number: &Spanned<f64>,
        range: RangeInclusive<f64>,
        of: &str,
    ) -> Result<f64, ConfigError> {
        let given = *number.get_ref();
        if range.contains(&given) {
            return Ok(given);
        }
        let (low, high) = (range.start(), range.end());
        let message = format!("expected a number{of} from {low} to {high}, not {given}");
        Err(self.at(number.span(), message))
    }

    /// A whole number between two others.
    fn whole(
        &self,
        number: &Spanned<f64>,
        range: RangeInclusive<u32>,
        of: &str,
    ) -> Result<u32, ConfigError> {
        let bounds = f64::from(*range.start())..=f64::from(*range.end());
        let given = self.within(number, bounds, of)?;
        if given.fract() != 0.0 {
            let message = format!("expected a whole number{of}, not {given}");
            return Err(self.at(number.span(), message));
        }
        Ok(given as u32)
    }

    fn port(&self, url: &Spanned<String>) -> Result<PortUrl, ConfigError> {
        url.get_ref()
            .parse()
            .map_err(|error: hal::port::PortUrlError| self.at(url.span(), error.to_string()))
    }

    /// The port of a device at the end of a line.
    fn line(&self, url: &Spanned<String>) -> Result<PortUrl, ConfigError> {
        match self.port(url)? {
            PortUrl::Pcsc { .. } | PortUrl::Nut { .. } => {
                let message =
                    format!("expected a line, such as serial:PATH, not {}", url.get_ref());
                Err(self.at(url.span(), message))
            }
            line => Ok(line),
        }
    }

    /// The port of a UPS: a line of its own, or a server that knows it.
    fn ups(&self, url: &Spanned<String>) -> Result<PortUrl, ConfigError> {
        match self.port(url)? {
            nut @ PortUrl::Nut { .. } => Ok(nut),
            _ => self.line(url),
        }
    }

    /// The port of a reader for staff cards.
    fn card_reader(&self, url: &Spanned<String>) -> Result<PortUrl, ConfigError> {
        match self.port(url)? {
            reader @ (PortUrl::Pcsc { .. } | PortUrl::Sim { .. }) => Ok(reader),
            other => {
                let message = format!("expected pcsc:READER or pcsc: for the first, not {other}");
                Err(self.at(url.span(), message))
            }
        }
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

impl Config {
    /// Reads and checks a configuration file and the files it names.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source { path, text };
        let file = source.file()?;
        let (compartments, wall_columns) = compartments(&source, file.locker.as_ref())?;
        let core = kiosk_core::Config {
            kiosk: KioskId(file.kiosk.id.clone()),
            number: number(&source, &file.kiosk.number)?,
            hall_key: hall_key(&source, &file.kiosk.hall_key)?,
            compartments,
            wall_columns,
            devices: Vec::new(),
            services: file.kiosk.services.clone(),
            limits: Limits {
                battery: battery_levels(&source, file.ups.as_ref())?,
                ..limits(&source, &file.limits)?
            },
            language: file.kiosk.language.get_ref().clone(),
        };
        let mut config = Self {
            data: source.near(&file.kiosk.data),
            languages: file.kiosk.languages.as_ref().map(|it| source.near(it)),
            panel: panel(&source, &file.panel)?,
            display: file.kiosk.display,
            office: office(&source, &file.office)?,
            devices: devices(&source, &file)?,
            power_off: power_off(file.ups),
            bench: file.bench.map(|it| it.listen),
            core,
        };
        config.core.devices = configured(&config).into_iter().map(|(kind, ..)| kind).collect();
        let known = config.load_languages()?;
        if !known.contains(&config.core.language) {
            let tags: Vec<&str> = known.list().iter().map(|it| it.tag.as_str()).collect();
            let message = format!("expected a language that exists: {}", tags.join(", "));
            return Err(source.at(file.kiosk.language.span(), message));
        }
        Ok(config)
    }

    /// The built-in languages and those of the configured folder.
    pub fn load_languages(&self) -> Result<Languages, ConfigError> {
        let mut languages = Languages::built_in();
        let Some(folder) = &self.languages else { return Ok(languages) };
        let cannot = |source| ConfigError::Read { path: folder.clone(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(cannot)? {
            paths.push(entry.map_err(cannot)?.path());
        }
        paths.sort();
        for path in paths.iter().filter(|it| it.extension().is_some_and(|it| it == "toml")) {
            let language = kiosk_core::Language::parse(&read(path)?).map_err(|error| {
                ConfigError::Whole { path: path.clone(), message: error.to_string() }
            })?;
            languages.add(language);
        }
        Ok(languages)
    }
}

impl DeviceConfig {
    /// Reads the devices of a configuration file; whether the files it names are there is not asked.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let source = Source { path, text: &text };
        devices(&source, &source.file()?)
    }
}

/// A device's table holds its port's and its settings' keys and no others: a key that is not
/// understood would be a setting that silently does not hold.
fn known_keys<T: Default + Serialize>(
    source: &Source<'_>,
    table: &str,
    more: &[&str],
) -> Result<(), ConfigError> {
    let whole: toml::Table =
        toml::from_str(source.text).map_err(|error| source.unreadable(&error))?;
    let Some(present) = whole.get(table).and_then(|it| it.as_table()) else { return Ok(()) };
    let settings = serde_json::to_value(T::default()).expect("settings are plain values");
    let known = |key: &str| more.contains(&key) || settings.get(key).is_some();
    let Some(unknown) = present.keys().find(|it| !known(it)) else { return Ok(()) };
    let settings = settings.as_object().into_iter().flat_map(|it| it.keys().map(String::as_str));
    let all: Vec<&str> = more.iter().copied().chain(settings).collect();
    let message = format!("unknown field `{unknown}`, expected one of {}", all.join(", "));
    Err(source.at(source.place_of(table, unknown), message))
}

fn panel(source: &Source<'_>, table: &PanelTable) -> Result<Panel, ConfigError> {
    let mut panel = Panel::default();
    if let Some(inches) = &table.inches {
        panel.inches = source.within(inches, 5.0..=100.0, " of inches")? as f32;
    }
    if let Some(height) = &table.lower_edge_mm {
        // A panel that begins above everybody's reach would leave nothing to touch.
        panel.lower_edge_mm = source.within(height, 0.0..=1200.0, " of millimetres")? as f32;
    }
    if let Some(distance) = &table.viewing_mm {
        panel.viewing_mm = source.within(distance, 200.0..=2000.0, " of millimetres")? as f32;
    }
    if let Some(width) = &table.width_px {
        panel.width_px = source.whole(width, 240..=8192, " of pixels")?;
    }
    if let Some(height) = &table.height_px {
        panel.height_px = source.whole(height, 240..=8192, " of pixels")?;
    }
    Ok(panel)
}

fn number(source: &Source<'_>, number: &Spanned<f64>) -> Result<u8, ConfigError> {
    let number = source.whole(number, 1..=99, "")?;
    Ok(u8::try_from(number).expect("it is 99 at most"))
}

fn hall_key(source: &Source<'_>, path: &Spanned<PathBuf>) -> Result<HallKey, ConfigError> {
    let text = source.read(path)?;
    match hal::hex::decode(text.trim()) {
        Some(key) if key.len() == 32 => Ok(HallKey(key.into())),
        _ => Err(ConfigError::Whole {
            path: source.near(path.get_ref()),
            message: "expected the hall's key as 64 hex digits; enrol the kiosk again".into(),
        }),
    }
}

fn limits(source: &Source<'_>, table: &LimitsTable) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    let set = |limit: &mut Duration, value: &Option<Spanned<f64>>, least, of| {
        if let Some(seconds) = value {
            let seconds = source.whole(seconds, least..=SECONDS_MAX, of)?;
            *limit = Duration::from_secs(seconds.into());
        }
        Ok(())
    };
    set(&mut limits.idle, &table.idle_s, 1, " of seconds")?;
    set(&mut limits.idle_large_text, &table.idle_large_text_s, 1, " of seconds")?;
    set(&mut limits.idle_answer, &table.idle_answer_s, 20, " of seconds (WCAG 2.2.1)")?;
    set(&mut limits.door_reminder, &table.door_reminder_s, 1, " of seconds")?;
    set(&mut limits.door_limit, &table.door_limit_s, 1, " of seconds")?;
    Ok(limits)
}

fn power_off(table: Option<UpsTable>) -> PowerOff {
    let of = |it: UpsTable| PowerOff { command: it.power_off, switch_ups_off: it.switch_ups_off };
    table.map(of).unwrap_or_default()
}

fn battery_levels(
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

fn office(source: &Source<'_>, table: &OfficeTable) -> Result<OfficeConfig, ConfigError> {
    let url = table.url.get_ref().trim_end_matches('/').to_owned();
    if !url.starts_with("https://") {
        return Err(source.at(table.url.span(), "expected an address that begins with https://"));
    }
    let authority = source.read(&table.authority)?;
    let certificate = source.read(&table.certificate)?;
    let key = source.read(&table.key)?;
    let wrong = |file: &Spanned<PathBuf>, error: PemError| {
        source.at(file.span(), format!("{}: {error}", source.near(file.get_ref()).display()))
    };
    pem::check_authority(&authority).map_err(|error| wrong(&table.authority, error))?;
    let chain = pem::certificates(&certificate);
    let chain = chain.map_err(|error| wrong(&table.certificate, error))?;
    pem::check_key(&key, chain).map_err(|error| match error {
        PemError::Certificate => wrong(&table.certificate, error),
        _ => wrong(&table.key, error),
    })?;
    Ok(OfficeConfig { url, authority, certificate, key })
}

type Compartments = Vec<(u16, CompartmentSize)>;

fn compartments(
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

fn devices(source: &Source<'_>, file: &File) -> Result<DeviceConfig, ConfigError> {
    let mut devices = DeviceConfig::default();
    if let Some(table) = &file.id_reader {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.id_reader = Some((source.line(&table.port)?, table.settings));
    }
    if let Some(table) = &file.locker {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.locker = Some((source.line(&table.port)?, table.settings.clone()));
    }
    if let Some(table) = &file.printer {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.printer = Some((source.line(&table.port)?, table.settings.clone()));
    }
    devices.card = file.card.as_ref().map(|it| source.card_reader(&it.port)).transpose()?;
    devices.scanner = file.scanner.as_ref().map(|it| source.line(&it.port)).transpose()?;
    if let Some(table) = &file.ups {
        let fits = table.settings.check();
        fits.map_err(|error| source.at(table.port.span(), error.to_string()))?;
        devices.ups = Some((source.ups(&table.port)?, table.settings.clone()));
    }
    Ok(devices)
}
