//! Slots, holds and appointments over real sockets: nobody gets a place that somebody else has.

mod common;

use common::{Kiosk, World};
use jiff::SignedDuration;
use wire::{
    Appointment, AppointmentState, BookRequest, CancelRequest, ErrorKind, Hold, HoldRequest,
    IdHash, Lookup, MoveRequest, Slot, SlotDays,
};

const ITEM: &str = "food-permit";

async fn days(kiosk: &Kiosk, item: &str, from: &str, days: u16) -> SlotDays {
    kiosk.get(&format!("/slots?item={item}&from={from}&days={days}")).await.expect("slots")
}

/// A slot of a day on which the demo hall has no appointments yet.
async fn free_slot(kiosk: &Kiosk, order: usize) -> Slot {
    let days = days(kiosk, ITEM, "2026-12-15", 1).await;
    let slot = days.days[0].slots[order].clone();
    assert_eq!(slot.left, slot.capacity);
    slot
}

fn hash(of: usize) -> IdHash {
    IdHash(format!("{of:064x}"))
}

fn hold_request(key: &str, slot: &Slot, id_hash: IdHash) -> HoldRequest {
    HoldRequest { key: key.into(), item: ITEM.into(), slot: slot.id.clone(), id_hash }
}

async fn hold(kiosk: &Kiosk, key: &str, slot: &Slot, id_hash: IdHash) -> Hold {
    kiosk.post("/holds", &hold_request(key, slot, id_hash)).await.expect("a place is free")
}

fn book_request(key: &str, hold: &Hold, id_hash: IdHash) -> BookRequest {
    BookRequest { key: key.into(), hold: hold.id.clone(), id_hash, name_masked: "王*".to_owned() }
}

