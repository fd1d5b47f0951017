//! Why there is no page, said in words and with the way back.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{frame, guard, page};
use crate::store::{DatabaseError, Office, account::Visit};

pub(super) type Page = Result<Response, Failure>;

/// Why there is no page.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    NotFound,
    Forbidden,
    /// What was asked cannot be read; the sentence says what to correct.
    BadRequest(&'static str),
    /// The address is one that only a button sends something to.
    NotAPage,
    Database,
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "a page failed");
        Self::Database
    }
}

/// Only the status: [`explained`] puts the page around it, which needs to know who asks.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotAPage => StatusCode::METHOD_NOT_ALLOWED,
            Self::Database => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Title and what to do.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotFound => ("没有找到", "这个地址没有内容，或记录已不存在。请从列表重新进入。"),
            Self::Forbidden => {
                ("没有权限", "您的岗位不能打开这里，或这一页已经过期。确有需要请联系管理员。")
            }
            Self::BadRequest(correct) => ("看不懂这个请求", correct),
            Self::NotAPage => ("不能直接打开", "这个地址只供页面上的按钮使用。请从列表重新进入。"),
            Self::Database => {
                ("暂时打不开", "后台数据库没有应答，请稍后重试；仍然不行请联系管理员。")
            }
        }
    }

    /// Why `response` has no page of its own: a failure of ours, or a refusal of the framework.
    fn of(response: &mut Response) -> Option<Self> {
        if let Some(failure) = response.extensions_mut().remove() {
            return Some(failure);
        }
        let kind = response.headers().get(header::CONTENT_TYPE);
        let is_page = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
        match response.status() {
            _ if is_page => None,
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::NotAPage),
            it if it.is_client_error() => {
                Some(Self::BadRequest("地址或表单写得不对。请从列表重新进入，再试一次。"))
            }
            _ => None,
        }
    }
}

/// Gives every failure its page: with the navigation for who is logged in.
pub(super) async fn explained(
    State(office): State<Arc<Office>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    match Failure::of(&mut response) {
        Some(failure) => whole_page(&office, &headers, &failure).await,
        None => response,
    }
}

async fn whole_page(office: &Office, headers: &HeaderMap, failure: &Failure) -> Response {
    let (title, text) = failure.words();
    let content = frame::message(title, text);
    let viewer = guard::viewer(office, headers, Visit::ByItself).await.ok().flatten();
    let with_navigation = match &viewer {
        Some(viewer) => frame::page(office, viewer, "", title, content.clone()).await.ok(),
        None => None,
    };
    let markup = with_navigation.unwrap_or_else(|| frame::card(title, content));
    (failure.status(), page(markup)).into_response()
}
