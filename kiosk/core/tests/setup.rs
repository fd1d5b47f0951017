//! The first boot, as a technician goes through it.

use std::time::Duration;

use kiosk_core::screen::{Block, ScreenName};
use kiosk_core::setup::{Setup, SetupTrouble, address};
use kiosk_core::{Action, Languages, Now};

fn setup() -> Setup {
    Setup::new(Languages::built_in(), "zh-CN")
}

fn text(setup: &Setup) -> String {
    let wall = "2026-11-23T15:40:00Z".parse().expect("a time");
    let screen = setup.screen(Now { uptime: Duration::ZERO, wall });
    assert_eq!(screen.name, ScreenName::Setup);
    let keypad = screen.act.iter().any(|it| matches!(it, Block::Keypad { .. }));
    assert!(keypad, "there is always something to type with");
    format!("{screen:?}")
}

fn types(setup: &mut Setup, text: &str) {
    for sign in text.chars() {
        let action = match sign.to_digit(10) {
            Some(digit) => Action::Digit(u8::try_from(digit).expect("a digit")),
            None => Action::Letter(sign),
        };
        assert_eq!(setup.touched(&action), None);
    }
}

#[test]
fn address_and_code_are_typed_sent_once_and_a_mistake_can_be_mended() {
    let mut setup = setup();
    assert_eq!(setup.touched(&Action::Enrol), None, "nothing was typed");
    types(&mut setup, "OFFICE.HALL.CN");
    setup.touched(&Action::SetupCode);
    types(&mut setup, "7k3m9qxa0000111122223");
    setup.touched(&Action::Erase);
    assert!(text(&setup).contains("7K3M-9QXA-0000-1111-2222"), "{}", text(&setup));
    let attempt = setup.touched(&Action::Enrol).expect("both are there");
    assert_eq!(attempt.office, "https://office.hall.cn:8443");
    assert_eq!(attempt.code.as_str(), "7K3M9QXA000011112222");
    assert!(!format!("{attempt:?}").contains("7K3M"), "not into a log");
    assert_eq!(setup.touched(&Action::Enrol), None, "it is being asked");
    types(&mut setup, "9");
    let languages = Languages::built_in();
    for trouble in SetupTrouble::ALL {
        setup.ended(Err(*trouble));
        let said = languages.texts("zh-CN").get(&format!("setup_trouble.{}", trouble.word()));
        let shown = text(&setup);
        assert!(shown.contains(&said) && !said.contains("setup_trouble."), "{shown}");
    }
    assert!(text(&setup).contains("7K3M-9QXA-0000-1111-2222"), "what was typed is still there");
    setup.touched(&Action::Enrol).expect("once more");
    setup.ended(Ok("k3".into()));
    let shown = text(&setup);
    assert!(shown.contains("k3") && !shown.contains("7K3M"), "{shown}");
    assert_eq!(setup.touched(&Action::Enrol), None);
}

#[test]
fn a_stick_says_both_at_once() {
    let mut setup = setup();
    assert_eq!(setup.card_read("https://10.0.0.1:9000", ""), None);
    let attempt = setup.card_read("https://10.0.0.1:9000", "7K3M-9QXA").expect("an attempt");
    assert_eq!(attempt.office, "https://10.0.0.1:9000");
    assert_eq!(setup.card_read("https://10.0.0.2", "0000"), None, "one at a time");
}

#[test]
fn a_useless_stick_is_told_without_what_a_former_one_said_and_costs_nobody_what_he_typed() {
    let mut setup = setup();
    setup.card_read("10.0.0.1", "7K3M9QXA000011112222").expect("an attempt");
    setup.ended(Err(SetupTrouble::NoInvitation));
    setup.card_refused();
    let shown = text(&setup);
    assert!(!shown.contains("10.0.0.1") && !shown.contains("7K3M"), "{shown}");
    types(&mut setup, "office.hall.cn");
    setup.card_refused();
    let shown = text(&setup);
    assert!(shown.contains("office.hall.cn"), "{shown}");
    let said = Languages::built_in().texts("zh-CN").get("setup_trouble.stick");
    assert!(shown.contains(&said), "{shown}");
}

#[test]
fn an_address_is_completed() {
    for (typed, asked) in [
        ("http://office.hall.cn/", "https://office.hall.cn:8443"),
        ("office", "https://office:8443"),
        (" https://office/ ", "https://office:8443"),
        ("10.0.2.2:443", "https://10.0.2.2:443"),
        ("[fe80::1]", "https://[fe80::1]:8443"),
        ("[fe80::1]:443", "https://[fe80::1]:443"),
    ] {
        assert_eq!(address(typed), asked);
    }
}

#[test]
fn a_code_does_not_wait_for_whoever_comes_next() {
    let mut setup = setup();
    types(&mut setup, "office.hall.cn");
    setup.touched(&Action::SetupCode);
    types(&mut setup, "7k3m9qxa00001111222");
    setup.touched(&Action::ToggleLargeText);
    setup.left_alone();
    let shown = text(&setup);
    assert!(shown.contains("office.hall.cn") && !shown.contains("7K3M"), "{shown}");
    assert!(shown.contains("large_text: false"), "{shown}");
    setup.touched(&Action::SetupCode);
    types(&mut setup, "7k3m9qxa000011112222");
    setup.touched(&Action::Enrol).expect("both are there");
    setup.left_alone();
    assert_eq!(setup.touched(&Action::Enrol), None, "what is being asked goes on");
}
