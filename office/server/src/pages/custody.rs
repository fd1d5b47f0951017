//! What happened to a result on its way through a compartment: who, when, how, where.

use maud::{Markup, html};

use super::{frame, words};
use crate::store::{Office, lockers::CustodyLine};

/// What the lines are about, and so what each of them has to say besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// One result: where it was.
    Result,
    /// One compartment: what it was opened for.
    Compartment,
}

/// What happened, in the order of `lines`.
pub(super) fn table(office: &Office, lines: &[CustodyLine], of: Of) -> Markup {
    if lines.is_empty() {
        return frame::empty("还没有交接", "结果尚未放入自助柜。");
    }
    let rows = html! {
        tbody {
            @for it in lines {
                tr {
                    td { (words::moment(it.at, &office.zone)) }
                    th.nowrap scope="row" { (words::custody(&it.kind)) }
                    td {
                        (words::by_whom(&it.by_whom))
                        @if let Some(staff) = &it.staff { " " (staff) }
                    }
                    td.nowrap { (place_or_result(it, of)) }
                    td {
                        (words::note(&it.note))
                        @if let Some(receipt) = &it.receipt { " 凭条 " (receipt) }
                    }
                }
            }
        }
    };
    let besides = if of == Of::Result { "位置" } else { "结果" };
    frame::table("交接记录", &["时间", "事项", "何人", besides, "备注"], rows)
}

fn place_or_result(line: &CustodyLine, of: Of) -> Markup {
    html! {
        @match (of, &line.delivery) {
            (Of::Result, _) => { (line.kiosk) " 号机 " (line.compartment) " 号柜" }
            (Of::Compartment, Some(id)) => { a href={ "/deliveries/" (id) } { (id) } }
            (Of::Compartment, None) => { "—" }
        }
    }
}
