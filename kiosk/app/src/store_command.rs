//! `kiosk store`: for a technician, with the kiosk stopped or running.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rand::Rng;
use serde_json::json;

use crate::cli::Failure;
use crate::config::Config;
use crate::store::{self, Database, StoreError, StoreFiles, verify_file};

#[derive(Args)]
pub(crate) struct StoreArguments {
    #[command(subcommand)]
    command: StoreCommand,
    /// The kiosk's configuration file.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// The data folder, instead of a configuration file.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Answer as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Check pages, records and the chain of the event log.
    Verify,
    /// Print the event log, one JSON object a line.
    Export,
    /// Write a consistent copy, also while the kiosk runs.
    Backup { file: PathBuf },
    /// Put a backup in place; the present store is set aside. Stop the kiosk first.
    Restore { file: PathBuf },
}

pub(crate) fn run(arguments: StoreArguments) -> Result<(), Failure> {
    let folder = match (&arguments.data, &arguments.config) {
        (Some(folder), _) => folder.clone(),
        (None, Some(path)) => Config::load(path)?.data,
        (None, None) => {
            let message = "no store is named: give --config FILE or --data DIR";
            return Err(Failure::wrong("usage", message, "name the store"));
        }
    };
    let main = folder.join("kiosk.db");
    if !main.exists() && !matches!(arguments.command, StoreCommand::Restore { .. }) {
        let message = format!("there is no store {}", main.display());
        return Err(Failure::wrong("store", message, "check the data folder"));
    }
    let done = match &arguments.command {
        StoreCommand::Verify => verify_file(&main).map(|()| json!({ "verified": main })),
        StoreCommand::Export => export(&main).map(|entries| json!({ "entries": entries })),
        StoreCommand::Backup { file } => {
            store::copy(&main, file).map(|()| json!({ "backup": file }))
        }
        StoreCommand::Restore { file } => {
            restore(&folder, file).map(|former| json!({ "restored": file, "set_aside": former }))
        }
    };
    let done = done.map_err(|error| {
        let action = match &error {
            StoreError::InUse { .. } => "stop that one first",
            StoreError::TooNew { .. } => "update the program",
            StoreError::Unusable { .. } => "see the message",
            _ => "restore a backup with `kiosk store restore FILE`",
        };
        Failure::not_well("store", error, action)
    })?;
    let said = match arguments.command {
        StoreCommand::Export => return Ok(()),
        _ if arguments.json => done.to_string(),
        StoreCommand::Verify => format!("{} is well", main.display()),
        StoreCommand::Backup { file } => format!("backup written to {}", file.display()),
        StoreCommand::Restore { file } => format!("restored from {}", file.display()),
    };
    console::say(said);
    Ok(())
}

fn export(main: &Path) -> Result<usize, StoreError> {
    let mut entries = 0;
    Database::open_read_only(main)?.each_journal_entry(|entry| {
        let line = serde_json::to_string(&entry).expect("entries are plain data");
        console::say(line);
        entries += 1;
    })?;
    Ok(entries)
}

fn restore(folder: &Path, backup: &Path) -> Result<Option<String>, StoreError> {
    let files = StoreFiles::in_folder(folder)?;
    let lock = files.lock()?;
    let mut seed = [0; 8];
    rand::rng().fill_bytes(&mut seed);
    store::restore(&files, &lock, backup, seed)
}
