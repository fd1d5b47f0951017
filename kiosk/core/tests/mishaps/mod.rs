//! What must hold and be said when something is not as usual: a disk that is full, a power cut, a store
//! that was lost, an office that knows something else, a clock that jumps.

mod cabinet;
mod power;

use super::collect;
use super::world::{Lock, NUMBER, World, catalogue, delivery};
use hal::fault::Link;
use hal::id_reader::ReaderEvent;
use hal::locker::Door;
use hal::printer::{PrintOutcome, PrintProblem, PrinterEvent};
use kiosk_core::custody::{CompartmentState, Doubt};
use kiosk_core::event::{OfficeAnswer, OfficeEvent, OfficeProblem, ScannerEvent};
use kiosk_core::store::{Recovery, Snapshot};
use kiosk_core::{Action, Effect, Event};
use wire::{Change, DeliveryState, EventBody};

fn recovered() -> Snapshot {
    Snapshot {
        store_id: "st".into(),
        boot: 1,
        recovered: Some(Recovery { set_aside: "kiosk.db.damaged-1".into(), from_copy: true }),
        ..Snapshot::default()
    }
}

fn uncertain(world: &World, number: u16) -> Option<Doubt> {
    match world.compartment(number)?.state {
        CompartmentState::Uncertain { because } => Some(because),
        _ => None,
    }
}

/// A member of staff looks into a compartment and says that it is empty.
fn resolve_as_missing(world: &mut World, id: &str, way: u16) {
    world.log_in_staff();
    world.tap(Action::StaffResolve);
    world.tap(Action::ChooseResolve(id.into()));
    world.door(way, Door::Closed);
    world.tap(Action::Missing);
}

#[test]
fn an_outcome_that_cannot_be_written_leaves_the_compartment_uncertain() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.store_works = false;
    world.door(7, Door::Closed);
    assert_eq!(uncertain(&world, 7), Some(Doubt::NotStored));
    assert!(world.all_text().contains("需要工作人员查看"));
    world.store_works = true;
    world.tap(Action::Done);
    world.feed(Change::Delivery(delivery("d7", DeliveryState::InCompartment, Some(7))));
    assert_eq!(uncertain(&world, 7), Some(Doubt::NotStored), "only a person who looks may tell");
    let world = world.restart();
    assert!(uncertain(&world, 7).is_some());
}

#[test]
fn a_deposit_or_a_recall_that_cannot_be_written_is_uncertain_too() {
    let mut world = World::with_delivery();
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    world.tap(Action::ChooseDeposit("d1".into()));
    world.store_works = false;
    world.event(Event::Locker(hal::locker::LockerEvent::Door {
        way: 1,
        door: Door::Closed,
        occupied: Some(false),
    }));
    assert_eq!(uncertain(&world, 1), Some(Doubt::NotStored));
    assert_eq!(world.kiosk.custody().expected().count(), 0);
    world.store_works = true;
    world.tap(Action::StaffRecall);
    world.tap(Action::ChooseRecall("d7".into()));
    world.store_works = false;
    world.door(7, Door::Closed);
    assert_eq!(uncertain(&world, 7), Some(Doubt::NotStored));
}

#[test]
fn what_the_feed_brought_while_the_disk_was_full_is_written_later() {
    let mut world = World::new();
    world.store_works = false;
    world.feed(Change::Delivery(delivery("d7", DeliveryState::InCompartment, Some(7))));
    world.store_works = true;
    world.feed(Change::Delivery(delivery("d8", DeliveryState::InCompartment, Some(8))));
    let world = world.restart();
    assert!(world.compartment(7).is_some(), "the cursor has passed it");
    assert!(world.compartment(8).is_some());
}

#[test]
fn a_document_that_cannot_be_stored_says_so_and_can_be_tried_again() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.print = PrintOutcome::Failed(PrintProblem::PaperEnd);
    world.door(7, Door::Closed);
    world.store_works = false;
    world.tap(Action::PrintReceiptAgain);
    let text = world.all_text();
    assert!(text.contains("没能保存") && !text.contains("正在打印"), "{text}");
    world.store_works = true;
    world.print = PrintOutcome::Printed;
    world.tap(Action::PrintReceiptAgain);
    assert!(world.all_text().contains("打印好了"));
}

