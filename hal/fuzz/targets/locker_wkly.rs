//! Locker boards: both ends of the line.

#![no_main]

use hal::locker::codec::{Inbox, Request};
use hal::locker::sim::LockerSim;
use hal::locker::{LockerSettings, Protocol, describe};
use hal::port::Direction;
use hal_fuzz::{hear, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let settings = LockerSettings::single(Protocol::Wkly);
    let board = &settings.boards[0];
    let mut inbox = Inbox::default();
    for piece in pieces(data) {
        inbox.push(piece);
        inbox.take_reply(board, Request::ReadAll);
        inbox.take_change(board);
    }
    describe(Direction::In, data);
    hear(&mut LockerSim::new(&settings), data);
});
