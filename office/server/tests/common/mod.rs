//! A whole office for tests: a seeded hall in a folder, served over real sockets.

#![expect(dead_code, reason = "each test file uses its own part of this")]

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use office::{Clock, Database, KioskListener, Random, Running, Settings, demo::DemoHall, tls};
use serde::{Serialize, de::DeserializeOwned};
use wire::{EventBody, EventId, Feed, IntakeResult, KioskEvent, KioskId};

/// A Tuesday night; the hall is closed, the kiosk is not.
pub(crate) const NOW: &str = "2026-11-24T23:40:00+08:00";

/// Time that only moves when a test moves it.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    pub(crate) fn now(&self) -> Timestamp {
        *self.0.lock().expect("no test panics while it holds the clock")
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self.0.lock().expect("no test panics while it holds the clock") += by;
    }
}

/// A running office with everything that a test wants to know about it.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) hall: DemoHall,
    pub(crate) clock: TestClock,
    pub(crate) authority: tls::DemoAuthority,
    pub(crate) running: Running,
    pub(crate) database: Database,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_cases(60).await
    }

    pub(crate) async fn with_cases(cases: usize) -> Self {
        install_crypto();
        let folder = tempfile::tempdir().expect("a folder for the test");
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let database = Database::open(&url).await.expect("a new database opens");
        let start: Timestamp = NOW.parse().expect("a time");
        let hall = office::demo::seed_with_cases(&database, 24, start, cases).await;
        let hall = hall.expect("an empty database takes the demo hall");
        let clock = TestClock(Arc::new(Mutex::new(start)));
        // Certificates are checked against the machine's clock.
        let authority = tls::DemoAuthority::new(Timestamp::now()).expect("a new authority");
        let running = serve(&database, &clock, &authority).await;
        Self { folder, hall, clock, authority, running, database }
    }

    /// A kiosk with a certificate of the hall's authority.
    pub(crate) fn kiosk(&self, id: &str) -> Kiosk {
        let kiosk = KioskId::from(id);
        let identity = self.authority.kiosk_identity(&kiosk, Timestamp::now());
        let identity = identity.expect("the authority signs");
        Kiosk {
            client: client(self.authority.certificate_pem(), Some(&identity)),
            url: self.running.kiosk_url.clone().expect("kiosks are served"),
            id: kiosk,
            clock: self.clock.clone(),
        }
    }

    /// A connection to the same file, as another program would have it.
    pub(crate) async fn sql(&self) -> sqlx::SqlitePool {
        let url = format!("sqlite:{}", self.folder.path().join("office.db").display());
        sqlx::SqlitePool::connect(&url).await.expect("the file opens")
    }

    /// The hash of the person with this card.
    pub(crate) fn id_hash(&self, card: &str) -> wire::IdHash {
        let person = self.hall.people.iter().find(|it| it.card == card).expect("a demo card");
        office_rules::person::id_hash(&self.hall.hall_key, &person.number)
    }
}

async fn serve(database: &Database, clock: &TestClock, authority: &tls::DemoAuthority) -> Running {
    let tls = authority.server_tls(&["localhost", "127.0.0.1"], Timestamp::now());
    let time = clock.clone();
    let any_port = "127.0.0.1:0".parse().expect("an address");
    let settings = Settings {
        database: database.clone(),
        clock: Clock::from_fn(move || time.now()),
        random: Random::seeded(7),
        pages: any_port,
        kiosk: Some(KioskListener { address: any_port, tls: tls.expect("the authority signs") }),
    };
    office::serve(settings).await.expect("the office starts")
}

/// A client that trusts `authority` and shows `identity`.
pub(crate) fn client(authority: &str, identity: Option<&tls::Identity>) -> reqwest::Client {
    install_crypto();
    let authority = reqwest::Certificate::from_pem(authority.as_bytes()).expect("a certificate");
    let mut builder =
        reqwest::Client::builder().tls_certs_only([authority]).no_proxy().https_only(true);
    if let Some(identity) = identity {
        let pem = format!("{}{}", identity.certificate_pem, identity.key_pem);
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).expect("identity"));
    }
    builder.build().expect("a client")
}

fn install_crypto() {
    // An error means that another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// One kiosk's side of the API.
#[derive(Clone)]
pub(crate) struct Kiosk {
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
    pub(crate) id: KioskId,
    pub(crate) clock: TestClock,
}

/// An answer: what was asked for, or the refusal.
pub(crate) type Answer<T> = Result<T, wire::ErrorBody>;

impl Kiosk {
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        let answer = self.client.get(format!("{}{}{path}", self.url, wire::API)).send().await;
        read(answer.expect("the office answers")).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Answer<T> {
        let request = self.client.post(format!("{}{}{path}", self.url, wire::API));
        read(request.json(body).send().await.expect("the office answers")).await
    }

    pub(crate) async fn feed(&self, cursor: u64) -> Feed {
        self.get(&format!("/feed?cursor={cursor}&wait_s=0")).await.expect("a feed")
    }

    pub(crate) fn event(&self, id: &str, body: EventBody) -> KioskEvent {
        let at = self.clock.now();
        KioskEvent { id: EventId::from(id), kiosk: self.id.clone(), at, body }
    }

    pub(crate) async fn send(&self, events: &[KioskEvent]) -> IntakeResult {
        let intake = wire::Intake { events: events.to_vec() };
        self.post("/events", &intake).await.expect("a batch is answered")
    }

    /// Sends one event; the reason when it is rejected.
    pub(crate) async fn tell(&self, id: &str, body: EventBody) -> Option<String> {
        let mut result = self.send(&[self.event(id, body)]).await;
        assert_eq!(result.accepted.len() + result.rejected.len(), 1);
        result.rejected.pop().map(|it| it.because)
    }
}

async fn read<T: DeserializeOwned>(answer: reqwest::Response) -> Answer<T> {
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    if status.is_success() {
        Ok(serde_json::from_str(&text).expect("the answer has its type"))
    } else {
        let refusal: wire::ErrorAnswer = serde_json::from_str(&text).expect("an error answer");
        assert!(!refusal.error.message.is_empty() && !refusal.error.action.is_empty());
        Err(refusal.error)
    }
}
