//! Fetches an invitation, opens it and asks the office whether it takes what was in it.

use std::time::Duration;

use invitation::{Code, Invitation, OpenError};
use kiosk_core::setup::{Attempt, SetupTrouble};
use reqwest::{Client, StatusCode};
use tokio::task::spawn_blocking;
use wire::{API, SealedInvitation};

use crate::config::OfficeConfig;
use crate::{office_client, office_clock};

/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// No invitation is longer than that, sealed and in base 64.
const SEALED_MAX: usize = 256 * 1024;

/// Gets what makes this box a kiosk. Nothing is kept yet.
pub(super) async fn fetch(attempt: &Attempt) -> Result<Invitation, SetupTrouble> {
    let code = Code::parse(&attempt.code).map_err(|_| SetupTrouble::NoCode)?;
    let sealed = sealed(&attempt.office, code.locator()).await?;
    let opened = spawn_blocking(move || invitation::open(&sealed, &code)).await;
    let invitation = opened.map_err(|_| SetupTrouble::Damaged)?.map_err(|error| match error {
        OpenError::OtherCode => SetupTrouble::OtherCode,
        OpenError::Damaged => SetupTrouble::Damaged,
        OpenError::TooNew => SetupTrouble::TooNew,
    })?;
    office_takes(&invitation).await?;
    Ok(invitation)
}

async fn sealed(office: &str, locator: &str) -> Result<SealedInvitation, SetupTrouble> {
    // A new kiosk knows no authority yet. It need not: what comes is believed because the code opens
    // it, and nothing is sent that anybody could use.
    let client = Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .connect_timeout(Duration::from_secs(5))
        .timeout(ANSWER_LIMIT)
        .build()
        .map_err(|error| not_reached(&error))?;
    let request = client.get(format!("{office}{API}/invitations/{locator}"));
    let mut answer = request.send().await.map_err(|error| not_reached(&error))?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(SetupTrouble::NoInvitation),
        _ => return Err(SetupTrouble::NoOffice),
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| not_reached(&error))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > SEALED_MAX {
            return Err(SetupTrouble::NoOffice);
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| SetupTrouble::NoOffice)
}

fn not_reached(error: &reqwest::Error) -> SetupTrouble {
    tracing::warn!(%error, "the office was not reached");
    SetupTrouble::Unreachable
}

/// The office's certificate fits the authority, and ours is taken. What the clock here says does not
/// matter: a box from the store is set by the office's once it is enrolled.
async fn office_takes(invitation: &Invitation) -> Result<(), SetupTrouble> {
    let client = client(invitation)?;
    let answer = client.get(format!("{}{API}/time", invitation.office)).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            tracing::warn!(status = %answer.status(), "the office refuses this kiosk");
            Err(SetupTrouble::NotAccepted)
        }
        Err(error) if office_client::is_about_certificates(&error) => {
            tracing::warn!(%error, "certificates are refused");
            Err(SetupTrouble::NotAccepted)
        }
        Err(error) => Err(not_reached(&error)),
    }
}

/// Tells the office that the invitation has done its work. One that is not told forgets it in time.
pub(super) async fn accepted(invitation: &Invitation) {
    let Ok(client) = client(invitation) else { return };
    let request = client.post(format!("{}{API}/invitations/accepted", invitation.office));
    if let Err(error) = request.send().await {
        tracing::warn!(%error, "the office was not told that its invitation was accepted");
    }
}

fn client(invitation: &Invitation) -> Result<Client, SetupTrouble> {
    let config = OfficeConfig {
        url: invitation.office.clone(),
        authority: invitation.authority.clone(),
        certificate: invitation.certificate.clone(),
        key: invitation.key.clone(),
    };
    office_clock::client(&config).map_err(|error| {
        tracing::warn!(%error, "the invitation's certificates cannot be used");
        SetupTrouble::Damaged
    })
}
