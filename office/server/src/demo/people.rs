//! Invented people and staff of the demo hall.

use hal::id_reader::number::check_character;
use jiff::{Timestamp, ToSpan as _, civil::Date, civil::date, tz::TimeZone};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use wire::{StaffId, StaffRole};

use super::{DemoAccount, DemoPerson, DemoStaff};
use crate::clock::hex;

/// Names of the four people with demo cards. 𠅤 is of CJK extension B.
const FIRST: [(&str, bool); 6] = [
    ("张明", true),
    ("李晓岚", false),
    ("王建国", true),
    ("赵小禾", false),
    ("陈𠅤", true),
    ("𠅤文秀", false),
];
const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "沈", "曾", "彭", "欧阳",
];
const GIVEN: [&str; 40] = [
    "云飞", "丽华", "志强", "秀英", "晓东", "雪梅", "文博", "佳怡", "海燕", "国栋", "思远", "雨桐",
    "永康", "春兰", "立新", "静", "磊", "娜", "涛", "敏", "宇航", "若曦", "德明", "凤仙", "俊杰",
    "婷", "浩然", "玉珍", "光华", "桂芳", "天佑", "可欣", "正平", "梦瑶", "家豪", "素芬", "子涵",
    "月娥", "成林", "红",
];
const STREETS: [&str; 8] = [
    "大板桥街道",
    "长水街道",
    "杨林镇",
    "嵩阳街道",
    "马龙大道",
    "职教园区",
    "空港经济区",
    "小哨街道",
];

/// Order numbers of one day and sex.
const ORDERS: usize = 500;
/// Days from 1945 on that people are born on, and a step that visits all of them.
const BIRTH_DAYS: usize = 60 * 365;
const BIRTH_STEP: usize = 7919;

/// `count` invented people; the first four own the demo cards.
pub(super) fn people(seed: u64, today: Date, count: usize) -> Vec<DemoPerson> {
    let mut random = StdRng::seed_from_u64(seed ^ 0x7065_6f70_6c65);
    let mut births = Vec::with_capacity(ORDERS);
    (0..count).map(|index| person(&mut random, index, &mut births, today)).collect()
}

fn person(random: &mut StdRng, index: usize, births: &mut Vec<usize>, today: Date) -> DemoPerson {
    let (name, male) = FIRST.get(index).map_or_else(
        || {
            let surname = SURNAMES[random.random_range(0..SURNAMES.len())];
            let given = GIVEN[random.random_range(0..GIVEN.len())];
            (format!("{surname}{given}"), random.random_bool(0.5))
        },
        |(name, male)| ((*name).to_owned(), *male),
    );
    let mut born = random.random_range(0..BIRTH_DAYS);
    // No two numbers are equal: who has the order of another was born on another day.
    match births.get(index % ORDERS) {
        Some(first) => born = (first + index / ORDERS * BIRTH_STEP) % BIRTH_DAYS,
        None => births.push(born),
    }
    let birth = date(1945, 1, 1) + (born as i64).days();
    // Odd is male.
    let order = index % ORDERS * 2 + usize::from(male);
    let first_17 = format!("000000{}{order:03}", birth.strftime("%Y%m%d"));
    let check = check_character(&first_17).expect("17 digits");
    let valid_from = today - i64::from(random.random_range(100..3000)).days();
    let old = birth + 46.years() < valid_from;
    let (nation_code, nation) = match random.random_range(0..10) {
        0 => ("03", "回"),
        1 => ("07", "彝"),
        2 => ("14", "白"),
        _ => ("01", "汉"),
    };
    DemoPerson {
        card: if index < 4 {
            format!("demo-{}", index + 1)
        } else {
            format!("person-{}", index + 1)
        },
        name,
        male,
        nation_code: nation_code.to_owned(),
        nation: nation.to_owned(),
        birth,
        address: format!(
            "云南省滇中新区{}虚构路{}号{}幢{}室",
            STREETS[random.random_range(0..STREETS.len())],
            random.random_range(1..300),
            random.random_range(1..20),
            random.random_range(101..2600),
        ),
        number: format!("{first_17}{check}"),
        issuer: "滇中新区公安局".to_owned(),
        valid_from,
        valid_to: (!old).then(|| valid_from + 20.years()),
    }
}

/// Phone number of the person with this index. No mobile number begins with 100.
pub(super) fn phone(index: usize) -> String {
    format!("100{index:08}")
}

/// Staff with cards. The first is the card `staff-demo`.
pub(super) fn staff(seed: u64) -> Vec<DemoStaff> {
    let mut random = StdRng::seed_from_u64(seed ^ 0x73_7461_6666);
    let both = vec![StaffRole::Courier, StaffRole::Technician];
    [
        ("staff-demo", "s1", "李晓岚", "135790", both),
        ("staff-courier", "s2", "周立新", "246801", vec![StaffRole::Courier]),
        ("staff-technician", "s3", "马国栋", "864209", vec![StaffRole::Technician]),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (card, id, name, pin, roles))| {
        let (card_secret_key, card_public_key) = key_pair(&mut random);
        DemoStaff {
            card: card.to_owned(),
            id: StaffId::from(id),
            name: name.to_owned(),
            card_number: format!("DZ{:06}", 100_001 + index),
            card_secret_key,
            card_public_key,
            pin: pin.to_owned(),
            roles,
        }
    })
    .collect()
}

/// A private scalar and its public point. A scalar outside the group's order is drawn again.
fn key_pair(random: &mut StdRng) -> ([u8; 32], String) {
    loop {
        let secret: [u8; 32] = random.random();
        if let Ok(key) = p256::SecretKey::from_slice(&secret) {
            return (secret, hex(key.public_key().to_sec1_point(false).as_bytes()));
        }
    }
}

/// Accounts of the staff pages, one a role.
pub(super) fn accounts() -> Vec<DemoAccount> {
    [
        ("window", "window6", "Dz-window-6"),
        ("guide", "guide1", "Dz-guide-1"),
        ("back_room", "backroom1", "Dz-backroom-1"),
        ("help_desk", "helpdesk1", "Dz-helpdesk-1"),
        ("admin", "admin", "Dz-admin-1"),
    ]
    .into_iter()
    .map(|(role, user, password)| DemoAccount {
        role: role.to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
    })
    .collect()
}

/// The zone that the demo hall lives in.
pub(super) fn zone() -> TimeZone {
    TimeZone::get(super::TIME_ZONE).expect("the zone database is built in")
}

/// The hall's day at `now`, which the demo's dates hang on.
pub(super) fn today(now: Timestamp) -> Date {
    office_rules::calendar::hall_day(now, &zone(), super::DAY_CHANGE_HOUR)
}
