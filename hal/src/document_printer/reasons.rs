//! What printers say about themselves (RFC 8011 §5.4.11 and §5.4.12, PWG 5100.9 and 5100.13) as a
//! state.

use super::{
    DocumentPrinterSettings, DocumentPrinterStatus, PrinterState, Supply,
    ipp::{Message, Value, group},
};

/// The attributes that a state is made of, and what is needed to send a job.
pub const REQUESTED: [&str; 10] = [
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "printer-supply",
    "marker-levels",
    "marker-types",
    "operations-supported",
    "document-format-supported",
    "media-supported",
    "printer-make-and-model",
];

/// How bad a reason is: by its suffix, and without one as bad as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Report,
    Warning,
    Error,
}

/// The state in an answer to Get-Printer-Attributes; `None` where it has none.
pub fn status_of(
    answer: &Message,
    settings: &DocumentPrinterSettings,
) -> Option<DocumentPrinterStatus> {
    let state = match answer.number(group::PRINTER, "printer-state")? {
        3 => PrinterState::Idle,
        4 => PrinterState::Busy,
        _ => PrinterState::Stopped,
    };
    let accepting = answer.value(group::PRINTER, "printer-is-accepting-jobs");
    let mut status = DocumentPrinterStatus {
        state,
        accepting: accepting != Some(&Value::Boolean(false)),
        offline: false,
        paper: Supply::Ok,
        cover_open: false,
        jam: false,
        toner: Supply::Ok,
        toner_percent: toner_percent(answer),
        output_full: false,
    };
    for reason in answer.texts(group::PRINTER, "printer-state-reasons") {
        if !settings.ignored_reasons.iter().any(|it| it == reason) {
            add_reason(&mut status, reason);
        }
    }
    Some(status)
}

fn add_reason(status: &mut DocumentPrinterStatus, reason: &str) {
    let (reason, severity) = split(reason);
    // Less than an error does not keep the printer from printing, such as one empty tray of
    // several. CUPS calls the same thing a report while it is idle and a warning while it prints.
    let is_error = severity == Severity::Error;
    let gone = if is_error { Supply::Out } else { Supply::Low };
    match reason {
        "media-empty" | "media-needed" | "input-tray-missing" => {
            status.paper = status.paper.max(gone);
        }
        "media-low" => status.paper = status.paper.max(Supply::Low),
        "media-jam" => status.jam |= is_error,
        "cover-open" | "door-open" | "interlock-open" => status.cover_open |= is_error,
        "toner-empty"
        | "marker-supply-empty"
        | "developer-empty"
        | "opc-life-over"
        | "marker-waste-full" => status.toner = status.toner.max(gone),
        "toner-low"
        | "marker-supply-low"
        | "developer-low"
        | "opc-near-eol"
        | "marker-waste-almost-full" => status.toner = status.toner.max(Supply::Low),
        "output-area-full" | "output-tray-missing" => status.output_full |= is_error,
        "shutdown" | "timed-out" | "connecting-to-device" | "offline" => {
            status.offline |= is_error;
        }
        "paused"
        | "moving-to-paused"
        | "spool-area-full"
        | "fuser-over-temp"
        | "fuser-under-temp"
        | "interpreter-resource-unavailable"
            if is_error =>
        {
            status.state = PrinterState::Stopped;
        }
        _ => {}
    }
}

fn split(reason: &str) -> (&str, Severity) {
    for (suffix, severity) in [
        ("-report", Severity::Report),
        ("-warning", Severity::Warning),
        ("-error", Severity::Error),
    ] {
        if let Some(bare) = reason.strip_suffix(suffix) {
            return (bare, severity);
        }
    }
    (reason, Severity::Error)
}

/// The emptiest toner or ink, of `printer-supply` or of `marker-levels`.
fn toner_percent(answer: &Message) -> Option<u8> {
    let supplies = answer.values(group::PRINTER, "printer-supply").iter();
    let supplies = supplies.filter_map(|it| match it {
        Value::Other(_, bytes) => supply_percent(&String::from_utf8_lossy(bytes)),
        other => other.text().and_then(supply_percent),
    });
    let levels = answer.values(group::PRINTER, "marker-levels").iter();
    let types = answer.texts(group::PRINTER, "marker-types");
    let levels = levels.zip(types).filter(|(_, kind)| is_marker(kind));
    let levels = levels.filter_map(|(it, _)| u8::try_from(it.number()?).ok());
    supplies.chain(levels.filter(|it| *it <= 100)).min()
}

/// `index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=75;…`
fn supply_percent(supply: &str) -> Option<u8> {
    let value = |key: &str| {
        let mut pairs = supply.split(';').filter_map(|it| it.split_once('='));
        pairs.find(|(it, _)| it.trim() == key).map(|(_, value)| value.trim())
    };
    if value("class") != Some("supplyThatIsConsumed") || !value("type").is_some_and(is_marker) {
        return None;
    }
    let number = |key| value(key).and_then(|it| it.parse::<u32>().ok());
    let (level, capacity) = (number("level")?, number("maxcapacity")?);
    let percent = level.checked_mul(100)?.checked_div(capacity)?;
    u8::try_from(percent).ok().filter(|it| *it <= 100)
}

fn is_marker(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    (kind.contains("toner") || kind.contains("ink")) && !kind.contains("waste")
}
