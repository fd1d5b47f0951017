//! Screens as the kiosk shows them, of invented people, in both languages and every look.

mod appointment;
mod blocks;
mod pickup;
mod staff;

use kiosk_core::{
    action::Action,
    screen::{
        Audience, Block, Button, Chip, Dialog, Header, Icon, Look, Row, Screen, ScreenName, Tile,
        TimelineStep, Tone, Weight,
    },
};
use wire::{CaseId, DeliveryId};

pub(crate) use blocks::Words;
use blocks::{button, days, keypad, letters, qr, slots, wall};

/// Every look that a citizen can choose.
pub(crate) fn looks() -> Vec<Look> {
    let mut looks = Vec::new();
    for low_reach in [false, true] {
        for high_contrast in [false, true] {
            for large_text in [false, true] {
                looks.push(Look { large_text, high_contrast, low_reach });
            }
        }
    }
    looks
}

/// A look as a file name.
pub(crate) fn look_name(look: Look) -> String {
    format!("{}{}", look.theme(), if look.low_reach { "_low" } else { "" })
}

type Maker = fn(Words) -> Screen;

/// Every sample in one language and look, each with a name.
pub(crate) fn all(words: Words, look: Look) -> Vec<(&'static str, Screen)> {
    let makers: [(&str, Maker); 19] = [
        ("start", start),
        ("home", home),
        ("home_plain", home_plain),
        ("identify", identify),
        ("progress", progress),
        ("progress_case", progress_case),
        ("appointment_item", appointment::appointment_item),
        ("appointment_search", appointment::appointment_search),
        ("appointment_conditions", appointment::appointment_conditions),
        ("appointment_slot", appointment::appointment_slot),
        ("pickup_code", pickup::pickup_code),
        ("pickup_open", pickup::pickup_open),
        ("message", pickup::message),
        ("idle_dialog", idle_dialog),
        ("rating", rating),
        ("staff", staff::staff),
        ("staff_deposit", staff::staff_deposit),
        ("out_of_service", out_of_service),
        ("dark", dark),
    ];
    makers.into_iter().map(|(name, make)| (name, paged(Screen { look, ..make(words) }))).collect()
}

/// Large text in the lower half has room for three rows, as the kiosk pages them.
fn paged(mut screen: Screen) -> Screen {
    let narrow = screen.look.large_text && screen.look.low_reach;
    for block in screen.act.iter_mut().filter(|_| narrow) {
        if let Block::Rows { rows } = block {
            rows.truncate(3);
        }
    }
    screen
}

fn page(words: Words, name: ScreenName, title: &str) -> Screen {
    Screen {
        name,
        audience: Audience::Citizen,
        language: words.language().into(),
        look: Look::default(),
        session: name != ScreenName::Start,
        header: Header {
            hall: words.pick("滇中新区政务服务中心", "Dianzhong Service Centre"),
            place: words.pick("24 小时自助服务区 · 3 号机", "24-hour self-service · Kiosk 3"),
            time: "23:41".into(),
            date: words.pick("11月23日 星期一", "Mon 23 Nov"),
        },
        chip: None,
        crumb: None,
        title: title.into(),
        subtitle: None,
        remaining: None,
        show: Vec::new(),
        act: Vec::new(),
        footer: footer(words),
        dialog: None,
    }
}

fn footer(words: Words) -> Vec<Button> {
    let quiet = |zh: &str, en: &str, icon, action| Button {
        weight: Weight::Quiet,
        ..button(&words.pick(zh, en), icon, action)
    };
    vec![
        quiet("返回", "Back", Icon::ArrowLeft, Action::Back),
        quiet("首页", "Home", Icon::Home, Action::Home),
        quiet("English", "中文", Icon::Language, Action::ToggleLanguage),
        quiet("大字", "Text size", Icon::TextSize, Action::ToggleLargeText),
        quiet("高对比", "Contrast", Icon::Contrast, Action::ToggleHighContrast),
        quiet("低位", "Low reach", Icon::LowReach, Action::ToggleLowReach),
        button(&words.pick("呼叫帮助", "Get help"), Icon::Headset, Action::Help),
    ]
}

