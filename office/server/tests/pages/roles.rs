//! Each role opens what its work asks for, and nothing else.

use office_rules::role::{Right, Role};
use reqwest::StatusCode;

use crate::{browser::Browser, common::World};

const PAGES: [(&str, Right); 7] = [
    ("/cases", Right::Cases),
    ("/deliveries", Right::Deliveries),
    ("/appointments", Right::Appointments),
    ("/notifications", Right::Notifications),
    ("/kiosks", Right::Kiosks),
    ("/rejected", Right::Rejected),
    ("/audit", Right::Audit),
];
/// What buttons send.
const ACTIONS: [(&str, Right); 2] =
    [("/notifications/none", Right::RevealCode), ("/help/k3/none", Right::AnswerHelp)];

fn name(role: Role) -> String {
    let name = serde_json::to_value(role).expect("a role is a word");
    name.as_str().expect("a word").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_sees_its_pages_in_the_navigation_and_is_refused_the_others() {
    let world = World::new().await;
    for role in Role::ALL {
        let browser = Browser::as_role(&world, &name(role)).await;
        for (path, right) in PAGES {
            let answer = browser.get(path).await;
            let expected = if role.may(right) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status(), expected, "{role:?} {path}");
            let page = answer.text().await.expect("a page");
            let link = format!("<a href=\"{path}\"");
            assert_eq!(page.contains(&link), role.may(right), "{role:?} {path}: navigation");
            assert!(page.contains("href=\"/\""), "the way home is always there");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_is_refused_to_a_role_without_it_even_with_a_good_form() {
    let world = World::new().await;
    for role in Role::ALL {
        let browser = Browser::as_role(&world, &name(role)).await;
        let key = browser.form_key().await;
        for (path, right) in ACTIONS {
            let answer = browser.post(path, &[("form_key", &key)]).await;
            let refused = answer.status() == StatusCode::FORBIDDEN;
            assert_eq!(refused, !role.may(right), "{role:?} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_keeps_the_navigation_and_says_what_to_do() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "window").await;
    for (path, status, text) in [
        ("/audit", StatusCode::FORBIDDEN, "没有权限"),
        ("/nowhere", StatusCode::NOT_FOUND, "没有找到"),
        ("/cases/none", StatusCode::NOT_FOUND, "没有找到"),
        ("/cases?page=first", StatusCode::BAD_REQUEST, "看不懂"),
        ("/logout", StatusCode::METHOD_NOT_ALLOWED, "不能直接打开"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        let page = answer.text().await.expect("a page");
        assert!(page.contains(text) && page.contains("回到首页"), "{path}");
        assert!(page.contains("href=\"/cases\"") && page.contains("李晓岚"), "{path}: navigation");
    }
    let stranger = Browser::new(&world).get("/nowhere").await;
    assert_eq!(stranger.status(), StatusCode::NOT_FOUND);
    let page = stranger.text().await.expect("a page");
    assert!(page.contains("没有找到") && !page.contains("主导航"), "a stranger sees no navigation");
}
