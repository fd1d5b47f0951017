//! What lies in the demo hall's lockers, what is expected, and what has left.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use office_rules::code::NewCode;
use wire::{CaseState, CaseStepKind, DeliveryState, DeliveryWay};

use super::{
    HOLDING_DAYS, KIOSK,
    cases::{CaseMaker, DemoCase, Detour, Wanted},
    people,
};
use crate::Random;

/// Kiosk, compartment, item, age in days.
type Spot = (&'static str, u16, &'static str, i64);

/// What lies in compartments. The first is demo-1's; of those in the demo kiosk three are overdue.
const LYING: [Spot; 17] = [
    (KIOSK, 7, "food-permit", 1),
    (KIOSK, 2, "public-hygiene", 2),
    (KIOSK, 5, "sole-setup", 1),
    (KIOSK, 11, "card-issue", 4),
    (KIOSK, 14, "residence-permit", 3),
    (KIOSK, 19, "estate-transfer", 5),
    (KIOSK, 22, "road-practice", 9),
    (KIOSK, 26, "plan-permit", 2),
    (KIOSK, 31, "fire-design", 11),
    (KIOSK, 33, "pollution-permit", 3),
    (KIOSK, 38, "env-impact", 16),
    ("k1", 3, "company-setup", 1),
    ("k1", 8, "nurse-register", 2),
    ("k1", 17, "teacher", 10),
    ("k2", 4, "estate-mortgage", 1),
    ("k2", 9, "passport", 3),
    ("k2", 27, "construct-permit", 2),
];
/// The power went while this door stood open.
const UNCERTAIN: Spot = (KIOSK, 16, "licence-reissue", 3);
/// What waits in the back room, with the kiosk it is meant for.
const EXPECTED: [(Option<&str>, &str); 9] = [
    (Some(KIOSK), "sole-change"),
    (None, "doctor-register"),
    (Some(KIOSK), "food-production"),
    (None, "hk-permit"),
    (Some("k1"), "drug-retail"),
    (Some(KIOSK), "construct-permit"),
    (None, "water-permit"),
    (Some(KIOSK), "completion"),
    (Some(KIOSK), "tobacco"),
];
/// What was taken back.
const RECALLED: [Spot; 3] =
    [(KIOSK, 12, "seal", 3), ("k1", 20, "job-card", 6), ("k2", 6, "hukou-move", 13)];

/// A delivery of the demo.
pub(super) struct Planned {
    pub(super) id: String,
    pub(super) kiosk: Option<&'static str>,
    pub(super) state: DeliveryState,
    /// Where it lies, or lay before it left.
    pub(super) compartment: Option<u16>,
    pub(super) code: Option<NewCode>,
    pub(super) hold_until: Option<Date>,
    pub(super) deposited_at: Option<Timestamp>,
    /// When it was taken or taken back, or when it became uncertain.
    pub(super) changed_at: Option<Timestamp>,
}

/// Numbers of the kiosks as their codes carry them.
pub(super) fn kiosk_number(kiosk: &str) -> u8 {
    match kiosk {
        "k1" => 1,
        "k2" => 2,
        _ => 3,
    }
}

/// The deliveries that the demo promises, each with its case.
pub(super) fn promised(maker: &mut CaseMaker<'_>, random: &Random) -> Vec<(DemoCase, Planned)> {
    let mut locators = BTreeMap::new();
    let mut all = Vec::new();
    for (order, spot) in LYING.into_iter().chain([UNCERTAIN]).enumerate() {
        // The first belongs to demo-1, the others to people without demo cards.
        let person = if order == 0 { 0 } else { order + 3 };
        let case = maker.make(&wanted(maker, person, spot, None));
        let mut planned = deposited(&case, spot.0);
        planned.code = Some(code(&mut locators, spot.0, random));
        if spot == UNCERTAIN {
            planned.state = DeliveryState::Uncertain;
            planned.changed_at = planned.deposited_at.map(|it| it + SignedDuration::from_hours(9));
        }
        all.push((case, planned));
    }
    for (order, (kiosk, item)) in EXPECTED.into_iter().enumerate() {
        let case = maker.make(&Wanted {
            state: CaseState::Producing,
            compartment: None,
            ..wanted(maker, order + 24, ("", 0, item, 1), None)
        });
        let planned = expected(&case, kiosk);
        all.push((case, planned));
    }
    for (order, spot) in RECALLED.into_iter().enumerate() {
        let case = maker.make(&wanted(maker, order + 40, spot, Some(Detour::Recalled)));
        let planned = left(&case, spot.0, DeliveryState::Recalled);
        all.push((case, planned));
    }
    all
}

/// The delivery of a case whose result was taken from a locker; none for other cases.
pub(super) fn taken(case: &DemoCase) -> Option<Planned> {
    let kiosk = ["k1", "k2", KIOSK][case.running as usize % 3];
    let took = case.row.state == CaseState::HandedOver && case.compartment.is_some();
    took.then(|| left(case, kiosk, DeliveryState::HandedOver))
}

fn wanted(
    maker: &CaseMaker<'_>,
    person: usize,
    (_, compartment, item, age_days): Spot,
    detour: Option<Detour>,
) -> Wanted {
    Wanted {
        person,
        item: maker.catalogue.position(item),
        state: CaseState::ReadyForPickup,
        way: DeliveryWay::Locker,
        age_days,
        detour,
        compartment: Some(compartment),
    }
}

fn code(
    locators: &mut BTreeMap<&'static str, BTreeSet<String>>,
    kiosk: &'static str,
    random: &Random,
) -> NewCode {
    let in_use = locators.entry(kiosk).or_default();
    let code = NewCode::make(kiosk_number(kiosk), in_use, random.number())
        .expect("the demo fills far fewer than a hundred compartments");
    in_use.insert(code.locator().to_owned());
    code
}

fn id(case: &DemoCase) -> String {
    format!("d{:05}", case.running)
}

fn deposited(case: &DemoCase, kiosk: &'static str) -> Planned {
    let deposited_at = case.at(CaseStepKind::ReadyForPickup);
    let day = deposited_at.map(|it| people::zone().to_datetime(it).date());
    Planned {
        id: id(case),
        kiosk: Some(kiosk),
        state: DeliveryState::InCompartment,
        compartment: case.compartment,
        code: None,
        hold_until: day.map(|it| it + i64::from(HOLDING_DAYS).days()),
        deposited_at,
        changed_at: None,
    }
}

fn expected(case: &DemoCase, kiosk: Option<&'static str>) -> Planned {
    Planned {
        id: id(case),
        kiosk,
        state: DeliveryState::Expected,
        compartment: None,
        code: None,
        hold_until: None,
        deposited_at: None,
        changed_at: case.row.steps.last().map(|it| it.1),
    }
}

/// What was handed over, or taken back because nobody came.
fn left(case: &DemoCase, kiosk: &'static str, state: DeliveryState) -> Planned {
    let changed_at = case.row.steps.last().map(|it| it.1);
    Planned { state, changed_at, ..deposited(case, kiosk) }
}
