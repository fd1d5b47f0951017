//! What ESC/POS printers say about themselves: DLE EOT, automatic status back (ASB), GS r,
//! XON/XOFF.
//!
//! All four arrive on one line without frames; fixed bits tell them apart. Masks from public
//! ESC/POS manuals: a DLE EOT answer has `v & 0x93 == 0x12`, the first ASB byte `v & 0x93 == 0x10`,
//! its other three and the answer to GS r `v & 0x90 == 0`.

use super::{Paper, PrinterError, PrinterStatus, presenter::FULL_STATUS_HEAD};

/// XON, as printers with software handshake send it.
pub const XON: u8 = 0x11;
/// XOFF: the buffer is full or the printer is offline.
pub const XOFF: u8 = 0x13;

/// One thing that a printer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The answer to the DLE EOT that was asked last; which one it was, it does not say.
    RealTime(u8),
    /// Automatic status back, four bytes.
    Asb([u8; 4]),
    /// The answer to a queued GS r.
    Queued(u8),
    /// CUSTOM's full status, the four bytes behind its head.
    Full([u8; 4]),
    /// The one byte that [`Splitter::expect_raw`] waited for.
    Raw(u8),
    Xon,
    Xoff,
}

/// Separates what arrives. It holds at most five bytes.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    asb: [u8; 4],
    filled: usize,
    /// The printer sends full statuses, and no ASB, which begins alike.
    full_status: bool,
    full: Vec<u8>,
    raw: bool,
}

impl Splitter {
    /// For a printer that sends full statuses and no ASB, or the other way round.
    pub fn with_full_status(full_status: bool) -> Self {
        Self { full_status, ..Self::default() }
    }

    /// The next byte that is no flow control is an answer without fixed bits.
    pub fn expect_raw(&mut self, raw: bool) {
        self.raw = raw;
    }

    /// Takes one byte; gives what it completes. Bytes that are nothing known vanish.
    pub fn push(&mut self, byte: u8) -> Option<Answer> {
        if self.raw && self.filled == 0 && !matches!(byte, XON | XOFF) {
            self.raw = false;
            return Some(Answer::Raw(byte));
        }
        if self.full_status && (byte == FULL_STATUS_HEAD[0] || !self.full.is_empty()) {
            return self.push_full(byte);
        }
        if self.filled > 0 && byte & 0x90 == 0 {
            self.asb[self.filled] = byte;
            self.filled += 1;
            if self.filled == self.asb.len() {
                self.filled = 0;
                return Some(Answer::Asb(self.asb));
            }
            return None;
        }
        // Flow control may fall into the middle of a status; anything else ends it.
        match byte {
            XON => return Some(Answer::Xon),
            XOFF => return Some(Answer::Xoff),
            _ => self.filled = 0,
        }
        match byte & 0x93 {
            0x10 => {
                self.asb[0] = byte;
                self.filled = 1;
                None
            }
            0x12 => Some(Answer::RealTime(byte)),
            _ if byte & 0x90 == 0 => Some(Answer::Queued(byte)),
            _ => None,
        }
    }

    fn push_full(&mut self, byte: u8) -> Option<Answer> {
        self.full.push(byte);
        match self.full[..] {
            [0x10] => {}
            // Not a head; the byte may begin one.
            [_, second] if second != FULL_STATUS_HEAD[1] => {
                self.full.clear();
                return self.push(byte);
            }
            [_, _, a, b, c, d] => {
                self.full.clear();
                return Some(Answer::Full([a, b, c, d]));
            }
            _ => {}
        }
        None
    }

    /// Forgets a status that began and did not end.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.full.clear();
        self.raw = false;
    }
}

/// The four answers to DLE EOT 1 to 4 as a state.
pub fn from_real_time(answers: [u8; 4]) -> PrinterStatus {
    let [printer, offline, error, roll] = answers;
    let paper = if roll & 0x60 != 0 || offline & 0x20 != 0 {
        Paper::End
    } else if roll & 0x0C != 0 {
        Paper::NearEnd
    } else {
        Paper::Ok
    };
    PrinterStatus {
        online: printer & 0x08 == 0,
        cover_open: offline & 0x04 != 0,
        paper,
        error: error_of(error),
    }
}

/// Four bytes of automatic status back as a state.
pub fn from_asb(bytes: [u8; 4]) -> PrinterStatus {
    let [printer, error, roll, _] = bytes;
    let paper = if roll & 0x0C != 0 {
        Paper::End
    } else if roll & 0x03 != 0 {
        Paper::NearEnd
    } else {
        Paper::Ok
    };
    PrinterStatus {
        online: printer & 0x08 == 0,
        cover_open: printer & 0x20 != 0,
        paper,
        error: error_of(error),
    }
}

