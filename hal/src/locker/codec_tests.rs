//! What both families promise: round trips, resynchronisation, rejection, bounded memory.

use proptest::{prelude::*, test_runner::RngSeed};

use super::{
    BoardSettings, Feedback, Order, Protocol, a8,
    codec::{BUFFER_MAX, Doors, Inbox, Reply, Request, encode, encode_reply},
};

fn boards() -> impl Strategy<Value = BoardSettings> {
    let feedback = prop_oneof![Just(Feedback::Lock), Just(Feedback::Open)];
    let order = prop_oneof![Just(Order::LastFirst), Just(Order::FirstFirst)];
    (any::<bool>(), 1..=15_u8, 1..=50_u8, feedback, order).prop_map(
        |(kerong, address, ways, feedback, order)| {
            let protocol = if kerong { Protocol::KrCu16 } else { Protocol::A8 };
            let ways = if kerong { ways.min(16) } else { ways };
            BoardSettings { protocol, address, ways, feedback, order }
        },
    )
}

/// A board, a request to it, and the answer to that request.
fn exchanges() -> impl Strategy<Value = (BoardSettings, Request, Reply)> {
    (boards(), 0..3_u8, any::<u8>(), any::<u64>(), any::<u64>()).prop_map(
        |(board, kind, way, open, occupied)| {
            let way = way % board.ways + 1;
            let mask = (1_u64 << board.ways) - 1;
            let kerong = board.protocol == Protocol::KrCu16;
            let doors = Doors { open: open & mask, occupied: kerong.then_some(occupied & mask) };
            match (kind, kerong) {
                (0, false) => (board, Request::Open { way }, Reply::Accepted { way }),
                (1, false) => {
                    (board, Request::Read { way }, Reply::Door { way, open: open & 1 == 1 })
                }
                _ => (board, Request::ReadAll, Reply::Doors(doors)),
            }
        },
    )
}

/// Junk in which no byte can begin a frame of either family.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("a head", |it| ![0x8A, 0x80, 0x82, 0x02].contains(it));
    proptest::collection::vec(byte, 0..40)
}

fn fixed() -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..<_>::default() }
}

proptest! {
    #![proptest_config(fixed())]

    #[test]
    fn requests_survive_the_line((board, request, _) in exchanges(), noise in junk()) {
        let mut inbox = Inbox::default();
        inbox.push(&noise);
        inbox.push(&encode(&board, request));
        prop_assert_eq!(inbox.take_request(&board), Some(request));
        prop_assert!(inbox.is_empty());
    }

    #[test]
    fn replies_survive_the_line(
        (board, request, reply) in exchanges(),
        noise in junk(),
        cut in any::<usize>(),
    ) {
        let bytes = [noise.clone(), encode_reply(&board, reply), noise].concat();
        let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
        let mut inbox = Inbox::default();
        inbox.push(first);
        let early = inbox.take_reply(&board, request);
        inbox.push(second);
        let late = inbox.take_reply(&board, request);
        prop_assert_eq!(early.or(late), Some(reply));
    }

    #[test]
    fn a_torn_frame_does_not_hide_the_next((board, request, reply) in exchanges()) {
        let frame = encode_reply(&board, reply);
        for length in 0..frame.len() {
            let mut inbox = Inbox::default();
            inbox.push(&frame[..length]);
            // A torn frame and the start of the next may look whole; only an answer counts.
            inbox.push(&frame);
            inbox.push(&frame);
            prop_assert!(inbox.take_reply(&board, request).is_some());
        }
    }

    #[test]
    fn any_wrong_byte_is_rejected(
        (board, request, reply) in exchanges(),
        place in any::<usize>(),
        flip in 1..=255_u8,
    ) {
        let mut frame = encode_reply(&board, reply);
        let place = place % frame.len();
        frame[place] ^= flip;
        let mut inbox = Inbox::default();
        inbox.push(&frame);
        prop_assert_eq!(inbox.take_reply(&board, request), None);
    }

    #[test]
    fn any_bytes_are_harmless(
        (board, request, _) in exchanges(),
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..600), 0..8),
    ) {
        let mut inbox = Inbox::default();
        for chunk in chunks {
            inbox.push(&chunk);
            prop_assert!(inbox.len() <= BUFFER_MAX);
            inbox.take_reply(&board, request);
            inbox.take_change(&board);
            inbox.take_request(&board);
        }
    }
}

#[test]
fn frames_are_those_of_the_manuals() {
    let board = BoardSettings::default();
    assert_eq!(encode(&board, Request::Open { way: 1 }), [0x8A, 0x01, 0x01, 0x11, 0x9B]);
    assert_eq!(encode(&board, Request::Open { way: 7 }), [0x8A, 0x01, 0x07, 0x11, 0x9D]);
    assert_eq!(encode(&board, Request::ReadAll), [0x80, 0x01, 0x00, 0x33, 0xB2]);
    let kerong = BoardSettings::of(Protocol::KrCu16);
    assert_eq!(encode(&kerong, Request::ReadAll), [0x02, 0x00, 0x30, 0x03, 0x35]);
    assert_eq!(encode(&kerong, Request::Open { way: 3 }), [0x02, 0x02, 0x31, 0x03, 0x38]);
}

#[test]
fn the_last_status_byte_holds_the_first_ways() {
    let board = BoardSettings { feedback: Feedback::Open, ..BoardSettings::default() };
    let mut inbox = Inbox::default();
    inbox.push(&[0xFA, 0xFD, 0x99, 0x99, 0x80, 0x01, 0x80, 0x00, 0x41, 0x33, 0x73]);
    let doors = Doors { open: 0x80_00_41, occupied: None };
    assert_eq!(inbox.take_reply(&board, Request::ReadAll), Some(Reply::Doors(doors)));
    assert!(doors.is_open(1) && doors.is_open(7) && doors.is_open(24) && !doors.is_open(2));
    let other = BoardSettings { order: Order::FirstFirst, ..board };
    inbox.push(&[0x80, 0x01, 0x80, 0x00, 0x41, 0x33, 0x73]);
    let doors = Doors { open: 0x41_00_80, occupied: None };
    assert_eq!(inbox.take_reply(&other, Request::ReadAll), Some(Reply::Doors(doors)));
}

#[test]
fn unsolicited_changes_are_seen_between_exchanges() {
    let board = BoardSettings::default();
    let mut inbox = Inbox::default();
    inbox.push(&[0x82, 0x01]);
    assert_eq!(inbox.take_change(&board), None);
    inbox.push(&a8::change(&board, 9, true)[2..]);
    assert_eq!(inbox.take_change(&board), Some((9, true)));
}
