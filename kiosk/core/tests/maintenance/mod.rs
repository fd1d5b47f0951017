//! Maintenance mode: who gets in, what tests do and what they keep.

use super::world::{Lock, NUMBER, World, delivery, staff};
use hal::id_reader::{ReadFailure, ReaderEvent};
use hal::locker::{Door, LockerCommand};
use hal::printer::{PrintJobId, PrintOutcome, PrintProblem, PrinterEvent, TicketFate};
use kiosk_core::diagnosis::{Condition, DeviceKind, condition_now};
use kiosk_core::event::{EventLine, OfficeAnswer, OfficeProblem, ScannerEvent};
use kiosk_core::store::Record;
use kiosk_core::{Action, Conclusion, Effect, Event};
use wire::{Change, EventBody, StaffRole};

fn technician() -> World {
    let mut world = World::with_delivery();
    world.log_in_staff();
    world.tap(Action::Maintenance);
    assert_eq!(world.name(), "maintenance");
    world
}

/// The answers that are on record.
fn answers(world: &World) -> Vec<String> {
    let records = world.effects.iter().filter_map(|it| match it {
        Effect::Store { records, .. } => Some(records),
        _ => None,
    });
    let tested = records.flatten().filter_map(|it| match it {
        Record::Journal { kind, detail, .. } if kind == "device_tested" => Some(detail.to_string()),
        _ => None,
    });
    tested.collect()
}

#[test]
fn only_a_technician_gets_in_and_only_a_courier_opens_doors() {
    for (roles, screen) in
        [(vec![StaffRole::Courier], "staff"), (vec![StaffRole::Technician], "maintenance")]
    {
        let mut world = World::new();
        let member = wire::StaffMember { roles: roles.clone(), ..staff() };
        world.feed(Change::Staff(vec![member]));
        world.log_in_staff();
        world.tap(Action::Maintenance);
        assert_eq!(world.name(), screen, "{roles:?}");
        world.tap(Action::Home);
        world.tap(Action::StaffDeposit);
        let deposits = world.name() == "staff_deposit";
        assert_eq!(deposits, roles.contains(&StaffRole::Courier));
    }
}

#[test]
fn a_card_test_ends_with_a_card_and_keeps_nothing_of_it() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::IdReader));
    world.lay(NUMBER);
    world.tap(Action::TestSeen(true));
    assert!(answers(&world).is_empty(), "a card that nobody asked for is no test");
    world.tap(Action::RunTest);
    world.lay(NUMBER);
    assert_eq!(world.name(), "maintenance_device");
    assert!(world.all_text().contains("测试通过"), "{}", world.all_text());
    let answers = answers(&world);
    assert_eq!(answers.len(), 1);
    assert!(answers[0].contains("\"well\":true") && !answers[0].contains(NUMBER));
    assert!(!world.all_text().contains(&NUMBER[..6]));
    world.tap(Action::RunTest);
    world.event(Event::Reader(ReaderEvent::Unreadable(ReadFailure::LayAgain)));
    assert_eq!(world.name(), "maintenance_device", "no citizen's screen comes");
    assert!(world.all_text().contains("结果不对"));
}

#[test]
fn a_printed_page_is_judged_by_the_technician() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Printer));
    world.tap(Action::RunTest);
    assert!(world.all_text().contains("测试页完整"), "{}", world.all_text());
    world.tap(Action::TestSeen(false));
    world.tap(Action::TestSeen(true));
    assert_eq!(answers(&world).len(), 1, "one test has one answer");
    assert!(answers(&world)[0].contains("\"well\":false"));
    world.print = PrintOutcome::Refused(PrintProblem::PaperEnd);
    world.tap(Action::RunTest);
    assert!(!world.all_text().contains("测试页完整"), "nothing came out to be judged");
    assert_eq!(answers(&world).len(), 1);
}

#[test]
fn a_scanned_code_opens_nothing_during_a_test() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Scanner));
    world.tap(Action::RunTest);
    world.event(Event::Scanner(ScannerEvent::Scanned("03071234".into())));
    assert_eq!(world.name(), "maintenance_device");
    assert!(world.all_text().contains("测试通过"));
    assert_eq!(world.pulses(), 0);
}

