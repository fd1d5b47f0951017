//! The command line: what it takes, what it answers with, how it fails.
//!
//! Exit status: 0 done, 1 the thing asked about is not well, 2 wrong use or configuration. Errors are
//! one sentence on stderr; with `--json` also an object on stdout, where that holds no answer.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use console::Complaint;
use kiosk_screen::ScreenError;

use crate::config::{Config, ConfigError};
use crate::runtime::End;
use crate::start::{Extras, StartError};
use crate::{
    device, diag, network, office_client, office_clock, rotation, serial_login, setup, start,
    store_command, update,
};

#[derive(Parser)]
#[command(name = "kiosk", version, about = "The self-service kiosk of Hall24")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A whole demo hall: office, simulated devices, kiosk and bench page.
    #[cfg(feature = "demo")]
    Demo(crate::demo::DemoArguments),
    /// The appliance.
    Run {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// A file that exists while nobody was there for ten minutes, for whoever restarts machines.
        #[arg(long)]
        quiet_sign: Option<PathBuf>,
        /// A file that says how bright the panel is to be, in percent.
        #[arg(long)]
        brightness_file: Option<PathBuf>,
        /// A file that exists while the kiosk is in maintenance mode, with the keys of who may log in.
        #[arg(long)]
        maintenance_sign: Option<PathBuf>,
    },
    /// Enrol a kiosk out of its box, on its panel.
    Setup(setup::SetupArguments),
    /// The same from the command line.
    Enrol(setup::EnrolArguments),
    /// What the office's clock says, for a machine that reaches no time server.
    Clock(office_clock::ClockArguments),
    /// Ask the office which version to run, and fetch it.
    Update(update::UpdateArguments),
    /// How the panel stands, as variables for whoever starts the kiosk on it.
    Rotation(rotation::RotationArguments),
    /// SSH over a serial line: leads it to this machine's server.
    SerialLogin(serial_login::SerialLoginArguments),
    /// Wire, Wi-Fi and modem in the order that was set, as files for whoever sets the network up.
    Network(network::NetworkArguments),
    /// What a modem's connection was given, as a file for systemd-networkd.
    Bearer(network::BearerArguments),
    /// Whether a configuration can be used, and if not, why. Nothing is started or opened.
    Check {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// How the devices are, and which services work because of it.
    Diag(diag::DiagArguments),
    /// One command to one device.
    Device(device::DeviceArguments),
    /// The kiosk's store: verify, export, back up, restore.
    Store(store_command::StoreArguments),
}

impl Command {
    /// What is logged where nobody asks for more or less: what goes on for days is, a command that
    /// is over in seconds says its one sentence.
    fn usual_log(&self) -> &'static str {
        match self {
            #[cfg(feature = "demo")]
            Self::Demo(_) => "info",
            Self::Run { .. } | Self::Setup(_) | Self::SerialLogin(_) => "info",
            Self::Enrol(_) | Self::Clock(_) | Self::Update(_) => "off",
            Self::Rotation(_) | Self::Network(_) | Self::Bearer(_) => "off",
            Self::Check { .. } | Self::Diag(_) | Self::Device(_) | Self::Store(_) => "off",
        }
    }
}

/// What a command ends with when it does not simply succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The thing asked about is not well.
    NotWell(Complaint),
    /// The same, and the answer on stdout says it: what is left is to tell people what to do.
    Answered(Complaint),
    /// The same, and all of it was said already.
    Told,
    /// Wrong use or configuration.
    Wrong(Complaint),
}

impl Failure {
    pub(crate) fn wrong(kind: &'static str, message: impl ToString, action: &str) -> Self {
        Self::Wrong(complaint(kind, message, action))
    }

    pub(crate) fn not_well(kind: &'static str, message: impl ToString, action: &str) -> Self {
        Self::NotWell(complaint(kind, message, action))
    }
}

