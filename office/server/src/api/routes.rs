//! One function a route. The annotations are what the OpenAPI document is made of.

use std::sync::Arc;
use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date};
use office_rules::person::is_id_hash;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use wire::{
    Appointment, AppointmentId, BookRequest, CancelRequest, CaseView, ErrorAnswer, ErrorKind, Feed,
    Hold, HoldRequest, IdHash, Intake, IntakeResult, ItemId, Lookup, MoveRequest, SealedInvitation,
    SlotDays, UpdateAnswer, UpdateReport,
};

use super::{
    Asker, Failure, bad_request,
    extract::{Asked, Body},
    failure,
};
use crate::store::{
    Office, appointment, feed as feeds, intake, intake::Received, invitation as invitations,
    lookup, report, update as updates,
};

type Shared = State<Arc<Office>>;
type Answer<T> = Result<Json<T>, Failure>;

/// The office holds the feed back for at most this long.
const FEED_WAIT_MAX: Duration = Duration::from_secs(25);
/// A batch of facts is small; a larger one is not from a kiosk of ours.
const EVENTS_MAX: usize = 500;

fn person(id_hash: &IdHash) -> Result<(), Failure> {
    if is_id_hash(id_hash) {
        Ok(())
    } else {
        Err(bad_request("id_hash is not 64 lower-case hex digits"))
    }
}

#[derive(Deserialize)]
pub(super) struct FeedQuery {
    #[serde(default)]
    cursor: u64,
    #[serde(default)]
    wait_s: u64,
}

#[utoipa::path(get, path = "/api/v1/feed", operation_id = "feed",
    params(("cursor" = Option<u64>, Query, description = "where the last answer ended"),
           ("wait_s" = Option<u64>, Query, description = "seconds to wait, at most 25")),
    responses((status = 200, body = Feed), (status = 403, body = ErrorAnswer)))]
pub(super) async fn feed(
    State(office): Shared,
    Asker(kiosk): Asker,
    Asked(query): Asked<FeedQuery>,
) -> Answer<Feed> {
    report::seen(&office, &kiosk).await?;
    let wait = Duration::from_secs(query.wait_s).min(FEED_WAIT_MAX);
    let deadline = tokio::time::Instant::now() + wait;
    let mut latest = office.database.feed_seq();
    let mut stopped = office.stopped.clone();
    loop {
        latest.borrow_and_update();
        let feed = feeds::read(&office, &kiosk, query.cursor).await?;
        let late = tokio::time::Instant::now() >= deadline;
        if !feed.entries.is_empty() || late || *stopped.borrow() {
            return Ok(Json(feed));
        }
        tokio::select! {
            _ = latest.changed() => {}
            _ = stopped.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SlotsQuery {
    item: ItemId,
    from: Date,
    days: u16,
}

#[utoipa::path(get, path = "/api/v1/slots", operation_id = "slots",
    params(("item" = String, Query), ("from" = String, Query, description = "first day"),
           ("days" = u16, Query, description = "how many days, at most 30")),
    responses((status = 200, body = SlotDays), (status = 404, body = ErrorAnswer)))]
pub(super) async fn slots(
    State(office): Shared,
    _: Asker,
    Asked(query): Asked<SlotsQuery>,
) -> Answer<SlotDays> {
    Ok(Json(appointment::days(&office, &query.item, query.from, query.days).await?))
}

#[utoipa::path(post, path = "/api/v1/holds", operation_id = "hold", request_body = HoldRequest,
    responses((status = 200, body = Hold), (status = 409, body = ErrorAnswer)))]
pub(super) async fn hold(
    State(office): Shared,
    Asker(kiosk): Asker,
    Body(request): Body<HoldRequest>,
) -> Answer<Hold> {
    person(&request.id_hash)?;
    Ok(Json(appointment::hold(&office, kiosk.as_str(), &request).await?))
}

#[utoipa::path(post, path = "/api/v1/appointments", operation_id = "book",
    request_body = BookRequest,
    responses((status = 200, body = Appointment), (status = 409, body = ErrorAnswer)))]
pub(super) async fn book(
    State(office): Shared,
    Asker(kiosk): Asker,
    Body(request): Body<BookRequest>,
) -> Answer<Appointment> {
    person(&request.id_hash)?;
    Ok(Json(appointment::book(&office, kiosk.as_str(), &request).await?))
}

#[utoipa::path(post, path = "/api/v1/appointments/lookup", operation_id = "appointments",
    request_body = Lookup, responses((status = 200, body = Vec<Appointment>)))]
pub(super) async fn appointments(
    State(office): Shared,
    _: Asker,
    Body(request): Body<Lookup>,
) -> Answer<Vec<Appointment>> {
    person(&request.id_hash)?;
    Ok(Json(lookup::appointments(&office, &request.id_hash).await?))
}

#[utoipa::path(post, path = "/api/v1/appointments/{id}/move", operation_id = "move",
    request_body = MoveRequest, params(("id" = String, Path)),
    responses((status = 200, body = Appointment), (status = 409, body = ErrorAnswer)))]
