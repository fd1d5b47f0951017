//! Who gets in: kiosks with a certificate of the hall's authority, and nobody else.

mod common;

use common::World;
use jiff::Timestamp;
use office::tls::DemoAuthority;
use wire::{ErrorAnswer, ErrorKind, KioskId, UpdateAnswer, UpdateReport};

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
async fn whoever_has_no_certificate_yet_gets_a_sealed_invitation_until_it_was_accepted() {
    let world = World::new().await;
    let code = invitation::Code::from_bytes([9; 20]);
    let (now, day) = (world.clock.now(), jiff::SignedDuration::from_hours(24));
    let sealed = wire::SealedInvitation { version: 1, salt: "00".into(), sealed: "AA==".into() };
    let invite = |kiosk: &str| {
        let (database, kiosk) = (world.database.clone(), KioskId::from(kiosk));
        let (locator, sealed) = (code.locator().to_owned(), sealed.clone());
        async move { database.invite(&kiosk, &locator, &sealed, now, day).await }
    };
    assert!(!invite("k9").await.expect("it can be asked"), "no hall has this kiosk");
    assert!(invite("k3").await.expect("it is kept"));

    let kiosk = world.kiosk("k3");
    let nobody = common::client(world.authority.certificate_pem(), None);
    let url = format!("{}{}/invitations/{}", kiosk.url, wire::API, code.locator());
    let answer = nobody.get(&url).send().await.expect("an answer").text().await.expect("a body");
    assert_eq!(serde_json::from_str::<wire::SealedInvitation>(&answer).expect("sealed"), sealed);
    world.clock.advance(day + jiff::SignedDuration::from_secs(1));
    assert_eq!(status_and_kind(&nobody, &url).await, (404, ErrorKind::NotFound), "too late");
    world.clock.advance(-day);

    let accepted = format!("{}{}/invitations/accepted", kiosk.url, wire::API);
    let refused = nobody.post(&accepted).send().await.expect("an answer");
    assert_eq!(refused.status().as_u16(), 403);
    let answer = kiosk.client.post(&accepted).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 204);
    assert_eq!(status_and_kind(&nobody, &url).await, (404, ErrorKind::NotFound), "used once");
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
    // An invitation is for whoever has its code, and of no use to others.
    let open = format!("{}/invitations/{{locator}}", wire::API);
    let document = office::api::document();
    let paths = document["paths"].as_object().expect("paths").keys();
    for path in paths.filter(|it| **it != open) {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_goes_to_the_kiosk_that_it_is_offered_to() {
    let world = World::new().await;
    let now = world.clock.now();
    let update = office::Update {
        compatible: "hall24-amd64".into(),
        version: "2".into(),
        size_bytes: 5,
        sha256: "0".repeat(64),
        path: world.folder.path().join("2.raucb"),
    };
    std::fs::write(&update.path, "whole").expect("written");
    world.database.add_update(&update, now).await.expect("it is kept");
    let offer = async |kiosk: &str, version| {
        world.database.offer_update(&kiosk.into(), version, now).await.expect("it can be asked")
    };
    assert!(!offer("k3", "9").await, "there is no such version");
    assert!(!offer("k9", "2").await, "there is no such kiosk");
    assert!(offer("k3", "2").await);
    let (kiosk, other) = (world.kiosk("k3"), world.kiosk("k1"));
    let ask = async |kiosk: &common::Kiosk, running: &str, compatible: &str| {
        let (running, compatible) = (running.to_owned(), compatible.to_owned());
        let report = UpdateReport { running, compatible, progress: None };
        let answer = kiosk.post::<UpdateAnswer>("/update", &report).await;
        answer.expect("it answers").offer
    };
    assert_eq!(ask(&other, "1", "hall24-amd64").await, None, "it was offered nothing");
    assert_eq!(ask(&kiosk, "1", "hall24-arm64").await, None, "another kind of machine");
    assert_eq!(ask(&kiosk, "2", "hall24-amd64").await, None, "it runs already");
    let offer = ask(&kiosk, "1", "hall24-amd64").await.expect("an offer");
    let content = async |kiosk: &common::Kiosk, range: &str| {
        let url = format!("{}{}/update/{}", kiosk.url, wire::API, offer.id);
        let answer = kiosk.client.get(url).header("range", range).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    assert_eq!(content(&kiosk, "bytes=1-3").await, (206, "hol".to_owned()));
    assert_eq!(content(&other, "bytes=1-3").await.0, 404, "it is not this kiosk's");
}
