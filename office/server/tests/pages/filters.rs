//! Lists show what was asked for, or say what to correct.

use reqwest::StatusCode;

use crate::{browser::Browser, common::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_cannot_be_read_is_answered_with_what_to_correct() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "admin").await;
    for (path, correct) in [
        ("/appointments?date=tomorrow", "2026-11-24"),
        ("/appointments?window=none", "没有这样的窗口类型"),
        ("/appointments?state=lost", "没有这样的筛选条件"),
        ("/deliveries?state=lost", "没有这样的筛选条件"),
        ("/deliveries?state=expected&overdue=yes", "只有在柜中的结果才会超期"),
        ("/cases?state=lost", "没有这样的筛选条件"),
        ("/cases?number=%3Cscript%3E", "办件编号和回执编号只有字母"),
        ("/cases?page=-1", "页码要写成数字"),
        ("/cases?page=1&page=2", "地址或表单写得不对"),
        ("/audit?user=nobody", "没有这个账号"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let page = answer.text().await.expect("a page");
        assert!(page.contains(correct), "{path}");
        assert!(page.contains("主导航") && !page.contains("<script>"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_form_leaves_empty_means_all() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "admin").await;
    for path in [
        "/cases?number=&state=&late=&page=",
        "/deliveries?state=&overdue=&page=",
        "/appointments?date=&window=&state=",
        "/audit?act=&user=&page=",
    ] {
        browser.page(path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_narrowed_to_a_window_and_a_state_and_says_how_full_it_is() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "window").await;
    let sql = world.sql().await;
    let day = "2026-11-25";
    let count = |what: &'static str| {
        let sql = sql.clone();
        async move {
            let query = format!(
                "SELECT count(*) FROM appointments a JOIN slots s USING (hall_id, slot_id) \
                 WHERE a.date = '2026-11-25' AND {what}"
            );
            let count = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(query));
            count.fetch_one(&sql).await.expect("a count")
        }
    };
    for (query, expected) in [
        (String::new(), count("TRUE").await),
        ("&window=estate".to_owned(), count("s.window_type_id = 'estate'").await),
        ("&window=estate&state=missed".to_owned(), 0),
    ] {
        let page = browser.page(&format!("/appointments?date={day}{query}")).await;
        assert!(page.contains(&format!("共 {expected} 个")), "{query}");
        assert_eq!(page.matches("scope=\"row\"").count() as i64, expected, "{query}");
    }
    let (taken, capacity): (i64, i64) = sqlx::query_as(
        "SELECT taken, capacity FROM slots WHERE window_type_id = 'estate' AND date = ? \
         ORDER BY starts LIMIT 1",
    )
    .bind(day)
    .fetch_one(&sql)
    .await
    .expect("a slot");
    let page = browser.page(&format!("/appointments?date={day}&window=estate")).await;
    assert!(page.contains(&format!("已约 {taken} / {capacity}")));
    let slots = count_slots(&sql).await;
    assert_eq!(page.matches("scope=\"rowgroup\"").count() as i64, slots, "free ones, too");
}

async fn count_slots(sql: &sqlx::SqlitePool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM slots WHERE window_type_id = 'estate' AND date = '2026-11-25'",
    )
    .fetch_one(sql)
    .await
    .expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cases_that_are_late_with_papers_are_found() {
    let world = World::with_cases(400).await;
    let browser = Browser::as_role(&world, "window").await;
    let late: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM cases WHERE state = 'to_supplement' \
         AND json_extract(supplement, '$.deadline') < '2026-11-24'",
    )
    .fetch_one(&world.sql().await)
    .await
    .expect("a count");
    let page = browser.page("/cases?late=yes").await;
    assert!(page.contains(&format!("共 {late} 件")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_has_a_name_and_headed_columns() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "admin").await;
    world.kiosk("k3").feed(0).await;
    let delivery = format!("/deliveries/{}", world.hall.pickups[0].delivery);
    for path in ["/cases", "/deliveries", &delivery, "/notifications", "/audit"] {
        let page = browser.page(path).await;
        let tables = page.matches("<table>").count();
        assert!(tables > 0, "{path}");
        assert_eq!(page.matches("<caption>").count(), tables, "{path}");
        assert!(!page.contains("<th>"), "{path}: a head says what it heads");
    }
}
