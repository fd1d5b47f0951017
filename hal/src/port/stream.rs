//! Opening a port.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_serial::SerialPortBuilderExt;

use super::{PortUrl, Tap, Tty, registry, tap::Tapped};

/// How long a TCP connection may take to come about.
const TCP_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A two-way stream of bytes to a device.
pub trait Port: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Port for T {}

/// Why a port cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open {url}: {source}; check that the device is plugged in and may be used")]
    Io { url: PortUrl, source: io::Error },
    #[error("cannot open {url}: it names no rate; add ?baud=RATE")]
    NoBaud { url: PortUrl },
    #[error("cannot open sim:{name}: no simulator of this name runs in this process")]
    NoSimulator { name: String },
    #[error("cannot open {url} as a line of bytes: it is {what}")]
    NotAStream { url: PortUrl, what: &'static str },
}

/// Opens the port; with a tap every byte that passes is recorded.
pub async fn open(url: &PortUrl, tap: Option<Tap>) -> Result<Box<dyn Port>, OpenError> {
    let failed = |source: io::Error| OpenError::Io { url: url.clone(), source };
    let port: Box<dyn Port> = match url {
        PortUrl::Serial { baud: None, .. } => return Err(OpenError::NoBaud { url: url.clone() }),
        PortUrl::Serial { path, baud: Some(baud) } => {
            let path = path.to_string_lossy();
            let builder = tokio_serial::new(path, *baud);
            Box::new(builder.open_native_async().map_err(|it| failed(it.into()))?)
        }
        PortUrl::Pty { path } => Box::new(Tty::open(path).map_err(failed)?),
        PortUrl::Tcp { address } | PortUrl::Nut { address, .. } | PortUrl::Ipp { address, .. } => {
            let connecting = timeout(TCP_CONNECT_TIMEOUT, TcpStream::connect(address));
            let late = |_| failed(io::ErrorKind::TimedOut.into());
            let stream = connecting.await.map_err(late)?.map_err(failed)?;
            stream.set_nodelay(true).map_err(failed)?;
            Box::new(stream)
        }
        PortUrl::Sim { name } => match registry::connect(name) {
            Some(stream) => Box::new(stream),
            None => return Err(OpenError::NoSimulator { name: name.clone() }),
        },
        PortUrl::Evdev { device } => crate::input::open(device).await.map_err(failed)?,
        other => {
            return Err(OpenError::NotAStream { url: url.clone(), what: what(other) });
        }
    };
    Ok(match tap {
        Some(tap) => Box::new(Tapped::new(port, tap)),
        None => port,
    })
}

/// What a port is that carries no bytes.
fn what(url: &PortUrl) -> &'static str {
    match url {
        PortUrl::Pcsc { .. } => "a smart card reader",
        PortUrl::Gpio { .. } | PortUrl::Rppal => "a GPIO chip",
        PortUrl::I2c { .. } => "an I²C bus",
        PortUrl::Alsa { .. } | PortUrl::Wav { .. } => "for sound",
        PortUrl::V4l2 { .. } | PortUrl::File { .. } => "a camera",
        _ => "something else",
    }
}