/// The lines of the event log of this kind.
fn journaled(world: &World, wanted: &str) -> Vec<String> {
    let records = world.effects.iter().filter_map(|it| match it {
        Effect::Store { records, .. } => Some(records),
        _ => None,
    });
    let kept = records.flatten().filter_map(|it| match it {
        Record::Journal { kind, detail, .. } if kind == wanted => Some(detail.to_string()),
        _ => None,
    });
    kept.collect()
}

#[test]
fn a_lock_is_tried_on_an_empty_compartment_only_and_its_intent_is_written_first() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    let offered = world.all_text();
    assert!(offered.contains("打开 1 号柜") && !offered.contains("打开 7 号柜"), "{offered}");
    world.tap(Action::TestLock(7));
    assert_eq!(world.pulses(), 0, "a result lies there");
    world.effects.clear();
    world.tap(Action::TestLock(2));
    let pulse = world
        .effects
        .iter()
        .position(|it| matches!(it, Effect::Locker(LockerCommand::Open { way: 2, .. })));
    let intent = world.effects.iter().position(|it| {
        matches!(it, Effect::Store { records, .. }
        if records.iter().any(|it| matches!(it, Record::Journal { kind, .. }
            if kind == "test_open_intent")))
    });
    assert!(intent.expect("an intent") < pulse.expect("a pulse"));
    let told = |it: &EventBody| {
        matches!(it, EventBody::Opened { compartment: 2, delivery: None, why, staff: Some(_) }
            if why == "test")
    };
    assert!(world.facts().iter().any(told), "{:?}", world.facts());
    world.tap(Action::TestSeen(true));
    assert!(answers(&world).is_empty(), "it stands open still");
    world.door(2, Door::Closed);
    assert!(world.all_text().contains("2 号柜已关好"));
    world.tap(Action::TestSeen(true));
    assert!(answers(&world)[0].contains("\"well\":true"));
    assert_eq!(world.pulses(), 1);
}

#[test]
fn a_lock_that_jams_or_cannot_be_reached_is_told_as_that() {
    for (lock, words, told) in [
        (Lock::Jams, "没有弹开", true),
        (Lock::NotSent, "柜锁未动作", false),
        (Lock::LineFails, "线路中断", false),
    ] {
        let mut world = technician();
        world.tap(Action::MaintainDevice(DeviceKind::Locker));
        world.lock = lock;
        world.tap(Action::TestLock(3));
        assert!(world.all_text().contains(words), "{lock:?} {}", world.all_text());
        let failed =
            |it: &EventBody| matches!(it, EventBody::OpenFailed { compartment: 3, delivery: None });
        assert_eq!(world.facts().iter().any(failed), told, "{lock:?}");
        world.tap(Action::TestSeen(true));
        assert!(answers(&world).is_empty(), "{lock:?}: nobody saw it open and shut");
    }
}

#[test]
fn while_a_lock_is_tried_no_other_moves_and_a_failed_disk_moves_none() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.lock = Lock::Waits;
    world.tap(Action::TestLock(2));
    assert!(!world.kiosk.at_rest());
    world.tap(Action::TestLock(3));
    world.tap(Action::EndSession);
    world.lay(NUMBER);
    world.tap(Action::Collect("d7".into()));
    assert_eq!(world.pulses(), 1, "one lock at a time");
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.store_works = false;
    world.tap(Action::TestLock(2));
    assert_eq!(world.pulses(), 0);
    assert!(world.all_text().contains("柜锁未动作"), "{}", world.all_text());
}

#[test]
fn nothing_is_put_behind_a_lock_that_jammed_in_a_test_until_it_opens() {
    let mut world = technician();
    world.feed(Change::Delivery(delivery("d9", wire::DeliveryState::Expected, None)));
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.lock = Lock::Jams;
    world.tap(Action::TestLock(1));
    let condition = |world: &World| condition_now(world.kiosk.devices(), DeviceKind::Locker);
    assert_eq!(condition(&world), Condition::Jammed);
    let mut world = world.restart();
    world.feed_ends();
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    world.tap(Action::ChooseDeposit("d9".into()));
    let ways = world.effects.iter().filter_map(|it| match it {
        Effect::Locker(LockerCommand::Open { way, .. }) => Some(*way),
        _ => None,
    });
    assert_eq!(ways.collect::<Vec<_>>(), [2], "the first that is free is not trusted");
    world.door(2, Door::Closed);
    world.tap(Action::Home);
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.tap(Action::TestLock(1));
    world.door(1, Door::Closed);
    assert_eq!(condition(&world), Condition::Ready, "mended");
}

