//! `hal-sim --control ADDR`: a simulator operated over HTTP.
//!
//! `GET /state`, `POST /control` with a device's command, `POST /fault` with `{"fault":"…"}` or
//! `{"fault":null}`.

use std::{io, net::SocketAddr};

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{ControlError, FaultInfo, SimHandle};

/// A simulator that is operated by commands in JSON, whatever is simulated.
pub trait Operate: Clone + Send + Sync + 'static {
    /// Where it is and what is so, for people and scripts.
    fn overview(&self) -> Value;

    /// Does something to the device, as a person would.
    fn control(&self, command: &Value) -> Result<Value, ControlError>;

    /// All faults that can be switched on.
    fn faults(&self) -> Vec<FaultInfo>;

    /// The faults that are on.
    fn active_faults(&self) -> Vec<&'static str>;

    /// Switches a fault on; `None` heals everything.
    fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError>;
}

impl Operate for SimHandle {
    fn overview(&self) -> Value {
        json!({
            "port": self.url().to_string(),
            "device": self.state(),
            "faults": Self::faults(self),
            "active_faults": Self::active_faults(self),
            "records": self.records(),
        })
    }

    fn control(&self, command: &Value) -> Result<Value, ControlError> {
        Self::control(self, command)
    }

    fn faults(&self) -> Vec<FaultInfo> {
        Self::faults(self)
    }

    fn active_faults(&self) -> Vec<&'static str> {
        Self::active_faults(self)
    }

    fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        Self::set_fault(self, fault)
    }
}

#[derive(serde::Deserialize)]
struct FaultRequest {
    fault: Option<String>,
}

/// Serves the control interface of `handle` at `address` until the task is aborted.
pub async fn serve_control<S: Operate>(
    handle: S,
    address: &str,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    let router = Router::new()
        .route("/state", get(state::<S>))
        .route("/control", post(control::<S>))
        .route("/fault", post(fault::<S>))
        .with_state(handle);
    Ok((bound, tokio::spawn(async move { axum::serve(listener, router).await })))
}

/// What to do about a body that is none.
const ONE_OBJECT: &str = "send one JSON object with Content-Type: application/json";

async fn state<S: Operate>(State(handle): State<S>) -> Json<Value> {
    Json(handle.overview())
}

type Body<T> = Result<Json<T>, JsonRejection>;

async fn control<S: Operate>(State(handle): State<S>, body: Body<Value>) -> Response {
    match body {
        Ok(Json(command)) => answer(handle.control(&command)),
        Err(rejected) => refuse(&rejected.body_text(), ONE_OBJECT),
    }
}

async fn fault<S: Operate>(State(handle): State<S>, body: Body<FaultRequest>) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejected) => return refuse(&rejected.body_text(), ONE_OBJECT),
    };
    let done = handle.set_fault(request.fault.as_deref());
    answer(done.map(|()| json!({ "active_faults": handle.active_faults() })))
}

fn answer(result: Result<Value, ControlError>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            refuse(&error.to_string(), "correct the command; GET /state shows the device")
        }
    }
}

fn refuse(message: &str, action: &str) -> Response {
    let error = json!({ "kind": "bad_request", "message": message, "action": action });
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}
