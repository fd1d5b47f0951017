//! Opening an input device, or a FIFO through which a recorded one is played.

use std::{
    collections::VecDeque,
    io,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll, ready},
};

use evdev::raw_stream::{EventStream, RawDevice};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::unix::pipe,
};

use super::{
    axes::{Axes, Axis},
    codes::{ABS_PRESSURE, ABS_X, ABS_Y},
    record::InputEvent,
};
use crate::port::{InputDevice, Port};

/// Opens the device and takes it away from everybody else (EVIOCGRAB), so that what it types goes
/// nowhere else.
pub(crate) async fn open(device: &InputDevice) -> io::Result<Box<dyn Port>> {
    let device = device.clone();
    let opening = tokio::task::spawn_blocking(move || find(&device));
    match opening.await.map_err(io::Error::other)?? {
        Found::Fifo(path) => {
            // Reading and writing: it does not end with the first program that plays into it.
            let receiver = pipe::OpenOptions::new().read_write(true).open_receiver(path)?;
            Ok(Box::new(ReadOnly(receiver)))
        }
        Found::Device(device) => Ok(Box::new(ReadOnly(Records::new(*device)?))),
    }
}

enum Found {
    Device(Box<RawDevice>),
    Fifo(PathBuf),
}

fn find(device: &InputDevice) -> io::Result<Found> {
    let mut found = match device {
        InputDevice::Path(path) => {
            let kind = std::fs::metadata(path)?.file_type();
            if kind.is_fifo() {
                return Ok(Found::Fifo(path.clone()));
            }
            if !kind.is_char_device() {
                return Err(io::Error::other("it is neither an input device nor a FIFO"));
            }
            RawDevice::open(path)?
        }
        InputDevice::Name(name) => named(name)?,
    };
    found.grab()?;
    Ok(Found::Device(Box::new(found)))
}

/// The device of this name, with several the one with the lowest number.
fn named(name: &str) -> io::Result<RawDevice> {
    let number = |path: &Path| -> Option<u32> {
        path.file_name()?.to_str()?.strip_prefix("event")?.parse().ok()
    };
    let fitting = evdev::raw_stream::enumerate().filter(|(_, it)| it.name() == Some(name));
    let first = fitting.min_by_key(|(path, _)| number(path).unwrap_or(u32::MAX));
    let none = || io::Error::new(io::ErrorKind::NotFound, "no input device has this name");
    first.map(|(_, it)| it).ok_or_else(none)
}

/// A device as a stream of records, its axes first.
struct Records {
    stream: EventStream,
    waiting: VecDeque<u8>,
}

/// Bytes of events that are fetched ahead of the reader.
const WAITING_BYTES: usize = 2048;

impl Records {
    fn new(device: RawDevice) -> io::Result<Self> {
        let axes = axes(&device);
        let stream = device.into_event_stream()?;
        let waiting = axes.to_events().into_iter().flat_map(InputEvent::to_bytes).collect();
        Ok(Self { stream, waiting })
    }

    fn fetch(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let event = ready!(self.stream.poll_event(context))?;
        let since = event.timestamp().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let record = InputEvent {
            time_us: u64::try_from(since.as_micros()).unwrap_or(u64::MAX),
            kind: event.event_type().0,
            code: event.code(),
            value: event.value(),
        };
        self.waiting.extend(record.to_bytes());
        Poll::Ready(Ok(()))
    }
}

fn axes(device: &RawDevice) -> Axes {
    let mut axes = Axes::default();
    let Ok(all) = device.get_absinfo() else { return axes };
    for (code, info) in all {
        let axis = Axis { min: info.minimum(), max: info.maximum(), resolution: info.resolution() };
        match code.0 {
            ABS_X => axes.x = Some(axis),
            ABS_Y => axes.y = Some(axis),
            ABS_PRESSURE => axes.pressure = Some(axis),
            _ => {}
        }
    }
    axes
}

impl AsyncRead for Records {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.waiting.len() < WAITING_BYTES {
            match self.fetch(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) if self.waiting.is_empty() => {
                    return Poll::Ready(Err(error));
                }
                Poll::Pending if self.waiting.is_empty() => return Poll::Pending,
                Poll::Ready(Err(_)) | Poll::Pending => break,
            }
        }
        let count = self.waiting.len().min(buffer.remaining());
        let bytes: Vec<u8> = self.waiting.drain(..count).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

/// Nothing can be said to what only speaks.
struct ReadOnly<R>(R);

impl<R: AsyncRead + Unpin> AsyncRead for ReadOnly<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<R: Unpin> AsyncWrite for ReadOnly<R> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
