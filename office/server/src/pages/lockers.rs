//! What lies in the lockers: doubtful and overdue first; and one result with its whole way.

use axum::{
    extract::{Path, Query, State},
    routing::get,
};
use maud::{Markup, html};
use office_rules::{attention::is_overdue, role::Right};
use wire::{CompartmentSize, DeliveryState};

use super::{Failure, Page, Routes, Shared, custody, frame, page, query, words};
use crate::store::{
    Office,
    account::Viewer,
    audit::{self, Act},
    lockers::{self, DeliveryLine, Wanted},
    view::PAGE,
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
    Routes::new()
        .route("/deliveries", get(list))
        .route("/deliveries/{id}", get(detail))
        .route("/compartments/{kiosk}/{way}", get(compartment))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    state: String,
    #[serde(default)]
    overdue: String,
    #[serde(default)]
    page: String,
}

impl Filter {
    /// What is overdue lies in a compartment: the two questions are never asked together.
    fn wanted(&self) -> Result<Wanted, Failure> {
        match (query::choice(&self.state, &STATES)?, query::yes(&self.overdue)?) {
            (None, false) => Ok(Wanted::All),
            (Some(state), false) => Ok(Wanted::In(state)),
            (None | Some(DeliveryState::InCompartment), true) => Ok(Wanted::Overdue),
            (Some(_), true) => {
                Err(Failure::BadRequest("只有在柜中的结果才会超期。请只选“超期”或只选状态。"))
            }
        }
    }
}

/// How many there are of each.
struct Counts {
    states: Vec<(DeliveryState, i64)>,
    overdue: i64,
}

impl Counts {
    fn of(&self, wanted: Wanted) -> i64 {
        match wanted {
            Wanted::All => self.states.iter().map(|it| it.1).sum(),
            Wanted::In(state) => self.states.iter().find(|it| it.0 == state).map_or(0, |it| it.1),
            Wanted::Overdue => self.overdue,
        }
    }
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let (wanted, at) = (filter.wanted()?, query::page(&filter.page)?);
    let lines = lockers::deliveries(&office, wanted, at).await?;
    let (states, overdue) = lockers::delivery_counts(&office).await?;
    let counts = Counts { states, overdue };
    let lying = counts.of(Wanted::In(DeliveryState::InCompartment));
    let content = html! {
        div.title { h1 { "自助柜" } p { "在柜中 " (lying) " 件" } }
        (warnings(&counts))
        (filters(&counts, wanted))
        div.card {
            @if lines.is_empty() {
                (frame::empty("没有这样的结果", "换一个状态查看。"))
            } @else {
                (table(&office, &viewer, &lines))
                @let more = i64::from(at + 1) * i64::from(PAGE) < counts.of(wanted);
                (frame::pages(&format!("{}page=", address(wanted)), at, more))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/deliveries", "自助柜", content).await?))
}

fn warnings(counts: &Counts) -> Markup {
    let doubtful = counts.of(Wanted::In(DeliveryState::Uncertain));
    html! {
        @if doubtful > 0 {
            div."notice bad" role="status" {
                (doubtful) " 件状态不明：请到现场开柜查看，并在自助机的工作人员模式中核实。"
            }
        }
        @if counts.overdue > 0 {
            div.notice role="status" { (counts.overdue) " 件超过存放期限，请取回到窗口。" }
        }
    }
}

/// The list of what is wanted, to which a page's number can be added.
fn address(wanted: Wanted) -> String {
    match wanted {
        Wanted::All => "/deliveries?".to_owned(),
        Wanted::In(state) => format!("/deliveries?state={}&", word_of(&state)),
        Wanted::Overdue => "/deliveries?overdue=yes&".to_owned(),
    }
}

fn filters(counts: &Counts, wanted: Wanted) -> Markup {
    let [uncertain, lying, expected, taken, recalled] = STATES.map(Wanted::In);
    let all = [Wanted::All, uncertain, Wanted::Overdue, lying, expected, taken, recalled];
    html! {
        nav.filter aria-label="按状态筛选" {
            @for it in all {
                @let address = address(it);
                a href=(address.trim_end_matches(['?', '&']))
                    aria-current=[(wanted == it).then_some("true")] {
                    @match it {
                        Wanted::All => { "全部" }
                        Wanted::In(state) => { (words::delivery_state(state).0) }
                        Wanted::Overdue => { "超期" }
                    }
                    b { (counts.of(it)) }
                }
            }
        }
    }
}

fn table(office: &Office, viewer: &Viewer, lines: &[DeliveryLine]) -> Markup {
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    td {
                        (words::badge(words::delivery_state(it.state)))
                        @if let Some(because) = &it.look_because {
                            small { (words::doubt(because)) }
                        }
                    }
                    th scope="row" {
                        a href={ "/deliveries/" (it.id) } { (it.document.in_language("zh-CN")) }
                    }
                    td.nowrap { (it.receiver_masked) }
                    td.nowrap { (place(it)) }
                    td.nowrap { (hold_until(office, it)) }
                    td.nowrap { (case_link(viewer, it)) }
                    td { (words::moment(it.updated_at, &office.zone)) }
                }
            }
        }
    };
    let columns = ["状态", "结果", "领取人", "位置", "存放至", "办件", "更新"];
    frame::table("自助柜中的结果", &columns, rows)
}

