//! Staff pages: rendered on the server, usable by keyboard, without scripts.
//!
//! They listen on plain HTTP on the loopback address; who serves them to other machines puts TLS in
//! front. Names and numbers are masked before they come here. Which role may open what is a rule of
//! `office-rules`; `guard` keeps it for every route.

mod appointments;
mod audit;
mod cases;
mod custody;
mod failure;
mod frame;
mod guard;
mod home;
mod kiosks;
mod lockers;
mod login;
mod outbox;
mod query;
mod rejected;
mod upkeep;

mod words;

use std::sync::Arc;

use axum::{
    Router,
    http::header,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::Markup;
use office_rules::role::Right;

use crate::store::Office;
use failure::{Failure, Page};
use guard::{FormKey, for_staff};

type Shared = axum::extract::State<Arc<Office>>;

/// All pages.
pub(crate) fn router(office: Arc<Office>) -> Router {
    let staff = |right, routes| for_staff(&office, right, routes);
    let explained = middleware::from_fn_with_state(Arc::clone(&office), failure::explained);
    Router::new()
        .route("/style.css", get(style))
        .route("/login", get(login::form).post(login::log_in))
        .merge(staff(None, Router::new().route("/logout", post(login::log_out))))
        .merge(staff(None, home::routes()))
        .merge(staff(Some(Right::Cases), cases::routes()))
        .merge(staff(Some(Right::Deliveries), lockers::routes()))
        .merge(staff(Some(Right::Appointments), appointments::routes()))
        .merge(staff(Some(Right::Notifications), outbox::routes()))
        .merge(staff(Some(Right::RevealCode), outbox::code_routes()))
        .merge(staff(Some(Right::Kiosks), kiosks::routes()))
        .merge(staff(Some(Right::AnswerHelp), kiosks::help_routes()))
        .merge(staff(Some(Right::AnswerHelp), upkeep::alarm_routes()))
        .merge(staff(Some(Right::Rejected), rejected::routes()))
        .merge(staff(Some(Right::Audit), audit::routes()))
        .fallback(async || Failure::NotFound)
        .layer(explained)
        .layer(middleware::from_fn(guard::sealed))
        .with_state(office)
}

/// Routes before they are given an office.
type Routes = Router<Arc<Office>>;

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

fn page(markup: Markup) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (kind, markup.into_string()).into_response()
}
