//! What lies in the lockers: doubtful and overdue first.

use axum::{
    extract::{Query, State},
    routing::get,
};
use maud::{Markup, html};
use wire::DeliveryState;

use super::{Page, Routes, Shared, frame, page, words};
use crate::store::{
    Office,
    account::Viewer,
    view::{self, DeliveryLine, PAGE},
    word_of,
};

const STATES: [DeliveryState; 5] = [
    DeliveryState::Uncertain,
    DeliveryState::InCompartment,
    DeliveryState::Expected,
    DeliveryState::HandedOver,
    DeliveryState::Recalled,
];

pub(super) fn routes() -> Routes {
    Routes::new().route("/deliveries", get(list))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: u32,
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let state = STATES.into_iter().find(|it| word_of(it) == filter.state);
    let lines = view::deliveries(&office, state, filter.page).await?;
    let (counts, overdue) = view::delivery_counts(&office).await?;
    let of = |state: DeliveryState| counts.iter().find(|it| it.0 == state).map_or(0, |it| it.1);
    let doubtful = of(DeliveryState::Uncertain);
    let total: i64 = counts.iter().map(|it| it.1).sum();
    let content = html! {
        div.title { h1 { "自助柜" } p { "在柜中 " (of(DeliveryState::InCompartment)) " 件" } }
        @if doubtful > 0 {
            div."notice bad" role="status" {
                (doubtful) " 件状态不明：请到现场开柜查看，并在自助机的工作人员模式中核实。"
            }
        }
        @if overdue > 0 {
            div.notice role="status" { (overdue) " 件超过存放期限，请取回到窗口。" }
        }
        nav.filter aria-label="按状态筛选" {
            a href="/deliveries" aria-current=[state.is_none().then_some("true")] {
                "全部" b { (total) }
            }
            @for it in STATES {
                a href={ "/deliveries?state=" (word_of(&it)) }
                    aria-current=[(state == Some(it)).then_some("true")] {
                    (words::delivery_state(it).0) b { (of(it)) }
                }
            }
        }
        div.card {
            @if lines.is_empty() {
                (frame::empty("没有这样的结果", "换一个状态查看。"))
            } @else {
                (table(&office, &lines))
                @let shown = i64::from(filter.page + 1) * i64::from(PAGE);
                @let more = shown < state.map_or(total, of);
                @let state = state.map(|it| word_of(&it)).unwrap_or_default();
                (frame::pages(&format!("/deliveries?state={state}&page="), filter.page, more))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/deliveries", "自助柜", content).await?))
}

fn table(office: &Office, lines: &[DeliveryLine]) -> Markup {
    let today = office.day_at(office.clock.now());
    html! {
        div.scroll { table {
            thead { tr {
                th { "状态" } th { "结果" } th { "领取人" } th { "位置" } th { "存放至" } th { "办件" }
                th { "更新" }
            } }
            tbody {
                @for it in lines {
                    @let lies = it.state == DeliveryState::InCompartment;
                    @let overdue = lies && it.hold_until.is_some_and(|date| date < today);
                    tr {
                        td {
                            (words::badge(words::delivery_state(it.state)))
                            @if let Some(because) = &it.look_because {
                                small { (words::doubt(because)) }
                            }
                        }
                        td { (it.document.in_language("zh-CN")) }
                        td.nowrap { (it.receiver_masked) }
                        td.nowrap {
                            @match it.kiosk {
                                Some(number) => { (number) " 号机" },
                                None => "任一自助机",
                            }
                            @if let Some(way) = it.compartment { " · " (way) " 号柜" }
                        }
                        td.nowrap {
                            @if let Some(date) = it.hold_until.filter(|_| it.compartment.is_some()) {
                                (date) " "
                                @if overdue { (words::badge(("超期", "bad"))) }
                            } @else { "—" }
                        }
                        td.nowrap { a href={ "/cases/" (it.case) } { (it.case) } }
                        td { (words::moment(it.updated_at, &office.zone)) }
                    }
                }
            }
        } }
    }
}
