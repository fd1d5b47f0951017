//! The outbox of notifications. Codes are hidden; who may see one leaves a trace by looking.

use axum::{
    Form,
    extract::{Path, Query, State},
};
use maud::{Markup, html};
use office_rules::message::without_code;

use super::{Failure, FormKey, Page, Shared, frame, page, words};
use crate::store::{
    Office,
    account::Viewer,
    view::{self, NotificationLine, PAGE},
};

#[derive(serde::Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    page: u32,
}

pub(super) async fn list(
    State(office): Shared,
    viewer: Viewer,
    Query(filter): Query<Filter>,
) -> Page {
    let lines = view::notifications(&office, filter.page).await?;
    let content = html! {
        div.title {
            h1 { "通知" }
            p { "取件码默认隐藏。" @if viewer.role.sees_codes() { "查看全文会被记录。" } }
        }
        div.card {
            @if lines.is_empty() {
                (frame::empty("还没有通知", "结果放入自助柜后，给领取人的短信会出现在这里。"))
            } @else {
                (table(&office, &viewer, &lines))
                (frame::pages("/notifications?page=", filter.page, lines.len() == PAGE as usize))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/notifications", "通知", content).await?))
}

fn state(line: &NotificationLine) -> Markup {
    words::badge(if line.sent_at.is_some() { ("已发送", "good") } else { ("待发送", "wait") })
}

fn table(office: &Office, viewer: &Viewer, lines: &[NotificationLine]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "时间" } th { "收信人" } th { "内容" } th { "状态" }
                @if viewer.role.sees_codes() { th { "" } }
            } }
            tbody {
                @for it in lines {
                    tr {
                        td { (words::moment(it.created_at, &office.zone)) }
                        td.nowrap { (it.name_masked) small { (it.recipient_masked) } }
                        td.code { (without_code(&it.body)) }
                        td { (state(it)) }
                        @if viewer.role.sees_codes() {
                            td {
                                form method="post" action={ "/notifications/" (it.id) } {
                                    input type="hidden" name="form_key" value=(viewer.form_key);
                                    button.quiet { "全文" }
                                }
                            }
                        }
                    }
                }
            }
        } }
    }
}

pub(super) async fn reveal(
    State(office): Shared,
    viewer: Viewer,
    Path(id): Path<String>,
    Form(key): Form<FormKey>,
) -> Page {
    key.check(&viewer)?;
    if !viewer.role.sees_codes() {
        return Err(Failure::Forbidden);
    }
    let line = view::reveal_notification(&office, &viewer, &id).await?.ok_or(Failure::NotFound)?;
    let content = html! {
        div.title { h1 { "通知全文" } (state(&line)) }
        div.notice { "本次查看已记录。请在核实本人身份后再告知取件码。" }
        div.card {
            dl {
                dt { "收信人" } dd { (line.name_masked) " " (line.recipient_masked) }
                dt { "时间" } dd { (words::moment(line.created_at, &office.zone)) }
                dt { "内容" } dd.code { (line.body) }
            }
        }
        a."button quiet" href="/notifications" { "返回通知列表" }
    };
    Ok(page(frame::page(&office, &viewer, "/notifications", "通知全文", content).await?))
}