fn secondary(label: &str, icon: Icon, action: Action) -> Button {
    Button { weight: Weight::Secondary, ..button(label, icon, action) }
}

fn wordy(label: &str, weight: Weight, action: Action) -> Button {
    Button { label: label.into(), icon: None, weight, enabled: true, action }
}

fn tile(icon: Icon, title: String, text: String, action: Action) -> Tile {
    Tile { icon, title, text, enabled: true, action }
}

fn start(words: Words) -> Screen {
    let mut screen =
        page(words, ScreenName::Start, &words.pick("24 小时，随时可办", "Open 24 hours a day"));
    screen.subtitle = Some(words.pick(
        "请将身份证放在读卡区，或触摸屏幕开始",
        "Lay your ID card on the reader, or touch to start",
    ));
    screen.show = vec![Block::Picture { icon: Icon::IdCard, tone: Tone::Primary }];
    let begin = words.pick("触摸开始", "Touch to start");
    screen.act = vec![
        Block::Buttons { buttons: vec![wordy(&begin, Weight::Primary, Action::Begin)] },
        Block::Tiles {
            columns: 2,
            tiles: vec![
                tile(
                    Icon::Key,
                    words.pick("取件码领取", "Pickup code"),
                    String::new(),
                    Action::BeginCode,
                ),
                tile(
                    Icon::QrCode,
                    words.pick("扫码", "Scan a code"),
                    String::new(),
                    Action::OpenPickup,
                ),
            ],
        },
        Block::Notice {
            icon: Icon::CircleCheck,
            tone: Tone::Plain,
            title: words.pick("现在可以：查询、预约、领取", "Now: look up, book, collect"),
            text: Some(words.pick(
                "人工窗口 11月24日 09:00 开始服务；延时服务至 19:00",
                "Counters open 24 Nov at 09:00; extended hours until 19:00",
            )),
        },
    ];
    screen
}

fn home_tiles(words: Words) -> Vec<Tile> {
    vec![
        tile(
            Icon::Progress,
            words.pick("办件进度", "Track a case"),
            words.pick("到哪一步、缺什么", "Where it is now"),
            Action::OpenProgress,
        ),
        tile(
            Icon::Calendar,
            words.pick("预约办事", "Book a visit"),
            words.pick("选日期和时段", "Choose day and time"),
            Action::OpenAppointment,
        ),
        tile(
            Icon::CalendarCheck,
            words.pick("我的预约", "My bookings"),
            words.pick("查看、改期、取消", "See, move, cancel"),
            Action::OpenAppointments,
        ),
        tile(
            Icon::Box,
            words.pick("结果领取", "Collect"),
            words.pick("凭身份证或取件码", "By card or code"),
            Action::OpenPickup,
        ),
    ]
}

fn home(words: Words) -> Screen {
    let mut screen = home_plain(words);
    let collect = words.pick("立即领取", "Collect now");
    let feature = Block::Feature {
        icon: Icon::Certificate,
        badge: words.pick("1 件结果可领取", "1 document is ready"),
        title: words.pick("食品经营许可证", "Food business licence"),
        text: words.pick("7 号柜 · 11月30日前领取", "Locker 7 · collect by 30 Nov"),
        button: wordy(&collect, Weight::Primary, Action::Collect(DeliveryId::from("d-1"))),
    };
    screen.act.insert(0, feature);
    screen
}

fn home_plain(words: Words) -> Screen {
    let mut screen = page(words, ScreenName::Home, &words.pick("您好，张*", "Hello, 张*"));
    screen.subtitle = Some(words.pick("请选择要办的事情", "What would you like to do?"));
    screen.remaining = Some(words.pick("剩余 1 分 48 秒", "1 min 48 s left"));
    screen.act = vec![Block::Tiles { columns: 2, tiles: home_tiles(words) }];
    screen
}

