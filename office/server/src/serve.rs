//! The listeners: pages on plain HTTP, kiosks on TLS with client certificates.
//!
//! The pages' address is meant to be a loopback address behind the hall's own reverse proxy. The
//! kiosks' address takes every TLS client, but routes that need a kiosk ask for its certificate.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Clock, Database, DatabaseError, Random,
    api::{self, KioskCertificate},
    pages,
    store::Office,
    tls::{self, ServerTls, TlsError},
};

/// A client that does not finish its handshake by then is let go.
const HANDSHAKE: std::time::Duration = std::time::Duration::from_secs(10);
/// How often holds, sessions and old answers are swept.
const HOUSEKEEPING: std::time::Duration = std::time::Duration::from_secs(30);

/// What an office needs to run.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database: Database,
    pub clock: Clock,
    pub random: Random,
    /// Where staff pages listen, plain HTTP; port 0 takes any free port.
    pub pages: SocketAddr,
    /// Where kiosks connect; none: no kiosk is served.
    pub kiosk: Option<KioskListener>,
}

/// Where and as whom the office waits for kiosks.
#[derive(Clone, Debug)]
pub struct KioskListener {
    pub address: SocketAddr,
    pub tls: ServerTls,
}

/// Why the office does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("failed to listen on {address}: {because}; choose another address")]
    Listen { address: SocketAddr, because: std::io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// An office that runs until it is stopped. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Running {
    /// `http://127.0.0.1:PORT`
    pub pages_url: String,
    /// `https://127.0.0.1:PORT`
    pub kiosk_url: Option<String>,
    office: Arc<Office>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Does now what is due: holds that ran out, the hall's new day. It happens by itself every
    /// 30 s; whoever moves the clock by hand need not wait for that.
    pub async fn keep_house(&self) -> Result<(), DatabaseError> {
        self.office.keep_house().await
    }

    /// Lets requests that are under way end, then stops.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Starts an office for the only hall of the database, which must be migrated and seeded.
pub async fn serve(settings: Settings) -> Result<Running, ServeError> {
    let (stop, stopped) = watch::channel(false);
    let office = Arc::new(
        Office::open(settings.database, settings.clock, settings.random, stopped.clone()).await?,
    );
    office.keep_house().await?;
    let mut tasks = JoinSet::new();
    let listener = listen(settings.pages).await?;
    let pages_url = format!("http://{}", address_of(&listener, settings.pages));
    let app = Router::new()
        .merge(pages::router(Arc::clone(&office)))
        .merge(api::router(Arc::clone(&office)));
    let mut until = stopped.clone();
    tasks.spawn(async move {
        let until = async move { ended(&mut until).await };
        if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the pages' listener ended");
        }
    });
    let mut kiosk_url = None;
    if let Some(kiosk) = settings.kiosk {
        let acceptor = TlsAcceptor::from(tls::server_config(&kiosk.tls)?);
        let listener = listen(kiosk.address).await?;
        kiosk_url = Some(format!("https://{}", address_of(&listener, kiosk.address)));
        let app = api::router(Arc::clone(&office));
        tasks.spawn(serve_kiosks(listener, acceptor, app, stopped.clone()));
    }
    tasks.spawn(keep_house(Arc::clone(&office), stopped));
    Ok(Running { pages_url, kiosk_url, office, stop, tasks })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|because| ServeError::Listen { address, because })
}

fn address_of(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

async fn serve_kiosks(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    app: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // An answer in two pieces must not wait for the first one's receipt.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a connection may answer late");
                    }
                    let (acceptor, app) = (acceptor.clone(), app.clone());
                    connections.spawn(serve_connection(stream, acceptor, app, stopped.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a kiosk's connection was not accepted");
                    // Out of descriptors: connections have to end first.
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = ended(&mut stopped) => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    acceptor: TlsAcceptor,
    app: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let stream = match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(%error, "a TLS handshake was refused");
            return;
        }
        Err(_) => return,
    };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|it| it.first());
    let kiosk = KioskCertificate(certificate.and_then(tls::kiosk_of));
    let service = TowerToHyperService::new(app.layer(axum::Extension(kiosk)));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(wire::CONNECTION_IDLE)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ended(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a kiosk's connection broke");
    }
}

async fn keep_house(office: Arc<Office>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = office.keep_house().await {
                    tracing::error!(%error, "housekeeping failed; it is tried again");
                }
            }
            () = ended(&mut stopped) => return,
        }
    }
}

/// Returns when the office is about to stop, or when whoever could say so is gone.
async fn ended(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|it| *it).await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::get;
    use jiff::Timestamp;
    use rustls::{
        ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject,
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::Instant,
    };
    use tokio_rustls::{TlsConnector, client::TlsStream};

    use super::*;
    use crate::tls::DemoAuthority;

    async fn over_tls(authority: &DemoAuthority, stream: DuplexStream) -> TlsStream<DuplexStream> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes());
        roots.add(root.expect("a certificate")).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "office.test".try_into().expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake")
    }

    async fn ask(stream: &mut TlsStream<DuplexStream>) {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: office.test\r\n\r\n").await.expect("sends");
        let mut answer = Vec::new();
        while !answer.ends_with(b"here") {
            assert_ne!(stream.read_buf(&mut answer).await.expect("answers"), 0, "it is closed");
        }
    }

    /// A kiosk lets go of a connection two seconds before the office does. Without the system's
    /// sockets, whose bytes may be on their way while a paused clock goes on.
    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_for_its_idle_time_after_each_request_and_no_longer() {
        let authority = DemoAuthority::new(Timestamp::now()).expect("an authority");
        let tls = authority.server_tls(&["office.test"], Timestamp::now()).expect("an identity");
        let acceptor = TlsAcceptor::from(tls::server_config(&tls).expect("fits"));
        let (ours, theirs) = duplex(16 * 1024);
        let (_stop, stopped) = watch::channel(false);
        let app = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(serve_connection(theirs, acceptor, app, stopped));

        let mut stream = over_tls(&authority, ours).await;
        for _ in 0..3 {
            ask(&mut stream).await;
            tokio::time::sleep(wire::CONNECTION_IDLE - Duration::from_secs(2)).await;
        }
        ask(&mut stream).await;
        let asked = Instant::now();
        // Without a farewell in TLS this is an error, and an end all the same.
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let kept = asked.elapsed();
        let second = Duration::from_secs(1);
        assert!(kept.abs_diff(wire::CONNECTION_IDLE) <= second, "kept for {kept:?}");
    }
}
