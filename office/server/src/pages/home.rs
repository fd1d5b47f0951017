//! The first page: what needs somebody now, of what the role may see.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    routing::get,
};
use maud::{Markup, html};
use office_rules::{
    attention::{device_needs_somebody, is_away},
    role::{Right, Role},
};
use wire::DeliveryState;

use super::{
    Page, Routes, Shared, frame, kiosks::answer_button, lockers::compartment_link, page,
    rejected as reported, upkeep as parts, words,
};
use crate::store::{
    DatabaseError, Office,
    account::Viewer,
    lockers::{self, DeliveryLine, Wanted},
    rejected,
    update::{KioskVersion, OfferLine},
    upkeep,
    view::{self, KioskLine},
};

/// What stands behind the `?` when the page asks for itself again.
pub(super) const BY_ITSELF: &str = "auto=yes";
/// How often it does, in seconds.
const AGAIN_AFTER: &str = "60";

/// So many of a kind stand on the page itself.
const SHOWN: usize = 5;

pub(super) fn routes() -> Routes {
    Routes::new().route("/", get(home))
}

/// Things of one kind that need somebody.
struct Tasks {
    title: &'static str,
    /// What to do about them.
    advice: &'static str,
    /// Where all of them are; none: here.
    all: Option<&'static str>,
    count: i64,
    /// The most urgent, ready to be shown.
    lines: Vec<Markup>,
}

async fn home(State(office): Shared, viewer: Viewer, RawQuery(query): RawQuery) -> Page {
    let by_itself = query.as_deref() == Some(BY_ITSELF);
    let tasks = tasks(&office, &viewer).await?;
    let count: i64 = tasks.iter().map(|it| it.count).sum();
    let today = words::day(office.day_at(office.clock.now()));
    let content = html! {
        div.title {
            h1 { "现在需要处理" }
            p { (today) " · " @if count > 0 { "共 " (count) " 项" } @else { "没有待办" } }
            (again(by_itself))
        }
        @if tasks.is_empty() { (calm(viewer.role)) }
        div.halves { @for it in &tasks { (section(it)) } }
    };
    let mut response = page(frame::page(&office, &viewer, "/", "现在需要处理", content).await?);
    if by_itself {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN_AFTER));
    }
    Ok(response)
}

/// Whether the page is renewed by itself is for people to choose: it moves under their hands.
fn again(by_itself: bool) -> Markup {
    html! {
        nav.filter aria-label="刷新" {
            @if by_itself {
                span { "每分钟自动刷新" } a href="/" { "停止" }
            } @else {
                a href="/" { "刷新" } a href={ "/?" (BY_ITSELF) } { "每分钟自动刷新" }
            }
        }
    }
}

/// The kinds of which there is something, the most urgent first.
async fn tasks(office: &Office, viewer: &Viewer) -> Result<Vec<Tasks>, DatabaseError> {
    let may = |right| viewer.role.may(right);
    let mut all = Vec::new();
    if may(Right::Kiosks) {
        all.push(alarms(office, viewer).await?);
        all.push(help_calls(office, viewer).await?);
    }
    if may(Right::Deliveries) {
        all.push(jammed_doors(office).await?);
        all.push(uncertain(office).await?);
        all.push(not_found(office).await?);
    }
    if may(Right::Kiosks) {
        all.extend(kiosks(office).await?);
        all.push(to_follow_up(office).await?);
    }
    if may(Right::Rejected) {
        all.push(contradictions(office).await?);
    }
    if may(Right::Deliveries) {
        all.push(overdue(office).await?);
    }
    if may(Right::Cases) {
        all.push(late_cases(office).await?);
    }
    all.retain(|it| it.count > 0);
    Ok(all)
}

