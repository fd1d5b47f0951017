//! A panel rests at night, and wakes for everybody.

use std::time::Duration;

use hal::id_reader::ReaderEvent;
use hal::locker::Door;
use kiosk_core::{Action, Event};

use crate::world::{NUMBER, World};

#[test]
fn a_touch_wakes_it_and_does_nothing_else() {
    let mut world = World::dark();
    let screen = world.screen();
    assert!(screen.footer.is_empty() && !screen.session, "there is one thing to touch");
    assert_eq!(world.button("触摸开始"), Action::MoreTime);
    world.tap(Action::MoreTime);
    assert_eq!(world.name(), "start");
    assert!(!world.screen().session);
    world.wait(299);
    assert_eq!(world.name(), "start");
    world.wait(1);
    assert_eq!(world.name(), "dark");
}

#[test]
fn a_card_or_a_card_that_cannot_be_read_wakes_it() {
    let mut world = World::dark();
    world.lay(NUMBER);
    assert_eq!(world.name(), "home", "nobody has to wake it first");

    let mut world = World::dark();
    let failure = hal::id_reader::ReadFailure::LayAgain;
    world.event(Event::Reader(ReaderEvent::Unreadable(failure)));
    assert_ne!(world.name(), "dark");
}

#[test]
fn what_somebody_has_to_know_keeps_it_lit() {
    let mut world = World::dark();
    world.door(5, Door::Open);
    assert_eq!(world.name(), "start", "a door stands open");
    assert!(world.all_text().contains("请关好 5 号柜门"));
    world.door(5, Door::Closed);
    assert_eq!(world.name(), "dark");
}

#[test]
fn it_is_dark_only_at_night_and_a_session_is_never_dark() {
    let mut world = World::dark_at_night();
    world.lay(NUMBER);
    world.tap(Action::Help);
    for _ in 0..20 {
        world.wait(30);
        world.tap(Action::MoreTime);
        assert_ne!(world.name(), "dark");
    }
    world.tap(Action::EndSession);
    world.event(Event::Reader(ReaderEvent::Lifted));
    world.wait(300);
    assert_eq!(world.name(), "dark");
    let until_six = Duration::from_secs(7 * 3600);
    world.now.wall += until_six;
    world.now.uptime += until_six;
    world.event(Event::Tick);
    assert_eq!(world.name(), "start", "it is morning");
}
