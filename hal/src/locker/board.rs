//! What differs from one lock control board to the next.

use super::{
    codec::Protocol,
    settings::{SettingError, bad, number},
};

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

/// In which order 8A and KR-CU48 boards send the status bytes of all ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The last byte holds ways 1–8 (24-way boards).
    #[default]
    LastFirst,
    /// The first byte holds ways 1–8 (50-way boards).
    FirstFirst,
}

/// The first byte of WKLY frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// 57
    #[default]
    Wkly,
    /// 53
    Skly,
}

/// Where a Winnsen board puts the status in its answer to a status request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusPlace {
    #[default]
    AfterWay,
    BeforeWay,
}

/// One board on the bus. In files, what is left out is as the board's family leaves the factory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "BoardTable")]
pub struct BoardSettings {
    pub protocol: Protocol,
    /// DIP switch address: 1..=32 with 8A, 0..=15 with KR-CU16, any with the others.
    pub address: u8,
    /// How many ways are wired: at most 16 with KR-CU16, 48 with KR-CU48, 50 with the others.
    pub ways: u8,
    pub feedback: Feedback,
    pub order: Order,
    /// The number that the board gives to its first way. WKLY, KR-CU48 and Winnsen only.
    pub first_way: u8,
    /// Whether a working board answers the open command. Where it does not, waiting for an answer
    /// only delays the first look at the door; that it is missing is never a fault.
    pub open_reply: bool,
    /// Whether sensors for things inside are fitted. KR-CU16 only.
    pub infrared: bool,
    pub header: Header,
    pub status_place: StatusPlace,
}

impl Default for BoardSettings {
    fn default() -> Self {
        Self::of(Protocol::A8)
    }
}

impl BoardSettings {
    /// The factory settings of a board of this family.
    pub fn of(protocol: Protocol) -> Self {
        let usual = Self {
            protocol,
            address: 1,
            ways: 24,
            feedback: Feedback::Lock,
            order: Order::LastFirst,
            first_way: 1,
            open_reply: true,
            infrared: false,
            header: Header::Wkly,
            status_place: StatusPlace::AfterWay,
        };
        match protocol {
            Protocol::A8 => usual,
            Protocol::Wkly => Self { address: 0, ..usual },
            Protocol::KrCu16 => {
                Self { address: 0, ways: 16, open_reply: false, infrared: true, ..usual }
            }
            Protocol::KrCu48 => {
                Self { address: 0, ways: 48, order: Order::FirstFirst, first_way: 0, ..usual }
            }
            Protocol::Winnsen => Self { feedback: Feedback::Open, ..usual },
        }
    }

    /// Applies one `KEY=VALUE` of the command line.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "ways" => self.ways = number("ways", value)?,
            "first_way" => self.first_way = number("first_way", value)?,
            "open_reply" => self.open_reply = truth("open_reply", value)?,
            "infrared" => self.infrared = truth("infrared", value)?,
            "feedback" => {
                let names = [("lock", Feedback::Lock), ("open", Feedback::Open)];
                self.feedback = one_of("feedback", value, names, "lock or open")?;
            }
            "order" => {
                let names = [("last-first", Order::LastFirst), ("first-first", Order::FirstFirst)];
                self.order = one_of("order", value, names, "last-first or first-first")?;
            }
            "header" => {
                let names = [("wkly", Header::Wkly), ("skly", Header::Skly)];
                self.header = one_of("header", value, names, "wkly or skly")?;
            }
            "status_place" => {
                let places = [StatusPlace::AfterWay, StatusPlace::BeforeWay];
                let names = [("after-way", places[0]), ("before-way", places[1])];
                self.status_place =
                    one_of("status_place", value, names, "after-way or before-way")?;
            }
            _ => return Err(SettingError::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// Whether a board can be set like this; `board` is its number in messages.
    pub(super) fn check(&self, board: usize) -> Result<(), SettingError> {
        let (most, addresses, expected) = match self.protocol {
            Protocol::A8 => (WAYS_MAX, 1..=32, "1 to 32"),
            Protocol::KrCu16 => (16, 0..=15, "0 to 15"),
            Protocol::KrCu48 => (48, 0..=u8::MAX, "0 to 255"),
            Protocol::Wkly | Protocol::Winnsen => (WAYS_MAX, 0..=u8::MAX, "0 to 255"),
        };
        if !(1..=most).contains(&self.ways) {
            return Err(SettingError::Ways { board, ways: self.ways, most });
        }
        let address = self.address;
        if !addresses.contains(&address) {
            return Err(SettingError::Address { board, address, expected });
        }
        // An 8A board takes way 0 for all of its ways.
        let counts_from = match self.protocol {
            Protocol::A8 | Protocol::KrCu16 => 1..=1,
            Protocol::Wkly | Protocol::KrCu48 | Protocol::Winnsen => 0..=1,
        };
        if !counts_from.contains(&self.first_way) {
            return Err(SettingError::FirstWay { board, first_way: self.first_way });
        }
        if self.infrared && self.protocol != Protocol::KrCu16 {
            return Err(SettingError::NoInfrared { board });
        }
        Ok(())
    }
}

/// A board as it stands in a file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardTable {
    protocol: Option<Protocol>,
    address: Option<u8>,
    ways: Option<u8>,
    feedback: Option<Feedback>,
    order: Option<Order>,
    first_way: Option<u8>,
    open_reply: Option<bool>,
    infrared: Option<bool>,
    header: Option<Header>,
    status_place: Option<StatusPlace>,
}

