//! What passes on the line, in words and without what is printed.

use super::{
    escpos, presenter,
    status::{Answer, Splitter},
};
use crate::port::Direction;

/// What a chunk of the line is, for the record of a line. It never says what is printed.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    match direction {
        Direction::Out => sent(bytes),
        Direction::In => heard(bytes),
    }
}

fn sent(bytes: &[u8]) -> String {
    let asks = |rest: &[u8]| matches!(rest, [0x10, 0x04, 1..=4]);
    match bytes {
        _ if *bytes == presenter::ASK_FULL_STATUS => "ask full status".to_owned(),
        _ if *bytes == presenter::ASK_DETECTOR
            || *bytes == presenter::ASK_EJECTOR
            || *bytes == presenter::ASK_ESC_V =>
        {
            "ask for a ticket in the output".to_owned()
        }
        [0x1D, 0x65, 0x03, _] => "hold the ticket out".to_owned(),
        [0x1D, 0x65, 0x05] | [0x1B, 0x72, 0x00] => "eject the ticket".to_owned(),
        [0x1D, 0x65, 0x02] | [0x1B, 0x72, 0x01] => "take the ticket back".to_owned(),
        [0x1B, 0x69] => "cut".to_owned(),
        [0x10, 0x04, n] => format!("ask status {n}"),
        _ if !bytes.is_empty() && bytes.len().is_multiple_of(3) && bytes.chunks(3).all(asks) => {
            "ask status".to_owned()
        }
        _ if *bytes == escpos::QUEUED_STATUS => "ask whether all is printed".to_owned(),
        _ if *bytes == escpos::ASB_ON => "report changes".to_owned(),
        _ if *bytes == escpos::INITIALISE => "initialise".to_owned(),
        _ if *bytes == escpos::RECOVER => "recover".to_owned(),
        [0x1D, 0x56, ..] if bytes.len() == 4 => "cut".to_owned(),
        _ => format!("print data, {} bytes", bytes.len()),
    }
}

fn heard(bytes: &[u8]) -> String {
    if let [0x10, 0x0F, body @ ..] = bytes
        && body.len() == 4
    {
        return format!("full status {}", crate::hex::encode(body));
    }
    let mut splitter = Splitter::default();
    let answers: Vec<_> = bytes
        .iter()
        .filter_map(|it| splitter.push(*it))
        .map(|it| match it {
            Answer::RealTime(it) => format!("status {it:02x}"),
            Answer::Asb(it) => format!("report {}", crate::hex::encode(&it)),
            Answer::Queued(it) => format!("all is printed, roll {it:02x}"),
            Answer::Full(it) => format!("full status {}", crate::hex::encode(&it)),
            Answer::Raw(it) => format!("byte {it:02x}"),
            Answer::Xon => "go on".to_owned(),
            Answer::Xoff => "pause".to_owned(),
        })
        .collect();
    answers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_say_what_a_chunk_is_and_not_what_is_printed() {
        assert_eq!(describe(Direction::Out, &[0x10, 0x04, 2]), "ask status 2");
        assert_eq!(describe(Direction::Out, b"secret\n"), "print data, 7 bytes");
        assert_eq!(describe(Direction::In, &[0x12, 0x13]), "status 12, pause");
        assert_eq!(describe(Direction::In, &[0x10, 0, 0, 0]), "report 10000000");
    }
}
