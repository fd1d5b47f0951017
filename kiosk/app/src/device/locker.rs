//! Locker boards, one command at a time.

use hal::locker::{Door, LockerSettings, Protocol, once};
use kiosk_core::diagnosis::Condition;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error, unknown_protocol};
use crate::cli::Failure;

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.locker)?;
    let mut settings = match &arguments.protocol {
        Some(name) => LockerSettings::single(
            Protocol::from_name(name)
                .ok_or_else(|| unknown_protocol("locker", name, Protocol::NAMES))?,
        ),
        None => configured.unwrap_or_else(|| LockerSettings::single(Protocol::A8)),
    };
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    if arguments.verb == "open" && arguments.port.is_none() {
        let message =
            "a kiosk's own locker is not opened past its store, which knows what lies where";
        let action = "use `kiosk diag --level external --way N`, or name a bare board with --port";
        return Err(Failure::wrong("usage", message, action));
    }
    match arguments.verb.as_str() {
        "state" => {
            let report =
                once::state(port, settings, arguments.tap()?).await.map_err(device_error)?;
            let condition = Condition::of_doors(report.doors.iter().map(|it| it.door));
            Ok(Answer::showing(report, condition))
        }
        "open" => {
            let needed = "the number of a way, such as 7";
            let way: u16 = arguments.operand(needed)?.parse().map_err(|_| {
                let message = format!("locker open needs {needed}, not {}", arguments.arguments[0]);
                Failure::wrong("usage", message, "write open 7")
            })?;
            let report =
                once::open(port, settings, arguments.tap()?, way).await.map_err(device_error)?;
            Ok(match (report.opened, report.door) {
                (true, _) => Answer::well(report),
                (false, Door::Unknown) => Answer::not_well(
                    report,
                    "the lock was pulsed and nothing tells how the door stands; look at it, and at \
                     the wires of its sensor",
                ),
                (false, _) => Answer::showing(report, Condition::Jammed),
            })
        }
        _ => Err(arguments.unknown_verb()),
    }
}
