//! A document on its way: sent once, then asked after until the printer says how it ended.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    DocumentOutcome, DocumentPrinterStatus, DocumentProblem, PdfDocument,
    client::{AskError, Client},
    ipp::{Group, Message, Value, group, operation, status},
    reasons::status_of,
};
use crate::printer::PrintJobId;

const PDF: &str = "application/pdf";

/// States of jobs (RFC 8011 §5.3.7).
mod job_state {
    pub(super) const CANCELED: i32 = 7;
    pub(super) const ABORTED: i32 = 8;
    pub(super) const COMPLETED: i32 = 9;
}

/// A job that the printer has.
pub(super) struct Running {
    id: i32,
    /// Other jobs get the same number after a printer was switched off and on; none has this name.
    name: String,
    cancel_at: Instant,
    cancelled: bool,
    lost_at: Option<Instant>,
    problem: Option<DocumentProblem>,
}

/// Sends a document. Where the printer has it afterwards, or may have it, it is [`Running`].
///
/// Never sends the document twice.
pub(super) async fn start(
    client: &mut Client,
    job: PrintJobId,
    document: &PdfDocument,
) -> Result<Running, DocumentOutcome> {
    let refused = DocumentOutcome::Refused;
    if !document.is_acceptable() {
        return Err(refused(DocumentProblem::Document));
    }
    let printer = client.printer().await.map_err(|it| refused(problem_of(&it)))?;
    let state = status_of(&printer, &client.settings);
    if let Some(problem) = state.map_or(Some(DocumentProblem::Offline), |it| it.problem()) {
        return Err(refused(problem));
    }
    let mut formats = printer.texts(group::PRINTER, "document-format-supported").peekable();
    if formats.peek().is_some() && !formats.any(|it| it == PDF) {
        return Err(refused(DocumentProblem::Document));
    }
    let name = format!("{} ({})", document.title, job.0);
    let wishes = wishes(client, &printer, document);
    if is_supported(&printer, operation::CREATE_JOB)
        && is_supported(&printer, operation::SEND_DOCUMENT)
    {
        create_and_send(client, name, wishes, document).await
    } else {
        print_at_once(client, name, wishes, document).await
    }
}

fn is_supported(printer: &Message, operation: u16) -> bool {
    let supported = printer.values(group::PRINTER, "operations-supported").iter();
    supported.filter_map(Value::number).any(|it| it == i32::from(operation))
}

/// Copies, paper and sides as far as the printer has them.
fn wishes(client: &Client, printer: &Message, document: &PdfDocument) -> Group {
    let mut wishes = Group::new(group::JOB);
    if document.copies > 1 {
        wishes = wishes.with("copies", Value::Integer(document.copies.into()));
    }
    let settings = &client.settings;
    let mut media = printer.texts(group::PRINTER, "media-supported").peekable();
    let has_media = media.peek().is_none() || media.any(|it| it == settings.media);
    if !settings.media.is_empty() && has_media {
        wishes = wishes.with("media", Value::Keyword(settings.media.clone()));
    }
    if !settings.sides.is_empty() {
        wishes = wishes.with("sides", Value::Keyword(settings.sides.clone()));
    }
    wishes
}

/// Create-Job prints nothing; the document follows under the job's number.
async fn create_and_send(
    client: &mut Client,
    name: String,
    wishes: Group,
    document: &PdfDocument,
) -> Result<Running, DocumentOutcome> {
    let mut create = client
        .request(operation::CREATE_JOB, None)
        .with("job-name", Value::Name(name.clone()))
        .with("ipp-attribute-fidelity", Value::Boolean(false));
    create.groups.push(wishes);
    let created = client.ask(create, &[]).await;
    let created = created.map_err(|it| DocumentOutcome::Refused(problem_of(&it)))?;
    let id = created.number(group::JOB, "job-id");
    let id = id.ok_or(DocumentOutcome::Refused(DocumentProblem::Rejected))?;
    let mut running = Running::new(client, id, name);
    let send = client
        .request(operation::SEND_DOCUMENT, Some(id))
        .with("document-format", Value::MimeType(PDF.into()))
        .with("last-document", Value::Boolean(true));
    match client.ask(send, &document.pdf).await {
        Ok(_) => Ok(running),
        // The printer drops a job without a document by itself.
        Err(AskError::NotSent(_) | AskError::Tls(_)) => {
            Err(DocumentOutcome::Refused(DocumentProblem::Offline))
        }
        Err(AskError::Refused(code)) => {
            // It has no document; if it is not cancelled the printer drops it by itself.
            let _ = client.cancel(id).await;
            Err(DocumentOutcome::Failed(problem_of(&AskError::Refused(code))))
        }
        Err(AskError::Lost | AskError::Http(_) | AskError::Nonsense(_)) => {
            running.lost_at = Some(Instant::now());
            Ok(running)
        }
    }
}

