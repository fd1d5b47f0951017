//! Texts by key, in as many languages as there are files.
//!
//! A language is one TOML file; a further one needs no code. What a file lacks is shown in Chinese.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};

/// The languages of a kiosk; the first is the one that is complete by definition (zh-CN).
#[derive(Clone, Debug)]
pub struct Languages {
    list: Vec<Language>,
}

/// One language file.
#[derive(Clone, Debug)]
pub struct Language {
    /// BCP 47 tag, for example `zh-CN`.
    pub tag: String,
    /// What its speakers call it.
    pub name: String,
    messages: BTreeMap<String, String>,
}

/// Why a language file cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LanguageError {
    #[error("the language file is not valid TOML: {0}")]
    Syntax(String),
    #[error("the language file has no `{0}`: add it at the top")]
    Missing(&'static str),
    #[error("the message `{0}` is not a text: write it in quotes")]
    NotText(String),
}

impl Language {
    /// Parses a language file: `tag` and `name` at the top, then tables of messages.
    pub fn parse(source: &str) -> Result<Self, LanguageError> {
        let table: toml::Table =
            source.parse().map_err(|it: toml::de::Error| LanguageError::Syntax(it.to_string()))?;
        let mut messages = BTreeMap::new();
        flatten("", &table, &mut messages)?;
        let tag = messages.remove("tag").ok_or(LanguageError::Missing("tag"))?;
        let name = messages.remove("name").ok_or(LanguageError::Missing("name"))?;
        Ok(Self { tag, name, messages })
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(String::as_str)
    }

    /// The message as it stands in the file.
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.messages.get(key).map(String::as_str)
    }
}

fn flatten(
    prefix: &str,
    table: &toml::Table,
    into: &mut BTreeMap<String, String>,
) -> Result<(), LanguageError> {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::String(text) => {
                into.insert(path, text.clone());
            }
            toml::Value::Table(inner) => flatten(&path, inner, into)?,
            _ => return Err(LanguageError::NotText(path)),
        }
    }
    Ok(())
}

impl Languages {
    /// The two languages that every kiosk speaks.
    pub fn built_in() -> Self {
        let parse = |source| Language::parse(source).expect("built-in languages are tested");
        Self {
            list: vec![
                parse(include_str!("../languages/zh-CN.toml")),
                parse(include_str!("../languages/en.toml")),
            ],
        }
    }

    /// Adds a language, or replaces the one with the same tag.
    pub fn add(&mut self, language: Language) {
        match self.list.iter_mut().find(|it| it.tag == language.tag) {
            Some(same) => *same = language,
            None => self.list.push(language),
        }
    }

    pub fn list(&self) -> &[Language] {
        &self.list
    }

    pub fn contains(&self, tag: &str) -> bool {
        self.list.iter().any(|it| it.tag == tag)
    }

    /// The language after this one, round and round.
    pub fn after(&self, tag: &str) -> &Language {
        let index = self.list.iter().position(|it| it.tag == tag).unwrap_or(0);
        &self.list[(index + 1) % self.list.len()]
    }

    /// Texts in one language.
    pub fn texts<'a>(&'a self, tag: &'a str) -> Texts<'a> {
        Texts { languages: self, tag }
    }

    fn message(&self, tag: &str, key: &str) -> Option<&str> {
        self.list.iter().find(|it| it.tag == tag).and_then(|it| it.raw(key))
    }
}

/// Looks up texts of one language.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    languages: &'a Languages,
    tag: &'a str,
}

impl<'a> Texts<'a> {
    pub fn tag(&self) -> &'a str {
        self.tag
    }

    /// A text of the office in this language.
    pub fn tag_text(&self, text: &wire::LocalText) -> String {
        text.in_language(self.tag).to_owned()
    }

    /// The text of a key that may not exist, such as one made of a word that came from outside.
    pub(crate) fn find(&self, key: &str) -> Option<String> {
        let mut tags = [self.tag, &self.languages.list[0].tag].into_iter();
        tags.find_map(|tag| self.languages.message(tag, key)).map(str::to_owned)
    }

    /// The text of `key`.
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text of `key` with `{name}` replaced by its value.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let message = self
            .languages
            .message(self.tag, key)
            .or_else(|| self.languages.message(&self.languages.list[0].tag, key));
        debug_assert!(message.is_some(), "no language file has the message {key}");
        fill(message.unwrap_or(key), values)
    }

    /// “11月26日” or “26 Nov”.
    pub fn day(&self, date: Date) -> String {
        let month = self.get(&format!("month.{}", date.month()));
        self.with("date.day", &[("month", &month), ("day", &date.day().to_string())])
    }

    /// “周四” or “Thu”.
    pub fn weekday(&self, date: Date) -> String {
        self.get(&format!("weekday.{}", date.weekday().to_monday_one_offset()))
    }

    /// “11月26日 星期四” or “Thursday 26 Nov”.
    pub fn day_with_weekday(&self, date: Date) -> String {
        let weekday = self.get(&format!("weekday_long.{}", date.weekday().to_monday_one_offset()));
        self.with("date.with_weekday", &[("day", &self.day(date)), ("weekday", &weekday)])
    }

    /// “10:30”.
    pub fn time(&self, time: Time) -> String {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// “11月26日 10:30”.
    pub fn day_and_time(&self, at: DateTime) -> String {
        format!("{} {}", self.day(at.date()), self.time(at.time()))
    }
}

/// One pass: a value that itself contains braces is never filled again.
fn fill(message: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(message.len() + 16);
    let mut rest = message;
    while let Some(start) = rest.find('{') {
        let after = &rest[start + 1..];
        let Some(end) = after.find('}') else { break };
        text.push_str(&rest[..start]);
        match values.iter().find(|(name, _)| *name == &after[..end]) {
            Some((_, value)) => text.push_str(value),
            None => text.push_str(&rest[start..start + end + 2]),
        }
        rest = &after[end + 1..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_each_place_once() {
        assert_eq!(fill("{a} and {b} and {c}", &[("a", "{b}"), ("b", "2")]), "{b} and 2 and {c}");
        assert_eq!(fill("open { brace", &[]), "open { brace");
    }

    #[test]
    fn both_languages_have_the_same_messages_with_the_same_places() {
        let languages = Languages::built_in();
        let [chinese, english] = languages.list() else { panic!("two built-in languages") };
        let places = |text: &str| {
            let mut found: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|it| it.split('}').next().map(str::to_owned))
                .collect();
            found.sort();
            found
        };
        assert_eq!(
            chinese.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>(),
            "zh-CN and en are both complete"
        );
        for key in chinese.keys() {
            let (zh, en) = (chinese.raw(key).unwrap_or(""), english.raw(key).unwrap_or(""));
            if !key.starts_with("date.") {
                assert_eq!(places(zh), places(en), "places of {key}");
            }
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
        }
    }

    #[test]
    fn errors_say_what_to_do() {
        let missing = Language::parse("name = \"x\"").expect_err("there is no tag");
        assert_eq!(missing, LanguageError::Missing("tag"));
        let number = Language::parse("tag=\"x\"\nname=\"y\"\n[a]\nb=1").expect_err("not a text");
        assert_eq!(number, LanguageError::NotText("a.b".into()));
    }
}
