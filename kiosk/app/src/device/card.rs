//! Smart cards, one command at a time.

use super::{Answer, DeviceArguments, device_error};

pub(super) async fn run(arguments: &DeviceArguments) -> Answer {
    let (port, _) = arguments.place(|it| it.card.map(|port| (port, ())))?;
    let wait = arguments.timeout;
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
            Ok((serde_json::json!({ "card_number": proof.card_number }), true))
        }
        "atr" => {
            let atr = hal::card::once::answer_to_reset(port).await.map_err(device_error)?;
            Ok((serde_json::json!({ "atr": hal::hex::encode(&atr) }), true))
        }
        _ => Err(arguments.unknown_verb("staff, atr")),
    }
}
