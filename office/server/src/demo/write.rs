//! Writes the planned demo hall into the database.

use std::collections::BTreeMap;

use jiff::{SignedDuration, civil::Date};
use office_rules::{
    booking::appointment_number,
    calendar::Hours,
    message::{self, Waiting},
    role::Role,
};
use sqlx::{Sqlite, Transaction};
use tokio::sync::watch;
use wire::{DeliveryState, IdHash, LocalText, StaffMember};

use super::{
    DAY_CHANGE_HOUR, DemoPerson, HALL, HOLDING_DAYS, KIOSK, Plan, TIME_ZONE,
    cases::{CaseMaker, DemoCase},
    diary::{self, Booked},
    lockers::{self, Planned, kiosk_number},
    people,
};
use crate::{
    Clock, Random, secret,
    store::{
        Database, DatabaseError, Office, account,
        feed::{self, Subject},
        seed::{self, AppointmentRow, CustodyRow, DeliveryRow, HallRow},
        word_of,
    },
};

/// Who loads and empties the lockers.
const COURIER: &str = "s2";
/// Why one delivery is uncertain, as kiosks put it.
const INTERRUPTED: &str = "interrupted";

type Tx = Transaction<'static, Sqlite>;

/// Fills an empty database with the plan. What the hall is comes first, because its slots are made
/// by the office itself; then everything else at once, with the mark that the hall is whole.
pub(super) async fn all(database: &Database, plan: &Plan) -> Result<(), DatabaseError> {
    let secrets = hashes(plan).await;
    let mut tx = database.write().await?;
    hall(&mut tx, plan).await?;
    accounts(&mut tx, plan, &secrets).await?;
    tx.commit().await?;
    let now = plan.now;
    let random = Random::seeded(plan.seed ^ 0x6665_6564);
    let (_, stopped) = watch::channel(false);
    let clock = Clock::from_fn(move || now);
    let office = Office::open(database.clone(), clock, random, stopped).await?;
    office.keep_house().await?;
    let booked = diary::plan(&office, plan).await?;
    let mut tx = database.write().await?;
    let hashes: Vec<_> = plan.hall.people.iter().map(|it| hash_of(plan, it)).collect();
    for (index, (person, id_hash)) in plan.hall.people.iter().zip(&hashes).enumerate() {
        seed::person(&mut tx, HALL, id_hash, &person.name, &people::phone(index)).await?;
    }
    cases(&mut tx, plan, &secrets).await?;
    appointments(&mut tx, plan, &hashes, &booked).await?;
    let latest = tell_kiosks(&office, &mut tx, plan).await?;
    seed::demo_hall(&mut tx, HALL, (plan.seed, plan.cases, plan.now)).await?;
    tx.commit().await?;
    database.announce(latest);
    Ok(())
}

fn hash_of(plan: &Plan, person: &DemoPerson) -> IdHash {
    office_rules::person::id_hash(&plan.hall.hall_key, &person.number)
}

/// The cases that are promised, then any others.
async fn cases(tx: &mut Tx, plan: &Plan, secrets: &Secrets) -> Result<(), DatabaseError> {
    for ((case, planned), hash) in plan.promised.iter().zip(&secrets.codes) {
        seed::case(tx, HALL, &case.row).await?;
        if let Some(planned) = planned {
            delivery(tx, plan, case, planned, hash.as_deref()).await?;
            notification(tx, plan, case, planned).await?;
        }
    }
    let made = u32::try_from(plan.promised.len()).unwrap_or(u32::MAX);
    let (hall, catalogue) = (&plan.hall, &plan.catalogue);
    let mut maker =
        CaseMaker::new(catalogue, &hall.people, &hall.hall_key, (plan.seed, made), plan.today);
    for _ in plan.promised.len()..plan.cases {
        let case = maker.any();
        seed::case(tx, HALL, &case.row).await?;
        if let Some(taken) = lockers::taken(&case) {
            delivery(tx, plan, &case, &taken, None).await?;
        }
    }
    Ok(())
}

/// Slow hashes of passwords, PINs and codes, made off the async threads.
struct Secrets {
    passwords: Vec<String>,
    pins: Vec<String>,
    /// One for each promised case, where it has a code.
    codes: Vec<Option<String>>,
}

