//! What differs from one locker installation to the next.

use super::{board::BoardSettings, codec::Protocol};

/// One bus with its boards, in the order in which their ways are numbered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockerSettings {
    pub boards: Vec<BoardSettings>,
    /// Pause between two rounds over all boards while every door is closed.
    pub poll_interval_ms: u32,
    /// The same while any door is open.
    pub open_poll_interval_ms: u32,
    /// How long a board may take to answer.
    pub reply_timeout_ms: u32,
    /// How long the bus rests before the next request (half duplex).
    pub turn_round_ms: u32,
    /// Pause between two looks at a door whose lock was just pulsed.
    pub watch_interval_ms: u32,
    /// How long a pulsed door may take to be seen open.
    pub open_timeout_ms: u32,
}

impl Default for LockerSettings {
    fn default() -> Self {
        Self {
            boards: vec![BoardSettings::default()],
            poll_interval_ms: 1_000,
            open_poll_interval_ms: 250,
            reply_timeout_ms: 300,
            turn_round_ms: 5,
            watch_interval_ms: 100,
            open_timeout_ms: 3_000,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "locker setting `{0}` is unknown; known are protocol, boards, address, ways, feedback, \
         order, first_way, open_reply, infrared, header, status_place, poll_interval_ms and \
         reply_timeout_ms"
    )]
    UnknownKey(String),
    #[error("locker setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: &'static str, value: String, expected: &'static str },
    #[error("a locker bus needs at least one board")]
    NoBoard,
    #[error("board {board} has {ways} ways; its family drives 1 to {most}")]
    Ways { board: usize, ways: u8, most: u8 },
    #[error("board {board} has address {address}; its family has {expected}")]
    Address { board: usize, address: u8, expected: &'static str },
    #[error("board {board} cannot count its ways from {first_way}; its family does not")]
    FirstWay { board: usize, first_way: u8 },
    #[error("board {board} has no infrared sensors; boards of kr-cu16 have")]
    NoInfrared { board: usize },
    #[error("boards {first} and {second} share address {address}; give each its own")]
    SharedAddress { first: usize, second: usize, address: u8 },
    #[error("boards of different protocols cannot share a bus")]
    MixedProtocols,
    #[error("a locker's intervals and timeouts must be longer than zero")]
    ZeroTime,
}

impl LockerSettings {
    /// One board of this family with its factory settings.
    pub fn single(protocol: Protocol) -> Self {
        Self { boards: vec![BoardSettings::of(protocol)], ..Self::default() }
    }

    /// How many ways the bus has over all boards.
    pub fn ways(&self) -> u16 {
        self.boards.iter().map(|it| u16::from(it.ways)).sum()
    }

    /// The board (by index) and its own number for a way of the bus.
    pub fn locate(&self, way: u16) -> Option<(usize, u8)> {
        let mut first = 1;
        for (index, board) in self.boards.iter().enumerate() {
            let ways = u16::from(board.ways);
            if (first..first + ways).contains(&way) {
                return u8::try_from(way - first + 1).ok().map(|local| (index, local));
            }
            first += ways;
        }
        None
    }

    /// The way of the bus for a board's own number.
    pub fn way(&self, board: usize, local: u8) -> u16 {
        let before: u16 = self.boards[..board].iter().map(|it| u16::from(it.ways)).sum();
        before + u16::from(local)
    }

    /// Applies one `KEY=VALUE` of the command line. Board keys apply to every board, `boards` makes
    /// so many like the first, and `address` is that of the first: the others count on.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "protocol" => {
                let protocol = Protocol::from_name(value)
                    .ok_or_else(|| bad("protocol", value, Protocol::NAMES))?;
                self.boards = vec![BoardSettings::of(protocol)];
            }
            "boards" => {
                let count = usize::from(number::<u8>("boards", value)?);
                let first = self.boards.first().copied().unwrap_or_default();
                self.boards = vec![first; count];
                self.count_addresses_from(first.address);
            }
            "address" => self.count_addresses_from(number("address", value)?),
            "poll_interval_ms" => self.poll_interval_ms = number("poll_interval_ms", value)?,
            "reply_timeout_ms" => self.reply_timeout_ms = number("reply_timeout_ms", value)?,
            _ => {
                for board in &mut self.boards {
                    board.set(key, value)?;
                }
            }
        }
        Ok(())
    }

    fn count_addresses_from(&mut self, first: u8) {
        for (board, address) in self.boards.iter_mut().zip(first..=u8::MAX) {
            board.address = address;
        }
    }

    /// Whether these settings describe a bus that can exist.
    pub fn check(&self) -> Result<(), SettingError> {
        let first = self.boards.first().ok_or(SettingError::NoBoard)?;
        let times = [
            self.poll_interval_ms,
            self.open_poll_interval_ms,
            self.reply_timeout_ms,
            self.watch_interval_ms,
            self.open_timeout_ms,
        ];
        if times.contains(&0) {
            return Err(SettingError::ZeroTime);
        }
        for (index, board) in self.boards.iter().enumerate() {
            let number = index + 1;
            if board.protocol != first.protocol {
                return Err(SettingError::MixedProtocols);
            }
            board.check(number)?;
            let address = board.address;
            if let Some(other) = self.boards[..index].iter().position(|it| it.address == address) {
                return Err(SettingError::SharedAddress {
                    first: other + 1,
                    second: number,
                    address,
                });
            }
        }
        Ok(())
    }
}

pub(super) fn number<T: std::str::FromStr>(
    key: &'static str,
    value: &str,
) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, "a small whole number"))
}

pub(super) fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_numbered_on_over_the_boards() {
        let second = BoardSettings { address: 2, ways: 16, ..BoardSettings::default() };
        let settings = LockerSettings {
            boards: vec![BoardSettings::default(), second],
            ..LockerSettings::default()
        };
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.ways(), 40);
        assert_eq!(settings.locate(0), None);
        assert_eq!(settings.locate(24), Some((0, 24)));
        assert_eq!(settings.locate(25), Some((1, 1)));
        assert_eq!(settings.locate(40), Some((1, 16)));
        assert_eq!(settings.locate(41), None);
        for way in 1..=40 {
            let (board, local) = settings.locate(way).expect("a way of the bus");
            assert_eq!(settings.way(board, local), way);
        }
    }

    #[test]
    fn impossible_buses_are_refused() {
        let twice = LockerSettings {
            boards: vec![BoardSettings::default(); 2],
            ..LockerSettings::default()
        };
        let shared = SettingError::SharedAddress { first: 1, second: 2, address: 1 };
        assert_eq!(twice.check(), Err(shared));
        let mut settings = LockerSettings::single(Protocol::KrCu16);
        settings.set("ways", "24").expect("a number");
        assert!(matches!(settings.check(), Err(SettingError::Ways { most: 16, .. })));
        assert!(matches!(settings.set("order", "up"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("protocol", "abc"), Err(SettingError::BadValue { .. })));
        assert!(matches!(settings.set("colour", "red"), Err(SettingError::UnknownKey(_))));
    }

    #[test]
    fn several_boards_are_one_setting() {
        let mut settings = LockerSettings::single(Protocol::Wkly);
        for (key, value) in [("boards", "3"), ("ways", "8"), ("address", "4")] {
            settings.set(key, value).expect("a setting");
        }
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.ways(), 24);
        let addresses: Vec<u8> = settings.boards.iter().map(|it| it.address).collect();
        assert_eq!(addresses, [4, 5, 6]);
    }
}
