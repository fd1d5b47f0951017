//! The SDT codec and the text blocks against the fact sheet's frames, noise and any bytes.

use proptest::prelude::*;

use super::{
    CardReport, IdCard,
    sdt::{
        BUFFER_BYTES_MAX, Baud, CardData, Parser, Request, Response, Status, describe, encode,
        format_sam_id,
    },
    text::{self, TextError},
};
use crate::{
    hex,
    port::Direction,
    testing::{cards, fixed_seed},
};

#[test]
fn requests_are_the_frames_of_the_protocol() {
    for (request, frame) in [
        (Request::ResetSam, "aaaaaa9669000310ffec"),
        (Request::Status, "aaaaaa9669000311ffed"),
        (Request::SamId, "aaaaaa9669000312ffee"),
        (Request::FindCard, "aaaaaa96690003200122"),
        (Request::SelectCard, "aaaaaa96690003200221"),
        (Request::Read, "aaaaaa96690003300132"),
        (Request::ReadWithFingerprints, "aaaaaa96690003301023"),
        (Request::ReadNewAddress, "aaaaaa96690003300330"),
        (Request::ReadManagementNumber, "aaaaaa96690003300536"),
        (Request::SetRadioBytes(0x50), "aaaaaa9669000461ff50ca"),
        (Request::SetBaud(Baud::B9600), "aaaaaa96690003600467"),
    ] {
        assert_eq!(hex::encode(&request.to_bytes()), frame);
        let payloads = Parser::default().push(&request.to_bytes());
        assert_eq!(
            payloads.iter().map(|it| Request::parse(it)).collect::<Vec<_>>(),
            [Some(request)]
        );
    }
}

#[test]
fn every_status_code_keeps_its_value() {
    for code in 0..=255 {
        assert_eq!(Status::from_code(code).code(), code);
    }
    assert_eq!(Status::from_code(0x9F), Status::Found);
    assert_eq!(Status::from_code(0x05), Status::Other(0x05));
}

#[test]
fn a_stray_byte_in_the_preamble_does_not_lose_the_frame() {
    let mut bytes = hex::decode("aa00").expect("hex");
    bytes.extend_from_slice(&Response::bare(Status::Found).to_bytes()[1..]);
    let payloads = Parser::default().push(&bytes);
    assert_eq!(payloads, [vec![0, 0, 0x9F]]);
}

#[test]
fn a_vendors_timeout_frame_is_not_an_answer() {
    let vendor = hex::decode("aaaaaa96690005050505").expect("hex");
    let mut parser = Parser::default();
    assert!(parser.push(&vendor).is_empty());
    let found = Response::bare(Status::Found).to_bytes();
    let payloads: Vec<_> = [&found[..], &found[..]].iter().flat_map(|it| parser.push(it)).collect();
    assert!(payloads.contains(&vec![0, 0, 0x9F]), "real frames are found behind it");
}

#[test]
fn a_module_id_is_written_as_it_is_printed() {
    let mut data = Vec::new();
    data.extend_from_slice(&5u16.to_le_bytes());
    data.extend_from_slice(&1u16.to_le_bytes());
    for number in [20_190_308u32, 12, 345_678] {
        data.extend_from_slice(&number.to_le_bytes());
    }
    let id = format_sam_id(&data);
    assert_eq!(id.as_deref(), Some("05.01-20190308-0000000012-0000345678"));
    assert_eq!(format_sam_id(&data[1..]), None);
}

#[test]
fn answers_have_the_lengths_of_the_protocol() {
    let card = cards::resident();
    let text = text::encode(&card).expect("fits");
    for (fingerprint_bytes, frame_bytes) in [(1024, 2321), (512, 1809), (0, 1297)] {
        let fingerprints = vec![1; fingerprint_bytes];
        let data = CardData { text, photo: card.photo.clone(), fingerprints };
        let answer = Response { data: data.to_bytes(true), ..Response::bare(Status::Ok) };
        assert_eq!(answer.to_bytes().len(), frame_bytes);
        assert!(CardData::parse(&answer.data, true).is_some_and(|it| it == data));
    }
    let data = CardData { text, photo: card.photo, fingerprints: Vec::new() };
    let answer = Response { data: data.to_bytes(false), ..Response::bare(Status::Ok) };
    assert_eq!(answer.to_bytes().len(), 1295);
}

#[test]
fn every_layout_reads_back_as_it_was_written() {
    for card in cards::all() {
        let block = text::encode(&card).expect("fits");
        let read = text::parse(&block).expect("whole");
        let expected = IdCard { photo: Vec::new(), ..card };
        assert!(read == expected, "{:?}", read.kind);
    }
}

#[test]
fn fields_that_make_no_sense_are_named_and_not_shown() {
    let good = text::encode(&cards::resident()).expect("fits");
    let broken = |offset: usize, with: &str| {
        let mut block = good;
        for (place, unit) in block[offset..].chunks_exact_mut(2).zip(with.encode_utf16()) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
        text::parse(&block)
    };
    assert_eq!(broken(248, "Q"), Err(TextError::Kind));
    assert_eq!(broken(0, "               "), Err(TextError::Field("name")));
    assert_eq!(broken(36, "20260230"), Err(TextError::Field("birth date")));
    assert_eq!(broken(36, "2026 130"), Err(TextError::Field("birth date")));
    assert_eq!(broken(122, "身"), Err(TextError::Field("number")));
    assert_eq!(broken(204, "永远"), Err(TextError::Field("end of validity")));
    let mut too_long = cards::resident();
    too_long.name = "长".repeat(16);
    assert_eq!(text::encode(&too_long).expect_err("16 of 15 places").0, "name");
}

