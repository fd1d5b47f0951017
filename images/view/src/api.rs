//! The requests of the page; with `curl`, they serve scripts as well.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use console::Complaint;
use hall24_qmp::stick::StickError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::machine::{Machine, MachineError};
use crate::panel::{Panel, Picture, Shown};
use crate::pointer::{Finger, Touch, events};
use crate::sticks::Sticks;

/// The longest text that goes on a stick; an invitation is much shorter.
const INVITATION: usize = 4096;

/// What the page operates.
pub(crate) struct Hand {
    machine: Machine,
    panel: Panel,
    sticks: Sticks,
    _folder: TempDir,
}

type Shared = State<Arc<Hand>>;
type Answer = Result<Json<Value>, Refusal>;

impl Hand {
    pub(crate) fn new(machine: Machine) -> io::Result<Arc<Self>> {
        let folder = tempfile::Builder::new().prefix("hall24-page-").tempdir()?;
        let panel = Panel::new(machine.clone(), folder.path().join("panel.png"));
        let sticks = Sticks::new(folder.path());
        Ok(Arc::new(Self { machine, panel, sticks, _folder: folder }))
    }

    /// Something was done: what became of it will be looked for soon.
    fn done(&self, result: Result<(), MachineError>) -> Answer {
        self.panel.stir();
        result?;
        let state = self.machine.state();
        Ok(Json(json!({ "on": state.on, "stick": state.stick })))
    }
}

/// Why the page did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0}")]
    Wrong(String),
    #[error("another page asks for this; open this machine's own, by its number or as localhost")]
    Foreign,
    #[error("the panel shows nothing; wait until it does")]
    Dark,
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Stick(#[from] StickError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, kind) = match &self {
            Self::Wrong(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::Foreign => (StatusCode::FORBIDDEN, "foreign"),
            Self::Dark => (StatusCode::CONFLICT, "dark"),
            Self::Machine(MachineError::Off) => (StatusCode::CONFLICT, "off"),
            Self::Machine(MachineError::StickThere | MachineError::NoStick) => {
                (StatusCode::CONFLICT, "stick")
            }
            Self::Machine(_) | Self::Stick(_) => (StatusCode::INTERNAL_SERVER_ERROR, "machine"),
        };
        let it = Complaint::of(kind, &self, "correct the request");
        let error = json!({ "kind": it.kind, "message": it.message, "action": it.action });
        (status, Json(json!({ "error": error }))).into_response()
    }
}

/// What the panel shows, or why it shows nothing.
fn picture_of(shown: Shown) -> Result<Picture, Refusal> {
    let dark = if shown.state.on { Refusal::Dark } else { MachineError::Off.into() };
    shown.picture.ok_or(dark)
}

/// A body as JSON, whatever its content type says.
fn body<T: DeserializeOwned>(bytes: &Bytes, expected: &str) -> Result<T, Refusal> {
    let wrong = |error| Refusal::Wrong(format!("expected {expected}: {error}"));
    serde_json::from_slice(bytes).map_err(wrong)
}

pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}

#[derive(Deserialize)]
pub(crate) struct After {
    /// Answer when there is something else than this version to see, or after ten seconds.
    after: Option<u64>,
}

pub(crate) async fn screen(
    State(hand): Shared,
    query: Result<Query<After>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|it| Refusal::Wrong(it.body_text()))?;
    let shown = match query.after {
        Some(version) => hand.panel.changed(version).await?,
        None => hand.panel.look().await?,
    };
    let picture = shown.picture.map(|it| json!({ "width": it.size.0, "height": it.size.1 }));
    let state = shown.state;
    Ok(Json(json!({
        "version": shown.version, "picture": picture, "on": state.on, "stick": state.stick,
    })))
}

pub(crate) async fn screen_png(
    State(hand): Shared,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let shown = hand.panel.look().await?;
    let (version, picture) = (shown.version, picture_of(shown)?);
    let tag = format!("\"{version}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let known = known.is_some_and(|it| it.split(',').any(|one| one.trim() == tag));
    let headers = [
        (header::ETAG, HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, picture.png).into_response())
}

pub(crate) async fn finger(State(hand): Shared, bytes: Bytes) -> Answer {
    let expected = r#"{"finger":"press"|"move"|"release","x":…,"y":…}"#;
    let touch: Touch = body(&bytes, expected)?;
    let picture = picture_of(hand.panel.last().await)?;
    let Some(events) = events(touch, picture.size) else {
        let (width, height) = picture.size;
        let (x, y) = (touch.x, touch.y);
        let wrong = format!("there is no place {x}, {y} on a picture of {width} × {height}");
        return Err(Refusal::Wrong(wrong));
    };
    let button = match touch.finger {
        Finger::Press => Some(true),
        Finger::Release => Some(false),
        Finger::Move => None,
    };
    hand.done(hand.machine.point(events, button).await)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Power {
    /// The power key: switches the machine on, or asks the system inside to switch it off.
    Key,
    /// The mains plug, pulled and put back.
    Cut,
}

#[derive(Deserialize)]
struct PowerRequest {
    power: Power,
}

pub(crate) async fn power(State(hand): Shared, bytes: Bytes) -> Answer {
    let request: PowerRequest = body(&bytes, r#"{"power":"key"|"cut"}"#)?;
    hand.done(match request.power {
        Power::Key => hand.machine.press_power_key().await,
        Power::Cut => hand.machine.cut_power().await,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stick {
    /// Plugs one in that says this.
    PlugIn(String),
    PullOut(bool),
}

pub(crate) async fn stick(State(hand): Shared, bytes: Bytes) -> Answer {
    let expected = r#"{"plug_in":"what hall24-enrol.toml says"} or {"pull_out":true}"#;
    let invitation = match body(&bytes, expected)? {
        Stick::PullOut(true) => return hand.done(hand.machine.pull_out().await),
        Stick::PullOut(false) => return Err(Refusal::Wrong(format!("expected {expected}"))),
        Stick::PlugIn(invitation) => invitation,
    };
    if invitation.trim().is_empty() || invitation.len() > INVITATION {
        let wrong =
            format!("the stick needs a text of 1 to {INVITATION} bytes, as the office wrote it");
        return Err(Refusal::Wrong(wrong));
    }
    if hand.machine.state().stick {
        return Err(MachineError::StickThere.into());
    }
    let maker = Arc::clone(&hand);
    let made = tokio::task::spawn_blocking(move || maker.sticks.with(&invitation)).await;
    let path = made.map_err(|_| MachineError::Ending)??;
    hand.done(hand.machine.plug_in(&path).await)
}
