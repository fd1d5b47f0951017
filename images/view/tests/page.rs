//! The page, asked over HTTP, and the machine behind it, played by a puppet that speaks like QEMU.

#[path = "page/browser.rs"]
mod browser;
#[path = "page/qemu.rs"]
mod qemu;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use browser::{get, get_unless, post};
use image_view::{Machine, MachineError};
use qemu::{Strings, png, puppet};
use serde_json::{Value, json};
use tokio::process::Command;

/// A machine that was switched on, and its page.
async fn page() -> (SocketAddr, Strings) {
    let (start, strings) = puppet();
    let machine = Machine::power_on(start).await.expect("it is switched on");
    let (listener, address) = image_view::listen("127.0.0.1:0").await.expect("a port is free");
    tokio::spawn(image_view::serve(listener, machine));
    (address, strings)
}

/// What there is to see, when it is as wanted.
async fn seen(at: SocketAddr, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut path = "/api/screen".to_owned();
    loop {
        let answer = get(at, &path).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seen = answer.json();
        if wanted(&seen) {
            return seen;
        }
        path = format!("/api/screen?after={}", seen["version"]);
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let (at, _strings) = page().await;
    let answer = get(at, "/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("电源键"));
    for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "@import", "url("] {
        assert!(!answer.text().contains(elsewhere), "{elsewhere}");
    }
}

#[tokio::test]
async fn another_page_in_the_same_browser_operates_nothing() {
    let (at, _strings) = page().await;
    let head =
        "POST /api/power HTTP/1.1\r\nContent-Length: 0\r\nOrigin: http://elsewhere.example\r\n";
    let answer = browser::request(at, head, "").await;
    assert_eq!(answer.status, 403);
    assert!(answer.message().contains("another page"));
}

#[tokio::test]
async fn a_picture_is_sent_again_only_when_it_has_changed() {
    let (at, strings) = page().await;
    let first = get(at, "/api/screen.png").await;
    assert_eq!((first.status, first.body), (200, png(1080, 1920, 0)));
    let tag = first.tag.expect("a tag");
    let same = get_unless(at, "/api/screen.png", &tag).await;
    assert_eq!((same.status, same.body), (304, Vec::new()));
    let before = get(at, "/api/screen").await.json();
    assert_eq!(before["picture"], json!({ "width": 1080, "height": 1920 }));

    *strings.picture.lock().expect("a picture") = png(800, 600, 9);
    let after = get(at, &format!("/api/screen?after={}", before["version"])).await.json();
    assert_eq!(after["picture"], json!({ "width": 800, "height": 600 }));
    assert!(after["version"].as_u64() > before["version"].as_u64());
    let second = get_unless(at, "/api/screen.png", &tag).await;
    assert_eq!((second.status, second.body), (200, png(800, 600, 9)));
}

#[tokio::test]
async fn a_touch_reaches_the_machine_where_it_was_made() {
    let (at, mut strings) = page().await;
    seen(at, |it| it["picture"].is_object()).await;
    for touch in [
        r#"{"finger":"press","x":270,"y":480}"#,
        r#"{"finger":"move","x":540.0,"y":960}"#,
        r#"{"finger":"release","x":1080,"y":0}"#,
    ] {
        let answer = post(at, "/api/finger", touch).await;
        assert_eq!(answer.json(), json!({ "on": true, "stick": false }));
    }
    let place = |x: u32, y: u32| {
        let axis = |axis: &str, value| {
            let data = json!({ "axis": axis, "value": value });
            json!({ "type": "abs", "data": data })
        };
        [axis("x", x), axis("y", y)]
    };
    let button = |down: bool| json!({ "type": "btn", "data": { "button": "left", "down": down } });
    for (place, buttons) in [
        (place(8192, 8192), vec![button(true)]),
        (place(16384, 16384), vec![]),
        (place(32767, 0), vec![button(false)]),
    ] {
        let told = strings.told.recv().await.expect("a command");
        assert_eq!(told["execute"], "input-send-event");
        assert_eq!(told["arguments"]["events"], json!([&place[..], &buttons[..]].concat()));
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_sentence() {
    let (at, mut strings) = page().await;
    seen(at, |it| it["picture"].is_object()).await;
    for (path, body, sentence) in [
        ("/api/finger", "touch", r#"expected {"finger":"press"|"move"|"release""#),
        ("/api/finger", r#"{"finger":"lick","x":1,"y":1}"#, "unknown variant `lick`"),
        ("/api/finger", r#"{"finger":"press","x":1}"#, "missing field `y`"),
        (
            "/api/finger",
            r#"{"finger":"press","x":1081,"y":5}"#,
            "there is no place 1081, 5 on a picture of 1080 × 1920",
        ),
        ("/api/power", r#"{"power":"more"}"#, r#"expected {"power":"key"|"cut"}"#),
        ("/api/stick", r#"{"plug_in":" \n"}"#, "the stick needs a text of 1 to 4096 bytes"),
        ("/api/stick", r#"{"pull_out":false}"#, r#"or {"pull_out":true}"#),
    ] {
        let answer = post(at, path, body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(sentence), "{body}: {}", answer.message());
    }
    let answer = get(at, "/api/screen?after=yesterday").await;
    assert_eq!(answer.status, 400);
    assert!(answer.message().contains("invalid digit"), "{}", answer.message());
    assert!(strings.told.try_recv().is_err(), "nothing of it reaches the machine");
}

#[tokio::test]
async fn the_power_key_switches_it_off_and_on() {
    let (at, strings) = page().await;
    let pressed = post(at, "/api/power", r#"{"power":"key"}"#).await;
    assert_eq!(pressed.status, 200);
    let off = seen(at, |it| it["on"] == false).await;
    assert_eq!(off["picture"], Value::Null);
    let touch = post(at, "/api/finger", r#"{"finger":"press","x":1,"y":1}"#).await;
    assert_eq!((touch.status, touch.json()["error"]["kind"].clone()), (409, json!("off")));
    let picture = get(at, "/api/screen.png").await;
    assert_eq!(picture.status, 409);

    let on = post(at, "/api/power", r#"{"power":"key"}"#).await;
    assert_eq!(on.json()["on"], true);
    seen(at, |it| it["picture"].is_object()).await;
    assert_eq!(strings.starts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_power_is_cut_without_asking_and_comes_back() {
    let (at, mut strings) = page().await;
    let cut = post(at, "/api/power", r#"{"power":"cut"}"#).await;
    assert_eq!(cut.json(), json!({ "on": true, "stick": false }));
    assert_eq!(strings.starts.load(Ordering::SeqCst), 2);
    assert!(strings.told.try_recv().is_err());
}

#[tokio::test]
async fn a_machine_that_restarts_from_inside_comes_up_again() {
    let (at, strings) = page().await;
    let before = get(at, "/api/screen").await.json();
    *strings.picture.lock().expect("a picture") = png(640, 480, 1);
    strings.restart.send_replace(());
    let version = before["version"].clone();
    let again = seen(at, |it| it["picture"]["width"] == 640 && it["version"] != version).await;
    assert_eq!(again["on"], true);
    while strings.starts.load(Ordering::SeqCst) < 2 {
        seen(at, |_| true).await;
    }
}

#[tokio::test]
async fn a_stick_that_is_not_there_cannot_be_pulled_out() {
    let (at, _strings) = page().await;
    let answer = post(at, "/api/stick", r#"{"pull_out":true}"#).await;
    assert_eq!((answer.status, answer.message().as_str()), (409, "no stick is plugged in"));
}

#[tokio::test]
async fn a_machine_that_does_not_begin_is_told_in_a_sentence() {
    let missing = Machine::power_on(Box::new(|_| Command::new("/no/qemu"))).await;
    let missing = missing.expect_err("there is no such program");
    assert!(matches!(missing, MachineError::Run(_)), "{missing}");
    let ended = Machine::power_on(Box::new(|_| Command::new("false"))).await;
    let ended = ended.expect_err("it ends at once").to_string();
    assert_eq!(ended, "QEMU ended as it began (exit status: 1); it says above why");
}

#[tokio::test]
async fn the_program_says_what_is_wrong() {
    let (_listener, taken) = image_view::listen("127.0.0.1:0").await.expect("a port is free");
    let taken = taken.to_string();
    for (listen, sentence) in [
        (taken.as_str(), "Address already in use (os error 98); choose another with --listen"),
        ("127.0.0.1:0", "image-view: QEMU ended as it began (exit status: 1); it says above why"),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_image-view"));
        let output = program.args(["--listen", listen, "--", "false"]).output().await;
        let output = output.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(sentence), "{said}");
    }
}
