//! The office over HTTPS: the change feed, the outbox, and requests of the person in front.
//!
//! Three tasks share one client with the kiosk's certificate. Any answer means that the office is
//! there, an exchange that does not reach it that it is not. A request to which it gives no answer
//! that can be used says nothing about the link: then the heartbeat asks, and only when that fails
//! three times in a row does the office count as away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kiosk_core::Event;
use kiosk_core::diagnosis::Condition;
use kiosk_core::effect::OfficeCall;
use kiosk_core::event::{OfficeAnswer, OfficeEvent, OfficeProblem, RequestId};
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wire::{API, ErrorAnswer, ErrorKind, Feed, Intake, IntakeResult, Lookup};

use crate::config::OfficeConfig;
use crate::store::StoreHandle;

/// A person waits: longer than this is “not reached”.
const REQUEST_LIMIT: Duration = Duration::from_secs(6);
/// How long the office may hold the feed back.
const FEED_WAIT_S: u64 = 20;
const FEED_LIMIT: Duration = Duration::from_secs(FEED_WAIT_S + 5);
/// The office is asked this often whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// So often while it fails.
const HEARTBEAT_IN_DOUBT: Duration = Duration::from_secs(1);
/// Heartbeats in a row without an answer that can be used, after which the office counts as away.
const FAILURES_MAX: u32 = 3;
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
    /// Heartbeats that failed since the office's last answer.
    failures: AtomicU32,
    /// Something else failed: the heartbeat is wanted now.
    doubt: Notify,
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
        let url = config.url.clone();
        let (failures, doubt) = (AtomicU32::new(0), Notify::new());
        let shared = Shared { client, url, events, link, failures, doubt, plug };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Starts following the feed from `cursor`, emptying the outbox and watching the link.
    ///
    /// None of the tasks ends while the kiosk runs; one that does is a mistake in the program.
    #[must_use = "dropping the tasks ends them"]
    pub fn start(&self, cursor: u64, store: StoreHandle) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&self.shared).follow_feed(cursor));
        tasks.spawn(Arc::clone(&self.shared).empty_outbox(store));
        tasks.spawn(Arc::clone(&self.shared).watch_link());
        tasks
    }

    /// Carries out a request; its answer becomes an event.
    pub fn ask(&self, request: RequestId, call: OfficeCall) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let asking = Arc::clone(&shared);
            let asked = tokio::spawn(async move { asking.answer(call).await });
            let result = match timeout(REQUEST_LIMIT, asked).await {
                Ok(Ok(result)) => result,
                // A mistake in the program; the person is told that it failed.
                Ok(Err(_)) => Err(OfficeProblem::Failed),
                Err(_) => Err(shared.too_late()),
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
            if [reqwest::StatusCode::UNAUTHORIZED, reqwest::StatusCode::FORBIDDEN]
                .contains(&answer.status()) =>
        {
            (Condition::CertificateRefused, error(&answer.status()))
        }
        Ok(answer) => (Condition::OfficeFailing, error(&answer.status())),
        Err(problem) if is_about_certificates(&problem) => {
            (Condition::CertificateRefused, error(&problem))
        }
        Err(problem) => (Condition::OfficeAway, error(&problem)),
    }
}

/// Whether one side did not accept the other's certificate.
pub(crate) fn is_about_certificates(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|it| it.downcast_ref::<rustls::Error>());
        if inner.is_some() || error.is::<rustls::Error>() {
            return true;
        }
        next = error.source();
    }
    false
}

