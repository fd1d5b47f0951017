//! What the demo hall tells of itself is consistent: lockers, custody, timelines, diary, feed.

use std::collections::{BTreeMap, BTreeSet};

use hal::id_reader::number::check_character;
use office_rules::{
    calendar::{Calendar, Hours},
    message,
    slot::BOOKABLE_DAYS,
};
use sqlx::{Row as _, sqlite::SqliteRow};
use tokio::sync::watch;
use wire::{Change, DeliveryState, IdHash, Item, LocalText, VoucherKind};

use super::*;
use crate::{
    Clock, secret,
    store::{Office, appointment, delivery, feed},
};

const SEED: u64 = 24;
/// What is promised, and some more.
const FEW: usize = 120;
const MORNING: &str = "2026-11-24T10:30:00+08:00";
const NIGHT: &str = "2026-11-24T23:40:00+08:00";
/// A workday by day and by night, after midnight, a Saturday, a Sunday, a long holiday, and a year
/// whose holidays are not published.
const MOMENTS: [&str; 7] = [
    MORNING,
    NIGHT,
    "2026-11-25T01:20:00+08:00",
    "2026-11-28T08:15:00+08:00",
    "2026-11-29T15:00:00+08:00",
    "2026-10-07T12:00:00+08:00",
    "2028-02-08T09:00:00+08:00",
];

/// A seeded hall in a folder of its own.
struct World {
    office: Office,
    hall: DemoHall,
    now: Timestamp,
    today: Date,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(now: &str, cases: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let url = format!("sqlite:{}", folder.path().join("office.db").display());
        let database = Database::open(&url).await.expect("a new database opens");
        let now: Timestamp = now.parse().expect("a moment of this test");
        let hall = seed_with_cases(&database, SEED, now, cases).await.expect("seeding works");
        let (_, stopped) = watch::channel(false);
        let clock = Clock::from_fn(move || now);
        let office = Office::open(database, clock, Random::seeded(1), stopped).await;
        let office = office.expect("the seeded hall opens");
        Self { today: people::today(now), office, hall, now, _folder: folder }
    }

    async fn rows(&self, query: &str) -> Vec<SqliteRow> {
        let query = sqlx::query(sqlx::AssertSqlSafe(query.to_owned()));
        query.fetch_all(self.office.database.reader()).await.expect("the query is right")
    }

    async fn count(&self, what: &str) -> i64 {
        self.rows(&format!("SELECT count(*) AS n FROM {what}")).await[0].get("n")
    }

    fn id_hash(&self, person: usize) -> IdHash {
        office_rules::person::id_hash(&self.hall.hall_key, &self.hall.people[person].number)
    }
}

fn json<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: &str) -> T {
    serde_json::from_str(row.get(column)).expect("a stored value is one of wire's")
}

#[tokio::test]
async fn a_hall_that_was_not_finished_is_not_taken_for_one() {
    let world = World::new(NIGHT, FEW).await;
    let mut tx = world.office.database.write().await.expect("the database is writable");
    sqlx::query("DELETE FROM demo_halls").execute(&mut *tx).await.expect("the mark goes");
    tx.commit().await.expect("the mark is gone");
    let again = seed_with_cases(&world.office.database, SEED, world.now, FEW).await;
    assert!(matches!(again, Err(DatabaseError::NotEmpty)));
}

#[test]
fn every_number_is_valid_unlike_any_other_and_nobodys() {
    let today = jiff::civil::date(2026, 11, 24);
    let people = people::people(SEED, today, 3000);
    let numbers: BTreeSet<_> = people.iter().map(|it| it.number.as_str()).collect();
    assert_eq!(numbers.len(), people.len());
    for it in &people {
        assert!(it.number.starts_with("000000"), "{}", it.card);
        assert!(it.number.ends_with(check_character(&it.number[..17]).expect("17 digits")));
        assert_eq!(it.number[6..14], it.birth.strftime("%Y%m%d").to_string());
        let odd = it.number.as_bytes()[16] % 2 == 1;
        assert_eq!(odd, it.male, "{}", it.card);
        assert!(it.valid_from <= today && it.valid_to.is_none_or(|it| it > today), "{}", it.card);
    }
    let cards: Vec<_> = people.iter().take(4).map(|it| it.card.as_str()).collect();
    assert_eq!(cards, ["demo-1", "demo-2", "demo-3", "demo-4"]);
    assert!(people.iter().take(480).any(|it| it.name.contains('𠅤')));
    let phones: BTreeSet<_> = (0..3000).map(people::phone).collect();
    assert!(phones.len() == 3000 && phones.iter().all(|it| it.starts_with("100")));
}

