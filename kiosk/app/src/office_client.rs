//! The office over HTTPS: the change feed, the outbox, and requests of the person in front.
//!
//! Three tasks share one client with the kiosk's certificate. Whether the office is there is what the
//! last exchange says; a heartbeat asks when nothing else did.

use std::sync::Arc;
use std::time::Duration;

use kiosk_core::Event;
use kiosk_core::diagnosis::Condition;
use kiosk_core::effect::OfficeCall;
use kiosk_core::event::{OfficeAnswer, OfficeEvent, OfficeProblem, RequestId};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use wire::{API, ErrorAnswer, Feed, Intake, IntakeResult, Lookup};

use crate::config::OfficeConfig;
use crate::store::StoreHandle;

/// A person waits: longer than this is “not reached”.
const REQUEST_LIMIT: Duration = Duration::from_secs(6);
/// How long the office may hold the feed back.
const FEED_WAIT_S: u64 = 20;
const FEED_LIMIT: Duration = Duration::from_secs(FEED_WAIT_S + 5);
/// The office is asked this often whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(3);
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(3);
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Why the office cannot be spoken to at all.
#[derive(Debug, thiserror::Error)]
pub enum OfficeClientError {
    #[error("the office's certificate settings cannot be used: {0}; enrol the kiosk again")]
    Certificate(String),
}

/// Sends requests to the office. Clones share one client.
#[derive(Clone)]
pub struct OfficeClient {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for OfficeClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfficeClient").finish_non_exhaustive()
    }
}

struct Shared {
    client: Client,
    url: String,
    events: mpsc::Sender<Event>,
    link: watch::Sender<bool>,
    /// The network plug: false when somebody pulled it on the bench.
    plug: watch::Receiver<bool>,
}

impl OfficeClient {
    /// A client; nothing is sent yet.
    pub fn new(
        config: &OfficeConfig,
        events: mpsc::Sender<Event>,
        plug: watch::Receiver<bool>,
    ) -> Result<Self, OfficeClientError> {
        let client = client(config)?;
        let link = watch::Sender::new(false);
        let shared = Shared { client, url: config.url.clone(), events, link, plug };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Starts following the feed from `cursor`, emptying the outbox and watching the link.
    pub fn start(&self, cursor: u64, store: StoreHandle) {
        tokio::spawn(Arc::clone(&self.shared).follow_feed(cursor));
        tokio::spawn(Arc::clone(&self.shared).empty_outbox(store));
        tokio::spawn(Arc::clone(&self.shared).watch_link());
    }

    /// Carries out a request; its answer becomes an event.
    pub fn ask(&self, request: RequestId, call: OfficeCall) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let result = match timeout(REQUEST_LIMIT, shared.answer(call)).await {
                Ok(result) => result,
                Err(_) => Err(OfficeProblem::Unreachable),
            };
            shared.tell(OfficeEvent::Answer { request, result }).await;
        });
    }
}

/// Whether the office can be reached and takes this kiosk's certificate.
pub(crate) async fn probe(config: &OfficeConfig) -> (Condition, serde_json::Value) {
    // Two TLS providers may be linked in; the one that is used is chosen once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let error = |it: &dyn std::fmt::Display| serde_json::json!({ "error": it.to_string() });
    let client = match client(config) {
        Ok(client) => client,
        Err(problem) => return (Condition::CertificateRefused, error(&problem)),
    };
    let request = client.get(format!("{}{API}/time", config.url)).timeout(HEARTBEAT_LIMIT);
    match request.send().await {
        Ok(answer) if answer.status().is_success() => (Condition::Ready, serde_json::Value::Null),
        Ok(answer)
            if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status()) =>
        {
            (Condition::CertificateRefused, error(&answer.status()))
        }
        Ok(answer) => (Condition::Silent, error(&answer.status())),
        Err(problem) => (Condition::Silent, error(&problem)),
    }
}

fn client(config: &OfficeConfig) -> Result<Client, OfficeClientError> {
    let wrong = |error: &dyn std::fmt::Display| OfficeClientError::Certificate(error.to_string());
    let authority = reqwest::Certificate::from_pem(config.authority.as_bytes());
    let identity = format!("{}\n{}", config.certificate, config.key);
    let identity = reqwest::Identity::from_pem(identity.as_bytes());
    Client::builder()
        .tls_certs_only([authority.map_err(|it| wrong(&it))?])
        .identity(identity.map_err(|it| wrong(&it))?)
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(60))
        .build()
        .map_err(|it| wrong(&it))
}

