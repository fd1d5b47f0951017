//! What both protocols promise: round trips, resynchronisation, bounded memory, and the meaning of
//! what real units and servers say.

use proptest::{collection::vec, option, prelude::*};

use super::{
    Hundredths, UpsKind, UpsProblem, UpsStatus, describe,
    megatec::{self, Flags, Q1, Reply},
    nut::{self, Line, Refusal},
};
use crate::{port::Direction, testing::fixed_seed};

/// Tenths of a unit, as most columns have them.
fn tenths(range: std::ops::Range<i32>) -> impl Strategy<Value = Option<Hundredths>> {
    option::of(range.prop_map(|it| Hundredths(it * 10)))
}

fn flags() -> impl Strategy<Value = Flags> {
    let kinds = prop_oneof![Just(None), Just(Some(UpsKind::Online)), Just(Some(UpsKind::Standby))];
    (any::<u8>(), kinds).prop_map(|(bits, kind)| {
        let set = |place: u8| bits >> place & 1 == 1;
        Flags {
            mains_failed: set(7),
            battery_low: set(6),
            bypass_or_regulation: set(5),
            failed: set(4),
            kind,
            test_running: set(2),
            shutdown_active: set(1),
            beeper_on: set(0),
        }
    })
}

fn statuses() -> impl Strategy<Value = Q1> {
    let volts = || tenths(0..9_999);
    let measured = (volts(), volts(), volts(), option::of(0..999_u16), tenths(0..999));
    (measured, flags(), 100..999_i32, tenths(-99..999), any::<bool>()).prop_map(
        |(measured, flags, battery, temperature_c, known)| {
            let (input_volt, fault_volt, output_volt, load_percent, frequency_hertz) = measured;
            // Hundredths of a volt with one cell, tenths with a whole battery.
            let battery = if flags.kind == Some(UpsKind::Online) { battery } else { battery * 10 };
            let battery_volt = known.then_some(Hundredths(battery));
            Q1 {
                input_volt,
                fault_volt,
                output_volt,
                load_percent,
                frequency_hertz,
                battery_volt,
                temperature_c,
                flags,
            }
        },
    )
}

/// Noise that can neither end a line nor leave half a character.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>().prop_filter("an end", |it| *it != b'\r' && *it != b'\n'), 0..60)
}

fn cut(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at(at % (bytes.len() + 1))
}

proptest! {
    #![proptest_config(fixed_seed())]

    #[test]
    fn megatec_any_bytes_are_harmless(chunks in vec(vec(any::<u8>(), 0..600), 0..8)) {
        let mut inbox = megatec::Inbox::default();
        for chunk in chunks {
            inbox.push(&chunk);
            prop_assert!(inbox.len() <= megatec::BUFFER_MAX);
            inbox.take_reply();
            describe(Direction::In, &chunk);
            describe(Direction::Out, &chunk);
        }
    }

    #[test]
    fn megatec_bytes_that_look_like_a_status_are_harmless(text in "\\(([-@0-9. é]{0,60}\r?){0,3}") {
        let mut inbox = megatec::Inbox::default();
        inbox.push(text.as_bytes());
        inbox.push(b"\r");
        inbox.take_reply();
        prop_assert!(inbox.take_line().is_none());
    }

    #[test]
    fn megatec_a_status_survives_the_line(status in statuses(), noise in noise(), at: usize) {
        let bytes = [noise, megatec::encode(&status)].concat();
        let (first, second) = cut(&bytes, at);
        let mut inbox = megatec::Inbox::default();
        inbox.push(first);
        let early = inbox.take_reply();
        inbox.push(second);
        prop_assert_eq!(early.or_else(|| inbox.take_reply()), Some(Reply::Status(status)));
        prop_assert!(inbox.is_empty());
    }

    #[test]
    fn megatec_a_torn_status_does_not_hide_the_next(status in statuses(), at: usize) {
        let frame = megatec::encode(&status);
        let (torn, _) = cut(&frame[..frame.len() - 1], at);
        let mut inbox = megatec::Inbox::default();
        inbox.push(torn);
        inbox.push(&frame);
        prop_assert_eq!(inbox.take_reply(), Some(Reply::Status(status)));
    }

    #[test]
    fn megatec_every_known_column_is_where_the_standard_has_it(status in statuses()) {
        let frame = megatec::encode(&status);
        prop_assert_eq!(frame.len(), 47);
        prop_assert_eq!(frame[37], b' ');
        let b7 = if status.flags.mains_failed { b'1' } else { b'0' };
        prop_assert_eq!(frame[38], b7);
    }

    #[test]
    fn nut_any_bytes_are_harmless(chunks in vec(vec(any::<u8>(), 0..3_000), 0..8)) {
        let mut inbox = nut::Inbox::default();
        let mut answer = nut::Answer::about("ups");
        for chunk in chunks {
            for line in inbox.push(&chunk) {
                prop_assert!(line.len() <= nut::LINE_BYTES_MAX);
                answer.listed(&line);
                answer.got("ups.status", &line);
            }
            prop_assert!(inbox.len() <= nut::LINE_BYTES_MAX);
        }
    }

    #[test]
    fn nut_any_line_is_harmless(line in "(VAR|ERR|BEGIN|END|LIST)?( (ups|VAR|\"|\\\\|.){0,5}){0,6}") {
        nut::parse_line(&line);
    }

    #[test]
    fn nut_a_value_survives_the_line(
        value in "[^\\r\\n\\x00]{0,80}",
        noise in noise(),
        at: usize,
    ) {
        let line = nut::encode_variable("ups", "ups.status", &value);
        let bytes = [noise, b"\n".to_vec(), line.into_bytes()].concat();
        let (first, second) = cut(&bytes, at);
        let mut inbox = nut::Inbox::default();
        let mut lines = inbox.push(first);
        lines.extend(inbox.push(second));
        let last = nut::parse_line(lines.last().expect("one line at least"));
        let (ups, name) = ("ups".to_owned(), "ups.status".to_owned());
        prop_assert_eq!(last, Some(Line::Variable { ups, name, value }));
    }
}

