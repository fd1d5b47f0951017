//! What must always hold, told as stories of people at the kiosk.

mod darkness;
mod maintenance;
mod mishaps;
mod world;

use hal::locker::Door;
use hal::printer::{PrintOutcome, PrintProblem};
use kiosk_core::custody::{CompartmentState, Doubt};
use kiosk_core::effect::OfficeCall;
use kiosk_core::event::{OfficeAnswer, OfficeEvent, OfficeProblem, ScannerEvent};
use kiosk_core::store::{Record, Snapshot};
use kiosk_core::{Action, Effect, Event};
use wire::{
    Change, DeliveryState, ErrorBody, ErrorKind, EventBody, IdentifiedBy, Slot, SlotDay, SlotDays,
};
use world::{Lock, NUMBER, OTHER_NUMBER, World, delivery};

fn collect(world: &mut World) {
    world.tap(Action::OpenPickup);
    assert_eq!(world.name(), "pickup");
    world.tap(Action::Collect("d7".into()));
}

#[test]
fn pickup_by_card_from_card_to_start_screen() {
    let mut world = World::with_delivery();
    assert_eq!(world.name(), "start");
    world.lay(NUMBER);
    assert_eq!(world.name(), "home");
    assert_eq!(world.button("结果领取"), Action::OpenPickup);
    collect(&mut world);
    assert_eq!(world.name(), "pickup_open");
    assert!(world.all_text().contains("请从 7 号柜取出证件"));
    world.door(7, Door::Closed);
    assert_eq!(world.name(), "pickup_done");
    assert!(world.all_text().contains("LQ3 261123 0001"));
    world.tap(Action::Done);
    assert_eq!(world.name(), "rating");
    world.tap(Action::Grade(5));
    assert_eq!(world.name(), "start");
    let facts = world.facts();
    let handed = EventBody::HandedOver {
        delivery: "d7".into(),
        compartment: 7,
        identified_by: IdentifiedBy::IdCard,
        receipt_number: "LQ3 261123 0001".into(),
    };
    assert!(facts.contains(&handed), "{facts:?}");
    assert!(facts.iter().any(|it| matches!(it, EventBody::Rated { grade: 5, .. })));
    assert_eq!(world.pulses(), 1);
    assert_eq!(world.compartment(7), None);
}

#[test]
fn the_lock_is_pulsed_only_after_the_intent_is_on_disk() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    let intent = |it: &Effect| {
        matches!(it, Effect::Store { records, .. } if records.iter().any(
            |it| matches!(it, Record::Journal { kind, .. } if kind == "open_intent")))
    };
    let stored = world.effects.iter().position(intent).expect("the intent is stored");
    let pulse = world.effects.iter().position(|it| matches!(it, Effect::Locker(_)));
    assert!(stored < pulse.expect("the lock is pulsed"));

    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.store_works = false;
    collect(&mut world);
    assert_eq!(world.pulses(), 0, "what is not on disk is not done");
    let record = world.compartment(7).expect("it is still there");
    assert_eq!(record.state, CompartmentState::Holds);
    assert!(world.all_text().contains("没有打开"));
}

#[test]
fn after_a_power_cut_in_the_middle_only_staff_may_look() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.lock = Lock::Waits;
    collect(&mut world);
    let mut world = world.restart();
    let record = world.compartment(7).expect("it is remembered");
    assert_eq!(record.state, CompartmentState::Uncertain { because: Doubt::Interrupted });
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    assert_eq!(world.pulses(), 0, "no second pulse");
    assert!(world.all_text().contains("需要工作人员核对"));
}

#[test]
fn a_jammed_door_is_nobodys_until_staff_looked() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.lock = Lock::Jams;
    collect(&mut world);
    assert_eq!(world.name(), "message");
    assert!(world.all_text().contains("GZ3 261123 0001"), "the citizen gets a number");
    let doubt = CompartmentState::Uncertain { because: Doubt::Jammed };
    assert_eq!(world.compartment(7).expect("it is there").state, doubt);
    let failed = EventBody::OpenFailed { compartment: 7, delivery: Some("d7".into()) };
    assert!(world.facts().contains(&failed), "staff are told");
    for (lock, expected) in [
        (Lock::LineFails, CompartmentState::Uncertain { because: Doubt::LineFailed }),
        (Lock::NotSent, CompartmentState::Holds),
    ] {
        let mut world = World::with_delivery();
        world.lay(NUMBER);
        world.lock = lock;
        collect(&mut world);
        assert_eq!(world.compartment(7).expect("it is there").state, expected);
    }
}

