//! The requests of the bench (contract §3).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use hal::status_display::sim::StatusDisplaySim;
use kiosk_screen::Element;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Bench;
use super::simulators::BenchError;

type Answer = Result<Json<Value>, BenchError>;
type Shared = State<Arc<Bench>>;

impl IntoResponse for BenchError {
    fn into_response(self) -> Response {
        let (status, kind, action) = match &self {
            Self::NoDevice(_) => (StatusCode::NOT_FOUND, "no_device", "use `kiosk demo`"),
            Self::NoCard(_) | Self::NotFound(_) => {
                (StatusCode::NOT_FOUND, "not_found", "look at what there is first")
            }
            Self::Control(_) | Self::Wrong(_) => {
                (StatusCode::BAD_REQUEST, "bad_request", "correct the request")
            }
        };
        let error = json!({ "kind": kind, "message": self.to_string(), "action": action });
        (status, Json(json!({ "error": error }))).into_response()
    }
}

/// A body as JSON, whatever its content type says.
fn body(bytes: &Bytes) -> Result<Value, BenchError> {
    serde_json::from_slice(bytes)
        .map_err(|error| BenchError::Wrong(format!("the body is not JSON: {error}")))
}

fn wrong(expected: &str) -> BenchError {
    BenchError::Wrong(format!("expected {expected}"))
}

pub(super) async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}

