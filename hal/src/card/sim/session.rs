//! What every card does between power-up and power-down, whatever application it runs.

use super::super::{
    apdu::{Command, StatusWord, Transmit, TransmitError},
    staff::GET_RESPONSE,
};
use crate::sim::FaultInfo;

/// What can be wrong with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFault {
    Mute,
    NotStaff,
    Refused,
    WrongSignature,
    GetResponse,
    CorrectLength,
}

impl CardFault {
    pub const ALL: [Self; 6] = [
        Self::Mute,
        Self::NotStaff,
        Self::Refused,
        Self::WrongSignature,
        Self::GetResponse,
        Self::CorrectLength,
    ];

    /// Its name in commands and what it does.
    pub fn info(self) -> FaultInfo {
        let (name, description) = match self {
            Self::Mute => ("mute", "the card does not answer, as when it is pulled too soon"),
            Self::NotStaff => ("not_staff", "the card lacks the application that is asked for"),
            Self::Refused => ("refused", "the card refuses to sign, or to give its records"),
            Self::WrongSignature => ("wrong_signature", "a staff card signs something else"),
            Self::GetResponse => {
                ("get_response", "the card gives its data in pieces that have to be fetched")
            }
            Self::CorrectLength => (
                "correct_length",
                "the card gives its data only when its exact length is asked for",
            ),
        };
        FaultInfo { name, description }
    }
}

/// The part of a card that knows commands.
pub(super) trait Application: Send {
    /// Does a command of class 0 that is not GET RESPONSE.
    fn execute(
        &mut self,
        command: &Command<'_>,
        fault: Option<CardFault>,
    ) -> Result<Vec<u8>, StatusWord>;
}

/// A card from power-up to power-down.
pub struct AppletSession {
    application: Box<dyn Application>,
    fault: Option<CardFault>,
    /// Data that waits to be fetched.
    rest: Vec<u8>,
}

impl AppletSession {
    pub(super) fn new(application: Box<dyn Application>, fault: Option<CardFault>) -> Self {
        Self { application, fault, rest: Vec::new() }
    }

    /// Something goes wrong, or is well again, while the card is in.
    pub(super) fn set_fault(&mut self, fault: Option<CardFault>) {
        self.fault = fault;
    }

    pub(super) fn fault(&self) -> Option<CardFault> {
        self.fault
    }

    fn execute(&mut self, command: &Command<'_>) -> Result<Vec<u8>, StatusWord> {
        if command.class != 0 {
            return Err(StatusWord::NO_CLASS);
        }
        let data = self.application.execute(command, self.fault)?;
        // Only commands that bring no data of their own are answered with another length.
        if self.fault == Some(CardFault::CorrectLength) && command.data.is_empty() {
            let length = u8::try_from(data.len()).unwrap_or(0);
            if command.expected.is_some_and(|it| it != length) {
                return Err(StatusWord(0x6C00 | u16::from(length)));
            }
        }
        Ok(data)
    }

    /// Data in pieces, as cards of protocol T=0 give it.
    fn piecewise(&mut self, data: Vec<u8>) -> Vec<u8> {
        const PIECE_BYTES: usize = 48;

        let left = u8::try_from(data.len().min(PIECE_BYTES)).expect("a piece is short");
        self.rest = data;
        vec![0x61, left]
    }

    fn fetch(&mut self, expected: Option<u8>) -> Vec<u8> {
        let wanted = usize::from(expected.unwrap_or(0));
        if self.rest.is_empty() {
            return word(StatusWord::CONDITIONS);
        }
        let piece: Vec<u8> = self.rest.drain(..wanted.min(self.rest.len())).collect();
        let rest = std::mem::take(&mut self.rest);
        let end = if rest.is_empty() { word(StatusWord::OK) } else { self.piecewise(rest) };
        [piece, end].concat()
    }
}

impl Transmit for AppletSession {
    fn transmit(&mut self, bytes: &[u8]) -> Result<Vec<u8>, TransmitError> {
        if self.fault == Some(CardFault::Mute) {
            return Err(TransmitError);
        }
        let Some(command) = Command::parse(bytes) else {
            return Ok(word(StatusWord::WRONG_LENGTH));
        };
        if command.instruction == GET_RESPONSE {
            return Ok(self.fetch(command.expected));
        }
        self.rest.clear();
        Ok(match self.execute(&command) {
            Err(refusal) => word(refusal),
            Ok(data) if data.is_empty() => word(StatusWord::OK),
            // Whoever does not say how much it takes has to fetch it.
            Ok(data) if command.expected.is_none() => self.piecewise(data),
            Ok(data) if self.fault == Some(CardFault::GetResponse) => self.piecewise(data),
            Ok(data) => [data, word(StatusWord::OK)].concat(),
        })
    }
}

fn word(word: StatusWord) -> Vec<u8> {
    word.0.to_be_bytes().to_vec()
}
