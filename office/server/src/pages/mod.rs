//! Staff pages: rendered on the server, usable by keyboard, without scripts.

use std::sync::Arc;

use axum::Router;

use crate::store::Office;

/// All pages.
pub(crate) fn router(_office: Arc<Office>) -> Router {
    Router::new()
}
