//! What every driver does with its port: keep it open, keep commands within their time.

use std::{future::Future, io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, sleep_until, timeout_at},
};

use super::{OpenError, Port, PortUrl, Tap, open};

const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 4096;

/// Pauses between attempts: 100 ms, doubled each time up to 5 s.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: BACKOFF_FIRST }
    }
}

impl Backoff {
    /// The pause before the next attempt.
    pub fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(BACKOFF_MAX);
        pause
    }

    /// Something worked: the next failure is the first one again.
    pub fn reset(&mut self) {
        self.next = BACKOFF_FIRST;
    }
}

/// Why a command got no answer.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("the device did not answer in time")]
    Timeout,
    #[error("the port is closed")]
    Closed,
    #[error("the line failed: {0}")]
    Io(#[from] io::Error),
}

/// A port that is opened again and again with growing pauses.
///
/// A driver loops: [`Line::connect`], commands by [`Line::exchange`], and on an error
/// [`Line::fail`] and back to the start. [`Line::well`] after a good answer shortens the next
/// pause.
pub struct Line {
    url: PortUrl,
    tap: Option<Tap>,
    port: Option<Box<dyn Port>>,
    backoff: Backoff,
    not_before: Option<Instant>,
    buffer: Box<[u8; READ_BYTES]>,
}

impl Line {
    /// A line that is not open yet.
    pub fn new(url: PortUrl, tap: Option<Tap>) -> Self {
        Self {
            url,
            tap,
            port: None,
            backoff: Backoff::default(),
            not_before: None,
            buffer: Box::new([0; READ_BYTES]),
        }
    }

    /// Where the line goes.
    pub fn url(&self) -> &PortUrl {
        &self.url
    }

    /// Whether the port is open; it says nothing about the device behind it.
    pub fn is_open(&self) -> bool {
        self.port.is_some()
    }

    /// One attempt to open the port, after the pause that earlier failures owe. Does nothing when
    /// it is open. Cancelling it loses nothing: the pause goes on from where it was.
    pub async fn connect(&mut self) -> Result<(), OpenError> {
        if self.port.is_some() {
            return Ok(());
        }
        if let Some(not_before) = self.not_before {
            sleep_until(not_before).await;
        }
        match open(&self.url, self.tap.clone()).await {
            Ok(port) => {
                self.port = Some(port);
                self.not_before = None;
                Ok(())
            }
            Err(error) => {
                self.fail();
                Err(error)
            }
        }
    }

    /// Closes the port after a failure; the next [`Line::connect`] waits a little longer.
    pub fn fail(&mut self) {
        self.port = None;
        self.not_before = Some(Instant::now() + self.backoff.pause());
    }

    /// The device answered sensibly.
    pub fn well(&mut self) {
        self.backoff.reset();
    }

    /// Sends all of `bytes` within `limit`.
    pub async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<(), LineError> {
        let port = self.port.as_mut().ok_or(LineError::Closed)?;
        let sending = async {
            port.write_all(bytes).await?;
            port.flush().await
        };
        match tokio::time::timeout(limit, sending).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(LineError::Timeout),
        }
    }

    /// The next bytes that arrive before `deadline`.
    pub async fn receive(&mut self, deadline: Instant) -> Result<&[u8], LineError> {
        let port = self.port.as_mut().ok_or(LineError::Closed)?;
        match timeout_at(deadline, port.read(&mut self.buffer[..])).await {
            Err(_) => Err(LineError::Timeout),
            Ok(Ok(0)) => Err(LineError::Closed),
            Ok(Ok(count)) => Ok(&self.buffer[..count]),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// Drops what arrived before now: the late answer to an earlier command is not one to the next.
    pub async fn discard(&mut self) -> Result<(), LineError> {
        loop {
            let port = self.port.as_mut().ok_or(LineError::Closed)?;
            let reading = port.read(&mut self.buffer[..]);
            match now_or_never(reading).await {
                None => return Ok(()),
                Some(Ok(0)) => return Err(LineError::Closed),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Sends a request and gives what arrives to `parse` until it has an answer or `limit` is over.
    /// What had arrived before is dropped.
    pub async fn exchange<T>(
        &mut self,
        request: &[u8],
        limit: Duration,
        mut parse: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, LineError> {
        let deadline = Instant::now() + limit;
        self.discard().await?;
        self.send(request, limit).await?;
        loop {
            if let Some(answer) = parse(self.receive(deadline).await?) {
                return Ok(answer);
            }
        }
    }
}

async fn now_or_never<F: Future>(future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