fn identify(words: Words) -> Screen {
    let title = words.pick("请把身份证放在读卡区", "Lay your ID card on the reader");
    let mut screen = page(words, ScreenName::Identify, &title);
    screen.crumb = Some(words.pick("办件进度", "Track a case"));
    screen.subtitle =
        Some(words.pick("读卡区在屏幕右下方，亮蓝灯处", "It is at the lower right, lit blue"));
    screen.remaining = Some(words.pick("剩余 58 秒", "58 s left"));
    screen.show = vec![
        Block::Picture { icon: Icon::IdCard, tone: Tone::Primary },
        Block::Busy { text: words.pick("正在等待身份证…", "Waiting for the card …") },
    ];
    let code = words.pick("没带身份证？用取件码", "No card? Use a pickup code");
    screen.act =
        vec![Block::Buttons { buttons: vec![secondary(&code, Icon::Key, Action::BeginCode)] }];
    screen
}

fn progress(words: Words) -> Screen {
    let mut screen = page(words, ScreenName::Progress, &words.pick("您的办件", "Your cases"));
    screen.crumb = Some(words.pick("办件进度 · 共 9 件", "Track a case · 9 cases"));
    screen.remaining = Some(words.pick("剩余 1 分 48 秒", "1 min 48 s left"));
    let row = |number: u32, icon, badge: (&str, &str), tone| Row {
        icon,
        title: words.pick("食品经营许可（延续）", "Food business licence (renewal)"),
        text: format!("DZ-2026-1105-{number:04} · {}", words.pick("11月05日", "5 Nov")),
        badge: Some(Chip { icon: None, text: words.pick(badge.0, badge.1), tone }),
        enabled: true,
        action: Action::ShowCase(CaseId(format!("DZ-2026-1105-{number:04}"))),
    };
    screen.act = vec![
        Block::Rows {
            rows: vec![
                row(137, Icon::Certificate, ("可领取", "Ready"), Tone::Amber),
                row(138, Icon::File, ("审查中", "In review"), Tone::Primary),
                row(139, Icon::File, ("待补正", "Papers due"), Tone::Red),
                row(140, Icon::CircleCheck, ("已办结", "Done"), Tone::Green),
            ],
        },
        Block::Pager {
            text: "1 / 3".into(),
            previous: Button {
                enabled: false,
                ..secondary(
                    &words.pick("上一页", "Previous"),
                    Icon::ArrowLeft,
                    Action::PreviousPage,
                )
            },
            next: secondary(&words.pick("下一页", "Next"), Icon::ArrowRight, Action::NextPage),
        },
    ];
    screen
}

fn progress_case(words: Words) -> Screen {
    let title = words.pick("食品经营许可证", "Food business licence");
    let mut screen = page(words, ScreenName::ProgressCase, &title);
    screen.crumb = Some(words.pick("办件进度 · 2 件中的第 1 件", "Track a case · 1 of 2"));
    let case = CaseId::from("DZ-2026-1105-0137");
    let step = |title: (&str, &str), note: (&str, &str), to_come: bool| TimelineStep {
        icon: (!to_come).then_some(Icon::Check),
        tone: Tone::Green,
        title: words.pick(title.0, title.1),
        note: words.pick(note.0, note.1),
        to_come,
    };
    let mut steps = vec![
        step(
            ("已受理", "Accepted"),
            ("11月05日 10:22　综合窗口 3 号 · 李*", "5 Nov 10:22, counter 3"),
            false,
        ),
        step(
            ("审查通过", "Approved"),
            ("11月12日 16:40　市场监管局", "12 Nov 16:40, market authority"),
            false,
        ),
        step(
            ("制证完成", "Issued"),
            ("11月20日 09:15　市场监管局", "20 Nov 09:15, market authority"),
            false,
        ),
        step(
            ("可领取", "Ready"),
            ("11月21日 08:50　已放入 7 号柜", "21 Nov 08:50, in locker 7"),
            false,
        ),
        step(("已领取", "Collected"), ("", ""), true),
    ];
    steps[3].icon = Some(Icon::Certificate);
    steps[3].tone = Tone::Amber;
    let field = |label: (&str, &str), value: (&str, &str)| {
        (words.pick(label.0, label.1), words.pick(value.0, value.1))
    };
    screen.show = vec![
        Block::Facts {
            fields: vec![
                field(("受理编号", "Case"), ("DZ-2026-1105-0137", "DZ-2026-1105-0137")),
                field(("申请人", "Applicant"), ("张*", "张*")),
                field(
                    ("承诺办结", "Promised by"),
                    ("11月24日（提前 4 个工作日）", "24 Nov (4 days early)"),
                ),
                field(("领取方式", "Collect at"), ("自助柜 · 7 号", "Locker 7")),
            ],
        },
        Block::Timeline { steps },
    ];
    let collect = words.pick("现在领取", "Collect now");
    let print = words.pick("打印受理凭证", "Print the voucher");
    screen.act = vec![
        Block::Buttons {
            buttons: vec![button(&collect, Icon::LockOpen, Action::Collect("d-1".into()))],
        },
        Block::Buttons {
            buttons: vec![secondary(&print, Icon::Printer, Action::PrintVoucher(case))],
        },
    ];
    screen
}

