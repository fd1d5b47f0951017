//! Tells the watchdogs while the loops of core and window turn.

use std::time::Duration;

use hal::watchdog::systemd::Invitation;
use hal::watchdog::{Beat, WatchdogCommand, WatchdogHandle, WatchdogSettings};
use kiosk_screen::ScreenHandle;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

/// How often the window is asked for a sign of life. The core's loop turns at least as often.
pub(crate) const LOOK: Duration = Duration::from_secs(5);

/// Starts watching. A watchdog that cannot be armed is told in the log; the kiosk serves all the same.
pub(crate) fn start(
    settings: &WatchdogSettings,
    core: &Beat,
    window: ScreenHandle,
) -> Option<WatchdogHandle> {
    let shown = Beat::default();
    let loops = vec![("core", None, core.clone()), ("window", None, shown.clone())];
    let (events, mut told) = mpsc::channel(8);
    let invitation = Invitation::of_process()
        .inspect_err(|error| tracing::error!(%error, "systemd's wish for a watchdog is not clear"))
        .unwrap_or(None);
    let handle = hal::watchdog::spawn(settings, invitation, loops, events)
        .inspect_err(|error| tracing::error!(%error, "nothing watches over this kiosk"))
        .ok()?;
    tokio::spawn(async move {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = told.recv() => match event {
                    // The watchdog's task has logged it.
                    Some(_) => {}
                    None => return,
                },
                _ = look.tick() => {
                    let shown = shown.clone();
                    window.alive(move |()| shown.check_in());
                }
            }
        }
    });
    Some(handle)
}

/// The kiosk serves from now on.
pub(crate) fn ready(handle: Option<&WatchdogHandle>) {
    tell(handle, WatchdogCommand::Ready);
}

/// The kiosk ends in order: nothing is to restart it because of that.
pub(crate) fn stop(handle: Option<&WatchdogHandle>) {
    tell(handle, WatchdogCommand::Stop);
}

fn tell(handle: Option<&WatchdogHandle>, command: WatchdogCommand) {
    if handle.is_some_and(|it| it.send(command).is_err()) {
        tracing::error!("the watchdog's task has ended");
    }
}