#[test]
fn cards_of_staff_hold_the_key_that_the_office_knows() {
    for it in people::staff(SEED) {
        let secret = p256::SecretKey::from_slice(&it.card_secret_key).expect("a scalar");
        use p256::elliptic_curve::sec1::ToSec1Point as _;
        let point = secret.public_key().to_sec1_point(false);
        assert_eq!(it.card_public_key, crate::clock::hex(point.as_bytes()));
        assert_eq!(it.card_public_key.len(), 130);
    }
    let first = &people::staff(SEED)[0];
    assert_eq!(first.card, "staff-demo");
    assert_eq!(first.roles, [StaffRole::Courier, StaffRole::Technician]);
}

#[tokio::test]
async fn the_hall_is_consistent_whenever_it_is_made() {
    for now in MOMENTS {
        let world = World::new(now, 300).await;
        lockers(&world, now).await;
        timelines(&world, now).await;
        diary(&world, now).await;
    }
}

async fn lockers(world: &World, now: &str) {
    let today = world.today;
    let lies = "deliveries WHERE kiosk_id = 'k3' AND state = 'in_compartment'";
    assert_eq!(world.count(lies).await, 11, "{now}");
    assert_eq!(world.count(&format!("{lies} AND hold_until < '{today}'")).await, 3, "{now}");
    let uncertain = "deliveries WHERE kiosk_id = 'k3' AND state = 'uncertain'";
    assert_eq!(world.count(uncertain).await, 1, "{now}");
    assert_eq!(world.count("deliveries WHERE state = 'uncertain'").await, 1, "{now}");
    for size in ["small", "medium", "large"] {
        let query = format!("deliveries WHERE state = 'expected' AND size = '{size}'");
        assert!(world.count(&query).await >= 1, "{now}: {size}");
    }
    assert!(world.count("deliveries WHERE state = 'expected'").await >= 6, "{now}");
    let here = world.rows(
        "SELECT compartment, size FROM deliveries WHERE kiosk_id = 'k3' \
         AND compartment IS NOT NULL",
    );
    let sizes: BTreeMap<_, _> = world.hall.compartments.iter().copied().collect();
    for row in here.await {
        let way: u16 = row.get("compartment");
        let size: CompartmentSize = crate::store::word("size", row.get("size")).expect("a size");
        assert!(sizes[&way] >= size, "{now}: compartment {way} is too small");
    }
}

#[tokio::test]
async fn every_code_opens_its_compartment_and_stands_in_its_message() {
    let world = World::new(NIGHT, FEW).await;
    assert_eq!(world.hall.pickups.len(), 11);
    for pickup in &world.hall.pickups {
        let id = pickup.delivery.as_str();
        let it = delivery::read(&world.office, id).await.expect("it is read").expect("it is there");
        let stored = it.code.expect("what lies in a compartment has a code");
        assert_eq!(pickup.code.len(), 8);
        assert!(pickup.code.starts_with(&stored.locator) && stored.locator.starts_with("03"));
        assert!(secret::fits(&pickup.code, &stored.code_hash), "{id}");
        assert_eq!(it.compartment, Some(pickup.compartment));
        let owner = world.hall.people.iter().position(|it| it.card == pickup.card);
        assert_eq!(it.id_hash, world.id_hash(owner.expect("the owner has a card")));
        let query = format!("SELECT body FROM notifications WHERE delivery_id = '{id}'");
        let rows = world.rows(&query).await;
        let body: &str = rows[0].get("body");
        assert!(body.contains(&format!("{} {}", &pickup.code[..4], &pickup.code[4..])), "{id}");
        assert!(!message::without_code(body).contains(&pickup.code[4..]), "{id}");
    }
}

