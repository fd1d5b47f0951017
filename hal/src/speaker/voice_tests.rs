//! The real espeak-ng renders our texts, and the voice says them.

use super::render::{self, RenderError, Texts};
use super::wav::Sound;
use super::{Speech, Voice};

const LEXICON: &str = include_str!("../../voice/lexicon.toml");
const ALL: [&str; 2] =
    [include_str!("../../voice/zh-CN.toml"), include_str!("../../voice/en.toml")];

fn texts() -> Vec<Texts> {
    ALL.iter().map(|it| render::parse_texts(it).expect("our texts")).collect()
}

#[test]
fn all_languages_have_the_same_clips_and_can_be_spelled() {
    let lexicon = render::parse_lexicon(LEXICON).expect("our lexicon");
    let all = texts();
    for language in &all {
        let keys: Vec<_> = language.clips.keys().collect();
        assert_eq!(keys, all[0].clips.keys().collect::<Vec<_>>(), "{}", language.language);
        for text in language.clips.values().chain(&language.digits) {
            if language.pinyin {
                lexicon.spell(text).expect(text);
            }
        }
    }
    let wait = lexicon.spell(&all[0].clips["please_wait"]).expect("it is Chinese");
    assert_eq!(wait, "qing3 shao1 deng3 yi2 hui4 er2.");
    let take = lexicon.spell(&all[0].clips["take_card"]).expect("it is Chinese");
    assert_eq!(take, "qing3 qu3 zou3 nin2 de5 shen1 fen4 zheng4.");
}

#[test]
fn espeak_renders_a_voice_that_can_be_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let lexicon = render::parse_lexicon(LEXICON).expect("our lexicon");
    for texts in texts() {
        let count = render::render(&texts, &lexicon, "espeak-ng", folder.path());
        let count = count.expect("the package espeak-ng is installed");
        assert_eq!(count, texts.clips.len() + 10 + 26);
        let voice = Voice::new(folder.path());
        let heard = |text: &str| -> Sound {
            voice.sound(&Speech::parse(&texts.language, text)).expect(text)
        };
        for key in texts.clips.keys() {
            let clip = heard(key);
            assert!(clip.peak() > 20_000 && clip.length_ms() > 150, "{key}: {clip:?}");
        }
        let whole = heard("door 17 is_open");
        let parts: u64 =
            ["door", "1", "7", "is_open"].into_iter().map(|it| heard(it).length_ms()).sum();
        assert!(whole.length_ms() >= parts, "{whole:?}");
        // Each digit is a sound of its own.
        for digit in 1..10 {
            let one = heard(&digit.to_string());
            let before = heard(&(digit - 1).to_string());
            assert_ne!(one.samples, before.samples, "{digit}");
        }
    }
}

#[test]
fn a_voice_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let lexicon = render::parse_lexicon(LEXICON).expect("our lexicon");
    let texts = Texts { voice: "voice-of-nobody".into(), ..texts().remove(1) };
    let error = render::render(&texts, &lexicon, "espeak-ng", folder.path());
    assert!(
        matches!(error, Err(RenderError::Refused { .. } | RenderError::Wav { .. })),
        "{error:?}"
    );
}
