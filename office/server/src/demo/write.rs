//! Writes the planned demo hall into the database.

use jiff::ToSpan as _;
use office_rules::{
    booking::appointment_number,
    calendar::Hours,
    message::{self, Waiting},
    slot::begins_at,
};
use sqlx::{Sqlite, Transaction};
use tokio::sync::watch;
use wire::{DeliveryState, LocalText, Slot, StaffMember};

use super::{
    DAY_CHANGE_HOUR, HALL, HOLDING_DAYS, KIOSK, Plan, TIME_ZONE,
    lockers::{Planned, kiosk_number},
    people,
};
use crate::{
    Clock, Random, secret,
    store::{
        Database, DatabaseError, Office,
        account::{self, Role},
        appointment,
        feed::{self, Subject},
        seed::{self, AppointmentRow, CustodyRow, DeliveryRow, HallRow},
    },
};

type Tx = Transaction<'static, Sqlite>;

/// Fills an empty database with the plan.
pub(super) async fn all(database: &Database, plan: &Plan) -> Result<(), DatabaseError> {
    let secrets = hashes(plan).await;
    let mut tx = database.write().await?;
    hall(&mut tx, plan).await?;
    accounts(&mut tx, plan, &secrets).await?;
    for (index, person) in plan.hall.people.iter().enumerate() {
        let id_hash = office_rules::person::id_hash(&plan.hall.hall_key, &person.number);
        seed::person(&mut tx, HALL, &id_hash, &person.name, &people::phone(index)).await?;
    }
    for case in &plan.cases {
        seed::case(&mut tx, HALL, &case.row).await?;
    }
    for (index, planned) in plan.deliveries.iter().enumerate() {
        let hash = secrets.codes.get(index).and_then(Option::as_deref);
        delivery(&mut tx, plan, planned, hash).await?;
    }
    tx.commit().await?;
    let now = plan.now;
    let random = Random::seeded(plan.seed ^ 0x6665_6564);
    let (_, stopped) = watch::channel(false);
    let clock = Clock::from_fn(move || now);
    let office = Office::open(database.clone(), clock, random, stopped).await?;
    office.keep_house().await?;
    appointments(&office, plan).await?;
    tell_kiosks(&office, plan).await
}

/// Slow hashes of passwords, PINs and codes, made off the async threads.
struct Secrets {
    passwords: Vec<String>,
    pins: Vec<String>,
    codes: Vec<Option<String>>,
}

async fn hashes(plan: &Plan) -> Secrets {
    let random = Random::seeded(plan.seed ^ 0x7361_6c74);
    let passwords: Vec<_> = plan.hall.accounts.iter().map(|it| it.password.clone()).collect();
    let pins: Vec<_> = plan.hall.staff.iter().map(|it| it.pin.clone()).collect();
    let codes: Vec<_> =
        plan.deliveries.iter().map(|it| it.code.as_ref().map(|it| it.digits())).collect();
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
    seed::demo_hall(tx, HALL, (plan.seed, plan.cases.len(), plan.now)).await?;
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
        ("k1", LocalText::zh_en("一楼大厅入口", "Ground floor, entrance")),
        ("k2", LocalText::zh_en("二楼 C 区", "First floor, area C")),
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
    planned: &Planned,
    hash: Option<&str>,
) -> Result<(), DatabaseError> {
    let case = &plan.cases[planned.case];
    let item = &plan.catalogue.items[case.item];
    let lies = matches!(planned.state, DeliveryState::InCompartment | DeliveryState::Uncertain);
    let updated_at = planned.left_at.or(planned.deposited_at);
    let locator = planned.code.as_ref().map(|it| it.locator());
    seed::delivery(
        tx,
        HALL,
        &DeliveryRow {
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
            look_because: (planned.state == DeliveryState::Uncertain).then_some("interrupted"),
            updated_at: updated_at.unwrap_or_else(|| plan.now - 3.hours()),
        },
    )
    .await?;
    custody(tx, planned).await?;
    notification(tx, plan, planned).await
}

/// What the kiosk reported about a delivery.
async fn custody(tx: &mut Tx, planned: &Planned) -> Result<(), DatabaseError> {
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
    seed::custody(tx, HALL, &row("opened", "staff", Some("s2"), "deposit", at)).await?;
    seed::custody(tx, HALL, &row("deposited", "staff", Some("s2"), "", at + 40.seconds())).await?;
    match (planned.state, planned.left_at) {
        (DeliveryState::HandedOver, Some(left)) => {
            let opened = row("opened", "citizen", None, "pickup", left - 50.seconds());
            seed::custody(tx, HALL, &opened).await?;
            let mut taken = row("handed_over", "citizen by card", None, "", left);
            taken.receipt = Some(format!("S{:06}", planned.case));
            seed::custody(tx, HALL, &taken).await
        }
        (DeliveryState::Recalled, Some(left)) => {
            seed::custody(tx, HALL, &row("opened", "staff", Some("s2"), "recall", left)).await?;
            let taken = row("recalled", "staff", Some("s2"), "", left + 30.seconds());
            seed::custody(tx, HALL, &taken).await
        }
        (DeliveryState::Uncertain, _) => {
            let opened = row("opened", "citizen", None, "pickup", at + 20.hours());
            seed::custody(tx, HALL, &opened).await?;
            let doubt = row("uncertain", "kiosk", None, "interrupted", at + 21.hours());
            seed::custody(tx, HALL, &doubt).await
        }
        _ => Ok(()),
    }
}