#[tokio::test]
async fn passwords_and_pins_fit() {
    let world = World::new(MORNING, FEW).await;
    for account in &world.hall.accounts {
        let query = format!("SELECT * FROM accounts WHERE user = '{}'", account.user);
        let row = &world.rows(&query).await[0];
        assert!(secret::fits(&account.password, row.get("password_hash")), "{}", account.user);
        assert_eq!(row.get::<&str, _>("role"), account.role);
    }
    for member in &world.hall.staff {
        let query = format!("SELECT * FROM staff WHERE staff_id = '{}'", member.id);
        let row = &world.rows(&query).await[0];
        assert!(secret::fits(&member.pin, row.get("pin_hash")), "{}", member.id);
        assert_eq!(json::<Vec<StaffRole>>(row, "roles"), member.roles);
    }
}

async fn timelines(world: &World, now: &str) {
    let rows = world.rows(
        "SELECT c.*, i.body AS item, (SELECT group_concat(kind) FROM (SELECT kind FROM \
         case_steps s WHERE s.case_id = c.case_id ORDER BY step)) AS kinds, (SELECT \
         group_concat(at) FROM (SELECT at FROM case_steps s WHERE s.case_id = c.case_id \
         ORDER BY step)) AS times FROM cases c JOIN items i USING (hall_id, item_id)",
    );
    for row in rows.await {
        let id: &str = row.get("case_id");
        let times = row.get::<&str, _>("times").split(',');
        let times: Vec<i64> = times.map(|it| it.parse().expect("a time")).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "{now}: {id}");
        let last = *times.last().expect("something happened");
        assert!(last <= world.now.as_millisecond(), "{now}: {id} has steps to come");
        assert_eq!((row.get("submitted_at"), row.get("updated_at")), (times[0], last));
        let kinds: Vec<&str> = row.get::<&str, _>("kinds").split(',').collect();
        assert_eq!(kinds[0], "submitted");
        let voucher: wire::Voucher = json(&row, "voucher");
        let kind = match row.get("state") {
            "to_supplement" => VoucherKind::Supplement,
            "tolerated" => VoucherKind::Tolerated,
            "refused" => VoucherKind::Refused,
            _ => VoucherKind::Accepted,
        };
        assert_eq!(voucher.kind, kind, "{id}");
        assert_eq!(voucher.reasons.is_empty(), kind != VoucherKind::Refused, "{id}");
        let supplement = row.get::<Option<&str>, _>("supplement").is_some();
        assert_eq!(supplement, kind == VoucherKind::Supplement, "{id}");
        assert_eq!(kinds.contains(&"handed_over"), row.get::<&str, _>("state") == "handed_over");
        json::<Item>(&row, "item");
    }
}

#[tokio::test]
async fn what_is_stored_is_what_travels() {
    let world = World::new(MORNING, FEW).await;
    for row in world.rows("SELECT note FROM case_steps").await {
        assert!(!json::<LocalText>(&row, "note").in_language("zh-CN").is_empty());
    }
    for row in world.rows("SELECT document_name AS name FROM deliveries").await {
        assert!(json::<LocalText>(&row, "name").0.contains_key("en"));
    }
    for row in world.rows("SELECT name, place FROM window_types").await {
        json::<LocalText>(&row, "name");
        json::<LocalText>(&row, "place");
    }
    for row in world.rows("SELECT appointment_id FROM appointments LIMIT 20").await {
        assert!(!row.get::<&str, _>("appointment_id").is_empty());
    }
    let catalogue = feed::catalogue(&world.office).await.expect("the catalogue is read");
    assert_eq!(catalogue.hall.kiosks.len(), 3);
    assert_eq!(catalogue.items.len() as i64, world.count("items").await);
    for it in &catalogue.items {
        let query = format!("SELECT search FROM items WHERE item_id = '{}'", it.id);
        let rows = world.rows(&query).await;
        let keys: &str = rows[0].get("search");
        let initials = office_rules::search::initials(it.name.in_language("zh-CN"));
        assert!(office_rules::search::matches(keys, &initials), "{}", it.id);
    }
}

