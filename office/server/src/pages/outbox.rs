//! The outbox of notifications. Codes are hidden; who may see one leaves a trace by looking.

use axum::{
    Form,
    extract::{Path, Query, State},
    routing::{get, post},
};
use maud::{Markup, html};
use office_rules::{message::without_code, role::Right};

use super::{Failure, FormKey, Page, Routes, Shared, frame, page, query, words};
use crate::store::{
    Office,
    account::Viewer,
    view::{self, NotificationLine, PAGE},
};

pub(super) fn routes() -> Routes {
    Routes::new().route("/notifications", get(list))
}

pub(super) fn code_routes() -> Routes {
    Routes::new().route("/notifications/{id}", post(reveal))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    page: String,
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let at = query::page(&filter.page)?;
    let lines = view::notifications(&office, at).await?;
    let content = html! {
        div.title {
            h1 { "通知" }
            p { "短信网关取走后才算已发送；没有接入网关时一直是待发送。取件码默认隐藏。" @if viewer.role.may(Right::RevealCode) { "查看全文会被记录。" } }
        }
        div.card {
            @if lines.is_empty() {
                (frame::empty("还没有通知", "结果放入自助柜后，给领取人的短信会出现在这里。"))
            } @else {
                (table(&office, &viewer, &lines))
                (frame::pages("/notifications?page=", at, lines.len() == PAGE as usize))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/notifications", "通知", content).await?))
}

fn state(line: &NotificationLine) -> Markup {
    words::badge(if line.sent_at.is_some() { ("已发送", "good") } else { ("待发送", "wait") })
}

fn table(office: &Office, viewer: &Viewer, lines: &[NotificationLine]) -> Markup {
    let reveals = viewer.role.may(Right::RevealCode);
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    td { (words::moment(it.created_at, &office.zone)) }
                    td.nowrap { (it.name_masked) small { (it.recipient_masked) } }
                    td.code { (without_code(&it.body)) }
                    td { (state(it)) }
                    @if reveals {
                        td {
                            form method="post" action={ "/notifications/" (it.id) } {
                                (frame::form_key(viewer))
                                button.quiet { "全文" }
                            }
                        }
                    }
                }
            }
        }
    };
    let columns = ["时间", "收信人", "内容", "状态", "查看"];
    frame::table("通知", &columns[..if reveals { 5 } else { 4 }], rows)
}

async fn reveal(
    State(office): Shared,
    viewer: Viewer,
    Path(id): Path<String>,
    Form(key): Form<FormKey>,
) -> Page {
    key.check(&viewer)?;
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
