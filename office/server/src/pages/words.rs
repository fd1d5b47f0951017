//! The words of the staff pages for states and facts, and how times are written.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use office_rules::{custody::Contradiction, role::Role};
use wire::{
    AppointmentState, CaseState, CaseStepKind, DeliveryState, DeliveryWay, EventBody, UpdateState,
    VoucherKind,
};

use crate::store::{
    audit::Act,
    intake::{NOT_UNDERSTOOD, OTHER_CERTIFICATE},
};

/// A word with the class that colours it.
pub(super) type Word = (&'static str, &'static str);

pub(super) fn badge((word, class): Word) -> Markup {
    html! { span class={ "badge " (class) } { (word) } }
}

pub(super) fn case_state(state: CaseState) -> Word {
    match state {
        CaseState::Accepted => ("已受理", "now"),
        CaseState::ToSupplement => ("待补正", "wait"),
        CaseState::Tolerated => ("容缺受理", "wait"),
        CaseState::Refused => ("不予受理", "bad"),
        CaseState::UnderReview => ("审查中", "now"),
        CaseState::Approved => ("已批准", "now"),
        CaseState::Producing => ("制证中", "now"),
        CaseState::ReadyForPickup => ("待领取", "wait"),
        CaseState::HandedOver => ("已领取", "good"),
        CaseState::Withdrawn => ("已撤回", ""),
        CaseState::Unknown => ("未知", ""),
    }
}

pub(super) fn step(kind: CaseStepKind) -> &'static str {
    match kind {
        CaseStepKind::Submitted => "提交申请",
        CaseStepKind::Accepted => "受理",
        CaseStepKind::SupplementAsked => "一次性告知补正",
        CaseStepKind::Supplemented => "补正材料",
        CaseStepKind::Tolerated => "容缺受理",
        CaseStepKind::Refused => "不予受理",
        CaseStepKind::Reviewed => "审查",
        CaseStepKind::Produced => "制证",
        CaseStepKind::ReadyForPickup => "放入自助柜",
        CaseStepKind::HandedOver => "领取",
        CaseStepKind::Recalled => "从柜中取回",
        CaseStepKind::Unknown => "其他",
    }
}

pub(super) fn way(way: DeliveryWay) -> &'static str {
    match way {
        DeliveryWay::Locker => "自助柜领取",
        DeliveryWay::Window => "窗口领取",
        DeliveryWay::Post => "邮寄",
    }
}

pub(super) fn voucher(kind: VoucherKind) -> &'static str {
    match kind {
        VoucherKind::Accepted => "受理凭证",
        VoucherKind::Supplement => "补正告知书",
        VoucherKind::Tolerated => "容缺受理凭证",
        VoucherKind::Refused => "不予受理通知书",
    }
}

pub(super) fn delivery_state(state: DeliveryState) -> Word {
    match state {
        DeliveryState::Expected => ("待投放", "now"),
        DeliveryState::InCompartment => ("在柜中", "wait"),
        DeliveryState::HandedOver => ("已领取", "good"),
        DeliveryState::Recalled => ("已取回", ""),
        DeliveryState::Uncertain => ("状态不明", "bad"),
    }
}

pub(super) fn appointment_state(state: AppointmentState) -> Word {
    match state {
        AppointmentState::Booked => ("已预约", "now"),
        AppointmentState::CheckedIn => ("已签到", "now"),
        AppointmentState::Cancelled => ("已取消", ""),
        AppointmentState::Missed => ("未到", "bad"),
        AppointmentState::Done => ("已办理", "good"),
        AppointmentState::Unknown => ("未知", ""),
    }
}

/// Why nobody knows where a delivery is; kiosks add reasons, so others are shown as they are.
pub(super) fn doubt(because: &str) -> &str {
    match because {
        "interrupted" => "开柜过程中断",
        "jammed" => "柜门未打开",
        "line_failed" => "柜控线路中断",
        "door_left_open" => "柜门未关，请到现场查看",
        "disputed" => "现场反映柜门未开或未取出",
        "office_disagrees" => "柜机与后台记录不一致",
        "not_stored" => "柜机未能存储结果",
        "store_recovered" => "柜机数据自备份恢复",
        other => other,
    }
}

pub(super) fn custody(kind: &str) -> &str {
    match kind {
        "opened" => "开柜",
        "open_failed" => "开柜失败",
        "deposited" => "投放",
        "handed_over" => "领取",
        "not_placed" => "未放入",
        "recalled" => "取回",
        "uncertain" => "状态不明",
        "resolved" => "现场核实",
        other => other,
    }
}

pub(super) fn by_whom(by_whom: &str) -> &str {
    match by_whom {
        "staff" => "工作人员",
        "citizen" => "办事人",
        "citizen by card" => "办事人（身份证）",
        "citizen by code" => "办事人（取件码）",
        "kiosk" => "柜机",
        other => other,
    }
}

/// The note of a custody record.
pub(super) fn note(note: &str) -> &str {
    match note {
        "pickup" => "领取",
        "deposit" => "投放",
        "recall" => "取回",
        "inspection" | "inspect" => "查看",
        "found" => "在柜中",
        "missing" => "不在柜中",
        other => doubt(other),
    }
}

