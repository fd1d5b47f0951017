//! What must hold while the mains are gone.

use crate::world::{Lock, NUMBER, World, delivery};
use hal::fault::Link;
use hal::locker::Door;
use hal::ups::{UpsEvent, UpsProblem};
use kiosk_core::custody::CompartmentState;
use kiosk_core::event::{OfficeAnswer, ScannerEvent};
use kiosk_core::store::Record;
use kiosk_core::{Action, Effect, Event, Power};
use wire::{Change, DeliveryState, EventBody};

use crate::{appointment, collect, hold_slot};

/// What the office was told of the UPS, in order.
fn told(world: &World) -> Vec<String> {
    let of_ups = |it| match it {
        EventBody::DeviceChanged { device, state } if device == "ups" => Some(state),
        _ => None,
    };
    world.facts().into_iter().filter_map(of_ups).collect()
}

fn journaled(world: &World, wanted: &str) -> usize {
    let records = world.effects.iter().flat_map(|it| match it {
        Effect::Store { records, .. } => records.as_slice(),
        _ => &[],
    });
    records.filter(|it| matches!(it, Record::Journal { kind, .. } if kind == wanted)).count()
}

/// The battery is nearly empty, and the time to end is over.
fn run_down(world: &mut World) {
    world.ups(false, 9);
    world.wait(31);
}

#[test]
fn four_hours_on_battery_end_in_order_and_everything_is_still_there_afterwards() {
    let mut world = World::with_delivery();
    world.ups(true, 100);
    for minute in 0..240_u16 {
        let left = 100 - minute * 100 / 240;
        if world.shutdowns() == 0 {
            assert!(left >= 9, "it ends before the battery does");
        }
        // Every status comes twice: a value trembled.
        for _ in 0..2 {
            world.ups(false, u8::try_from(left).expect("percent"));
        }
        world.wait(60);
        let text = world.all_text();
        match left {
            30.. => assert!(text.contains("现在用备用电源") && text.contains("领取结果、")),
            10..30 => assert!(text.contains("暂不开柜和打印") && text.contains("可以：查询进度")),
            _ => assert_eq!(world.name(), "out_of_service"),
        }
        assert_eq!(world.shutdowns(), usize::from(left < 10));
    }
    assert_eq!(told(&world), ["ready", "on_battery", "battery_low", "shutting_down"]);
    assert_eq!((journaled(&world, "device"), journaled(&world, "shutdown")), (4, 1));
    assert!(world.all_text().contains("停电关机中"));
    let mut world = world.restart();
    assert_eq!(world.compartment(7).expect("it is there").state, CompartmentState::Holds);
    world.ups(true, 5);
    world.lay(NUMBER);
    collect(&mut world);
    assert_eq!(world.pulses(), 1);
}

#[test]
fn below_the_level_nothing_is_begun_that_moves_and_all_else_works() {
    let mut world = World::with_delivery();
    world.ups(false, 29);
    world.lay(NUMBER);
    assert!(world.all_text().contains("电量不足，暂不开柜"));
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    assert_eq!((world.name(), world.pulses()), ("pickup", 0));
    world.tap(Action::Home);
    world.office.insert("cases", Ok(OfficeAnswer::Cases(vec![])));
    world.tap(Action::OpenProgress);
    assert_eq!(world.name(), "progress");
    world.tap(Action::EndSession);
    world.event(Event::Scanner(ScannerEvent::Scanned("03071234".into())));
    assert!(world.all_text().contains("取件码正确") && world.all_text().contains("证件仍在柜内"));
    world.tap(Action::EndSession);
    world.feed(Change::Delivery(delivery("d1", DeliveryState::Expected, None)));
    world.log_in_staff();
    world.tap(Action::StaffDeposit);
    assert!(world.all_text().contains("暂不能开柜"));
    world.tap(Action::ChooseDeposit("d1".into()));
    assert_eq!(world.pulses(), 0);
    world.ups(true, 29);
    world.tap(Action::ChooseDeposit("d1".into()));
    assert_eq!(world.pulses(), 1, "the mains are back");
}

