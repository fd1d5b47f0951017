//! An update fetched from an office that breaks off, and what is made of it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::outcome::Came;
use super::*;

const MIB: usize = 1 << 20;

/// An office that answers so many parts, and then breaks.
#[derive(Clone)]
struct Server {
    content: Arc<Vec<u8>>,
    answers_left: Arc<Mutex<usize>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn part(State(server): State<Server>, headers: HeaderMap) -> (Status, Vec<u8>) {
    let range = headers["range"].to_str().expect("text").to_owned();
    let (start, end) = range["bytes=".len()..].split_once('-').expect("a range");
    let (start, end): (usize, usize) = (start.parse().expect("from"), end.parse().expect("to"));
    server.asked.lock().expect("whole").push(range);
    let mut left = server.answers_left.lock().expect("whole");
    if *left == 0 {
        return (Status::SERVICE_UNAVAILABLE, vec![]);
    }
    *left -= 1;
    (Status::PARTIAL_CONTENT, server.content[start..=end].to_vec())
}

async fn serve(content: Vec<u8>, answers: usize) -> (Server, String) {
    let server = Server {
        content: Arc::new(content),
        answers_left: Arc::new(Mutex::new(answers)),
        asked: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/update", listener.local_addr().expect("an address"));
    let router = Router::new().route("/update", get(part)).with_state(server.clone());
    tokio::spawn(axum::serve(listener, router).into_future());
    (server, url)
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

fn offer(content: &[u8]) -> UpdateOffer {
    let sha256 = hal::hex::encode(&Sha256::digest(content));
    UpdateOffer { id: 7, version: "2".into(), size_bytes: content.len() as u64, sha256 }
}

fn shelf() -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::open(&folder.path().join("update")).expect("it can be made");
    (folder, shelf)
}

#[tokio::test]
async fn what_has_come_is_kept_over_a_break() {
    let content: Vec<u8> = (0..9 * MIB + 5).map(|it| (it / 1000) as u8).collect();
    let (server, url) = serve(content.clone(), 1).await;
    let (_folder, shelf) = shelf();
    let offer = offer(&content);
    shelf.begin(&offer).expect("it begins");
    let broke = fetch::fetch(&client(), &url, &shelf, &offer).await;
    assert!(matches!(broke, Err(UpdateError::Fetch(_))), "{broke:?}");
    assert!(!shelf.whole(&offer).exists(), "half an update is none");
    *server.answers_left.lock().expect("whole") = 9;
    // The same content under another number, as when it is offered again.
    let again = UpdateOffer { id: 8, ..offer };
    shelf.begin(&again).expect("it begins");
    fetch::fetch(&client(), &url, &shelf, &again).await.expect("it goes on");
    assert_eq!(std::fs::read(shelf.whole(&again)).expect("it is whole"), content);
    let asked = server.asked.lock().expect("whole").clone();
    let from: Vec<_> = asked.iter().map(|it| it.split('-').next().expect("from")).collect();
    assert_eq!(from, ["bytes=0", "bytes=4194304", "bytes=4194304", "bytes=8388608"]);
}

#[tokio::test]
async fn content_with_another_sum_is_thrown_away() {
    let (_server, url) = serve(vec![1; MIB], 9).await;
    let (_folder, shelf) = shelf();
    let offer = offer(&vec![2; MIB]);
    shelf.begin(&offer).expect("it begins");
    let damaged = fetch::fetch(&client(), &url, &shelf, &offer).await;
    assert!(matches!(damaged, Err(UpdateError::Damaged)), "{damaged:?}");
    assert!(!shelf.whole(&offer).exists());
    let progress = shelf.progress(&offer, None, "1", false);
    assert_eq!(progress.state, UpdateState::Refused, "it is not fetched for ever");
    assert_eq!(shelf.part().expect("it is there").1.metadata().expect("a file").len(), 0);
}

#[test]
fn an_update_larger_than_the_disk_is_not_begun() {
    let (_folder, shelf) = shelf();
    let error = shelf.has_room(1 << 60).expect_err("no disk is that large");
    assert!(error.to_string().contains("MiB are free"), "{error}");
    shelf.has_room(1).expect("a test has 65 MiB");
    let large = UpdateOffer { size_bytes: 1 << 60, ..offer(&[]) };
    let told = shelf.progress(&large, None, "1", false);
    assert_eq!(told.state, UpdateState::Fetching);
    assert!(told.because.is_some_and(|it| it.contains("MiB are free")), "the office is told why");
}

#[test]
fn the_installer_and_the_running_version_say_how_far_it_got() {
    let (_folder, shelf) = shelf();
    let offer = offer(b"content");
    let name = shelf::name_of(&offer);
    let state = |outcome: Option<&str>, running: &str| {
        let line = outcome.map(|it| format!("{name} {it}"));
        let outcome = line.map(|it| Outcome::parse(&it, "boot-1").expect("it can be read"));
        shelf.progress(&offer, outcome.as_ref(), running, false)
    };
    assert_eq!(state(None, "1").state, UpdateState::Fetching);
    assert_eq!(shelf.progress(&offer, None, "1", true).state, UpdateState::Fetched, "it has it");
    std::fs::write(shelf.whole(&offer), b"content").expect("written");
    assert_eq!(state(None, "1").state, UpdateState::Fetched);
    assert_eq!(state(Some("installed boot-1\n"), "1").state, UpdateState::Installed);
    assert_eq!(state(Some("installed boot-0"), "1").state, UpdateState::RolledBack);
    assert_eq!(state(Some("installed boot-0"), "2").state, UpdateState::Runs);
    let refused = state(Some("refused signature verification failed"), "1");
    assert_eq!(refused.state, UpdateState::Refused);
    assert_eq!(refused.because.as_deref(), Some("signature verification failed"));
}

#[test]
fn an_outcome_that_nobody_can_read_is_none() {
    for text in ["", "7-ab", "x-ab installed b", "7 installed b", "7-ab exploded b", "installed"] {
        assert_eq!(Outcome::parse(text, "b"), None, "{text}");
    }
    let refused = Outcome::parse("3-ab refused", "b").expect("a reason may be missing");
    assert_eq!(refused.came, Came::Refused { because: String::new() });
}

#[test]
fn another_offices_offer_of_the_same_number_is_another_one() {
    let (former, offer) = (offer(b"of the workshop"), offer(b"of the hall"));
    assert_eq!(former.id, offer.id);
    assert_ne!(shelf::name_of(&former), shelf::name_of(&offer));
    let strange = UpdateOffer { sha256: "../../AB".into(), ..offer };
    assert_eq!(shelf::name_of(&strange), "7-ab", "a name of a file");
}