/// Where on the kiosk somebody was who asked for help; kiosks add screens.
pub(super) fn screen(name: &str) -> &'static str {
    match name {
        "start" | "home" => "选择要办的事情",
        "identify" => "放身份证",
        "progress" | "progress_case" => "查询办件进度",
        "appointment_item" | "appointment_search" => "预约：选择事项",
        "appointment_conditions" => "预约：阅读条件和材料",
        "appointment_day" => "预约：选择日期",
        "appointment_slot" => "预约：选择时段",
        "appointment_confirm" => "预约：核对",
        "appointment_done" => "预约：取凭条",
        "appointments" | "appointment_detail" => "查看、更改自己的预约",
        "pickup" => "领取结果：选择结果",
        "pickup_code" => "领取结果：输入取件码",
        "pickup_open" => "领取结果：开柜取件",
        "pickup_done" => "领取结果：取回执",
        "rating" => "评价服务",
        "message" => "看到提示信息",
        "out_of_service" => "本机暂停服务",
        "ticket_item" | "ticket" => "取号",
        "check_in" => "预约签到",
        "drop_off" | "drop_off_open" => "提交申请材料",
        "guide" | "guide_item" => "办事指南",
        "policy" => "政策查询",
        "map" => "大厅地图",
        "lost_property" => "失物招领",
        "report" => "反映办不成的事",
        _ => "其他界面",
    }
}

/// What a kiosk reported.
pub(super) fn event(body: &EventBody) -> &'static str {
    match body {
        EventBody::Opened { .. } => "开柜",
        EventBody::OpenFailed { .. } => "开柜失败",
        EventBody::Deposited { .. } => "投放",
        EventBody::NotPlaced { .. } => "未放入",
        EventBody::HandedOver { .. } => "领取",
        EventBody::Recalled { .. } => "取回",
        EventBody::Uncertain { .. } => "状态不明",
        EventBody::Resolved { .. } => "现场核实",
        EventBody::CodeLocked { .. } => "取件码锁定",
        EventBody::Rated { .. } => "评价",
        EventBody::HelpCalled { .. } => "求助",
        EventBody::DeviceChanged { .. } => "设备状态",
        EventBody::Printed { .. } => "打印",
        EventBody::Inspected { .. } => "巡检",
        EventBody::Alarm { .. } => "报警",
        EventBody::AlarmSwitched { .. } => "布防、撤防",
    }
}

/// Why what a kiosk reported was not taken.
pub(super) fn rejection(because: &str) -> &str {
    let known = Contradiction::ALL.into_iter().find(|it| it.to_string() == because);
    match known {
        Some(known) => contradiction(known),
        None if because == OTHER_CERTIFICATE => "上报中的自助机与证书不符",
        None if because.starts_with(NOT_UNDERSTOOD) => "后台不认识这种上报，请核对自助机的软件版本",
        None => because,
    }
}

fn contradiction(because: Contradiction) -> &'static str {
    match because {
        Contradiction::NoSuchDelivery => "本大厅没有这份结果",
        Contradiction::OtherKiosk => "这份结果属于另一台自助机",
        Contradiction::OtherCompartment => "这份结果在另一个柜格",
        Contradiction::NotDeposited => "这份结果从未放入自助柜",
        Contradiction::HandedOverBefore => "这份结果此前已被领取",
        Contradiction::RecalledBefore => "这份结果此前已被取回",
        Contradiction::Uncertain => "这份结果状态不明，要先到现场核实",
        Contradiction::NotUncertain => "这份结果并没有状态不明",
        Contradiction::CompartmentTaken => "这个柜格里已有另一份结果",
    }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Window => "窗口",
        Role::Guide => "导办",
        Role::BackRoom => "后台审批",
        Role::HelpDesk => "帮办服务",
        Role::Admin => "管理员",
    }
}

pub(super) fn act(act: Act) -> &'static str {
    match act {
        Act::LogIn => "登录",
        Act::LogOut => "退出",
        Act::LookAtCase => "查看办件",
        Act::LookAtDelivery => "查看结果交接",
        Act::RevealNotification => "查看通知全文",
        Act::AnswerHelpCall => "处理求助",
        Act::AnswerAlarm => "处理报警",
        Act::ClearRejection => "核实矛盾上报",
    }
}

pub(super) fn device(name: &str) -> &str {
    match name {
        "id_reader" => "身份证阅读器",
        "locker" => "柜体",
        "printer" => "打印机",
        "card" => "工作卡读卡器",
        "scanner" => "扫码器",
        "ups" => "不间断电源",
        "panel" => "柜体报警器",
        "alarm" => "柜体布防",
        "status_display" => "柜旁显示屏",
        "evaluator" => "评价器",
        "speaker" => "扬声器",
        "document_printer" => "文书打印机",
        "signature" => "签名板",
        "camera" => "高拍仪",
        "office" => "与后台的连接",
        "touch" => "触摸屏",
        "screen" => "屏幕",
        other => other,
    }
}

