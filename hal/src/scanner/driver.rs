//! The scanner's driver: waits for texts on the line.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{ScannerEvent, line::LineParser};
use crate::fault::Link;
use crate::port::{Direction, Line, LineError, PortUrl, Tap};

/// The same text is a repeated reading of one code within this time, not a second code.
const REPEAT: Duration = Duration::from_secs(2);
/// A text whose terminator does not come within this time is noise.
const SILENCE: Duration = Duration::from_millis(500);
const FOREVER: Duration = Duration::from_secs(3600);

/// Starts the driver's task; it ends when the receiver of `events` is dropped.
///
/// Scanners of this kind never speak unasked and cannot be asked: the link is up while the port is open.
pub fn spawn(url: PortUrl, tap: Option<Tap>, events: mpsc::Sender<ScannerEvent>) {
    tokio::spawn(async move {
        tokio::select! {
            () = run(Line::new(url.with_default_baud(9600), tap), &events) => {}
            () = events.closed() => {}
        }
    });
}

/// Says what a text is, without the text.
pub fn describe(_: Direction, bytes: &[u8]) -> String {
    super::line::describe(bytes)
}

async fn run(mut line: Line, events: &mpsc::Sender<ScannerEvent>) {
    let mut link = Link::Starting;
    let mut parser = LineParser::default();
    let mut last: Option<(String, Instant)> = None;
    loop {
        if line.connect().await.is_err() {
            report(&mut link, Link::Down, events).await;
            continue;
        }
        report(&mut link, Link::Up, events).await;
        let wait = if parser.pending() { SILENCE } else { FOREVER };
        let texts = match line.receive(Instant::now() + wait).await {
            Ok(bytes) => parser.push(bytes),
            Err(LineError::Timeout) => {
                parser.clear();
                continue;
            }
            Err(_) => {
                line.fail();
                continue;
            }
        };
        line.well();
        for text in texts {
            let now = Instant::now();
            let repeated =
                last.as_ref().is_some_and(|(same, at)| *same == text && now - *at < REPEAT);
            last = Some((text.clone(), now));
            if !repeated && events.send(ScannerEvent::Scanned(text)).await.is_err() {
                return;
            }
        }
    }
}

async fn report(link: &mut Link, new: Link, events: &mpsc::Sender<ScannerEvent>) {
    if *link != new {
        *link = new;
        tracing::info!(device = "scanner", state = ?new, "link");
        // A closed channel ends the task at its next event.
        events.send(ScannerEvent::Link(new)).await.ok();
    }
}