#[test]
fn staff_are_said_to_be_called_only_once_the_call_is_on_disk() {
    let mut world = World::new();
    world.tap(Action::Help);
    world.store_works = false;
    world.tap(Action::CallStaff);
    let text = world.all_text();
    assert!(text.contains("没有登记上") && !text.contains("已登记求助"), "{text}");
    world.store_works = true;
    world.tap(Action::CallStaff);
    assert!(world.all_text().contains("已登记求助"));
}

#[test]
fn what_is_missing_after_a_recovery_is_told_to_an_office_that_can_take_it() {
    let mut world = World::with(recovered());
    world.feed(Change::Delivery(delivery("d7", DeliveryState::InCompartment, Some(7))));
    assert_eq!(uncertain(&world, 7), Some(Doubt::StoreRecovered));
    resolve_as_missing(&mut world, "d7", 7);
    let facts = world.facts();
    let told = |wanted: fn(&EventBody) -> bool| facts.iter().position(wanted);
    let doubt = told(|it| matches!(it, EventBody::Uncertain { compartment: 7, .. }));
    let missing = told(|it| matches!(it, EventBody::Resolved { found: false, .. }));
    assert!(doubt.expect("told as uncertain") < missing.expect("then as missing"));
}

#[test]
fn a_copy_of_the_store_believes_the_office_about_what_left_and_what_came() {
    let old = World::with_delivery();
    let mut world = World::with(Snapshot { recovered: recovered().recovered, ..old.snapshot });
    assert_eq!(uncertain(&world, 7), Some(Doubt::StoreRecovered));
    world.feed(Change::Delivery(delivery("d7", DeliveryState::HandedOver, None)));
    assert_eq!(world.compartment(7), None);
    world.feed(Change::Delivery(delivery("d8", DeliveryState::InCompartment, Some(7))));
    assert_eq!(world.compartment(7).expect("it may be there").delivery.id.as_str(), "d8");
    let world = world.restart();
    assert_eq!(world.compartment(7).expect("on disk too").delivery.id.as_str(), "d8");
}

#[test]
fn two_deliveries_for_one_compartment_are_looked_for_one_after_the_other() {
    let mut world = World::new();
    world.feed(Change::Delivery(delivery("d7", DeliveryState::Uncertain, Some(7))));
    world.feed(Change::Delivery(delivery("d8", DeliveryState::InCompartment, Some(7))));
    assert_eq!(world.kiosk.custody().expected().count(), 0, "it waits in no back room");
    let mut world = world.restart();
    resolve_as_missing(&mut world, "d7", 7);
    let record = world.compartment(7).expect("d8 may lie there").clone();
    assert_eq!(record.delivery.id.as_str(), "d8");
    assert_eq!(uncertain(&world, 7), Some(Doubt::OfficeDisagrees));
    let told = EventBody::Uncertain {
        delivery: "d8".into(),
        compartment: 7,
        because: "office_disagrees".into(),
    };
    assert!(world.facts().contains(&told));
    let world = world.restart();
    assert!(uncertain(&world, 7).is_some());
}

#[test]
fn a_code_that_is_being_checked_counts_as_tried_wherever_the_person_goes() {
    let mut world = World::with_delivery();
    world.tap(Action::BeginCode);
    let type_code = |world: &mut World| {
        for digit in [0, 3, 0, 7, 1, 2, 3, 4] {
            world.tap(Action::Digit(digit));
        }
    };
    type_code(&mut world);
    let effects = world.kiosk.step(world.now, Event::User(Action::SubmitCode));
    let check = effects.iter().find_map(|it| match it {
        Effect::CheckSecret { check, .. } => Some(*check),
        _ => None,
    });
    let check = check.expect("the code is checked");
    let counted = effects.iter().any(|it| matches!(it, Effect::Store { .. }));
    assert!(counted, "it is on disk before it is known to be wrong");
    world.tap(Action::Back);
    world.tap(Action::BeginCode);
    world.event(Event::SecretChecked { check, right: true });
    assert_eq!(world.pulses(), 0, "whoever left wants no door to open");
    assert_eq!(world.name(), "pickup_code");
    world.secret = true;
    type_code(&mut world);
    world.tap(Action::SubmitCode);
    assert_eq!(world.pulses(), 1);
}

