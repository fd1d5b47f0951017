//! The content of an offer, fetched step by step: a line that breaks, an office that starts anew or a
//! power cut costs one step.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::header::RANGE;
use reqwest::{Client, StatusCode};
use sha2::{Digest, Sha256};
use wire::UpdateOffer;

use super::UpdateError;
use super::shelf::Shelf;

/// Fetched with one request, and then flushed to disk.
const STEP_BYTES: u64 = 4 << 20;
/// How long one step may take: 35 kB/s are enough.
const STEP_LIMIT: Duration = Duration::from_secs(120);

/// Goes on where the last run stopped, checks the whole and gives it its name.
pub(super) async fn fetch(
    client: &Client,
    url: &str,
    shelf: &Shelf,
    offer: &UpdateOffer,
) -> Result<(), UpdateError> {
    let (path, mut part) = shelf.part()?;
    let failed = |error: io::Error| UpdateError::File(path.clone(), error);
    let mut length = part.metadata().map_err(failed)?.len();
    if length > offer.size_bytes {
        part.set_len(0).map_err(failed)?;
        length = 0;
    }
    shelf.has_room(offer.size_bytes - length)?;
    while length < offer.size_bytes {
        let end = (length + STEP_BYTES).min(offer.size_bytes);
        let bytes = step(client, url, length, end).await?;
        part.write_all(&bytes).and_then(|()| part.sync_data()).map_err(failed)?;
        length = end;
    }
    if sum(&mut part).map_err(failed)? != offer.sha256.to_ascii_lowercase() {
        shelf.give_up(offer)?;
        return Err(UpdateError::Damaged);
    }
    readable(&path).map_err(failed)?;
    shelf.finish(offer)
}

/// The bytes from `start` to before `end`; all of them, or none.
async fn step(client: &Client, url: &str, start: u64, end: u64) -> Result<Vec<u8>, UpdateError> {
    let broke = |error: reqwest::Error| UpdateError::Fetch(error.to_string());
    let range = format!("bytes={start}-{}", end - 1);
    let request = client.get(url).header(RANGE, range).timeout(STEP_LIMIT);
    let mut answer = request.send().await.map_err(broke)?;
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        return Err(UpdateError::Fetch(format!("it answers {}", answer.status())));
    }
    let wanted = end - start;
    let mut bytes = Vec::new();
    while let Some(more) = answer.chunk().await.map_err(broke)? {
        bytes.extend_from_slice(&more);
        if bytes.len() as u64 > wanted {
            break;
        }
    }
    if bytes.len() as u64 == wanted {
        return Ok(bytes);
    }
    Err(UpdateError::Fetch(format!("{} bytes came instead of {wanted}", bytes.len())))
}

fn sum(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hal::hex::encode(&sum.finalize())),
            length => sum.update(&buffer[..length]),
        }
    }
}

/// The installer is another user; there is no secret in an update.
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}
