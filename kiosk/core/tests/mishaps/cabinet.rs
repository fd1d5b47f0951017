//! The cabinet: its alarm, what sets it off, stops and ends it; its lights, its display, the evaluator.

use std::time::Duration;

use hal::fault::Link;
use hal::panel::{Input, Lamp, Light, PanelCommand, PanelEvent};
use kiosk_core::diagnosis::{Condition, DeviceKind, condition_now};
use kiosk_core::store::Record;
use kiosk_core::{Action, Effect, Event};
use wire::EventBody;

use crate::world::{NUMBER, World};

fn guarded() -> World {
    let mut world = World::with_delivery();
    world.event(Event::Panel(PanelEvent::Link(Link::Up)));
    for input in [Input::Door, Input::Tamper, Input::Vibration] {
        senses(&mut world, input, false);
    }
    world.effects.clear();
    world
}

fn senses(world: &mut World, input: Input, active: bool) {
    world.event(Event::Panel(PanelEvent::Input { input, active, age_ms: 50 }));
}

fn alarms(world: &World) -> Vec<String> {
    let input = |it| match it {
        EventBody::Alarm { input } => Some(input),
        _ => None,
    };
    world.facts().into_iter().filter_map(input).collect()
}

/// What the siren was told last.
fn siren(world: &World) -> Option<bool> {
    world.effects.iter().rev().find_map(|it| match it {
        Effect::Panel(PanelCommand::Siren { on }) => Some(*on),
        _ => None,
    })
}

fn lamp(world: &World, wanted: Light) -> Option<Lamp> {
    world.effects.iter().rev().find_map(|it| match it {
        Effect::Panel(PanelCommand::Light { light, lamp }) if *light == wanted => Some(*lamp),
        _ => None,
    })
}

fn condition(world: &World) -> Condition {
    condition_now(world.kiosk.devices(), DeviceKind::Panel)
}

#[test]
fn a_door_that_opens_by_night_rings_is_told_at_once_and_stops_all_openings() {
    let mut world = guarded();
    senses(&mut world, Input::Door, true);
    assert_eq!(alarms(&world), ["door"]);
    assert_eq!((siren(&world), condition(&world)), (Some(true), Condition::Alarm));
    let at = world.effects.iter().find_map(|it| match it {
        Effect::Store { records, .. } => records.iter().find_map(|it| match it {
            Record::Journal { at, kind, .. } if kind == "alarm" => Some(*at),
            _ => None,
        }),
        _ => None,
    });
    assert_eq!(at, Some(world.now.wall - Duration::from_millis(50)), "when the contact moved");
    assert!(world.all_text().contains("报警"), "{}", world.all_text());
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    assert_eq!(world.pulses(), 0);
    world.tap(Action::EndSession);
    senses(&mut world, Input::Door, false);
    senses(&mut world, Input::Door, true);
    assert_eq!(alarms(&world), ["door"], "one story is told once");
    world.wait(200);
    assert_eq!(siren(&world), Some(false), "neighbours sleep");
    assert_eq!(condition(&world), Condition::Alarm, "nobody saw to it yet");
    senses(&mut world, Input::Tamper, true);
    assert_eq!((alarms(&world).len(), siren(&world)), (2, Some(true)));
    world.wait(200);
    senses(&mut world, Input::Door, false);
    senses(&mut world, Input::Door, true);
    assert_eq!((alarms(&world).len(), siren(&world)), (3, Some(true)), "opened once more");
}

#[test]
fn a_break_in_rings_on_after_the_power_was_cut() {
    let mut world = guarded();
    senses(&mut world, Input::Door, true);
    senses(&mut world, Input::Door, false);
    let mut world = world.restart();
    world.event(Event::Panel(PanelEvent::Link(Link::Up)));
    assert_eq!((condition(&world), siren(&world)), (Condition::Alarm, Some(true)));
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    assert_eq!(world.pulses(), 0, "nobody of the staff has come");
    world.log_in_staff();
    world.tap(Action::SwitchAlarm { on: false });
    world.tap(Action::SwitchAlarm { on: true });
    let mut world = world.restart();
    world.event(Event::Panel(PanelEvent::Link(Link::Up)));
    assert_eq!(condition(&world), Condition::Ready);
}