fn megatec_reply(bytes: &[u8]) -> Option<Reply> {
    let mut inbox = megatec::Inbox::default();
    inbox.push(bytes);
    inbox.take_reply()
}

fn q1(bytes: &[u8]) -> UpsStatus {
    match megatec_reply(bytes) {
        Some(Reply::Status(status)) => status.status(1),
        other => panic!("not a status: {other:?}"),
    }
}

#[test]
fn megatec_statuses_mean_what_the_standard_says() {
    let example = q1(b"(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000\r");
    assert!(example.mains && example.failed && example.bypass && !example.battery_low);
    assert_eq!(example.kind, Some(UpsKind::Online));
    assert_eq!(example.battery_volt, Some(Hundredths(205)));
    let standby = q1(b"(000.0 180.0 220.0 012 50.0 21.3 25.0 11101001\r");
    assert!(!standby.mains && standby.battery_low);
    assert!(!standby.bypass, "that bit is the voltage regulation of a standby unit");
    let unknown = q1(b"(@@@.@ ---.- 220.0 @@@ @@.@ @@.@ --.- 0000@@@@\r");
    assert_eq!(
        unknown,
        UpsStatus {
            mains: true,
            battery_low: false,
            load_percent: None,
            battery_volt: None,
            battery_percent: None,
            runtime_s: None,
            temperature_c: None,
            input_volt: None,
            bypass: false,
            failed: false,
            kind: None,
            shutdown_active: false,
        }
    );
}

