//! Pickup codes: eight digits that the citizen is told and the kiosk can check.
//!
//! Two digits for the kiosk's number, two that find the delivery among those that lie in that
//! kiosk, four that are secret.

use std::collections::BTreeSet;

/// A new code. Personal: it has no `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCode {
    locator: String,
    secret: u16,
}

/// All hundred locators of a kiosk are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to make a pickup code: kiosk {kiosk_number} has no locator left")]
pub struct NoLocatorLeft {
    pub kiosk_number: u8,
}

impl NewCode {
    /// Makes a code for a delivery in kiosk `kiosk_number` (at most 99). `in_use` holds the
    /// locators (four digits) of that kiosk's live deliveries, `random` is a fresh random number.
    pub fn make(
        kiosk_number: u8,
        in_use: &BTreeSet<String>,
        random: u64,
    ) -> Result<Self, NoLocatorLeft> {
        let free: Vec<String> = (0..100)
            .map(|it| format!("{kiosk_number:02}{it:02}"))
            .filter(|it| !in_use.contains(it))
            .collect();
        let count = free.len() as u64;
        if kiosk_number > 99 || count == 0 {
            return Err(NoLocatorLeft { kiosk_number });
        }
        let locator = free[(random % count) as usize].clone();
        let secret = u16::try_from(random / count % 10_000).expect("below 10,000");
        Ok(Self { locator, secret })
    }

    /// The first four digits: kiosk and delivery.
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// All eight digits, what is hashed and what the citizen types.
    pub fn digits(&self) -> String {
        format!("{}{:04}", self.locator, self.secret)
    }

    /// The digits in two groups, as they stand in a message.
    pub fn grouped(&self) -> String {
        format!("{} {:04}", self.locator, self.secret)
    }
}

impl std::fmt::Debug for NewCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewCode")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_kiosk_gets_no_code() {
        let in_use = (0..100).map(|it| format!("03{it:02}")).collect();
        assert_eq!(NewCode::make(3, &in_use, 1), Err(NoLocatorLeft { kiosk_number: 3 }));
        assert!(NewCode::make(4, &in_use, 1).is_ok());
    }

    #[test]
    fn debug_shows_no_digit() {
        let code = NewCode::make(3, &BTreeSet::new(), 123_456_789).expect("empty kiosk");
        assert!(!format!("{code:?}").contains(|it: char| it.is_ascii_digit()));
    }

    proptest! {
        #[test]
        fn eight_digits_of_this_kiosk_with_a_free_locator(
            kiosk in 1u8..=99, used in prop::collection::btree_set(0u8..100, 0..100), random: u64,
        ) {
            let in_use: BTreeSet<String> =
                used.iter().map(|it| format!("{kiosk:02}{it:02}")).collect();
            let code = NewCode::make(kiosk, &in_use, random).expect("at least one is free");
            let digits = code.digits();
            prop_assert_eq!(digits.len(), 8);
            prop_assert!(digits.bytes().all(|it| it.is_ascii_digit()));
            let kiosk_digits = format!("{kiosk:02}");
            prop_assert!(digits.starts_with(&kiosk_digits));
            prop_assert_eq!(&digits[..4], code.locator());
            prop_assert!(!in_use.contains(code.locator()));
        }
    }
}
