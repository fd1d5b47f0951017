//! The end of a kiosk whose battery is nearly empty: everything at rest on disk, then the machine off.

use std::io;
use std::process::{Command, ExitStatus};

use tokio::task::{JoinHandle, spawn_blocking};

use crate::store::StoreHandle;

/// How the machine is switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PowerOff {
    /// Program and arguments; empty: it stays on, and the kiosk serves again when the mains are back.
    pub command: Vec<String>,
}

/// Why the machine stays on.
#[derive(Debug, thiserror::Error)]
enum PowerOffError {
    #[error("{0} cannot be run: {1}; correct power_off in the kiosk's configuration")]
    NotRun(String, io::Error),
    #[error("{0} ended with {1}; let the kiosk's user do that")]
    Failed(String, ExitStatus),
}

impl PowerOff {
    /// Does it, in the background. The program itself goes on until the machine's supervisor ends it,
    /// which is an orderly end as any other, so that the screen says to the last what is going on.
    pub(crate) fn begin(&self, store: StoreHandle) -> JoinHandle<()> {
        let power_off = self.clone();
        tokio::spawn(async move {
            tracing::warn!("the battery is nearly empty: shutting down");
            store.copy().await;
            let run = spawn_blocking(move || power_off.run());
            if let Ok(Err(error)) = run.await {
                tracing::error!(%error, "the machine was not switched off");
            }
        })
    }

    fn run(&self) -> Result<(), PowerOffError> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(()) };
        let status = Command::new(program).args(arguments).status();
        match status.map_err(|error| PowerOffError::NotRun(program.clone(), error))? {
            status if status.success() => Ok(()),
            status => Err(PowerOffError::Failed(program.clone(), status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn what_keeps_the_machine_on_is_told() {
        let run = |command: &[&str]| {
            let command = command.iter().map(|it| (*it).to_owned()).collect();
            PowerOff { command }.run()
        };
        assert!(run(&[]).is_ok());
        assert!(run(&["true"]).is_ok());
        assert!(matches!(run(&["false"]), Err(PowerOffError::Failed(..))));
        let missing = run(&["/nowhere/poweroff"]).expect_err("there is none");
        assert!(missing.to_string().contains("/nowhere/poweroff cannot be run"), "{missing}");
    }

    #[tokio::test]
    async fn the_copy_of_the_store_is_there_before_the_machine_goes_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, _) = store::start(folder.path().to_owned(), [7; 8]).expect("it opens");
        let (copy, seen) = (folder.path().join("kiosk.copy.db"), folder.path().join("seen"));
        let command = ["cp", &copy.to_string_lossy(), &seen.to_string_lossy()];
        let power_off = PowerOff { command: command.map(str::to_owned).to_vec() };
        power_off.begin(store).await.expect("it does not panic");
        assert!(seen.exists());
    }
}
