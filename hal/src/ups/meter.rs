//! One question to a UPS and its answer, whatever it speaks.

use std::time::Duration;

use super::{
    Protocol, SettingError, UpsProblem, UpsSettings, UpsStatus,
    megatec::{self, Reply, STATUS_REQUEST},
    nut::{self, Answer, Refusal, Variables},
    settings::BAUD,
};
use crate::port::{Line, LineError, OpenError, PortUrl, Tap};

/// Why the state of a UPS is not known.
#[derive(Debug, thiserror::Error)]
pub enum UpsError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Port(#[from] OpenError),
    #[error("the line to the UPS failed: {0}; check the cable")]
    Line(LineError),
    #[error("the UPS did not tell its state: {0}")]
    Problem(UpsProblem),
}

impl UpsError {
    /// The same as a closed set.
    pub fn problem(&self) -> UpsProblem {
        match self {
            Self::Settings(_) => UpsProblem::Settings,
            Self::Port(_) | Self::Line(_) => UpsProblem::PortClosed,
            Self::Problem(problem) => *problem,
        }
    }
}

impl From<LineError> for UpsError {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Timeout => Self::Problem(UpsProblem::Silent),
            LineError::Closed | LineError::Io(_) => Self::Line(error),
        }
    }
}

impl From<Refusal> for UpsError {
    fn from(refusal: Refusal) -> Self {
        Self::Problem(refusal.problem())
    }
}

/// A UPS at the end of a line.
pub(super) struct Meter {
    pub(super) line: Line,
    settings: UpsSettings,
    /// The server answers to LIST VAR, as far as is known.
    lists: bool,
}

impl Meter {
    /// A port of upsd (`nut://`) says how the UPS is spoken to and what it is called.
    pub(super) fn new(url: PortUrl, settings: UpsSettings, tap: Option<Tap>) -> Self {
        let settings = match &url {
            PortUrl::Nut { name, .. } => {
                UpsSettings { protocol: Protocol::Nut, name: name.clone(), ..settings }
            }
            _ => settings,
        };
        Self { line: Line::new(url.with_default_baud(BAUD), tap), settings, lists: true }
    }

    pub(super) fn check(&self) -> Result<(), SettingError> {
        self.settings.check()
    }

    /// From one question to the next.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_millis(self.settings.poll_interval_ms.into())
    }

    /// Opens the port where it is closed and asks once.
    pub(super) async fn ask(&mut self) -> Result<UpsStatus, UpsError> {
        self.line.connect().await?;
        let asked = match self.settings.protocol {
            Protocol::Megatec => self.ask_unit().await,
            Protocol::Nut => self.ask_server().await,
        };
        match &asked {
            Ok(_) => self.line.well(),
            Err(UpsError::Line(_)) => self.line.fail(),
            // What a server sends late must not be taken for the answer to the next question.
            Err(UpsError::Problem(UpsProblem::Silent))
                if self.settings.protocol == Protocol::Nut =>
            {
                self.line.fail();
            }
            Err(_) => {}
        }
        asked.map(|it| self.settings.estimate(it))
    }

    fn limit(&self) -> Duration {
        Duration::from_millis(self.settings.reply_timeout_ms.into())
    }

    /// A unit or cable that sends every question back may still answer it; only if no status
    /// follows, the question was not understood.
    async fn ask_unit(&mut self) -> Result<UpsStatus, UpsError> {
        let mut inbox = megatec::Inbox::default();
        let mut refused = false;
        let parse = |bytes: &[u8]| {
            inbox.push(bytes);
            loop {
                match inbox.take_reply()? {
                    Reply::Status(status) => return Some(status),
                    Reply::Echo | Reply::Nak => refused = true,
                }
            }
        };
        let limit = self.limit();
        match self.line.exchange(STATUS_REQUEST, limit, parse).await {
            Ok(status) => Ok(status.status(self.settings.battery_packs)),
            Err(LineError::Timeout) if refused => Err(UpsError::Problem(UpsProblem::NotUnderstood)),
            Err(error) => Err(error.into()),
        }
    }

    async fn ask_server(&mut self) -> Result<UpsStatus, UpsError> {
        let listed = if self.lists { self.list().await? } else { Err(Refusal::NotUnderstood) };
        let variables = match listed {
            Err(Refusal::NotUnderstood) => {
                let variables = self.get_each().await?;
                self.lists = false;
                variables
            }
            other => other?,
        };
        variables.status().ok_or(UpsError::Problem(UpsProblem::DataStale))
    }

    async fn list(&mut self) -> Result<Result<Variables, Refusal>, UpsError> {
        let mut answer = Answer::about(&self.settings.name);
        let request = nut::list_variables(&self.settings.name);
        Ok(self.exchange(&request, |line| answer.listed(line)).await?)
    }

    async fn get_each(&mut self) -> Result<Variables, UpsError> {
        let mut variables = Variables::default();
        for (index, variable) in nut::VARIABLES.into_iter().enumerate() {
            let answer = Answer::about(&self.settings.name);
            let request = nut::get_variable(&self.settings.name, variable);
            match self.exchange(&request, |line| answer.got(variable, line)).await? {
                Ok(value) => variables.put(variable, value),
                Err(Refusal::VariableNotSupported) if index > 0 => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(variables)
    }

    async fn exchange<T>(
        &mut self,
        request: &[u8],
        mut answer: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, LineError> {
        let mut inbox = nut::Inbox::default();
        let parse = |bytes: &[u8]| inbox.push(bytes).iter().find_map(|it| answer(it));
        let limit = self.limit();
        self.line.exchange(request, limit, parse).await
    }
}