#[test]
fn a_test_that_the_power_cut_short_is_accounted_for() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.lock = Lock::Waits;
    world.tap(Action::TestLock(2));
    let snapshot = world.snapshot.clone();
    assert_eq!(snapshot.test_opening, Some(2));
    let mut fresh = World::unrestored();
    fresh.event(Event::Restored(Box::new(snapshot)));
    assert_eq!(
        journaled(&fresh, "test_open_ended"),
        [r#"{"compartment":2,"outcome":"interrupted"}"#]
    );
    assert_eq!(fresh.snapshot.test_opening, None, "once");
}

#[test]
fn after_a_lock_that_did_not_move_another_may_be_tried() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.lock = Lock::NotSent;
    world.tap(Action::TestLock(2));
    world.lock = Lock::Opens;
    world.tap(Action::TestLock(3));
    assert_eq!(world.pulses(), 2, "{}", world.all_text());
    assert!(world.all_text().contains("3 号柜已打开"));
}

#[test]
fn a_store_that_does_not_know_what_lies_where_tries_no_lock() {
    let world = World::with_delivery();
    let recovery = kiosk_core::store::Recovery { set_aside: "x".into(), from_copy: true };
    let mut world =
        World::with(kiosk_core::store::Snapshot { recovered: Some(recovery), ..world.snapshot });
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    assert!(world.all_text().contains("没有确认为空的格口"));
    world.tap(Action::TestLock(2));
    assert_eq!(world.pulses(), 0);
    let mut world = World::bare();
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Locker));
    world.tap(Action::TestLock(2));
    assert_eq!(world.pulses(), 0, "the office may know of more than it has told yet");
    world.feed_ends();
    world.tap(Action::TestLock(2));
    assert_eq!(world.pulses(), 1);
}

#[test]
fn the_office_is_asked_and_the_answer_is_on_record() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Office));
    world.office.insert("reach", Ok(OfficeAnswer::Reached));
    world.tap(Action::RunTest);
    assert!(world.all_text().contains("用时 0 毫秒"), "{}", world.all_text());
    world.office.insert("reach", Err(OfficeProblem::Unreachable));
    world.tap(Action::RunTest);
    assert!(world.all_text().contains("结果不对"));
    assert_eq!(answers(&world).len(), 2);
}

#[test]
fn the_touch_test_ends_when_every_place_was_touched_or_one_is_said_not_to_answer() {
    let mut world = technician();
    world.tap(Action::OpenTouchTest);
    for place in 0..20 {
        assert!(answers(&world).is_empty());
        world.tap(Action::TouchPlace(place));
    }
    assert!(
        answers(&world)[0].contains("\"device\":\"touch\",") && answers(&world)[0].contains("true")
    );
    world.tap(Action::Back);
    world.tap(Action::OpenTouchTest);
    world.tap(Action::TouchPlace(99));
    world.tap(Action::TouchFailed);
    assert!(answers(&world)[1].contains("\"well\":false"));
}

#[test]
fn a_new_roll_is_counted_from_nothing_once_it_is_confirmed() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Printer));
    world.tap(Action::NewRoll);
    assert!(journaled(&world, "paper_replaced").is_empty(), "nobody was asked");
    world.tap(Action::AskNewRoll);
    world.tap(Action::NotNow);
    world.tap(Action::NewRoll);
    assert!(journaled(&world, "paper_replaced").is_empty(), "it was not confirmed");
    world.tap(Action::AskNewRoll);
    assert!(world.screen().dialog.is_some());
    world.tap(Action::NewRoll);
    assert!(world.screen().dialog.is_none());
    assert_eq!(journaled(&world, "paper_replaced").len(), 1);
    assert!(world.all_text().contains("80.0 米"), "{}", world.all_text());
}

