//! What differs from one locker installation to the next.

use super::codec::Protocol;

/// The highest number of ways that one board of any family drives.
pub const WAYS_MAX: u8 = 50;

/// What a status bit that is set says about the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feedback {
    /// Lock feedback (上锁短路): set means closed.
    #[default]
    Lock,
    /// Open feedback (开门反馈): set means open.
    Open,
}

/// In which order the 8A family sends the status bytes of all ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The last byte holds ways 1–8 (24-way boards).
    #[default]
    LastFirst,
    /// The first byte holds ways 1–8 (50-way boards).
    FirstFirst,
}

/// One board on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoardSettings {
    pub protocol: Protocol,
    /// DIP switch address: 1..=32 with 8A, 0..=15 with KR-CU16.
    pub address: u8,
    /// How many ways are wired: at most 50 with 8A, 16 with KR-CU16.
    pub ways: u8,
    pub feedback: Feedback,
    pub order: Order,
}

impl Default for BoardSettings {
    fn default() -> Self {
        Self {
            protocol: Protocol::A8,
            address: 1,
            ways: 24,
            feedback: Feedback::Lock,
            order: Order::LastFirst,
        }
    }
}

impl BoardSettings {
    /// The factory settings of a board of this family.
    pub fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::A8 => Self::default(),
            Protocol::KrCu16 => Self { protocol, address: 0, ways: 16, ..Self::default() },
        }
    }
}

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
        "locker setting `{0}` is unknown; known are protocol, address, ways, feedback, order, \
             poll_interval_ms and reply_timeout_ms"
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

    /// Applies one `KEY=VALUE` of the command line. Board keys apply to every board.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "protocol" => {
                let protocol = Protocol::from_name(value)
                    .ok_or_else(|| bad("protocol", value, "8a or kr-cu16"))?;
                self.boards = vec![BoardSettings::of(protocol)];
            }
            "address" => {
                let address = number("address", value)?;
                self.each_board(|it| it.address = address);
            }
            "ways" => {
                let ways = number("ways", value)?;
                self.each_board(|it| it.ways = ways);
            }
            "feedback" => {
                let feedback = match value {
                    "lock" => Feedback::Lock,
                    "open" => Feedback::Open,
                    _ => return Err(bad("feedback", value, "lock or open")),
                };
                self.each_board(|it| it.feedback = feedback);
            }
            "order" => {
                let order = match value {
                    "last-first" => Order::LastFirst,
                    "first-first" => Order::FirstFirst,
                    _ => return Err(bad("order", value, "last-first or first-first")),
                };
                self.each_board(|it| it.order = order);
            }
            "poll_interval_ms" => self.poll_interval_ms = number("poll_interval_ms", value)?,
            "reply_timeout_ms" => self.reply_timeout_ms = number("reply_timeout_ms", value)?,
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
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
            let (most, addresses, expected) = match board.protocol {
                Protocol::A8 => (WAYS_MAX, 1..=32, "1 to 32"),
                Protocol::KrCu16 => (16, 0..=15, "0 to 15"),
            };
            if !(1..=most).contains(&board.ways) {
                return Err(SettingError::Ways { board: number, ways: board.ways, most });
            }
            let address = board.address;
            if !addresses.contains(&address) {
                return Err(SettingError::Address { board: number, address, expected });
            }
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

    fn each_board(&mut self, change: impl FnMut(&mut BoardSettings)) {
        self.boards.iter_mut().for_each(change);
    }
}

fn number<T: std::str::FromStr>(key: &'static str, value: &str) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, "a small whole number"))
}

fn bad(key: &'static str, value: &str, expected: &'static str) -> SettingError {
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
        assert!(matches!(settings.set("colour", "red"), Err(SettingError::UnknownKey(_))));
    }
}
