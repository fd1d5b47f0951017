//! The home page says what needs somebody now, to those whose work it is.

use reqwest::StatusCode;
use wire::{EventBody, UpdateAnswer, UpdateProgress, UpdateReport, UpdateState};

use crate::{browser::Browser, common::World};

/// Makes the hall a calm one: the kiosks are heard of, nothing is doubted, overdue or late.
async fn calm(world: &World) {
    let sql = world.sql().await;
    for statement in [
        "UPDATE deliveries SET state = 'handed_over', compartment = NULL, look_because = NULL",
        "UPDATE cases SET supplement = json_set(supplement, '$.deadline', '2099-01-01') \
         WHERE supplement IS NOT NULL",
    ] {
        sqlx::query(statement).execute(&sql).await.expect("the hall becomes calm");
    }
    for kiosk in ["k1", "k2", "k3"] {
        world.kiosk(kiosk).feed(0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calm_hall_says_so_to_everybody() {
    let world = World::new().await;
    calm(&world).await;
    for role in ["window", "guide", "back_room", "help_desk", "admin"] {
        let page = Browser::as_role(&world, role).await.page("/").await;
        assert!(page.contains("现在没有需要处理的事"), "{role}");
        assert!(page.contains("没有待办"), "{role}");
    }
}

/// An alarm is told until somebody saw to it, at the kiosk or here; an inspection that asks for
/// another visit until the next one is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alarms_and_inspections_are_told_until_somebody_saw_to_them() {
    let world = World::new().await;
    calm(&world).await;
    let kiosk = world.kiosk("k3");
    let guide = Browser::as_role(&world, "guide").await;
    kiosk.tell("e1", EventBody::Alarm { input: "door".to_owned() }).await;
    kiosk.tell("e2", EventBody::Alarm { input: "tamper".to_owned() }).await;
    let page = guide.page("/").await;
    assert!(page.contains("柜体门被打开") && page.contains("柜体被拆动"), "{page}");
    assert!(guide.page("/kiosks").await.contains("报警中"), "not “armed”");
    let key = guide.form_key().await;
    guide.post("/alarms/k3/e1", &[("form_key", &key)]).await;
    let page = guide.page("/").await;
    assert!(!page.contains("柜体门被打开") && page.contains("柜体被拆动"), "{page}");
    let off = EventBody::AlarmSwitched { armed: false, staff: Some("staff-technician".into()) };
    kiosk.tell("e3", off).await;
    let page = guide.page("/").await;
    assert!(!page.contains("柜体被拆动") && page.contains("柜体布防</a>：已撤防"), "{page}");
    kiosk.tell("e4", EventBody::AlarmSwitched { armed: true, staff: None }).await;
    assert!(guide.page("/").await.contains("现在没有需要处理的事"));

    let finding = wire::DeviceFinding {
        device: "printer".to_owned(),
        state: "paper_end".to_owned(),
        tested: Some(false),
    };
    for (event, number, conclusion, told) in
        [("e5", "XJ3 1", "follow_up", true), ("e6", "XJ3 2", "repaired", false)]
    {
        let body = EventBody::Inspected {
            number: number.to_owned(),
            staff: "staff-technician".into(),
            conclusion: conclusion.to_owned(),
            findings: vec![finding.clone()],
        };
        kiosk.tell(event, body).await;
        let page = guide.page("/").await;
        assert_eq!(page.contains("巡检后要再来"), told, "{conclusion}");
        assert_eq!(page.contains("打印机：测试不通过；"), told, "and why");
    }
    let page = guide.page("/kiosks").await;
    assert!(page.contains("XJ3 1") && page.contains("打印机：测试不通过"), "{page}");
    let sql = world.sql().await;
    let changed = sqlx::query("DELETE FROM inspections").execute(&sql).await;
    assert!(changed.is_err(), "an inspection is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_needs_somebody_is_there_with_its_link() {
    let world = World::new().await;
    calm(&world).await;
    let sql = world.sql().await;
    let kiosk = world.kiosk("k3");
    let admin = Browser::as_role(&world, "admin").await;
    kiosk.tell("e1", EventBody::HelpCalled { screen: "pickup_code".to_owned() }).await;
    let device = "printer".to_owned();
    kiosk.tell("e2", EventBody::DeviceChanged { device, state: "paper_end".to_owned() }).await;
    kiosk.tell("e3", EventBody::OpenFailed { compartment: 9, delivery: None }).await;
    let rejected =
        EventBody::Recalled { delivery: "nothing".into(), compartment: 1, staff: "s1".into() };
    kiosk.tell("e4", rejected).await;
    let late: String = sqlx::query_scalar(
        "UPDATE cases SET supplement = json_set(supplement, '$.deadline', '2026-11-23') \
         WHERE case_id = (SELECT min(case_id) FROM cases WHERE state = 'to_supplement') \
         RETURNING case_id",
    )
    .fetch_one(&sql)
    .await
    .expect("a case with papers owed");
    let page = admin.page("/").await;
    for text in [
        "3 号机求助</a>：领取结果：输入取件码",
        "打印机</a>：缺纸",
        "<a href=\"/compartments/k3/9\">3 号机 9 号柜</a>",
        "本大厅没有这份结果",
        &format!("href=\"/cases/{late}\""),
        "11月23日 周一",
        "共 5 项",
    ] {
        assert!(page.contains(text), "{text}");
    }
    world.clock.advance(jiff::SignedDuration::from_secs(91));
    let page = admin.page("/").await;
    assert!(page.contains("自助机失去联系") && page.contains("href=\"/kiosks#k1\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uncertain_and_overdue_results_are_the_back_rooms_work_only() {
    let world = World::new().await;
    let back_room = Browser::as_role(&world, "back_room").await.page("/").await;
    for text in ["柜格状态不明", "开柜过程中断", "超过存放期限", "/deliveries/d"]
    {
        assert!(back_room.contains(text), "{text}");
    }
    assert!(!back_room.contains("自助机失去联系"));
    for role in ["window", "guide", "help_desk"] {
        let page = Browser::as_role(&world, role).await.page("/").await;
        assert!(!page.contains("/deliveries"), "{role} sees what it may not open");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_is_jammed_until_it_was_seen_open_again() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let browser = Browser::as_role(&world, "back_room").await;
    assert!(!browser.page("/").await.contains("柜门打不开"));
    kiosk.tell("e1", EventBody::OpenFailed { compartment: 9, delivery: None }).await;
    assert!(browser.page("/").await.contains("柜门打不开"));
    let (why, staff) = ("inspect".to_owned(), Some("s2".into()));
    kiosk.tell("e2", EventBody::Opened { compartment: 9, delivery: None, why, staff }).await;
    assert!(!browser.page("/").await.contains("柜门打不开"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_for_help_is_answered_from_the_first_page() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let browser = Browser::as_role(&world, "help_desk").await;
    kiosk.tell("e1", EventBody::HelpCalled { screen: "identify".to_owned() }).await;
    let page = browser.page("/").await;
    assert!(page.contains("放身份证") && page.contains("action=\"/help/k3/e1\""));
    let key = browser.form_key().await;
    let answer = browser.post("/help/k3/e1", &[("form_key", &key)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(!browser.page("/").await.contains("放身份证"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_event_waits_until_the_admin_cleared_it_up() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let admin = Browser::as_role(&world, "admin").await;
    let body =
        EventBody::Recalled { delivery: "nothing".into(), compartment: 1, staff: "s1".into() };
    kiosk.tell("e1", body).await;
    let page = admin.page("/rejected").await;
    for text in ["1 条等待核实", "取回 1 号柜", "本大厅没有这份结果"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("no delivery of this hall"), "no English reaches the page");
    let key = admin.form_key().await;
    let fields = [("form_key", key.as_str()), ("kiosk", "k3"), ("event", "e1")];
    assert_eq!(admin.post("/rejected", &fields).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(admin.post("/rejected", &fields).await.status(), StatusCode::SEE_OTHER);
    let page = admin.page("/rejected").await;
    assert!(!page.contains("等待核实") && page.contains("林国栋"), "it says who did");
    assert!(!admin.page("/").await.contains("矛盾上报</h2>"));
    let audit = admin.page("/audit?act=clear_rejection").await;
    assert_eq!(audit.matches("上报 e1").count(), 1, "once, however often it is sent");
    let none = [("form_key", key.as_str()), ("kiosk", "k3"), ("event", "e9")];
    assert_eq!(admin.post("/rejected", &none).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_longest_for_help_is_first_and_every_place_has_a_name() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let browser = Browser::as_role(&world, "help_desk").await;
    for (id, screen) in [("e1", "identify"), ("e2", "appointment_day"), ("e3", "not_yet_known")] {
        kiosk.tell(id, EventBody::HelpCalled { screen: screen.to_owned() }).await;
        world.clock.advance(jiff::SignedDuration::from_mins(1));
    }
    let page = browser.page("/").await;
    let at = |text: &str| page.find(text).expect("it is on the page");
    assert!(at("放身份证") < at("预约：选择日期") && at("预约：选择日期") < at("其他界面"));
    assert!(!page.contains("not_yet_known"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_was_looked_for_in_vain_is_followed_up() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let browser = Browser::as_role(&world, "back_room").await;
    assert!(!browser.page("/").await.contains("去向不明"));
    let pickup = &world.hall.pickups[0];
    let (delivery, compartment) = (pickup.delivery.clone(), pickup.compartment);
    let because = "jammed".to_owned();
    let doubt = EventBody::Uncertain { delivery: delivery.clone(), compartment, because };
    assert_eq!(kiosk.tell("e1", doubt).await, None);
    let (found, staff) = (false, "s1".into());
    let gone = EventBody::Resolved { delivery: delivery.clone(), compartment, found, staff };
    assert_eq!(kiosk.tell("e2", gone).await, None);
    let page = browser.page("/").await;
    assert!(page.contains("去向不明") && page.contains(&format!("/deliveries/{delivery}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_a_kiosk_did_not_take_is_told() {
    let world = World::new().await;
    calm(&world).await;
    let sql = world.sql().await;
    for statement in [
        "INSERT INTO updates VALUES ('hall24-amd64', '2', 5, '00', '2.raucb', 0)",
        "INSERT INTO update_offers (hall_id, kiosk_id, compatible, version, offered_at) \
         SELECT hall_id, kiosk_id, 'hall24-amd64', '2', 0 FROM kiosks WHERE kiosk_id = 'k3'",
    ] {
        sqlx::query(statement).execute(&sql).await.expect("it is offered");
    }
    let kiosk = world.kiosk("k3");
    let tell = async |progress| {
        let (running, compatible) = ("1".into(), "hall24-amd64".into());
        let report = UpdateReport { running, compatible, progress };
        let answer: UpdateAnswer = kiosk.post("/update", &report).await.expect("it answers");
        answer.offer.expect("an offer").id
    };
    let progress = |offer, state| {
        let because = Some("signature verification failed".into());
        Some(UpdateProgress { offer, state, because })
    };
    let offer = tell(None).await;
    let guide = Browser::as_role(&world, "guide").await;
    assert!(!guide.page("/").await.contains("软件更新失败"));
    tell(progress(offer + 1, UpdateState::RolledBack)).await;
    assert!(!guide.page("/").await.contains("软件更新失败"), "another offer's end");
    tell(progress(offer, UpdateState::Refused)).await;
    assert!(guide.page("/").await.contains("软件更新失败"));
    let page = guide.page("/kiosks").await;
    assert!(page.contains("自助机拒绝安装") && page.contains("signature verification failed"));
}
