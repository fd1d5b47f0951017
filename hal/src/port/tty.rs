//! A terminal device as an async stream, without the exclusive lock and the rate of a serial line.
//!
//! `tokio-serial` marks a terminal exclusive, and on a pseudo-terminal whose other holder keeps it
//! open the mark outlives the driver, so that nobody could open it again.

use std::{
    io,
    os::fd::OwnedFd,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
    termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, unix::AsyncFd};

/// One end of a pseudo-terminal, raw and non-blocking.
#[derive(Debug)]
pub struct Tty {
    fd: AsyncFd<OwnedFd>,
}

impl Tty {
    /// Opens the terminal at `path` raw and drops what an earlier user left unread.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty())?;
        let mut modes = tcgetattr(&fd)?;
        modes.make_raw();
        tcsetattr(&fd, OptionalActions::Now, &modes)?;
        tcflush(&fd, QueueSelector::IFlush)?;
        Self::from_fd(fd)
    }

    /// Takes over an open, non-blocking terminal, for example the master of a pseudo-terminal.
    #[expect(
        deprecated,
        reason = "an `OwnedFd` never changes its number, which is all the unsafe one asks"
    )]
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self { fd: AsyncFd::new(fd)? })
    }
}

impl AsyncRead for Tty {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.fd.poll_read_ready(context))?;
            let space = buffer.initialize_unfilled();
            match guard.try_io(|fd| Ok(rustix::io::read(fd, &mut *space)?)) {
                Ok(Ok(count)) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if interrupted(&error) => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for Tty {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.fd.poll_write_ready(context))?;
            match guard.try_io(|fd| Ok(rustix::io::write(fd, bytes)?)) {
                Ok(Err(error)) if interrupted(&error) => {}
                Ok(result) => return Poll::Ready(result),
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn interrupted(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::INTR.raw_os_error())
}
