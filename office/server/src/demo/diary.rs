//! Who comes to the demo hall's windows when: some days are nearly full, later ones empty.

use std::collections::BTreeSet;

use jiff::{SignedDuration, ToSpan as _, civil::Date};
use office_rules::{
    booking::MISSED_AFTER,
    slot::{BOOKABLE_DAYS, begins_at},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use wire::{AppointmentState, Slot};

use super::Plan;
use crate::store::{DatabaseError, Office, appointment};

/// The person with the card `demo-2`; what they come for today, what on the next open day, and what
/// they came for earlier today. All are for the same window type.
const DEMO_2: usize = 1;
const ITEM: &str = "estate-transfer";
const NEXT_ITEM: &str = "estate-mortgage";
const EARLIER_ITEM: &str = "estate-query";
/// Window types that are nearly full on the hall's next day and on one later.
const BUSY: [(usize, &[&str]); 2] =
    [(1, &["general", "security", "cross_province"]), (4, &["social", "estate", "life_event"])];
/// Nobody has booked yet for the days after these.
const FILLED_DAYS: usize = 14;
/// People without demo cards begin here.
const FIRST_PERSON: usize = 4;

/// An appointment of the demo.
pub(super) struct Booked {
    pub(super) person: usize,
    pub(super) item: usize,
    pub(super) slot: Slot,
    pub(super) state: AppointmentState,
}

/// All appointments, demo-2's first, the others in order of time.
pub(super) async fn plan(office: &Office, plan: &Plan) -> Result<Vec<Booked>, DatabaseError> {
    let mut diary = Diary {
        office,
        plan,
        random: StdRng::seed_from_u64(plan.seed ^ 0x6469_6172),
        pairs: BTreeSet::new(),
        booked: Vec::new(),
    };
    diary.demo_2().await?;
    let mut open_days = 0;
    for ahead in 0..FILLED_DAYS {
        let date = plan.today + (ahead as i64).days();
        if diary.day(date, ahead, open_days).await? {
            open_days += 1;
        }
    }
    Ok(diary.booked)
}

struct Diary<'a> {
    office: &'a Office,
    plan: &'a Plan,
    random: StdRng,
    /// Nobody comes twice for the same thing.
    pairs: BTreeSet<(usize, usize)>,
    booked: Vec<Booked>,
}

impl Diary<'_> {
    /// Today where the hall is open, to come or done, and on the next open day.
    async fn demo_2(&mut self) -> Result<(), DatabaseError> {
        let position = |it| self.plan.catalogue.position(it);
        let [item, next_item, earlier] = [ITEM, NEXT_ITEM, EARLIER_ITEM].map(position);
        let window_type = &self.plan.catalogue.items[item].window_type;
        for ahead in 0..BOOKABLE_DAYS {
            let date = self.plan.today + (ahead as i64).days();
            let slots = appointment::slots_on(self.office, window_type, date).await?;
            let to_come =
                slots.iter().filter(|it| self.state(it, true) == AppointmentState::Booked);
            // Not the very next one where there is another: time to look at it and to move it.
            let chosen = to_come.clone().nth(1).or_else(|| to_come.clone().next());
            let (slot, item) = match (chosen, slots.last()) {
                (Some(slot), _) if ahead == 0 => (slot, item),
                (Some(slot), _) => (slot, next_item),
                (None, Some(slot)) => (slot, earlier),
                (None, None) => continue,
            };
            let (state, slot) = (self.state(slot, true), slot.clone());
            self.booked.push(Booked { person: DEMO_2, item, slot, state });
            if ahead > 0 {
                break;
            }
        }
        Ok(())
    }

    /// Fills one day; whether the hall is open on it.
    async fn day(
        &mut self,
        date: Date,
        ahead: usize,
        open_day: usize,
    ) -> Result<bool, DatabaseError> {
        let mut open = false;
        for window_type in self.plan.catalogue.window_types() {
            let slots = appointment::slots_on(self.office, window_type.id, date).await?;
            let items = self.plan.catalogue.bookable_at(window_type.id);
            open |= !slots.is_empty();
            let busy =
                BUSY.iter().any(|(day, types)| *day == open_day && types.contains(&window_type.id));
            let percent = if busy { 96 } else { 45_usize.saturating_sub(3 * ahead).max(4) };
            for slot in &slots {
                self.slot(slot, percent, &items);
            }
        }
        Ok(open)
    }

    fn slot(&mut self, slot: &Slot, percent: usize, items: &[usize]) {
        let demo_2 = self.booked.iter().filter(|it| it.person == DEMO_2);
        let taken = demo_2.filter(|it| it.slot.id == slot.id).count();
        let free = usize::from(slot.capacity) - taken;
        let comers = (0..free).filter(|_| self.random.random_range(0..100) < percent).count();
        for _ in 0..comers {
            let Some((person, item)) = self.somebody(items) else { continue };
            let came = self.random.random_range(0..12) > 0;
            let state = self.state(slot, came);
            self.booked.push(Booked { person, item, slot: slot.clone(), state });
        }
    }

    /// Somebody who does not come for this already; none when nobody is found soon.
    fn somebody(&mut self, items: &[usize]) -> Option<(usize, usize)> {
        if items.is_empty() {
            return None;
        }
        (0..20).find_map(|_| {
            let person = self.random.random_range(FIRST_PERSON..self.plan.hall.people.len());
            let item = items[self.random.random_range(0..items.len())];
            self.pairs.insert((person, item)).then_some((person, item))
        })
    }

    /// How an appointment in this slot stands now.
    fn state(&self, slot: &Slot, came: bool) -> AppointmentState {
        let begins = begins_at(slot.date, slot.starts, &self.office.zone);
        let since = self.plan.now.duration_since(begins);
        if since < SignedDuration::ZERO {
            AppointmentState::Booked
        } else if since <= MISSED_AFTER {
            AppointmentState::CheckedIn
        } else if came {
            AppointmentState::Done
        } else {
            AppointmentState::Missed
        }
    }
}
