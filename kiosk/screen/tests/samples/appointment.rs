//! Booking a visit.

use kiosk_core::{
    action::Action,
    screen::{Block, Icon, ListEntry, Row, Screen, ScreenName, Tone, Weight},
};

use super::{Words, days, letters, page, secondary, slots, wordy};

pub(crate) fn appointment_item(words: Words) -> Screen {
    let title = words.pick("要办什么事？", "What is it about?");
    let mut screen = page(words, ScreenName::AppointmentItem, &title);
    screen.crumb = Some(words.pick("预约办事 · 第 1 步，共 4 步", "Book a visit · step 1 of 4"));
    let row = |zh: &str, en: &str| Row {
        icon: Icon::File,
        title: words.pick(zh, en),
        text: words.pick("综合窗口 · 约 20 分钟", "Counter · about 20 minutes"),
        badge: None,
        enabled: true,
        action: Action::ChooseItem(zh.into()),
    };
    let search = words.pick("按名称查找", "Search by name");
    screen.act = vec![
        Block::Buttons { buttons: vec![secondary(&search, Icon::Search, Action::OpenSearch)] },
        Block::Rows {
            rows: vec![
                row("食品经营许可（延续）", "Food business licence (renewal)"),
                row("个体工商户设立登记", "Sole trader registration"),
                row("社会保障卡申领", "Social security card"),
                row("公积金提取", "Housing fund withdrawal"),
            ],
        },
        Block::Pager {
            text: "2 / 20".into(),
            previous: secondary(
                &words.pick("上一页", "Previous"),
                Icon::ArrowLeft,
                Action::PreviousPage,
            ),
            next: secondary(&words.pick("下一页", "Next"), Icon::ArrowRight, Action::NextPage),
        },
    ];
    screen
}

pub(crate) fn appointment_search(words: Words) -> Screen {
    let title = words.pick("输入事项的拼音首字母", "Type what it is about");
    let mut screen = page(words, ScreenName::AppointmentSearch, &title);
    screen.crumb = Some(words.pick("预约办事 · 第 1 步，共 4 步", "Book a visit · step 1 of 4"));
    screen.show = vec![Block::Input {
        icon: Icon::Search,
        text: "GJJ".into(),
        hint: words.pick("例如 GJJ（公积金）", "for example GJJ"),
    }];
    let row = |zh: &str, en: &str| Row {
        icon: Icon::File,
        title: words.pick(zh, en),
        text: String::new(),
        badge: None,
        enabled: true,
        action: Action::ChooseItem(zh.into()),
    };
    screen.act = vec![
        Block::Rows {
            rows: vec![
                row("公积金提取", "Housing fund withdrawal"),
                row("公积金贷款申请", "Housing fund loan"),
            ],
        },
        letters(words),
    ];
    screen
}

pub(crate) fn appointment_conditions(words: Words) -> Screen {
    let title = words.pick("办理条件和材料", "Conditions and papers");
    let mut screen = page(words, ScreenName::AppointmentConditions, &title);
    screen.crumb = Some(words.pick("预约办事 · 第 2 步，共 4 步", "Book a visit · step 2 of 4"));
    screen.subtitle = Some(words.pick("食品经营许可（延续）", "Food business licence (renewal)"));
    let entry = |icon, zh: &str, en: &str| ListEntry {
        icon,
        tone: Tone::Primary,
        text: words.pick(zh, en),
    };
    screen.show = vec![
        Block::Heading { text: words.pick("需要带的材料", "Papers to bring") },
        Block::List {
            entries: vec![
                entry(
                    Icon::File,
                    "食品经营许可延续申请书　原件 1 份",
                    "Application form, 1 original",
                ),
                entry(Icon::File, "营业执照　核验", "Business licence, to be seen"),
                entry(Icon::File, "食品安全自查制度　复印件 1 份", "Food safety rules, 1 copy"),
                entry(Icon::Certificate, "食品经营许可证　原件 1 份", "The licence, 1 original"),
            ],
        },
        Block::Text {
            text: words.pick(
                "一次告知：材料齐全的，当场受理；不齐的，窗口一次说清还缺什么。",
                "Told once: with all papers the case is accepted at once; otherwise the counter \
                 says at one time what is missing.",
            ),
        },
    ];
    let read = words.pick("已了解，选择日期", "I have read this, choose a day");
    screen.act = vec![Block::Buttons {
        buttons: vec![wordy(&read, Weight::Primary, Action::ConditionsRead)],
    }];
    screen
}

pub(crate) fn appointment_slot(words: Words) -> Screen {
    let title = words.pick("选择办理时段", "Choose a time");
    let mut screen = page(words, ScreenName::AppointmentSlot, &title);
    screen.crumb = Some(words.pick("预约办事 · 第 3 步，共 4 步", "Book a visit · step 3 of 4"));
    screen.show = vec![Block::Notice {
        icon: Icon::File,
        tone: Tone::Plain,
        title: words.pick("食品经营许可（延续）", "Food business licence (renewal)"),
        text: Some(words.pick(
            "二层 综合办事区 · 无差别综合窗口 · 需材料 5 份",
            "Floor 2, general counters · 5 papers",
        )),
    }];
    let next = words.pick("下一步：确认 11月26日 10:30", "Next: confirm 26 Nov 10:30");
    screen.act = vec![
        days(words),
        Block::Heading { text: words.pick("工作时间", "Working hours") },
        slots(
            words,
            &[
                ("09:00", 3),
                ("09:30", 1),
                ("10:00", 0),
                ("10:30", 5),
                ("11:00", 2),
                ("11:30", 0),
                ("13:30", 6),
                ("14:00", 6),
                ("14:30", 4),
                ("15:00", 0),
                ("15:30", 2),
                ("16:00", 5),
            ],
        ),
        Block::Heading { text: words.pick("延时服务", "Extended hours") },
        slots(words, &[("17:30", 4), ("18:00", 4)]),
        Block::Buttons { buttons: vec![wordy(&next, Weight::Primary, Action::HoldSlot)] },
    ];
    screen
}
