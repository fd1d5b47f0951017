//! The OpenAPI document, made from the routes' annotations and the types of `wire`.

use axum::Json;
use utoipa::OpenApi;

use super::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Hall24 office", description = "What kiosks ask of the office.", version = "1"),
    paths(
        routes::feed,
        routes::slots,
        routes::hold,
        routes::book,
        routes::appointments,
        routes::move_appointment,
        routes::cancel_appointment,
        routes::cases,
        routes::events,
        routes::time,
        routes::invitation,
        routes::accepted,
        routes::update,
        routes::update_content
    )
)]
struct Document;

/// The document as JSON.
pub fn document() -> serde_json::Value {
    serde_json::to_value(Document::openapi()).expect("an OpenAPI document is plain data")
}

pub(super) async fn serve() -> Json<serde_json::Value> {
    Json(document())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The routes as `router` names them.
    fn routed() -> Vec<String> {
        let source = include_str!("mod.rs");
        source
            .split(".route(\"")
            .skip(1)
            .filter_map(|it| it.split('"').next())
            .filter(|it| *it != "/openapi.json")
            .map(|it| format!("{}{it}", wire::API))
            .collect()
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let document = document();
        let paths = document["paths"].as_object().expect("there are paths");
        let mut described: Vec<String> = paths.keys().cloned().collect();
        let mut routed = routed();
        described.sort();
        routed.sort();
        assert_eq!(described, routed);
        assert!(document["components"]["schemas"]["Delivery"].is_object());
    }
}
