//! Kiosks with their devices, calls for help, and what kiosks reported that cannot be true.

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use jiff::Timestamp;
use maud::{Markup, html};
use office_rules::attention::is_away;

use super::{FormKey, Page, Routes, Shared, frame, page, words};
use crate::store::{
    Office,
    account::Viewer,
    view::{self, HelpCall, KioskLine},
};

pub(super) fn routes() -> Routes {
    Routes::new().route("/kiosks", get(overview))
}

pub(super) fn help_routes() -> Routes {
    Routes::new().route("/help/{kiosk}/{event}", post(answer))
}

async fn overview(State(office): Shared, viewer: Viewer) -> Page {
    let kiosks = view::kiosks(&office).await?;
    let calls = view::help_calls(&office).await?;
    let rejected = view::rejected(&office).await?;
    let waiting = calls.iter().filter(|it| it.answered.is_none()).count();
    let content = html! {
        div.title { h1 { "自助机" } p { (kiosks.len()) " 台" } }
        @if waiting > 0 {
            div.notice role="status" { (waiting) " 个求助等待处理。" }
        }
        div.thirds { @for it in &kiosks { (kiosk(&office, it)) } }
        div.columns {
            div.card { h2 { "求助" } (help(&office, &viewer, &calls)) }
            div.card { h2 { "矛盾的上报" } (contradictions(&office, &rejected)) }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/kiosks", "自助机", content).await?))
}

fn kiosk(office: &Office, kiosk: &KioskLine) -> Markup {
    let now = office.clock.now();
    html! {
        section.card {
            h2 {
                (kiosk.number) " 号机 " (kiosk.place.in_language("zh-CN")) " "
                @match kiosk.last_seen_at {
                    seen if !is_away(seen, now) => (words::badge(("在线", "good"))),
                    Some(_) => (words::badge(("离线", "bad"))),
                    None => (words::badge(("从未连接", ""))),
                }
            }
            dl {
                dt { "编号" } dd { (kiosk.id) }
                dt { "最近连接" }
                dd {
                    @if let Some(seen) = kiosk.last_seen_at { (words::moment(seen, &office.zone)) }
                    @else { "—" }
                }
                @for (name, state, since) in &kiosk.devices {
                    dt { (words::device(name)) }
                    dd {
                        @let (word, class) = words::device_state(state);
                        span class={ "badge " (class) } { (word) } " "
                        (words::moment(*since, &office.zone))
                    }
                }
            }
            @if kiosk.devices.is_empty() { p.empty { "还没有设备上报状态。" } }
        }
    }
}

fn help(office: &Office, viewer: &Viewer, calls: &[HelpCall]) -> Markup {
    html! {
        @if calls.is_empty() {
            (frame::empty("没有求助", "有人在自助机上点“求助”时会出现在这里。"))
        } @else {
            div.scroll { table {
                thead { tr { th { "时间" } th { "自助机" } th { "界面" } th { "处理" } } }
                tbody {
                    @for it in calls {
                        tr {
                            td { (words::moment(it.at, &office.zone)) }
                            td.nowrap { (it.kiosk_number) " 号机" }
                            td { (it.screen) }
                            td {
                                @if let Some((at, by)) = &it.answered {
                                    (by) " " (words::moment(*at, &office.zone))
                                } @else {
                                    form method="post" action={ "/help/" (it.kiosk) "/" (it.event) } {
                                        input type="hidden" name="form_key" value=(viewer.form_key);
                                        button { "已处理" }
                                    }
                                }
                            }
                        }
                    }
                }
            } }
        }
    }
}

fn contradictions(office: &Office, rejected: &[(Timestamp, String, String)]) -> Markup {
    html! {
        @if rejected.is_empty() {
            (frame::empty("没有矛盾", "自助机上报的都与记录相符。"))
        } @else {
            div.scroll { table {
                thead { tr { th { "时间" } th { "自助机" } th { "原因" } } }
                tbody {
                    @for (at, kiosk, because) in rejected {
                        tr {
                            td { (words::moment(*at, &office.zone)) }
                            td { (kiosk) }
                            td { (because) }
                        }
                    }
                }
            } }
        }
    }
}

async fn answer(
    State(office): Shared,
    viewer: Viewer,
    Path((kiosk, event)): Path<(String, String)>,
    Form(key): Form<FormKey>,
) -> Page {
    key.check(&viewer)?;
    view::answer_help_call(&office, &viewer, &kiosk, &event).await?;
    Ok(Redirect::to("/kiosks").into_response())
}
