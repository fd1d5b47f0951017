//! What a device answered, and whether that is well.

use kiosk_core::Languages;
use kiosk_core::diagnosis::{Condition, Outcome};
use serde::Serialize;
use serde_json::Value;

use crate::cli::Failure;

/// What a device answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) value: Value,
    /// What is not well about it and what to do, where something is.
    pub(super) trouble: Option<String>,
}

pub(super) type Answered = Result<Answer, Failure>;

impl Answer {
    /// An answer that is well.
    pub(super) fn well(report: impl Serialize) -> Self {
        Self { value: value(report), trouble: None }
    }

    /// An answer that shows the device in this condition.
    pub(super) fn showing(report: impl Serialize, condition: Condition) -> Self {
        let fails = condition.outcome() == Outcome::Fail;
        Self { value: value(report), trouble: fails.then(|| words(condition)) }
    }

    /// An answer that is not well in a way of its own.
    pub(super) fn not_well(report: impl Serialize, trouble: &str) -> Self {
        Self { value: value(report), trouble: Some(trouble.to_owned()) }
    }

    /// For people: one line a field, a table for a list.
    pub(super) fn text(&self) -> String {
        let Value::Object(fields) = &self.value else { return plain(&self.value) };
        let shown = fields.iter().filter(|(_, value)| !value.is_null());
        let lines = shown.map(|(key, value)| match value {
            Value::Array(rows) if rows.iter().all(Value::is_object) => table(rows),
            value => format!("{key}: {}", plain(value)),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn value(report: impl Serialize) -> Value {
    serde_json::to_value(report).expect("reports are plain values")
}

/// What a condition is and what to do; the command line speaks English.
fn words(condition: Condition) -> String {
    Languages::built_in().texts("en").get(&format!("condition.{}", condition.word()))
}

/// A row a line under the names of its fields.
fn table(rows: &[Value]) -> String {
    let Some(first) = rows.first().and_then(Value::as_object) else { return String::new() };
    let mut heads: Vec<String> = first.keys().cloned().collect();
    // The number that names a row stands first.
    heads.sort_by_key(|it| !first[it].is_number());
    let cells = |row: &Value| -> Vec<String> {
        heads.iter().map(|it| row.get(it).map_or_else(String::new, plain)).collect()
    };
    let lines: Vec<Vec<String>> =
        std::iter::once(heads.clone()).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| lines.iter().map(|it| it[column].chars().count()).max();
    let padded = |line: &Vec<String>| {
        let cells = line.iter().enumerate().map(|(column, it)| {
            let width = width(column).unwrap_or(0);
            format!("{it:<width$}")
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(padded).collect::<Vec<_>>().join("\n")
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_a_table_for_people() {
        let doors = json!({ "doors": [
            { "way": 1, "door": "closed", "occupied": null },
            { "way": 12, "door": "open", "occupied": true },
        ] });
        let expected = "way  door    occupied\n1    closed  -\n12   open    true";
        assert_eq!(Answer::well(doors).text(), expected);
        assert_eq!(
            Answer::well(json!({ "text": "a \"b\"", "none": null })).text(),
            "text: a \"b\""
        );
    }

    #[test]
    fn only_what_fails_is_trouble() {
        assert_eq!(Answer::showing((), Condition::PaperNearEnd).trouble, None);
        let trouble = Answer::showing((), Condition::CoverOpen).trouble;
        assert_eq!(trouble.as_deref(), Some("the cover is open; shut it"));
    }
}
