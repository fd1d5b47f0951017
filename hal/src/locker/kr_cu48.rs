//! Kerong boards of the CU48 kind: `02 ADDR LOCK CMD 03 SUM`, status of 48 ways in one frame.
//!
//! Known from a single source: the number of the first way and the order of the status bytes are
//! settings. There is no command to read a single door.

use super::{
    board::BoardSettings,
    codec::{
        Doors, Reply, Request, board_way, checked_by, from_status, lock_number, sealed_by, status,
        sum,
    },
};

const START: u8 = 0x02;
const END: u8 = 0x03;
const STATUS: u8 = 0x60;
const OPEN: u8 = 0x61;
const ANSWER: u8 = 0x75;
const SHORT: usize = 6;
const STATUS_BYTES: usize = 6;
const STATUS_LENGTH: u8 = 6;
const LONG: usize = SHORT + STATUS_BYTES;

/// The bytes of a request.
pub fn request(board: &BoardSettings, request: Request) -> Vec<u8> {
    let (lock, command) = match request {
        Request::Open { way } => (lock_number(board, way), OPEN),
        Request::Read { .. } | Request::ReadAll => (0, STATUS),
    };
    sealed_by(sum, vec![START, board.address, lock, command, END])
}

/// The request at the very start of `bytes`, with its length.
pub fn parse_request(board: &BoardSettings, bytes: &[u8]) -> Option<(Request, usize)> {
    let frame = checked_by(sum, bytes, SHORT)?;
    if frame[0] != START || frame[1] != board.address || frame[4] != END {
        return None;
    }
    let request = match (frame[2], frame[3]) {
        (lock, OPEN) => Request::Open { way: board_way(board, lock)? },
        (0, STATUS) => Request::ReadAll,
        _ => return None,
    };
    Some((request, SHORT))
}

/// The bytes of a reply; a single door is never one.
pub fn reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    let frame = match reply {
        Reply::Accepted { way } => {
            vec![START, board.address, lock_number(board, way), ANSWER, 0]
        }
        Reply::Doors(doors) => {
            let head = [START, board.address, 0, ANSWER, STATUS_LENGTH];
            [&head[..], &status(board, doors, STATUS_BYTES)].concat()
        }
        Reply::Door { .. } => return Vec::new(),
    };
    sealed_by(sum, frame)
}

/// The answer to `request` at the very start of `bytes`, with its length.
pub fn parse_reply(
    board: &BoardSettings,
    request: Request,
    bytes: &[u8],
) -> Option<(Reply, usize)> {
    let length = if matches!(request, Request::Open { .. }) { SHORT } else { LONG };
    let frame = checked_by(sum, bytes, length)?;
    if frame[0] != START || frame[1] != board.address || frame[3] != ANSWER {
        return None;
    }
    let reply = match (request, frame[2], frame[4]) {
        (Request::Open { way }, lock, 0) if board_way(board, lock) == Some(way) => {
            Reply::Accepted { way }
        }
        (Request::Read { .. } | Request::ReadAll, 0, STATUS_LENGTH) => {
            let open = from_status(board, &frame[5..5 + STATUS_BYTES]);
            Reply::Doors(Doors::all(board, open))
        }
        _ => return None,
    };
    Some((reply, length))
}

/// What a request says, without knowing the board. Ways are counted from 1, as the factory does it.
pub(super) fn describe_request(bytes: &[u8]) -> Option<String> {
    let frame = checked_by(sum, bytes, SHORT)?;
    let what = match (frame[0], frame[3], frame[4]) {
        (START, STATUS, END) => "read all doors".to_owned(),
        (START, OPEN, END) => format!("open way {}", u16::from(frame[2]) + 1),
        _ => return None,
    };
    Some(if frame[1] == 0 { what } else { format!("{what} of board {}", frame[1]) })
}

/// What the first reply in `bytes` says, without knowing the board.
pub(super) fn describe_reply(bytes: &[u8]) -> Option<String> {
    (0..bytes.len()).find_map(|start| {
        let bytes = &bytes[start..];
        let &[START, _, lock, ANSWER, length, ..] = bytes else { return None };
        checked_by(sum, bytes, SHORT + usize::from(length))?;
        match length {
            0 => Some(format!("way {} accepted", u16::from(lock) + 1)),
            STATUS_LENGTH => Some("all doors".to_owned()),
            _ => None,
        }
    })
}
