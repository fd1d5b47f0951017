//! Commands to smart cards and their answers (ISO 7816-4), whatever application is asked.

/// How a card is reached: through PC/SC, or directly when it is simulated in this process.
pub trait Transmit {
    /// Sends one command and gives the card's answer, status word included.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError>;
}

/// The card does not answer: it was pulled or is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the card does not answer")]
pub struct TransmitError;

/// Why a command brought no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApduError {
    #[error(transparent)]
    Transmit(#[from] TransmitError),
    #[error("the card refuses: {0}")]
    Refused(StatusWord),
    #[error("the card's answer makes no sense")]
    Nonsense,
}

/// The last two bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    pub const OK: Self = Self(0x9000);
    pub const WRONG_LENGTH: Self = Self(0x6700);
    pub const NOT_PERMITTED: Self = Self(0x6982);
    pub const CONDITIONS: Self = Self(0x6985);
    pub const NO_FILE: Self = Self(0x6A82);
    pub const NO_RECORD: Self = Self(0x6A83);
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    pub const NO_DATA: Self = Self(0x6A88);
    pub const NO_INSTRUCTION: Self = Self(0x6D00);
    pub const NO_CLASS: Self = Self(0x6E00);

    /// What it means.
    pub fn describe(self) -> &'static str {
        match self.0 {
            0x9000 => "done",
            0x6100..=0x61FF => "more to fetch",
            0x6282 | 0x6283 => "done with a warning",
            0x63C0..=0x63CF => "wrong code, some tries are left",
            0x6700 => "wrong length",
            0x6982 => "security condition not satisfied",
            0x6985 => "conditions of use not satisfied",
            0x6A81 => "function not supported",
            0x6A82 => "no such application or file",
            0x6A83 => "no such record",
            0x6A86 | 0x6B00 => "wrong parameters",
            0x6A88 => "no such data",
            0x6C00..=0x6CFF => "other length expected",
            0x6D00 => "instruction not known",
            0x6E00 => "class not known",
            _ => "unknown status",
        }
    }
}

impl std::fmt::Display for StatusWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04X}, {}", self.0, self.describe())
    }
}

/// The most data that one command may bring; no application here needs a tenth of it.
pub const DATA_BYTES_MAX: usize = 4096;

/// A short command. Data is at most 255 bytes; without `expected` no data is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    pub class: u8,
    pub instruction: u8,
    pub p1: u8,
    pub p2: u8,
    pub data: &'a [u8],
    /// Le; 0 asks for all there is.
    pub expected: Option<u8>,
}

impl Command<'_> {
    /// The command on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.class, self.instruction, self.p1, self.p2];
        if !self.data.is_empty() {
            bytes.push(u8::try_from(self.data.len()).expect("short commands have short data"));
            bytes.extend_from_slice(self.data);
        }
        bytes.extend(self.expected);
        bytes
    }

    /// Takes a short command apart; `None` where its lengths do not add up.
    pub fn parse(bytes: &[u8]) -> Option<Command<'_>> {
        let [class, instruction, p1, p2, rest @ ..] = bytes else { return None };
        let (data, expected): (&[u8], Option<u8>) = match rest {
            [] => (&[], None),
            [expected] => (&[], Some(*expected)),
            [length, body @ ..] => match body.split_at_checked((*length).into())? {
                (data, []) if *length > 0 => (data, None),
                (data, [expected]) if *length > 0 => (data, Some(*expected)),
                _ => return None,
            },
        };
        let (class, instruction, p1, p2) = (*class, *instruction, *p1, *p2);
        Some(Command { class, instruction, p1, p2, data, expected })
    }
}

/// Splits an answer into data and status word.
pub fn split_answer(answer: &[u8]) -> Option<(&[u8], StatusWord)> {
    let (data, word) = answer.split_last_chunk::<2>()?;
    Some((data, StatusWord(u16::from_be_bytes(*word))))
}

