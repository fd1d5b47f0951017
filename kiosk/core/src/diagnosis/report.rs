//! The report of an examination, and what it means for the services.

use std::collections::BTreeMap;
use std::time::Duration;

use hal::fault::{Link, Origin, RequiredAction};
use hal::locker::Door;
use hal::panel::Input;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Condition, DeviceKind, Level, Outcome, Statistics};
use crate::alarm::Alarm;
use crate::config::Config;
use crate::devices::{Devices, Missing};
use crate::journey::Service;
use crate::language::Texts;
use crate::power::Power;

/// One device, examined.
#[derive(Clone, Debug)]
pub struct Finding {
    pub kind: DeviceKind,
    pub protocol: String,
    pub port: String,
    pub condition: Condition,
    /// What the device answered, without personal data.
    pub details: Value,
    /// How the doors of a locker stand, by way.
    pub doors: BTreeMap<u16, Door>,
    pub took_ms: u64,
    pub statistics: Statistics,
}

/// The whole examination.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub kiosk: String,
    pub at: Timestamp,
    pub level: Level,
    /// No device failed and every service works.
    pub healthy: bool,
    pub devices: Vec<DeviceReport>,
    pub services: Vec<ServiceReport>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceReport {
    pub name: String,
    pub kind: DeviceKind,
    pub protocol: String,
    pub port: String,
    pub outcome: Outcome,
    pub status: Condition,
    pub origin: Option<Origin>,
    pub action: Option<RequiredAction>,
    /// What it means and what to do, in the kiosk's language.
    pub message: String,
    /// What else a person wants to know, such as which doors, in the kiosk's language.
    #[serde(default)]
    pub remarks: Vec<String>,
    pub details: Value,
    pub took_ms: u64,
    pub statistics: Statistics,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceReport {
    pub name: Service,
    /// What the kiosk calls it, in its language.
    #[serde(default)]
    pub title: String,
    pub works: bool,
    /// Why it does not work, or where it works in part only what does not.
    pub because: Option<String>,
}

/// Puts a report together from what was found.
pub fn report(
    config: &Config,
    texts: Texts<'_>,
    at: Timestamp,
    level: Level,
    findings: Vec<Finding>,
) -> Report {
    let services: Vec<ServiceReport> =
        config.services.iter().map(|it| service(*it, &findings, texts)).collect();
    let devices: Vec<DeviceReport> = findings.into_iter().map(|it| device(it, texts)).collect();
    let healthy = are_well(&devices, &services);
    Report { kiosk: config.kiosk.to_string(), at, level, healthy, devices, services }
}

fn are_well(devices: &[DeviceReport], services: &[ServiceReport]) -> bool {
    devices.iter().all(|it| it.outcome != Outcome::Fail) && services.iter().all(|it| it.works)
}

impl Report {
    /// Takes what was found by asking devices for which the running kiosk has no driver.
    pub fn complete(&mut self, findings: Vec<Finding>, texts: Texts<'_>) {
        for fresh in findings.into_iter().map(|it| device(it, texts)) {
            if let Some(told) = self.devices.iter_mut().find(|it| it.kind == fresh.kind) {
                *told = fresh;
            }
        }
        self.healthy = are_well(&self.devices, &self.services);
    }
}

/// “Printer: paper is out; put in a new roll”.
pub fn sentence(texts: Texts<'_>, kind: DeviceKind, condition: Condition) -> String {
    let device = texts.get(&format!("device.{}", kind.word()));
    let message = texts.get(&format!("condition.{}", condition.word()));
    texts.with("diagnosis.sentence", &[("device", &device), ("message", &message)])
}

fn device(finding: Finding, texts: Texts<'_>) -> DeviceReport {
    let remarks = remarks(&finding.doors, texts);
    let Finding { kind, protocol, port, condition, details, took_ms, statistics, .. } = finding;
    DeviceReport {
        name: kind.word().to_owned(),
        kind,
        protocol,
        port,
        outcome: condition.outcome(),
        status: condition,
        origin: condition.origin(),
        action: condition.action(),
        message: sentence(texts, kind, condition),
        remarks,
        details,
        took_ms,
        statistics,
    }
}

/// Which doors of a locker are not as they should be.
fn remarks(doors: &BTreeMap<u16, Door>, texts: Texts<'_>) -> Vec<String> {
    let listed = [(Door::Open, "diagnosis.ways_open"), (Door::Unknown, "diagnosis.ways_silent")];
    let remark = |(door, key)| Some(texts.with(key, &[("ways", &ways(doors, door)?)]));
    listed.into_iter().filter_map(remark).collect()
}

/// The ways whose doors stand so, as `1, 7–12`; `None` where there is none.
fn ways(doors: &BTreeMap<u16, Door>, wanted: Door) -> Option<String> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for way in doors.iter().filter(|it| *it.1 == wanted).map(|it| *it.0) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == way => *last = way,
            _ => ranges.push((way, way)),
        }
    }
    let words = ranges.iter().map(|(from, to)| match from == to {
        true => from.to_string(),
        false => format!("{from}–{to}"),
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn service(service: Service, findings: &[Finding], texts: Texts<'_>) -> ServiceReport {
    let missing = devices_of(findings).service(service).err();
    let because = missing.map(|it| {
        let kind = match it {
            Missing::Reader => DeviceKind::IdReader,
            Missing::Locker => DeviceKind::Locker,
            Missing::Office => DeviceKind::Office,
            Missing::Power => DeviceKind::Ups,
            Missing::Alarm => DeviceKind::Panel,
        };
        match findings.iter().find(|it| it.kind == kind) {
            Some(finding) => sentence(texts, kind, finding.condition),
            None => {
                let device = texts.get(&format!("device.{}", kind.word()));
                texts.with("diagnosis.not_configured", &[("device", &device)])
            }
        }
    });
    let works = missing.is_none();
    let because = because.or_else(|| in_part(service, findings, texts));
    let title = texts.get(&format!("service.{}", service.word()));
    ServiceReport { name: service, title, works, because }
}

/// What of a service that works does not.
fn in_part(service: Service, findings: &[Finding], texts: Texts<'_>) -> Option<String> {
    if service != Service::Pickup {
        return None;
    }
    let locker = findings.iter().find(|it| it.kind == DeviceKind::Locker)?;
    let ways = ways(&locker.doors, Door::Unknown)?;
    let device = texts.get("device.locker");
    Some(texts.with("diagnosis.ways_without", &[("device", &device), ("ways", &ways)]))
}

/// The devices as the core would see them after this examination.
fn devices_of(findings: &[Finding]) -> Devices {
    let link = |kind| match findings.iter().find(|it| it.kind == kind) {
        Some(it) if it.condition == Condition::Starting => Link::Starting,
        Some(it) if it.condition.outcome() != Outcome::Fail || serves(it.condition) => Link::Up,
        _ => Link::Down,
    };
    Devices {
        reader: link(DeviceKind::IdReader),
        locker: link(DeviceKind::Locker),
        printer: link(DeviceKind::Printer),
        card: link(DeviceKind::Card),
        scanner: link(DeviceKind::Scanner),
        ups: link(DeviceKind::Ups),
        panel: link(DeviceKind::Panel),
        alarm: alarm_of(findings),
        power: power_of(findings),
        office: link(DeviceKind::Office) == Link::Up,
        ..Devices::default()
    }
}

/// A battery that is low stops what moves.
fn power_of(findings: &[Finding]) -> Power {
    let low = |it: &Finding| it.condition == Condition::BatteryLow;
    let low = findings.iter().any(low);
    if low { Power::Low { percent: None } } else { Power::Unknown }
}

/// An alarm that rings stops what opens.
fn alarm_of(findings: &[Finding]) -> Alarm {
    let rings = findings.iter().any(|it| it.condition == Condition::Alarm);
    let (since, causes) = (Duration::ZERO, [Input::Tamper].into());
    if rings { Alarm::Rings { since, causes } } else { Alarm::Armed }
}

/// Whether a device serves in part although something of it failed: one board or one door of many.
fn serves(condition: Condition) -> bool {
    matches!(condition, Condition::DoorsUnknown | Condition::Jammed | Condition::SeenWrong)
}

/// What the devices of a running kiosk told last.
pub fn condition_now(devices: &Devices, kind: DeviceKind) -> Condition {
    let link = match kind {
        DeviceKind::DocumentPrinter | DeviceKind::Camera | DeviceKind::Signature => {
            return Condition::NotAsked;
        }
        DeviceKind::IdReader => devices.reader,
        DeviceKind::Locker => devices.locker,
        DeviceKind::Printer => devices.printer,
        DeviceKind::Card => devices.card,
        DeviceKind::Scanner => devices.scanner,
        DeviceKind::Ups => devices.ups,
        DeviceKind::Panel => devices.panel,
        DeviceKind::StatusDisplay => devices.status_display,
        DeviceKind::Evaluator => devices.evaluator,
        DeviceKind::Speaker => devices.speaker,
        DeviceKind::Office if devices.office => Link::Up,
        DeviceKind::Office => Link::Down,
    };
    match (link, kind, devices.printer_status) {
        // It is heard of only when something is said.
        (Link::Starting, DeviceKind::Speaker, _) => Condition::NotAsked,
        (Link::Starting, ..) => Condition::Starting,
        (Link::Down, DeviceKind::Panel, _) => Condition::of_panel_problem(devices.panel_problem),
        (Link::Up, DeviceKind::Panel, _) => Condition::of_cabinet(devices),
        (Link::Down, DeviceKind::Office, _) => Condition::OfficeAway,
        (Link::Down, ..) => Condition::Silent,
        (Link::Up, DeviceKind::Printer, Some(status)) => Condition::of_printer(status),
        (Link::Up, DeviceKind::Printer, None) => Condition::Starting,
        (Link::Up, DeviceKind::Ups, _) => Condition::of_power(devices.power),
        (Link::Up, DeviceKind::Locker, _) if !devices.jammed.is_empty() => Condition::Jammed,
        (Link::Up, DeviceKind::Locker, _) => Condition::of_doors(devices.doors.values().copied()),
        (Link::Up, ..) => Condition::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Languages;

    fn finding(kind: DeviceKind, condition: Condition) -> Finding {
        let since = Timestamp::UNIX_EPOCH;
        Finding {
            kind,
            protocol: "p".into(),
            port: "sim:x".into(),
            condition,
            details: Value::Null,
            doors: BTreeMap::new(),
            took_ms: 1,
            statistics: Statistics { commands: 1, ..Statistics::none(since) },
        }
    }

    fn works(findings: &[Finding]) -> Vec<Service> {
        let languages = Languages::built_in();
        let texts = languages.texts("zh-CN");
        let all = Service::ALL.iter().map(|it| service(*it, findings, texts));
        all.filter(|it| it.works).map(|it| it.name).collect()
    }

    #[test]
    fn every_condition_and_device_has_its_words_in_every_language() {
        let languages = Languages::built_in();
        for language in languages.list() {
            let texts = languages.texts(&language.tag);
            for kind in DeviceKind::ALL {
                for condition in Condition::ALL {
                    let said = sentence(texts, *kind, *condition);
                    assert!(!said.contains("condition.") && !said.contains("device."), "{said}");
                }
            }
        }
        let words: std::collections::BTreeSet<_> =
            Condition::ALL.iter().map(|it| it.word()).collect();
        assert_eq!(words.len(), Condition::ALL.len());
    }

    #[test]
    fn what_failed_says_who_has_to_act() {
        for condition in Condition::ALL {
            let failed = matches!(condition.outcome(), Outcome::Fail | Outcome::Warn);
            let acts = condition.action().is_some();
            assert_eq!(failed && *condition != Condition::Starting, acts, "{condition:?}");
            assert_eq!(serde_json::to_value(condition).ok(), Some(condition.word().into()));
        }
    }

    #[test]
    fn a_module_that_answers_is_never_called_silent() {
        use hal::id_reader::sdt::Status;
        let languages = Languages::built_in();
        for (code, word, said) in [
            (0x66, "module_unauthorised", "身份证阅读器：安全模块未授权，请联系厂家"),
            (0x60, "self_test_failed", "身份证阅读器：自检不通过，请更换"),
            (0x10, "garbled", "身份证阅读器：收到的命令有误码，请检查线缆、波特率和接地"),
            (0x24, "module_fault", "身份证阅读器：安全模块报告故障，请断电重启，仍不行请更换"),
        ] {
            let condition = Condition::of_module(Status::from_code(code));
            assert_eq!(condition.word(), word);
            let findings = [
                finding(DeviceKind::IdReader, condition),
                finding(DeviceKind::Office, Condition::Ready),
            ];
            let progress = service(Service::Progress, &findings, languages.texts("zh-CN"));
            assert_eq!((progress.works, progress.because.as_deref()), (false, Some(said)));
        }
    }

    #[test]
    fn a_board_that_is_silent_says_which_ways_do_not_open() {
        let languages = Languages::built_in();
        let texts = languages.texts("en");
        let doors = (1..=48).map(|way| match way {
            3 | 7..=9 => (way, Door::Open),
            25.. => (way, Door::Unknown),
            _ => (way, Door::Closed),
        });
        let locker = Finding {
            doors: doors.collect(),
            ..finding(DeviceKind::Locker, Condition::DoorsUnknown)
        };
        let pickup = service(Service::Pickup, std::slice::from_ref(&locker), texts);
        let because = "Locker: ways 25–48 do not answer, the others open";
        assert_eq!((pickup.works, pickup.because.as_deref()), (true, Some(because)));
        assert_eq!(pickup.title, "collect results");
        let remarks = device(locker, texts).remarks;
        assert_eq!(remarks, ["open: 3, 7–9", "no answer: 25–48"]);
        let well = Finding {
            doors: [(1, Door::Closed)].into(),
            ..finding(DeviceKind::Locker, Condition::Ready)
        };
        assert_eq!(service(Service::Pickup, &[well], texts).because, None);
    }

    #[test]
    fn services_fail_with_exactly_what_they_need() {
        use Condition::{DoorsUnknown, PaperEnd, Ready, Silent};
        use DeviceKind::{IdReader, Locker, Office, Printer};
        let with = |reader, locker, printer, office| {
            works(&[
                finding(IdReader, reader),
                finding(Locker, locker),
                finding(Printer, printer),
                finding(Office, office),
            ])
        };
        assert_eq!(with(Ready, Ready, Ready, Ready), Service::ALL);
        assert_eq!(with(Ready, Ready, PaperEnd, Ready), Service::ALL, "a receipt can wait");
        assert_eq!(with(Silent, Ready, Ready, Ready), [Service::Pickup], "a code does");
        assert_eq!(with(Ready, Ready, Ready, Silent), [Service::Pickup]);
        assert_eq!(with(Ready, Silent, Ready, Ready), [Service::Progress, Service::Appointment]);
        assert_eq!(with(Ready, DoorsUnknown, Ready, Ready), Service::ALL, "the other doors open");
    }
}
