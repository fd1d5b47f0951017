//! Taking a result out of a compartment.

use kiosk_core::{
    action::Action,
    screen::{Block, Button, Chip, Icon, Screen, ScreenName, Step, StepState, Tone, Weight},
};

use super::{Words, keypad, page, qr, secondary, wall, wordy};

pub(crate) fn pickup_code(words: Words) -> Screen {
    let title = words.pick("请输入 8 位取件码", "Type the 8-digit pickup code");
    let mut screen = page(words, ScreenName::PickupCode, &title);
    screen.crumb = Some(words.pick("结果领取", "Collect"));
    screen.subtitle = Some(words.pick(
        "在短信或领取通知单上，例如 7392 4816",
        "In the message or on the notice, for example 7392 4816",
    ));
    let typed = ['7', '3', '9', '2', '4'].map(Some).into_iter().chain([None; 3]).collect();
    screen.show = vec![
        Block::CodeCells { cells: typed, hidden: false },
        Block::Notice {
            icon: Icon::QrCode,
            tone: Tone::Primary,
            title: words.pick(
                "也可以把二维码对准下方扫码窗，或放上身份证",
                "Or hold the QR code to the window below, or lay your card",
            ),
            text: None,
        },
    ];
    let missing = words.pick("还差 3 位", "3 digits to go");
    let submit = Button { enabled: false, ..wordy(&missing, Weight::Primary, Action::SubmitCode) };
    screen.act = vec![keypad(words), Block::Buttons { buttons: vec![submit] }];
    screen
}

pub(crate) fn pickup_open(words: Words) -> Screen {
    let title = words.pick("请从 7 号柜取出证件", "Take it out of locker 7");
    let mut screen = page(words, ScreenName::PickupOpen, &title);
    screen.chip = Some(Chip {
        icon: Some(Icon::LockOpen),
        text: words.pick("柜门已打开", "The door is open"),
        tone: Tone::Green,
    });
    screen.subtitle = Some(words.pick("食品经营许可证 · 1 份", "Food business licence · 1 copy"));
    let step = |title: (&str, &str), text: (&str, &str), state| Step {
        title: words.pick(title.0, title.1),
        text: words.pick(text.0, text.1),
        state,
    };
    screen.show = vec![
        wall(7),
        Block::Steps {
            steps: vec![
                step(
                    ("取出证件", "Take it"),
                    ("黄色灯亮的柜门", "Where it is lit"),
                    StepState::Now,
                ),
                step(
                    ("关好柜门", "Shut the door"),
                    ("听到“咔嗒”一声", "Until it clicks"),
                    StepState::ToCome,
                ),
                step(
                    ("取走回执", "Take the slip"),
                    ("屏幕下方出纸口", "Below the screen"),
                    StepState::ToCome,
                ),
            ],
        },
    ];
    screen.act = vec![Block::Link {
        before: words.pick("柜门没有打开？", "Door still shut?"),
        link: wordy(&words.pick("请点这里", "Touch here"), Weight::Quiet, Action::DoorDidNotOpen),
    }];
    screen
}

pub(crate) fn message(words: Words) -> Screen {
    let title = words.pick("证件已取出，回执暂时打不出来", "Collected, but the slip cannot print");
    let mut screen = page(words, ScreenName::Message, &title);
    screen.subtitle = Some(words.pick(
        "打印机缺纸，不影响您这次领取。领取记录已保存：",
        "The printer is out of paper. Your record is saved:",
    ));
    screen.show = vec![
        Block::Picture { icon: Icon::PrinterOff, tone: Tone::Amber },
        Block::Qr {
            modules: qr(),
            label: words.pick("回执编号", "Slip number"),
            value: "LQ 1123 0047".into(),
            text: words.pick(
                "用手机扫码保存，或明天到咨询台补打",
                "Scan it to keep it, or have it printed at the desk tomorrow",
            ),
        },
    ];
    screen.act = vec![
        Block::Buttons {
            buttons: vec![wordy(
                &words.pick("我记下了，结束", "I have noted it, finish"),
                Weight::Primary,
                Action::Done,
            )],
        },
        Block::Buttons {
            buttons: vec![secondary(
                &words.pick("再试一次打印", "Try to print again"),
                Icon::Refresh,
                Action::PrintReceiptAgain,
            )],
        },
        Block::Text {
            text: words
                .pick("现在仍可使用：查询、预约、领取", "Still working: look up, book, collect"),
        },
    ];
    screen
}
