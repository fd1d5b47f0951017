//! Winnsen boards of export parcel lockers: `90 LEN FUNC STATION LOCK … 03`, without a checksum.
//!
//! A frame counts only with its head, length, function, station, way, a status that exists and its
//! end. There is no command to read all doors at once. Where a status reply holds way and status
//! differs between revisions, so it is a setting.

use super::{
    board::{BoardSettings, StatusPlace},
    codec::{Reply, Request, bit_is_open, board_way, lock_number},
};

const START: u8 = 0x90;
const END: u8 = 0x03;
const OPEN: u8 = 0x05;
const READ: u8 = 0x12;
const OPEN_ANSWER: u8 = 0x85;
const READ_ANSWER: u8 = 0x92;
const REQUEST: usize = 6;
const REQUEST_LENGTH: u8 = 6;
const REPLY: usize = 7;
const REPLY_LENGTH: u8 = 7;
const SET: u8 = 0x01;
const CLEAR: u8 = 0x00;

/// The bytes of a request; none to read all doors at once.
pub fn request(board: &BoardSettings, request: Request) -> Vec<u8> {
    let (function, way) = match request {
        Request::Open { way } => (OPEN, way),
        Request::Read { way } => (READ, way),
        Request::ReadAll => return Vec::new(),
    };
    vec![START, REQUEST_LENGTH, function, board.address, lock_number(board, way), END]
}

/// The request at the very start of `bytes`, with its length.
pub fn parse_request(board: &BoardSettings, bytes: &[u8]) -> Option<(Request, usize)> {
    let &[START, REQUEST_LENGTH, function, station, lock, END, ..] = bytes else { return None };
    if station != board.address {
        return None;
    }
    let way = board_way(board, lock)?;
    match function {
        OPEN => Some((Request::Open { way }, REQUEST)),
        READ => Some((Request::Read { way }, REQUEST)),
        _ => None,
    }
}

/// The bytes of a reply; a sensor that fails and all doors at once cannot be told.
pub fn reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    match reply {
        Reply::Accepted { way } => frame(board, OPEN_ANSWER, [lock_number(board, way), SET]),
        Reply::Door { way, open: Some(open) } => {
            let level = if bit_is_open(board, true) == open { SET } else { CLEAR };
            let lock = lock_number(board, way);
            frame(
                board,
                READ_ANSWER,
                match board.status_place {
                    StatusPlace::AfterWay => [lock, level],
                    StatusPlace::BeforeWay => [level, lock],
                },
            )
        }
        Reply::Door { open: None, .. } | Reply::Doors(_) => Vec::new(),
    }
}

/// The answer to `request` at the very start of `bytes`, with its length.
pub fn parse_reply(
    board: &BoardSettings,
    request: Request,
    bytes: &[u8],
) -> Option<(Reply, usize)> {
    let &[START, REPLY_LENGTH, function, station, fifth, sixth, END, ..] = bytes else {
        return None;
    };
    let (lock, level) = match (function, board.status_place) {
        (READ_ANSWER, StatusPlace::BeforeWay) => (sixth, fifth),
        _ => (fifth, sixth),
    };
    let way = board_way(board, lock)?;
    if station != board.address || !matches!(level, SET | CLEAR) {
        return None;
    }
    let reply = match (request, function) {
        (Request::Open { way: asked }, OPEN_ANSWER) if asked == way => Reply::Accepted { way },
        (Request::Read { way: asked }, READ_ANSWER) if asked == way => {
            Reply::Door { way, open: Some(bit_is_open(board, level == SET)) }
        }
        _ => return None,
    };
    Some((reply, REPLY))
}

/// What a request says, without knowing the board.
pub(super) fn describe_request(bytes: &[u8]) -> Option<String> {
    let &[START, REQUEST_LENGTH, function, station, lock, END, ..] = bytes else { return None };
    let what = match function {
        OPEN => format!("open way {lock}"),
        READ => format!("read way {lock}"),
        _ => return None,
    };
    Some(if station == 1 { what } else { format!("{what} of board {station}") })
}

/// What the first reply in `bytes` says, without knowing the board.
pub(super) fn describe_reply(bytes: &[u8]) -> Option<String> {
    (0..bytes.len()).find_map(|start| {
        let &[START, REPLY_LENGTH, function, _, fifth, sixth, END, ..] = &bytes[start..] else {
            return None;
        };
        match function {
            OPEN_ANSWER => Some(format!("way {fifth} accepted")),
            // Which of the two is the way is known to the board's settings only.
            READ_ANSWER => Some(format!("door reads {fifth:02x} {sixth:02x}")),
            _ => None,
        }
    })
}

fn frame(board: &BoardSettings, function: u8, body: [u8; 2]) -> Vec<u8> {
    vec![START, REPLY_LENGTH, function, board.address, body[0], body[1], END]
}
