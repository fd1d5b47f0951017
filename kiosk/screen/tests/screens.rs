//! What people see and touch, through the real Slint window: layouts, contrast, touches.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::mpsc::channel,
    time::Duration,
};

use kiosk_core::{
    action::Action,
    screen::{Look, Screen},
};
use kiosk_screen::{Element, Finger, KioskWindow, Panel, Role, ScreenError, check};
use samples::Words;

mod samples;

/// A window whose time stands still until a test moves it.
struct Kiosk {
    window: KioskWindow,
    now_ms: Rc<Cell<u64>>,
    actions: Rc<RefCell<Vec<Action>>>,
}

impl Kiosk {
    fn new(panel: Panel) -> Self {
        let now_ms = Rc::new(Cell::new(0));
        let clock = Rc::clone(&now_ms);
        let window =
            KioskWindow::headless_with_clock(panel, move || Duration::from_millis(clock.get()))
                .expect("a headless window needs no display");
        let actions = Rc::new(RefCell::new(Vec::new()));
        let heard = Rc::clone(&actions);
        window.on_action(move |action| heard.borrow_mut().push(action));
        Self { window, now_ms, actions }
    }

    /// Shows a sample and lets the time pass in which a new screen is deaf.
    fn showing(name: &str) -> Self {
        let kiosk = Self::new(Panel::default());
        kiosk.window.show(&sample(name, Words::Chinese, Look::default()));
        kiosk.window.render();
        kiosk.wait(1000);
        kiosk
    }

    fn wait(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }

    fn element(&self, label: &str) -> Element {
        let elements = self.window.elements();
        let buttons = elements.iter().filter(|element| element.role == Role::Button);
        buttons.into_iter().find(|element| element.label == label).expect("it is shown").clone()
    }

    fn tap(&self, label: &str) {
        let (x, y) = self.element(label).centre();
        self.window.touch(x, y, Finger::Press);
        self.wait(40);
        self.window.touch(x, y, Finger::Release);
    }

    fn heard(&self) -> Vec<Action> {
        self.actions.take()
    }
}

fn sample(name: &str, words: Words, look: Look) -> Screen {
    let samples = samples::all(words, look);
    samples.into_iter().find(|(other, _)| *other == name).expect("a sample has this name").1
}

fn area(kiosk: &Kiosk, element: &Element) -> Vec<[u8; 3]> {
    let pixels = kiosk.window.pixels();
    let width = kiosk.window.panel().width_px as usize;
    let rows = element.y as usize..(element.y + element.h) as usize;
    let columns = element.x as usize..(element.x + element.w) as usize;
    rows.flat_map(|row| pixels[row * width + columns.start..row * width + columns.end].to_vec())
        .collect()
}

fn problems(panel: Panel, words: Words, looks: &[Look]) -> Vec<String> {
    let window = KioskWindow::headless(panel).expect("a headless window needs no display");
    let mut found = Vec::new();
    for look in looks {
        for (name, screen) in samples::all(words, *look) {
            window.show(&screen);
            let problems = check::layout(&window.elements(), &panel, *look);
            let name = format!("{name} {} {}", words.language(), samples::look_name(*look));
            found.extend(problems.iter().map(|problem| format!("{name}: {problem}")));
        }
    }
    found
}

#[test]
fn every_chinese_screen_has_a_sound_layout_in_every_look() {
    assert_eq!(problems(Panel::default(), Words::Chinese, &samples::looks()), [""; 0]);
}

#[test]
fn every_english_screen_has_a_sound_layout_in_every_look() {
    assert_eq!(problems(Panel::default(), Words::English, &samples::looks()), [""; 0]);
}

#[test]
fn other_panels_have_sound_layouts_too() {
    for inches in [23.8, 32.0] {
        let panel = Panel { inches, ..Panel::default() };
        assert_eq!(problems(panel, Words::Chinese, &[Look::default()]), [""; 0], "{inches} inches");
    }
}

#[test]
fn words_and_pictures_stand_out_from_their_ground_as_drawn() {
    let contrasts = [
        (Look::default(), 4.5, 3.0),
        (Look { high_contrast: true, ..Look::default() }, 10.0, 10.0),
    ];
    let panel = Panel::default();
    let window = KioskWindow::headless(panel).expect("a headless window needs no display");
    for (look, of_text, of_picture) in contrasts {
        let both = Words::ALL.into_iter().flat_map(|words| samples::all(words, look));
        for (name, screen) in both {
            window.show(&screen);
            window.render();
            let pixels = window.pixels();
            for element in window.elements() {
                let least = match element.role {
                    Role::Text => of_text,
                    Role::Image => of_picture,
                    Role::Button | Role::Input => continue,
                };
                let drawn = check::contrast_drawn(&element, &pixels, panel.width_px as usize);
                let drawn = drawn.expect("it lies on the panel");
                assert!(drawn >= least, "{name}: {element:?} “{}”: {drawn}", element.label);
            }
        }
    }
}

