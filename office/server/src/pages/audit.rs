//! Who looked at what and did what, for the admin.

use axum::{
    extract::{Query, State},
    routing::get,
};
use maud::{Markup, html};

use super::{Failure, Page, Routes, Shared, frame, page, query, words};
use crate::store::{
    Office,
    account::{self, Viewer},
    audit::{self, Act, AuditLine},
    word_of,
};

pub(super) fn routes() -> Routes {
    Routes::new().route("/audit", get(list))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    act: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    page: String,
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let (act, at) = (query::choice(&filter.act, &Act::ALL)?, query::page(&filter.page)?);
    let users = account::users(&office).await?;
    let user = filter.user.as_str();
    if !user.is_empty() && users.iter().all(|it| it.0 != user) {
        return Err(Failure::BadRequest("没有这个账号。请从列表上方的筛选中选择。"));
    }
    let (lines, more) = audit::lines(&office, act, user, at).await?;
    let content = html! {
        div.title { h1 { "操作记录" } p { "谁在什么时候看了什么、做了什么。只增不改。" } }
        (search(&users, user, act))
        div.card {
            @if lines.is_empty() {
                (frame::empty("没有符合条件的记录", "换一个账号或事项再试。"))
            } @else {
                (table(&office, &lines))
                @let act = act.map(|it| word_of(&it)).unwrap_or_default();
                (frame::pages(&format!("/audit?act={act}&user={user}&page="), at, more))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/audit", "操作记录", content).await?))
}

fn search(users: &[(String, String)], user: &str, act: Option<Act>) -> Markup {
    html! {
        form.filter action="/audit" {
            label {
                "账号 "
                select name="user" {
                    option value="" { "全部" }
                    @for (it, name) in users {
                        option value=(it) selected[it == user] { (name) "（" (it) "）" }
                    }
                }
            }
            label {
                "事项 "
                select name="act" {
                    option value="" { "全部" }
                    @for it in Act::ALL {
                        option value=(word_of(&it)) selected[act == Some(it)] { (words::act(it)) }
                    }
                }
            }
            button { "筛选" }
        }
    }
}

fn table(office: &Office, lines: &[AuditLine]) -> Markup {
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    td { (words::moment(it.at, &office.zone)) }
                    td.nowrap {
                        (it.name.as_deref().unwrap_or("账号已删除")) small { (it.user) }
                    }
                    td.nowrap { (words::act(it.act)) }
                    td { (subject(it)) }
                }
            }
        }
    };
    frame::table("操作记录", &["时间", "何人", "事项", "对象"], rows)
}

fn subject(line: &AuditLine) -> Markup {
    html! {
        @match line.act {
            Act::LookAtCase => { a href={ "/cases/" (line.subject) } { (line.subject) } }
            Act::LookAtDelivery => { a href={ "/deliveries/" (line.subject) } { (line.subject) } }
            Act::RevealNotification => { "通知 " (line.subject) }
            Act::AnswerHelpCall => { "求助 " (line.subject) }
            Act::AnswerAlarm => { "报警 " (line.subject) }
            Act::ClearRejection => { "上报 " (line.subject) }
            Act::LogIn | Act::LogOut => { "—" }
        }
    }
}