async fn notification(tx: &mut Tx, plan: &Plan, planned: &Planned) -> Result<(), DatabaseError> {
    let (Some(kiosk), Some(code), Some(at), Some(until)) =
        (planned.kiosk, &planned.code, planned.deposited_at, planned.hold_until)
    else {
        return Ok(());
    };
    let case = &plan.cases[planned.case];
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

/// The day's diary and demo-2's appointment: today where the hall is open, and on the next open day.
async fn appointments(office: &Office, plan: &Plan) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    let mut running = std::collections::BTreeMap::<jiff::civil::Date, u32>::new();
    let mut booked = 0;
    for wanted in diary(office, plan).await? {
        let (person, item, slot) = wanted;
        let demo_item = &plan.catalogue.items[item];
        let begins = begins_at(slot.date, slot.starts, &office.zone);
        let state = match (begins < plan.now, booked % 7) {
            (false, _) => "booked",
            (true, 3) => "missed",
            (true, _) => "done",
        };
        let number = running.entry(slot.date).or_default();
        *number += 1;
        booked += 1;
        let owner = &plan.hall.people[person];
        let id_hash = office_rules::person::id_hash(&plan.hall.hall_key, &owner.number);
        let row = AppointmentRow {
            id: format!("a{booked:04}"),
            number: appointment_number(slot.date, *number),
            slot: &slot,
            item: demo_item.item.id.as_str(),
            id_hash: &id_hash,
            name_masked: hal::mask::name(&owner.name),
            state,
            at: plan.now - 26.hours(),
        };
        seed::appointment(&mut tx, HALL, &row).await?;
    }
    tx.commit().await?;
    Ok(())
}

type Wanted = (usize, usize, Slot);

/// Who comes when: person, item, slot. No slot gets more than it holds.
async fn diary(office: &Office, plan: &Plan) -> Result<Vec<Wanted>, DatabaseError> {
    let own = plan.catalogue.items.iter().position(|it| it.item.id.as_str() == "estate-transfer");
    let own = own.expect("the data file has this item");
    let mut wanted = Vec::new();
    let mut days = 0;
    for ahead in 0..12i64 {
        let date = plan.today + ahead.days();
        let own_slots =
            appointment::slots_on(office, &plan.catalogue.items[own].window_type, date).await?;
        let later = |it: &&Slot| begins_at(it.date, it.starts, &office.zone) > plan.now;
        // The next slot of the day, or its last when the day is over.
        if let Some(slot) = own_slots.iter().find(later).or(own_slots.last()).filter(|_| days < 2) {
            wanted.push((1, own + days, slot.clone()));
            days += 1;
        }
        for (index, it) in
            plan.catalogue.items.iter().enumerate().skip(ahead as usize % 5).step_by(7)
        {
            let slots = appointment::slots_on(office, &it.window_type, date).await?;
            // One a slot and item, spread over the day, never the one that demo-2 has.
            let slot = slots.get((index * 5 + 2) % slots.len().max(1));
            let taken = |slot: &Slot| wanted.iter().any(|(_, _, it): &Wanted| it.id == slot.id);
            let person = 4 + (index * 3 + ahead as usize * 17) % (plan.hall.people.len() - 4);
            if let Some(slot) = slot.filter(|it| !taken(it)) {
                wanted.push((person, index, slot.clone()));
            }
        }
    }
    Ok(wanted)
}

/// Everything that the kiosks are to know goes into their feeds.
async fn tell_kiosks(office: &Office, plan: &Plan) -> Result<(), DatabaseError> {
    let mut tx = office.database.write().await?;
    let mut latest = 0;
    for kiosk in feed::kiosks(office, &mut tx).await? {
        latest = feed::touch(office, &mut tx, &kiosk, Subject::Staff, false).await?;
        for it in &plan.deliveries {
            let left = matches!(it.state, DeliveryState::HandedOver | DeliveryState::Recalled);
            if !left && it.kiosk.is_none_or(|it| it == kiosk) {
                let subject = Subject::Delivery(&it.id);
                latest = feed::touch(office, &mut tx, &kiosk, subject, false).await?;
            }
        }
    }
    tx.commit().await?;
    office.database.announce(latest);
    Ok(())
}
