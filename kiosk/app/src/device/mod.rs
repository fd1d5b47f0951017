//! `kiosk device`: one command to one device on any port.

mod answer;
mod blame;
mod camera;
mod card;
mod document_printer;
mod evaluator;
mod id_reader;
mod locker;
mod panel;
mod printer;
mod scanner;
mod signature;
mod speaker;
mod status_display;
mod ups;
mod verbs;

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use console::Complaint;
use hal::port::{PortUrl, Tap};

use self::answer::{Answer, Answered};
use self::blame::device_error;
use self::verbs::Kind;
use crate::cli::Failure;
use crate::config::DeviceConfig;

#[derive(Args)]
pub(crate) struct DeviceArguments {
    /// id-reader, locker, printer, card, scanner, ups, panel, status-display, evaluator, speaker,
    /// document-printer, camera or signature.
    kind: String,
    /// What to do: read, status, state, open, …
    verb: String,
    /// What the verb needs.
    arguments: Vec<String>,
    /// Where the device is, for example serial:/dev/ttyUSB0?baud=115200. Without it the
    /// configuration says that.
    #[arg(long)]
    port: Option<String>,
    /// The kiosk's configuration file; port, protocol and settings of the device are taken from it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The protocol it speaks, with its usual settings instead of the configured ones.
    #[arg(long)]
    protocol: Option<String>,
    /// A setting of the device, instead of the configured one; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Write every byte that passes into a new file, which only its owner may read; it holds
    /// personal data where a card is read.
    #[arg(long, value_name = "FILE.jsonl")]
    record: Option<PathBuf>,
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show personal data instead of masking it.
    #[arg(long)]
    reveal: bool,
    /// How long to wait for a card or a code, for example 10s or 2m.
    #[arg(long, default_value = "10s", value_parser = duration)]
    timeout: Duration,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|it| it.try_into().ok());
    parsed.ok_or_else(|| "expected a number and a unit, such as 10s or 2m".to_owned())
}

impl DeviceArguments {
    fn settings(&self) -> Result<Vec<(&str, &str)>, Failure> {
        let pair = |it: &'_ String| -> Option<(String, String)> {
            it.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        if let Some(wrong) = self.settings.iter().find(|it| pair(it).is_none()) {
            let message = format!("--set {wrong}: expected KEY=VALUE");
            return Err(Failure::wrong("usage", message, "write --set KEY=VALUE"));
        }
        Ok(self.settings.iter().filter_map(|it| it.split_once('=')).collect())
    }

    /// Where the device is, and what the configuration says of it besides, if there is one.
    fn place<S>(
        &self,
        configured: impl FnOnce(DeviceConfig) -> Option<(PortUrl, S)>,
    ) -> Result<(PortUrl, Option<S>), Failure> {
        let configured = match &self.config {
            Some(path) => configured(DeviceConfig::load(path)?),
            None => None,
        };
        match (&self.port, configured) {
            (Some(port), configured) => Ok((self.named_port(port)?, configured.map(|it| it.1))),
            (None, Some((port, settings))) => Ok((port, Some(settings))),
            (None, None) => Err(self.no_port()),
        }
    }

    /// A port of the kind that the device can have.
    fn named_port(&self, port: &str) -> Result<PortUrl, Failure> {
        let url: PortUrl =
            port.parse().map_err(|error| Failure::wrong("port", error, "give a port URL"))?;
        match Kind::of(self)?.port.expected_instead_of(&url) {
            None => Ok(url),
            Some(expected) => {
                let message = format!("--port {port}: a {} has another port", self.kind);
                Err(Failure::wrong("port", message, &format!("give {expected}")))
            }
        }
    }

    fn no_port(&self) -> Failure {
        let table = self.kind.replace('-', "_");
        let message = match &self.config {
            Some(path) => format!(
                "{}: there is no [{table}] that says where the device is; give --port URL",
                path.display()
            ),
            None => format!(
                "nothing says where the {} is; give --port URL, or the kiosk's configuration with \
                 --config FILE",
                self.kind
            ),
        };
        Failure::wrong("usage", message, "give --port URL or --config FILE")
    }

    /// The recorder of `--record`.
    fn tap(&self) -> Result<Option<Tap>, Failure> {
        let Some(path) = &self.record else { return Ok(None) };
        let tap = Tap::new(jiff::Timestamp::now).recording_to(path).map_err(|error| {
            let message = format!("--record {}: {error}", path.display());
            Failure::wrong("file", message, "name a new file in a folder that may be written")
        })?;
        Ok(Some(tap.port(&self.kind, |_, _| String::new())))
    }

