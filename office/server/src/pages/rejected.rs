//! What kiosks reported that cannot be true, for the admin to clear up.

use axum::{
    Form,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
    routing::get,
};
use maud::{Markup, html};
use office_rules::custody::{Contradiction, subject};

use super::{Failure, FormKey, Page, Routes, Shared, frame, page, query, words};
use crate::store::{
    Office,
    account::Viewer,
    rejected::{self, RejectedLine},
};

pub(super) fn routes() -> Routes {
    Routes::new().route("/rejected", get(list).post(clear))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    page: String,
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let at = query::page(&filter.page)?;
    let (lines, more) = rejected::lines(&office, at).await?;
    let open = rejected::open(&office).await?;
    let content = html! {
        div.title {
            h1 { "矛盾上报" }
            p { "自助机上报的与后台记录不符，后台没有照办。" }
        }
        @if open > 0 {
            div.notice role="status" { (open) " 条等待核实：查清原因后点“已核实”。" }
        }
        div.card {
            @if lines.is_empty() {
                (frame::empty("没有矛盾", "自助机上报的都与记录相符。"))
            } @else {
                (table(&office, &viewer, &lines))
                (frame::pages("/rejected?page=", at, more))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/rejected", "矛盾上报", content).await?))
}

fn table(office: &Office, viewer: &Viewer, lines: &[RejectedLine]) -> Markup {
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    td { (words::moment(it.received_at, &office.zone)) }
                    td.nowrap { (it.kiosk_number) " 号机" }
                    td { (what(it)) }
                    td { (words::rejection(&it.because)) }
                    td {
                        @if let Some((at, by)) = &it.cleared {
                            (by) " " (words::moment(*at, &office.zone))
                        } @else { (clear_button(viewer, it)) }
                    }
                }
            }
        }
    };
    frame::table("矛盾上报", &["收到", "自助机", "上报内容", "不符之处", "核实"], rows)
}

/// What was reported.
pub(super) fn name(line: &RejectedLine) -> &'static str {
    line.body.as_ref().map_or("未知上报", words::event)
}

/// The same with what it is about.
fn what(line: &RejectedLine) -> Markup {
    html! {
        (name(line))
        @if let Some((delivery, compartment)) = line.body.as_ref().and_then(subject) {
            " " (compartment) " 号柜"
            small {
                "结果 "
                @if line.because == Contradiction::NoSuchDelivery.to_string() { (delivery) }
                @else { a href={ "/deliveries/" (delivery) } { (delivery) } }
            }
        }
    }
}

fn clear_button(viewer: &Viewer, line: &RejectedLine) -> Markup {
    html! {
        form method="post" action="/rejected" {
            (frame::form_key(viewer))
            input type="hidden" name="kiosk" value=(line.kiosk);
            input type="hidden" name="event" value=(line.event);
            button { "已核实" }
        }
    }
}

#[derive(serde::Deserialize)]
struct Cleared {
    #[serde(flatten)]
    key: FormKey,
    kiosk: String,
    event: String,
}

async fn clear(State(office): Shared, viewer: Viewer, Form(form): Form<Cleared>) -> Page {
    form.key.check(&viewer)?;
    if !rejected::clear(&office, &viewer, &form.kiosk, &form.event).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to("/rejected").into_response())
}