#[tokio::test]
async fn every_kiosk_learns_the_catalogue_the_staff_and_its_deliveries() {
    let world = World::new(NIGHT, FEW).await;
    for kiosk in ["k1", "k2", "k3"] {
        let feed = feed::read(&world.office, &KioskId::from(kiosk), 0).await.expect("it is read");
        let mut seqs = feed.entries.iter().map(|it| it.seq);
        assert!(seqs.clone().is_sorted_by(|a, b| a < b) && seqs.all(|it| it <= feed.cursor));
        let mut told = BTreeSet::new();
        let (mut catalogues, mut staff) = (0, 0);
        for entry in feed.entries {
            match entry.change {
                Change::Catalogue(_) => catalogues += 1,
                Change::Staff(members) => staff += members.len(),
                Change::Delivery(it) => {
                    assert!(it.kiosk.as_ref().is_none_or(|it| it.as_str() == kiosk), "{kiosk}");
                    assert!(!matches!(
                        it.state,
                        DeliveryState::HandedOver | DeliveryState::Recalled
                    ));
                    told.insert(it.id.0);
                }
                other => panic!("{kiosk}: {other:?}"),
            }
        }
        assert_eq!((catalogues, staff), (1, 3), "{kiosk}");
        let query = format!(
            "SELECT delivery_id FROM deliveries WHERE state NOT IN ('handed_over', 'recalled') \
             AND (kiosk_id = '{kiosk}' OR kiosk_id IS NULL)"
        );
        let concerned = world.rows(&query).await;
        let concerned: BTreeSet<String> = concerned.iter().map(|it| it.get(0)).collect();
        assert_eq!(told, concerned, "{kiosk}");
    }
    let highest = &world.rows("SELECT max(seq) = (SELECT feed_seq FROM halls) FROM feed").await[0];
    assert!(highest.get::<bool, _>(0));
}

#[tokio::test]
async fn the_custody_record_tells_how_each_delivery_got_where_it_is() {
    let world = World::new(MORNING, 400).await;
    let rows = world.rows(
        "SELECT d.delivery_id, d.state, (SELECT group_concat(kind) FROM (SELECT kind FROM \
         custody_records r WHERE r.delivery_id = d.delivery_id ORDER BY at)) AS kinds \
         FROM deliveries d",
    );
    for row in rows.await {
        let kinds: Option<&str> = row.get("kinds");
        let expected = match row.get("state") {
            "in_compartment" => Some("opened,deposited"),
            "handed_over" => Some("opened,deposited,opened,handed_over"),
            "recalled" => Some("opened,deposited,opened,recalled"),
            "uncertain" => Some("opened,deposited,opened,uncertain"),
            _ => None,
        };
        assert_eq!(kinds, expected, "{}", row.get::<&str, _>("delivery_id"));
    }
    let late = format!("custody_records WHERE at > {}", world.now.as_millisecond());
    assert_eq!(world.count(&late).await, 0);
}

async fn diary(world: &World, now: &str) {
    let calendar = Calendar::published(Hours::default());
    let open: Vec<_> = calendar
        .days(world.today, BOOKABLE_DAYS)
        .into_iter()
        .filter(|it| !it.hours.is_empty() || !it.extended.is_empty())
        .map(|it| it.date.to_string())
        .collect();
    let rows = world.rows("SELECT DISTINCT date FROM slots ORDER BY date").await;
    let dates: Vec<String> = rows.iter().map(|it| it.get(0)).collect();
    assert_eq!(dates, open, "{now}");
    let item = wire::ItemId::from("food-permit");
    let days = appointment::days(&world.office, &item, world.today, 30).await;
    let days = days.expect("slots are read").days;
    let left = |day: &wire::SlotDay| day.slots.iter().map(|it| it.left).sum::<u16>();
    let places = |day: &wire::SlotDay| day.slots.iter().map(|it| it.capacity).sum::<u16>();
    let nearly = |it: &&wire::SlotDay| places(it) > 0 && left(it) * 5 < places(it);
    assert!(days.iter().filter(nearly).count() >= 1, "{now}: no day is nearly full");
    let free = |it: &&wire::SlotDay| left(it) * 5 > places(it) * 4;
    assert!(days.iter().filter(free).count() >= 5, "{now}: few days are free");
    let counters = "SELECT date, count(*) AS n, (SELECT value FROM counters \
                    WHERE name = 'appointment:' || date) AS counted FROM appointments \
                    GROUP BY date";
    for row in world.rows(counters).await {
        assert_eq!(row.get::<i64, _>("n"), row.get::<i64, _>("counted"));
    }
}