impl Shared {
    async fn tell(&self, event: OfficeEvent) {
        // The core is gone only when the program ends.
        let _ = self.events.send(Event::Office(event)).await;
    }

    fn url(&self, path: &str) -> String {
        format!("{}{API}/{path}", self.url)
    }

    /// Sends a request; a pulled plug cuts it off.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, OfficeProblem> {
        let mut plug = self.plug.clone();
        let result = tokio::select! {
            biased;
            () = pulled(&mut plug) => Err(OfficeProblem::Unreachable),
            result = exchange(request) => result,
        };
        let reached = !matches!(result, Err(OfficeProblem::Unreachable));
        self.link.send_if_modified(|it| std::mem::replace(it, reached) != reached);
        result
    }

    async fn answer(&self, call: OfficeCall) -> Result<OfficeAnswer, OfficeProblem> {
        let client = &self.client;
        let post = |path: &str| client.post(self.url(path));
        Ok(match call {
            OfficeCall::Cases(id_hash) => {
                let request = post("cases/lookup").json(&Lookup { id_hash });
                OfficeAnswer::Cases(self.send(request).await?)
            }
            OfficeCall::Appointments(id_hash) => {
                let request = post("appointments/lookup").json(&Lookup { id_hash });
                OfficeAnswer::Appointments(self.send(request).await?)
            }
            OfficeCall::Slots { item, from, days } => {
                let query = [
                    ("item", item.to_string()),
                    ("from", from.to_string()),
                    ("days", days.to_string()),
                ];
                OfficeAnswer::Slots(self.send(client.get(self.url("slots")).query(&query)).await?)
            }
            OfficeCall::Hold(request) => {
                OfficeAnswer::Held(self.send(post("holds").json(&request)).await?)
            }
            OfficeCall::Book(request) => {
                OfficeAnswer::Booked(self.send(post("appointments").json(&request)).await?)
            }
            OfficeCall::Move { appointment, request } => {
                let path = format!("appointments/{appointment}/move");
                OfficeAnswer::Moved(self.send(post(&path).json(&request)).await?)
            }
            OfficeCall::Cancel { appointment, request } => {
                let path = format!("appointments/{appointment}/cancel");
                OfficeAnswer::Cancelled(self.send(post(&path).json(&request)).await?)
            }
        })
    }

    async fn follow_feed(self: Arc<Self>, mut cursor: u64) {
        let mut pause = RETRY_FIRST;
        let mut end_told = false;
        while !self.events.is_closed() {
            let query = [("cursor", cursor), ("wait_s", FEED_WAIT_S)];
            let request = self.client.get(self.url("feed")).query(&query);
            match timeout(FEED_LIMIT, self.send::<Feed>(request)).await {
                Ok(Ok(feed)) => {
                    pause = RETRY_FIRST;
                    // That the end was reached is news once.
                    let news = !feed.entries.is_empty() || !end_told || feed.cursor != cursor;
                    end_told |= feed.entries.is_empty();
                    cursor = feed.cursor;
                    if news {
                        let entries = feed.entries;
                        self.tell(OfficeEvent::Feed { entries, cursor }).await;
                    }
                }
                Ok(Err(_)) | Err(_) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
    }

    /// Sends what waits, oldest first, and forgets only what the office says it has.
    async fn empty_outbox(self: Arc<Self>, store: StoreHandle) {
        let mut length = store.outbox_length();
        let mut pause = RETRY_FIRST;
        while !self.events.is_closed() {
            if length.wait_for(|it| *it > 0).await.is_err() {
                return;
            }
            match self.send_batch(&store).await {
                Some(left) => {
                    pause = RETRY_FIRST;
                    self.tell(OfficeEvent::OutboxLength(left)).await;
                }
                None => {
                    sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
    }

    async fn send_batch(&self, store: &StoreHandle) -> Option<usize> {
        let events = store.outbox_batch().await.ok()?;
        let request = self.client.post(self.url("events")).json(&Intake { events });
        let result: IntakeResult = timeout(REQUEST_LIMIT, self.send(request)).await.ok()?.ok()?;
        for rejection in &result.rejected {
            tracing::warn!(event = %rejection.id, because = %rejection.because, "event rejected");
        }
        let rejected = result.rejected.into_iter().map(|it| it.id);
        let done = result.accepted.into_iter().chain(rejected).collect();
        store.outbox_sent(done).await.ok()
    }

    /// Reports changes of the link and asks the office when nothing else does.
    async fn watch_link(self: Arc<Self>) {
        let mut link = self.link.subscribe();
        let mut told = false;
        while !self.events.is_closed() {
            let up = *link.borrow_and_update();
            if up != told {
                told = up;
                tracing::info!(up, "office link");
                self.tell(OfficeEvent::Link { up }).await;
            }
            // A changed link is told at once; otherwise the heartbeat comes.
            if timeout(HEARTBEAT, link.changed()).await.is_ok() {
                continue;
            }
            let request = self.client.get(self.url("time")).timeout(HEARTBEAT_LIMIT);
            let _ = self.send::<serde_json::Value>(request).await;
        }
    }
}

/// Ends when the plug is pulled; never where nobody holds it.
async fn pulled(plug: &mut watch::Receiver<bool>) {
    if plug.wait_for(|plugged| !plugged).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn exchange<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, OfficeProblem> {
    let answer = request.send().await.map_err(|_| OfficeProblem::Unreachable)?;
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(|_| OfficeProblem::Unreachable)?;
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|error| {
            tracing::warn!(%error, "the office's answer cannot be read");
            OfficeProblem::Unreachable
        });
    }
    match serde_json::from_slice::<ErrorAnswer>(&bytes) {
        // The office's own failure is not a refusal: the same request may be sent again.
        Ok(_) if status == StatusCode::INTERNAL_SERVER_ERROR => Err(OfficeProblem::Unreachable),
        Ok(answer) => Err(OfficeProblem::Refused(Box::new(answer.error))),
        Err(_) => Err(OfficeProblem::Unreachable),
    }
}

#[cfg(all(test, feature = "demo"))]
mod tests {
    use super::*;
    use axum::extract::{Query, State};
    use axum::{Json, Router};
    use std::collections::HashMap;
    use wire::{Change, FeedEntry};

    type Asked = mpsc::UnboundedSender<String>;

    /// One change, then the end, as often as it is asked for.
    async fn feed(State(asked): State<Asked>, query: Query<HashMap<String, String>>) -> Json<Feed> {
        let cursor = query["cursor"].clone();
        let entries = match cursor.as_str() {
            "0" => vec![FeedEntry { seq: 5, change: Change::Staff(vec![]) }],
            _ => vec![],
        };
        asked.send(cursor).expect("the test listens");
        Json(Feed { cursor: 5, entries })
    }

    fn config(url: String) -> OfficeConfig {
        let now = jiff::Timestamp::now();
        let authority = office::tls::DemoAuthority::new(now).expect("an authority");
        let identity = authority.kiosk_identity(&"k3".into(), now).expect("a certificate");
        OfficeConfig {
            url,
            authority: authority.certificate_pem().to_owned(),
            certificate: identity.certificate_pem.clone(),
            key: identity.key_pem.clone(),
        }
    }

    #[tokio::test]
    async fn the_end_of_the_feed_is_told_once() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (asked, mut asks) = mpsc::unbounded_channel();
        let router = Router::new().route(&format!("{API}/feed"), axum::routing::get(feed));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(axum::serve(listener, router.with_state(asked)).into_future());
        let folder = tempfile::tempdir().expect("a folder");
        let (store, _) = crate::store::start(folder.path().into(), [7; 8]).expect("a store");
        let (events, mut told) = mpsc::channel(16);
        let plug = watch::Sender::new(true);
        let client = OfficeClient::new(&config(url), events, plug.subscribe()).expect("a client");
        client.start(0, store);
        for cursor in ["0", "5", "5", "5"] {
            assert_eq!(asks.recv().await.expect("it asks"), cursor);
        }
        let mut feeds = Vec::new();
        while let Ok(event) = told.try_recv() {
            if let Event::Office(OfficeEvent::Feed { entries, cursor }) = event {
                feeds.push((entries.len(), cursor));
            }
        }
        assert_eq!(feeds, [(1, 5), (0, 5)]);
    }
}
