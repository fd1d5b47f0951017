//! Where frames come from: a camera, a stream of JPEG files, or a folder.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    time::{Instant, sleep_until, timeout},
};

use super::{
    CameraSettings,
    image::{Rgb, from_yuyv},
    jpeg::{self, DecodeError},
    mjpeg::MjpegParser,
    v4l2,
};
use crate::port::{self, OpenError, Port, PortUrl};

/// Each picture of a folder is shown for so long.
const FOLDER_INTERVAL: Duration = Duration::from_millis(500);
const READ_BYTES: usize = 64 << 10;

/// A frame as it came.
pub(super) enum RawFrame {
    Jpeg(Vec<u8>),
    Png(Vec<u8>),
    Yuyv { width: usize, height: usize, stride: usize, bytes: Vec<u8> },
}

impl RawFrame {
    /// As they came.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Jpeg(bytes) | Self::Png(bytes) | Self::Yuyv { bytes, .. } => bytes,
        }
    }

    /// What the camera saw.
    pub(super) fn picture(&self) -> Result<Rgb, DecodeError> {
        match self {
            Self::Jpeg(file) => jpeg::decode(file),
            Self::Png(file) => jpeg::decode_png(file),
            Self::Yuyv { width, height, stride, bytes } => {
                from_yuyv(*width, *height, *stride, bytes).ok_or(DecodeError::Unsuitable)
            }
        }
    }
}

/// Why there are no frames.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the camera at {url} gives no picture: {source}; check its cable and its right to it")]
    Io { url: PortUrl, source: io::Error },
    #[error("the camera at {0} gives no picture in time; check its cable and `format`")]
    Silent(PortUrl),
    #[error("in {0} there is no .jpg, .jpeg or .png; put pictures there")]
    EmptyFolder(PortUrl),
}

/// One camera, at rest or running.
pub(super) struct Source {
    url: PortUrl,
    settings: CameraSettings,
    running: Option<Running>,
}

enum Running {
    V4l2(v4l2::Running),
    Folder { files: VecDeque<PathBuf>, next_at: Instant },
    Stream { port: Box<dyn Port>, parser: MjpegParser, frames: VecDeque<Vec<u8>>, buffer: Vec<u8> },
}

impl Source {
    pub(super) fn new(url: PortUrl, settings: CameraSettings) -> Self {
        Self { url, settings, running: None }
    }

    fn frame_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.frame_timeout_ms.into())
    }

    pub(super) fn failed(&self, source: io::Error) -> SourceError {
        SourceError::Io { url: self.url.clone(), source }
    }

    /// Whether the camera is there; it does not run afterwards.
    pub(super) async fn probe(&mut self) -> Result<(), SourceError> {
        if let PortUrl::V4l2 { path } = &self.url {
            return v4l2::probe(path.clone()).await.map_err(|it| self.failed(it));
        }
        self.start().await?;
        let limit = self.frame_timeout();
        let begun = match &mut self.running {
            Some(Running::Stream { port, parser, buffer, .. }) => {
                timeout(limit, begin(port, parser, buffer)).await
            }
            _ => Ok(Ok(())),
        };
        self.stop();
        match begun {
            Ok(result) => result.map_err(|it| self.failed(it)),
            Err(_) => Err(SourceError::Silent(self.url.clone())),
        }
    }

    /// Lets the camera run, if it does not.
    pub(super) async fn start(&mut self) -> Result<(), SourceError> {
        if self.running.is_none() {
            self.running = Some(self.open().await?);
        }
        Ok(())
    }

    async fn open(&self) -> Result<Running, SourceError> {
        match &self.url {
            PortUrl::V4l2 { path } => {
                let running = v4l2::Running::start(path, self.settings);
                running.map(Running::V4l2).map_err(|it| self.failed(it))
            }
            PortUrl::File { path } => {
                let files = pictures(path).await.map_err(|it| self.failed(it))?;
                if files.is_empty() {
                    return Err(SourceError::EmptyFolder(self.url.clone()));
                }
                Ok(Running::Folder { files, next_at: Instant::now() })
            }
            url => Ok(Running::Stream {
                port: port::open(url, None).await?,
                parser: MjpegParser::default(),
                frames: VecDeque::new(),
                buffer: vec![0; READ_BYTES],
            }),
        }
    }

    /// The next frame. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Result<RawFrame, SourceError> {
        let limit = self.frame_timeout();
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let next = async {
            match running {
                Running::V4l2(camera) => camera.next().await,
                Running::Folder { files, next_at } => next_of_folder(files, next_at).await,
                Running::Stream { port, parser, frames, buffer } => {
                    next_of_stream(port, parser, frames, buffer).await
                }
            }
        };
        match timeout(limit, next).await {
            Ok(frame) => frame.map_err(|it| self.failed(it)),
            Err(_) => Err(SourceError::Silent(self.url.clone())),
        }
    }

    pub(super) fn stop(&mut self) {
        self.running = None;
    }
}

async fn begin(
    port: &mut Box<dyn Port>,
    parser: &mut MjpegParser,
    buffer: &mut [u8],
) -> io::Result<()> {
    loop {
        let count = port.read(buffer).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !parser.push(&buffer[..count]).is_empty() || parser.began() {
            return Ok(());
        }
    }
}

async fn next_of_stream(
    port: &mut Box<dyn Port>,
    parser: &mut MjpegParser,
    frames: &mut VecDeque<Vec<u8>>,
    buffer: &mut [u8],
) -> io::Result<RawFrame> {
    loop {
        if let Some(frame) = frames.pop_front() {
            return Ok(RawFrame::Jpeg(frame));
        }
        let count = port.read(buffer).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        frames.extend(parser.push(&buffer[..count]));
    }
}

async fn next_of_folder(
    files: &mut VecDeque<PathBuf>,
    next_at: &mut Instant,
) -> io::Result<RawFrame> {
    sleep_until(*next_at).await;
    let Some(path) = files.front().cloned() else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let bytes = tokio::fs::read(&path).await?;
    files.rotate_left(1);
    *next_at = Instant::now() + FOLDER_INTERVAL;
    let is_png = ending(&path).as_deref() == Some("png");
    Ok(if is_png { RawFrame::Png(bytes) } else { RawFrame::Jpeg(bytes) })
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// The pictures of a folder in the order of their names.
async fn pictures(folder: &Path) -> io::Result<VecDeque<PathBuf>> {
    let mut entries = tokio::fs::read_dir(folder).await?;
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        if matches!(ending(&path).as_deref(), Some("jpg" | "jpeg" | "png")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files.into())
}