#[test]
fn receipt_numbers_never_repeat_whatever_the_clock_and_the_store_do() {
    let mut world = World::new();
    let collect_one = |world: &mut World, number: u16| {
        let id = format!("p{number}");
        world.feed(Change::Delivery(delivery(&id, DeliveryState::InCompartment, Some(number))));
        world.lay(NUMBER);
        world.tap(Action::OpenPickup);
        world.tap(Action::Collect(id.as_str().into()));
        world.door(number, Door::Closed);
        world.tap(Action::EndSession);
        let mut numbers = world.facts().into_iter().filter_map(|it| match it {
            EventBody::HandedOver { receipt_number, .. } => Some(receipt_number),
            _ => None,
        });
        numbers.next_back().expect("it was handed over")
    };
    let day = jiff::SignedDuration::from_hours(24);
    let mut numbers = vec![collect_one(&mut world, 1)];
    world.now.wall -= day;
    numbers.push(collect_one(&mut world, 2));
    world.now.wall += day;
    numbers.push(collect_one(&mut world, 3));
    let different: std::collections::BTreeSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), numbers.len(), "{numbers:?}");

    let copy = Snapshot { recovered: recovered().recovered, boot: 2, ..world.snapshot.clone() };
    let (day_before, count) = copy.receipt_counter.expect("three were given out");
    let after = World::with(copy).snapshot.receipt_counter.expect("it is on disk");
    assert!(after.0 >= day_before && after.1 > count + 1_000, "more may have been given out since");
}

#[test]
fn a_booking_on_its_way_is_waited_for_and_the_list_is_loaded_anew_afterwards() {
    let mut world = World::new();
    world.lay(NUMBER);
    let slots = wire::SlotDays {
        item: "food".into(),
        days: vec![wire::SlotDay {
            date: jiff::civil::date(2026, 11, 26),
            kind: wire::DayKind::Workday,
            provisional: false,
            holiday: None,
            slots: vec![super::slot("s1", 1)],
        }],
    };
    world.office.insert("slots", Ok(OfficeAnswer::Slots(slots.clone())));
    world.tap(Action::OpenAppointment);
    world.tap(Action::ChooseItem("food".into()));
    world.tap(Action::ConditionsRead);
    world.tap(Action::ChooseDay(jiff::civil::date(2026, 11, 26)));
    world.tap(Action::ChooseSlot("s1".into()));
    let hold = wire::Hold {
        id: "h1".into(),
        slot: super::slot("s1", 0),
        expires_at: world.now.wall + std::time::Duration::from_secs(300),
    };
    world.office.insert("hold", Ok(OfficeAnswer::Held(Box::new(hold))));
    world.tap(Action::HoldSlot);
    assert_eq!(world.name(), "appointment_confirm");

    // Back and again: the place that is kept is one's own, although the list says it is taken.
    let mut taken = slots;
    taken.days[0].slots = vec![super::slot("s1", 0)];
    world.office.insert("slots", Ok(OfficeAnswer::Slots(taken)));
    world.tap(Action::Back);
    assert_eq!(world.name(), "appointment_slot");
    world.tap(Action::ChooseSlot("s1".into()));
    world.tap(Action::HoldSlot);
    assert_eq!(world.name(), "appointment_confirm");

    world.tap(Action::ConfirmAppointment);
    world.tap(Action::Home);
    assert_eq!(world.name(), "appointment_confirm", "nobody leaves before it is known");
    let asked = world.effects.iter().rev().find_map(|it| match it {
        Effect::Office { request, .. } => Some(*request),
        _ => None,
    });
    let request = asked.expect("the booking was sent");
    let result = Err(OfficeProblem::Unreachable);
    world.event(Event::Office(OfficeEvent::Answer { request, result }));
    world.tap(Action::Home);
    world.effects.clear();
    world.tap(Action::OpenAppointments);
    let lists = |it: &Effect| format!("{it:?}").contains("Appointments");
    assert!(world.effects.iter().any(lists), "it may have been booked all the same");
}

