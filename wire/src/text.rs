//! Texts that come from the office in several languages.

use std::collections::BTreeMap;

/// A text by language tag (`zh-CN`, `en`, …). Chinese is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LocalText(pub BTreeMap<String, String>);

impl LocalText {
    /// A text that exists in Chinese only, such as a legal name without an official translation.
    pub fn zh(text: impl Into<String>) -> Self {
        Self(BTreeMap::from([("zh-CN".to_owned(), text.into())]))
    }

    /// A text in Chinese and English.
    pub fn zh_en(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self(BTreeMap::from([("zh-CN".to_owned(), zh.into()), ("en".to_owned(), en.into())]))
    }

    /// The text in `language`, in Chinese where that is missing, empty where neither exists.
    pub fn in_language(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("zh-CN")).map_or("", String::as_str)
    }
}
