//! The staff pages as a browser without scripts sees them.

mod audit;
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod deliveries;
mod filters;
mod home;
mod roles;
mod session;

use browser::Browser;
use common::World;
use reqwest::{StatusCode, header};
use wire::EventBody;

const PAGES: [&str; 11] = [
    "/cases",
    "/cases?state=to_supplement&page=0",
    "/cases?number=no-such-number",
    "/deliveries",
    "/deliveries?state=uncertain",
    "/appointments",
    "/notifications",
    "/kiosks",
    "/",
    "/rejected",
    "/audit",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_a_page_without_logging_in() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    for cookie in ["", "office_session=0000", "other=1; office_session="] {
        browser.cookie = cookie.to_owned();
        for path in PAGES {
            let answer = browser.get(path).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
            assert_eq!(answer.headers()[header::LOCATION], "/login");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_rest_the_account_for_a_while() {
    let world = World::new().await;
    let browser = Browser::new(&world);
    let account = &world.hall.accounts[0];
    for _ in 0..5 {
        let answer = browser.log_in(&account.user, "wrong").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let right = browser.log_in(&account.user, &account.password).await;
    assert_eq!(right.status(), StatusCode::UNAUTHORIZED, "even the right one waits now");
    assert!(right.text().await.expect("a page").contains("23:55"), "and is told until when");
    let unknown = browser.log_in("nobody", "wrong").await;
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    world.clock.advance(jiff::SignedDuration::from_mins(15));
    let right = browser.log_in(&account.user, &account.password).await;
    assert_eq!(right.status(), StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_show_names_numbers_and_codes_masked() {
    let world = World::with_cases(400).await;
    let browser = Browser::as_role(&world, "admin").await;
    let sql = world.sql().await;
    let own: String = sqlx::query_scalar("SELECT case_id FROM cases WHERE id_hash = ? LIMIT 1")
        .bind(world.id_hash("demo-1").0)
        .fetch_one(&sql)
        .await
        .expect("demo-1 has a case");
    let mut pages: Vec<String> = Vec::new();
    for path in PAGES {
        pages.push(browser.page(path).await);
    }
    pages.push(browser.page(&format!("/cases/{own}")).await);
    let pickup = &world.hall.pickups[0];
    pages.push(browser.page(&format!("/deliveries/{}", pickup.delivery)).await);
    pages.push(browser.page(&format!("/compartments/k3/{}", pickup.compartment)).await);
    let phones: Vec<String> =
        sqlx::query_scalar("SELECT phone FROM persons").fetch_all(&sql).await.expect("phones");
    // Staff are called by name on their own pages, and a citizen may share one.
    let names = world.hall.people.iter().map(|it| &it.name);
    let staff: Vec<String> =
        sqlx::query_scalar("SELECT name FROM accounts").fetch_all(&sql).await.expect("names");
    let names = names.filter(|it| !staff.contains(it));
    let numbers = world.hall.people.iter().map(|it| &it.number);
    let codes: Vec<String> = world.hall.pickups.iter().map(|it| it.code[4..].to_owned()).collect();
    for secret in names.chain(numbers).chain(&phones) {
        assert!(pages.iter().all(|it| !it.contains(secret)), "a page shows what it should mask");
    }
    let outbox = &pages[6];
    assert!(outbox.contains("**** ****") && outbox.contains("张*"));
    for code in codes {
        assert!(!outbox.contains(&format!(" {code} ")), "a code is shown without being asked for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_shown_to_the_help_desk_only_and_leaves_a_trace() {
    let world = World::new().await;
    let sql = world.sql().await;
    let pickup = &world.hall.pickups[0];
    let path = format!("/notifications/n-{}", pickup.delivery);
    let window = Browser::as_role(&world, "window").await;
    let key = window.form_key().await;
    let refused = window.post(&path, &[("form_key", &key)]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);

    let desk = Browser::as_role(&world, "help_desk").await;
    let forged = desk.post(&path, &[("form_key", "0000")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN, "another site cannot send the form");
    let key = desk.form_key().await;
    let shown = desk.post(&path, &[("form_key", &key)]).await.text().await.expect("a page");
    assert!(shown.contains(&format!("{} {}", &pickup.code[..4], &pickup.code[4..])));
    let traces: Vec<(String, String)> =
        sqlx::query_as("SELECT user, subject FROM audit WHERE action = 'reveal_notification'")
            .fetch_all(&sql)
            .await
            .expect("traces");
    assert_eq!(traces, [("helpdesk1".to_owned(), format!("n-{}", pickup.delivery))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_for_help_is_seen_and_answered_and_devices_are_shown() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let browser = Browser::as_role(&world, "guide").await;
    assert!(browser.page("/kiosks").await.contains("没有求助"), "an empty state says so");
    kiosk.feed(0).await;
    kiosk.tell("e1", EventBody::HelpCalled { screen: "pickup_open".to_owned() }).await;
    let device = "printer".to_owned();
    kiosk.tell("e2", EventBody::DeviceChanged { device, state: "paper_end".to_owned() }).await;
    let page = browser.page("/kiosks").await;
    for text in ["1 个求助等待处理", "缺纸", "在线", "领取结果：开柜取件"] {
        assert!(page.contains(text), "{text}");
    }
    let key = browser.form_key().await;
    let answer = browser.post("/help/k3/e1", &[("form_key", &key)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = browser.page("/kiosks").await;
    assert!(!page.contains("个求助等待处理") && page.contains("周雪梅"), "it says who did");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_filter_search_turn_pages_and_are_never_silently_empty() {
    let world = World::with_cases(400).await;
    let browser = Browser::as_role(&world, "admin").await;
    let first = browser.page("/cases").await;
    assert!(first.contains("共 400 件") && first.contains("下一页"));
    let last = browser.page("/cases?page=15").await;
    assert!(last.contains("上一页") && !last.contains("下一页"));
    assert!(browser.page("/cases?number=no-such-number").await.contains("没有符合条件的办件"));
    let doubtful = browser.page("/deliveries").await;
    let (unclear, overdue) = (doubtful.find("开柜过程中断"), doubtful.find(">超期</span>"));
    assert!(unclear.is_some() && unclear < overdue, "uncertain first, then overdue");
    assert!(browser.page("/appointments?date=2027-01-01").await.contains("尚未公布"));
    assert!(browser.page("/appointments?date=2026-11-29").await.contains("不开放"));
    assert_eq!(browser.get("/cases/none").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/nowhere").await.status(), StatusCode::NOT_FOUND);
}