#[test]
fn staff_with_card_and_pin_switch_it_off_and_it_goes_on_by_itself() {
    let mut world = guarded();
    senses(&mut world, Input::Door, true);
    world.tap(Action::SwitchAlarm { on: false });
    assert_eq!(condition(&world), Condition::Alarm, "nobody is logged in");
    world.log_in_staff();
    world.tap(Action::SwitchAlarm { on: false });
    assert_eq!((siren(&world), condition(&world)), (Some(false), Condition::CabinetOpen));
    senses(&mut world, Input::Tamper, true);
    assert_eq!(alarms(&world), ["door"], "staff are at work");
    world.tap(Action::SwitchAlarm { on: true });
    assert_eq!(condition(&world), Condition::CabinetOpen, "it stands open");
    world.tap(Action::StaffLogout);
    world.wait(120);
    assert_eq!(condition(&world), Condition::CabinetOpen, "it would ring at once");
    senses(&mut world, Input::Tamper, false);
    senses(&mut world, Input::Door, false);
    world.wait(59);
    assert_eq!(condition(&world), Condition::AlarmOff);
    world.wait(2);
    assert_eq!(condition(&world), Condition::Ready);
    let switched: Vec<_> = world
        .facts()
        .into_iter()
        .filter(|it| matches!(it, EventBody::AlarmSwitched { .. }))
        .collect();
    let by = |armed, staff: Option<&str>| EventBody::AlarmSwitched {
        armed,
        staff: staff.map(Into::into),
    };
    assert_eq!(switched, [by(false, Some("s1")), by(true, None)]);
}

#[test]
fn a_blow_rings_and_is_over_with_the_siren() {
    let mut world = guarded();
    senses(&mut world, Input::Vibration, true);
    senses(&mut world, Input::Vibration, false);
    assert_eq!((alarms(&world).len(), siren(&world)), (1, Some(true)));
    assert_eq!(condition(&world), Condition::Struck, "nobody can be in it");
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    assert_eq!(world.pulses(), 1, "whoever is here is served");
    world.wait(400);
    assert_eq!((siren(&world), condition(&world)), (Some(false), Condition::Ready));
    let over = EventBody::DeviceChanged { device: "alarm".into(), state: "armed".into() };
    assert!(world.facts().contains(&over), "the office hears that it is over");
    senses(&mut world, Input::Vibration, true);
    assert_eq!(alarms(&world).len(), 2, "the next blow is another story");
}

#[test]
fn an_alarm_that_was_off_is_off_after_a_restart_and_one_that_was_on_rings() {
    let mut world = guarded();
    world.log_in_staff();
    world.tap(Action::SwitchAlarm { on: false });
    let mut world = world.restart();
    senses(&mut world, Input::Door, true);
    assert!(alarms(&world).is_empty(), "the technician is at work");
    let mut world = guarded().restart();
    senses(&mut world, Input::Door, true);
    assert_eq!(alarms(&world), ["door"], "opened while the power was off");
}

