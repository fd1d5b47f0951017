//! Cases: the list and one case with its timeline and what happened to its result.

use axum::{
    extract::{Path, Query, State},
    routing::get,
};
use maud::{Markup, html};
use office_rules::{
    case::{STATES, state_text},
    role::Right,
};
use wire::{CaseState, CaseView, IdHash, LocalText};

use super::{Failure, Page, Routes, Shared, custody, frame, page, query, words};
use crate::store::{
    Office,
    account::Viewer,
    audit::{self, Act},
    lockers::{self, CustodyLine, DeliveryLine},
    lookup,
    view::{self, CaseLine, PAGE, Wanted},
};

pub(super) fn routes() -> Routes {
    Routes::new().route("/cases", get(list)).route("/cases/{id}", get(detail))
}

#[derive(serde::Deserialize)]
struct Filter {
    #[serde(default)]
    number: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    late: String,
    #[serde(default)]
    page: String,
}

impl Filter {
    fn wanted(&self) -> Result<Wanted, Failure> {
        let words: Vec<&str> = self.number.split_whitespace().collect();
        let number: String = words.join("-").to_uppercase();
        if !number.chars().all(|it| it.is_ascii_alphanumeric() || it == '-') {
            return Err(Failure::BadRequest(
                "办件编号和回执编号只有字母、数字和短横线。请改好后再查找。",
            ));
        }
        let state = query::choice(&self.state, &STATES)?;
        Ok(Wanted { number, state, late: query::yes(&self.late)? })
    }
}

fn zh(text: &LocalText) -> &str {
    text.in_language("zh-CN")
}

async fn list(State(office): Shared, viewer: Viewer, Query(filter): Query<Filter>) -> Page {
    let (wanted, at) = (filter.wanted()?, query::page(&filter.page)?);
    let (lines, count) = view::case_list(&office, &wanted, at).await?;
    let counts = view::case_counts(&office).await?;
    let late = view::late_cases(&office).await?;
    let content = html! {
        div.title { h1 { "办件" } p { "共 " (count) " 件" } (search(&wanted.number)) }
        (filters(&counts, late, &wanted))
        div.card {
            @if lines.is_empty() {
                (frame::empty("没有符合条件的办件", "换一个编号或状态再试。"))
            } @else {
                (table(&office, &lines))
                @let more = i64::from(at + 1) * i64::from(PAGE) < count;
                (frame::pages(&address(&wanted), at, more))
            }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/cases", "办件", content).await?))
}

/// The same list, up to where a page's number goes.
fn address(wanted: &Wanted) -> String {
    let state = wanted.state.map_or("", state_text);
    let late = if wanted.late { "yes" } else { "" };
    format!("/cases?state={state}&late={late}&number={}&page=", wanted.number)
}

fn search(number: &str) -> Markup {
    html! {
        form.search role="search" action="/cases" {
            input name="number" aria-label="办件编号或回执编号" placeholder="办件或回执编号" value=(number);
            button { "查找" }
        }
    }
}

fn filters(counts: &[(CaseState, i64)], late: i64, wanted: &Wanted) -> Markup {
    let of = |state: CaseState| counts.iter().find(|it| it.0 == state).map_or(0, |it| it.1);
    let state = wanted.state.filter(|_| !wanted.late);
    let all = wanted.state.is_none() && !wanted.late;
    html! {
        nav.filter aria-label="按状态筛选" {
            a href="/cases" aria-current=[all.then_some("true")] {
                "全部" b { (counts.iter().map(|it| it.1).sum::<i64>()) }
            }
            @if late > 0 || wanted.late {
                a href="/cases?late=yes" aria-current=[wanted.late.then_some("true")] {
                    "补正逾期" b { (late) }
                }
            }
            @for it in STATES {
                a href={ "/cases?state=" (state_text(it)) }
                    aria-current=[(state == Some(it)).then_some("true")] {
                    (words::case_state(it).0) b { (of(it)) }
                }
            }
        }
    }
}

fn table(office: &Office, lines: &[CaseLine]) -> Markup {
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    th.nowrap scope="row" { a href={ "/cases/" (it.id) } { (it.id) } }
                    td { (zh(&it.item)) }
                    td.nowrap { (it.applicant_masked) }
                    td { (words::badge(words::case_state(it.state))) }
                    td.nowrap { @if let Some(date) = it.promised_by { (date) } @else { "—" } }
                    td { (words::moment(it.updated_at, &office.zone)) }
                }
            }
        }
    };
    frame::table("办件", &["编号", "事项", "申请人", "状态", "承诺办结", "更新"], rows)
}

