//! What lies in the demo hall's lockers, what is expected, and what has left.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _, civil::Date};
use office_rules::code::NewCode;
use wire::{CaseState, CompartmentSize, DeliveryState, DeliveryWay};

use super::{
    HOLDING_DAYS, KIOSK,
    cases::{CaseMaker, DemoCase},
};
use crate::Random;

/// Expected results, handed-over ones and recalled ones that the demo shows.
const EXPECTED: usize = 8;
const HANDED_OVER: usize = 60;
const RECALLED: usize = 4;
/// Compartments that are taken, in the order in which they are filled.
const K3_SMALL: [u16; 10] = [7, 2, 4, 9, 12, 15, 18, 20, 21, 23];
const K3_MEDIUM: [u16; 3] = [26, 30, 33];
const OTHERS: [u16; 8] = [3, 5, 8, 11, 14, 17, 19, 22];

/// A delivery of the demo.
pub(super) struct Planned {
    pub(super) id: String,
    /// Index of its case.
    pub(super) case: usize,
    pub(super) kiosk: Option<&'static str>,
    pub(super) state: DeliveryState,
    /// Where it lies, or lay before it left.
    pub(super) compartment: Option<u16>,
    pub(super) code: Option<NewCode>,
    pub(super) hold_until: Option<Date>,
    pub(super) deposited_at: Option<Timestamp>,
    pub(super) left_at: Option<Timestamp>,
}

/// Numbers of the kiosks as their codes carry them.
pub(super) fn kiosk_number(kiosk: &str) -> u8 {
    match kiosk {
        "k1" => 1,
        "k2" => 2,
        _ => 3,
    }
}

/// Plans all deliveries; cases whose result lies in a locker are moved in time so that it fits.
pub(super) fn plan(maker: &CaseMaker<'_>, cases: &mut [DemoCase], random: &Random) -> Vec<Planned> {
    let mut planner = Planner {
        maker,
        random,
        planned: Vec::new(),
        locators: BTreeMap::new(),
        free: vec![
            ("k3", CompartmentSize::Small, K3_SMALL.to_vec()),
            ("k3", CompartmentSize::Medium, K3_MEDIUM.to_vec()),
            ("k1", CompartmentSize::Small, OTHERS.to_vec()),
            ("k2", CompartmentSize::Small, OTHERS.to_vec()),
        ],
    };
    planner.lying(cases);
    planner.expected(cases);
    planner.left(cases, CaseState::HandedOver, DeliveryWay::Locker, HANDED_OVER);
    planner.left(cases, CaseState::ReadyForPickup, DeliveryWay::Window, RECALLED);
    planner.planned
}

struct Planner<'a, 'b> {
    maker: &'a CaseMaker<'b>,
    random: &'a Random,
    planned: Vec<Planned>,
    locators: BTreeMap<&'static str, BTreeSet<String>>,
    free: Vec<(&'static str, CompartmentSize, Vec<u16>)>,
}

/// Indices of the cases in this state with this way of delivery.
fn of(cases: &[DemoCase], state: CaseState, way: DeliveryWay) -> Vec<usize> {
    let fits = |it: &usize| cases[*it].row.state == state && cases[*it].row.way == way;
    (0..cases.len()).filter(fits).collect()
}

impl Planner<'_, '_> {
    /// The first is demo-1's; then three that are overdue; the last but two of a full hall go to the
    /// other kiosks, one of them uncertain.
    fn lying(&mut self, cases: &mut [DemoCase]) {
        let waiting = of(cases, CaseState::ReadyForPickup, DeliveryWay::Locker);
        for (order, index) in waiting.into_iter().enumerate() {
            let size = self.maker.catalogue.items[cases[index].item].size;
            let Some((kiosk, compartment)) = self.take(order, size) else { continue };
            let age = self.maker.age_days(&cases[index]);
            let days = match order {
                0 => age - 1,
                // By whole weeks, so that nothing falls on a weekend: 9 to 15 days ago.
                1..=3 => (age - 9).div_euclid(7) * 7,
                _ => (age - 1).div_euclid(7) * 7,
            };
            self.maker.shift(&mut cases[index], days);
            let deposited_at = cases[index].row.steps.last().map(|it| it.1);
            let uncertain = kiosk == "k1" && compartment == OTHERS[0];
            let code = self.code(kiosk);
            self.planned.push(Planned {
                id: format!("d{:04}", self.planned.len() + 1),
                case: index,
                kiosk: Some(kiosk),
                state: if uncertain {
                    DeliveryState::Uncertain
                } else {
                    DeliveryState::InCompartment
                },
                compartment: Some(compartment),
                code: Some(code),
                hold_until: Some(
                    self.maker.today - self.maker.age_days(&cases[index]).days()
                        + i64::from(HOLDING_DAYS).days(),
                ),
                deposited_at,
                left_at: None,
            });
        }
    }

    /// A free compartment of this size; every third goes to another kiosk.
    fn take(&mut self, order: usize, size: CompartmentSize) -> Option<(&'static str, u16)> {
        let prefers = match order {
            4 | 7 | 10 => "k1",
            6 | 9 | 12 => "k2",
            _ => KIOSK,
        };
        let fits = |it: &&mut (&'static str, CompartmentSize, Vec<u16>)| {
            it.1 >= size && !it.2.is_empty() && (it.0 == prefers || it.0 == KIOSK)
        };
        let mut fitting: Vec<_> = self.free.iter_mut().filter(fits).collect();
        fitting.sort_by_key(|it| it.0 != prefers);
        let (kiosk, _, ways) = fitting.into_iter().next()?;
        Some((kiosk, ways.remove(0)))
    }

    fn code(&mut self, kiosk: &'static str) -> NewCode {
        let in_use = self.locators.entry(kiosk).or_default();
        let code = NewCode::make(kiosk_number(kiosk), in_use, self.random.number())
            .expect("the demo fills far fewer than a hundred compartments");
        in_use.insert(code.locator().to_owned());
        code
    }

    fn expected(&mut self, cases: &[DemoCase]) {
        let made = of(cases, CaseState::Producing, DeliveryWay::Locker);
        for (order, case) in made.into_iter().take(EXPECTED).enumerate() {
            self.planned.push(Planned {
                id: format!("d{:04}", self.planned.len() + 1),
                case,
                kiosk: (order % 2 == 0).then_some(KIOSK),
                state: DeliveryState::Expected,
                compartment: None,
                code: None,
                hold_until: None,
                deposited_at: None,
                left_at: None,
            });
        }
    }

    /// What was handed over, or taken back because nobody came.
    fn left(&mut self, cases: &[DemoCase], state: CaseState, way: DeliveryWay, count: usize) {
        for case in of(cases, state, way).into_iter().take(count) {
            let steps = &cases[case].row.steps;
            let [.., before, last] = steps.as_slice() else { continue };
            let kiosk = ["k1", "k2", "k3"][case % 3];
            self.planned.push(Planned {
                id: format!("d{:04}", self.planned.len() + 1),
                case,
                kiosk: Some(kiosk),
                state: if state == CaseState::HandedOver {
                    DeliveryState::HandedOver
                } else {
                    DeliveryState::Recalled
                },
                compartment: u16::try_from(case % 24 + 1).ok(),
                code: None,
                hold_until: None,
                deposited_at: Some(before.1),
                left_at: Some(last.1),
            });
        }
    }
}
