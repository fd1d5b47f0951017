//! A serial port of the machine: all that came is kept, and waited for.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::watch::{Receiver, Sender};
use tokio::time::timeout;

/// One end of a serial port.
pub(crate) struct Serial {
    text: Receiver<String>,
    writer: OwnedWriteHalf,
    /// How much of the text was waited for already.
    seen: usize,
}

impl Serial {
    pub(crate) fn new(stream: UnixStream) -> Self {
        let (mut reader, writer) = stream.into_split();
        let sender = Sender::new(String::new());
        let text = sender.subscribe();
        tokio::spawn(async move {
            let mut bytes = Vec::new();
            while let Ok(1..) = reader.read_buf(&mut bytes).await {
                let whole = bytes.drain(..whole_characters(&bytes)).collect::<Vec<u8>>();
                let part = String::from_utf8_lossy(&whole).replace('\r', "");
                sender.send_modify(|text| text.push_str(&part));
            }
        });
        Self { text, writer, seen: 0 }
    }

    pub(crate) async fn write(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes()).await
    }

    /// Waits until `wanted` stands in what came since the last wait; gives what came before it.
    pub(crate) async fn until(&mut self, wanted: &str, limit: Duration) -> Option<String> {
        let seen = self.seen;
        let find = |text: &String| text[seen..].find(wanted);
        let found = timeout(limit, self.text.wait_for(|it| find(it).is_some())).await;
        let text = found.ok()?.ok()?;
        let at = find(&text)?;
        let before = text[seen..seen + at].to_owned();
        self.seen = seen + at + wanted.len();
        Some(before)
    }

    /// All that came since the machine was switched on.
    pub(crate) fn all(&self) -> String {
        self.text.borrow().clone()
    }
}

/// How many of the bytes do not belong to a character whose end has yet to come.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}
