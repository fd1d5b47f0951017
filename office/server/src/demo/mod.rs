//! The demo hall of `office seed --demo`: it looks real, and everybody in it is invented.
//!
//! The same seed and time give the same hall. Numbers of people use the administrative code 000000,
//! which no living person's number has.

use jiff::{Timestamp, civil::Date};
use wire::{CompartmentSize, DeliveryId, HallId, KioskId, StaffId, StaffRole};

use crate::{
    Random,
    store::{Database, DatabaseError, seed as store},
};

mod cases;
mod diary;
mod items;
mod lockers;
mod people;
#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod tests;
mod write;

use cases::{CaseMaker, DemoCase};
use items::DemoCatalogue;
use lockers::Planned;

const HALL: &str = "dianzhong";
const KIOSK: &str = "k3";
const TIME_ZONE: &str = "Asia/Shanghai";
const DAY_CHANGE_HOUR: u8 = 4;
const HOLDING_DAYS: u16 = 7;
const CASES: usize = 2000;
const PEOPLE: usize = 480;

/// What the demo has to know about the hall that was seeded: the kiosk's configuration, the cards
/// that can be laid down, and the secrets that nobody could guess from the database.
#[derive(Clone)]
pub struct DemoHall {
    pub hall: HallId,
    /// Key of the keyed hash of ID numbers; kiosks have the same.
    pub hall_key: [u8; 32],
    /// The demo kiosk, number 3.
    pub kiosk: KioskId,
    /// Compartments of the demo kiosk's locker, way 1 first.
    pub compartments: Vec<(u16, CompartmentSize)>,
    /// Accounts of the staff pages.
    pub accounts: Vec<DemoAccount>,
    /// People with identity cards; the first four are `demo-1` to `demo-4`.
    pub people: Vec<DemoPerson>,
    /// Staff with cards; `staff-demo` may do everything.
    pub staff: Vec<DemoStaff>,
    /// Deliveries in compartments of the demo kiosk, with codes that work; `demo-1`'s is first.
    pub pickups: Vec<DemoPickup>,
}

/// An account of the staff pages.
#[derive(Clone)]
pub struct DemoAccount {
    /// `window`, `guide`, `back_room`, `help_desk` or `admin`.
    pub role: String,
    pub user: String,
    pub password: String,
}

/// An invented person with everything that stands on a resident ID card.
#[derive(Clone)]
pub struct DemoPerson {
    /// `demo-1` … `demo-4`, then `person-5` …
    pub card: String,
    pub name: String,
    pub male: bool,
    /// GB/T 3304.
    pub nation_code: String,
    pub nation: String,
    pub birth: Date,
    pub address: String,
    pub number: String,
    pub issuer: String,
    pub valid_from: Date,
    /// `None`: 长期.
    pub valid_to: Option<Date>,
}

impl DemoPerson {
    /// What stands on the person's resident card, as the reader's simulator lays it.
    pub fn card_json(&self) -> serde_json::Value {
        serde_json::json!({
            "card": "resident", "name": self.name, "sex": if self.male { "male" } else { "female" },
            "nation_code": self.nation_code, "nation": self.nation,
            "birth": self.birth.to_string(), "address": self.address, "number": self.number,
            "issuer": self.issuer, "valid_from": self.valid_from.to_string(),
            "valid_to": self.valid_to.map(|it| it.to_string()),
            "valid_to_long_term": self.valid_to.is_none(),
        })
    }
}

/// A member of staff with what is on the card.
#[derive(Clone)]
pub struct DemoStaff {
    /// Name of the card on the bench: `staff-demo`, …
    pub card: String,
    pub id: StaffId,
    pub name: String,
    pub card_number: String,
    /// P-256 private scalar, big-endian.
    pub card_secret_key: [u8; 32],
    /// P-256 public key, uncompressed point (65 bytes), hex.
    pub card_public_key: String,
    pub pin: String,
    pub roles: Vec<StaffRole>,
}

