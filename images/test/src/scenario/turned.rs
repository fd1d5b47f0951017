//! A panel that lies on its side was turned clockwise: the page stands upright on it, and touches land where
//! the finger is.

use super::expect;
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT};
use crate::picture::Picture;
use crate::{Failure, Stage};

const PANEL: (usize, usize) = (1920, 1080);
/// The key for the other language, which upright is at 380, 1820.
const ENGLISH: (usize, usize) = (1920 - 1820, 380);
/// The header, which upright is at the top.
const HEADER: (usize, usize) = (1920 - 10, 540);

fn is_page(picture: &Picture) -> bool {
    (picture.width_px, picture.height_px) == PANEL && picture.share_of(super::GROUND) > 300
}

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let size = ["-global", "virtio-vga.xres=1920", "-global", "virtio-vga.yres=1080"];
    let size = size.map(str::to_owned).to_vec();
    let mut machine = stage.power_on_with(&disk, size).await?;
    machine.shows("a page", BOOT_LIMIT, is_page).await?;
    let chinese = machine.settled(COMMAND_LIMIT).await?;
    machine.keep("turned.png").await?;
    let [red, green, blue] = chinese.at(HEADER.0, HEADER.1);
    let upright = red < 0x40 && green < 0x60 && blue > 0x50;
    expect(upright, format!("at the header it is {:?}", [red, green, blue]))?;
    machine.up().await?;
    machine.touch_of(ENGLISH, PANEL).await?;
    let other = |it: &Picture| is_page(it) && it.is_other_than(&chinese);
    machine.shows("the page in English", COMMAND_LIMIT, other).await.map(drop)
}