#[test]
fn the_event_log_shows_nothing_of_citizens() {
    let mut world = technician();
    world.tap(Action::OpenEvents);
    let asked = world.effects.iter().rev().find_map(|it| match it {
        Effect::ReadEvents { request, count } => Some((*request, *count)),
        _ => None,
    });
    let (request, count) = asked.expect("the log is asked for");
    assert_eq!(count, 200);
    let line = |kind: &str, detail| EventLine { at: world.now.wall, kind: kind.into(), detail };
    let lines = vec![
        line("handed_over", serde_json::json!({ "compartment": 7, "delivery": "D-SECRET" })),
        line("device", serde_json::json!({ "device": "printer", "state": "paper_end" })),
        line("of_tomorrow", serde_json::json!({ "staff": "s9" })),
    ];
    world.event(Event::EventsRead { request, lines: Some(lines) });
    let shown = world.all_text();
    assert!(shown.contains("结果已领取 · 7 号柜") && shown.contains("打印机 · 缺纸"), "{shown}");
    assert!(shown.contains("of_tomorrow · s9"), "an unknown kind is shown as it is: {shown}");
    assert!(!shown.contains("SECRET"));
    world.tap(Action::Back);
    world.tap(Action::OpenEvents);
    world.event(Event::EventsRead { request, lines: None });
    assert!(world.all_text().contains("正在读取"), "an old answer is no answer");
}

#[test]
fn an_inspection_is_signed_kept_told_and_printed() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Scanner));
    world.tap(Action::RunTest);
    world.tap(Action::TestSeen(false));
    world.tap(Action::Maintenance);
    world.tap(Action::OpenInspection);
    world.tap(Action::SignInspection);
    assert!(journaled(&world, "inspected").is_empty(), "no conclusion yet");
    world.tap(Action::Conclude(Conclusion::FollowUp));
    world.store_works = false;
    world.tap(Action::SignInspection);
    assert!(world.all_text().contains("没有保存下来"), "{}", world.all_text());
    world.store_works = true;
    world.effects.clear();
    world.tap(Action::SignInspection);
    assert!(world.all_text().contains("已保存"), "{}", world.all_text());
    world.tap(Action::SignInspection);
    assert_eq!(journaled(&world, "inspected").len(), 1, "signed once");
    let told = world.facts().into_iter().find_map(|it| match it {
        EventBody::Inspected { conclusion, findings, staff, .. } => {
            Some((conclusion, findings, staff))
        }
        _ => None,
    });
    let (conclusion, findings, staff) = told.expect("the office is told");
    assert_eq!((conclusion.as_str(), staff.as_str()), ("follow_up", "s1"));
    let scanner = findings.iter().find(|it| it.device == "scanner").expect("all devices");
    assert_eq!(scanner.tested, Some(false));
    let printed = world.effects.iter().any(|it| matches!(it, Effect::Printer(_)));
    assert!(printed);
}

/// Each device and what a signed record says of it.
fn signed(world: &World) -> Vec<(String, String, Option<bool>)> {
    let told = world.facts().into_iter().find_map(|it| match it {
        EventBody::Inspected { findings, .. } => Some(findings),
        _ => None,
    });
    let findings = told.expect("the office is told");
    findings.into_iter().map(|it| (it.device, it.state, it.tested)).collect()
}

#[test]
fn nobody_signs_that_all_is_well_over_a_finding_that_says_otherwise() {
    let mut world = technician();
    for kind in DeviceKind::ALL {
        world.tap(Action::MaintainDevice(*kind));
        world.tap(Action::JudgeDevice(*kind != DeviceKind::Ups));
    }
    world.tap(Action::OpenInspection);
    let offered = |world: &World| {
        world.tap_targets().iter().filter(|it| matches!(it, Action::Conclude(_))).count()
    };
    assert_eq!(offered(&world), 1, "{}", world.all_text());
    world.tap(Action::Conclude(Conclusion::Well));
    world.tap(Action::SignInspection);
    assert!(journaled(&world, "inspected").is_empty());
    world.tap(Action::MaintainDevice(DeviceKind::Ups));
    world.tap(Action::JudgeDevice(true));
    world.tap(Action::OpenInspection);
    assert_eq!(offered(&world), 3, "{}", world.all_text());
    world.tap(Action::Conclude(Conclusion::Well));
    world.event(Event::Printer(PrinterEvent::Link(hal::fault::Link::Down)));
    world.tap(Action::SignInspection);
    assert!(journaled(&world, "inspected").is_empty(), "the printer failed meanwhile");
    world.tap(Action::Conclude(Conclusion::FollowUp));
    world.tap(Action::SignInspection);
    assert_eq!(signed(&world)[0].0, "printer", "what is wrong stands first");
    world.event(Event::Printer(PrinterEvent::Link(hal::fault::Link::Up)));
    assert!(world.all_text().contains("打印机：没有响应"), "as it was signed");
}