async fn hashes(plan: &Plan) -> Secrets {
    let random = Random::seeded(plan.seed ^ 0x7361_6c74);
    let passwords: Vec<_> = plan.hall.accounts.iter().map(|it| it.password.clone()).collect();
    let pins: Vec<_> = plan.hall.staff.iter().map(|it| it.pin.clone()).collect();
    let code = |planned: &Option<Planned>| Some(planned.as_ref()?.code.as_ref()?.digits());
    let codes: Vec<_> = plan.promised.iter().map(|(_, it)| code(it)).collect();
    tokio::task::spawn_blocking(move || {
        let hash = |it: &String| secret::hash(it, &random);
        Secrets {
            passwords: passwords.iter().map(hash).collect(),
            pins: pins.iter().map(hash).collect(),
            codes: codes.iter().map(|it| it.as_ref().map(hash)).collect(),
        }
    })
    .await
    .expect("hashing does not panic")
}

async fn hall(tx: &mut Tx, plan: &Plan) -> Result<(), DatabaseError> {
    let row = HallRow {
        id: HALL,
        name: hall_name(),
        time_zone: TIME_ZONE,
        day_change_hour: DAY_CHANGE_HOUR,
        holding_days: HOLDING_DAYS,
        help_phone: "12345",
        hours: Hours::default(),
        id_hash_key: &plan.hall.hall_key,
    };
    seed::hall(tx, &row).await?;
    for (id, place) in kiosks() {
        seed::kiosk(tx, HALL, (id, kiosk_number(id), &place), Some(plan.now)).await?;
    }
    for row in plan.catalogue.window_types() {
        seed::window_type(tx, HALL, &row).await?;
    }
    for (position, it) in (1u32..).zip(&plan.catalogue.items) {
        seed::item(tx, HALL, position, &it.window_type, &it.item).await?;
    }
    Ok(())
}

fn hall_name() -> LocalText {
    LocalText::zh_en("滇中新区政务服务中心", "Dianzhong New Area Government Service Centre")
}

