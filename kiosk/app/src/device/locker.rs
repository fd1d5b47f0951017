//! Locker boards, one command at a time.

use crate::cli::Failure;

use super::{Answer, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    use hal::locker::{LockerSettings, Protocol, once};
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
            Ok((serde_json::to_value(report).map_err(device_error)?, true))
        }
        "open" => {
            let way = arguments.arguments.first().and_then(|it| it.parse().ok());
            let way: u16 = way.ok_or_else(|| {
                Failure::wrong("usage", "open needs the number of a way", "write open 7")
            })?;
            let report =
                once::open(port, settings, arguments.tap()?, way).await.map_err(device_error)?;
            let opened = report.opened;
            Ok((serde_json::to_value(report).map_err(device_error)?, opened))
        }
        _ => Err(arguments.unknown_verb("state, open N")),
    }
}