fn section(tasks: &Tasks) -> Markup {
    let more = tasks.count > tasks.lines.len() as i64;
    html! {
        section.card {
            h2 { (tasks.title) " " span."badge bad" { (tasks.count) } }
            p.advice { (tasks.advice) }
            ul.tasks { @for it in &tasks.lines { li { (it) } } }
            @if let Some(all) = tasks.all {
                p.more {
                    a href=(all) {
                        @if more { "查看全部 " (tasks.count) " 项" } @else { "打开列表" }
                    }
                }
            }
        }
    }
}

/// Nothing needs anybody: said in so many words, with what was looked at.
fn calm(role: Role) -> Markup {
    let looked_at = [
        (Right::Kiosks, "求助、自助机和设备"),
        (Right::Deliveries, "自助柜和存放期限"),
        (Right::Rejected, "矛盾上报"),
        (Right::Cases, "补正期限"),
    ];
    let looked_at: Vec<_> =
        looked_at.into_iter().filter(|it| role.may(it.0)).map(|it| it.1).collect();
    html! {
        div.card { div."empty calm" {
            strong { "现在没有需要处理的事" }
            (looked_at.join("、")) "都正常。"
        } }
    }
}

async fn alarms(office: &Office, viewer: &Viewer) -> Result<Tasks, DatabaseError> {
    let alarms = upkeep::alarms(office).await?;
    let open = alarms.iter().filter(|it| it.ended.is_none());
    let line = |it: &upkeep::AlarmLine| {
        html! {
            span {
                a href="/kiosks#alarms" { (it.kiosk_number) " 号机" }
                "：" (words::alarm(&it.input))
                small { (words::moment(it.at, &office.zone)) }
            }
            (parts::answer_button(viewer, it))
        }
    };
    Ok(Tasks {
        title: "报警",
        advice: "请马上查看现场和监控录像；必要时报警 110。",
        all: Some("/kiosks#alarms"),
        count: upkeep::open_alarms(office).await?,
        lines: open.take(SHOWN).map(line).collect(),
    })
}

/// Kiosks whose last inspection said that somebody has to come again.
async fn to_follow_up(office: &Office) -> Result<Tasks, DatabaseError> {
    let open = upkeep::to_follow_up(office).await?;
    let line = |it: &upkeep::InspectionLine| {
        html! {
            span {
                a href="/kiosks#inspections" { (it.kiosk_number) " 号机" } "：" (it.number)
                small {
                    (parts::reasons(it)) "；" (it.staff) "，" (words::moment(it.at, &office.zone))
                }
            }
        }
    };
    Ok(Tasks {
        title: "巡检后要再来",
        advice: "请安排维护人员；下一次巡检结论正常后不再列出。",
        all: Some("/kiosks#inspections"),
        count: open.len() as i64,
        lines: open.iter().take(SHOWN).map(line).collect(),
    })
}

async fn help_calls(office: &Office, viewer: &Viewer) -> Result<Tasks, DatabaseError> {
    let calls = view::help_calls(office).await?;
    let open = calls.iter().filter(|it| it.answered.is_none());
    let line = |it: &view::HelpCall| {
        html! {
            span {
                a href="/kiosks#help" { (it.kiosk_number) " 号机求助" }
                "：" (words::screen(&it.screen))
                small { (words::moment(it.at, &office.zone)) }
            }
            (answer_button(viewer, it))
        }
    };
    Ok(Tasks {
        title: "求助",
        advice: "请尽快到自助机前帮助办事人。",
        all: Some("/kiosks#help"),
        count: view::open_help_calls(office).await?,
        lines: open.take(SHOWN).map(line).collect(),
    })
}

async fn jammed_doors(office: &Office) -> Result<Tasks, DatabaseError> {
    let doors = lockers::jammed_doors(office).await?;
    let line = |it: &lockers::JammedDoor| {
        html! {
            span {
                (compartment_link(&it.kiosk, it.kiosk_number, it.compartment))
                small { (words::moment(it.at, &office.zone)) }
            }
        }
    };
    Ok(Tasks {
        title: "柜门打不开",
        advice: "请到现场检查柜门；修好后在自助机的工作人员模式中开一次。",
        all: None,
        count: doors.len() as i64,
        lines: doors.iter().map(line).collect(),
    })
}

