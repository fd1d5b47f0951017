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

#[derive(Args, Clone)]
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

    const CLIENTS: [&str; 2] = ["SSH-2.0-first", "SSH-2.0-other"];

    struct Cabinet {
        cable: hal::port::SimListener,
        server: TcpListener,
        arguments: SerialLoginArguments,
    }

    impl Cabinet {
        async fn new(name: &str) -> Self {
            let cable = hal::port::listen(name).expect("nobody else uses the name");
            let server = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            let to = server.local_addr().expect("it has one").to_string();
            let port = format!("sim:{name}").parse().expect("a port");
            Self { cable, server, arguments: SerialLoginArguments { port, to } }
        }

        /// What a client says reaches the server, on a stream of its own.
        async fn log_in(&self, line: &mut (impl AsyncWriteExt + Unpin), client: &str) -> TcpStream {
            line.write_all(client.as_bytes()).await.expect("the line takes it");
            let (mut stream, _) = self.server.accept().await.expect("it is led here");
            let mut said = vec![0; client.len()];
            stream.read_exact(&mut said).await.expect("what was said comes");
            assert_eq!(said, client.as_bytes());
            stream
        }
    }

    #[tokio::test]
    async fn whoever_speaks_on_the_line_reaches_the_server_one_login_after_the_other() {
        let mut cabinet = Cabinet::new("serial-login").await;
        let arguments = cabinet.arguments.clone();
        let technician = async {
            let mut line = cabinet.cable.accept().await;
            for client in CLIENTS {
                let mut stream = cabinet.log_in(&mut line, client).await;
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
    }

    #[tokio::test]
    async fn a_login_that_was_never_ended_does_not_stand_in_the_way_of_the_next() {
        let mut cabinet = Cabinet::new("serial-login-anew").await;
        let arguments = cabinet.arguments.clone();
        let technician = async {
            let mut line = cabinet.cable.accept().await;
            let mut first = cabinet.log_in(&mut line, CLIENTS[0]).await;
            let _second = cabinet.log_in(&mut line, CLIENTS[1]).await;
            let rest = first.read(&mut [0; 1]).await.expect("it was closed in order");
            assert_eq!(rest, 0, "nothing of the other's");
        };
        tokio::select! {
            ended = serve(&arguments) => panic!("it ended: {ended:?}"),
            () = technician => {}
        }
    }
}
