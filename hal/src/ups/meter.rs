//! One question to a UPS and its answer, whatever it speaks.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Protocol, SettingError, UpsProblem, UpsSettings, UpsStatus,
    megatec::{self, OrderReply, Reply, STATUS_REQUEST},
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

/// Why an order was not, or may not have been, obeyed. It is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("the UPS was not reached; nothing was ordered")]
    NotSent,
    #[error("the UPS refused the order; it cannot do that, or the account may not")]
    Refused,
    #[error("the order was sent and came back or the line failed; whether it holds is not known")]
    Unknown,
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

    /// Orders the unit to switch off in a while and to come back with the mains. Sent once.
    pub(super) async fn order_shutdown(&mut self) -> Result<(), OrderError> {
        self.line.connect().await.map_err(|_| OrderError::NotSent)?;
        match self.settings.protocol {
            Protocol::Megatec => self.order_unit().await,
            Protocol::Nut => self.order_server().await,
        }
    }

    async fn order_unit(&mut self) -> Result<(), OrderError> {
        let settings = &self.settings;
        let order = megatec::shutdown_order(settings.off_delay_s, settings.on_delay_min);
        let limit = self.limit();
        self.line.discard().await.map_err(|_| OrderError::NotSent)?;
        self.line.send(&order, limit).await.map_err(|_| OrderError::Unknown)?;
        let deadline = Instant::now() + limit;
        let mut inbox = megatec::Inbox::default();
        loop {
            match self.line.receive(deadline).await {
                Ok(bytes) => inbox.push(bytes),
                // Whoever obeys says nothing.
                Err(LineError::Timeout) => return Ok(()),
                Err(_) => return Err(OrderError::Unknown),
            }
            while let Some(line) = inbox.take_line() {
                match megatec::parse_order_reply(&order, &line) {
                    Some(OrderReply::Ack) => return Ok(()),
                    Some(OrderReply::Nak) => return Err(OrderError::Refused),
                    Some(OrderReply::Echo) => return Err(OrderError::Unknown),
                    None => {}
                }
            }
        }
    }

    async fn order_server(&mut self) -> Result<(), OrderError> {
        let settings = &self.settings;
        let account = settings.user.as_deref().zip(settings.password.as_ref());
        let account = account.map(|(user, password)| (user, password.0.as_str()));
        let lines = nut::shutdown_order(&settings.name, account);
        let mut failed = OrderError::NotSent;
        for (index, line) in lines.iter().enumerate() {
            if index + 1 == lines.len() {
                failed = OrderError::Unknown;
            }
            match self.exchange(line, nut::parse_order_reply).await {
                Ok(answer) => answer.map_err(|_| OrderError::Refused)?,
                Err(_) => {
                    self.line.fail();
                    return Err(failed);
                }
            }
        }
        Ok(())
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
