//! The kiosks' API: the types of `wire` over HTTP, described by OpenAPI from the same code.

mod extract;
mod openapi;
mod routes;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Request, State},
    http::{StatusCode, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use wire::{API, ErrorAnswer, ErrorBody, ErrorKind, KioskId};

use crate::store::{DatabaseError, Office, appointment::Refusal, report};

pub use openapi::document;

/// The kiosk that the client's certificate names, where there is one.
#[derive(Clone, Debug)]
pub struct KioskCertificate(pub Option<KioskId>);

/// The enrolled kiosk that asks.
#[derive(Clone, Debug)]
struct Asker(KioskId);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(not_enrolled)
    }
}

/// All kiosk routes. They refuse requests that come without an enrolled kiosk's certificate.
pub(crate) fn router(office: Arc<Office>) -> Router {
    let kiosk = Router::new()
        .route("/feed", get(routes::feed))
        .route("/slots", get(routes::slots))
        .route("/holds", post(routes::hold))
        .route("/appointments", post(routes::book))
        .route("/appointments/lookup", post(routes::appointments))
        .route("/appointments/{id}/move", post(routes::move_appointment))
        .route("/appointments/{id}/cancel", post(routes::cancel_appointment))
        .route("/cases/lookup", post(routes::cases))
        .route("/events", post(routes::events))
        .route("/time", get(routes::time))
        .route("/invitations/accepted", post(routes::accepted))
        .route("/update", post(routes::update))
        .route("/update/{id}", get(routes::update_content))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&office), enrolled))
        .with_state(Arc::clone(&office));
    // Who asks for an invitation is nobody yet.
    let open = Router::new()
        .route("/invitations/{locator}", get(routes::invitation))
        .with_state(office)
        .route("/openapi.json", get(openapi::serve));
    Router::new().nest(API, kiosk.merge(open).fallback(no_such_route))
}

async fn no_such_route() -> Failure {
    let message = "there is nothing at this address";
    failure(StatusCode::NOT_FOUND, ErrorKind::NotFound, message, "see openapi.json")
}

/// Lets only kiosks of this hall through.
async fn enrolled(State(office): State<Arc<Office>>, mut request: Request, next: Next) -> Response {
    let certificate = request.extensions().get::<KioskCertificate>().cloned();
    let Some(KioskCertificate(Some(kiosk))) = certificate else {
        return not_enrolled().into_response();
    };
    match report::is_enrolled(&office, &kiosk).await {
        Ok(true) => {
            request.extensions_mut().insert(Asker(kiosk));
            next.run(request).await
        }
        Ok(false) => not_enrolled().into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// An answer that says what is wrong.
#[derive(Debug)]
struct Failure(StatusCode, Box<ErrorBody>);

fn failure(status: StatusCode, kind: ErrorKind, message: &str, action: &str) -> Failure {
    let (message, action) = (message.to_owned(), action.to_owned());
    Failure(status, Box::new(ErrorBody { kind, message, action, next_slot: None }))
}

fn not_enrolled() -> Failure {
    let message = "this needs the certificate of an enrolled kiosk";
    failure(StatusCode::FORBIDDEN, ErrorKind::NotEnrolled, message, "enrol the kiosk")
}

fn bad_request(message: &str) -> Failure {
    failure(StatusCode::BAD_REQUEST, ErrorKind::BadRequest, message, "correct the request")
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "a kiosk's request failed");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        failure(status, ErrorKind::Internal, "the office failed", "send it again")
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Database(error) => error.into(),
            Refusal::Refused(body) => {
                let status = match body.kind {
                    ErrorKind::NotFound => StatusCode::NOT_FOUND,
                    ErrorKind::BadRequest => StatusCode::BAD_REQUEST,
                    _ => StatusCode::CONFLICT,
                };
                Self(status, body)
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(ErrorAnswer { error: *self.1 })).into_response()
    }
}
