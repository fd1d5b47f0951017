//! Readers of identity cards, one command at a time.

use super::{Answer, DeviceArguments, device_error, setting_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    use hal::id_reader::{CardReport, once};
    let (port, configured) = arguments.place(|it| it.id_reader)?;
    let mut settings = configured.unwrap_or_default();
    for (key, value) in arguments.settings()? {
        settings.set(key, value).map_err(setting_error)?;
    }
    let wait = arguments.timeout;
    match arguments.verb.as_str() {
        "read" => {
            let card =
                once::read(port, settings, arguments.tap()?, wait).await.map_err(device_error)?;
            arguments.note_reveal("id-reader");
            let report = if arguments.reveal {
                CardReport::revealed(&card)
            } else {
                CardReport::masked(&card)
            };
            Ok((serde_json::to_value(report).map_err(device_error)?, true))
        }
        "status" => {
            let status =
                once::status(port, settings, arguments.tap()?).await.map_err(device_error)?;
            let ready = status == hal::id_reader::sdt::Status::Ok;
            let text = status.describe();
            Ok((serde_json::json!({ "status": text, "ready": ready }), ready))
        }
        "sam-id" => {
            let id = once::sam_id(port, settings, arguments.tap()?).await.map_err(device_error)?;
            Ok((serde_json::json!({ "sam_id": id }), true))
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
            Ok((serde_json::json!({ "new_address": shown }), true))
        }
        _ => Err(arguments.unknown_verb("read, status, sam-id, new-address")),
    }
}