#[test]
fn a_print_failure_never_loses_the_number_and_is_never_success() {
    let mut world = World::with_delivery();
    world.print = PrintOutcome::Refused(PrintProblem::PaperEnd);
    world.lay(NUMBER);
    collect(&mut world);
    world.door(7, Door::Closed);
    assert_eq!(world.name(), "pickup_done");
    let text = world.all_text();
    assert!(text.contains("LQ3 261123 0001") && text.contains("回执暂时打不出来"));
    assert!(!text.contains("打印好了"));
    world.print = PrintOutcome::Printed;
    world.tap(Action::PrintReceiptAgain);
    let text = world.all_text();
    assert!(text.contains("打印好了") && text.contains("LQ3 261123 0001"));
}

#[test]
fn walking_away_clears_the_screen_and_leaves_an_open_door_to_staff() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.tap(Action::ToggleLanguage);
    world.tap(Action::ToggleLargeText);
    world.tap(Action::ToggleLargeText);
    collect(&mut world);
    world.wait(134);
    assert!(world.screen().dialog.is_none(), "whoever takes something out may take their time");
    world.wait(1);
    assert!(world.screen().dialog.is_some(), "the question comes first");
    world.wait(45);
    assert_eq!(world.name(), "start");
    assert_eq!(world.screen().language, "zh-CN");
    assert!(!world.all_text().contains('*'), "nothing personal is left");
    let doubt = CompartmentState::Uncertain { because: Doubt::DoorLeftOpen };
    assert_eq!(world.compartment(7).expect("it is there").state, doubt);
}

#[test]
fn the_question_is_answered_by_any_touch_as_often_as_wanted() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    for _ in 0..12 {
        world.wait(100);
        assert!(world.screen().dialog.is_some());
        world.tap(Action::OpenProgress);
        assert!(world.screen().dialog.is_none());
        assert_eq!(world.name(), "home", "what lies under the question is not touched");
    }
    world.wait(60);
    world.tap(Action::EndSession);
    assert_eq!(world.name(), "start");
}

#[test]
fn somebody_elses_card_ends_the_first_persons_session() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.lay(OTHER_NUMBER);
    assert_eq!(world.name(), "home");
    assert!(!world.all_text().contains("食品经营许可证"));
    world.tap(Action::Collect("d7".into()));
    assert_eq!(world.pulses(), 0);
}

#[test]
fn a_code_opens_once_and_five_wrong_ones_lock_it() {
    let mut world = World::with_delivery();
    world.event(Event::Scanner(ScannerEvent::Scanned(kiosk_core::code::qr_text("03071234"))));
    assert_eq!(world.name(), "pickup_open");
    world.door(7, Door::Closed);
    assert!(
        world.facts().iter().any(|it| matches!(
            it,
            EventBody::HandedOver { identified_by: IdentifiedBy::Code, .. }
        ))
    );

    let mut world = World::with_delivery();
    world.secret = false;
    let try_code = |world: &mut World| {
        world.event(Event::Scanner(ScannerEvent::Scanned("0307 9999".into())));
    };
    for left in (1..5).rev() {
        try_code(&mut world);
        assert!(world.all_text().contains(&format!("还可以试 {left} 次")));
    }
    try_code(&mut world);
    assert!(world.all_text().contains("23:55"), "it says until when");
    world.secret = true;
    let mut world = world.restart();
    try_code(&mut world);
    assert!(world.all_text().contains("已暂停使用"), "a restart does not unlock it");
    assert_eq!(world.pulses(), 0);
    world.wait(15 * 60);
    try_code(&mut world);
    assert_eq!(world.pulses(), 1);
}

