//! `kiosk serial-login`: SSH over a serial line, for a technician whose notebook has a cable to the cabinet
//! and no network. It leads the line to the SSH server of the same machine and knows nothing of keys.

use std::io;

use clap::Args;
use hal::port::{OpenError, Port, PortUrl};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::cli::Failure;
use crate::start::StartError;

/// What every SSH client says first; what it says later is encrypted, and begins so by chance once in four
/// thousand million times.
const GREETING: &[u8] = b"SSH-";
const CHUNK: usize = 4096;

#[derive(Args)]
pub(crate) struct SerialLoginArguments {
    /// The line, such as serial:/dev/ttyS0?baud=115200.
    #[arg(long)]
    port: PortUrl,
    /// Where the SSH server listens.
    #[arg(long, default_value = "127.0.0.1:22")]
    to: String,
}

#[derive(Debug, thiserror::Error)]
enum SerialLoginError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the line {url} fails: {source}")]
    Line { url: PortUrl, source: io::Error },
}

pub(crate) fn run(arguments: &SerialLoginArguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::from)?;
    let action = "check `serial_port` in [maintenance]";
    runtime.block_on(serve(arguments)).map_err(|it| Failure::not_well("line", it, action))
}

/// One login after the other, until the line fails.
async fn serve(arguments: &SerialLoginArguments) -> Result<(), SerialLoginError> {
    let url = &arguments.port;
    let mut line = BufReader::new(hal::port::open(url, None).await?);
    loop {
        let led = lead(&mut line, &arguments.to).await;
        led.map_err(|source| SerialLoginError::Line { url: url.clone(), source })?;
    }
}

/// Waits for somebody who says something, and leads the line to the server until either has enough. An SSH
/// client speaks without being greeted, and a greeting to nobody would be lost.
async fn lead(line: &mut BufReader<Box<dyn Port>>, to: &str) -> io::Result<()> {
    if line.fill_buf().await?.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let server = match TcpStream::connect(to).await {
        Ok(server) => server,
        Err(error) => {
            tracing::warn!(%error, to, "no SSH server answers");
            line.consume(line.buffer().len());
            return Ok(());
        }
    };
    let (mut from_server, mut to_server) = server.into_split();
    let mut answer = [0; CHUNK];
    let mut greeted = false;
    loop {
        tokio::select! {
            said = line.fill_buf() => {
                let said = said?;
                // Pulled out of one notebook and plugged into another: the server takes leave of the first.
                if said.is_empty() || (greeted && said.starts_with(GREETING)) {
                    return Ok(());
                }
                greeted = true;
                let length = said.len();
                if to_server.write_all(said).await.is_err() {
                    return Ok(());
                }
                line.consume(length);
            }
            heard = from_server.read(&mut answer) => match heard {
                Ok(0) | Err(_) => return Ok(()),
                Ok(length) => line.write_all(&answer[..length]).await?,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn whoever_speaks_on_the_line_reaches_the_server_one_login_after_the_other() {
        let mut cable = hal::port::listen("serial-login").expect("nobody else uses the name");
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let to = server.local_addr().expect("it has one").to_string();
        let port: PortUrl = "sim:serial-login".parse().expect("a port");
        let arguments = SerialLoginArguments { port, to };
        let technician = async {
            let mut line = cable.accept().await;
            for login in ["first", "second"] {
                line.write_all(login.as_bytes()).await.expect("the line takes it");
                let (mut stream, _) = server.accept().await.expect("it is led here");
                let mut said = vec![0; login.len()];
                stream.read_exact(&mut said).await.expect("what was said comes");
                assert_eq!(said, login.as_bytes());
                stream.write_all(b"welcome").await.expect("the stream takes it");
                let mut heard = [0; 7];
                line.read_exact(&mut heard).await.expect("the answer comes");
                assert_eq!(&heard, b"welcome");
                // The server has enough; the next login finds a new one.
                drop(stream);
            }
        };
        tokio::select! {
            ended = serve(&arguments) => panic!("it ended: {ended:?}"),
            () = technician => {}
        }
        drop(cable);
    }

    #[tokio::test]
    async fn a_login_that_was_never_ended_does_not_stand_in_the_way_of_the_next() {
        let mut cable = hal::port::listen("serial-login-anew").expect("nobody else uses the name");
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let to = server.local_addr().expect("it has one").to_string();
        let port: PortUrl = "sim:serial-login-anew".parse().expect("a port");
        let arguments = SerialLoginArguments { port, to };
        let technician = async {
            let mut line = cable.accept().await;
            let mut former = None;
            for client in ["SSH-2.0-first", "SSH-2.0-other"] {
                line.write_all(client.as_bytes()).await.expect("the line takes it");
                let (mut stream, _) = server.accept().await.expect("it is led here");
                let mut said = [0; 13];
                stream.read_exact(&mut said).await.expect("what was said comes");
                assert_eq!(said, client.as_bytes());
                if let Some(mut former) = former.replace(stream) {
                    let rest = former.read(&mut said).await;
                    assert_eq!(rest.expect("it was closed in order"), 0, "nothing of the other's");
                }
            }
        };
        tokio::select! {
            ended = serve(&arguments) => panic!("it ended: {ended:?}"),
            () = technician => {}
        }
        drop(cable);
    }
}