#[test]
fn lights_tell_what_is_going_on_and_are_told_again_when_the_panel_comes_back() {
    let mut world = guarded();
    world.event(Event::Panel(PanelEvent::Link(Link::Down)));
    world.event(Event::Panel(PanelEvent::Link(Link::Up)));
    assert_eq!(lamp(&world, Light::Ready), Some(Lamp::On), "told again");
    world.tap(Action::OpenPickup);
    world.lay(NUMBER);
    world.tap(Action::Collect("d7".into()));
    assert_eq!(lamp(&world, Light::Locker), Some(Lamp::Blink));
    world.door(7, hal::locker::Door::Closed);
    assert_eq!(lamp(&world, Light::Locker), Some(Lamp::Off));
    assert_eq!(lamp(&world, Light::Printer), Some(Lamp::Blink), "take the receipt");
    world.tap(Action::EndSession);
    assert_eq!(lamp(&world, Light::Printer), Some(Lamp::Off));
    let told = world.effects.len();
    world.event(Event::Tick);
    assert_eq!(world.effects.len(), told, "what did not change is not told");
}

#[test]
fn contacts_are_tested_only_with_the_alarm_off() {
    let mut world = guarded();
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Panel));
    world.tap(Action::RunTest);
    assert!(world.all_text().contains("撤防"), "{}", world.all_text());
    world.tap(Action::Home);
    world.tap(Action::SwitchAlarm { on: false });
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Panel));
    world.tap(Action::RunTest);
    senses(&mut world, Input::Tamper, true);
    assert!(world.all_text().contains("测试通过"), "{}", world.all_text());
    assert!(alarms(&world).is_empty());
}

/// What the display at the lockers shows.
fn shown(world: &World) -> hal::status_display::DisplayStatus {
    let shown = world.effects.iter().rev().find_map(|it| match it {
        Effect::StatusDisplay(hal::status_display::DisplayCommand::Show(status)) => {
            Some(status.clone())
        }
        _ => None,
    });
    shown.expect("something is shown")
}

#[test]
fn the_display_at_the_lockers_tells_the_open_door_in_the_kiosks_language_and_no_name() {
    let mut world = World::with_delivery();
    world.tap(Action::ToggleLanguage);
    world.tap(Action::OpenPickup);
    world.lay(NUMBER);
    world.tap(Action::Collect("d7".into()));
    let open = shown(&world);
    assert_eq!((open.kiosk, open.way, open.state.as_str()), (3, Some(7), "服务中"));
    assert_eq!(open.hint, "请取放后关门");
    world.door(7, hal::locker::Door::Closed);
    assert_eq!(shown(&world).way, None);
    world.effects.clear();
    for link in [Link::Down, Link::Up] {
        world.event(Event::StatusDisplay(hal::status_display::DisplayEvent::Link(link)));
    }
    assert_eq!(shown(&world).way, None, "what it forgot is told again");
    world.event(Event::Locker(hal::locker::LockerEvent::Link(Link::Down)));
    world.event(Event::Office(kiosk_core::event::OfficeEvent::Link { up: false }));
    assert_eq!(shown(&world).state, "暂停服务");
}

#[test]
fn the_evaluator_is_asked_while_a_rating_is_wanted_and_its_button_counts_as_one_on_the_screen() {
    use hal::evaluator::{EvaluatorCommand, EvaluatorEvent, Grade};
    let mut world = World::with_delivery();
    let five = Grade::new(5).expect("a grade");
    world.event(Event::Evaluator(EvaluatorEvent::Graded(five)));
    assert!(!world.facts().iter().any(|it| matches!(it, EventBody::Rated { .. })));
    world.tap(Action::OpenPickup);
    world.lay(NUMBER);
    world.tap(Action::Collect("d7".into()));
    world.door(7, hal::locker::Door::Closed);
    world.tap(Action::Done);
    assert_eq!(world.name(), "rating");
    let asked = |world: &World| {
        world.effects.iter().rev().find_map(|it| match it {
            Effect::Evaluator(command) => Some(*command),
            _ => None,
        })
    };
    assert_eq!(asked(&world), Some(EvaluatorCommand::Ask));
    world.event(Event::Evaluator(EvaluatorEvent::Graded(five)));
    let rated =
        world.facts().into_iter().filter(|it| matches!(it, EventBody::Rated { grade: 5, .. }));
    assert_eq!(rated.count(), 1);
    assert_eq!(asked(&world), Some(EvaluatorCommand::Cancel));
    assert_eq!(world.name(), "start");
}

