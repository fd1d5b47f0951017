//! A real pcscd for tests: the one that runs, or one that is started and ended again.
//!
//! There is one pcscd per machine and one card per virtual reader, so tests that use them take
//! turns through a lock file.

use std::{
    fs::File,
    io,
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

const SOCKET: &str = "/run/pcscd/pcscd.comm";
const PROGRAM: &str = "/usr/sbin/pcscd";
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// Where the virtual reader waits for its card (Debian's `vsmartcard-vpcd`).
pub const VPCD_ADDRESS: &str = "127.0.0.1:35963";
/// Its name in PC/SC.
pub const VPCD_READER: &str = "Virtual PCD 00 00";

/// The turn at pcscd; dropping it ends a pcscd that was started for it.
pub struct Pcscd {
    child: Option<Child>,
    _turn: File,
}

impl Pcscd {
    /// Waits for the turn, then for a pcscd. It needs root and the packages `pcscd` and
    /// `vsmartcard-vpcd`. Blocks.
    pub fn take_turn() -> io::Result<Self> {
        let turn = File::create(std::env::temp_dir().join("hall24-pcscd.lock"))?;
        flock(&turn, FlockOperation::LockExclusive)?;
        let mut this = Self { child: None, _turn: turn };
        if !runs() {
            this.start()?;
        }
        Ok(this)
    }

    /// Whether this turn started pcscd and may stop it.
    pub fn is_own(&self) -> bool {
        self.child.is_some()
    }

    /// Starts pcscd after [`Pcscd::stop`].
    pub fn start(&mut self) -> io::Result<()> {
        // What an earlier one left after it was killed.
        let _ = std::fs::remove_file(SOCKET);
        let child = Command::new(PROGRAM)
            .arg("--foreground")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let child = self.child.insert(child);
        for _ in 0..STARTS_WITHIN.as_millis() / LOOK_INTERVAL.as_millis() {
            if runs() {
                return Ok(());
            }
            if let Some(status) = child.try_wait()? {
                return Err(io::Error::other(format!("pcscd ended at once: {status}")));
            }
            // Another program's socket: there is no event to wait for.
            sleep(LOOK_INTERVAL);
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Kills the pcscd that was started.
    pub fn stop(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "pcscd could not be ended");
        }
    }
}

fn runs() -> bool {
    Path::new(SOCKET).exists() && UnixStream::connect(SOCKET).is_ok()
}
