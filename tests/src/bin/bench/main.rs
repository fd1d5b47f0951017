//! `make bench`: figures beside their yardsticks. Nothing here passes or fails.
//!
//! `SESSIONS=10000 make bench` serves that many people before it looks at the memory; without it,
//! as many as fit into some minutes.

mod devices;

use std::process::Command;
use std::time::{Duration, Instant};

use hal::locker::Door;
use hal::printer::PrinterCommand;
use hall24_tests::{Hall, KioskProcess, Wanted, labels, program};
use jiff::Timestamp;
use kiosk_core::{Action, Effect};
use kiosk_screen::{Finger, KioskWindow, Panel, Role};
use serde_json::Value;
use world::{NUMBER, World};

#[path = "../../../../kiosk/core/tests/world/mod.rs"]
#[expect(dead_code, reason = "the core's own tests use the rest")]
mod world;

/// Bytes of a card's answer at ten bits each and 115,200 baud.
const CARD_WIRE: Duration = Duration::from_micros(1_340 * 10 * 1_000_000 / 115_200);
/// The 8A family's opening command: five bytes at ten bits each and 9,600 baud.
const PULSE_WIRE: Duration = Duration::from_micros(5 * 10 * 1_000_000 / 9_600);
/// What the bench waits before a touch, so that the guards do not swallow it.
const BENCH_MARGIN: Duration = Duration::from_millis(30);
const SESSIONS: usize = 300;

fn row(what: &str, found: String, yardstick: &str) {
    println!("{what:<46} {found:>22}   {yardstick}");
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// The time that this share of all, in per cent, do not exceed.
fn percentile(times: &mut [Duration], per_cent: usize) -> Duration {
    times.sort();
    times[(times.len() * per_cent).div_ceil(100).saturating_sub(1)]
}

fn spread(mut times: Vec<Duration>) -> String {
    let median = percentile(&mut times, 50);
    format!("{} / {}", ms(median), ms(percentile(&mut times, 99)))
}

fn window() -> KioskWindow {
    let start = Instant::now();
    let window = KioskWindow::headless(Panel::default()).expect("it needs no display");
    window.show(&World::new().screen());
    window.render();
    row("window made → first frame, 1080×1920", ms(start.elapsed()), "part of the start below");
    window
}

/// On the screen that a person sees most: a button goes down under a finger.
fn touches(window: &KioskWindow) {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    window.show(&world.screen());
    window.render();
    let elements = window.elements();
    let button = elements.iter().find(|it| it.role == Role::Button && it.enabled).expect("one");
    let (x, y) = button.centre();
    let times = (0..500).map(|_| {
        let start = Instant::now();
        window.touch(x, y, Finger::Press);
        assert!(window.render(), "a pressed button looks different");
        let time = start.elapsed();
        window.touch(x, y, Finger::Release);
        window.render();
        time
    });
    let found = spread(times.collect());
    row("touch → changed pixels, median / p99", found, "limit 16 ms p99");
}

/// The receipt of a pickup, as the core makes it.
fn receipt_bytes() {
    let mut world = World::with_delivery();
    world.lay(NUMBER);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
    world.door(7, Door::Closed);
    let document = world.effects.iter().find_map(|it| match it {
        Effect::Printer(PrinterCommand::Print { document, .. }) => Some(document),
        _ => None,
    });
    let settings = hal::printer::PrinterSettings::default();
    let document = document.expect("a receipt is printed");
    let sizes = hal::printer::encode::encoded_sizes(document, &settings);
    let found = format!("{} / {}", sizes.text, sizes.raster);
    let times = sizes.raster as f64 / sizes.text as f64;
    row("receipt, bytes as text / as raster", found, &format!("{times:.0} times, goal 10"));
}

async fn start() {
    let mut times: Vec<Duration> = Vec::new();
    let hall = Hall::new(Wanted { quiet: true, ..Wanted::default() }).await;
    for _ in 0..10 {
        let start = Instant::now();
        let kiosk = hall.spawn_kiosk().await;
        assert!(kiosk.png().await.starts_with(b"\x89PNG"), "a picture");
        times.push(start.elapsed());
        kiosk.kill();
    }
    let found = ms(percentile(&mut times, 50));
    row("process start → first frame, fetched as PNG", found, "limit 100 ms");
    let version = (0..10).map(|_| {
        let start = Instant::now();
        let run = Command::new(program("kiosk")).arg("--version").output();
        run.expect("it runs");
        start.elapsed()
    });
    let found = ms(percentile(&mut version.collect::<Vec<_>>(), 50));
    row("  of which: process starts and ends", found, "");
}

async fn card_to_cases(hall: &Hall, kiosk: &KioskProcess) {
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        hall.lay("demo-1");
        kiosk.until(|it| labels(it).any(|it| it.contains("审查中"))).await;
        times.push(start.elapsed());
        leave(hall, kiosk).await;
    }
    let limit = format!("wire {} + search up to 300 ms + 80 ms", ms(CARD_WIRE));
    row("card laid → cases, paced, median / p99", spread(times), &limit);
}

