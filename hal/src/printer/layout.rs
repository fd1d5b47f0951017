//! Lines of a document become rows that fit the paper, for characters and for dots alike.

use super::{Align, Document, Line, TextSize};

/// Punctuation that does not begin a row.
const NEVER_FIRST: &str = "，。、；：？！）】》〉」』”’…·・,.;:?!)]}%";
/// Brackets that do not end a row.
const NEVER_LAST: &str = "（【《〈「『“‘([{";

/// How characters of a row look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub size: TextSize,
    pub bold: bool,
    /// Nothing but characters of half width, such as a number: may be drawn larger than a heading.
    pub figures: bool,
}

/// What a row is measured with: columns or dots.
pub trait Metrics {
    /// Width of the paper that may be printed on.
    fn line_width(&self) -> u32;
    /// Width of one character.
    fn char_width(&self, c: char, style: Style) -> u32;
    /// Space between labels and values.
    fn field_gap(&self) -> u32;
    /// Where values begin at the earliest.
    fn value_at_min(&self) -> u32;

    /// Width of a text in one row.
    fn text_width(&self, text: &str, style: Style) -> u32 {
        text.chars().map(|it| self.char_width(it, style)).sum()
    }
}

/// A row of the paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    Text { pieces: Vec<Piece>, align: Align },
    Rule,
    Space,
    Qr { data: String },
    Cut,
}

/// A run of characters of one style in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Distance from the left margin, in the unit of the metrics.
    pub at: u32,
    pub text: String,
    pub style: Style,
}

/// Lays a document out. Control characters become spaces.
pub fn layout(document: &Document, metrics: &dyn Metrics) -> Vec<Row> {
    let value_at = value_at(document, metrics);
    let mut rows = Vec::new();
    for line in &document.lines {
        match line {
            Line::Text { text, align, size, bold } => {
                let text = clean(text);
                let figures = !text.is_empty() && text.is_ascii();
                let style = Style { size: *size, bold: *bold, figures };
                for text in wrap(&text, metrics.line_width(), style, metrics) {
                    rows.push(Row::Text {
                        pieces: vec![Piece { at: 0, text, style }],
                        align: *align,
                    });
                }
            }
            Line::Field { label, value, bold } => {
                field(&mut rows, &clean(label), &clean(value), *bold, value_at, metrics);
            }
            Line::Rule => rows.push(Row::Rule),
            Line::Space => rows.push(Row::Space),
            Line::Qr { data } => rows.push(Row::Qr { data: data.clone() }),
            Line::Cut => rows.push(Row::Cut),
        }
    }
    rows
}

const fn plain(bold: bool) -> Style {
    Style { size: TextSize::Normal, bold, figures: false }
}

/// One column for the values of the whole document, so that they stand below each other.
fn value_at(document: &Document, metrics: &dyn Metrics) -> u32 {
    let labels = document.lines.iter().filter_map(|it| match it {
        Line::Field { label, .. } => Some(metrics.text_width(&clean(label), plain(false))),
        _ => None,
    });
    let widest = labels.max().unwrap_or(0) + metrics.field_gap();
    widest.clamp(metrics.value_at_min(), metrics.line_width() / 2)
}

fn field(
    rows: &mut Vec<Row>,
    label: &str,
    value: &str,
    bold: bool,
    value_at: u32,
    metrics: &dyn Metrics,
) {
    let label_width = metrics.text_width(label, plain(false)) + metrics.field_gap();
    let mut pieces = Vec::new();
    if label_width <= value_at {
        pieces.push(Piece { at: 0, text: label.to_owned(), style: plain(false) });
    } else {
        // A label that leaves no room for its value stands above it.
        for text in wrap(label, metrics.line_width(), plain(false), metrics) {
            let piece = Piece { at: 0, text, style: plain(false) };
            rows.push(Row::Text { pieces: vec![piece], align: Align::Left });
        }
    }
    let style = plain(bold);
    for text in wrap(value, metrics.line_width() - value_at, style, metrics) {
        pieces.push(Piece { at: value_at, text, style });
        rows.push(Row::Text { pieces: std::mem::take(&mut pieces), align: Align::Left });
    }
}