#[test]
fn a_press_is_seen_in_the_next_frame_and_gone_after_the_release() {
    let screens = [
        ("home", "办件进度"),
        ("home", "立即领取"),
        ("home", "首页"),
        ("pickup_code", "7"),
        ("appointment_slot", "09:00"),
        ("appointment_slot", "10:30"),
        ("progress", "下一页"),
        ("pickup_open", "请点这里"),
    ];
    for (name, label) in screens {
        let kiosk = Kiosk::showing(name);
        let element = kiosk.element(label);
        let (x, y) = element.centre();
        let before = area(&kiosk, &element);
        kiosk.window.touch(x, y, Finger::Press);
        assert!(kiosk.window.render(), "{label}");
        let pressed = area(&kiosk, &element);
        let changed = pressed.iter().zip(&before).filter(|(now, then)| now != then).count();
        assert!(changed * 2 > before.len(), "{label}: {changed} of {}", before.len());
        kiosk.window.touch(x, y, Finger::Release);
        kiosk.window.render();
        assert!(area(&kiosk, &element) == before, "{label} stays pressed");
    }
}

#[test]
fn a_touch_acts_on_release_inside_the_target() {
    let kiosk = Kiosk::showing("home");
    let (x, y) = kiosk.element("办件进度").centre();
    kiosk.window.touch(x, y, Finger::Press);
    assert_eq!(kiosk.heard(), []);
    kiosk.window.touch(x + 20.0, y - 10.0, Finger::Move);
    kiosk.window.touch(x + 20.0, y - 10.0, Finger::Release);
    assert_eq!(kiosk.heard(), [Action::OpenProgress]);
}

#[test]
fn a_finger_that_slides_off_does_nothing() {
    let kiosk = Kiosk::showing("home");
    let (x, y) = kiosk.element("办件进度").centre();
    let (other_x, other_y) = kiosk.element("预约办事").centre();
    kiosk.window.touch(x, y, Finger::Press);
    kiosk.window.touch(other_x, other_y, Finger::Move);
    kiosk.window.touch(other_x, other_y, Finger::Release);
    assert_eq!(kiosk.heard(), []);
}

#[test]
fn a_card_acts_wherever_it_is_touched_and_by_its_button() {
    let kiosk = Kiosk::showing("home");
    kiosk.tap("立即领取");
    kiosk.wait(1000);
    let card = kiosk.element("食品经营许可证");
    kiosk.window.touch(card.x + 20.0, card.y + 20.0, Finger::Press);
    kiosk.window.touch(card.x + 20.0, card.y + 20.0, Finger::Release);
    assert_eq!(kiosk.heard(), [Action::Collect("d-1".into()), Action::Collect("d-1".into())]);
}

#[test]
fn what_is_disabled_does_nothing_and_says_so() {
    let kiosk = Kiosk::showing("pickup_code");
    let elements = kiosk.window.elements();
    assert!(!elements.iter().any(|element| element.label == "还差 3 位" && element.enabled));
    kiosk.tap("还差 3 位");
    let kiosk = Kiosk::showing("appointment_slot");
    assert!(!kiosk.element("10:00").enabled);
    kiosk.tap("10:00");
    assert_eq!(kiosk.heard(), []);
}

#[test]
fn a_key_counts_once_in_half_a_second() {
    let kiosk = Kiosk::showing("pickup_code");
    kiosk.tap("7");
    kiosk.wait(200);
    kiosk.tap("7");
    kiosk.tap("3");
    kiosk.wait(500);
    kiosk.tap("7");
    assert_eq!(kiosk.heard(), [Action::Digit(7), Action::Digit(3), Action::Digit(7)]);
}

#[test]
fn a_new_screen_swallows_touches_for_a_moment() {
    let kiosk = Kiosk::showing("home");
    kiosk.window.show(&sample("progress", Words::Chinese, Look::default()));
    kiosk.wait(250);
    kiosk.tap("首页");
    assert_eq!(kiosk.heard(), []);
    kiosk.wait(300);
    kiosk.tap("首页");
    assert_eq!(kiosk.heard(), [Action::Home]);
}

#[test]
fn an_open_dialog_takes_every_touch() {
    let kiosk = Kiosk::showing("home");
    let (x, y) = kiosk.element("首页").centre();
    let feature = kiosk.element("立即领取").centre();
    kiosk.window.show(&sample("idle_dialog", Words::Chinese, Look::default()));
    kiosk.window.render();
    for (x, y) in [(x, y), feature] {
        kiosk.window.touch(x, y, Finger::Press);
        kiosk.window.touch(x, y, Finger::Release);
    }
    assert_eq!(kiosk.heard(), []);
    let elements = kiosk.window.elements();
    let mut buttons = elements.iter().filter(|element| element.role == Role::Button);
    assert!(
        buttons.by_ref().all(|element| ["我还需要时间", "结束并清除"].contains(&&*element.label))
    );
    kiosk.tap("我还需要时间");
    assert_eq!(kiosk.heard(), [Action::MoreTime]);
    kiosk.window.show(&sample("home", Words::Chinese, Look::default()));
    kiosk.tap("首页");
    assert_eq!(kiosk.heard(), [Action::Home]);
}

