//! Facts from kiosks: every kind, in order, repeated, out of order, contradicting.

mod common;

use common::{Kiosk, World};
use jiff::SignedDuration;
use sqlx::{Row as _, SqlitePool};
use wire::{
    CaseState, CaseStepKind, CaseView, Change, Delivery, DeliveryState, EventBody, IdentifiedBy,
    Lookup,
};

struct Scene {
    world: World,
    kiosk: Kiosk,
    sql: SqlitePool,
    /// A delivery that is expected.
    delivery: Delivery,
}

impl Scene {
    async fn new() -> Self {
        let world = World::with_cases(400).await;
        let kiosk = world.kiosk("k3");
        let deliveries = kiosk.feed(0).await.entries.into_iter().filter_map(|it| match it.change {
            Change::Delivery(it) if it.state == DeliveryState::Expected => Some(it),
            _ => None,
        });
        let delivery = deliveries.min_by_key(|it| it.id.clone()).expect("some are expected");
        let sql = world.sql().await;
        Self { world, kiosk, sql, delivery }
    }

    fn deposited(&self, compartment: u16) -> EventBody {
        let delivery = self.delivery.id.clone();
        EventBody::Deposited { delivery, compartment, staff: "s1".into() }
    }

    fn handed_over(&self, compartment: u16) -> EventBody {
        EventBody::HandedOver {
            delivery: self.delivery.id.clone(),
            compartment,
            identified_by: IdentifiedBy::Code,
            receipt_number: "R0042".to_owned(),
        }
    }

    fn uncertain(&self, compartment: u16) -> EventBody {
        let because = "interrupted".to_owned();
        EventBody::Uncertain { delivery: self.delivery.id.clone(), compartment, because }
    }

    fn resolved(&self, compartment: u16, found: bool) -> EventBody {
        let delivery = self.delivery.id.clone();
        EventBody::Resolved { delivery, compartment, found, staff: "s1".into() }
    }

    async fn row(&self) -> (String, Option<u16>, Option<String>) {
        let row = sqlx::query(
            "SELECT state, compartment, code_hash FROM deliveries WHERE delivery_id = ?",
        )
        .bind(self.delivery.id.as_str())
        .fetch_one(&self.sql)
        .await
        .expect("the delivery");
        (row.get(0), row.get(1), row.get(2))
    }

    async fn state(&self) -> String {
        self.row().await.0
    }

