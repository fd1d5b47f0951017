//! A small upsd: one UPS, one client at a time, everything that clients read.

use std::time::Duration;

use super::{Condition, fault::Fault};
use crate::ups::{
    Hundredths,
    nut::{encode_variable, words},
};

const VERSION: &str = "Network UPS Tools upsd 2.8.0 - hal-sim\n";
const PROTOCOL_VERSION: &str = "1.3\n";

/// What `ups.delay.shutdown` and `ups.delay.start` of drivers are.
const OFF_DELAY: Duration = Duration::from_secs(20);
const ON_DELAY: Duration = Duration::from_secs(30);

/// How far the client has shown who it is. Any account may give orders.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Login {
    user: bool,
    password: bool,
}

/// Takes what a line changes, after it was answered.
pub(super) fn obey(
    line: &str,
    ups: &str,
    login: &mut Login,
    now: Duration,
    condition: &mut Condition,
) {
    if answer(line, ups, *login, condition) != "OK\n" {
        return;
    }
    match line.split(' ').next() {
        Some("USERNAME") => login.user = true,
        Some("PASSWORD") => login.password = true,
        Some("INSTCMD") => condition.output.order(now + OFF_DELAY, ON_DELAY),
        _ => {}
    }
}

fn order(asked: &str, ups: &str, login: Login, condition: &Condition) -> String {
    match refusal(asked, ups, condition) {
        Some(token) => error(token),
        None if !login.user => error("USERNAME-REQUIRED"),
        None if !login.password => error("PASSWORD-REQUIRED"),
        None if condition.has(Fault::OrderRefused) => error("CMD-NOT-SUPPORTED"),
        None => "OK\n".to_owned(),
    }
}

/// The answer to one line of a client about the UPS called `ups`.
pub(super) fn answer(line: &str, ups: &str, login: Login, condition: &Condition) -> String {
    if condition.has(Fault::AccessDenied) {
        return error("ACCESS-DENIED");
    }
    let Some(words) = words(line) else { return error("INVALID-ARGUMENT") };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["VER"] => VERSION.to_owned(),
        ["NETVER"] => PROTOCOL_VERSION.to_owned(),
        ["LOGOUT"] => "OK Goodbye\n".to_owned(),
        ["USERNAME" | "PASSWORD" | "LOGIN", _] => "OK\n".to_owned(),
        ["INSTCMD", asked, "shutdown.return"] => order(asked, ups, login, condition),
        ["INSTCMD", ..] => error("CMD-NOT-SUPPORTED"),
        ["LIST", "UPS"] => {
            format!("BEGIN LIST UPS\nUPS {ups} \"simulated\"\nEND LIST UPS\n")
        }
        ["LIST", "VAR", _] if condition.has(Fault::ListUnknown) => error("INVALID-ARGUMENT"),
        ["LIST", "VAR", asked] => match refusal(asked, ups, condition) {
            Some(token) => error(token),
            None => listing(ups, condition),
        },
        ["GET", "VAR", asked, name] => match refusal(asked, ups, condition) {
            Some(token) => error(token),
            None => variable(ups, name, condition),
        },
        _ => error("UNKNOWN-COMMAND"),
    }
}

fn refusal(asked: &str, ups: &str, condition: &Condition) -> Option<&'static str> {
    if asked != ups || condition.has(Fault::UnknownUps) {
        Some("UNKNOWN-UPS")
    } else if condition.has(Fault::DriverNotConnected) {
        Some("DRIVER-NOT-CONNECTED")
    } else if condition.has(Fault::DataStale) || condition.is_dead() {
        Some("DATA-STALE")
    } else {
        None
    }
}

fn listing(ups: &str, condition: &Condition) -> String {
    let mut text = format!("BEGIN LIST VAR {ups}\n");
    for (name, value) in variables(condition) {
        text.push_str(&encode_variable(ups, name, &value));
    }
    text + &format!("END LIST VAR {ups}\n")
}

fn variable(ups: &str, wanted: &str, condition: &Condition) -> String {
    match variables(condition).into_iter().find(|(name, _)| *name == wanted) {
        Some((name, value)) => encode_variable(ups, name, &value),
        None => error("VAR-NOT-SUPPORTED"),
    }
}

fn variables(condition: &Condition) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("device.mfr", "HALL24".to_owned()),
        ("device.model", "SIM \"1000\" \\ 600 W".to_owned()),
        ("device.type", "ups".to_owned()),
    ];
    if !condition.has(Fault::FieldsUnavailable) {
        let number = |it: Hundredths| it.to_string();
        variables.extend([
            ("battery.charge", condition.percent().to_string()),
            ("battery.runtime", condition.runtime_s().to_string()),
            ("battery.voltage", number(Hundredths(condition.centivolt()))),
            ("input.voltage", number(condition.input_volt())),
            ("output.voltage", number(condition.output_volt())),
            ("ups.load", condition.load_percent().to_string()),
            ("ups.temperature", number(condition.temperature())),
            ("ups.type", "offline / line interactive".to_owned()),
        ]);
    }
    variables.push(("ups.status", status_words(condition).join(" ")));
    variables
}

fn status_words(condition: &Condition) -> Vec<&'static str> {
    let mut words = Vec::new();
    let mut word = |is: bool, word| words.extend(is.then_some(word));
    word(condition.has(Fault::ForcedShutdown), "FSD");
    word(condition.has(Fault::Failed), "ALARM");
    word(condition.mains(), "OL");
    word(!condition.mains(), "OB");
    word(condition.is_low(), "LB");
    word(condition.has(Fault::ReplaceBattery), "RB");
    word(condition.is_charging(), "CHRG");
    word(!condition.mains(), "DISCHRG");
    word(condition.has(Fault::Bypass), "BYPASS");
    words
}

fn error(token: &str) -> String {
    format!("ERR {token}\n")
}
