//! The task that looks whether all loops turn and kicks the watchdogs while they do.

use std::{io, path::PathBuf, time::Duration};

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::device::{self, Device};
use super::systemd::{Invitation, Message, Notifier};
use super::{
    Beat, Keeper, SettingError, WatchdogCommand, WatchdogEvent, WatchdogSettings, Watched,
};
use crate::commands::Commands;

const COMMANDS_MAX: usize = 16;
/// How closely loops are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// The way to the running task.
pub type WatchdogHandle = Commands<WatchdogCommand>;

/// Why the watchdogs do not watch.
#[derive(Debug, thiserror::Error)]
pub enum WatchdogError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error("cannot reach systemd's notification socket: {0}")]
    Systemd(io::Error),
    #[error(
        "cannot arm the watchdog {path}: {source}; does systemd have it (RuntimeWatchdogSec=), is \
         its module loaded, and may the program open it?"
    )]
    Device { path: PathBuf, source: io::Error },
    #[error(
        "the watchdog {path} restarts the machine after {timeout_s} s; kick_interval_ms has to be \
         at most half of that"
    )]
    TooSlow { path: PathBuf, timeout_s: u64 },
}

/// Arms the watchdogs and starts the task that kicks them. `loops` are those that have to turn: the
/// name, how long each may be silent (with nothing [`WatchdogSettings::loop_limit_ms`]) and its
/// sign of life.
///
/// The task ends with [`WatchdogCommand::Stop`], which puts the watchdogs to rest. If instead the
/// last handle is dropped, as when the program fails, they stay armed.
pub fn spawn(
    settings: &WatchdogSettings,
    invitation: Option<Invitation>,
    loops: Vec<(&'static str, Option<Duration>, Beat)>,
    events: mpsc::Sender<WatchdogEvent>,
) -> Result<WatchdogHandle, WatchdogError> {
    settings.check()?;
    let program = invitation.filter(|_| settings.systemd).map(Program::connect).transpose()?;
    let machine = settings
        .device
        .clone()
        .map(|path| Machine::arm(path, Duration::from_millis(settings.kick_interval_ms.into())));
    let machine = machine.transpose()?;
    let mut keeper = Keeper::default();
    for (name, limit, _) in &loops {
        let usual = Duration::from_millis(settings.loop_limit_ms.into());
        keeper.watch(Duration::ZERO, name, limit.unwrap_or(usual));
    }
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let beats = loops.into_iter().map(|(_, _, beat)| beat).collect();
    let started = Instant::now();
    let task = Task { keeper, beats, program, machine, started, commands, events };
    tokio::spawn(task.run());
    Ok(handle)
}

struct Program {
    notifier: Notifier,
    interval: Option<Duration>,
    due: Duration,
    failed: bool,
}

impl Program {
    fn connect(invitation: Invitation) -> Result<Self, WatchdogError> {
        let notifier = Notifier::connect(&invitation.address).map_err(WatchdogError::Systemd)?;
        let interval = invitation.interval();
        Ok(Self { notifier, interval, due: Duration::ZERO, failed: false })
    }
}

struct Machine {
    device: Device,
    interval: Duration,
    due: Duration,
    failed: bool,
}

impl Machine {
    fn arm(path: PathBuf, interval: Duration) -> Result<Self, WatchdogError> {
        if let Some(timeout) = device::timeout(&path).filter(|it| interval * 2 > *it) {
            return Err(WatchdogError::TooSlow { path, timeout_s: timeout.as_secs() });
        }
        match Device::arm(&path) {
            Ok(device) => Ok(Self { device, interval, due: Duration::ZERO, failed: false }),
            Err(source) => Err(WatchdogError::Device { path, source }),
        }
    }
}

struct Task {
    keeper: Keeper,
    beats: Vec<Beat>,
    program: Option<Program>,
    machine: Option<Machine>,
    started: Instant,
    commands: mpsc::Receiver<WatchdogCommand>,
    events: mpsc::Sender<WatchdogEvent>,
}

impl Task {
    async fn run(mut self) {
        let mut look_at = Duration::ZERO;
        loop {
            let now = self.started.elapsed();
            if now >= look_at {
                self.look(now);
                look_at = now + LOOK_INTERVAL;
            }
            if self.keeper.all_turn() {
                self.kick(now);
            }
            let due = self.started + self.next_due(look_at);
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    None => {
                        tracing::warn!("the watchdogs are left armed");
                        return;
                    }
                    Some(WatchdogCommand::Stop) => return self.stop(),
                    Some(WatchdogCommand::Ready) => self.tell(&Message::Ready),
                    Some(WatchdogCommand::Status(text)) => self.tell(&Message::Status(text)),
                },
                () = sleep_until(due) => {}
            }
        }
    }

    fn look(&mut self, now: Duration) {
        for event in self.keeper.look(now, self.beats.iter().map(Beat::count)) {
            match &event {
                WatchdogEvent::Late { name } => {
                    tracing::error!(name, "a loop does not turn, the watchdogs are not kicked");
                }
                other => tracing::warn!(event = ?other, "watchdog"),
            }
            self.report(event);
        }
    }

    /// Kicks what is due. A loop that turned again is no reason to wait for the next time.
    fn kick(&mut self, now: Duration) {
        if let Some(program) = &mut self.program
            && let Some(interval) = program.interval
            && now >= program.due
        {
            program.due = now + interval;
            self.tell(&Message::Watchdog);
        }
        if let Some(machine) = &mut self.machine
            && now >= machine.due
        {
            machine.due = now + machine.interval;
            let kicked = machine.device.kick();
            let failed = std::mem::replace(&mut machine.failed, kicked.is_err());
            if let Err(error) = kicked
                && !failed
            {
                tracing::error!(%error, "the machine's watchdog cannot be kicked");
                self.report(WatchdogEvent::Failed { what: Watched::Machine });
            }
        }
    }

    fn next_due(&self, look_at: Duration) -> Duration {
        if !self.keeper.all_turn() {
            return look_at;
        }
        let program = self.program.as_ref().filter(|it| it.interval.is_some()).map(|it| it.due);
        let machine = self.machine.as_ref().map(|it| it.due);
        program.into_iter().chain(machine).fold(look_at, Duration::min)
    }

    fn tell(&mut self, message: &Message) {
        let Some(program) = &mut self.program else { return };
        let told = program.notifier.send(message);
        let failed = std::mem::replace(&mut program.failed, told.is_err());
        if let Err(error) = told
            && !failed
        {
            tracing::error!(%error, "systemd cannot be told");
            self.report(WatchdogEvent::Failed { what: Watched::Program });
        }
    }

    fn stop(mut self) {
        self.tell(&Message::Stopping);
        if let Some(machine) = self.machine.take()
            && let Err(error) = machine.device.disarm()
        {
            tracing::error!(%error, "the machine's watchdog cannot be put to rest");
        }
    }

    /// Nobody who does not listen may keep the watchdogs from being kicked.
    fn report(&self, event: WatchdogEvent) {
        if self.events.try_send(event).is_err() {
            tracing::debug!("nobody hears of the watchdogs");
        }
    }
}
