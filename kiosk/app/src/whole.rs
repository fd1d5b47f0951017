//! Files that others wait for: they find one whole, or as it was before.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    Everybody,
    Owner,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::Everybody => 0o644,
            Self::Owner => 0o600,
        }
    }
}

/// Writes a file beside this place, with `.new` behind its name, and puts it there.
pub(crate) fn put(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut new = OsString::from(path);
    new.push(".new");
    // What was left of an attempt that failed may belong to more readers.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(readers.mode()).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_belongs_to_its_new_readers_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wifi.key");
        fs::write(folder.path().join("wifi.key.new"), "half of it").expect("written");
        put(&path, b"old", Readers::Everybody).expect("written");
        put(&path, b"new", Readers::Owner).expect("written");
        assert_eq!(fs::read(&path).expect("it is there"), b"new");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