async fn book(kiosk: &Kiosk, key: &str, slot: &Slot, id_hash: IdHash) -> Appointment {
    let hold = hold(kiosk, &format!("{key}-hold"), slot, id_hash.clone()).await;
    let request = book_request(key, &hold, id_hash);
    kiosk.post("/appointments", &request).await.expect("the hold stands")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_kiosks_race_and_exactly_the_capacity_gets_a_place() {
    let world = World::new().await;
    let kiosks = [world.kiosk("k1"), world.kiosk("k2")];
    let slot = free_slot(&kiosks[0], 0).await;
    let tasks: Vec<_> = (0..40)
        .map(|order| {
            let (kiosk, slot) = (kiosks[order % 2].clone(), slot.clone());
            tokio::spawn(async move {
                let request = hold_request(&format!("tap-{order}"), &slot, hash(order));
                let hold = kiosk.post::<Hold>("/holds", &request).await?;
                let request = book_request(&format!("book-{order}"), &hold, hash(order));
                kiosk.post::<Appointment>("/appointments", &request).await
            })
        })
        .collect();
    let mut numbers = std::collections::BTreeSet::new();
    let mut refused = 0;
    for task in tasks {
        match task.await.expect("no task panics") {
            Ok(appointment) => assert!(numbers.insert(appointment.number), "a number came twice"),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::SlotFull);
                let next = error.next_slot.expect("the next slot is offered");
                assert!(next.left > 0 && (next.date, next.starts) > (slot.date, slot.starts));
                refused += 1;
            }
        }
    }
    assert_eq!(numbers.len(), usize::from(slot.capacity));
    assert_eq!(refused, 40 - usize::from(slot.capacity));
    let after = days(&kiosks[0], ITEM, "2026-12-15", 1).await;
    assert_eq!(after.days[0].slots[0].left, 0, "a full slot is shown, not hidden");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_refuses_one_place_too_many() {
    let world = World::new().await;
    let slot = free_slot(&world.kiosk("k1"), 2).await;
    let sql = world.sql().await;
    let insert = |order: u16| {
        sqlx::query(
            "INSERT INTO places (hall_id, place_id, slot_id, item_id, id_hash) \
             VALUES ('dianzhong', ?, ?, 'food-permit', ?)",
        )
        .bind(format!("raw-{order}"))
        .bind(slot.id.as_str().to_owned())
        .bind(format!("{order:064}"))
    };
    for order in 0..slot.capacity {
        insert(order).execute(&sql).await.expect("a place is free");
    }
    let error = insert(slot.capacity).execute(&sql).await.expect_err("the slot is full");
    assert!(error.as_database_error().is_some_and(|it| it.is_check_violation()), "{error}");
    let moved = sqlx::query("UPDATE places SET slot_id = 'elsewhere' WHERE place_id = 'raw-0'");
    assert!(moved.execute(&sql).await.is_err(), "a place cannot be moved past the count");
    assert_eq!(world.database.check().await.expect("it reads"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_runs_out_and_its_place_is_free_again() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let slot = free_slot(&kiosk, 1).await;
    let mut first = None;
    for order in 0..usize::from(slot.capacity) {
        let held = hold(&kiosk, &format!("h{order}"), &slot, hash(order)).await;
        first.get_or_insert(held);
    }
    let first = first.expect("the capacity is not 0");
    let late = hold_request("late", &slot, hash(99));
    let full = kiosk.post::<Hold>("/holds", &late).await.expect_err("the slot is full");
    assert_eq!(full.kind, ErrorKind::SlotFull);

    world.clock.advance(SignedDuration::from_mins(5));
    let request = book_request("too-late", &first, hash(0));
    let expired = kiosk.post::<Appointment>("/appointments", &request).await;
    assert_eq!(expired.expect_err("the hold ran out").kind, ErrorKind::HoldExpired);
    hold(&kiosk, "late-again", &slot, hash(99)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_tap_gets_the_same_answer_and_another_request_none() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let slot = free_slot(&kiosk, 1).await;
    let once = hold(&kiosk, "tap", &slot, hash(1)).await;
    assert_eq!(hold(&kiosk, "tap", &slot, hash(1)).await, once);
    let other = hold_request("tap", &free_slot(&kiosk, 2).await, hash(1));
    let error = kiosk.post::<Hold>("/holds", &other).await.expect_err("the key was used");
    assert_eq!(error.kind, ErrorKind::BadRequest);

    let request = book_request("confirm", &once, hash(1));
    let booked: Appointment = kiosk.post("/appointments", &request).await.expect("it stands");
    world.clock.advance(SignedDuration::from_mins(20));
    let again: Appointment = kiosk.post("/appointments", &request).await.expect("as before");
    assert_eq!(again, booked);
    let left = days(&kiosk, ITEM, "2026-12-15", 1).await.days[0].slots[1].left;
    assert_eq!(left, slot.capacity - 1, "one tap takes one place");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appointment_is_seen_moved_and_cancelled_by_its_owner_only() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let (morning, later) = (free_slot(&kiosk, 0).await, free_slot(&kiosk, 5).await);
    let booked = book(&kiosk, "b", &morning, hash(1)).await;
    assert!(booked.number.starts_with("Y1215-"), "{}", booked.number);
    assert_eq!(booked.state, AppointmentState::Booked);

    let second = hold(&kiosk, "second", &later, hash(1)).await;
    let twice = book_request("twice", &second, hash(1));
    let twice = kiosk.post::<Appointment>("/appointments", &twice).await;
    assert_eq!(twice.expect_err("one open per item").kind, ErrorKind::AlreadyBooked);

    let path = format!("/appointments/{}/move", booked.id);
    let stranger = MoveRequest { key: "m0".into(), hold: second.id.clone(), id_hash: hash(2) };
    let refused = kiosk.post::<Appointment>(&path, &stranger).await;
    assert_eq!(refused.expect_err("not theirs").kind, ErrorKind::NotFound);
    let request = MoveRequest { key: "m1".into(), hold: second.id, id_hash: hash(1) };
    let moved: Appointment = kiosk.post(&path, &request).await.expect("it may be moved");
    assert_eq!((&moved.id, &moved.slot.id), (&booked.id, &later.id));
    assert_eq!(kiosk.post::<Appointment>(&path, &request).await.expect("as before"), moved);
    assert_eq!(free_slot(&kiosk, 0).await.left, morning.capacity, "the former place is free");

    let path = format!("/appointments/{}/cancel", booked.id);
    let request = CancelRequest { key: "c1".into(), id_hash: hash(1) };
    let cancelled: Appointment = kiosk.post(&path, &request).await.expect("it may be cancelled");
    assert_eq!(cancelled.state, AppointmentState::Cancelled);
    let again = CancelRequest { key: "c2".into(), id_hash: hash(1) };
    let again = kiosk.post::<Appointment>(&path, &again).await.expect_err("it is cancelled");
    assert_eq!(again.kind, ErrorKind::TooLate);
    let seen: Vec<Appointment> =
        kiosk.post("/appointments/lookup", &Lookup { id_hash: hash(1) }).await.expect("a list");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].state, AppointmentState::Cancelled);
    book(&kiosk, "anew", &morning, hash(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_slot_has_begun_nothing_changes_and_nobody_books() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let slot = free_slot(&kiosk, 0).await;
    let booked = book(&kiosk, "b", &slot, hash(1)).await;
    let begins = "2026-12-15T09:00:00+08:00".parse::<jiff::Timestamp>().expect("a time");
    world.clock.advance(begins.duration_since(world.clock.now()));
    let request = CancelRequest { key: "c".into(), id_hash: hash(1) };
    let path = format!("/appointments/{}/cancel", booked.id);
    let error = kiosk.post::<Appointment>(&path, &request).await.expect_err("it has begun");
    assert_eq!(error.kind, ErrorKind::TooLate);
    let request = hold_request("h", &slot, hash(2));
    let error = kiosk.post::<Hold>("/holds", &request).await.expect_err("it has begun");
    assert_eq!(error.kind, ErrorKind::TooLate);
    let today = days(&kiosk, ITEM, "2026-12-15", 1).await;
    assert!(today.days[0].slots.iter().all(|it| it.starts > slot.starts));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_make_no_sense_are_told_so() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let slot = free_slot(&kiosk, 0).await;
    let none = kiosk.get::<SlotDays>("/slots?item=no-such-item&from=2026-12-15&days=1").await;
    assert_eq!(none.expect_err("no such item").kind, ErrorKind::NotFound);
    let short = hold_request("a", &slot, IdHash::from("440524188001010014"));
    let short = kiosk.post::<Hold>("/holds", &short).await.expect_err("that is a number");
    assert_eq!(short.kind, ErrorKind::BadRequest);
    let wrong = HoldRequest { item: "passport".into(), ..hold_request("b", &slot, hash(1)) };
    let wrong = kiosk.post::<Hold>("/holds", &wrong).await.expect_err("another window type");
    assert_eq!(wrong.kind, ErrorKind::BadRequest);
    let half = kiosk.post::<Hold>("/holds", &serde_json::json!({ "key": "c" })).await;
    assert_eq!(half.expect_err("half a request").kind, ErrorKind::BadRequest);
    let query = kiosk.get::<SlotDays>("/slots?item=food-permit&from=tomorrow&days=1").await;
    assert_eq!(query.expect_err("not a date").kind, ErrorKind::BadRequest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_days_say_why_and_extended_hours_are_told_apart() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let days = days(&kiosk, ITEM, "2026-11-24", 30).await;
    assert_eq!(days.days.len(), 30);
    let of = |date: &str| {
        let date: jiff::civil::Date = date.parse().expect("a date");
        days.days.iter().find(|it| it.date == date).expect("within 30 days")
    };
    let tonight = of("2026-11-24");
    assert!(tonight.slots.is_empty(), "at 23:40 the day is over");
    let sunday = of("2026-11-29");
    assert_eq!((sunday.kind, sunday.slots.len()), (wire::DayKind::Weekend, 0));
    let saturday = of("2026-11-28");
    assert!(!saturday.slots.is_empty() && saturday.slots.iter().all(|it| it.extended));
    let thursday = of("2026-11-26");
    assert_eq!(thursday.slots.iter().filter(|it| !it.extended).count(), 13);
    assert_eq!(thursday.slots.iter().filter(|it| it.extended).count(), 3);
}

/// A small generator with a fixed seed (splitmix64), so that every run does the same.
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut it = *state;
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (it ^ (it >> 31)) % below
}

/// One of `list`, taken out of it.
fn draw<T>(state: &mut u64, list: &mut Vec<T>) -> T {
    let index = random(state, list.len() as u64) as usize;
    list.swap_remove(index)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_people_do_the_places_add_up() {
    let world = World::new().await;
    let kiosk = world.kiosk("k3");
    let slots = [free_slot(&kiosk, 0).await, free_slot(&kiosk, 1).await];
    let mut holds: Vec<(Hold, IdHash)> = Vec::new();
    let mut booked: Vec<(Appointment, IdHash)> = Vec::new();
    let mut state = 24;
    for step in 0..150 {
        let key = format!("step-{step}");
        let who = hash(random(&mut state, 12) as usize);
        match random(&mut state, 6) {
            0 | 1 => {
                let slot = &slots[random(&mut state, 2) as usize];
                let request = hold_request(&key, slot, who.clone());
                if let Ok(hold) = kiosk.post::<Hold>("/holds", &request).await {
                    holds.push((hold, who));
                }
            }
            2 if !holds.is_empty() => {
                let (hold, who) = draw(&mut state, &mut holds);
                let request = book_request(&key, &hold, who.clone());
                if let Ok(appointment) = kiosk.post("/appointments", &request).await {
                    booked.push((appointment, who));
                }
            }
            3 if !holds.is_empty() && !booked.is_empty() => {
                let (hold, _) = draw(&mut state, &mut holds);
                let (appointment, who) = draw(&mut state, &mut booked);
                let id_hash = who.clone();
                let request = MoveRequest { key: key.as_str().into(), hold: hold.id, id_hash };
                let path = format!("/appointments/{}/move", appointment.id);
                let _ = kiosk.post::<Appointment>(&path, &request).await;
                booked.push((appointment, who));
            }
            4 if !booked.is_empty() => {
                let (it, id_hash) = draw(&mut state, &mut booked);
                let request = CancelRequest { key: key.as_str().into(), id_hash };
                let path = format!("/appointments/{}/cancel", it.id);
                kiosk.post::<Appointment>(&path, &request).await.expect("it is open");
            }
            _ => {
                world.clock.advance(SignedDuration::from_secs(60));
                world.running.keep_house().await.expect("housekeeping works");
            }
        }
        assert_eq!(world.database.check().await.expect("it reads"), Vec::<String>::new(), "{step}");
    }
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM appointments WHERE date = '2026-12-15' AND state = 'booked'",
    )
    .fetch_one(&world.sql().await)
    .await
    .expect("a count");
    assert_eq!(open, booked.len() as i64);
}
