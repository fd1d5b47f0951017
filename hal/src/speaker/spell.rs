//! Chinese text as pinyin with tone numbers, for a synthesiser that reads nothing else right. Pure.
//!
//! A character alone has one reading here; in the words of a [`Lexicon`] it has that of the word.

use std::collections::BTreeMap;

use pinyin::ToPinyin;

const DIGITS: [&str; 10] =
    ["ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"];

/// Words and their pinyin.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    words: BTreeMap<String, String>,
    longest: usize,
}

/// Why a lexicon or a text cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpellError {
    #[error(
        "the word {word} has the pinyin `{pinyin}`; expected a syllable with its tone, 1 to 5, for \
         each character"
    )]
    Word { word: String, pinyin: String },
    #[error("`{c}` in “{text}” has no pinyin; write it with Chinese characters")]
    Character { c: char, text: String },
}

impl Lexicon {
    /// Takes words with their pinyin.
    pub fn new(words: BTreeMap<String, String>) -> Result<Self, SpellError> {
        for (word, pinyin) in &words {
            let syllables = pinyin.split(' ').filter(|it| is_syllable(it)).count();
            let all = pinyin.split(' ').count();
            if syllables != all || all != word.chars().count() {
                return Err(SpellError::Word { word: word.clone(), pinyin: pinyin.clone() });
            }
        }
        let longest = words.keys().map(|it| it.chars().count()).max().unwrap_or(0);
        Ok(Self { words, longest })
    }

    /// Spells a text: syllables with spaces between, pauses as commas and stops.
    pub fn spell(&self, text: &str) -> Result<String, SpellError> {
        let mut spelled: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((word, pinyin)) = self.word_at(rest) {
                spelled.push(pinyin.to_owned());
                rest = &rest[word.len()..];
                continue;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                '，' | '、' | '；' | '：' | ',' => pause(&mut spelled, ','),
                '。' | '！' | '？' | '.' => pause(&mut spelled, '.'),
                ' ' => {}
                '0'..='9' => {
                    let digit = c.to_digit(10).and_then(|it| usize::try_from(it).ok());
                    spelled.push(DIGITS[digit.expect("a digit")].to_owned());
                }
                _ => spelled.push(
                    syllable(c)
                        .ok_or_else(|| SpellError::Character { c, text: text.to_owned() })?,
                ),
            }
        }
        Ok(spelled.join(" "))
    }

    /// The longest word at the beginning of a text.
    fn word_at(&self, text: &str) -> Option<(&str, &str)> {
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.longest);
        let ends: Vec<usize> = ends.collect();
        let found = ends.into_iter().rev().find_map(|end| self.words.get_key_value(&text[..end]));
        found.map(|(word, pinyin)| (word.as_str(), pinyin.as_str()))
    }
}

fn pause(spelled: &mut [String], mark: char) {
    if let Some(last) = spelled.last_mut() {
        last.push(mark);
    }
}

fn syllable(c: char) -> Option<String> {
    let plain = c.to_pinyin()?.with_tone_num_end();
    // The neutral tone has no number there.
    let toned = plain.ends_with(|it: char| it.is_ascii_digit());
    Some(if toned { plain.to_owned() } else { format!("{plain}5") })
}

fn is_syllable(text: &str) -> bool {
    let Some(letters) = text.strip_suffix(['1', '2', '3', '4', '5']) else { return false };
    !letters.is_empty() && letters.chars().all(|it| it.is_ascii_lowercase() || it == 'ü')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    fn ours() -> Lexicon {
        crate::speaker::render::parse_lexicon(include_str!("../../voice/lexicon.toml"))
            .expect("our lexicon")
    }

    #[test]
    fn words_are_read_as_words() {
        let lexicon = ours();
        for (text, pinyin) in [
            ("银行", "yin2 hang2"),
            ("行走", "xing2 zou3"),
            ("长大", "zhang3 da4"),
            ("归还", "gui1 huan2"),
            ("重庆", "chong2 qing4"),
            ("还有", "hai2 you3"),
            ("我在银行还有事。", "wo3 zai4 yin2 hang2 hai2 you3 shi4."),
            ("柜门015号", "gui4 men2 ling2 yi1 wu3 hao4"),
            ("请关好，谢谢", "qing3 guan1 hao3, xie4 xie4"),
            ("女", "nü3"),
            ("好吗", "hao3 ma5"),
        ] {
            assert_eq!(lexicon.spell(text).as_deref(), Ok(pinyin), "{text}");
        }
        // Alone the characters read otherwise: the lexicon is what makes it right.
        let bare = Lexicon::default();
        assert_ne!(bare.spell("重庆"), lexicon.spell("重庆"));
        assert_ne!(bare.spell("归还"), lexicon.spell("归还"));
    }

    #[test]
    fn what_cannot_be_spelled_is_named() {
        let error = ours().spell("A区").expect_err("Latin").to_string();
        assert!(error.contains("`A`"), "{error}");
        for wrong in ["yin2", "yin hang", "yin2 hang2 le5", "Yin2 hang2", "yin2  hang2", ""] {
            let words = BTreeMap::from([("银行".to_owned(), wrong.to_owned())]);
            assert!(Lexicon::new(words).is_err(), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// Every syllable of any Chinese text has its tone.
        #[test]
        fn any_text_is_spelled_or_refused(text in "[\\u{4e00}-\\u{9fff}，。0-9a-z]{0,12}") {
            if let Ok(spelled) = ours().spell(&text) {
                for syllable in spelled.split(' ').filter(|it| !it.is_empty()) {
                    let bare = syllable.trim_end_matches([',', '.']);
                    prop_assert!(is_syllable(bare) || !bare.is_ascii(), "{spelled}");
                }
            }
        }
    }
}
