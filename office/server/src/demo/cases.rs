//! The demo hall's cases: every state, with a timeline that could have happened.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, time},
    tz::TimeZone,
};
use office_rules::calendar::{Calendar, Hours};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use wire::{CaseState, CaseStepKind, DeliveryWay, LocalText, Supplement, Voucher, VoucherKind};

use super::{
    DemoPerson, HOLDING_DAYS,
    items::{DemoCatalogue, DemoItem},
};
use crate::store::seed::CaseRow;

/// Officers of the windows; invented.
const OFFICERS: [&str; 6] = ["李晓岚", "杨志强", "周雪梅", "马文博", "高海燕", "林国栋"];
/// How often each state occurs in a hundred cases.
const WEIGHTS: [(CaseState, u32); 10] = [
    (CaseState::Accepted, 8),
    (CaseState::Tolerated, 4),
    (CaseState::ToSupplement, 6),
    (CaseState::UnderReview, 14),
    (CaseState::Approved, 6),
    (CaseState::Producing, 6),
    (CaseState::ReadyForPickup, 6),
    (CaseState::HandedOver, 42),
    (CaseState::Refused, 4),
    (CaseState::Withdrawn, 4),
];
/// Workdays that people get to bring what is missing.
const SUPPLEMENT_WORKDAYS: u16 = 10;

/// A case with what its delivery needs to know about it.
pub(super) struct DemoCase {
    pub(super) row: CaseRow,
    pub(super) person: usize,
    pub(super) item: usize,
    /// Its place among all cases, from 1 on.
    pub(super) running: u32,
    /// Where its result lies or lay.
    pub(super) compartment: Option<u16>,
}

impl DemoCase {
    /// When the timeline's latest line of this kind happened.
    pub(super) fn at(&self, kind: CaseStepKind) -> Option<Timestamp> {
        self.row.steps.iter().rev().find(|it| it.0 == kind).map(|it| it.1)
    }
}

/// What a case is to be.
pub(super) struct Wanted {
    pub(super) person: usize,
    pub(super) item: usize,
    pub(super) state: CaseState,
    pub(super) way: DeliveryWay,
    /// The latest line of the timeline is so many days old, or older if the hall was closed then.
    pub(super) age_days: i64,
    pub(super) detour: Option<Detour>,
    /// Where the result lies or lay.
    pub(super) compartment: Option<u16>,
}

/// What happens to some cases on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detour {
    /// Something was missing at first.
    Supplemented,
    /// Nobody came for the result in time.
    Recalled,
}

/// Makes cases one after the other.
pub(super) struct CaseMaker<'a> {
    pub(super) catalogue: &'a DemoCatalogue,
    people: &'a [DemoPerson],
    hall_key: &'a [u8; 32],
    pub(super) today: Date,
    zone: TimeZone,
    calendar: Calendar,
    random: StdRng,
    made: u32,
}

impl<'a> CaseMaker<'a> {
    /// `made` cases were made before, by another maker.
    pub(super) fn new(
        catalogue: &'a DemoCatalogue,
        people: &'a [DemoPerson],
        hall_key: &'a [u8; 32],
        (seed, made): (u64, u32),
        today: Date,
    ) -> Self {
        Self {
            catalogue,
            people,
            hall_key,
            today,
            zone: super::people::zone(),
            calendar: Calendar::published(Hours::default()),
            random: StdRng::seed_from_u64(seed ^ 0x6361_7365 ^ (u64::from(made) << 32)),
            made,
        }
    }

    /// The cases of people with demo cards that have nothing to do with a locker.
    pub(super) fn of_demo_people(&mut self) -> Vec<DemoCase> {
        use {CaseState as S, DeliveryWay as W};
        [
            (0, "public-hygiene", S::UnderReview, W::Locker, 2),
            (0, "sole-change", S::HandedOver, W::Window, 71),
            (1, "estate-transfer", S::Accepted, W::Window, 1),
            (2, "food-permit-renew", S::ToSupplement, W::Locker, 3),
            (2, "road-freight", S::HandedOver, W::Post, 51),
        ]
        .map(|(person, item, state, way, age_days)| {
            let item = self.catalogue.position(item);
            let (detour, compartment) = (None, None);
            self.make(&Wanted { person, item, state, way, age_days, detour, compartment })
        })
        .into()
    }

