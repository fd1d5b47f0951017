//! The jobs of a printer: they wait, are printed one after the other, and end.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value as Json, json};

use super::super::ipp::{Group, Value, group};

/// Twenty sheets in a minute.
const SHEET: Duration = Duration::from_secs(3);
const JOBS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum JobState {
    /// Without a document yet.
    Waiting,
    Pending,
    Printing,
    /// Printing, and the printer stands still.
    Stopped,
    Canceled,
    Aborted,
    Completed,
}

impl JobState {
    /// As RFC 8011 numbers them.
    fn number(self) -> i32 {
        match self {
            Self::Waiting => 4,
            Self::Pending => 3,
            Self::Printing => 5,
            Self::Stopped => 6,
            Self::Canceled => 7,
            Self::Aborted => 8,
            Self::Completed => 9,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Waiting => "job-incoming",
            Self::Pending => "none",
            Self::Printing => "job-printing",
            Self::Stopped => "printer-stopped",
            Self::Canceled => "job-canceled-by-user",
            Self::Aborted => "aborted-by-system",
            Self::Completed => "job-completed-successfully",
        }
    }
}

pub(super) struct Job {
    id: i32,
    name: String,
    copies: usize,
    media: String,
    pub(super) state: JobState,
    bytes: usize,
    pages: usize,
    /// Of printing that is still to do.
    left: Duration,
}

impl Job {
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, JobState::Canceled | JobState::Aborted | JobState::Completed)
    }

    pub(super) fn take(&mut self, document: &[u8]) {
        self.bytes = document.len();
        self.pages = pages(document);
        self.left = SHEET * u32::try_from(self.pages * self.copies).unwrap_or(u32::MAX);
        self.state = JobState::Pending;
    }

    pub(super) fn attributes(&self) -> Group {
        Group::new(group::JOB)
            .with("job-id", Value::Integer(self.id))
            .with("job-uri", Value::Uri(format!("ipp://localhost/ipp/print/{}", self.id)))
            .with("job-name", Value::Name(self.name.clone()))
            .with("job-state", Value::Enum(self.state.number()))
            .with("job-state-reasons", Value::Keyword(self.state.reason().into()))
    }

    pub(super) fn state_json(&self) -> Json {
        json!({
            "id": self.id, "name": self.name, "state": self.state, "bytes": self.bytes,
            "pages": self.pages, "copies": self.copies, "media": self.media,
        })
    }
}

/// Counts the pages of a PDF whose objects are not compressed; at least one.
fn pages(document: &[u8]) -> usize {
    let mark = b"/Type /Page";
    let is_page = |it: &&[u8]| it.starts_with(mark) && it.last() != Some(&b's');
    document.windows(mark.len() + 1).filter(is_page).count().max(1)
}

#[derive(Default)]
pub(super) struct Jobs {
    jobs: VecDeque<Job>,
    last_id: i32,
    pub(super) printed: u64,
    ran_until: Duration,
    running: bool,
}

impl Jobs {
    pub(super) fn add(&mut self, name: &str, copies: i32, media: &str) -> i32 {
        self.last_id += 1;
        if self.jobs.len() == JOBS_MAX {
            self.jobs.pop_front();
        }
        self.jobs.push_back(Job {
            id: self.last_id,
            name: name.to_owned(),
            copies: usize::try_from(copies).unwrap_or(1).clamp(1, 999),
            media: media.to_owned(),
            state: JobState::Waiting,
            bytes: 0,
            pages: 0,
            left: Duration::ZERO,
        });
        self.last_id
    }

    pub(super) fn all(&self) -> &VecDeque<Job> {
        &self.jobs
    }

    pub(super) fn find(&self, id: i32) -> Option<&Job> {
        self.jobs.iter().find(|it| it.id == id)
    }

    pub(super) fn find_mut(&mut self, id: i32) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|it| it.id == id)
    }

    /// The job on whose sheets the printer works.
    pub(super) fn current(&self) -> Option<&Job> {
        let is_current = |it: &&Job| {
            matches!(it.state, JobState::Pending | JobState::Printing | JobState::Stopped)
        };
        self.jobs.iter().find(is_current)
    }

    /// How many are not over yet.
    pub(super) fn waiting(&self) -> i32 {
        let waiting = self.jobs.iter().filter(|it| !it.is_over()).count();
        i32::try_from(waiting).unwrap_or(i32::MAX)
    }

    fn current_mut(&mut self) -> Option<&mut Job> {
        let id = self.current()?.id;
        self.find_mut(id)
    }

    pub(super) fn abort_current(&mut self) {
        if let Some(job) = self.current_mut() {
            job.state = JobState::Aborted;
        }
    }

    pub(super) fn forget_finished(&mut self) {
        self.jobs.retain(|it| !it.is_over());
    }

    /// Power off: nothing is left, and numbers begin anew.
    pub(super) fn lose_all(&mut self) {
        self.jobs.clear();
        self.last_id = 0;
    }

    /// Prints until `now`, unless the printer stood still, and says how it goes on.
    pub(super) fn run(&mut self, now: Duration, stopped: bool) {
        let mut time = now.saturating_sub(self.ran_until);
        if !self.running {
            time = Duration::ZERO;
        }
        self.ran_until = now;
        self.running = false;
        while let Some(job) = self.current_mut() {
            let printed = time.min(job.left);
            job.left -= printed;
            time -= printed;
            if job.left.is_zero() {
                job.state = JobState::Completed;
                self.printed += 1;
                continue;
            }
            job.state = if stopped { JobState::Stopped } else { JobState::Printing };
            self.running = !stopped;
            break;
        }
    }

    /// When the job in work is done, if nothing happens.
    pub(super) fn done_at(&self) -> Option<Duration> {
        let job = self.current().filter(|_| self.running)?;
        Some(self.ran_until + job.left)
    }
}
