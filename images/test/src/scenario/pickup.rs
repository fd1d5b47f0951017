//! A box is enrolled with a stick and becomes a kiosk; a citizen takes a result out of it by touch, with
//! office and devices around the machine.

use std::time::Duration;

use super::enrolled;
use crate::hall::Hall;
use crate::machine::BOOT_LIMIT;
use crate::{Failure, Stage};

/// Whose card is laid on the reader.
const CARD: &str = "demo-1";
/// Where the panel has what is touched.
const COLLECT: (usize, usize) = (857, 817);
const OPEN: (usize, usize) = (540, 1606);
const DONE: (usize, usize) = (540, 1509);
const VERY_SATISFIED: (usize, usize) = (540, 746);
/// A slow machine's time from a touch to what follows.
const STEP_LIMIT: Duration = Duration::from_secs(120);

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let hall = Hall::open(stage.board).await?;
    let mut machine = enrolled(stage, &hall).await?;
    // Cards are read and doors opened once each device has answered and the office's feed is read.
    let start = machine.settled(BOOT_LIMIT).await?;
    machine.keep("start.png").await?;
    hall.lay(CARD)?;
    let home = machine.next(&start, "what the card's owner can do", STEP_LIMIT).await?;
    machine.keep("home.png").await?;
    machine.touch(COLLECT.0, COLLECT.1).await?;
    let offer = machine.next(&home, "what lies ready", STEP_LIMIT).await?;
    machine.keep("pickup.png").await?;
    machine.touch(OPEN.0, OPEN.1).await?;
    let pickup = hall.demo.pickups.iter().find(|it| it.card == CARD);
    let way = pickup.ok_or_else(|| Failure(format!("nothing lies ready for {CARD}")))?.compartment;
    hall.door_opens(way, STEP_LIMIT).await?;
    let open = machine.next(&offer, "the open door", STEP_LIMIT).await?;
    machine.keep("open.png").await?;
    hall.take_out_and_close(way)?;
    hall.custody(&format!("handed_over citizen by card {way}"), STEP_LIMIT).await?;
    hall.receipt("结果领取回执", STEP_LIMIT).await?;
    machine.next(&open, "the receipt", STEP_LIMIT).await?;
    let receipt = machine.settled(STEP_LIMIT).await?;
    machine.keep("receipt.png").await?;
    machine.touch(DONE.0, DONE.1).await?;
    let rating = machine.next(&receipt, "the rating", STEP_LIMIT).await?;
    machine.keep("rating.png").await?;
    machine.touch(VERY_SATISFIED.0, VERY_SATISFIED.1).await?;
    hall.office_says("SELECT grade || '' FROM ratings", "5", STEP_LIMIT).await?;
    machine.next(&rating, "the start screen", STEP_LIMIT).await.map(drop)
}
