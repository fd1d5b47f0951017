//! The appointments of a day, slot by slot; made to be printed, too.

use axum::{
    extract::{Query, State},
    routing::get,
};
use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};
use wire::{Appointment, AppointmentState, DayKind, Slot};

use super::{Failure, Page, Routes, Shared, frame, page, query, words};
use crate::store::{
    DatabaseError, Office,
    account::Viewer,
    appointment,
    day::{self, WindowType},
    word_of,
};

const STATES: [AppointmentState; 5] = [
    AppointmentState::Booked,
    AppointmentState::CheckedIn,
    AppointmentState::Done,
    AppointmentState::Missed,
    AppointmentState::Cancelled,
];

pub(super) fn routes() -> Routes {
    Routes::new().route("/appointments", get(list))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    date: String,
    #[serde(default)]
    window: String,
    #[serde(default)]
    state: String,
}

/// What of a day is shown.
struct Wanted {
    date: Date,
    window_type: Option<WindowType>,
    state: Option<AppointmentState>,
}

impl Wanted {
    fn of(filter: &Filter, today: Date, types: &[WindowType]) -> Result<Self, Failure> {
        let window_type = types.iter().find(|it| it.id == filter.window).cloned();
        if window_type.is_none() && !filter.window.is_empty() {
            return Err(Failure::BadRequest("没有这样的窗口类型。请从列表上方的筛选中选择。"));
        }
        let date = query::date(&filter.date)?.unwrap_or(today);
        Ok(Self { date, window_type, state: query::choice(&filter.state, &STATES)? })
    }

    /// The same on another day.
    fn address(&self, date: Date) -> String {
        let window_type = self.window_type.as_ref().map_or("", |it| &it.id);
        let state = self.state.map(|it| word_of(&it)).unwrap_or_default();
        format!("/appointments?date={date}&window={window_type}&state={state}")
    }
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let today = office.day_at(office.clock.now());
    let types = day::window_types(&office).await?;
    let wanted = Wanted::of(&filter, today, &types)?;
    let groups = groups(&office, &wanted).await?;
    let count: usize = groups.iter().map(|it| it.lines.len()).sum();
    let plan = office.calendar.day(wanted.date);
    let closed = plan.hours.is_empty() && plan.extended.is_empty();
    let content = html! {
        div.title {
            h1 { @if wanted.date == today { "今日预约" } @else { "预约" } }
            p { (words::day(wanted.date)) " · " (kind(plan.kind)) " · 共 " (count) " 个" }
            (days(&wanted, today))
        }
        @if plan.provisional {
            div.notice { (wanted.date.year()) " 年放假安排尚未公布，开放时间可能调整。" }
        }
        (search(&wanted, &types))
        div.card {
            @if groups.is_empty() { (nothing(&wanted, closed)) } @else { (table(&groups)) }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/appointments", "预约", content).await?))
}

/// A slot with those of its appointments that are shown.
struct Group {
    slot: Slot,
    window: String,
    place: String,
    lines: Vec<Appointment>,
}

/// Slots with appointments; of one window type all slots, for who looks for a free place.
async fn groups(office: &Office, wanted: &Wanted) -> Result<Vec<Group>, DatabaseError> {
    let id = wanted.window_type.as_ref().map(|it| it.id.as_str());
    let lines = day::appointments(office, wanted.date, id, wanted.state).await?;
    let mut groups = Vec::new();
    if let Some(window_type) = wanted.window_type.as_ref().filter(|_| wanted.state.is_none()) {
        let slots = appointment::slots_on(office, &window_type.id, wanted.date).await?;
        groups.extend(slots.into_iter().map(|slot| Group {
            slot,
            window: window_type.name.in_language("zh-CN").to_owned(),
            place: window_type.place.in_language("zh-CN").to_owned(),
            lines: Vec::new(),
        }));
    }
    for line in lines {
        match groups.iter_mut().find(|it| it.slot.id == line.slot.id) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group {
                slot: line.slot.clone(),
                window: line.window_type.in_language("zh-CN").to_owned(),
                place: line.place.in_language("zh-CN").to_owned(),
                lines: vec![line],
            }),
        }
    }
    Ok(groups)
}

