//! One question or one job, for the command line.

use super::{
    Paper, PrintOutcome, PrinterError, PrinterSettings, PrinterStatus, SettingError,
    encode::{EncodedJob, encode},
    session::{Lost, Session},
    test_document,
};
use crate::port::{LineError, OpenError, PortUrl, Tap};

/// How often a printer is asked before it counts as silent.
const QUESTIONS: u8 = 3;

/// The state of a printer as the command line shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StatusReport {
    pub online: bool,
    pub cover: Cover,
    pub paper: Paper,
    pub error: Option<PrinterError>,
    /// Whether a document sent now would come out.
    pub ready: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cover {
    Closed,
    Open,
}

impl From<PrinterStatus> for StatusReport {
    fn from(it: PrinterStatus) -> Self {
        Self {
            online: it.online,
            cover: if it.cover_open { Cover::Open } else { Cover::Closed },
            paper: it.paper,
            error: it.error,
            ready: it.ready(),
        }
    }
}

/// Why a printer could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum PrinterOnceError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Port(#[from] OpenError),
    #[error("the printer does not answer; check its power, its cable and its rate")]
    Silent,
    #[error("the line to the printer failed: {0}; check the cable")]
    Line(LineError),
}

impl From<Lost> for PrinterOnceError {
    fn from(lost: Lost) -> Self {
        Self::Line(lost.0)
    }
}

/// Asks how the printer is.
pub async fn status(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
) -> Result<StatusReport, PrinterOnceError> {
    let mut session = connect(url, settings, tap).await?;
    Ok(ask(&mut session).await?.into())
}

/// Prints a page that shows type, a rare character, a QR code and the cutter at work.
pub async fn test_page(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
) -> Result<PrintOutcome, PrinterOnceError> {
    let job = {
        let settings = settings.clone();
        settings.check()?;
        let encoding = tokio::task::spawn_blocking(move || encode(&test_document(), &settings));
        encoding.await.expect("encoding a document does not panic")
    };
    print(url, settings, tap, job).await
}

/// Sends bytes as they are and waits until the printer worked through them.
pub async fn send(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
    bytes: &[u8],
) -> Result<PrintOutcome, PrinterOnceError> {
    let mut job = EncodedJob::default();
    job.command(bytes);
    // Nobody knows what the bytes print; one row of dots for each is more than most need.
    job.dots = bytes.len();
    print(url, settings, tap, job).await
}

/// Clears errors that can be cleared and both buffers; then how the printer is.
pub async fn reset(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
) -> Result<StatusReport, PrinterOnceError> {
    let mut session = connect(url, settings, tap).await?;
    session.reset().await?;
    Ok(ask(&mut session).await?.into())
}

async fn print(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
    job: EncodedJob,
) -> Result<PrintOutcome, PrinterOnceError> {
    let mut session = connect(url, settings, tap).await?;
    if let Some(problem) = ask(&mut session).await?.problem() {
        return Ok(PrintOutcome::Refused(problem));
    }
    Ok(session.print(&job).await)
}

async fn connect(
    url: PortUrl,
    settings: PrinterSettings,
    tap: Option<Tap>,
) -> Result<Session, PrinterOnceError> {
    settings.check()?;
    let mut session = Session::new(url, settings, tap);
    session.connect().await?;
    Ok(session)
}

async fn ask(session: &mut Session) -> Result<PrinterStatus, PrinterOnceError> {
    for _ in 0..QUESTIONS {
        if let Some(status) = session.ask_status().await? {
            return Ok(status);
        }
    }
    Err(PrinterOnceError::Silent)
}
