//! A pseudo-terminal whose slave has a fixed name.

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::fs::symlink},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

use crate::port::Tty;

/// Keeps the slave open, so that a driver may close and open it again, and its name in place.
pub(super) struct PtyLink {
    path: PathBuf,
    _slave: OwnedFd,
}

/// Creates a pseudo-terminal and lets `path` point to its slave. An old link is replaced, anything
/// else at that place is left alone.
pub(super) fn create(path: &Path) -> io::Result<(Tty, PtyLink)> {
    if fs::symlink_metadata(path).is_ok_and(|it| !it.is_symlink()) {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is something else than a link at this path",
        ));
    }
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    rustix::io::ioctl_fionbio(&master, true)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
    let mut modes = tcgetattr(&slave)?;
    modes.make_raw();
    tcsetattr(&slave, OptionalActions::Now, &modes)?;

    let target = name.to_str().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(target, &fresh)?;
    fs::rename(&fresh, path)?;
    Ok((Tty::from_fd(master)?, PtyLink { path: path.to_owned(), _slave: slave }))
}

impl Drop for PtyLink {
    fn drop(&mut self) {
        // Whoever took the link away has done what was to be done.
        let _ = fs::remove_file(&self.path);
    }
}
