//! `hal-certify`: does a device do what our drivers rely on?

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use console::Complaint;
use hal::certify::{Certificate, Guide, Guided, Outcome, Verdict, certify, subject};
use hal::port::{OpenError, PortUrl, Tap};

/// Tries out a device or a simulator. Nothing is opened, printed or switched off. Exit status: 0
/// passed, 1 not passed or not heard at all, 2 wrong use.
#[derive(Parser)]
#[command(name = "hal-certify", version)]
struct Arguments {
    /// id-reader, locker, printer, scanner or ups.
    kind: String,
    /// Where it is, for example serial:/dev/ttyUSB0?baud=9600.
    #[arg(long)]
    port: PortUrl,
    /// How it speaks; the usual protocol of its kind without this.
    #[arg(long)]
    protocol: Option<String>,
    /// The address of a lock board, where it is not the one it left the factory with.
    #[arg(long)]
    address: Option<u8>,
    /// Write every byte that passes into a new file.
    #[arg(long, value_name = "FILE.jsonl")]
    record: Option<PathBuf>,
    /// Also try out what needs you at the device; it says what to do.
    #[arg(long)]
    interactive: bool,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = match console::parse::<Arguments>() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let as_json = arguments.json;
    match run(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failed { status, complaint }) => {
            complaint.tell("hal-certify", as_json);
            ExitCode::from(status)
        }
    }
}

/// Why nothing was tried out.
struct Failed {
    status: u8,
    complaint: Complaint,
}

impl Failed {
    fn wrong(error: impl Display) -> Self {
        let complaint = Complaint::of("usage", error, "see `hal-certify --help`");
        Self { status: console::WRONG_USE, complaint }
    }

    fn port(error: &OpenError) -> Self {
        match error {
            OpenError::Io { .. } => {
                let complaint = Complaint::of("port", error, "check that the device is plugged in");
                Self { status: 1, complaint }
            }
            _ => Self::wrong(error),
        }
    }
}

fn run(arguments: Arguments) -> Result<bool, Failed> {
    let subject = subject(&arguments.kind, arguments.protocol.as_deref(), arguments.address);
    let subject = subject.map_err(Failed::wrong)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failed::wrong)?;
    let tap = arguments.record.as_deref().map(recording).transpose().map_err(Failed::wrong)?;
    let mut guide = |step: &Guided| console::hint(format!("now: {}", step.instruction));
    let guide: Option<Guide<'_>> = if arguments.interactive { Some(&mut guide) } else { None };
    let certificate = runtime.block_on(certify(arguments.port, subject, tap, guide));
    let certificate = certificate.map_err(|error| Failed::port(&error))?;
    if arguments.json {
        console::say(serde_json::to_string(&certificate).expect("a certificate is plain values"));
    } else {
        show(&certificate);
    }
    Ok(certificate.passed)
}

fn recording(path: &Path) -> Result<Tap, String> {
    let tap = Tap::new(jiff::Timestamp::now).recording_to(path);
    let tap = tap.map_err(|it| format!("--record {}: {it}; name a new file", path.display()))?;
    Ok(tap.port("device", |_, _| String::new()))
}

fn show(certificate: &Certificate) {
    for behaviour in &certificate.behaviours {
        let sign = match behaviour.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "FAIL",
            Outcome::Skipped => "skip",
        };
        console::say(format!("{sign} {:<26} {}", behaviour.name, behaviour.message));
    }
    let Certificate { kind, protocol, port, .. } = certificate;
    let skipped = certificate.not_tried().join(", ");
    let verdict = match (certificate.verdict, skipped.is_empty()) {
        (Verdict::Passed, true) => "passed".to_owned(),
        (Verdict::Passed, false) => format!("passed; not tried: {skipped}"),
        (Verdict::NotPassed, _) => "not passed".to_owned(),
        (Verdict::NotTried, _) => {
            format!("not tried, for it was not heard; add --interactive ({skipped})")
        }
    };
    console::say(format!("{kind} {protocol} at {port}: {verdict}"));
}