/// What set a cabinet's alarm off.
pub(super) fn alarm(input: &str) -> &str {
    match input {
        "door" => "柜体门被打开",
        "tamper" => "柜体被拆动",
        "vibration" => "柜体受到撞击",
        other => other,
    }
}

/// What follows from an inspection.
pub(super) fn conclusion(word: &str) -> (&'static str, &'static str) {
    match word {
        "well" => ("一切正常", "good"),
        "repaired" => ("已修好", "good"),
        "follow_up" => ("需要再来", "bad"),
        _ => ("其他", "wait"),
    }
}

pub(super) fn device_state(state: &str) -> (&str, &'static str) {
    match state {
        "up" | "ready" | "ok" | "worked" => ("正常", "good"),
        "armed" => ("已布防", "good"),
        "disarmed" => ("已撤防", "wait"),
        "alarm" => ("报警中", "bad"),
        "struck" => ("受到撞击", "wait"),
        "alarm_off" => ("已撤防", "wait"),
        "cabinet_open" => ("柜体门开着", "wait"),
        "toner_low" => ("碳粉将尽", "wait"),
        "toner_out" => ("碳粉用完", "bad"),
        "output_full" => ("出纸托盘已满", "bad"),
        "stopped" => ("被暂停", "bad"),
        "store_unusable" => ("存储不能用", "bad"),
        "silent" | "port_missing" | "reader_missing" => ("没有响应", "bad"),
        "port_busy" | "wrong_settings" | "service_missing" => ("设置不对", "bad"),
        "self_test_failed" | "unrecoverable" => ("损坏", "bad"),
        "doors_unknown" => ("有柜板无应答", "bad"),
        "doors_open" => ("有柜门开着", "wait"),
        "jammed" => ("柜门卡住", "bad"),
        "seen_wrong" => ("测试不通过", "bad"),
        "office_away" | "office_failing" => ("连不上后台", "bad"),
        "certificate_refused" => ("证书不被接受", "bad"),
        "not_asked" | "nothing_came" | "not_empty" => ("没有查", ""),
        "starting" => ("启动中", "now"),
        "down" => ("无应答", "bad"),
        "paper_near_end" => ("纸将尽", "wait"),
        "paper_end" => ("缺纸", "bad"),
        "cover_open" => ("盖未关", "bad"),
        "offline" => ("已断开", "bad"),
        "cutter" => ("切刀故障", "bad"),
        "mechanical" => ("机械故障", "bad"),
        "head_hot" => ("打印头过热", "wait"),
        "on_battery" => ("停电，用电池供电", "wait"),
        "battery_low" => ("停电，电池不足", "bad"),
        "lost_on_battery" => ("停电后失去联系", "bad"),
        "shutting_down" => ("停电，电池用完，已关机", "bad"),
        "failed" | "ups_failed" => ("故障或电池老化", "bad"),
        "bypass" => ("旁路，停电时不供电", "wait"),
        "battery_low_on_mains" => ("电池电量低", "wait"),
        "shutdown_ordered" => ("已被命令关机", "bad"),
        "module_unauthorised" => ("安全模块未授权", "bad"),
        "module_fault" => ("安全模块报错", "bad"),
        "garbled" => ("线路有误码", "bad"),
        "card_forgotten" => ("有人遗忘证件", "wait"),
        other => (other, "wait"),
    }
}

/// How far a kiosk is with the version that it was offered; none: it has not heard of it.
pub(super) fn update_state(state: Option<UpdateState>) -> Word {
    match state {
        None => ("等待自助机查询", ""),
        Some(UpdateState::Fetching) => ("下载中", "now"),
        Some(UpdateState::Fetched) => ("已下载，等待安装", "now"),
        Some(UpdateState::Installed) => ("已安装，待重启", "wait"),
        Some(UpdateState::Refused) => ("自助机拒绝安装", "bad"),
        Some(UpdateState::RolledBack) => ("无法运行，已退回原版本", "bad"),
        Some(UpdateState::Runs) => ("运行中", "good"),
    }
}

/// `11-24 18:05`, in the hall's zone.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = zone.to_datetime(at);
    html! {
        time datetime=(at.to_string()) title=(local.strftime("%Y-%m-%d %H:%M:%S").to_string()) {
            (local.strftime("%m-%d %H:%M").to_string())
        }
    }
}

/// `11月24日 周二`
pub(super) fn day(date: Date) -> String {
    let weekday = ["一", "二", "三", "四", "五", "六", "日"]
        [usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
    format!("{}月{}日 周{weekday}", date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use kiosk_core::Languages;
    use kiosk_core::diagnosis::{Condition, DeviceKind};

    use super::*;

    #[test]
    fn devices_are_called_what_the_kiosk_calls_them_and_every_state_has_its_words() {
        let languages = Languages::built_in();
        let texts = languages.texts("zh-CN");
        let kinds = DeviceKind::ALL.iter().map(|it| it.word()).filter(|it| *it != "office");
        for word in kinds.chain(["touch", "alarm"]) {
            assert_eq!(device(word), texts.get(&format!("device.{word}")));
        }
        for condition in Condition::ALL {
            let (words, _) = device_state(condition.word());
            assert_ne!(words, condition.word(), "it has words");
        }
    }
}
