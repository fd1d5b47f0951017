//! The demo hall keeps what it promises, whenever it is made.

use std::collections::BTreeSet;

use hal::id_reader::number::is_valid_18;
use sqlx::{Row as _, sqlite::SqliteRow};
use wire::{Appointment, CaseState, CaseView, DayKind, VoucherKind};

use super::*;
use crate::{
    Clock, secret,
    store::{Office, lookup},
};

const SEED: u64 = 24;
/// Enough for everything that the demo promises; the whole number makes a test slow.
const FEW: usize = 400;
/// A Tuesday at 10:30, the same day at 23:40, a Saturday, a Sunday, and a day of the long holiday.
const MOMENTS: [&str; 5] = [
    "2026-11-24T10:30:00+08:00",
    "2026-11-24T23:40:00+08:00",
    "2026-11-28T08:15:00+08:00",
    "2026-11-29T15:00:00+08:00",
    "2026-10-03T12:00:00+08:00",
];

/// A seeded hall in a folder of its own.
struct World {
    database: Database,
    hall: DemoHall,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(now: &str, cases: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let database = Database::open(&url).await.expect("a new database opens");
        let now = now.parse().expect("a moment of this test");
        let hall = seed_with_cases(&database, SEED, now, cases).await.expect("seeding works");
        Self { database, hall, now, _folder: folder }
    }

    async fn rows(&self, query: &'static str) -> Vec<SqliteRow> {
        sqlx::query(query).fetch_all(self.database.reader()).await.expect(query)
    }

    async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.database.reader()).await.expect(query)
    }

    async fn office(&self) -> Office {
        let now = self.now;
        let (_, stopped) = tokio::sync::watch::channel(false);
        let clock = Clock::from_fn(move || now);
        let office = Office::open(self.database.clone(), clock, Random::seeded(1), stopped);
        office.await.expect("the seeded hall opens")
    }

    async fn seen_by(&self, person: usize) -> (Vec<CaseView>, Vec<Appointment>) {
        let office = self.office().await;
        let number = &self.hall.people[person].number;
        let id_hash = office_rules::person::id_hash(&self.hall.hall_key, number);
        let cases = lookup::cases(&office, &id_hash).await.expect("cases");
        (cases, lookup::appointments(&office, &id_hash).await.expect("appointments"))
    }
}

#[tokio::test]
async fn the_whole_hall_is_there() {
    let world = World::new(MOMENTS[1], CASES).await;
    for (query, least) in [
        ("SELECT count(*) FROM items", 80),
        ("SELECT count(*) FROM persons", 480),
        ("SELECT count(*) FROM window_types", 9),
        ("SELECT count(*) FROM staff", 3),
        ("SELECT count(*) FROM accounts", 5),
        ("SELECT count(DISTINCT state) FROM cases", 10),
        ("SELECT count(DISTINCT delivery_way) FROM cases", 3),
        ("SELECT count(*) FROM appointments WHERE state = 'booked'", 100),
        ("SELECT count(*) FROM notifications", 11),
    ] {
        let found = world.number(query).await;
        assert!(found >= least, "{query}: {found}");
    }
    assert_eq!(world.number("SELECT count(*) FROM cases").await, 2000);
    assert_eq!(world.number("SELECT count(*) FROM kiosks WHERE enrolled_at > 0").await, 3);
    assert_eq!(world.database.check().await.expect("the check runs"), Vec::<String>::new());
}

#[tokio::test]
async fn the_four_demo_cards_have_what_they_are_for_at_any_hour() {
    for moment in MOMENTS {
        let world = World::new(moment, FEW).await;
        let cards: Vec<&str> = world.hall.people[..4].iter().map(|it| it.card.as_str()).collect();
        assert_eq!(cards, ["demo-1", "demo-2", "demo-3", "demo-4"]);

        let (cases, _) = world.seen_by(0).await;
        let own = &world.hall.pickups[0];
        assert_eq!((own.card.as_str(), own.compartment), ("demo-1", 7), "{moment}");
        let ready: Vec<&CaseView> = cases.iter().filter(|it| it.delivery.is_some()).collect();
        assert_eq!(ready.len(), 1, "{moment}");
        assert_eq!(ready[0].delivery.as_ref(), Some(&own.delivery), "{moment}");
        assert_eq!(ready[0].state, CaseState::ReadyForPickup, "{moment}");

        let (_, appointments) = world.seen_by(1).await;
        let plan = world.office().await.calendar.day(people::today(world.now));
        let today = appointments.iter().any(|it| it.slot.date == plan.date);
        // Nobody has an appointment on a day on which the hall is closed.
        let works = matches!(plan.kind, DayKind::Workday | DayKind::MakeUpWorkday);
        assert!(today || !works, "{moment}");
        assert!(appointments.iter().any(|it| it.slot.date > plan.date), "{moment}");

        let (cases, _) = world.seen_by(2).await;
        let owed = cases.iter().find(|it| it.state == CaseState::ToSupplement).expect(moment);
        let supplement = owed.supplement.as_ref().expect("the notice says what is missing");
        assert!(!supplement.contents.is_empty() && supplement.deadline > plan.date, "{moment}");
        let voucher = owed.voucher.as_ref().expect("the notice has a voucher");
        assert_eq!(voucher.kind, VoucherKind::Supplement);

        let (cases, appointments) = world.seen_by(3).await;
        assert!(cases.is_empty() && appointments.is_empty(), "{moment}");
    }
}