#[test]
fn codes_that_are_not_for_this_kiosk_say_so() {
    let mut world = World::with_delivery();
    for (text, said) in [
        ("02071234", "另一台机器"),
        ("H24P-0307", "二维码不完整"),
        ("Y1126-0007", "这不是取件码"),
        ("H24R:LQ3-261124-0001", "回执或凭条"),
    ] {
        world.event(Event::Scanner(ScannerEvent::Scanned(text.into())));
        assert!(world.all_text().contains(said), "{text}");
    }
    assert_eq!(world.pulses(), 0);
}

#[test]
fn bad_cards_each_have_their_own_message() {
    use hal::id_reader::{ReadFailure, ReaderEvent, ValidTo};
    let mut world = World::new();
    let mut expired = world::card(NUMBER);
    expired.valid_to = Some(ValidTo::Date(jiff::civil::date(2026, 11, 22)));
    let mut invalid = world::card("110105194912310021");
    invalid.valid_to = Some(ValidTo::LongTerm);
    let events = [
        (ReaderEvent::Card(Box::new(expired)), "到期"),
        (ReaderEvent::Card(Box::new(invalid)), "校验不通过"),
        (ReaderEvent::Unreadable(ReadFailure::LayAgain), "再放一次"),
        (ReaderEvent::Unreadable(ReadFailure::WrongCard), "不能用来办理"),
        (ReaderEvent::Unreadable(ReadFailure::Rejected), "不能识别"),
        (ReaderEvent::Unreadable(ReadFailure::Malformed), "读不完整"),
    ];
    for (event, said) in events {
        world.event(Event::Reader(event));
        assert_eq!(world.name(), "identify");
        assert!(world.all_text().contains(said), "{said}");
    }
    world.lay(NUMBER);
    assert_eq!(world.name(), "home");
}

#[test]
fn staff_deposit_recall_and_resolve() {
    let mut world = World::new();
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    world.tap(Action::ChooseDeposit("d1".into()));
    assert!(world.all_text().contains("请放入 1 号柜"));
    world.door(1, Door::Closed);
    assert!(world.all_text().contains("已存入 1 号柜"));
    let staff: wire::StaffId = "s1".into();
    let deposited =
        EventBody::Deposited { delivery: "d1".into(), compartment: 1, staff: staff.clone() };
    assert!(world.facts().contains(&deposited));
    assert_eq!(world.compartment(1).expect("it lies there").state, CompartmentState::Holds);

    world.tap(Action::StaffDeposit);
    world.tap(Action::Home);
    world.tap(Action::StaffRecall);
    world.tap(Action::ChooseRecall("d1".into()));
    assert!(world.all_text().contains("请从 1 号柜取出"));
    world.door(1, Door::Closed);
    let recalled = EventBody::Recalled { delivery: "d1".into(), compartment: 1, staff };
    assert!(world.facts().contains(&recalled));
    assert_eq!(world.compartment(1), None);
    world.event(Event::Card(hal::card::CardEvent::Removed));
    assert_eq!(world.name(), "start");
}

#[test]
fn a_deposit_interrupted_by_a_power_cut_is_not_offered_again() {
    let mut world = World::new();
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    world.feed(Change::Delivery(delivery("d2", DeliveryState::Expected, None)));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    world.lock = Lock::Waits;
    world.tap(Action::ChooseDeposit("d1".into()));
    let mut world = world.restart();
    let state = &world.compartment(1).expect("somebody has to look").state;
    assert!(matches!(state, CompartmentState::Uncertain { .. }));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    world.tap(Action::ChooseDeposit("d1".into()));
    assert_eq!(world.pulses(), 0, "what may lie in compartment 1 is not put in anywhere");
    world.tap(Action::ChooseDeposit("d2".into()));
    assert!(world.all_text().contains("请放入 2 号柜"));
}

#[test]
fn what_was_not_taken_out_after_all_is_nobodys_until_staff_looked() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.door(7, Door::Closed);
    assert_eq!(world.compartment(7), None);
    world.tap(Action::StillInside);
    let doubt = CompartmentState::Uncertain { because: Doubt::Disputed };
    assert_eq!(world.compartment(7).expect("it may lie there").state, doubt);
    let facts = world.facts();
    let told = |it: &&EventBody| matches!(it, EventBody::Uncertain { compartment: 7, .. });
    assert_eq!(facts.iter().filter(told).count(), 1);
    assert!(world.all_text().contains("LQ3 261123 0001"), "the number stays");
    let printed = world.effects.iter().filter(|it| matches!(it, Effect::Printer(_))).count();
    assert_eq!(printed, 1, "nothing is printed twice");
    let world = world.restart();
    assert_eq!(world.compartment(7).expect("on disk too").state, doubt);
}

