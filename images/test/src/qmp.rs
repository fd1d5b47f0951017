//! QEMU's machine protocol: one JSON object a line, an answer for each command, events in between.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Why QEMU did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QmpError {
    #[error("failed to speak with QEMU: {0}")]
    Io(#[from] io::Error),
    #[error("QEMU ended")]
    Ended,
    #[error("QEMU refused {command}: {answer}")]
    Refused { command: String, answer: Value },
    #[error("QEMU said what is no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A connection, ready for commands.
pub(crate) struct Qmp {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    /// The system inside asked for a restart, or its watchdog did.
    reset: bool,
}

impl Qmp {
    pub(crate) async fn new(stream: UnixStream) -> Result<Self, QmpError> {
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
    pub(crate) fn was_reset(&self) -> bool {
        self.reset
    }

    /// Carries out a command; events that come meanwhile are passed over.
    pub(crate) async fn command(
        &mut self,
        command: &str,
        arguments: Value,
    ) -> Result<Value, QmpError> {
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

    /// Returns when QEMU has ended.
    pub(crate) async fn ended(&mut self) {
        while self.line().await.is_ok() {}
    }
}
