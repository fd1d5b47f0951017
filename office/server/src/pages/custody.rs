//! What happened to a result on its way through a compartment: who, when, how, where.

use maud::{Markup, html};

use super::{frame, words};
use crate::store::{Office, lockers::CustodyLine};

/// Everything that happened, oldest first.
pub(super) fn table(office: &Office, lines: &[CustodyLine]) -> Markup {
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
                    td.nowrap { (it.kiosk) " 号机 " (it.compartment) " 号柜" }
                    td {
                        (words::note(&it.note))
                        @if let Some(receipt) = &it.receipt { " 凭条 " (receipt) }
                    }
                }
            }
        }
    };
    frame::table("交接记录", &["时间", "事项", "何人", "位置", "备注"], rows)
}