#[test]
fn somebody_slow_at_an_open_door_is_not_thrown_out() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.wait(150);
    assert_eq!(world.name(), "pickup_open");
    world.door(7, Door::Closed);
    assert_eq!(world.name(), "pickup_done");
    world.wait(59);
    assert_eq!(world.name(), "pickup_done", "there is time to read the number");
}

#[test]
fn fewer_compartments_than_deliveries_are_counted_too() {
    let mut world = World::new();
    world.feed(Change::Delivery(delivery("d9", DeliveryState::InCompartment, Some(9))));
    world.log_in_staff();
    assert_eq!(world.name(), "staff");
}

#[test]
fn a_scan_that_opens_nothing_in_staff_mode_says_why() {
    let mut world = World::with_delivery();
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    let inside = delivery("d7", DeliveryState::InCompartment, Some(7)).case;
    for (text, said) in [(inside.as_str(), "已在 7 号柜"), ("DZ-0000", "没有待存入的结果")]
    {
        world.event(Event::Scanner(ScannerEvent::Scanned(text.into())));
        assert_eq!(world.name(), "staff_deposit");
        assert!(world.all_text().contains(said), "{text}");
    }
    let expected = delivery("d1", DeliveryState::Expected, None).case;
    world.event(Event::Scanner(ScannerEvent::Scanned(expected.to_string())));
    assert!(world.all_text().contains("请放入"), "the right one opens all the same");
}

#[test]
fn all_papers_are_seen_before_a_day_is_chosen() {
    let mut catalogue = catalogue();
    let paper = |n: usize| wire::Paper {
        name: wire::LocalText::zh(format!("材料{n}")),
        original: true,
        copies: 1,
    };
    catalogue.items[0].papers = (0..30).map(paper).collect();
    let mut world = World::new();
    world.feed(Change::Catalogue(catalogue));
    world.lay(NUMBER);
    world.tap(Action::OpenAppointment);
    world.tap(Action::ChooseItem("food".into()));
    let mut seen = String::new();
    for _ in 0..30 {
        assert_eq!(world.name(), "appointment_conditions");
        seen += &world.all_text();
        if seen.contains("看清了，选日期") {
            break;
        }
        world.tap(Action::NextPage);
    }
    assert!((0..30).all(|n| seen.contains(&format!("材料{n}"))), "{seen}");
}

#[test]
fn a_workday_whose_hours_are_over_is_not_called_a_holiday() {
    let mut world = World::new();
    let today = jiff::civil::date(2026, 11, 23);
    let day = |date| wire::SlotDay {
        date,
        kind: wire::DayKind::Workday,
        provisional: false,
        holiday: None,
        slots: vec![],
    };
    let days = vec![day(today), day(today.tomorrow().expect("a day"))];
    let slots = wire::SlotDays { item: "food".into(), days };
    world.lay(NUMBER);
    world.office.insert("slots", Ok(OfficeAnswer::Slots(slots)));
    world.tap(Action::OpenAppointment);
    world.tap(Action::ChooseItem("food".into()));
    world.tap(Action::ConditionsRead);
    let text = world.all_text();
    assert!(text.contains("今日已过") && text.contains("休息"), "{text}");
    assert!(text.contains("11月23日至11月24日"), "the month is told: {text}");
}

#[test]
fn a_request_that_the_office_failed_at_is_told_and_asked_anew_on_the_next_visit() {
    let mut world = World::new();
    world.tap(Action::OpenProgress);
    world.office.insert("cases", Err(OfficeProblem::Failed));
    world.lay(NUMBER);
    assert_eq!(world.name(), "progress");
    let told = world.all_text();
    assert!(told.contains("服务中心没能答复") && told.contains("再试一次"), "{told}");
    assert!(!told.contains("连不上"), "the network is well: {told}");
    world.tap(Action::Back);
    world.office.insert("cases", Ok(OfficeAnswer::Cases(vec![])));
    world.tap(Action::OpenProgress);
    assert!(!world.all_text().contains("没能答复"), "it was asked again");
}