#[test]
fn only_what_changed_is_painted_anew() {
    let kiosk = Kiosk::showing("pickup_code");
    let mut screen = sample("pickup_code", Words::Chinese, Look::default());
    kiosk.window.show(&screen);
    assert!(!kiosk.window.render(), "the same screen needs no paint");
    let all = 1080 * 1920;
    screen.header.time = "23:42".into();
    kiosk.window.show(&screen);
    assert!(kiosk.window.render());
    assert!(kiosk.window.repainted_px() < all / 50, "{}", kiosk.window.repainted_px());
    if let kiosk_core::screen::Block::CodeCells { cells, .. } = &mut screen.show[0] {
        cells[5] = Some('8');
    }
    kiosk.window.show(&screen);
    assert!(kiosk.window.render());
    assert!(kiosk.window.repainted_px() < all / 30, "{}", kiosk.window.repainted_px());
}

#[test]
fn rare_characters_are_drawn_and_keep_the_layout() {
    let kiosk = Kiosk::new(Panel::default());
    for name in ["㼆", "𠅤", "𬭚", "𰻝"] {
        let mut screen = sample("home", Words::Chinese, Look::default());
        screen.title = name.into();
        kiosk.window.show(&screen);
        kiosk.window.render();
        let elements = kiosk.window.elements();
        assert_eq!(check::layout(&elements, &Panel::default(), Look::default()), []);
        let title = elements.iter().find(|element| element.label == name).expect("it is shown");
        let drawn = check::contrast_drawn(title, &kiosk.window.pixels(), 1080);
        assert!(drawn.is_some_and(|drawn| drawn > 4.5), "{name} leaves no ink");
    }
}

#[test]
fn texts_half_as_long_again_are_not_cut() {
    let kiosk = Kiosk::new(Panel::default());
    for name in ["home", "progress", "appointment_conditions", "message", "idle_dialog"] {
        let mut screen = sample(name, Words::English, Look::default());
        screen.title = format!("{0} {0}", screen.title);
        screen.subtitle = screen.subtitle.map(|text| format!("{text} and more of it"));
        kiosk.window.show(&screen);
        let elements = kiosk.window.elements();
        assert_eq!(check::layout(&elements, &Panel::default(), Look::default()), [], "{name}");
    }
}

#[test]
fn other_threads_show_touch_and_read_a_headless_window() {
    let (send_handle, handle) = channel();
    let (send_action, actions) = channel();
    let kiosk = std::thread::spawn(move || -> Result<(), ScreenError> {
        let now_ms = Cell::new(0);
        // Half a second passes between any two looks at the clock.
        let clock = move || {
            now_ms.set(now_ms.get() + 500);
            Duration::from_millis(now_ms.get())
        };
        let window = KioskWindow::headless_with_clock(Panel::default(), clock)?;
        window.on_action(move |action| {
            // The test may have ended.
            let _ = send_action.send(action);
        });
        send_handle.send(window.handle()).expect("the test waits for the handle");
        window.run()
    });
    let handle = handle.recv().expect("the window comes up");
    handle.show(sample("home", Words::Chinese, Look::default()));
    let (reply, elements) = channel();
    handle.elements(move |elements| reply.send(elements).expect("the test waits"));
    let elements = elements.recv().expect("the window answers");
    let button = elements.iter().find(|element| element.label == "首页").expect("it is shown");
    let (x, y) = button.centre();
    handle.touch(x, y, Finger::Press);
    handle.touch(x, y, Finger::Release);
    assert_eq!(actions.recv().expect("the touch counts"), Action::Home);
    let (reply, picture) = channel();
    handle.png(move |png| reply.send(png).expect("the test waits"));
    let picture = picture.recv().expect("the window answers").expect("it can be encoded");
    assert_eq!(picture[..8], *b"\x89PNG\r\n\x1a\n");
    handle.quit();
    kiosk.join().expect("the window ends well").expect("no display is needed");
}

/// Slint forgets the shapes of texts that were not painted for a while once there are more than a
/// thousand. The clock must follow all the same, be it after half an hour of other people's seconds.
#[test]
fn a_text_that_stood_still_for_long_is_painted_anew_when_it_changes() {
    let kiosk = Kiosk::new(Panel::default());
    let reference = Kiosk::new(Panel::default());
    let mut screen = sample("home", Words::Chinese, Look::default());
    screen.header.time = "03:07".into();
    for second in 0..2000 {
        screen.remaining = Some(format!("剩余 1 分 {} 秒", 10 + second % 50));
        kiosk.window.show(&screen);
        kiosk.window.render();
    }
    screen.header.time = "03:08".into();
    kiosk.window.show(&screen);
    kiosk.window.render();
    reference.window.show(&screen);
    reference.window.render();
    let (seen, whole) = (kiosk.window.pixels(), reference.window.pixels());
    let differ = (0..whole.len()).filter(|at| seen[*at] != whole[*at]).count();
    assert_eq!(differ, 0, "pixels that were not painted anew");
}
