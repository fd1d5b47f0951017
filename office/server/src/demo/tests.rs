//! The demo hall keeps what it promises, whenever it is made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _, civil::Date, civil::Time};
use office_rules::{
    message,
    slot::{BOOKABLE_DAYS, begins_at},
};
use sqlx::{Row as _, sqlite::SqliteRow};
use wire::{
    AppointmentState, CaseState, CaseStepKind, CompartmentSize, DeliveryState, Item, LocalText,
    StaffRole, Supplement, Voucher, VoucherKind,
};

use super::*;
use crate::{
    Clock, secret,
    store::{Office, account, delivery, feed, lookup},
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

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment of this test")
}

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
        let now = moment(now);
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

    fn id_hash(&self, person: usize) -> wire::IdHash {
        office_rules::person::id_hash(&self.hall.hall_key, &self.hall.people[person].number)
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
