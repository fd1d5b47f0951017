//! Copies of the store: made through a connection of their own, verified before they count.

use std::path::Path;

use super::database::Database;
use super::error::StoreError;
use super::files;
use super::recovery::verify_file;

/// Writes a verified copy in place of the former one, which stays until then. The store may be in
/// use: its writes go on.
pub fn copy(store: &Path, place: &Path) -> Result<(), StoreError> {
    let fresh = files::with(place, ".new");
    files::remove(&fresh)?;
    Database::open_read_only(store)?.copy_into(&fresh)?;
    verify_file(&fresh)?;
    files::publish(&fresh, place)
}
