//! `kiosk update`: asks the office which version this appliance is to run, and fetches it in steps.
//!
//! Run now and then by a timer, as the kiosk's user. What is fetched whole and has the right sum is given a
//! name that the appliance's installer looks for; the installer checks the signature and says in a file of
//! its own what came of it, which is told to the office the next time.

mod fetch;
mod outcome;
mod shelf;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use reqwest::Client;
use serde_json::json;
use wire::{API, UpdateAnswer, UpdateOffer, UpdateProgress, UpdateReport, UpdateState};

use crate::cli::Failure;
use crate::config::Config;
use crate::office_client;

use outcome::Outcome;
use shelf::Shelf;

const ANSWER_LIMIT: Duration = Duration::from_secs(15);

#[derive(Args)]
pub(crate) struct UpdateArguments {
    /// The kiosk's configuration.
    #[arg(long)]
    config: PathBuf,
    /// The version that runs.
    #[arg(long)]
    running: String,
    /// What updates have to be made for, such as hall24-amd64.
    #[arg(long)]
    compatible: String,
    /// Where updates are put together: offer-N-SUM.raucb when whole.
    #[arg(long)]
    folder: PathBuf,
    /// What the installer did last: offer, installed or refused, boot or reason.
    #[arg(long)]
    outcome: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Why there is no update although there should be one.
#[derive(Debug, thiserror::Error)]
enum UpdateError {
    #[error("the office does not tell what to run: {0}; check network and certificates")]
    Office(String),
    #[error("the office broke off: {0}; what has come is kept, and the next run goes on")]
    Fetch(String),
    #[error(
        "the content is not what was offered, and was thrown away; add and offer the version again"
    )]
    Damaged,
    #[error(
        "{needed_mib} MiB are needed and {free_mib} MiB are free; make room on the data partition"
    )]
    Space { needed_mib: u64, free_mib: u64 },
    #[error("{0} cannot be used: {1}; check path and permissions")]
    File(PathBuf, io::Error),
}

pub(crate) fn run(arguments: UpdateArguments) -> Result<(), Failure> {
    let config = Config::load(&arguments.config)?;
    // Two TLS providers may be linked in; the one that is used is chosen once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = office_client::client(&config.office)
        .map_err(|error| Failure::wrong("configuration", error, "enrol the kiosk again"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(crate::start::StartError::from)?;
    let office = Office { client, url: format!("{}{API}/update", config.office.url) };
    let progress = runtime.block_on(office.follow(&arguments)).map_err(|error| {
        Failure::not_well("update", error, "it is tried again by itself at the next run")
    })?;
    say(&arguments, progress);
    Ok(())
}

fn say(arguments: &UpdateArguments, progress: Option<UpdateProgress>) {
    if arguments.json {
        return console::say(json!({ "running": arguments.running, "progress": progress }));
    }
    let state = match progress.as_ref().map(|it| it.state) {
        None => "the office offers nothing else",
        Some(UpdateState::Fetching) => "an update is being fetched",
        Some(UpdateState::Fetched) => "an update is fetched and about to be installed",
        Some(UpdateState::Installed) => "an update is installed and runs after the next start",
        Some(UpdateState::Refused) => "the update that the office offers was refused",
        Some(UpdateState::RolledBack) => "the update that the office offers did not serve",
        Some(UpdateState::Runs) => "the version that the office offers runs",
    };
    let because = progress.and_then(|it| it.because).map(|it| format!(": {it}"));
    let running = &arguments.running;
    console::say(format_args!("version {running} runs; {state}{}", because.unwrap_or_default()));
}

/// The office, as far as it speaks of versions.
struct Office {
    client: Client,
    url: String,
}

impl Office {
    /// Tells how far the last offer got, and fetches a new one.
    async fn follow(
        &self,
        arguments: &UpdateArguments,
    ) -> Result<Option<UpdateProgress>, UpdateError> {
        let shelf = Shelf::open(&arguments.folder)?;
        let outcome = Outcome::read(&arguments.outcome);
        let known = shelf.offer();
        let progress = known.as_ref().map(|offer| {
            let outcome = outcome.as_ref().filter(|it| it.offer == shelf::name_of(offer));
            let name = shelf.whole(offer);
            let taken = arguments.outcome.with_file_name(name.file_name().unwrap_or_default());
            shelf.progress(offer, outcome, &arguments.running, taken.exists())
        });
        let answer = self.tell(arguments, progress.clone()).await?;
        let Some(offer) = answer.offer else {
            shelf.clear()?;
            return Ok(progress.filter(|it| it.state == UpdateState::Runs));
        };
        let same = known.as_ref() == Some(&offer);
        match progress {
            Some(progress) if same && progress.state != UpdateState::Fetching => Ok(Some(progress)),
            _ => self.fetch(arguments, &shelf, &offer).await.map(Some),
        }
    }

    async fn fetch(
        &self,
        arguments: &UpdateArguments,
        shelf: &Shelf,
        offer: &UpdateOffer,
    ) -> Result<UpdateProgress, UpdateError> {
        shelf.begin(offer)?;
        let progress = |state, because| UpdateProgress { offer: offer.id, state, because };
        let fetching = progress(UpdateState::Fetching, shelf.lacks_room(offer));
        self.tell(arguments, Some(fetching)).await?;
        fetch::fetch(&self.client, &format!("{}/{}", self.url, offer.id), shelf, offer).await?;
        let fetched = progress(UpdateState::Fetched, None);
        self.tell(arguments, Some(fetched.clone())).await?;
        Ok(fetched)
    }

    async fn tell(
        &self,
        arguments: &UpdateArguments,
        progress: Option<UpdateProgress>,
    ) -> Result<UpdateAnswer, UpdateError> {
        let (running, compatible) = (arguments.running.clone(), arguments.compatible.clone());
        let report = UpdateReport { running, compatible, progress };
        let request = self.client.post(&self.url).json(&report).timeout(ANSWER_LIMIT);
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        let answer = answer.map_err(|error| UpdateError::Office(error.to_string()))?;
        answer.json().await.map_err(|error| UpdateError::Office(error.to_string()))
    }
}

#[cfg(all(test, feature = "demo"))]
mod tests;
