//! The serial side of a simulated unit: it answers Megatec commands.

use std::time::Duration;

use super::{Condition, fault::Fault};
use crate::ups::{
    Hundredths, UpsKind,
    megatec::{Flags, Q1, encode, parse_shutdown_order},
};

/// What the unit says of its rating: volts, amperes, battery volts, hertz.
const RATING: &[u8] = b"#220.0 004 24.00 50.0\r";
/// Company in 15, model in 10, version in 10 characters.
const IDENTITY: &[u8] = b"#HALL24          SIM-1000   1.0       \r";
const FREQUENCY: Hundredths = Hundredths(5_000);

/// What comes back on one command; commands that are only obeyed have no answer, unknown ones are
/// sent back.
pub(super) fn answer(command: &[u8], condition: &Condition) -> Option<Vec<u8>> {
    let answer = own_answer(command, condition);
    if condition.has(Fault::EchoBeforeAnswer) {
        return Some([command, b"\r", &answer.unwrap_or_default()].concat());
    }
    answer
}

/// Does what the command orders.
pub(super) fn obey(command: &[u8], now: Duration, condition: &mut Condition) {
    if condition.has(Fault::OrderRefused) || condition.is_dead() {
        return;
    }
    if let Some((off_delay_s, on_delay_min)) = parse_shutdown_order(command) {
        let (off, on) = (u64::from(off_delay_s), u64::from(on_delay_min) * 60);
        condition.output.order(now + Duration::from_secs(off), Duration::from_secs(on));
    }
}

fn own_answer(command: &[u8], condition: &Condition) -> Option<Vec<u8>> {
    match command {
        b"Q1" if condition.has(Fault::QuestionEchoed) => Some(b"Q1\r".to_vec()),
        b"Q1" if condition.has(Fault::QuestionRefused) => Some(b"(NAK\r".to_vec()),
        b"Q1" => Some(encode(&status(condition))),
        b"F" => Some(RATING.to_vec()),
        b"I" => Some(IDENTITY.to_vec()),
        [b'S', ..] if condition.has(Fault::OrderRefused) => Some(b"(NAK\r".to_vec()),
        // Test, end of test, beeper, shutdown and its end.
        [b'T', ..] | b"CT" | b"Q" | [b'S', ..] | b"C" => None,
        unknown => Some([unknown, b"\r"].concat()),
    }
}

fn status(condition: &Condition) -> Q1 {
    let measures = !condition.has(Fault::FieldsUnavailable);
    let told = |value: Hundredths| measures.then_some(value);
    let bypass = condition.has(Fault::Bypass);
    // Only on-line units have a bypass, and they report one cell of their battery.
    let kind = if bypass { UpsKind::Online } else { UpsKind::Standby };
    let battery_volt = match kind {
        UpsKind::Online => Hundredths(condition.centivolt() / 12),
        UpsKind::Standby => Hundredths(condition.centivolt()),
    };
    Q1 {
        input_volt: told(condition.input_volt()),
        fault_volt: told(condition.input_volt()),
        output_volt: told(condition.output_volt()),
        load_percent: measures.then(|| condition.load_percent()),
        frequency_hertz: told(FREQUENCY),
        battery_volt: told(battery_volt),
        temperature_c: told(condition.temperature()),
        flags: Flags {
            mains_failed: !condition.mains(),
            battery_low: condition.is_low(),
            bypass_or_regulation: bypass,
            failed: condition.has(Fault::Failed),
            kind: Some(kind),
            test_running: false,
            shutdown_active: condition.has(Fault::ForcedShutdown),
            beeper_on: false,
        },
    }
}