/// The answers of a printer in this state to DLE EOT 1 to 4.
pub fn to_real_time(status: &PrinterStatus) -> [u8; 4] {
    const IDLE: u8 = 0x12;
    let end = status.paper == Paper::End;
    let printer = IDLE | bit(!status.online, 3);
    let offline = IDLE | bit(status.cover_open, 2) | bit(end, 5) | bit(status.error.is_some(), 6);
    let roll = match status.paper {
        Paper::Ok => IDLE,
        Paper::NearEnd => IDLE | 0x0C,
        Paper::End => IDLE | 0x6C,
    };
    [printer, offline, IDLE | error_bits(status.error), roll]
}

/// Automatic status back of a printer in this state.
pub fn to_asb(status: &PrinterStatus) -> [u8; 4] {
    let first = 0x10 | bit(!status.online, 3) | bit(status.cover_open, 5);
    [first, error_bits(status.error), roll_byte(status.paper), 0]
}

/// The answer of a printer in this state to GS r 1; also the third byte of ASB.
pub fn roll_byte(paper: Paper) -> u8 {
    match paper {
        Paper::Ok => 0,
        Paper::NearEnd => 0x03,
        Paper::End => 0x0F,
    }
}

/// The error bits stand at the same places in DLE EOT 3 and in the second byte of ASB.
fn error_of(byte: u8) -> Option<PrinterError> {
    if byte & 0x20 != 0 {
        Some(PrinterError::Unrecoverable)
    } else if byte & 0x08 != 0 {
        Some(PrinterError::Cutter)
    } else if byte & 0x04 != 0 {
        Some(PrinterError::Mechanical)
    } else if byte & 0x40 != 0 {
        Some(PrinterError::HeadHot)
    } else {
        None
    }
}

fn error_bits(error: Option<PrinterError>) -> u8 {
    match error {
        None => 0,
        Some(PrinterError::Mechanical) => 0x04,
        Some(PrinterError::Cutter) => 0x08,
        Some(PrinterError::Unrecoverable) => 0x20,
        Some(PrinterError::HeadHot) => 0x40,
    }
}

fn bit(on: bool, place: u8) -> u8 {
    u8::from(on) << place
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    pub(in super::super) fn statuses() -> impl Strategy<Value = PrinterStatus> {
        let papers = prop_oneof![Just(Paper::Ok), Just(Paper::NearEnd), Just(Paper::End)];
        let errors = prop_oneof![
            Just(None),
            Just(Some(PrinterError::Cutter)),
            Just(Some(PrinterError::Mechanical)),
            Just(Some(PrinterError::HeadHot)),
            Just(Some(PrinterError::Unrecoverable)),
        ];
        (any::<bool>(), any::<bool>(), papers, errors).prop_map(
            |(online, cover_open, paper, error)| PrinterStatus { online, cover_open, paper, error },
        )
    }

    fn split(bytes: &[u8]) -> Vec<Answer> {
        let mut splitter = Splitter::default();
        bytes.iter().filter_map(|it| splitter.push(*it)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..<_>::default()
        })]

        #[test]
        fn states_survive_the_line(status in statuses()) {
            prop_assert_eq!(from_real_time(to_real_time(&status)), status);
            prop_assert_eq!(from_asb(to_asb(&status)), status);
            let [first, second, third, fourth] = to_real_time(&status);
            let mixed = [
                &[first, second][..], &to_asb(&status), &[third, fourth, roll_byte(status.paper)],
            ].concat();
            prop_assert_eq!(split(&mixed), [
                Answer::RealTime(first),
                Answer::RealTime(second),
                Answer::Asb(to_asb(&status)),
                Answer::RealTime(third),
                Answer::RealTime(fourth),
                Answer::Queued(roll_byte(status.paper)),
            ]);
        }

        #[test]
        fn flow_control_inside_a_status_costs_nothing(status in statuses(), at in 0..=4_usize) {
            let mut bytes = to_asb(&status).to_vec();
            bytes.insert(at, XOFF);
            let answers = split(&bytes);
            prop_assert!(answers.contains(&Answer::Xoff));
            prop_assert!(answers.contains(&Answer::Asb(to_asb(&status))));
        }

        #[test]
        fn any_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mut splitter = Splitter::default();
            for byte in bytes {
                splitter.push(byte);
                prop_assert!(splitter.filled < 4);
            }
            // A whole status after any noise is understood at the second sending at the latest.
            splitter.clear();
            let asb = [0x10, 0, 0, 0];
            let answers: Vec<_> = asb.iter().filter_map(|it| splitter.push(*it)).collect();
            prop_assert_eq!(answers, [Answer::Asb(asb)]);
        }
    }
}
