//! `make bench`: figures beside their yardsticks. Nothing here passes or fails.

use std::time::{Duration, Instant};

use hall24_tests::{Hall, Wanted, labels};
use kiosk_screen::{Finger, KioskWindow, Panel};

/// Bytes of a card's answer at ten bits each and 115,200 baud.
const CARD_WIRE: Duration = Duration::from_micros(1_340 * 10 * 1_000_000 / 115_200);

fn row(what: &str, found: String, yardstick: &str) {
    println!("{what:<46} {found:>16}   {yardstick}");
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn screens() {
    let start = Instant::now();
    let window = KioskWindow::headless(Panel::default()).expect("it needs no display");
    window.render();
    row(
        "window made → first frame, 1080×1920",
        ms(start.elapsed()),
        "limit 100 ms from process start",
    );
    let look = window.elements();
    let middle = look.first().map_or((540.0, 960.0), |it| it.centre());
    let times = (0..200).map(|_| {
        let start = Instant::now();
        window.touch(middle.0, middle.1, Finger::Press);
        window.render();
        let time = start.elapsed();
        window.touch(middle.0, middle.1, Finger::Release);
        window.render();
        time
    });
    row("touch → pixels, median", ms(median(times.collect())), "limit 16 ms p99");
}

fn receipts() {
    let document = hal::printer::once::test_document();
    let settings = hal::printer::PrinterSettings::default();
    let sizes = hal::printer::encode::encoded_sizes(&document, &settings);
    let share = sizes.raster as f64 / sizes.text as f64;
    let found = format!("{} / {}", sizes.text, sizes.raster);
    row("test page, bytes as text / as raster", found, &format!("{share:.0} times, goal 10"));
}

async fn card_to_cases() {
    let mut hall = Hall::new(Wanted { paced: true, ..Wanted::default() }).await;
    let kiosk = hall.start_kiosk().await;
    let mut times = Vec::new();
    for _ in 0..10 {
        let start = Instant::now();
        hall.lay("demo-1");
        kiosk.until(|it| labels(it).any(|it| it.contains("可领取"))).await;
        times.push(start.elapsed());
        hall.lift();
        kiosk.tap("结束办理").await;
        kiosk.shows("start").await;
        kiosk.until(|it| labels(it).all(|it| !it.contains("请取走您的证件"))).await;
    }
    let found = median(times);
    row(
        "card laid → cases on screen, paced PTY",
        ms(found),
        &format!("wire {} + search interval up to 300 ms + 80 ms", ms(CARD_WIRE)),
    );
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", kiosk.id())).unwrap_or_default();
    let resident = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap_or("?");
    row("kiosk, resident after 10 sessions", resident.trim().to_owned(), "limit 64 MiB");
}

fn main() {
    screens();
    receipts();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(card_to_cases());
}
