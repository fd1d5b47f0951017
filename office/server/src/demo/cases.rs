//! The demo hall's cases: every state, with a timeline that could have happened.

use jiff::{Timestamp, ToSpan as _, civil::Date, civil::time, tz::TimeZone};
use office_rules::calendar::{Calendar, Hours};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use wire::{CaseState, CaseStepKind, DeliveryWay, LocalText, Supplement, Voucher, VoucherKind};

use super::{
    DemoPerson,
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
    (CaseState::ReadyForPickup, 10),
    (CaseState::HandedOver, 38),
    (CaseState::Refused, 4),
    (CaseState::Withdrawn, 4),
];

/// A case with what the deliveries need to know about it.
pub(super) struct DemoCase {
    pub(super) row: CaseRow,
    pub(super) person: usize,
    pub(super) item: usize,
    running: u32,
}

/// Makes cases one after the other.
pub(super) struct CaseMaker<'a> {
    pub(super) catalogue: &'a DemoCatalogue,
    pub(super) people: &'a [DemoPerson],
    pub(super) hall_key: &'a [u8; 32],
    pub(super) now: Timestamp,
    pub(super) today: Date,
    zone: TimeZone,
    calendar: Calendar,
    random: StdRng,
    made: u32,
    /// Results that may still be put into lockers; the others wait at a window.
    compartments_left: u32,
}

