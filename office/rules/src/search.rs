//! Search keys: words, full pinyin and pinyin initials.

use pinyin::ToPinyin as _;

/// What an item may be found by, lower-case, one key a line.
pub fn search_keys<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut keys: Vec<String> = Vec::new();
    for text in texts {
        for key in [plain(text), full_pinyin(text), initials(text)] {
            if !key.is_empty() && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys.join("\n")
}

/// Whether every word of the query occurs in one of the keys.
pub fn matches(keys: &str, query: &str) -> bool {
    query.split_whitespace().map(plain).all(|word| keys.lines().any(|key| key.contains(&word)))
}

/// 食品经营许可 → `shipinjingyingxuke`. Other letters and digits stay, everything else goes.
pub fn full_pinyin(text: &str) -> String {
    spelled(text, |pinyin| pinyin.plain())
}

/// 食品经营许可 → `spjyxk`.
pub fn initials(text: &str) -> String {
    spelled(text, |pinyin| pinyin.first_letter())
}

fn spelled(text: &str, spell: impl Fn(pinyin::Pinyin) -> &'static str) -> String {
    text.chars()
        .flat_map(|character| match character.to_pinyin() {
            Some(pinyin) => spell(pinyin).chars().collect::<Vec<_>>(),
            None if character.is_alphanumeric() => character.to_lowercase().collect(),
            None => Vec::new(),
        })
        .collect()
}

fn plain(text: &str) -> String {
    text.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_found_by_words_pinyin_and_initials() {
        let keys = search_keys(["食品经营许可（延续）", "餐饮", "Food business licence"]);
        for query in ["食品", "许可 食品", "shipin", "spjy", "SPJYXK", "cy", "food", "licence food"]
        {
            assert!(matches(&keys, query), "{query}");
        }
        for query in ["护照", "hz", "spx"] {
            assert!(!matches(&keys, query), "{query}");
        }
    }

    #[test]
    fn rare_characters_are_spelled_and_unspellable_ones_stay() {
        assert_eq!(initials("𠅤A1"), "xa1");
        assert_eq!(initials("ア1"), "ア1");
    }
}
