//! Blocks that several samples share.

use jiff::civil::date;
use kiosk_core::{
    action::Action,
    screen::{Block, Button, DayCell, Icon, QrModules, SlotCell, Tone, WallCell, Weight},
};

/// Which of two languages a sample speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Chinese,
    English,
}

impl Words {
    pub(crate) const ALL: [Self; 2] = [Self::Chinese, Self::English];

    pub(crate) fn language(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    pub(crate) fn pick(self, chinese: &str, english: &str) -> String {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
        .to_owned()
    }
}

pub(crate) fn button(label: &str, icon: Icon, action: Action) -> Button {
    let label = label.to_owned();
    Button { label, icon: Some(icon), weight: Weight::Primary, enabled: true, action }
}

pub(crate) fn keypad(words: Words) -> Block {
    let key = |label: String, action| Button {
        label,
        icon: None,
        weight: Weight::Quiet,
        enabled: true,
        action,
    };
    let mut keys: Vec<_> =
        (1..=9_u8).map(|digit| key(digit.to_string(), Action::Digit(digit))).collect();
    keys.push(key(words.pick("清除", "Clear"), Action::Clear));
    keys.push(key("0".into(), Action::Digit(0)));
    let erase = key(words.pick("删除", "Delete"), Action::Erase);
    keys.push(Button { icon: Some(Icon::Backspace), ..erase });
    Block::Keypad { columns: 3, keys }
}

pub(crate) fn letters(words: Words) -> Block {
    let key = |label: String, action| Button {
        label,
        icon: None,
        weight: Weight::Quiet,
        enabled: true,
        action,
    };
    let mut keys: Vec<_> =
        ('A'..='Z').map(|letter| key(letter.to_string(), Action::Letter(letter))).collect();
    keys.push(key(words.pick("删除", "Delete"), Action::Erase));
    Block::Keypad { columns: 9, keys }
}

pub(crate) fn wall(lit: usize) -> Block {
    let cell = |number: usize| WallCell {
        label: number.to_string(),
        tone: if number == lit { Tone::Amber } else { Tone::Plain },
        rows: if number > 12 { 2 } else { 1 },
    };
    Block::Wall { columns: 4, cells: (1..=16).map(cell).collect() }
}

pub(crate) fn days(words: Words) -> Block {
    let day = |day: i8, weekday: (&str, &str), note: (&str, &str)| DayCell {
        weekday: words.pick(weekday.0, weekday.1),
        day: day.to_string(),
        note: words.pick(note.0, note.1),
        label: words.pick(&format!("11月{day}日"), &format!("{day} November")),
        selected: day == 26,
        enabled: day != 29,
        action: Action::ChooseDay(date(2026, 11, day)),
    };
    Block::Days {
        days: vec![
            day(24, ("周二", "Tue"), ("有号", "free")),
            day(25, ("周三", "Wed"), ("有号", "free")),
            day(26, ("周四", "Thu"), ("有号", "free")),
            day(27, ("周五", "Fri"), ("较少", "few")),
            day(28, ("周六", "Sat"), ("延时", "late")),
            day(29, ("周日", "Sun"), ("休息", "closed")),
        ],
    }
}

pub(crate) fn slots(words: Words, places: &[(&str, u16)]) -> Block {
    let slots = places
        .iter()
        .map(|(time, left)| SlotCell {
            time: (*time).to_owned(),
            note: if *left == 0 {
                words.pick("已满", "full")
            } else {
                words.pick(&format!("余 {left}"), &format!("{left} left"))
            },
            selected: *time == "10:30",
            enabled: *left > 0,
            action: Action::ChooseSlot((*time).into()),
        })
        .collect();
    Block::Slots { slots }
}

/// A square of modules with the three finders of a QR code; says nothing.
pub(crate) fn qr() -> QrModules {
    const WIDTH: usize = 29;
    let finder = |x: usize, y: usize, left: usize, top: usize| {
        let (across, down) = (x.wrapping_sub(left), y.wrapping_sub(top));
        let ring =
            across.min(down).min(6_usize.wrapping_sub(across)).min(6_usize.wrapping_sub(down));
        (across < 7 && down < 7).then_some(ring != 1)
    };
    let dark = |at: usize| {
        let (x, y) = (at % WIDTH, at / WIDTH);
        [(0, 0), (WIDTH - 7, 0), (0, WIDTH - 7)]
            .into_iter()
            .find_map(|(left, top)| finder(x, y, left, top))
            .unwrap_or((x * 7 + y * 11 + x * y) % 3 == 0)
    };
    QrModules { width: WIDTH, dark: (0..WIDTH * WIDTH).map(dark).collect() }
}