impl<'a> CaseMaker<'a> {
    pub(super) fn new(
        catalogue: &'a DemoCatalogue,
        people: &'a [DemoPerson],
        hall_key: &'a [u8; 32],
        seed: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            catalogue,
            people,
            hall_key,
            now,
            today: super::people::today(now),
            zone: super::people::zone(),
            calendar: Calendar::published(Hours::default()),
            random: StdRng::seed_from_u64(seed ^ 0x6361_7365),
            made: 0,
            compartments_left: 16,
        }
    }

    /// The cases of the four people with demo cards, then `count` in all.
    pub(super) fn cases(&mut self, count: usize) -> Vec<DemoCase> {
        use CaseState as S;
        let mut cases = vec![
            self.named(0, "food-permit", S::ReadyForPickup, DeliveryWay::Locker, 12),
            self.named(0, "public-hygiene", S::UnderReview, DeliveryWay::Locker, 3),
            self.named(0, "sole-change", S::HandedOver, DeliveryWay::Window, 74),
            self.named(1, "estate-transfer", S::Accepted, DeliveryWay::Window, 1),
            self.named(2, "food-permit-renew", S::ToSupplement, DeliveryWay::Locker, 4),
            self.named(2, "road-freight", S::HandedOver, DeliveryWay::Post, 51),
        ];
        while cases.len() < count {
            cases.push(self.any());
        }
        cases
    }

    fn named(
        &mut self,
        person: usize,
        item: &str,
        state: CaseState,
        way: DeliveryWay,
        days_ago: i64,
    ) -> DemoCase {
        let place = self.catalogue.items.iter().position(|it| it.item.id.as_str() == item);
        self.make(person, place.expect("the data file has this item"), state, way, days_ago)
    }

    fn any(&mut self) -> DemoCase {
        let person = self.random.random_range(4..self.people.len());
        let item = self.random.random_range(0..self.catalogue.items.len());
        let way = match self.random.random_range(0..10) {
            0..5 => DeliveryWay::Locker,
            5..8 => DeliveryWay::Window,
            _ => DeliveryWay::Post,
        };
        let mut weight = self.random.random_range(0..100);
        let state = WEIGHTS.iter().find(|(_, of)| {
            let found = weight < *of;
            weight = weight.saturating_sub(*of);
            found
        });
        let state = state.map_or(CaseState::HandedOver, |it| it.0);
        let way = match (state, way) {
            (CaseState::ReadyForPickup, DeliveryWay::Locker) if self.compartments_left == 0 => {
                DeliveryWay::Window
            }
            (CaseState::ReadyForPickup, DeliveryWay::Locker) => {
                self.compartments_left -= 1;
                way
            }
            _ => way,
        };
        let days_ago = match state {
            CaseState::HandedOver | CaseState::Refused | CaseState::Withdrawn => {
                self.random.random_range(20..240)
            }
            CaseState::ReadyForPickup | CaseState::Producing | CaseState::Approved => {
                self.random.random_range(6..24)
            }
            _ => self.random.random_range(1..9),
        };
        self.make(person, item, state, way, days_ago)
    }

    fn make(
        &mut self,
        person: usize,
        item: usize,
        state: CaseState,
        way: DeliveryWay,
        days_ago: i64,
    ) -> DemoCase {
        let catalogue = self.catalogue;
        let demo_item = &catalogue.items[item];
        let submitted = self.open_day(self.today - days_ago.days());
        self.made += 1;
        let number = number(submitted, self.made);
        let officer = OFFICERS[self.random.random_range(0..OFFICERS.len())];
        let kinds = steps(state, way);
        let times = self.times(submitted, kinds.len());
        let steps = kinds.iter().zip(times).map(|(kind, at)| (*kind, at, note(*kind, demo_item)));
        let workdays = demo_item.item.promised_workdays;
        let row = CaseRow {
            id: format!("DZ-{number}"),
            item: demo_item.item.id.as_str().to_owned(),
            id_hash: office_rules::person::id_hash(self.hall_key, &self.people[person].number),
            state,
            promised_by: self.calendar.after_workdays(submitted, workdays),
            way,
            supplement: (state == CaseState::ToSupplement).then(|| Supplement {
                contents: owed(demo_item),
                deadline: self.calendar.after_workdays(self.today, 5),
            }),
            voucher: self.voucher(&number, state, demo_item, officer, submitted),
            steps: steps.collect(),
        };
        DemoCase { row, person, item, running: self.made }
    }

    /// Lets everything about a case have happened `days` later, its number included.
    pub(super) fn shift(&self, case: &mut DemoCase, days: i64) {
        for (_, at, _) in &mut case.row.steps {
            *at = (*at + (24 * days).hours()).min(self.now);
        }
        let submitted = self.zone.to_datetime(case.row.steps[0].1).date();
        let number = number(submitted, case.running);
        case.row.id = format!("DZ-{number}");
        case.row.voucher.number = format!("SL-{number}");
        case.row.voucher.date = submitted;
        let workdays = self.catalogue.items[case.item].item.promised_workdays;
        case.row.promised_by = self.calendar.after_workdays(submitted, workdays);
    }

    /// Days from the last step of a case to today.
    pub(super) fn age_days(&self, case: &DemoCase) -> i64 {
        let last = case.row.steps.last().map_or(self.now, |it| it.1);
        let last = self.zone.to_datetime(last).date();
        i64::from((self.today - last).get_days())
    }

    fn voucher(
        &self,
        number: &str,
        state: CaseState,
        item: &DemoItem,
        officer: &str,
        date: Date,
    ) -> Voucher {
        let (kind, contents, deadline, reasons) = match state {
            CaseState::ToSupplement => {
                let deadline = self.calendar.after_workdays(self.today, 5);
                (VoucherKind::Supplement, owed(item), Some(deadline), Vec::new())
            }
            CaseState::Tolerated => {
                let deadline = self.calendar.after_workdays(date, 10);
                (VoucherKind::Tolerated, owed(item), Some(deadline), Vec::new())
            }
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

    /// The day itself when the hall was open, or the last open day before it.
    fn open_day(&self, date: Date) -> Date {
        (0..15)
            .map(|back: i64| date - back.days())
            .find(|it| !self.calendar.day(*it).hours.is_empty())
            .unwrap_or(date)
    }

    /// When each step happened: the first two minutes apart at the window, the others on later open
    /// days, and none in the future.
    fn times(&mut self, submitted: Date, count: usize) -> Vec<Timestamp> {
        let minute = self.random.random_range(0..170);
        let mut date = submitted;
        let mut at = date.to_datetime(time(9, 5, 0, 0)) + i64::from(minute).minutes();
        let mut times = Vec::with_capacity(count);
        for step in 0..count {
            if step == 1 {
                at += 20.minutes();
            } else if step > 1 {
                let next = self.calendar.after_workdays(date, self.random.random_range(1..3));
                let minute = self.random.random_range(0..180);
                if next < self.today {
                    date = next;
                    at = date.to_datetime(time(13, 40, 0, 0)) + i64::from(minute).minutes();
                } else {
                    at += 25.minutes();
                }
            }
            let moment = self.zone.to_ambiguous_timestamp(at).compatible().unwrap_or(self.now);
            times.push(moment.min(self.now));
        }
        times
    }
}

fn number(submitted: Date, running: u32) -> String {
    format!("{}-{:02}{:02}-{running:04}", submitted.year(), submitted.month(), submitted.day())
}

fn steps(state: CaseState, way: DeliveryWay) -> Vec<CaseStepKind> {
    use CaseStepKind as K;
    let mut steps = vec![K::Submitted];
    match state {
        CaseState::ToSupplement => steps.push(K::SupplementAsked),
        CaseState::Tolerated => steps.push(K::Tolerated),
        CaseState::Refused => steps.push(K::Refused),
        _ => steps.push(K::Accepted),
    }
    let later = [K::Reviewed, K::Produced, K::ReadyForPickup, K::HandedOver];
    let reached = match state {
        CaseState::Approved => 1,
        CaseState::Producing => 2,
        CaseState::ReadyForPickup => 3,
        CaseState::HandedOver => 4,
        _ => 0,
    };
    let lies = way == DeliveryWay::Locker;
    steps.extend(later[..reached].iter().filter(|it| lies || **it != K::ReadyForPickup));
    steps
}

fn note(kind: CaseStepKind, item: &DemoItem) -> LocalText {
    let window = &item.item.window_type;
    match kind {
        CaseStepKind::Submitted | CaseStepKind::Accepted | CaseStepKind::SupplementAsked => {
            window.clone()
        }
        CaseStepKind::Reviewed => LocalText::zh_en("审批部门审查通过", "passed by the authority"),
        CaseStepKind::Produced => LocalText::zh_en(
            format!("已制作{}", item.document.in_language("zh-CN")),
            format!("made: {}", item.document.in_language("en")),
        ),
        CaseStepKind::ReadyForPickup => LocalText::zh_en("已放入自助柜", "put into a locker"),
        CaseStepKind::Tolerated => {
            LocalText::zh_en("容缺受理，欠交材料见凭证", "papers owed: see voucher")
        }
        CaseStepKind::Refused => LocalText::zh_en("理由见凭证", "reasons: see voucher"),
        CaseStepKind::HandedOver => LocalText::zh_en("申请人已领取", "taken by the applicant"),
        CaseStepKind::Supplemented | CaseStepKind::Recalled | CaseStepKind::Unknown => {
            LocalText::default()
        }
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