#[test]
fn results_outlast_the_session_of_whoever_found_them_and_are_nobody_elses() {
    let mut world = technician();
    world.tap(Action::MaintainDevice(DeviceKind::Scanner));
    world.tap(Action::JudgeDevice(false));
    world.tap(Action::Home);
    world.tap(Action::StaffLogout);
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::OpenInspection);
    assert!(world.all_text().contains("扫码器：刚启动，还没有应答，请稍后再查（已测试，有问题）"));
    world.tap(Action::Home);
    world.tap(Action::StaffLogout);
    let other = wire::StaffMember { id: "s2".into(), ..staff() };
    world.feed(Change::Staff(vec![other]));
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::OpenInspection);
    assert!(!world.all_text().contains("有问题）"), "{}", world.all_text());
}

#[test]
fn a_technician_with_both_hands_in_the_machine_stays_logged_in() {
    let mut world = technician();
    world.wait(299);
    assert!(world.screen().dialog.is_none());
    world.wait(46);
    assert_eq!(world.name(), "start");
}

#[test]
fn on_a_low_battery_an_inspection_is_signed_and_not_printed() {
    let mut world = technician();
    world.ups(false, 20);
    world.tap(Action::OpenInspection);
    world.tap(Action::Conclude(Conclusion::FollowUp));
    world.effects.clear();
    world.tap(Action::SignInspection);
    assert_eq!(signed(&world).len(), DeviceKind::ALL.len());
    assert!(!world.effects.iter().any(|it| matches!(it, Effect::Printer(_))));
    assert!(world.all_text().contains("已保存"), "{}", world.all_text());
}

#[test]
fn a_restart_is_asked_for_twice_written_down_and_ends_the_session() {
    let mut world = technician();
    assert!(world.kiosk.is_maintained());
    world.tap(Action::Restart);
    world.tap(Action::AskRestart);
    world.tap(Action::NotNow);
    world.tap(Action::Restart);
    assert!(!world.effects.contains(&Effect::Restart));
    world.tap(Action::AskRestart);
    world.tap(Action::Restart);
    let at = |wanted: &dyn Fn(&Effect) -> bool| world.effects.iter().rposition(wanted);
    let stored = at(&|it| matches!(it, Effect::Store { .. })).expect("it is on record");
    assert!(at(&|it| *it == Effect::Restart).expect("it restarts") > stored);
    assert_eq!(journaled(&world, "restart_ordered").len(), 1);
    assert!(world.kiosk.at_rest() && !world.kiosk.is_maintained());
}

#[test]
fn couriers_reach_nothing_of_maintenance() {
    let mut world = World::with_delivery();
    let roles = vec![StaffRole::Courier];
    world.feed(Change::Staff(vec![wire::StaffMember { roles, ..staff() }]));
    world.log_in_staff();
    let actions = [
        Action::OpenEvents,
        Action::OpenTouchTest,
        Action::OpenInspection,
        Action::AskRestart,
        Action::MaintainDevice(DeviceKind::Locker),
    ];
    for action in actions {
        world.tap(action.clone());
        assert_eq!(world.name(), "staff", "{action:?}");
    }
}

#[test]
fn paper_is_counted_over_restarts_and_what_nobody_took_is_on_record() {
    let mut world = technician();
    for paper_mm in [1_500, 2_600] {
        world.event(Event::Printer(PrinterEvent::Fed { job: PrintJobId(1), paper_mm }));
    }
    let fate = TicketFate::Retracted;
    world.event(Event::Printer(PrinterEvent::Ticket { job: PrintJobId(1), fate }));
    assert_eq!(
        journaled(&world, "ticket_not_taken"),
        [r#"{"device":"printer","ticket":"retracted"}"#]
    );
    let mut world = world.restart();
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Printer));
    let shown = world.all_text();
    assert!(shown.contains("4.1 米") && shown.contains("75.9 米"), "{shown}");
    assert!(shown.contains(r#"("没人取走", "1")"#), "{shown}");
}
