//! Whatever the office does, no log line holds a name, a number, a telephone or a code.

mod common;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use common::World;
use wire::{CaseView, Change, DeliveryState, EventBody, Hold, IdentifiedBy, Lookup};

/// Where all log lines of this process go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_line_holds_anything_personal() {
    let log = Log::default();
    let writer = log.clone();
    // The HTTP and TLS libraries would print raw bytes at the finest level; nobody runs them so.
    let filter = tracing_subscriber::EnvFilter::new("trace,hyper=debug,rustls=debug,mio=info");
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let world = World::with_cases(120).await;
    busy_night(&world).await;
    let sql = world.sql().await;
    let bodies: Vec<String> =
        sqlx::query_scalar("SELECT body FROM notifications").fetch_all(&sql).await.expect("bodies");
    let phones: Vec<String> =
        sqlx::query_scalar("SELECT phone FROM persons").fetch_all(&sql).await.expect("phones");

    let log = String::from_utf8_lossy(&log.0.lock().expect("all is quiet")).into_owned();
    assert!(log.contains("an event was rejected and kept"), "the log is really captured");
    assert!(log.contains("INSERT INTO"), "even statements are in it");
    let hall = &world.hall;
    let people = hall.people.iter().flat_map(|it| [&it.name, &it.number, &it.address]);
    let accounts = hall.accounts.iter().map(|it| &it.password);
    let secrets = people.chain(accounts).chain(&phones).chain(&bodies);
    for secret in secrets {
        assert!(!log.contains(secret.as_str()), "a log line holds something personal");
    }
    let codes = bodies.iter().filter_map(|it| it.split("取件码 ").nth(1)).map(|it| &it[..9]);
    for code in codes {
        assert!(!log.contains(code) && !log.contains(&code.replace(' ', "")), "a code is logged");
    }
}

/// Everything that touches personal data, with what can go wrong in it.
async fn busy_night(world: &World) {
    let kiosk = world.kiosk("k3");
    let feed = kiosk.feed(0).await;
    let delivery = feed.entries.into_iter().find_map(|it| match it.change {
        Change::Delivery(it) if it.state == DeliveryState::Expected => Some(it.id),
        _ => None,
    });
    let delivery = delivery.expect("some are expected");
    let deposited =
        EventBody::Deposited { delivery: delivery.clone(), compartment: 24, staff: "s1".into() };
    let handed_over = |compartment| EventBody::HandedOver {
        delivery: delivery.clone(),
        compartment,
        identified_by: IdentifiedBy::IdCard,
        receipt_number: "R1".to_owned(),
    };
    assert_eq!(kiosk.tell("e1", deposited).await, None);
    assert!(kiosk.tell("e2", handed_over(23)).await.is_some());
    assert_eq!(kiosk.tell("e3", handed_over(24)).await, None);
    let lookup = Lookup { id_hash: world.id_hash("demo-1") };
    let cases: Vec<CaseView> = kiosk.post("/cases/lookup", &lookup).await.expect("cases");
    assert!(!cases.is_empty());
    let number = &world.hall.people[0].number;
    let plain = serde_json::json!({ "id_hash": number, "name": world.hall.people[0].name });
    assert!(kiosk.post::<Vec<CaseView>>("/cases/lookup", &plain).await.is_err());
    assert!(kiosk.post::<Hold>("/holds", &plain).await.is_err());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let account = &world.hall.accounts[0];
    for password in ["wrong", &account.password] {
        let request = client.post(format!("{}/login", world.running.pages_url));
        let body = format!("user={}&password={password}", account.user);
        let kind = "application/x-www-form-urlencoded";
        let request = request.header(reqwest::header::CONTENT_TYPE, kind).body(body);
        request.send().await.expect("an answer");
    }
    world.running.keep_house().await.expect("housekeeping works");
}