    /// Revealing is itself on record, in the system's log; what was revealed is not.
    fn note_reveal(&self, device: &str) {
        if self.reveal {
            // Facility authpriv, severity warning (RFC 5424). Where no log is kept there is none.
            let line = format!("<84>kiosk: personal data of {device} is shown on request");
            let log = UnixDatagram::unbound();
            let _ = log.and_then(|it| it.send_to(line.as_bytes(), SYSTEM_LOG));
        }
    }

    /// The word that has to follow the verb.
    fn operand(&self, needed: &str) -> Result<&String, Failure> {
        self.arguments.first().ok_or_else(|| {
            let message = format!("{} {} needs {needed}", self.kind, self.verb);
            Failure::wrong("usage", message, &format!("write it behind {}", self.verb))
        })
    }

    fn unknown_verb(&self) -> Failure {
        match Kind::of(self) {
            Ok(kind) => kind.unknown_verb(&self.verb),
            Err(failure) => failure,
        }
    }

    /// Where the device is, as far as the arguments say.
    fn wherever(&self) -> String {
        match (&self.port, &self.config) {
            (Some(port), _) => format!("the {} at {port}", self.kind),
            (None, Some(config)) => format!("the {} of {}", self.kind, config.display()),
            (None, None) => format!("the {}", self.kind),
        }
    }
}

/// Where the system takes log lines.
const SYSTEM_LOG: &str = "/dev/log";

pub(crate) fn run(arguments: DeviceArguments) -> Result<(), Failure> {
    let kind = Kind::of(&arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_well("start", error, "try again"))?;
    let answer = runtime.block_on(ask(kind, &arguments))?;
    if arguments.json {
        console::say(&answer.value);
    } else {
        console::say(answer.text());
    }
    match answer.trouble {
        None => Ok(()),
        Some(trouble) => {
            let message = format!("{}: {trouble}", arguments.wherever());
            Err(Failure::Answered(Complaint::of("device", message, "see its answer")))
        }
    }
}

async fn ask(kind: &Kind, arguments: &DeviceArguments) -> Answered {
    match kind.name {
        "id-reader" => id_reader::run(arguments).await,
        "locker" => locker::run(arguments).await,
        "printer" => printer::run(arguments).await,
        "card" => card::run(arguments).await,
        "scanner" => scanner::run(arguments).await,
        "ups" => ups::run(arguments).await,
        "panel" => panel::run(arguments).await,
        "document-printer" => document_printer::run(arguments).await,
        "camera" => camera::run(arguments).await,
        "signature" => signature::run(arguments).await,
        "speaker" => speaker::run(arguments).await,
        "status-display" => status_display::run(arguments).await,
        "evaluator" => evaluator::run(arguments).await,
        _ => Err(arguments.unknown_verb()),
    }
}

fn setting_error(error: impl ToString) -> Failure {
    Failure::wrong("setting", error, "see docs/devices for the settings")
}

fn read_file(file: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        let message = format!("cannot read {file}: {error}");
        Failure::wrong("file", message, "check the name of the file, and that it may be read")
    })
}