    /// A case of somebody without a demo card.
    pub(super) fn any(&mut self) -> DemoCase {
        let person = self.random.random_range(4..self.people.len());
        let item = self.random.random_range(0..self.catalogue.items.len());
        let promised = i64::from(self.catalogue.items[item].item.promised_workdays);
        let mut weight = self.random.random_range(0..100);
        let state = WEIGHTS.iter().find(|(_, of)| {
            let found = weight < *of;
            weight = weight.saturating_sub(*of);
            found
        });
        let state = state.map_or(CaseState::HandedOver, |it| it.0);
        let way = match self.random.random_range(0..10) {
            // What waits in lockers now is told one by one.
            _ if state == CaseState::ReadyForPickup => DeliveryWay::Window,
            0..5 => DeliveryWay::Locker,
            5..8 => DeliveryWay::Window,
            _ => DeliveryWay::Post,
        };
        let oldest = match state {
            CaseState::HandedOver | CaseState::Refused | CaseState::Withdrawn => 240,
            CaseState::ReadyForPickup | CaseState::ToSupplement => 5,
            _ => promised.clamp(1, 8),
        };
        let passed_intake =
            matches!(state, CaseState::UnderReview | CaseState::Approved | CaseState::HandedOver);
        let supplemented = passed_intake && self.random.random_range(0..6) == 0;
        let lay = state == CaseState::HandedOver && way == DeliveryWay::Locker;
        let compartment = self.random.random_range(1..=24);
        let age_days = self.random.random_range(1..=oldest);
        self.make(&Wanted {
            person,
            item,
            state,
            way,
            age_days,
            detour: supplemented.then_some(Detour::Supplemented),
            compartment: lay.then_some(compartment),
        })
    }

    /// Makes one case.
    pub(super) fn make(&mut self, wanted: &Wanted) -> DemoCase {
        let catalogue = self.catalogue;
        let demo_item = &catalogue.items[wanted.item];
        let workdays = demo_item.item.promised_workdays;
        let officer = OFFICERS[self.random.random_range(0..OFFICERS.len())];
        let kinds = steps(wanted);
        let times = self.times(&kinds, wanted, workdays);
        let day = |at: Timestamp| self.zone.to_datetime(at).date();
        let (submitted, told) = (day(times[0]), day(times[1]));
        self.made += 1;
        let number = number(submitted, self.made);
        let note = |kind| note(kind, demo_item, officer, wanted.compartment);
        let steps = kinds.iter().zip(&times).map(|(kind, at)| (*kind, *at, note(*kind))).collect();
        let voucher = self.voucher(&number, wanted.state, demo_item, officer, told);
        let supplement = voucher
            .deadline
            .filter(|_| wanted.state == CaseState::ToSupplement)
            .map(|deadline| Supplement { contents: voucher.contents.clone(), deadline });
        let id_number = &self.people[wanted.person].number;
        let row = CaseRow {
            id: format!("DZ-{number}"),
            item: demo_item.item.id.as_str().to_owned(),
            id_hash: office_rules::person::id_hash(self.hall_key, id_number),
            state: wanted.state,
            promised_by: self.calendar.after_workdays(submitted, workdays),
            way: wanted.way,
            supplement,
            voucher,
            steps,
        };
        let Wanted { person, item, compartment, .. } = *wanted;
        DemoCase { row, person, item, running: self.made, compartment }
    }

    fn voucher(
        &self,
        number: &str,
        state: CaseState,
        item: &DemoItem,
        officer: &str,
        date: Date,
    ) -> Voucher {
        let deadline = Some(self.calendar.after_workdays(date, SUPPLEMENT_WORKDAYS));
        let (kind, contents, deadline, reasons) = match state {
            CaseState::ToSupplement => (VoucherKind::Supplement, owed(item), deadline, Vec::new()),
            CaseState::Tolerated => (VoucherKind::Tolerated, owed(item), deadline, Vec::new()),
            CaseState::Refused => {
                let reason = item.item.conditions.first().map_or_else(LocalText::default, unmet);
                (VoucherKind::Refused, Vec::new(), None, vec![reason])
            }
            _ => {
                let papers = item.item.papers.iter().map(|it| it.name.clone()).collect();
                (VoucherKind::Accepted, papers, None, Vec::new())
            }
        };
        Voucher {
            number: format!("SL-{number}"),
            kind,
            contents,
            deadline,
            reasons,
            officer_masked: hal::mask::name(officer),
            date,
        }
    }

    /// When each step happened, worked out backwards from the last one. Steps at the same window
    /// are minutes apart, the others days, and none is in the future.
    fn times(&mut self, kinds: &[CaseStepKind], wanted: &Wanted, workdays: u16) -> Vec<Timestamp> {
        let mut dates = vec![self.last_day(wanted); kinds.len()];
        for step in (1..kinds.len()).rev() {
            let gap = self.gap(kinds[step], workdays);
            dates[step - 1] = self.workdays_before(dates[step], gap);
        }
        let mut at = dates[0].to_datetime(time(9, 0, 0, 0));
        let mut times = Vec::with_capacity(kinds.len());
        for (step, kind) in kinds.iter().enumerate() {
            at = if step > 0 && dates[step] == dates[step - 1] {
                at + 20.minutes()
            } else {
                let evening = *kind == CaseStepKind::HandedOver && wanted.compartment.is_some();
                let hour = if evening { 18 } else { [9, 13][self.random.random_range(0..2)] };
                let minute: i64 = self.random.random_range(35..150);
                dates[step].to_datetime(time(hour, 0, 0, 0)) + minute.minutes()
            };
            let moment = self.zone.to_ambiguous_timestamp(at).compatible();
            times.push(moment.unwrap_or(Timestamp::UNIX_EPOCH));
        }
        times
    }

