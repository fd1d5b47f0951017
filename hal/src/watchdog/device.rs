//! The machine's own watchdog (`/dev/watchdog`), after the kernel's watchdog-api.rst.
//!
//! Opening it starts its clock, every write starts the clock again. Closed after a `V` it rests,
//! closed without it goes on, so that a program which died and is not back in time has the machine
//! restarted. Its timeout can be set by an unsafe call only, which this program does not do: it is
//! read from sysfs and set by the module's parameter.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// Any byte but the magic one.
const KICK: &[u8] = &[0];
const MAGIC_CLOSE: &[u8] = b"V";
const SYSFS: &str = "/sys/class/watchdog";

/// An armed watchdog.
#[derive(Debug)]
pub struct Device {
    file: File,
}

impl Device {
    /// Opens and with that arms it.
    pub fn arm(path: &Path) -> io::Result<Self> {
        // Neither made nor shortened: it is a device.
        Ok(Self { file: OpenOptions::new().write(true).open(path)? })
    }

    /// Starts its clock again.
    pub fn kick(&mut self) -> io::Result<()> {
        self.file.write_all(KICK)
    }

    /// Puts it to rest, unless the kernel was built or told not to allow that (`nowayout`).
    pub fn disarm(mut self) -> io::Result<()> {
        self.file.write_all(MAGIC_CLOSE)
    }
}

/// The timeout of the watchdog at `path`, where sysfs tells it.
pub(super) fn timeout(path: &Path) -> Option<Duration> {
    timeout_in(Path::new(SYSFS), path)
}

fn timeout_in(sysfs: &Path, path: &Path) -> Option<Duration> {
    let name = path.file_name()?.to_str()?;
    // The old name is the first one's.
    let name = if name == "watchdog" { "watchdog0" } else { name };
    let file: PathBuf = [sysfs, Path::new(name), Path::new("timeout")].iter().collect();
    let seconds = fs::read_to_string(file).ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_is_read_where_it_is_told() {
        let sysfs = tempfile::tempdir().expect("a folder");
        let timeout = |path: &str| timeout_in(sysfs.path(), Path::new(path));
        assert_eq!(timeout("/dev/watchdog"), None);
        fs::create_dir(sysfs.path().join("watchdog0")).expect("a folder");
        fs::write(sysfs.path().join("watchdog0/timeout"), "15\n").expect("written");
        assert_eq!(timeout("/dev/watchdog"), Some(Duration::from_secs(15)));
        assert_eq!(timeout("/dev/watchdog0"), Some(Duration::from_secs(15)));
        assert_eq!(timeout("/dev/watchdog1"), None);
        fs::write(sysfs.path().join("watchdog0/timeout"), "soon").expect("written");
        assert_eq!(timeout("/dev/watchdog0"), None);
    }
}
