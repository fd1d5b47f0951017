//! What drivers add to the time on the wire, and what they cost.

use std::time::{Duration, Instant};

use hal::certify::subject;
use hal::locker::{LockerSettings, Protocol as LockerProtocol, sim::LockerSim};
use hal::port::{Line, PortUrl};
use hal::sim::{Device, SimOptions, serve};
use hal::ups::{Protocol as UpsProtocol, UpsSettings, sim::UpsSim};

use super::{ms, percentile, row};

const QUESTIONS: usize = 40;

type Simulated = (&'static str, Option<&'static str>, Box<dyn Device>);

/// Those that can be asked; scanners and evaluators only send.
fn devices() -> Vec<Simulated> {
    let board = |it| Box::new(LockerSim::new(&LockerSettings::single(it)));
    let ups = UpsSettings::of(UpsProtocol::Megatec);
    let printer = hal::printer::PrinterSettings::default();
    vec![
        ("id-reader", None, Box::new(hal::id_reader::sim::ReaderSim::new())),
        ("locker", Some("8a"), board(LockerProtocol::A8)),
        ("locker", Some("wkly"), board(LockerProtocol::Wkly)),
        ("locker", Some("kr-cu16"), board(LockerProtocol::KrCu16)),
        ("locker", Some("kr-cu48"), board(LockerProtocol::KrCu48)),
        ("locker", Some("winnsen"), board(LockerProtocol::Winnsen)),
        ("printer", None, Box::new(hal::printer::sim::PrinterSim::new(&printer))),
        ("ups", Some("megatec"), Box::new(UpsSim::new(&ups))),
    ]
}

/// Exchanges over a terminal whose bytes travel at a real rate, without the time of the bytes.
pub(super) async fn overheads() {
    for baud in [9_600, 115_200] {
        for (kind, protocol, device) in devices() {
            let found = overhead(kind, protocol, device, baud).await;
            let name = protocol.map_or_else(|| kind.to_owned(), |it| format!("{kind} {it}"));
            row(
                &format!("{name} at {baud}, over the wire"),
                found,
                "limit 20 ms, thinking included",
            );
        }
    }
}

async fn overhead(
    kind: &str,
    protocol: Option<&str>,
    device: Box<dyn Device>,
    baud: u32,
) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let url: PortUrl =
        format!("pty:{}", folder.path().join("line").display()).parse().expect("a port");
    let options = SimOptions { seed: 24, pace_baud: Some(baud) };
    let _device = serve(device, &url, options).await.expect("it is served");
    let mut subject = subject(kind, protocol, None).expect("it is known");
    let mut line = Line::new(url, None);
    line.connect().await.expect("it opens");
    let mut times = Vec::new();
    for _ in 0..QUESTIONS {
        let question = subject.question().expect("it can be asked");
        let mut bytes = question.len();
        subject.clear();
        let began = Instant::now();
        let limit = subject.limit();
        let answer = line.exchange(&question, limit, |heard| {
            bytes += heard.len();
            subject.answer(heard)
        });
        answer.await.expect("it answers");
        let wire = Duration::from_secs_f64(bytes as f64 * 10.0 / f64::from(baud));
        times.push(began.elapsed().saturating_sub(wire));
    }
    let median = percentile(&mut times, 50);
    format!("{} / {}", ms(median), ms(percentile(&mut times, 99)))
}
