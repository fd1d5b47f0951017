//! One result with its whole way, and the list that leads to it.

use reqwest::StatusCode;
use wire::{EventBody, IdentifiedBy};

use crate::{browser::Browser, common::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_shows_who_did_what_where_and_how() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let browser = Browser::as_role(&world, "back_room").await;
    let pickup = &world.hall.pickups[0];
    let (id, compartment) = (pickup.delivery.as_str(), pickup.compartment);
    let path = format!("/deliveries/{id}");
    let page = browser.page(&path).await;
    for text in ["在柜中", "投放", "工作人员", "3 号机 7 号柜", "存放至", "/cases/"]
    {
        assert!(page.contains(text), "{text}");
    }
    let body = EventBody::HandedOver {
        delivery: pickup.delivery.clone(),
        compartment,
        identified_by: IdentifiedBy::Code,
        receipt_number: "LQ3 1124 0099".to_owned(),
    };
    assert_eq!(kiosk.tell("e1", body).await, None);
    let page = browser.page(&path).await;
    for text in ["已领取", "办事人（取件码）", "凭条 LQ3 1124 0099"] {
        assert!(page.contains(text), "{text}");
    }
    let traces: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE action = 'look_at_delivery' AND subject = ? \
         AND user = 'backroom1'",
    )
    .bind(id)
    .fetch_one(&world.sql().await)
    .await
    .expect("the record");
    assert_eq!(traces, 2, "every look is written down");
    assert_eq!(browser.get("/deliveries/none").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubtful_result_says_why_and_what_to_do() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "back_room").await;
    let list = browser.page("/deliveries?state=uncertain").await;
    let path = list.split("href=\"/deliveries/").nth(1).expect("one is uncertain");
    let id = path.split('"').next().expect("an id");
    let page = browser.page(&format!("/deliveries/{id}")).await;
    assert!(page.contains("开柜过程中断") && page.contains("请到现场开柜查看"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_shows_the_overdue_ones_when_asked_and_nothing_else() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "back_room").await;
    let overdue = browser.page("/deliveries?overdue=yes").await;
    let rows = overdue.matches("scope=\"row\"").count();
    assert_eq!(rows, 4, "three in the demo kiosk, one elsewhere");
    assert_eq!(overdue.matches(">超期</span>").count(), rows);
    let lying = browser.page("/deliveries?state=in_compartment").await;
    assert!(lying.matches("scope=\"row\"").count() > rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_leads_to_its_result_for_who_may_open_it() {
    let world = World::new().await;
    let sql = world.sql().await;
    let pickup = &world.hall.pickups[0];
    let case: String = sqlx::query_scalar("SELECT case_id FROM deliveries WHERE delivery_id = ?")
        .bind(pickup.delivery.as_str())
        .fetch_one(&sql)
        .await
        .expect("its case");
    let (path, link) = (format!("/cases/{case}"), format!("/deliveries/{}", pickup.delivery));
    assert!(Browser::as_role(&world, "back_room").await.page(&path).await.contains(&link));
    assert!(!Browser::as_role(&world, "window").await.page(&path).await.contains(&link));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compartment_shows_what_it_was_opened_for() {
    let world = World::new().await;
    let browser = Browser::as_role(&world, "back_room").await;
    let kiosk = world.kiosk("k3");
    kiosk.tell("e1", EventBody::OpenFailed { compartment: 7, delivery: None }).await;
    let page = browser.page("/compartments/k3/7").await;
    let link = format!("href=\"/deliveries/{}\"", world.hall.pickups[0].delivery);
    for text in ["3 号机 7 号柜", "开柜失败", "投放", &link] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.find("开柜失败") < page.find(&link), "the latest first");
    assert_eq!(browser.get("/compartments/k3/99").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/compartments/k3/x").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_number_leads_a_window_to_the_case() {
    let world = World::new().await;
    let pickup = &world.hall.pickups[0];
    let body = EventBody::HandedOver {
        delivery: pickup.delivery.clone(),
        compartment: pickup.compartment,
        identified_by: IdentifiedBy::Code,
        receipt_number: "LQ3 261124 0099".to_owned(),
    };
    assert_eq!(world.kiosk("k3").tell("e1", body).await, None);
    let browser = Browser::as_role(&world, "window").await;
    for typed in ["LQ3+261124+0099", "lq3-261124-0099"] {
        let page = browser.page(&format!("/cases?number={typed}")).await;
        assert_eq!(page.matches("scope=\"row\"").count(), 1, "{typed}");
    }
    let none = browser.page("/cases?number=LQ3-261124-0100").await;
    assert!(none.contains("没有符合条件的办件"));
}
