//! Staff at the lockers.

use kiosk_core::{
    action::Action,
    screen::{Audience, Block, Button, Chip, Icon, Row, Screen, ScreenName, Tone, Weight},
};
use wire::DeliveryId;

use super::{Words, page, secondary, wall, wordy};

pub(crate) fn staff(words: Words) -> Screen {
    let mut screen = page(words, ScreenName::Staff, &words.pick("柜体管理", "Lockers"));
    screen.audience = Audience::Staff;
    screen.header.place = words.pick("工作人员模式 · 3 号机", "Staff mode · Kiosk 3");
    screen.subtitle =
        Some(words.pick("王*（导办台）· 16 格，6 格空闲", "王* (desk) · 16 lockers, 6 free"));
    screen.remaining = Some(words.pick("剩余 4 分 30 秒", "4 min 30 s left"));
    let count = |text: (&str, &str), tone| {
        Some(Chip { icon: None, text: words.pick(text.0, text.1), tone })
    };
    let row = |icon, title: (&str, &str), text: (&str, &str), badge, action| Row {
        icon,
        title: words.pick(title.0, title.1),
        text: words.pick(text.0, text.1),
        badge,
        enabled: true,
        action,
    };
    screen.show = vec![wall(11)];
    screen.act = vec![
        Block::Rows {
            rows: vec![
                row(
                    Icon::Upload,
                    ("放入结果", "Deposit"),
                    ("扫码或选择办件", "Scan or choose a case"),
                    count(("12 件待放", "12 waiting"), Tone::Primary),
                    Action::StaffDeposit,
                ),
                row(
                    Icon::Box,
                    ("取回逾期", "Recall"),
                    ("超过领取期限", "Past the last day"),
                    count(("2 件逾期", "2 overdue"), Tone::Amber),
                    Action::StaffRecall,
                ),
                row(
                    Icon::Alert,
                    ("核对不确定的格口", "Resolve"),
                    ("断电或卡门之后", "After a power cut or a jam"),
                    count(("17 号门", "Door 17"), Tone::Red),
                    Action::StaffResolve,
                ),
            ],
        },
        Block::Buttons {
            buttons: vec![wordy(
                &words.pick("退出", "Log out"),
                Weight::Secondary,
                Action::StaffLogout,
            )],
        },
    ];
    screen
}

pub(crate) fn staff_deposit(words: Words) -> Screen {
    let title = words.pick("选择要放入的结果", "What do you put in?");
    let mut screen = page(words, ScreenName::StaffDeposit, &title);
    screen.audience = Audience::Staff;
    screen.header.place = words.pick("工作人员模式 · 3 号机", "Staff mode · Kiosk 3");
    let rows = (0..5)
        .map(|number| Row {
            icon: Icon::Certificate,
            title: words.pick("食品经营许可证", "Food business licence"),
            text: format!("DZ-2026-1105-{:04} · 张*", 130 + number),
            badge: None,
            enabled: number != 3,
            action: Action::ChooseDeposit(DeliveryId(format!("d-{number}"))),
        })
        .collect();
    screen.act = vec![
        Block::Rows { rows },
        Block::Pager {
            text: "1 / 2".into(),
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
