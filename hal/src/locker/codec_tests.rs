//! What all families promise: round trips, resynchronisation, rejection, bounded memory.

use proptest::{prelude::*, sample::select, test_runner::RngSeed};

use super::{
    BoardSettings, Feedback, Header, Order, Protocol, StatusPlace, a8,
    codec::{
        BUFFER_MAX, Doors, Inbox, Reply, Request, describe, encode, encode_reply, lock_number,
    },
    wkly,
};
use crate::port::Direction;

fn boards() -> impl Strategy<Value = BoardSettings> {
    let settings = (
        select(&[Feedback::Lock, Feedback::Open][..]),
        select(&[Order::LastFirst, Order::FirstFirst][..]),
        select(&[Header::Wkly, Header::Skly][..]),
        select(&[StatusPlace::AfterWay, StatusPlace::BeforeWay][..]),
        any::<bool>(),
    );
    (select(&Protocol::ALL[..]), 1..=15_u8, 1..=50_u8, settings).prop_map(
        |(protocol, address, ways, (feedback, order, header, status_place, from_0))| {
            let factory = BoardSettings::of(protocol);
            let (most, counts) = match protocol {
                Protocol::A8 => (50, false),
                Protocol::KrCu16 => (16, false),
                Protocol::KrCu48 => (48, true),
                Protocol::Wkly | Protocol::Winnsen => (50, true),
            };
            let first_way = if counts { u8::from(!from_0) } else { factory.first_way };
            let ways = ways.min(most);
            BoardSettings {
                address,
                ways,
                feedback,
                order,
                header,
                status_place,
                first_way,
                ..factory
            }
        },
    )
}

/// A board and a request that its family has.
fn requests() -> impl Strategy<Value = (BoardSettings, Request)> {
    (boards(), 0..3_u8, any::<u8>()).prop_map(|(board, kind, way)| {
        let way = way % board.ways + 1;
        let one_at_a_time =
            matches!(board.protocol, Protocol::A8 | Protocol::Wkly | Protocol::Winnsen);
        let request = match kind {
            0 => Request::Open { way },
            1 if one_at_a_time => Request::Read { way },
            _ if board.protocol.reads_all() => Request::ReadAll,
            _ => Request::Read { way },
        };
        (board, request)
    })
}

/// A board, a request to it, and an answer to that request.
fn exchanges() -> impl Strategy<Value = (BoardSettings, Request, Reply)> {
    (requests(), any::<[u64; 3]>()).prop_map(|((board, request), [open, failed, occupied])| {
        let mask = (1_u64 << board.ways) - 1;
        let known = if board.protocol == Protocol::Wkly { mask & !failed } else { mask };
        let occupied = board.infrared.then_some(occupied & mask);
        let doors = Reply::Doors(Doors { open: open & known, known, occupied });
        match request {
            // This family does not answer: what is asked instead is how the doors stand.
            Request::Open { .. } if board.protocol == Protocol::KrCu16 => {
                (board, Request::ReadAll, doors)
            }
            Request::Open { way } => (board, request, Reply::Accepted { way }),
            Request::Read { way } => {
                let open = (known & 1 == 1).then_some(open & 1 == 1);
                (board, request, Reply::Door { way, open })
            }
            Request::ReadAll => (board, request, doors),
        }
    })
}

/// Junk in which no byte can begin a frame of any family.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    let heads = [0x8A, 0x80, 0x82, 0x02, 0x57, 0x53, 0x90];
    let byte = any::<u8>().prop_filter("a head", move |it| !heads.contains(it));
    proptest::collection::vec(byte, 0..40)
}

fn fixed() -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..<_>::default() }
}

