//! The security module behind its line: one command at a time, each within its time.

use std::time::Duration;

use super::{
    IdCard, ReadFailure, ReaderSettings,
    sdt::{BUFFER_BYTES_MAX, CardData, Parser, Request, Response, Status},
    settings::BAUD,
    text::{self, TextError},
};
use crate::port::{Line, LineError, OpenError, PortUrl, Tap};

/// How often a command is sent when no answer, or a complaint about the request's transmission,
/// comes back. All commands may be repeated.
const TRIES: u32 = 2;

/// Why a reader does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the id reader at {url} fails: {source}; check its cable and power")]
    Line { url: PortUrl, source: LineError },
    #[error("the id reader answers that it cannot work: {}; {}", .0.describe(), remedy(*.0))]
    Module(Status),
    #[error("no card was laid on the id reader in time; lay it, or lift it and lay it again")]
    NoCard,
    #[error("the card cannot be used: {}", .0.describe())]
    Card(ReadFailure),
}

/// What to do about a module that answers so.
fn remedy(status: Status) -> &'static str {
    match status {
        Status::NotAuthorised => "contact its maker",
        Status::RequestChecksum | Status::RequestLength => "check its cable, rate and earth",
        Status::SelfTestFailed => "have it replaced",
        _ => "switch it off and on, then have it replaced",
    }
}

impl ReadFailure {
    fn describe(self) -> &'static str {
        match self {
            Self::LayAgain => "it could not be read; lift it and lay it again",
            Self::WrongCard => "it is not an identity card or residence permit; lay another",
            Self::Rejected => "card and reader do not accept each other; try another reader",
            Self::Malformed => "what it holds makes no sense; its issuer has to look at it",
        }
    }
}

/// What a reading gave.
pub(super) enum Reading {
    Card(Box<IdCard>),
    Failed(ReadFailure),
}

pub(super) struct Module {
    line: Line,
    parser: Parser,
    settings: ReaderSettings,
    wire_time: Duration,
    /// The module knows the command for fingerprints, as far as is known.
    fingerprints: bool,
    commands: u64,
    errors: u64,
}

impl Module {
    pub(super) fn new(url: PortUrl, settings: ReaderSettings, tap: Option<Tap>) -> Self {
        let url = url.with_default_baud(BAUD);
        let wire_time = match url {
            PortUrl::Serial { baud: Some(baud), .. } => {
                Duration::from_secs_f64(BUFFER_BYTES_MAX as f64 * 10.0 / f64::from(baud))
            }
            _ => Duration::ZERO,
        };
        Self {
            line: Line::new(url, tap),
            parser: Parser::default(),
            settings,
            wire_time,
            fingerprints: settings.fingerprints,
            commands: 0,
            errors: 0,
        }
    }