fn days(wanted: &Wanted, today: Date) -> Markup {
    let date = wanted.date;
    let (before, after) = (date.checked_sub(1.day()).ok(), date.checked_add(1.day()).ok());
    html! {
        nav.filter aria-label="换一天" {
            @if let Some(before) = before {
                a href=(wanted.address(before)) rel="prev" { "← " (words::day(before)) }
            }
            a href=(wanted.address(today)) aria-current=[(date == today).then_some("true")] {
                "今天"
            }
            @if let Some(after) = after {
                a href=(wanted.address(after)) rel="next" { (words::day(after)) " →" }
            }
        }
    }
}

fn search(wanted: &Wanted, types: &[WindowType]) -> Markup {
    let chosen = wanted.window_type.as_ref().map(|it| &it.id);
    html! {
        form.filter action="/appointments" {
            label { "日期 " input type="date" name="date" value=(wanted.date); }
            label {
                "窗口 "
                select name="window" {
                    option value="" { "全部" }
                    @for it in types {
                        option value=(it.id) selected[chosen == Some(&it.id)] {
                            (it.name.in_language("zh-CN"))
                        }
                    }
                }
            }
            label {
                "状态 "
                select name="state" {
                    option value="" { "全部" }
                    @for it in STATES {
                        option value=(word_of(&it)) selected[wanted.state == Some(it)] {
                            (words::appointment_state(it).0)
                        }
                    }
                }
            }
            button { "筛选" }
        }
    }
}

fn nothing(wanted: &Wanted, closed: bool) -> Markup {
    let narrowed = wanted.window_type.is_some() || wanted.state.is_some();
    match (closed, narrowed) {
        (true, _) => frame::empty("这一天没有预约", "大厅这一天不开放。"),
        (false, true) => frame::empty("没有符合条件的预约", "换一个窗口或状态再试。"),
        (false, false) => frame::empty("这一天没有预约", "新的预约会出现在这里。"),
    }
}

fn kind(kind: DayKind) -> &'static str {
    match kind {
        DayKind::Workday => "工作日",
        DayKind::MakeUpWorkday => "调休上班",
        DayKind::Weekend => "周末",
        DayKind::Holiday => "法定假日",
    }
}

fn table(groups: &[Group]) -> Markup {
    let rows = html! {
        @for it in groups {
            tbody.group {
                (slot_row(it))
                @for it in &it.lines { (row(it)) }
            }
        }
    };
    frame::table("预约", &["号码", "预约人", "事项", "状态"], rows)
}

/// When, where, and how much of it is taken.
fn slot_row(group: &Group) -> Markup {
    let slot = &group.slot;
    let ends = slot.starts.wrapping_add(i64::from(slot.minutes).minutes());
    let taken = slot.capacity - slot.left;
    html! {
        tr { th scope="rowgroup" colspan="4" { div.slot {
            span {
                (slot.starts.strftime("%H:%M").to_string()) "–"
                (ends.strftime("%H:%M").to_string())
            }
            span { (group.window) small { (group.place) } }
            span {
                @if slot.extended { (words::badge(("延时", "wait"))) " " }
                @if slot.left == 0 { (words::badge(("已约满", "bad"))) " " }
                "已约 " (taken) " / " (slot.capacity)
            }
        } } }
    }
}

fn row(it: &Appointment) -> Markup {
    html! {
        tr {
            th.nowrap scope="row" { (it.number) }
            td.nowrap { (it.name_masked) }
            td { (it.item_name.in_language("zh-CN")) }
            td { (words::badge(words::appointment_state(it.state))) }
        }
    }
}
