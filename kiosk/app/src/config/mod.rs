//! The appliance's configuration file: TOML, checked whole before anything starts.

mod devices;
mod port_class;
mod screen;
mod source;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hal::camera::CameraSettings;
use hal::document_printer::DocumentPrinterSettings;
use hal::evaluator::EvaluatorSettings;
use hal::id_reader::ReaderSettings;
use hal::port::PortUrl;
use hal::scanner::ScannerSettings;
use hal::signature::SignatureSettings;
use hal::speaker::SpeakerSettings;
use hal::status_display::StatusDisplaySettings;
use hal::watchdog::WatchdogSettings;
use kiosk_core::{HallKey, Languages, Limits, Service};
use kiosk_screen::Panel;
use serde::Deserialize;
use toml::Spanned;
use wire::KioskId;

use crate::brightness::Brightness;
use crate::diag::configured;
use crate::network::NetworkTable;
use crate::pem::{self, PemError};
use crate::power_off::PowerOff;
use crate::watch;
use devices::{
    BarePortTable, LockerTable, PanelTable, PortTable, PrinterTable, UpsTable, alarm_limits,
    battery_levels, compartments, paper_roll_mm, power_off,
};
use screen::ScreenTable;
use source::{Source, read};

pub use devices::DeviceConfig;
pub(crate) use port_class::PortClass;

/// The longest limit that can be set: nobody's session stays on a screen for hours.
const SECONDS_MAX: u32 = 3600;
/// What terminals use where nobody says otherwise.
const SERIAL_LOGIN_BAUD: u32 = 115_200;

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
    pub brightness: Brightness,
    /// Who may log in over SSH while the kiosk is being maintained: lines as OpenSSH writes public keys.
    pub ssh_keys: Vec<String>,
    /// A serial line over which they may do so, which no device has.
    pub serial_login: Option<PortUrl>,
    pub watchdog: WatchdogSettings,
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
    screen: ScreenTable,
    #[serde(default)]
    maintenance: MaintenanceTable,
    network: Option<NetworkTable>,
    office: OfficeTable,
    #[serde(default)]
    limits: LimitsTable,
    id_reader: Option<PortTable<ReaderSettings>>,
    locker: Option<LockerTable>,
    printer: Option<PrinterTable>,
    card: Option<BarePortTable>,
    scanner: Option<PortTable<ScannerSettings>>,
    ups: Option<UpsTable>,
    panel: Option<PanelTable>,
    status_display: Option<PortTable<StatusDisplaySettings>>,
    evaluator: Option<PortTable<EvaluatorSettings>>,
    speaker: Option<PortTable<SpeakerSettings>>,
    document_printer: Option<PortTable<DocumentPrinterSettings>>,
    camera: Option<PortTable<CameraSettings>>,
    signature: Option<PortTable<SignatureSettings>>,
    watchdog: Option<Spanned<WatchdogSettings>>,
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
struct MaintenanceTable {
    ssh_keys: Vec<Spanned<String>>,
    serial_port: Option<Spanned<String>>,
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
    idle_staff_s: Option<Spanned<f64>>,
    idle_answer_s: Option<Spanned<f64>>,
    door_reminder_s: Option<Spanned<f64>>,
    door_limit_s: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BenchTable {
    listen: String,
}

impl Config {
    /// Reads and checks a configuration file and the files it names. What is wrong with the network, such as
    /// a passphrase that is missing, is no reason for a kiosk not to start: it is logged.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let (config, problem) = Self::parse(path, &read(path)?)?;
        if let Some(problem) = problem {
            tracing::error!(%problem, "the network is not set up as the configuration says");
        }
        Ok(config)
    }

    /// The same for a configuration that nobody uses yet: everything has to be right.
    pub fn load_strictly(path: &Path) -> Result<Self, ConfigError> {
        let (config, problem) = Self::parse(path, &read(path)?)?;
        problem.map_or(Ok(config), Err)
    }

