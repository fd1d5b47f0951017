//! Logging in and out.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::html;

use super::{
    Failure, FormKey, Page, Shared, frame,
    guard::{self, SESSION, cookie},
    page,
};
use crate::store::{
    Office,
    account::{self, LoginError, Viewer, Visit},
    view,
};

/// Carries the key of the login form: nobody has a session yet that could.
const FORM: &str = "office_login";
/// Of an identifier in hex.
const KEY_LENGTH: usize = 32;

#[derive(serde::Deserialize)]
pub(super) struct Credentials {
    user: String,
    password: String,
    #[serde(default)]
    form_key: String,
}

pub(super) async fn form(State(office): Shared, headers: HeaderMap) -> Page {
    if guard::viewer(&office, &headers, Visit::ByItself).await?.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    // Whoever logged out has no cookie any more.
    let ran_out = cookie(&headers, SESSION).is_some();
    let problem = ran_out.then_some("长时间没有操作，已自动退出。请重新登录。");
    login_page(&office, &headers, StatusCode::OK, problem).await
}

/// The form with its key, once in it and once in a cookie that only our own pages send. A browser
/// keeps its key, so that the form in another of its windows still works.
async fn login_page(
    office: &Office,
    headers: &HeaderMap,
    status: StatusCode,
    problem: Option<&str>,
) -> Page {
    let hall = view::hall_name(office).await?;
    let own = cookie(headers, FORM).filter(|it| it.len() == KEY_LENGTH);
    let key = own.map_or_else(|| office.random.identifier(), str::to_owned);
    let content = html! {
        h1 { (hall.in_language("zh-CN")) }
        p { "后台登录" }
        @if let Some(problem) = problem { div."notice bad" role="alert" { (problem) } }
        form method="post" action="/login" {
            input type="hidden" name="form_key" value=(key);
            label { "账号" input name="user" autocomplete="username" required autofocus; }
            label {
                "密码"
                input name="password" type="password" autocomplete="current-password" required;
            }
            button { "登录" }
        }
    };
    let cookie = format!("{FORM}={key}; Path=/login; HttpOnly; SameSite=Strict");
    let markup = page(frame::card("登录", content));
    Ok((status, [(header::SET_COOKIE, cookie)], markup).into_response())
}

pub(super) async fn log_in(
    State(office): Shared,
    headers: HeaderMap,
    Form(form): Form<Credentials>,
) -> Page {
    if cookie(&headers, FORM).is_none_or(|key| key != form.form_key) {
        let problem = "登录页已过期，请再登录一次。";
        return login_page(&office, &headers, StatusCode::FORBIDDEN, Some(problem)).await;
    }
    match account::log_in(&office, &form.user, &form.password).await {
        Ok(token) => {
            let cookie = format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Strict");
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
        }
        Err(LoginError::Wrong) => refused(&office, &headers, "账号或密码不对，请再试一次。").await,
        Err(LoginError::Resting { until }) => {
            let until = office.zone.to_datetime(until).strftime("%H:%M").to_string();
            refused(&office, &headers, &format!("密码错误次数过多，请在 {until} 之后再试。")).await
        }
        Err(LoginError::Database(error)) => Err(error.into()),
    }
}

async fn refused(office: &Office, headers: &HeaderMap, problem: &str) -> Page {
    login_page(office, headers, StatusCode::UNAUTHORIZED, Some(problem)).await
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