#[tokio::test]
async fn lockers_show_everything_that_staff_have_to_deal_with() {
    const QUERY: &str = "SELECT state, kiosk_id, compartment, hold_until, code_hash, locator \
         FROM deliveries";
    for moment in MOMENTS {
        let world = World::new(moment, FEW).await;
        let today = people::today(world.now).to_string();
        let rows = world.rows(QUERY).await;
        let state = |it: &SqliteRow| it.get::<String, _>("state");
        let count = |wanted: &str| rows.iter().filter(|it| state(it) == wanted).count();
        assert!(count("expected") >= 6 && count("recalled") >= 1, "{moment}");
        assert_eq!(count("uncertain"), 1, "{moment}");
        let here = |it: &&SqliteRow| {
            state(it) == "in_compartment" && it.get::<Option<&str>, _>("kiosk_id") == Some(KIOSK)
        };
        let lying: Vec<&SqliteRow> = rows.iter().filter(here).collect();
        assert_eq!(lying.len(), world.hall.pickups.len(), "{moment}");
        let overdue = |it: &SqliteRow| it.get::<String, _>("hold_until") < today;
        assert_eq!(lying.iter().filter(|it| overdue(it)).count(), 3, "{moment}");
        for pickup in &world.hall.pickups {
            let row = lying.iter().find(|it| it.get::<u16, _>("compartment") == pickup.compartment);
            let row = row.expect("each pickup lies in its compartment");
            assert_eq!(row.get::<&str, _>("locator"), &pickup.code[..4]);
            if pickup.compartment == 7 {
                assert!(secret::fits(&pickup.code, row.get("code_hash")), "{moment}");
                assert!(!overdue(row), "{moment}");
            }
        }
    }
}

#[test]
fn people_are_invented_and_some_have_rare_characters() {
    let hall = plan(SEED, MOMENTS[0].parse().expect("a moment"), FEW).hall;
    let numbers: BTreeSet<&str> = hall.people.iter().map(|it| it.number.as_str()).collect();
    assert_eq!(numbers.len(), hall.people.len());
    assert!(numbers.iter().all(|it| it.starts_with("000000") && is_valid_18(it)));
    assert!(hall.people.iter().any(|it| it.name.contains('𠅤')));
    assert!(!format!("{hall:?}").contains('张'), "debug output shows nothing of them");
}

#[tokio::test]
async fn the_same_seed_and_time_make_the_same_hall_and_another_seed_another() {
    const DUMP: &str = "SELECT case_id || state || id_hash || updated_at AS line FROM cases \
         UNION ALL SELECT delivery_id || state || coalesce(code_hash, '') FROM deliveries \
         UNION ALL SELECT appointment_id || number || slot_id || state FROM appointments \
         UNION ALL SELECT staff_id || card_public_key || pin_hash FROM staff \
         UNION ALL SELECT password_hash FROM accounts UNION ALL SELECT body FROM notifications \
         UNION ALL SELECT kiosk_id || kind || subject || seq FROM feed ORDER BY line";
    let lines = |rows: Vec<SqliteRow>| -> Vec<String> { rows.iter().map(|it| it.get(0)).collect() };
    let first = World::new(MOMENTS[0], FEW).await;
    let second = World::new(MOMENTS[0], FEW).await;
    assert_eq!(lines(first.rows(DUMP).await), lines(second.rows(DUMP).await));
    let other = plan(SEED + 1, first.now, FEW).hall;
    assert_ne!(other.hall_key, first.hall.hall_key);
    assert_ne!(other.pickups[0].code, first.hall.pickups[0].code);
}

#[tokio::test]
async fn a_hall_that_is_there_is_told_again_without_what_was_collected() {
    let world = World::new(MOMENTS[0], FEW).await;
    let mut tx = world.database.write().await.expect("a transaction");
    sqlx::query(
        "UPDATE deliveries SET state = 'handed_over', compartment = NULL, locator = NULL, \
         code_hash = NULL WHERE delivery_id = ?",
    )
    .bind(world.hall.pickups[0].delivery.as_str())
    .execute(&mut *tx)
    .await
    .expect("an update");
    tx.commit().await.expect("a commit");
    let later = world.now + jiff::SignedDuration::from_hours(30);
    let again = seed(&world.database, SEED + 9, later).await.expect("it is told again");
    assert_eq!(again.hall_key, world.hall.hall_key);
    let codes = |hall: &DemoHall| hall.pickups.iter().map(|it| it.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(&again), codes(&world.hall)[1..]);
    assert_eq!(world.number("SELECT count(*) FROM cases").await, FEW as i64);
}