pub(super) async fn move_appointment(
    State(office): Shared,
    Asker(kiosk): Asker,
    Path(id): Path<String>,
    Body(request): Body<MoveRequest>,
) -> Answer<Appointment> {
    person(&request.id_hash)?;
    let id = AppointmentId(id);
    Ok(Json(appointment::move_to(&office, kiosk.as_str(), &id, &request).await?))
}

#[utoipa::path(post, path = "/api/v1/appointments/{id}/cancel", operation_id = "cancel",
    request_body = CancelRequest, params(("id" = String, Path)),
    responses((status = 200, body = Appointment), (status = 409, body = ErrorAnswer)))]
pub(super) async fn cancel_appointment(
    State(office): Shared,
    Asker(kiosk): Asker,
    Path(id): Path<String>,
    Body(request): Body<CancelRequest>,
) -> Answer<Appointment> {
    person(&request.id_hash)?;
    let id = AppointmentId(id);
    Ok(Json(appointment::cancel(&office, kiosk.as_str(), &id, &request).await?))
}

#[utoipa::path(post, path = "/api/v1/cases/lookup", operation_id = "cases",
    request_body = Lookup, responses((status = 200, body = Vec<CaseView>)))]
pub(super) async fn cases(
    State(office): Shared,
    _: Asker,
    Body(request): Body<Lookup>,
) -> Answer<Vec<CaseView>> {
    person(&request.id_hash)?;
    Ok(Json(lookup::cases(&office, &request.id_hash).await?))
}

/// [`Intake`] event by event, so that one that is not understood does not hold up the others.
#[derive(Deserialize)]
pub(super) struct Batch {
    events: Vec<serde_json::Value>,
}

#[utoipa::path(post, path = "/api/v1/events", operation_id = "events", request_body = Intake,
    responses((status = 200, body = IntakeResult)))]
pub(super) async fn events(
    State(office): Shared,
    Asker(kiosk): Asker,
    Body(batch): Body<Batch>,
) -> Answer<IntakeResult> {
    if batch.events.len() > EVENTS_MAX {
        return Err(bad_request("there are more events in one request than a kiosk sends"));
    }
    let events: Option<Vec<Received>> = batch.events.iter().map(Received::of).collect();
    let events = events.ok_or_else(|| bad_request("an event has no id"))?;
    Ok(Json(intake::take(&office, &kiosk, &events).await?))
}

/// The office's time, for kiosks whose clock was lost.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Time {
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
}

#[utoipa::path(get, path = "/api/v1/time", operation_id = "time",
    responses((status = 200, body = Time)))]
pub(super) async fn time(State(office): Shared, _: Asker) -> Answer<Time> {
    Ok(Json(Time { now: office.clock.now() }))
}

#[utoipa::path(get, path = "/api/v1/invitations/{locator}", operation_id = "invitation",
    params(("locator" = String, Path, description = "the first four signs of the code")),
    responses((status = 200, body = SealedInvitation), (status = 404, body = ErrorAnswer)))]
pub(super) async fn invitation(
    State(office): Shared,
    Path(locator): Path<String>,
) -> Answer<SealedInvitation> {
    match invitations::find(&office, &locator).await? {
        Some(sealed) => Ok(Json(sealed)),
        None => Err(failure(
            StatusCode::NOT_FOUND,
            ErrorKind::NotFound,
            "there is no invitation with this code, or it is no longer valid",
            "look at the code, or have a new one made",
        )),
    }
}

#[utoipa::path(post, path = "/api/v1/invitations/accepted", operation_id = "accepted",
    responses((status = 204), (status = 403, body = ErrorAnswer)))]
pub(super) async fn accepted(
    State(office): Shared,
    Asker(kiosk): Asker,
) -> Result<StatusCode, Failure> {
    invitations::accepted(&office, &kiosk).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/v1/update", operation_id = "update", request_body = UpdateReport,
    responses((status = 200, body = UpdateAnswer), (status = 403, body = ErrorAnswer)))]
pub(super) async fn update(
    State(office): Shared,
    Asker(kiosk): Asker,
    Body(report): Body<UpdateReport>,
) -> Answer<UpdateAnswer> {
    Ok(Json(updates::told(&office, &kiosk, &report).await?))
}

#[utoipa::path(get, path = "/api/v1/update/{id}", operation_id = "update_content",
    params(("id" = u64, Path, description = "an offer of this kiosk's"),
           ("Range" = Option<String>, Header, description = "a part of it, in bytes")),
    responses((status = 200, content_type = "application/octet-stream"), (status = 206),
              (status = 404, body = ErrorAnswer)))]
pub(super) async fn update_content(
    State(office): Shared,
    Asker(kiosk): Asker,
    Path(id): Path<u64>,
    request: Request,
) -> Result<Response, Failure> {
    let Some(path) = updates::content(&office, &kiosk, id).await? else {
        let (message, action) = ("this kiosk has no such offer", "ask again what is offered");
        return Err(failure(StatusCode::NOT_FOUND, ErrorKind::NotFound, message, action));
    };
    match ServeFile::new(path).oneshot(request).await {
        Ok(answer) => Ok(answer.into_response()),
    }
}
