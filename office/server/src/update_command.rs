//! `office update`: which version the hall's kiosks run. A version is tried on one kiosk before the
//! others get it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use wire::{KioskId, UpdateState};

use crate::{
    Clock, Database, DatabaseError,
    store::update::{KioskVersion, Update},
};

#[derive(Subcommand)]
pub(crate) enum UpdateCommand {
    /// Keep a version: the file that `make bundle` made, with the .toml that it wrote beside it.
    Add {
        file: PathBuf,
        /// Where the office keeps versions.
        #[arg(long, default_value = "updates")]
        folder: PathBuf,
    },
    /// Have kiosks fetch, install and start a version when nobody uses them.
    Offer {
        version: String,
        #[command(flatten)]
        to: Kiosks,
    },
    /// Take an offer back from kiosks that have not installed it.
    Withdraw {
        #[command(flatten)]
        from: Kiosks,
    },
    /// What each kiosk runs, and how far its update is.
    List,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Kiosks {
    /// A kiosk's id; may be repeated.
    #[arg(long = "kiosk")]
    kiosks: Vec<String>,
    /// All kiosks of the hall.
    #[arg(long)]
    all: bool,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("cannot use {path}: {source}; check path, permissions and space")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} does not describe an update: {because}; take what `make bundle` wrote")]
    Description { path: PathBuf, because: String },
    #[error("{path} is not the file that its description speaks of; copy it again")]
    Damaged { path: PathBuf },
    #[error(
        "version {0} is kept already with other content; give the new one a version of its own"
    )]
    Known(String),
    #[error(
        "there is no kiosk {kiosk}, or no version {version} for what it is; see `office update list`"
    )]
    NotOffered { kiosk: String, version: String },
}

/// What stands beside a bundle.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    version: String,
    compatible: String,
    size_bytes: u64,
    sha256: String,
}

pub(crate) async fn run(database: &Database, command: UpdateCommand) -> Result<(), UpdateError> {
    match command {
        UpdateCommand::Add { file, folder } => add(database, &file, &folder).await,
        UpdateCommand::Offer { version, to } => offer(database, &version, to).await,
        UpdateCommand::Withdraw { from } => withdraw(database, from).await,
        UpdateCommand::List => {
            database.kiosk_versions().await?.iter().for_each(|it| console::say(line(it)));
            Ok(())
        }
    }
}

async fn add(database: &Database, file: &Path, folder: &Path) -> Result<(), UpdateError> {
    let mut update = describe_update(file)?;
    let kept = database.find_update(&update.compatible, &update.version).await?;
    if kept.is_some_and(|it| it.sha256 != update.sha256) {
        return Err(UpdateError::Known(update.version));
    }
    let failed = |source| UpdateError::File { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Found again wherever the office is started.
    let folder = folder.canonicalize().map_err(failed)?;
    update.path = folder.join(format!("{}-{}.raucb", update.compatible, &update.sha256[..16]));
    copy(file, &update.path, &update.sha256)?;
    database.add_update(&update, Clock::system().now()).await?;
    console::say(format_args!("version {} for {} is kept", update.version, update.compatible));
    Ok(())
}

/// What the description beside a bundle says of it. Whether that is true is not looked at.
pub fn describe_update(file: &Path) -> Result<Update, UpdateError> {
    let path = PathBuf::from(format!("{}.toml", file.display()));
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|source| UpdateError::File { path: path.clone(), source })?;
    let wrong = |because: String| UpdateError::Description { path: path.clone(), because };
    let description: Description = toml::from_str(&text).map_err(|it| wrong(it.to_string()))?;
    let Description { version, compatible, size_bytes, sha256 } = description;
    let sha256 = sha256.to_ascii_lowercase();
    if sha256.len() != 64 || !sha256.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Err(wrong("sha256 is not 64 hex digits".into()));
    }
    Ok(Update { compatible, version, size_bytes, sha256, path: file.to_owned() })
}

/// Copies it, and looks while copying whether it is what it should be; only then it has its name.
fn copy(from: &Path, to: &Path, sha256: &str) -> Result<(), UpdateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| UpdateError::File { path, source }
    };
    let mut content = File::open(from).map_err(failed(from))?;
    let part = to.with_extension("part");
    let mut copy =
        Hashing { file: File::create(&part).map_err(failed(&part))?, sum: Sha256::new() };
    io::copy(&mut content, &mut copy).map_err(failed(&part))?;
    copy.file.sync_all().map_err(failed(&part))?;
    if crate::clock::hex(&copy.sum.finalize()) != sha256 {
        std::fs::remove_file(&part).map_err(failed(&part))?;
        return Err(UpdateError::Damaged { path: from.to_owned() });
    }
    std::fs::rename(&part, to).map_err(failed(to))
}

struct Hashing {
    file: File,
    sum: Sha256,
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

async fn chosen(database: &Database, kiosks: Kiosks) -> Result<Vec<KioskId>, UpdateError> {
    if !kiosks.all {
        return Ok(kiosks.kiosks.into_iter().map(KioskId).collect());
    }
    let all = database.kiosk_versions().await?;
    Ok(all.into_iter().map(|it| KioskId(it.kiosk)).collect())
}

async fn offer(database: &Database, version: &str, to: Kiosks) -> Result<(), UpdateError> {
    let now = Clock::system().now();
    let mut left_out = Vec::new();
    for kiosk in chosen(database, to).await? {
        match database.offer_update(&kiosk, version, now).await? {
            true => console::say(format_args!("kiosk {kiosk} is offered version {version}")),
            false => left_out.push(kiosk.0),
        }
    }
    if left_out.is_empty() {
        return Ok(());
    }
    Err(UpdateError::NotOffered { kiosk: left_out.join(", "), version: version.to_owned() })
}

async fn withdraw(database: &Database, from: Kiosks) -> Result<(), UpdateError> {
    for kiosk in chosen(database, from).await? {
        let done = match database.withdraw_update(&kiosk).await? {
            true => "is offered nothing any more",
            false => "was offered nothing",
        };
        console::say(format_args!("kiosk {kiosk} {done}"));
    }
    Ok(())
}

fn line(kiosk: &KioskVersion) -> String {
    let running = kiosk.running.as_deref().unwrap_or("a version that it has not told");
    let runs = format!("kiosk {} runs {running}", kiosk.kiosk);
    let Some(offer) = &kiosk.offer else { return runs };
    let state = match offer.state {
        None => "the kiosk has not asked yet",
        Some(UpdateState::Fetching) => "being fetched",
        Some(UpdateState::Fetched) => "fetched, about to be installed",
        Some(UpdateState::Installed) => "installed, runs after the next start",
        Some(UpdateState::Refused) => "refused",
        Some(UpdateState::RolledBack) => "did not serve and was given up",
        Some(UpdateState::Runs) => "runs",
    };
    let because = offer.because.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
    format!("{runs}; offered {}: {state} since {}{because}", offer.version, offer.since)
}