pub(crate) fn client(config: &OfficeConfig) -> Result<Client, OfficeClientError> {
    let wrong = |error: &dyn std::fmt::Display| OfficeClientError::Certificate(error.to_string());
    let authority = reqwest::Certificate::from_pem(config.authority.as_bytes());
    let identity = format!("{}\n{}", config.certificate, config.key);
    let identity = reqwest::Identity::from_pem(identity.as_bytes());
    Client::builder()
        .tls_certs_only([authority.map_err(|it| wrong(&it))?])
        .identity(identity.map_err(|it| wrong(&it))?)
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(wire::CONNECTION_IDLE - Duration::from_secs(2))
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

    /// Sends a request and has the office asked whether it is well where that fails.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, OfficeProblem> {
        let result = self.reach(request).await;
        if matches!(result, Err(OfficeProblem::Failed)) {
            self.doubt.notify_one();
        }
        result
    }

    /// A request took longer than a person waits; whether the office is gone the heartbeat finds out.
    fn too_late(&self) -> OfficeProblem {
        self.doubt.notify_one();
        let up = *self.link.borrow();
        if up { OfficeProblem::Failed } else { OfficeProblem::Unreachable }
    }

    /// Sends a request and notes whether the office was reached; a pulled plug cuts it off.
    async fn reach<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, OfficeProblem> {
        let mut plug = self.plug.clone();
        let result = tokio::select! {
            biased;
            () = pulled(&mut plug) => Err(OfficeProblem::Unreachable),
            result = exchange(request) => result,
        };
        match result {
            // An office that does not know this kiosk answers nobody in front of it.
            Err(OfficeProblem::Refused(ref refusal)) if refusal.kind == ErrorKind::NotEnrolled => {
                tracing::error!("the office does not know this kiosk; enrol it again");
                self.set_link(false);
            }
            Ok(_) | Err(OfficeProblem::Refused(_)) => {
                self.failures.store(0, Ordering::Relaxed);
                self.set_link(true);
            }
            Err(OfficeProblem::Unreachable) => self.set_link(false),
            Err(OfficeProblem::Failed) => {}
        }
        result
    }

    fn set_link(&self, up: bool) {
        self.link.send_if_modified(|it| std::mem::replace(it, up) != up);
    }

    /// Asks the simplest thing there is; failing at that too often is being away.
    async fn heartbeat(&self) {
        let request = self.client.get(self.url("time")).timeout(HEARTBEAT_LIMIT);
        let result = self.reach::<serde_json::Value>(request).await;
        if matches!(result, Err(OfficeProblem::Failed))
            && self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX
        {
            self.set_link(false);
        }
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
            OfficeCall::Reach => {
                let _: serde_json::Value = self.send(client.get(self.url("time"))).await?;
                OfficeAnswer::Reached
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
            // Where nothing was read yet, the end is news; later, only changes are worth waiting for.
            let wait_s = if end_told { FEED_WAIT_S } else { 0 };
            let query = [("cursor", cursor), ("wait_s", wait_s)];
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
            let failing = up && self.failures.load(Ordering::Relaxed) > 0;
            let pause = if failing { HEARTBEAT_IN_DOUBT } else { HEARTBEAT };
            // A changed link is told at once; otherwise the heartbeat comes.
            tokio::select! {
                biased;
                _ = link.changed() => continue,
                () = self.doubt.notified() => {}
                () = sleep(pause) => {}
            }
            self.heartbeat().await;
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
            OfficeProblem::Failed
        });
    }
    match serde_json::from_slice::<ErrorAnswer>(&bytes) {
        // The office's own failure is not a refusal: the same request may be sent again.
        Ok(answer) if !status.is_server_error() => {
            Err(OfficeProblem::Refused(Box::new(answer.error)))
        }
        _ => {
            tracing::warn!(%status, "the office failed at a request");
            Err(OfficeProblem::Failed)
        }
    }
}

#[cfg(all(test, feature = "demo"))]
mod tests {
    use super::*;
    use axum::extract::{Query, State};
    use axum::http::StatusCode;
    use axum::routing::{get, post};
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
        asked.send(format!("{cursor} {}", query["wait_s"])).expect("the test listens");
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

    /// A client at work.
    struct Running {
        client: OfficeClient,
        _tasks: JoinSet<()>,
    }

    impl std::ops::Deref for Running {
        type Target = OfficeClient;

        fn deref(&self) -> &OfficeClient {
            &self.client
        }
    }

