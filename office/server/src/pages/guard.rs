//! Who comes through to a page: somebody logged in whose role may open it, with our own forms.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
};
use office_rules::role::Right;

use super::{Failure, Routes};
use crate::store::{
    Office,
    account::{self, Viewer, Visit},
};

/// Carries the session's token.
pub(super) const SESSION: &str = "office_session";

/// Opens `routes` to who is logged in and has `right`; none: to everybody who is logged in.
pub(super) fn for_staff(office: &Arc<Office>, right: Option<Right>, routes: Routes) -> Routes {
    let state = (Arc::clone(office), right);
    routes.route_layer(middleware::from_fn_with_state(state, admitted))
}

async fn admitted(
    State((office, right)): State<(Arc<Office>, Option<Right>)>,
    mut request: Request,
    next: Next,
) -> Response {
    // The home page asks again by itself where somebody wanted that; nobody need sit there.
    let by_itself = request.uri().query() == Some(super::home::BY_ITSELF);
    let visit = if by_itself { Visit::ByItself } else { Visit::ByHand };
    match viewer(&office, request.headers(), visit).await {
        Err(failure) => failure.into_response(),
        Ok(None) => Redirect::to("/login").into_response(),
        Ok(Some(viewer)) if !right.is_none_or(|it| viewer.role.may(it)) => {
            Failure::Forbidden.into_response()
        }
        Ok(Some(viewer)) => {
            request.extensions_mut().insert(viewer);
            next.run(request).await
        }
    }
}

/// Who sends this request.
pub(super) async fn viewer(
    office: &Office,
    headers: &HeaderMap,
    visit: Visit,
) -> Result<Option<Viewer>, Failure> {
    match cookie(headers, SESSION) {
        Some(token) => Ok(account::viewer(office, token, visit).await?),
        None => Ok(None),
    }
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).iter().find_map(|cookies| {
        cookies.to_str().ok()?.split(';').find_map(|it| {
            let (name, value) = it.trim().split_once('=')?;
            (name == wanted).then_some(value)
        })
    })
}

/// [`for_staff`] found out who it is.
impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().expect("only routes of for_staff have a viewer").clone())
    }
}

/// A form that carries the session's key came from our own page.
#[derive(serde::Deserialize)]
pub(super) struct FormKey {
    form_key: String,
}

impl FormKey {
    pub(super) fn check(&self, viewer: &Viewer) -> Result<(), Failure> {
        if self.form_key == viewer.form_key { Ok(()) } else { Err(Failure::Forbidden) }
    }
}

/// Nothing of a page is kept by a shared computer, and no other site can frame or script it.
pub(super) async fn sealed(request: Request, next: Next) -> Response {
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
