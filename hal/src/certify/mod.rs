//! A conformance run: what a driver relies on, tried out on one device or simulator.
//!
//! Everything here asks and never moves: nothing is opened, printed or switched off. What only a
//! person can bring about (paper end, an open door, the mains gone) is tried out with their help. A behaviour
//! that a protocol does not have (a scanner that only sends cannot be asked, ESC/POS has no check
//! value) is skipped and says so.

mod subject;
#[cfg(all(test, feature = "sim"))]
mod tests;

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::port::{Line, LineError, OpenError, PortUrl, Tap};

pub use subject::{Guided, Subject, UnknownSubject, subject};

/// How often a device is asked to find out how long it takes.
const QUESTIONS: usize = 50;
/// Driver and line may add this much to the time on the wire.
const OVERHEAD_LIMIT: Duration = Duration::from_millis(20);
/// How long a person has to do what they are asked to.
const HELP_LIMIT: Duration = Duration::from_secs(60);
const HELP_INTERVAL: Duration = Duration::from_millis(300);
/// A question that was lost to noise is asked again, as drivers do.
const TRIES: u8 = 3;

/// Whether a device does what a driver relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    Fail,
    Skipped,
}

/// One behaviour, tried out.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Behaviour {
    pub name: &'static str,
    pub outcome: Outcome,
    /// What happened, and what it means for the kiosk.
    pub message: String,
    pub took_ms: u64,
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing failed of what could be tried, and the device spoke.
    Passed,
    NotPassed,
    /// The device was not heard: what only sends cannot be asked, and a plug that hangs loose is as
    /// silent.
    NotTried,
}

/// The whole run.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Certificate {
    pub kind: String,
    pub protocol: String,
    pub port: String,
    pub verdict: Verdict,
    /// Whether the verdict is [`Verdict::Passed`].
    pub passed: bool,
    pub behaviours: Vec<Behaviour>,
}

impl Certificate {
    /// The behaviours that were skipped.
    pub fn not_tried(&self) -> Vec<&'static str> {
        let skipped = self.behaviours.iter().filter(|it| it.outcome == Outcome::Skipped);
        skipped.map(|it| it.name).collect()
    }
}

/// What a device that is not there passes, too.
const SILENCE: &str = "is_silent_unasked";

fn verdict(behaviours: &[Behaviour]) -> Verdict {
    let spoke = |it: &Behaviour| it.outcome == Outcome::Pass && it.name != SILENCE;
    if behaviours.iter().any(|it| it.outcome == Outcome::Fail) {
        Verdict::NotPassed
    } else if behaviours.iter().any(spoke) {
        Verdict::Passed
    } else {
        Verdict::NotTried
    }
}

/// What a device did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Good,
    /// It understood and says no, or says that the question came damaged.
    Refused,
}

/// What came of one try.
type Tried = Result<Answer, LineError>;

struct Run {
    line: Line,
    subject: Box<dyn Subject>,
    behaviours: Vec<Behaviour>,
}

/// Tells a person what to do to the device now.
pub type Guide<'a> = &'a mut (dyn FnMut(&Guided) + Send);

/// Tries out everything on the device at `port`; a tap records what passes. With a guide also what
/// needs somebody at the device.
///
/// # Errors
/// The port cannot be opened.
pub async fn certify(
    port: PortUrl,
    subject: Box<dyn Subject>,
    tap: Option<Tap>,
    guide: Option<Guide<'_>>,
) -> Result<Certificate, OpenError> {
    let (kind, protocol) = (subject.kind().to_owned(), subject.protocol().to_owned());
    let mut line = Line::new(port.clone(), tap);
    line.connect().await?;
    let mut run = Run { line, subject, behaviours: Vec::new() };
    run.answers_in_time().await;
    run.answers_again_and_again().await;
    run.is_silent_unasked().await;
    run.survives_noise().await;
    run.survives_half_a_question().await;
    run.refuses_a_wrong_check().await;
    run.answers_after_reopening().await;
    if let Some(guide) = guide {
        run.with_help(guide).await;
    }
    let behaviours = run.behaviours;
    let verdict = verdict(&behaviours);
    let passed = verdict == Verdict::Passed;
    Ok(Certificate { kind, protocol, port: port.to_string(), verdict, passed, behaviours })
}