/// Something that waits in a compartment of the demo kiosk.
#[derive(Clone)]
pub struct DemoPickup {
    /// Card of its owner.
    pub card: String,
    pub delivery: DeliveryId,
    pub compartment: u16,
    /// All eight digits.
    pub code: String,
}

macro_rules! debug_without_content {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

debug_without_content!(DemoHall, DemoAccount, DemoPerson, DemoStaff, DemoPickup);

/// Fills an empty, migrated database with the demo hall: three kiosks, a hundred items, 2,000 cases
/// in every state, results in lockers, appointments. `now` is the moment the demo starts.
///
/// A database that holds a demo hall already is left as it is, and what was seeded is told again
/// from the seed and the time that it was made from; what has been collected since is left out.
pub async fn seed(
    database: &Database,
    seed: u64,
    now: Timestamp,
) -> Result<DemoHall, DatabaseError> {
    seed_with_cases(database, seed, now, CASES).await
}

/// The same with another number of cases, for quick tests and for measurements.
pub async fn seed_with_cases(
    database: &Database,
    seed: u64,
    now: Timestamp,
    cases: usize,
) -> Result<DemoHall, DatabaseError> {
    database.migrate().await?;
    if let Some((seed, cases, then)) = store::demo(database).await? {
        let mut hall = plan(seed, then, cases).hall;
        let waiting = store::in_compartments(database).await?;
        hall.pickups.retain(|it| waiting.iter().any(|id| id == it.delivery.as_str()));
        return Ok(hall);
    }
    if !store::is_empty(database).await? {
        return Err(DatabaseError::NotEmpty);
    }
    let plan = plan(seed, now, cases);
    write::all(database, &plan).await?;
    Ok(plan.hall)
}

/// What the demo promises, worked out without a database. The other cases are made while they are
/// written, so that a million of them fits into memory.
struct Plan {
    seed: u64,
    now: Timestamp,
    today: Date,
    /// How many cases there are to be in all.
    cases: usize,
    hall: DemoHall,
    catalogue: DemoCatalogue,
    promised: Vec<(DemoCase, Option<Planned>)>,
}

fn plan(seed: u64, now: Timestamp, cases: usize) -> Plan {
    let today = people::today(now);
    let catalogue = DemoCatalogue::read();
    let hall_key = Random::seeded(seed ^ 0x006b_6579).bytes();
    let people = people::people(seed, today, PEOPLE.max(cases / 5));
    let mut maker = CaseMaker::new(&catalogue, &people, &hall_key, (seed, 0), today);
    let lockers = lockers::promised(&mut maker, &Random::seeded(seed ^ 0x636f_6465));
    let others = maker.of_demo_people().into_iter().map(|it| (it, None));
    let promised: Vec<_> =
        lockers.into_iter().map(|(case, it)| (case, Some(it))).chain(others).collect();
    let pickup = |(case, planned): &(DemoCase, Option<Planned>)| {
        let lies = |it: &&Planned| {
            it.kiosk == Some(KIOSK) && it.state == wire::DeliveryState::InCompartment
        };
        let it = planned.as_ref().filter(lies)?;
        Some(DemoPickup {
            card: people[case.person].card.clone(),
            delivery: DeliveryId(it.id.clone()),
            compartment: it.compartment?,
            code: it.code.as_ref()?.digits(),
        })
    };
    let pickups = promised.iter().filter_map(pickup).collect();
    let hall = DemoHall {
        hall: HallId::from(HALL),
        hall_key,
        kiosk: KioskId::from(KIOSK),
        compartments: compartments(),
        accounts: people::accounts(),
        staff: people::staff(seed),
        people,
        pickups,
    };
    Plan { seed, now, today, cases, hall, catalogue, promised }
}

/// Ways 1–24 take papers, 25–36 a folder, 37–40 a box.
fn compartments() -> Vec<(u16, CompartmentSize)> {
    let size = |way| match way {
        1..=24 => CompartmentSize::Small,
        25..=36 => CompartmentSize::Medium,
        _ => CompartmentSize::Large,
    };
    (1..=40).map(|way| (way, size(way))).collect()
}