#[test]
fn the_report_has_the_contracts_keys_and_hides_who_it_is() {
    let card = cards::resident();
    let open: serde_json::Value =
        serde_json::from_str(&CardReport::revealed(&card).to_json()).expect("JSON");
    assert_eq!(open["card"], "resident");
    assert_eq!(open["sex"], "male");
    assert_eq!(open["nation"], "维吾尔");
    assert_eq!(open["birth"], "1880-01-01");
    assert_eq!(open["number_valid"], true);
    assert_eq!(open["valid_from"], "2012-03-30");
    assert_eq!(open["valid_to"], serde_json::Value::Null);
    assert_eq!(open["valid_to_long_term"], true);
    assert_eq!(open["photo_bytes"], 1024);

    let masked: serde_json::Value =
        serde_json::from_str(&CardReport::masked(&card).to_json()).expect("JSON");
    let keys = |it: &serde_json::Value| -> Vec<String> {
        it.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(keys(&open), keys(&masked));
    assert_eq!(keys(&open).len(), 21);
    assert_eq!(masked["name"], "𰻝*㼆");
    assert_eq!(masked["number"], "4405***********014");
    assert_eq!(masked["birth"], "****-**-**");
    assert_eq!(masked["address"].as_str().map(|it| it.contains('7')), Some(false));
    assert_eq!(masked["number_valid"], true);
}

#[test]
fn notes_say_what_passes_and_never_what_it_holds() {
    let card = cards::resident();
    let text = text::encode(&card).expect("fits");
    let data = CardData { text, photo: card.photo, fingerprints: Vec::new() };
    let answer = Response { data: data.to_bytes(false), ..Response::bare(Status::Ok) };
    assert_eq!(describe(Direction::In, &answer.to_bytes()), "done, 1284 bytes");
    assert_eq!(describe(Direction::Out, &Request::FindCard.to_bytes()), "find card");
    assert_eq!(describe(Direction::In, b"\x00noise"), "not a whole frame");
    assert!(!format!("{answer:?}").contains(&format!("{:?}", text[0])));
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 2..600)
}

/// Bytes of which many look like parts of a preamble, the hardest noise for a parser.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => any::<u8>(),
        2 => Just(0xAA),
        1 => Just(0x96),
        1 => Just(0x69),
        1 => Just(0x00),
    ];
    proptest::collection::vec(byte, 0..64)
}

proptest! {
    #![proptest_config(fixed_seed())]

    #[test]
    fn any_bytes_are_taken_within_the_bound(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..900), 0..8),
    ) {
        let mut parser = Parser::default();
        for chunk in &chunks {
            for payload in parser.push(chunk) {
                let _ = (Request::parse(&payload), Response::parse(&payload));
                let _ = CardData::parse(&payload, true);
                let _ = CardData::parse(&payload, false);
            }
            prop_assert!(parser.pending_bytes() < BUFFER_BYTES_MAX);
            let _ = describe(Direction::In, chunk);
        }
    }

    #[test]
    fn what_is_framed_is_found_however_it_is_cut(
        payloads in proptest::collection::vec(payload(), 1..5),
        cut in 1usize..40,
    ) {
        let stream: Vec<u8> = payloads.iter().flat_map(|it| encode(it)).collect();
        let mut parser = Parser::default();
        let found: Vec<_> = stream.chunks(cut).flat_map(|it| parser.push(it)).collect();
        prop_assert_eq!(found, payloads);
        prop_assert_eq!(parser.pending_bytes(), 0);
    }

    /// Noise may swallow frames that follow it while it pretends to be the start of a longer one;
    /// once that pretence is over, all of them are found.
    #[test]
    fn frames_are_found_behind_noise(noise in noise(), payload in payload()) {
        let mut stream = noise;
        stream.extend_from_slice(&encode(&payload));
        stream.extend(std::iter::repeat_n(0, BUFFER_BYTES_MAX));
        let found = Parser::default().push(&stream);
        prop_assert!(found.contains(&payload));
    }

    #[test]
    fn one_changed_byte_is_never_taken_for_the_frame(
        payload in payload(),
        at in any::<prop::sample::Index>(),
        by in 1u8..=255,
    ) {
        let mut frame = encode(&payload);
        let at = 5 + at.index(frame.len() - 5);
        frame[at] ^= by;
        prop_assert!(!Parser::default().push(&frame).contains(&payload));
    }

    #[test]
    fn any_text_block_is_judged_without_a_panic(
        units in proptest::collection::vec(any::<u16>(), 128),
        mark in prop_oneof![Just(' '), Just('J'), Just('I'), Just('Y')],
    ) {
        let mut block = [0; 256];
        for (place, unit) in block.chunks_exact_mut(2).zip(&units) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
        block[248] = mark as u8;
        block[249] = 0;
        if let Ok(card) = text::parse(&block) {
            let _ = CardReport::masked(&card).to_json();
        }
    }

    #[test]
    fn any_name_and_address_that_fit_survive(
        name in "[\\u{4E00}-\\u{9FFF}\\u{20000}-\\u{2A6DF}]{1,7}",
        address in "[\\u{4E00}-\\u{9FFF}0-9A-Z]{0,35}",
    ) {
        let mut card = cards::resident();
        card.name = name;
        card.address = Some(address).filter(|it| !it.is_empty());
        card.photo.clear();
        let read = text::parse(&text::encode(&card).expect("fits")).expect("whole");
        prop_assert!(read == card);
    }
}
