//! Power supplies, one command at a time.

use hal::ups::{Protocol, UpsSettings, once};
use kiosk_core::diagnosis::Condition;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    if arguments.verb != "status" {
        return Err(arguments.unknown_verb());
    }
    let (port, configured) = arguments.place(|it| it.ups)?;
    let mut settings = match &arguments.protocol {
        Some(name) => UpsSettings::of(
            Protocol::from_name(name)
                .ok_or_else(|| unknown_protocol("ups", name, "megatec or nut"))?,
        ),
        None => configured.unwrap_or_else(|| UpsSettings::of(Protocol::Megatec)),
    };
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let status = once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
    Ok(Answer::showing(status, Condition::of_ups(&status)))
}