proptest! {
    #![proptest_config(fixed())]

    #[test]
    fn requests_survive_the_line((board, request) in requests(), noise in junk()) {
        let mut inbox = Inbox::default();
        inbox.push(&noise);
        inbox.push(&encode(&board, request));
        prop_assert_eq!(inbox.take_request(&board), Some(request));
        prop_assert!(inbox.is_empty());
    }

    /// The tests of the driver and the bench count on it.
    #[test]
    fn requests_are_told_in_words((board, request) in requests()) {
        let note = describe(Direction::Out, &encode(&board, request));
        let starts = match request {
            Request::Open { .. } => "open way",
            Request::Read { .. } => "read way",
            Request::ReadAll => "read all doors",
        };
        prop_assert!(note.starts_with(starts), "{}", note);
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
        // Without a checksum the one wrong status is as good as the other.
        let status = if board.status_place == StatusPlace::BeforeWay { 4 } else { 5 };
        let answer = matches!(reply, Reply::Accepted { .. });
        let is_status = place == if answer { 5 } else { status } && frame[place] <= 1;
        prop_assume!(board.protocol != Protocol::Winnsen || !is_status);
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
            describe(Direction::In, &chunk);
            describe(Direction::Out, &chunk);
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
    let kerong = BoardSettings::of(Protocol::KrCu48);
    assert_eq!(encode(&kerong, Request::ReadAll), [0x02, 0x00, 0x00, 0x60, 0x03, 0x65]);
    assert_eq!(encode(&kerong, Request::Open { way: 48 }), [0x02, 0x00, 0x2F, 0x61, 0x03, 0x95]);
    let wkly = BoardSettings::of(Protocol::Wkly);
    let open = [0x57, 0x4B, 0x4C, 0x59, 0x09, 0x00, 0x82, 0x01, 0x83];
    assert_eq!(encode(&wkly, Request::Open { way: 1 }), open);
    let all = [0x57, 0x4B, 0x4C, 0x59, 0x08, 0x00, 0x84, 0x85];
    assert_eq!(encode(&wkly, Request::ReadAll), all);
    let winnsen = BoardSettings::of(Protocol::Winnsen);
    let open = [0x90, 0x06, 0x05, 0x01, 0x07, 0x03];
    assert_eq!(encode(&winnsen, Request::Open { way: 7 }), open);
}

/// The checksum covers the header: for nine bytes it cancels out, for other lengths it does not.
#[test]
fn the_xor_of_long_frames_covers_the_header() {
    let board = BoardSettings::of(Protocol::Wkly);
    let mut inbox = Inbox::default();
    let body = [0x0B, 0x00, 0x83, 0x00, 0x07, 0x00];
    let without_header = body[1..].iter().fold(0, |sum, it| sum ^ it);
    let head = [0x57, 0x4B, 0x4C, 0x59];
    inbox.push(&[&head[..], &body, &[without_header]].concat());
    assert_eq!(inbox.take_reply(&board, Request::Read { way: 7 }), None);
    inbox.push(&[&head[..], &body, &[without_header ^ 0x09 ^ 0x0B]].concat());
    let door = Reply::Door { way: 7, open: Some(true) };
    assert_eq!(inbox.take_reply(&board, Request::Read { way: 7 }), Some(door));
}

#[test]
fn doors_that_a_board_does_not_list_or_whose_sensor_failed_are_not_known() {
    let board = BoardSettings { ways: 4, ..BoardSettings::of(Protocol::Wkly) };
    let mut inbox = Inbox::default();
    let mut frame = vec![0x57, 0x4B, 0x4C, 0x59, 0x0D, 0x00, 0x84, 0x00, 0x03, 0x00, 0xFF, 0x01];
    frame.push(frame.iter().fold(0, |sum, it| sum ^ it));
    inbox.push(&frame);
    let Some(Reply::Doors(doors)) = inbox.take_reply(&board, Request::ReadAll) else {
        panic!("a whole frame");
    };
    let seen: Vec<_> = (1..=4).map(|it| doors.is_open(it)).collect();
    assert_eq!(seen, [Some(true), None, Some(false), None]);
}

#[test]
fn a_status_may_stand_before_the_way() {
    let board = BoardSettings::of(Protocol::Winnsen);
    let board = BoardSettings { status_place: StatusPlace::BeforeWay, ..board };
    let mut inbox = Inbox::default();
    inbox.push(&[0x90, 0x07, 0x92, 0x01, 0x00, 0x07, 0x03]);
    let door = Reply::Door { way: 7, open: Some(false) };
    assert_eq!(inbox.take_reply(&board, Request::Read { way: 7 }), Some(door));
}

#[test]
fn ways_are_counted_as_the_board_counts_them() {
    for (protocol, first) in [(Protocol::Wkly, 1), (Protocol::KrCu48, 0), (Protocol::Winnsen, 1)] {
        let board = BoardSettings::of(protocol);
        assert_eq!(lock_number(&board, 1), first);
        let other = BoardSettings { first_way: 1 - first, ..board };
        assert_eq!(lock_number(&other, 24), 24 - first);
    }
}

#[test]
fn the_last_status_byte_holds_the_first_ways() {
    let board = BoardSettings { feedback: Feedback::Open, ..BoardSettings::default() };
    let mut inbox = Inbox::default();
    inbox.push(&[0xFA, 0xFD, 0x99, 0x99, 0x80, 0x01, 0x80, 0x00, 0x41, 0x33, 0x73]);
    let doors = Doors { open: 0x80_00_41, known: 0xFF_FF_FF, occupied: None };
    assert_eq!(inbox.take_reply(&board, Request::ReadAll), Some(Reply::Doors(doors)));
    let seen = [1, 2, 7, 24, 25].map(|it| doors.is_open(it));
    assert_eq!(seen, [Some(true), Some(false), Some(true), Some(true), None]);
    let other = BoardSettings { order: Order::FirstFirst, ..board };
    inbox.push(&[0x80, 0x01, 0x80, 0x00, 0x41, 0x33, 0x73]);
    let doors = Doors { open: 0x41_00_80, known: 0xFF_FF_FF, occupied: None };
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
    let board = BoardSettings::of(Protocol::Wkly);
    inbox.push(&wkly::change(&board, 9, false));
    assert_eq!(inbox.take_change(&board), Some((9, false)));
}