#[test]
fn megatec_what_is_no_status_is_none() {
    assert_eq!(megatec_reply(b"Q1\r"), Some(Reply::Echo));
    assert_eq!(megatec_reply(b"(NAK\r"), Some(Reply::Nak));
    for bytes in [
        &b"(ACK\r"[..],
        b"Q3\r",
        b"#220.0 003 24.00 50.0\r",
        b"(208.4 140.0 208.4 034 59.9 2.05 35.0 0011000\r",
        b"(208.4 140.0 208.4 034 59.9 2.05 35.0 @0110000\r",
        b"(208.4 140.0 208.4 034 59.9 2.05 35.0 00110002\r",
        b"(208.4 140.0 208x4 034 59.9 2.05 35.0 00110000\r",
        b"(208.4 140.0 208.4 -34 59.9 2.05 35.0 00110000\r",
        b"(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000 1\r",
        b"(208.4 140.0 208.4 034 59.9 2.05 00110000\r",
        b"(208.4 140.0 208.4 034 59.9 2.05 35.0 00110000",
    ] {
        assert_eq!(megatec_reply(bytes), None, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn megatec_on_line_units_report_one_cell() {
    let reply = megatec_reply(b"(208.4 140.0 208.4 034 59.9 2.27 35.0 00000000\r");
    let Some(Reply::Status(status)) = reply else { panic!("a status") };
    assert_eq!(status.status(18).battery_volt, Some(Hundredths(4_086)));
    assert_eq!(status.status(u16::MAX).battery_volt, Some(Hundredths(227 * 65_535)));
}

fn listed(text: &str) -> Option<Result<nut::Variables, Refusal>> {
    let mut answer = nut::Answer::about("ups");
    nut::Inbox::default().push(text.as_bytes()).iter().find_map(|it| answer.listed(it))
}

fn meaning(variables: &[(&str, &str)]) -> Option<UpsStatus> {
    let lines = variables.iter().map(|(name, value)| nut::encode_variable("ups", name, value));
    let text = lines.collect::<String>() + "END LIST VAR ups\n";
    listed(&text).expect("whole").expect("no refusal").status()
}

#[test]
fn nut_a_listing_of_upsd_means_what_it_says() {
    let status = listed(
        "BEGIN LIST VAR ups\n\
         VAR ups battery.charge \"99.6\"\n\
         VAR ups battery.runtime \"1260\"\n\
         VAR ups battery.voltage \"27.30\"\n\
         VAR ups device.mfr \"the \\\"big\\\" one \\\\ co\"\n\
         VAR other ups.status \"OB LB\"\n\
         VAR ups input.voltage \"221.0\"\n\
         VAR ups ups.load \"12\"\n\
         VAR ups ups.status \"OL CHRG\"\n\
         VAR ups ups.temperature \"-4.5\"\n\
         VAR ups ups.type \"offline / line interactive\"\n\
         END LIST VAR ups\n",
    );
    let status = status.expect("whole").expect("no refusal").status();
    assert_eq!(
        status,
        Some(UpsStatus {
            mains: true,
            battery_low: false,
            load_percent: Some(12),
            battery_volt: Some(Hundredths(2_730)),
            battery_percent: Some(100),
            runtime_s: Some(1_260),
            temperature_c: Some(Hundredths(-450)),
            input_volt: Some(Hundredths(22_100)),
            bypass: false,
            failed: false,
            kind: Some(UpsKind::Standby),
            shutdown_active: false,
        })
    );
}

#[test]
fn nut_status_words_are_states() {
    type States = (bool, bool, bool, bool);
    let cases: [(&str, Option<States>); 13] = [
        ("OL", Some((true, false, false, false))),
        ("OL CHRG", Some((true, false, false, false))),
        ("OL TRIM", Some((true, false, false, false))),
        ("OB DISCHRG", Some((false, false, false, false))),
        ("OB LB", Some((false, true, false, false))),
        ("FSD OL", Some((false, true, false, false))),
        ("FSD", Some((false, true, false, false))),
        ("BYPASS", Some((true, false, true, false))),
        ("OL BYPASS", Some((true, false, true, false))),
        ("ALARM OL RB", Some((true, false, false, true))),
        ("OL RB", Some((true, false, false, true))),
        ("WAIT", None),
        ("", None),
    ];
    for (words, expected) in cases {
        let states = meaning(&[("ups.status", words)])
            .map(|it| (it.mains, it.battery_low, it.bypass, it.failed));
        assert_eq!(states, expected, "{words}");
    }
    assert_eq!(meaning(&[("ups.load", "12")]), None);
}

#[test]
fn nut_values_that_make_no_sense_are_unknown() {
    let status = meaning(&[
        ("ups.status", "OL"),
        ("ups.load", "-1"),
        ("battery.charge", "250"),
        ("battery.runtime", "-1"),
        ("battery.voltage", "N/A"),
        ("battery.temperature", "25.0"),
        ("ups.type", "ferroresonant"),
    ]);
    let status = status.expect("the mains are there");
    assert_eq!((status.load_percent, status.battery_percent), (None, None));
    assert_eq!((status.runtime_s, status.battery_volt, status.kind), (None, None, None));
    assert_eq!(status.temperature_c, Some(Hundredths(2_500)));
}

#[test]
fn nut_a_new_beginning_forgets_what_came_before() {
    let text = "VAR ups ups.status \"OB LB\"\nBEGIN LIST VAR ups\nVAR ups ups.load \"5\"\n\
                END LIST VAR ups\n";
    assert_eq!(listed(text).expect("whole").expect("no refusal").status(), None);
    assert_eq!(listed("BEGIN LIST VAR ups\nVAR ups ups.status \"OL\"\n"), None);
}

#[test]
fn nut_refusals_say_what_is_wrong() {
    for (line, problem) in [
        ("ERR DATA-STALE\n", UpsProblem::DataStale),
        ("ERR DRIVER-NOT-CONNECTED\n", UpsProblem::DriverNotConnected),
        ("ERR UNKNOWN-UPS\n", UpsProblem::UnknownUps),
        ("ERR ACCESS-DENIED some more words\n", UpsProblem::AccessDenied),
        ("ERR UNKNOWN-COMMAND\n", UpsProblem::NotUnderstood),
        ("ERR VAR-NOT-SUPPORTED\n", UpsProblem::NotUnderstood),
    ] {
        assert_eq!(listed(line).map(|it| it.map_err(Refusal::problem)), Some(Err(problem)));
    }
}

#[test]
fn wires_are_described_in_words() {
    for (direction, bytes, words) in [
        (Direction::Out, &b"Q1\r"[..], "ask status"),
        (Direction::Out, b"LIST VAR ups\n", "LIST VAR ups"),
        (Direction::In, b"(208.4 140.0 208.4 034 59.9 2.05 35.0 10110000\r", "on battery"),
        (Direction::In, b"Q1\r", "question sent back"),
        (Direction::In, b"VAR ups ups.status \"OL\"\nEND LIST VAR ups\n", "1 variables"),
        (Direction::In, b"ERR DATA-STALE\n", "DataStale"),
        (Direction::In, &[0xFF, 0x00], "not understood"),
    ] {
        let told = describe(direction, bytes);
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(describe(Direction::Out, b"PASSWORD secret\n"), "PASSWORD");
}
