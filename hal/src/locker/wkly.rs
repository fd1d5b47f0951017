//! The “WKLY” family of lock control boards (智能柜, 取餐柜): frames of a stated length with an XOR.
//!
//! `57 4B 4C 59 LEN ADDR CMD DATA… XOR`. LEN counts the whole frame and the XOR covers all bytes
//! before it: an implementation that leaves the header out works for frames of nine bytes only.
//! Some boards begin with `53` instead.

use super::{
    board::{BoardSettings, Header},
    codec::{
        Doors, Reply, Request, bit_is_open, board_way, checked_by, lock_number, sealed_by, xor,
    },
};

const MARK: [u8; 3] = [0x4B, 0x4C, 0x59];
const OPEN: u8 = 0x82;
const READ: u8 = 0x83;
const READ_ALL: u8 = 0x84;
const CHANGE: u8 = 0x85;
const DONE: u8 = 0x00;
const FAILED: u8 = 0xFF;
const SET: u8 = 0x01;
const CLEAR: u8 = 0x00;
/// Header, length, address, command and checksum.
const BARE: usize = 8;

/// The bytes of a request.
pub fn request(board: &BoardSettings, request: Request) -> Vec<u8> {
    match request {
        Request::Open { way } => frame(board, OPEN, &[lock_number(board, way)]),
        Request::Read { way } => frame(board, READ, &[lock_number(board, way)]),
        Request::ReadAll => frame(board, READ_ALL, &[]),
    }
}

/// The request at the very start of `bytes`, with its length.
pub fn parse_request(board: &BoardSettings, bytes: &[u8]) -> Option<(Request, usize)> {
    let Frame { command, data, length } = own(board, bytes)?;
    let request = match (command, data) {
        (OPEN, &[lock]) => Request::Open { way: board_way(board, lock)? },
        (READ, &[lock]) => Request::Read { way: board_way(board, lock)? },
        (READ_ALL, []) => Request::ReadAll,
        _ => return None,
    };
    Some((request, length))
}

/// The bytes of a reply.
pub fn reply(board: &BoardSettings, reply: Reply) -> Vec<u8> {
    match reply {
        // The door needs a moment to spring open: it is still shut when the board answers.
        Reply::Accepted { way } => {
            frame(board, OPEN, &[DONE, lock_number(board, way), state(board, Some(false))])
        }
        Reply::Door { way, open } => {
            let status = if open.is_some() { DONE } else { FAILED };
            frame(board, READ, &[status, lock_number(board, way), state(board, open)])
        }
        Reply::Doors(doors) => {
            let states = (1..=board.ways).map(|way| state(board, doors.is_open(way)));
            let data: Vec<u8> = [DONE, board.ways].into_iter().chain(states).collect();
            frame(board, READ_ALL, &data)
        }
    }
}

/// The unsolicited report of a door change.
pub fn change(board: &BoardSettings, way: u8, open: bool) -> Vec<u8> {
    frame(board, CHANGE, &[lock_number(board, way), state(board, Some(open))])
}

/// The answer to `request` at the very start of `bytes`, with its length.
pub fn parse_reply(
    board: &BoardSettings,
    request: Request,
    bytes: &[u8],
) -> Option<(Reply, usize)> {
    let Frame { command, data, length } = own(board, bytes)?;
    let reply = match (request, command, data) {
        // Whether the board calls it a success or not: the door is read in any case.
        (Request::Open { way }, OPEN, &[DONE | FAILED, lock, _]) => {
            (board_way(board, lock) == Some(way)).then_some(Reply::Accepted { way })?
        }
        (Request::Read { way }, READ, &[status @ (DONE | FAILED), lock, state]) => {
            let open = if status == DONE { open_in(board, state)? } else { None };
            (board_way(board, lock) == Some(way)).then_some(Reply::Door { way, open })?
        }
        (Request::ReadAll, READ_ALL, [DONE, count, states @ ..])
            if usize::from(*count) == states.len() =>
        {
            Reply::Doors(doors(board, states)?)
        }
        _ => return None,
    };
    Some((reply, length))
}

