//! Kiosks with their devices, and calls for help.

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use maud::{Markup, html};
use office_rules::{attention::is_away, role::Right};

use super::{FormKey, Page, Routes, Shared, frame, page, upkeep as parts, words};
use crate::store::{
    Office,
    account::Viewer,
    update::{KioskVersion, OfferLine},
    upkeep,
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
    let versions = office.database.kiosk_versions().await?;
    let calls = view::help_calls(&office).await?;
    let alarms = upkeep::alarms(&office).await?;
    let ringing = upkeep::open_alarms(&office).await?;
    let inspections = upkeep::inspections(&office).await?;
    let waiting = calls.iter().filter(|it| it.answered.is_none()).count();
    let content = html! {
        div.title { h1 { "自助机" } p { (kiosks.len()) " 台" } }
        @if ringing > 0 {
            div."notice bad" role="alert" { (ringing) " 个报警等待处理。" }
        }
        @if waiting > 0 {
            div.notice role="status" { (waiting) " 个求助等待处理。" }
        }
        div.thirds { @for it in &kiosks {
            @let version = versions.iter().find(|version| version.kiosk == it.id);
            (kiosk(&office, it, version))
        } }
        div.card #help { h2 { "求助" } (help(&office, &viewer, &calls)) }
        div.card #alarms { h2 { "报警" } (parts::alarms(&office, &viewer, &alarms)) }
        div.card #inspections { h2 { "巡检" } (parts::inspections(&office, &inspections)) }
    };
    Ok(page(frame::page(&office, &viewer, "/kiosks", "自助机", content).await?))
}

fn kiosk(office: &Office, kiosk: &KioskLine, version: Option<&KioskVersion>) -> Markup {
    let now = office.clock.now();
    html! {
        section.card id=(kiosk.id) {
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
                @if let Some(running) = version.and_then(|it| it.running.as_ref()) {
                    dt { "软件版本" } dd { (running) }
                }
                @if let Some(offer) = version.and_then(|it| it.offer.as_ref()) {
                    dt { "软件更新" } dd { (update(office, offer)) }
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

fn update(office: &Office, offer: &OfferLine) -> Markup {
    html! {
        (offer.version) " " (words::badge(words::update_state(offer.state))) " "
        (words::moment(offer.since, &office.zone))
        @if let Some(because) = &offer.because { br; (because) }
    }
}

fn help(office: &Office, viewer: &Viewer, calls: &[HelpCall]) -> Markup {
    if calls.is_empty() {
        return frame::empty("没有求助", "有人在自助机上点“求助”时会出现在这里。");
    }
    let rows = html! {
        tbody {
            @for it in calls {
                tr {
                    td { (words::moment(it.at, &office.zone)) }
                    td.nowrap { (it.kiosk_number) " 号机" }
                    td { (words::screen(&it.screen)) }
                    td {
                        @if let Some((at, by)) = &it.answered {
                            (by) " " (words::moment(*at, &office.zone))
                        } @else { (answer_button(viewer, it)) }
                    }
                }
            }
        }
    };
    frame::table("求助", &["时间", "自助机", "当时在办", "处理"], rows)
}

/// Says that somebody took care of it.
pub(super) fn answer_button(viewer: &Viewer, call: &HelpCall) -> Markup {
    html! {
        @if viewer.role.may(Right::AnswerHelp) {
            form method="post" action={ "/help/" (call.kiosk) "/" (call.event) } {
                (frame::form_key(viewer))
                button { "已处理" }
            }
        } @else { "等待处理" }
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
    Ok(Redirect::to("/kiosks#help").into_response())
}