#[test]
fn a_scanner_that_reads_on_command_is_told_again_while_a_code_is_wanted_and_then_to_stop() {
    use hal::scanner::ScannerCommand;
    let mut world = World::with_delivery();
    let commands = |world: &World| -> Vec<ScannerCommand> {
        let of = |it: &Effect| match it {
            Effect::Scanner(command) => Some(*command),
            _ => None,
        };
        world.effects.iter().filter_map(of).collect()
    };
    world.tap(Action::Begin);
    assert!(commands(&world).is_empty(), "no code is wanted here");
    world.tap(Action::BeginCode);
    world.wait(9);
    assert_eq!(commands(&world), [ScannerCommand::Start; 3]);
    world.tap(Action::Back);
    assert_eq!(commands(&world).last(), Some(&ScannerCommand::Stop));
    let told = commands(&world).len();
    world.wait(9);
    assert_eq!(commands(&world).len(), told);
}

/// What was said, as clips and spelled numbers.
fn said(world: &World) -> Vec<String> {
    use hal::speaker::{Part, Privacy, SpeakerCommand};
    let words = |it: &Effect| match it {
        Effect::Speaker(SpeakerCommand::Say { speech, privacy }) => {
            assert_eq!(*privacy, Privacy::Public);
            let part = |it: &Part| match it {
                Part::Clip(key) => key.clone(),
                Part::Spelled(text) => text.clone(),
            };
            Some(format!(
                "{} {}",
                speech.language,
                speech.parts.iter().map(part).collect::<Vec<_>>().join(" ")
            ))
        }
        Effect::Speaker(SpeakerCommand::Stop) => Some("stop".to_owned()),
        _ => None,
    };
    world.effects.iter().filter_map(words).collect()
}

#[test]
fn each_step_is_said_once_in_the_persons_language_and_ends_with_the_session() {
    let mut world = World::with_delivery();
    world.tap(Action::OpenPickup);
    world.wait(5);
    world.lay(NUMBER);
    world.tap(Action::ToggleLanguage);
    world.tap(Action::Collect("d7".into()));
    world.wait(31);
    world.door(7, hal::locker::Door::Closed);
    world.tap(Action::EndSession);
    let expected = [
        "zh-CN lay_card",
        "en please_wait",
        "en door 7 is_open",
        "en shut_door",
        "en take_paper",
        "stop",
        "zh-CN take_card",
    ];
    assert_eq!(said(&world), expected);
}

#[test]
fn nothing_is_said_to_staff() {
    let mut world = World::with_delivery();
    world.ups(false, 80);
    world.log_in_staff();
    world.tap(Action::Maintenance);
    world.tap(Action::MaintainDevice(DeviceKind::Printer));
    world.tap(Action::RunTest);
    assert!(said(&world).is_empty(), "{:?}", said(&world));
    world.tap(Action::Home);
    world.tap(Action::StaffLogout);
    world.lay(NUMBER);
    assert_eq!(said(&world).last().map(String::as_str), Some("zh-CN mains_lost"), "to citizens");
}

#[test]
fn a_second_paper_is_said_to_be_taken_too() {
    let mut world = World::with_delivery();
    world.feed(wire::Change::Delivery(crate::world::delivery(
        "d8",
        wire::DeliveryState::InCompartment,
        Some(8),
    )));
    world.tap(Action::OpenPickup);
    world.lay(NUMBER);
    for (delivery, way) in [("d7", 7), ("d8", 8)] {
        world.tap(Action::Collect(delivery.into()));
        world.door(way, hal::locker::Door::Closed);
        world.tap(Action::OpenPickup);
    }
    let papers = said(&world).into_iter().filter(|it| it.ends_with("take_paper"));
    assert_eq!(papers.count(), 2);
}
