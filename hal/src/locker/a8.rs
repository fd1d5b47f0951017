//! The “8A” family of lock control boards (锁控板 485): five-byte frames with an XOR at the end.
//!
//! `HEAD ADDR LOCK FUNC BCC`. Boards may send garbage before an answer, so a frame counts only with
//! its head, its address, a status that exists and the right checksum.

use super::{
    board::BoardSettings,
    codec::{Doors, Reply, Request, bit_is_open, checked_by, from_status, sealed_by, status, xor},
};

const OPEN: u8 = 0x8A;
const READ: u8 = 0x80;
const CHANGE: u8 = 0x82;
const FUNCTION_OPEN: u8 = 0x11;
const FUNCTION_READ: u8 = 0x33;
const SET: u8 = 0x11;
const CLEAR: u8 = 0x00;
const SHORT: usize = 5;

/// The bytes of a request.
pub fn request(board: &BoardSettings, request: Request) -> Vec<u8> {
    let (head, lock, function) = match request {
        Request::Open { way } => (OPEN, way, FUNCTION_OPEN),
        Request::Read { way } => (READ, way, FUNCTION_READ),
        Request::ReadAll => (READ, 0, FUNCTION_READ),
    };
    sealed(vec![head, board.address, lock, function])
}

/// The request at the very start of `bytes`, with its length.
pub fn parse_request(board: &BoardSettings, bytes: &[u8]) -> Option<(Request, usize)> {
    let frame = checked(bytes, SHORT)?;
    if frame[1] != board.address {
        return None;
    }
    let request = match (frame[0], frame[2], frame[3]) {
        (OPEN, way, FUNCTION_OPEN) if (1..=board.ways).contains(&way) => Request::Open { way },
        (READ, 0, FUNCTION_READ) => Request::ReadAll,
        (READ, way, FUNCTION_READ) if (1..=board.ways).contains(&way) => Request::Read { way },
        _ => return None,
    };
    Some((request, SHORT))
}

/// The bytes of a reply.
pub fn reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    match reply {
        // With lock feedback the answer to a pulse that worked is 00, with open feedback 11.
        Reply::Accepted { way } => sealed(vec![OPEN, board.address, way, level(board, true)]),
        Reply::Door { way, open: Some(open) } => {
            sealed(vec![READ, board.address, way, level(board, open)])
        }
        // This family has no word for a sensor that failed.
        Reply::Door { open: None, .. } => Vec::new(),
        Reply::Doors(doors) => {
            let head = [READ, board.address];
            let status = status(board, doors, status_bytes(board));
            sealed([&head[..], &status, &[FUNCTION_READ]].concat())
        }
    }
}

/// The unsolicited report of a door change that some models send.
pub fn change(board: &BoardSettings, way: u8, open: bool) -> Vec<u8> {
    sealed(vec![CHANGE, board.address, way, level(board, open)])
}

/// The answer to `request` at the very start of `bytes`, with its length.
pub fn parse_reply(
    board: &BoardSettings,
    request: Request,
    bytes: &[u8],
) -> Option<(Reply, usize)> {
    match request {
        Request::Open { way } => {
            let (seen, _) = status_of(board, OPEN, bytes)?;
            (seen == way).then_some((Reply::Accepted { way }, SHORT))
        }
        Request::Read { way } => {
            let (seen, open) = status_of(board, READ, bytes)?;
            (seen == way).then_some((Reply::Door { way, open: Some(open) }, SHORT))
        }
        Request::ReadAll => {
            let count = status_bytes(board);
            let frame = checked(bytes, count + 4)?;
            if frame[0] != READ || frame[1] != board.address || frame[count + 2] != FUNCTION_READ {
                return None;
            }
            let open = from_status(board, &frame[2..count + 2]);
            Some((Reply::Doors(Doors::all(board, open)), count + 4))
        }
    }
}

/// The unsolicited change at the very start of `bytes`: way and open, with its length.
pub fn parse_change(board: &BoardSettings, bytes: &[u8]) -> Option<((u8, bool), usize)> {
    let change = status_of(board, CHANGE, bytes)?;
    (1..=board.ways).contains(&change.0).then_some((change, SHORT))
}

/// What a request says, without knowing the board.
pub(super) fn describe_request(bytes: &[u8]) -> Option<String> {
    let frame = checked(bytes, SHORT)?;
    let (address, lock) = (frame[1], frame[2]);
    let what = match (frame[0], frame[3]) {
        (OPEN, FUNCTION_OPEN) => format!("open way {lock}"),
        (READ, FUNCTION_READ) if lock == 0 => "read all doors".to_owned(),
        (READ, FUNCTION_READ) => format!("read way {lock}"),
        _ => return None,
    };
    Some(if address == 1 { what } else { format!("{what} of board {address}") })
}

/// What the first reply in `bytes` says, without knowing the board.
pub(super) fn describe_reply(bytes: &[u8]) -> Option<String> {
    (0..bytes.len()).find_map(|start| {
        let bytes = &bytes[start..];
        let all = [7, 8, 11].into_iter().find_map(|it| checked(bytes, it).map(|frame| (frame, it)));
        if let Some((frame, length)) = all
            && frame[0] == READ
            && frame[length - 2] == FUNCTION_READ
        {
            return Some("all doors".to_owned());
        }
        let frame = checked(bytes, SHORT)?;
        match (frame[0], frame[3]) {
            (OPEN, SET | CLEAR) => Some(format!("way {} accepted", frame[2])),
            (READ, SET | CLEAR) => Some(format!("way {} is {:02x}", frame[2], frame[3])),
            (CHANGE, SET | CLEAR) => Some(format!("way {} became {:02x}", frame[2], frame[3])),
            _ => None,
        }
    })
}

fn status_of(board: &BoardSettings, head: u8, bytes: &[u8]) -> Option<(u8, bool)> {
    let frame = checked(bytes, SHORT)?;
    if frame[0] != head || frame[1] != board.address {
        return None;
    }
    match frame[3] {
        SET => Some((frame[2], bit_is_open(board, true))),
        CLEAR => Some((frame[2], bit_is_open(board, false))),
        _ => None,
    }
}

fn level(board: &BoardSettings, open: bool) -> u8 {
    if bit_is_open(board, true) == open { SET } else { CLEAR }
}

/// Boards for up to 24 ways send three status bytes even where they drive fewer.
fn status_bytes(board: &BoardSettings) -> usize {
    match board.ways {
        0..=24 => 3,
        25..=32 => 4,
        _ => 7,
    }
}

fn checked(bytes: &[u8], length: usize) -> Option<&[u8]> {
    checked_by(xor, bytes, length)
}

fn sealed(frame: Vec<u8>) -> Vec<u8> {
    sealed_by(xor, frame)
}