fn delivery_link(it: &DeliveryLine) -> Markup {
    html! {
        a href={ "/deliveries/" (it.id) } { (it.document.in_language("zh-CN")) }
        @if let (Some(kiosk), Some(way)) = (it.kiosk_number, it.compartment) {
            "，" (kiosk) " 号机 " (way) " 号柜"
        }
    }
}

async fn uncertain(office: &Office) -> Result<Tasks, DatabaseError> {
    let wanted = Wanted::In(DeliveryState::Uncertain);
    let (lines, counts) =
        (lockers::deliveries(office, wanted, 0).await?, lockers::delivery_counts(office).await?.0);
    let count = counts.iter().find(|it| it.0 == DeliveryState::Uncertain).map_or(0, |it| it.1);
    let line = |it: &DeliveryLine| {
        html! {
            span {
                (delivery_link(it))
                small {
                    @if let Some(because) = &it.look_because { (words::doubt(because)) "，" }
                    (words::moment(it.updated_at, &office.zone))
                }
            }
        }
    };
    Ok(Tasks {
        title: "柜格状态不明",
        advice: "请到现场开柜查看，并在自助机的工作人员模式中核实。",
        all: Some("/deliveries?state=uncertain"),
        count,
        lines: lines.iter().take(SHOWN).map(line).collect(),
    })
}

async fn not_found(office: &Office) -> Result<Tasks, DatabaseError> {
    let lines = lockers::not_found(office).await?;
    let line = |it: &DeliveryLine| {
        html! {
            span {
                (delivery_link(it))
                small { "领取人 " (it.receiver_masked) "，" (words::moment(it.updated_at, &office.zone)) }
            }
        }
    };
    Ok(Tasks {
        title: "去向不明",
        advice: "工作人员开柜后没有找到。请联系领取人核对是否已取走；30 天后不再列出。",
        all: None,
        count: lines.len() as i64,
        lines: lines.iter().take(SHOWN).map(line).collect(),
    })
}

async fn overdue(office: &Office) -> Result<Tasks, DatabaseError> {
    let lines = lockers::deliveries(office, Wanted::Overdue, 0).await?;
    let line = |it: &DeliveryLine| {
        html! {
            span {
                (delivery_link(it))
                small {
                    @if let Some(date) = it.hold_until { "存放至 " (words::day(date)) "，" }
                    "领取人 " (it.receiver_masked)
                }
            }
        }
    };
    Ok(Tasks {
        title: "超过存放期限",
        advice: "请取回到窗口，并告知领取人。",
        all: Some("/deliveries?overdue=yes"),
        count: lockers::delivery_counts(office).await?.1,
        lines: lines.iter().take(SHOWN).map(line).collect(),
    })
}

/// Kiosks that are away, and devices that need a hand at those that are not.
async fn kiosks(office: &Office) -> Result<[Tasks; 3], DatabaseError> {
    let now = office.clock.now();
    let kiosks = view::kiosks(office).await?;
    let (away, here): (Vec<_>, Vec<_>) =
        kiosks.iter().filter(|it| it.enrolled).partition(|it| is_away(it.last_seen_at, now));
    let devices: Vec<Markup> = here.iter().flat_map(|it| devices(office, it)).collect();
    Ok([
        Tasks {
            title: "自助机失去联系",
            advice: "请检查电源和网络；自助机在断网时仍可凭码、凭证领取。",
            all: Some("/kiosks"),
            count: away.len() as i64,
            lines: away.iter().take(SHOWN).map(|it| away_line(office, it)).collect(),
        },
        Tasks {
            title: "设备需要处理",
            advice: "请到自助机前处理；处理好后状态会自动更新。",
            all: Some("/kiosks"),
            count: devices.len() as i64,
            lines: devices.into_iter().take(SHOWN).collect(),
        },
        updates(office).await?,
    ])
}

