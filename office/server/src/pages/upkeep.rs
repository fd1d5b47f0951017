//! Alarms of the cabinets and records of inspections, as parts of the kiosks' page.

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
    routing::post,
};
use maud::{Markup, html};
use office_rules::role::Right;
use wire::DeviceFinding;

use super::{FormKey, Page, Routes, Shared, frame, words};
use crate::store::{
    Office,
    account::Viewer,
    upkeep::{self, AlarmLine, InspectionLine},
};

pub(super) fn alarm_routes() -> Routes {
    Routes::new().route("/alarms/{kiosk}/{event}", post(answer))
}

pub(super) fn alarms(office: &Office, viewer: &Viewer, alarms: &[AlarmLine]) -> Markup {
    if alarms.is_empty() {
        return frame::empty("没有报警", "柜体被打开、拆动或撞击时会出现在这里。");
    }
    let rows = html! {
        tbody {
            @for it in alarms {
                tr {
                    td { (words::moment(it.at, &office.zone)) }
                    td.nowrap { (it.kiosk_number) " 号机" }
                    td { (words::alarm(&it.input)) }
                    td {
                        @if let Some((at, by)) = &it.ended {
                            (by) " " (words::moment(*at, &office.zone))
                        } @else { (answer_button(viewer, it)) }
                    }
                }
            }
        }
    };
    frame::table("报警", &["时间", "自助机", "情况", "处理"], rows)
}

/// Says that somebody saw to it.
pub(super) fn answer_button(viewer: &Viewer, alarm: &AlarmLine) -> Markup {
    html! {
        @if viewer.role.may(Right::AnswerHelp) {
            form method="post" action={ "/alarms/" (alarm.kiosk) "/" (alarm.event) } {
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
    upkeep::answer_alarm(&office, &viewer, &kiosk, &event).await?;
    Ok(Redirect::to("/kiosks#alarms").into_response())
}

pub(super) fn inspections(office: &Office, lines: &[InspectionLine]) -> Markup {
    if lines.is_empty() {
        return frame::empty("还没有巡检", "维护人员在自助机上签字后会出现在这里。");
    }
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    td { (words::moment(it.at, &office.zone)) }
                    td.nowrap { (it.kiosk_number) " 号机" }
                    td { (it.number) }
                    td { (it.staff) }
                    td { (words::badge(words::conclusion(&it.conclusion))) }
                    td { (findings(it)) }
                }
            }
        }
    };
    frame::table("巡检", &["时间", "自助机", "编号", "巡检人", "结论", "设备"], rows)
}

/// What is not as it should be, and how much was tried.
fn findings(inspection: &InspectionLine) -> Markup {
    let (looked_at, findings) = (inspection.findings.len(), &inspection.findings);
    let tried = findings.iter().filter(|it| it.tested.is_some()).count();
    html! {
        (reasons(inspection))
        small { "查看 " (looked_at) " 项，实测 " (tried) " 项" }
    }
}

/// What is not as it should be. A technician who wants to come again may have named no device.
pub(super) fn reasons(inspection: &InspectionLine) -> String {
    let wrong = inspection.findings.iter().filter(|it| is_wrong(it)).map(in_words);
    match wrong.collect::<Vec<_>>() {
        wrong if !wrong.is_empty() => wrong.join("；"),
        _ if inspection.conclusion == "follow_up" => "没有注明设备，请问巡检人".to_owned(),
        _ => "全部正常".to_owned(),
    }
}

fn is_wrong(finding: &DeviceFinding) -> bool {
    // Whoever inspects the cabinet has switched its alarm off.
    let at_work = matches!(finding.state.as_str(), "alarm_off" | "cabinet_open");
    finding.tested == Some(false)
        || (!at_work && office_rules::attention::device_needs_somebody(&finding.state))
}

fn in_words(finding: &DeviceFinding) -> String {
    let device = words::device(&finding.device);
    match finding.tested {
        Some(false) => format!("{device}：测试不通过"),
        _ => format!("{device}：{}", words::device_state(&finding.state).0),
    }
}