impl From<BoardTable> for BoardSettings {
    fn from(table: BoardTable) -> Self {
        let factory = Self::of(table.protocol.unwrap_or(Protocol::A8));
        Self {
            protocol: factory.protocol,
            address: table.address.unwrap_or(factory.address),
            ways: table.ways.unwrap_or(factory.ways),
            feedback: table.feedback.unwrap_or(factory.feedback),
            order: table.order.unwrap_or(factory.order),
            first_way: table.first_way.unwrap_or(factory.first_way),
            open_reply: table.open_reply.unwrap_or(factory.open_reply),
            infrared: table.infrared.unwrap_or(factory.infrared),
            header: table.header.unwrap_or(factory.header),
            status_place: table.status_place.unwrap_or(factory.status_place),
        }
    }
}

fn truth(key: &'static str, value: &str) -> Result<bool, SettingError> {
    value.parse().map_err(|_| bad(key, value, "true or false"))
}

fn one_of<T: Copy>(
    key: &'static str,
    value: &str,
    names: [(&str, T); 2],
    expected: &'static str,
) -> Result<T, SettingError> {
    let found = names.into_iter().find(|(name, _)| *name == value);
    found.map(|it| it.1).ok_or_else(|| bad(key, value, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_leaves_out_is_as_the_family_leaves_the_factory() {
        for protocol in Protocol::ALL {
            let table = serde_json::json!({ "protocol": protocol.name() });
            let board: BoardSettings = serde_json::from_value(table).expect("a board");
            assert_eq!(board, BoardSettings::of(protocol));
            assert_eq!(board.check(1), Ok(()));
            let whole = serde_json::to_value(board).expect("plain");
            assert_eq!(serde_json::from_value::<BoardSettings>(whole).expect("a board"), board);
        }
        let unknown = serde_json::json!({ "polarity": "open" });
        assert!(serde_json::from_value::<BoardSettings>(unknown).is_err());
    }

    #[test]
    fn boards_that_cannot_be_are_refused() {
        let board = |protocol: Protocol, settings: &[(&str, &str)]| {
            let mut board = BoardSettings::of(protocol);
            for (key, value) in settings {
                board.set(key, value).expect("a setting");
            }
            board.check(1)
        };
        // Way 0 would open every door of the board.
        let opens_all = board(Protocol::A8, &[("first_way", "0")]);
        assert_eq!(opens_all, Err(SettingError::FirstWay { board: 1, first_way: 0 }));
        assert!(board(Protocol::Wkly, &[("first_way", "0"), ("header", "skly")]).is_ok());
        assert!(board(Protocol::Winnsen, &[("status_place", "before-way")]).is_ok());
        assert!(board(Protocol::KrCu48, &[("ways", "49")]).is_err());
        let kerong = BoardSettings { address: 16, ..BoardSettings::of(Protocol::KrCu16) };
        assert!(kerong.check(1).is_err());
        assert!(board(Protocol::KrCu16, &[("infrared", "false")]).is_ok());
        assert!(board(Protocol::Wkly, &[("infrared", "true")]).is_err());
        assert!(BoardSettings::default().set("open_reply", "maybe").is_err());
    }
}
