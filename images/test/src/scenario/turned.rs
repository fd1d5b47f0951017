//! A panel that lies on its side was turned clockwise: the page stands upright on it, and touches land where
//! the finger is.

use super::speaks_english;
use crate::machine::{BOOT_LIMIT, COMMAND_LIMIT};
use crate::panel::Panel;
use crate::{Failure, Stage};

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let disk = stage.disk()?;
    let size = stage.board.panel(Panel::OnItsSide.size());
    let mut machine = stage.power_on_with(&disk, size).await?;
    machine.shows("a page", BOOT_LIMIT, |it| Panel::OnItsSide.has_page(it)).await?;
    machine.settled(COMMAND_LIMIT).await?;
    machine.keep("turned.png").await?;
    machine.up().await?;
    speaks_english(&mut machine, Panel::OnItsSide).await
}
