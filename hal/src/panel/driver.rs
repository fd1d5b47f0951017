//! The panel's driver: one task that owns the lines.
//!
//! Inputs come as edges and are read besides from time to time; outputs are set when what is asked
//! of them or the time changes them. However the task ends, it switches all outputs off first.

use std::{convert::Infallible, time::Duration};

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::lines::{self, Edge, Lines, Wanted};
use super::outputs::{Output, Outputs};
use super::watch::Watch;
use super::{
    Input, InputSettings, OutputSettings, PanelCommand, PanelEvent, PanelProblem, PanelSettings,
};
use crate::commands::Commands;
use crate::fault::Link;
use crate::port::{Backoff, PortUrl};

const COMMANDS_MAX: usize = 64;

/// The way to a running driver.
pub type PanelHandle = Commands<PanelCommand>;

/// Starts the driver's task; it ends with the last handle or with the receiver of `events`.
///
/// With settings that do not pass [`PanelSettings::check`] it reports the link down.
pub fn spawn(
    url: PortUrl,
    settings: PanelSettings,
    events: mpsc::Sender<PanelEvent>,
) -> PanelHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let siren_limit = Duration::from_secs(settings.siren_limit_s.into());
    let driver = Driver {
        url,
        settings,
        commands,
        events: events.clone(),
        outputs: Outputs::new(siren_limit),
        started: Instant::now(),
        backoff: Backoff::default(),
        link: Link::Starting,
        problem: None,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = driver.run() => {}
            () = events.closed() => {}
        }
    });
    handle
}

/// Why the lines are no longer served.
enum Stop {
    /// Nobody asks or listens any more.
    Ended,
    Lost,
}

struct Driver {
    url: PortUrl,
    settings: PanelSettings,
    commands: mpsc::Receiver<PanelCommand>,
    events: mpsc::Sender<PanelEvent>,
    outputs: Outputs,
    started: Instant,
    backoff: Backoff,
    link: Link,
    problem: Option<PanelProblem>,
}

impl Driver {
    async fn run(mut self) {
        if let Err(error) = self.settings.check() {
            tracing::error!(%error, "panel settings cannot work");
            self.down(PanelProblem::Settings).await;
            while self.commands.recv().await.is_some() {}
            return;
        }
        loop {
            match lines::open(&self.url, &Wanted::of(&self.settings, true)) {
                Ok(lines) => {
                    let Err(stop) = self.serve(lines).await;
                    if let Stop::Ended = stop {
                        return;
                    }
                    self.down(PanelProblem::ChipMissing).await;
                }
                Err(error) => {
                    if self.problem != Some(error.problem()) {
                        tracing::warn!(%error, "panel");
                    }
                    self.down(error.problem()).await;
                }
            }
            if self.pause().await.is_err() {
                return;
            }
        }
    }