    /// The configuration, and what is wrong with its network.
    fn parse(path: &Path, text: &str) -> Result<(Self, Option<ConfigError>), ConfigError> {
        let source = Source { path, text };
        let file = source.file()?;
        let (compartments, wall_columns) = compartments(&source, file.locker.as_ref())?;
        screen::check_rotation(&source, &file.screen)?;
        let network = network_problem(&source, file.network.as_ref());
        let core = kiosk_core::Config {
            kiosk: KioskId(file.kiosk.id.clone()),
            number: number(&source, &file.kiosk.number)?,
            hall_key: hall_key(&source, &file.kiosk.hall_key)?,
            compartments,
            wall_columns,
            paper_roll_mm: paper_roll_mm(&source, file.printer.as_ref())?,
            devices: Vec::new(),
            services: file.kiosk.services.clone(),
            limits: Limits {
                battery: battery_levels(&source, file.ups.as_ref())?,
                ..alarm_limits(&source, file.panel.as_ref(), limits(&source, &file.limits)?)?
            },
            darkness: screen::darkness(&source, &file.screen)?,
            language: file.kiosk.language.get_ref().clone(),
        };
        let mut config = Self {
            data: source.near(&file.kiosk.data),
            languages: file.kiosk.languages.as_ref().map(|it| source.near(it)),
            panel: screen::panel(&source, &file.screen)?,
            display: file.kiosk.display,
            office: office(&source, &file.office)?,
            devices: devices::devices(&source, &file)?,
            power_off: power_off(file.ups),
            brightness: screen::brightness(&source, &file.screen)?,
            ssh_keys: ssh_keys(&source, &file.maintenance.ssh_keys)?,
            serial_login: serial_login(&source, file.maintenance.serial_port.as_ref())?,
            watchdog: watchdog(&source, file.watchdog)?,
            bench: file.bench.map(|it| it.listen),
            core,
        };
        let devices = configured(&config);
        if let (Some(port), Some(given)) = (&config.serial_login, &file.maintenance.serial_port)
            && let Some((kind, ..)) = devices.iter().find(|it| same_line(&it.2, &port.to_string()))
        {
            let message =
                format!("expected a line that no device has; this is the {}'s", kind.word());
            return Err(source.at(given.span(), message));
        }
        config.core.devices = devices.into_iter().map(|(kind, ..)| kind).collect();
        let known = config.load_languages()?;
        if !known.contains(&config.core.language) {
            let tags: Vec<&str> = known.list().iter().map(|it| it.tag.as_str()).collect();
            let message = format!("expected a language that exists: {}", tags.join(", "));
            return Err(source.at(file.kiosk.language.span(), message));
        }
        Ok((config, network))
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

fn serial_login(
    source: &Source<'_>,
    given: Option<&Spanned<String>>,
) -> Result<Option<PortUrl>, ConfigError> {
    let port = given.map(|it| source.port_of(PortClass::Line, it)).transpose()?;
    Ok(port.map(|it| it.with_default_baud(SERIAL_LOGIN_BAUD)))
}

/// Whether two ports are the same but for their settings.
fn same_line(one: &str, other: &str) -> bool {
    one.split('?').next() == other.split('?').next()
}

fn ssh_keys(source: &Source<'_>, keys: &[Spanned<String>]) -> Result<Vec<String>, ConfigError> {
    let expected = "expected a public key as ssh-keygen writes it: ssh-ed25519 AAAA… NAME";
    let key = |key: &Spanned<String>| {
        let mut words = key.get_ref().split(' ');
        let kind = words.next().is_some_and(|it| it == "ssh-ed25519" || it.starts_with("ecdsa-"));
        let key_follows = words.next().is_some_and(|it| it.starts_with("AAAA"));
        match kind && key_follows && !key.get_ref().contains(char::is_control) {
            true => Ok(key.get_ref().clone()),
            false => Err(source.at(key.span(), expected)),
        }
    };
    keys.iter().map(key).collect()
}

/// Only looked at: the appliance sets the network up before the kiosk starts (`kiosk network`).
fn network_problem(source: &Source<'_>, table: Option<&NetworkTable>) -> Option<ConfigError> {
    let near = |path: &Path| fs::read_to_string(source.near(path));
    let problem = table.and_then(|it| it.first_problem(&near))?;
    Some(source.at(problem.span, problem.message))
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
    set(&mut limits.idle_staff, &table.idle_staff_s, 1, " of seconds")?;
    set(&mut limits.idle_answer, &table.idle_answer_s, 20, " of seconds (WCAG 2.2.1)")?;
    set(&mut limits.door_reminder, &table.door_reminder_s, 1, " of seconds")?;
    set(&mut limits.door_limit, &table.door_limit_s, 1, " of seconds")?;
    Ok(limits)
}

fn watchdog(
    source: &Source<'_>,
    settings: Option<Spanned<WatchdogSettings>>,
) -> Result<WatchdogSettings, ConfigError> {
    let Some(settings) = settings else { return Ok(WatchdogSettings::default()) };
    let span = settings.span();
    let settings = settings.into_inner();
    settings.check().map_err(|error| source.at(span.clone(), error.to_string()))?;
    // Core and window show a sign of life this often; one that comes late is no silence.
    let least = watch::LOOK * 3;
    if Duration::from_millis(settings.loop_limit_ms.into()) < least {
        let message = format!(
            "expected a loop_limit_ms of {} at least, not {}",
            least.as_millis(),
            settings.loop_limit_ms
        );
        return Err(source.at(span, message));
    }
    Ok(settings)
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