async fn leave(hall: &Hall, kiosk: &KioskProcess) {
    hall.lift();
    kiosk.tap("结束办理").await;
    kiosk.shows("start").await;
    kiosk.until(|it| labels(it).all(|it| !it.contains("请取走您的证件"))).await;
}

/// Real pickups: from the touch to the last byte of the command on the locker's wire, the intent on
/// disk before it.
async fn tap_to_pulse() -> (Hall, KioskProcess) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        drop(last.take());
        let mut hall = Hall::new(Wanted { paced: true, quiet: true, ..Wanted::default() }).await;
        let kiosk = hall.start_kiosk().await;
        let way = hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("one").compartment;
        hall.lay("demo-1");
        kiosk.tap("结果领取").await;
        kiosk.shows("pickup").await;
        // The guards of a new screen are over: what is measured is not them.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let label = format!("打开 {way} 号柜门");
        let start = Timestamp::now();
        kiosk.tap(&label).await;
        kiosk.says("柜门已打开").await;
        let opened = format!("open way {way}");
        let frames = kiosk.wire().await;
        let pulse = frames.iter().find(|it| it["note"] == opened.as_str()).expect("it was sent");
        let at: Timestamp = pulse["at"].as_str().and_then(|it| it.parse().ok()).expect("a time");
        let sent = at.duration_since(start).unsigned_abs() + PULSE_WIRE;
        times.push(sent.saturating_sub(BENCH_MARGIN));
        hall.take_out_and_close(way);
        kiosk.says("打印好了").await;
        kiosk.tap("完成").await;
        kiosk.tap("不评价，结束").await;
        kiosk.shows("start").await;
        hall.lift();
        last = Some((hall, kiosk));
    }
    let limit = format!("wire {} + 20 ms, intent on disk first", ms(PULSE_WIRE));
    row("tap → lock pulsed, paced, median / p99", spread(times), &limit);
    last.expect("there were some")
}

fn resident_kib(kiosk: &KioskProcess) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", kiosk.id())).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// A kiosk with all lines and one without any, at their start screens.
async fn memory_of_drivers() {
    let hall = Hall::new(Wanted { quiet: true, ..Wanted::default() }).await;
    let mut found = Vec::new();
    for without in [false, true] {
        if without {
            hall.take_devices_away();
        }
        let kiosk = hall.spawn_kiosk().await;
        kiosk.png().await;
        // What is asked every few seconds has been asked.
        tokio::time::sleep(Duration::from_secs(8)).await;
        found.push(resident_kib(&kiosk));
        kiosk.kill();
    }
    let more = found[0].saturating_sub(found[1]) as f64 / 1024.0;
    let of = format!("of {:.1} MiB at the start screen", found[0] as f64 / 1024.0);
    row("drivers of all lines, resident", format!("{more:.1} MiB"), &of);
}

/// Clock ticks of processor time so far, a hundred a second.
fn ticks(kiosk: &KioskProcess) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", kiosk.id())).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |n: usize| fields.get(n).and_then(|it| it.parse::<u64>().ok()).unwrap_or_default();
    field(11) + field(12)
}

async fn idle(kiosk: &KioskProcess) {
    const SECONDS: u64 = 30;
    let before = ticks(kiosk);
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    let share = (ticks(kiosk) - before) as f64 / SECONDS as f64;
    row("processor at the start screen", format!("{share:.2} % of a core"), "limit 1 %");
}

/// One person after the other lays their card; each card ends the session before it.
async fn sessions(hall: &Hall, kiosk: &KioskProcess) {
    let wanted = std::env::var("SESSIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(SESSIONS);
    let name = |card: &str| {
        let person = hall.demo.people.iter().find(|it| it.card == card).expect("a demo card");
        hal::mask::name(&person.name)
    };
    let mut early = 0;
    for session in 0..wanted {
        let card = if session % 2 == 0 { "demo-1" } else { "demo-3" };
        let greeting = name(card);
        hall.lay(card);
        let loaded = |it: &Value| {
            labels(it).any(|it| it.contains(&greeting)) && labels(it).any(|it| it.contains(" · "))
        };
        kiosk.until(loaded).await;
        if session == wanted / 10 {
            early = resident_kib(kiosk);
        }
    }
    let found = format!("{:.1} MiB", resident_kib(kiosk) as f64 / 1024.0);
    let yardstick = format!("limit 64 MiB; {:.1} MiB after a tenth", early as f64 / 1024.0);
    row(&format!("kiosk, resident after {wanted} sessions"), found, &yardstick);
    leave(hall, kiosk).await;
}

fn main() {
    let window = window();
    touches(&window);
    receipt_bytes();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        start().await;
        devices::overheads().await;
        memory_of_drivers().await;
        let (hall, kiosk) = tap_to_pulse().await;
        idle(&kiosk).await;
        card_to_cases(&hall, &kiosk).await;
        sessions(&hall, &kiosk).await;
    });
}