/// Versions that a kiosk did not take.
async fn updates(office: &Office) -> Result<Tasks, DatabaseError> {
    let kiosks = office.database.kiosk_versions().await?;
    let failed = |it: &KioskVersion| it.offer.as_ref().is_some_and(OfferLine::failed);
    let failed: Vec<_> = kiosks.iter().filter(|it| failed(it)).collect();
    let line = |it: &&KioskVersion| {
        html! {
            span {
                a href={ "/kiosks#" (it.kiosk) } { (it.number) " 号机" }
                @if let Some(offer) = &it.offer {
                    "：" (offer.version) " " (words::update_state(offer.state).0)
                    small { (words::moment(offer.since, &office.zone)) }
                }
            }
        }
    };
    Ok(Tasks {
        title: "软件更新失败",
        advice: "自助机仍运行原版本；请查清原因后重新下发，或撤回这个版本。",
        all: Some("/kiosks"),
        count: failed.len() as i64,
        lines: failed.iter().take(SHOWN).map(line).collect(),
    })
}

fn away_line(office: &Office, kiosk: &KioskLine) -> Markup {
    html! {
        span {
            a href={ "/kiosks#" (kiosk.id) } { (kiosk.number) " 号机" }
            "，" (kiosk.place.in_language("zh-CN"))
            small {
                @match kiosk.last_seen_at {
                    Some(seen) => { "最近连接 " (words::moment(seen, &office.zone)) }
                    None => { "从未连接" }
                }
            }
        }
    }
}

fn devices(office: &Office, kiosk: &KioskLine) -> Vec<Markup> {
    let troubled = kiosk.devices.iter().filter(|it| device_needs_somebody(&it.1));
    let line = |(name, state, since): &(String, String, _)| {
        html! {
            span {
                a href={ "/kiosks#" (kiosk.id) } { (kiosk.number) " 号机" (words::device(name)) }
                "：" (words::device_state(state).0)
                small { (words::moment(*since, &office.zone)) }
            }
        }
    };
    troubled.map(line).collect()
}

async fn contradictions(office: &Office) -> Result<Tasks, DatabaseError> {
    let (lines, _) = rejected::lines(office, 0).await?;
    let open = lines.iter().filter(|it| it.cleared.is_none());
    let line = |it: &rejected::RejectedLine| {
        html! {
            span {
                a href="/rejected" { (it.kiosk_number) " 号机" }
                "：" (words::rejection(&it.because))
                small { (reported::name(it)) "，" (words::moment(it.received_at, &office.zone)) }
            }
        }
    };
    Ok(Tasks {
        title: "矛盾上报",
        advice: "自助机上报的与后台记录不符，后台没有照办，请查清原因。",
        all: Some("/rejected"),
        count: rejected::open(office).await?,
        lines: open.take(SHOWN).map(line).collect(),
    })
}

async fn late_cases(office: &Office) -> Result<Tasks, DatabaseError> {
    let wanted = view::Wanted { late: true, ..view::Wanted::default() };
    let (lines, count) = view::case_list(office, &wanted, 0).await?;
    let line = |it: &view::CaseLine| {
        html! {
            span {
                a href={ "/cases/" (it.id) } { (it.id) } "，" (it.item.in_language("zh-CN"))
                small {
                    @if let Some(date) = it.supplement_by { "补正期限 " (words::day(date)) "，" }
                    "申请人 " (it.applicant_masked)
                }
            }
        }
    };
    Ok(Tasks {
        title: "补正期限已过",
        advice: "请联系申请人，或依法作出处理。",
        all: Some("/cases?late=yes"),
        count,
        lines: lines.iter().take(SHOWN).map(line).collect(),
    })
}