    /// Waits before the next attempt. What is asked meanwhile is kept.
    async fn pause(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + self.backoff.pause();
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    let command = command.ok_or(Stop::Ended)?;
                    self.outputs.obey(self.started.elapsed(), command);
                }
                () = sleep_until(until) => return Ok(()),
            }
        }
    }

    async fn serve(&mut self, lines: Box<dyn Lines>) -> Result<Infallible, Stop> {
        let mut panel = Wired::new(lines, &self.settings);
        let poll_interval = Duration::from_millis(self.settings.poll_interval_ms.into());
        let mut poll_at = Duration::ZERO;
        loop {
            let now = self.started.elapsed();
            if now >= poll_at {
                panel.read(now).map_err(lost)?;
                self.backoff.reset();
                self.up().await;
                poll_at = now + poll_interval;
            }
            panel.write(&self.outputs, now).map_err(lost)?;
            self.tell(&mut panel, now).await?;
            let due = [panel.next_due(), self.outputs.next_due(now), Some(poll_at)];
            let due = due.into_iter().flatten().min().unwrap_or(poll_at);
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    let command = command.ok_or(Stop::Ended)?;
                    self.outputs.obey(self.started.elapsed(), command);
                }
                edge = panel.lines.edge() => {
                    panel.edge(self.started.elapsed(), edge.ok_or(Stop::Lost)?);
                }
                () = sleep_until(self.started + due) => {}
            }
        }
    }

    async fn tell(&mut self, panel: &mut Wired, now: Duration) -> Result<(), Stop> {
        for (input, _, watch) in &mut panel.inputs {
            let Some(change) = watch.advance(now) else { continue };
            let age_ms = u32::try_from(change.age.as_millis()).unwrap_or(u32::MAX);
            let event = PanelEvent::Input { input: *input, active: change.active, age_ms };
            self.events.send(event).await.map_err(|_| Stop::Ended)?;
        }
        Ok(())
    }

    async fn up(&mut self) {
        self.problem = None;
        self.report(Link::Up).await;
    }

    async fn down(&mut self, problem: PanelProblem) {
        if self.problem.replace(problem) != Some(problem) {
            self.events.send(PanelEvent::Problem(problem)).await.ok();
        }
        self.report(Link::Down).await;
    }

    async fn report(&mut self, link: Link) {
        if self.link != link {
            self.link = link;
            tracing::info!(device = "panel", state = ?link, "link");
            // A closed channel ends the task at its next event.
            self.events.send(PanelEvent::Link(link)).await.ok();
        }
    }
}

fn lost(error: std::io::Error) -> Stop {
    tracing::warn!(%error, "a line of the panel failed");
    Stop::Lost
}

/// Open lines with what they mean. Dropped, it leaves all outputs off.
struct Wired {
    lines: Box<dyn Lines>,
    inputs: Vec<(Input, InputSettings, Watch)>,
    /// With what was set last.
    outputs: Vec<(Output, OutputSettings, bool)>,
}

impl Wired {
    fn new(lines: Box<dyn Lines>, settings: &PanelSettings) -> Self {
        let watched = settings.inputs().map(|(it, wiring)| (it, wiring, Watch::new(it, wiring)));
        let lights = settings.lights.iter().map(|(it, wiring)| (Output::Light(*it), *wiring));
        let buzzer = settings.buzzer.map(|it| (Output::Buzzer, it));
        let siren = settings.siren.map(|it| (Output::Siren, it));
        let outputs = lights.chain(buzzer).chain(siren);
        Self {
            lines,
            inputs: watched.collect(),
            outputs: outputs.map(|(it, wiring)| (it, wiring, false)).collect(),
        }
    }

    fn read(&mut self, now: Duration) -> std::io::Result<()> {
        for (_, wiring, watch) in &mut self.inputs {
            let high = self.lines.is_high(wiring.line)?;
            watch.seen(now, wiring.active.flip(high));
        }
        // A panel without inputs is asked, too, whether it is there.
        if self.inputs.is_empty()
            && let Some((_, wiring, _)) = self.outputs.first()
        {
            self.lines.is_high(wiring.line)?;
        }
        Ok(())
    }

    fn edge(&mut self, now: Duration, edge: Edge) {
        for (_, wiring, watch) in &mut self.inputs {
            if wiring.line == edge.line {
                watch.edge(now, wiring.active.flip(edge.high));
            }
        }
    }

    fn write(&mut self, asked: &Outputs, now: Duration) -> std::io::Result<()> {
        let asked = asked.on(now);
        for (output, wiring, is_on) in &mut self.outputs {
            let on = asked.contains(output);
            if on != *is_on {
                self.lines.set(wiring.line, wiring.active.flip(on))?;
                *is_on = on;
            }
        }
        Ok(())
    }

    fn next_due(&self) -> Option<Duration> {
        self.inputs.iter().filter_map(|(.., watch)| watch.next_due()).min()
    }
}

impl Drop for Wired {
    fn drop(&mut self) {
        for (output, wiring, _) in &self.outputs {
            if let Err(error) = self.lines.set(wiring.line, wiring.active.flip(false)) {
                tracing::debug!(%error, ?output, "could not be switched off");
            }
        }
    }
}
