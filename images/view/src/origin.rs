//! Only the page itself, and scripts, may operate the machine: not whatever else a browser has open.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::Refusal;

/// Refuses what another page asks for, and names that somebody else's server has given this address.
pub(crate) async fn own_only(request: Request, next: Next) -> Response {
    match is_own(request.headers()) {
        true => next.run(request).await,
        false => Refusal::Foreign.into_response(),
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let said = |name: HeaderName| headers.get(name).map(|it| it.to_str().unwrap_or_default());
    let host = said(HOST).unwrap_or_default();
    let same = match said(ORIGIN) {
        // Scripts, and a page that is opened, say nothing.
        None => true,
        Some(origin) => origin.strip_prefix("http://") == Some(host),
    };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    same && (name == "localhost" || address.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_page_and_another_name_are_refused() {
        let asks = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().expect("an origin"));
            }
            is_own(&headers)
        };
        assert!(asks("127.0.0.1:8025", None));
        assert!(asks("127.0.0.1:8025", Some("http://127.0.0.1:8025")));
        assert!(asks("localhost:8025", Some("http://localhost:8025")));
        assert!(asks("[::1]:8025", None));
        assert!(!asks("127.0.0.1:8025", Some("http://elsewhere.example")));
        assert!(!asks("127.0.0.1:8025", Some("null")));
        assert!(!asks("elsewhere.example:8025", Some("http://elsewhere.example:8025")));
    }
}
