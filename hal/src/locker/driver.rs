//! The one task that owns a locker bus.
//!
//! Every step is one exchange. Commands go first, then doors that were just pulsed, then the round
//! over all boards: an open command waits at most for the exchange in progress.

use std::time::Duration;

use tokio::{
    sync::mpsc::{self, error::TryRecvError},
    time::Instant,
};
use tracing::{error, info, warn};

use super::{
    Door, JobId, LockerCommand, LockerEvent, LockerSettings, OpenOutcome,
    bus::{Bus, Lost, Pulse},
    codec::{Reply, Request},
};
use crate::{
    commands::Commands,
    fault::Link,
    port::{PortUrl, Tap},
};

/// Commands that may wait; a kiosk has one or two under way.
const COMMANDS_MAX: usize = 64;
/// Polls without an answer after which a board counts as silent.
const MISSES_MAX: u8 = 3;
/// A door that was seen closed this shortly before its time ran out is jammed; seen longer ago, the
/// board fell silent and nobody knows.
const SEEN_RECENTLY: Duration = Duration::from_secs(1);

/// The way to a running driver.
pub type LockerHandle = Commands<LockerCommand>;

/// Starts the driver of one bus on the current tokio runtime.
///
/// With settings that do not pass [`LockerSettings::check`] it reports the link down and sends
/// nothing.
pub fn spawn(
    url: PortUrl,
    settings: LockerSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<LockerEvent>,
) -> LockerHandle {
    let (handle, commands) = Commands::queue(COMMANDS_MAX);
    let driver = Driver::new(Bus::new(url, settings, tap), commands, events);
    tokio::spawn(driver.run());
    handle
}

/// Why a step was the last one of its kind.
enum Stop {
    /// The handle or the receiver of events is gone.
    Ended,
    Lost(Lost),
}

impl From<Lost> for Stop {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    door: Door,
    occupied: Option<bool>,
}

const UNSEEN: Seen = Seen { door: Door::Unknown, occupied: None };

/// A door whose lock was pulsed.
struct Watch {
    job: JobId,
    way: u16,
    look_at: Instant,
    deadline: Instant,
    seen_closed_at: Option<Instant>,
}

#[derive(Clone, Copy, Default)]
struct Board {
    misses: u8,
    answered: bool,
    refresh: bool,
}

impl Board {
    fn silent(self) -> bool {
        self.misses >= MISSES_MAX
    }
}

struct Driver {
    bus: Bus,
    commands: mpsc::Receiver<LockerCommand>,
    events: mpsc::Sender<LockerEvent>,
    boards: Vec<Board>,
    seen: Vec<Seen>,
    watches: Vec<Watch>,
    link: Link,
    round_at: Instant,
    board_next: usize,
    /// The next door of that board, where a board tells one at a time.
    way_next: u8,
}

impl Driver {
    fn new(
        bus: Bus,
        commands: mpsc::Receiver<LockerCommand>,
        events: mpsc::Sender<LockerEvent>,
    ) -> Self {
        Self {
            boards: vec![Board::default(); bus.settings.boards.len()],
            seen: vec![UNSEEN; usize::from(bus.settings.ways())],
            bus,
            commands,
            events,
            watches: Vec::new(),
            link: Link::Starting,
            round_at: Instant::now(),
            board_next: 0,
            way_next: 1,
        }
    }

    async fn run(mut self) {
        if let Err(error) = self.bus.settings.check() {
            error!(%error, "locker settings cannot work");
            return self.refuse_all().await;
        }
        loop {
            let stop = match self.connect().await {
                Ok(()) => self.serve().await,
                Err(stop) => stop,
            };
            let Stop::Lost(lost) = stop else { return };
            if self.link != Link::Down {
                warn!(port = %self.bus.line.url(), error = %lost.0, "locker line lost");
            }
            self.bus.line.fail();
            if self.lose().await.is_err() {
                return;
            }
        }
    }

    /// Refuses everything until nobody asks any more.
    async fn refuse_all(&mut self) {
        let mut told = self.change_link(Link::Down).await;
        while let (Ok(()), Some(command)) = (&told, self.commands.recv().await) {
            told = self.refuse(command).await;
        }
    }

