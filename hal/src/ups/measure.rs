//! Measured values, exact as they were sent.

use std::fmt;

/// A measured value in hundredths of its unit: 27.3 V is 2730.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hundredths(pub i32);

/// More digits than any measured value has.
const DIGITS_MAX: usize = 6;

impl Hundredths {
    /// `27.3`, `2.27`, `-5`, `221.0`; further decimals are cut off. `None` where it is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, decimals) = match digits.split_once('.') {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (digits, None),
        };
        let tenths = match decimals {
            None => 0,
            Some(it) if are_digits(it) => 10 * digit(it, 0) + digit(it, 1),
            Some(_) => return None,
        };
        if !are_digits(whole) || whole.len() > DIGITS_MAX {
            return None;
        }
        let whole: i32 = whole.parse().ok()?;
        Some(Self(sign * (whole * 100 + tenths)))
    }

    /// The nearest whole number.
    pub fn rounded(self) -> i32 {
        (self.0 + 50).div_euclid(100)
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / 100.0)
    }
}

impl serde::Serialize for Hundredths {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 100.0)
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn digit(text: &str, place: usize) -> i32 {
    text.as_bytes().get(place).map_or(0, |it| i32::from(it - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_everything_else_is_not() {
        for (text, value) in [
            ("27.3", 2730),
            ("2.27", 227),
            ("-5", -500),
            ("-0.5", -50),
            ("221.0", 22_100),
            ("013", 1_300),
            ("1.999", 199),
        ] {
            assert_eq!(Hundredths::parse(text), Some(Hundredths(value)), "{text}");
        }
        for text in ["", "-", ".", "1.", ".5", "@@@.@", "---.-", "1e3", "+1", "1234567", "1,5"] {
            assert_eq!(Hundredths::parse(text), None, "{text}");
        }
        assert_eq!(Hundredths(9_950).rounded(), 100);
        assert_eq!(Hundredths(-30).rounded(), 0);
        assert_eq!(Hundredths(2_730).to_string(), "27.3");
    }
}