    async fn messages(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT body FROM notifications WHERE delivery_id = ?")
            .bind(self.delivery.id.as_str())
            .fetch_all(&self.sql)
            .await
            .expect("messages")
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.sql).await.expect(query)
    }

    async fn case(&self) -> CaseView {
        let cases: Vec<CaseView> = self
            .kiosk
            .post("/cases/lookup", &Lookup { id_hash: self.delivery.id_hash.clone() })
            .await
            .expect("cases");
        cases.into_iter().find(|it| it.id == self.delivery.case).expect("the delivery's case")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_makes_a_code_that_works_and_tells_the_citizen_in_one_go() {
    use argon2::PasswordVerifier as _;
    let scene = Scene::new().await;
    assert!(scene.messages().await.is_empty());
    assert_eq!(scene.kiosk.tell("e1", scene.deposited(24)).await, None);
    let (state, compartment, hash) = scene.row().await;
    assert_eq!((state.as_str(), compartment), ("in_compartment", Some(24)));
    let messages = scene.messages().await;
    let [message] = messages.as_slice() else { panic!("one deposit, one message") };
    let code = message.split("取件码 ").nth(1).expect("the code is in it");
    let code: String = code.chars().filter(char::is_ascii_digit).take(8).collect();
    assert!(code.starts_with("03"));
    let hash = hash.expect("a hash");
    let hash = argon2::password_hash::phc::PasswordHash::new(&hash).expect("PHC");
    assert!(argon2::Argon2::default().verify_password(code.as_bytes(), &hash).is_ok());
    let case = scene.case().await;
    assert_eq!(case.state, CaseState::ReadyForPickup);
    assert_eq!(case.delivery, Some(scene.delivery.id.clone()));
    assert!(case.steps.iter().any(|it| it.kind == CaseStepKind::ReadyForPickup && it.at.is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_put_in_after_all_was_never_ready() {
    let scene = Scene::new().await;
    let before = scene.case().await;
    assert_eq!(scene.kiosk.tell("e1", scene.deposited(24)).await, None);
    let delivery = scene.delivery.id.clone();
    let not_placed = EventBody::NotPlaced { delivery, compartment: 24, staff: "s1".into() };
    assert_eq!(scene.kiosk.tell("e2", not_placed.clone()).await, None);
    assert_eq!(scene.row().await, ("expected".to_owned(), None, None));
    assert!(scene.messages().await.is_empty(), "nobody is called to an empty compartment");
    let case = scene.case().await;
    assert_ne!(case.state, CaseState::ReadyForPickup);
    assert_eq!(case.steps, before.steps);
    assert_eq!(scene.kiosk.tell("e3", not_placed).await, None);
    assert_eq!(scene.kiosk.tell("e4", scene.deposited(25)).await, None);
    assert_eq!(scene.messages().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pickup_is_recorded_by_whom_when_and_from_which_way() {
    let scene = Scene::new().await;
    let opened = EventBody::Opened {
        compartment: 24,
        delivery: Some(scene.delivery.id.clone()),
        why: "pickup".to_owned(),
        staff: None,
    };
    let events = [
        scene.kiosk.event("e1", scene.deposited(24)),
        scene.kiosk.event("e2", opened),
        scene.kiosk.event("e3", scene.handed_over(24)),
    ];
    let result = scene.kiosk.send(&events).await;
    assert_eq!((result.accepted.len(), result.rejected.len()), (3, 0));
    assert_eq!(scene.row().await, ("handed_over".to_owned(), None, None), "no code is left");
    let row = sqlx::query(
        "SELECT kiosk_id, compartment, by_whom, receipt_number, at FROM custody_records \
         WHERE delivery_id = ? AND kind = 'handed_over'",
    )
    .bind(scene.delivery.id.as_str())
    .fetch_one(&scene.sql)
    .await
    .expect("a custody record");
    assert_eq!(row.get::<String, _>(0), "k3");
    assert_eq!(row.get::<u16, _>(1), 24);
    assert_eq!(row.get::<String, _>(2), "citizen by code");
    assert_eq!(row.get::<String, _>(3), "R0042");
    assert_eq!(row.get::<i64, _>(4), scene.world.clock.now().as_millisecond());
    let case = scene.case().await;
    assert_eq!(case.state, CaseState::HandedOver);
    assert!(case.steps.iter().all(|it| it.at.is_some()), "nothing is ahead any more");
    let feed = scene.kiosk.feed(0).await;
    let still = feed
        .entries
        .iter()
        .any(|it| matches!(&it.change, Change::Delivery(it) if it.id == scene.delivery.id));
    assert!(!still, "what has left is of no more concern to any kiosk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_again_is_taken_once() {
    let scene = Scene::new().await;
    let batch = [
        scene.kiosk.event("e1", scene.deposited(24)),
        scene.kiosk.event("e2", scene.handed_over(24)),
    ];
    let first = scene.kiosk.send(&batch).await;
    let records = scene.count("SELECT count(*) FROM custody_records").await;
    scene.world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(scene.kiosk.send(&batch).await, first);
    assert_eq!(scene.kiosk.send(&batch[..1]).await.accepted, first.accepted[..1]);
    assert_eq!(scene.state().await, "handed_over");
    assert_eq!(scene.messages().await.len(), 1);
    assert_eq!(scene.count("SELECT count(*) FROM custody_records").await, records);
    let other = scene.kiosk.tell("e2", scene.uncertain(24)).await;
    assert!(other.is_some_and(|it| it.contains("another event")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contradictions_change_nothing_and_are_kept() {
    let scene = Scene::new().await;
    assert!(scene.kiosk.tell("early", scene.handed_over(24)).await.is_some(), "not deposited");
    assert!(scene.kiosk.tell("taken", scene.deposited(7)).await.is_some(), "demo-1's is in way 7");
    assert_eq!(scene.state().await, "expected");
    assert_eq!(scene.kiosk.tell("e1", scene.deposited(24)).await, None);
    assert!(scene.kiosk.tell("wrong", scene.handed_over(23)).await.is_some(), "another way");
    let other = scene.world.kiosk("k1");
    assert!(other.tell("x", scene.handed_over(24)).await.is_some(), "another kiosk");
    let mut borrowed = scene.kiosk.event("y", scene.handed_over(24));
    borrowed.kiosk = "k1".into();
    assert_eq!(scene.kiosk.send(&[borrowed]).await.rejected.len(), 1, "in another's name");
    let unknown = EventBody::Recalled { delivery: "d9".into(), compartment: 1, staff: "s1".into() };
    assert!(scene.kiosk.tell("none", unknown).await.is_some(), "no such delivery");
    assert_eq!(scene.state().await, "in_compartment");
    assert_eq!(scene.count("SELECT count(*) FROM events WHERE accepted = 0").await, 6);
    assert!(
        scene.kiosk.tell("early", scene.handed_over(24)).await.is_some(),
        "a rejected event stays rejected, even when it would fit now"
    );
    let changed = sqlx::query("UPDATE events SET accepted = 1, because = NULL");
    assert!(changed.execute(&scene.sql).await.is_err(), "what was taken stays as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uncertain_is_left_only_by_somebody_who_looked() {
    let scene = Scene::new().await;
    assert_eq!(scene.kiosk.tell("e1", scene.deposited(24)).await, None);
    assert_eq!(scene.kiosk.tell("e2", scene.uncertain(24)).await, None);
    for (id, body) in [("e3", scene.handed_over(24)), ("e4", scene.deposited(24))] {
        assert!(scene.kiosk.tell(id, body).await.is_some());
        assert_eq!(scene.state().await, "uncertain");
    }
    let code = scene.row().await.2;
    assert_eq!(scene.kiosk.tell("e5", scene.resolved(24, true)).await, None);
    assert_eq!(scene.row().await, ("in_compartment".to_owned(), Some(24), code), "the same code");
    assert_eq!(scene.kiosk.tell("e6", scene.uncertain(24)).await, None);
    assert_eq!(scene.kiosk.tell("e7", scene.resolved(24, false)).await, None);
    assert_eq!(scene.state().await, "handed_over");
    assert_eq!(scene.messages().await.len(), 1);

    assert_eq!(scene.kiosk.tell("e8", scene.uncertain(24)).await, None, "the citizen disputes it");
    assert_eq!(scene.kiosk.tell("e9", scene.resolved(24, true)).await, None);
    assert_eq!(scene.state().await, "in_compartment");
    assert_eq!(scene.messages().await.len(), 2, "the former code is gone, a new one is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_that_was_interrupted_may_turn_out_either_way() {
    let scene = Scene::new().await;
    assert_eq!(scene.kiosk.tell("e1", scene.uncertain(24)).await, None);
    assert_eq!(scene.kiosk.tell("e2", scene.resolved(24, false)).await, None);
    assert_eq!(scene.state().await, "expected");
    assert_eq!(scene.kiosk.tell("e3", scene.uncertain(24)).await, None);
    assert_eq!(scene.kiosk.tell("e4", scene.resolved(24, true)).await, None);
    let (state, _, code) = scene.row().await;
    assert_eq!((state.as_str(), code.is_some()), ("in_compartment", true));
    assert_eq!(scene.messages().await.len(), 1);
    let recalled = EventBody::Recalled {
        delivery: scene.delivery.id.clone(),
        compartment: 24,
        staff: "s2".into(),
    };
    assert_eq!(scene.kiosk.tell("e5", recalled).await, None);
    assert_eq!(scene.row().await, ("recalled".to_owned(), None, None));
    assert!(scene.case().await.steps.iter().any(|it| it.kind == CaseStepKind::Recalled));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_else_a_kiosk_tells_is_taken_too() {
    let scene = Scene::new().await;
    let delivery = Some(scene.delivery.id.clone());
    let until = scene.world.clock.now() + SignedDuration::from_mins(15);
    let device = |state: &str| EventBody::DeviceChanged {
        device: "printer".to_owned(),
        state: state.to_owned(),
    };
    for (id, body) in [
        ("failed", EventBody::OpenFailed { compartment: 24, delivery }),
        ("locked", EventBody::CodeLocked { locator: "0317".to_owned(), until }),
        ("rated", EventBody::Rated { journey: "pickup".to_owned(), grade: 9, reasons: Vec::new() }),
        ("help", EventBody::HelpCalled { screen: "pickup_open".to_owned() }),
        ("down", device("paper_end")),
        ("up", device("ready")),
        (
            "printed",
            EventBody::Printed {
                document: "receipt".to_owned(),
                number: "R1".to_owned(),
                outcome: "printed".to_owned(),
            },
        ),
    ] {
        assert_eq!(scene.kiosk.tell(id, body).await, None, "{id}");
    }
    let mut ahead = scene.kiosk.event("ahead", device("cover_open"));
    ahead.at += SignedDuration::from_hours(24 * 365);
    assert_eq!(scene.kiosk.send(&[ahead]).await.accepted.len(), 1);
    assert_eq!(scene.kiosk.tell("set right", device("ready")).await, None);
    let state: String = sqlx::query_scalar("SELECT state FROM device_states WHERE kiosk_id = 'k3'")
        .fetch_one(&scene.sql)
        .await
        .expect("the printer");
    assert_eq!(state, "ready", "what was said last counts, whatever the clock was");
    assert_eq!(scene.count("SELECT grade FROM ratings").await, 5);
    assert_eq!(scene.count("SELECT count(*) FROM help_calls").await, 1);
    assert_eq!(scene.state().await, "expected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_later_version_does_not_hold_up_the_others() {
    let scene = Scene::new().await;
    let known = serde_json::to_value(scene.kiosk.event("e2", scene.deposited(24)));
    let batch = serde_json::json!({ "events": [
        { "id": "e1", "kiosk": "k3", "at": "2026-11-24T23:40:00+08:00",
          "body": { "kind": "teleported", "to": "the moon" } },
        known.expect("plain data"),
    ]});
    let result: wire::IntakeResult = scene.kiosk.post("/events", &batch).await.expect("an answer");
    assert_eq!((result.accepted.len(), result.rejected.len()), (1, 1));
    assert_eq!(scene.state().await, "in_compartment");
    let nameless = serde_json::json!({ "events": [{ "kiosk": "k3" }] });
    assert!(scene.kiosk.post::<wire::IntakeResult>("/events", &nameless).await.is_err());
}