    async fn connect(&mut self) -> Result<(), Stop> {
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    self.refuse(command.ok_or(Stop::Ended)?).await?;
                }
                opened = self.bus.line.connect() => match opened {
                    Ok(()) => {
                        self.round_at = Instant::now();
                        self.board_next = 0;
                        self.way_next = 1;
                        return Ok(());
                    }
                    Err(error) => {
                        if self.link != Link::Down {
                            warn!(%error, "locker port cannot be opened");
                        }
                        self.lose().await?;
                    }
                }
            }
        }
    }

    async fn serve(&mut self) -> Stop {
        loop {
            if let Err(stop) = self.step().await {
                return stop;
            }
        }
    }

    /// Does the most urgent thing, which is at most one exchange, or waits until there is one.
    async fn step(&mut self) -> Result<(), Stop> {
        match self.commands.try_recv() {
            Ok(command) => return self.obey(command).await,
            Err(TryRecvError::Disconnected) => return Err(Stop::Ended),
            Err(TryRecvError::Empty) => {}
        }
        let now = Instant::now();
        let watch = self.watches.iter().enumerate().min_by_key(|(_, it)| it.look_at);
        let watch = watch.map(|(index, it)| (index, it.look_at));
        if let Some((index, _)) = watch.filter(|(_, at)| *at <= now) {
            return self.look(index).await;
        }
        if self.round_at <= now {
            return self.poll().await;
        }
        let until = watch.map_or(self.round_at, |(_, at)| at.min(self.round_at));
        tokio::select! {
            biased;
            command = self.commands.recv() => self.obey(command.ok_or(Stop::Ended)?).await,
            heard = self.bus.overhear(until) => match heard? {
                Some((way, open)) => self.see(way, door(Some(open)), None).await,
                None => Ok(()),
            }
        }
    }

    async fn obey(&mut self, command: LockerCommand) -> Result<(), Stop> {
        match command {
            LockerCommand::Open { job, way } => self.open(job, way).await,
            LockerCommand::Refresh => {
                self.boards.iter_mut().for_each(|it| it.refresh = true);
                self.round_at = Instant::now();
                self.way_next = 1;
                Ok(())
            }
        }
    }

    /// What commands get while the port is closed.
    async fn refuse(&mut self, command: LockerCommand) -> Result<(), Stop> {
        match command {
            LockerCommand::Open { job, way } => self.report(job, way, OpenOutcome::NotSent).await,
            LockerCommand::Refresh => self.report_doors(0..self.seen.len()).await,
        }
    }

    async fn open(&mut self, job: JobId, way: u16) -> Result<(), Stop> {
        let Some((board, local)) = self.bus.settings.locate(way) else {
            return self.report(job, way, OpenOutcome::NotSent).await;
        };
        if self.boards[board].silent() {
            return self.report(job, way, OpenOutcome::NotSent).await;
        }
        if self.stands_open(job, way).await? {
            return self.report(job, way, OpenOutcome::Open).await;
        }
        let outcome = match self.bus.pulse(board, local).await {
            Pulse::Sent => {
                let now = Instant::now();
                let limit = Duration::from_millis(self.bus.settings.open_timeout_ms.into());
                let deadline = now + limit;
                self.watches.push(Watch { job, way, look_at: now, deadline, seen_closed_at: None });
                return Ok(self.bus.pulse_answer(board, local).await?);
            }
            Pulse::NotSent(lost) => (OpenOutcome::NotSent, lost),
            Pulse::Unknown(lost) => (OpenOutcome::Unknown, lost),
        };
        self.report(job, way, outcome.0).await?;
        Err(outcome.1.into())
    }

    /// Whether a door that was last seen open still is; it is read afresh, since nobody is to be
    /// told that a door stands open which was shut a moment ago.
    async fn stands_open(&mut self, job: JobId, way: u16) -> Result<bool, Stop> {
        if self.seen[usize::from(way - 1)].door != Door::Open {
            return Ok(false);
        }
        match self.read(way).await {
            Ok(seen) => Ok(seen == Some(Door::Open)),
            Err(stop) => {
                self.report(job, way, OpenOutcome::NotSent).await?;
                Err(stop)
            }
        }
    }

    /// Looks once at a door that was pulsed.
    async fn look(&mut self, index: usize) -> Result<(), Stop> {
        let way = self.watches[index].way;
        let seen = self.read(way).await?;
        let now = Instant::now();
        let interval = Duration::from_millis(self.bus.settings.watch_interval_ms.into());
        let watch = &mut self.watches[index];
        if seen == Some(Door::Closed) {
            watch.seen_closed_at = Some(now);
        }
        watch.look_at = (now + interval).min(watch.deadline.max(now));
        let outcome = if seen == Some(Door::Open) {
            OpenOutcome::Open
        } else if now < watch.deadline {
            return Ok(());
        } else if watch.seen_closed_at.is_some_and(|at| now - at <= SEEN_RECENTLY) {
            OpenOutcome::Jammed
        } else {
            OpenOutcome::Unknown
        };
        let watch = self.watches.remove(index);
        self.report(watch.job, watch.way, outcome).await
    }

    /// Reads one door.
    async fn read(&mut self, way: u16) -> Result<Option<Door>, Stop> {
        let Some((board, local)) = self.bus.settings.locate(way) else {
            return Ok(None);
        };
        let reply = self.bus.ask(board, Request::Read { way: local }).await?;
        self.heard(board, reply).await?;
        Ok(match reply {
            Some(Reply::Door { open, .. }) => Some(door(open)),
            Some(Reply::Doors(doors)) => Some(door(doors.is_open(local))),
            Some(Reply::Accepted { .. }) | None => None,
        })
    }

    /// Asks the next board of the round, or for its next door where it tells one at a time.
    async fn poll(&mut self) -> Result<(), Stop> {
        let board = self.board_next;
        let settings = self.bus.settings.boards[board];
        let reads_all = settings.protocol.reads_all();
        let request =
            if reads_all { Request::ReadAll } else { Request::Read { way: self.way_next } };
        let reply = self.bus.ask(board, request).await?;
        self.heard(board, reply).await?;
        if !reads_all && self.way_next < settings.ways && !self.boards[board].silent() {
            self.way_next += 1;
            return Ok(());
        }
        self.way_next = 1;
        self.end_turn(board).await
    }

    /// The board's turn in the round is over: reports what was asked for and sets what comes next.
    async fn end_turn(&mut self, board: usize) -> Result<(), Stop> {
        if std::mem::take(&mut self.boards[board].refresh) {
            let first = usize::from(self.bus.settings.way(board, 1)) - 1;
            let ways = usize::from(self.bus.settings.boards[board].ways);
            self.report_doors(first..first + ways).await?;
        }
        self.board_next = (board + 1) % self.boards.len();
        if self.board_next == 0 && !self.boards.iter().any(|it| it.refresh) {
            let settings = &self.bus.settings;
            let hurry = self.seen.iter().any(|it| it.door == Door::Open);
            let pause =
                if hurry { settings.open_poll_interval_ms } else { settings.poll_interval_ms };
            self.round_at = Instant::now() + Duration::from_millis(pause.into());
        }
        if self.board_next == 0 && self.boards.iter().all(|it| it.silent()) {
            // A port that was unplugged and came back under the same name looks just like this.
            return Err(Lost(crate::port::LineError::Timeout).into());
        }
        Ok(())
    }

    /// Takes in what a board answered, or that it did not.
    async fn heard(&mut self, board: usize, reply: Option<Reply>) -> Result<(), Stop> {
        let Some(reply) = reply else {
            let state = &mut self.boards[board];
            state.misses = state.misses.saturating_add(1);
            if state.misses == MISSES_MAX {
                state.answered = false;
                warn!(board = board + 1, "lock board is silent");
                for local in 1..=self.bus.settings.boards[board].ways {
                    self.see(self.bus.settings.way(board, local), Door::Unknown, None).await?;
                }
            }
            return Ok(());
        };
        self.bus.line.well();
        let state = &mut self.boards[board];
        state.misses = 0;
        if !std::mem::replace(&mut state.answered, true) {
            info!(board = board + 1, "lock board answers");
        }
        self.change_link(Link::Up).await?;
        match reply {
            Reply::Accepted { .. } => {}
            Reply::Door { way, open } => {
                let way = self.bus.settings.way(board, way);
                let occupied = self.seen[usize::from(way - 1)].occupied;
                self.see(way, door(open), occupied).await?;
            }
            Reply::Doors(doors) => {
                for local in 1..=self.bus.settings.boards[board].ways {
                    let way = self.bus.settings.way(board, local);
                    self.see(way, door(doors.is_open(local)), doors.is_occupied(local)).await?;
                }
            }
        }
        Ok(())
    }

    async fn see(&mut self, way: u16, door: Door, occupied: Option<bool>) -> Result<(), Stop> {
        let now = Seen { door, occupied };
        let before = std::mem::replace(&mut self.seen[usize::from(way - 1)], now);
        if before != now {
            self.tell(LockerEvent::Door { way, door, occupied }).await?;
        }
        Ok(())
    }

    /// The line is gone: nobody knows what the pulses under way did, nor how any door stands.
    async fn lose(&mut self) -> Result<(), Stop> {
        for watch in std::mem::take(&mut self.watches) {
            self.report(watch.job, watch.way, OpenOutcome::Unknown).await?;
        }
        for way in 1..=self.bus.settings.ways() {
            self.see(way, Door::Unknown, None).await?;
        }
        self.change_link(Link::Down).await
    }

    async fn change_link(&mut self, link: Link) -> Result<(), Stop> {
        if self.link != link {
            self.link = link;
            self.tell(LockerEvent::Link(link)).await?;
        }
        Ok(())
    }

    async fn report_doors(&mut self, doors: std::ops::Range<usize>) -> Result<(), Stop> {
        for index in doors {
            let Seen { door, occupied } = self.seen[index];
            let way = u16::try_from(index + 1).expect("a bus has fewer than 65536 ways");
            self.tell(LockerEvent::Door { way, door, occupied }).await?;
        }
        Ok(())
    }

    async fn report(&mut self, job: JobId, way: u16, outcome: OpenOutcome) -> Result<(), Stop> {
        info!(job = job.0, way, ?outcome, "open command ended");
        self.tell(LockerEvent::Opened { job, way, outcome }).await
    }

    async fn tell(&mut self, event: LockerEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Ended)
    }
}

pub(super) fn door(open: Option<bool>) -> Door {
    match open {
        Some(true) => Door::Open,
        Some(false) => Door::Closed,
        None => Door::Unknown,
    }
}
