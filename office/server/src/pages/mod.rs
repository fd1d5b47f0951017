//! Staff pages: rendered on the server, usable by keyboard, without scripts.
//!
//! They listen on plain HTTP on the loopback address; who serves them to other machines puts TLS in
//! front. Names and numbers are masked before they come here.

mod cases;
mod frame;
mod kiosks;
mod lockers;
mod login;
mod outbox;
mod today;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::Markup;

use crate::store::{
    DatabaseError, Office,
    account::{self, Viewer},
};

const COOKIE: &str = "office_session";

type Shared = axum::extract::State<Arc<Office>>;

/// All pages.
pub(crate) fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/cases") }))
        .route("/style.css", get(style))
        .route("/login", get(login::form).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/cases", get(cases::list))
        .route("/cases/{id}", get(cases::detail))
        .route("/deliveries", get(lockers::list))
        .route("/appointments", get(today::list))
        .route("/notifications", get(outbox::list))
        .route("/notifications/{id}", post(outbox::reveal))
        .route("/kiosks", get(kiosks::overview))
        .route("/help/{kiosk}/{event}", post(kiosks::answer))
        .layer(middleware::from_fn(guarded))
        .with_state(office)
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// Nothing of a page is kept by a shared computer, and no other site can frame or script it.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
        ),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The token in the request's cookie.
fn token(parts: &axum::http::HeaderMap) -> Option<&str> {
    parts.get_all(header::COOKIE).iter().find_map(|cookies| {
        cookies.to_str().ok()?.split(';').find_map(|it| {
            let (name, value) = it.trim().split_once('=')?;
            (name == COOKIE).then_some(value)
        })
    })
}

/// Whoever is not logged in is asked to.
impl FromRequestParts<Arc<Office>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Response> {
        let login = || Redirect::to("/login").into_response();
        let token = token(&parts.headers).ok_or_else(login)?;
        let viewer = account::viewer(office, token).await;
        viewer.map_err(|error| Failure::from(error).into_response())?.ok_or_else(login)
    }
}

/// A form that carries the session's key came from our own page.
#[derive(serde::Deserialize)]
struct FormKey {
    form_key: String,
}

impl FormKey {
    fn check(&self, viewer: &Viewer) -> Result<(), Failure> {
        if self.form_key == viewer.form_key { Ok(()) } else { Err(Failure::Forbidden) }
    }
}

/// Why there is no page.
enum Failure {
    NotFound,
    Forbidden,
    Database(DatabaseError),
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "没有找到", "这里没有这条记录，请返回列表查看。")
            }
            Self::Forbidden => {
                (StatusCode::FORBIDDEN, "没有权限", "当前账号不能这样做，请返回上一页。")
            }
            Self::Database(error) => {
                tracing::error!(%error, "a page failed");
                let text = "后台数据库没有应答，请稍后重试；仍然不行请联系管理员。";
                (StatusCode::INTERNAL_SERVER_ERROR, "暂时打不开", text)
            }
        };
        (status, page(frame::message(title, text))).into_response()
    }
}

type Page = Result<Response, Failure>;

fn page(markup: Markup) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (kind, markup.into_string()).into_response()
}