/// The unsolicited change at the very start of `bytes`: way and open, with its length.
pub fn parse_change(board: &BoardSettings, bytes: &[u8]) -> Option<((u8, bool), usize)> {
    let Frame { command, data, length } = own(board, bytes)?;
    match (command, data) {
        (CHANGE, &[lock, state]) => {
            Some(((board_way(board, lock)?, open_in(board, state)??), length))
        }
        _ => None,
    }
}

/// What a request says, without knowing the board.
pub(super) fn describe_request(bytes: &[u8]) -> Option<String> {
    let (_, address, Frame { command, data, .. }) = any(bytes)?;
    let what = match (command, data) {
        (OPEN, [lock]) => format!("open way {lock}"),
        (READ, [lock]) => format!("read way {lock}"),
        (READ_ALL, []) => "read all doors".to_owned(),
        _ => return None,
    };
    Some(if address == 0 { what } else { format!("{what} of board {address}") })
}

/// What the first reply in `bytes` says, without knowing the board.
pub(super) fn describe_reply(bytes: &[u8]) -> Option<String> {
    (0..bytes.len()).find_map(|start| {
        let (.., Frame { command, data, .. }) = any(&bytes[start..])?;
        match (command, data) {
            (OPEN, [DONE, lock, _]) => Some(format!("way {lock} accepted")),
            (OPEN, [_, lock, _]) => Some(format!("way {lock} refused")),
            (READ, [_, lock, state]) => Some(format!("way {lock} is {state:02x}")),
            (CHANGE, [lock, state]) => Some(format!("way {lock} became {state:02x}")),
            (READ_ALL, [_, _, ..]) => Some("all doors".to_owned()),
            _ => None,
        }
    })
}

struct Frame<'a> {
    command: u8,
    data: &'a [u8],
    length: usize,
}

/// The frame of this board at the start of `bytes`.
fn own<'a>(board: &BoardSettings, bytes: &'a [u8]) -> Option<Frame<'a>> {
    let (header, address, frame) = any(bytes)?;
    (header == board.header && address == board.address).then_some(frame)
}

fn any(bytes: &[u8]) -> Option<(Header, u8, Frame<'_>)> {
    let header =
        [Header::Wkly, Header::Skly].into_iter().find(|it| bytes.first() == Some(&first(*it)))?;
    let length = usize::from(*bytes.get(4)?);
    if bytes[1..4] != MARK || length < BARE {
        return None;
    }
    let frame = checked_by(xor, bytes, length)?;
    let data = &frame[BARE - 1..length - 1];
    Some((header, frame[5], Frame { command: frame[6], data, length }))
}

fn frame(board: &BoardSettings, command: u8, data: &[u8]) -> Vec<u8> {
    let [second, third, fourth] = MARK;
    let length = u8::try_from(BARE + data.len()).expect("data are at most two bytes and the ways");
    let head = [first(board.header), second, third, fourth, length, board.address, command];
    sealed_by(xor, [&head[..], data].concat())
}

fn first(header: Header) -> u8 {
    match header {
        Header::Wkly => 0x57,
        Header::Skly => 0x53,
    }
}

/// All doors; those that the board does not list are not known.
fn doors(board: &BoardSettings, states: &[u8]) -> Option<Doors> {
    let mut doors = Doors::default();
    for (way, state) in (1..=board.ways).zip(states) {
        if let Some(open) = open_in(board, *state)? {
            doors.set(way, open);
        }
    }
    Some(doors)
}

/// `None` for a byte that is no state, `Some(None)` for a sensor that failed.
fn open_in(board: &BoardSettings, state: u8) -> Option<Option<bool>> {
    match state {
        SET => Some(Some(bit_is_open(board, true))),
        CLEAR => Some(Some(bit_is_open(board, false))),
        FAILED => Some(None),
        _ => None,
    }
}

fn state(board: &BoardSettings, open: Option<bool>) -> u8 {
    match open {
        None => FAILED,
        Some(open) if bit_is_open(board, true) == open => SET,
        Some(_) => CLEAR,
    }
}