    pub(super) fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    /// Commands sent and those without a proper answer, since the start.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.commands, self.errors)
    }

    /// Opens the port and finds the module well, resetting it once if it is not.
    pub(super) async fn start(&mut self) -> Result<(), ReaderError> {
        self.line.connect().await?;
        let mut status = self.command(Request::Status).await?.status;
        if status == Status::SelfTestFailed {
            self.command(Request::ResetSam).await?;
            status = self.command(Request::Status).await?.status;
        }
        if status != Status::Ok {
            return Err(ReaderError::Module(status));
        }
        if let Some(bytes) = self.settings.radio_bytes {
            let answer = self.command(Request::SetRadioBytes(bytes)).await?;
            if answer.status != Status::Ok {
                tracing::warn!(status = answer.status.describe(), "radio_bytes is refused");
            }
        }
        Ok(())
    }

    /// One command, repeated once when the line garbles it.
    pub(super) async fn command(&mut self, request: Request) -> Result<Response, ReaderError> {
        let limit = self.limit(request);
        let mut tries = 0;
        loop {
            tries += 1;
            self.commands += 1;
            self.parser.clear();
            let parser = &mut self.parser;
            // Of two answers in one piece the later is the one to this request.
            let parse = |bytes: &[u8]| {
                parser.push(bytes).iter().rev().find_map(|payload| Response::parse(payload))
            };
            let result = self.line.exchange(&request.to_bytes(), limit, parse).await;
            let complains = |it: &Response| {
                matches!(it.status, Status::RequestChecksum | Status::RequestLength)
            };
            match result {
                Ok(answer) if tries < TRIES && complains(&answer) => {}
                Ok(answer) => return self.judge(answer),
                Err(LineError::Timeout) if tries < TRIES => {}
                Err(source) => {
                    self.errors += 1;
                    return Err(ReaderError::Line { url: self.line.url().clone(), source });
                }
            }
            self.errors += 1;
        }
    }

    /// A module that cannot work says so to any command.
    fn judge(&mut self, answer: Response) -> Result<Response, ReaderError> {
        match answer.status {
            Status::NotAuthorised => {
                self.errors += 1;
                Err(ReaderError::Module(answer.status))
            }
            _ => Ok(answer),
        }
    }

    fn limit(&self, request: Request) -> Duration {
        let limit_ms = match request {
            Request::Read | Request::ReadWithFingerprints | Request::ReadNewAddress => {
                self.settings.read_timeout_ms
            }
            _ => self.settings.command_timeout_ms,
        };
        Duration::from_millis(limit_ms.into()) + self.wire_time
    }

    /// Whether a card is found that was not read yet.
    pub(super) async fn find(&mut self) -> Result<bool, ReaderError> {
        let answer = self.command(Request::FindCard).await?;
        match answer.status {
            Status::Found | Status::Ok => Ok(true),
            Status::NoCard => Ok(false),
            other => Err(ReaderError::Module(other)),
        }
    }

    /// Selects the card that was found.
    pub(super) async fn select(&mut self) -> Result<Result<(), ReadFailure>, ReaderError> {
        let answer = self.command(Request::SelectCard).await?;
        match answer.status {
            Status::Ok => Ok(Ok(())),
            other => Ok(Err(failure(other)?)),
        }
    }

    /// Selects and reads the card that was found.
    pub(super) async fn select_and_read(&mut self) -> Result<Reading, ReaderError> {
        match self.select().await? {
            Ok(()) => self.read().await,
            Err(failure) => Ok(Reading::Failed(failure)),
        }
    }

    async fn read(&mut self) -> Result<Reading, ReaderError> {
        let mut with_fingerprints = self.fingerprints;
        let mut answer = if with_fingerprints {
            self.command(Request::ReadWithFingerprints).await?
        } else {
            self.command(Request::Read).await?
        };
        if with_fingerprints && answer.status == Status::BadCommand {
            tracing::info!("this id reader knows no fingerprints");
            self.fingerprints = false;
            with_fingerprints = false;
            answer = self.command(Request::Read).await?;
        }
        if answer.status != Status::Ok {
            return Ok(Reading::Failed(failure(answer.status)?));
        }
        Ok(card_of(&answer.data, with_fingerprints))
    }
}

fn card_of(data: &[u8], with_fingerprints: bool) -> Reading {
    let Some(data) = CardData::parse(data, with_fingerprints) else {
        return Reading::Failed(ReadFailure::Malformed);
    };
    match text::parse(&data.text) {
        Ok(card) => Reading::Card(Box::new(IdCard {
            photo: data.photo,
            fingerprints: data.fingerprints,
            ..card
        })),
        Err(TextError::Kind) => Reading::Failed(ReadFailure::WrongCard),
        Err(error @ TextError::Field(_)) => {
            tracing::warn!(%error, "a card was read that makes no sense");
            Reading::Failed(ReadFailure::Malformed)
        }
    }
}

/// What a status says about the card that lies there, or that it says something about the module.
fn failure(status: Status) -> Result<ReadFailure, ReaderError> {
    match status {
        Status::SelfTestFailed | Status::NotAuthorised => Err(ReaderError::Module(status)),
        Status::CardRejectsModule
        | Status::ModuleRejectsCard
        | Status::VerificationFailed
        | Status::FingerprintFailed => Ok(ReadFailure::Rejected),
        Status::WrongCardType => Ok(ReadFailure::WrongCard),
        Status::InformationLength => Ok(ReadFailure::Malformed),
        _ => Ok(ReadFailure::LayAgain),
    }
}