fn idle_dialog(words: Words) -> Screen {
    let mut screen = home(words);
    screen.dialog = Some(Dialog {
        title: words.pick("您还在吗？", "Are you still there?"),
        text: words.pick(
            "38 秒后将清除屏幕上的信息，请记得取走身份证。",
            "In 38 seconds this screen is cleared. Please take your ID card.",
        ),
        countdown_s: Some((38, 45)),
        buttons: vec![
            wordy(&words.pick("我还需要时间", "More time"), Weight::Primary, Action::MoreTime),
            wordy(
                &words.pick("结束并清除", "End and clear"),
                Weight::Secondary,
                Action::EndSession,
            ),
        ],
    });
    screen
}

fn rating(words: Words) -> Screen {
    let title = words.pick("这次服务，您满意吗？", "How was the service?");
    let mut screen = page(words, ScreenName::Rating, &title);
    screen.crumb = Some(words.pick("服务评价", "Rating"));
    screen.subtitle = Some(words.pick("可以跳过", "You may skip this"));
    screen.remaining = Some(words.pick("剩余 28 秒", "28 s left"));
    let grade = |icon, zh: &str, en: &str, grade| {
        tile(icon, words.pick(zh, en), String::new(), Action::Grade(grade))
    };
    screen.act = vec![
        Block::Tiles {
            columns: 3,
            tiles: vec![
                grade(Icon::MoodVeryGood, "非常满意", "Very good", 5),
                grade(Icon::MoodGood, "满意", "Good", 4),
                grade(Icon::MoodNeutral, "基本满意", "Fair", 3),
                grade(Icon::MoodBad, "不满意", "Bad", 2),
                grade(Icon::MoodVeryBad, "非常不满意", "Very bad", 1),
            ],
        },
        Block::Buttons {
            buttons: vec![wordy(
                &words.pick("跳过", "Skip"),
                Weight::Secondary,
                Action::SkipRating,
            )],
        },
    ];
    screen
}

fn out_of_service(words: Words) -> Screen {
    let title = words.pick("本机暂停服务", "This kiosk is out of service");
    let mut screen = page(words, ScreenName::OutOfService, &title);
    screen.subtitle =
        Some(words.pick("请到 2 号机办理，在入口左侧", "Please use kiosk 2, left of the entrance"));
    screen.show = vec![
        Block::Picture { icon: Icon::Alert, tone: Tone::Red },
        Block::Notice {
            icon: Icon::Phone,
            tone: Tone::Plain,
            title: words.pick("需要帮助请拨打 12345", "For help call 12345"),
            text: Some(words.pick("夜间有人接听", "Somebody answers at night")),
        },
    ];
    screen
}

fn dark(words: Words) -> Screen {
    let title = words.pick("轻触屏幕", "Touch the screen");
    let mut screen = page(words, ScreenName::Dark, &title);
    screen.subtitle = Some(words.pick("24 小时，随时可办", "Open 24 hours"));
    let wakes = words.pick("触摸开始", "Touch to begin");
    let wakes = wordy(&wakes, Weight::Primary, Action::MoreTime);
    screen.act = vec![Block::Buttons { buttons: vec![wakes] }];
    screen.footer = vec![];
    screen
}
