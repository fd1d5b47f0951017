//! The command line of the office.
//!
//! Exit status: 0 done, 1 the thing asked about is not well, 2 wrong use or configuration. Errors
//! are one sentence on stderr.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wire::KioskId;

use crate::{
    Clock, Database, DatabaseError, Guest, InviteError, KioskListener, Random, ServeError,
    Settings, demo, serve, stick_file,
    tls::{DemoAuthority, Identity, ServerTls, TlsError},
    update_command::{self, UpdateCommand, UpdateError},
};

#[derive(Parser)]
#[command(name = "office", version, about = "The back office of Hall24")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Where the data is: sqlite:PATH.
    #[arg(long, global = true, default_value = "sqlite:office.db")]
    database: String,
}

#[derive(Subcommand)]
enum Command {
    /// Serve staff pages and kiosks.
    Serve {
        /// Where staff pages listen; a loopback address behind the hall's reverse proxy.
        #[arg(long, default_value = "127.0.0.1:8025")]
        listen: SocketAddr,
        /// Where kiosks connect, over TLS with their certificates.
        #[arg(long, default_value = "127.0.0.1:8443")]
        kiosk_listen: SocketAddr,
        /// The office's own certificate (PEM).
        #[arg(long, requires = "tls_key", requires = "client_ca")]
        tls_cert: Option<PathBuf>,
        /// Its private key (PEM).
        #[arg(long)]
        tls_key: Option<PathBuf>,
        /// The authority that signed the kiosks' certificates (PEM).
        #[arg(long)]
        client_ca: Option<PathBuf>,
    },
    /// Bring the tables up to date.
    Migrate,
    /// Fill an empty database.
    Seed {
        /// With the demo hall.
        #[arg(long)]
        demo: bool,
        /// Everything that is left to chance follows from it.
        #[arg(long, default_value_t = 24)]
        seed: u64,
    },
    /// Write a consistent copy, also while the office runs.
    Backup { file: PathBuf },
    /// Put a backup in place of a database. Stop the office first.
    Restore { file: PathBuf },
    /// Check pages, foreign keys and that no slot is overbooked.
    Verify,
    /// Make a kiosk's certificate; makes the hall's authority when there is none.
    Enrol {
        /// The kiosk's id.
        kiosk: String,
        /// Folder of authority and certificates.
        #[arg(long, default_value = "tls")]
        folder: PathBuf,
        /// A name or address under which kiosks reach the office; may be repeated.
        #[arg(long = "name", default_value = "localhost")]
        names: Vec<String>,
    },
    /// Make a one-time code with which a kiosk out of its box enrols itself.
    Invite {
        /// The kiosk's id.
        kiosk: String,
        /// Where the kiosk reaches this office: https://HOST:PORT.
        #[arg(long)]
        office: String,
        /// The kiosk's configuration (TOML): its devices and limits. Who it is and how it reaches the
        /// office need not stand there.
        #[arg(long)]
        configuration: PathBuf,
        /// Folder of authority and certificates.
        #[arg(long, default_value = "tls")]
        folder: PathBuf,
        /// How long the code may be used.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=24 * 30))]
        valid_hours: u16,
        /// Also write address and code into this file, for a USB stick.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Versions of the kiosks' image: keep one, offer it, see how far it got.
    Update {
        #[command(subcommand)]
        command: UpdateCommand,
    },
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error("cannot use {path}: {source}; check path and permissions")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    NotWell(String),
    #[error("{0}")]
    Wrong(String),
}

impl From<InviteError> for Failure {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Database(error) => Self::Database(error),
            InviteError::Tls(error) => Self::Tls(error),
            wrong => Self::Wrong(wrong.to_string()),
        }
    }
}

