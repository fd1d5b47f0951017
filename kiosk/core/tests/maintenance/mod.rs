//! Maintenance mode: who gets in, what tests do and what they keep.

use super::world::{NUMBER, World, staff};
use hal::id_reader::{ReadFailure, ReaderEvent};
use hal::printer::{PrintOutcome, PrintProblem};
use kiosk_core::diagnosis::DeviceKind;
use kiosk_core::event::ScannerEvent;
use kiosk_core::store::Record;
use kiosk_core::{Action, Effect, Event};
use wire::{Change, StaffRole};

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