    /// The day of the last step: never today, so that it lies in the past at any time of day.
    fn last_day(&self, wanted: &Wanted) -> Date {
        let asked = self.today - wanted.age_days.max(1).days();
        let open = self.open_day(asked);
        let lies = wanted.state == CaseState::ReadyForPickup && wanted.compartment.is_some();
        let overdue = |date| date < self.today - i64::from(HOLDING_DAYS).days();
        // Lockers are loaded on holidays too, and nothing is overdue only because of a long one.
        if lies && overdue(open) && !overdue(asked) { asked } else { open }
    }

    /// Workdays between a step and the one before it; 0 where both happen at the same window.
    fn gap(&mut self, kind: CaseStepKind, workdays: u16) -> u32 {
        match kind {
            CaseStepKind::Reviewed => {
                self.random.random_range(1..=u32::from(workdays.clamp(1, 12)))
            }
            CaseStepKind::Supplemented => self.random.random_range(1..5),
            CaseStepKind::Produced | CaseStepKind::ReadyForPickup => 1,
            CaseStepKind::HandedOver => self.random.random_range(1..4),
            CaseStepKind::Recalled => u32::from(HOLDING_DAYS) + 1,
            _ => 0,
        }
    }

    /// The day itself when the hall was open, or the last open day before it.
    fn open_day(&self, date: Date) -> Date {
        (0..15)
            .map(|back: i64| date - back.days())
            .find(|it| !self.calendar.day(*it).hours.is_empty())
            .unwrap_or(date)
    }

    fn workdays_before(&self, date: Date, workdays: u32) -> Date {
        (0..workdays).fold(date, |date, _| self.open_day(date - 1.day()))
    }
}

fn number(submitted: Date, running: u32) -> String {
    format!("{}-{:02}{:02}-{running:04}", submitted.year(), submitted.month(), submitted.day())
}

fn steps(wanted: &Wanted) -> Vec<CaseStepKind> {
    use CaseStepKind as K;
    let mut steps = vec![K::Submitted];
    if wanted.detour == Some(Detour::Supplemented) {
        steps.extend([K::SupplementAsked, K::Supplemented]);
    }
    steps.push(match wanted.state {
        CaseState::ToSupplement => K::SupplementAsked,
        CaseState::Tolerated => K::Tolerated,
        CaseState::Refused => K::Refused,
        _ => K::Accepted,
    });
    let later = [K::Reviewed, K::Produced, K::ReadyForPickup, K::HandedOver];
    let reached = match wanted.state {
        CaseState::Approved | CaseState::Producing => 1,
        CaseState::ReadyForPickup => 3,
        CaseState::HandedOver => 4,
        _ => 0,
    };
    let by_post = wanted.way == DeliveryWay::Post;
    steps.extend(later[..reached].iter().filter(|it| !by_post || **it != K::ReadyForPickup));
    steps.extend((wanted.detour == Some(Detour::Recalled)).then_some(K::Recalled));
    steps
}

/// Window, authority or compartment, with the officer masked.
fn note(kind: CaseStepKind, item: &DemoItem, officer: &str, compartment: Option<u16>) -> LocalText {
    let at_window = || {
        let (window, officer) = (&item.item.window_type, hal::mask::name(officer));
        LocalText::zh_en(
            format!("{}，{officer}", window.in_language("zh-CN")),
            format!("{}, {officer}", window.in_language("en")),
        )
    };
    match (kind, compartment) {
        (CaseStepKind::Reviewed, _) => item.authority.clone(),
        (CaseStepKind::Produced, _) => item.document.clone(),
        (CaseStepKind::ReadyForPickup, Some(way)) => {
            LocalText::zh_en(format!("已放入 {way} 号柜"), format!("in locker {way}"))
        }
        (CaseStepKind::ReadyForPickup | CaseStepKind::Recalled, _) => {
            LocalText::zh_en("可到窗口领取", "collect it at a window")
        }
        (CaseStepKind::HandedOver, Some(way)) => {
            LocalText::zh_en(format!("自 {way} 号柜领取"), format!("taken from locker {way}"))
        }
        _ => at_window(),
    }
}

/// Two of the papers that were not in order.
fn owed(item: &DemoItem) -> Vec<LocalText> {
    let papers = item.item.papers.iter().rev().take(2);
    papers.map(|it| it.name.clone()).collect()
}

fn unmet(condition: &LocalText) -> LocalText {
    LocalText::zh_en(
        format!("不符合条件：{}", condition.in_language("zh-CN")),
        format!("This condition is not met: {}", condition.in_language("en")),
    )
}
