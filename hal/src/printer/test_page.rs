//! The page that shows whether a printer is well: type, rare characters, a code, the cutter.

use super::{Align, Document, Line, TextSize};

/// The page of a printer test. Its code is not of a receipt's form: nobody shall take it for one.
pub fn test_document() -> Document {
    let text = |text: &str, size, bold| Line::Text {
        text: text.to_owned(),
        align: Align::Centre,
        size,
        bold,
    };
    let field = |label: &str, value: &str, bold| Line::Field {
        label: label.to_owned(),
        value: value.to_owned(),
        bold,
    };
    let lines = vec![
        text("打印测试", TextSize::Double, true),
        text("Printer test page", TextSize::Normal, false),
        Line::Rule,
        field("常用字", "政务服务中心 0123456789", false),
        field("加粗", "政务服务中心 ABCabc", true),
        field("生僻字", "𬭛 㛃 𠮷 㼆 𠅤 𬭚 𰻝", false),
        Line::Rule,
        text("1234 5678", TextSize::Double, true),
        Line::Qr { data: "Hall24 printer test".to_owned() },
        text("纸张应在此处切断", TextSize::Normal, false),
        Line::Cut,
    ];
    Document { lines }
}
