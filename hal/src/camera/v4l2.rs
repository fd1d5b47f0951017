//! A camera of Video4Linux on a thread of its own, because it blocks.

use std::{
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use linuxvideo::{
    CapabilityFlags, Device,
    format::{PixFormat, PixelFormat},
    stream::ReadStream,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc;

use super::{CameraSettings, Format, source::RawFrame};

/// How long the thread waits at most before it looks whether it is to stop.
const WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// Frames that wait; a driver that is slower sees the newer ones later.
const FRAMES: usize = 1;

/// A camera that runs; it stops when this is dropped.
pub(super) struct Running {
    frames: mpsc::Receiver<io::Result<RawFrame>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Running {
    pub(super) fn start(path: &Path, settings: CameraSettings) -> io::Result<Self> {
        let (sender, frames) = mpsc::channel(FRAMES);
        let stop = Arc::new(AtomicBool::new(false));
        let (path, stopped) = (path.to_owned(), Arc::clone(&stop));
        thread::Builder::new().name("camera".into()).spawn(move || {
            if let Err(error) = run(&path, &settings, &sender, &stopped) {
                // Nobody left to tell is no error.
                sender.blocking_send(Err(error)).ok();
            }
        })?;
        Ok(Self { frames, stop })
    }

    /// The next frame.
    pub(super) async fn next(&mut self) -> io::Result<RawFrame> {
        let ended = || Err(io::Error::other("the camera's thread ended"));
        self.frames.recv().await.unwrap_or_else(ended)
    }
}

/// Whether the device is there and takes pictures.
pub(super) async fn probe(path: PathBuf) -> io::Result<()> {
    let asking = tokio::task::spawn_blocking(move || open(&path).map(drop));
    asking.await.map_err(io::Error::other)?
}

fn open(path: &Path) -> io::Result<Device> {
    let device = Device::open(path)?;
    let able = device.capabilities()?.device_capabilities();
    if able.contains(CapabilityFlags::VIDEO_CAPTURE | CapabilityFlags::STREAMING) {
        return Ok(device);
    }
    Err(io::Error::other("it takes no pictures; a camera has several devices, try the next one"))
}

fn run(
    path: &Path,
    settings: &CameraSettings,
    frames: &mpsc::Sender<io::Result<RawFrame>>,
    stopped: &AtomicBool,
) -> io::Result<()> {
    let wanted = match settings.format {
        Format::Mjpg => PixelFormat::MJPG,
        Format::Yuyv => PixelFormat::YUYV,
    };
    let format = PixFormat::new(settings.width.into(), settings.height.into(), wanted);
    let camera = open(path)?.video_capture(format)?;
    let given = Given {
        format: camera.format().pixel_format(),
        width: camera.format().width() as usize,
        height: camera.format().height() as usize,
        stride: camera.format().bytes_per_line() as usize,
    };
    let mut stream = camera.into_stream()?;
    while !stopped.load(Ordering::Relaxed) && !frames.is_closed() {
        if !is_ready(&stream)? {
            continue;
        }
        let frame = stream.dequeue(|it| Ok((!it.is_error()).then(|| it.to_vec())))?;
        let Some(bytes) = frame.filter(|it| !it.is_empty()) else { continue };
        // With one waiting already the driver is busy: this one is left out.
        frames.try_send(Ok(given.frame(bytes)?)).ok();
    }
    Ok(())
}

fn is_ready(stream: &ReadStream) -> io::Result<bool> {
    let fd = stream.as_fd();
    let mut polled = [PollFd::new(&fd, PollFlags::IN)];
    match poll(&mut polled, Some(&WAIT)) {
        Err(rustix::io::Errno::INTR) => return Ok(false),
        other => other?,
    };
    let seen = polled[0].revents();
    if seen.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
        return Err(io::Error::other("the camera is gone"));
    }
    Ok(seen.contains(PollFlags::IN))
}

/// What the camera gives in place of what it was asked for.
struct Given {
    format: PixelFormat,
    width: usize,
    height: usize,
    stride: usize,
}

impl Given {
    fn frame(&self, bytes: Vec<u8>) -> io::Result<RawFrame> {
        match self.format {
            PixelFormat::MJPG | PixelFormat::JPEG => Ok(RawFrame::Jpeg(bytes)),
            PixelFormat::YUYV => {
                let (width, height) = (self.width, self.height);
                let stride = self.stride.max(width * 2);
                Ok(RawFrame::Yuyv { width, height, stride, bytes })
            }
            other => {
                let message = format!("the camera gives {other:?}; set format to mjpg or yuyv");
                Err(io::Error::other(message))
            }
        }
    }
}
