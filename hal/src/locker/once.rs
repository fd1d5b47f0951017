//! One question or one command, for the command line.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    Door, LockerSettings, SettingError,
    bus::{Bus, Lost, Pulse},
    codec::{Reply, Request},
    driver::door,
};
use crate::port::{OpenError, PortUrl, Tap};

/// How often a board is asked before its doors are called unknown. Asking is harmless.
const QUESTIONS: u8 = 3;

/// How all doors stand.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LockerState {
    pub doors: Vec<DoorState>,
}

impl LockerState {
    /// Whether every board answered.
    pub fn all_known(&self) -> bool {
        self.doors.iter().all(|it| it.door != Door::Unknown)
    }
}

/// How one door stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DoorState {
    pub way: u16,
    pub door: Door,
    /// Empty where no sensor knows.
    pub occupied: Option<bool>,
}

/// What came of one open command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OpenReport {
    pub way: u16,
    /// The door was seen open.
    pub opened: bool,
    pub door: Door,
    /// Open commands sent: 1, or 0 where the door stood open already.
    pub tries: u8,
}

/// Why a locker could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum LockerError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Port(#[from] OpenError),
    #[error("there is no way {way}; this locker has ways 1 to {ways}")]
    NoSuchWay { way: u16, ways: u16 },
    #[error("the line to the locker failed before anything was sent: {0}; check the cable")]
    NotSent(crate::port::LineError),
    #[error(
        "the line to the locker failed after the open command was sent: {0}; look at the door \
         before you try again"
    )]
    Uncertain(crate::port::LineError),
}

/// Asks every board how its doors stand.
pub async fn state(
    url: PortUrl,
    settings: LockerSettings,
    tap: Option<Tap>,
) -> Result<LockerState, LockerError> {
    let mut bus = connect(url, settings, tap).await?;
    let mut doors = Vec::new();
    for (index, board) in bus.settings.boards.clone().iter().enumerate() {
        let reads_all = board.protocol.reads_all();
        let mut seen = None;
        for local in 1..=board.ways {
            // A board that left one question unanswered is not asked for its other doors.
            if local == 1 || (!reads_all && seen.is_some()) {
                let one = Request::Read { way: local };
                let request = if reads_all { Request::ReadAll } else { one };
                seen = ask(&mut bus, index, request).await?;
            }
            let way = bus.settings.way(index, local);
            let occupied = match seen {
                Some(Reply::Doors(doors)) => doors.is_occupied(local),
                _ => None,
            };
            doors.push(DoorState { way, door: door_in(seen, local), occupied });
        }
    }
    Ok(LockerState { doors })
}

/// Sends one open command (none to a door that stands open) and watches the door.
pub async fn open(
    url: PortUrl,
    settings: LockerSettings,
    tap: Option<Tap>,
    way: u16,
) -> Result<OpenReport, LockerError> {
    settings.check()?;
    let ways = settings.ways();
    let (board, local) = settings.locate(way).ok_or(LockerError::NoSuchWay { way, ways })?;
    let mut bus = connect(url, settings, tap).await?;
    let before = bus.ask(board, Request::Read { way: local }).await;
    if door_in(before.map_err(not_sent)?, local) == Door::Open {
        return Ok(OpenReport { way, opened: true, door: Door::Open, tries: 0 });
    }
    match bus.pulse(board, local).await {
        Pulse::Sent => {}
        Pulse::NotSent(lost) => return Err(not_sent(lost)),
        Pulse::Unknown(lost) => return Err(uncertain(lost)),
    }
    let limit = Duration::from_millis(bus.settings.open_timeout_ms.into());
    let interval = Duration::from_millis(bus.settings.watch_interval_ms.into());
    let deadline = Instant::now() + limit;
    bus.pulse_answer(board, local).await.map_err(uncertain)?;
    loop {
        let reply = bus.ask(board, Request::Read { way: local }).await.map_err(uncertain)?;
        let door = door_in(reply, local);
        if door == Door::Open || Instant::now() >= deadline {
            return Ok(OpenReport { way, opened: door == Door::Open, door, tries: 1 });
        }
        sleep(interval).await;
    }
}

async fn connect(
    url: PortUrl,
    settings: LockerSettings,
    tap: Option<Tap>,
) -> Result<Bus, LockerError> {
    settings.check()?;
    let mut bus = Bus::new(url, settings, tap);
    bus.connect().await?;
    Ok(bus)
}

async fn ask(bus: &mut Bus, board: usize, request: Request) -> Result<Option<Reply>, LockerError> {
    for _ in 0..QUESTIONS {
        let reply = bus.ask(board, request).await.map_err(not_sent)?;
        if reply.is_some() {
            return Ok(reply);
        }
    }
    Ok(None)
}

fn door_in(reply: Option<Reply>, local: u8) -> Door {
    match reply {
        Some(Reply::Door { open, .. }) => door(open),
        Some(Reply::Doors(doors)) => door(doors.is_open(local)),
        Some(Reply::Accepted { .. }) | None => Door::Unknown,
    }
}

fn not_sent(lost: Lost) -> LockerError {
    LockerError::NotSent(lost.0)
}

fn uncertain(lost: Lost) -> LockerError {
    LockerError::Uncertain(lost.0)
}
