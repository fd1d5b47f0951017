//! Readers of identity cards, one command at a time.

use hal::id_reader::{CardReport, once};
use kiosk_core::diagnosis::Condition;
use serde_json::json;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, configured) = arguments.place(|it| it.id_reader)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    settings.check().map_err(setting_error)?;
    let wait = arguments.timeout;
    match arguments.verb.as_str() {
        "read" => {
            let card =
                once::read(port, settings, arguments.tap()?, wait).await.map_err(device_error)?;
            arguments.note_reveal("id-reader");
            Ok(Answer::well(if arguments.reveal {
                CardReport::revealed(&card)
            } else {
                CardReport::masked(&card)
            }))
        }
        "status" => {
            let status =
                once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
            let condition = Condition::of_module(status);
            let ready = condition == Condition::Ready;
            let report = json!({ "status": status.describe(), "ready": ready });
            Ok(Answer::showing(report, condition))
        }
        "sam-id" => {
            let id = once::sam_id(port, settings, arguments.tap()?).await.map_err(device_error)?;
            Ok(Answer::well(json!({ "sam_id": id })))
        }
        "new-address" => {
            let address = once::new_address(port, settings, arguments.tap()?, wait)
                .await
                .map_err(device_error)?;
            arguments.note_reveal("id-reader");
            let shown = match (address, arguments.reveal) {
                (Some(address), false) => Some(hal::mask::address(&address)),
                (address, _) => address,
            };
            Ok(Answer::well(json!({ "new_address": shown })))
        }
        _ => Err(arguments.unknown_verb()),
    }
}