fn place(line: &DeliveryLine) -> Markup {
    html! {
        @match (&line.kiosk, line.kiosk_number, line.compartment) {
            (Some(kiosk), Some(number), Some(way)) => { (compartment_link(kiosk, number, way)) }
            (_, Some(number), _) => { (number) " 号机" }
            _ => { "任一自助机" }
        }
    }
}

/// A compartment by what stands on it.
pub(super) fn compartment_link(kiosk: &str, number: u8, way: u16) -> Markup {
    html! { a href={ "/compartments/" (kiosk) "/" (way) } { (number) " 号机 " (way) " 号柜" } }
}

fn hold_until(office: &Office, line: &DeliveryLine) -> Markup {
    let today = office.day_at(office.clock.now());
    html! {
        @if let Some(date) = line.hold_until.filter(|_| line.compartment.is_some()) {
            (date) " "
            @if is_overdue(line.state, line.hold_until, today) { (words::badge(("超期", "bad"))) }
        } @else { "—" }
    }
}

fn case_link(viewer: &Viewer, line: &DeliveryLine) -> Markup {
    html! {
        @if viewer.role.may(Right::Cases) {
            a href={ "/cases/" (line.case) } { (line.case) }
        } @else { (line.case) }
    }
}

async fn detail(State(office): Shared, viewer: Viewer, Path(id): Path<String>) -> Page {
    let line = lockers::delivery(&office, &id).await?.ok_or(Failure::NotFound)?;
    audit::look(&office, &viewer, Act::LookAtDelivery, &id).await?;
    let way = lockers::custody(&office, &id).await?;
    let document = line.document.in_language("zh-CN");
    let content = html! {
        div.title {
            h1 { (document) }
            (words::badge(words::delivery_state(line.state)))
            p { (id) }
        }
        (what_to_do(&office, &line))
        div.columns {
            div.card { h2 { "交接记录" } (custody::table(&office, &way, custody::Of::Result)) }
            (facts(&office, &viewer, &line))
        }
        a."button quiet" href="/deliveries" { "返回自助柜列表" }
    };
    Ok(page(frame::page(&office, &viewer, "/deliveries", document, content).await?))
}

async fn compartment(
    State(office): Shared,
    viewer: Viewer,
    Path((kiosk, way)): Path<(String, u16)>,
) -> Page {
    let lines = lockers::compartment(&office, &kiosk, way).await?;
    let number = lines.first().ok_or(Failure::NotFound)?.kiosk;
    let title = format!("{number} 号机 {way} 号柜");
    let content = html! {
        div.title { h1 { (title) } p { "最近的开柜和交接" } }
        div.card { (custody::table(&office, &lines, custody::Of::Compartment)) }
        a."button quiet" href="/deliveries" { "返回自助柜列表" }
    };
    Ok(page(frame::page(&office, &viewer, "/deliveries", &title, content).await?))
}

fn what_to_do(office: &Office, line: &DeliveryLine) -> Markup {
    let today = office.day_at(office.clock.now());
    html! {
        @if line.state == DeliveryState::Uncertain {
            div."notice bad" role="status" {
                strong { (words::doubt(line.look_because.as_deref().unwrap_or("状态不明"))) "。" }
                "请到现场开柜查看，并在自助机的工作人员模式中核实。"
            }
        } @else if is_overdue(line.state, line.hold_until, today) {
            div.notice role="status" { "已超过存放期限，请取回到窗口并告知领取人。" }
        }
    }
}

fn facts(office: &Office, viewer: &Viewer, line: &DeliveryLine) -> Markup {
    html! {
        div.card {
            h2 { "这份结果" }
            dl {
                dt { "领取人" } dd { (line.receiver_masked) }
                dt { "办件" } dd { (case_link(viewer, line)) }
                dt { "位置" } dd { (place(line)) }
                dt { "存放至" } dd { (hold_until(office, line)) }
                dt { "份数" } dd { (line.copies) " 份，" (size(line.size)) }
                dt { "更新" } dd { (words::moment(line.updated_at, &office.zone)) }
            }
        }
    }
}

fn size(size: CompartmentSize) -> &'static str {
    match size {
        CompartmentSize::Small => "小格（A4 平放）",
        CompartmentSize::Medium => "中格（文件夹）",
        CompartmentSize::Large => "大格（盒装）",
    }
}