impl Run {
    fn note(&mut self, name: &'static str, began: Instant, outcome: Outcome, message: String) {
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.behaviours.push(Behaviour { name, outcome, message, took_ms });
    }

    fn judge(&mut self, name: &'static str, began: Instant, tried: &Tried, good: &str, bad: &str) {
        match tried {
            Ok(Answer::Good) => self.note(name, began, Outcome::Pass, good.to_owned()),
            Ok(Answer::Refused) => {
                self.note(name, began, Outcome::Fail, format!("{bad}: it refused the question"));
            }
            Err(error) => self.note(name, began, Outcome::Fail, format!("{bad}: {error}")),
        }
    }

    async fn ask(&mut self, question: &[u8]) -> Tried {
        self.subject.clear();
        let limit = self.subject.limit();
        let subject = &mut self.subject;
        self.line.exchange(question, limit, |bytes| subject.answer(bytes)).await
    }

    /// The harmless question, asked again where noise may have eaten it.
    async fn ask_well(&mut self, tries: u8) -> Tried {
        let Some(question) = self.subject.question() else { return Err(LineError::Timeout) };
        let mut tried = self.ask(&question).await;
        for _ in 1..tries {
            if !matches!(tried, Err(LineError::Timeout)) {
                break;
            }
            tried = self.ask(&question).await;
        }
        tried
    }

    fn cannot_be_asked(&mut self, name: &'static str) -> bool {
        if self.subject.question().is_some() {
            return false;
        }
        let message = "this device only sends and cannot be asked".to_owned();
        self.note(name, Instant::now(), Outcome::Skipped, message);
        true
    }

    async fn answers_in_time(&mut self) {
        const NAME: &str = "answers_in_time";
        if self.cannot_be_asked(NAME) {
            return;
        }
        let began = Instant::now();
        let tried = self.ask_well(1).await;
        let bad = "no sensible answer to a harmless question";
        self.judge(NAME, began, &tried, "it answered the first question", bad);
    }

    async fn answers_again_and_again(&mut self) {
        const NAME: &str = "answers_again_and_again";
        if self.cannot_be_asked(NAME) {
            return;
        }
        let began = Instant::now();
        let mut times = Vec::new();
        for _ in 0..QUESTIONS {
            let asked = Instant::now();
            if self.ask_well(1).await.is_ok_and(|it| it == Answer::Good) {
                times.push(asked.elapsed());
            }
        }
        times.sort();
        let (median, most) = (times.get(times.len() / 2), times.last());
        let spread = match (median, most) {
            (Some(median), Some(most)) => format!(
                "median {:.1} ms, longest {:.1} ms",
                median.as_secs_f64() * 1000.0,
                most.as_secs_f64() * 1000.0
            ),
            _ => "never".to_owned(),
        };
        let message = format!("{} of {QUESTIONS} questions answered; {spread}", times.len());
        let all = times.len() == QUESTIONS;
        self.note(NAME, began, if all { Outcome::Pass } else { Outcome::Fail }, message);
    }

    async fn is_silent_unasked(&mut self) {
        const NAME: &str = SILENCE;
        let began = Instant::now();
        if self.subject.may_speak_unasked() {
            let message = "devices of this protocol may speak of their own accord".to_owned();
            return self.note(NAME, began, Outcome::Skipped, message);
        }
        // What is still under way belongs to the questions before.
        let quiet = OVERHEAD_LIMIT * 5;
        let _ = timeout(quiet, self.line.receive(Instant::now() + quiet)).await;
        let heard = self.line.receive(Instant::now() + quiet * 3).await.map(<[u8]>::len);
        let (outcome, message) = match heard {
            Err(LineError::Timeout) => (Outcome::Pass, "nothing came unasked".to_owned()),
            Ok(count) => (Outcome::Fail, format!("{count} bytes came unasked")),
            Err(error) => (Outcome::Fail, error.to_string()),
        };
        self.note(NAME, began, outcome, message);
    }