async fn detail(State(office): Shared, viewer: Viewer, Path(id): Path<String>) -> Page {
    let owner = view::case_owner(&office, &id).await?.ok_or(Failure::NotFound)?;
    audit::look(&office, &viewer, Act::LookAtCase, &id).await?;
    let case = lookup::case(&office, &IdHash(owner), &id).await?.ok_or(Failure::NotFound)?;
    let deliveries = lockers::deliveries_of_case(&office, &id).await?;
    let mut custody = Vec::with_capacity(deliveries.len());
    for it in &deliveries {
        custody.push(lockers::custody(&office, &it.id).await?);
    }
    let content = html! {
        div.title {
            h1 { (zh(&case.item_name)) }
            (words::badge(words::case_state(case.state)))
            p { (id) }
        }
        div.columns {
            div {
                (facts(&case))
                @for (delivery, lines) in deliveries.iter().zip(&custody) {
                    (custody_card(&office, &viewer, delivery, lines))
                }
            }
            div.card { h2 { "办理过程" } (timeline(&office, &case)) }
        }
    };
    Ok(page(frame::page(&office, &viewer, "/cases", &id, content).await?))
}

fn facts(case: &CaseView) -> Markup {
    html! {
        @if let Some(supplement) = &case.supplement {
            div.notice {
                strong { "需在 " (words::day(supplement.deadline)) " 前补正：" }
                (supplement.contents.iter().map(zh).collect::<Vec<_>>().join("、"))
            }
        }
        div.card {
            dl {
                dt { "申请人" } dd { (case.applicant_masked) }
                dt { "承诺办结" }
                dd { @if let Some(date) = case.promised_by { (words::day(date)) } @else { "—" } }
                dt { "结果送达" } dd { (words::way(case.delivery_way)) }
                @if let Some(voucher) = &case.voucher {
                    dt { (words::voucher(voucher.kind)) }
                    dd { (voucher.number) "，" (voucher.date) "，经办 " (voucher.officer_masked) }
                    @if !voucher.contents.is_empty() {
                        dt { "材料" }
                        dd { ul { @for it in &voucher.contents { li { (zh(it)) } } } }
                    }
                    @if let Some(deadline) = voucher.deadline {
                        dt { "期限" } dd { (words::day(deadline)) }
                    }
                    @if !voucher.reasons.is_empty() {
                        dt { "理由" }
                        dd { ul { @for it in &voucher.reasons { li { (zh(it)) } } } }
                    }
                }
            }
        }
    }
}

fn timeline(office: &Office, case: &CaseView) -> Markup {
    html! {
        ol.steps {
            @for it in &case.steps {
                li.ahead[it.at.is_none()] {
                    (words::step(it.kind))
                    @if let Some(at) = it.at {
                        " " (words::moment(at, &office.zone))
                    } @else {
                        small { "待办" }
                    }
                    @if !zh(&it.note).is_empty() { small { (zh(&it.note)) } }
                }
            }
        }
    }
}

fn custody_card(
    office: &Office,
    viewer: &Viewer,
    delivery: &DeliveryLine,
    lines: &[CustodyLine],
) -> Markup {
    html! {
        div.card {
            h2 {
                "交接记录：" (zh(&delivery.document)) " "
                (words::badge(words::delivery_state(delivery.state)))
            }
            (custody::table(office, lines, custody::Of::Result))
            @if viewer.role.may(Right::Deliveries) {
                p.more { a href={ "/deliveries/" (delivery.id) } { "查看这份结果" } }
            }
        }
    }
}
