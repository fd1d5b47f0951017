//! `hal-certify`: does a device do what our drivers rely on?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use hal::certify::{Certificate, Guide, Guided, Outcome, certify, subject};
use hal::port::{PortUrl, Tap};

/// Tries out a device or a simulator. Nothing is opened, printed or switched off. Exit status: 0
/// passed, 1 not passed, 2 wrong use.
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
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("hal-certify: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let subject = subject(&arguments.kind, arguments.protocol.as_deref(), arguments.address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tap = arguments.record.as_deref().map(recording).transpose()?;
    let mut guide = |step: &Guided| eprintln!("now: {}", step.instruction);
    let guide: Option<Guide<'_>> = if arguments.interactive { Some(&mut guide) } else { None };
    let certificate = runtime.block_on(certify(arguments.port, subject, tap, guide))?;
    if arguments.json {
        println!("{}", serde_json::to_string(&certificate)?);
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
        println!("{sign} {:<26} {}", behaviour.name, behaviour.message);
    }
    let verdict = if certificate.passed { "passed" } else { "not passed" };
    println!("{} {} at {}: {verdict}", certificate.kind, certificate.protocol, certificate.port);
}
