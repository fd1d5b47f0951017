//! How somebody gets in, and how long they stay.

use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::{
    browser::{Browser, cookie_of, key_of},
    common::World,
};

async fn is_in(browser: &Browser, path: &str) -> bool {
    browser.get(path).await.status() == StatusCode::OK
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_form_is_taken_from_our_own_page_only() {
    let world = World::new().await;
    let account = &world.hall.accounts[0];
    let browser = Browser::new(&world);
    let fields = [("user", account.user.as_str()), ("password", &account.password)];
    let with_key = [fields[0], fields[1], ("form_key", "0000")];
    for (fields, cookie) in [
        (&fields[..], ""),
        (&with_key[..], ""),
        (&fields[..], "office_login=0001"),
        (&with_key[..], "office_login=0001"),
    ] {
        let answer = browser.send("/login", fields, cookie).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{fields:?} {cookie}");
        assert!(answer.text().await.expect("a page").contains("请再登录一次"));
    }
    let answer = browser.log_in(&account.user, &account.password).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_logging_out() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "admin").await;
    assert_eq!(browser.get("/login").await.status(), StatusCode::SEE_OTHER, "no second form");
    let key = browser.form_key().await;
    let answer = browser.post("/logout", &[("form_key", &key)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(!is_in(&browser, "/").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_after_half_an_hour_without_a_page() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "admin").await;
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_mins(29));
        assert!(is_in(&browser, "/cases").await, "who works stays in");
    }
    world.clock.advance(SignedDuration::from_mins(30));
    assert!(!is_in(&browser, "/cases").await);
    assert!(browser.page("/login").await.contains("已自动退出"), "and is told why");
    assert!(!Browser::new(&world).page("/login").await.contains("已自动退出"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_with_the_shift_however_busy() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "admin").await;
    for minutes in (20..8 * 60).step_by(20) {
        world.clock.advance(SignedDuration::from_mins(20));
        assert!(is_in(&browser, "/cases").await, "after {minutes} minutes");
    }
    world.clock.advance(SignedDuration::from_mins(20));
    assert!(!is_in(&browser, "/cases").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_renews_itself_keeps_nobody_logged_in() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "help_desk").await;
    assert!(!browser.get("/").await.headers().contains_key("refresh"), "only where it is wanted");
    for _ in 0..2 {
        world.clock.advance(SignedDuration::from_mins(14));
        let answer = browser.get("/?auto=yes").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["refresh"], "60");
    }
    world.clock.advance(SignedDuration::from_mins(2));
    assert!(!is_in(&browser, "/?auto=yes").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_form_of_a_second_window_leaves_the_first_one_valid() {
    let world = World::new().await;
    let account = &world.hall.accounts[0];
    let mut browser = Browser::new(&world);
    let first = browser.get("/login").await;
    browser.cookie = cookie_of(&first);
    let key = key_of(&first.text().await.expect("a page"));
    let second = browser.get("/login").await;
    assert_eq!(cookie_of(&second), browser.cookie);
    let fields =
        [("user", account.user.as_str()), ("password", &account.password), ("form_key", &key)];
    assert_eq!(browser.post("/login", &fields).await.status(), StatusCode::SEE_OTHER);
}
