//! `hal-sim --control ADDR`: a simulator operated over HTTP.
//!
//! `GET /state`, `POST /control` with a device's command, `POST /fault` with `{"fault":"…"}` or
//! `{"fault":null}`.

use std::{io, net::SocketAddr};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{ControlError, SimHandle};

#[derive(serde::Deserialize)]
struct FaultRequest {
    fault: Option<String>,
}

/// Serves the control interface of `handle` at `address` until the task is dropped or aborted.
pub async fn serve_control(
    handle: SimHandle,
    address: &str,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    let router = Router::new()
        .route("/state", get(state))
        .route("/control", post(control))
        .route("/fault", post(fault))
        .with_state(handle);
    Ok((bound, tokio::spawn(async move { axum::serve(listener, router).await })))
}

async fn state(State(handle): State<SimHandle>) -> Json<Value> {
    Json(json!({
        "port": handle.url().to_string(),
        "device": handle.state(),
        "faults": handle.faults(),
        "active_faults": handle.active_faults(),
        "records": handle.records(),
    }))
}

async fn control(State(handle): State<SimHandle>, Json(command): Json<Value>) -> Response {
    answer(handle.control(&command))
}

async fn fault(State(handle): State<SimHandle>, Json(request): Json<FaultRequest>) -> Response {
    let done = handle.set_fault(request.fault.as_deref());
    answer(done.map(|()| json!({ "active_faults": handle.active_faults() })))
}

fn answer(result: Result<Value, ControlError>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            let body = json!({"error": {"kind": "bad_request", "message": error.to_string()}});
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}
