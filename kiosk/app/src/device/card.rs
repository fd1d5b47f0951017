//! Smart cards, one command at a time.

use hal::card::ssc::SscSettings;

use super::{Answer, Answered, DeviceArguments, device_error, setting_error, unknown_protocol};

pub(super) async fn run(arguments: &DeviceArguments) -> Answered {
    let (port, _) = arguments.place(|it| it.card.map(|port| (port, ())))?;
    let wait = arguments.timeout;
    if let Some(name) = arguments.protocol.as_deref().filter(|it| !["ssc", "staff"].contains(it)) {
        return Err(unknown_protocol("card", name, "ssc, staff"));
    }
    match arguments.verb.as_str() {
        "staff" => {
            let proof = hal::card::once::staff(
                port,
                arguments.tap()?,
                hal::card::system_challenges(),
                wait,
            )
            .await
            .map_err(device_error)?;
            Ok(Answer::well(serde_json::json!({ "card_number": proof.card_number })))
        }
        "atr" => {
            let atr = hal::card::once::answer_to_reset(port).await.map_err(device_error)?;
            Ok(Answer::well(serde_json::json!({ "atr": hal::hex::encode(&atr) })))
        }
        "read" => {
            let mut settings = SscSettings::default();
            for (key, value) in arguments.settings()? {
                settings.set(key, value).map_err(setting_error)?;
            }
            let card = hal::card::once::read(port, settings, arguments.tap()?, wait)
                .await
                .map_err(device_error)?;
            arguments.note_reveal("card");
            let report = card.report(arguments.reveal);
            Ok(Answer::well(report))
        }
        _ => Err(arguments.unknown_verb()),
    }
}