fn clean(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// Breaks a text into rows of at most `limit`: between words, between Han characters, and inside a
/// word only where it is longer than a row. An empty text is one empty row.
fn wrap(text: &str, limit: u32, style: Style, metrics: &dyn Metrics) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut width = 0;
    for unit in units(text) {
        let unit_width = metrics.text_width(unit, style);
        let bare_width = metrics.text_width(unit.trim_end(), style);
        if width + bare_width > limit && !row.is_empty() {
            rows.push(std::mem::take(&mut row).trim_end().to_owned());
            width = 0;
        }
        if bare_width <= limit {
            row.push_str(unit);
            width += unit_width;
            continue;
        }
        for c in unit.chars() {
            let char_width = metrics.char_width(c, style);
            if width + char_width > limit && !row.is_empty() {
                rows.push(std::mem::take(&mut row));
                width = 0;
            }
            row.push(c);
            width += char_width;
        }
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row.trim_end().to_owned());
    }
    rows
}

/// Splits a text into runs that are not broken: a word with the spaces after it, a Han character
/// with the punctuation that clings to it.
fn units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (place, c) in text.char_indices() {
        if before.is_some_and(|it| may_break(it, c)) {
            units.push(&text[start..place]);
            start = place;
        }
        before = Some(c);
    }
    if start < text.len() {
        units.push(&text[start..]);
    }
    units
}

fn may_break(before: char, after: char) -> bool {
    if after == ' ' || NEVER_FIRST.contains(after) || NEVER_LAST.contains(before) {
        return false;
    }
    before == ' ' || !before.is_ascii() || !after.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Columns(u32);

    impl Metrics for Columns {
        fn line_width(&self) -> u32 {
            self.0
        }
        fn char_width(&self, c: char, style: Style) -> u32 {
            let factor = if style.size == TextSize::Double { 2 } else { 1 };
            factor * if c.is_ascii() { 1 } else { 2 }
        }
        fn field_gap(&self) -> u32 {
            2
        }
        fn value_at_min(&self) -> u32 {
            6
        }
    }

    #[track_caller]
    fn check(text: &str, limit: u32, expected: &[&str]) {
        assert_eq!(wrap(text, limit, plain(false), &Columns(limit)), expected);
    }

    #[test]
    fn texts_break_where_people_would() {
        check("", 8, &[""]);
        check("领取方式", 6, &["领取方", "式"]);
        check("take the certificate", 9, &["take the", "certifica", "te"]);
        check("食品经营许可（延续）", 14, &["食品经营许可", "（延续）"]);
        check("可以。", 4, &["可", "以。"]);
        check("DZ-2026-1105-0137", 20, &["DZ-2026-1105-0137"]);
        check("one  two", 5, &["one", "two"]);
    }

    #[test]
    fn values_stand_below_each_other_and_wrap_under_themselves() {
        let field = |label: &str, value: &str| Line::Field {
            label: label.to_owned(),
            value: value.to_owned(),
            bold: false,
        };
        let lines = vec![field("事项", "食品经营许可"), field("申请人", "张*\u{10}\u{4}x")];
        let rows = layout(&Document { lines }, &Columns(18));
        let seen: Vec<Vec<(u32, &str)>> = rows
            .iter()
            .map(|row| match row {
                Row::Text { pieces, .. } => pieces.iter().map(|it| (it.at, &*it.text)).collect(),
                _ => Vec::new(),
            })
            .collect();
        let expected: [&[(u32, &str)]; 3] =
            [&[(0, "事项"), (8, "食品经营许")], &[(8, "可")], &[(0, "申请人"), (8, "张*  x")]];
        assert_eq!(seen, expected);
    }
}
