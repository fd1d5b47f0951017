//! Logging in and out.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use super::{
    Failure, FormKey, Page, Shared, frame,
    guard::{SESSION, cookie},
    page,
};
use crate::store::{
    Office,
    account::{self, LoginError, Viewer},
    view,
};

#[derive(serde::Deserialize)]
pub(super) struct Credentials {
    user: String,
    password: String,
}

pub(super) async fn form(State(office): Shared) -> Page {
    Ok(page(login_page(&office, None).await?))
}

async fn login_page(office: &Office, problem: Option<&str>) -> Result<Markup, Failure> {
    let hall = view::hall_name(office).await?;
    let content = html! {
        h1 { (hall.in_language("zh-CN")) }
        p { "后台登录" }
        @if let Some(problem) = problem { div."notice bad" role="alert" { (problem) } }
        form method="post" action="/login" {
            label { "账号" input name="user" autocomplete="username" required autofocus; }
            label {
                "密码"
                input name="password" type="password" autocomplete="current-password" required;
            }
            button { "登录" }
        }
    };
    Ok(frame::card("登录", content))
}

pub(super) async fn log_in(State(office): Shared, Form(form): Form<Credentials>) -> Page {
    match account::log_in(&office, &form.user, &form.password).await {
        Ok(token) => {
            let cookie = format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Strict");
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
        }
        Err(LoginError::Wrong) => refused(&office, "账号或密码不对，请再试一次。").await,
        Err(LoginError::Resting { until }) => {
            let until = office.zone.to_datetime(until).strftime("%H:%M").to_string();
            refused(&office, &format!("密码错误次数过多，请在 {until} 之后再试。")).await
        }
        Err(LoginError::Database(error)) => Err(error.into()),
    }
}

async fn refused(office: &Office, problem: &str) -> Page {
    let markup = login_page(office, Some(problem)).await?;
    Ok((StatusCode::UNAUTHORIZED, page(markup)).into_response())
}

pub(super) async fn log_out(
    State(office): Shared,
    viewer: Viewer,
    headers: HeaderMap,
    Form(key): Form<FormKey>,
) -> Result<Response, Failure> {
    key.check(&viewer)?;
    if let Some(token) = cookie(&headers, SESSION) {
        account::log_out(&office, &viewer, token).await?;
    }
    let cookie = format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}
