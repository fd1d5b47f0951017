//! The code that a technician carries, written in groups of four: `7K3M-9QXA-…`.

use std::fmt;

use zeroize::Zeroizing;

/// Crockford's base 32: no I, L, O or U, so that nothing is misread.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SIGN_COUNT: usize = 20;
const LOCATOR_SIGNS: usize = 4;
const GROUP: usize = 4;
/// Random bytes of a code: one for each sign.
pub(crate) const CODE_BYTES: usize = SIGN_COUNT;

/// A one-time code.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<String>);

/// Why what was typed is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("a code has {SIGN_COUNT} signs, not {0}")]
    Length(usize),
    #[error("a code has digits and letters only, not “{0}”")]
    Sign(char),
}

impl Code {
    /// A code from random bytes. No sign follows itself: a key that is touched twice within half a
    /// second counts once. The secret keeps more than 77 bits.
    pub fn from_bytes(bytes: [u8; CODE_BYTES]) -> Self {
        let count = SIGNS.len();
        let mut last = None;
        let sign = |byte: u8| {
            let at = match last {
                None => usize::from(byte) % count,
                Some(last) => (last + 1 + usize::from(byte) % (count - 1)) % count,
            };
            last = Some(at);
            char::from(SIGNS[at])
        };
        Self(Zeroizing::new(bytes.into_iter().map(sign).collect()))
    }

    /// Reads what somebody typed: case, blanks and hyphens do not matter, O is zero, I and L are one.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let mut signs = Zeroizing::new(String::new());
        for typed in typed.chars().filter(|it| !it.is_whitespace() && *it != '-') {
            let sign = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !u8::try_from(sign).is_ok_and(|it| SIGNS.contains(&it)) {
                return Err(CodeError::Sign(typed));
            }
            signs.push(sign);
        }
        match signs.len() {
            SIGN_COUNT => Ok(Self(signs)),
            other => Err(CodeError::Length(other)),
        }
    }

    /// Names the invitation; no secret.
    pub fn locator(&self) -> &str {
        &self.0[..LOCATOR_SIGNS]
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0[LOCATOR_SIGNS..]
    }

    /// For whoever hands it over, and nobody else.
    pub fn in_groups(&self) -> String {
        let signs: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = signs.chunks(GROUP).map(|it| it.iter().collect()).collect();
        groups.join("-")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_back_however_it_is_typed() {
        let code = Code::from_bytes(std::array::from_fn(|it| {
            u8::try_from(it * 13 % 251).expect("a byte")
        }));
        let written = code.in_groups();
        assert_eq!(written.len(), SIGN_COUNT + 4);
        let lower = written.to_lowercase().replace('-', " ");
        let misread = written.replace('0', "o").replace('1', "l");
        for typed in [&written, &lower, &misread] {
            assert_eq!(Code::parse(typed), Ok(code.clone()), "{typed}");
        }
        assert_eq!(code.locator(), &written[..4]);
    }

    #[test]
    fn no_sign_follows_itself_and_every_other_may() {
        let mut followers = std::collections::BTreeSet::new();
        for byte in 0..=u8::MAX {
            let code = Code::from_bytes([byte; CODE_BYTES]);
            let signs = code.0.as_bytes();
            assert!(signs.windows(2).all(|it| it[0] != it[1]), "{}", code.in_groups());
            let mut bytes = [0; CODE_BYTES];
            bytes[1] = byte;
            followers.insert(Code::from_bytes(bytes).0.as_bytes()[1]);
        }
        assert_eq!(followers.len(), SIGNS.len() - 1);
    }

    #[test]
    fn what_is_no_code_is_told_why() {
        assert_eq!(Code::parse("7K3M-9QXA"), Err(CodeError::Length(8)));
        assert_eq!(Code::parse("7K3M-9QXU-0000-0000-0000"), Err(CodeError::Sign('U')));
        assert_eq!(Code::parse("取件码"), Err(CodeError::Sign('取')));
    }
}
