//! The folder in which an update is put together: `offer.json`, `part` while it grows, `offer-N-SUM.raucb`
//! when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use wire::{UpdateOffer, UpdateProgress, UpdateState};

use super::UpdateError;
use super::outcome::{Came, Outcome};
use crate::whole::{self, Readers};

const OFFER: &str = "offer.json";
const PART: &str = "part";
/// Left for what the kiosk itself writes while an update is being fetched.
const SPARE_BYTES: u64 = 64 << 20;

pub(super) struct Shelf {
    folder: PathBuf,
}

/// What an offer is called here and by the installer: its number, which every office begins anew with, and
/// the beginning of its content's sum.
pub(super) fn name_of(offer: &UpdateOffer) -> String {
    let digits = offer.sha256.chars().filter(char::is_ascii_hexdigit);
    let sum: String = digits.take(16).map(|it| it.to_ascii_lowercase()).collect();
    format!("{}-{sum}", offer.id)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> UpdateError {
    move |error| UpdateError::File(path.to_owned(), error)
}

impl Shelf {
    pub(super) fn open(folder: &Path) -> Result<Self, UpdateError> {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The offer that is being followed.
    pub(super) fn offer(&self) -> Option<UpdateOffer> {
        serde_json::from_slice(&fs::read(self.folder.join(OFFER)).ok()?).ok()
    }

    /// How far an offer got, by what lies here, what the installer has taken and says, and what runs.
    pub(super) fn progress(
        &self,
        offer: &UpdateOffer,
        outcome: Option<&Outcome>,
        running: &str,
        taken: bool,
    ) -> UpdateProgress {
        let (state, because) = match outcome.map(|it| &it.came) {
            _ if running == offer.version => (UpdateState::Runs, None),
            Some(Came::Refused { because }) => (UpdateState::Refused, Some(because.clone())),
            Some(Came::Installed { started_since: false }) => (UpdateState::Installed, None),
            Some(Came::Installed { started_since: true }) => (UpdateState::RolledBack, None),
            None if taken || self.whole(offer).exists() => (UpdateState::Fetched, None),
            None if self.damaged(offer).exists() => {
                (UpdateState::Refused, Some(UpdateError::Damaged.to_string()))
            }
            None => (UpdateState::Fetching, self.lacks_room(offer)),
        };
        UpdateProgress { offer: offer.id, state, because }
    }

    /// Follows this offer from now on. What has come of another one goes; of the same content it stays,
    /// whatever number the offer has.
    pub(super) fn begin(&self, offer: &UpdateOffer) -> Result<(), UpdateError> {
        if self.offer().is_none_or(|it| it.sha256 != offer.sha256) {
            self.clear()?;
        }
        let text = serde_json::to_vec(offer).expect("it is plain data");
        let path = self.folder.join(OFFER);
        whole::put(&path, &text, Readers::Everybody).map_err(failed(&path))
    }

    /// Removes what has come so far.
    pub(super) fn clear(&self) -> Result<(), UpdateError> {
        for entry in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
            let path = entry.map_err(failed(&self.folder))?.path();
            fs::remove_file(&path).map_err(failed(&path))?;
        }
        Ok(())
    }

    /// The file that grows, with what has come so far.
    pub(super) fn part(&self) -> Result<(PathBuf, File), UpdateError> {
        let path = self.folder.join(PART);
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
        file.map(|file| (path.clone(), file)).map_err(failed(&path))
    }

    /// Why the rest of an offer finds no room here, where it does not.
    pub(super) fn lacks_room(&self, offer: &UpdateOffer) -> Option<String> {
        let come = self.folder.join(PART).metadata().map_or(0, |it| it.len());
        let room = self.has_room(offer.size_bytes.saturating_sub(come));
        room.err().map(|error| error.to_string())
    }

    /// Whether there is room for so many more bytes.
    pub(super) fn has_room(&self, bytes: u64) -> Result<(), UpdateError> {
        let disk = rustix::fs::statvfs(&self.folder);
        let disk = disk.map_err(|error| failed(&self.folder)(error.into()))?;
        let (free, needed) = (disk.f_bavail * disk.f_frsize, bytes + SPARE_BYTES);
        if free >= needed {
            return Ok(());
        }
        Err(UpdateError::Space { needed_mib: needed >> 20, free_mib: free >> 20 })
    }

    /// It is whole: the installer may have it.
    pub(super) fn finish(&self, offer: &UpdateOffer) -> Result<(), UpdateError> {
        let whole = self.whole(offer);
        fs::rename(self.folder.join(PART), &whole).map_err(failed(&whole))?;
        // The name is only kept once the folder is.
        let folder = File::open(&self.folder).and_then(|it| it.sync_all());
        folder.map_err(failed(&self.folder))
    }

    /// The office's content is not what it says: fetching it again would not help.
    pub(super) fn give_up(&self, offer: &UpdateOffer) -> Result<(), UpdateError> {
        let (part, sign) = (self.folder.join(PART), self.damaged(offer));
        fs::remove_file(&part).map_err(failed(&part))?;
        fs::write(&sign, []).map_err(failed(&sign))
    }

    fn damaged(&self, offer: &UpdateOffer) -> PathBuf {
        self.folder.join(format!("damaged-{}", name_of(offer)))
    }

    pub(super) fn whole(&self, offer: &UpdateOffer) -> PathBuf {
        self.folder.join(format!("offer-{}.raucb", name_of(offer)))
    }
}