pub(super) async fn screen_png(State(bench): Shared) -> Response {
    match bench.screen.png().await {
        Some(Ok(png)) => {
            let headers =
                [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")];
            (headers, png).into_response()
        }
        Some(Err(error)) => BenchError::Wrong(error.to_string()).into_response(),
        None => BenchError::NotFound("the screen is gone".into()).into_response(),
    }
}

#[derive(Deserialize)]
pub(super) struct After {
    /// Answer when the screen is no longer this version (or after ten seconds).
    after: Option<u64>,
}

pub(super) async fn screen(State(bench): Shared, Query(query): Query<After>) -> Json<Value> {
    if let Some(version) = query.after {
        bench.screen.changed(version, Duration::from_secs(10)).await;
    }
    // The version first: what is drawn may be newer than it says, never older, or a change would be
    // missed by whoever waits for the next one.
    let mut answer = json!(bench.screen.shown());
    let elements: Vec<Value> = bench.screen.elements().await.iter().map(element).collect();
    answer["elements"] = json!(elements);
    Json(answer)
}

fn element(it: &Element) -> Value {
    json!({
        "role": it.role.as_str(), "label": it.label, "enabled": it.enabled,
        "x": it.x.round(), "y": it.y.round(), "w": it.w.round(), "h": it.h.round(),
    })
}

pub(super) async fn tap(State(bench): Shared, bytes: Bytes) -> Answer {
    let request = body(&bytes)?;
    if let Some(label) = request.get("label").and_then(Value::as_str) {
        let elements = bench.screen.elements().await;
        let found = elements
            .iter()
            .find(|it| it.label == label && it.enabled && it.role == kiosk_screen::Role::Button);
        let Some(found) = found else {
            let message = format!("no element that can be touched has the label {label:?}");
            return Err(BenchError::NotFound(message));
        };
        let (x, y) = found.centre();
        bench.screen.tap(x, y).await;
        return Ok(Json(json!({ "tapped": element(found) })));
    }
    let at = |key: &str| request.get(key).and_then(Value::as_f64);
    let (Some(x), Some(y)) = (at("x"), at("y")) else {
        return Err(wrong("{\"label\":\"…\"} or {\"x\":…,\"y\":…}"));
    };
    bench.screen.tap(x as f32, y as f32).await;
    Ok(Json(json!({ "tapped": { "x": x, "y": y } })))
}

pub(super) async fn id_reader(State(bench): Shared, bytes: Bytes) -> Answer {
    let mut request = body(&bytes)?;
    if let Some(name) = request.get("lay").and_then(Value::as_str) {
        let card = bench.cards.get(name).ok_or_else(|| BenchError::NoCard(name.to_owned()))?;
        request = json!({ "lay": card });
    }
    bench.simulators.control("id_reader", &request).map(Json)
}

pub(super) async fn cards(State(bench): Shared) -> Json<Value> {
    let identity: Vec<Value> = bench
        .cards
        .iter()
        .map(|(name, card)| json!({ "card": name, "name": card.get("name") }))
        .collect();
    let smart = bench.simulators.card.as_ref().map(|it| it.state()["known"].clone());
    Json(json!({ "id_reader": identity, "card": smart.unwrap_or_else(|| json!([])) }))
}

pub(super) async fn card(State(bench): Shared, bytes: Bytes) -> Answer {
    let none = || BenchError::NoDevice("card reader".into());
    let reader = bench.simulators.card.as_ref().ok_or_else(none)?;
    Ok(Json(reader.control(&body(&bytes)?)?))
}

pub(super) async fn scanner(State(bench): Shared, bytes: Bytes) -> Answer {
    bench.simulators.control("scanner", &body(&bytes)?).map(Json)
}

pub(super) async fn locker(State(bench): Shared) -> Answer {
    Ok(Json(bench.simulators.get("locker")?.state()))
}

pub(super) async fn operate_locker(State(bench): Shared, bytes: Bytes) -> Answer {
    bench.simulators.control("locker", &body(&bytes)?)?;
    Ok(Json(bench.simulators.get("locker")?.state()))
}

/// The printer's papers without the pictures, which have addresses of their own.
pub(super) async fn printer(State(bench): Shared) -> Answer {
    let mut state = bench.simulators.get("printer")?.state();
    if let Some(receipts) = state.get_mut("receipts").and_then(Value::as_array_mut) {
        for receipt in receipts {
            let n = receipt.get("n").cloned().unwrap_or_default();
            receipt["png"] = json!(format!("/api/printer/{n}.png"));
        }
    }
    Ok(Json(state))
}

pub(super) async fn operate_printer(State(bench): Shared, bytes: Bytes) -> Answer {
    bench.simulators.control("printer", &body(&bytes)?).map(Json)
}

pub(super) async fn receipt_png(
    State(bench): Shared,
    Path(file): Path<String>,
) -> Result<Response, BenchError> {
    let missing = || BenchError::NotFound(format!("there is no paper {file}"));
    let n: u64 = file.strip_suffix(".png").and_then(|it| it.parse().ok()).ok_or_else(missing)?;
    let printer = bench.simulators.get("printer")?;
    let png = hal::printer::sim::receipt_png(printer, n).ok_or_else(missing)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

pub(super) async fn ups(State(bench): Shared) -> Answer {
    Ok(Json(bench.simulators.get("ups")?.state()))
}

pub(super) async fn operate_ups(State(bench): Shared, bytes: Bytes) -> Answer {
    bench.simulators.control("ups", &body(&bytes)?).map(Json)
}

fn cabinet(bench: &Bench) -> Result<&hal::panel::sim::PanelSim, BenchError> {
    bench.simulators.panel.as_ref().ok_or_else(|| BenchError::NoDevice("panel".into()))
}

pub(super) async fn panel(State(bench): Shared) -> Answer {
    Ok(Json(cabinet(&bench)?.state()))
}

pub(super) async fn operate_panel(State(bench): Shared, bytes: Bytes) -> Answer {
    Ok(Json(cabinet(&bench)?.control(&body(&bytes)?)?))
}

fn display(bench: &Bench) -> Result<&StatusDisplaySim, BenchError> {
    bench.simulators.display.as_ref().ok_or_else(|| BenchError::NoDevice("status display".into()))
}

pub(super) async fn status_display(State(bench): Shared) -> Answer {
    Ok(Json(display(&bench)?.state()))
}

pub(super) async fn evaluator(State(bench): Shared, bytes: Bytes) -> Answer {
    bench.simulators.control("evaluator", &body(&bytes)?).map(Json)
}

pub(super) async fn network(State(bench): Shared) -> Json<Value> {
    Json(json!({ "online": *bench.plug.borrow() }))
}

pub(super) async fn set_network(State(bench): Shared, bytes: Bytes) -> Answer {
    let request = body(&bytes)?;
    let online = request.get("online").and_then(Value::as_bool);
    let online = online.ok_or_else(|| wrong("{\"online\":true} or {\"online\":false}"))?;
    bench.plug.send_replace(online);
    Ok(Json(json!({ "online": online })))
}

pub(super) async fn faults(State(bench): Shared) -> Json<Value> {
    let mut devices = bench.simulators.faults();
    if let Some(office) = &bench.office {
        let faults = [json!({ "name": "killed", "description": "the office's program is dead" })];
        let active: &[&str] = if office.running() { &[] } else { &["killed"] };
        devices.push(json!({ "device": "office", "faults": faults, "active": active }));
    }
    Json(json!({ "devices": devices }))
}

pub(super) async fn set_fault(State(bench): Shared, bytes: Bytes) -> Answer {
    let request = body(&bytes)?;
    let expected = "{\"device\":\"printer\",\"fault\":\"paper_end\"}, or null to heal";
    let device = request.get("device").and_then(Value::as_str).ok_or_else(|| wrong(expected))?;
    let fault = match request.get("fault") {
        Some(Value::String(fault)) => Some(fault.as_str()),
        Some(Value::Null) | None => None,
        Some(_) => return Err(wrong(expected)),
    };
    match (device, &bench.office, &bench.simulators.card) {
        ("office", Some(office), _) => match fault {
            Some("killed") | None => office.set_running(fault.is_none()),
            Some(other) => return Err(wrong(&format!("the office's fault killed, not {other}"))),
        },
        ("card", _, Some(card)) => card.set_fault(fault)?,
        ("status_display" | "status-display", ..) => display(&bench)?.set_fault(fault)?,
        ("panel", ..) => cabinet(&bench)?.set_fault(fault)?,
        _ => bench.simulators.get(&device.replace('-', "_"))?.set_fault(fault)?,
    }
    Ok(Json(json!({ "device": device, "fault": fault })))
}

pub(super) async fn office(State(bench): Shared) -> Answer {
    let none = || BenchError::NoDevice("office".into());
    Ok(Json(bench.office.as_ref().ok_or_else(none)?.describe()))
}

pub(super) async fn wire(State(bench): Shared) -> Answer {
    let none = || BenchError::NoDevice("wire tap".into());
    Ok(Json(bench.tap.as_ref().ok_or_else(none)?.to_json()))
}
