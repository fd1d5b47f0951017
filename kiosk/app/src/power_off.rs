//! The end of a kiosk whose battery is nearly empty: everything at rest on disk, then the machine off.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use hal::ups::UpsOrders;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::store::StoreHandle;

/// How long the UPS may take to accept its order, a question that is being asked included.
const ORDER_LIMIT: Duration = Duration::from_secs(10);

/// How the machine is switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PowerOff {
    /// Program and arguments; empty: it stays on, and the kiosk serves again when the mains are back.
    pub command: Vec<String>,
    /// Whether the UPS is told before that to cut the power and to come back with the mains.
    pub switch_ups_off: bool,
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
    pub(crate) fn begin(&self, store: StoreHandle, ups: Option<UpsOrders>) -> JoinHandle<()> {
        let power_off = self.clone();
        tokio::spawn(async move {
            tracing::warn!("the battery is nearly empty: shutting down");
            store.copy().await;
            if let (true, Some(ups)) = (power_off.switch_ups_off, ups) {
                order(&ups).await;
            }
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

/// A UPS that does not obey runs its battery down and comes back with the mains just as well; the
/// driver has logged why.
async fn order(ups: &UpsOrders) {
    if timeout(ORDER_LIMIT, ups.shut_down_and_return()).await.is_err() {
        tracing::error!("the UPS did not take the order to switch off in time");
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
            PowerOff { command, switch_ups_off: false }.run()
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
        let command = command.map(str::to_owned).to_vec();
        let power_off = PowerOff { command, switch_ups_off: false };
        power_off.begin(store, None).await.expect("it does not panic");
        assert!(seen.exists());
    }

    #[cfg(feature = "bench")]
    #[tokio::test]
    async fn the_ups_is_told_before_the_machine_goes_off() {
        use hal::ups::{UpsSettings, sim::UpsSim};
        let at: hal::port::PortUrl = "sim:power-off-ups".parse().expect("a port");
        let device = Box::new(UpsSim::new(&UpsSettings::default()));
        let options = hal::sim::SimOptions::default();
        let unit = hal::sim::serve(device, &at, options).await.expect("it is served");
        let settings =
            UpsSettings { off_delay_s: 12, reply_timeout_ms: 300, ..UpsSettings::default() };
        let (sender, _events) = tokio::sync::mpsc::channel(8);
        let ups = hal::ups::spawn(at, settings, None, sender);
        let folder = tempfile::tempdir().expect("a folder");
        let (store, _) = store::start(folder.path().to_owned(), [7; 8]).expect("it opens");
        let power_off = PowerOff { command: vec![], switch_ups_off: true };
        power_off.begin(store, Some(ups.orders())).await.expect("it does not panic");
        assert_eq!(unit.state()["output"], "goes_off");
    }
}