#[test]
fn what_was_not_put_in_after_all_is_told_as_that() {
    let mut world = World::new();
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    world.tap(Action::ChooseDeposit("d1".into()));
    world.door(1, Door::Closed);
    world.tap(Action::ItemNotPlaced);
    let staff: wire::StaffId = "s1".into();
    let told = EventBody::NotPlaced { delivery: "d1".into(), compartment: 1, staff };
    assert!(world.facts().contains(&told));
    assert_eq!(world.compartment(1), None);
    world.event(Event::Office(OfficeEvent::OutboxLength(0)));
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    assert_eq!(world.kiosk.custody().expected().count(), 1, "it can be put in again");
}

#[test]
fn a_door_that_stands_open_is_called_out_on_the_start_screen() {
    let mut world = World::new();
    world.door(3, Door::Open);
    assert!(world.all_text().contains("请关好 3 号柜门"));
    world.door(3, Door::Closed);
    assert!(!world.all_text().contains("请关好"));
}

#[test]
fn an_uncertain_compartment_is_resolved_by_looking() {
    for (answer, found) in [(Action::Found, true), (Action::Missing, false)] {
        let mut world = World::with_delivery();
        world.lay(NUMBER);
        world.lock = Lock::Jams;
        collect(&mut world);
        world.tap(Action::EndSession);
        world.lock = Lock::Opens;
        world.log_in_staff();
        world.tap(Action::StaffResolve);
        world.tap(Action::ChooseResolve("d7".into()));
        world.door(7, Door::Closed);
        world.tap(answer);
        let held = world.compartment(7).is_some_and(|it| it.state == CompartmentState::Holds);
        assert_eq!(held, found);
        let resolved = world
            .facts()
            .iter()
            .any(|it| matches!(it, EventBody::Resolved { found: f, .. } if *f == found));
        assert!(resolved);
    }
}

fn slot(id: &str, left: u16) -> Slot {
    Slot {
        id: id.into(),
        date: jiff::civil::date(2026, 11, 26),
        starts: jiff::civil::time(10, 30, 0, 0),
        minutes: 30,
        capacity: 6,
        left,
        extended: false,
    }
}

fn slots() -> SlotDays {
    SlotDays {
        item: "food".into(),
        days: vec![SlotDay {
            date: jiff::civil::date(2026, 11, 26),
            kind: wire::DayKind::Workday,
            provisional: false,
            holiday: None,
            slots: vec![slot("s1", 1), slot("s2", 0)],
        }],
    }
}

fn choose_slot(world: &mut World) {
    world.lay(NUMBER);
    world.office.insert("slots", Ok(OfficeAnswer::Slots(slots())));
    world.tap(Action::OpenAppointment);
    assert_eq!(world.name(), "appointment_item");
    world.tap(Action::ChooseItem("food".into()));
    assert_eq!(world.name(), "appointment_conditions");
    world.tap(Action::ConditionsRead);
    world.tap(Action::ChooseDay(jiff::civil::date(2026, 11, 26)));
    assert_eq!(world.name(), "appointment_slot");
    world.tap(Action::ChooseSlot("s2".into()));
    world.tap(Action::HoldSlot);
    assert_eq!(world.name(), "appointment_slot", "a full slot is shown and not offered");
    world.tap(Action::ChooseSlot("s1".into()));
}

fn hold_slot(world: &mut World) {
    choose_slot(world);
    let hold = wire::Hold { id: "h1".into(), slot: slot("s1", 0), expires_at: world.now.wall };
    world.office.insert("hold", Ok(OfficeAnswer::Held(Box::new(hold))));
    world.tap(Action::HoldSlot);
}