impl Failure {
    fn status(&self) -> u8 {
        match self {
            Self::Update(UpdateError::Database(_)) => 1,
            Self::Update(_) | Self::Wrong(_) | Self::File { .. } | Self::Tls(_) => 2,
            Self::Serve(ServeError::Listen { .. }) => 2,
            Self::Database(error) | Self::Serve(ServeError::Database(error)) => match error {
                DatabaseError::Url { .. } | DatabaseError::NoHall | DatabaseError::NotEmpty => 2,
                _ => 1,
            },
            _ => 1,
        }
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = match console::parse::<Arguments>() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("HALL24_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console::hint(format!("office: failed to start: {error}; try again"));
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::hint(format!("office: {failure}"));
            ExitCode::from(failure.status())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let url = &arguments.database;
    match arguments.command {
        Command::Serve { listen, kiosk_listen, tls_cert, tls_key, client_ca } => {
            let tls = server_tls(tls_cert, tls_key, client_ca)?;
            let kiosk = tls.map(|tls| KioskListener { address: kiosk_listen, tls });
            serve_until_stopped(url, listen, kiosk).await
        }
        Command::Migrate => {
            Database::open(url).await?.migrate().await?;
            console::say("the tables are up to date");
            Ok(())
        }
        Command::Seed { demo, seed } => seed_database(url, demo, seed).await,
        Command::Backup { file } => backup(url, &file).await,
        Command::Restore { file } => restore(url, &file).await,
        Command::Verify => verify(url).await,
        Command::Enrol { kiosk, folder, names } => {
            enrol(url, &KioskId(kiosk), &folder, &names).await
        }
        Command::Invite { kiosk, office, configuration, folder, valid_hours, to } => {
            let (configuration, authority, to) = (&*configuration, &*folder, to.as_deref());
            let places = Places { configuration, authority, to };
            invite(url, (KioskId(kiosk), office), places, valid_hours).await
        }
        Command::Update { command } => {
            existing(url)?;
            let database = Database::open(url).await?;
            database.migrate().await?;
            update_command::run(&database, command).await?;
            database.close().await;
            Ok(())
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|source| Failure::File { path: path.to_owned(), source })
}

fn server_tls(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    client_ca: Option<PathBuf>,
) -> Result<Option<ServerTls>, Failure> {
    match (certificate, key, client_ca) {
        (Some(certificate), Some(key), Some(client_ca)) => {
            let (certificate_pem, key_pem) = (read(&certificate)?, read(&key)?);
            let identity = Identity { certificate_pem, key_pem };
            Ok(Some(ServerTls { identity, client_ca_pem: read(&client_ca)? }))
        }
        (None, None, None) => {
            tracing::warn!("no certificates are given: staff pages only, no kiosk is served");
            Ok(None)
        }
        _ => {
            let message = "--tls-cert, --tls-key and --client-ca go together: give all or none";
            Err(Failure::Wrong(message.to_owned()))
        }
    }
}

async fn serve_until_stopped(
    url: &str,
    pages: SocketAddr,
    kiosk: Option<KioskListener>,
) -> Result<(), Failure> {
    let database = Database::open(url).await?;
    database.migrate().await?;
    let (clock, random) = (Clock::system(), Random::system());
    let running = serve(Settings { database, clock, random, pages, kiosk }).await?;
    console::say(format!("staff pages: {}", running.pages_url));
    if let Some(kiosk) = &running.kiosk_url {
        console::say(format!("kiosks: {kiosk}"));
    }
    stop_asked().await;
    running.stop().await;
    Ok(())
}

async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

async fn seed_database(url: &str, demo: bool, seed: u64) -> Result<(), Failure> {
    if !demo {
        let message = "only the demo hall can be seeded so far: give --demo";
        return Err(Failure::Wrong(message.to_owned()));
    }
    let database = Database::open(url).await?;
    database.migrate().await?;
    let clock = Clock::system();
    let hall = demo::seed(&database, seed, clock.now()).await?;
    console::say(format!("the demo hall {} is ready; people in it are invented", hall.hall));
    for account in &hall.accounts {
        console::say(format!("account {}: {} / {}", account.role, account.user, account.password));
    }
    database.close().await;
    Ok(())
}

async fn backup(url: &str, file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Err(Failure::Wrong(format!("{} exists already; name a new file", file.display())));
    }
    let database = Database::open(url).await?;
    database.copy_to(file).await?;
    database.close().await;
    verify(&format!("sqlite:{}", file.display())).await
}

async fn restore(url: &str, file: &Path) -> Result<(), Failure> {
    verify(&format!("sqlite:{}", file.display())).await?;
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let to = PathBuf::from(path);
    let failed = |source| Failure::File { path: to.clone(), source };
    for suffix in ["", "-wal", "-shm"] {
        let former = PathBuf::from(format!("{path}{suffix}"));
        if former.exists() {
            let aside = PathBuf::from(format!("{path}.former{suffix}"));
            std::fs::rename(&former, aside).map_err(failed)?;
        }
    }
    std::fs::copy(file, &to).map_err(failed)?;
    console::say(format!("restored; the former database is {path}.former"));
    Ok(())
}

async fn verify(url: &str) -> Result<(), Failure> {
    let path = existing(url)?;
    let database = Database::open(url).await?;
    let problems = database.check().await?;
    database.close().await;
    if problems.is_empty() {
        console::say(format!("{path} is well"));
        return Ok(());
    }
    Err(Failure::NotWell(format!("{path} is not well: {}", problems.join("; "))))
}

async fn enrol(url: &str, kiosk: &KioskId, folder: &Path, names: &[String]) -> Result<(), Failure> {
    existing(url)?;
    let database = Database::open(url).await?;
    let now = Clock::system().now();
    let Some((_, hall_key)) = database.enrol(kiosk, now).await? else {
        let message = format!("the hall has no kiosk {kiosk}; add it before it is enrolled");
        return Err(Failure::Wrong(message));
    };
    database.close().await;
    make_identity(kiosk, folder, names, now)?;
    write_secret(&folder.join(format!("{kiosk}.hall-key")), &crate::clock::hex(&hall_key))?;
    console::say(format!("{} holds what kiosk {kiosk} needs", folder.display()));
    Ok(())
}

/// Where things of an invitation lie.
struct Places<'a> {
    configuration: &'a Path,
    authority: &'a Path,
    to: Option<&'a Path>,
}

async fn invite(
    url: &str,
    (kiosk, office): (KioskId, String),
    places: Places<'_>,
    valid_hours: u16,
) -> Result<(), Failure> {
    existing(url)?;
    let configuration = read(places.configuration)?;
    let certificate = read(&places.authority.join("authority.pem"))?;
    let key = read(&places.authority.join("authority.key"))?;
    let authority = DemoAuthority::from_pem(&certificate, &key)?;
    let database = Database::open(url).await?;
    let valid = jiff::SignedDuration::from_hours(valid_hours.into());
    let chance = (Clock::system().now(), &Random::system());
    let guest = Guest { kiosk: kiosk.clone(), office: office.clone(), configuration };
    let code = crate::invite(&database, &authority, guest, valid, chance).await?;
    database.close().await;
    let groups = code.in_groups();
    console::say(format_args!("kiosk {kiosk}: address {office}, code {groups}"));
    console::say(format_args!("the code may be used for {valid_hours} hours, by whoever has it"));
    let Some(to) = places.to else { return Ok(()) };
    write_secret(to, &stick_file(&office, &code))?;
    let what = format_args!("{} holds both; put it on a USB stick as", to.display());
    console::say(format_args!("{what} hall24-enrol.toml"));
    Ok(())
}

/// The database's path, when there is a file.
fn existing(url: &str) -> Result<&str, Failure> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    if Path::new(path).exists() {
        Ok(path)
    } else {
        Err(Failure::Wrong(format!("there is no database {path}; check the path")))
    }
}

fn make_identity(
    kiosk: &KioskId,
    folder: &Path,
    names: &[String],
    now: jiff::Timestamp,
) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let (ca, ca_key) = (folder.join("authority.pem"), folder.join("authority.key"));
    let authority = if ca.exists() {
        DemoAuthority::from_pem(&read(&ca)?, &read(&ca_key)?)?
    } else {
        let authority = DemoAuthority::new(now)?;
        write_public(&ca, authority.certificate_pem())?;
        write_secret(&ca_key, authority.key_pem())?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let office = authority.server_identity(&names, now)?;
        write_public(&folder.join("office.pem"), &office.certificate_pem)?;
        write_secret(&folder.join("office.key"), &office.key_pem)?;
        authority
    };
    let identity = authority.kiosk_identity(kiosk, now)?;
    write_public(&folder.join(format!("{kiosk}.pem")), &identity.certificate_pem)?;
    write_secret(&folder.join(format!("{kiosk}.key")), &identity.key_pem)
}

fn write_public(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|source| Failure::File { path: path.to_owned(), source })
}

/// Only its owner may read a private key.
fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}
