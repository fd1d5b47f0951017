//! One thing at a time, for the command line: open, ask, close.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    IdCard, ReadFailure, ReaderSettings,
    module::{Module, ReaderError, Reading},
    sdt::{Request, Status, format_sam_id},
};
use crate::port::{PortUrl, Tap};

/// Waits up to `wait` for a card and reads it.
pub async fn read(
    url: PortUrl,
    settings: ReaderSettings,
    tap: Option<Tap>,
    wait: Duration,
) -> Result<IdCard, ReaderError> {
    let mut module = Module::new(url, settings, tap);
    module.start().await?;
    wait_for_card(&mut module, &settings, wait).await?;
    match module.select_and_read().await? {
        Reading::Card(card) => Ok(*card),
        Reading::Failed(failure) => Err(ReaderError::Card(failure)),
    }
}

/// What the module says about itself and to a search for a card, which some modules fail only then;
/// [`Status::Ok`] when it is ready.
pub async fn status(
    url: PortUrl,
    settings: ReaderSettings,
    tap: Option<Tap>,
) -> Result<Status, ReaderError> {
    let mut module = Module::new(url, settings, tap);
    module.line().connect().await?;
    for request in [Request::Status, Request::FindCard] {
        match module.command(request).await {
            Ok(answer) if matches!(answer.status, Status::Ok | Status::Found | Status::NoCard) => {}
            Ok(answer) => return Ok(answer.status),
            Err(ReaderError::Module(status)) => return Ok(status),
            Err(error) => return Err(error),
        }
    }
    Ok(Status::Ok)
}

/// The module's id as it is printed on it.
pub async fn sam_id(
    url: PortUrl,
    settings: ReaderSettings,
    tap: Option<Tap>,
) -> Result<String, ReaderError> {
    let mut module = Module::new(url, settings, tap);
    module.line().connect().await?;
    let answer = module.command(Request::SamId).await?;
    format_sam_id(&answer.data)
        .filter(|_| answer.status == Status::Ok)
        .ok_or(ReaderError::Module(answer.status))
}

/// Waits up to `wait` for a card and reads its newest additional address; `None` where it has none.
pub async fn new_address(
    url: PortUrl,
    settings: ReaderSettings,
    tap: Option<Tap>,
    wait: Duration,
) -> Result<Option<String>, ReaderError> {
    let mut module = Module::new(url, settings, tap);
    module.start().await?;
    wait_for_card(&mut module, &settings, wait).await?;
    module.select().await?.map_err(ReaderError::Card)?;
    let answer = module.command(Request::ReadNewAddress).await?;
    match answer.status {
        Status::Ok => {
            let units = answer.data.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]]));
            let units: Vec<u16> = units.collect();
            let address = String::from_utf16_lossy(&units).trim().to_owned();
            Ok((!address.is_empty()).then_some(address))
        }
        Status::NothingStored => Ok(None),
        Status::SelfTestFailed => Err(ReaderError::Module(answer.status)),
        _ => Err(ReaderError::Card(ReadFailure::LayAgain)),
    }
}

async fn wait_for_card(
    module: &mut Module,
    settings: &ReaderSettings,
    wait: Duration,
) -> Result<(), ReaderError> {
    let end = Instant::now() + wait;
    while !module.find().await? {
        if Instant::now() >= end {
            return Err(ReaderError::NoCard);
        }
        sleep(settings.poll_interval()).await;
    }
    Ok(())
}
