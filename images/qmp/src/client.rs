//! QEMU's machine protocol: one JSON object a line, an answer for each command, events in between.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Why QEMU did not do it.
#[derive(Debug, thiserror::Error)]
pub enum QmpError {
    #[error("failed to speak with QEMU: {0}")]
    Io(io::Error),
    #[error("QEMU ended")]
    Ended,
    #[error("QEMU refused {command}: {answer}")]
    Refused { command: String, answer: Value },
    #[error("QEMU said what is no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<io::Error> for QmpError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // It ended while it was spoken to.
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Self::Ended,
            _ => Self::Io(error),
        }
    }
}

/// A connection, ready for commands.
#[derive(Debug)]
pub struct Qmp {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    /// The system inside asked for a restart, or its watchdog did.
    reset: bool,
}

impl Qmp {
    /// Greets QEMU at the other end.
    pub async fn new(stream: UnixStream) -> Result<Self, QmpError> {
        let (reader, writer) = stream.into_split();
        let lines = BufReader::new(reader).lines();
        let mut qmp = Self { lines, writer, reset: false };
        qmp.line().await?;
        qmp.command("qmp_capabilities", json!({})).await?;
        Ok(qmp)
    }

    async fn line(&mut self) -> Result<Value, QmpError> {
        let line = self.lines.next_line().await?.ok_or(QmpError::Ended)?;
        let said: Value = serde_json::from_str(&line)?;
        self.reset |= said["event"] == "SHUTDOWN" && said["data"]["reason"] == "guest-reset";
        self.reset |= said["event"] == "WATCHDOG";
        Ok(said)
    }

    /// Whether QEMU ended because the machine was restarted from inside.
    pub fn was_reset(&self) -> bool {
        self.reset
    }

    /// Carries out a command; events that come meanwhile are passed over.
    pub async fn command(&mut self, command: &str, arguments: Value) -> Result<Value, QmpError> {
        let text = json!({ "execute": command, "arguments": arguments }).to_string();
        self.writer.write_all(format!("{text}\n").as_bytes()).await?;
        loop {
            let mut answer = self.line().await?;
            if answer.get("error").is_some() {
                return Err(QmpError::Refused { command: command.to_owned(), answer });
            }
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
        }
    }

    /// Returns when QEMU has ended. Nothing is lost where it is waited for in vain.
    pub async fn ended(&mut self) {
        while self.line().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection to something that says these lines whatever it is told.
    async fn told(lines: &[&str]) -> Qmp {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        let greeting = "{\"QMP\": {}}\n{\"return\": {}}\n".to_owned();
        let all = lines.iter().fold(greeting, |all, line| format!("{all}{line}\n"));
        theirs.write_all(all.as_bytes()).await.expect("it is said");
        theirs.shutdown().await.expect("it ends");
        // Commands still go somewhere.
        tokio::spawn(async move { tokio::io::copy(&mut theirs, &mut tokio::io::sink()).await });
        Qmp::new(ours).await.expect("it greets")
    }

    #[tokio::test]
    async fn an_answer_is_found_behind_events() {
        let mut qmp =
            told(&[r#"{"event": "RESUME"}"#, r#"{"return": {"status": "running"}}"#]).await;
        let answer = qmp.command("query-status", json!({})).await.expect("an answer");
        assert_eq!(answer["status"], "running");
    }

    #[tokio::test]
    async fn a_refusal_names_the_command() {
        let mut qmp = told(&[r#"{"error": {"desc": "no display"}}"#]).await;
        let error = qmp.command("screendump", json!({})).await.expect_err("it is refused");
        assert_eq!(
            error.to_string(),
            r#"QEMU refused screendump: {"error":{"desc":"no display"}}"#
        );
    }

    #[tokio::test]
    async fn an_end_tells_a_restart_from_switching_off() {
        for (reason, reset) in [("guest-reset", true), ("guest-shutdown", false)] {
            let event = json!({ "event": "SHUTDOWN", "data": { "reason": reason } }).to_string();
            let mut qmp = told(&[&event]).await;
            qmp.ended().await;
            assert_eq!(qmp.was_reset(), reset, "{reason}");
        }
    }
}