    async fn survives_noise(&mut self) {
        const NAME: &str = "survives_noise";
        if self.cannot_be_asked(NAME) {
            return;
        }
        let began = Instant::now();
        let noise = self.subject.noise();
        let sent = self.line.send(&noise, self.subject.limit()).await;
        let tried = match sent {
            Ok(()) => self.ask_well(TRIES).await,
            Err(error) => Err(error),
        };
        let bad = "after meaningless bytes it no longer answers";
        self.judge(NAME, began, &tried, "it found the next question after noise", bad);
    }

    async fn survives_half_a_question(&mut self) {
        const NAME: &str = "survives_half_a_question";
        if self.cannot_be_asked(NAME) {
            return;
        }
        let began = Instant::now();
        let Some(half) = self.subject.half_question() else {
            let message = "half a question would print or move something".to_owned();
            return self.note(NAME, began, Outcome::Skipped, message);
        };
        let sent = self.line.send(&half, self.subject.limit()).await;
        let tried = match sent {
            Ok(()) => self.ask_well(TRIES).await,
            Err(error) => Err(error),
        };
        let bad = "after half a question it no longer answers";
        self.judge(NAME, began, &tried, "it found the next question after half a one", bad);
    }

    async fn refuses_a_wrong_check(&mut self) {
        const NAME: &str = "refuses_a_wrong_check";
        let began = Instant::now();
        let Some(spoiled) = self.subject.spoiled_question() else {
            let message = "this protocol has no check value".to_owned();
            return self.note(NAME, began, Outcome::Skipped, message);
        };
        let (outcome, message) = match self.ask(&spoiled).await {
            Ok(Answer::Good) => {
                (Outcome::Fail, "it obeyed a question whose check value was wrong".to_owned())
            }
            Ok(Answer::Refused) => (Outcome::Pass, "it said that the question was damaged".into()),
            Err(LineError::Timeout) => (Outcome::Pass, "it ignored a damaged question".to_owned()),
            Err(error) => (Outcome::Fail, error.to_string()),
        };
        self.note(NAME, began, outcome, message);
        // The device may wait for the rest of what it took for a longer frame.
        let _ = self.ask_well(TRIES).await;
    }

    /// A person does one thing after the other; the device has to say each within a minute.
    async fn with_help(&mut self, guide: Guide<'_>) {
        for step in self.subject.guided() {
            let began = Instant::now();
            guide(step);
            let seen = timeout(HELP_LIMIT, self.until_shown(step)).await.is_ok();
            let (outcome, message) = match seen {
                true => (Outcome::Pass, "it said so"),
                false => (Outcome::Fail, "it did not say so within a minute"),
            };
            self.note(step.name, began, outcome, format!("{}: {message}", step.instruction));
        }
    }

    async fn until_shown(&mut self, step: &Guided) {
        loop {
            let heard = match self.subject.guided_question(step) {
                Some(question) => self.ask(&question).await.is_ok(),
                None => self.listen().await,
            };
            if heard && self.subject.shows(step) {
                return;
            }
            sleep(HELP_INTERVAL).await;
        }
    }

    /// Whether a device that only sends has sent something whole.
    async fn listen(&mut self) -> bool {
        let until = Instant::now() + HELP_INTERVAL;
        match self.line.receive(until).await {
            Ok(bytes) => self.subject.answer(bytes).is_some(),
            Err(_) => false,
        }
    }

    async fn answers_after_reopening(&mut self) {
        const NAME: &str = "answers_after_reopening";
        if self.cannot_be_asked(NAME) {
            return;
        }
        let began = Instant::now();
        self.line.fail();
        let tried = match self.line.connect().await {
            Ok(()) => self.ask_well(TRIES).await,
            Err(error) => {
                return self.note(NAME, began, Outcome::Fail, error.to_string());
            }
        };
        let bad = "after closing and opening the port it no longer answers";
        self.judge(NAME, began, &tried, "it answered after closing and opening the port", bad);
    }
}
