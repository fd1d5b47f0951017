//! The frame against a device that echoes: line faults, pacing, plugs, schedules, control by HTTP.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use super::{
    ControlError, Device, FaultInfo, FaultSchedule, LineFault, Outbox, SimHandle, SimOptions,
    serve, serve_control,
};
use crate::{
    hex,
    port::{self, Backoff, Direction, Line, LineError, OpenError, PortUrl, Tap},
};

const MUTED: FaultInfo = FaultInfo { name: "muted", description: "it echoes nothing" };

/// Sends every chunk back as one frame; `{"say": TEXT}` sends by itself, a second later.
#[derive(Default)]
struct Echo {
    muted: bool,
    says: Option<(Duration, String)>,
    heard: usize,
}

impl Device for Echo {
    fn receive(&mut self, _: Duration, bytes: &[u8], out: &mut Outbox) {
        self.heard += bytes.len();
        if !self.muted {
            out.send(bytes.to_vec());
        }
    }

    fn control(
        &mut self,
        now: Duration,
        command: &Value,
        _: &mut Outbox,
    ) -> Result<Value, ControlError> {
        let text = command.get("say").and_then(Value::as_str);
        let text = text.ok_or(ControlError::UnknownCommand { expected: r#"{"say":TEXT}"# })?;
        self.says = Some((now + Duration::from_secs(1), text.to_owned()));
        Ok(self.state())
    }

    fn state(&self) -> Value {
        json!({"heard": self.heard})
    }

    fn faults(&self) -> &'static [FaultInfo] {
        &[MUTED]
    }

    fn set_fault(&mut self, _: Duration, fault: Option<&str>, _: &mut Outbox) {
        self.muted = fault == Some(MUTED.name);
    }

    fn describe(&self, _: Direction, bytes: &[u8]) -> String {
        format!("{} bytes", bytes.len())
    }

    fn next_wake(&self) -> Option<Duration> {
        self.says.as_ref().map(|it| it.0)
    }

    fn wake(&mut self, _: Duration, out: &mut Outbox) {
        if let Some((_, text)) = self.says.take() {
            out.send(text.into_bytes());
        }
    }
}

fn url(text: &str) -> PortUrl {
    text.parse().expect("a port")
}

async fn echo(endpoint: &str, options: SimOptions) -> SimHandle {
    serve(Box::new(Echo::default()), &url(endpoint), options).await.expect("serves")
}

const LIMIT: Duration = Duration::from_secs(2);

/// Sends and collects until `count` bytes are there or the time is over.
async fn ask(line: &mut Line, request: &[u8], count: usize) -> Result<Vec<u8>, LineError> {
    let mut got = Vec::new();
    let parse = |bytes: &[u8]| {
        got.extend_from_slice(bytes);
        (got.len() >= count).then_some(())
    };
    line.exchange(request, LIMIT, parse).await?;
    Ok(got)
}

#[tokio::test(start_paused = true)]
async fn each_line_fault_does_what_its_name_says_the_same_way_for_a_seed() {
    let mut garbage = Vec::new();
    for run in 0..2 {
        let endpoint = format!("sim:frame-faults-{run}");
        let sim = echo(&endpoint, SimOptions { seed: 7, pace_baud: None }).await;
        let mut line = Line::new(url(&endpoint), None);
        line.connect().await.expect("opens");
        assert_eq!(ask(&mut line, b"abcdef", 6).await.expect("echoes"), b"abcdef");

        sim.set_fault(Some("silence")).expect("known");
        assert!(matches!(ask(&mut line, b"abcdef", 1).await, Err(LineError::Timeout)));
        sim.set_fault(Some("half_frame")).expect("known");
        assert_eq!(ask(&mut line, b"abcdef", 3).await.expect("half"), b"abc");
        sim.set_fault(Some("wrong_checksum")).expect("known");
        let wrong = ask(&mut line, b"abcdef", 6).await.expect("echoes");
        assert_eq!(&wrong[..5], b"abcde");
        assert_ne!(wrong[5], b'f');
        sim.set_fault(Some("slow")).expect("known");
        let before = Instant::now();
        assert_eq!(ask(&mut line, &[5; 30], 30).await.expect("late"), [5; 30]);
        assert_eq!(before.elapsed(), Duration::from_millis(700 + 4 * 3));
        sim.set_fault(Some("muted")).expect("known");
        sim.set_fault(Some("garbage")).expect("known");
        assert_eq!(sim.active_faults(), ["muted", "garbage"]);
        sim.set_fault(None).expect("heals");
        sim.set_fault(Some("garbage")).expect("known");
        let noisy = ask(&mut line, b"abcdef", 7).await.expect("noisy");
        assert!(noisy.ends_with(b"abcdef") && noisy.len() > 6);
        garbage.push((wrong, noisy));
    }
    assert_eq!(garbage[0], garbage[1]);
}

#[tokio::test(start_paused = true)]
async fn an_unplugged_port_cannot_be_opened_until_it_is_plugged_in() {
    let sim = echo("sim:frame-plug", SimOptions::default()).await;
    let mut line = Line::new(url("sim:frame-plug"), None);
    line.connect().await.expect("opens");
    sim.unplug();
    assert!(matches!(ask(&mut line, b"x", 1).await, Err(LineError::Closed | LineError::Io(_))));
    line.fail();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let before = Instant::now();
        assert!(matches!(line.connect().await, Err(OpenError::NoSimulator { .. })));
        pauses.push(before.elapsed().as_millis());
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    sim.replug();
    line.connect().await.expect("opens again");
    line.well();
    assert_eq!(ask(&mut line, b"x", 1).await.expect("echoes"), b"x");
    line.fail();
    let before = Instant::now();
    line.connect().await.expect("opens");
    assert_eq!(
        before.elapsed(),
        Duration::from_millis(100),
        "an answer made the pause short again"
    );

    drop(sim);
    assert!(matches!(ask(&mut line, b"x", 1).await, Err(LineError::Closed | LineError::Io(_))));
    let mut backoff = Backoff::default();
    assert_eq!(backoff.pause(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn paced_bytes_take_ten_bits_each_both_ways() {
    let options = SimOptions { seed: 0, pace_baud: Some(9600) };
    let _sim = echo("sim:frame-paced", options).await;
    let mut line = Line::new(url("sim:frame-paced"), None);
    line.connect().await.expect("opens");
    let before = Instant::now();
    ask(&mut line, &[7; 96], 96).await.expect("echoes");
    // 100 ms out and 100 ms back; timers are as fine as 1 ms.
    let took = before.elapsed().as_millis();
    assert!((200..=202).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_device_speaks_by_itself_and_answers_that_come_late_are_dropped() {
    let sim = echo("sim:frame-speaks", SimOptions::default()).await;
    let mut line = Line::new(url("sim:frame-speaks"), None);
    line.connect().await.expect("opens");
    sim.control(&json!({"say": "hello"})).expect("known");
    let deadline = Instant::now() + LIMIT;
    assert_eq!(line.receive(deadline).await.expect("speaks"), b"hello");
    sim.control(&json!({"say": "late"})).expect("known");
    tokio::time::sleep(LIMIT).await;
    assert_eq!(ask(&mut line, b"now", 3).await.expect("echoes"), b"now");
    let state = sim.wait_for(|it| it["heard"] == 3).await;
    assert_eq!(state["heard"], 3);
    let notes: Vec<_> = sim.records().into_iter().map(|it| (it.direction, it.note)).collect();
    assert_eq!(notes.last(), Some(&(Direction::In, "3 bytes".to_owned())));
    let error = sim.control(&json!({"dance": true})).expect_err("unknown").to_string();
    assert!(error.contains("say"), "{error}");
    let error = sim.set_fault(Some("rust")).expect_err("unknown").to_string();
    assert!(error.contains("silence") && error.contains("muted"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn faults_come_and_go_at_their_times() {
    let sim = echo("sim:frame-schedule", SimOptions::default()).await;
    let text = "[[fault]]\nname = \"muted\"\nafter_ms = 5000\nfor_ms = 1000\n\
                [[fault]]\nname = \"silence\"\n for_ms = 2000\n";
    let schedule = FaultSchedule::parse(text).expect("fits");
    schedule.check(&sim).expect("all known");
    let running = schedule.start(sim.clone()).expect("starts");
    let mut seen = Vec::new();
    for _ in 0..14 {
        tokio::time::sleep(Duration::from_millis(499)).await;
        seen.push(sim.active_faults().first().copied().unwrap_or("-"));
    }
    running.await.expect("no panic").expect("runs");
    seen.dedup();
    assert_eq!(seen, ["silence", "-", "muted", "-"]);

    let unknown = FaultSchedule::parse("[[fault]]\nname = \"rust\"\n").expect("a list");
    assert!(unknown.check(&sim).expect_err("unknown").to_string().contains("rust"));
    let error = FaultSchedule::parse("[[fault]]\nnme = \"x\"\n").expect_err("no name").to_string();
    assert!(error.contains("line 2") && error.contains("name"), "{error}");
    let overlap = "[[fault]]\nname = \"muted\"\n[[fault]]\nname = \"slow\"\nafter_ms = 5\n";
    let error = FaultSchedule::parse(overlap).expect_err("overlap").to_string();
    assert!(error.contains("for_ms"), "{error}");
}

/// A hand that is quicker than the schedule's task: what it heals does not come back.
#[tokio::test(start_paused = true)]
async fn a_fault_of_the_schedule_that_is_healed_stays_healed() {
    let sim = echo("sim:frame-schedule-healed", SimOptions::default()).await;
    let schedule = FaultSchedule::parse("[[fault]]\nname = \"muted\"\n").expect("fits");
    let running = schedule.start(sim.clone()).expect("starts");
    assert_eq!(sim.active_faults(), ["muted"]);
    sim.set_fault(None).expect("heals");
    running.await.expect("no panic").expect("runs");
    assert!(sim.active_faults().is_empty(), "{:?}", sim.active_faults());
}

#[tokio::test]
async fn a_pseudo_terminal_keeps_its_name_over_reopening_and_replugging() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("echo");
    let endpoint = format!("pty:{}", path.display());
    let sim = echo(&endpoint, SimOptions::default()).await;
    for round in 0..3 {
        let mut line = Line::new(url(&endpoint), None);
        line.connect().await.expect("opens");
        // All bytes pass: the terminal is raw.
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(ask(&mut line, &all, 256).await.expect("echoes"), all);
        if round == 1 {
            sim.unplug();
            sim.wait_for(|_| !path.exists()).await;
            while ask(&mut line, b"x", 1).await.is_ok() {}
            sim.replug();
            while !path.exists() {
                tokio::task::yield_now().await;
            }
        }
    }
    drop(sim);
    while path.is_symlink() {
        tokio::task::yield_now().await;
    }
    std::fs::write(&path, "somebody's").expect("writes");
    let taken = serve(Box::new(Echo::default()), &url(&endpoint), SimOptions::default()).await;
    assert!(taken.is_err());
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), "somebody's");
}

#[tokio::test]
async fn ports_that_cannot_be_opened_say_why() {
    for (text, expected) in [
        ("serial:/dev/ttyS0", "names no rate"),
        ("serial:/dev/there-is-none?baud=9600", "check that the device is plugged in"),
        ("pty:/dev/there-is-none", "check that the device is plugged in"),
        ("sim:nobody", "no simulator of this name"),
        ("pcsc:", "smart card reader"),
        ("gpio:/dev/gpiochip0", "GPIO chip"),
        ("i2c:/dev/i2c-1", "I²C bus"),
        ("alsa:default", "for sound"),
    ] {
        let error = port::open(&url(text), None).await.err().expect(text).to_string();
        assert!(error.contains(expected), "{error}");
    }
    let served = serve(Box::new(Echo::default()), &url("pcsc:"), SimOptions::default()).await;
    assert!(served.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_tap_is_bounded_joins_chunks_of_one_frame_and_keeps_ports_apart() {
    let now = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let at = move || {
        let ms = clock.load(std::sync::atomic::Ordering::Relaxed);
        jiff::Timestamp::from_millisecond(ms).expect("small")
    };
    let tap = Tap::new(at);
    let left = tap.port("left", |_, bytes| format!("{} bytes", bytes.len()));
    let right = tap.port("right", |_, _| "right".to_owned());
    left.record(Direction::In, b"ab");
    now.store(10, std::sync::atomic::Ordering::Relaxed);
    left.record(Direction::In, b"c");
    left.record(Direction::Out, b"d");
    now.store(100, std::sync::atomic::Ordering::Relaxed);
    left.record(Direction::Out, b"e");
    right.record(Direction::In, &[0; 5000]);
    let records = tap.records();
    let bytes: Vec<_> = records.iter().map(|it| it.bytes.len() / 2).collect();
    assert_eq!(bytes, [3, 1, 1, 4096, 904]);
    assert_eq!(records[0].bytes, hex::encode(b"abc"));
    assert_eq!(records[0].note, "3 bytes");
    for ms in 0..3000 {
        now.store(1000 + ms * 100, std::sync::atomic::Ordering::Relaxed);
        left.record(Direction::In, b"x");
    }
    assert_eq!(tap.records().len(), 1002, "a thousand of one port, and the other's two");
}

#[tokio::test]
async fn a_simulator_is_operated_over_http() {
    let sim = echo("sim:frame-http", SimOptions::default()).await;
    let (address, server) = serve_control(sim.clone(), "127.0.0.1:0").await.expect("serves");
    let ask = |method: &'static str, path: &'static str, body: &'static str| async move {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answers");
        answer
    };
    let answer = ask("POST", "/fault", r#"{"fault":"muted"}"#).await;
    assert!(answer.contains("200 OK") && answer.contains(r#"["muted"]"#), "{answer}");
    let answer = ask("GET", "/state", "").await;
    assert!(answer.contains(r#""active_faults":["muted"]"#), "{answer}");
    assert!(answer.contains(r#""port":"sim:frame-http""#), "{answer}");
    let answer = ask("POST", "/fault", r#"{"fault":"rust"}"#).await;
    assert!(answer.contains("400 Bad Request") && answer.contains("half_frame"), "{answer}");
    let answer = ask("POST", "/control", r#"{"say":"hi"}"#).await;
    assert!(answer.contains("200 OK"), "{answer}");
    let answer = ask("POST", "/fault", r#"{"fault":null}"#).await;
    assert!(answer.contains(r#"{"active_faults":[]}"#), "{answer}");
    assert_eq!(LineFault::ALL.len() + 1, sim.faults().len());
    server.abort();
}
