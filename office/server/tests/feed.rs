//! The change feed: everything a kiosk has to know, once, and at once when it changes.

mod common;

use std::collections::BTreeMap;

use common::World;
use jiff::SignedDuration;
use wire::{Catalogue, Change, Delivery, DeliveryState, EventBody, Feed, StaffMember};

/// What a kiosk would know after taking these changes.
#[derive(Default)]
struct Known {
    catalogue: Option<Catalogue>,
    staff: Vec<StaffMember>,
    deliveries: BTreeMap<String, Delivery>,
    gone: Vec<String>,
}

impl Known {
    fn take(&mut self, feed: Feed) -> u64 {
        for entry in feed.entries {
            assert!(entry.seq <= feed.cursor);
            match entry.change {
                Change::Catalogue(it) => self.catalogue = Some(it),
                Change::Staff(it) => self.staff = it,
                Change::Delivery(it) => drop(self.deliveries.insert(it.id.0.clone(), it)),
                Change::DeliveryGone(id) => {
                    self.deliveries.remove(id.as_str());
                    self.gone.push(id.0);
                }
                Change::Unknown => panic!("the office sends nothing unknown"),
            }
        }
        feed.cursor
    }
}

fn expected(known: &Known) -> String {
    let found = known
        .deliveries
        .values()
        .find(|it| it.state == DeliveryState::Expected && it.kiosk.is_none());
    found.expect("the demo hall expects deliveries").id.0.clone()
}

fn deposit(delivery: &str, compartment: u16) -> EventBody {
    EventBody::Deposited { delivery: delivery.into(), compartment, staff: "s1".into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_kiosk_learns_the_whole_hall_and_only_its_own_deliveries() {
    let world = World::with_cases(400).await;
    let (mut third, mut first) = (Known::default(), Known::default());
    third.take(world.kiosk("k3").feed(0).await);
    first.take(world.kiosk("k1").feed(0).await);

    let catalogue = third.catalogue.as_ref().expect("a catalogue");
    assert_eq!(catalogue.hall.name.in_language("zh-CN"), "滇中新区政务服务中心");
    assert!(catalogue.items.len() >= 80 && catalogue.hall.kiosks.len() == 3);
    assert_eq!(catalogue.days[0].date, jiff::civil::date(2026, 11, 24), "today first");
    let next_year = catalogue.days.iter().find(|it| it.date.year() == 2027);
    assert!(next_year.is_some_and(|it| it.provisional) && !catalogue.days[0].provisional);
    assert_eq!(third.staff.len(), world.hall.staff.len());
    assert!(third.gone.is_empty(), "nothing has to be taken from who knows nothing");

    let waiting = third.deliveries.values().filter(|it| it.state == DeliveryState::InCompartment);
    assert_eq!(waiting.clone().count(), world.hall.pickups.len());
    let own = &third.deliveries[world.hall.pickups[0].delivery.as_str()];
    assert_eq!((own.compartment, own.id_hash == world.id_hash("demo-1")), (Some(7), true));
    assert_eq!(own.document_name.in_language("zh-CN"), "食品经营许可证");
    assert!(first.deliveries.values().all(|it| it.kiosk.as_ref().is_none_or(|k| k.0 == "k1")));
    assert!(!first.deliveries.contains_key(own.id.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_kiosk_wakes_when_something_changes_and_others_let_go() {
    let world = World::with_cases(400).await;
    let (third, first) = (world.kiosk("k3"), world.kiosk("k1"));
    let (mut at_third, mut at_first) = (Known::default(), Known::default());
    let cursor = at_third.take(third.feed(0).await);
    let other_cursor = at_first.take(first.feed(0).await);
    assert!(third.feed(cursor).await.entries.is_empty(), "nothing comes twice");

    let waiting = {
        let third = third.clone();
        let path = format!("/feed?cursor={cursor}&wait_s=25");
        tokio::spawn(async move { third.get::<Feed>(&path).await })
    };
    let delivery = expected(&at_third);
    assert_eq!(third.tell("e1", deposit(&delivery, 24)).await, None);
    let feed = waiting.await.expect("no panic").expect("a feed");
    assert!(feed.cursor > cursor);
    at_third.take(feed);
    let lying = &at_third.deliveries[&delivery];
    assert_eq!((lying.state, lying.compartment), (DeliveryState::InCompartment, Some(24)));
    let code = lying.code.as_ref().expect("a code can be checked from now on");
    assert!(code.locator.starts_with("03") && code.code_hash.starts_with("$argon2id$"));
    assert_eq!(lying.hold_until, Some(jiff::civil::date(2026, 12, 1)));

    at_first.take(first.feed(other_cursor).await);
    assert_eq!(at_first.gone, [delivery], "it is of no more concern to the other kiosk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_from_another_life_of_the_database_gets_everything() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let all = kiosk.feed(0).await;
    assert_eq!(kiosk.feed(1_000_000_000).await, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_moves_on_when_the_halls_day_changes_at_four() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let before = kiosk.feed(0).await;
    world.clock.advance(SignedDuration::from_hours(4));
    world.running.keep_house().await.expect("housekeeping works");
    assert!(kiosk.feed(before.cursor).await.entries.is_empty(), "03:40 is still the day before");
    world.clock.advance(SignedDuration::from_mins(20));
    world.running.keep_house().await.expect("housekeeping works");
    let mut known = Known::default();
    known.take(kiosk.feed(before.cursor).await);
    let days = known.catalogue.expect("a new catalogue").days;
    assert_eq!(days[0].date, jiff::civil::date(2026, 11, 25));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_record_that_cannot_be_read_keeps_nothing_else_from_a_kiosk() {
    let world = World::with_cases(100).await;
    let sql = world.sql().await;
    for change in [
        "UPDATE items SET body = '{}' WHERE item_id = 'food-permit'",
        "UPDATE deliveries SET document_name = 'torn' WHERE delivery_id = \
         (SELECT min(delivery_id) FROM deliveries WHERE kiosk_id = 'k3' AND state = 'in_compartment')",
    ] {
        let changed = sqlx::query(change).execute(&sql).await.expect("it is changed");
        assert_eq!(changed.rows_affected(), 1, "{change}");
    }
    let feed = world.kiosk("k3").feed(0).await;
    let unknown = feed.entries.iter().filter(|it| it.change == Change::Unknown).count();
    assert_eq!(unknown, 1);
    let lying = |it: &Change| matches!(it, Change::Delivery(it) if it.state == DeliveryState::InCompartment);
    assert!(feed.entries.iter().any(|it| lying(&it.change)));
    let catalogue = feed.entries.iter().find_map(|it| match &it.change {
        Change::Catalogue(it) => Some(it),
        _ => None,
    });
    let items = &catalogue.expect("a catalogue").items;
    assert!(items.len() >= 79 && items.iter().all(|it| it.id.as_str() != "food-permit"));
}
