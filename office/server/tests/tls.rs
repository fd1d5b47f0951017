//! Who gets in: kiosks with a certificate of the hall's authority, and nobody else.

mod common;

use common::World;
use jiff::Timestamp;
use office::tls::DemoAuthority;
use wire::{ErrorAnswer, ErrorKind, KioskId};

async fn status_and_kind(client: &reqwest::Client, url: &str) -> (u16, ErrorKind) {
    let answer = client.get(url).send().await.expect("the handshake works");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    let error: ErrorAnswer = serde_json::from_str(&text).expect("an error answer");
    (status, error.error.kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_enrolled_kiosks_get_in() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let time: serde_json::Value = kiosk.get("/time").await.expect("an enrolled kiosk");
    assert!(time["now"].is_string());

    let url = format!("{}{}/time", kiosk.url, wire::API);
    let authority = world.authority.certificate_pem();
    let nobody = common::client(authority, None);
    assert_eq!(status_and_kind(&nobody, &url).await, (403, ErrorKind::NotEnrolled));

    let unknown = world.authority.kiosk_identity(&KioskId::from("k9"), Timestamp::now());
    let unknown = common::client(authority, Some(&unknown.expect("it signs")));
    assert_eq!(status_and_kind(&unknown, &url).await, (403, ErrorKind::NotEnrolled));

    let foreign = DemoAuthority::new(Timestamp::now()).expect("another authority");
    let foreign = foreign.kiosk_identity(&KioskId::from("k3"), Timestamp::now());
    let foreign = common::client(authority, Some(&foreign.expect("it signs")));
    assert!(foreign.get(&url).send().await.is_err(), "the handshake is refused");

    let stranger = DemoAuthority::new(Timestamp::now()).expect("another authority");
    let mistaken = common::client(stranger.certificate_pem(), None);
    assert!(mistaken.get(&url).send().await.is_err(), "the office proves itself too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kiosk_whose_enrolment_was_taken_back_is_refused_at_once() {
    let world = World::new().await;
    let kiosk = world.kiosk("k2");
    kiosk.get::<serde_json::Value>("/time").await.expect("an enrolled kiosk");
    let sql = world.sql().await;
    sqlx::query("UPDATE kiosks SET enrolled_at = NULL WHERE kiosk_id = 'k2'")
        .execute(&sql)
        .await
        .expect("an update");
    let refused = kiosk.get::<serde_json::Value>("/time").await.expect_err("no longer enrolled");
    assert_eq!(refused.kind, ErrorKind::NotEnrolled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kiosk_route_refuses_the_pages_plain_address() {
    let world = World::new().await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for path in office::api::document()["paths"].as_object().expect("paths").keys() {
        let url = format!("{}{path}", world.running.pages_url).replace("{id}", "a1");
        let get = client.get(&url).send().await.expect("an answer").status();
        let post = client.post(&url).send().await.expect("an answer").status();
        assert!(get == 403 || post == 403, "{path}: {get}, {post}");
    }
    let url = format!("{}/api/v1/openapi.json", world.running.pages_url);
    assert_eq!(client.get(url).send().await.expect("an answer").status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_that_stops_lets_go_of_waiting_kiosks() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let cursor = kiosk.feed(0).await.cursor;
    let waiting = {
        let kiosk = kiosk.clone();
        tokio::spawn(async move {
            kiosk.get::<wire::Feed>(&format!("/feed?cursor={cursor}&wait_s=25")).await
        })
    };
    world.running.stop().await;
    // Whoever came too late found the door shut; whoever waited was let go with nothing new.
    if let Ok(Ok(feed)) = waiting.await {
        assert!(feed.entries.is_empty());
    }
}