fn appointment() -> wire::Appointment {
    wire::Appointment {
        id: "a1".into(),
        number: "Y1126-0007".into(),
        item: "food".into(),
        item_name: wire::LocalText::zh("食品经营许可（延续）"),
        window_type: wire::LocalText::zh("综合窗口"),
        place: wire::LocalText::zh("二层"),
        slot: slot("s1", 0),
        state: wire::AppointmentState::Booked,
        name_masked: "张*".into(),
    }
}

#[test]
fn a_slot_that_was_just_taken_is_told_and_the_next_one_offered() {
    let mut world = World::new();
    choose_slot(&mut world);
    let full = ErrorBody {
        kind: ErrorKind::SlotFull,
        message: String::new(),
        action: String::new(),
        next_slot: Some(Slot { starts: jiff::civil::time(11, 0, 0, 0), ..slot("s3", 2) }),
    };
    world.office.insert("hold", Err(OfficeProblem::Refused(Box::new(full))));
    world.office.insert("slots", Ok(OfficeAnswer::Slots(slots())));
    world.tap(Action::HoldSlot);
    let text = world.all_text();
    assert!(text.contains("刚刚被约满") && text.contains("改约 11月26日 11:00"));
    world.tap(Action::ChooseSlot("s3".into()));
    let hold = wire::Hold { id: "h1".into(), slot: slot("s3", 1), expires_at: world.now.wall };
    world.office.insert("hold", Ok(OfficeAnswer::Held(Box::new(hold))));
    world.tap(Action::HoldSlot);
    assert_eq!(world.name(), "appointment_confirm");
}

#[test]
fn a_booking_that_got_no_answer_is_sent_again_under_the_same_key() {
    for problem in [OfficeProblem::Unreachable, OfficeProblem::Failed] {
        a_booking_is_sent_again_after(problem);
    }
}

