//! A TPM of the virtual machine's: `swtpm` with a folder that is its memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use crate::Failure;

/// How often it is looked whether it is ready.
const LOOK: Duration = Duration::from_millis(50);

/// It, until it is dropped; its memory stays in its folder.
pub(crate) struct Tpm {
    swtpm: Child,
    socket: PathBuf,
}

impl Tpm {
    /// A new one where the folder is empty, else the one that was there.
    pub(crate) async fn start(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder)?;
        let socket = folder.join("socket");
        // That of the one before would answer nobody.
        let _ = std::fs::remove_file(&socket);
        let control = format!("type=unixio,path={}", socket.display());
        let swtpm = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "startup-clear", "--ctrl", &control])
            .arg("--tpmstate")
            .arg(format!("dir={}", folder.display()))
            .stdin(Stdio::null())
            // It tells of every machine that comes and goes.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure(format!("swtpm cannot be run: {error}")))?;
        let mut tpm = Self { swtpm, socket };
        while !tpm.socket.exists() {
            if let Some(status) = tpm.swtpm.try_wait()? {
                return Err(Failure(format!("swtpm ended with {status}")));
            }
            sleep(LOOK).await;
        }
        Ok(tpm)
    }

    /// QEMU's arguments for a PC with it.
    pub(crate) fn hardware(&self) -> Vec<String> {
        let text = format!(
            "-chardev socket,id=tpm,path={} -tpmdev emulator,id=tpm0,chardev=tpm \
             -device tpm-crb,tpmdev=tpm0",
            self.socket.display()
        );
        text.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.swtpm.kill();
        let _ = self.swtpm.wait();
    }
}