fn unknown_protocol(kind: &str, name: &str, known: &str) -> Failure {
    let message = format!("there is no {kind} protocol {name}; there are {known}");
    Failure::wrong("protocol", message, "choose one of these")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use serde_json::{Value, json};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: DeviceArguments,
    }

    fn arguments(line: &str) -> Result<DeviceArguments, clap::Error> {
        let words = ["device"].into_iter().chain(line.split(' '));
        Line::try_parse_from(words).map(|it| it.arguments)
    }

    async fn scan(line: &str) -> Answered {
        let arguments = arguments(line).expect("it is right");
        scanner::run(&arguments).await
    }

    #[tokio::test]
    async fn a_scanner_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address");
        let scanner = async {
            let (mut line, _) = listener.accept().await.expect("the driver comes");
            line.write_all(b"HALL-24\r\n").await.expect("it can be written");
            line
        };
        let line = format!("scanner read --port tcp:{port}");
        let (answer, _line) = tokio::join!(scan(&line), scanner);
        let Ok(Answer { value, trouble: None }) = answer else { panic!("it is read") };
        assert_eq!(value, json!({ "text": "HALL-24" }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scanner_that_reads_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address");
        let line = format!("scanner read --timeout 90s --port tcp:{port}");
        let began = tokio::time::Instant::now();
        let Err(Failure::NotWell { .. }) = scan(&line).await else { panic!("nothing was read") };
        assert_eq!(began.elapsed().as_secs(), 90);
    }

    #[tokio::test]
    async fn a_ups_says_how_it_is() {
        use hal::ups::{Protocol, UpsSettings, sim::UpsSim};
        let device = UpsSim::new(&UpsSettings::of(Protocol::Megatec));
        let at = "sim:device-test-ups".parse().expect("a port");
        let options = hal::sim::SimOptions { seed: 24, pace_baud: None };
        let unit = hal::sim::serve(Box::new(device), &at, options).await.expect("it is served");
        let line = arguments("ups status --port sim:device-test-ups").expect("it is right");
        let Ok(Answer { value: answer, trouble: None }) = ups::run(&line).await else {
            panic!("it answers")
        };
        assert_eq!(
            (&answer["mains"], &answer["failed"]),
            (&Value::Bool(true), &Value::Bool(false))
        );
        unit.control(&serde_json::json!({ "mains": false })).expect("it goes");
        let Ok(Answer { value: answer, trouble: None }) = ups::run(&line).await else {
            panic!("it answers on battery too")
        };
        assert_eq!(answer["mains"], Value::Bool(false));
    }

    /// The sample of the documentation; of the files that it names none is there.
    fn sample(folder: &std::path::Path) -> String {
        let path = folder.join("kiosk.toml");
        let text = include_str!("../../../../docs/kiosk.toml");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    #[test]
    fn without_a_port_the_configuration_says_where_and_what_the_device_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = sample(folder.path());
        let place = |line: &str| {
            let line = arguments(&format!("{line} --config {config}")).expect("right");
            line.place(|it| it.locker)
        };
        let Ok((port, Some(settings))) = place("locker state") else { panic!("it is there") };
        assert_eq!(port.to_string(), "serial:/dev/ttyUSB1?baud=9600");
        assert_eq!(settings.ways(), 40);
        let Ok((port, Some(settings))) = place("locker state --port tcp:x:1") else {
            panic!("it is there")
        };
        assert_eq!((port.to_string(), settings.ways()), ("tcp:x:1".to_owned(), 40));
    }

    #[test]
    fn a_device_that_nothing_says_the_place_of_is_wrong_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = sample(folder.path());
        let text = std::fs::read_to_string(&config).expect("it is there");
        let without = text.split("[ups]").next().unwrap_or_default();
        std::fs::write(&config, without).expect("it can be written");
        for (line, expected) in [
            ("locker state".to_owned(), "--config FILE"),
            (format!("ups status --config {config}"), "no [ups]"),
            (format!("locker state --config {config}.not"), "cannot read"),
        ] {
            let ended = run(arguments(&line).expect("right"));
            let Err(Failure::Wrong(Complaint { message, .. })) = ended else { panic!("{line}") };
            assert!(message.contains(expected), "{message}");
        }
    }

    #[tokio::test]
    async fn what_passes_is_recorded_for_its_owner_only() {
        use hal::ups::{Protocol, UpsSettings, sim::UpsSim};
        use std::os::unix::fs::PermissionsExt;
        let device = UpsSim::new(&UpsSettings::of(Protocol::Megatec));
        let at = "sim:device-recorded-ups".parse().expect("a port");
        let options = hal::sim::SimOptions { seed: 24, pace_baud: None };
        let _unit = hal::sim::serve(Box::new(device), &at, options).await.expect("it is served");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("line.jsonl");
        let line = format!("ups status --port {at} --record {}", file.display());
        let Ok(Answer { trouble: None, .. }) = ups::run(&arguments(&line).expect("right")).await
        else {
            panic!("it answers")
        };
        let text = std::fs::read_to_string(&file).expect("it was written");
        let recording = hal::port::Recording::parse(&text, Some("ups")).expect("it can be read");
        assert!(!recording.is_empty());
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = ups::run(&arguments(&line).expect("right")).await;
        assert!(matches!(again, Err(Failure::Wrong { .. })), "a recording is never overwritten");
    }

    #[test]
    fn a_time_has_a_unit() {
        let timeout = |text| arguments(&format!("card staff --port pcsc: --timeout {text}"));
        assert_eq!(timeout("2m").expect("right").timeout, Duration::from_secs(120));
        assert_eq!(timeout("500ms").expect("right").timeout, Duration::from_millis(500));
        for wrong in ["10", "-1s", "soon"] {
            assert!(timeout(wrong).is_err(), "{wrong}");
        }
        let usual = arguments("card staff --port pcsc:").expect("right");
        assert_eq!(usual.timeout, Duration::from_secs(10));
    }
}