#[test]
fn a_pickup_under_way_is_finished_and_the_shutdown_waits_for_its_door() {
    let mut world = World::with_delivery();
    world.ups(false, 31);
    world.lay(NUMBER);
    world.lock = Lock::Waits;
    collect(&mut world);
    let job = world.effects.iter().find_map(|it| match it {
        Effect::Locker(hal::locker::LockerCommand::Open { job, .. }) => Some(*job),
        _ => None,
    });
    world.ups(false, 9);
    let outcome = hal::locker::OpenOutcome::Open;
    let job = job.expect("it was pulsed");
    world.event(Event::Locker(hal::locker::LockerEvent::Opened { job, way: 7, outcome }));
    world.door(7, Door::Open);
    world.wait(100);
    assert_eq!((world.name(), world.shutdowns()), ("pickup_open", 0));
    world.door(7, Door::Closed);
    assert_eq!(world.name(), "pickup_done");
    assert!(world.all_text().contains("LQ3 261123 0001"));
    assert_eq!(world.screen().dialog, None, "there is time to read the number");
    world.wait(29);
    assert_eq!((world.name(), world.shutdowns()), ("pickup_done", 0));
    world.wait(2);
    assert_eq!((world.name(), world.shutdowns()), ("out_of_service", 1));
    assert!(world.facts().iter().any(|it| matches!(it, EventBody::HandedOver { .. })));
}

#[test]
fn a_door_that_nobody_shuts_holds_the_shutdown_up_to_its_limit() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    collect(&mut world);
    world.ups(false, 9);
    world.wait(179);
    assert_eq!(world.shutdowns(), 0);
    world.wait(32);
    assert_eq!(world.shutdowns(), 1);
    let state = world.compartment(7).expect("somebody has to look").state.clone();
    assert!(matches!(state, CompartmentState::Uncertain { .. }));
    assert!(world.all_text().contains("请关好 7 号柜门"));
}

#[test]
fn whoever_is_here_is_told_and_nobody_else_is_let_in() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.ups(false, 9);
    let dialog = world.screen().dialog.expect("the person is told");
    assert!(dialog.title.contains("就要关机") && dialog.text.contains("取走证件"));
    world.wait(29);
    assert_eq!((world.name(), world.shutdowns()), ("home", 0));
    world.wait(2);
    assert_eq!((world.name(), world.shutdowns()), ("out_of_service", 1));
    for action in [Action::Begin, Action::BeginCode, Action::Help] {
        world.tap(action);
    }
    world.lay(NUMBER);
    world.event(Event::Scanner(ScannerEvent::Scanned("03071234".into())));
    assert!(!world.screen().session);
    world.tap(Action::ToggleLanguage);
    assert!(world.all_text().contains("Shutting down"));
}

#[test]
fn the_mains_come_back_and_so_does_everything() {
    let mut world = World::with_delivery();
    world.ups(false, 9);
    world.wait(20);
    world.ups(true, 9);
    world.wait(60);
    assert_eq!((world.name(), world.shutdowns()), ("start", 0));
    // Even after the end, where the machine was not switched off.
    run_down(&mut world);
    world.event(Event::Ups(UpsEvent::Link(Link::Down)));
    assert_eq!((world.name(), world.shutdowns()), ("out_of_service", 1));
    world.ups(true, 4);
    world.lay(NUMBER);
    collect(&mut world);
    world.door(7, Door::Closed);
    assert_eq!(world.name(), "pickup_done");
    run_down(&mut world);
    assert_eq!(world.shutdowns(), 2, "the next power cut is another");
}

#[test]
fn a_ups_that_is_lost_on_battery_stops_what_moves_and_on_mains_nothing() {
    let mut world = World::with_delivery();
    let lose = |world: &mut World| {
        world.event(Event::Ups(UpsEvent::Problem(UpsProblem::Silent)));
        world.event(Event::Ups(UpsEvent::Link(Link::Down)));
    };
    world.ups(true, 100);
    lose(&mut world);
    assert!(world.kiosk.devices().power.may_move());
    world.ups(true, 100);
    world.ups(false, 80);
    lose(&mut world);
    assert_eq!(world.kiosk.devices().power, Power::Lost);
    assert!(world.all_text().contains("暂不开柜和打印"));
    world.ups(false, 80);
    let expected = ["ready", "down", "ready", "on_battery", "lost_on_battery", "on_battery"];
    assert_eq!(told(&world), expected);
}

#[test]
fn a_booking_on_a_low_battery_keeps_its_number_and_prints_nothing() {
    let mut world = World::new();
    hold_slot(&mut world);
    world.ups(false, 20);
    world.office.insert("book", Ok(OfficeAnswer::Booked(Box::new(appointment()))));
    world.tap(Action::ConfirmAppointment);
    assert_eq!(world.name(), "appointment_done");
    assert!(world.all_text().contains("暂不打印"));
    world.tap(Action::PrintSlip);
    let printed = |it: &Effect| matches!(it, Effect::Printer(_));
    assert!(!world.effects.iter().any(printed));
    world.ups(true, 20);
    world.tap(Action::PrintSlip);
    assert!(world.effects.iter().any(printed));
}
