//! Recordings of a line: every byte that passed, one JSON object a line, to be played back in
//! lock-step as a test.
//!
//! A recording holds what passed as it was, personal data included: it is made on request only, its
//! file may be read by its owner only, and nothing of a real person belongs into a test.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Direction;

/// One run of bytes as a line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RecordedBytes {
    pub at: Timestamp,
    pub port: String,
    pub direction: Direction,
    /// Hex without spaces.
    pub bytes: String,
}

/// Writes a recording.
#[derive(Debug)]
pub(super) struct Recorder {
    /// Gone after the first failure: a recording with a hole is none.
    file: Option<File>,
}

impl Recorder {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { file: Some(file) })
    }

    pub(super) fn write(&mut self, record: &RecordedBytes) {
        let Some(file) = &mut self.file else { return };
        let mut line = serde_json::to_vec(record).expect("strings and times always serialise");
        line.push(b'\n');
        if let Err(error) = file.write_all(&line) {
            tracing::error!(%error, "the recording ends here: its file cannot be written");
            self.file = None;
        }
    }
}

/// Why a text is not a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("line {line}: {source}; expected an object with at, port, direction and bytes")]
    Line { line: usize, source: serde_json::Error },
    #[error("line {line}: bytes: expected hex digits")]
    Hex { line: usize },
}

/// How a driver did something else than what was recorded.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("line {line}: expected {expected} and the driver sent {sent}")]
    OtherBytes { line: usize, expected: String, sent: String },
    #[error("line {line}: the driver closed the port before it sent {expected}")]
    Closed { line: usize, expected: String },
    #[error("the line failed: {0}")]
    Io(#[from] io::Error),
}

/// What passed over one line, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The line of the file, and what passed.
    steps: Vec<(usize, Direction, Vec<u8>)>,
}

impl Recording {
    /// Reads a recording; of a file with several ports only those of `port`.
    pub fn parse(text: &str, port: Option<&str>) -> Result<Self, RecordingError> {
        let mut steps = Vec::new();
        let lines = text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
        for (index, line) in lines {
            let number = index + 1;
            let record: RecordedBytes = serde_json::from_str(line)
                .map_err(|source| RecordingError::Line { line: number, source })?;
            let bytes =
                crate::hex::decode(&record.bytes).ok_or(RecordingError::Hex { line: number })?;
            if port.is_none_or(|it| it == record.port) {
                steps.push((number, record.direction, bytes));
            }
        }
        Ok(Self { steps })
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Plays the device's part: waits for exactly the bytes that were sent, then answers with those
    /// that came. Times are not kept: the driver sets the pace.
    pub async fn replay(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
    ) -> Result<(), ReplayError> {
        for (line, direction, bytes) in &self.steps {
            match direction {
                Direction::In => {
                    stream.write_all(bytes).await?;
                    stream.flush().await?;
                }
                Direction::Out => expect(&mut stream, *line, bytes).await?,
            }
        }
        Ok(())
    }
}

async fn expect(
    stream: &mut (impl AsyncRead + Unpin),
    line: usize,
    expected: &[u8],
) -> Result<(), ReplayError> {
    let mut sent = vec![0; expected.len()];
    let mut filled = 0;
    while filled < sent.len() {
        let count = stream.read(&mut sent[filled..]).await?;
        let expected_hex = crate::hex::encode(expected);
        if count == 0 {
            return Err(ReplayError::Closed { line, expected: expected_hex });
        }
        filled += count;
        if sent[..filled] != expected[..filled] {
            let sent = crate::hex::encode(&sent[..filled]);
            return Err(ReplayError::OtherBytes { line, expected: expected_hex, sent });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id_reader::{ReaderSettings, once};
    use crate::port::{PortUrl, Tap, listen};

    fn tap(path: &Path) -> Tap {
        let clock = || Timestamp::UNIX_EPOCH;
        let tap = Tap::new(clock).recording_to(path).expect("a new file");
        tap.port("id_reader", crate::id_reader::sdt::describe)
    }

    /// Records the module's answer to a question, then lets the driver ask the recording.
    #[cfg(feature = "sim")]
    #[tokio::test]
    async fn what_was_recorded_plays_back_in_lock_step() {
        use crate::id_reader::sim::ReaderSim;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("line.jsonl");
        let at: PortUrl = "sim:recorded".parse().expect("a port");
        let options = crate::sim::SimOptions::default();
        let device = Box::new(ReaderSim::new());
        let running = crate::sim::serve(device, &at, options).await.expect("it is served");
        let settings = ReaderSettings::default();
        let id = once::sam_id(at, settings, Some(tap(&path))).await.expect("it answers");
        drop(running);

        let text = std::fs::read_to_string(&path).expect("it was written");
        let recording = Recording::parse(&text, Some("id_reader")).expect("it can be read");
        assert!(!recording.is_empty());
        let mut listener = listen("replayed").expect("the name is free");
        let replay = tokio::spawn(async move {
            let stream = listener.accept().await;
            recording.replay(stream).await
        });
        let at: PortUrl = "sim:replayed".parse().expect("a port");
        assert_eq!(once::sam_id(at, settings, None).await.expect("it answers"), id);
        replay.await.expect("no panic").expect("as recorded");
    }

    #[tokio::test]
    async fn another_question_than_the_recorded_one_is_told() {
        let line = r#"{"at":"1970-01-01T00:00:00Z","port":"p","direction":"out","bytes":"0102"}"#;
        let recording = Recording::parse(line, None).expect("it can be read");
        let (mut driver, device) = tokio::io::duplex(64);
        driver.write_all(&[1, 3]).await.expect("there is room");
        let error = recording.replay(device).await.expect_err("it differs").to_string();
        assert_eq!(error, "line 1: expected 0102 and the driver sent 0103");
    }

    #[test]
    fn a_damaged_recording_says_where() {
        let error = Recording::parse("{}\n", None).expect_err("it lacks fields").to_string();
        assert!(error.starts_with("line 1: "), "{error}");
    }

    #[test]
    fn a_recording_does_not_take_the_place_of_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("line.jsonl");
        drop(tap(&path));
        assert!(Tap::new(|| Timestamp::UNIX_EPOCH).recording_to(&path).is_err());
    }
}
