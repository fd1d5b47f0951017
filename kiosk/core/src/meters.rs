//! What wears out or is used up, counted over restarts: paper, printed documents, openings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::Record;

/// Counters that are kept on disk, written together with what they count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meters {
    /// Paper fed since the roll was put in.
    pub paper_mm: u64,
    /// When it was put in; none: before counting began.
    pub roll_since: Option<Timestamp>,
    /// Documents that came out, ever.
    pub printed: u64,
    /// Of these, papers that a presenter held out and nobody took, ever.
    pub not_taken: u64,
    /// Locks that were pulsed and whose door opened, ever.
    pub opened: u64,
}

impl Meters {
    /// What is left of a roll of this length, as far as it can be told from what was fed.
    pub fn paper_left_mm(&self, roll_mm: u64) -> u64 {
        roll_mm.saturating_sub(self.paper_mm)
    }

    pub(crate) fn new_roll(&mut self, at: Timestamp) {
        self.paper_mm = 0;
        self.roll_since = Some(at);
    }

    pub(crate) fn record(&self) -> Record {
        Record::Meters(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_is_never_less_than_empty_and_a_new_one_is_whole() {
        let mut meters = Meters { paper_mm: 90_000, printed: 3, ..Meters::default() };
        assert_eq!(meters.paper_left_mm(80_000), 0);
        meters.new_roll(Timestamp::UNIX_EPOCH);
        assert_eq!((meters.paper_left_mm(80_000), meters.printed), (80_000, 3));
    }
}