fn a_booking_is_sent_again_after(problem: OfficeProblem) {
    let mut world = World::new();
    hold_slot(&mut world);
    world.office.insert("book", Err(problem));
    world.tap(Action::ConfirmAppointment);
    assert_eq!(world.name(), "appointment_confirm");
    assert!(world.all_text().contains("不会重复预约"), "nothing is claimed that is not known");
    world.office.insert("book", Ok(OfficeAnswer::Booked(Box::new(appointment()))));
    world.tap(Action::ConfirmAppointment);
    assert_eq!(world.name(), "appointment_done");
    let keys: Vec<String> = world
        .effects
        .iter()
        .filter_map(|it| match it {
            Effect::Office { call: OfficeCall::Book(request), .. } => Some(request.key.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn search_finds_items_by_the_initials_of_their_pinyin() {
    let mut world = World::new();
    world.lay(NUMBER);
    world.tap(Action::OpenAppointment);
    world.tap(Action::OpenSearch);
    for letter in "gjj".chars() {
        world.tap(Action::Letter(letter));
    }
    let text = world.all_text();
    assert!(text.contains("公积金提取") && !text.contains("食品经营许可"));
}

#[test]
fn without_the_network_pickup_works_and_the_receipt_is_honest() {
    let mut world = World::with_delivery();
    world.event(Event::Office(OfficeEvent::Link { up: false }));
    assert!(world.all_text().contains("领取结果"));
    world.lay(NUMBER);
    collect(&mut world);
    world.door(7, Door::Closed);
    assert!(world.all_text().contains("网络恢复后自动上报"));
    let printed = world.effects.iter().any(|it| {
        matches!(it, Effect::Printer(_)) && format!("{it:?}").contains("网络恢复后自动上报")
    });
    assert!(printed);
}

#[test]
fn an_old_message_of_the_feed_does_not_bring_a_result_back() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.door(7, Door::Closed);
    world.feed(Change::Delivery(delivery("d7", DeliveryState::InCompartment, Some(7))));
    assert_eq!(world.compartment(7), None);
    world.feed(Change::Delivery(delivery("d7", DeliveryState::HandedOver, None)));
    world.feed(Change::DeliveryGone("d7".into()));
    assert_eq!(world.compartment(7), None);
}

#[test]
fn what_was_never_put_in_is_expected_again_once_the_office_knows() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.door(7, Door::Closed);
    let again = || Change::Delivery(delivery("d7", DeliveryState::Expected, None));
    world.feed(again());
    let expected = |world: &World| world.kiosk.custody().expected().count();
    assert_eq!(expected(&world), 0, "the office may not know yet");
    world.event(Event::Office(OfficeEvent::OutboxLength(0)));
    assert_eq!(expected(&world), 1);
    assert_eq!(expected(&world.restart()), 1);
}

#[test]
fn a_damaged_store_hands_nothing_out_unseen() {
    let world = World::with_delivery();
    let snapshot = Snapshot {
        recovered: Some(kiosk_core::store::Recovery {
            set_aside: "kiosk.db.damaged-1".into(),
            from_copy: true,
        }),
        ..world.snapshot
    };
    let mut world = World::with(snapshot);
    let doubt = CompartmentState::Uncertain { because: Doubt::StoreRecovered };
    assert_eq!(world.compartment(7).expect("it is there").state, doubt);
    let lies = |id, way| Change::Delivery(delivery(id, DeliveryState::InCompartment, Some(way)));
    world.feed(lies("d8", 8));
    assert_eq!(world.compartment(8).expect("it is there").state, doubt);
    let over = |world: &World| {
        let records = world.effects.iter().flat_map(|it| match it {
            Effect::Store { records, .. } => records.as_slice(),
            _ => &[],
        });
        records.filter(|it| **it == Record::RecoveryOver).count()
    };
    assert_eq!(over(&world), 0, "the office may know more");
    let end = || Event::Office(OfficeEvent::Feed { entries: vec![], cursor: 1 });
    world.event(end());
    world.event(end());
    assert_eq!(over(&world), 1);
    world.feed(lies("d9", 9));
    assert_eq!(world.compartment(9).expect("it is there").state, CompartmentState::Holds);
    assert_eq!(world.compartment(8).expect("it is there").state, doubt, "somebody has to look");
}

#[test]
fn a_print_that_was_interrupted_is_unknown_and_on_record() {
    let config = kiosk_core::Config {
        kiosk: "k3".into(),
        number: 3,
        hall_key: kiosk_core::HallKey(vec![7; 32].into()),
        compartments: vec![],
        wall_columns: 4,
        paper_roll_mm: 80_000,
        devices: vec![],
        services: vec![],
        limits: kiosk_core::Limits::default(),
        darkness: kiosk_core::Darkness::default(),
        language: "zh-CN".into(),
    };
    let mut kiosk = kiosk_core::Kiosk::new(config, kiosk_core::Languages::built_in());
    let wall = "2026-11-23T15:40:00Z".parse().expect("a time");
    let now = kiosk_core::Now { uptime: std::time::Duration::ZERO, wall };
    let job = hal::printer::PrintJobId(5);
    let snapshot = Snapshot { prints_in_flight: vec![job], ..Snapshot::default() };
    let effects = kiosk.step(now, Event::Restored(Box::new(snapshot)));
    let Some(Effect::Store { records, .. }) = effects.first() else { panic!("nothing stored") };
    let unknown = Record::Print { job, state: kiosk_core::store::PrintState::Unknown };
    let kind = "print_interrupted".to_owned();
    let noted = Record::Journal { at: wall, kind, detail: serde_json::json!({ "job": 5 }) };
    assert_eq!(*records, [unknown, noted]);
}

#[test]
fn a_forgotten_card_is_called_out_and_told_to_staff() {
    let mut world = World::new();
    world.lay(NUMBER);
    world.tap(Action::EndSession);
    assert!(world.all_text().contains("请取走您的证件"));
    world.wait(31);
    let told =
        EventBody::DeviceChanged { device: "id_reader".into(), state: "card_forgotten".into() };
    assert_eq!(world.facts().iter().filter(|it| **it == told).count(), 1);
    world.event(Event::Reader(hal::id_reader::ReaderEvent::Lifted));
    assert!(!world.all_text().contains("请取走您的证件"));
}

#[test]
fn the_same_events_give_the_same_effects() {
    let run = || {
        let mut world = World::with_delivery();
        world.lay(NUMBER);
        collect(&mut world);
        world.door(7, Door::Closed);
        world.effects
    };
    assert_eq!(run(), run());
}
