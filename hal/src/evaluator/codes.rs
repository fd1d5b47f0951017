//! Which button's code is in the bytes that came. Pure.

use super::{EvaluatorSettings, Grade};

/// Finds codes among bytes. Holds fewer bytes than the longest code has.
///
/// No code may begin another ([`EvaluatorSettings::check`]); then each byte decides at most once.
#[derive(Clone, Debug)]
pub struct Codes {
    codes: Vec<(Grade, Vec<u8>)>,
    held: Vec<u8>,
}

impl Codes {
    /// Looks for the codes of these settings; buttons without one are not there.
    pub fn new(settings: &EvaluatorSettings) -> Self {
        let all = Grade::ALL.into_iter().zip(&settings.grades);
        let codes = all.filter(|(_, code)| !code.is_empty());
        let codes = codes.map(|(grade, code)| (grade, code.0.clone())).collect();
        Self { codes, held: Vec::new() }
    }

    /// Takes bytes as they come, split anyhow; gives the grades whose codes became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Grade> {
        let mut grades = Vec::new();
        for byte in bytes {
            self.held.push(*byte);
            // What cannot become a code from its first byte on is noise up to where one may begin.
            while !self.held.is_empty() && !self.may_become_a_code() {
                self.held.remove(0);
            }
            if let Some((grade, _)) = self.codes.iter().find(|(_, code)| *code == self.held) {
                grades.push(*grade);
                self.held.clear();
            }
        }
        grades
    }

    /// Forgets half a code, for example after the line fell silent.
    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// Whether half a code waits for the rest.
    pub fn pending(&self) -> bool {
        !self.held.is_empty()
    }

    fn may_become_a_code(&self) -> bool {
        self.codes.iter().any(|(_, code)| code.starts_with(&self.held))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Code;
    use super::*;
    use crate::testing::fixed_seed;

    fn codes(grades: [&[u8]; 5]) -> Codes {
        let settings = EvaluatorSettings {
            grades: grades.map(|it| Code(it.to_vec())),
            ..EvaluatorSettings::default()
        };
        settings.check().expect("codes that differ");
        Codes::new(&settings)
    }

    fn of(grades: &[u8]) -> Vec<Grade> {
        grades.iter().map(|it| Grade::new(*it).expect("a grade")).collect()
    }

    #[test]
    fn codes_are_found_among_noise() {
        let mut codes = codes([b"\xA5\x01", b"\xA5\x02", b"", b"\xA5\xA5\x04", b"V"]);
        assert_eq!(codes.push(b"\xA5"), []);
        assert!(codes.pending());
        assert_eq!(codes.push(b"\x01V\x00\xA5\x07\xA5\x02"), of(&[1, 5, 2]));
        // A code that begins within what looked like another.
        assert_eq!(codes.push(b"\xA5\xA5\xA5\x04"), of(&[4]));
        assert!(!codes.pending());
        codes.push(b"\xA5");
        codes.clear();
        assert_eq!(codes.push(b"\x01"), []);
    }

    /// Codes that do not begin one another: of one length, all different.
    fn settings() -> impl Strategy<Value = EvaluatorSettings> {
        (1usize..6).prop_flat_map(|length| {
            proptest::collection::hash_set(proptest::collection::vec(0u8..4, length), 1..5)
                .prop_map(|set| {
                    let mut all: Vec<Vec<u8>> = set.into_iter().collect();
                    all.sort();
                    all.resize(5, Vec::new());
                    let mut all = all.into_iter().map(Code);
                    let grades = std::array::from_fn(|_| all.next().unwrap_or_default());
                    EvaluatorSettings { grades, ..EvaluatorSettings::default() }
                })
        })
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn what_is_pressed_is_found_however_it_is_split(
            settings in settings(),
            pressed in proptest::collection::vec(0usize..5, 0..20),
            piece in 1usize..7,
            noise in proptest::collection::vec(4u8.., 0..20),
        ) {
            prop_assert_eq!(settings.check(), Ok(()));
            let there: Vec<usize> =
                pressed.into_iter().filter(|it| !settings.grades[*it].is_empty()).collect();
            // Bytes of no code may stand before and between.
            let bytes: Vec<u8> = there
                .iter()
                .flat_map(|it| [&noise[..], &settings.grades[*it].0].concat())
                .collect();
            let mut codes = Codes::new(&settings);
            let found: Vec<Grade> = bytes.chunks(piece).flat_map(|it| codes.push(it)).collect();
            let wanted: Vec<Grade> = there.iter().map(|it| Grade::ALL[*it]).collect();
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn any_bytes_keep_within_the_bound(
            settings in settings(), bytes in proptest::collection::vec(0u8..5, 0..200),
        ) {
            let mut codes = Codes::new(&settings);
            let longest = settings.grades.iter().map(|it| it.0.len()).max().unwrap_or(0);
            for byte in bytes {
                codes.push(&[byte]);
                prop_assert!(codes.held.len() < longest);
            }
        }
    }
}