/// Print-Job, for printers that know nothing else: without an answer there is no number to ask
/// after.
async fn print_at_once(
    client: &mut Client,
    name: String,
    wishes: Group,
    document: &PdfDocument,
) -> Result<Running, DocumentOutcome> {
    let mut print = client
        .request(operation::PRINT_JOB, None)
        .with("job-name", Value::Name(name.clone()))
        .with("ipp-attribute-fidelity", Value::Boolean(false))
        .with("document-format", Value::MimeType(PDF.into()));
    print.groups.push(wishes);
    match client.ask(print, &document.pdf).await {
        Ok(answer) => match answer.number(group::JOB, "job-id") {
            Some(id) => Ok(Running::new(client, id, name)),
            None => Err(DocumentOutcome::Unknown),
        },
        Err(error @ (AskError::NotSent(_) | AskError::Tls(_) | AskError::Refused(_))) => {
            Err(DocumentOutcome::Refused(problem_of(&error)))
        }
        Err(_) => Err(DocumentOutcome::Unknown),
    }
}

impl Running {
    fn new(client: &Client, id: i32, name: String) -> Self {
        let limit = Duration::from_secs(client.settings.job_timeout_s.into());
        Self {
            id,
            name,
            cancel_at: Instant::now() + limit,
            cancelled: false,
            lost_at: None,
            problem: None,
        }
    }

    /// The printer's state meanwhile, which says why a job does not go on.
    pub(super) fn saw(&mut self, status: &DocumentPrinterStatus) {
        self.problem = status.problem();
    }

    /// Asks once how far the job is; its outcome when it has one.
    pub(super) async fn step(&mut self, client: &mut Client) -> Option<DocumentOutcome> {
        let patience = Duration::from_secs(client.settings.lost_timeout_s.into());
        match client.job(self.id).await {
            Ok(answer) => {
                if let Some(outcome) = self.outcome(&answer) {
                    return Some(outcome);
                }
                self.lost_at = None;
            }
            Err(AskError::Refused(status::NOT_FOUND)) => return Some(DocumentOutcome::Unknown),
            Err(_) => {
                let lost_at = *self.lost_at.get_or_insert_with(Instant::now);
                return (lost_at.elapsed() >= patience).then_some(DocumentOutcome::Unknown);
            }
        }
        if Instant::now() < self.cancel_at {
            return None;
        }
        if self.cancelled && self.cancel_at.elapsed() >= patience {
            return Some(DocumentOutcome::Unknown);
        }
        if !self.cancelled {
            self.cancelled = true;
            self.cancel_at = Instant::now();
        }
        // A job that just came to its end cannot be cancelled: the next step sees that.
        let _ = client.cancel(self.id).await;
        None
    }

    fn outcome(&self, answer: &Message) -> Option<DocumentOutcome> {
        let name = answer.texts(group::JOB, "job-name").next();
        if name.is_some_and(|it| it != self.name) {
            return Some(DocumentOutcome::Unknown);
        }
        let mut reasons = answer.texts(group::JOB, "job-state-reasons");
        match answer.number(group::JOB, "job-state")? {
            // What came out is not what was sent.
            job_state::COMPLETED if reasons.any(|it| it == "job-completed-with-errors") => {
                Some(DocumentOutcome::Unknown)
            }
            job_state::COMPLETED => Some(DocumentOutcome::Printed),
            job_state::CANCELED if self.cancelled => {
                Some(DocumentOutcome::Failed(self.problem.unwrap_or(DocumentProblem::TooLate)))
            }
            job_state::CANCELED => Some(DocumentOutcome::Failed(DocumentProblem::Aborted)),
            job_state::ABORTED => {
                Some(DocumentOutcome::Failed(self.problem.unwrap_or(DocumentProblem::Aborted)))
            }
            _ => None,
        }
    }
}

fn problem_of(error: &AskError) -> DocumentProblem {
    match error {
        AskError::Refused(status::DOCUMENT_FORMAT_NOT_SUPPORTED) => DocumentProblem::Document,
        AskError::Refused(status::NOT_ACCEPTING_JOBS | status::BUSY) => DocumentProblem::Stopped,
        AskError::Refused(_) | AskError::Http(_) => DocumentProblem::Rejected,
        AskError::Tls(_) | AskError::NotSent(_) | AskError::Lost | AskError::Nonsense(_) => {
            DocumentProblem::Offline
        }
    }
}
