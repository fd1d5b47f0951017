//! `hall24-notice-pictures FOLDER`: draws what the panel says when the kiosk cannot, with the kiosk's own
//! screens, one PNG for each entry of `notices.toml`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use kiosk_core::screen::{Audience, Block, Header, Icon, Look, Screen, ScreenName, Tone};
use kiosk_screen::{KioskWindow, Panel};
use serde::Deserialize;

const NOTICES: &str = include_str!("../notices.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    icon: Picture,
    title: String,
    subtitle: String,
    r#where: String,
    where_text: String,
    where_english: String,
    where_text_english: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Picture {
    Alert,
    Key,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("expected the folder to draw into")?);
    fs::create_dir_all(&folder)?;
    let notices: BTreeMap<String, Notice> = toml::from_str(NOTICES)?;
    let window = KioskWindow::headless(Panel::default())?;
    for (name, notice) in notices {
        window.show(&screen(notice));
        window.render();
        fs::write(folder.join(format!("{name}.png")), window.png()?)?;
    }
    Ok(())
}

fn screen(notice: Notice) -> Screen {
    let (icon, tone) = match notice.icon {
        Picture::Alert => (Icon::Alert, Tone::Amber),
        Picture::Key => (Icon::Key, Tone::Primary),
    };
    let card = |title, text| Block::Notice {
        icon: Icon::Headset,
        tone: Tone::Primary,
        title,
        text: Some(text),
    };
    Screen {
        name: ScreenName::OutOfService,
        audience: Audience::Citizen,
        language: "zh-CN".into(),
        look: Look::default(),
        session: false,
        header: Header::default(),
        chip: None,
        crumb: None,
        title: notice.title,
        subtitle: Some(notice.subtitle),
        remaining: None,
        show: vec![Block::Picture { icon, tone }],
        act: vec![
            card(notice.r#where, notice.where_text),
            card(notice.where_english, notice.where_text_english),
        ],
        footer: vec![],
        dialog: None,
    }
}
