//! The appointments of a day.

use axum::{
    extract::{Query, State},
    routing::get,
};
use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};
use wire::{Appointment, DayKind};

use super::{Page, Routes, Shared, frame, page, words};
use crate::store::{account::Viewer, view};

pub(super) fn routes() -> Routes {
    Routes::new().route("/appointments", get(list))
}

#[derive(serde::Deserialize)]
struct Day {
    date: Option<Date>,
}

async fn list(State(office): Shared, viewer: Viewer, Query(day): Query<Day>) -> Page {
    let today = office.day_at(office.clock.now());
    let date = day.date.unwrap_or(today);
    let plan = office.calendar.day(date);
    let lines = view::appointments(&office, date).await?;
    let (before, after) = (date.checked_sub(1.day()).ok(), date.checked_add(1.day()).ok());
    let content = html! {
        div.title {
            h1 { @if date == today { "今日预约" } @else { "预约" } }
            p { (words::day(date)) " · " (kind(plan.kind)) " · 共 " (lines.len()) " 个" }
        }
        @if plan.provisional {
            div.notice { (date.year()) " 年放假安排尚未公布，开放时间可能调整。" }
        }
        nav.filter aria-label="换一天" {
            @if let Some(before) = before {
                a href={ "/appointments?date=" (before) } { "← " (words::day(before)) }
            }
            a href="/appointments" aria-current=[(date == today).then_some("true")] { "今天" }
            @if let Some(after) = after {
                a href={ "/appointments?date=" (after) } { (words::day(after)) " →" }
            }
        }
        div.card {
            @if lines.is_empty() {
                @let closed = plan.hours.is_empty() && plan.extended.is_empty();
                (frame::empty(
                    "这一天没有预约",
                    if closed { "大厅这一天不开放。" } else { "新的预约会出现在这里。" },
                ))
            } @else {
                (table(&lines))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/appointments", "今日预约", content).await?))
}

fn kind(kind: DayKind) -> &'static str {
    match kind {
        DayKind::Workday => "工作日",
        DayKind::MakeUpWorkday => "调休上班",
        DayKind::Weekend => "周末",
        DayKind::Holiday => "法定假日",
    }
}

fn table(lines: &[Appointment]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "时间" } th { "号码" } th { "预约人" } th { "事项" } th { "窗口" } th { "状态" }
            } }
            tbody {
                @for it in lines {
                    tr {
                        td.nowrap {
                            (it.slot.starts.strftime("%H:%M").to_string())
                            @if it.slot.extended { " " (words::badge(("延时", "wait"))) }
                        }
                        td.nowrap { (it.number) }
                        td.nowrap { (it.name_masked) }
                        td { (it.item_name.in_language("zh-CN")) }
                        td {
                            (it.window_type.in_language("zh-CN"))
                            small { (it.place.in_language("zh-CN")) }
                        }
                        td { (words::badge(words::appointment_state(it.state))) }
                    }
                }
            }
        } }
    }
}