#[test]
fn a_card_that_lay_there_when_the_reader_was_lost_begins_no_session() {
    let mut world = World::new();
    world.lay(NUMBER);
    world.tap(Action::EndSession);
    world.event(Event::Reader(ReaderEvent::Link(Link::Down)));
    world.event(Event::Reader(ReaderEvent::Link(Link::Up)));
    world.lay(NUMBER);
    assert_eq!(world.name(), "start", "its owner may be gone");
    world.event(Event::Reader(ReaderEvent::Lifted));
    world.lay(NUMBER);
    assert_eq!(world.name(), "home", "lifted and laid again it is somebody's who stands there");
}

#[test]
fn a_scanned_result_in_doubt_leads_to_where_it_is_looked_into() {
    let mut world = World::with_delivery();
    world.lock = Lock::Jams;
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    world.tap(Action::EndSession);
    assert!(uncertain(&world, 7).is_some());
    world.log_in_staff();
    let case = delivery("d7", DeliveryState::InCompartment, Some(7)).case;
    world.event(Event::Scanner(ScannerEvent::Scanned(case.to_string())));
    assert!(world.all_text().contains("在 7 号柜，标为存疑"), "{}", world.all_text());
}

#[test]
fn what_a_broken_device_cannot_do_is_not_promised() {
    let mut world = World::new();
    world.event(Event::Printer(PrinterEvent::Link(Link::Down)));
    assert!(world.all_text().contains("打印机暂时不能出纸"), "{}", world.all_text());
    world.tap(Action::BeginCode);
    assert!(world.all_text().contains("对准扫码窗"));
    world.event(Event::Scanner(ScannerEvent::Link(Link::Up)));
    world.event(Event::Scanner(ScannerEvent::Link(Link::Down)));
    assert!(world.all_text().contains("扫码窗暂时不能用"), "{}", world.all_text());
}

#[test]
fn no_document_is_said_to_be_in_an_empty_cabinet() {
    for full in [false, true] {
        let kiosk = || if full { World::with_delivery() } else { World::new() };
        let mut world = kiosk();
        world.event(Event::Locker(hal::locker::LockerEvent::Link(Link::Down)));
        let lost = world.all_text();
        assert!(lost.contains("自助柜暂时打不开"), "{lost}");
        assert_eq!(lost.contains("证件仍在柜内"), full, "{lost}");
        let mut world = kiosk();
        world.ups(false, 20);
        let dark = world.all_text();
        assert!(dark.contains("暂不开柜和打印"), "{dark}");
        assert_eq!(dark.contains("证件仍在柜内"), full, "{dark}");
    }
}

#[test]
fn a_card_that_was_left_is_told_where_a_card_is_asked_for() {
    let mut world = World::new();
    world.lay(NUMBER);
    world.tap(Action::EndSession);
    world.tap(Action::Begin);
    world.tap(Action::OpenProgress);
    assert_eq!(world.name(), "identify");
    assert!(world.all_text().contains("拿起来再放一次"), "{}", world.all_text());
}

#[test]
fn a_device_that_is_slow_to_come_up_is_no_news_and_one_that_never_does_is() {
    let mut world = World::new();
    let told = |world: &World| -> Vec<(String, String)> {
        let changed = |it| match it {
            EventBody::DeviceChanged { device, state } => Some((device, state)),
            _ => None,
        };
        world.facts().into_iter().filter_map(changed).collect()
    };
    let scanner = |link| Event::Scanner(ScannerEvent::Link(link));
    let ups = |link| Event::Ups(hal::ups::UpsEvent::Link(link));
    world.event(scanner(Link::Down));
    world.event(ups(Link::Down));
    world.wait(3);
    world.event(scanner(Link::Up));
    assert_eq!(told(&world), [("scanner".to_owned(), "ready".to_owned())], "it was only slow");
    world.event(scanner(Link::Down));
    assert_eq!(told(&world).len(), 2, "one that was seen and goes is told at once");
    world.wait(12);
    assert_eq!(told(&world)[2], ("ups".to_owned(), "down".to_owned()), "{:?}", told(&world));
    world.wait(60);
    assert_eq!(told(&world).len(), 3, "once");
}
