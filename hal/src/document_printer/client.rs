//! One question to a printer and its answer: IPP over HTTP, on a port that can be tapped.
//!
//! Each question has a connection of its own: a printer may close one that waits at any moment, and
//! then nobody would know whether the question was heard.

use std::{io, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use tokio::{task::JoinHandle, time::timeout};

use super::{
    DocumentPrinterSettings,
    ipp::{DecodeError, MESSAGE_BYTES_MAX, Message, Value, operation, status},
    reasons::REQUESTED,
    tls,
};
use crate::port::{OpenError, PortUrl, Tap, open};

/// Who the printer's log says that it is; nobody in person.
const USER: &str = "hall24";
/// The slowest way of a document to a printer that is waited for.
const SLOWEST_BYTES_PER_S: u64 = 50_000;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// No byte of it left.
    #[error(transparent)]
    NotSent(#[from] OpenError),
    /// Neither: the other side is not the printer that is believed.
    #[error("no TLS with the printer: {0}; compare certificate_sha256 with its certificate")]
    Tls(io::Error),
    /// It may have been heard.
    #[error("the printer did not answer in time, or the connection broke off")]
    Lost,
    #[error("the printer's server answered HTTP {0}")]
    Http(StatusCode),
    #[error(transparent)]
    Nonsense(#[from] DecodeError),
    /// The status code of an answer.
    #[error("the printer refuses: IPP status {0:04x}")]
    Refused(u16),
}

/// The way to one printer.
pub(super) struct Client {
    url: PortUrl,
    tap: Option<Tap>,
    pub(super) settings: Arc<DocumentPrinterSettings>,
    printer_uri: String,
    host: String,
    path: String,
    last_id: u32,
}

impl Client {
    pub(super) fn new(
        url: PortUrl,
        settings: Arc<DocumentPrinterSettings>,
        tap: Option<Tap>,
    ) -> Self {
        let (host, path) = match &url {
            PortUrl::Ipp { address, path, .. } => (address.clone(), path.clone()),
            _ => ("localhost".to_owned(), "/ipp/print".to_owned()),
        };
        let scheme = if is_tls(&url) { "ipps" } else { "ipp" };
        let printer_uri = format!("{scheme}://{host}{path}");
        Self { url, tap, settings, printer_uri, host, path, last_id: 0 }
    }

    pub(super) fn url(&self) -> &PortUrl {
        &self.url
    }

    /// A request with what every one of them begins with.
    pub(super) fn request(&mut self, operation: u16, job_id: Option<i32>) -> Message {
        // Identifiers are 1 to 2^31 - 1.
        self.last_id = self.last_id % 0x7FFF_FFFF + 1;
        let mut message = Message::new(operation, self.last_id)
            .with("printer-uri", Value::Uri(self.printer_uri.clone()));
        if let Some(id) = job_id {
            message = message.with("job-id", Value::Integer(id));
        }
        message.with("requesting-user-name", Value::Name(USER.into()))
    }

    /// Get-Printer-Attributes.
    pub(super) async fn printer(&mut self) -> Result<Message, AskError> {
        let request = self.request(operation::GET_PRINTER_ATTRIBUTES, None);
        let wanted = REQUESTED.map(|it| Value::Keyword(it.into())).to_vec();
        self.ask(with_requested(request, wanted), &[]).await
    }

    /// Get-Job-Attributes.
    pub(super) async fn job(&mut self, id: i32) -> Result<Message, AskError> {
        let request = self.request(operation::GET_JOB_ATTRIBUTES, Some(id));
        let wanted = ["job-id", "job-name", "job-state", "job-state-reasons"];
        let wanted = wanted.map(|it| Value::Keyword(it.into())).to_vec();
        self.ask(with_requested(request, wanted), &[]).await
    }

    /// Cancel-Job.
    pub(super) async fn cancel(&mut self, id: i32) -> Result<Message, AskError> {
        let request = self.request(operation::CANCEL_JOB, Some(id));
        self.ask(request, &[]).await
    }

    /// Sends a request, with a document behind it if there is one, and takes the answer.
    pub(super) async fn ask(
        &mut self,
        request: Message,
        document: &[u8],
    ) -> Result<Message, AskError> {
        let mut port = open(&self.url, self.tap.clone()).await?;
        if is_tls(&self.url) {
            let unset = || AskError::Tls(io::Error::other("certificate_sha256 is not set"));
            let fingerprint = self.settings.fingerprint().ok_or_else(unset)?;
            let limit = Duration::from_millis(self.settings.reply_timeout_ms.into());
            let connecting = timeout(limit, tls::connect(port, fingerprint)).await;
            let late = |_| AskError::Tls(io::ErrorKind::TimedOut.into());
            port = connecting.map_err(late)?.map_err(AskError::Tls)?;
        }
        let mut body = request.encode();
        body.extend_from_slice(document);
        let sending = Duration::from_millis(body.len() as u64 * 1_000 / SLOWEST_BYTES_PER_S);
        let limit = Duration::from_millis(self.settings.reply_timeout_ms.into()) + sending;
        let http = Request::post(&self.path)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/ipp")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| AskError::Lost)?;
        let answering = async {
            let handshake = http1::handshake(TokioIo::new(port)).await;
            let (mut sender, connection) = handshake.map_err(|_| AskError::Lost)?;
            let _connection = AbortOnDrop(tokio::spawn(connection));
            let response = sender.send_request(http).await.map_err(|_| AskError::Lost)?;
            if response.status() != StatusCode::OK {
                return Err(AskError::Http(response.status()));
            }
            let body = Limited::new(response.into_body(), MESSAGE_BYTES_MAX).collect().await;
            Ok(body.map_err(|_| AskError::Lost)?.to_bytes())
        };
        let bytes = timeout(limit, answering).await.map_err(|_| AskError::Lost)??;
        let (answer, _) = Message::decode(&bytes)?;
        if answer.request_id != request.request_id {
            return Err(AskError::Lost);
        }
        if status::is_success(answer.code) {
            Ok(answer)
        } else {
            Err(AskError::Refused(answer.code))
        }
    }
}

fn is_tls(url: &PortUrl) -> bool {
    matches!(url, PortUrl::Ipp { tls: true, .. })
}

fn with_requested(mut request: Message, wanted: Vec<Value>) -> Message {
    if let Some(first) = request.groups.pop() {
        request.groups.push(first.with_all("requested-attributes", wanted));
    }
    request
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
