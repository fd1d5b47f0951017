//! Kerong KR-CU12 and KR-CU16: `02 ADDR CMD 03 SUM`, status in one nine-byte frame.
//!
//! The address byte holds the board in its high nibble and, for the unlock command, the way in its
//! low one. There is no command to read a single door and no promised answer to unlock: the doors
//! are read.

use super::{
    board::BoardSettings,
    codec::{Doors, Reply, Request, bit_is_open, checked_by, sealed_by, sum, ways_mask},
};

const START: u8 = 0x02;
const END: u8 = 0x03;
const STATUS: u8 = 0x30;
const UNLOCK: u8 = 0x31;
const STATUS_REPLY: u8 = 0x35;
const REQUEST: usize = 5;
const REPLY: usize = 9;

/// The bytes of a request.
pub fn request(board: &BoardSettings, request: Request) -> Vec<u8> {
    let board_nibble = board.address << 4;
    match request {
        Request::Open { way } => {
            sealed(vec![START, board_nibble | (way.wrapping_sub(1) & 0x0F), UNLOCK, END])
        }
        Request::Read { .. } | Request::ReadAll => sealed(vec![START, board_nibble, STATUS, END]),
    }
}

/// The request at the very start of `bytes`, with its length.
pub fn parse_request(board: &BoardSettings, bytes: &[u8]) -> Option<(Request, usize)> {
    let frame = checked(bytes, REQUEST)?;
    let way = (frame[1] & 0x0F) + 1;
    if frame[0] != START || frame[3] != END || frame[1] >> 4 != board.address {
        return None;
    }
    let request = match frame[2] {
        STATUS => Request::ReadAll,
        UNLOCK if way <= board.ways => Request::Open { way },
        _ => return None,
    };
    Some((request, REQUEST))
}

/// The bytes of a reply; none to an unlock command.
pub fn reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    let Reply::Doors(doors) = reply else {
        return Vec::new();
    };
    let mask = ways_mask(board.ways);
    let open = doors.open & mask;
    let hooks = if bit_is_open(board, true) { open } else { !open & mask };
    let items = doors.occupied.unwrap_or(0) & mask;
    let [hooks_low, hooks_high, ..] = hooks.to_le_bytes();
    let [items_low, items_high, ..] = items.to_le_bytes();
    let head = [START, board.address << 4, STATUS_REPLY];
    let body = [hooks_low, hooks_high, items_low, items_high, END];
    sealed([&head[..], &body[..]].concat())
}

/// The answer to `request` at the very start of `bytes`, with its length.
pub fn parse_reply(
    board: &BoardSettings,
    request: Request,
    bytes: &[u8],
) -> Option<(Reply, usize)> {
    let frame = checked(bytes, REPLY)?;
    let head_fits = frame[0] == START && frame[1] >> 4 == board.address;
    if !head_fits || frame[2] != STATUS_REPLY || frame[7] != END {
        return None;
    }
    let mask = ways_mask(board.ways);
    let hooks = u64::from(u16::from_le_bytes([frame[3], frame[4]]));
    let items = u64::from(u16::from_le_bytes([frame[5], frame[6]]));
    let open = if bit_is_open(board, true) { hooks } else { !hooks } & mask;
    let occupied = board.infrared.then_some(items & mask);
    let doors = Doors { open, known: mask, occupied };
    match request {
        Request::Open { .. } => None,
        Request::Read { .. } | Request::ReadAll => Some((Reply::Doors(doors), REPLY)),
    }
}

/// What a request says, without knowing the board.
pub(super) fn describe_request(bytes: &[u8]) -> Option<String> {
    let frame = checked(bytes, REQUEST)?;
    let board = frame[1] >> 4;
    let what = match (frame[0], frame[2], frame[3]) {
        (START, STATUS, END) => "read all doors".to_owned(),
        (START, UNLOCK, END) => format!("open way {}", (frame[1] & 0x0F) + 1),
        _ => return None,
    };
    Some(if board == 0 { what } else { format!("{what} of board {board}") })
}

/// What the first reply in `bytes` says, without knowing the board.
pub(super) fn describe_reply(bytes: &[u8]) -> Option<String> {
    (0..bytes.len()).find_map(|start| {
        let frame = checked(&bytes[start..], REPLY)?;
        let fits = frame[0] == START && frame[2] == STATUS_REPLY && frame[7] == END;
        fits.then(|| "all doors".to_owned())
    })
}

fn checked(bytes: &[u8], length: usize) -> Option<&[u8]> {
    checked_by(sum, bytes, length)
}

fn sealed(frame: Vec<u8>) -> Vec<u8> {
    sealed_by(sum, frame)
}
