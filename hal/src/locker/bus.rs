//! The bus: one request at a time, a rest between two of them, and never a second pulse.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{
    LockerSettings,
    codec::{Inbox, Reply, Request, encode},
};
use crate::port::{Line, LineError, OpenError, PortUrl, Tap};

/// How long a few bytes may take to leave; a line that takes longer has failed.
const SEND_LIMIT: Duration = Duration::from_secs(1);

/// The line failed. What was sent on it before may or may not have arrived.
#[derive(Debug)]
pub(super) struct Lost(pub(super) LineError);

/// Whether an open frame is on its way.
#[derive(Debug)]
pub(super) enum Pulse {
    Sent,
    /// The line failed before the first byte.
    NotSent(Lost),
    /// The line failed while the frame was written.
    Unknown(Lost),
}

/// A line with boards on it.
pub(super) struct Bus {
    pub(super) line: Line,
    pub(super) settings: LockerSettings,
    inbox: Inbox,
    rest_until: Instant,
}

impl Bus {
    pub(super) fn new(url: PortUrl, settings: LockerSettings, tap: Option<Tap>) -> Self {
        let baud = settings.boards.first().map_or(9_600, |it| it.protocol.baud());
        let line = Line::new(url.with_default_baud(baud), tap);
        Self { line, settings, inbox: Inbox::default(), rest_until: Instant::now() }
    }

    pub(super) async fn connect(&mut self) -> Result<(), OpenError> {
        self.line.connect().await
    }

    /// One request and its answer; `None` where the board did not answer in time.
    pub(super) async fn ask(
        &mut self,
        board: usize,
        request: Request,
    ) -> Result<Option<Reply>, Lost> {
        self.rest().await?;
        let frame = encode(&self.settings.boards[board], request);
        self.line.send(&frame, SEND_LIMIT).await.map_err(Lost)?;
        self.answer(board, request).await
    }

    /// Writes exactly one open frame, or none.
    pub(super) async fn pulse(&mut self, board: usize, way: u8) -> Pulse {
        if let Err(lost) = self.rest().await {
            return Pulse::NotSent(lost);
        }
        let frame = encode(&self.settings.boards[board], Request::Open { way });
        let sent = self.line.send(&frame, SEND_LIMIT).await;
        self.rest_soon();
        match sent {
            Ok(()) => Pulse::Sent,
            Err(error @ LineError::Closed) => Pulse::NotSent(Lost(error)),
            Err(error) => Pulse::Unknown(Lost(error)),
        }
    }

    /// Waits for the answer to a pulse, on boards that give one. It says that the command arrived,
    /// nothing about the door, so it is not reported.
    pub(super) async fn pulse_answer(&mut self, board: usize, way: u8) -> Result<(), Lost> {
        if self.settings.boards[board].open_reply {
            self.answer(board, Request::Open { way }).await?;
        }
        Ok(())
    }

    /// A door change that a board reported of its own accord before `deadline`: way of the bus,
    /// open.
    pub(super) async fn overhear(
        &mut self,
        deadline: Instant,
    ) -> Result<Option<(u16, bool)>, Lost> {
        match self.line.receive(deadline).await {
            Ok(bytes) => self.inbox.push(bytes),
            Err(LineError::Timeout) => return Ok(None),
            Err(error) => return Err(Lost(error)),
        }
        let boards = self.settings.boards.iter().enumerate();
        for (index, board) in boards {
            if let Some((way, open)) = self.inbox.take_change(board) {
                return Ok(Some((self.settings.way(index, way), open)));
            }
        }
        Ok(None)
    }

    async fn answer(&mut self, board: usize, request: Request) -> Result<Option<Reply>, Lost> {
        let limit = Duration::from_millis(self.settings.reply_timeout_ms.into());
        let deadline = Instant::now() + limit;
        let found = loop {
            match self.line.receive(deadline).await {
                Ok(bytes) => self.inbox.push(bytes),
                Err(LineError::Timeout) => break None,
                Err(error) => return Err(Lost(error)),
            }
            let reply = self.inbox.take_reply(&self.settings.boards[board], request);
            if reply.is_some() {
                break reply;
            }
        };
        self.inbox.clear();
        self.rest_soon();
        Ok(found)
    }

    fn rest_soon(&mut self) {
        let pause = Duration::from_millis(self.settings.turn_round_ms.into());
        self.rest_until = Instant::now() + pause;
    }

    /// Lets the bus turn round, then forgets what arrived meanwhile: it answers nothing to come.
    async fn rest(&mut self) -> Result<(), Lost> {
        sleep_until(self.rest_until).await;
        self.inbox.clear();
        self.line.discard().await.map_err(Lost)
    }
}