/// Sends a command and collects all of its data: fetches what `61xx` announces and repeats the
/// command where `6Cxx` names another length.
pub fn exchange(card: &mut dyn Transmit, command: &[u8]) -> Result<Vec<u8>, ApduError> {
    let mut collected = Vec::new();
    let mut next = command.to_vec();
    let mut length_corrected = false;
    loop {
        let answer = card.transmit(&next)?;
        let (data, word) = split_answer(&answer).ok_or(ApduError::Nonsense)?;
        let [kind, length] = word.0.to_be_bytes();
        match kind {
            0x6C if !length_corrected => {
                // The last byte of these commands is Le, or it is missing and has to be added.
                let has_expected = Command::parse(&next).is_some_and(|it| it.expected.is_some());
                if has_expected {
                    next.pop();
                }
                next.push(length);
                length_corrected = true;
                continue;
            }
            0x61 => {
                let (class, instruction) = (command.first().copied().unwrap_or_default(), 0xC0);
                let fetch =
                    Command { class, instruction, p1: 0, p2: 0, data: &[], expected: Some(length) };
                // A card that announces more without giving any would never come to an end.
                if data.is_empty() && next == fetch.to_bytes() {
                    return Err(ApduError::Nonsense);
                }
                next = fetch.to_bytes();
                length_corrected = false;
            }
            _ if matches!(word.0, 0x9000 | 0x6282 | 0x6283) => {
                collected.extend_from_slice(data);
                return within_bound(collected);
            }
            _ => return Err(ApduError::Refused(word)),
        }
        collected.extend_from_slice(data);
        if collected.len() > DATA_BYTES_MAX {
            return Err(ApduError::Nonsense);
        }
    }
}

fn within_bound(collected: Vec<u8>) -> Result<Vec<u8>, ApduError> {
    if collected.len() > DATA_BYTES_MAX { Err(ApduError::Nonsense) } else { Ok(collected) }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{hex, testing::fixed_seed};

    /// A card that plays back answers and keeps what it was sent.
    struct Script {
        answers: VecDeque<Vec<u8>>,
        sent: Vec<String>,
    }

    impl Script {
        fn new(answers: &[&str]) -> Self {
            let answers = answers.iter().map(|it| hex::decode(it).expect("hex")).collect();
            Self { answers, sent: Vec::new() }
        }
    }

    impl Transmit for Script {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
            self.sent.push(hex::encode(command));
            self.answers.pop_front().ok_or(TransmitError)
        }
    }

    fn check(answers: &[&str], expected: Result<&str, ApduError>, sent: &[&str]) {
        let mut card = Script::new(answers);
        let command = hex::decode("00ca010000").expect("hex");
        let got = exchange(&mut card, &command).map(|it| hex::encode(&it));
        assert_eq!(got, expected.map(str::to_owned));
        assert_eq!(card.sent, sent);
    }

    #[test]
    fn announced_data_is_fetched_and_lengths_are_corrected() {
        let ask = "00ca010000";
        check(&["01029000"], Ok("0102"), &[ask]);
        check(
            &["6103", "0102036102", "04059000"],
            Ok("0102030405"),
            &[ask, "00c0000003", "00c0000002"],
        );
        check(&["6c02", "01029000"], Ok("0102"), &[ask, "00ca010002"]);
        check(&["016282"], Ok("01"), &[ask]);
    }

    #[test]
    fn refusals_and_nonsense_end_it() {
        let ask = "00ca010000";
        check(&["6a82"], Err(ApduError::Refused(StatusWord(0x6A82))), &[ask]);
        check(&["90"], Err(ApduError::Nonsense), &[ask]);
        check(&[], Err(ApduError::Transmit(TransmitError)), &[ask]);
        check(&["6c02", "6c03"], Err(ApduError::Refused(StatusWord(0x6C03))), &[ask, "00ca010002"]);
        check(&["6100", "6100"], Err(ApduError::Nonsense), &[ask, "00c0000000"]);
    }

    struct Endless;

    impl Transmit for Endless {
        fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransmitError> {
            Ok([vec![7; 200], vec![0x61, 0xC8]].concat())
        }
    }

    #[test]
    fn a_card_that_never_ends_is_cut_off() {
        assert_eq!(exchange(&mut Endless, &[0, 0xCA, 1, 0, 0]), Err(ApduError::Nonsense));
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn commands_survive_the_wire(
            head in any::<[u8; 4]>(),
            data in vec(any::<u8>(), 0..256),
            expected in any::<Option<u8>>(),
        ) {
            let [class, instruction, p1, p2] = head;
            let command = Command { class, instruction, p1, p2, data: &data, expected };
            let bytes = command.to_bytes();
            prop_assert_eq!(Command::parse(&bytes), Some(command));
        }

        #[test]
        fn any_answers_come_to_an_end(
            answers in vec(vec(any::<u8>(), 0..40), 0..20),
            more in any::<bool>(),
        ) {
            let answers = answers.into_iter().map(|mut it| {
                if more {
                    it.extend([0x61, 0x10]);
                }
                it
            });
            let mut card = Script { answers: answers.collect(), sent: Vec::new() };
            let _ = exchange(&mut card, &[0, 0xCA, 1, 0, 0]);
        }

        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in vec(any::<u8>(), 0..300)) {
            let _ = Command::parse(&bytes);
            let _ = split_answer(&bytes);
        }
    }
}
