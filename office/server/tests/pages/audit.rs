//! Who looked at what is written down before it is shown, and stays written down.

use reqwest::StatusCode;

use crate::{browser::Browser, common::World};

type Line = (String, String, String);

async fn looks(sql: &sqlx::SqlitePool) -> Vec<Line> {
    let query = "SELECT user, action, subject FROM audit WHERE hall_id = 'dianzhong' \
                 AND action NOT IN ('log_in', 'log_out') ORDER BY seq";
    sqlx::query_as(query).fetch_all(sql).await.expect("the record")
}

fn line(user: &str, action: &str, subject: &str) -> Line {
    (user.to_owned(), action.to_owned(), subject.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_look_at_a_case_is_written_down_with_who_and_when() {
    let world = World::new().await;
    let sql = world.sql().await;
    let window = Browser::as_role(&world, "window").await;
    let back_room = Browser::as_role(&world, "back_room").await;
    let case: String = sqlx::query_scalar("SELECT case_id FROM cases LIMIT 1")
        .fetch_one(&sql)
        .await
        .expect("a case");
    window.page("/cases").await;
    assert_eq!(looks(&sql).await, [], "a list is not a look at somebody");
    for browser in [&window, &back_room, &window] {
        browser.page(&format!("/cases/{case}")).await;
    }
    assert_eq!(window.get("/cases/none").await.status(), StatusCode::NOT_FOUND);
    let look = |user| line(user, "look_at_case", &case);
    assert_eq!(looks(&sql).await, [look("window6"), look("backroom1"), look("window6")]);
    let at: i64 = sqlx::query_scalar("SELECT at FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_one(&sql)
        .await
        .expect("a time");
    assert_eq!(at, world.clock.now().as_millisecond());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_only_grows_whoever_writes_to_the_file() {
    let world = World::new().await;
    let sql = world.sql().await;
    Browser::as_role(&world, "window").await;
    for statement in ["UPDATE audit SET user = 'nobody'", "DELETE FROM audit"] {
        let refused = sqlx::query(statement).execute(&sql).await.expect_err("it is refused");
        assert!(refused.to_string().contains("an audit line"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_reads_the_record_and_narrows_it_down() {
    let world = World::new().await;
    let sql = world.sql().await;
    let case: String = sqlx::query_scalar("SELECT case_id FROM cases LIMIT 1")
        .fetch_one(&sql)
        .await
        .expect("a case");
    let window = Browser::as_role(&world, "window").await;
    window.page(&format!("/cases/{case}")).await;
    let key = window.form_key().await;
    window.post("/logout", &[("form_key", &key)]).await;
    let admin = Browser::as_role(&world, "admin").await;
    let link = format!("href=\"/cases/{case}\"");
    let all = admin.page("/audit").await;
    for text in [&link, "李晓岚", "window6", "查看办件", "退出", "林国栋"] {
        assert!(all.contains(text), "{text}");
    }
    assert!(admin.page("/audit?user=window6&act=look_at_case").await.contains(&link));
    assert!(!admin.page("/audit?user=admin").await.contains(&link));
    assert!(admin.page("/audit?act=reveal_notification").await.contains("没有符合条件的记录"));
}