    /// Serves an office and has a client speak to it.
    async fn client_of(router: Router) -> (Running, mpsc::Receiver<Event>, tempfile::TempDir) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(axum::serve(listener, router).into_future());
        let folder = tempfile::tempdir().expect("a folder");
        let (store, _) = crate::store::start(folder.path().into(), [7; 8]).expect("a store");
        let (events, told) = mpsc::channel(16);
        // Nobody holds the plug: it is never pulled.
        let plug = watch::Sender::new(true).subscribe();
        let client = OfficeClient::new(&config(url), events, plug).expect("a client");
        let tasks = client.start(0, store);
        (Running { client, _tasks: tasks }, told, folder)
    }

    #[tokio::test]
    async fn the_end_of_the_feed_is_told_once_and_without_waiting() {
        let (asked, mut asks) = mpsc::unbounded_channel();
        let router = Router::new().route(&format!("{API}/feed"), get(feed)).with_state(asked);
        let (_client, mut told, _folder) = client_of(router).await;
        for asked in ["0 0", "5 0", "5 20", "5 20"] {
            assert_eq!(asks.recv().await.expect("it asks"), asked);
        }
        let mut feeds = Vec::new();
        while let Ok(event) = told.try_recv() {
            if let Event::Office(OfficeEvent::Feed { entries, cursor }) = event {
                feeds.push((entries.len(), cursor));
            }
        }
        assert_eq!(feeds, [(1, 5), (0, 5)]);
    }

    /// An office whose feed waits, whose cases fail, and that is well otherwise until `ill`.
    fn ailing(ill: watch::Receiver<bool>, cases: (StatusCode, &'static str)) -> Router {
        let time = move || async move {
            match *ill.borrow() {
                true => (StatusCode::BAD_GATEWAY, "<html>"),
                false => (StatusCode::OK, "{}"),
            }
        };
        Router::new()
            .route(&format!("{API}/feed"), get(std::future::pending::<()>))
            .route(&format!("{API}/cases/lookup"), post(move || async move { cases }))
            .route(&format!("{API}/time"), get(time))
    }

    const FAILS: (StatusCode, &str) = (StatusCode::INTERNAL_SERVER_ERROR, "");

    fn ask_for_cases(client: &OfficeClient, request: u64) {
        client.ask(RequestId(request), OfficeCall::Cases(wire::IdHash("x".into())));
    }

    async fn next(told: &mut mpsc::Receiver<Event>) -> OfficeEvent {
        match told.recv().await {
            Some(Event::Office(event)) => event,
            other => panic!("the office is told of: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_request_that_fails_is_told_as_such_and_leaves_the_link_up() {
        let error = r#"{"error":{"kind":"not_found","message":"m","action":"a"}}"#;
        for cases in [
            FAILS,
            (StatusCode::INTERNAL_SERVER_ERROR, error),
            (StatusCode::SERVICE_UNAVAILABLE, "<html>"),
            (StatusCode::NOT_FOUND, "<html>"),
            (StatusCode::OK, "not what was agreed"),
        ] {
            let ill = watch::Sender::new(false);
            let (client, mut told, _folder) = client_of(ailing(ill.subscribe(), cases)).await;
            client.shared.heartbeat().await;
            assert!(matches!(next(&mut told).await, OfficeEvent::Link { up: true }));
            for request in 1..=5 {
                ask_for_cases(&client, request);
                let OfficeEvent::Answer { result, .. } = next(&mut told).await else {
                    panic!("the link did not change: {cases:?}")
                };
                assert!(matches!(result, Err(OfficeProblem::Failed)), "{cases:?}");
            }
            assert!(*client.shared.link.borrow());
        }
    }

    #[tokio::test]
    async fn an_office_that_fails_at_everything_counts_as_away() {
        let ill = watch::Sender::new(false);
        let (client, mut told, _folder) = client_of(ailing(ill.subscribe(), FAILS)).await;
        client.shared.heartbeat().await;
        assert!(matches!(next(&mut told).await, OfficeEvent::Link { up: true }));
        ill.send_replace(true);
        ask_for_cases(&client, 1);
        assert!(matches!(next(&mut told).await, OfficeEvent::Answer { .. }));
        assert!(matches!(next(&mut told).await, OfficeEvent::Link { up: false }));
        client.shared.heartbeat().await;
        assert!(!*client.shared.link.borrow(), "failing is not being back");
        ill.send_replace(false);
        client.shared.heartbeat().await;
        assert!(matches!(next(&mut told).await, OfficeEvent::Link { up: true }));
    }

    #[tokio::test]
    async fn an_office_that_is_not_there_is_away_at_once() {
        let ill = watch::Sender::new(false);
        let (client, mut told, _folder) = client_of(ailing(ill.subscribe(), FAILS)).await;
        client.shared.heartbeat().await;
        assert!(matches!(next(&mut told).await, OfficeEvent::Link { up: true }));
        let nobody = client.shared.client.get("http://127.0.0.1:1/");
        let result = client.shared.send::<serde_json::Value>(nobody).await;
        assert!(matches!(result, Err(OfficeProblem::Unreachable)));
        assert!(matches!(next(&mut told).await, OfficeEvent::Link { up: false }));
    }
}
