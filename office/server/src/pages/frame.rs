//! What every page has: head, navigation, foot of lists.

use maud::{DOCTYPE, Markup, html};
use office_rules::role::Right;

use super::words;
use crate::store::{DatabaseError, Office, account::Viewer, view};

/// Address, name, who sees it.
const NAVIGATION: [(&str, &str, Option<Right>); 8] = [
    ("/", "首页", None),
    ("/cases", "办件", Some(Right::Cases)),
    ("/deliveries", "自助柜", Some(Right::Deliveries)),
    ("/appointments", "预约", Some(Right::Appointments)),
    ("/notifications", "通知", Some(Right::Notifications)),
    ("/kiosks", "自助机", Some(Right::Kiosks)),
    ("/rejected", "矛盾上报", Some(Right::Rejected)),
    ("/audit", "操作记录", Some(Right::Audit)),
];

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/style.css";
            }
            body { (body) }
        }
    }
}

/// A page for somebody who is logged in. `here` is its address in the navigation.
pub(super) async fn page(
    office: &Office,
    viewer: &Viewer,
    here: &str,
    title: &str,
    content: Markup,
) -> Result<Markup, DatabaseError> {
    let hall = view::hall_name(office).await?;
    let hall = hall.in_language("zh-CN");
    let now = office.zone.to_datetime(office.clock.now());
    Ok(document(
        &format!("{title} · {hall}"),
        html! {
            a.skip href="#content" { "跳到内容" }
            header {
                div {
                    strong { (hall) }
                    nav aria-label="主导航" {
                        @for (address, name, right) in NAVIGATION {
                            @if right.is_none_or(|it| viewer.role.may(it)) {
                                a href=(address) aria-current=[(address == here).then_some("page")] {
                                    (name)
                                }
                            }
                        }
                    }
                    div.who {
                        span { (words::role(viewer.role)) " · " (viewer.name) }
                        span { (now.strftime("%H:%M").to_string()) }
                        form method="post" action="/logout" {
                            (form_key(viewer))
                            button { "退出" }
                        }
                    }
                }
            }
            main #content { (content) }
        },
    ))
}

/// A page for somebody who is not, with one card on it.
pub(super) fn card(title: &str, content: Markup) -> Markup {
    document(title, html! { main { div."card login" { (content) } } })
}

/// The content of a page that only says something.
pub(super) fn message(title: &str, text: &str) -> Markup {
    html! {
        div.message {
            h1 { (title) }
            p { (text) }
            a.button href="/" { "回到首页" }
        }
    }
}

/// Nothing is in a list.
pub(super) fn empty(title: &str, text: &str) -> Markup {
    html! { div.empty { strong { (title) } (text) } }
}

/// The way to the pages before and after; `address` ends where the page's number goes.
pub(super) fn pages(address: &str, page: u32, more: bool) -> Markup {
    html! {
        @if page > 0 || more {
            nav.pages aria-label="翻页" {
                @if page > 0 {
                    a."button quiet" rel="prev" href={ (address) (page - 1) } { "上一页" }
                }
                span { "第 " (page + 1) " 页" }
                @if more {
                    a."button quiet" rel="next" href={ (address) (page + 1) } { "下一页" }
                }
            }
        }
    }
}

/// A table with its name, which a screen reader says, and its columns.
pub(super) fn table(caption: &str, columns: &[&str], rows: Markup) -> Markup {
    html! {
        div.scroll { table {
            caption { (caption) }
            thead { tr { @for it in columns { th scope="col" { (it) } } } }
            (rows)
        } }
    }
}

/// The hidden field by which a form shows that it is ours.
pub(super) fn form_key(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name="form_key" value=(viewer.form_key); }
}
