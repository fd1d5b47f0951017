//! Pickup codes as people type or scan them, and the locks that keep them from being guessed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::store::Lock;

/// Digits of a pickup code: two for the kiosk, two that find the delivery, four secret.
pub const CODE_DIGITS: usize = 8;

/// The prefix of a pickup QR code; then follow the code and its check digit.
const QR_PREFIX: &str = "H24P-";
/// What the codes on our papers begin with: receipts and slips, vouchers.
const PAPER_PREFIXES: [&str; 2] = ["H24R:", "H24V:"];

/// What a scanned text turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    Code(String),
    /// It begins like a pickup code and is not whole.
    Torn,
    /// Something else: an appointment slip, a product, an advertisement.
    /// The code of a receipt, a slip or a voucher of ours: it opens nothing.
    OurPaper,
    NotACode,
}

/// The text of the QR code for a pickup code.
pub fn qr_text(code: &str) -> String {
    format!("{QR_PREFIX}{code}-{}", check_digit(code))
}

/// Reads a scanned text. Bare digits are taken as a code too: some gateways send only those.
pub fn parse_scan(text: &str) -> Scanned {
    let text = text.trim();
    let digits: String = text.chars().filter(|it| !it.is_whitespace()).collect();
    if digits.len() == CODE_DIGITS && digits.bytes().all(|it| it.is_ascii_digit()) {
        return Scanned::Code(digits);
    }
    let Some(rest) = text.strip_prefix(QR_PREFIX) else {
        if PAPER_PREFIXES.iter().any(|it| text.starts_with(it)) {
            return Scanned::OurPaper;
        }
        let stem = QR_PREFIX.trim_end_matches('-');
        return if !text.is_empty() && (text.starts_with(stem) || QR_PREFIX.starts_with(text)) {
            Scanned::Torn
        } else {
            Scanned::NotACode
        };
    };
    match rest.split_once('-') {
        Some((code, check))
            if code.len() == CODE_DIGITS
                && code.bytes().all(|it| it.is_ascii_digit())
                && check == check_digit(code).to_string() =>
        {
            Scanned::Code(code.to_owned())
        }
        _ => Scanned::Torn,
    }
}

/// Luhn's digit (ISO/IEC 7812-1 annex B): catches every single wrong digit of a torn print.
fn check_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            let doubled = if index % 2 == 0 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    (10 - sum % 10) % 10
}

/// Wrong tries by subject. Unknown subjects are counted too, so that nobody can tell them from known
/// ones; their number is bounded.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    by_subject: BTreeMap<String, Lock>,
}

/// No more subjects than this are remembered; the one that was wrong least often goes first.
const SUBJECTS_MAX: usize = 200;

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// So many tries are left.
    Left(u32),
    Locked(Timestamp),
}

impl Lock {
    /// How long the lock lasts that was made last; each one lasts twice as long as the one before.
    fn length(&self, first_lock: Duration) -> Duration {
        first_lock.saturating_mul(1 << self.times_locked.saturating_sub(1).min(10))
    }
}

impl Locks {
    pub fn restore(locks: Vec<Lock>) -> Self {
        Self { by_subject: locks.into_iter().map(|it| (it.subject.clone(), it)).collect() }
    }

    /// Until when the subject is locked, if it is. A lock that was made while the clock was ahead
    /// lasts no longer than one made now.
    pub fn locked_until(
        &self,
        subject: &str,
        now: Timestamp,
        first_lock: Duration,
    ) -> Option<Timestamp> {
        let lock = self.by_subject.get(subject)?;
        let longest = now.checked_add(lock.length(first_lock)).unwrap_or(Timestamp::MAX);
        lock.until.filter(|until| *until > now).map(|until| until.min(longest))
    }

    pub fn wrong(
        &mut self,
        subject: &str,
        now: Timestamp,
        tries: u32,
        first_lock: Duration,
    ) -> (Wrong, Lock) {
        self.make_room(subject);
        let lock = self.by_subject.entry(subject.to_owned()).or_insert_with(|| Lock {
            subject: subject.to_owned(),
            wrong: 0,
            times_locked: 0,
            until: None,
        });
        lock.until = None;
        lock.wrong += 1;
        if lock.wrong < tries {
            return (Wrong::Left(tries - lock.wrong), lock.clone());
        }
        lock.wrong = 0;
        lock.times_locked += 1;
        let until = now.checked_add(lock.length(first_lock)).unwrap_or(Timestamp::MAX);
        lock.until = Some(until);
        (Wrong::Locked(until), lock.clone())
    }

    /// Forgets the tries of a subject; true when there were any.
    pub fn right(&mut self, subject: &str) -> bool {
        self.by_subject.remove(subject).is_some()
    }

    fn make_room(&mut self, subject: &str) {
        if self.by_subject.len() < SUBJECTS_MAX || self.by_subject.contains_key(subject) {
            return;
        }
        let least = self
            .by_subject
            .values()
            .min_by_key(|it| (it.times_locked, it.wrong))
            .map(|it| it.subject.clone());
        if let Some(least) = least {
            self.by_subject.remove(&least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanned_texts_are_told_apart() {
        let code = "03071234";
        assert_eq!(parse_scan(&qr_text(code)), Scanned::Code(code.into()));
        assert_eq!(parse_scan(" 0307 1234\r"), Scanned::Code(code.into()));
        for torn in ["H24", "H24P-", "H24P-0307", "H24P-03071234", "H24P-03071235-9", "H24P"] {
            assert_eq!(parse_scan(torn), Scanned::Torn, "{torn}");
        }
        for other in ["", "Y1126-0007", "6901234567892", "http://example.org"] {
            assert_eq!(parse_scan(other), Scanned::NotACode, "{other}");
        }
    }

    #[test]
    fn five_wrong_tries_lock_for_a_quarter_of_an_hour_then_twice_as_long() {
        let mut locks = Locks::default();
        let start: Timestamp = "2026-11-23T15:40:00Z".parse().expect("a time");
        let quarter = Duration::from_secs(900);
        for left in (1..5).rev() {
            assert_eq!(locks.wrong("code:0307", start, 5, quarter).0, Wrong::Left(left));
        }
        let (wrong, lock) = locks.wrong("code:0307", start, 5, quarter);
        assert_eq!(wrong, Wrong::Locked(start + quarter));
        assert_eq!(locks.locked_until("code:0307", start, quarter), Some(start + quarter));
        assert_eq!(locks.locked_until("code:0308", start, quarter), None);
        let later = start + quarter;
        assert_eq!(locks.locked_until("code:0307", later, quarter), None);
        let set_back = start - quarter * 100;
        assert_eq!(locks.locked_until("code:0307", set_back, quarter), Some(set_back + quarter));
        let mut again = Locks::restore(vec![lock]);
        for _ in 0..4 {
            again.wrong("code:0307", later, 5, quarter);
        }
        assert_eq!(
            again.wrong("code:0307", later, 5, quarter).0,
            Wrong::Locked(later + quarter * 2)
        );
        assert!(again.right("code:0307"));
        assert!(!again.right("code:0307"));
    }

    #[test]
    fn remembers_a_bounded_number_of_subjects() {
        let mut locks = Locks::default();
        let now: Timestamp = "2026-11-23T15:40:00Z".parse().expect("a time");
        for n in 0..10_000 {
            locks.wrong(&format!("code:{n:04}"), now, 5, Duration::from_secs(1));
        }
        assert_eq!(locks.by_subject.len(), SUBJECTS_MAX);
    }
}