fn complaint(kind: &'static str, message: impl ToString, action: &str) -> Complaint {
    Complaint { kind, message: message.to_string(), action: action.to_owned() }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match &error {
            StartError::Config(_) | StartError::Office(_) => {
                Self::wrong("configuration", error, "correct the configuration")
            }
            #[cfg(feature = "bench")]
            StartError::Listen(_) => Self::wrong("configuration", error, "give a free address"),
            StartError::Demo(_) => Self::wrong("demo", error, "choose another address or folder"),
            StartError::Store(_) => Self::not_well("store", error, "run `kiosk store verify`"),
            StartError::Screen(_) => Self::not_well("display", error, "check the display"),
            StartError::Io(_) => Self::not_well("start", error, "see the message"),
            StartError::Panicked => Self::Told,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::wrong("configuration", error, "correct the configuration")
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    crate::panics::install();
    let arguments = match console::parse::<Arguments>() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    crate::logs::start(arguments.command.usual_log());
    let (json, result) = match arguments.command {
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => (false, crate::demo::run(arguments)),
        Command::Run { config, quiet_sign, brightness_file, maintenance_sign } => {
            let extras =
                Extras { quiet_sign, brightness_file, maintenance_sign, ..Extras::default() };
            (false, run(&config, extras))
        }
        Command::Setup(arguments) => (false, setup::run(arguments)),
        Command::Enrol(arguments) => (arguments.json, setup::enrol_once(arguments)),
        Command::Clock(arguments) => (arguments.json, office_clock::run(arguments)),
        Command::Update(arguments) => (arguments.json, update::run(arguments)),
        Command::Rotation(arguments) => (false, rotation::run(&arguments)),
        Command::SerialLogin(arguments) => (false, serial_login::run(&arguments)),
        Command::Network(arguments) => (false, network::run(&arguments)),
        Command::Bearer(arguments) => (false, network::run_bearer(&arguments)),
        Command::Check { config } => (false, check(&config)),
        Command::Diag(arguments) => (arguments.json, diag::run(arguments)),
        Command::Device(arguments) => (arguments.json, device::run(arguments)),
        Command::Store(arguments) => (arguments.json, store_command::run(arguments)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(json, failure),
    }
}

fn run(path: &Path, extras: Extras) -> Result<(), Failure> {
    let config = Config::load(path)?;
    #[cfg(not(feature = "bench"))]
    if config.bench.is_some() {
        let message = format!("{}: [bench] is set, and this build has none", path.display());
        return Err(Failure::wrong("configuration", message, "remove [bench]"));
    }
    let end = start::run(config, extras).map_err(|error| match error {
        StartError::Screen(ScreenError::Display(reason)) => no_screen(path, &reason),
        other => other.into(),
    })?;
    match end {
        End::Stopped => Ok(()),
        End::Restart => Err(start_anew()),
    }
}

/// What a kiosk with this configuration would find out before it opens a device. What it can do without
/// makes it unwell, not unusable.
fn check(path: &Path) -> Result<(), Failure> {
    let config = Config::load(path)?;
    config.load_languages()?;
    office_client::client(&config.office).map_err(StartError::Office)?;
    Config::load_strictly(path)
        .map_err(|error| Failure::not_well("configuration", error, "correct the configuration"))?;
    console::say(format_args!("{} can be used", path.display()));
    Ok(())
}

/// Becomes the same program with the same arguments, under the same supervision; only a failure to do
/// so comes back.
pub(crate) fn start_anew() -> Failure {
    tracing::info!("starts anew, as a technician asked");
    let mut arguments = std::env::args_os();
    let error = match arguments.next() {
        // The file as it is now: an update may have replaced the one that runs.
        Some(program) => std::process::Command::new(program).args(arguments).exec(),
        None => std::io::Error::other("the program does not know its own name"),
    };
    Failure::not_well("restart", format!("failed to start anew: {error}"), "start the kiosk again")
}

/// The window system's own words are many lines and of use to few.
fn no_screen(path: &Path, reason: &dyn std::fmt::Display) -> Failure {
    tracing::debug!(%reason, "failed to open the display");
    let message = format!(
        "{}: display = \"panel\" finds no screen that it can open; connect one and start the kiosk \
         where DISPLAY or WAYLAND_DISPLAY is set or /dev/dri may be opened, or write \
         display = \"headless\" in [kiosk]",
        path.display()
    );
    Failure::wrong("display", message, "connect a screen or correct `display`")
}

fn report(as_json: bool, failure: Failure) -> ExitCode {
    let (status, complaint, as_json) = match failure {
        Failure::NotWell(complaint) => (1, complaint, as_json),
        Failure::Answered(complaint) => (1, complaint, false),
        Failure::Wrong(complaint) => (console::WRONG_USE, complaint, as_json),
        Failure::Told => return ExitCode::from(1),
    };
    complaint.tell("kiosk", as_json);
    ExitCode::from(status)
}