fn kiosks() -> [(&'static str, LocalText); 3] {
    [
        ("k1", LocalText::zh_en("一楼大厅入口", "Floor 1, entrance")),
        ("k2", LocalText::zh_en("二楼 C 区", "Floor 2, area C")),
        (KIOSK, place_of_demo_kiosk()),
    ]
}

fn place_of_demo_kiosk() -> LocalText {
    LocalText::zh_en("24 小时自助服务区", "24-hour self-service area")
}

async fn accounts(tx: &mut Tx, plan: &Plan, secrets: &Secrets) -> Result<(), DatabaseError> {
    for (it, hash) in plan.hall.accounts.iter().zip(&secrets.passwords) {
        let (name, role) = match it.role.as_str() {
            "window" => ("李晓岚", Role::Window),
            "guide" => ("周雪梅", Role::Guide),
            "back_room" => ("马文博", Role::BackRoom),
            "help_desk" => ("高海燕", Role::HelpDesk),
            _ => ("林国栋", Role::Admin),
        };
        account::add(HALL, tx, (&it.user, name, role), hash).await?;
    }
    for (it, hash) in plan.hall.staff.iter().zip(&secrets.pins) {
        let member = StaffMember {
            id: it.id.clone(),
            name: it.name.clone(),
            card_number: it.card_number.clone(),
            card_public_key: it.card_public_key.clone(),
            pin_hash: hash.clone(),
            roles: it.roles.clone(),
        };
        seed::staff(tx, HALL, &member).await?;
    }
    Ok(())
}

async fn delivery(
    tx: &mut Tx,
    plan: &Plan,
    case: &DemoCase,
    planned: &Planned,
    hash: Option<&str>,
) -> Result<(), DatabaseError> {
    let item = &plan.catalogue.items[case.item];
    let lies = matches!(planned.state, DeliveryState::InCompartment | DeliveryState::Uncertain);
    let updated_at = planned.changed_at.or(planned.deposited_at);
    let locator = planned.code.as_ref().map(|it| it.locator());
    let row = DeliveryRow {
        id: &planned.id,
        case: &case.row.id,
        document: item.document.clone(),
        size: item.size,
        id_hash: &case.row.id_hash,
        kiosk: planned.kiosk,
        state: planned.state,
        compartment: planned.compartment.filter(|_| lies),
        code: locator.zip(hash),
        hold_until: planned.hold_until,
        look_because: (planned.state == DeliveryState::Uncertain).then_some(INTERRUPTED),
        updated_at: updated_at.unwrap_or(plan.now),
    };
    seed::delivery(tx, HALL, &row).await?;
    custody(tx, case, planned).await
}

/// What the kiosk reported about a delivery.
async fn custody(tx: &mut Tx, case: &DemoCase, planned: &Planned) -> Result<(), DatabaseError> {
    let (Some(kiosk), Some(compartment), Some(at)) =
        (planned.kiosk, planned.compartment, planned.deposited_at)
    else {
        return Ok(());
    };
    let row = |kind, by_whom, staff, note, at| CustodyRow {
        kiosk,
        event: format!("seed-{}-{kind}-{note}", planned.id),
        delivery: &planned.id,
        compartment,
        kind,
        by_whom,
        staff,
        receipt: None,
        note,
        at,
    };
    let courier = Some(COURIER);
    let opening = at - SignedDuration::from_secs(40);
    seed::custody(tx, HALL, &row("opened", "staff", courier, "deposit", opening)).await?;
    seed::custody(tx, HALL, &row("deposited", "staff", courier, "", at)).await?;
    let Some(left) = planned.changed_at else { return Ok(()) };
    let opening = left - SignedDuration::from_secs(50);
    let (opened, last) = match planned.state {
        DeliveryState::HandedOver => {
            let day = people::zone().to_datetime(left).date();
            // Every fourth comes without the card.
            let by_card = !case.running.is_multiple_of(4);
            let by = if by_card { "citizen by card" } else { "citizen by code" };
            let count = case.running % 90 + 1;
            let number = kiosk_number(kiosk);
            let mut taken = row("handed_over", by, None, "", left);
            taken.receipt =
                Some(format!("LQ{number} {:02}{:02} {count:04}", day.month(), day.day()));
            (row("opened", "citizen", None, "pickup", opening), taken)
        }
        DeliveryState::Recalled => (
            row("opened", "staff", courier, "recall", opening),
            row("recalled", "staff", courier, "", left),
        ),
        _ => (
            row("opened", "citizen", None, "pickup", opening),
            row("uncertain", "kiosk", None, INTERRUPTED, left),
        ),
    };
    seed::custody(tx, HALL, &opened).await?;
    seed::custody(tx, HALL, &last).await
}

async fn notification(
    tx: &mut Tx,
    plan: &Plan,
    case: &DemoCase,
    planned: &Planned,
) -> Result<(), DatabaseError> {
    let (Some(kiosk), Some(code), Some(at), Some(until)) =
        (planned.kiosk, &planned.code, planned.deposited_at, planned.hold_until)
    else {
        return Ok(());
    };
    let place =
        kiosks().into_iter().find(|it| it.0 == kiosk).map_or_else(LocalText::default, |it| it.1);
    let hall = hall_name();
    let waiting = Waiting {
        hall: hall.in_language("zh-CN"),
        document: plan.catalogue.items[case.item].document.in_language("zh-CN"),
        place: place.in_language("zh-CN"),
        kiosk_number: kiosk_number(kiosk),
        until,
    };
    let person = &plan.hall.people[case.person];
    let id = format!("n-{}", planned.id);
    let phone = people::phone(case.person);
    let body = message::pickup(&waiting, code);
    let to = (phone.as_str(), person.name.as_str());
    seed::notification(tx, HALL, (&id, &planned.id), to, &body, at).await
}

async fn appointments(
    tx: &mut Tx,
    plan: &Plan,
    hashes: &[IdHash],
    booked: &[Booked],
) -> Result<(), DatabaseError> {
    let mut running = BTreeMap::<Date, u32>::new();
    for (count, it) in booked.iter().enumerate() {
        let number = running.entry(it.slot.date).or_default();
        *number += 1;
        let row = AppointmentRow {
            id: format!("a{:05}", count + 1),
            number: appointment_number(it.slot.date, *number),
            slot: &it.slot,
            item: plan.catalogue.items[it.item].item.id.as_str(),
            id_hash: &hashes[it.person],
            name_masked: hal::mask::name(&plan.hall.people[it.person].name),
            state: &word_of(&it.state),
            at: plan.now - SignedDuration::from_hours(24 + count as i64 % 100),
        };
        seed::appointment(tx, HALL, &row).await?;
    }
    Ok(())
}

/// Everything that the kiosks are to know goes into their feeds.
async fn tell_kiosks(office: &Office, tx: &mut Tx, plan: &Plan) -> Result<u64, DatabaseError> {
    let mut latest = 0;
    for kiosk in feed::kiosks(office, tx).await? {
        latest = feed::touch(office, tx, &kiosk, Subject::Staff, false).await?;
        for it in plan.promised.iter().filter_map(|(_, it)| it.as_ref()) {
            let left = matches!(it.state, DeliveryState::HandedOver | DeliveryState::Recalled);
            if !left && it.kiosk.is_none_or(|it| it == kiosk) {
                let subject = Subject::Delivery(&it.id);
                latest = feed::touch(office, tx, &kiosk, subject, false).await?;
            }
        }
    }
    Ok(latest)
}
